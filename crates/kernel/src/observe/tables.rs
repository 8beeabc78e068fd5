//! VLANs, and static entries of forwarding tables.

use std::collections::{BTreeMap, BTreeSet};

use topology::fdb::FdbEntry;
use topology::kind::Value;
use topology::observed::{Interfaces, ObservedInterface, ObservedKind};

use crate::netlink::{Failure, FdbRow, Socket};

/// Asks for the VLANs of bridges and ports, where the kernel has any.
pub(super) fn vlans(socket: &mut Socket, interfaces: &mut Interfaces) -> Result<(), Failure> {
    let with_vlans: BTreeSet<u32> = interfaces
        .iter()
        .filter(|(_, i)| i.kind.is_bridge() && filters(&i.kind))
        .map(|(index, _)| *index)
        .collect();
    let mut found = match with_vlans.is_empty() {
        true => BTreeMap::new(),
        false => socket.vlans()?,
    };
    let mut now = BTreeMap::new();
    for (index, interface) in &*interfaces {
        // One that is the port of a bond or VRF has its own all the same.
        let bridge = match interface.kind.is_bridge() {
            true => *index,
            false => interface.master.unwrap_or(*index),
        };
        let vlans = with_vlans.contains(&bridge).then(|| {
            // What is in none is not among those that are told.
            found.remove(index).unwrap_or_default()
        });
        // Also of one that is a port no more.
        if interface.vlans != vlans {
            now.insert(*index, vlans);
        }
    }
    for (index, vlans) in now {
        if let Some(interface) = interfaces.get_mut(&index) {
            interface.vlans = vlans;
        }
    }
    Ok(())
}

/// Whether the kernel knows the VLANs of a bridge: else it tells no default (`br_fill_info`).
fn filters(kind: &ObservedKind) -> bool {
    let device = kind.device();
    device.is_some_and(|device| device.parameters.get("vlan_default_pvid").is_some())
}

/// Asks for the entries that somebody has set; returns whether there is any.
pub(super) fn fdb(socket: &mut Socket, interfaces: &mut Interfaces) -> Result<bool, Failure> {
    let rows = socket.fdb()?;
    let mut any = false;
    let mut now = Vec::new();
    for (&index, interface) in &*interfaces {
        let own = rows.iter().filter(|row| row.index == index);
        let entries = set(interface, own);
        any |= !entries.is_empty();
        if interface.fdb != entries {
            now.push((index, entries));
        }
    }
    for (index, entries) in now {
        if let Some(interface) = interfaces.get_mut(&index) {
            interface.fdb = entries;
        }
    }
    Ok(any)
}

/// The entries of an interface as they were set: the kernel makes of one for all VLANs one for each
/// and one for none (`br_fdb_add`), and gives a VXLAN with another end one of its own.
fn set<'r>(
    interface: &ObservedInterface,
    rows: impl Iterator<Item = &'r FdbRow>,
) -> BTreeSet<FdbEntry> {
    let entries: BTreeSet<FdbEntry> = rows.map(|row| row.entry).collect();
    let device = interface.kind.device();
    let end = ["remote", "group"]
        .iter()
        .find_map(|name| match device?.parameters.get(name)? {
            Value::Address(address) => Some(*address),
            _ => None,
        });
    let own = |entry: &FdbEntry| entry.mac.0 == [0; 6] && entry.dst.is_some() && entry.dst == end;
    let everywhere = |entry: &FdbEntry| {
        let vlans = interface
            .vlans
            .iter()
            .flat_map(|vlans| vlans.members.keys());
        vlans.copied().all(|vlan| {
            entries.contains(&FdbEntry {
                vlan: Some(vlan),
                ..*entry
            })
        })
    };
    // The kernel keeps, and does not remove, those of VLANs that a port has left.
    let is_in = |vlan: &u16| {
        let vlans = interface.vlans.as_ref();
        vlans.is_none_or(|vlans| vlans.members.contains_key(vlan))
    };
    let is_said = |entry: &FdbEntry| match (entry.dst, entry.vlan) {
        (Some(_), _) => !own(entry),
        (None, None) => everywhere(entry),
        (None, Some(vlan)) if !is_in(&vlan) => false,
        (None, Some(_)) => {
            let all = FdbEntry {
                vlan: None,
                ..*entry
            };
            !(entries.contains(&all) && everywhere(&all))
        }
    };
    entries.iter().copied().filter(is_said).collect()
}
