//! Which interfaces have a carrier.

use std::collections::BTreeSet;

use crate::kind::{Device, DeviceKind, NewMtu};
use crate::observed::{Observed, ObservedInterface, ObservedKind, ObservedNamespace};

/// A veth has a carrier while both ends are up, what stands on another interface while that has
/// one, a bridge or bond while a port that is up has one, any other while it is up.
///
/// Steps leave carriers as they were: no later step depends on one, and a plan of thousands of
/// steps would spend its time here. Whoever looks at them calls this first.
pub fn settle_carriers(state: &mut Observed) {
    let up: BTreeSet<_> = state
        .namespaces
        .iter()
        .flat_map(|(id, ns)| ns.interfaces.iter().map(move |(index, i)| (*id, *index, i)))
        .filter(|(_, _, i)| i.up)
        .map(|(id, index, _)| (id, index))
        .collect();
    let by_itself = |i: &ObservedInterface| match &i.kind {
        ObservedKind::Veth { peer: Some(peer) } => {
            i.up && up.contains(&(peer.namespace, peer.index))
        }
        ObservedKind::Veth { peer: None } => false,
        ObservedKind::Device(device) => i.up && !waits(device),
        ObservedKind::Loopback | ObservedKind::Other(_) => i.up,
    };
    for namespace in state.namespaces.values_mut() {
        for interface in namespace.interfaces.values_mut() {
            interface.carrier = by_itself(interface);
        }
        // A VLAN on a bridge on a bond: each round settles those that stand on settled ones.
        while settle(namespace) {}
    }
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
fn settle(namespace: &mut ObservedNamespace) -> bool {
    let live = |index: &u32| namespace.interfaces.get(index).is_some_and(|i| i.carrier);
    let has_live_port = |master: u32| {
        let ports = namespace.interfaces.values();
        ports
            .filter(|i| i.master == Some(master))
            .any(|i| i.carrier)
    };
    let gains = namespace.interfaces.iter().filter(|(index, interface)| {
        let ObservedKind::Device(device) = &interface.kind else {
            return false;
        };
        let stands = match device.lower() {
            Some(lower) => live(lower),
            None => has_live_port(**index),
        };
        interface.up && !interface.carrier && waits(device) && stands
    });
    let gains: Vec<u32> = gains.map(|(index, _)| *index).collect();
    for index in &gains {
        if let Some(interface) = namespace.interfaces.get_mut(index) {
            interface.carrier = true;
        }
    }
    !gains.is_empty()
}
