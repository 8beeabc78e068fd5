//! Networks over UDP: VXLAN, OTV (the port that Linux's VXLAN had first) and Geneve.

use super::ethertype;
use super::walk::{Names, Step, Walk, put};

const HEADER_LENGTH: u32 = 8;

const GENEVE_FLAGS: Names = &[
    (0x80, "O"),
    (0x40, "C"),
    (0x20, "R1"),
    (0x10, "R2"),
    (0x08, "R3"),
    (0x04, "R4"),
    (0x02, "R5"),
    (0x01, "R6"),
];

/// Who defines a Geneve option.
fn option_class(class: u16) -> &'static str {
    match class {
        0..=0xff => "Standard",
        0x100 => "Linux",
        0x101 => "Open vSwitch",
        0x102 => "Open Virtual Networking (OVN)",
        0x103 => "In-band Network Telemetry (INT)",
        0x104 => "VMware",
        0xfff0.. => "Experimental",
        _ => "Unknown",
    }
}

impl Walk<'_> {
    /// The VXLAN packet at `p` (RFC 7348).
    pub(super) fn vxlan(&mut self, p: usize, length: u32) -> Step {
        self.protocol = "vxlan";
        self.put("VXLAN");
        if length < HEADER_LENGTH {
            self.invalid();
            return Ok(());
        }
        let flags = self.u8(p)?;
        put!(
            self,
            ", flags [{}] (0x{flags:02x}), ",
            if flags & 8 != 0 { "I" } else { "invalid" }
        );
        put!(self, "vni {}\n", self.u24(p + 4)?);
        self.need(p + 7, 1)?;
        self.ethernet_inside(p + 8, length - HEADER_LENGTH)
    }

    /// The OTV packet at `p`.
    pub(super) fn otv(&mut self, p: usize, length: u32) -> Step {
        self.protocol = "otv";
        self.put("OTV, ");
        if length < HEADER_LENGTH {
            put!(self, "[length {length} < {HEADER_LENGTH}]");
            self.invalid();
            return self.need(p, length as usize);
        }
        let flags = self.u8(p)?;
        put!(
            self,
            "flags [{}] (0x{flags:02x}), ",
            if flags & 8 != 0 { "I" } else { "." }
        );
        put!(self, "overlay {}, ", self.u24(p + 1)?);
        put!(self, "instance {}\n", self.u24(p + 4)?);
        self.need(p + 7, 1)?;
        self.ethernet_inside(p + 8, length - HEADER_LENGTH)
    }

    /// The Geneve packet at `p` (RFC 8926).
    pub(super) fn geneve(&mut self, p: usize, length: u32) -> Step {
        self.protocol = "geneve";
        self.put("Geneve");
        if length < HEADER_LENGTH {
            put!(self, " [length {length} < 8]");
            self.invalid();
            return Ok(());
        }
        self.layer(|walk| walk.geneve_packet(p, length))
    }

    fn geneve_packet(&mut self, p: usize, length: u32) -> Step {
        self.need_here(p, HEADER_LENGTH as usize)?;
        let first = self.u8(p)?;
        if first >> 6 != 0 {
            put!(self, " ERROR: unknown-version {}", first >> 6);
            return Ok(());
        }
        let flags = self.u8(p + 1)?;
        let kind = self.u16(p + 2)?;
        self.put(", Flags [");
        self.put_bits(GENEVE_FLAGS, flags.into(), "", "none");
        put!(self, "], vni 0x{:x}", self.u24(p + 4)?);
        let reserved = self.u8(p + 7)?;
        if reserved != 0 {
            put!(self, ", rsvd 0x{reserved:x}");
        }
        if self.options.link {
            let name = super::walk::name(ethertype::NAMES, kind.into()).unwrap_or("unknown");
            put!(self, ", proto {name} (0x{kind:04x})");
        }
        let options = u32::from(first & 0x3f) * 4;
        let length = length - HEADER_LENGTH;
        if length < options {
            put!(
                self,
                " truncated-geneve - {} bytes missing",
                options - length
            );
            return Ok(());
        }
        let at = p + HEADER_LENGTH as usize;
        self.need_here(at, options as usize)?;
        if options > 0 {
            self.put(", options [");
            if self.verbose() {
                self.geneve_options(at, options)?;
            } else {
                put!(self, "{options} bytes");
            }
            self.put("]");
        }
        self.put(if self.verbose() { "\n\t" } else { ": " });
        let (at, length) = (at + options as usize, length - options);
        if kind == ethertype::TRANSPARENT_ETHERNET {
            self.ethernet_inside(at, length)
        } else if self.ethertype(kind, at, length, None)? {
            Ok(())
        } else {
            put!(self, "geneve-proto-0x{kind:x}");
            Ok(())
        }
    }

    fn geneve_options(&mut self, p: usize, length: u32) -> Step {
        let (mut at, mut left) = (p, length);
        while left > 0 {
            if at > p {
                self.put(", ");
            }
            let class = self.u16(at)?;
            let kind = self.u8(at + 2)?;
            let size = 4 + u32::from(self.u8(at + 3)? & 0x1f) * 4;
            let name = option_class(class);
            let critical = if kind & 0x80 != 0 { "(C)" } else { "" };
            put!(
                self,
                "class {name} (0x{class:x}) type 0x{kind:x}{critical} len {size}"
            );
            if size > left {
                self.put(" [bad length]");
                return Ok(());
            }
            if self.options.verbose > 1 && size > 4 {
                self.put(" data");
                for word in (4..size as usize).step_by(4) {
                    put!(self, " {:08x}", self.u32(at + word)?);
                }
            }
            at += size as usize;
            left -= size;
        }
        Ok(())
    }
}
