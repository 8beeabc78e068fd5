//! GRE (RFC 2784, RFC 2890).

use super::build::{Dissection, Step};
use super::field::fields;

fields! {
    PROTOCOL = "gre", "Generic Routing Encapsulation", Protocol;
    FLAGS = "gre.flags_and_version", "Flags and Version", Hex(4);
    HAS_CHECKSUM = "gre.flags.checksum", "Checksum Bit", Bool;
    HAS_ROUTING = "gre.flags.routing", "Routing Bit", Bool;
    HAS_KEY = "gre.flags.key", "Key Bit", Bool;
    HAS_SEQUENCE = "gre.flags.sequence_number", "Sequence Number Bit", Bool;
    VERSION = "gre.flags.version", "Version", Decimal;
    TYPE = "gre.proto", "Protocol Type", Hex(4);
    CHECKSUM = "gre.checksum", "Checksum", Hex(4);
    OFFSET = "gre.offset", "Offset", Decimal;
    KEY = "gre.key", "Key", Hex(8);
    SEQUENCE = "gre.sequence_number", "Sequence Number", Decimal;
}

impl Dissection<'_> {
    pub(super) fn gre(&mut self, p: usize) -> Step {
        let flags = self.u16(p)?;
        let with = |bit: u16| if flags & bit != 0 { 4 } else { 0 };
        let length = 4 + with(0xc000) + with(0x2000) + with(0x1000);
        let index = self.protocol(&PROTOCOL, p, length)?;
        let kind = self.nest(|d| {
            d.number(&FLAGS, p, 2)?;
            d.nest(|d| {
                d.bits(&HAS_CHECKSUM, p, 2, 0x8000)?;
                d.bits(&HAS_ROUTING, p, 2, 0x4000)?;
                d.bits(&HAS_KEY, p, 2, 0x2000)?;
                d.bits(&HAS_SEQUENCE, p, 2, 0x1000)?;
                d.bits(&VERSION, p, 2, 0x0007)
            })?;
            let kind = d.u16(p + 2)?;
            d.number(&TYPE, p + 2, 2)?;
            let mut at = p + 4;
            if flags & 0xc000 != 0 {
                d.number(&CHECKSUM, at, 2)?;
                d.number(&OFFSET, at + 2, 2)?;
                at += 4;
            }
            if flags & 0x2000 != 0 {
                d.number(&KEY, at, 4)?;
                at += 4;
            }
            if flags & 0x1000 != 0 {
                d.number(&SEQUENCE, at, 4)?;
            }
            Ok(kind)
        })?;
        self.label(
            index,
            format_args!("Generic Routing Encapsulation (0x{kind:04x})"),
        );
        // Version 1 is of PPTP, and routing was never used.
        if flags & 0x4007 != 0 {
            return self.rest(p + length);
        }
        self.ethertype(p + length, kind)
    }
}
