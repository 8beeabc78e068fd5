//! Values that are read from the raw bytes of a plain packet, without dissecting it.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::bytes::{array, slice};
use crate::layers::Layers;
use crate::numbers::protocol::{ICMP, ICMPV6, IGMP, TCP, UDP};
use crate::text::checksum;
use crate::tree::Value;

/// Where a value is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quick {
    base: Base,
    offset: usize,
    length: usize,
    form: Form,
}

/// The layer that an offset counts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Base {
    Ethernet,
    Vlan,
    Arp,
    Ipv4,
    Ipv6,
    Tcp,
    Udp,
    Icmp,
    Icmpv6,
    Igmp,
}

/// What a value is made of.
#[derive(Clone, Copy, Debug)]
enum Form {
    /// It is only there.
    Layer,
    Number {
        mask: u32,
        factor: u32,
    },
    Bit(u32),
    Ipv4,
    Ipv6,
    Ether,
    /// Whether the checksum of an IPv4 header is right.
    HeaderChecksum,
}

use Base::{Arp, Ethernet, Icmp, Icmpv6, Igmp, Ipv4, Ipv6, Tcp, Udp, Vlan};

const fn layer(base: Base) -> Quick {
    at(base, 0, 0, Form::Layer)
}

const fn at(base: Base, offset: usize, length: usize, form: Form) -> Quick {
    Quick {
        base,
        offset,
        length,
        form,
    }
}

const fn number(base: Base, offset: usize, length: usize) -> Quick {
    bits(base, offset, length, u32::MAX)
}

const fn bits(base: Base, offset: usize, length: usize, mask: u32) -> Quick {
    at(base, offset, length, Form::Number { mask, factor: 1 })
}

const fn scaled(base: Base, offset: usize, length: usize, mask: u32, factor: u32) -> Quick {
    at(base, offset, length, Form::Number { mask, factor })
}

const fn bit(base: Base, offset: usize, length: usize, mask: u32) -> Quick {
    at(base, offset, length, Form::Bit(mask))
}

/// The fields that can be had this way. A test compares each with the tree on arbitrary packets.
static TABLE: &[(&str, Quick)] = &[
    ("arp", layer(Arp)),
    ("arp.dst.hw_mac", at(Arp, 18, 6, Form::Ether)),
    ("arp.dst.proto_ipv4", at(Arp, 24, 4, Form::Ipv4)),
    ("arp.opcode", number(Arp, 6, 2)),
    ("arp.src.hw_mac", at(Arp, 8, 6, Form::Ether)),
    ("arp.src.proto_ipv4", at(Arp, 14, 4, Form::Ipv4)),
    ("eth", layer(Ethernet)),
    ("eth.dst", at(Ethernet, 0, 6, Form::Ether)),
    ("eth.src", at(Ethernet, 6, 6, Form::Ether)),
    ("eth.type", number(Ethernet, 12, 2)),
    ("icmp", layer(Icmp)),
    ("icmp.code", number(Icmp, 1, 1)),
    ("icmp.type", number(Icmp, 0, 1)),
    ("icmpv6", layer(Icmpv6)),
    ("icmpv6.code", number(Icmpv6, 1, 1)),
    ("icmpv6.type", number(Icmpv6, 0, 1)),
    ("igmp", layer(Igmp)),
    ("igmp.type", number(Igmp, 0, 1)),
    ("ip", layer(Ipv4)),
    ("ip.checksum.status", at(Ipv4, 0, 0, Form::HeaderChecksum)),
    ("ip.dsfield", number(Ipv4, 1, 1)),
    ("ip.dsfield.dscp", bits(Ipv4, 1, 1, 0xfc)),
    ("ip.dsfield.ecn", bits(Ipv4, 1, 1, 0x03)),
    ("ip.dst", at(Ipv4, 16, 4, Form::Ipv4)),
    ("ip.flags.df", bit(Ipv4, 6, 1, 0x40)),
    ("ip.flags.mf", bit(Ipv4, 6, 1, 0x20)),
    ("ip.frag_offset", bits(Ipv4, 6, 2, 0x1fff)),
    ("ip.hdr_len", scaled(Ipv4, 0, 1, 0x0f, 4)),
    ("ip.id", number(Ipv4, 4, 2)),
    ("ip.len", number(Ipv4, 2, 2)),
    ("ip.proto", number(Ipv4, 9, 1)),
    ("ip.src", at(Ipv4, 12, 4, Form::Ipv4)),
    ("ip.ttl", number(Ipv4, 8, 1)),
    ("ipv6", layer(Ipv6)),
    ("ipv6.dst", at(Ipv6, 24, 16, Form::Ipv6)),
    ("ipv6.flow", bits(Ipv6, 1, 3, 0x000f_ffff)),
    ("ipv6.hlim", number(Ipv6, 7, 1)),
    ("ipv6.nxt", number(Ipv6, 6, 1)),
    ("ipv6.plen", number(Ipv6, 4, 2)),
    ("ipv6.src", at(Ipv6, 8, 16, Form::Ipv6)),
    ("tcp", layer(Tcp)),
    ("tcp.ack_raw", number(Tcp, 8, 4)),
    ("tcp.checksum", number(Tcp, 16, 2)),
    ("tcp.dstport", number(Tcp, 2, 2)),
    ("tcp.flags", bits(Tcp, 12, 2, 0x0fff)),
    ("tcp.flags.ack", bit(Tcp, 13, 1, 0x10)),
    ("tcp.flags.cwr", bit(Tcp, 13, 1, 0x80)),
    ("tcp.flags.ece", bit(Tcp, 13, 1, 0x40)),
    ("tcp.flags.fin", bit(Tcp, 13, 1, 0x01)),
    ("tcp.flags.push", bit(Tcp, 13, 1, 0x08)),
    ("tcp.flags.reset", bit(Tcp, 13, 1, 0x04)),
    ("tcp.flags.syn", bit(Tcp, 13, 1, 0x02)),
    ("tcp.flags.urg", bit(Tcp, 13, 1, 0x20)),
    ("tcp.hdr_len", scaled(Tcp, 12, 1, 0xf0, 4)),
    ("tcp.seq_raw", number(Tcp, 4, 4)),
    ("tcp.srcport", number(Tcp, 0, 2)),
    ("tcp.urgent_pointer", number(Tcp, 18, 2)),
    ("tcp.window_size_value", number(Tcp, 14, 2)),
    ("udp", layer(Udp)),
    ("udp.checksum", number(Udp, 6, 2)),
    ("udp.dstport", number(Udp, 2, 2)),
    ("udp.length", number(Udp, 4, 2)),
    ("udp.srcport", number(Udp, 0, 2)),
    ("vlan", layer(Vlan)),
    ("vlan.id", bits(Vlan, 0, 2, 0x0fff)),
    ("vlan.priority", bits(Vlan, 0, 2, 0xe000)),
];

impl Quick {
    /// How to get at a field, if it can be had this way.
    pub(super) fn of(name: &str) -> Option<Self> {
        let at = TABLE.binary_search_by_key(&name, |(name, _)| name).ok()?;
        TABLE.get(at).map(|(_, quick)| *quick)
    }

    /// The names of all that can be had this way.
    #[cfg(test)]
    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        TABLE.iter().map(|(name, _)| *name)
    }

    /// The value in a plain packet with its bytes, if the packet has it.
    #[inline]
    pub(super) fn value<'a>(&self, layers: &Layers, data: &'a [u8]) -> Option<(Value, &'a [u8])> {
        let transport = |protocol: u8| layers.transport.filter(|_| layers.protocol == protocol);
        let base = match self.base {
            Ethernet => layers.ethernet.then_some(0),
            Vlan => layers.one_vlan.then_some(14),
            Arp => layers.arp,
            Ipv4 => layers.ipv4,
            Ipv6 => layers.ipv6,
            Tcp => transport(TCP),
            Udp => transport(UDP),
            Icmp => transport(ICMP),
            Icmpv6 => transport(ICMPV6),
            Igmp => transport(IGMP),
        }?;
        let p = base + self.offset;
        if let Form::Layer = self.form {
            return Some((Value::None, data.get(p..).unwrap_or_default()));
        }
        let bytes = slice(data, p, self.length)?;
        let raw = || {
            bytes
                .iter()
                .fold(0u32, |value, byte| value << 8 | u32::from(*byte))
        };
        let value = match self.form {
            Form::Layer => Value::None,
            Form::Number { mask, factor } => {
                let bits = (raw() & mask) >> mask.trailing_zeros();
                Value::Unsigned(u64::from(bits) * u64::from(factor))
            }
            Form::Bit(mask) => Value::Bool(raw() & mask != 0),
            Form::Ipv4 => Value::Ipv4(Ipv4Addr::from(array::<4>(bytes, 0)?)),
            Form::Ipv6 => Value::Ipv6(Ipv6Addr::from(array::<16>(bytes, 0)?)),
            Form::Ether => Value::Ether(array(bytes, 0)?),
            Form::HeaderChecksum => {
                let header = usize::from(data.get(p)? & 0xf) * 4;
                Value::Unsigned(u64::from(checksum(&[slice(data, p, header)?]) == 0))
            }
        };
        Some((value, bytes))
    }
}
