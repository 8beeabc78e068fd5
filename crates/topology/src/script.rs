//! Shell scripts of commands, read purely: no command of a script is ever executed by a shell.
//!
//! The commands are executed on the [`crate::model`] kernel, in their order, so that what the
//! kernel would refuse is refused here, with the line; the document is what that kernel ends with.

use std::collections::BTreeMap;
use std::fmt;

use crate::document::Document;
use crate::expectation::Expectation;
use crate::terminal::Safe;

mod offer;
mod program;
mod shell;
mod world;

pub(crate) use offer::{Tried, offers};
pub(crate) use shell::{Outcome, Shell};
use world::World;

/// Most errors that are told of one script.
const MOST_ERRORS: usize = 100;

/// A script that was read.
#[derive(Clone, PartialEq, Debug)]
pub struct Script {
    /// What the script makes.
    pub document: Document,
    /// What was noted on the way.
    pub notes: Vec<Note>,
    /// What it tries of that, with the line: it could be expected of the lab.
    pub offers: Vec<(usize, Expectation)>,
}

/// Something that a reader of the script should know.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Note {
    /// Counting from 1.
    pub line: usize,
    /// What became of it.
    pub kind: NoteKind,
    /// What was noted.
    pub text: String,
}

/// What became of a part of a script.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteKind {
    /// It was taken as something else than it says.
    Changed,
    /// It was left out.
    LeftOut,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.text)
    }
}

/// A command that cannot be taken.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error, serde::Serialize)]
#[error("line {line}: {}: {}", Safe(.command), Safe(.reason))]
pub struct ScriptError {
    /// Counting from 1.
    pub line: usize,
    /// The command as it stands there.
    pub command: String,
    /// Why not.
    pub reason: String,
}

/// Files that lie beside a script, by their paths from its folder: `lib.sh`, `../lib.sh`.
pub type Beside = BTreeMap<String, String>;

/// Reads a script; every command that cannot be taken is named, at most a hundred of them.
///
/// # Errors
/// The commands that cannot be taken.
pub fn read(text: &str) -> Result<Script, Vec<ScriptError>> {
    read_beside("", text, &Beside::new())
}

/// Reads a script of this name that may read files beside it.
///
/// # Errors
/// The commands that cannot be taken.
pub fn read_beside(name: &str, text: &str, beside: &Beside) -> Result<Script, Vec<ScriptError>> {
    let run = |limit| run(name, text, beside, limit);
    let shell = run(usize::MAX);
    if !shell.errors.is_empty() {
        return Err(shell.errors);
    }
    match document(text, &shell.world) {
        Ok(document) => Ok(Script {
            offers: offers(&document, &shell.tried),
            document,
            notes: shell.notes,
        }),
        Err(reason) => Err(vec![first_invalid(text, run, shell.acted, reason)]),
    }
}

/// The files that a script reads and that are not beside it, by their paths from its folder.
#[must_use]
pub fn wanted(name: &str, text: &str, beside: &Beside) -> Vec<String> {
    let shell = run(name, text, beside, usize::MAX);
    shell.wanted().cloned().collect()
}

/// Runs a script, at most so many changes of the network far.
fn run(name: &str, text: &str, beside: &Beside, limit: usize) -> Shell {
    let mut shell = Shell::new(limit);
    shell.lies(name, beside.clone());
    match is_batch(text) {
        true => shell.run_batch(text),
        false => shell.run(text),
    }
    shell
}

/// Whether these are lines for `ip -batch`: each begins with an object of `ip`.
fn is_batch(text: &str) -> bool {
    let objects = [
        "link",
        "l",
        "address",
        "addr",
        "a",
        "route",
        "r",
        "rule",
        "ru",
        "netns",
        "neighbor",
        "neighbour",
        "neigh",
        "n",
    ];
    let lines = text.lines().map(str::trim);
    let mut lines = lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .peekable();
    let is_object = |line: &str| {
        let first = line.split_whitespace().next().unwrap_or_default();
        objects.contains(&first)
    };
    lines.peek().is_some() && lines.all(is_object)
}

/// What the kernel takes and no document has, such as an IPv6 address on an MTU below 1280, is
/// found when all is done.
fn document(text: &str, world: &World) -> Result<Document, String> {
    let document = world.document(&title(text));
    document.validate().map_err(|error| error.to_string())?;
    Ok(document)
}

/// The command that made the document invalid: all before it is valid, and it is not.
fn first_invalid(
    text: &str,
    run: impl Fn(usize) -> Shell,
    acted: usize,
    reason: String,
) -> ScriptError {
    let (mut valid, mut invalid) = (0, acted);
    while invalid - valid > 1 {
        let middle = valid.midpoint(invalid);
        match document(text, &run(middle).world) {
            Ok(_) => valid = middle,
            Err(_) => invalid = middle,
        }
    }
    let (line, command) = run(invalid).last().unwrap_or_default();
    ScriptError {
        line,
        command,
        reason,
    }
}

/// The first comment line after the shebang, if it is the title that [`crate::command`] writes.
fn title(text: &str) -> String {
    let mut lines = text.lines().map(str::trim);
    let first = lines.next().unwrap_or_default();
    let second = if first.starts_with("#!") {
        lines.next()
    } else {
        Some(first)
    };
    let comment = second
        .and_then(|line| line.strip_prefix("# "))
        .unwrap_or_default()
        .trim();
    let is_fine =
        comment.len() <= crate::edit::MAX_TITLE_BYTES && !comment.chars().any(char::is_control);
    if is_fine {
        comment.to_owned()
    } else {
        String::new()
    }
}
