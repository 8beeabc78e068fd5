//! The outermost layer: what a record starts with.

use std::collections::BTreeMap;

use super::walk::{Names, Step, Walk, put};
use crate::LinkType;

/// The length of the address family in front of BSD loopback packets.
const FAMILY_LENGTH: usize = 4;

/// Address families of BSD loopback packets (the three IPv6 ones are of different systems).
const FAMILIES: Names = &[
    (2, "IPv4"),
    (6, "NS"),
    (7, "ISO"),
    (16, "Appletalk"),
    (23, "IPX"),
    (24, "IPv6"),
    (28, "IPv6"),
    (30, "IPv6"),
];

impl Walk<'_> {
    /// A whole record of `length` bytes on the wire. Returns the length of its link-layer header.
    /// `names` are those of interfaces by index.
    pub(super) fn link_layer(
        &mut self,
        link: LinkType,
        length: u32,
        names: &BTreeMap<u32, String>,
    ) -> Step<usize> {
        match link {
            LinkType::Ethernet => self.ethernet(0, length),
            LinkType::LinuxSll => self.sll(length),
            LinkType::LinuxSll2 => self.sll2(length, names),
            LinkType::Null | LinkType::Loop => self.loopback(length),
            LinkType::RawIp | LinkType::Ipv4 | LinkType::Ipv6 => {
                self.protocol = "raw";
                if self.options.link {
                    self.put("ip: ");
                }
                self.ip(0, length)?;
                Ok(0)
            }
            LinkType::Other(_) => {
                self.protocol = "unsupported";
                self.put("UNSUPPORTED");
                self.dump_unknown(0, self.remaining(0))?;
                Ok(0)
            }
        }
    }

    fn loopback(&mut self, length: u32) -> Step<usize> {
        self.protocol = "null";
        // The order is that of the machine that captured; families are small numbers.
        let family = match u32::from_le_bytes(self.array(0)?) {
            family if family & 0xffff_0000 != 0 => family.swap_bytes(),
            family => family,
        };
        if self.options.link {
            self.family(family, length);
        }
        let inner = length.saturating_sub(FAMILY_LENGTH as u32);
        match family {
            2 => self.ipv4(FAMILY_LENGTH, inner)?,
            24 | 28 | 30 => self.ipv6(FAMILY_LENGTH, inner)?,
            _ => {
                if !self.options.link {
                    self.family(family, length);
                }
                self.dump_frame(FAMILY_LENGTH, self.remaining(FAMILY_LENGTH))?;
            }
        }
        Ok(FAMILY_LENGTH)
    }

    fn family(&mut self, family: u32, length: u32) {
        let name = super::walk::name(FAMILIES, family).unwrap_or("Unknown");
        put!(self, "AF {name} ({family}), length {length}: ");
    }
}
