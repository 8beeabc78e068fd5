//! Conditions that the network of the moment decides: both ways are tried out. Neither may change
//! the network, and what differs after them is not known.

use std::collections::BTreeMap;

use brush_parser::ast::CompoundList;

use super::input_output::{Io, Out};
use super::variables::{Value, Variables};
use super::{Flow, MOST_DEEP, Shell, Status};

/// Why a condition that the network of the moment decides is not taken.
pub(super) const UNDECIDED: &str = "whether it succeeds is not known before it runs, and what the script does to \
                         the network depends on it";

/// What a script does one way.
type Way<'a> = &'a dyn Fn(&mut Shell, &mut Io) -> Flow;

/// Whether a script comes to where it is: in each scope the command that decides whether the scope
/// was left before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Doubts {
    script: Option<String>,
    function: Option<String>,
    /// A loop with the rounds that are still to come.
    rounds: Option<String>,
    /// This round of one.
    round: Option<String>,
    /// How often more than a round was perhaps left: a loop ends with the round that does it.
    leaves: usize,
}

impl Doubts {
    /// The command that decides.
    pub(super) fn decides(&self) -> Option<&String> {
        let all = [&self.script, &self.function, &self.rounds, &self.round];
        all.into_iter().find_map(Option::as_ref)
    }

    fn add(&mut self, left: Flow, command: &str) {
        self.leaves += usize::from(!matches!(left, Flow::Next | Flow::Continue(0 | 1)));
        let scope = match left {
            Flow::Next => return,
            Flow::Continue(0 | 1) => &mut self.round,
            Flow::Break(0 | 1) => &mut self.rounds,
            Flow::Return => &mut self.function,
            // Of several loops at once: what is outside is not told apart.
            Flow::Exit | Flow::Break(_) | Flow::Continue(_) => &mut self.script,
        };
        scope.get_or_insert_with(|| command.to_owned());
    }
}

/// How a way ended that was only tried out.
pub(super) struct End {
    pub(super) acts: bool,
    flow: Flow,
    status: Status,
    known: Known,
    doubts: Doubts,
    out: Out,
}

impl End {
    /// Whether the script ends on this way.
    pub(super) fn ends_script(&self) -> bool {
        self.flow == Flow::Exit
    }
}

/// What a script knows.
struct Known {
    variables: Variables,
    /// Files that it wrote.
    files: BTreeMap<String, String>,
}

impl Shell {
    /// Goes on after a command of which only the network of the moment knows whether it succeeds,
    /// which the status says: the way on which what only looks succeeds, if neither way changes the
    /// network. A way that ends the script is taken for what is not expected.
    pub(super) fn undecided(&mut self, io: &mut Io, success: Way<'_>, failure: Way<'_>) -> Flow {
        let Status::Unknown { inverted, command } = self.status.clone() else {
            return Flow::Next;
        };
        if self.depth >= MOST_DEEP {
            let reason = format!("conditions stand in conditions more than {MOST_DEEP} deep");
            self.refuse(command, reason);
            return Flow::Exit;
        }
        self.depth += 1;
        let success = (success, Status::Success);
        let failure = (failure, Status::Failure(1));
        let flow = match self.is_trial {
            true => self.both_ways([success, failure], &command, io),
            false => match inverted {
                false => self.expected_way([success, failure], &command, io),
                true => self.expected_way([failure, success], &command, io),
            },
        };
        self.depth -= 1;
        flow
    }

    /// One after the other: what is asked is whether any changes the network.
    fn both_ways(&mut self, ways: [(Way<'_>, Status); 2], command: &str, io: &mut Io) -> Flow {
        for (way, status) in ways {
            self.status = status;
            let flow = way(self, &mut Io::default());
            self.doubts.add(flow, command);
        }
        io.out.print_unknown(command);
        self.status = unknown(command, false);
        Flow::Next
    }

    fn expected_way(&mut self, ways: [(Way<'_>, Status); 2], command: &str, io: &mut Io) -> Flow {
        if !self.spend_on_trials(2) {
            return Flow::Exit;
        }
        let is_kept = io.out.is_kept();
        let ends = ways
            .each_ref()
            .map(|(way, status)| self.tried(status, is_kept, |shell, io| way(shell, io)));
        if ends.iter().any(|end| end.acts) {
            self.refuse(command.to_owned(), UNDECIDED.to_owned());
            return Flow::Next;
        }
        let [expected, other] = ends;
        let [(way, status), _] = ways;
        self.status = status;
        let flow = way(self, io);
        if expected.out != other.out {
            io.out.print_unknown(command);
        }
        // A script that ends itself with a failure says what it does not expect, on either way.
        let is_script = self.subshells == 0;
        let fails = |flow: Flow, status: &Status| {
            is_script && flow == Flow::Exit && *status != Status::Success
        };
        match (flow, other.flow) {
            (flow, Flow::Exit) if is_script => flow,
            (flow, left) if fails(flow, &self.status) => {
                self.know(other.known);
                self.status = other.status;
                left
            }
            (flow, left) => {
                self.doubts.take_up(&other.doubts);
                match (flow == Flow::Next, left == Flow::Next) {
                    (true, false) => {}
                    (false, true) => {
                        self.know(other.known);
                        self.status = other.status;
                    }
                    _ => {
                        self.differ(other.known, command);
                        self.status = match (&self.status, &other.status) {
                            (Status::Success, Status::Success) => Status::Success,
                            (Status::Failure(number), Status::Failure(_)) => {
                                Status::Failure(*number)
                            }
                            (is, _) => unknown(command, matches!(is, Status::Failure(_))),
                        };
                    }
                }
                // On in the scope that is left on neither way.
                let (inner, outer) = match reach(flow) <= reach(left) {
                    true => (flow, left),
                    false => (left, flow),
                };
                if inner != outer {
                    self.doubts.add(outer, command);
                }
                inner
            }
        }
    }

    /// Tries something out, which leaves nothing behind.
    pub(super) fn tried(
        &self,
        status: &Status,
        is_kept: bool,
        run: impl FnOnce(&mut Self, &mut Io) -> Flow,
    ) -> End {
        let mut trial = self.clone();
        trial.is_trial = true;
        trial.limit = usize::MAX;
        trial.status = status.clone();
        let mut io = Io::default();
        if is_kept {
            io.out = Out::capture();
        }
        let flow = run(&mut trial, &mut io);
        End {
            acts: trial.acted > self.acted,
            flow,
            status: trial.status,
            known: Known {
                variables: trial.variables,
                files: trial.files,
            },
            doubts: trial.doubts,
            out: io.out,
        }
    }

    /// Whether something would change the network.
    pub(super) fn would_act(&self, list: &CompoundList) -> bool {
        let status = Status::Success;
        self.tried(&status, false, |shell, io| shell.list(list, io))
            .acts
    }

    /// What is otherwise on another way is not known.
    fn differ(&mut self, other: Known, command: &str) {
        let reason = format!("whether `{command}` succeeds is not known before it runs");
        self.variables
            .differ(other.variables, &Value::Unknown(reason));
        self.files
            .retain(|path, text| other.files.get(path) == Some(text));
    }

    fn know(&mut self, known: Known) {
        self.variables = known.variables;
        self.files = known.files;
    }

    /// Takes up what is in doubt after a loop of which nobody knows how often it goes round.
    pub(super) fn went_round(&mut self, end: End, command: &str) {
        self.doubts.take_up(&end.doubts);
        let left = match end.flow {
            Flow::Return => Flow::Return,
            _ => Flow::Next,
        };
        self.doubts.add(left, command);
        self.differ(end.known, command);
    }

    /// Runs a function's body: a way on which it is left early leaves the function only.
    pub(super) fn in_function(&mut self, run: impl FnOnce(&mut Self) -> Flow) -> Flow {
        let before = self.doubts.clone();
        let flow = run(self);
        let now = std::mem::take(&mut self.doubts);
        if let (None, Some(command)) = (&before.function, &now.function) {
            self.status = unknown(command, false);
        }
        let leaves = match now.script == before.script {
            true => before.leaves,
            false => now.leaves,
        };
        self.doubts = Doubts {
            script: now.script,
            leaves,
            ..before
        };
        flow
    }

    /// The same of a subshell.
    pub(super) fn in_subshell(&mut self, run: impl FnOnce(&mut Self) -> Flow) -> Flow {
        let before = self.doubts.clone();
        self.subshells += 1;
        let flow = run(self);
        self.subshells -= 1;
        if let (None, Some(command)) = (before.decides(), self.doubts.decides()) {
            self.status = unknown(command, false);
        }
        self.doubts = before;
        flow
    }

    /// One round of a loop, and the command that decides whether it is the last, if one does.
    pub(super) fn in_round(
        &mut self,
        run: impl FnOnce(&mut Self) -> Flow,
    ) -> (Flow, Option<String>) {
        let before = self.doubts.clone();
        let flow = run(self);
        let (rounds, round) = (before.rounds.clone(), before.round.clone());
        self.doubts.round = round;
        let is_last = match self.doubts == before {
            true => None,
            false => self.doubts.decides().cloned(),
        };
        self.doubts.rounds = rounds;
        (flow, is_last)
    }
}

impl Shell {
    /// A round of a loop of which nobody knows whether it comes: what leaves the loop leads on
    /// after it.
    pub(super) fn perhaps_round(&mut self, body: &CompoundList, io: &mut Io) -> Flow {
        let (flow, _) = self.in_round(|shell| shell.list(body, io));
        match flow {
            Flow::Continue(0 | 1) | Flow::Break(0 | 1) => Flow::Next,
            flow => flow,
        }
    }
}

impl Doubts {
    fn take_up(&mut self, other: &Self) {
        self.leaves = self.leaves.max(other.leaves);
        let all = [
            (&mut self.script, &other.script),
            (&mut self.function, &other.function),
            (&mut self.rounds, &other.rounds),
            (&mut self.round, &other.round),
        ];
        for (own, other) in all {
            if own.is_none() {
                own.clone_from(other);
            }
        }
    }
}

fn unknown(command: &str, inverted: bool) -> Status {
    Status::Unknown {
        inverted,
        command: command.to_owned(),
    }
}

/// How far out it leads.
fn reach(flow: Flow) -> (u8, u32) {
    match flow {
        Flow::Next => (0, 0),
        Flow::Continue(loops) => (1, 2 * loops.max(1)),
        Flow::Break(loops) => (1, 2 * loops.max(1) + 1),
        Flow::Return => (2, 0),
        Flow::Exit => (3, 0),
    }
}
