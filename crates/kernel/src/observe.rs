//! What the kernel has in a namespace, as [`topology::observed`] says it.

mod address;
mod interface;
mod neighbour;
mod part;
mod qdisc;
mod route;
mod tables;

use std::collections::BTreeMap;

use topology::address::Family;
use topology::document::Forwarding;
use topology::kind::Device;
use topology::observed::{
    Interfaces, ObservedInterface, ObservedKind, ObservedNamespace, ObservedPeer,
};
use topology::{InterfaceId, NamespaceId, NamespaceName};

use crate::netlink::{Entries, Failure, LinkRow, Socket};

pub(crate) use neighbour::proxies_are;
pub(crate) use part::Part;
pub(crate) use route::see_past_linkdown;

/// Who looks at a namespace.
pub(crate) struct Viewer<'a, N> {
    /// A socket of its own.
    pub(crate) socket: &'a mut Socket,
    /// Which it is.
    pub(crate) id: NamespaceId,
    /// Its name.
    pub(crate) name: &'a NamespaceName,
    /// For which interface of the document the engine made which index.
    pub(crate) tags: &'a BTreeMap<u32, InterfaceId>,
    /// Which entries there may be that somebody has set, and after a look which there are.
    pub(crate) entries: &'a mut Entries,
    /// Says which namespace of the lab this one calls by a number of its own, and may ask the
    /// kernel for it through the socket.
    pub(crate) number: N,
}

impl<N> Viewer<'_, N>
where
    N: FnMut(&mut Socket, i32) -> Result<Option<NamespaceId>, Failure>,
{
    /// Dumps the whole namespace.
    ///
    /// # Errors
    /// If the kernel refuses, or what it says cannot be read.
    pub(crate) fn whole(&mut self) -> Result<ObservedNamespace, Failure> {
        let mut interfaces = Interfaces::new();
        let mut is_queueing = false;
        let rows = self.socket.links()?;
        for row in rows.into_iter().filter(|row| !is_fallback(row)) {
            if qdisc::is_queueing(&row) {
                is_queueing = true;
            }
            interfaces.insert(row.index, self.interface(&row)?);
        }
        let socket = &mut *self.socket;
        if is_queueing {
            let rows = socket.qdiscs()?;
            for (index, interface) in interfaces.iter_mut_of(|_, _| true) {
                interface.qdiscs = qdisc::of(*index, &rows);
            }
        }
        for row in socket.addresses()? {
            // One of a link that came after the links were dumped: its event
            // brings another look.
            if let Some(interface) = interfaces.get_mut(&row.index) {
                let address = address::observed(&row, interface);
                interface.addresses.push(address);
            }
        }
        tables::vlans(socket, &mut interfaces)?;
        if self.entries.fdb {
            self.entries.fdb = tables::fdb(socket, &mut interfaces)?;
        }
        if self.entries.neighbours {
            self.entries.neighbours = neighbour::observe(socket, &mut interfaces)?;
        }
        Ok(ObservedNamespace {
            name: self.name.clone(),
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

    /// A device with the places of the interfaces that it names, as far as these are in the lab.
    fn device(
        &mut self,
        row: &LinkRow,
        device: &Device<u32>,
    ) -> Result<Device<ObservedPeer>, Failure> {
        let below = match row.link_nsid {
            Some(nsid) if device.lower().is_some() => (self.number)(self.socket, nsid)?,
            Some(_) => None,
            None => Some(self.id),
        };
        let place = |index: &u32| {
            below.map(|namespace| ObservedPeer {
                namespace,
                index: *index,
            })
        };
        Ok(Device {
            kind: device.kind,
            parameters: device.parameters.map_known(place),
        })
    }

    /// An interface, without its addresses.
    fn interface(&mut self, row: &LinkRow) -> Result<ObservedInterface, Failure> {
        let mut interface = interface::observed(row, self.tags.get(&row.index).copied());
        if interface.kind == (ObservedKind::Veth { peer: None }) {
            let peer = peer(self.socket, self.id, row, &mut self.number)?;
            interface.kind = ObservedKind::Veth { peer };
        }
        if let Some(device) = &row.device {
            interface.kind = ObservedKind::Device(self.device(row, device)?);
            let sends = device.kind.has_underlay() && device.lower().is_none();
            if let Some(nsid) = row.link_nsid.filter(|_| sends) {
                interface.underlay = (self.number)(self.socket, nsid)?;
            }
        }
        Ok(interface)
    }
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
