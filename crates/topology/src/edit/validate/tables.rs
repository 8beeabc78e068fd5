//! VLANs, and entries of forwarding tables.

use std::net::IpAddr;

use super::super::error::{EditError, Field, Place, Reason};
use super::refuse;
use crate::document::{DeviceKind, Document, Interface};
use crate::fdb::FdbEntry;
use crate::id::InterfaceId;
use crate::kind::{Device, Value};

/// Refuses VLANs on what has none.
pub(in crate::edit) fn vlans(
    document: &Document,
    id: InterfaceId,
    found: &Interface,
) -> Result<(), EditError> {
    let Some(vlans) = &found.vlans else {
        return Ok(());
    };
    let fail = |why| {
        let place = Place::Interface(id, Some(Field::Vlans));
        Err(refuse(document, place, Reason::Vlans { why }))
    };
    if document.vlans_of(found).is_none() {
        return fail("it is neither a bridge nor a port of one".to_owned());
    }
    vlans.check().or_else(fail)
}

/// Refuses entries of the forwarding table that the kernel would refuse, or that say two things.
pub(in crate::edit) fn fdb(
    document: &Document,
    id: InterfaceId,
    found: &Interface,
) -> Result<(), EditError> {
    for entry in &found.fdb {
        let checked = match entry.dst {
            None => of_bridge(document, id, found, entry),
            Some(dst) => of_vxlan(found, entry, dst),
        };
        if let Err(why) = checked {
            let place = Place::Interface(id, Some(Field::Fdb));
            let entry = *entry;
            return Err(refuse(document, place, Reason::Fdb { entry, why }));
        }
    }
    Ok(())
}

/// Refuses a bridge's default PVID if a port has entries of the one that it was.
pub(in crate::edit) fn fdb_of_ports(document: &Document, id: InterfaceId) -> Result<(), EditError> {
    let ports = document
        .ports_of(id)
        .filter(|(_, port)| !port.fdb.is_empty());
    for (id, port) in ports {
        fdb(document, id, port)?;
    }
    Ok(())
}

fn of_bridge(
    document: &Document,
    id: InterfaceId,
    found: &Interface,
    entry: &FdbEntry,
) -> Result<(), String> {
    let master = found.master.and_then(|id| document.interfaces.get(&id));
    if !master.is_some_and(|master| master.kind.is_bridge()) {
        let vxlan = found.kind.is(DeviceKind::Vxlan);
        let needs = if vxlan { ", and `dst` is missing" } else { "" };
        return Err(format!("it is no port of a bridge{needs}"));
    }
    entry.mac.check()?;
    if let Some(vlan) = entry.vlan {
        let vlans = document.vlans_of(found).unwrap_or_default();
        if !vlans.members.contains_key(&vlan) {
            return Err(format!("it is not in VLAN {vlan}"));
        }
    }
    let is_other = |other: &FdbEntry| {
        let meets = other.vlan == entry.vlan || other.vlan.is_none() || entry.vlan.is_none();
        other.is_of_bridge() && other.mac == entry.mac && meets
    };
    if found
        .fdb
        .iter()
        .any(|other| other != entry && is_other(other))
    {
        return Err("it is there for all VLANs, and for one".to_owned());
    }
    let mut ports = document.interfaces.iter();
    let taken = ports.find(|(other, port)| {
        **other != id && port.master == found.master && port.fdb.iter().any(is_other)
    });
    match taken {
        Some((other, _)) => {
            let other = document.describe_interface(*other);
            Err(format!("it leads to {other} already"))
        }
        None => Ok(()),
    }
}

/// `vxlan_fdb_parse`, `vxlan_fdb_update` (drivers/net/vxlan).
fn of_vxlan(found: &Interface, entry: &FdbEntry, dst: IpAddr) -> Result<(), String> {
    let is_vxlan = |device: &&Device<InterfaceId>| device.kind == DeviceKind::Vxlan;
    let Some(device) = found.kind.device().filter(is_vxlan) else {
        return Err("only a VXLAN has entries with `dst`".to_owned());
    };
    if entry.vlan.is_some() {
        return Err("with `dst` there is no VLAN".to_owned());
    }
    if dst.is_unspecified() {
        return Err(format!("{dst} is the address of nobody"));
    }
    let ends = ["remote", "group", "local"].map(|name| match device.parameters.get(name) {
        Some(Value::Address(address)) => Some(*address),
        _ => None,
    });
    let family = ends.iter().flatten().next().is_some_and(IpAddr::is_ipv6);
    if family != dst.is_ipv6() {
        return Err(format!("{dst} is of another family than the VXLAN"));
    }
    let [remote, group, _] = ends;
    if entry.mac.0 == [0; 6] && remote.or(group) == Some(dst) {
        return Err("the VXLAN has this entry by itself".to_owned());
    }
    let is_other = |other: &&FdbEntry| other.mac == entry.mac && other.dst.is_some();
    if !entry.is_for_many() && found.fdb.iter().filter(is_other).count() > 1 {
        return Err("one station is at one other end".to_owned());
    }
    Ok(())
}
