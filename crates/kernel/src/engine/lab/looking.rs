//! Keeping what is observed current: events say where to look.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use topology::NamespaceId;
use topology::neighbour::Neighbour;
use topology::observed::{
    Observed, ObservedInterface, ObservedKind, ObservedNamespace, ObservedPeer,
};
use tracing::{debug, warn};

use super::Lab;
use crate::engine::node::Node;
use crate::engine::numbers::Numbers;
use crate::error::{Context, Error, Result};
use crate::namespace::Namespace;
use crate::netlink::{Entries, EventSocket, Failure, Socket, Touched};
use crate::observe::{Part, Viewer, see_past_linkdown};
use crate::wireguard;

/// How often events are taken before it is looked: one who makes events faster than they can be
/// taken does not keep the engine for ever.
const MOST_GOES: usize = 64;

/// Where it has been looked, and at which interfaces; `None` stands for all.
type Looked = BTreeMap<NamespaceId, Option<BTreeSet<u32>>>;

impl Lab {
    /// Takes the events that have arrived, and remembers where something has changed. Returns
    /// whether there may be more of them.
    pub(crate) fn listen(&mut self) -> bool {
        let (heard, mut is_more) = self.heard(&self.events);
        for (id, touched) in heard {
            if let Some(node) = self.nodes.get_mut(&id) {
                node.touch(touched);
            }
        }
        let Some(rules) = &self.rule_events else {
            return is_more;
        };
        let (heard, is_more_of_rules) = self.heard(rules);
        is_more |= is_more_of_rules;
        for (id, _) in heard {
            if let Some(node) = self.nodes.get_mut(&id) {
                node.firewall.touch();
                node.touch(Touched::default());
            }
        }
        is_more
    }

    /// In which namespaces something has changed, and what; and whether there may be more to hear.
    fn heard(&self, events: &EventSocket) -> (Vec<(NamespaceId, Touched)>, bool) {
        let heard = match events.drain() {
            Ok(heard) => heard,
            Err(failure) => {
                warn!(%failure, "events cannot be read");
                return (Vec::new(), false);
            }
        };
        if heard.overrun {
            debug!("events were lost: dumps tell");
            return (self.anything().collect(), heard.is_more);
        }
        let places = heard.places.into_iter().filter_map(|(number, touched)| {
            let id = number.map_or(Some(NamespaceId::HOST), |n| self.numbers.assigned(n));
            Some((id?, touched))
        });
        (places.collect(), heard.is_more)
    }

    /// Hears of little while `f` makes very much of the lab, and looks everywhere after it.
    ///
    /// # Errors
    /// Those of `f`, or if it cannot be listened again.
    pub(crate) fn without_hearing<T, E: From<Error>>(
        &mut self,
        f: impl FnOnce(&mut Self) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        let paused = self.events.pause();
        if let Err(failure) = &paused {
            // All the same: what is heard is looked at once more.
            debug!(%failure, "goes on hearing");
        }
        let result = f(self);
        let heard = self.events.resume();
        for node in self.nodes.values_mut() {
            node.touch(Touched::whole());
        }
        heard.context("listen to", || "the lab")?;
        result
    }

    fn anything(&self) -> impl Iterator<Item = (NamespaceId, Touched)> {
        let anything = Touched {
            entries: Entries::ALL,
            ..Touched::whole()
        };
        self.nodes.keys().map(move |id| (*id, anything.clone()))
    }

    /// When it is to be looked next, if it is.
    pub(crate) fn due(&self, patience: Duration) -> Option<Instant> {
        self.nodes
            .values()
            .filter_map(|node| node.due(patience))
            .min()
    }

    /// Looks at the namespaces that are due.
    pub(crate) fn refresh_due(&mut self, patience: Duration) -> Result<()> {
        let now = Instant::now();
        self.look_at(|node| node.due(patience).is_some_and(|due| due <= now))
    }

    /// Brings what is observed up to date, now. What is not looked at has not
    /// changed: every change makes an event, but for those of settings, proxies and WireGuard
    /// interfaces, which are looked at.
    pub(crate) fn refresh(&mut self) -> Result<()> {
        let mut goes = 0;
        while self.listen() {
            goes += 1;
            if goes == MOST_GOES {
                for (id, anything) in self.anything().collect::<Vec<_>>() {
                    if let Some(node) = self.nodes.get_mut(&id) {
                        node.touch(anything);
                    }
                }
                break;
            }
        }
        self.look();
        self.look_at(|node| node.due(Duration::ZERO).is_some())
    }

    /// What there is, whatever was heard; it is not kept.
    pub(crate) fn whole(&mut self) -> Result<Observed> {
        let mut all = Observed::default();
        let ids: Vec<_> = self.nodes.keys().copied().collect();
        for id in ids {
            let Some(node) = self.nodes.get_mut(&id) else {
                continue;
            };
            let had = std::mem::replace(&mut node.entries, Entries::ALL);
            let seen = viewer(id, node, &mut self.numbers, &self.namespaces).whole();
            node.entries = had;
            let mut seen = seen.context("observe", || format!("namespace {}", node.name))?;
            node.offloads.seen(&node.socket, &mut seen.interfaces);
            if let Some(namespace) = self.namespaces.get(&id) {
                wireguard::observe(&mut node.generic, namespace, &mut seen.interfaces)?;
            }
            if let Some(kept) = self.observed.namespaces.get(&id) {
                // These are looked at whole in any case.
                seen.firewall = kept.firewall.clone();
                seen.sysctls = kept.sysctls.clone();
                for (index, interface) in seen.interfaces.iter_mut_of(|_, _| true) {
                    let kept = kept.interfaces.get(index);
                    interface.sysctls = kept.map_or_else(Default::default, |i| i.sysctls.clone());
                }
                see_past_linkdown(&mut seen);
            }
            all.put(id, seen);
        }
        Ok(all)
    }

    /// Looks at namespaces, and then at the other ends of links whose carrier came or
    /// went with what was seen: the kernel tells of a carrier's loss only
    /// once a second (`linkwatch`), but shows it at once.
    fn look_at(&mut self, wanted: impl Fn(&Node) -> bool) -> Result<()> {
        let due = self.nodes.iter().filter(|(_, node)| wanted(node));
        let due: Vec<_> = due.map(|(id, _)| *id).collect();
        let mut far = BTreeSet::new();
        let mut looked = Looked::new();
        for id in due {
            far.extend(self.look_at_one(id, &mut looked)?);
        }
        for end in far {
            let is_seen = looked.get(&end.namespace).is_some_and(|indexes| {
                indexes
                    .as_ref()
                    .is_none_or(|indexes| indexes.contains(&end.index))
            });
            if let Some(node) = self.nodes.get_mut(&end.namespace).filter(|_| !is_seen) {
                node.touch(Touched::interface(end.index));
                self.look_at_one(end.namespace, &mut looked)?;
            }
        }
        Ok(())
    }

    /// Looks at what was touched of a namespace. Returns the other ends of links that were set up
    /// or down in it.
    fn look_at_one(
        &mut self,
        id: NamespaceId,
        looked: &mut Looked,
    ) -> Result<BTreeSet<ObservedPeer>> {
        let Some(node) = self.nodes.get_mut(&id) else {
            return Ok(BTreeSet::new());
        };
        let begin = Instant::now();
        let before = self.observed.namespaces.get(&id);
        let touched = node.touched().clone();
        let object = format!("namespace {}", node.name);
        let part = match before {
            Some(before) => {
                self.numbers.doubt(id);
                let mut viewer = viewer(id, node, &mut self.numbers, &self.namespaces);
                viewer
                    .part(&touched, before)
                    .context("observe", || &object)?
            }
            None => None,
        };
        let Part { mut seen, indexes } = match part {
            Some(part) => part,
            None => {
                self.numbers.begin(id);
                let whole = viewer(id, node, &mut self.numbers, &self.namespaces).whole();
                let seen = whole.context("observe", || &object)?;
                self.numbers.end(id);
                Part {
                    seen,
                    indexes: None,
                }
            }
        };
        let Node {
            tags,
            underlays,
            firewall,
            sysctls,
            generic,
            offloads,
            socket,
            ..
        } = node;
        offloads.seen(socket, &mut seen.interfaces);
        if let Some(namespace) = self.namespaces.get(&id) {
            wireguard::observe(generic, namespace, &mut seen.interfaces)?;
            seen.sysctls = sysctls.seen(namespace, &mut seen.interfaces)?;
            see_past_linkdown(&mut seen);
            let interfaces = before.map(|before| &before.interfaces);
            seen.firewall = firewall.seen(namespace, interfaces, &seen.interfaces);
        }
        tags.retain(|index, _| seen.interfaces.contains_key(index));
        underlays.retain(|index, _| seen.interfaces.contains_key(index));
        for (index, underlay) in underlays.iter() {
            if let Some(interface) = seen.interfaces.get_mut(index) {
                interface.underlay = Some(*underlay);
            }
        }
        if let Some((last, _)) = seen.interfaces.last_key_value() {
            node.saw_index(*last);
        }
        node.has_proxies = {
            let mut all = seen.interfaces.values().flat_map(|i| &i.neighbours);
            all.any(Neighbour::is_proxy)
        };
        node.has_wireguard = wireguard::is_any(&seen.interfaces);
        node.looked_at(begin);
        if indexes.is_some() && before.is_some_and(|before| before.sysctls != seen.sysctls) {
            // What was not looked at may have changed with them.
            node.touch(Touched::whole());
        }
        looked.insert(id, indexes);
        if before == Some(&seen) {
            return Ok(BTreeSet::new());
        }
        let mut far = far_ends(before, &seen);
        far.extend(standing_elsewhere(&self.observed, id, &seen));
        self.observed.put(id, seen);
        self.changed = true;
        Ok(far)
    }
}

/// Who looks at a namespace.
fn viewer<'a>(
    id: NamespaceId,
    node: &'a mut Node,
    numbers: &'a mut Numbers,
    namespaces: &'a BTreeMap<NamespaceId, Namespace>,
) -> Viewer<'a, impl FnMut(&mut Socket, i32) -> Result<Option<NamespaceId>, Failure> + 'a> {
    Viewer {
        socket: &mut node.socket,
        id,
        name: &node.name,
        tags: &node.tags,
        entries: &mut node.entries,
        number: move |socket: &mut Socket, number: i32| {
            numbers.whose(id, socket, number, namespaces)
        },
    }
}

/// What stands in other namespaces on the interfaces that changed in this one: what stands on an
/// interface has its carrier, and the kernel tells of that as late as of a veth's.
fn standing_elsewhere(
    before: &Observed,
    id: NamespaceId,
    now: &ObservedNamespace,
) -> BTreeSet<ObservedPeer> {
    let key = |i: &ObservedInterface| (i.up, i.carrier, i.mtu);
    let changed = now.interfaces.iter().filter(|(index, interface)| {
        let was = before.at(ObservedPeer {
            namespace: id,
            index: **index,
        });
        was.is_some_and(|was| key(was) != key(interface))
    });
    let changed: Vec<_> = changed.map(|(index, _)| *index).collect();
    if changed.is_empty() {
        return BTreeSet::new();
    }
    let above = changed.into_iter().flat_map(|index| {
        before.standing_on(ObservedPeer {
            namespace: id,
            index,
        })
    });
    above
        .map(|(place, _)| place)
        .filter(|place| place.namespace != id)
        .collect()
}

/// The other ends of the links that were set up or down.
fn far_ends(before: Option<&ObservedNamespace>, now: &ObservedNamespace) -> BTreeSet<ObservedPeer> {
    let was_up = |index| before?.interfaces.get(index).map(|interface| interface.up);
    let switched = now
        .interfaces
        .iter()
        .filter(|(index, interface)| was_up(index).is_some_and(|up| up != interface.up));
    let peers = switched.filter_map(|(_, interface)| match interface.kind {
        ObservedKind::Veth { peer } => peer,
        _ => None,
    });
    peers.collect()
}
