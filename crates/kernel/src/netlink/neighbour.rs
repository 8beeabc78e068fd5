//! Who answers on a link: what `ip neigh` shows.

use std::net::IpAddr;

use netlink_packet_route::neighbour::NeighbourMessage;
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};

use super::attributes::{Attributes, word};
use super::{Failure, Socket};

/// `struct ndmsg` (linux/neighbour.h): family, padding, index, state, flags, type.
const HEADER: usize = 12;
const NDA_DST: u16 = 1;
const NDA_LLADDR: u16 = 2;
/// States in which it has been asked for and has not answered.
const NUD_INCOMPLETE: u32 = 0x01;
const NUD_FAILED: u32 = 0x20;

/// An entry of the neighbour table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NeighbourRow {
    /// It has been asked for and has not answered.
    pub(crate) silent: bool,
    /// Its link-layer address, empty if it has none.
    pub(crate) link_address: Vec<u8>,
}

impl Socket {
    /// What the table has of `address` on the interface of that index. The whole table is read,
    /// as kernels before 5.0 cannot be asked for one entry.
    pub(crate) fn neighbour(
        &mut self,
        interface: u32,
        address: IpAddr,
    ) -> Result<Option<NeighbourRow>, Failure> {
        let mut message = NeighbourMessage::default();
        message.header.family = match address {
            IpAddr::V4(_) => AddressFamily::Inet,
            IpAddr::V6(_) => AddressFamily::Inet6,
        };
        let wanted = |bytes: &[u8]| row(bytes, interface, address);
        let rows = self.dump(&RouteNetlinkMessage::GetNeighbour(message), wanted)?;
        Ok(rows.into_iter().next())
    }
}

fn row(bytes: &[u8], interface: u32, address: IpAddr) -> Result<Option<NeighbourRow>, Failure> {
    let attributes = Attributes::after(HEADER, bytes)?;
    if word(bytes, 4) != interface || attributes.address(NDA_DST) != Some(address) {
        return Ok(None);
    }
    let state = bytes
        .get(8..)
        .and_then(|rest| rest.first_chunk())
        .map_or(0, |state| u32::from(u16::from_ne_bytes(*state)));
    Ok(Some(NeighbourRow {
        silent: state & (NUD_INCOMPLETE | NUD_FAILED) != 0,
        link_address: attributes.get(NDA_LLADDR).unwrap_or_default().to_vec(),
    }))
}
