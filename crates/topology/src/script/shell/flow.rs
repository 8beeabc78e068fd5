//! Lists, pipelines, conditions and loops.

use brush_parser::ast::{
    AndOr, AndOrList, ArithmeticForClauseCommand, CaseClauseCommand, CaseItemPostAction,
    CompoundCommand, CompoundList, ForClauseCommand, IfClauseCommand, Pipeline, SeparatorOperator,
};

use super::input_output::{Io, Out};
use super::undecided::UNDECIDED;
use super::variables::Value;
use super::{Flow, NoteKind, Shell, Status, word};

/// A branch of `if`, and on what condition it is taken.
type Branch<'a> = (Option<&'a CompoundList>, &'a CompoundList);

impl Shell {
    pub(super) fn list(&mut self, list: &CompoundList, io: &mut Io) -> Flow {
        for item in &list.0 {
            let flow = self.and_or(&item.0, io);
            if matches!(item.1, SeparatorOperator::Async) {
                self.note(
                    NoteKind::Changed,
                    format!(
                        "runs in the background (`&`), taken as if it were waited for: {}",
                        item.0
                    ),
                );
                // To have begun it is a success.
                self.status = Status::Success;
            }
            if flow != Flow::Next {
                return flow;
            }
        }
        Flow::Next
    }

    fn and_or(&mut self, list: &AndOrList, io: &mut Io) -> Flow {
        let ors = |rest: &[AndOr]| rest.iter().any(|next| matches!(next, AndOr::Or(_)));
        let mut flow = self.provided_for(ors(&list.additional), |shell| {
            shell.pipeline(&list.first, io)
        });
        for (index, next) in list.additional.iter().enumerate() {
            if flow != Flow::Next {
                return flow;
            }
            let rest = list.additional.get(index + 1..).unwrap_or_default();
            let is_provided = ors(rest);
            let (pipeline, after_success) = match next {
                AndOr::And(pipeline) => (pipeline, true),
                AndOr::Or(pipeline) => (pipeline, false),
            };
            let run = |shell: &mut Self, io: &mut Io| {
                shell.provided_for(is_provided, |shell| shell.pipeline(pipeline, io))
            };
            let pass = |_: &mut Self, _: &mut Io| Flow::Next;
            let succeeded = match &self.status {
                Status::Success => true,
                Status::Failure(_) => false,
                Status::Unknown { .. } => {
                    flow = match after_success {
                        true => self.undecided(io, &run, &pass),
                        false => self.undecided(io, &pass, &run),
                    };
                    continue;
                }
            };
            if succeeded == after_success {
                flow = run(self, io);
            }
        }
        flow
    }

    /// Runs something whose failure the script provides for, or does not.
    fn provided_for<T>(&mut self, is_so: bool, run: impl FnOnce(&mut Self) -> T) -> T {
        self.provided += usize::from(is_so);
        let result = run(self);
        self.provided -= usize::from(is_so);
        result
    }

    fn pipeline(&mut self, pipeline: &Pipeline, io: &mut Io) -> Flow {
        self.inversions += usize::from(pipeline.bang);
        let flow = self.provided_for(pipeline.bang, |shell| match pipeline.seq.as_slice() {
            [one] => shell.command(one, io),
            many => shell.piped(many, io),
        });
        self.inversions -= usize::from(pipeline.bang);
        if pipeline.bang {
            self.status = match std::mem::replace(&mut self.status, Status::Success) {
                Status::Success => Status::Failure(1),
                Status::Failure(_) => Status::Success,
                Status::Unknown { inverted, command } => Status::Unknown {
                    inverted: !inverted,
                    command,
                },
            };
        }
        flow
    }

    fn piped(&mut self, commands: &[brush_parser::ast::Command], io: &mut Io) -> Flow {
        let mut input = io.input.take();
        let last = commands.len().saturating_sub(1);
        let mut failed = None;
        for (index, command) in commands.iter().enumerate() {
            let mut between = Io {
                input: input.take(),
                out: match index == last {
                    true => std::mem::take(&mut io.out),
                    false => Out::capture(),
                },
            };
            let flow = self.apart(|shell| shell.command(command, &mut between));
            if index == last {
                io.out = between.out;
                if let (true, Status::Success, Some(failed)) =
                    (self.fails_as_pipe, &self.status, failed)
                {
                    self.status = failed;
                }
                return flow;
            }
            if self.status != Status::Success {
                failed = Some(self.status.clone());
            }
            if self.is_done() {
                return Flow::Exit;
            }
            input = Some(between.out.into_input());
        }
        Flow::Next
    }

    pub(super) fn compound(&mut self, command: &CompoundCommand, io: &mut Io) -> Flow {
        match self.one_deeper(|shell| shell.compound_inside(command, io)) {
            Ok(flow) => flow,
            Err(reason) => {
                let text = command.to_string();
                let start = text.lines().next().unwrap_or_default();
                self.refuse(start.to_owned(), reason);
                Flow::Exit
            }
        }
    }

    fn compound_inside(&mut self, command: &CompoundCommand, io: &mut Io) -> Flow {
        match command {
            CompoundCommand::Arithmetic(arithmetic) => {
                match self.number(&arithmetic.expr.value) {
                    Ok(number) => self.status = Status::of(number != 0),
                    // It may decide nothing that changes the network.
                    Err(reason) if word::is_unknown(&reason) => {
                        self.status = Status::Unknown {
                            inverted: false,
                            command: format!("(({}))", arithmetic.expr.value),
                        };
                    }
                    Err(reason) => self.refuse(format!("(({}))", arithmetic.expr.value), reason),
                }
                Flow::Next
            }
            CompoundCommand::ArithmeticForClause(clause) => self.arithmetic_for(clause, io),
            CompoundCommand::BraceGroup(group) => self.list(&group.list, io),
            CompoundCommand::Subshell(subshell) => {
                self.apart(|shell| shell.list(&subshell.list, io))
            }
            CompoundCommand::ForClause(clause) => self.for_each(clause, io),
            CompoundCommand::CaseClause(clause) => self.case(clause, io),
            CompoundCommand::IfClause(clause) => self.if_clause(clause, io),
            CompoundCommand::WhileClause(clause) => {
                self.while_loop(&clause.0, &clause.1.list, true, io)
            }
            CompoundCommand::UntilClause(clause) => {
                self.while_loop(&clause.0, &clause.1.list, false, io)
            }
        }
    }

    /// Whether a condition holds; `None` if the network of the moment decides.
    fn condition(&mut self, list: &CompoundList, io: &mut Io) -> Result<Option<bool>, Flow> {
        let flow = self.provided_for(true, |shell| shell.list(list, io));
        match flow {
            Flow::Next => Ok(match &self.status {
                Status::Success => Some(true),
                Status::Failure(_) => Some(false),
                Status::Unknown { .. } => None,
            }),
            flow => Err(flow),
        }
    }

    fn if_clause(&mut self, clause: &IfClauseCommand, io: &mut Io) -> Flow {
        let elses = clause.elses.iter().flatten();
        let mut branches: Vec<Branch<'_>> = vec![(Some(&clause.condition), &clause.then)];
        branches.extend(elses.map(|branch| (branch.condition.as_ref(), &branch.body)));
        self.branches(&branches, io)
    }

    fn branches(&mut self, branches: &[Branch<'_>], io: &mut Io) -> Flow {
        for (index, (condition, body)) in branches.iter().enumerate() {
            let Some(condition) = condition else {
                return self.list(body, io);
            };
            match self.condition(condition, io) {
                Err(flow) => return flow,
                Ok(Some(true)) => return self.list(body, io),
                Ok(Some(false)) => {}
                Ok(None) => {
                    let others = branches.get(index + 1..).unwrap_or_default();
                    return self.undecided(
                        io,
                        &|shell: &mut Self, io: &mut Io| shell.list(body, io),
                        &|shell: &mut Self, io: &mut Io| shell.branches(others, io),
                    );
                }
            }
        }
        self.status = Status::Success;
        Flow::Next
    }

    fn for_each(&mut self, clause: &ForClauseCommand, io: &mut Io) -> Flow {
        let mut values = Vec::new();
        match &clause.values {
            None => match self.all_given() {
                Ok(given) => values = given,
                Err(reason) => {
                    let head = format!("for {} in \"$@\"", clause.variable_name);
                    return self.for_unknown(clause, &head, reason, io);
                }
            },
            Some(words) => {
                for word in words {
                    match self.fields(&word.value) {
                        Ok(fields) => values.extend(fields),
                        Err(reason) => {
                            let head = format!("for {} in {}", clause.variable_name, word);
                            return self.for_unknown(clause, &head, reason, io);
                        }
                    }
                }
            }
        }
        self.status = Status::Success;
        for value in values {
            self.variables
                .set(&clause.variable_name, Value::Text(value));
            if let Some(flow) = self.round(&clause.body.list, io) {
                return flow;
            }
        }
        Flow::Next
    }

    /// Runs a loop's body once; `Some` ends the loop.
    fn round(&mut self, body: &CompoundList, io: &mut Io) -> Option<Flow> {
        // A loop with nothing in it that counts must end, too.
        if !self.spend(1) || self.is_done() {
            return Some(Flow::Exit);
        }
        let (flow, is_last) = self.in_round(|shell| shell.list(body, io));
        if let Some(command) = is_last {
            if !self.is_trial && (!self.spend_on_trials(1) || self.would_act(body)) {
                self.refuse(command, UNDECIDED.to_owned());
            }
            return Some(match flow {
                Flow::Continue(0 | 1) | Flow::Break(0 | 1) => Flow::Next,
                flow => flow,
            });
        }
        match flow {
            Flow::Next | Flow::Continue(0 | 1) => None,
            Flow::Continue(outer) => Some(Flow::Continue(outer - 1)),
            Flow::Break(0 | 1) => Some(Flow::Next),
            Flow::Break(outer) => Some(Flow::Break(outer - 1)),
            flow => Some(flow),
        }
    }

    fn arithmetic_for(&mut self, clause: &ArithmeticForClauseCommand, io: &mut Io) -> Flow {
        let mut run = |shell: &mut Self| -> Result<Flow, String> {
            if let Some(first) = &clause.initializer {
                shell.number(&first.value)?;
            }
            loop {
                if let Some(condition) = &clause.condition
                    && !condition.value.trim().is_empty()
                    && shell.number(&condition.value)? == 0
                {
                    return Ok(Flow::Next);
                }
                if let Some(flow) = shell.round(&clause.body.list, io) {
                    return Ok(flow);
                }
                if let Some(next) = &clause.updater {
                    shell.number(&next.value)?;
                }
            }
        };
        match run(self) {
            Ok(flow) => flow,
            Err(reason) => {
                self.refuse("for ((…))".to_owned(), reason);
                Flow::Next
            }
        }
    }

    fn while_loop(
        &mut self,
        condition: &CompoundList,
        body: &CompoundList,
        wanted: bool,
        io: &mut Io,
    ) -> Flow {
        loop {
            match self.condition(condition, io) {
                Err(flow) => return flow,
                Ok(Some(holds)) if holds != wanted => {
                    self.status = Status::Success;
                    return Flow::Next;
                }
                Ok(Some(_)) => {}
                Ok(None) => {
                    if self.is_trial {
                        return self.perhaps_round(body, io);
                    }
                    if !self.spend_on_trials(1) {
                        return Flow::Exit;
                    }
                    let known = self.status.clone();
                    let once = self.tried(&known, false, |shell, io| shell.perhaps_round(body, io));
                    if once.acts {
                        self.refuse(condition.to_string(), UNDECIDED.to_owned());
                        return Flow::Next;
                    }
                    self.went_round(once, &condition.to_string());
                    let waits = format!("waits for something, not run: {condition}");
                    self.note(NoteKind::LeftOut, waits);
                    self.status = Status::Success;
                    return Flow::Next;
                }
            }
            if let Some(flow) = self.round(body, io) {
                return flow;
            }
        }
    }

    fn case(&mut self, clause: &CaseClauseCommand, io: &mut Io) -> Flow {
        let value = match self.one(&clause.value.value) {
            Ok(text) => text,
            Err(reason) => return self.case_unknown(clause, reason, io),
        };
        let mut run = |shell: &mut Self| -> Result<Flow, String> {
            shell.status = Status::Success;
            let mut falls_through = false;
            for item in &clause.cases {
                let mut is_it = falls_through;
                for pattern in &item.patterns {
                    is_it = is_it || shell.pattern(&pattern.value, value.len())?.matches(&value);
                }
                if !is_it {
                    continue;
                }
                falls_through = false;
                if let Some(list) = &item.cmd {
                    let flow = shell.list(list, io);
                    if flow != Flow::Next {
                        return Ok(flow);
                    }
                }
                match item.post_action {
                    CaseItemPostAction::ExitCase => return Ok(Flow::Next),
                    CaseItemPostAction::UnconditionallyExecuteNextCaseItem => falls_through = true,
                    CaseItemPostAction::ContinueEvaluatingCases => {}
                }
            }
            Ok(Flow::Next)
        };
        match run(self) {
            Ok(flow) => flow,
            Err(reason) => {
                self.refuse(format!("case {} in", clause.value), reason);
                Flow::Next
            }
        }
    }
}
