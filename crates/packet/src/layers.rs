//! Where the layers of a record are: the quick look that colours, filters, conversations and sightings share.
//!
//! It finds the same as the tree does, without building it, for packets that are as most are; of others it
//! says that they are not [plain](Layers::plain).

use std::net::IpAddr;

use crate::LinkType;
use crate::bytes::{array, u16_at};
use crate::numbers::ethertype::{ARP, IPV4, IPV6, QINQ, VLAN, VLAN_9100, VLAN_9200};
use crate::numbers::protocol::{
    AH, DESTINATION, FRAGMENT, HOP_BY_HOP, ICMP, ICMPV6, IGMP, ROUTING, TCP, UDP,
};
use crate::services::{Service, of_ports};

/// Where the outermost layers of a record are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Layers {
    /// Does it start with an Ethernet header?
    pub(crate) ethernet: bool,
    /// How many VLAN tags follow that.
    pub(crate) tags: u8,
    /// Is the only tag of type 802.1Q?
    pub(crate) one_vlan: bool,
    /// Where the ARP packet is.
    pub(crate) arp: Option<usize>,
    /// Where the IPv4 header is.
    pub(crate) ipv4: Option<usize>,
    /// Where the IPv6 header is.
    pub(crate) ipv6: Option<usize>,
    /// What the IP packet carries, behind extension headers.
    pub(crate) protocol: u8,
    /// Where that is. `None` in later fragments.
    pub(crate) transport: Option<usize>,
    /// Is it a fragment, first or later?
    pub(crate) fragment: bool,
    /// Where the IP packet ends, or the captured bytes.
    pub(crate) end: usize,
    /// Where the payload of TCP or UDP starts.
    pub(crate) payload: usize,
    /// Is this all that the tree finds below the payload of TCP or UDP: nothing cut short, wrong, or nested?
    pub(crate) plain: bool,
    /// What the payload of UDP is.
    pub(crate) service: Option<Service>,
}

impl Layers {
    /// The source and destination address of the IP packet.
    pub(crate) fn addresses(&self, data: &[u8]) -> Option<[IpAddr; 2]> {
        if let Some(at) = self.ipv4 {
            return Some([
                array::<4>(data, at + 12)?.into(),
                array::<4>(data, at + 16)?.into(),
            ]);
        }
        let at = self.ipv6?;
        Some([
            array::<16>(data, at + 8)?.into(),
            array::<16>(data, at + 24)?.into(),
        ])
    }

    /// The payload of TCP or UDP as far as it is captured.
    pub(crate) fn payload<'a>(&self, data: &'a [u8]) -> &'a [u8] {
        data.get(self.payload..self.end).unwrap_or_default()
    }
}

/// The most VLAN tags that are followed.
const MOST_TAGS: u8 = 4;

/// Where the layers of a record are.
pub(crate) fn layers(link: LinkType, data: &[u8]) -> Layers {
    let mut layers = Layers {
        end: data.len(),
        ..Layers::default()
    };
    layers.plain = look(link, data, &mut layers).unwrap_or(false) && layers.tags < 2;
    layers
}

/// Fills in what is there. `None` or false if it is not plain.
fn look(link: LinkType, data: &[u8], layers: &mut Layers) -> Option<bool> {
    let (kind, at) = match link {
        LinkType::Ethernet => {
            let mut at = 14;
            let mut kind = u16_at(data, 12)?;
            layers.ethernet = true;
            while matches!(kind, VLAN | QINQ | VLAN_9100 | VLAN_9200) {
                layers.one_vlan = layers.tags == 0 && kind != QINQ;
                layers.tags = layers
                    .tags
                    .checked_add(1)
                    .filter(|tags| *tags <= MOST_TAGS)?;
                kind = u16_at(data, at + 2)?;
                at += 4;
            }
            (kind, at)
        }
        LinkType::LinuxSll => (u16_at(data, 14)?, 16),
        LinkType::LinuxSll2 => (u16_at(data, 0)?, 20),
        LinkType::RawIp | LinkType::Ipv4 | LinkType::Ipv6 => {
            let kind = if data.first()? >> 4 == 6 { IPV6 } else { IPV4 };
            (kind, 0)
        }
        LinkType::Null | LinkType::Loop => {
            let kind = if data.get(4)? >> 4 == 6 { IPV6 } else { IPV4 };
            // The family may say something else.
            let _ = look_behind(kind, 4, data, layers);
            return None;
        }
        LinkType::Other(_) => return None,
    };
    look_behind(kind, at, data, layers)
}

fn look_behind(kind: u16, at: usize, data: &[u8], layers: &mut Layers) -> Option<bool> {
    match kind {
        IPV4 => ipv4(at, data, layers),
        IPV6 => ipv6(at, data, layers),
        ARP => {
            // Of Ethernet and IPv4, whole.
            let usual = array(data, at)? == [0, 1, 8, 0, 6, 4];
            data.get(at + 27)?;
            layers.arp = Some(at);
            Some(usual)
        }
        _ => None,
    }
}

fn ipv4(at: usize, data: &[u8], layers: &mut Layers) -> Option<bool> {
    let first = *data.get(at)?;
    let header = usize::from(first & 0xf) * 4;
    data.get(at + 19)?;
    if first >> 4 != 4 || header < 20 {
        return None;
    }
    layers.ipv4 = Some(at);
    layers.protocol = *data.get(at + 9)?;
    let total = usize::from(u16_at(data, at + 2)?);
    if total != 0 && total < header {
        return None;
    }
    if total != 0 {
        layers.end = data.len().min(at + total);
    }
    data.get(at + header - 1)?;
    let fragment = u16_at(data, at + 6)?;
    layers.fragment = fragment & 0x3fff != 0;
    if fragment & 0x1fff != 0 {
        return Some(true);
    }
    carried(at + header, 4, data, layers)
}

fn ipv6(at: usize, data: &[u8], layers: &mut Layers) -> Option<bool> {
    data.get(at + 39)?;
    if data.get(at)? >> 4 != 6 {
        return None;
    }
    layers.ipv6 = Some(at);
    let length = usize::from(u16_at(data, at + 4)?);
    if length != 0 {
        layers.end = data.len().min(at + 40 + length);
    }
    let mut next = *data.get(at + 6)?;
    let mut p = at + 40;
    // Headers are followed as far as the packet reaches; each is eight bytes at least.
    loop {
        layers.protocol = next;
        let size = match next {
            HOP_BY_HOP | ROUTING | DESTINATION => (usize::from(*data.get(p + 1)?) + 1) * 8,
            FRAGMENT => 8,
            AH => (usize::from(*data.get(p + 1)?) + 2) * 4,
            _ => return Some(carried(p, 6, data, layers)? && p == at + 40),
        };
        if p + size > layers.end {
            return None;
        }
        if next == FRAGMENT {
            let field = u16_at(data, p + 2)?;
            layers.fragment = field & 0xfff9 != 0;
            if field & 0xfff8 != 0 {
                layers.protocol = *data.get(p)?;
                return None;
            }
        }
        next = *data.get(p)?;
        p += size;
    }
}

/// What an IP packet carries.
fn carried(p: usize, version: u8, data: &[u8], layers: &mut Layers) -> Option<bool> {
    let end = layers.end;
    layers.transport = Some(p);
    match (layers.protocol, version) {
        (TCP, _) => {
            let words = data.get(p + 12)? >> 4;
            let header = usize::from(words) * 4;
            layers.payload = p + header.max(20);
            Some(header >= 20 && p + header <= end)
        }
        (UDP, _) => {
            layers.payload = p + 8;
            let length = usize::from(u16_at(data, p + 4)?);
            if length >= 8 {
                layers.end = end.min(p + length);
            }
            layers.service = of_ports(u16_at(data, p)?, u16_at(data, p + 2)?);
            let right = length == 0 || length >= 8;
            Some(right && p + 8 <= end && layers.service != Some(Service::Vxlan))
        }
        (ICMP, 4) => {
            let error = matches!(data.get(p)?, 3..=5 | 11 | 12);
            Some(!error && p + 8 <= end)
        }
        (ICMPV6, 6) => {
            let nested = matches!(data.get(p)?, 1..=4 | 137);
            Some(!nested && p + 8 <= end)
        }
        (IGMP, 4) => Some(p + 8 <= end),
        // It may be another network.
        _ => None,
    }
}
