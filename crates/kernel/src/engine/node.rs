//! What the engine has of one namespace.

use std::collections::BTreeMap;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use topology::{InterfaceId, NamespaceName};
use tracing::{debug, warn};

use crate::error::{Context, Result};
use crate::namespace::Namespace;
use crate::netlink::{EventSocket, Failure, Heard, Socket};

/// A namespace is dumped again no sooner than this many times as long after
/// the last dump as that took: one with very many routes that change all the
/// time takes half of the engine's time at most. No more than that, since on
/// a busy machine also a short dump may take long.
const REST: u32 = 1;

/// The engine's sockets in one namespace, and what it remembers of it.
#[derive(Debug)]
pub(crate) struct Node {
    /// Its name in the document and for `ip netns`.
    pub(crate) name: NamespaceName,
    /// For requests.
    pub(crate) socket: Socket,
    /// The interfaces that the engine has made, by index.
    pub(crate) tags: BTreeMap<u32, InterfaceId>,
    /// Whether somebody may have set entries of forwarding tables: to look for them takes the
    /// kernel long, and few labs have any. The first event tells, as a new namespace has none.
    pub(crate) has_fdb: bool,
    events: EventSocket,
    /// Since when something is to be seen that was not dumped.
    stale: Option<Instant>,
    rested: Instant,
}

impl Node {
    /// Opens the sockets. The one for events first: what changes after it is
    /// heard, what changed before is in the first dump.
    pub(crate) fn open(namespace: &Namespace, name: NamespaceName) -> Result<Self> {
        let open = || Ok::<_, Failure>((EventSocket::open()?, Socket::open()?));
        let opened = namespace.run(open)?;
        let (events, socket) =
            opened.context("open netlink sockets in", || namespace.to_string())?;
        let now = Instant::now();
        Ok(Self {
            name,
            socket,
            tags: BTreeMap::new(),
            has_fdb: false,
            events,
            stale: Some(now),
            rested: now,
        })
    }

    /// Takes the events that have arrived, and remembers that there were any.
    pub(crate) fn listen(&mut self) {
        match self.events.drain() {
            Ok(Heard::Nothing) => return,
            Ok(Heard::Change) => {}
            Ok(Heard::Fdb) => self.has_fdb = true,
            Ok(Heard::Overrun) => {
                self.has_fdb = true;
                debug!(name = %self.name, "events were lost: a dump tells");
            }
            Err(failure) => warn!(name = %self.name, %failure, "events cannot be read"),
        }
        self.touch();
    }

    /// Says that it is to be dumped.
    pub(crate) fn touch(&mut self) {
        self.stale.get_or_insert_with(Instant::now);
    }

    /// When it is to be dumped, if it is: `patience` after the first event,
    /// and not before it has rested from the last dump.
    pub(crate) fn due(&self, patience: Duration) -> Option<Instant> {
        self.stale.map(|since| (since + patience).max(self.rested))
    }

    /// Says that it has been dumped since `begin`.
    pub(crate) fn dumped(&mut self, begin: Instant) {
        self.stale = None;
        self.rested = Instant::now() + begin.elapsed() * REST;
    }
}

impl AsFd for Node {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.events.as_fd()
    }
}
