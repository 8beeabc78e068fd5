//! What is told of a script: what was refused, what was noted, and commands as a person writes them.

use super::word::is_unknown;
use super::{Failure, MOST_ERRORS, MOST_NOTES, Note, NoteKind, ScriptError, Shell, Status};
use crate::script::program::{self, Role};

/// How many characters of a command stand in the reason why another cannot be taken.
const MOST_SHOWN: usize = 120;

/// About how many words of commands that were not understood are remembered.
const MOST_MISSING: usize = 10_000;

impl Shell {
    /// Names a command that cannot be taken.
    pub(super) fn refuse(&mut self, command: String, mut reason: String) {
        self.status = Status::Failure(1);
        // What is not understood may change the network.
        self.acted += usize::from(self.is_trial);
        if let Some(line) = self.follows(&reason) {
            reason.push_str(&format!(" (line {line} names it, and was not understood)"));
        }
        if !self.unset.is_empty() {
            let verb = if self.unset.len() == 1 { "has" } else { "have" };
            let names = self.unset.join(", ");
            reason.push_str(&format!(" ({names} {verb} no value in this script)"));
        }
        if self.errors.len() < MOST_ERRORS {
            self.errors.push(ScriptError {
                line: self.line,
                command: on_one_line(command),
                reason: on_one_line(reason),
            });
        }
    }

    /// Remembers what a command that was not understood may have been to make.
    pub(super) fn misses(&mut self, argv: &[String]) {
        let makes = |pair: &[String]| match pair {
            [object, verb] => {
                let is_object = matches!(
                    object.as_str(),
                    "link" | "li" | "l" | "netns" | "tunnel" | "tuntap"
                );
                is_object && matches!(verb.as_str(), "add" | "a")
            }
            _ => false,
        };
        let may_make = match program::role(argv) {
            Role::Network => argv.windows(2).any(makes),
            _ => true,
        };
        if may_make && self.missing.len() < MOST_MISSING {
            for word in argv {
                self.missing.entry(word.clone()).or_insert(self.line);
            }
        }
    }

    /// The line that was not understood, if something is perhaps missing because of it.
    fn follows(&self, reason: &str) -> Option<usize> {
        let missing = ["there is no interface ", "there is no namespace "];
        let name = missing
            .iter()
            .find_map(|start| reason.strip_prefix(start))?;
        let name = name.split(' ').next()?;
        let line = self.missing.get(name).copied();
        line.filter(|_| !self.errors.is_empty())
    }

    /// A number for what is another each time that a script runs, and decides no more than a name.
    pub(super) fn made_up(&mut self, what: &str, shape: impl Fn(u32) -> String) -> String {
        self.made_up += 1;
        let text = shape(self.made_up);
        let told = format!("{what} is another each time: taken as {text}");
        self.note(NoteKind::Changed, told);
        text
    }

    pub(super) fn note(&mut self, kind: NoteKind, text: String) {
        let note = Note {
            line: self.line,
            kind,
            text,
        };
        if self.notes.len() < MOST_NOTES && self.notes.last() != Some(&note) {
            self.notes.push(note);
        }
    }

    /// What a command did that could not be done.
    pub(super) fn fail(&mut self, argv: &[String], failure: Failure) {
        let command = shown(argv);
        match failure {
            Failure::Fails(reason) if self.provided > 0 => {
                self.note(
                    NoteKind::LeftOut,
                    format!("fails here, as the script provides for: {command}: {reason}"),
                );
                self.status = Status::Failure(1);
            }
            Failure::Fails(reason) if self.is_lenient => {
                self.note(NoteKind::LeftOut, format!("{command}: {reason}"));
                self.status = Status::Failure(1);
            }
            Failure::Fails(reason) | Failure::NotUnderstood(reason) => {
                // What stands on what is missing is missing, too.
                if self.follows(&reason).is_some() {
                    self.misses(argv);
                }
                self.refuse(command, reason);
            }
        }
    }
}

/// Why a command in a word cannot be taken, with the command: what stands in the script may be
/// `$cmd`. What is not known is told as it is, since that is looked for.
pub(super) fn within(error: ScriptError) -> String {
    let ScriptError {
        command, reason, ..
    } = error;
    if command.is_empty() || is_unknown(&reason) {
        return reason;
    }
    let mut start: String = command.chars().take(MOST_SHOWN).collect();
    if start.len() < command.len() {
        start.push('…');
    }
    format!("`{start}`: {reason}")
}

/// A text of several lines as one.
fn on_one_line(text: String) -> String {
    match text.contains('\n') {
        true => text.lines().map(str::trim).collect::<Vec<_>>().join(" "),
        false => text,
    }
}

/// A command as a person would write it.
pub(super) fn shown(argv: &[String]) -> String {
    let plain = shlex::try_join(argv.iter().map(String::as_str));
    plain.unwrap_or_else(|_| argv.join(" "))
}
