//! Which interfaces have a carrier.

use std::collections::{BTreeMap, BTreeSet};

use crate::id::NamespaceId;
use crate::kind::{Device, DeviceKind, NewMtu};
use crate::observed::{Observed, ObservedInterface, ObservedKind, ObservedNamespace, ObservedPeer};

/// A veth has a carrier while both ends are up, what stands on another interface while that has
/// one, a bridge or bond while a port that is up has one, any other while it is up.
///
/// Steps leave carriers as they were: no later step depends on one, and a plan of thousands of
/// steps would spend its time here. Whoever looks at them calls this first.
pub fn settle_carriers(state: &mut Observed) {
    let all: Vec<_> = state.namespaces.keys().copied().collect();
    for id in all {
        settle_carriers_of(state, id);
    }
}

/// [`settle_carriers`] of one namespace, and of those on whose interfaces its own stand.
pub(crate) fn settle_carriers_of(state: &mut Observed, id: NamespaceId) {
    let around = around(state, id);
    let carriers = of(state, &around);
    for id in around {
        let has = |index: u32| carriers.get(&(id, index)).copied().unwrap_or_default();
        let same = |(index, i): (&u32, &ObservedInterface)| has(*index) == i.carrier;
        // A namespace is shared with others until it is changed, and so is each interface.
        let found = state.namespaces.get(&id);
        if found.is_none_or(|found| found.interfaces.iter().all(same)) {
            continue;
        }
        let changed = |index: &u32, i: &ObservedInterface| !same((index, i));
        let namespace = state.namespaces.get_mut(&id).into_iter();
        for (index, interface) in namespace.flat_map(|ns| ns.interfaces.iter_mut_of(changed)) {
            interface.carrier = has(*index);
        }
    }
}

/// A namespace and those on whose interfaces its own stand, and so on.
fn around(state: &Observed, id: NamespaceId) -> BTreeSet<NamespaceId> {
    let mut around = BTreeSet::new();
    let mut next = vec![id];
    while let Some(id) = next.pop() {
        if around.insert(id) {
            let inside = state.namespaces.get(&id).into_iter();
            let all = inside.flat_map(|ns| ns.interfaces.values());
            let devices = all.filter_map(|i| i.kind.device());
            next.extend(devices.flat_map(|device| device.links().map(|lower| lower.namespace)));
        }
    }
    around
}

type Carriers = BTreeMap<(NamespaceId, u32), bool>;

/// Which interfaces of these namespaces have a carrier.
fn of(state: &Observed, around: &BTreeSet<NamespaceId>) -> Carriers {
    let is_up = |peer: &ObservedPeer| state.at(*peer).is_some_and(|i| i.up);
    let by_itself = |i: &ObservedInterface| match &i.kind {
        ObservedKind::Veth { peer: Some(peer) } => i.up && is_up(peer),
        ObservedKind::Veth { peer: None } => false,
        ObservedKind::Device(device) => i.up && !waits(device),
        ObservedKind::Loopback | ObservedKind::Other(_) => i.up,
    };
    let inside = |id: &NamespaceId| Some((*id, state.namespaces.get(id)?));
    let namespaces: Vec<_> = around.iter().filter_map(inside).collect();
    let all = namespaces.iter();
    let all = all.flat_map(|(id, ns)| ns.interfaces.iter().map(move |(index, i)| (*id, *index, i)));
    let mut carriers = all
        .map(|(id, index, i)| ((id, index), by_itself(i)))
        .collect();
    // A VLAN on a bridge on a bond: each round settles those that stand on settled ones.
    while namespaces
        .iter()
        .any(|(id, namespace)| settle(*id, namespace, &mut carriers))
    {}
    carriers
}

/// Whether its carrier is that of others.
fn waits(device: &Device<ObservedPeer>) -> bool {
    match device.kind.table().mtu {
        NewMtu::OfPorts => true,
        NewMtu::OfLower => true,
        NewMtu::Fixed(_) | NewMtu::Unknown | NewMtu::Below { .. } => {
            device.kind == DeviceKind::Bond
        }
    }
}

/// Gives a carrier to those of a namespace that have one by now; whether there was any.
fn settle(id: NamespaceId, namespace: &ObservedNamespace, carriers: &mut Carriers) -> bool {
    let has = |place: (NamespaceId, u32)| carriers.get(&place).copied().unwrap_or_default();
    let has_live_port = |master: u32| {
        let mut all = namespace.interfaces.iter();
        all.any(|(index, i)| i.master == Some(master) && has((id, *index)))
    };
    let gains = namespace.interfaces.iter().filter(|(index, interface)| {
        let ObservedKind::Device(device) = &interface.kind else {
            return false;
        };
        let stands = || match device.lower() {
            Some(lower) => has((lower.namespace, lower.index)),
            None => has_live_port(**index),
        };
        interface.up && !has((id, **index)) && waits(device) && stands()
    });
    let gains: Vec<u32> = gains.map(|(index, _)| *index).collect();
    carriers.extend(gains.iter().map(|index| ((id, *index), true)));
    !gains.is_empty()
}
