//! Which interfaces have a carrier.

use std::collections::BTreeMap;

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

/// [`settle_carriers`] of one namespace: what is up elsewhere matters for them, but no carrier
/// elsewhere.
pub(crate) fn settle_carriers_of(state: &mut Observed, id: NamespaceId) {
    let Some(observed) = state.namespaces.get(&id) else {
        return;
    };
    let carriers = of(observed, state);
    let same = |(index, interface): (&u32, &ObservedInterface)| {
        carriers.get(index) == Some(&interface.carrier)
    };
    // A namespace is shared with others until it is changed.
    if observed.interfaces.iter().all(same) {
        return;
    }
    let namespace = state.namespaces.get_mut(&id).into_iter();
    for (index, interface) in namespace.flat_map(|ns| &mut ns.interfaces) {
        interface.carrier = carriers.get(index).copied().unwrap_or_default();
    }
}

/// Which interfaces of a namespace have a carrier.
fn of(namespace: &ObservedNamespace, state: &Observed) -> BTreeMap<u32, bool> {
    let is_up = |peer: &ObservedPeer| {
        let there = state.namespaces.get(&peer.namespace);
        there.is_some_and(|ns| ns.interfaces.get(&peer.index).is_some_and(|i| i.up))
    };
    let by_itself = |i: &ObservedInterface| match &i.kind {
        ObservedKind::Veth { peer: Some(peer) } => i.up && is_up(peer),
        ObservedKind::Veth { peer: None } => false,
        ObservedKind::Device(device) => i.up && !waits(device),
        ObservedKind::Loopback | ObservedKind::Other(_) => i.up,
    };
    let all = namespace.interfaces.iter();
    let mut carriers = all.map(|(index, i)| (*index, by_itself(i))).collect();
    // A VLAN on a bridge on a bond: each round settles those that stand on settled ones.
    while settle(namespace, &mut carriers) {}
    carriers
}

/// Whether its carrier is that of others.
fn waits(device: &Device<u32>) -> bool {
    match device.kind.table().mtu {
        NewMtu::OfPorts => true,
        NewMtu::OfLower => true,
        NewMtu::Fixed(_) | NewMtu::Unknown | NewMtu::Below { .. } => {
            device.kind == DeviceKind::Bond
        }
    }
}

/// Gives a carrier to those that have one by now; whether there was any.
fn settle(namespace: &ObservedNamespace, carriers: &mut BTreeMap<u32, bool>) -> bool {
    let has = |index: &u32| carriers.get(index).copied().unwrap_or_default();
    let has_live_port = |master: u32| {
        let mut all = namespace.interfaces.iter();
        all.any(|(index, i)| i.master == Some(master) && has(index))
    };
    let gains = namespace.interfaces.iter().filter(|(index, interface)| {
        let ObservedKind::Device(device) = &interface.kind else {
            return false;
        };
        let stands = || match device.lower() {
            Some(lower) => has(lower),
            None => has_live_port(**index),
        };
        interface.up && !has(index) && waits(device) && stands()
    });
    let gains: Vec<u32> = gains.map(|(index, _)| *index).collect();
    carriers.extend(gains.iter().map(|index| (*index, true)));
    !gains.is_empty()
}
