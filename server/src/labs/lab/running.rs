//! Starting, stopping, failing, and bringing the kernel to the document.

use std::sync::Arc;

use protocol::ServerMessage;
use protocol::lab::{ApplyFailure, RunState};
use protocol::serve::ServiceState;
use protocol::server::ClientId;
use tokio::sync::{mpsc, oneshot};
use topology::drift::Drift;
use topology::edit::Place;
use topology::{Observed, feature};

use super::{Lab, Report, answer};
use crate::agent::client::{Agent, AgentError, Streams};
use crate::agent::protocol::{Answer, FromAgent, NotDone, Request};

/// Most reverts that wait for their turn: more than a person asks for.
const MOST_REVERTS: usize = 1000;

/// Who waits for the lab to run, or to have stopped.
#[derive(Default)]
pub(super) struct Waiters {
    start: Vec<oneshot::Sender<Result<(), String>>>,
    stop: Vec<oneshot::Sender<Result<(), String>>>,
}

type Reply = Option<oneshot::Sender<Result<(), String>>>;

impl Lab {
    fn set_run(&mut self, run: RunState) {
        self.run.send_replace(run.clone());
        self.broadcast(&ServerMessage::Run { run });
    }

    /// Starts the lab; a lab that runs goes on.
    pub(super) fn start(&mut self, reply: Reply) {
        let run = self.run.borrow().clone();
        match run {
            RunState::Stopped | RunState::Failed { .. } => {}
            RunState::Starting => return self.waiters.start.extend(reply),
            RunState::Running if self.applying => return self.waiters.start.extend(reply),
            RunState::Running => return answer(reply, Ok(())),
            RunState::Stopping => {
                let error = "the lab is being stopped: start it again when it has stopped";
                return answer(reply, Err(error.to_owned()));
            }
        }
        self.waiters.start.extend(reply);
        self.generation += 1;
        let generation = self.generation;
        self.failure = None;
        // A start does it anyway.
        self.put_right = false;
        self.reverts.clear();
        self.set_run(RunState::Starting);
        let program = Arc::clone(&self.machine.program);
        let uplink = self.machine.allow_uplink;
        let title = match self.document.title.as_str() {
            "" => "lab".to_owned(),
            title => title.to_owned(),
        };
        self.spawn_report(async move {
            let result = Agent::spawn(&program, &title, Streams::Detached, uplink).await;
            Report::Spawned { generation, result }
        });
    }

    /// The sandbox is there, or could not be made.
    pub(super) fn spawned(
        &mut self,
        generation: u64,
        result: Result<(Agent, mpsc::Receiver<FromAgent>), AgentError>,
    ) {
        if generation != self.generation {
            return;
        }
        let stopping = *self.run.borrow() == RunState::Stopping;
        match result {
            Ok((agent, events)) => {
                self.agent = Some(agent);
                self.events = Some(events);
                if stopping {
                    return self.end_sandbox();
                }
                self.observed = Some(Observed::default());
                self.set_run(RunState::Running);
                self.turn_counters();
                self.apply();
                self.turn_reach();
            }
            Err(_) if stopping => self.rest(RunState::Stopped),
            Err(error) => {
                tracing::warn!(lab = %self.id, %error, "a lab could not be started");
                self.rest(RunState::Failed {
                    message: error.to_string(),
                });
            }
        }
    }

    /// Stops the lab.
    pub(super) fn stop(&mut self, reply: Reply) {
        let run = self.run.borrow().clone();
        match run {
            RunState::Stopped => return answer(reply, Ok(())),
            RunState::Failed { .. } => {
                self.set_run(RunState::Stopped);
                return answer(reply, Ok(()));
            }
            RunState::Stopping => return self.waiters.stop.extend(reply),
            RunState::Starting | RunState::Running => self.waiters.stop.extend(reply),
        }
        self.set_run(RunState::Stopping);
        // A sandbox that is still being made is taken down when it is there.
        if run == RunState::Running {
            self.end_sandbox();
        }
    }

    fn end_sandbox(&mut self) {
        let Some(agent) = self.agent.clone() else {
            return;
        };
        let generation = self.generation;
        self.spawn_report(async move {
            agent.shutdown().await;
            Report::Ended {
                generation,
                how: agent.ended(),
            }
        });
    }

    /// The agent's stream has ended: it died, or was told to end.
    pub(super) fn agent_has_ended(&mut self) {
        self.events = None;
        self.trials.listeners.end();
        if *self.run.borrow() == RunState::Running {
            // How it ended is known when its process has been waited for.
            self.end_sandbox();
        }
    }

    /// No process of the sandbox is left.
    pub(super) fn sandbox_has_ended(&mut self, how: Option<String>) {
        if *self.run.borrow() == RunState::Stopping {
            return self.rest(RunState::Stopped);
        }
        let how = how.unwrap_or_else(|| "nobody saw how".to_owned());
        tracing::warn!(lab = %self.id, %how, "a lab's agent has ended by itself");
        let message = format!(
            "the lab's agent ended and the network with it ({how}); the lab itself is kept"
        );
        self.rest(RunState::Failed { message });
    }

    /// Nothing runs any more.
    fn rest(&mut self, run: RunState) {
        self.agent = None;
        self.events = None;
        self.observed = None;
        self.serves(Vec::new());
        self.applying = false;
        self.failure = None;
        let (why, waited) = match &run {
            RunState::Failed { message } => (message.clone(), Err(message.clone())),
            _ => (
                "the lab was stopped".to_owned(),
                Err("the lab was stopped meanwhile".to_owned()),
            ),
        };
        self.end_pings(&why);
        self.end_captures(&why);
        self.end_execs(&why);
        self.set_run(run);
        self.turn_counters();
        for reply in std::mem::take(&mut self.waiters.start) {
            answer(Some(reply), waited.clone());
        }
        for reply in std::mem::take(&mut self.waiters.stop) {
            answer(Some(reply), Ok(()));
        }
    }

    /// What namespaces serve stands otherwise.
    pub(super) fn serves(&mut self, states: Vec<ServiceState>) {
        if self.services != states {
            self.services.clone_from(&states);
            self.broadcast(&ServerMessage::Services { states });
        }
    }

    /// Brings the kernel back to the document, whatever somebody else has changed in it.
    pub(super) fn put_right(&mut self, client: ClientId) {
        if *self.run.borrow() != RunState::Running {
            let error = "cannot put the kernel right: the lab does not run".to_owned();
            return self.request_failed(client, None, error);
        }
        self.put_right = true;
        self.apply();
    }

    /// Brings the kernel back to the document in one thing that somebody else has changed.
    pub(super) fn revert(&mut self, client: ClientId, drift: Drift) {
        if *self.run.borrow() != RunState::Running {
            let error = "cannot revert what was changed: the lab does not run".to_owned();
            return self.request_failed(client, None, error);
        }
        if self.reverts.len() >= MOST_REVERTS {
            let error = "cannot revert more at a time: the kernel is still at others".to_owned();
            return self.request_failed(client, None, error);
        }
        self.reverts.push_back(drift);
        self.apply();
    }

    /// Gives the newest document to the agent, unless it is at work: then it gets it after that.
    pub(super) fn apply(&mut self) {
        if self.applying || *self.run.borrow() != RunState::Running {
            return;
        }
        let Some(agent) = self.agent.clone() else {
            return;
        };
        self.applying = true;
        if let Some(failure) = self.lacking() {
            // Nothing is done of what was asked for, and it is not tried again.
            self.put_right = false;
            self.reverts.clear();
            return self.apply_is_done(self.revision, Ok(Answer::NotApplied(failure)));
        }
        let (generation, revision) = (self.generation, self.revision);
        let document = Box::new((*self.document).clone());
        let request = if std::mem::take(&mut self.put_right) {
            self.reverts.clear();
            Request::PutRight { document }
        } else if let Some(drift) = self.reverts.pop_front() {
            let drift = Box::new(drift);
            Request::Revert { document, drift }
        } else {
            Request::Apply { document }
        };
        self.spawn_report(async move {
            let result = agent.request(request).await;
            Report::Applied {
                generation,
                revision,
                result,
            }
        });
    }

    /// What the document needs and this machine's kernel lacks: nothing of it is tried.
    fn lacking(&self) -> Option<ApplyFailure> {
        let problems = feature::problems(&self.document, &self.machine.missing);
        let problem = problems.into_iter().next()?;
        let (namespace, interface) = match problem.place {
            Place::Interface(id, _) => (None, Some(id)),
            Place::Namespace(id, _) => (Some(id), None),
            Place::Document(_) => (None, None),
        };
        Some(ApplyFailure {
            subject: problem.subject,
            namespace,
            interface,
            command: String::new(),
            error: format!("{}; {}", problem.text, problem.hint),
        })
    }

    /// The agent is done with a document.
    pub(super) fn apply_is_done(&mut self, revision: u64, result: Result<Answer, AgentError>) {
        self.applying = false;
        self.failure = match result {
            Ok(answer) => match answer.done() {
                Ok(()) => None,
                Err(NotDone::NotApplied(failure)) => Some(failure),
                Err(NotDone::Failed(error)) => Some(self.failure_of_lab(error)),
            },
            Err(error) => Some(self.failure_of_lab(error.to_string())),
        };
        let failure = self.failure.clone();
        let waited = match &failure {
            None => Ok(()),
            Some(failure) => Err(in_words(failure)),
        };
        self.broadcast(&ServerMessage::Applied { revision, failure });
        if self.revision > revision || self.put_right || !self.reverts.is_empty() {
            return self.apply();
        }
        for reply in std::mem::take(&mut self.waiters.start) {
            answer(Some(reply), waited.clone());
        }
    }

    fn failure_of_lab(&self, error: String) -> ApplyFailure {
        ApplyFailure {
            subject: self.document.title.clone(),
            namespace: None,
            interface: None,
            command: String::new(),
            error,
        }
    }
}

fn in_words(failure: &ApplyFailure) -> String {
    match failure.command.as_str() {
        "" => format!("{}: {}", failure.subject, failure.error),
        command => format!("{}: {} (at: {command})", failure.subject, failure.error),
    }
}
