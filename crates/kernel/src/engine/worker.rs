//! The engine's thread.

use std::cell::OnceCell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::eventfd::EventFd;
use tokio::sync::{mpsc, oneshot};
use topology::drift::{self, Drift};
use topology::plan::{self, Edited};
use topology::{Document, Observed, Step};
use tracing::{error, warn};

use super::Lab;
use crate::apply::{self, Applied, ApplyError, Gate};
use crate::error::{Context, Result};

/// How long after a first event more are awaited, to be answered by one dump:
/// one command of a person makes several, within less than this.
const PATIENCE: Duration = Duration::from_millis(3);
/// After how long observing is tried again when it has failed.
const RETRY: Duration = Duration::from_millis(100);
/// How long the engine is left alone before it makes namespaces ready: who
/// has just edited may do so again.
const REST: Duration = Duration::from_millis(300);
/// What stands for the bell, and for the events, in the poll.
const BELL: u64 = 0;
const EVENTS: u64 = 1;

/// Asked before each step, from another thread.
type OwnGate = Box<dyn FnMut(&Step) -> Result<()> + Send>;

/// What can be asked of the engine.
pub(super) enum Command {
    /// Bring the kernel to a document.
    Apply {
        /// Which.
        document: Arc<Document>,
        /// Leave alone what does not differ from the document before.
        edit: bool,
        /// Asked before each step.
        gate: OwnGate,
        /// Whom to tell.
        answer: oneshot::Sender<Result<Applied, ApplyError>>,
    },
    /// Bring the kernel back to a document in one thing.
    Revert {
        /// Which document.
        document: Arc<Document>,
        /// In what.
        drift: Box<Drift>,
        /// Whom to tell.
        answer: oneshot::Sender<Result<Applied, ApplyError>>,
    },
    /// Look at what was heard, and at everything.
    Look {
        /// Whom to tell what is kept, and what there is.
        answer: oneshot::Sender<Result<(Observed, Observed)>>,
    },
    /// Keep namespaces ready.
    KeepReady {
        /// How many.
        count: usize,
        /// Whom to tell that they are.
        answer: oneshot::Sender<Result<()>>,
    },
}

pub(super) struct Worker {
    lab: Lab,
    /// The document that was applied last.
    applied: Option<Arc<Document>>,
    /// The one after it, of which something was refused.
    refused: Option<Arc<Document>>,
    commands: mpsc::Receiver<Command>,
    bell: Arc<EventFd>,
    epoll: Epoll,
    /// How many namespaces are kept ready.
    ready: usize,
    /// Since when nothing was asked for.
    rests: Instant,
}

/// Brings the kernel to a document, or what differs in it from the one before.
fn bring(
    lab: &mut Lab,
    before: Option<&Document>,
    document: &Document,
    gate: Gate<'_>,
) -> Result<Applied, ApplyError> {
    match before {
        Some(before) => {
            let edited = Edited::between(before, document);
            // Known before the first step, and kept for the rounds after it.
            let adds_nothing = OnceCell::new();
            let plan =
                |seen: &Observed| match adds_nothing.get_or_init(|| edited.adds_nothing(seen)) {
                    true => Vec::new(),
                    false => edited.rest(seen),
                };
            apply::apply(lab, plan, gate)
        }
        None => apply::apply(lab, |seen| plan::plan(document, seen), gate),
    }
}

impl Worker {
    pub(super) fn new(
        lab: Lab,
        commands: mpsc::Receiver<Command>,
        bell: Arc<EventFd>,
    ) -> Result<Self> {
        let object = || "the engine";
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).context("start", object)?;
        epoll
            .add(&*bell, EpollEvent::new(EpollFlags::EPOLLIN, BELL))
            .context("start", object)?;
        for socket in lab.event_sockets() {
            let event = EpollEvent::new(EpollFlags::EPOLLIN, EVENTS);
            epoll.add(socket, event).context("start", object)?;
        }
        Ok(Self {
            lab,
            applied: None,
            refused: None,
            commands,
            bell,
            epoll,
            ready: 0,
            rests: Instant::now(),
        })
    }

    /// Runs until nobody has a handle of the engine any more.
    pub(super) fn run(mut self) {
        loop {
            self.wait();
            loop {
                match self.commands.try_recv() {
                    Ok(command) => self.obey(command),
                    Err(mpsc::error::TryRecvError::Empty) => break,
                    Err(mpsc::error::TryRecvError::Disconnected) => return,
                }
            }
            // Who only asks edits nothing: that is rest all the same.
            self.lab.answer();
            self.lab.look_if_due();
            if let Err(error) = self.lab.refresh_due(PATIENCE) {
                error!(%error, "what the kernel has is not known");
                std::thread::sleep(RETRY);
            }
            self.lab.publish();
            self.replenish();
        }
    }

    /// Makes one more namespace ready, if there is time for it.
    fn replenish(&mut self) {
        if self
            .when_to_replenish()
            .is_some_and(|at| at <= Instant::now())
            && let Err(error) = self.lab.make_ready()
        {
            warn!(%error, "no more namespaces are made ready");
            self.ready = self.lab.ready();
        }
    }

    fn when_to_replenish(&self) -> Option<Instant> {
        (self.lab.ready() < self.ready).then(|| self.rests + REST)
    }

    /// Waits for a command, for events, or until a dump is due.
    fn wait(&mut self) {
        let due = [
            self.lab.due(PATIENCE),
            self.lab.look_due(),
            self.when_to_replenish(),
        ];
        let timeout = due.into_iter().flatten().min();
        let timeout = timeout.map_or(EpollTimeout::NONE, |due| {
            let left = due.saturating_duration_since(Instant::now());
            // Rounded up: not to ask again and again within the last one.
            let milliseconds = left.as_micros().div_ceil(1000);
            u16::try_from(milliseconds).unwrap_or(u16::MAX).into()
        });
        let mut events = [EpollEvent::empty(); 3];
        let count = match self.epoll.wait(&mut events, timeout) {
            Ok(count) => count,
            Err(Errno::EINTR) => 0,
            Err(errno) => {
                error!(%errno, "events cannot be awaited");
                std::thread::sleep(RETRY);
                0
            }
        };
        for event in events.iter().take(count) {
            match event.data() {
                BELL => {
                    let _ = self.bell.read();
                }
                // What is left rings again.
                _ => drop(self.lab.listen()),
            }
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Apply {
                document,
                edit,
                mut gate,
                answer,
            } => {
                let result = self.apply(document, edit, &mut *gate);
                self.lab.publish();
                // Nobody may be waiting any more: it is done all the same.
                let _ = answer.send(result);
            }
            Command::Revert {
                document,
                drift,
                answer,
            } => {
                let plan = |seen: &Observed| drift::revert(&document, seen, &drift).steps;
                let result = apply::apply(&mut self.lab, plan, &mut |_| Ok(()));
                self.lab.publish();
                let _ = answer.send(result);
            }
            Command::Look { answer } => {
                let kept = self.lab.refresh();
                let kept = kept.map(|()| self.lab.observed().clone());
                let seen = kept.and_then(|kept| Ok((kept, self.lab.whole()?)));
                self.lab.publish();
                let _ = answer.send(seen);
            }
            Command::KeepReady { count, answer } => {
                self.ready = count;
                let mut missing = self.lab.ready()..count;
                let result = missing.try_for_each(|_| self.lab.make_ready());
                let _ = answer.send(result);
            }
        }
        self.rests = Instant::now();
    }

    fn apply(
        &mut self,
        document: Arc<Document>,
        edit: bool,
        gate: Gate<'_>,
    ) -> Result<Applied, ApplyError> {
        let before = self.applied.as_deref().filter(|_| edit);
        let whole = bring(&mut self.lab, before, &document, &mut *gate);
        // What was refused before must not hold back what is new.
        let newest = match self.refused.take().filter(|_| edit) {
            Some(refused) => bring(&mut self.lab, Some(&refused), &document, gate),
            None => Ok(Applied::default()),
        };
        let is_edit = before.is_some();
        match (whole, newest) {
            (Ok(applied), Ok(_)) => {
                self.lab.claim(&document);
                self.applied = Some(document);
                Ok(applied)
            }
            (Err(error), Ok(_)) | (_, Err(error)) => {
                self.refused = is_edit.then_some(document);
                Err(error)
            }
        }
    }
}
