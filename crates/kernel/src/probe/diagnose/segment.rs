//! One network: what is joined by cables and bridges, without a router.

use std::collections::{BTreeMap, VecDeque};

use topology::NamespaceId;
use topology::kind::DeviceKind;
use topology::observed::{Observed, ObservedInterface, ObservedKind};

/// An interface: its namespace, and its index there.
pub(super) type Place = (NamespaceId, u32);

/// The interface at a place.
pub(super) fn at(observed: &Observed, (namespace, index): Place) -> Option<&ObservedInterface> {
    observed.namespaces.get(&namespace)?.interfaces.get(&index)
}

/// As people say it: `red/veth-red`.
pub(super) fn name(observed: &Observed, place: Place) -> String {
    let namespace = observed.namespaces.get(&place.0);
    let namespace = namespace.map_or_else(|| place.0.to_string(), |n| n.name.to_string());
    match at(observed, place) {
        Some(interface) => format!("{namespace}/{}", interface.name),
        None => format!("{namespace}/#{}", place.1),
    }
}

/// What a search of a network found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The shortest way to each interface that was looked for, nearest first; with both ends.
    pub(super) paths: Vec<Vec<Place>>,
    /// The network goes on to where nothing is observed.
    pub(super) open: bool,
}

/// Looks for interfaces on the network of `from`, no matter what is down. Ports of a bridge are
/// passed through and never the end of a way: a bridge takes what they receive.
pub(super) fn search(
    observed: &Observed,
    from: Place,
    wanted: impl Fn(Place, &ObservedInterface) -> bool,
) -> Found {
    let mut found = Found::default();
    let mut before: BTreeMap<Place, Option<Place>> = BTreeMap::from([(from, None)]);
    let mut queue = VecDeque::from([from]);
    while let Some(place) = queue.pop_front() {
        let Some(interface) = at(observed, place) else {
            found.open = true;
            continue;
        };
        if place != from && interface.master.is_none() && wanted(place, interface) {
            found.paths.push(path(&before, place));
        }
        let (next, open) = joined(observed, place, interface, place == from);
        found.open |= open;
        for next in next {
            before.entry(next).or_insert_with(|| {
                queue.push_back(next);
                Some(place)
            });
        }
    }
    found
}

/// What an interface is joined to, and whether also to what is not observed. What the namespace
/// itself sends by a port (`start`) goes out of it and not to its bridge.
fn joined(
    observed: &Observed,
    (namespace, index): Place,
    interface: &ObservedInterface,
    start: bool,
) -> (Vec<Place>, bool) {
    let mut next = Vec::new();
    let mut open = false;
    match &interface.kind {
        ObservedKind::Loopback => {}
        ObservedKind::Veth { peer: Some(peer) } => next.push((peer.namespace, peer.index)),
        ObservedKind::Veth { peer: None } | ObservedKind::Other(_) => open = true,
        ObservedKind::Device(device) => match device.kind {
            DeviceKind::Bridge | DeviceKind::Bond => {
                let all = observed.namespaces.get(&namespace);
                let all = all.into_iter().flat_map(|n| &n.interfaces);
                let ports = all.filter(|(_, port)| port.master == Some(index));
                next.extend(ports.map(|(port, _)| (namespace, *port)));
            }
            // Others on the same cable, and what is tagged, are not followed.
            DeviceKind::Vlan | DeviceKind::Macvlan | DeviceKind::Ipvlan => {
                next.extend(device.lower().map(|lower| (lower.namespace, lower.index)));
                open = true;
            }
            DeviceKind::Vxlan | DeviceKind::Gre | DeviceKind::Ipip | DeviceKind::Wireguard => {
                open = true;
            }
            DeviceKind::Dummy | DeviceKind::Vrf => {}
        },
    }
    let is_vrf = |master: u32| {
        let master = at(observed, (namespace, master));
        let device = master.and_then(|master| master.kind.device());
        device.is_some_and(|device| device.kind == DeviceKind::Vrf)
    };
    if let (Some(master), false) = (interface.master.filter(|m| !is_vrf(*m)), start) {
        next.push((namespace, master));
    }
    (next, open)
}

fn path(before: &BTreeMap<Place, Option<Place>>, end: Place) -> Vec<Place> {
    let mut path = vec![end];
    let mut place = end;
    while let Some(Some(previous)) = before.get(&place) {
        path.push(*previous);
        place = *previous;
    }
    path.reverse();
    path
}
