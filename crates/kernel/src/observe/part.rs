//! What may have changed in a namespace, asked for by itself.
//!
//! To dump a namespace with 500 ports takes the kernel and us 5 ms; one of its ports changed. The
//! result must be what a dump of the whole would give (`tests/engine/partly.rs`), so with an
//! interface all is looked at that the kernel changes with it and may tell of later or never:
//!
//! - carriers, of which events come up to a second late (`linkwatch`): of what it is a port of, of
//!   what stands on it, of a veth's other end, and so on as long as something has changed;
//! - parameters of what is down, of which there are no events;
//! - routes of IPv4, which go silently with an address or an interface (`fib_sync_down_addr`,
//!   `fib_sync_down_dev`): all of them;
//! - entries of forwarding and neighbour tables, which may go silently with their interface;
//! - routes of IPv6 over it, and all of them where a route has several next hops or a source
//!   address, which change silently, too.

use std::collections::BTreeSet;

use topology::NamespaceId;
use topology::address::Family;
use topology::document::Forwarding;
use topology::observed::{
    ObservedInterface, ObservedKind, ObservedNamespace, ObservedPeer, ObservedRoute,
};
use topology::quality::qdisc::Qdiscs;

use super::{Viewer, address, is_fallback, neighbour, qdisc, route, tables};
use crate::netlink::{Failure, LinkRow, Socket, Touched};

/// How many interfaces are looked at one by one, and for how many in the namespace one more: to
/// ask for one takes as long as five or so in a dump.
const FEW: usize = 8;
const SHARE: usize = 16;
/// How many interfaces' routes of IPv6 are asked for one by one: the kernel goes through all
/// routes each time.
const FEW_ROUTES: usize = 4;
/// The index of every namespace's loopback, which also has the routes that lead nowhere.
const LOOPBACK: u32 = 1;

/// What was seen.
#[derive(Debug)]
pub(crate) struct Part {
    /// The namespace as it is now.
    pub(crate) seen: ObservedNamespace,
    /// The interfaces that were looked at; `None` stands for all.
    pub(crate) indexes: Option<BTreeSet<u32>>,
}

impl<N> Viewer<'_, N>
where
    N: FnMut(&mut Socket, i32) -> Result<Option<NamespaceId>, Failure>,
{
    /// Looks at a part, and takes the rest from `before`. `None`: the part is so large that a dump of
    /// the whole is faster.
    ///
    /// # Errors
    /// If the kernel refuses, or what it says cannot be read.
    pub(crate) fn part(
        &mut self,
        touched: &Touched,
        before: &ObservedNamespace,
    ) -> Result<Option<Part>, Failure> {
        let most = FEW + before.interfaces.len() / SHARE;
        if touched.whole || touched.interfaces.len() > most {
            return Ok(None);
        }
        let mut seen = before.clone();
        seen.name = self.name.clone();
        let mut is_queueing = touched.qdiscs;
        let mut look = Look::new(self.id, &touched.interfaces, &seen);
        while let Some(index) = look.next() {
            if look.looked.len() > most {
                return Ok(None);
            }
            let row = self.socket.link_at(index)?.filter(|row| !is_fallback(row));
            is_queueing |= row.as_ref().is_some_and(qdisc::is_queueing);
            let old = seen.interfaces.remove(&index);
            is_queueing |= old.as_ref().is_some_and(|i| i.qdiscs != Qdiscs::default());
            let now = match row {
                Some(row) => Some(self.read(&row)?),
                None => None,
            };
            if let Some(now) = now {
                seen.interfaces.insert(index, now);
            }
            look.follow(index, old.as_ref(), &seen);
        }
        let looked = look.looked;
        if is_queueing {
            let rows = self.socket.qdiscs()?;
            for index in &looked {
                if let Some(interface) = seen.interfaces.get_mut(index) {
                    interface.qdiscs = qdisc::of(*index, &rows);
                }
            }
        }
        if !looked.is_empty() {
            tables::vlans(self.socket, &mut seen.interfaces)?;
        }
        if self.entries.fdb && (touched.entries.fdb || !looked.is_empty()) {
            self.entries.fdb = tables::fdb(self.socket, &mut seen.interfaces)?;
        }
        if self.entries.neighbours && (touched.entries.neighbours || !looked.is_empty()) {
            self.entries.neighbours = neighbour::observe(self.socket, &mut seen.interfaces)?;
        }
        if touched.ipv4_routes || !looked.is_empty() {
            let rows = self.socket.routes_of(Family::Ipv4)?;
            seen.routes.retain(is_ipv6);
            seen.routes.extend(rows.into_iter().map(route::observed));
        }
        self.ipv6_routes(touched, &looked, &mut seen)?;
        if touched.rules {
            seen.rules = self.socket.rules()?.into_iter().collect();
        }
        if touched.forwarding {
            seen.forwarding = Forwarding {
                ipv4: self.socket.forwarding(Family::Ipv4)?,
                ipv6: self.socket.forwarding(Family::Ipv6)?,
            };
        }
        Ok(Some(Part {
            seen,
            indexes: Some(looked),
        }))
    }

    /// An interface, with its addresses.
    fn read(&mut self, row: &LinkRow) -> Result<ObservedInterface, Failure> {
        let mut interface = self.interface(row)?;
        let rows = self.socket.addresses_of(row.index)?;
        let addresses = rows.iter().map(|row| address::observed(row, &interface));
        interface.addresses = addresses.collect();
        Ok(interface)
    }

    fn ipv6_routes(
        &mut self,
        touched: &Touched,
        looked: &BTreeSet<u32>,
        seen: &mut ObservedNamespace,
    ) -> Result<(), Failure> {
        let over: BTreeSet<u32> = looked.union(&touched.ipv6_routes_over).copied().collect();
        let is_demanding = |route: &ObservedRoute| {
            is_ipv6(route) && (!route.options.hops.is_empty() || route.options.source.is_some())
        };
        let whole = touched.ipv6_routes
            || over.len() > FEW_ROUTES
            || over.contains(&LOOPBACK)
            || !over.is_empty() && seen.routes.iter().any(is_demanding);
        if whole {
            let rows = self.socket.routes_of(Family::Ipv6)?;
            seen.routes.retain(|route| !is_ipv6(route));
            seen.routes.extend(rows.into_iter().map(route::observed));
            return Ok(());
        }
        for index in over {
            let rows = match seen.interfaces.contains_key(&index) {
                true => self.socket.routes_over(Family::Ipv6, index)?,
                false => Vec::new(),
            };
            let is_over = |route: &ObservedRoute| route.interfaces().any(|i| i == index);
            seen.routes
                .retain(|route| !(is_ipv6(route) && is_over(route)));
            seen.routes.extend(rows.into_iter().map(route::observed));
        }
        Ok(())
    }
}

/// Which interfaces are to be looked at.
struct Look {
    namespace: NamespaceId,
    waiting: BTreeSet<u32>,
    looked: BTreeSet<u32>,
}

impl Look {
    fn new(namespace: NamespaceId, first: &BTreeSet<u32>, before: &ObservedNamespace) -> Self {
        let mut look = Self {
            namespace,
            waiting: first.clone(),
            looked: BTreeSet::new(),
        };
        let silent = before.interfaces.iter().filter(|(_, i)| is_silent(i));
        look.waiting.extend(silent.map(|(index, _)| *index));
        for index in first {
            // One of which nobody knows yet brings its own along.
            look.depend(*index, before.interfaces.get(index), before);
        }
        look
    }

    fn next(&mut self) -> Option<u32> {
        let next = self.waiting.pop_first()?;
        self.looked.insert(next);
        Some(next)
    }

    /// What may have changed with an interface that was one thing and is another.
    fn follow(&mut self, index: u32, old: Option<&ObservedInterface>, seen: &ObservedNamespace) {
        let now = seen.interfaces.get(&index);
        let key = |i: &ObservedInterface| (i.up, i.carrier, i.mtu, i.mac, i.master, i.kind.clone());
        if old.map(key) != now.map(key) {
            self.depend(index, old, seen);
            self.depend(index, now, seen);
        }
    }

    fn depend(&mut self, index: u32, of: Option<&ObservedInterface>, seen: &ObservedNamespace) {
        let peer = of.and_then(|of| match of.kind {
            ObservedKind::Veth { peer } => peer.filter(|peer| peer.namespace == self.namespace),
            _ => None,
        });
        let peer = peer.map(|peer| peer.index);
        let master = of.and_then(|of| of.master);
        let near = [master, peer].into_iter().flatten();
        let place = ObservedPeer {
            namespace: self.namespace,
            index,
        };
        let above = seen.interfaces.iter().filter(|(_, i)| stands(i, place));
        let all = near.chain(above.map(|(above, _)| *above));
        let known = all.filter(|index| seen.interfaces.contains_key(index));
        let fresh: Vec<u32> = known.filter(|i| !self.looked.contains(i)).collect();
        self.waiting.extend(fresh);
    }
}

/// Whether the kernel tells nothing of changes of what is set on it (`netdev_state_change`): it is
/// looked at whenever anything is.
fn is_silent(interface: &ObservedInterface) -> bool {
    !interface.up && (interface.master.is_some() || interface.kind.device().is_some())
}

/// Whether an interface stands on the one of that index, or may: of kinds that no document has it
/// is not known.
fn stands(interface: &ObservedInterface, lower: ObservedPeer) -> bool {
    match &interface.kind {
        ObservedKind::Device(device) => device.links().any(|link| *link == lower),
        ObservedKind::Other(_) => true,
        ObservedKind::Loopback | ObservedKind::Veth { .. } => false,
    }
}

fn is_ipv6(route: &ObservedRoute) -> bool {
    route.destination.addr().is_ipv6()
}
