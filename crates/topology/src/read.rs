//! A lab from one file or several, told apart by content.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::import::{File, Import, Refusal, Report};
use crate::paths::{folder, from};
use crate::script::{self, Beside, ScriptError};
use crate::terminal::Safe;
use crate::yaml::{self, MAX_TEXT_BYTES, YamlError};

/// Most files that are read at once.
pub const MAX_FILES: usize = 4096;

/// Largest sum of the files that are read at once, in bytes.
pub const MAX_FILES_BYTES: usize = 16 << 20;

/// Largest file of several, in bytes: pictures and captures that lie in a folder are larger, and
/// whoever reads it may leave them out.
pub const MAX_FILE_BYTES: usize = 1 << 20;

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
    /// Too much in several files.
    #[error("the files are larger than {MAX_FILES_BYTES} bytes together")]
    FilesTooLarge,
    /// It is a zip, and wrong.
    #[error("{}", Safe(.0))]
    Archive(String),
    /// Several files, and none says what they are.
    #[error(
        "there are {0} files, and none of them is one that a lab of several files is known by: \
         `lab.conf` of Kathará, or a single file with a lab in it"
    )]
    NoLab(usize),
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
    let file = File {
        path: String::new(),
        bytes: text.as_bytes().to_vec(),
    };
    read_files(&[file])
}

/// Reads a lab from the files of a folder, or from a single one.
///
/// # Errors
/// Says what cannot be taken, with file and line.
pub fn read_files(files: &[File]) -> Result<Import, ReadError> {
    if files.len() > MAX_FILES {
        return Err(ReadError::TooManyFiles(files.len()));
    }
    if let [file] = files
        && let Some(opened) = crate::import::opened(file)
    {
        return read_files(&opened.map_err(ReadError::Archive)?);
    }
    let size: usize = files.iter().map(|file| file.bytes.len()).sum();
    match files {
        [_] if size > MAX_TEXT_BYTES => return Err(ReadError::TooLarge),
        _ if size > MAX_FILES_BYTES => return Err(ReadError::FilesTooLarge),
        _ => {}
    }
    if let Some(read) = crate::import::read(files) {
        return read;
    }
    match files {
        [] => Err(ReadError::Empty),
        [file] => read_file(file, &Beside::new()),
        // A README beside the lab, or what the lab's nodes read.
        files => match main(files) {
            Some(file) => read_beside(file, files),
            None => Err(ReadError::NoLab(files.len())),
        },
    }
}

/// Reads a lab from a file, which may say more in others beside it. All paths are from one folder,
/// and may begin with `..`.
///
/// # Errors
/// Says what cannot be taken, with file and line.
pub fn read_beside(file: &File, others: &[File]) -> Result<Import, ReadError> {
    if file.bytes.len() > MAX_TEXT_BYTES {
        return Err(ReadError::TooLarge);
    }
    let beside = beside(file, others);
    match crate::import::read_file(file, &beside) {
        Some(read) => read,
        None => read_file(file, &beside),
    }
}

/// The files that a lab's file reads and that are not among the others, by their paths from its
/// folder: whoever can read files brings them, and asks again until there are none.
#[must_use]
pub fn wanted(file: &File, others: &[File]) -> Vec<String> {
    let Ok(text) = std::str::from_utf8(&file.bytes) else {
        return Vec::new();
    };
    let beside = beside(file, others);
    match crate::import::wanted(file, &beside) {
        Some(wanted) => wanted,
        None if format_of(text) == Some(Format::Script) => {
            script::wanted(&file.path, text, &beside)
        }
        None => Vec::new(),
    }
}

/// The texts among other files, by their paths from the folder of one, which may be among them: a
/// script can run itself.
fn beside(file: &File, others: &[File]) -> Beside {
    let folder = folder(&file.path);
    let texts = others.iter().filter_map(|other| {
        let text = std::str::from_utf8(&other.bytes).ok()?;
        Some((from(folder, &other.path), text.to_owned()))
    });
    texts.collect()
}

/// Reads a document or a script.
fn read_file(file: &File, beside: &Beside) -> Result<Import, ReadError> {
    match text_of(&file.bytes) {
        Ok(text) => read_text(&file.path, text, beside),
        Err((line, reason)) => Err(ReadError::Import(
            Format::Script,
            vec![Refusal {
                file: file.path.clone(),
                line,
                what: String::new(),
                reason,
            }],
        )),
    }
}

/// The text of a file, without the mark that an editor on Windows puts in front.
///
/// # Errors
/// It is no text: the line, 0 for all of it, and why.
pub(crate) fn text_of(bytes: &[u8]) -> Result<&str, (usize, String)> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        let reason = "it is text in UTF-16: save it as UTF-8";
        return Err((0, reason.to_owned()));
    }
    if bytes.contains(&0) {
        let reason = "it is no text: there are bytes in it that are no letters";
        return Err((0, reason.to_owned()));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(error) => {
            let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
            let reason = "it is no UTF-8 text: this line has a letter of another character set; \
                          save the file as UTF-8";
            Err((line, reason.to_owned()))
        }
    }
}

/// The file of several with the lab in it: the only one whose name says that it has one, else the
/// only script that no other reads.
fn main(files: &[File]) -> Option<&File> {
    single(files).or_else(|| {
        let scripts: Vec<&File> = files
            .iter()
            .filter(|file| file.path.ends_with(".sh"))
            .collect();
        let says = |script: &File, name: &str| {
            let mut places = script.bytes.windows(name.len());
            places.any(|place| place == name.as_bytes())
        };
        let is_read = |file: &File| {
            let name = file.path.rsplit('/').next().unwrap_or(&file.path);
            let mut others = scripts.iter().filter(|other| other.path != file.path);
            others.any(|other| says(other, name))
        };
        let mut found = scripts.iter().filter(|file| !is_read(file));
        let first = found.next()?;
        found.next().is_none().then_some(*first)
    })
}

/// The only file of several with a lab in it, as its name says.
fn single(files: &[File]) -> Option<&File> {
    let endings = [
        &[".clab.yml", ".clab.yaml"][..],
        &["compose.yml", "compose.yaml"],
        &[".mn"],
        &[".yaml", ".yml"],
        &[".sh"],
        &[".dot", ".gv", ".mmd"],
    ];
    endings.iter().find_map(|endings| {
        let is_so = |file: &&File| endings.iter().any(|end| file.path.ends_with(end));
        let mut found = files.iter().filter(is_so);
        let first = found.next()?;
        found.next().is_none().then_some(first)
    })
}

fn read_text(path: &str, text: &str, beside: &Beside) -> Result<Import, ReadError> {
    if text.len() > MAX_TEXT_BYTES {
        return Err(ReadError::TooLarge);
    }
    match format_of(text) {
        None => Err(ReadError::Empty),
        Some(Format::Yaml) => {
            let document = yaml::read(text).map_err(ReadError::Yaml)?;
            let report = Report::of(Format::Yaml, &document);
            Ok(Import { document, report })
        }
        Some(_) => {
            let script = script::read_beside(path, text, beside);
            let script = script.map_err(ReadError::Script)?;
            let mut report = Report::of(Format::Script, &script.document);
            report.note(path, script.notes);
            report.offer(&script.document, path, script.offers);
            Ok(Import {
                document: script.document,
                report,
            })
        }
    }
}

/// Whether a text begins as YAML does.
pub(crate) fn looks_like_yaml(text: &str) -> bool {
    format_of(text) == Some(Format::Yaml)
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
