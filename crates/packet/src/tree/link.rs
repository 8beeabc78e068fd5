//! The outermost layer where it is not Ethernet.

use super::build::{Cut, Dissection, Step};
use super::field::{Value, fields};
use crate::LinkType;
use crate::tree::Names;

const DIRECTIONS: Names = &[
    (0, "Unicast to us"),
    (1, "Broadcast"),
    (2, "Multicast"),
    (3, "Unicast to another host"),
    (4, "Sent by us"),
];

/// Kinds of interface, of `linux/if_arp.h`.
const HARDWARE: Names = &[
    (1, "Ethernet"),
    (768, "IPIP tunnel"),
    (769, "IP6IP6 tunnel"),
    (772, "Loopback"),
    (776, "IPv6-in-IPv4 tunnel"),
    (778, "GRE over IP"),
    (823, "GRE over IPv6"),
    (0xfffe, "None"),
];

const FAMILIES: Names = &[(2, "IP"), (24, "IPv6"), (28, "IPv6"), (30, "IPv6")];

fields! {
    SLL = "sll", "Linux cooked capture", Protocol;
    DIRECTION = "sll.pkttype", "Packet type", Decimal, DIRECTIONS;
    KIND = "sll.hatype", "Link-layer address type", Decimal, HARDWARE;
    ADDRESS_LENGTH = "sll.halen", "Link-layer address length", Decimal;
    ADDRESS = "sll.src.eth", "Source", Ether;
    OTHER_ADDRESS = "sll.src.other", "Source", Bytes;
    UNUSED = "sll.unused", "Unused", Bytes;
    TYPE = "sll.etype", "Protocol", Hex(4);
    INTERFACE = "sll.ifindex", "Interface index", Decimal;
    NULL = "null", "Null/Loopback", Protocol;
    FAMILY = "null.family", "Family", Decimal, FAMILIES;
    RAW = "raw", "Raw packet data", Protocol;
}

impl Dissection<'_> {
    pub(super) fn link_layer(&mut self, link: LinkType) -> Step {
        match link {
            LinkType::Ethernet => self.ethernet(0),
            LinkType::LinuxSll => self.sll(),
            LinkType::LinuxSll2 => self.sll2(),
            LinkType::Null | LinkType::Loop => self.loopback(),
            LinkType::RawIp | LinkType::Ipv4 | LinkType::Ipv6 => {
                self.protocol(&RAW, 0, 0)?;
                self.ip(0)
            }
            LinkType::Other(_) => self.rest(0),
        }
    }

    /// An IP packet of the version that its first bits say.
    pub(super) fn ip(&mut self, p: usize) -> Step {
        match self.u8(p)? >> 4 {
            4 => self.ipv4(p),
            6 => self.ipv6(p),
            _ => self.rest(p),
        }
    }

    fn sll(&mut self) -> Step {
        let index = self.protocol(&SLL, 0, 16)?;
        self.label(index, format_args!("Linux cooked capture v1"));
        let kind = self.nest(|d| {
            d.number(&DIRECTION, 0, 2)?;
            let hardware = d.number(&KIND, 2, 2)?;
            let length = d.number(&ADDRESS_LENGTH, 4, 2)?;
            d.sll_address(6, hardware, length)?;
            let kind = d.u16(14)?;
            d.number(&TYPE, 14, 2)?;
            Ok(kind)
        })?;
        self.ethertype(16, kind)
    }

    fn sll2(&mut self) -> Step {
        let index = self.protocol(&SLL, 0, 20)?;
        self.label(index, format_args!("Linux cooked capture v2"));
        let kind = self.nest(|d| {
            let kind = d.u16(0)?;
            d.number(&TYPE, 0, 2)?;
            d.number(&INTERFACE, 4, 4)?;
            let hardware = d.number(&KIND, 8, 2)?;
            d.number(&DIRECTION, 10, 1)?;
            let length = d.number(&ADDRESS_LENGTH, 11, 1)?;
            d.sll_address(12, hardware, length)?;
            Ok(kind)
        })?;
        self.ethertype(20, kind)
    }

    /// The address in its field of eight bytes.
    fn sll_address(&mut self, p: usize, _hardware: u64, length: u64) -> Step {
        let length = usize::try_from(length).map_err(|_| Cut::Wrong)?.min(8);
        if length == 6 {
            self.ether(&ADDRESS, p)?;
        } else if length > 0 {
            self.bytes(&OTHER_ADDRESS, p, length)?;
        }
        if length < 8 {
            self.bytes(&UNUSED, p + length, 8 - length)?;
        }
        Ok(())
    }

    fn loopback(&mut self) -> Step {
        self.protocol(&NULL, 0, 4)?;
        // The order is that of the machine that captured; families are small numbers.
        let family = match u32::from_le_bytes(self.array(0)?) {
            family if family & 0xffff_0000 != 0 => family.swap_bytes(),
            family => family,
        };
        self.nest(|d| d.add(&FAMILY, 0, 4, Value::Unsigned(family.into())))?;
        match family {
            2 => self.ipv4(4),
            24 | 28 | 30 => self.ipv6(4),
            _ => self.rest(4),
        }
    }
}
