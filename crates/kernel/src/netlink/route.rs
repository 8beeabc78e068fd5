//! Routes of the main table: what `ip route` does.

mod lookup;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::route::{
    RouteAttribute, RouteHeader, RouteMessage, RouteProtocol, RouteScope, RouteType,
};

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
const RTA_MULTIPATH: u16 = 9;
const RTA_TABLE: u16 = 15;
const RTA_VIA: u16 = 18;
/// `RTM_F_CLONED`: no route of a table, but what came of looking one up.
const CLONED: u32 = 0x200;

/// A unicast route of the main table.
#[derive(Debug, Clone, Copy)]
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
}

/// A route as the kernel shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RouteRow {
    /// Where it leads.
    pub(crate) destination: IpNet,
    /// Its next hops; several if it is a multipath route.
    pub(crate) hops: Vec<Hop>,
    /// `RTA_PRIORITY`, 0 if there is none.
    pub(crate) metric: u32,
    /// Who made it.
    pub(crate) protocol: RouteProtocol,
}

/// A next hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hop {
    /// To whom, if to anybody.
    pub(crate) gateway: Option<IpAddr>,
    /// Through which interface.
    pub(crate) interface: Option<u32>,
}

impl Socket {
    /// Adds a route.
    pub(crate) fn add_route(&mut self, route: Route) -> Result<(), Failure> {
        let mut message = message(route);
        message.header.protocol = RouteProtocol::Boot;
        message.header.kind = RouteType::Unicast;
        // As iproute2 does; IPv6 has no scopes.
        message.header.scope = match (route.destination, route.gateway) {
            (IpNet::V4(_), None) => RouteScope::Link,
            _ => RouteScope::Universe,
        };
        self.change(
            RouteNetlinkMessage::NewRoute(message),
            NLM_F_CREATE | NLM_F_EXCL,
        )
    }

    /// Removes the first route that matches in all that is given.
    pub(crate) fn remove_route(&mut self, route: Route) -> Result<(), Failure> {
        let mut message = message(route);
        // Whichever scope it has.
        message.header.scope = RouteScope::NoWhere;
        self.change(RouteNetlinkMessage::DelRoute(message), 0)
    }

    /// The unicast routes of the namespace's main table, both families.
    pub(crate) fn routes(&mut self) -> Result<Vec<RouteRow>, Failure> {
        self.dump(&RouteNetlinkMessage::GetRoute(RouteMessage::default()), row)
    }
}

fn message(route: Route) -> RouteMessage {
    let mut message = RouteMessage::default();
    message.header.address_family = family(route.destination);
    message.header.table = RouteHeader::RT_TABLE_MAIN;
    message.header.destination_prefix_length = route.destination.prefix_len();
    if route.destination.prefix_len() > 0 {
        let network = route.destination.network();
        message
            .attributes
            .push(RouteAttribute::Destination(network.into()));
    }
    if let Some(gateway) = route.gateway {
        // IPv4 over an IPv6 next hop (RFC 5549).
        let other_family = gateway.is_ipv4() != route.destination.addr().is_ipv4();
        message.attributes.push(match other_family {
            true => RouteAttribute::Via(gateway.into()),
            false => RouteAttribute::Gateway(gateway.into()),
        });
    }
    message
        .attributes
        .extend(route.interface.map(RouteAttribute::Oif));
    message
        .attributes
        .extend(route.metric.map(RouteAttribute::Priority));
    message
}

/// `None` for what is no unicast route of the main table.
fn row(bytes: &[u8]) -> Result<Option<RouteRow>, Failure> {
    let attributes = Attributes::after(HEADER, bytes)?;
    let default = match i32::from(byte(bytes, 0)) {
        libc::AF_INET => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        libc::AF_INET6 => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        _ => return Ok(None),
    };
    let table = attributes
        .u32(RTA_TABLE)
        .unwrap_or_else(|| byte(bytes, 4).into());
    let unicast = RouteType::from(byte(bytes, 7)) == RouteType::Unicast;
    let cloned = word(bytes, 8) & CLONED != 0;
    let address = attributes.address(RTA_DST).unwrap_or(default);
    let Some(destination) = prefix(address, byte(bytes, 1)) else {
        return Ok(None);
    };
    let main = table == u32::from(RouteHeader::RT_TABLE_MAIN);
    if !main || !unicast || cloned || address.is_multicast() {
        return Ok(None);
    }
    let hops = match attributes.get(RTA_MULTIPATH) {
        Some(hops) => multipath(hops),
        None => vec![Hop {
            gateway: gateway(attributes),
            interface: attributes.u32(RTA_OIF),
        }],
    };
    Ok(Some(RouteRow {
        destination,
        hops,
        metric: attributes.u32(RTA_PRIORITY).unwrap_or(0),
        protocol: RouteProtocol::from(byte(bytes, 5)),
    }))
}

fn gateway(attributes: Attributes<'_>) -> Option<IpAddr> {
    // `struct rtvia`: a 16-bit family, then the address.
    let via = || address(attributes.get(RTA_VIA)?.get(2..)?);
    attributes.address(RTA_GATEWAY).or_else(via)
}

fn multipath(mut bytes: &[u8]) -> Vec<Hop> {
    let mut hops = Vec::new();
    while let Some(length) = bytes
        .first_chunk()
        .map(|length| u16::from_ne_bytes(*length))
    {
        let length = usize::from(length);
        let Some(hop) = bytes.get(..length) else {
            break;
        };
        let Ok(attributes) = Attributes::after(HOP_HEADER, hop) else {
            break;
        };
        hops.push(Hop {
            gateway: gateway(attributes),
            interface: Some(word(hop, 4)),
        });
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    hops
}
