//! Multicast listener discovery for IPv6, versions 1 and 2 (RFC 2710, RFC 3810).

use super::igmp::RECORDS;
use super::walk::{Step, Walk, name, put};

impl Walk<'_> {
    /// A message of the first version at `p`. tcpdump prints nothing for one that is cut short.
    pub(super) fn mld1(&mut self, p: usize) -> Step {
        if self.has(p, 24) {
            put!(self, "max resp delay: {} addr: ", self.u16(p + 4)?);
            self.ipv6_address(p + 8)?;
        }
        Ok(())
    }

    /// A query of the second version, at least 28 bytes by its `length`.
    pub(super) fn mld2_query(&mut self, p: usize, length: u32) -> Step {
        let code = self.u16(p + 4)?;
        if self.verbose() {
            // From 32768 on it is a small floating-point number.
            let delay = match code {
                0..0x8000 => u32::from(code),
                _ => (u32::from(code & 0xfff) | 0x1000) << (u32::from(code >> 12 & 7) + 3),
            };
            put!(self, " [max resp delay={delay}]");
        }
        self.need(p + 8, 16)?;
        self.put(" [gaddr ");
        self.ipv6_address(p + 8)?;
        if self.verbose() {
            let flags = self.u8(p + 24)?;
            if flags & 8 != 0 {
                self.put(" sflag");
            }
            if flags & 7 != 0 {
                put!(self, " robustness={}", flags & 7);
            }
            let code = self.u8(p + 25)?;
            let interval = match code {
                0..128 => u32::from(code),
                _ => (u32::from(code & 0xf) | 0x10) << (u32::from(code >> 4 & 7) + 3),
            };
            put!(self, " qqi={interval}");
        }
        let sources = self.u16(p + 26)?;
        if sources > 0 {
            if length < 28 + u32::from(sources) * 16 {
                self.put(" [invalid number of sources]");
            } else if self.options.verbose > 1 {
                self.mld_sources(p + 28, sources)?;
            } else {
                put!(self, ", {sources} source(s)");
            }
        }
        self.put("]");
        Ok(())
    }

    fn mld_sources(&mut self, p: usize, count: u16) -> Step {
        self.put(" {");
        for i in 0..usize::from(count) {
            self.need(p + 16 * i, 16)?;
            self.put(" ");
            self.ipv6_address(p + 16 * i)?;
        }
        self.put(" }");
        Ok(())
    }

    /// A report of the second version.
    pub(super) fn mld2_report(&mut self, p: usize, length: u32) -> Step {
        if length < 8 {
            put!(self, " [invalid len {length}]");
            return Ok(());
        }
        let records = self.u16(p + 6)?;
        put!(self, ", {records} group record(s)");
        if !self.verbose() {
            return Ok(());
        }
        let mut at = 8;
        for _ in 0..records {
            if length < at + 20 {
                self.put(" [invalid number of groups]");
                return Ok(());
            }
            let record = p + at as usize;
            self.need(record + 4, 16)?;
            self.put(" [gaddr ");
            self.ipv6_address(record + 4)?;
            let kind = self.u8(record)?;
            match name(RECORDS, kind.into()) {
                Some(name) => put!(self, " {name}"),
                None => put!(self, "  [v2-report-#{kind}]"),
            }
            let sources = self.u16(record + 2)?;
            if length < at + 20 + u32::from(sources) * 16 {
                put!(self, " [invalid number of sources {sources}]");
                return Ok(());
            }
            if self.options.verbose == 1 {
                put!(self, ", {sources} source(s)");
            } else {
                self.mld_sources(record + 20, sources)?;
            }
            at += 20 + u32::from(sources) * 16;
            self.put("]");
        }
        Ok(())
    }
}
