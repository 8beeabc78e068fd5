//! `${NAME:-default}` in texts that are no scripts.

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
