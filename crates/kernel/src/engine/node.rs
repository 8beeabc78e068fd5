//! What the engine has of one namespace.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use topology::{InterfaceId, NamespaceName};

use crate::error::{Context, Result};
use crate::firewall::Known;
use crate::namespace::Namespace;
use crate::netlink::Socket;
use crate::wireguard::Generic;
use crate::{offloads, sysctls};

/// A namespace is dumped again no sooner than this many times as long after
/// the last dump as that took: one with very many routes that change all the
/// time takes half of the engine's time at most. No more than that, since on
/// a busy machine also a short dump may take long.
const REST: u32 = 1;

/// The index of every namespace's loopback (`LOOPBACK_IFINDEX`, linux/net.h).
const LOOPBACK: u32 = 1;

/// The engine's socket in one namespace, and what it remembers of it.
#[derive(Debug)]
pub(crate) struct Node {
    /// Its name in the document and for `ip netns`.
    pub(crate) name: NamespaceName,
    /// For requests.
    pub(crate) socket: Socket,
    /// The interfaces that the engine has made, by index.
    pub(crate) tags: BTreeMap<u32, InterfaceId>,
    /// The highest index that was seen or given: counted up as the kernel
    /// does, so that none comes again.
    last_index: u32,
    /// Its rules.
    pub(crate) firewall: Known,
    /// Its settings.
    pub(crate) sysctls: sysctls::Known,
    /// Whether somebody may have set entries of forwarding tables: to look for them takes the
    /// kernel long, and few labs have any. The first event tells, as a new namespace has none.
    pub(crate) has_fdb: bool,
    /// What was set of what is left to interfaces.
    pub(crate) offloads: offloads::Known,
    /// For what routing netlink does not tell.
    pub(crate) generic: Generic,
    /// Since when something is to be seen that was not dumped.
    stale: Option<Instant>,
    rested: Instant,
}

impl Node {
    /// Opens the socket.
    pub(crate) fn open(namespace: &Namespace, name: NamespaceName) -> Result<Self> {
        let opened = namespace.run(Socket::open)?;
        let socket = opened.context("open a netlink socket in", || namespace.to_string())?;
        Ok(Self::new(socket, name))
    }

    /// With a socket that was opened in it.
    pub(crate) fn new(socket: Socket, name: NamespaceName) -> Self {
        let now = Instant::now();
        Self {
            name,
            socket,
            tags: BTreeMap::new(),
            last_index: LOOPBACK,
            firewall: Known::default(),
            sysctls: sysctls::Known::default(),
            has_fdb: false,
            offloads: offloads::Known::default(),
            generic: Generic::default(),
            stale: Some(now),
            rested: now,
        }
    }

    /// Says that it is to be dumped.
    pub(crate) fn touch(&mut self) {
        self.stale.get_or_insert_with(Instant::now);
    }

    /// An index for a new interface, which nobody is known to have.
    pub(crate) fn next_index(&mut self) -> u32 {
        self.last_index = self.last_index.saturating_add(1);
        self.last_index
    }

    /// Remembers an index that somebody has.
    pub(crate) fn saw_index(&mut self, index: u32) {
        self.last_index = self.last_index.max(index);
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
