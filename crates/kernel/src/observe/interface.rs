//! Interfaces.

use std::collections::BTreeSet;

use netlink_packet_route::link::LinkFlags;
use topology::InterfaceId;
use topology::observed::{Mac, ObservedInterface, ObservedKind};
use topology::quality::qdisc::Qdiscs;

use crate::netlink::LinkRow;

/// The interface of a row, without its addresses, and without its other end
/// if it is a veth.
pub(super) fn observed(row: &LinkRow, id: Option<InterfaceId>) -> ObservedInterface {
    ObservedInterface {
        id,
        name: row.name.clone(),
        kind: kind(row),
        up: row.flags.contains(LinkFlags::Up),
        carrier: row.flags.contains(LinkFlags::LowerUp),
        mtu: row.mtu,
        mac: row.address.as_slice().try_into().ok().map(Mac),
        addresses: Vec::new(),
        master: row.master.filter(|index| *index != 0),
        port: row.port.clone(),
        qdiscs: Qdiscs::default(),
        vlans: None,
        fdb: BTreeSet::new(),
        sysctls: Default::default(),
        offloads: Default::default(),
    }
}

fn kind(row: &LinkRow) -> ObservedKind {
    if row.flags.contains(LinkFlags::Loopback) {
        return ObservedKind::Loopback;
    }
    match (&row.device, row.kind.as_str()) {
        (Some(device), _) => ObservedKind::Device(device.clone()),
        (None, "veth") => ObservedKind::Veth { peer: None },
        (None, other) => ObservedKind::Other(other.to_owned()),
    }
}
