//! The engine: keeps what is observed of a lab current, and brings the kernel
//! to a document.
//!
//! It is a thread of its own, for what it does blocks: a link's end takes the
//! kernel 16 ms, a namespace's beginning half a millisecond. [`Engine`] is
//! its handle, for use from any task. There is one writer, so a document is
//! applied from beginning to end, whether or not somebody still waits for it.

mod lab;
mod node;
mod numbers;
mod question;
mod worker;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use nix::sys::eventfd::{EfdFlags, EventFd};
use protocol::counters::Counters;
use tokio::sync::{mpsc, oneshot, watch};
use topology::drift::Drift;
use topology::observed::{Observed, ObservedChange};
use topology::{Document, InterfaceId, NamespaceId, Step};

use crate::apply::{Applied, ApplyError};
use crate::error::{Context, Error, Result};
use crate::namespace::Namespace;

pub(crate) use lab::Lab;
pub(crate) use node::LOOPBACK;
use question::Question;
use worker::{Command, Worker};

/// How many requests may wait for the engine before the asker waits, too.
const MOST_WAITING: usize = 16;

/// The engine of this process's lab. Dropping it waits for what it is doing
/// and leaves the lab's namespaces to whoever else holds them.
#[derive(Debug)]
pub struct Engine {
    commands: Option<mpsc::Sender<Command>>,
    questions: mpsc::Sender<Question>,
    bell: Arc<EventFd>,
    state: watch::Receiver<State>,
    thread: Option<JoinHandle<()>>,
}

/// What the engine lets others see.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    observed: Arc<Observed>,
    namespaces: Arc<BTreeMap<NamespaceId, Namespace>>,
}

impl Engine {
    /// Starts the engine of the sandbox that this process is in.
    ///
    /// # Errors
    /// If this process is in no sandbox, or the kernel refuses to be
    /// observed.
    pub fn start() -> Result<Self> {
        let object = || "the engine";
        let flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK;
        let bell = Arc::new(EventFd::from_value_and_flags(0, flags).context("start", object)?);
        let (commands, waiting) = mpsc::channel(MOST_WAITING);
        let (questions, asked) = mpsc::channel(MOST_WAITING);
        let lab = Lab::new(Namespace::host()?, asked)?;
        let state = lab.watch();
        let worker = Worker::new(lab, waiting, Arc::clone(&bell))?;
        let thread = thread::Builder::new().name("engine".to_owned());
        let thread = thread
            .spawn(move || worker.run())
            .context("start", object)?;
        Ok(Self {
            commands: Some(commands),
            questions,
            bell,
            state,
            thread: Some(thread),
        })
    }

    /// Brings the kernel to `document`, drift included: nothing that the
    /// document speaks of stays as somebody else has made it.
    ///
    /// Goes on to its end also when the future is dropped.
    ///
    /// # Errors
    /// If the kernel refuses a step, or does not settle. It is then brought
    /// back to what it was.
    pub async fn apply(&self, document: impl Into<Arc<Document>>) -> Result<Applied, ApplyError> {
        self.ask(document, false, |_| Ok(())).await
    }

    /// [`Engine::apply`], with a gate that is asked before each step: an error
    /// of it stands for the kernel's refusal of that step. It runs on the
    /// engine's thread, which waits for it.
    ///
    /// Tests show with it that every step can fail.
    ///
    /// # Errors
    /// As [`Engine::apply`].
    pub async fn apply_through(
        &self,
        document: impl Into<Arc<Document>>,
        gate: impl FnMut(&Step) -> Result<()> + Send + 'static,
    ) -> Result<Applied, ApplyError> {
        self.ask(document, false, gate).await
    }

    /// Brings what differs between `document` and the one applied before to
    /// the kernel, and leaves drift elsewhere alone.
    ///
    /// # Errors
    /// As [`Engine::apply`]. While something that was refused is still in the
    /// document, each edit is answered with that refusal, and what is new in
    /// it is brought to the kernel all the same.
    pub async fn apply_edit(
        &self,
        document: impl Into<Arc<Document>>,
    ) -> Result<Applied, ApplyError> {
        self.ask(document, true, |_| Ok(())).await
    }

    /// Brings the kernel back to `document` in one thing that differs, and
    /// leaves what else differs alone as far as it can be told apart. One
    /// that does not differ any more has no steps.
    ///
    /// # Errors
    /// As [`Engine::apply`].
    pub async fn revert(
        &self,
        document: impl Into<Arc<Document>>,
        drift: &Drift,
    ) -> Result<Applied, ApplyError> {
        let gone = || ApplyError::from(Error::new("revert", "a drift", "the engine has ended"));
        let (answer, answered) = oneshot::channel();
        let command = Command::Revert {
            document: document.into(),
            drift: Box::new(drift.clone()),
            answer,
        };
        let commands = self.commands.as_ref().ok_or_else(gone)?;
        commands.send(command).await.map_err(|_| gone())?;
        self.ring();
        answered.await.map_err(|_| gone())?
    }

    /// Keeps so many namespaces ready, made before anybody wants them: they
    /// are most of what a new one costs. Taken ones are replaced when the
    /// engine has nothing else to do. Returns when they are there.
    ///
    /// # Errors
    /// If the engine has ended, or the kernel refuses one.
    pub async fn keep_ready(&self, count: usize) -> Result<()> {
        let gone = || Error::new("keep", "namespaces ready", "the engine has ended");
        let (answer, answered) = oneshot::channel();
        let command = Command::KeepReady { count, answer };
        let commands = self.commands.as_ref().ok_or_else(gone)?;
        commands.send(command).await.map_err(|_| gone())?;
        self.ring();
        answered.await.map_err(|_| gone())?
    }

    /// What is kept of the lab's state, up to date now, and what a dump of everything gives right
    /// after: the same, but for what the kernel changes by itself in between. The dump is not kept.
    ///
    /// Tests show with it that to look at parts is enough.
    ///
    /// # Errors
    /// If the engine has ended, or the kernel refuses to be observed.
    pub async fn look(&self) -> Result<(Observed, Observed)> {
        let gone = || Error::new("look at", "the lab", "the engine has ended");
        let (answer, answered) = oneshot::channel();
        let commands = self.commands.as_ref().ok_or_else(gone)?;
        commands
            .send(Command::Look { answer })
            .await
            .map_err(|_| gone())?;
        self.ring();
        answered.await.map_err(|_| gone())?
    }

    /// What the interfaces that were made for the document have counted
    /// since; not its loopbacks. Costs a dump of each namespace. Answered also
    /// while a document that is being applied waits for the kernel.
    ///
    /// # Errors
    /// If the engine has ended, or the kernel refuses a dump.
    pub async fn counters(&self) -> Result<Vec<(InterfaceId, Counters)>> {
        let gone = || Error::new("read", "counters", "the engine has ended");
        let (answer, answered) = oneshot::channel();
        let question = Question::Counters { answer };
        self.questions.send(question).await.map_err(|_| gone())?;
        self.ring();
        answered.await.map_err(|_| gone())?
    }

    async fn ask(
        &self,
        document: impl Into<Arc<Document>>,
        edit: bool,
        gate: impl FnMut(&Step) -> Result<()> + Send + 'static,
    ) -> Result<Applied, ApplyError> {
        let gone = || ApplyError::from(Error::new("apply", "the document", "the engine has ended"));
        let (answer, answered) = oneshot::channel();
        let command = Command::Apply {
            document: document.into(),
            edit,
            gate: Box::new(gate),
            answer,
        };
        let commands = self.commands.as_ref().ok_or_else(gone)?;
        commands.send(command).await.map_err(|_| gone())?;
        self.ring();
        answered.await.map_err(|_| gone())?
    }

    /// The kernel's state, a few milliseconds old at most.
    pub fn observed(&self) -> Arc<Observed> {
        Arc::clone(&self.state.borrow().observed)
    }

    /// The kernel's state and then its changes.
    pub fn changes(&self) -> Changes {
        Changes {
            state: self.state.clone(),
            seen: None,
        }
    }

    /// A namespace of the lab, to run something in it.
    pub fn namespace(&self, id: NamespaceId) -> Option<Namespace> {
        self.state.borrow().namespaces.get(&id).cloned()
    }

    /// Where an interface of the document is now: its namespace and index.
    pub fn interface(&self, id: InterfaceId) -> Option<(NamespaceId, u32)> {
        let state = self.state.borrow();
        state
            .observed
            .interface_of(id)
            .map(|(namespace, index, _)| (namespace, index))
    }

    fn ring(&self) {
        // Fails only if it has been rung 2^64 times and not been heard.
        let _ = self.bell.write(1);
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.commands = None;
        self.ring();
        if let Some(thread) = self.thread.take() {
            // It can only have panicked, and has said so.
            let _ = thread.join();
        }
    }
}

/// What changes, for one who listens: first all that there is, then each
/// change. One who is slow gets several in one and misses none.
#[derive(Debug)]
pub struct Changes {
    state: watch::Receiver<State>,
    seen: Option<Arc<Observed>>,
}

impl Changes {
    /// Waits for the next change; `None` when the engine has ended. Nothing
    /// is lost when the future is dropped.
    pub async fn next(&mut self) -> Option<ObservedChange> {
        loop {
            let now = Arc::clone(&self.state.borrow_and_update().observed);
            match self.seen.replace(Arc::clone(&now)) {
                None => return Some(Observed::default().change_to(&now)),
                Some(seen) => {
                    let change = seen.change_to(&now);
                    if !change.is_empty() {
                        return Some(change);
                    }
                }
            }
            self.state.changed().await.ok()?;
        }
    }
}
