//! Which interfaces have a carrier.

use std::collections::BTreeSet;

use crate::observed::{Observed, ObservedInterface, ObservedKind};

/// A veth has a carrier while both ends are up, a bridge while a port that is up has one, a
/// loopback while it is up.
pub(super) fn recompute(state: &mut Observed) {
    let up: BTreeSet<_> = state
        .namespaces
        .iter()
        .flat_map(|(id, ns)| ns.interfaces.iter().map(move |(index, i)| (*id, *index, i)))
        .filter(|(_, _, i)| i.up)
        .map(|(id, index, _)| (id, index))
        .collect();
    let veth = |i: &ObservedInterface| match &i.kind {
        ObservedKind::Veth { peer: Some(peer) } => {
            i.up && up.contains(&(peer.namespace, peer.index))
        }
        ObservedKind::Veth { peer: None } | ObservedKind::Bridge => false,
        ObservedKind::Loopback | ObservedKind::Other(_) => i.up,
    };
    for namespace in state.namespaces.values_mut() {
        for interface in namespace.interfaces.values_mut() {
            interface.carrier = veth(interface);
        }
        let live: BTreeSet<u32> = namespace
            .interfaces
            .values()
            .filter(|i| i.carrier)
            .filter_map(|i| i.bridge)
            .collect();
        for (index, interface) in &mut namespace.interfaces {
            if interface.kind == ObservedKind::Bridge {
                interface.carrier = interface.up && live.contains(index);
            }
        }
    }
}
