//! Loops and choices over what is not known before the script runs. They are taken where nothing of
//! the network depends on them.

use brush_parser::ast::{CaseClauseCommand, CaseItem, CaseItemPostAction, ForClauseCommand};

use super::input_output::Io;
use super::variables::Value;
use super::{Flow, NoteKind, Shell, Status, word};

impl Shell {
    /// `for` over words that cannot be expanded: nobody knows how often it goes round.
    pub(super) fn for_unknown(
        &mut self,
        clause: &ForClauseCommand,
        head: &str,
        reason: String,
        io: &mut Io,
    ) -> Flow {
        if !word::is_unknown(&reason) {
            self.refuse(head.to_owned(), reason);
            return Flow::Next;
        }
        let name = &clause.variable_name;
        let round = |shell: &mut Self, io: &mut Io| {
            shell.variables.set(name, Value::Unknown(reason.clone()));
            shell.perhaps_round(&clause.body.list, io)
        };
        if self.is_trial {
            return round(self, io);
        }
        if !self.spend_on_trials(1) {
            return Flow::Exit;
        }
        let once = self.tried(&Status::Success, false, round);
        if once.acts {
            self.refuse(head.to_owned(), reason);
            return Flow::Next;
        }
        io.out.print_unknown(head);
        self.went_round(once, head);
        self.note(NoteKind::LeftOut, format!("not run: {head}: {reason}"));
        self.status = unknown(head);
        Flow::Next
    }

    /// `case` of a word that cannot be expanded: any of its items may be the one.
    pub(super) fn case_unknown(
        &mut self,
        clause: &CaseClauseCommand,
        reason: String,
        io: &mut Io,
    ) -> Flow {
        let head = format!("case {} in", clause.value);
        let ends = |item: &CaseItem| matches!(item.post_action, CaseItemPostAction::ExitCase);
        if !word::is_unknown(&reason) || !clause.cases.iter().all(ends) {
            self.refuse(head, reason);
            return Flow::Next;
        }
        let mut items: Vec<&CaseItem> = clause.cases.iter().collect();
        if !self.is_trial {
            let mut expected = Vec::new();
            for item in items {
                if !self.spend_on_trials(1) {
                    return Flow::Exit;
                }
                let end = self.tried(&Status::Success, false, |shell, io| shell.item(item, io));
                if end.acts {
                    self.refuse(head, reason);
                    return Flow::Next;
                }
                // As of a condition: a way that ends the script is not the expected one.
                if !end.ends_script() {
                    expected.push(item);
                }
            }
            items = expected;
        }
        self.any_item(&items, &head, io)
    }

    /// One item or one of those after it, or none.
    fn any_item(&mut self, items: &[&CaseItem], head: &str, io: &mut Io) -> Flow {
        let Some((item, others)) = items.split_first() else {
            self.status = Status::Success;
            return Flow::Next;
        };
        if item.patterns.iter().any(|pattern| pattern.value == "*") {
            return self.item(item, io);
        }
        self.status = unknown(head);
        let run = |shell: &mut Self, io: &mut Io| shell.item(item, io);
        let pass = |shell: &mut Self, io: &mut Io| shell.any_item(others, head, io);
        self.undecided(io, &run, &pass)
    }

    fn item(&mut self, item: &CaseItem, io: &mut Io) -> Flow {
        self.status = Status::Success;
        match &item.cmd {
            Some(list) => self.list(list, io),
            None => Flow::Next,
        }
    }
}

fn unknown(command: &str) -> Status {
    Status::Unknown {
        inverted: false,
        command: command.to_owned(),
    }
}
