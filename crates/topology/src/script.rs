//! Shell scripts of commands, read purely: no command of a script is ever executed by a shell.
//!
//! The commands are executed on the [`crate::model`] kernel, in their order, so that what the
//! kernel would refuse is refused here, with the line; the document is what that kernel ends with.

use std::fmt;

use crate::document::Document;

mod program;
mod shell;
mod world;

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
}

/// Something that a reader of the script should know.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Note {
    /// Counting from 1.
    pub line: usize,
    /// What was noted.
    pub text: String,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.text)
    }
}

/// A command that cannot be taken.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error, serde::Serialize)]
#[error("line {line}: {command}: {reason}")]
pub struct ScriptError {
    /// Counting from 1.
    pub line: usize,
    /// The command as it stands there.
    pub command: String,
    /// Why not.
    pub reason: String,
}

/// Reads a script; every command that cannot be taken is named, at most a hundred of them.
pub fn read(text: &str) -> Result<Script, Vec<ScriptError>> {
    let commands = shell::commands(text);
    let mut world = World::new();
    let mut notes = Vec::new();
    let mut errors = Vec::new();
    for command in &commands {
        match run(&mut world, command) {
            Ok(told) => notes.extend(told.into_iter().map(|text| Note {
                line: command.line,
                text,
            })),
            Err(reason) => errors.push(refused(command, reason)),
        }
        if errors.len() == MOST_ERRORS {
            break;
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    match document(text, &world) {
        Ok(document) => Ok(Script { document, notes }),
        Err(reason) => Err(first_invalid(text, &commands)
            .map(|command| refused(command, reason))
            .into_iter()
            .collect()),
    }
}

fn run(world: &mut World, command: &shell::Command) -> Result<Vec<String>, String> {
    match &command.argv {
        Ok(argv) => world.run(argv, command.input.as_deref()),
        Err(reason) => Err(reason.clone()),
    }
}

fn refused(command: &shell::Command, reason: String) -> ScriptError {
    ScriptError {
        line: command.line,
        command: command.text.clone(),
        reason,
    }
}

/// What the kernel takes and no document has, such as an IPv6 address on an MTU below 1280, is
/// found when all is done.
fn document(text: &str, world: &World) -> Result<Document, String> {
    let document = world.document(&title(text));
    document.validate().map_err(|error| error.to_string())?;
    Ok(document)
}

/// The command that made the document invalid: all before it is valid, and it is not.
fn first_invalid<'a>(text: &str, commands: &'a [shell::Command]) -> Option<&'a shell::Command> {
    let is_valid = |count: usize| {
        let mut world = World::new();
        for command in commands.iter().take(count) {
            let _taken = run(&mut world, command);
        }
        document(text, &world).is_ok()
    };
    let (mut valid, mut invalid) = (0, commands.len());
    while invalid - valid > 1 {
        let middle = valid.midpoint(invalid);
        if is_valid(middle) {
            valid = middle;
        } else {
            invalid = middle;
        }
    }
    commands.get(valid)
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
