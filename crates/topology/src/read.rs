//! A lab from text, told apart by content.

use std::fmt;

use crate::document::Document;
use crate::script::{self, Note, ScriptError};
use crate::yaml::{self, MAX_TEXT_BYTES, YamlError};

/// A lab that was read.
#[derive(Clone, PartialEq, Debug)]
pub struct Read {
    /// The lab.
    pub document: Document,
    /// What was noted on the way.
    pub notes: Vec<Note>,
    /// What it was read from.
    pub format: Format,
}

/// The forms that are read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// A lab document.
    Yaml,
    /// A shell script of commands.
    Script,
}

/// Why a text is no lab.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadError {
    /// Nothing there, or comments only.
    #[error("there is nothing in it: neither a lab document (`netyard: 1`) nor a command")]
    Empty,
    /// Too much.
    #[error("it is larger than {MAX_TEXT_BYTES} bytes")]
    TooLarge,
    /// It is a lab document, and wrong.
    #[error("{0}")]
    Yaml(YamlError),
    /// It is a script, and these commands cannot be taken.
    #[error("{}", Lines(.0))]
    Script(Vec<ScriptError>),
}

struct Lines<'a>(&'a [ScriptError]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

/// Reads a lab from whichever form the text has.
pub fn read(text: &str) -> Result<Read, ReadError> {
    if text.len() > MAX_TEXT_BYTES {
        return Err(ReadError::TooLarge);
    }
    // An editor on Windows puts it in front.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match format_of(text) {
        None => Err(ReadError::Empty),
        Some(Format::Yaml) => {
            let document = yaml::read(text).map_err(ReadError::Yaml)?;
            Ok(Read {
                document,
                notes: Vec::new(),
                format: Format::Yaml,
            })
        }
        Some(Format::Script) => {
            let script = script::read(text).map_err(ReadError::Script)?;
            Ok(Read {
                document: script.document,
                notes: script.notes,
                format: Format::Script,
            })
        }
    }
}

/// By the first line that says something: a key of a YAML mapping, or a command.
fn format_of(text: &str) -> Option<Format> {
    let mut lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let first = lines.next()?;
    let key = first.split_once(':').map(|(key, rest)| (key.trim(), rest));
    let is_key = |(key, rest): (&str, &str)| {
        let is_word = !key.is_empty()
            && key
                .chars()
                .all(|c| c.is_alphanumeric() || "_-\"'".contains(c));
        is_word && (rest.is_empty() || rest.starts_with(' '))
    };
    let is_yaml = first.starts_with("---") || first.starts_with('{') || key.is_some_and(is_key);
    Some(if is_yaml {
        Format::Yaml
    } else {
        Format::Script
    })
}
