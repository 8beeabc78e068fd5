//! Generic routing encapsulation (RFC 2784, RFC 2890; version 1 is PPTP's, RFC 2637).

use super::ethertype;
use super::walk::{Cut, Names, Step, Walk, name, put};

const CHECKSUM: u16 = 0x8000;
const ROUTING: u16 = 0x4000;
const KEY: u16 = 0x2000;
const SEQUENCE: u16 = 0x1000;
const ACKNOWLEDGEMENT: u16 = 0x0080;

const FLAGS: Names = &[
    (0x8000, "checksum present"),
    (0x4000, "routing present"),
    (0x2000, "key present"),
    (0x1000, "sequence# present"),
    (0x0800, "source routing present"),
    (0x0080, "ack present"),
];

/// The header's fields one after the other.
struct Fields {
    at: usize,
    left: u32,
}

impl Fields {
    fn take(&mut self, walk: &Walk<'_>, size: u32) -> Step<usize> {
        walk.need_here(self.at, size as usize)?;
        self.left = self.left.checked_sub(size).ok_or(Cut::Layer)?;
        self.at += size as usize;
        Ok(self.at - size as usize)
    }
}

impl Walk<'_> {
    /// The packet at `p`.
    pub(super) fn gre(&mut self, p: usize, length: u32) -> Step {
        self.protocol = "gre";
        self.layer(|walk| walk.gre_packet(p, length))
    }

    fn gre_packet(&mut self, p: usize, length: u32) -> Step {
        let mut fields = Fields {
            at: p,
            left: length,
        };
        let flags = fields.take(self, 2)?;
        let flags = self.u16(flags)?;
        let version = flags & 7;
        put!(self, "GREv{version}");
        if version > 1 {
            self.put(" ERROR: unknown-version");
            return Ok(());
        }
        if self.verbose() {
            self.put(", Flags [");
            self.put_bits(FLAGS, flags.into(), ", ", "none");
            self.put("]");
        }
        let kind = fields.take(self, 2)?;
        let kind = self.u16(kind)?;
        if version == 0 {
            self.gre_0(flags, &mut fields)?;
        } else {
            self.gre_1(flags, &mut fields)?;
        }
        if self.options.link {
            let name = name(ethertype::NAMES, kind.into()).unwrap_or("unknown");
            put!(self, ", proto {name} (0x{kind:04x})");
        }
        put!(self, ", length {length}");
        if version == 1 && flags & SEQUENCE == 0 {
            return Ok(());
        }
        self.put(if self.verbose() { "\n\t" } else { ": " });
        match kind {
            ethertype::IPV4 if version == 0 => self.ipv4(fields.at, fields.left),
            ethertype::IPV6 if version == 0 => self.ipv6(fields.at, fields.left),
            ethertype::TRANSPARENT_ETHERNET if version == 0 => {
                self.ethernet_inside(fields.at, fields.left)
            }
            _ => {
                put!(self, "gre-proto-0x{kind:x}");
                Ok(())
            }
        }
    }

    fn gre_0(&mut self, flags: u16, fields: &mut Fields) -> Step {
        if flags & (CHECKSUM | ROUTING) != 0 {
            let sum = fields.take(self, 2)?;
            if self.verbose() {
                put!(self, ", sum 0x{:x}", self.u16(sum)?);
            }
            let offset = fields.take(self, 2)?;
            put!(self, ", off 0x{:x}", self.u16(offset)?);
        }
        if flags & KEY != 0 {
            let key = fields.take(self, 4)?;
            put!(self, ", key=0x{:x}", self.u32(key)?);
        }
        if flags & SEQUENCE != 0 {
            let sequence = fields.take(self, 4)?;
            put!(self, ", seq {}", self.u32(sequence)?);
        }
        if flags & ROUTING != 0 {
            loop {
                let entry = fields.take(self, 4)?;
                let family = self.u16(entry)?;
                let (offset, length) = (self.u8(entry + 2)?, self.u8(entry + 3)?);
                if family == 0 && length == 0 {
                    break;
                }
                self.gre_route(family, offset, length, fields)?;
                fields.take(self, length.into())?;
            }
        }
        Ok(())
    }

    /// One entry of a source route.
    fn gre_route(&mut self, family: u16, offset: u8, length: u8, fields: &Fields) -> Step {
        let size = match family {
            0x0800 => 4,
            0xfffe => 2,
            _ => {
                put!(self, ", (rtaf=0x{family:x})");
                return Ok(());
            }
        };
        self.put(if size == 4 {
            ", (rtaf=ip"
        } else {
            ", (rtaf=asn"
        });
        if !offset.is_multiple_of(size) {
            put!(self, ", badoffset={offset}");
        } else if !length.is_multiple_of(size) {
            put!(self, ", badlength={length}");
        } else if offset >= length {
            put!(self, ", badoff/len={offset}/{length}");
        } else {
            for at in (0..length).step_by(size.into()) {
                let p = fields.at + usize::from(at);
                if !self.has(p, size.into()) || fields.left < u32::from(at) + u32::from(size) {
                    self.put(")");
                    return Err(Cut::Layer);
                }
                self.put(if at == offset { " *" } else { " " });
                if size == 4 {
                    self.ipv4_address(p)?;
                } else {
                    put!(self, "{:x}", self.u16(p)?);
                }
            }
        }
        self.put(")");
        Ok(())
    }

    fn gre_1(&mut self, flags: u16, fields: &mut Fields) -> Step {
        if flags & KEY != 0 {
            let key = fields.take(self, 4)?;
            put!(self, ", call {}", self.u32(key)? & 0xffff);
        }
        if flags & SEQUENCE != 0 {
            let sequence = fields.take(self, 4)?;
            put!(self, ", seq {}", self.u32(sequence)?);
        }
        if flags & ACKNOWLEDGEMENT != 0 {
            let acknowledged = fields.take(self, 4)?;
            put!(self, ", ack {}", self.u32(acknowledged)?);
        }
        if flags & SEQUENCE == 0 {
            self.put(", no-payload");
        }
        Ok(())
    }
}
