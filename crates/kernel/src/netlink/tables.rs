//! VLANs and forwarding tables: what `bridge vlan` and `bridge fdb` do.

use std::collections::BTreeMap;

use netlink_packet_core::{NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE};
use netlink_packet_route::link::{
    AfSpecBridge, BridgeFlag, BridgeVlanInfo, BridgeVlanInfoFlags, LinkAttribute, LinkExtentMask,
    LinkMessage,
};
use netlink_packet_route::neighbour::{
    NeighbourAddress, NeighbourAttribute, NeighbourFlags, NeighbourMessage, NeighbourState,
};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use topology::fdb::FdbEntry;
use topology::observed::Mac;
use topology::vlans::{VlanChange, VlanRange, Vlans};

use super::attributes::{Attributes, byte, word};
use super::link::indexed;
use super::{Failure, Socket};

/// `struct ifinfomsg` and `struct ndmsg`.
const LINK_HEADER: usize = 16;
const NEIGHBOUR_HEADER: usize = 12;
/// Attributes of linux/if_link.h, linux/if_bridge.h, linux/neighbour.h.
const IFLA_AF_SPEC: u16 = 26;
const IFLA_BRIDGE_VLAN_INFO: u16 = 2;
const NDA_DST: u16 = 1;
const NDA_LLADDR: u16 = 2;
const NDA_VLAN: u16 = 5;
const NDA_MASTER: u16 = 9;
/// `NTF_SELF`, `NTF_EXT_LEARNED`; `NUD_NOARP`, `NUD_PERMANENT`.
const SELF: u8 = 0x02;
const EXT_LEARNED: u8 = 0x10;
const STATIC: u16 = 0x40;
const PERMANENT: u16 = 0x80;
/// States of which one is there if somebody has set an entry.
pub(super) const MAY_BE_SET: u16 = STATIC | PERMANENT;

/// An entry of a forwarding table that somebody has set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FdbRow {
    /// Index of the interface to which it leads.
    pub(crate) index: u32,
    /// The entry; of a bridge with VLANs one for each, and one for none.
    pub(crate) entry: FdbEntry,
}

impl Socket {
    /// Puts a port into VLANs of its bridge, or the bridge itself (`own`).
    pub(crate) fn add_vlans(
        &mut self,
        index: u32,
        own: bool,
        change: VlanChange,
    ) -> Result<(), Failure> {
        let mut flags = BridgeVlanInfoFlags::empty();
        flags.set(BridgeVlanInfoFlags::Pvid, change.pvid);
        flags.set(BridgeVlanInfoFlags::Untagged, change.untagged);
        let link = vlans(index, own, change.range, flags);
        self.change(RouteNetlinkMessage::SetLink(link), 0)
    }

    /// Takes a port out of VLANs of its bridge, or the bridge itself (`own`).
    pub(crate) fn remove_vlans(
        &mut self,
        index: u32,
        own: bool,
        range: VlanRange,
    ) -> Result<(), Failure> {
        let link = vlans(index, own, range, BridgeVlanInfoFlags::empty());
        self.change(RouteNetlinkMessage::DelLink(link), 0)
    }

    /// The VLANs of all bridges and ports of the namespace that are in any, by index.
    pub(crate) fn vlans(&mut self) -> Result<BTreeMap<u32, Vlans>, Failure> {
        let mut link = LinkMessage::default();
        link.header.interface_family = AddressFamily::Bridge;
        let mask = vec![LinkExtentMask::BrvlanCompressed, LinkExtentMask::SkipStats];
        link.attributes.push(LinkAttribute::ExtMask(mask));
        let rows = self.dump(&RouteNetlinkMessage::GetLink(link), |bytes| {
            vlan_row(bytes).map(Some)
        })?;
        Ok(rows.into_iter().collect())
    }

    /// Adds an entry to a forwarding table; of a bridge also one that is there.
    pub(crate) fn add_fdb(&mut self, index: u32, entry: &FdbEntry) -> Result<(), Failure> {
        let flags = match (entry.is_of_bridge(), entry.is_for_many()) {
            (true, _) => NLM_F_CREATE | NLM_F_REPLACE,
            (false, true) => NLM_F_CREATE | NLM_F_APPEND,
            (false, false) => NLM_F_CREATE | NLM_F_EXCL,
        };
        let message = fdb_message(index, entry);
        self.change(RouteNetlinkMessage::NewNeighbour(message), flags)
    }

    /// Removes an entry from a forwarding table.
    pub(crate) fn remove_fdb(&mut self, index: u32, entry: &FdbEntry) -> Result<(), Failure> {
        let message = fdb_message(index, entry);
        self.change(RouteNetlinkMessage::DelNeighbour(message), 0)
    }

    /// The entries of all forwarding tables of the namespace that somebody has set. The kernel goes
    /// through a bridge's whole table for each of its ports: ask only if there may be any.
    pub(crate) fn fdb(&mut self) -> Result<Vec<FdbRow>, Failure> {
        let mut message = NeighbourMessage::default();
        message.header.family = AddressFamily::Bridge;
        self.dump(&RouteNetlinkMessage::GetNeighbour(message), fdb_row)
    }
}

/// Whether an event's row is about an entry that somebody has set; the rest (what bridges learn,
/// who answers on a link) comes and goes by itself.
pub(super) fn is_set_entry(row: &[u8]) -> bool {
    byte(row, 0) == u8::from(AddressFamily::Bridge) && is_set(row)
}

fn is_set(row: &[u8]) -> bool {
    let state = u16::from_ne_bytes([byte(row, 8), byte(row, 9)]);
    let flags = byte(row, 10);
    // A bridge's permanent ones are its ports' own addresses; a VXLAN's are what is set.
    let is_own = flags & SELF != 0 && state & PERMANENT != 0;
    flags & EXT_LEARNED == 0 && (state & STATIC != 0 || is_own)
}

fn vlans(index: u32, own: bool, range: VlanRange, flags: BridgeVlanInfoFlags) -> LinkMessage {
    let info = |vid, more| {
        AfSpecBridge::VlanInfo(BridgeVlanInfo {
            flags: flags | more,
            vid,
        })
    };
    let mut spec = Vec::new();
    if own {
        spec.push(AfSpecBridge::Flags(BridgeFlag::LowerDev));
    }
    if range.first == range.last {
        spec.push(info(range.first, BridgeVlanInfoFlags::empty()));
    } else {
        spec.push(info(range.first, BridgeVlanInfoFlags::RangeBegin));
        spec.push(info(range.last, BridgeVlanInfoFlags::RangeEnd));
    }
    let mut link = indexed(index);
    link.header.interface_family = AddressFamily::Bridge;
    link.attributes.push(LinkAttribute::AfSpecBridge(spec));
    link
}

pub(super) fn vlan_row(bytes: &[u8]) -> Result<(u32, Vlans), Failure> {
    let attributes = Attributes::after(LINK_HEADER, bytes)?;
    let mut vlans = Vlans::default();
    let mut first = None;
    for info in attributes.nested(IFLA_AF_SPEC).all(IFLA_BRIDGE_VLAN_INFO) {
        let (Some(flags), Some(vid)) = (number(info, 0), number(info, 2)) else {
            continue;
        };
        let flags = BridgeVlanInfoFlags::from_bits_retain(flags);
        if flags.contains(BridgeVlanInfoFlags::RangeBegin) {
            first = Some(vid);
            continue;
        }
        let range = VlanRange {
            first: first.take().unwrap_or(vid),
            last: vid,
        };
        vlans.add(VlanChange {
            range,
            pvid: flags.contains(BridgeVlanInfoFlags::Pvid),
            untagged: flags.contains(BridgeVlanInfoFlags::Untagged),
        });
    }
    Ok((word(bytes, 4), vlans))
}

fn number(bytes: &[u8], place: usize) -> Option<u16> {
    let bytes = bytes.get(place..)?.first_chunk()?;
    Some(u16::from_ne_bytes(*bytes))
}

fn fdb_message(index: u32, entry: &FdbEntry) -> NeighbourMessage {
    let mut message = NeighbourMessage::default();
    message.header.family = AddressFamily::Bridge;
    message.header.ifindex = index;
    let (state, flags) = match entry.is_of_bridge() {
        true => (NeighbourState::Noarp, NeighbourFlags::Controller),
        false => (NeighbourState::Permanent, NeighbourFlags::Own),
    };
    message.header.state = state;
    message.header.flags = flags;
    let mac = NeighbourAttribute::LinkLayerAddress(entry.mac.0.to_vec());
    message.attributes.push(mac);
    if let Some(vlan) = entry.vlan {
        message.attributes.push(NeighbourAttribute::Vlan(vlan));
    }
    if let Some(dst) = entry.dst {
        let dst = NeighbourAddress::from(dst);
        message
            .attributes
            .push(NeighbourAttribute::Destination(dst));
    }
    message
}

/// `None` for what nobody has set, and for what is neither a bridge's nor a VXLAN's.
pub(super) fn fdb_row(bytes: &[u8]) -> Result<Option<FdbRow>, Failure> {
    let attributes = Attributes::after(NEIGHBOUR_HEADER, bytes)?;
    let mac = attributes.get(NDA_LLADDR).and_then(|mac| mac.first_chunk());
    let dst = attributes.address(NDA_DST);
    let is_of_bridge = attributes.get(NDA_MASTER).is_some();
    let Some(mac) = mac.filter(|_| is_set(bytes) && (is_of_bridge || dst.is_some())) else {
        return Ok(None);
    };
    let vlan = attributes.get(NDA_VLAN).and_then(|vlan| number(vlan, 0));
    Ok(Some(FdbRow {
        index: word(bytes, 4),
        entry: FdbEntry {
            mac: Mac(*mac),
            vlan,
            dst,
        },
    }))
}

#[cfg(test)]
mod tests {
    use netlink_packet_core::Emitable;

    use super::*;

    #[test]
    fn vlans_that_are_written_are_read_again() {
        let range = VlanRange { first: 7, last: 9 };
        let link = vlans(5, false, range, BridgeVlanInfoFlags::Untagged);
        let mut bytes = vec![0; link.buffer_len()];
        link.emit(&mut bytes);
        let (index, read) = vlan_row(&bytes).unwrap();
        assert_eq!((index, read.to_string().as_str()), (5, "7-9 untagged"));
        for end in 0..bytes.len() {
            let _no_panic = vlan_row(bytes.get(..end).unwrap());
        }
    }

    #[test]
    fn entries_that_are_written_are_read_again() {
        let entry: FdbEntry = "00:00:00:00:00:00 dst 192.0.2.1".parse().unwrap();
        let message = fdb_message(5, &entry);
        let mut bytes = vec![0; message.buffer_len()];
        message.emit(&mut bytes);
        assert_eq!(fdb_row(&bytes).unwrap(), Some(FdbRow { index: 5, entry }));
        assert!(is_set_entry(&bytes));
        for end in 0..bytes.len() {
            let _no_panic = fdb_row(bytes.get(..end).unwrap());
        }
        // What a bridge has learned.
        bytes[8] = 0x02;
        bytes[9] = 0;
        assert!(!is_set_entry(&bytes));
    }
}
