//! What is told of a script: what was refused, what was noted, and commands as a person writes them.

use super::{Failure, MOST_ERRORS, MOST_NOTES, Note, NoteKind, ScriptError, Shell, Status};

impl Shell {
    /// Names a command that cannot be taken.
    pub(super) fn refuse(&mut self, command: String, mut reason: String) {
        self.status = Status::Failure(1);
        if !self.unset.is_empty() {
            let verb = if self.unset.len() == 1 { "has" } else { "have" };
            let names = self.unset.join(", ");
            reason.push_str(&format!(" ({names} {verb} no value in this script)"));
        }
        if self.errors.len() < MOST_ERRORS {
            self.errors.push(ScriptError {
                line: self.line,
                command,
                reason,
            });
        }
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
                self.refuse(command, reason);
            }
        }
    }
}

/// A command as a person would write it.
pub(super) fn shown(argv: &[String]) -> String {
    let plain = shlex::try_join(argv.iter().map(String::as_str));
    plain.unwrap_or_else(|_| argv.join(" "))
}
