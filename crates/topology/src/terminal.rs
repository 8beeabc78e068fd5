//! What came from outside, made safe to print on a terminal.
//!
//! Errors quote what they are about: a name in a file, the file's own name, what a program said. A
//! terminal takes control characters in it for commands: to move, to overwrite what stands there,
//! to answer as if a person had typed. Wherever such text leaves the program it passes here.

use std::fmt::{self, Write};

/// Prints what it holds without control characters but the ends of lines and tabs: each other one
/// (C0, DELETE and C1) as its escape `\u001b`, which is also that of JSON and of YAML's quoted text, so
/// that what is printed in these forms stays what it was.
#[derive(Clone, Copy, Debug)]
pub struct Safe<T>(pub T);

impl<T: fmt::Display> fmt::Display for Safe<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaping(f), "{}", self.0)
    }
}

/// Whether a terminal would take a character for a command.
pub fn is_command(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\t')
}

struct Escaping<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some((place, c)) = rest.char_indices().find(|(_, c)| is_command(*c)) {
            let (before, after) = rest.split_at(place);
            self.0.write_str(before)?;
            write!(self.0, "\\u{:04x}", u32::from(c))?;
            rest = after.get(c.len_utf8()..).unwrap_or_default();
        }
        self.0.write_str(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_shown_and_not_done() {
        let told = |text: &str| Safe(text).to_string();
        assert_eq!(told("a\tb\nü…"), "a\tb\nü…");
        assert_eq!(
            told("\u{1b}]0;x\u{7}\u{9b}2J\r\u{7f}z\0"),
            "\\u001b]0;x\\u0007\\u009b2J\\u000d\\u007fz\\u0000"
        );
        let json = serde_json::to_string("\u{9b}\u{1b}").unwrap();
        let read: String = serde_json::from_str(&told(&json)).unwrap();
        assert_eq!(read, "\u{9b}\u{1b}");
    }
}
