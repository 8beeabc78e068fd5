//! NTP (RFC 5905) and its control messages.

use super::stamp::put_date_time;
use super::walk::{Cut, Step, Walk, put};

const CONTROL: u8 = 6;
const RESERVED: u8 = 7;

/// Bytes of a message without extensions, and of a control message without data.
const TIME_LENGTH: u32 = 48;
const CONTROL_LENGTH: u32 = 12;

/// Seconds from 1900, when NTP's time starts, to 1970.
const EPOCH: i64 = 2_208_988_800;

/// Fractions of a second are in units of one over this.
const FRACTION: f64 = 4_294_967_296.0;

impl Walk<'_> {
    /// The message at `p`.
    pub(super) fn ntp(&mut self, p: usize, length: u32) -> Step {
        self.protocol = "ntp";
        let first = self.u8(p)?;
        let mode = first & 7;
        let name = match mode {
            0 => "unspecified",
            1 => "symmetric active",
            2 => "symmetric passive",
            3 => "Client",
            4 => "Server",
            5 => "Broadcast",
            CONTROL => "Control Message",
            _ => "Reserved",
        };
        put!(self, "NTPv{}, {name}, length {length}", first >> 3 & 7);
        if !self.verbose() {
            return Ok(());
        }
        let leap = match first >> 6 {
            0 => "",
            1 => "+1s",
            2 => "-1s",
            _ => "clock unsynchronized",
        };
        put!(self, "\n\tLeap indicator: {leap} ({})", first & 0xc0);
        self.layer(|walk| match mode {
            CONTROL => walk.ntp_control(p, length),
            RESERVED => Ok(()),
            _ => walk.ntp_times(p, length),
        })
    }

    fn ntp_too_short(&mut self, p: usize, length: u32) -> Step {
        self.invalid();
        self.need_here(p, length as usize)
    }

    fn ntp_times(&mut self, p: usize, length: u32) -> Step {
        if length < TIME_LENGTH {
            return self.ntp_too_short(p, length);
        }
        let stratum = self.u8(p + 1)?;
        let rank = match stratum {
            0 => "unspecified",
            1 => "primary reference",
            2..=15 => "secondary reference",
            _ => "reserved",
        };
        put!(self, ", Stratum {stratum} ({rank})");
        let poll = self.u8(p + 2)? as i8;
        put!(self, ", poll {poll}");
        match poll {
            0..32 => put!(self, " ({}s)", 1u32 << poll),
            -31..0 => put!(self, " (1/{}s)", 1u32 << -poll),
            _ => {}
        }
        put!(self, ", precision {}", self.u8(p + 3)? as i8);
        for (at, label) in [(4, "\n\tRoot Delay: "), (8, ", Root dispersion: ")] {
            self.need_here(p + at, 4)?;
            let fraction = f64::from(self.u16(p + at + 2)?) / 65_536.0 * 1_000_000.0;
            put!(self, "{label}{}.{:06}", self.u16(p + at)?, fraction as u32);
        }
        self.need_here(p + 12, 4)?;
        self.put(", Reference-ID: ");
        match stratum {
            0 => self.put("(unspec)"),
            1 => self.characters(p + 12, 4)?,
            62 | 63 => {
                self.ipv4_address(p + 12)?;
                self.put(if stratum == 62 {
                    " INFO_QUERY"
                } else {
                    " INFO_REPLY"
                });
                return Ok(());
            }
            _ => put!(self, "0x{:08x}", self.u32(p + 12)?),
        }
        let times = [
            (16, "Reference"),
            (24, "Originator"),
            (32, "Receive"),
            (40, "Transmit"),
        ];
        for (at, label) in times {
            self.need_here(p + at, 8)?;
            let label = format_args!("{label} Timestamp:").to_string();
            put!(self, "\n\t  {label:<21} ");
            self.ntp_time(p + at)?;
        }
        self.put("\n\t    Originator - Receive Timestamp:  ");
        self.ntp_difference(p + 24, p + 32)?;
        self.put("\n\t    Originator - Transmit Timestamp: ");
        self.ntp_difference(p + 24, p + 40)?;
        self.ntp_rest(p + TIME_LENGTH as usize, length - TIME_LENGTH)
    }

    /// What follows the fixed fields: a key, perhaps with a digest, or something else.
    fn ntp_rest(&mut self, p: usize, length: u32) -> Step {
        match length {
            0 => {}
            4 | 20 | 24 => {
                put!(self, "\n\tKey id: {}", self.u32(p)?);
                if length > 4 {
                    let digest = length as usize - 4;
                    self.need_here(p + 4, digest)?;
                    self.put("\n\tAuthentication: ");
                    self.hex_bytes(p + 4, digest, None)?;
                }
            }
            _ => put!(self, "\n\t({length} more bytes after the header)"),
        }
        Ok(())
    }

    fn ntp_time(&mut self, p: usize) -> Step {
        let (seconds, fraction) = (self.u32(p)?, self.u32(p + 4)?);
        let nanoseconds = (f64::from(fraction) / FRACTION * 1e9) as u32;
        put!(self, "{seconds}.{nanoseconds:09}");
        if seconds != 0 {
            self.put(" (");
            put_date_time(self.out, i64::from(seconds) - EPOCH, b'T');
            self.put("Z)");
        }
        Ok(())
    }

    /// The time at `to` minus that at `from`.
    fn ntp_difference(&mut self, from: usize, to: usize) -> Step {
        let [from_seconds, from_fraction] = [self.u32(from)?, self.u32(from + 4)?];
        let [to_seconds, to_fraction] = [self.u32(to)?, self.u32(to + 4)?];
        if from_seconds == 0 && from_fraction == 0 {
            return self.ntp_time(to);
        }
        let wide = |seconds: u32, fraction: u32| u64::from(seconds) << 32 | u64::from(fraction);
        let (from, to) = (
            wide(from_seconds, from_fraction),
            wide(to_seconds, to_fraction),
        );
        let sign = if to > from { "+" } else { "-" };
        let difference = to.abs_diff(from);
        let nanoseconds = (f64::from(difference as u32) / FRACTION * 1e9) as u32;
        put!(self, "{sign}{}.{nanoseconds:09}", difference >> 32);
        Ok(())
    }

    fn ntp_control(&mut self, p: usize, length: u32) -> Step {
        if length < CONTROL_LENGTH {
            return self.ntp_too_short(p, length);
        }
        let bits = self.u8(p + 1)?;
        let kind = if bits & 0x80 != 0 {
            "Response"
        } else {
            "Request"
        };
        let error = if bits & 0x40 != 0 { "Error" } else { "OK" };
        let more = if bits & 0x20 != 0 { "More" } else { "Last" };
        put!(self, ", {kind}, {error}, {more}, OpCode={}\n", bits & 0x1f);
        put!(self, "\tSequence={}", self.u16(p + 2)?);
        match self.u16(p + 4)? {
            0 => self.put(", Status=0"),
            status => put!(self, ", Status=0x{status:x}"),
        }
        for (at, label) in [(6, "Assoc."), (8, "Offset"), (10, "Count")] {
            put!(self, ", {label}={}", self.u16(p + at)?);
        }
        let count = u32::from(self.u16(p + 10)?);
        if CONTROL_LENGTH + count > length {
            return self.ntp_too_short(p, length);
        }
        if count != 0 {
            if !self.has(p + CONTROL_LENGTH as usize, count as usize) {
                return Err(Cut::Layer);
            }
            self.put("\n\tTO-BE-DONE: data not interpreted");
        }
        Ok(())
    }
}
