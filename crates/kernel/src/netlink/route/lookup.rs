//! Which way a packet would take: what `ip route get` does.

use std::net::IpAddr;

use netlink_packet_route::route::{RouteAttribute, RouteMessage, RouteType};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};

use super::super::attributes::{Attributes, byte};
use super::super::{Failure, Socket};
use super::{HEADER, RTA_OIF, RTA_PREFSRC, gateway};

/// The way of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Way {
    /// It is for this namespace itself.
    pub(crate) local: bool,
    /// Index of the interface that it leaves by.
    pub(crate) interface: Option<u32>,
    /// The router that it is handed to.
    pub(crate) gateway: Option<IpAddr>,
    /// The source address that it gets.
    pub(crate) source: Option<IpAddr>,
}

impl Socket {
    /// Looks up the way of a packet to an address; of one that has `arrived` (its source, the
    /// index of its interface), or else of one that starts here. Refused as the packet would be:
    /// `ENETUNREACH` if there is no route; `EHOSTUNREACH`, `EACCES` and `EINVAL` for routes of the
    /// types unreachable, prohibit and blackhole.
    pub(crate) fn look_up(
        &mut self,
        to: IpAddr,
        arrived: Option<(IpAddr, u32)>,
    ) -> Result<Way, Failure> {
        let (family, length) = match to {
            IpAddr::V4(_) => (AddressFamily::Inet, 32),
            IpAddr::V6(_) => (AddressFamily::Inet6, 128),
        };
        let mut message = RouteMessage::default();
        message.header.address_family = family;
        message.header.destination_prefix_length = length;
        message
            .attributes
            .push(RouteAttribute::Destination(to.into()));
        if let Some((from, interface)) = arrived {
            message.header.source_prefix_length = length;
            message.attributes.push(RouteAttribute::Source(from.into()));
            message.attributes.push(RouteAttribute::Iif(interface));
        }
        self.get(RouteNetlinkMessage::GetRoute(message), row)
    }
}

fn row(bytes: &[u8]) -> Result<Way, Failure> {
    let attributes = Attributes::after(HEADER, bytes)?;
    Ok(Way {
        local: RouteType::from(byte(bytes, 7)) == RouteType::Local,
        interface: attributes.u32(RTA_OIF),
        gateway: gateway(attributes),
        source: attributes.address(RTA_PREFSRC),
    })
}
