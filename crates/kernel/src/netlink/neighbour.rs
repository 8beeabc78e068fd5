//! Who answers on a link: what `ip neigh` and `ip ntable` show.

use std::net::IpAddr;

use netlink_packet_route::neighbour::{NeighbourAttribute, NeighbourMessage};
use netlink_packet_route::neighbour_table::NeighbourTableMessage;
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};

use nix::errno::Errno;
use topology::address::Family;

use super::attributes::{Attributes, byte, word};
use super::{Failure, Socket};

/// `struct ndmsg` (linux/neighbour.h): family, padding, index, state, flags, type.
const HEADER: usize = 12;
const NDA_DST: u16 = 1;
const NDA_LLADDR: u16 = 2;
/// Set by hand, or not needed: what the kernel has not learned.
const NUD_NOARP: u32 = 0x40;
const NUD_PERMANENT: u32 = 0x80;
/// `struct ndtmsg` (linux/neighbour.h): family and padding.
const TABLE_HEADER: usize = 4;
const NDTA_THRESH3: u16 = 4;
/// `struct ndt_config`, of which `ndtc_entries` follows two 16-bit words.
const NDTA_CONFIG: u16 = 5;
const CONFIG_ENTRIES: usize = 4;
/// States in which it has been asked for and has not answered.
const NUD_INCOMPLETE: u32 = 0x01;
const NUD_FAILED: u32 = 0x20;

/// An entry of the neighbour table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NeighbourRow {
    /// It has been asked for and has not answered.
    pub(crate) silent: bool,
    /// As `ip neigh` calls it, in small letters.
    pub(crate) state: &'static str,
    /// Its link-layer address, empty if it has none.
    pub(crate) link_address: Vec<u8>,
}

/// The neighbour table of a family, of all namespaces of the machine together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct NeighbourTable {
    /// Entries now.
    pub(crate) entries: u32,
    /// Entries that it takes (`gc_thresh3`).
    pub(crate) most: u32,
}

impl Socket {
    /// How full the table is. It is the same in every namespace, but its sysctls are to be seen in
    /// the machine's own only.
    pub(crate) fn neighbour_table(&mut self, family: Family) -> Result<NeighbourTable, Failure> {
        let mut message = NeighbourTableMessage::default();
        message.header.family = address_family(family);
        let wanted = u8::from(message.header.family);
        let request = RouteNetlinkMessage::GetNeighbourTable(message);
        let rows = self.dump(&request, |bytes| {
            let attributes = Attributes::after(TABLE_HEADER, bytes)?;
            let config = attributes.get(NDTA_CONFIG);
            let (Some(most), Some(config)) = (attributes.u32(NDTA_THRESH3), config) else {
                // What is set of one interface.
                return Ok(None);
            };
            let entries = word(config, CONFIG_ENTRIES);
            Ok((byte(bytes, 0) == wanted).then_some(NeighbourTable { entries, most }))
        })?;
        let found = rows.into_iter().next();
        found.ok_or_else(|| Failure::Broken("the kernel has no such neighbour table".to_owned()))
    }

    /// What this namespace has learned of its neighbours, in whatever state it is: the index of the
    /// interface and the address of each.
    pub(crate) fn neighbours(&mut self, family: Family) -> Result<Vec<(u32, IpAddr)>, Failure> {
        let mut message = NeighbourMessage::default();
        message.header.family = address_family(family);
        self.dump(&RouteNetlinkMessage::GetNeighbour(message), |bytes| {
            let address = Attributes::after(HEADER, bytes)?.address(NDA_DST);
            let learned = state(bytes) & (NUD_PERMANENT | NUD_NOARP) == 0;
            Ok(address
                .filter(|_| learned)
                .map(|address| (word(bytes, 4), address)))
        })
    }

    /// Takes neighbours out of the table; those that are not in it any more are gone.
    pub(crate) fn forget_neighbours(
        &mut self,
        family: Family,
        neighbours: &[(u32, IpAddr)],
    ) -> Result<(), Failure> {
        for (interface, address) in neighbours {
            let mut message = NeighbourMessage::default();
            message.header.family = address_family(family);
            message.header.ifindex = *interface;
            let destination = NeighbourAttribute::Destination((*address).into());
            message.attributes.push(destination);
            match self.change(RouteNetlinkMessage::DelNeighbour(message), 0) {
                Ok(())
                | Err(Failure::Refused {
                    errno: Errno::ENOENT,
                    ..
                }) => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(())
    }

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
    Ok(Some(NeighbourRow {
        state: match state(bytes) {
            0x01 => "incomplete",
            0x02 => "reachable",
            0x04 => "stale",
            0x08 => "delay",
            0x10 => "probe",
            0x20 => "failed",
            0x40 => "noarp",
            0x80 => "permanent",
            _ => "none",
        },
        silent: state(bytes) & (NUD_INCOMPLETE | NUD_FAILED) != 0,
        link_address: attributes.get(NDA_LLADDR).unwrap_or_default().to_vec(),
    }))
}

/// `ndm_state`.
fn state(bytes: &[u8]) -> u32 {
    let state = bytes.get(8..).and_then(|rest| rest.first_chunk());
    state.map_or(0, |state| u32::from(u16::from_ne_bytes(*state)))
}

fn address_family(family: Family) -> AddressFamily {
    match family {
        Family::Ipv4 => AddressFamily::Inet,
        Family::Ipv6 => AddressFamily::Inet6,
    }
}
