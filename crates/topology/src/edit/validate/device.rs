//! Devices: their parameters, and what they stand on.

use std::collections::BTreeSet;

use super::super::error::{EditError, Field, Place, Reason};
use super::refuse;
use crate::document::{Device, DeviceKind, Document, Interface, Kind};
use crate::id::InterfaceId;

/// Refuses parameters that the kernel would refuse; `name` is the one that was just set.
pub(in crate::edit) fn device(
    document: &Document,
    id: InterfaceId,
    found: &Interface,
    name: Option<&str>,
) -> Result<(), EditError> {
    let Some(device) = found.kind.device() else {
        return Ok(());
    };
    let fail = |why| {
        let name = name.unwrap_or_default().to_owned();
        let place = Place::Interface(id, Some(Field::Parameters));
        Err(refuse(document, place, Reason::Parameter { name, why }))
    };
    if let Err(why) = device.check() {
        return fail(why);
    }
    if let Some(twin) = twin(document, id, found, device) {
        let twin = document.describe_interface(twin);
        return fail(format!(
            "{twin} has the same ends: the kernel could not tell them apart"
        ));
    }
    for (parameter, &lower) in device.parameters.links() {
        match document.interfaces.get(&lower) {
            None => {
                return fail(format!(
                    "`{parameter}`: there is no such interface any more"
                ));
            }
            Some(other) if other.namespace != found.namespace => {
                return fail(format!(
                    "`{parameter}` is an interface of the same namespace"
                ));
            }
            Some(other) if other.kind == Kind::Loopback && device.kind.table().falls => {
                return fail(format!("`{parameter}`: nothing stands on a loopback"));
            }
            Some(_) => {}
        }
        if let Some(why) = is_taken(document, id, device, lower) {
            return fail(format!("`{parameter}`: {why}"));
        }
        if stands_on(document, lower, id) {
            return fail(format!("`{parameter}`: it would stand on itself"));
        }
    }
    Ok(())
}

/// Another tunnel of the namespace with the same ends (EEXIST), or another device with the same
/// number where that must be its own.
pub(super) fn twin(
    document: &Document,
    id: InterfaceId,
    found: &Interface,
    device: &Device<InterfaceId>,
) -> Option<InterfaceId> {
    let same: &[&str] = match device.kind {
        DeviceKind::Gre | DeviceKind::Ipip => &["remote", "local", "dev"],
        DeviceKind::Vlan => &["link", "id", "protocol"],
        DeviceKind::Vxlan => &["id", "dstport"],
        _ => return None,
    };
    let key = |device: &Device<InterfaceId>| {
        let table = device.kind.table().parameters;
        let all = device.parameters.clone().with_usual(table);
        same.iter()
            .map(|name| all.get(name).copied())
            .collect::<Vec<_>>()
    };
    let own = key(device);
    let mut others = document.interfaces_of(found.namespace);
    let twin = others.find(|(other, i)| {
        let other_device = i.kind.device().filter(|d| d.kind == device.kind);
        *other != id && other_device.is_some_and(|other| key(other) == own)
    });
    twin.map(|(other, _)| other)
}

/// Why the frames of an interface are another's already: the kernel hands them to one only
/// (`netdev_rx_handler_register`, EBUSY).
pub(super) fn is_taken(
    document: &Document,
    id: InterfaceId,
    device: &Device<InterfaceId>,
    lower: InterfaceId,
) -> Option<String> {
    let kind = device.kind;
    if !matches!(kind, DeviceKind::Macvlan | DeviceKind::Ipvlan) {
        return None;
    }
    let name = document.describe_interface(lower);
    let found = document.interfaces.get(&lower)?;
    if let Some(what) = frames_go_to(document, found.master) {
        return Some(format!(
            "{name} is a port of a {what}: nothing of type {kind} stands on it"
        ));
    }
    // Several of one kind share them, but for a macvlan that passes them all through.
    let is_passthru = |device: &Device<InterfaceId>| {
        device.kind == DeviceKind::Macvlan && device.parameters.number("mode") == Some(8)
    };
    let alone = is_passthru(device);
    let other = takers(document, lower).find(|(other, taker)| {
        *other != id && (taker.kind != device.kind || alone || is_passthru(taker))
    });
    let (other, _) = other?;
    let other = document.describe_interface(other);
    Some(format!("{other} has all frames of {name} already"))
}

/// What the master of a port is called, if it takes the port's frames.
pub(super) fn frames_go_to(
    document: &Document,
    master: Option<InterfaceId>,
) -> Option<&'static str> {
    let device = document.interfaces.get(&master?)?.kind.device()?;
    device
        .kind
        .table()
        .ports
        .filter(|_| device.kind != DeviceKind::Vrf)
}

/// The macvlans and ipvlans that stand on an interface.
pub(super) fn takers(
    document: &Document,
    lower: InterfaceId,
) -> impl Iterator<Item = (InterfaceId, &Device<InterfaceId>)> {
    document
        .interfaces
        .iter()
        .filter_map(move |(id, interface)| {
            let device = interface.kind.device()?;
            let takes = matches!(device.kind, DeviceKind::Macvlan | DeviceKind::Ipvlan);
            (takes && device.lower() == Some(&lower)).then_some((*id, device))
        })
}

/// Whether an interface stands on another, or is it.
pub(super) fn stands_on(document: &Document, upper: InterfaceId, lower: InterfaceId) -> bool {
    let mut seen = BTreeSet::new();
    let mut next = vec![upper];
    while let Some(id) = next.pop() {
        if id == lower {
            return true;
        }
        if seen.insert(id) {
            let found = document.interfaces.get(&id).into_iter();
            next.extend(found.flat_map(|i| i.kind.named()));
        }
    }
    false
}
