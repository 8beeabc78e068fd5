//! What `netyard exec` and the yard say to each other on the local socket.
//!
//! A WebSocket at [`path`]. The first message is [`ExecStart`] as JSON text. Then binary frames are
//! bytes for the command's standard input (an empty one closes it) and text frames are
//! [`ExecControl`]. The yard sends binary frames whose first byte is [`STDOUT`] or [`STDERR`] and
//! whose rest was written there, and last one text frame, an [`ExecEnd`].

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use crate::agent::protocol::Terminal;

/// First byte of a frame with standard output.
pub const STDOUT: u8 = 1;
/// First byte of a frame with standard error.
pub const STDERR: u8 = 2;

/// The command to run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExecStart {
    /// The namespace's name.
    pub namespace: String,
    /// Program and arguments; never empty, never given to a shell.
    pub argv: Vec<Word>,
    /// The environment, whole.
    pub environment: Vec<(Word, Word)>,
    /// Working directory; `/` if it does not exist.
    pub directory: Word,
    /// With a terminal of this size, or `None` for pipes.
    pub terminal: Option<Terminal>,
}

/// A word of a command: text as a string, and what is no UTF-8 as a list of bytes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Word {
    /// Nearly every one.
    Text(String),
    /// A file name in another encoding, for one.
    Bytes(Vec<u8>),
}

impl From<OsString> for Word {
    fn from(word: OsString) -> Self {
        match word.into_string() {
            Ok(text) => Self::Text(text),
            Err(word) => Self::Bytes(word.into_vec()),
        }
    }
}

impl From<Word> for OsString {
    fn from(word: Word) -> Self {
        match word {
            Word::Text(text) => text.into(),
            Word::Bytes(bytes) => Self::from_vec(bytes),
        }
    }
}

/// What can be said to a command while it runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExecControl {
    /// The terminal has another size.
    Resize(Terminal),
}

/// How a command ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExecEnd {
    /// Its exit code; 128 + N if signal N ended it.
    Exited(i32),
    /// It could not be run, or not to its end: what was attempted and why it failed.
    Error(String),
    /// Nothing was attempted: there is no such lab or namespace, or no command.
    WrongUse(String),
}

/// The path of the socket for a lab, by its id or, if only one lab has it, its title.
pub fn path(lab: &str) -> String {
    format!(
        "/api/v1/labs/{}/exec",
        utf8_percent_encode(lab, NON_ALPHANUMERIC)
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn ends_as_documented() {
        let text = |end: ExecEnd| serde_json::to_string(&end).unwrap();
        assert_eq!(text(ExecEnd::Exited(3)), r#"{"exited":3}"#);
        assert_eq!(text(ExecEnd::Error("no".into())), r#"{"error":"no"}"#);
    }

    #[test]
    fn words_are_text_where_they_can_be() {
        for (bytes, json) in [(&b"ls"[..], r#""ls""#), (b"a\xff", "[97,255]")] {
            let word = Word::from(OsString::from_vec(bytes.to_vec()));
            assert_eq!(serde_json::to_string(&word).unwrap(), json);
            let again: Word = serde_json::from_str(json).unwrap();
            assert_eq!(OsString::from(again).into_vec(), bytes);
        }
    }

    #[test]
    fn a_title_is_one_segment_of_the_path() {
        assert_eq!(path("a b/c?é"), "/api/v1/labs/a%20b%2Fc%3F%C3%A9/exec");
    }
}
