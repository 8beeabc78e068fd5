//! IPv4 with its options and fragments, and what an IP packet carries.

use super::build::{Cut, Dissection, Step};
use super::field::{Value, fields};
use crate::numbers::protocol::{
    AH, ETHERNET, GRE, ICMP, ICMPV6, IGMP, IPV4 as IN_IPV4, IPV6 as IN_IPV6, TCP, UDP,
};
use crate::text::checksum;
use crate::tree::Names;

/// IP protocols in Wireshark's words.
pub(super) const PROTOCOLS: Names = &[
    (0, "IPv6 Hop-by-Hop Option"),
    (1, "ICMP"),
    (2, "IGMP"),
    (4, "IPIP"),
    (6, "TCP"),
    (17, "UDP"),
    (33, "DCCP"),
    (41, "IPv6"),
    (43, "Routing Header for IPv6"),
    (44, "Fragment Header for IPv6"),
    (46, "Reservation Protocol"),
    (47, "Generic Routing Encapsulation"),
    (50, "Encap Security Payload"),
    (51, "Authentication Header"),
    (58, "ICMPv6"),
    (59, "No Next Header for IPv6"),
    (60, "Destination Options for IPv6"),
    (88, "EIGRP"),
    (89, "OSPF IGP"),
    (103, "Protocol Independent Multicast"),
    (112, "VRRP"),
    (132, "SCTP"),
    (143, "Ethernet"),
];

pub(super) const DSCP: Names = &[
    (0, "Default"),
    (8, "Class Selector 1"),
    (10, "Assured Forwarding 11"),
    (12, "Assured Forwarding 12"),
    (14, "Assured Forwarding 13"),
    (16, "Class Selector 2"),
    (18, "Assured Forwarding 21"),
    (20, "Assured Forwarding 22"),
    (22, "Assured Forwarding 23"),
    (24, "Class Selector 3"),
    (26, "Assured Forwarding 31"),
    (28, "Assured Forwarding 32"),
    (30, "Assured Forwarding 33"),
    (32, "Class Selector 4"),
    (34, "Assured Forwarding 41"),
    (36, "Assured Forwarding 42"),
    (38, "Assured Forwarding 43"),
    (40, "Class Selector 5"),
    (44, "Voice Admit"),
    (46, "Expedited Forwarding"),
    (48, "Class Selector 6"),
    (56, "Class Selector 7"),
];

pub(super) const ECN: Names = &[
    (0, "Not ECN-Capable Transport"),
    (1, "ECN-Capable Transport codepoint '01'"),
    (2, "ECN-Capable Transport codepoint '10'"),
    (3, "Congestion Experienced"),
];

const OPTIONS: Names = &[
    (0, "End of Options List (EOL)"),
    (1, "No-Operation (NOP)"),
    (7, "Record Route"),
    (68, "Time Stamp"),
    (130, "Security"),
    (131, "Loose Source Route"),
    (136, "Stream ID"),
    (137, "Strict Source Route"),
    (148, "Router Alert"),
];

/// What a checksum's status can be, numbered as in Wireshark.
pub(super) const STATUS: Names = &[
    (0, "Bad"),
    (1, "Good"),
    (2, "Unverified"),
    (3, "Not present"),
];

fields! {
    PROTOCOL = "ip", "Internet Protocol Version 4", Protocol;
    VERSION = "ip.version", "Version", Decimal;
    HEADER_LENGTH = "ip.hdr_len", "Header Length", Decimal;
    TRAFFIC_CLASS = "ip.dsfield", "Differentiated Services Field", Hex(2);
    CODEPOINT = "ip.dsfield.dscp", "Differentiated Services Codepoint", Decimal, DSCP;
    CONGESTION = "ip.dsfield.ecn", "Explicit Congestion Notification", Decimal, ECN;
    LENGTH = "ip.len", "Total Length", Decimal;
    ID = "ip.id", "Identification", Hex(4);
    FLAGS = "ip.flags", "Flags", Hex(1);
    RESERVED = "ip.flags.rb", "Reserved bit", Bool;
    DONT_FRAGMENT = "ip.flags.df", "Don't fragment", Bool;
    MORE_FRAGMENTS = "ip.flags.mf", "More fragments", Bool;
    OFFSET = "ip.frag_offset", "Fragment Offset", Decimal;
    TTL = "ip.ttl", "Time to Live", Decimal;
    CARRIES = "ip.proto", "Protocol", Decimal, PROTOCOLS;
    CHECKSUM = "ip.checksum", "Header Checksum", Hex(4);
    CHECKSUM_STATUS = "ip.checksum.status", "Header checksum status", Decimal, STATUS;
    SOURCE = "ip.src", "Source Address", Ipv4;
    DESTINATION = "ip.dst", "Destination Address", Ipv4;
    OPTION = "ip.opt", "IP Option", Protocol;
    OPTION_TYPE = "ip.opt.type", "Type", Decimal, OPTIONS;
    OPTION_LENGTH = "ip.opt.len", "Length", Decimal;
    OPTION_POINTER = "ip.opt.ptr", "Pointer", Decimal;
    OPTION_ALERT = "ip.opt.ra", "Router Alert", Decimal;
    OPTION_DATA = "ip.opt.data", "Data", Bytes;
    RECORDED = "ip.rec_rt", "Recorded Route", Ipv4;
    ROUTE = "ip.src_rt", "Source Route", Ipv4;
    UNFILLED = "ip.empty_rt", "Empty Route", Ipv4;
}

impl Dissection<'_> {
    /// The packet at `p`.
    pub(super) fn ipv4(&mut self, p: usize) -> Step {
        self.deeper(|d| d.ipv4_packet(p))
    }

    fn ipv4_packet(&mut self, p: usize) -> Step {
        let first = self.u8(p)?;
        let header = usize::from(first & 0xf) * 4;
        let index = self.protocol(&PROTOCOL, p, header.max(20))?;
        self.nest(|d| d.ipv4_header(p, header, index))?;
        let total = usize::from(self.u16(p + 2)?);
        let fragment = self.u16(p + 6)?;
        let protocol = self.u8(p + 9)?;
        // A length of 0 is what segmentation offload leaves.
        let end = if total == 0 {
            self.data.len()
        } else {
            p + total
        };
        self.within(end, |d| {
            let at = p + header;
            // Only the first fragment has the header of what is carried.
            if fragment & 0x1fff != 0 {
                return d.rest(at);
            }
            d.carried(at, protocol, 4)
        })
    }

    fn ipv4_header(&mut self, p: usize, header: usize, index: usize) -> Step {
        self.bits(&VERSION, p, 1, 0xf0)?;
        let version = self.u8(p)? >> 4;
        let words = self.bits(&HEADER_LENGTH, p, 1, 0x0f)?;
        if let Some(node) = self.nodes.last_mut() {
            // Shown and compared in bytes, as in Wireshark.
            node.value = Value::Unsigned(header as u64);
        }
        self.label_header_length(words, header);
        if version != 4 || header < 20 {
            self.remark(p, format_args!("Bogus IP version or header length"))?;
            return Err(Cut::Wrong);
        }
        self.number(&TRAFFIC_CLASS, p + 1, 1)?;
        self.nest(|d| {
            d.bits(&CODEPOINT, p + 1, 1, 0xfc)?;
            d.bits(&CONGESTION, p + 1, 1, 0x03)
        })?;
        let total = self.number(&LENGTH, p + 2, 2)? as usize;
        if total != 0 && total < header {
            self.remark(
                p + 2,
                format_args!("Bogus IP length ({total}, less than header length {header})"),
            )?;
            return Err(Cut::Wrong);
        }
        let id = self.number(&ID, p + 4, 2)?;
        self.after_last(format_args!(" ({id})"));
        self.ipv4_flags(p + 6)?;
        // Filters have it in units of eight bytes, as it is in the packet; the line shows bytes.
        let units = self.bits(&OFFSET, p + 6, 2, 0x1fff)?;
        if self.labels {
            let bits = super::node::bits(units, 0x1fff, 16);
            let last = self.nodes.len().wrapping_sub(1);
            self.label(
                last,
                format_args!("{bits} = Fragment Offset: {}", units * 8),
            );
        }
        self.number(&TTL, p + 8, 1)?;
        self.number(&CARRIES, p + 9, 1)?;
        let sum = self.slice(p, header).map(|bytes| checksum(&[bytes]));
        self.number(&CHECKSUM, p + 10, 2)?;
        let status = match sum {
            Ok(0) => 1,
            Ok(_) => 0,
            Err(_) => 2,
        };
        self.after_last(format_args!("{}", checksum_note(status)));
        self.generated(&CHECKSUM_STATUS, p + 10, Value::Unsigned(status))?;
        let source = self.ipv4_address(&SOURCE, p + 12)?;
        let destination = self.ipv4_address(&DESTINATION, p + 16)?;
        self.label(
            index,
            format_args!("Internet Protocol Version 4, Src: {source}, Dst: {destination}"),
        );
        self.ipv4_options(p + 20, p + header)
    }

    /// `0101 = Header Length: 20 bytes (5)` of the last node.
    fn label_header_length(&mut self, words: u32, header: usize) {
        let bits = format!("{words:04b}");
        let index = self.nodes.len().wrapping_sub(1);
        self.label(
            index,
            format_args!(".... {bits} = Header Length: {header} bytes ({words})"),
        );
    }

    fn ipv4_flags(&mut self, p: usize) -> Step {
        let flags = self.bits(&FLAGS, p, 1, 0xe0)?;
        let mut names = String::new();
        for (bit, name) in [
            (4, "Reserved bit"),
            (2, "Don't fragment"),
            (1, "More fragments"),
        ] {
            if flags & bit != 0 {
                names += ", ";
                names += name;
            }
        }
        self.after_last(format_args!("{names}"));
        self.nest(|d| {
            d.bits(&RESERVED, p, 1, 0x80)?;
            d.bits(&DONT_FRAGMENT, p, 1, 0x40)?;
            d.bits(&MORE_FRAGMENTS, p, 1, 0x20)?;
            Ok(())
        })
    }

    fn ipv4_options(&mut self, mut p: usize, end: usize) -> Step {
        while p < end {
            let kind = self.u8(p)?;
            let length = if kind < 2 {
                1
            } else {
                usize::from(self.u8(p + 1)?)
            };
            if length == 0 || (kind >= 2 && length < 2) || p + length > end {
                self.remark(p, format_args!("Invalid length for option"))?;
                return Ok(());
            }
            let index = self.add(&OPTION, p, length, Value::None)?;
            let name = OPTION_TYPE.value_name(kind.into()).unwrap_or("Unknown");
            self.label(index, format_args!("IP Option - {name}"));
            self.nest(|d| d.ipv4_option(p, kind, length))?;
            p += length;
            if kind == 0 {
                break;
            }
        }
        Ok(())
    }

    fn ipv4_option(&mut self, p: usize, kind: u8, length: usize) -> Step {
        self.number(&OPTION_TYPE, p, 1)?;
        if kind < 2 {
            return Ok(());
        }
        self.number(&OPTION_LENGTH, p + 1, 1)?;
        match kind {
            7 | 131 | 137 if length >= 3 => {
                let pointer = self.number(&OPTION_POINTER, p + 2, 1)? as usize;
                let mut at = 3;
                while at + 4 <= length {
                    let field = match kind {
                        7 if at + 1 < pointer => &RECORDED,
                        7 => &UNFILLED,
                        _ => &ROUTE,
                    };
                    self.ipv4_address(field, p + at)?;
                    at += 4;
                }
                Ok(())
            }
            148 if length == 4 => self.number(&OPTION_ALERT, p + 2, 2).map(|_| ()),
            _ if length > 2 => self.bytes(&OPTION_DATA, p + 2, length - 2),
            _ => Ok(()),
        }
    }

    /// What an IP packet carries from `p` to the end.
    pub(super) fn carried(&mut self, p: usize, protocol: u8, version: u8) -> Step {
        match (protocol, version) {
            (TCP, _) => self.tcp(p),
            (UDP, _) => self.udp(p),
            (ICMP, 4) => self.icmp(p),
            (ICMPV6, 6) => self.icmpv6(p),
            (IGMP, 4) => self.igmp(p),
            (IN_IPV4, _) => self.ipv4(p),
            (IN_IPV6, _) => self.ipv6(p),
            (GRE, _) => self.gre(p),
            (AH, 4) => {
                let next = self.authentication(p)?;
                let length = (usize::from(self.u8(p + 1)?) + 2) * 4;
                self.deeper(|d| d.carried(p + length, next, 4))
            }
            (ETHERNET, 6) => self.deeper(|d| d.ethernet(p)),
            _ => self.rest(p),
        }
    }
}

/// What is written behind a checksum.
pub(super) fn checksum_note(status: u64) -> &'static str {
    match status {
        0 => " [incorrect]",
        1 => " [correct]",
        _ => " [unverified]",
    }
}
