//! VXLAN (RFC 7348).

use super::build::{Dissection, Step};
use super::field::fields;

fields! {
    PROTOCOL = "vxlan", "Virtual eXtensible Local Area Network", Protocol;
    FLAGS = "vxlan.flags", "Flags", Hex(4);
    GROUP = "vxlan.gbp", "Group Policy ID", Decimal;
    VNI = "vxlan.vni", "VXLAN Network Identifier (VNI)", Decimal;
    RESERVED = "vxlan.reserved8", "Reserved", Decimal;
}

impl Dissection<'_> {
    pub(super) fn vxlan(&mut self, p: usize) -> Step {
        self.protocol(&PROTOCOL, p, 8)?;
        self.nest(|d| {
            d.number(&FLAGS, p, 2)?;
            d.number(&GROUP, p + 2, 2)?;
            d.number(&VNI, p + 4, 3)?;
            d.number(&RESERVED, p + 7, 1)
        })?;
        self.deeper(|d| d.ethernet(p + 8))
    }
}
