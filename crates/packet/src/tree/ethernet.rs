//! Ethernet and VLAN tags.

use super::build::{Dissection, Step};
use super::field::{Colons, fields};
use crate::numbers::ethertype::{
    ARP, IPV4, IPV6, LLDP, LONGEST_802_3, QINQ, RARP, TRANSPARENT_ETHERNET, VLAN, VLAN_9100,
    VLAN_9200,
};
use crate::tree::Names;

/// EtherTypes in Wireshark's words.
const TYPES: Names = &[
    (0x0800, "IPv4"),
    (0x0806, "ARP"),
    (0x6558, "Transparent Ethernet bridging"),
    (0x8035, "RARP"),
    (0x8100, "802.1Q Virtual LAN"),
    (0x86dd, "IPv6"),
    (0x8847, "MPLS label switched packet"),
    (0x8848, "MPLS multicast label switched packet"),
    (0x8863, "PPPoE Discovery"),
    (0x8864, "PPPoE Session"),
    (0x888e, "802.1X Authentication"),
    (0x88a8, "802.1ad Provider Bridge (Q-in-Q)"),
    (0x88cc, "802.1 Link Layer Discovery Protocol (LLDP)"),
    (0x88e5, "802.1AE (MACsec)"),
    (0x9000, "Loopback"),
    (0x9100, "QinQ: old non-standard 802.1ad"),
];

const PRIORITIES: Names = &[
    (0, "Best Effort (default)"),
    (1, "Background"),
    (2, "Spare"),
    (3, "Excellent Effort"),
    (4, "Controlled Load"),
    (5, "Video, < 100ms latency and jitter"),
    (6, "Voice, < 10ms latency and jitter"),
    (7, "Network Control"),
];

const INDIVIDUAL: Names = &[(0, "Ineligible"), (1, "Eligible")];

fields! {
    PROTOCOL = "eth", "Ethernet II", Protocol;
    DESTINATION = "eth.dst", "Destination", Ether;
    SOURCE = "eth.src", "Source", Ether;
    TYPE = "eth.type", "Type", Hex(4), TYPES;
    LENGTH = "eth.len", "Length", Decimal;
    PADDING = "eth.padding", "Padding", Bytes;
    TRAILER = "eth.trailer", "Trailer", Bytes;
    DOT1Q = "vlan", "802.1Q Virtual LAN", Protocol;
    PRIORITY = "vlan.priority", "Priority", Decimal, PRIORITIES;
    DEI = "vlan.dei", "DEI", Decimal, INDIVIDUAL;
    ID = "vlan.id", "ID", Decimal;
    INNER_TYPE = "vlan.etype", "Type", Hex(4), TYPES;
    INNER_LENGTH = "vlan.len", "Length", Decimal;
    DOT1AD = "ieee8021ad", "IEEE 802.1ad", Protocol;
    AD_PRIORITY = "ieee8021ad.priority", "Priority", Decimal;
    AD_DEI = "ieee8021ad.dei", "DEI", Decimal;
    AD_ID = "ieee8021ad.id", "ID", Decimal;
}

/// Bytes of a header without tags.
const HEADER: usize = 14;

/// The shortest frame without its check sequence: shorter ones are padded up to it.
const SHORTEST: usize = 60;

impl Dissection<'_> {
    /// The frame at `p`, to the end of the readable bytes.
    pub(super) fn ethernet(&mut self, p: usize) -> Step {
        let index = self.protocol(&PROTOCOL, p, HEADER)?;
        let kind = self.nest(|d| {
            let destination = d.ether(&DESTINATION, p)?;
            let source = d.ether(&SOURCE, p + 6)?;
            let kind = d.u16(p + 12)?;
            let old = kind <= LONGEST_802_3;
            d.label(
                index,
                format_args!(
                    "{}, Src: {}, Dst: {}",
                    if old {
                        "IEEE 802.3 Ethernet"
                    } else {
                        "Ethernet II"
                    },
                    Colons(&source),
                    Colons(&destination),
                ),
            );
            d.number(if old { &LENGTH } else { &TYPE }, p + 12, 2)?;
            // Tags come between, but what is behind the packet belongs to the frame.
            if let Some(end) = d.payload_end(p + HEADER, kind) {
                let rest = d.remaining(end);
                let short = (p + SHORTEST).saturating_sub(end).min(rest);
                // Padding is zeros; anything else is somebody's.
                let zeros = d.slice(end, short)?.iter().all(|byte| *byte == 0);
                let padded = if zeros { short } else { 0 };
                if padded > 0 {
                    d.bytes(&PADDING, end, padded)?;
                }
                if rest > padded {
                    d.bytes(&TRAILER, end + padded, rest - padded)?;
                }
            }
            Ok(kind)
        })?;
        self.ethernet_payload(p + HEADER, kind)
    }

    /// Where the payload of a frame ends by its own account, if it says so and is whole.
    fn payload_end(&self, mut p: usize, mut kind: u16) -> Option<usize> {
        while matches!(kind, VLAN | QINQ | VLAN_9100 | VLAN_9200) {
            kind = self.u16(p + 2).ok()?;
            p += 4;
        }
        let length = match kind {
            IPV4 => usize::from(self.u16(p + 2).ok()?).max(20),
            IPV6 => 40 + usize::from(self.u16(p + 4).ok()?),
            ARP | RARP => {
                let (hardware, protocol) = (self.u8(p + 4).ok()?, self.u8(p + 5).ok()?);
                8 + 2 * (usize::from(hardware) + usize::from(protocol))
            }
            length @ ..=LONGEST_802_3 => length.into(),
            _ => return None,
        };
        let end = p + length;
        (end <= self.data.len()).then_some(end)
    }

    /// What follows the type or length `kind`.
    fn ethernet_payload(&mut self, p: usize, kind: u16) -> Step {
        match kind {
            VLAN | VLAN_9100 | VLAN_9200 => self.tag(p, false),
            QINQ => self.tag(p, true),
            ..=LONGEST_802_3 => {
                let end = p + usize::from(kind);
                self.within(end, |d| d.llc(p))
            }
            _ => self.ethertype(p, kind),
        }
    }

    fn tag(&mut self, p: usize, provider: bool) -> Step {
        self.deeper(|d| {
            let index = d.protocol(if provider { &DOT1AD } else { &DOT1Q }, p, 4)?;
            let kind = d.nest(|d| {
                let fields = if provider {
                    [&AD_PRIORITY, &AD_DEI, &AD_ID]
                } else {
                    [&PRIORITY, &DEI, &ID]
                };
                let mut values = [0; 3];
                // The places of Wireshark, which differ between the two tags.
                let places = if provider {
                    [(1, 0xe0), (1, 0x10), (2, 0x0fff)]
                } else {
                    [(2, 0xe000), (2, 0x1000), (2, 0x0fff)]
                };
                for ((value, field), (length, mask)) in values.iter_mut().zip(fields).zip(places) {
                    *value = d.bits(field, p, length, mask)?;
                }
                let title = if provider {
                    "IEEE 802.1ad"
                } else {
                    "802.1Q Virtual LAN"
                };
                let [priority, dei, id] = values;
                d.label(
                    index,
                    format_args!("{title}, PRI: {priority}, DEI: {dei}, ID: {id}"),
                );
                let kind = d.u16(p + 2)?;
                let field = if kind <= LONGEST_802_3 {
                    &INNER_LENGTH
                } else {
                    &INNER_TYPE
                };
                d.number(field, p + 2, 2)?;
                Ok(kind)
            })?;
            d.ethernet_payload(p + 4, kind)
        })
    }

    /// The payload after an EtherType.
    pub(super) fn ethertype(&mut self, p: usize, kind: u16) -> Step {
        match kind {
            IPV4 => self.ipv4(p),
            IPV6 => self.ipv6(p),
            ARP | RARP => self.arp(p),
            LLDP => self.lldp(p),
            TRANSPARENT_ETHERNET => self.deeper(|d| d.ethernet(p)),
            VLAN => self.tag(p, false),
            QINQ => self.tag(p, true),
            _ => self.rest(p),
        }
    }
}
