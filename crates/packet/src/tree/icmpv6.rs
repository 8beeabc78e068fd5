//! ICMP for IPv6; neighbour discovery and listener discovery are in files of their own.

use super::build::{Dissection, Step};
use super::field::fields;
use crate::tree::Names;

pub(crate) const TYPES: Names = &[
    (1, "Destination Unreachable"),
    (2, "Packet Too Big"),
    (3, "Time Exceeded"),
    (4, "Parameter Problem"),
    (128, "Echo (ping) request"),
    (129, "Echo (ping) reply"),
    (130, "Multicast Listener Query"),
    (131, "Multicast Listener Report"),
    (132, "Multicast Listener Done"),
    (133, "Router Solicitation"),
    (134, "Router Advertisement"),
    (135, "Neighbor Solicitation"),
    (136, "Neighbor Advertisement"),
    (137, "Redirect"),
    (143, "Multicast Listener Report Message v2"),
];

const UNREACHABLE: Names = &[
    (0, "no route to destination"),
    (1, "Administratively prohibited"),
    (2, "Beyond scope of source address"),
    (3, "Address unreachable"),
    (4, "Port unreachable"),
    (5, "Source address failed ingress/egress policy"),
    (6, "Reject route to destination"),
];
const EXCEEDED: Names = &[
    (0, "hop limit exceeded in transit"),
    (1, "fragment reassembly time exceeded"),
];
const PROBLEMS: Names = &[
    (0, "erroneous header field encountered"),
    (1, "unrecognized Next Header type encountered"),
    (2, "unrecognized IPv6 option encountered"),
];

fields! {
    PROTOCOL = "icmpv6", "Internet Control Message Protocol v6", Protocol;
    TYPE = "icmpv6.type", "Type", Decimal, TYPES;
    CODE = "icmpv6.code", "Code", Decimal;
    CHECKSUM = "icmpv6.checksum", "Checksum", Hex(4);
    RESERVED = "icmpv6.reserved", "Reserved", Bytes;
    MTU = "icmpv6.mtu", "MTU", Decimal;
    POINTER = "icmpv6.pointer", "Pointer", Decimal;
    ID = "icmpv6.echo.identifier", "Identifier", Hex(4);
    SEQUENCE = "icmpv6.echo.sequence_number", "Sequence", Decimal;
}

/// What a code says of a message of this type.
pub(crate) fn code_name(kind: u8, code: u8) -> Option<&'static str> {
    let names = match kind {
        1 => UNREACHABLE,
        3 => EXCEEDED,
        4 => PROBLEMS,
        _ => return None,
    };
    names
        .iter()
        .find(|(number, _)| *number == u32::from(code))
        .map(|(_, name)| *name)
}

impl Dissection<'_> {
    pub(super) fn icmpv6(&mut self, p: usize) -> Step {
        let length = self.remaining(p);
        self.protocol(&PROTOCOL, p, length)?;
        let kind = self.u8(p)?;
        self.nest(|d| {
            d.number(&TYPE, p, 1)?;
            let code = d.u8(p + 1)?;
            d.number(&CODE, p + 1, 1)?;
            if let Some(name) = code_name(kind, code) {
                d.after_last(format_args!(" ({name})"));
            }
            // It covers the addresses, which are no longer at hand.
            d.number(&CHECKSUM, p + 2, 2)?;
            d.after_last(format_args!(" [unverified]"));
            match kind {
                1 | 3 => {
                    d.bytes(&RESERVED, p + 4, 4)?;
                    d.quoted(|d| d.ipv6(p + 8))
                }
                2 => {
                    d.number(&MTU, p + 4, 4)?;
                    d.quoted(|d| d.ipv6(p + 8))
                }
                4 => {
                    d.number(&POINTER, p + 4, 4)?;
                    d.quoted(|d| d.ipv6(p + 8))
                }
                128 | 129 => {
                    d.number(&ID, p + 4, 2)?;
                    d.number(&SEQUENCE, p + 6, 2)?;
                    d.rest(p + 8)
                }
                130..=132 | 143 => d.mld(p, kind),
                133..=137 => d.neighbour_discovery(p, kind),
                _ => d.rest(p + 4),
            }
        })
    }
}
