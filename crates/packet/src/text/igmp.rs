//! IGMP versions 1 to 3 (RFC 2236, RFC 3376).

use super::checksum::checksum;
use super::walk::{Names, Step, Walk, name, put};

/// The response time that queries usually have, in tenths of a second.
const USUAL_RESPONSE_TIME: u8 = 100;

/// Kinds of group records, of IGMPv3 and MLDv2 alike.
pub(super) const RECORDS: Names = &[
    (1, "is_in"),
    (2, "is_ex"),
    (3, "to_in"),
    (4, "to_ex"),
    (5, "allow"),
    (6, "block"),
];

impl Walk<'_> {
    /// The message at `p`.
    pub(super) fn igmp(&mut self, p: usize, length: u32) -> Step {
        self.protocol = "igmp";
        match self.u8(p)? {
            0x11 => self.igmp_query(p, length)?,
            0x12 => {
                self.igmp_group("igmp v1 report ", p)?;
                if length != 8 {
                    put!(self, " [len {length}]");
                }
            }
            0x16 => self.igmp_group("igmp v2 report ", p)?,
            0x17 => self.igmp_group("igmp leave ", p)?,
            0x22 => self.igmp_report3(p, length)?,
            0x1e => self.mtrace("mresp", p, length)?,
            0x1f => self.mtrace("mtrace", p, length)?,
            kind => put!(self, "igmp-{kind}"),
        }
        if self.verbose()
            && length >= 4
            && let Ok(bytes) = self.slice(p, length as usize)
            && checksum(&[bytes]) != 0
        {
            put!(self, " bad igmp cksum {:x}!", self.u16(p + 2)?);
        }
        Ok(())
    }

    fn igmp_group(&mut self, label: &str, p: usize) -> Step {
        self.need(p + 4, 4)?;
        self.put(label);
        self.ipv4_address(p + 4)
    }

    /// A multicast traceroute (draft-asaeda-mboned-mtrace-v2).
    fn mtrace(&mut self, name: &str, p: usize, length: u32) -> Step {
        if length < 24 {
            put!(self, " [invalid len {length}]");
            return Ok(());
        }
        self.need(p, 24)?;
        put!(self, "{name} {}: ", self.u24(p + 21)?);
        self.ipv4_address(p + 8)?;
        self.put(" to ");
        self.ipv4_address(p + 12)?;
        self.put(" reply-to ");
        self.ipv4_address(p + 16)?;
        if self.u8(p + 16)? >> 4 == 0xe {
            put!(self, " with-ttl {}", self.u8(p + 20)?);
        }
        Ok(())
    }

    fn igmp_query(&mut self, p: usize, length: u32) -> Step {
        self.put("igmp query");
        if length >= 12 {
            return self.igmp_query3(p, length);
        }
        match self.u8(p + 1)? {
            0 => self.put(" v1"),
            USUAL_RESPONSE_TIME => self.put(" v2"),
            time => put!(self, " v2 [max resp time {time}]"),
        }
        if self.u32(p + 4)? != 0 {
            self.put(" [gaddr ");
            self.ipv4_address(p + 4)?;
            self.put("]");
        }
        if length != 8 {
            put!(self, " [len {length}]");
        }
        Ok(())
    }

    fn igmp_query3(&mut self, p: usize, length: u32) -> Step {
        self.put(" v3");
        if !length.is_multiple_of(4) {
            put!(self, " [invalid len {length}]");
            return Ok(());
        }
        let code = self.u8(p + 1)?;
        if code != USUAL_RESPONSE_TIME {
            // From 128 on it is a small floating-point number.
            let tenths = match code {
                0..128 => u32::from(code),
                _ => (u32::from(code & 0xf) | 0x10) << (u32::from(code >> 4 & 7) + 3),
            };
            self.put(" [max resp time ");
            if tenths < 600 {
                put!(self, "{}.{}s", tenths / 10, tenths % 10);
            } else {
                self.put_duration(tenths / 10);
            }
            self.put("]");
        }
        if self.u32(p + 4)? == 0 {
            return Ok(());
        }
        self.put(" [gaddr ");
        self.ipv4_address(p + 4)?;
        let sources = self.u16(p + 10)?;
        if sources > 0 {
            if length < 12 + u32::from(sources) * 4 {
                self.put(" [invalid number of sources]");
            } else if self.options.verbose > 1 {
                self.igmp_sources(p + 12, sources)?;
            } else {
                put!(self, ", {sources} source(s)");
            }
        }
        self.put("]");
        Ok(())
    }

    fn igmp_sources(&mut self, p: usize, count: u16) -> Step {
        self.put(" {");
        for i in 0..usize::from(count) {
            self.need(p + 4 * i, 4)?;
            self.put(" ");
            self.ipv4_address(p + 4 * i)?;
        }
        self.put(" }");
        Ok(())
    }

    fn igmp_report3(&mut self, p: usize, length: u32) -> Step {
        self.put("igmp v3 report");
        if length < 16 || !length.is_multiple_of(4) {
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
            if length < at + 8 {
                self.put(" [invalid number of groups]");
                return Ok(());
            }
            let record = p + at as usize;
            self.need(record + 4, 4)?;
            self.put(" [gaddr ");
            self.ipv4_address(record + 4)?;
            let kind = self.u8(record)?;
            match name(RECORDS, kind.into()) {
                Some(name) => put!(self, " {name}"),
                None => put!(self, "  [v3-report-#{kind}]"),
            }
            let sources = self.u16(record + 2)?;
            if length < at + 8 + u32::from(sources) * 4 {
                put!(self, " [invalid number of sources {sources}]");
                return Ok(());
            }
            if self.options.verbose == 1 {
                put!(self, ", {sources} source(s)");
            } else {
                self.igmp_sources(record + 8, sources)?;
            }
            at += 8 + u32::from(sources) * 4;
            self.put("]");
        }
        Ok(())
    }

    /// A duration in the largest units: `1h1m1s`.
    pub(super) fn put_duration(&mut self, mut seconds: u32) {
        const UNITS: &[(u32, &str)] = &[
            (31_536_000, "y"),
            (604_800, "w"),
            (86_400, "d"),
            (3600, "h"),
            (60, "m"),
            (1, "s"),
        ];
        if seconds == 0 {
            self.put("0s");
        }
        for (size, unit) in UNITS {
            if seconds >= *size {
                put!(self, "{}{unit}", seconds / size);
                seconds %= size;
            }
        }
    }
}
