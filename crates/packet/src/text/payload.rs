//! What an IP packet carries: dispatch by protocol number, and the protocols of few lines.

use super::walk::{Names, Step, Walk, name, put};
pub(super) use crate::numbers::protocol::*;

/// Names of protocol numbers, as detail (`-v`) shows them.
pub(super) const PROTOCOLS: Names = &[
    (0, "Options"),
    (1, "ICMP"),
    (2, "IGMP"),
    (4, "IPIP"),
    (6, "TCP"),
    (8, "EGP"),
    (9, "IGRP"),
    (17, "UDP"),
    (33, "DCCP"),
    (41, "IPv6"),
    (43, "Routing"),
    (44, "Fragment"),
    (46, "RSVP"),
    (47, "GRE"),
    (50, "ESP"),
    (51, "AH"),
    (55, "Mobile IP"),
    (58, "ICMPv6"),
    (62, "Mobile IP (old)"),
    (135, "Mobility"),
    (88, "EIGRP"),
    (89, "OSPF"),
    (103, "PIM"),
    (108, "Compressed IP"),
    (112, "VRRP"),
    (113, "PGM"),
    (132, "SCTP"),
    (143, "Ethernet"),
];

/// The IP header around a payload.
#[derive(Clone, Copy)]
pub(super) struct Ip {
    /// Where it starts.
    pub(super) at: usize,
    /// 4 or 6.
    pub(super) version: u8,
}

/// Does the dissector of this protocol print the addresses itself, with the ports?
pub(super) fn has_ports(protocol: u8) -> bool {
    matches!(protocol, TCP | UDP)
}

impl Walk<'_> {
    /// The payload at `p` of the packet `ip`.
    pub(super) fn payload(
        &mut self,
        mut p: usize,
        mut length: u32,
        ip: Ip,
        fragmented: bool,
        mut protocol: u8,
    ) -> Step {
        while protocol == AH {
            if !self.has(p, 1) {
                self.protocol = "ah";
                self.truncated();
                return Ok(());
            }
            protocol = self.u8(p)?;
            let header = self.authentication(p)?;
            p += header;
            length = length.wrapping_sub(header as u32);
        }
        match (protocol, ip.version) {
            (TCP, _) => self.tcp(p, length, ip, fragmented)?,
            (UDP, _) => self.udp(p, length, ip, fragmented)?,
            (ICMP, 4) => self.icmp(p, length, fragmented)?,
            (ICMPV6, 6) => self.icmpv6(p, length, ip, fragmented)?,
            (IGMP, 4) => self.igmp(p, length)?,
            (ICMP | IGMP, _) => self.requires(protocol, 4),
            (ICMPV6, _) | (ETHERNET, 4) => self.requires(protocol, 6),
            (ETHERNET, _) => self.ethernet_inside(p, length)?,
            (IPV4, _) => self.ipv4(p, length)?,
            (IPV6, _) => self.ipv6(p, length)?,
            (GRE, _) => self.gre(p, length)?,
            (ESP, _) => {
                self.protocol = "esp";
                // Something must follow the two numbers.
                if !self.has(p, 9) {
                    self.truncated();
                    return Ok(());
                }
                let (index, sequence) = (self.u32(p)?, self.u32(p + 4)?);
                put!(
                    self,
                    "ESP(spi=0x{index:08x},seq=0x{sequence:x}), length {length}"
                );
            }
            (IPCOMP, _) => {
                self.protocol = "ipcomp";
                let index = self.u16(p + 2)?;
                put!(self, "IPComp(cpi=0x{index:04x})");
            }
            (NO_NEXT, _) => self.put("no next header"),
            (ND, _) => put!(self, " nd {length}"),
            _ => put!(self, " ip-proto-{protocol} {length}"),
        }
        Ok(())
    }

    fn requires(&mut self, protocol: u8, version: u8) {
        let name = name(PROTOCOLS, protocol.into()).unwrap_or("unknown");
        put!(self, "[{name} requires IPv{version}]");
        self.invalid();
    }

    /// An authentication header (RFC 4302). Returns its length.
    fn authentication(&mut self, p: usize) -> Step<usize> {
        self.protocol = "ah";
        self.put("AH");
        let words = self.u8(p + 1)?;
        let length = (usize::from(words) + 2) * 4;
        self.put("(");
        if self.verbose() {
            put!(self, "length={words}({length}-bytes),");
        }
        let reserved = self.u16(p + 2)?;
        if reserved != 0 {
            put!(self, "reserved=0x{reserved:x}[MustBeZero],");
        }
        put!(self, "spi=0x{:08x},", self.u32(p + 4)?);
        put!(self, "seq=0x{:x},icv=0x", self.u32(p + 8)?);
        for at in 12..length {
            self.hex_bytes(p + at, 1, None)?;
        }
        self.put("): ");
        Ok(length)
    }

    /// Whether the protocol number in the IP header itself is `protocol`; if not, an extension header stands
    /// between and the addresses are printed already.
    pub(super) fn directly_in(&self, ip: Ip, protocol: u8) -> Step<bool> {
        let at = if ip.version == 6 {
            ip.at + 6
        } else {
            ip.at + 9
        };
        Ok(self.u8(at)? == protocol)
    }

    /// The source (0) or destination (1) address of a packet.
    pub(super) fn ip_address(&mut self, ip: Ip, which: usize) -> Step {
        if ip.version == 6 {
            self.ipv6_address(ip.at + 8 + 16 * which)
        } else {
            self.ipv4_address(ip.at + 12 + 4 * which)
        }
    }

    /// `source.port > destination.port`, or only the ports if the addresses are printed already.
    pub(super) fn put_ports(
        &mut self,
        ip: Ip,
        protocol: u8,
        source: u16,
        destination: u16,
    ) -> Step {
        let addresses = self.directly_in(ip, protocol)?;
        if addresses {
            self.ip_address(ip, 0)?;
            self.put(".");
        }
        self.num(source);
        self.put(" > ");
        if addresses {
            self.ip_address(ip, 1)?;
            self.put(".");
        }
        self.num(destination);
        self.put(": ");
        Ok(())
    }
}
