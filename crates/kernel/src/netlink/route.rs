//! Routes: what `ip route` does.

mod lookup;

pub(crate) use lookup::Packet;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::route::{
    RouteAttribute, RouteFlags, RouteHeader, RouteMessage, RouteNextHop, RouteNextHopFlags,
    RouteProtocol, RouteScope, RouteType,
};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use nix::errno::Errno;
use topology::address::Family;
use topology::route::{Hop, RouteKind, RouteOptions, Scope, TABLE_LOCAL};

use super::address::family;
use super::attributes::{Attributes, address, byte, prefix, word};
use super::{Failure, Socket};

/// `struct rtmsg` (linux/rtnetlink.h): family, lengths, tos, table, protocol,
/// scope, type, flags.
const HEADER: usize = 12;
/// `struct rtnexthop`: length, flags, hops, index.
const HOP_HEADER: usize = 8;
/// Attributes of linux/rtnetlink.h.
const RTA_DST: u16 = 1;
const RTA_OIF: u16 = 4;
const RTA_GATEWAY: u16 = 5;
const RTA_PRIORITY: u16 = 6;
const RTA_PREFSRC: u16 = 7;
const RTA_MULTIPATH: u16 = 9;
const RTA_TABLE: u16 = 15;
const RTA_VIA: u16 = 18;
/// `RTM_F_CLONED`: no route of a table, but what came of looking one up.
const CLONED: u32 = 0x200;

/// `RTNH_F_DEAD`, `RTNH_F_ONLINK`.
const DEAD: u8 = 1;
const ONLINK: u8 = 4;

/// A route to be added or removed.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    /// Where it leads, host bits clear.
    pub(crate) destination: IpNet,
    /// The next hop, of either family.
    pub(crate) gateway: Option<IpAddr>,
    /// Index of the interface.
    pub(crate) interface: Option<u32>,
    /// `None`: when it is added, the family's default; when it is removed,
    /// any.
    pub(crate) metric: Option<u32>,
    /// What it says more.
    pub(crate) options: RouteOptions<u32>,
}

/// A route as the kernel shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RouteRow {
    /// Where it leads.
    pub(crate) destination: IpNet,
    /// Its next hops; several if it is a multipath route.
    pub(crate) hops: Vec<HopRow>,
    /// `RTA_PRIORITY`, 0 if there is none.
    pub(crate) metric: u32,
    /// Its table.
    pub(crate) table: u32,
    /// What becomes of packets.
    pub(crate) kind: RouteKind,
    /// How far away it is; none if it is of a scope that documents have not.
    pub(crate) scope: Option<Scope>,
    /// `RTA_PREFSRC`.
    pub(crate) source: Option<IpAddr>,
    /// Who made it.
    pub(crate) protocol: RouteProtocol,
}

/// A next hop as the kernel shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HopRow {
    /// Whither.
    pub(crate) hop: Hop<u32>,
    /// It gets nothing: its interface is or was down.
    pub(crate) dead: bool,
}

impl Socket {
    /// Adds a route.
    pub(crate) fn add_route(&mut self, route: &Route) -> Result<(), Failure> {
        let options = &route.options;
        let mut message = message(route);
        message.header.protocol = RouteProtocol::Boot;
        let family = Family::of(route.destination.addr());
        message.header.scope = match options.scope(family, route.gateway.is_some()) {
            Scope::Global => RouteScope::Universe,
            Scope::Link => RouteScope::Link,
            Scope::Host => RouteScope::Host,
        };
        if options.onlink {
            message.header.flags = RouteFlags::Onlink;
        }
        let source = options.source.map(|source| source.into());
        message
            .attributes
            .extend(source.map(RouteAttribute::PrefSource));
        if !options.hops.is_empty() {
            let hops = options.hops.iter().map(|hop| next_hop(hop, family));
            message
                .attributes
                .push(RouteAttribute::MultiPath(hops.collect()));
        }
        self.change(
            RouteNetlinkMessage::NewRoute(message),
            NLM_F_CREATE | NLM_F_EXCL,
        )
    }

    /// Removes the first route that matches in all that is given; of several
    /// next hops, all. There is one of each table, destination and metric.
    pub(crate) fn remove_route(&mut self, route: &Route) -> Result<(), Failure> {
        let mut message = message(route);
        // Whichever scope it has.
        message.header.scope = RouteScope::NoWhere;
        self.change(RouteNetlinkMessage::DelRoute(message), 0)
    }

    /// The namespace's routes of the kinds that documents have, both families,
    /// but for those of the kernel's own table.
    pub(crate) fn routes(&mut self) -> Result<Vec<RouteRow>, Failure> {
        self.dump(&RouteNetlinkMessage::GetRoute(RouteMessage::default()), row)
    }

    /// [`Socket::routes`] of one family.
    pub(crate) fn routes_of(&mut self, family: Family) -> Result<Vec<RouteRow>, Failure> {
        self.dump(&RouteNetlinkMessage::GetRoute(of_family(family)), row)
    }

    /// [`Socket::routes_of`] over the link of that index; none if there is no such link.
    pub(crate) fn routes_over(
        &mut self,
        family: Family,
        index: u32,
    ) -> Result<Vec<RouteRow>, Failure> {
        let mut message = of_family(family);
        message.attributes.push(RouteAttribute::Oif(index));
        let over = |bytes: &[u8]| {
            let is_over = |hop: &HopRow| hop.hop.interface == Some(index);
            Ok(row(bytes)?.filter(|row| row.hops.iter().any(is_over)))
        };
        match self.dump_some(&RouteNetlinkMessage::GetRoute(message), over) {
            Err(failure) if failure.is(Errno::ENODEV) => Ok(Vec::new()),
            other => other,
        }
    }
}

fn of_family(family: Family) -> RouteMessage {
    let mut message = RouteMessage::default();
    message.header.address_family = match family {
        Family::Ipv4 => AddressFamily::Inet,
        Family::Ipv6 => AddressFamily::Inet6,
    };
    message
}

fn message(route: &Route) -> RouteMessage {
    let mut message = RouteMessage::default();
    let table = route.options.table();
    message.header.address_family = family(route.destination.addr());
    // As iproute2 does: what does not fit stands in the attribute alone.
    message.header.table = u8::try_from(table).unwrap_or(RouteHeader::RT_TABLE_UNSPEC);
    message.header.destination_prefix_length = route.destination.prefix_len();
    message.header.kind = match route.options.kind {
        RouteKind::Unicast => RouteType::Unicast,
        RouteKind::Blackhole => RouteType::BlackHole,
        RouteKind::Unreachable => RouteType::Unreachable,
        RouteKind::Prohibit => RouteType::Prohibit,
    };
    message.attributes.push(RouteAttribute::Table(table));
    if route.destination.prefix_len() > 0 {
        let network = route.destination.network();
        message
            .attributes
            .push(RouteAttribute::Destination(network.into()));
    }
    let is_ipv4 = route.destination.addr().is_ipv4();
    let gateway = route.gateway.map(|gateway| via(gateway, is_ipv4));
    message.attributes.extend(gateway);
    message
        .attributes
        .extend(route.interface.map(RouteAttribute::Oif));
    message
        .attributes
        .extend(route.metric.map(RouteAttribute::Priority));
    message
}

fn via(gateway: IpAddr, route_is_ipv4: bool) -> RouteAttribute {
    // IPv4 over an IPv6 next hop (RFC 5549).
    match gateway.is_ipv4() == route_is_ipv4 {
        true => RouteAttribute::Gateway(gateway.into()),
        false => RouteAttribute::Via(gateway.into()),
    }
}

fn next_hop(hop: &Hop<u32>, family: Family) -> RouteNextHop {
    let mut next = RouteNextHop::default();
    // The kernel counts from 0.
    next.hops = hop.weight.saturating_sub(1);
    next.interface_index = hop.interface.unwrap_or_default();
    if hop.onlink {
        next.flags = RouteNextHopFlags::Onlink;
    }
    let gateway = hop
        .gateway
        .map(|gateway| via(gateway, family == Family::Ipv4));
    next.attributes = gateway.into_iter().collect();
    next
}

/// `None` for what no document has.
pub(super) fn row(bytes: &[u8]) -> Result<Option<RouteRow>, Failure> {
    let attributes = Attributes::after(HEADER, bytes)?;
    let default = match i32::from(byte(bytes, 0)) {
        libc::AF_INET => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        libc::AF_INET6 => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        _ => return Ok(None),
    };
    let table = attributes
        .u32(RTA_TABLE)
        .unwrap_or_else(|| byte(bytes, 4).into());
    let kind = match RouteType::from(byte(bytes, 7)) {
        RouteType::Unicast => RouteKind::Unicast,
        RouteType::BlackHole => RouteKind::Blackhole,
        RouteType::Unreachable => RouteKind::Unreachable,
        RouteType::Prohibit => RouteKind::Prohibit,
        _ => return Ok(None),
    };
    let flags = word(bytes, 8);
    let address = attributes.address(RTA_DST).unwrap_or(default);
    let Some(destination) = prefix(address, byte(bytes, 1)) else {
        return Ok(None);
    };
    let is_kernels = table == TABLE_LOCAL || flags & CLONED != 0;
    if is_kernels || (address.is_multicast() && destination.prefix_len() > 0) {
        return Ok(None);
    }
    let hops = match attributes.get(RTA_MULTIPATH) {
        Some(hops) => multipath(hops),
        None => {
            let [flags, ..] = flags.to_le_bytes();
            vec![hop(attributes, attributes.u32(RTA_OIF), 1, flags)]
        }
    };
    Ok(Some(RouteRow {
        destination,
        hops,
        metric: attributes.u32(RTA_PRIORITY).unwrap_or(0),
        table,
        kind,
        scope: match RouteScope::from(byte(bytes, 6)) {
            RouteScope::Universe => Some(Scope::Global),
            RouteScope::Link => Some(Scope::Link),
            RouteScope::Host => Some(Scope::Host),
            _ => None,
        },
        source: attributes.address(RTA_PREFSRC),
        protocol: RouteProtocol::from(byte(bytes, 5)),
    }))
}

fn hop(attributes: Attributes<'_>, interface: Option<u32>, weight: u8, flags: u8) -> HopRow {
    HopRow {
        hop: Hop {
            gateway: gateway(attributes),
            interface,
            weight,
            onlink: flags & ONLINK != 0,
        },
        dead: flags & DEAD != 0,
    }
}

fn gateway(attributes: Attributes<'_>) -> Option<IpAddr> {
    // `struct rtvia`: a 16-bit family, then the address.
    let via = || address(attributes.get(RTA_VIA)?.get(2..)?);
    attributes.address(RTA_GATEWAY).or_else(via)
}

fn multipath(mut bytes: &[u8]) -> Vec<HopRow> {
    let mut hops = Vec::new();
    while let Some(length) = bytes
        .first_chunk()
        .map(|length| u16::from_ne_bytes(*length))
    {
        let length = usize::from(length);
        let Some(one) = bytes.get(..length) else {
            break;
        };
        let Ok(attributes) = Attributes::after(HOP_HEADER, one) else {
            break;
        };
        let weight = byte(bytes, 3).saturating_add(1);
        hops.push(hop(
            attributes,
            Some(word(bytes, 4)),
            weight,
            byte(bytes, 2),
        ));
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    hops
}
