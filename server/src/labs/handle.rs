//! How everyone else talks to a lab's task.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use packet::Timestamp;
use protocol::ClientMessage;
use protocol::capture::{CaptureEvent, CaptureId, CaptureInfo};
use protocol::expect::Verdict;
use protocol::lab::RunState;
use protocol::packets::Packets;
use protocol::probe::{Probe, Probed};
use protocol::reach::{ReachOptions, Reachability};
use protocol::server::ClientId;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use topology::Document;
use topology::edit::Place;
use topology::firewall::counters::Counted;
use topology::name::NameError;

use super::outbox::Outbox;
use crate::agent::client::Agent;
use crate::agent::protocol::ExecId;
use crate::exec_protocol::{ExecEnd, ExecStart};

/// Messages to a lab that may wait: whoever comes later waits to be let in.
const QUEUE: usize = 64;

/// A handle on a lab's task; clones are the same lab.
#[derive(Clone, Debug)]
pub struct LabHandle {
    commands: mpsc::Sender<Command>,
    run: watch::Receiver<RunState>,
}

/// The lab's task has ended: it was deleted, left the memory, or failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the lab is closed")]
pub struct Closed;

/// A lab as it stands, for the routes of the HTTP API.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Its document.
    pub document: Arc<Document>,
    /// The document's revision.
    pub revision: u64,
    /// Whether it runs.
    pub run: RunState,
}

/// Packets of a capture that lie one after the other.
#[derive(Clone, Debug)]
pub struct Piece {
    /// The capture.
    pub info: CaptureInfo,
    /// How it stands.
    pub event: CaptureEvent,
    /// When this was so.
    pub now: Timestamp,
    /// The number of the first of the packets.
    pub first: u64,
    /// The packets.
    pub packets: Packets,
    /// To wait for more. It is closed when the capture is dismissed.
    pub news: watch::Receiver<News>,
}

/// How far a capture is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct News {
    /// The number that the next packet will have.
    pub end: u64,
    /// Whether there will be one.
    pub running: bool,
}

/// A command that runs in a lab.
pub struct RunningExec {
    /// Its number.
    pub exec: ExecId,
    /// To send it input, sizes, its end.
    pub agent: Agent,
    /// What it says.
    pub events: ExecEvents,
    /// Bytes of input that may still be sent to it; it gives back what it took. Apart from what it
    /// says, so that it gets its input also while nobody reads its output.
    pub window: Arc<Semaphore>,
}

/// Why the agent has not answered a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotAnswered {
    /// There is no such namespace.
    NoNamespace(String),
    /// The lab does not run, or it could not be found out.
    Failed(String),
}

/// What a command says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExecEvent {
    /// It wrote.
    Output {
        /// To standard error and not to standard output.
        is_error: bool,
        /// What.
        bytes: Vec<u8>,
    },
    /// It ended with this code.
    Exited(i32),
    /// It could not be run to its end.
    Failed(String),
}

/// What a command says, bounded by what may wait.
#[derive(Debug)]
pub struct ExecEvents {
    events: mpsc::Receiver<ExecEvent>,
    /// Bytes of output that wait.
    waiting: Arc<AtomicUsize>,
}

impl ExecEvents {
    pub(super) fn new(events: mpsc::Receiver<ExecEvent>, waiting: Arc<AtomicUsize>) -> Self {
        Self { events, waiting }
    }

    /// The next thing that it says; `None` if it was cut off, because too much waited.
    pub async fn next(&mut self) -> Option<ExecEvent> {
        let event = self.events.recv().await?;
        if let ExecEvent::Output { bytes, .. } = &event {
            self.waiting.fetch_sub(bytes.len(), Ordering::Relaxed);
        }
        Some(event)
    }
}

/// To a lab's task.
pub(super) enum Command {
    /// A browser comes.
    Join {
        outbox: Outbox,
        reply: oneshot::Sender<Result<ClientId, String>>,
    },
    /// A browser has gone.
    Leave { client: ClientId },
    /// A browser says something.
    Message {
        client: ClientId,
        message: Box<ClientMessage>,
    },
    /// A browser said something that is no message.
    Refused {
        client: ClientId,
        token: Option<u64>,
        error: String,
    },
    /// A browser's edit would give something a name that is none.
    Misnamed {
        client: ClientId,
        token: u64,
        place: Place,
        error: NameError,
    },
    /// Start; answered when the document has reached the kernel.
    Start {
        reply: oneshot::Sender<Result<(), String>>,
    },
    /// Stop; answered when no process is left.
    Stop {
        reply: oneshot::Sender<Result<(), String>>,
    },
    /// How it stands.
    Snapshot { reply: oneshot::Sender<Snapshot> },
    /// Packets of a capture from that number on.
    Packets {
        capture: CaptureId,
        from: u64,
        reply: oneshot::Sender<Option<Box<Piece>>>,
    },
    /// What the rules of a namespace have counted.
    Counted {
        namespace: String,
        reply: oneshot::Sender<Result<Vec<Counted>, NotAnswered>>,
    },
    /// Who reaches whom.
    Reach {
        options: ReachOptions,
        reply: oneshot::Sender<Result<Box<Reachability>, NotAnswered>>,
    },
    /// Whether what it expects is so.
    Check {
        reply: oneshot::Sender<Result<Vec<Verdict>, NotAnswered>>,
    },
    /// Find something out from a namespace.
    Probe {
        namespace: String,
        probe: Probe,
        reply: oneshot::Sender<Result<Box<Probed>, NotAnswered>>,
    },
    /// Run a command in it.
    Exec {
        start: ExecStart,
        reply: oneshot::Sender<Result<RunningExec, ExecEnd>>,
    },
    /// Nobody listens to a command any more.
    ExecGone { exec: ExecId },
    /// End: take the sandbox down, let the browsers go.
    Close {
        code: u16,
        reason: String,
        reply: oneshot::Sender<()>,
    },
}

impl LabHandle {
    /// A handle, and what its lab's task needs of it.
    pub(super) fn new(run: RunState) -> (Self, mpsc::Receiver<Command>, watch::Sender<RunState>) {
        let (commands, receiver) = mpsc::channel(QUEUE);
        let (run_sender, run) = watch::channel(run);
        (Self { commands, run }, receiver, run_sender)
    }

    /// Whether the task still takes messages.
    pub fn is_open(&self) -> bool {
        !self.commands.is_closed()
    }

    /// Whether the lab runs.
    pub fn run_state(&self) -> RunState {
        self.run.borrow().clone()
    }

    /// Brings a browser onto the lab: its queue gets the welcome, then everything that changes.
    ///
    /// The inner error says why the lab does not take it.
    pub async fn join(&self, outbox: Outbox) -> Result<Result<ClientId, String>, Closed> {
        self.ask(|reply| Command::Join { outbox, reply }).await
    }

    /// Says that a browser has gone.
    pub async fn leave(&self, client: ClientId) {
        // A lab that has ended knows.
        let _ = self.tell(Command::Leave { client }).await;
    }

    /// Passes on what a browser says.
    pub async fn message(&self, client: ClientId, message: ClientMessage) -> Result<(), Closed> {
        self.tell(Command::Message {
            client,
            message: Box::new(message),
        })
        .await
    }

    /// Has a browser told that what it said is no message; in order with its other messages.
    pub async fn refused(
        &self,
        client: ClientId,
        token: Option<u64>,
        error: String,
    ) -> Result<(), Closed> {
        self.tell(Command::Refused {
            client,
            token,
            error,
        })
        .await
    }

    /// Has a browser told that its edit was refused: the name in it is none.
    pub async fn misnamed(
        &self,
        client: ClientId,
        token: u64,
        place: Place,
        error: NameError,
    ) -> Result<(), Closed> {
        self.tell(Command::Misnamed {
            client,
            token,
            place,
            error,
        })
        .await
    }

    /// Starts the lab and waits until the kernel has taken its document.
    pub async fn start(&self) -> Result<Result<(), String>, Closed> {
        self.ask(|reply| Command::Start { reply }).await
    }

    /// Stops the lab and waits until no process of it is left.
    pub async fn stop(&self) -> Result<Result<(), String>, Closed> {
        self.ask(|reply| Command::Stop { reply }).await
    }

    /// How the lab stands.
    pub async fn snapshot(&self) -> Result<Snapshot, Closed> {
        self.ask(|reply| Command::Snapshot { reply }).await
    }

    /// What is kept of a capture from packet `from` on, as much as a browser gets at once; `None`
    /// if there is no such capture.
    pub async fn packets(
        &self,
        capture: CaptureId,
        from: u64,
    ) -> Result<Option<Box<Piece>>, Closed> {
        self.ask(|reply| Command::Packets {
            capture,
            from,
            reply,
        })
        .await
    }

    /// What the rules of a namespace, by its name, have counted.
    pub async fn counted(
        &self,
        namespace: String,
    ) -> Result<Result<Vec<Counted>, NotAnswered>, Closed> {
        self.ask(|reply| Command::Counted { namespace, reply })
            .await
    }

    /// Who reaches whom, measured now.
    pub async fn reach(
        &self,
        options: ReachOptions,
    ) -> Result<Result<Box<Reachability>, NotAnswered>, Closed> {
        self.ask(|reply| Command::Reach { options, reply }).await
    }

    /// Whether what the lab expects is so, tried now.
    pub async fn check(&self) -> Result<Result<Vec<Verdict>, NotAnswered>, Closed> {
        self.ask(|reply| Command::Check { reply }).await
    }

    /// What a probe from a namespace, by its name, finds out.
    pub async fn probe(
        &self,
        namespace: String,
        probe: Probe,
    ) -> Result<Result<Box<Probed>, NotAnswered>, Closed> {
        self.ask(|reply| Command::Probe {
            namespace,
            probe,
            reply,
        })
        .await
    }

    /// Runs a command in the lab.
    pub async fn exec(&self, start: ExecStart) -> Result<Result<RunningExec, ExecEnd>, Closed> {
        self.ask(|reply| Command::Exec { start, reply }).await
    }

    /// Says that nobody listens to a command any more.
    pub async fn exec_gone(&self, exec: ExecId) {
        let _ = self.tell(Command::ExecGone { exec }).await;
    }

    /// Ends the lab's task and waits until no process of the lab is left.
    pub async fn close(&self, code: u16, reason: &str) {
        let reason = reason.to_owned();
        // A lab that has ended already is closed.
        let _ = self
            .ask(|reply| Command::Close {
                code,
                reason,
                reply,
            })
            .await;
    }

    async fn tell(&self, command: Command) -> Result<(), Closed> {
        self.commands.send(command).await.map_err(|_| Closed)
    }

    async fn ask<T>(
        &self,
        command: impl FnOnce(oneshot::Sender<T>) -> Command,
    ) -> Result<T, Closed> {
        let (reply, answer) = oneshot::channel();
        self.tell(command(reply)).await?;
        answer.await.map_err(|_| Closed)
    }
}
