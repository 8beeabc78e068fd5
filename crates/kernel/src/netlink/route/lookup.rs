//! Which way a packet would take: what `ip route get` does.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use netlink_packet_route::route::{RouteAttribute, RouteFlags, RouteMessage, RouteType};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};

use super::super::attributes::{Attributes, byte, prefix, word};
use super::super::{Failure, Socket};
use super::{CLONED, HEADER, RTA_DST, RTA_OIF, RTA_PREFSRC, RTA_TABLE, gateway};

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
        let packet = Packet {
            to,
            from: arrived.map(|(from, _)| from),
            arrived_by: arrived.map(|(_, interface)| interface),
            mark: None,
        };
        let message = packet.question(RouteFlags::empty());
        self.get(RouteNetlinkMessage::GetRoute(message), row)
    }

    /// Looks up the way of a packet, and the route of a table that gives it. Refused as
    /// [`Socket::look_up`].
    pub(crate) fn look_up_with_route(&mut self, packet: &Packet) -> Result<(Way, Entry), Failure> {
        let way = packet.question(RouteFlags::LookupTable);
        let way = self.get(RouteNetlinkMessage::GetRoute(way), row)?;
        let found = packet.question(RouteFlags::LookupTable | RouteFlags::FibMatch);
        let found = self.get(RouteNetlinkMessage::GetRoute(found), entry)?;
        Ok((way, found))
    }
}

/// A packet to find a way for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Packet {
    /// Where it goes.
    pub(crate) to: IpAddr,
    /// Its source address.
    pub(crate) from: Option<IpAddr>,
    /// The index of the interface that it has come in by; `None` for one that starts here.
    pub(crate) arrived_by: Option<u32>,
    /// Its mark.
    pub(crate) mark: Option<u32>,
}

impl Packet {
    fn question(&self, flags: RouteFlags) -> RouteMessage {
        let (family, length) = match self.to {
            IpAddr::V4(_) => (AddressFamily::Inet, 32),
            IpAddr::V6(_) => (AddressFamily::Inet6, 128),
        };
        let mut message = RouteMessage::default();
        message.header.address_family = family;
        message.header.destination_prefix_length = length;
        message.header.flags = flags;
        let mut say = |attribute| message.attributes.push(attribute);
        say(RouteAttribute::Destination(self.to.into()));
        if let Some(interface) = self.arrived_by {
            say(RouteAttribute::Iif(interface));
        }
        if let Some(mark) = self.mark {
            say(RouteAttribute::Mark(mark));
        }
        if let Some(from) = self.from {
            say(RouteAttribute::Source(from.into()));
            message.header.source_prefix_length = length;
        }
        message
    }
}

/// The route of a table that a packet takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// `rtm_type`.
    pub(crate) kind: u8,
    /// Its own destination; `None` if the kernel does not say (before 4.13).
    pub(crate) destination: Option<IpNet>,
    /// Its table.
    pub(crate) table: Option<u32>,
}

fn entry(bytes: &[u8]) -> Result<Entry, Failure> {
    let attributes = Attributes::after(HEADER, bytes)?;
    let any = match byte(bytes, 0) == u8::from(AddressFamily::Inet6) {
        true => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        false => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
    };
    let destination = attributes.address(RTA_DST).unwrap_or(any);
    let matched = word(bytes, 8) & CLONED == 0;
    Ok(Entry {
        kind: byte(bytes, 7),
        destination: matched
            .then(|| prefix(destination, byte(bytes, 1)))
            .flatten(),
        table: attributes.u32(RTA_TABLE),
    })
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
