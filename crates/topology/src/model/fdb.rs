//! Static entries of forwarding tables.

use std::collections::BTreeSet;

use super::{Refused, index_of, interface_mut};
use crate::fdb::FdbEntry;
use crate::kind::DeviceKind;
use crate::observed::{Observed, ObservedInterface};
use crate::step::{At, Step};

/// Adds an entry. One that leads elsewhere on the same bridge leads there no more, and one for all
/// VLANs takes the place of those for each (`br_fdb_add`).
pub(super) fn add(state: &mut Observed, at: &At, entry: FdbEntry) -> Result<Vec<Step>, Refused> {
    let index = index_of(state, at)?;
    let found = interface_mut(state, at)?;
    let master = found.master;
    let device = found.kind.device().map(|device| device.kind);
    let is_port = !found.port.is_empty();
    if entry.is_of_bridge() && !is_port {
        return Err(Refused(format!("{} is no port of a bridge", at.name)));
    }
    if !entry.is_of_bridge() && device != Some(DeviceKind::Vxlan) {
        return Err(Refused(format!("{} is no VXLAN", at.name)));
    }
    let is_old = |old: &FdbEntry| {
        let is_same = old.vlan == entry.vlan || entry.vlan.is_none();
        old.mac == entry.mac && old.is_of_bridge() && entry.is_of_bridge() && is_same
    };
    let mut undo = vec![Step::RemoveFdb {
        at: at.clone(),
        entry,
    }];
    let inside = state.namespaces.get_mut(&at.namespace).into_iter();
    let reached =
        |i: &u32, port: &ObservedInterface| *i == index || (is_port && port.master == master);
    for (_, port) in inside.flat_map(|ns| ns.interfaces.iter_mut_of(reached)) {
        let (old, kept): (BTreeSet<_>, _) = port.fdb.iter().copied().partition(is_old);
        port.fdb = kept;
        if let Ok(name) = port.name.parse() {
            let at = At {
                namespace: at.namespace,
                name,
            };
            undo.extend(old.into_iter().map(|entry| Step::AddFdb {
                at: at.clone(),
                entry,
            }));
        }
    }
    interface_mut(state, at)?.fdb.insert(entry);
    Ok(undo)
}

/// Removes an entry.
pub(super) fn remove(state: &mut Observed, at: &At, entry: FdbEntry) -> Result<Vec<Step>, Refused> {
    let found = interface_mut(state, at)?;
    match found.fdb.remove(&entry) {
        true => Ok(vec![Step::AddFdb {
            at: at.clone(),
            entry,
        }]),
        false => Err(Refused(format!("{} has no entry {entry}", at.name))),
    }
}

/// The steps that add entries again.
pub(super) fn again(at: &At, entries: impl IntoIterator<Item = FdbEntry>) -> Vec<Step> {
    let add = |entry| Step::AddFdb {
        at: at.clone(),
        entry,
    };
    entries.into_iter().map(add).collect()
}
