//! `${NAME:-default}` in texts that are no scripts.

/// How deep defaults may hold variables: what is deeper is no variable.
const MOST_NESTED: usize = 32;

/// A variable that a text names.
pub(super) struct Reference<'a> {
    /// What it is called.
    pub(super) name: &'a str,
    /// What stands after the name: an operator and its word.
    pub(super) operator: &'a str,
    pub(super) word: &'a str,
}

/// Replaces each `$NAME` and `${NAME…}` by what is said of it; `None` leaves it as it is. `$$`
/// becomes `$` where that is wanted.
pub(super) fn replace(
    text: &str,
    is_doubled: bool,
    mut value: impl FnMut(&Reference<'_>) -> Option<String>,
) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        if is_doubled && from.starts_with("$$") {
            out.push('$');
            rest = from.get(2..).unwrap_or_default();
            continue;
        }
        let (reference, after) = match reference(from) {
            Some(found) => found,
            None => {
                out.push('$');
                rest = from.get(1..).unwrap_or_default();
                continue;
            }
        };
        match value(&reference) {
            Some(value) => out.push_str(&value),
            None => out.push_str(from.get(..from.len() - after.len()).unwrap_or_default()),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The variable at the `$` with which a text begins, and what stands after it.
fn reference(text: &str) -> Option<(Reference<'_>, &str)> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let after = text.get(1..)?;
    if let Some(inner) = after.strip_prefix('{') {
        let end = inner.find(|c| !is_name(c))?;
        let (name, tail) = inner.split_at(end);
        // A default may hold variables of its own.
        let mut depth = 1_usize;
        let mut close = None;
        for (at, c) in tail.char_indices() {
            match c {
                '{' if depth == MOST_NESTED => return None,
                '{' => depth += 1,
                '}' => {
                    depth -= 1;
                    if depth == 0 {
                        close = Some(at);
                        break;
                    }
                }
                '\n' => return None,
                _ => {}
            }
        }
        let (said, rest) = tail.split_at(close?);
        let size = match said.chars().next() {
            Some(':') => 2,
            Some(_) => 1,
            None => 0,
        };
        let (operator, word) = said.split_at_checked(size)?;
        let is_first_fine = name.starts_with(|c: char| !c.is_ascii_digit());
        let reference = Reference {
            name,
            operator,
            word,
        };
        return is_first_fine.then(|| (reference, rest.get(1..).unwrap_or_default()));
    }
    let end = after.find(|c| !is_name(c)).unwrap_or(after.len());
    let (name, rest) = after.split_at(end);
    let is_first_fine = name.starts_with(|c: char| !c.is_ascii_digit());
    let reference = Reference {
        name,
        operator: "",
        word: "",
    };
    is_first_fine.then_some((reference, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn defaults(text: &str) -> String {
        replace(text, true, |found| Some(defaults(found.word)))
    }

    /// Each is looked at as far as it may nest, not to the end of the text.
    #[test]
    fn what_nests_without_end_is_no_variable() {
        let nested = |depth: usize| format!("{}x{}", "${a:-".repeat(depth), "}".repeat(depth));
        assert_eq!(defaults(&nested(MOST_NESTED)), "x");
        let deep = nested(50_000);
        assert_eq!(
            defaults(&deep).matches("${a").count(),
            50_000 - MOST_NESTED,
            "the innermost are replaced"
        );
        let open = "${a:-".repeat(50_000);
        assert_eq!(defaults(&open), open);
    }
}
