//! Interfaces.

use std::collections::BTreeSet;

use netlink_packet_route::link::LinkFlags;
use topology::InterfaceId;
use topology::observed::{Mac, ObservedInterface, ObservedKind};
use topology::quality::qdisc::Qdiscs;
use topology::sysctl::{SPREADING_ON_INTERFACES, Sysctls};

use crate::netlink::{Ipv6, LinkRow};

/// The interface of a row, without its addresses, and without its other end
/// if it is a veth; of a device its kind only.
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
        underlay: None,
        port: row.port.clone(),
        qdiscs: Qdiscs::default(),
        vlans: None,
        fdb: BTreeSet::new(),
        neighbours: BTreeSet::new(),
        sysctls: sysctls(row),
        offloads: Default::default(),
    }
}

/// Those that are told with the link; which of them are nobody's is seen by the namespace's.
fn sysctls(row: &LinkRow) -> Sysctls {
    let [disable, generate] = SPREADING_ON_INTERFACES.map(str::to_owned);
    let of = |ipv6: Ipv6| [(disable, ipv6.disabled), (generate, ipv6.generates)];
    row.ipv6.map(of).into_iter().flatten().collect()
}

fn kind(row: &LinkRow) -> ObservedKind {
    if row.flags.contains(LinkFlags::Loopback) {
        return ObservedKind::Loopback;
    }
    match row.kind.as_str() {
        "veth" => ObservedKind::Veth { peer: None },
        other => ObservedKind::Other(other.to_owned()),
    }
}
