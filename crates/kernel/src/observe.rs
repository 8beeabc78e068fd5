//! What the kernel has in a namespace, as [`topology::observed`] says it.

mod address;
mod interface;
mod neighbour;
mod qdisc;
mod route;
mod tables;

use std::collections::BTreeMap;

use topology::address::Family;
use topology::document::Forwarding;
use topology::observed::{ObservedKind, ObservedNamespace, ObservedPeer};
use topology::{InterfaceId, NamespaceId, NamespaceName};

pub(crate) use neighbour::proxies_are;
pub(crate) use route::see_past_linkdown;

use crate::netlink::{Entries, Failure, LinkRow, Socket};

/// Dumps a whole namespace through a socket of its own.
///
/// `tags` says for which interface of the document the engine made which
/// index. `number` says which namespace of the lab this one calls by a number
/// of its own, and may ask the kernel for it through the socket. `entries` says which may be there
/// that somebody has set, and then which are.
pub(crate) fn namespace(
    socket: &mut Socket,
    id: NamespaceId,
    name: &NamespaceName,
    tags: &BTreeMap<u32, InterfaceId>,
    entries: &mut Entries,
    mut number: impl FnMut(&mut Socket, i32) -> Result<Option<NamespaceId>, Failure>,
) -> Result<ObservedNamespace, Failure> {
    let mut interfaces = BTreeMap::new();
    let mut is_queueing = false;
    for row in socket.links()?.into_iter().filter(|row| !is_fallback(row)) {
        let mut interface = interface::observed(&row, tags.get(&row.index).copied());
        if interface.kind == (ObservedKind::Veth { peer: None }) {
            interface.kind = ObservedKind::Veth {
                peer: peer(socket, id, &row, &mut number)?,
            };
        }
        is_queueing |= qdisc::is_queueing(&row);
        interfaces.insert(row.index, interface);
    }
    if is_queueing {
        qdisc::observe(&socket.qdiscs()?, &mut interfaces);
    }
    for row in socket.addresses()? {
        // One of a link that came after the links were dumped: its event
        // brings another dump.
        if let Some(interface) = interfaces.get_mut(&row.index) {
            let address = address::observed(&row, interface);
            interface.addresses.push(address);
        }
    }
    tables::vlans(socket, &mut interfaces)?;
    if entries.fdb {
        entries.fdb = tables::fdb(socket, &mut interfaces)?;
    }
    if entries.neighbours {
        entries.neighbours = neighbour::observe(socket, &mut interfaces)?;
    }
    Ok(ObservedNamespace {
        name: name.clone(),
        interfaces,
        routes: socket.routes()?.into_iter().map(route::observed).collect(),
        rules: socket.rules()?.into_iter().collect(),
        forwarding: Forwarding {
            ipv4: socket.forwarding(Family::Ipv4)?,
            ipv6: socket.forwarding(Family::Ipv6)?,
        },
        // Netlink tells rules in a form of its own: see `crate::firewall`.
        firewall: None,
        // It is not told by netlink at all: see `crate::sysctls`.
        sysctls: Default::default(),
    })
}

/// The tunnels that kernel modules put into every namespace by themselves: nobody made them, nobody
/// can remove them, and no lab has them (net.core.fb_tunnels_only_for_init_net).
fn is_fallback(row: &LinkRow) -> bool {
    let kind = match row.name.as_str() {
        "tunl0" => "ipip",
        "gre0" => "gre",
        "gretap0" => "gretap",
        "erspan0" => "erspan",
        "sit0" => "sit",
        "ip6tnl0" => "ip6tnl",
        "ip6gre0" => "ip6gre",
        "ip_vti0" => "vti",
        "ip6_vti0" => "vti6",
        _ => return false,
    };
    row.kind == kind
}

/// The other end of a veth, if it is in the lab.
fn peer(
    socket: &mut Socket,
    own: NamespaceId,
    row: &LinkRow,
    number: &mut impl FnMut(&mut Socket, i32) -> Result<Option<NamespaceId>, Failure>,
) -> Result<Option<ObservedPeer>, Failure> {
    let namespace = match row.link_nsid {
        Some(nsid) => number(socket, nsid)?,
        None => Some(own),
    };
    // Elsewhere and with the same index, it is left out. 0: there is none.
    let same = row.link_nsid.map(|_| row.index);
    let index = row.link.or(same).filter(|index| *index != 0);
    Ok(namespace
        .zip(index)
        .map(|(namespace, index)| ObservedPeer { namespace, index }))
}
