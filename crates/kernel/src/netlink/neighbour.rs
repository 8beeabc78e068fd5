//! Who answers on a link: what `ip neigh` shows and sets, and `ip ntable` shows.

use std::net::IpAddr;

use netlink_packet_core::{NLM_F_CREATE, NLM_F_REPLACE};
use netlink_packet_route::neighbour::{
    NeighbourAddress, NeighbourAttribute, NeighbourFlags, NeighbourMessage, NeighbourState,
};
use netlink_packet_route::neighbour_table::NeighbourTableMessage;
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use nix::errno::Errno;
use topology::address::Family;
use topology::neighbour::Neighbour;
use topology::observed::Mac;

use super::attributes::{Attributes, byte, word};
use super::{Failure, Socket};

/// `struct ndmsg` (linux/neighbour.h): family, padding, index, state, flags, type.
const HEADER: usize = 12;
const NDA_DST: u16 = 1;
const NDA_LLADDR: u16 = 2;
/// `struct ndtmsg` (linux/neighbour.h): family and padding.
const TABLE_HEADER: usize = 4;
const NDTA_THRESH3: u16 = 4;
/// `struct ndt_config`, of which `ndtc_entries` follows two 16-bit words.
const NDTA_CONFIG: u16 = 5;
const CONFIG_ENTRIES: usize = 4;
/// States in which it has been asked for and has not answered.
const NUD_INCOMPLETE: u32 = 0x01;
const NUD_FAILED: u32 = 0x20;
/// The state of an entry that needs no asking.
const NUD_NOARP: u32 = 0x40;
/// The state of an entry that is known for good.
pub(super) const NUD_PERMANENT: u8 = 0x80;
/// The flag of an entry for which the interface answers.
pub(super) const NTF_PROXY: u8 = 0x08;

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

/// An entry that somebody has set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SetNeighbour {
    /// Index of its interface.
    pub(crate) index: u32,
    /// The entry.
    pub(crate) neighbour: Neighbour,
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
            let learned = state(bytes) & (u32::from(NUD_PERMANENT) | NUD_NOARP) == 0;
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

    /// Adds an entry, in place of another of that address, also of one that was learned.
    pub(crate) fn add_neighbour(
        &mut self,
        index: u32,
        neighbour: &Neighbour,
    ) -> Result<(), Failure> {
        let message = message(index, neighbour);
        let flags = NLM_F_CREATE | NLM_F_REPLACE;
        self.change(RouteNetlinkMessage::NewNeighbour(message), flags)
    }

    /// Removes an entry.
    pub(crate) fn remove_neighbour(
        &mut self,
        index: u32,
        neighbour: &Neighbour,
    ) -> Result<(), Failure> {
        let message = message(index, neighbour);
        self.change(RouteNetlinkMessage::DelNeighbour(message), 0)
    }

    /// The permanent entries of both families. The kernel goes through the table of all
    /// namespaces of the machine for it: ask only if there may be any.
    pub(crate) fn permanent_neighbours(&mut self) -> Result<Vec<SetNeighbour>, Failure> {
        let dump = NeighbourMessage::default();
        self.dump(&RouteNetlinkMessage::GetNeighbour(dump), permanent_row)
    }

    /// The proxy entries of both families, of which the kernel keeps a short table.
    pub(crate) fn proxy_neighbours(&mut self) -> Result<Vec<SetNeighbour>, Failure> {
        let mut dump = NeighbourMessage::default();
        // The kernel takes this flag alone, not with others.
        dump.header.flags = NeighbourFlags::from_bits_retain(NTF_PROXY);
        self.dump(&RouteNetlinkMessage::GetNeighbour(dump), proxy_row)
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

pub(super) fn row(
    bytes: &[u8],
    interface: u32,
    address: IpAddr,
) -> Result<Option<NeighbourRow>, Failure> {
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

fn message(index: u32, neighbour: &Neighbour) -> NeighbourMessage {
    let mut message = NeighbourMessage::default();
    message.header.family = address_family(Family::of(neighbour.address));
    message.header.ifindex = index;
    // Also of a proxy entry, as `ip` says it: since Linux 6.17 one stays then when the carrier goes.
    message.header.state = NeighbourState::Permanent;
    let address = NeighbourAddress::from(neighbour.address);
    let address = NeighbourAttribute::Destination(address);
    message.attributes.push(address);
    match neighbour.mac {
        None => message.header.flags = NeighbourFlags::from_bits_retain(NTF_PROXY),
        Some(mac) => {
            let mac = NeighbourAttribute::LinkLayerAddress(mac.0.to_vec());
            message.attributes.push(mac);
        }
    }
    message
}

/// Whether an event's row is about an entry that is set of a family of IP: one that comes, changes
/// or goes with its interface. That one is removed looks like any that is given up, but for who
/// asked for it: `asker` is the port of the socket, none if the kernel itself did it.
pub(super) fn is_set_neighbour(asker: u32, row: &[u8]) -> bool {
    let is_ip = [libc::AF_INET, libc::AF_INET6].contains(&i32::from(byte(row, 0)));
    let is_permanent = state(row) & u32::from(NUD_PERMANENT) != 0;
    is_ip && (is_permanent || byte(row, 10) & NTF_PROXY != 0 || asker != 0)
}

pub(super) fn permanent_row(bytes: &[u8]) -> Result<Option<SetNeighbour>, Failure> {
    let is_ip = [libc::AF_INET, libc::AF_INET6].contains(&i32::from(byte(bytes, 0)));
    let attributes = Attributes::after(HEADER, bytes)?;
    let mac = attributes.get(NDA_LLADDR).and_then(|mac| mac.first_chunk());
    let is_permanent = is_ip && byte(bytes, 8) & NUD_PERMANENT != 0;
    let set = |(address, mac): (IpAddr, &[u8; 6])| SetNeighbour {
        index: word(bytes, 4),
        neighbour: Neighbour {
            address,
            mac: Some(Mac(*mac)),
        },
    };
    let known = attributes.address(NDA_DST).zip(mac);
    Ok(known.filter(|_| is_permanent).map(set))
}

pub(super) fn proxy_row(bytes: &[u8]) -> Result<Option<SetNeighbour>, Failure> {
    let attributes = Attributes::after(HEADER, bytes)?;
    let is_proxy = byte(bytes, 10) & NTF_PROXY != 0;
    let set = |address| SetNeighbour {
        index: word(bytes, 4),
        neighbour: Neighbour { address, mac: None },
    };
    let address = attributes.address(NDA_DST).filter(|_| is_proxy);
    // One of no interface is for all: no document has such.
    Ok(address.map(set).filter(|row| row.index != 0))
}

#[cfg(test)]
mod tests {
    use netlink_packet_core::Emitable;

    use super::*;

    #[test]
    fn entries_that_are_written_are_read_again() {
        for text in ["10.0.0.2 lladdr 02:00:00:00:00:02", "proxy fd00::9"] {
            let neighbour: Neighbour = text.parse().unwrap();
            let message = message(5, &neighbour);
            let mut bytes = vec![0; message.buffer_len()];
            message.emit(&mut bytes);
            let read = match neighbour.is_proxy() {
                true => proxy_row(&bytes).unwrap(),
                false => permanent_row(&bytes).unwrap(),
            };
            assert_eq!(
                read,
                Some(SetNeighbour {
                    index: 5,
                    neighbour
                })
            );
            assert!(is_set_neighbour(0, &bytes));
            for end in 0..bytes.len() {
                let cut = bytes.get(..end).unwrap();
                let _no_panic = (permanent_row(cut), proxy_row(cut));
            }
            // What was learned, and what somebody removes.
            bytes[8] = 0x02;
            bytes[10] = 0;
            assert!(!is_set_neighbour(0, &bytes));
            assert!(is_set_neighbour(1234, &bytes));
            assert_eq!(permanent_row(&bytes).unwrap(), None);
        }
    }
}
