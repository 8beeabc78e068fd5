//! Commands and scripts that a file holds.

use std::collections::BTreeMap;

use super::Builder;
use crate::id::NamespaceId;
use crate::script::{Note, NoteKind, Outcome};

impl Builder {
    /// Does a command, which must succeed; else the whole is refused.
    pub(in crate::import) fn run(&mut self, namespace: NamespaceId, argv: &[&str]) {
        if let Err(reason) = self.try_run(namespace, argv) {
            self.refuse(argv.join(" "), reason);
        }
    }

    /// Does a command; says why it cannot be done.
    pub(in crate::import) fn try_run(
        &mut self,
        namespace: NamespaceId,
        argv: &[&str],
    ) -> Result<(), String> {
        let argv: Vec<String> = argv.iter().map(|word| (*word).to_owned()).collect();
        let done = self.shell.command_in(namespace, &argv);
        self.acted_in(self.file.clone(), self.line);
        done
    }

    /// Does a command that reads this, which must succeed; else the whole is refused.
    pub(in crate::import) fn run_with(
        &mut self,
        namespace: NamespaceId,
        argv: &[&str],
        input: &str,
    ) {
        let words: Vec<String> = argv.iter().map(|word| (*word).to_owned()).collect();
        let done = self.shell.command_with(namespace, &words, Some(input));
        self.acted_in(self.file.clone(), self.line);
        if let Err(reason) = done {
            self.refuse(argv.join(" "), reason);
        }
    }

    fn acted_in(&mut self, file: String, line: usize) {
        let (acted, _) = self.shell.acted();
        if acted > self.acted {
            self.acted = acted;
            self.last = (file, line);
        }
    }

    /// Runs a script that is the content of a file of its own.
    pub(in crate::import) fn script(
        &mut self,
        namespace: NamespaceId,
        files: &BTreeMap<String, String>,
        file: &str,
        text: &str,
    ) {
        let outcome = self.shell.script_in(namespace, files, text);
        self.take(outcome, file, 0);
    }

    /// Runs a text of the file that is read, whose first line is the one that was said.
    pub(in crate::import) fn text(&mut self, namespace: NamespaceId, text: &str) {
        let outcome = self.shell.script_in(namespace, &BTreeMap::new(), text);
        let before = self.line.saturating_sub(1);
        self.take(outcome, &self.file.clone(), before);
    }

    /// Runs a program without a shell around it.
    pub(in crate::import) fn program(&mut self, namespace: NamespaceId, argv: &[String]) {
        let outcome = self.shell.program_in(namespace, &BTreeMap::new(), argv);
        let before = self.line.saturating_sub(1);
        self.take(outcome, &self.file.clone(), before);
    }

    fn take(&mut self, outcome: Outcome, file: &str, before: usize) {
        let (own_file, own_line) = (self.file.clone(), self.line);
        file.clone_into(&mut self.file);
        for Note { line, kind, text } in outcome.notes {
            self.line = before + line;
            match kind {
                NoteKind::Changed => self.changed(text),
                NoteKind::LeftOut => self.left_out(text),
            }
        }
        for error in outcome.errors {
            self.line = before + error.line;
            self.refuse(error.command, error.reason);
        }
        for mut tried in outcome.tried {
            tried.line += before;
            self.tried.push((file.to_owned(), tried));
        }
        self.acted_in(file.to_owned(), 0);
        self.file = own_file;
        self.line = own_line;
    }
}
