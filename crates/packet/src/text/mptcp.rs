//! Multipath TCP's option (RFC 8684, and version 0 of RFC 6824).

use super::walk::{Cut, Step, Walk, put};

const SYN: u8 = 0x02;
const ACK: u8 = 0x10;

/// The option's subtypes in order of their numbers.
const SUBTYPES: [&str; 8] = [
    "capable",
    "join",
    "dss",
    "add-addr",
    "rem-addr",
    "prio",
    "fail",
    "fast-close",
];

impl Walk<'_> {
    /// The option at `p`, `size` captured bytes with its kind and length, in a segment with these flags.
    /// Returns false if it contradicts itself.
    pub(super) fn mptcp(&mut self, p: usize, size: usize, flags: u8) -> Step<bool> {
        self.protocol = "mptcp";
        if size < 3 {
            return Ok(false);
        }
        let subtype = self.u8(p + 2)? >> 4;
        put!(
            self,
            " {size} {}",
            SUBTYPES.get(usize::from(subtype)).unwrap_or(&"unknown")
        );
        match subtype {
            0 => self.mptcp_capable(p, size, flags),
            1 => self.mptcp_join(p, size, flags),
            2 if size < 4 || flags & SYN != 0 => Ok(false),
            2 => Ok(self
                .within(p, size as u32, |walk| walk.mptcp_sequence(p, size))
                .is_ok()),
            3 => self.mptcp_add_address(p, size),
            4 => {
                if size < 4 {
                    return Ok(false);
                }
                self.put(" id");
                for at in 3..size {
                    put!(self, " {}", self.u8(p + at)?);
                }
                Ok(true)
            }
            5 => {
                if size != 3 && size != 4 {
                    return Ok(false);
                }
                let backup = self.u8(p + 2)? & 1 != 0;
                self.put(if backup { " backup" } else { " non-backup" });
                if size == 4 {
                    put!(self, " id {}", self.u8(p + 3)?);
                }
                Ok(true)
            }
            6 | 7 if size != 12 => Ok(false),
            6 => {
                put!(self, " seq {}", self.u64(p + 4)?);
                Ok(true)
            }
            7 => {
                put!(self, " key 0x{:x}", self.u64(p + 4)?);
                Ok(true)
            }
            _ => Ok(true),
        }
    }

    fn mptcp_capable(&mut self, p: usize, size: usize, flags: u8) -> Step<bool> {
        let first = matches!(size, 4 | 12) && flags & SYN != 0;
        let last = matches!(size, 20 | 22) && flags & (SYN | ACK) == ACK;
        if !first && !last {
            return Ok(false);
        }
        let version = self.u8(p + 2)? & 0xf;
        if version > 1 {
            put!(self, " Unknown Version ({version})");
            return Ok(true);
        }
        put!(self, " v{version}");
        if self.u8(p + 3)? & 0x80 != 0 {
            self.put(" csum");
        }
        if size >= 12 {
            put!(self, " {{0x{:x}", self.u64(p + 4)?);
            if size >= 20 {
                put!(self, ",0x{:x}", self.u64(p + 12)?);
            }
            self.put("}");
        }
        Ok(true)
    }

    fn mptcp_join(&mut self, p: usize, size: usize, flags: u8) -> Step<bool> {
        let fits = match size {
            12 => flags & SYN != 0,
            16 => flags & (SYN | ACK) == SYN | ACK,
            24 => flags & ACK != 0,
            _ => false,
        };
        if !fits {
            return Ok(false);
        }
        if size != 24 {
            if self.u8(p + 2)? & 1 != 0 {
                self.put(" backup");
            }
            put!(self, " id {}", self.u8(p + 3)?);
        }
        match size {
            12 => put!(
                self,
                " token 0x{:x} nonce 0x{:x}",
                self.u32(p + 4)?,
                self.u32(p + 8)?
            ),
            16 => put!(
                self,
                " hmac 0x{:x} nonce 0x{:x}",
                self.u64(p + 4)?,
                self.u32(p + 12)?
            ),
            _ => {
                self.put(" hmac 0x");
                self.hex_bytes(p + 4, 20, None)?;
            }
        }
        Ok(true)
    }

    /// The data sequence signal. Fails if its fields do not fill the option.
    fn mptcp_sequence(&mut self, p: usize, size: usize) -> Step {
        let flags = self.u8(p + 3)?;
        let mut at = p + 4;
        if flags & 0x10 != 0 {
            self.put(" fin");
        }
        if flags & 0x01 != 0 {
            self.put(" ack ");
            at = self.mptcp_number(at, flags & 0x02 != 0)?;
        }
        if flags & 0x04 != 0 {
            self.put(" seq ");
            at = self.mptcp_number(at, flags & 0x08 != 0)?;
            put!(self, " subseq {}", self.u32(at)?);
            put!(self, " len {}", self.u16(at + 4)?);
            at += 6;
            if at + 2 <= p + size {
                put!(self, " csum 0x{:x}", self.u16(at)?);
                at += 2;
            }
        }
        if at == p + size {
            Ok(())
        } else {
            Err(Cut::Layer)
        }
    }

    fn mptcp_number(&mut self, p: usize, long: bool) -> Step<usize> {
        if long {
            put!(self, "{}", self.u64(p)?);
            Ok(p + 8)
        } else {
            put!(self, "{}", self.u32(p)?);
            Ok(p + 4)
        }
    }

    fn mptcp_add_address(&mut self, p: usize, size: usize) -> Step<bool> {
        let (address, port, hmac) = match size {
            8 => (4, false, false),
            10 => (4, true, false),
            16 => (4, false, true),
            18 => (4, true, true),
            20 => (16, false, false),
            22 => (16, true, false),
            28 => (16, false, true),
            30 => (16, true, true),
            _ => return Ok(false),
        };
        self.put(match self.u8(p + 2)? & 0xf {
            6 => " v0-ip6",
            4 => " v0-ip4",
            1 => " v1-echo",
            0 => " v1",
            _ => " [bad version/echo]",
        });
        put!(self, " id {} ", self.u8(p + 3)?);
        if address == 4 {
            self.ipv4_address(p + 4)?;
        } else {
            self.ipv6_address(p + 4)?;
        }
        let mut at = p + 4 + address;
        if port {
            put!(self, ":{}", self.u16(at)?);
            at += 2;
        }
        if hmac {
            put!(self, " hmac 0x{:x}", self.u64(at)?);
        }
        Ok(true)
    }
}
