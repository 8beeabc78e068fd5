//! What the plan of an edit may touch.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use crate::address::InterfaceAddress;
use crate::document::{Document, Interface, Kind, Namespace};
use crate::id::{InterfaceId, NamespaceId};
use crate::name::InterfaceName;
use crate::sysctl::spreads;

/// What differs between two documents, and what the kernel changes with it.
#[derive(Debug, Default)]
pub(super) struct Scope {
    pub(super) namespaces: BTreeSet<NamespaceId>,
    pub(super) interfaces: BTreeSet<InterfaceId>,
    /// Interfaces whose MTU the kernel changes with that of others: bridges with a port that
    /// comes, goes or changes, and what stands on an interface that changes.
    pub(super) mtus: BTreeSet<InterfaceId>,
    /// Namespaces in which an interface comes, goes, or gets another name: rules that name it by
    /// its index (`iif`) mean another one then, or none.
    pub(super) firewalls: BTreeSet<NamespaceId>,
    /// Namespaces in which the interfaces that are touched were or are, or their other ends: routes
    /// may go with them.
    pub(super) reached: BTreeSet<NamespaceId>,
    /// The addresses that the interfaces that are touched had, by namespace: routes to gateways in
    /// their networks may go with them.
    pub(super) had: BTreeMap<NamespaceId, Vec<InterfaceAddress>>,
}

/// Whether the kernel has to do with what differs: nothing of it has to do with what is served.
fn namespace_differs(before: Option<&Namespace>, after: Option<&Namespace>) -> bool {
    match (before, after) {
        (Some(before), Some(after)) if before.serve != after.serve => {
            let served = Namespace {
                serve: after.serve.clone(),
                ..before.clone()
            };
            served != *after
        }
        (before, after) => before != after,
    }
}

/// Whether the kernel has to do with what differs: nothing of it has to do with what is advertised.
fn interface_differs(before: Option<&Interface>, after: Option<&Interface>) -> bool {
    match (before, after) {
        (Some(before), Some(after)) if before.advertise != after.advertise => {
            let advertising = Interface {
                advertise: after.advertise.clone(),
                ..before.clone()
            };
            advertising != *after
        }
        (before, after) => before != after,
    }
}

impl Scope {
    pub(super) fn between(before: &Document, after: &Document) -> Self {
        let mut interfaces = differing(&before.interfaces, &after.interfaces, interface_differs);
        let anew: BTreeSet<_> = interfaces
            .iter()
            .copied()
            .filter(|id| is_made_anew(before, after, *id))
            .collect();
        let firewalls = interfaces
            .iter()
            .filter(|id| anew.contains(*id) || name_of(before, **id) != name_of(after, **id))
            .flat_map(|id| [before, after].map(|d| d.interfaces.get(id).map(|i| i.namespace)))
            .flatten()
            .collect();
        interfaces.extend(fallen(after, anew));
        interfaces.extend(beginning(before, after));
        // A VLAN goes up and down with what it stands on.
        interfaces.extend(standing(after, interfaces.clone()));
        let master = |document: &Document, id| document.interfaces.get(&id).and_then(|i| i.master);
        let masters = interfaces
            .iter()
            .flat_map(|id| [master(before, *id), master(after, *id)])
            .flatten();
        let mut mtus: BTreeSet<_> = masters.collect();
        mtus.extend(standing(
            after,
            interfaces.iter().chain(&mtus).copied().collect(),
        ));
        let mut had: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for old in interfaces.iter().filter_map(|id| before.interfaces.get(id)) {
            let addresses = had.entry(old.namespace).or_default();
            addresses.extend(&old.addresses);
        }
        Self {
            had,
            namespaces: differing(&before.namespaces, &after.namespaces, namespace_differs),
            reached: homes(before, &interfaces)
                .chain(homes(after, &interfaces))
                .collect(),
            mtus,
            interfaces,
            firewalls,
        }
    }

    /// The same with more objects, which differ from the kernel for sure.
    pub(super) fn with(
        mut self,
        document: &Document,
        namespaces: &BTreeSet<NamespaceId>,
        interfaces: &BTreeSet<InterfaceId>,
    ) -> Self {
        self.namespaces.extend(namespaces);
        self.interfaces.extend(interfaces);
        self.reached.extend(homes(document, interfaces));
        let masters = interfaces
            .iter()
            .filter_map(|id| document.interfaces.get(id)?.master);
        self.mtus.extend(masters);
        let more = self.interfaces.iter().chain(&self.mtus).copied().collect();
        self.mtus.extend(standing(document, more));
        self
    }
}

/// The keys of what differs between two maps, both gone through once.
fn differing<K: Ord + Copy, V>(
    before: &BTreeMap<K, V>,
    after: &BTreeMap<K, V>,
    differs: impl Fn(Option<&V>, Option<&V>) -> bool,
) -> BTreeSet<K> {
    let (mut old, mut new) = (before.iter().peekable(), after.iter().peekable());
    let mut found = BTreeSet::new();
    loop {
        let order = match (old.peek(), new.peek()) {
            (Some((old, _)), Some((new, _))) => old.cmp(new),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return found,
        };
        let old = old.next_if(|_| order != Ordering::Greater);
        let new = new.next_if(|_| order != Ordering::Less);
        if differs(old.map(|(_, value)| value), new.map(|(_, value)| value)) {
            found.extend(old.or(new).map(|(key, _)| *key));
        }
    }
}

/// The namespaces in which these are, and their other ends.
fn homes<'a>(
    document: &'a Document,
    interfaces: &'a BTreeSet<InterfaceId>,
) -> impl Iterator<Item = NamespaceId> + 'a {
    let home = |id: InterfaceId| Some(document.interfaces.get(&id)?.namespace);
    interfaces.iter().flat_map(move |id| {
        let peer = document.interfaces.get(id).and_then(Interface::peer);
        [home(*id), peer.and_then(home)].into_iter().flatten()
    })
}

fn name_of(document: &Document, id: InterfaceId) -> Option<&InterfaceName> {
    document.interfaces.get(&id).map(|i| &i.name)
}

/// Whether an interface that both documents have may be another one for the kernel.
fn is_made_anew(before: &Document, after: &Document, id: InterfaceId) -> bool {
    let of = |document: &'_ Document| document.interfaces.get(&id).cloned();
    match (of(before), of(after)) {
        (Some(old), Some(new)) => {
            let changes = |old: &Interface, new: &Interface| match (&old.kind, &new.kind) {
                (Kind::Device(old), Kind::Device(new)) => new.changes_from(old).is_some(),
                (old, new) => old == new,
            };
            old.namespace != new.namespace || old.underlay != new.underlay || !changes(&old, &new)
        }
        _ => true,
    }
}

/// What loses its place when these are made anew: their ports, and what stands on them.
fn fallen(document: &Document, anew: BTreeSet<InterfaceId>) -> BTreeSet<InterfaceId> {
    let mut ports: BTreeSet<_> = document
        .interfaces
        .iter()
        .filter(|(_, i)| i.master.is_some_and(|master| anew.contains(&master)))
        .map(|(id, _)| *id)
        .collect();
    ports.extend(standing(document, anew));
    ports
}

/// The interfaces of namespaces in which the settings change with which interfaces begin.
fn beginning(before: &Document, after: &Document) -> BTreeSet<InterfaceId> {
    let spreading = |document: &Document, id: NamespaceId| {
        let namespace = document.namespaces.get(&id);
        let all = namespace.into_iter().flat_map(|ns| ns.sysctls.clone());
        all.filter(|(name, _)| spreads(name)).collect::<Vec<_>>()
    };
    let changed = after.namespaces.keys().copied();
    let changed: BTreeSet<_> = changed
        .filter(|id| spreading(before, *id) != spreading(after, *id))
        .collect();
    if changed.is_empty() {
        return BTreeSet::new();
    }
    let all = after.interfaces.iter();
    all.filter(|(_, i)| changed.contains(&i.namespace))
        .map(|(id, _)| *id)
        .collect()
}

/// What stands on these, and on that, and so on.
fn standing(document: &Document, mut lower: BTreeSet<InterfaceId>) -> BTreeSet<InterfaceId> {
    let mut found = BTreeSet::new();
    while !lower.is_empty() {
        let stands = |i: &Interface| i.kind.links().any(|id| lower.contains(&id));
        let all = document.interfaces.iter();
        let next: BTreeSet<_> = all
            .filter(|(id, i)| stands(i) && !found.contains(*id))
            .map(|(id, _)| *id)
            .collect();
        found.extend(next.iter().copied());
        lower = next;
    }
    found
}
