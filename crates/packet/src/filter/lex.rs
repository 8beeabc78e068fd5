//! The words of a filter.

use std::ops::Range;

use super::error::FilterError;

/// One word or sign.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A name, number or address.
    Word(String),
    /// Text in quotes. True: taken as it is, without escapes (`r"..."`).
    Quoted(String),
    /// A sign.
    Sign(&'static str),
}

/// A token and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Placed {
    pub(super) token: Token,
    pub(super) at: Range<usize>,
}

/// Signs; of two that start alike the longer is first.
const SIGNS: &[&str] = &[
    "===", "!==", "==", "!=", "~=", "<=", ">=", "&&", "||", "^^", "<", ">", "!", "~", "&", "(",
    ")", "[", "]", "{", "}", ",",
];

/// Characters that end a word.
fn ends_word(c: char) -> bool {
    c.is_whitespace() || "=!~<>&|^()[]{},\"".contains(c)
}

/// The tokens of a filter.
pub(super) fn lex(text: &str) -> Result<Vec<Placed>, FilterError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let space = rest.len() - rest.trim_start().len();
        if space > 0 {
            at += space;
            continue;
        }
        let (token, length) = if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign))
        {
            (Token::Sign(sign), sign.len())
        } else if rest.starts_with('"') {
            quoted(rest, 0, true, at)?
        } else if rest.starts_with("r\"") {
            quoted(rest, 1, false, at)?
        } else {
            let length = rest.find(ends_word).unwrap_or(rest.len());
            if length == 0 {
                let c = rest.chars().next().unwrap_or_default();
                return Err(FilterError::new(
                    at..at + c.len_utf8(),
                    format!("{c} means nothing here"),
                ));
            }
            (
                Token::Word(rest.get(..length).unwrap_or_default().to_owned()),
                length,
            )
        };
        tokens.push(Placed {
            token,
            at: at..at + length,
        });
        at += length;
    }
    Ok(tokens)
}

/// Text in quotes that opens `skip` bytes into `rest`, which stands at `at`.
fn quoted(
    rest: &str,
    skip: usize,
    escapes: bool,
    at: usize,
) -> Result<(Token, usize), FilterError> {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(skip + 1);
    while let Some((i, c)) = chars.next() {
        match c {
            '"' => return Ok((Token::Quoted(text), i + 1)),
            '\\' if escapes => match chars.next() {
                Some((_, 'n')) => text.push('\n'),
                Some((_, 'r')) => text.push('\r'),
                Some((_, 't')) => text.push('\t'),
                Some((_, '0')) => text.push('\0'),
                Some((_, 'x')) => {
                    let digits: String = chars.by_ref().take(2).map(|(_, c)| c).collect();
                    let byte = u8::from_str_radix(&digits, 16).map_err(|_| {
                        FilterError::new(
                            at + i..at + i + 2,
                            "two hexadecimal digits must follow \\x",
                        )
                    })?;
                    text.push(char::from(byte));
                }
                // What has no meaning stays as it is: patterns are full of it.
                Some((_, c @ ('"' | '\\'))) => text.push(c),
                Some((_, c)) => text.extend(['\\', c]),
                None => break,
            },
            c => text.push(c),
        }
    }
    Err(FilterError::new(
        at..at + rest.len(),
        "the closing quotation mark is missing",
    ))
}
