//! A lab from one file or several, told apart by content.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::import::{File, Import, Refusal, Report};
use crate::script::{self, ScriptError};
use crate::yaml::{self, MAX_TEXT_BYTES, YamlError};

/// Most files that are read at once.
pub const MAX_FILES: usize = 4096;

/// The forms that are read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// A lab document.
    Yaml,
    /// A shell script of commands.
    Script,
    /// A containerlab topology.
    Containerlab,
    /// A Kathará lab.
    Kathara,
    /// A Docker Compose file.
    Compose,
    /// A netplan configuration.
    Netplan,
    /// A file of Mininet's MiniEdit.
    Miniedit,
    /// A Graphviz graph.
    Graphviz,
    /// A Mermaid flowchart.
    Mermaid,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Yaml => "a lab document",
            Self::Script => "a script of commands",
            Self::Containerlab => "a containerlab topology",
            Self::Kathara => "a Kathará lab",
            Self::Compose => "a Compose file",
            Self::Netplan => "a netplan configuration",
            Self::Miniedit => "a MiniEdit file",
            Self::Graphviz => "a Graphviz graph",
            Self::Mermaid => "a Mermaid flowchart",
        })
    }
}

/// Why a text is no lab.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadError {
    /// Nothing there, or comments only.
    #[error("there is nothing in it: neither a lab document (`netyard: 1`) nor a command")]
    Empty,
    /// Too much.
    #[error("it is larger than {MAX_TEXT_BYTES} bytes")]
    TooLarge,
    /// Too many files.
    #[error("there are {0} files: at most {MAX_FILES} are read at once")]
    TooManyFiles(usize),
    /// It is a lab document, and wrong.
    #[error("{0}")]
    Yaml(YamlError),
    /// It is a script, and these commands cannot be taken.
    #[error("{}", Lines(.0))]
    Script(Vec<ScriptError>),
    /// It is of this format, and these parts cannot be taken.
    #[error("{}", Lines(.1))]
    Import(Format, Vec<Refusal>),
}

struct Lines<'a, T>(&'a [T]);

impl<T: fmt::Display> fmt::Display for Lines<'_, T> {
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
///
/// # Errors
/// Says what cannot be taken, with its place.
pub fn read(text: &str) -> Result<Import, ReadError> {
    read_text("", text)
}

/// Reads a lab from the files of a folder, or from a single one.
///
/// # Errors
/// Says what cannot be taken, with file and line.
pub fn read_files(files: &[File]) -> Result<Import, ReadError> {
    if files.len() > MAX_FILES {
        return Err(ReadError::TooManyFiles(files.len()));
    }
    let size: usize = files.iter().map(|file| file.bytes.len()).sum();
    if size > MAX_TEXT_BYTES {
        return Err(ReadError::TooLarge);
    }
    match files {
        [] => Err(ReadError::Empty),
        [file] => match std::str::from_utf8(&file.bytes) {
            Ok(text) => read_text(&file.path, text),
            Err(error) => Err(ReadError::Import(
                Format::Script,
                vec![Refusal {
                    file: file.path.clone(),
                    line: 0,
                    what: String::new(),
                    reason: format!("it is no UTF-8 text: {error}"),
                }],
            )),
        },
        _ => Err(ReadError::Import(
            Format::Script,
            vec![Refusal {
                file: String::new(),
                line: 0,
                what: String::new(),
                reason: "none of the files is one that a lab is known by".to_owned(),
            }],
        )),
    }
}

fn read_text(path: &str, text: &str) -> Result<Import, ReadError> {
    if text.len() > MAX_TEXT_BYTES {
        return Err(ReadError::TooLarge);
    }
    // An editor on Windows puts it in front.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match format_of(text) {
        None => Err(ReadError::Empty),
        Some(Format::Yaml) => {
            let document = yaml::read(text).map_err(ReadError::Yaml)?;
            let report = Report::of(Format::Yaml, &document);
            Ok(Import { document, report })
        }
        Some(_) => {
            let script = script::read(text).map_err(ReadError::Script)?;
            let mut report = Report::of(Format::Script, &script.document);
            report.note(path, script.notes);
            Ok(Import {
                document: script.document,
                report,
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
