//! 802.2 logical link control.

use super::build::{Dissection, Step};
use super::field::fields;
use crate::tree::Names;

const SAPS: Names = &[
    (0x00, "NULL LSAP"),
    (0x06, "TCP/IP"),
    (0x42, "Spanning Tree BPDU"),
    (0xaa, "SNAP"),
    (0xe0, "NetWare"),
    (0xf0, "NetBIOS"),
    (0xfe, "ISO Network Layer"),
];

fields! {
    PROTOCOL = "llc", "Logical-Link Control", Protocol;
    TO = "llc.dsap", "DSAP", Hex(2), SAPS;
    FROM = "llc.ssap", "SSAP", Hex(2), SAPS;
    CONTROL = "llc.control", "Control field", Hex(4);
    ORGANIZATION = "llc.oui", "Organization Code", Hex(6);
    TYPE = "llc.type", "Type", Hex(4);
}

impl Dissection<'_> {
    pub(super) fn llc(&mut self, p: usize) -> Step {
        let (to, control) = (self.u8(p)?, self.u8(p + 2)?);
        // Unnumbered frames have one byte of control, others two.
        let short = control & 3 == 3;
        let snap = to == 0xaa && short;
        let length = if short { 3 } else { 4 } + if snap { 5 } else { 0 };
        self.protocol(&PROTOCOL, p, length)?;
        self.nest(|d| {
            d.number(&TO, p, 1)?;
            d.number(&FROM, p + 1, 1)?;
            d.number(&CONTROL, p + 2, if short { 1 } else { 2 })?;
            if snap {
                d.number(&ORGANIZATION, p + 3, 3)?;
                d.number(&TYPE, p + 6, 2)?;
            }
            Ok(())
        })?;
        let at = p + length;
        if snap {
            let organization = self.array::<3>(p + 3)?;
            let kind = self.u16(p + 6)?;
            return match (organization, kind) {
                ([0, 0, 0], _) => self.ethertype(at, kind),
                // Cisco's spanning tree of each VLAN.
                ([0, 0, 0x0c], 0x010b) => self.stp(at),
                _ => self.rest(at),
            };
        }
        if to == 0x42 && control == 3 {
            self.stp(at)
        } else {
            self.rest(at)
        }
    }
}
