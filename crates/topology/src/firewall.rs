//! Firewalls: the nftables ruleset of a namespace, as text.
//!
//! The text is what `nft -f` reads (nft(8)); `nft` alone says whether it is right. What is said
//! here is what keeps a text inside its lab: `include` would read files of the agent's machine, and
//! show them in error messages, so a text that has one is refused.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub mod counters;
pub mod iptables;
pub mod listing;
pub mod parts;
pub mod said;

/// Largest ruleset of a namespace, in bytes.
pub const MAX_RULESET_BYTES: usize = 64 << 10;

/// What replaces whatever rules there are, in the same transaction.
pub const FLUSH: &str = "flush ruleset";

/// A ruleset as a person wrote it, with line ends of one kind, none at the beginning, one at the
/// end, and no white space before any.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Ruleset(String);

/// Why a text is no ruleset.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RulesetError {
    /// Nothing there.
    #[error("there is nothing in it: leave it out")]
    Empty,
    /// Too much.
    #[error("a ruleset has at most {MAX_RULESET_BYTES} bytes, and this has {0}")]
    TooLarge(usize),
    /// Something in it that must not be.
    #[error("line {line}, column {column}: {why}")]
    At {
        /// Counting from 1.
        line: usize,
        /// In characters, counting from 1.
        column: usize,
        /// What is wrong there.
        why: String,
    },
}

impl Ruleset {
    /// A ruleset from what a person wrote.
    pub fn new(text: &str) -> Result<Self, RulesetError> {
        // Not to write it anew if it is far too large.
        if text.len() > 2 * MAX_RULESET_BYTES {
            return Err(RulesetError::TooLarge(text.len()));
        }
        let mut lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        while lines.last().is_some_and(|line| line.is_empty()) {
            lines.pop();
        }
        let first = lines.iter().position(|line| !line.is_empty());
        let Some(lines) = first.and_then(|first| lines.get(first..)) else {
            return Err(RulesetError::Empty);
        };
        let text = lines.join("\n") + "\n";
        if text.len() > MAX_RULESET_BYTES {
            return Err(RulesetError::TooLarge(text.len()));
        }
        guard(&text)?;
        Ok(Self(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// This and then more.
    pub fn and(&self, more: &str) -> Result<Self, RulesetError> {
        Self::new(&format!("{}{more}", self.0))
    }

    /// Whether its first statement takes away what is there, as `nft -f` files do.
    pub fn begins_anew(&self) -> bool {
        begins_anew(&self.0)
    }
}

/// Whether the first statement of a text is [`FLUSH`].
pub fn begins_anew(text: &str) -> bool {
    let mut lines = text.lines().map(without_comment).map(str::trim);
    let first = lines.find(|line| !line.is_empty()).unwrap_or_default();
    let first = first.split(';').next().unwrap_or_default();
    first.split_whitespace().eq(FLUSH.split(' '))
}

/// Refuses a text that could reach outside of its namespace, and one that a reader might take
/// otherwise than `nft` does.
///
/// The rules are those of nftables' src/scanner.l: `#` begins a comment outside quotes, and
/// `include` is a word wherever it is not the beginning of a longer one, whatever stands before it.
/// A quote that goes on over the end of a line is refused: there it is seen at once where it ends.
pub fn guard(text: &str) -> Result<(), RulesetError> {
    for (number, line) in text.lines().enumerate() {
        let fail = |byte: usize, why: &str| {
            let before = line.get(..byte).unwrap_or_default();
            Err(RulesetError::At {
                line: number + 1,
                column: before.chars().count() + 1,
                why: why.to_owned(),
            })
        };
        let is_strange = |c: char| c.is_control() && c != '\t';
        if let Some(place) = line.find(is_strange) {
            return fail(place, "a control character");
        }
        let code = without_comment(line);
        if let Some(place) = open_quote(code) {
            return fail(place, "a quote is not closed on its line");
        }
        if let Some(place) = include(code) {
            return fail(
                place,
                "`include` is not possible: a lab reads no files of the machine",
            );
        }
    }
    Ok(())
}

/// A text as `nft -f -` gets it: in place of whatever is there, without comments, which `nft` does
/// not take on the last line. Its first line is an additional one.
pub fn for_nft(text: &str) -> String {
    let mut script = format!("{FLUSH}\n");
    for line in text.lines() {
        script.push_str(without_comment(line).trim_end());
        script.push('\n');
    }
    script
}

/// A line up to its comment.
fn without_comment(line: &str) -> &str {
    let mut quoted = false;
    let end = line.find(|c| {
        quoted ^= c == '"';
        c == '#' && !quoted
    });
    end.and_then(|end| line.get(..end)).unwrap_or(line)
}

fn open_quote(code: &str) -> Option<usize> {
    let odd = code.matches('"').count() % 2 == 1;
    code.rfind('"').filter(|_| odd)
}

/// Where the word `include` stands outside quotes.
fn include(code: &str) -> Option<usize> {
    const WORD: &str = "include";
    let goes_on = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.');
    code.match_indices(WORD)
        .map(|(place, _)| place)
        .find(|&place| {
            let before = code.get(..place).unwrap_or_default();
            let after = code.get(place + WORD.len()..).unwrap_or_default();
            before.matches('"').count() % 2 == 0 && !after.starts_with(goes_on)
        })
}

impl fmt::Display for Ruleset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Ruleset {
    type Err = RulesetError;

    fn from_str(text: &str) -> Result<Self, RulesetError> {
        Self::new(text)
    }
}

impl TryFrom<String> for Ruleset {
    type Error = RulesetError;

    fn try_from(text: String) -> Result<Self, RulesetError> {
        Self::new(&text)
    }
}

impl From<Ruleset> for String {
    fn from(ruleset: Ruleset) -> Self {
        ruleset.0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_same_text_has_one_form() {
        let text = Ruleset::new("\r\n  \n table ip x {  \r\n}\n\n\n").unwrap();
        assert_eq!(text.as_str(), " table ip x {\n}\n");
        assert_eq!(Ruleset::new(text.as_str()), Ok(text));
        assert_eq!(Ruleset::new(" \n\t\n"), Err(RulesetError::Empty));
        let large = "x".repeat(MAX_RULESET_BYTES);
        assert!(matches!(
            Ruleset::new(&large),
            Err(RulesetError::TooLarge(_))
        ));
    }

    #[test]
    fn nothing_outside_is_read() {
        for text in [
            "include \"/etc/passwd\"",
            "table ip x {\n chain y {\n include\"/etc/shadow\"\n }\n}",
            "define a = 5include \"/etc/passwd\"",
            "0xainclude './x'",
            "add table ip x; include \"x\"",
            "table ip x { comment \"#\"; include \"x\" ; }",
            "# a \\\ninclude \"/etc/passwd\"",
            "include \\\n\"/etc/passwd\"",
        ] {
            let error = Ruleset::new(text).unwrap_err();
            assert!(error.to_string().contains("include"), "{text}: {error}");
        }
        for text in [
            "# include \"/etc/nftables.conf\"",
            "table ip x { comment \"to include all\"; }",
            "add chain ip x included",
            "add chain ip x include_all",
        ] {
            Ruleset::new(text).unwrap();
        }
        let open = Ruleset::new("table ip x {\n comment \"a\n include b\"\n}").unwrap_err();
        assert_eq!(
            open.to_string(),
            "line 2, column 10: a quote is not closed on its line"
        );
        assert!(Ruleset::new("add table ip \u{0}x").is_err());
    }

    #[test]
    fn what_people_paste_is_understood() {
        let file = "#!/usr/sbin/nft -f\n\n# mine\nflush  ruleset # all\ntable ip x {\n}\n";
        assert!(Ruleset::new(file).unwrap().begins_anew());
        assert!(
            Ruleset::new("flush ruleset; add table ip x")
                .unwrap()
                .begins_anew()
        );
        assert!(
            !Ruleset::new("add table ip x\nflush ruleset")
                .unwrap()
                .begins_anew()
        );
        assert_eq!(
            for_nft(file),
            "flush ruleset\n\n\n\nflush  ruleset\ntable ip x {\n}\n"
        );
    }
}
