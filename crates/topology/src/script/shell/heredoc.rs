//! Here-documents: `<<'EOF'` and the lines up to `EOF`.

/// What stands after `<<`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Opening {
    /// The line that ends it.
    delimiter: String,
    /// Whether it is quoted: then the shell leaves the lines as they are.
    quoted: bool,
    /// `<<-`: tabs at the beginning of lines are none.
    strips_tabs: bool,
}

/// Reads what follows `<<`; returns it and its length in bytes.
pub(super) fn opening(after: &str) -> Option<(Opening, usize)> {
    let strips_tabs = after.starts_with('-');
    let rest = after.get(usize::from(strips_tabs)..)?;
    let word = rest.trim_start_matches([' ', '\t']);
    let skipped = after.len() - word.len();
    let quote = word.chars().next().filter(|c| matches!(c, '\'' | '"'));
    let (delimiter, length) = match quote {
        Some(quote) => {
            let inside = word.get(1..)?;
            let end = inside.find(quote)?;
            (inside.get(..end)?, end + 2)
        }
        None => {
            let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
            let end = word.find(|c| !is_word(c)).unwrap_or(word.len());
            (word.get(..end)?, end)
        }
    };
    let fine = !delimiter.is_empty() && !delimiter.contains('\n');
    let opening = Opening {
        delimiter: delimiter.to_owned(),
        quoted: quote.is_some(),
        strips_tabs,
    };
    fine.then_some((opening, skipped + length))
}

/// The lines of one: its text, and the length in bytes of all that was read.
pub(super) fn body(opening: &Opening, text: &str) -> (Result<String, String>, usize) {
    let mut body = String::new();
    let mut read = 0;
    for whole in text.split_inclusive('\n') {
        read += whole.len();
        let line = whole.trim_end_matches(['\n', '\r']);
        let line = match opening.strips_tabs {
            true => line.trim_start_matches('\t'),
            false => line,
        };
        if line == opening.delimiter {
            let strange = body.find(['$', '`', '\\']).filter(|_| !opening.quoted);
            let result = match strange {
                None => Ok(body),
                Some(_) => Err(format!(
                    "variables, substitutions and backslashes in a here-document are not \
                     supported: write <<'{}', if they are for the program",
                    opening.delimiter
                )),
            };
            return (result, read);
        }
        body.push_str(line);
        body.push('\n');
    }
    let missing = format!("there is no line `{}` to end it", opening.delimiter);
    (Err(missing), read)
}
