//! Devices: their parameters, and what they stand on.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use std::net::IpAddr;

use super::super::error::{EditError, Field, Place, Reason};
use super::refuse;
use super::relations::Relations;
use crate::address::InterfaceAddress;
use crate::document::{Device, DeviceKind, Document, Interface, Kind};
use crate::id::InterfaceId;
use crate::kind::PASSTHRU;

/// Most interfaces that stand on each other (`MAX_NEST_DEV`, linux/netdevice.h; one more is
/// refused with EMLINK, measured with VXLANs on kernel 6.18).
const MAX_PILE: usize = 8;

/// Refuses parameters that the kernel would refuse; `name` is the one that was just set.
pub(in crate::edit) fn device(
    relations: &Relations<'_>,
    id: InterfaceId,
    found: &Interface,
    name: Option<&str>,
) -> Result<(), EditError> {
    let Some(device) = found.kind.device() else {
        return Ok(());
    };
    let document = relations.document;
    let fail = |why| {
        let name = name.unwrap_or_default().to_owned();
        let place = Place::Interface(id, Some(Field::Parameters));
        Err(refuse(document, place, Reason::Parameter { name, why }))
    };
    if let Err(why) = device.check() {
        return fail(why);
    }
    if let Some(twin) = relations.twin(id, found, device) {
        let twin = document.describe_interface(twin);
        return fail(format!(
            "{twin} has the same ends: the kernel could not tell them apart"
        ));
    }
    if let Some((address, other)) = shared_address(relations, id, found) {
        let other = document.describe_interface(other);
        return fail(format!(
            "{other} has {address} too, and the frames of both are told apart by addresses"
        ));
    }
    for (parameter, &lower) in device.parameters.links() {
        match document.interfaces.get(&lower) {
            None => {
                return fail(format!(
                    "`{parameter}`: there is no such interface any more"
                ));
            }
            Some(other) if other.namespace != found.namespace && !device.kind.stands_abroad() => {
                return fail(format!(
                    "`{parameter}`: a {} stands on an interface of its own namespace only",
                    device.kind
                ));
            }
            // A vxlan sends through one.
            Some(other)
                if other.kind == Kind::Loopback
                    && device.kind.table().falls
                    && device.kind != DeviceKind::Vxlan =>
            {
                return fail(format!("`{parameter}`: nothing stands on a loopback"));
            }
            Some(_) => {}
        }
        if let Some(why) = is_taken(relations, id, device, lower) {
            return fail(format!("`{parameter}`: {why}"));
        }
        let pile = pile(document, lower);
        if pile.contains_key(&id) {
            return fail(format!("`{parameter}`: it would stand on itself"));
        }
        let below = pile.values().max().map_or(0, |depth| depth + 1);
        if below + 1 + height(relations, id) > MAX_PILE {
            return fail(format!(
                "`{parameter}`: not more than {MAX_PILE} interfaces stand on each other"
            ));
        }
    }
    Ok(())
}

/// An address that another ipvlan on the same interface has, in whichever namespace
/// (`ipvlan_addr_busy`, EADDRINUSE).
pub(super) fn shared_address(
    relations: &Relations<'_>,
    id: InterfaceId,
    found: &Interface,
) -> Option<(IpAddr, InterfaceId)> {
    let device = found.kind.device();
    let lower = *device.filter(|d| d.kind == DeviceKind::Ipvlan)?.lower()?;
    let mut others = relations.uppers(lower).filter(|(other, _)| *other != id);
    others.find_map(|(other, _)| {
        let has = &relations.document.interfaces.get(&other)?.addresses;
        let mut own = found.addresses.iter().map(InterfaceAddress::addr);
        let shared = own.find(|own| has.iter().any(|address| address.addr() == *own));
        Some((shared?, other))
    })
}

/// Why the frames of an interface are another's already: the kernel hands them to one only
/// (`netdev_rx_handler_register`, EBUSY).
fn is_taken(
    relations: &Relations<'_>,
    id: InterfaceId,
    device: &Device<InterfaceId>,
    lower: InterfaceId,
) -> Option<String> {
    let kind = device.kind;
    if !matches!(kind, DeviceKind::Macvlan | DeviceKind::Ipvlan) {
        return None;
    }
    let document = relations.document;
    let found = document.interfaces.get(&lower)?;
    let name = || document.describe_interface(lower);
    if found.kind.is(kind) {
        // `macvlan_common_newlink`, `ipvlan_link_new`.
        return Some(format!(
            "the kernel would put it on what {} stands on",
            name()
        ));
    }
    if let Some(what) = frames_go_to(document, found.master) {
        return Some(format!(
            "{} is a port of a {what}: nothing of type {kind} stands on it",
            name()
        ));
    }
    // Several of one kind share them, but for a macvlan that passes them all through.
    let is_passthru = |device: &Device<InterfaceId>| {
        device.kind == DeviceKind::Macvlan && device.parameters.number("mode") == Some(PASSTHRU)
    };
    let alone = is_passthru(device);
    // The first stands for all: those that are there already do not exclude each other.
    let (other, taker) = takers(relations, lower).find(|(other, _)| *other != id)?;
    if taker.kind == device.kind && !alone && !is_passthru(taker) {
        return None;
    }
    let other = document.describe_interface(other);
    Some(format!("{other} has all frames of {} already", name()))
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
pub(super) fn takers<'a>(
    relations: &Relations<'a>,
    lower: InterfaceId,
) -> impl Iterator<Item = (InterfaceId, &'a Device<InterfaceId>)> {
    let takes = |kind| matches!(kind, DeviceKind::Macvlan | DeviceKind::Ipvlan);
    let uppers = relations.uppers(lower);
    uppers.filter_map(move |(id, device)| takes(device.kind).then_some((id, device)))
}

/// The interfaces that one stands on, itself among them, with how far below it they are at the
/// least; none that is more than [`MAX_PILE`] below.
pub(super) fn pile(document: &Document, upper: InterfaceId) -> BTreeMap<InterfaceId, usize> {
    let mut seen = BTreeMap::new();
    let mut level = vec![upper];
    for depth in 0..=MAX_PILE {
        let mut next = Vec::new();
        for id in level {
            if let Entry::Vacant(entry) = seen.entry(id) {
                entry.insert(depth);
                let found = document.interfaces.get(&id).into_iter();
                next.extend(found.flat_map(|i| i.kind.links()));
            }
        }
        level = next;
    }
    seen
}

/// How many interfaces stand on each other on one, up to [`MAX_PILE`].
fn height(relations: &Relations<'_>, lower: InterfaceId) -> usize {
    let mut level = BTreeSet::from([lower]);
    for height in 0..MAX_PILE {
        let above = level.iter().flat_map(|id| relations.uppers(*id));
        level = above.map(|(id, ..)| id).collect();
        if level.is_empty() {
            return height;
        }
    }
    MAX_PILE
}
