//! The EtherType: its names, and who dissects what follows it.

use super::ethernet::Ends;
use super::walk::{Names, Step, Walk, name, put};
pub(super) use crate::numbers::ethertype::*;

/// Names of EtherTypes, in tcpdump's words (IEEE's registry has the numbers).
pub(super) const NAMES: Names = &[
    (0x0800, "IPv4"),
    (0x8847, "MPLS unicast"),
    (0x8848, "MPLS multicast"),
    (0x86dd, "IPv6"),
    (0x8100, "802.1Q"),
    (0x9100, "802.1Q-9100"),
    (0x88a8, "802.1Q-QinQ"),
    (0x9200, "802.1Q-9200"),
    (0x88e5, "802.1AE MACsec"),
    (0x0200, "PUP"),
    (0x0806, "ARP"),
    (0x8035, "Reverse ARP"),
    (0x0600, "NS"),
    (0x0500, "Sprite"),
    (0x1000, "Trail"),
    (0x6001, "MOP DL"),
    (0x6002, "MOP RC"),
    (0x6003, "DN"),
    (0x6004, "LAT"),
    (0x6007, "SCA"),
    (0x6558, "TEB"),
    (0x8038, "Lanbridge"),
    (0x803c, "DEC DNS"),
    (0x803e, "DEC DTS"),
    (0x805b, "VEXP"),
    (0x805c, "VPROD"),
    (0x809b, "Appletalk"),
    (0x80f3, "Appletalk ARP"),
    (0x8137, "IPX"),
    (0x880b, "PPP"),
    (0x8808, "MPCP"),
    (0x8809, "Slow Protocols"),
    (0x8863, "PPPoE D"),
    (0x8864, "PPPoE S"),
    (0x888e, "EAPOL"),
    (0x8899, "Realtek protocols"),
    (0x886f, "MS NLB heartbeat"),
    (0x8870, "Jumbo"),
    (0x894f, "NSH"),
    (0x9000, "Loopback"),
    (0xfefe, "OSI"),
    (0x00fe, "GRE-OSI"),
    (0xabcd, "CFM (old)"),
    (0x8902, "CFM"),
    (0x893a, "IEEE1905.1"),
    (0x88cc, "LLDP"),
    (0x88ca, "TIPC"),
    (0x0707, "GeoNet (old)"),
    (0x8947, "GeoNet"),
    (0x1111, "CALM FAST"),
    (0x88a2, "AoE"),
    (0x88f7, "PTP"),
    (0xd28b, "Arista Vendor Specific Protocol"),
];

impl Walk<'_> {
    /// `ethertype NAME (0x0000)`.
    pub(super) fn put_ethertype(&mut self, ethertype: u16) {
        let name = name(NAMES, ethertype.into()).unwrap_or("Unknown");
        put!(self, "ethertype {name} (0x{ethertype:04x})");
    }

    /// The payload after an EtherType. Returns false, having printed nothing, if it is not known.
    pub(super) fn ethertype(
        &mut self,
        ethertype: u16,
        p: usize,
        length: u32,
        _ends: Option<Ends>,
    ) -> Step<bool> {
        match ethertype {
            IPV4 => self.ipv4(p, length)?,
            IPV6 => self.ipv6(p, length)?,
            ARP | RARP => self.arp(p, length)?,
            LLDP => self.lldp(p, length)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}
