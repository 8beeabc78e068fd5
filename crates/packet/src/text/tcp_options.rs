//! TCP options.

use super::tcp::Segment;
use super::walk::{Names, Step, Walk, put};

const END: u8 = 0;
const NOP: u8 = 1;
const MSS: u8 = 2;
const WINDOW_SCALE: u8 = 3;
const SACK_PERMITTED: u8 = 4;
const SACK: u8 = 5;
const TIMESTAMP: u8 = 8;
const MD5: u8 = 19;
const SCPS: u8 = 20;
const USER_TIMEOUT: u8 = 28;
const AUTHENTICATION: u8 = 29;
const MULTIPATH: u8 = 30;
const FAST_OPEN: u8 = 34;
const EXPERIMENT: u8 = 254;

const OPTIONS: Names = &[
    (0, "eol"),
    (1, "nop"),
    (2, "mss"),
    (3, "wscale"),
    (4, "sackOK"),
    (5, "sack"),
    (6, "echo"),
    (7, "echoreply"),
    (8, "TS"),
    (11, "cc"),
    (12, "ccnew"),
    (13, ""),
    (19, "md5"),
    (20, "scps"),
    (28, "uto"),
    (29, "tcp-ao"),
    (30, "mptcp"),
    (34, "tfo"),
    (254, "exp"),
];

/// What became of one option.
enum Outcome {
    /// Printed; so many bytes of its data were.
    Printed(usize),
    /// It contradicts itself.
    Bad,
    /// It is not captured whole.
    Cut,
}

impl Walk<'_> {
    /// The options in `length` bytes at `p`. Returns false if the line ends here, because they are wrong or
    /// cut short.
    pub(super) fn tcp_options(
        &mut self,
        mut p: usize,
        mut length: usize,
        segment: Segment,
    ) -> Step<bool> {
        self.put(", options [");
        let mut first = true;
        while length > 0 {
            if !first {
                self.put(",");
            }
            let kind = self.u8(p)?;
            let mut size = 1;
            if kind != END && kind != NOP {
                size = usize::from(self.u8(p + 1)?);
                if size < 2 || size > length {
                    return self.tcp_options_end("[bad opt]", first, "]");
                }
            }
            let header = size.min(2);
            self.put_name(OPTIONS, kind, ("unknown-", ""));
            let data = p + header;
            let left = length.saturating_sub(header);
            let printed = match self.tcp_option(kind, data, size - header, left, segment)? {
                Outcome::Printed(printed) => printed,
                Outcome::Bad => return self.tcp_options_end("[bad opt]", first, "]"),
                Outcome::Cut => {
                    self.truncated();
                    return self.tcp_options_end("", first, ">");
                }
            };
            if printed + header != size {
                put!(self, "[len {size}]");
            }
            p = data + printed;
            length = left.saturating_sub(printed);
            first = false;
            if kind == END {
                break;
            }
        }
        self.put("]");
        Ok(true)
    }

    fn tcp_options_end(&mut self, mark: &str, first: bool, close: &str) -> Step<bool> {
        self.put(mark);
        if !first {
            self.put(close);
        }
        Ok(false)
    }

    /// The data of one option: `size` bytes by its own account, at most `left`.
    fn tcp_option(
        &mut self,
        kind: u8,
        p: usize,
        size: usize,
        left: usize,
        segment: Segment,
    ) -> Step<Outcome> {
        let wanted = match kind {
            END | NOP | SACK_PERMITTED => 0,
            MSS | SCPS | USER_TIMEOUT => 2,
            WINDOW_SCALE => 1,
            6 | 7 | 11 | 12 | 13 => 4,
            TIMESTAMP => 8,
            MD5 => 16,
            _ => size,
        };
        if kind == SACK && !size.is_multiple_of(8) {
            self.put(" invalid sack");
            return Ok(Outcome::Printed(size));
        }
        if kind == SACK {
            put!(self, " {} ", size / 8);
        } else if wanted > left {
            return Ok(Outcome::Bad);
        } else if !self.has(p, wanted) && wanted > 0 && !is_unknown(kind) {
            return Ok(Outcome::Cut);
        }
        match kind {
            MSS => self.put_num(" ", self.u16(p)?),
            WINDOW_SCALE => self.put_num(" ", self.u8(p)?),
            SACK => {
                for at in (0..size).step_by(8) {
                    if at + 8 > left {
                        return Ok(Outcome::Bad);
                    }
                    if !self.has(p + at, 8) {
                        return Ok(Outcome::Cut);
                    }
                    let start = self.u32(p + at)?.wrapping_sub(segment.sack);
                    let end = self.u32(p + at + 4)?.wrapping_sub(segment.sack);
                    put!(self, "{{{start}:{end}}}");
                }
            }
            6 | 7 | 11 | 12 | 13 => self.put_num(" ", self.u32(p)?),
            TIMESTAMP => {
                self.put_num(" val ", self.u32(p)?);
                self.put_num(" ecr ", self.u32(p + 4)?);
            }
            MD5 => {
                self.put(if segment.whole {
                    " shared secret not supplied with -M, can't check - "
                } else {
                    " snaplen too short, can't check - "
                });
                self.hex_bytes(p, wanted, None)?;
            }
            SCPS => put!(self, " cap {:02x} id {}", self.u8(p)?, self.u8(p + 1)?),
            MULTIPATH => {
                if !self.mptcp(p - 2, size + 2, segment.flags)? {
                    return Ok(Outcome::Bad);
                }
            }
            USER_TIMEOUT => {
                let value = self.u16(p)?;
                let unit = if value & 1 != 0 { 60 } else { 1 };
                put!(self, " 0x{value:x} {}", u32::from(value >> 1) * unit);
            }
            FAST_OPEN => {
                self.put(" ");
                self.fast_open(p, size)?;
            }
            EXPERIMENT => {
                if size < 2 {
                    return Ok(Outcome::Bad);
                }
                self.put("-");
                // RFC 6994 gives experiments numbers; this one is TCP fast open's.
                match self.u16(p)? {
                    0xf989 => {
                        self.put("tfo");
                        self.fast_open(p + 2, size - 2)?;
                    }
                    magic => self.hex(magic, 4),
                }
            }
            AUTHENTICATION if size < 2 => self.invalid(),
            AUTHENTICATION => {
                for (at, label) in [(0, " keyid "), (1, " rnextkeyid ")] {
                    let Ok(id) = self.u8(p + at) else {
                        return Ok(Outcome::Cut);
                    };
                    self.put_num(label, id);
                }
                if size > 2 {
                    self.put(" mac 0x");
                }
                return self.tcp_hex(p, 2, size);
            }
            END | NOP | SACK_PERMITTED => {}
            _ => {
                if size > 0 {
                    self.put(" 0x");
                }
                return self.tcp_hex(p, 0, size);
            }
        }
        Ok(Outcome::Printed(wanted))
    }

    /// The bytes of an option from `start` on, as far as they are captured.
    fn tcp_hex(&mut self, p: usize, start: usize, size: usize) -> Step<Outcome> {
        for at in start..size {
            if !self.has(p + at, 1) {
                return Ok(Outcome::Cut);
            }
            self.hex_bytes(p + at, 1, None)?;
        }
        Ok(Outcome::Printed(size))
    }

    fn fast_open(&mut self, p: usize, size: usize) -> Step {
        match size {
            0 => self.put(" cookiereq"),
            4..=16 if size.is_multiple_of(2) => {
                self.put(" cookie ");
                self.hex_bytes(p, size, None)?;
            }
            _ => self.invalid(),
        }
        Ok(())
    }
}

/// Options whose data is printed byte by byte, as far as it is captured.
fn is_unknown(kind: u8) -> bool {
    let known = matches!(
        kind,
        MSS | WINDOW_SCALE | SACK | 6 | 7 | 11 | 12 | 13 | TIMESTAMP | MD5
    ) || matches!(
        kind,
        SCPS | MULTIPATH | USER_TIMEOUT | FAST_OPEN | EXPERIMENT
    );
    !known
}
