//! The VLANs of bridges and of their ports.

use std::collections::BTreeSet;

use super::{Refused, index_of, interface_mut};
use crate::fdb::FdbEntry;
use crate::id::NamespaceId;
use crate::kind::{Device, DeviceKind};
use crate::observed::{Observed, ObservedInterface, ObservedPeer};
use crate::step::{At, Step};
use crate::vlans::{VlanChange, VlanRange, Vlans};

/// Puts a bridge or a port into VLANs.
pub(super) fn add(
    state: &mut Observed,
    at: &At,
    own: bool,
    change: VlanChange,
) -> Result<Vec<Step>, Refused> {
    set(state, at, own, |vlans| vlans.add(change))
}

/// Takes a bridge or a port out of VLANs.
pub(super) fn remove(
    state: &mut Observed,
    at: &At,
    own: bool,
    range: VlanRange,
) -> Result<Vec<Step>, Refused> {
    set(state, at, own, |vlans| vlans.remove(range))
}

fn set(
    state: &mut Observed,
    at: &At,
    own: bool,
    change: impl FnOnce(&mut Vlans),
) -> Result<Vec<Step>, Refused> {
    let found = interface_mut(state, at)?;
    let old = found
        .vlans
        .clone()
        .filter(|_| own == found.kind.is_bridge());
    let Some(old) = old else {
        return Err(Refused(format!("{} has no VLANs", at.name)));
    };
    let mut new = old.clone();
    change(&mut new);
    Ok(replace(found, at, new, &old))
}

/// Gives an interface other VLANs; the steps that bring `old` back. An entry of the forwarding
/// table for all VLANs becomes one for each that it was in: the kernel gives it to no new one. One
/// of a VLAN that the interface leaves counts no more.
fn replace(found: &mut ObservedInterface, at: &At, new: Vlans, old: &Vlans) -> Vec<Step> {
    let own = found.kind.is_bridge();
    let mut undo = between(at, own, &new, old);
    let is_wider = new.members.keys().any(|v| !old.members.contains_key(v));
    let is_out = |entry: &FdbEntry| entry.vlan.is_some_and(|v| !new.members.contains_key(&v));
    let (out, kept): (BTreeSet<_>, _) = found.fdb.iter().copied().partition(is_out);
    found.fdb = kept;
    undo.extend(super::fdb::again(at, out));
    // Taken back, these are new ones again.
    let is_narrower = old.members.keys().any(|v| !new.members.contains_key(v));
    found.vlans = Some(new);
    if !is_wider && !is_narrower {
        return undo;
    }
    let all = found.fdb.iter();
    let partial: Vec<_> = all
        .filter(|entry| entry.is_of_bridge() && entry.vlan.is_none())
        .copied()
        .collect();
    for entry in partial {
        if is_wider {
            found.fdb.remove(&entry);
            let kept = found.vlans.iter().flat_map(|vlans| vlans.members.keys());
            let kept = kept.filter(|vlan| old.members.contains_key(vlan));
            found.fdb.extend(kept.map(|vlan| FdbEntry {
                vlan: Some(*vlan),
                ..entry
            }));
        }
        let at = at.clone();
        undo.push(Step::AddFdb { at, entry });
    }
    undo
}

/// The steps from some VLANs to others.
pub(super) fn between(at: &At, own: bool, from: &Vlans, to: &Vlans) -> Vec<Step> {
    let added = from.additions(to).into_iter().map(|change| Step::AddVlans {
        at: at.clone(),
        own,
        change,
    });
    let removed = from.removals(to).into_iter();
    let removed = removed.map(|range| Step::RemoveVlans {
        at: at.clone(),
        own,
        range,
    });
    added.chain(removed).collect()
}

/// What a new bridge has, or a new port of that bridge; `None` on a kernel without.
pub(super) fn of_new(bridge: &ObservedInterface) -> Option<Vlans> {
    bridge.vlans.as_ref()?;
    usual(bridge)
}

/// What is usual on a bridge.
fn usual(bridge: &ObservedInterface) -> Option<Vlans> {
    let is_bridge = |device: &&Device<ObservedPeer>| device.kind == DeviceKind::Bridge;
    let device = bridge.kind.device().filter(is_bridge)?;
    Some(Vlans::usual(&device.parameters))
}

/// The steps that give what is new the VLANs that this one has.
pub(super) fn again(state: &Observed, namespace: NamespaceId, index: u32) -> Vec<Step> {
    let inside = state.namespaces.get(&namespace);
    let of = |index| inside?.interfaces.get(&index);
    let Some(found) = of(index) else {
        return Vec::new();
    };
    let bridge = match found.kind.is_bridge() {
        true => Some(found),
        false => found.master.and_then(of),
    };
    let name = found.name.parse();
    match (bridge.and_then(usual), &found.vlans, name) {
        (Some(usual), Some(vlans), Ok(name)) => {
            let at = At { namespace, name };
            between(&at, found.kind.is_bridge(), &usual, vlans)
        }
        _ => Vec::new(),
    }
}

/// What a bridge and its ports do when its default PVID may have changed from `old`; the steps that
/// undo it once the parameter is set back.
pub(super) fn follow(
    state: &mut Observed,
    at: &At,
    old: &Device<ObservedPeer>,
) -> Result<Vec<Step>, Refused> {
    let index = index_of(state, at)?;
    let Some(new) = usual(interface_mut(state, at)?) else {
        return Ok(Vec::new());
    };
    let old = Vlans::usual(&old.parameters);
    let mut undo = Vec::new();
    let inside = state.namespaces.get_mut(&at.namespace).into_iter();
    let reached = |i: &u32, found: &ObservedInterface| *i == index || found.master == Some(index);
    for (_, found) in inside.flat_map(|ns| ns.interfaces.iter_mut_of(reached)) {
        let (Some(had), Ok(name)) = (found.vlans.clone(), found.name.parse()) else {
            continue;
        };
        let mut has = had.clone();
        has.follow(&old, &new);
        let mut back = has.clone();
        back.follow(&new, &old);
        let at = At {
            namespace: at.namespace,
            name,
        };
        let _replaced = replace(found, &at, has, &had);
        undo.extend(between(&at, found.kind.is_bridge(), &back, &had));
    }
    Ok(undo)
}
