//! What the engine has of one namespace.

use std::collections::BTreeMap;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use topology::{InterfaceId, NamespaceName};
use tracing::{debug, warn};

use crate::error::{Context, Result};
use crate::firewall::Known;
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
    /// Its rules.
    pub(crate) firewall: Known,
    events: EventSocket,
    /// Since when something is to be seen that was not dumped.
    stale: Option<Instant>,
    rested: Instant,
}

impl Node {
    /// Opens the sockets. The one for events first: what changes after it is
    /// heard, what changed before is in the first dump.
    pub(crate) fn open(namespace: &Namespace, name: NamespaceName) -> Result<Self> {
        let open = || {
            let rules = Known::open();
            Ok::<_, Failure>((EventSocket::open()?, Socket::open()?, rules))
        };
        let opened = namespace.run(open)?;
        let (events, socket, firewall) =
            opened.context("open netlink sockets in", || namespace.to_string())?;
        let now = Instant::now();
        Ok(Self {
            name,
            socket,
            tags: BTreeMap::new(),
            firewall,
            events,
            stale: Some(now),
            rested: now,
        })
    }

    /// Takes the events that have arrived, and remembers that there were any.
    pub(crate) fn listen(&mut self) {
        let rules = self.firewall.listen().unwrap_or_else(|failure| {
            warn!(name = %self.name, %failure, "events of rules cannot be read");
            false
        });
        match self.events.drain() {
            Ok(Heard::Nothing) if rules => {}
            Ok(Heard::Nothing) => return,
            Ok(Heard::Change) => {}
            Ok(Heard::Overrun) => debug!(name = %self.name, "events were lost: a dump tells"),
            Err(failure) => warn!(name = %self.name, %failure, "events cannot be read"),
        }
        self.touch();
    }

    /// What becomes readable when something changes.
    pub(crate) fn descriptors(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        let rules = self.firewall.descriptor();
        std::iter::once(self.events.as_fd()).chain(rules)
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
