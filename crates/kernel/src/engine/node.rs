//! What the engine has of one namespace.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use topology::{InterfaceId, NamespaceId, NamespaceName};

use crate::error::{Context, Result};
use crate::firewall::Known;
use crate::namespace::Namespace;
use crate::netlink::{Entries, Socket, Touched};
use crate::wireguard::Generic;
use crate::{offloads, sysctls};

/// A namespace is looked at again no sooner than this many times as long after
/// the last look as that took: one with very many routes that change all the
/// time takes half of the engine's time at most. No more than that, since on
/// a busy machine also a short dump may take long.
const REST: u32 = 1;

/// The index of every namespace's loopback (`LOOPBACK_IFINDEX`, linux/net.h).
pub(crate) const LOOPBACK: u32 = 1;

/// The engine's socket in one namespace, and what it remembers of it.
#[derive(Debug)]
pub(crate) struct Node {
    /// Its name in the document and for `ip netns`.
    pub(crate) name: NamespaceName,
    /// For requests.
    pub(crate) socket: Socket,
    /// The interfaces that the engine has made, by index.
    pub(crate) tags: BTreeMap<u32, InterfaceId>,
    /// Through which namespaces those of them send that do not send through this one.
    pub(crate) underlays: BTreeMap<u32, NamespaceId>,
    /// The highest index that was seen or given: counted up as the kernel
    /// does, so that none comes again.
    last_index: u32,
    /// Its rules.
    pub(crate) firewall: Known,
    /// Its settings.
    pub(crate) sysctls: sysctls::Known,
    /// What was set of what is left to interfaces.
    pub(crate) offloads: offloads::Known,
    /// For what routing netlink does not tell.
    pub(crate) generic: Generic,
    /// Which entries somebody may have set. The first event tells, as a new namespace has none.
    pub(crate) entries: Entries,
    /// Whether there are proxy entries: the kernel makes no event of them.
    pub(crate) has_proxies: bool,
    /// Whether there are WireGuard interfaces: the kernel makes no event of what is set on them.
    pub(crate) has_wireguard: bool,
    /// Since when something is to be seen that was not looked at.
    stale: Option<Instant>,
    /// What.
    touched: Touched,
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
            underlays: BTreeMap::new(),
            last_index: LOOPBACK,
            firewall: Known::default(),
            sysctls: sysctls::Known::default(),
            offloads: offloads::Known::default(),
            generic: Generic::default(),
            entries: Entries::default(),
            has_proxies: false,
            has_wireguard: false,
            stale: Some(now),
            touched: Touched::whole(),
            rested: now,
        }
    }

    /// Says that a part of it is to be looked at; also of none that its name, rules and settings
    /// are.
    pub(crate) fn touch(&mut self, part: Touched) {
        self.stale.get_or_insert_with(Instant::now);
        self.entries.add(part.entries);
        self.touched.add(part);
    }

    /// What is to be looked at.
    pub(crate) fn touched(&self) -> &Touched {
        &self.touched
    }

    /// Whether anything in it makes no events.
    pub(crate) fn has_silent(&self) -> bool {
        !self.sysctls.is_empty() || self.has_proxies || self.has_wireguard
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

    /// When it is to be looked at, if it is: `patience` after the first event,
    /// and not before it has rested from the last look.
    pub(crate) fn due(&self, patience: Duration) -> Option<Instant> {
        self.stale.map(|since| (since + patience).max(self.rested))
    }

    /// Says that all of what was touched has been looked at since `begin`.
    pub(crate) fn looked_at(&mut self, begin: Instant) {
        self.stale = None;
        self.touched = Touched::default();
        self.rested = Instant::now() + begin.elapsed() * REST;
    }
}
