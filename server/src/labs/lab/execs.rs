//! Commands that run in a lab for `netyard exec`.

use std::ffi::OsString;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Semaphore, mpsc, oneshot};

use super::pings::done;
use super::{Asked, Lab, answer};
use crate::agent::protocol::{Answer, ExecCommand, ExecId, INPUT_WINDOW, Request, Stdio, ToAgent};
use crate::exec_protocol::{ExecEnd, ExecStart};
use crate::labs::handle::{ExecEvent, ExecEvents, RunningExec};
use crate::labs::limits::{EXEC_BYTES, EXEC_MESSAGES, MAX_EXECS};

/// A command, and who listens to it.
pub(super) struct Exec {
    events: mpsc::Sender<ExecEvent>,
    waiting: Arc<AtomicUsize>,
    /// Who asked for it, until the agent has answered.
    asker: Option<(oneshot::Sender<Result<RunningExec, ExecEnd>>, ExecEvents)>,
    /// Whether it has ended; it may do so before the agent's answer was read.
    ended: bool,
    /// Bytes of input that may still be sent to it.
    window: Arc<Semaphore>,
}

impl Lab {
    /// Has the agent run a command.
    pub(super) fn exec(
        &mut self,
        start: ExecStart,
        reply: oneshot::Sender<Result<RunningExec, ExecEnd>>,
    ) {
        let argv: Vec<OsString> = start.argv.into_iter().map(Into::into).collect();
        let program = argv
            .first()
            .map_or("nothing".into(), |a| a.to_string_lossy());
        let what = format!("cannot run {program} in {}", start.namespace);
        let refuse = |reply, why: String| {
            answer(Some(reply), Err(ExecEnd::Error(format!("{what}: {why}"))));
        };
        let wrong = |reply, why: String| {
            answer(
                Some(reply),
                Err(ExecEnd::WrongUse(format!("{what}: {why}"))),
            );
        };
        if self.execs.len() >= MAX_EXECS {
            return refuse(
                reply,
                format!("{MAX_EXECS} commands run in the lab already"),
            );
        }
        if argv.is_empty() {
            return wrong(reply, "no command was given".to_owned());
        }
        let Some(namespace) = self.document.namespace_named(&start.namespace) else {
            let names = self
                .document
                .namespaces
                .values()
                .map(|namespace| namespace.name.as_str());
            let names = names.collect::<Vec<_>>().join(", ");
            return wrong(
                reply,
                format!("there is no such namespace in the lab: it has {names}"),
            );
        };
        let environment = start.environment.into_iter();
        let environment = environment.map(|(name, value)| (name.into(), value.into()));
        let command = ExecCommand {
            namespace,
            argv,
            environment: environment.collect(),
            directory: start.directory.into(),
            stdio: start.terminal.map_or(Stdio::Piped, Stdio::Terminal),
        };
        let exec = ExecId(self.next_number());
        if let Err(error) = self.ask(Asked::Exec { exec }, Request::Exec { exec, command }) {
            return refuse(reply, error);
        }
        let (events, receiver) = mpsc::channel(EXEC_MESSAGES);
        let waiting = Arc::new(AtomicUsize::new(0));
        let listener = ExecEvents::new(receiver, Arc::clone(&waiting));
        self.execs.insert(
            exec,
            Exec {
                events,
                waiting,
                asker: Some((reply, listener)),
                ended: false,
                window: Arc::new(Semaphore::new(INPUT_WINDOW as usize)),
            },
        );
    }

    /// The agent runs a command, or cannot.
    pub(super) fn exec_answered(&mut self, id: ExecId, result: Result<Answer, String>) {
        let Some(exec) = self.execs.get_mut(&id) else {
            return;
        };
        let Some((reply, events)) = exec.asker.take() else {
            return;
        };
        match (done(result), self.agent.clone()) {
            (Ok(()), Some(agent)) => {
                let (ended, window) = (exec.ended, Arc::clone(&exec.window));
                let heard = reply
                    .send(Ok(RunningExec {
                        exec: id,
                        agent,
                        events,
                        window,
                    }))
                    .is_ok();
                if ended {
                    self.execs.remove(&id);
                } else if !heard {
                    self.exec_gone(id);
                }
            }
            (result, _) => {
                self.execs.remove(&id);
                let error = result
                    .err()
                    .unwrap_or_else(|| "the lab has stopped".to_owned());
                answer(Some(reply), Err(ExecEnd::Error(error)));
            }
        }
    }

    /// A command wrote.
    pub(super) fn exec_wrote(&mut self, id: ExecId, is_error: bool, bytes: Vec<u8>) {
        let Some(exec) = self.execs.get(&id) else {
            return;
        };
        let length = bytes.len();
        let waiting = exec.waiting.fetch_add(length, Ordering::Relaxed) + length;
        let sent = exec.events.try_send(ExecEvent::Output { is_error, bytes });
        if waiting > EXEC_BYTES || sent.is_err() {
            // Losing output silently would be worse; waiting would hold up the whole lab.
            self.exec_gone(id);
        }
    }

    /// A command took bytes of its input.
    pub(super) fn exec_took(&mut self, id: ExecId, bytes: u64) {
        if let Some(exec) = self.execs.get(&id) {
            // It cannot have taken more than there was.
            exec.window.add_permits(bytes.min(INPUT_WINDOW) as usize);
        }
    }

    /// A command ended.
    pub(super) fn exec_exited(&mut self, id: ExecId, code: i32) {
        if let Some(exec) = self.execs.get_mut(&id) {
            exec.ended = true;
            // With no room for it, the listener finds the end of its queue and says that.
            let _ = exec.events.try_send(ExecEvent::Exited(code));
            if exec.asker.is_none() {
                self.execs.remove(&id);
            }
        }
    }

    /// Nobody listens to a command any more: it is ended.
    pub(super) fn exec_gone(&mut self, id: ExecId) {
        if self.execs.remove(&id).is_none() {
            return;
        }
        if let Some(agent) = self.agent.clone() {
            tokio::spawn(async move {
                // An agent that has ended has no command left.
                let _ = agent.send(ToAgent::Kill { exec: id }).await;
            });
        }
    }

    /// All commands have ended with the sandbox.
    pub(super) fn end_execs(&mut self, why: &str) {
        for exec in std::mem::take(&mut self.execs).into_values() {
            match exec.asker {
                Some((reply, _)) => answer(Some(reply), Err(ExecEnd::Error(why.to_owned()))),
                None => {
                    let _ = exec.events.try_send(ExecEvent::Failed(why.to_owned()));
                }
            }
        }
    }
}
