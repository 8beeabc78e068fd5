//! IPv4 options, which only detail (`-v`) shows.

use super::payload::Ip;
use super::walk::{Cut, Names, Step, Walk, put};

const END: u8 = 0;
const NOP: u8 = 1;
const RECORD_ROUTE: u8 = 7;
const TIMESTAMP: u8 = 68;
const LOOSE_ROUTE: u8 = 131;
const STRICT_ROUTE: u8 = 137;
const ROUTER_ALERT: u8 = 148;

const OPTIONS: Names = &[
    (0, "EOL"),
    (1, "NOP"),
    (68, "timestamp"),
    (130, "security"),
    (7, "RR"),
    (137, "SSRR"),
    (131, "LSRR"),
    (148, "RA"),
    (82, "traceroute"),
];

impl Walk<'_> {
    /// The options in `length` bytes at `p`. The outer failure ends the line; the inner one says that an
    /// option is cut short, which is marked inside the parentheses.
    pub(super) fn ipv4_options(&mut self, mut p: usize, mut length: usize) -> Step<Step> {
        let mut first = true;
        while length > 0 {
            if !first {
                self.put(",");
            }
            first = false;
            let kind = self.u8(p)?;
            self.put_name(OPTIONS, kind, ("unknown ", ""));
            let size = match kind {
                END | NOP => 1,
                _ => usize::from(self.u8(p + 1)?),
            };
            if (size < 2 && kind > NOP) || size > length {
                put!(self, " [bad length {size}]");
                return Ok(Ok(()));
            }
            if !self.has(p, size) {
                return Ok(Err(Cut::Layer));
            }
            match kind {
                END => return Ok(Ok(())),
                TIMESTAMP | RECORD_ROUTE | LOOSE_ROUTE | STRICT_ROUTE => {
                    let result = if kind == TIMESTAMP {
                        self.ipv4_timestamps(p, size)
                    } else {
                        self.ipv4_route(p, size)
                    };
                    if result == Err(Cut::Layer) {
                        return Ok(result);
                    }
                    result?;
                }

                ROUTER_ALERT if size < 4 => put!(self, " [bad length {size}]"),
                ROUTER_ALERT => match self.u16(p + 2)? {
                    0 => {}
                    value => self.put_num(" value ", value),
                },
                _ => {}
            }
            p += size;
            length -= size;
        }
        Ok(Ok(()))
    }

    fn ipv4_route(&mut self, p: usize, size: usize) -> Step {
        if size < 3 {
            put!(self, " [bad length {size}]");
            return Ok(());
        }
        if !(size + 1).is_multiple_of(4) {
            put!(self, " [bad length {size}]");
        }
        let pointer = self.u8(p + 2)?;
        let next = usize::from(pointer).wrapping_sub(1);
        if next < 3 || !next.wrapping_add(1).is_multiple_of(4) || next > size + 1 {
            put!(self, " [bad ptr {pointer}]");
        }
        for at in (3..size).step_by(4) {
            self.need_here(p + at, 4)?;
            self.put(" ");
            self.ipv4_address(p + at)?;
            if next > at {
                self.put(",");
            }
        }
        Ok(())
    }

    fn ipv4_timestamps(&mut self, p: usize, size: usize) -> Step {
        if size < 4 {
            put!(self, "[bad length {size}]");
            return Ok(());
        }
        self.put(" TS{");
        let flags = self.u8(p + 3)?;
        let step = if flags & 0xf == 0 { 4 } else { 8 };
        if !(size - 4).is_multiple_of(step) {
            put!(self, "[bad length {size}]");
        }
        let pointer = self.u8(p + 2)?;
        let next = usize::from(pointer).wrapping_sub(1);
        if next < 4 || !next.wrapping_sub(4).is_multiple_of(step) || next > size + 1 {
            put!(self, "[bad ptr {pointer}]");
        }
        let mut at = 0;
        match flags & 0xf {
            0 => self.put("TSONLY"),
            1 => self.put("TS+ADDR"),
            3 => self.put("PRESPEC"),
            kind => put!(self, "[bad ts type {kind}]"),
        }
        if matches!(flags & 0xf, 0 | 1 | 3) {
            at = 4;
            while at < size {
                self.need_here(p + at, step)?;
                self.put(if next == at { " ^ " } else { " " });
                put!(self, "{}@", self.u32(p + at + step - 4)?);
                if step == 8 {
                    self.ipv4_address(p + at)?;
                }
                at += step;
            }
        }
        if next == at {
            self.put(" ^ ");
        }
        match flags >> 4 {
            0 => self.put("}"),
            hops => put!(self, " [{hops} hops not recorded]}} "),
        }
        Ok(())
    }

    /// Where a packet goes in the end: the last address of a source route, else the destination. `None` if
    /// the header is not captured.
    pub(super) fn final_destination_v4(&self, ip: Ip) -> Option<[u8; 4]> {
        let destination = self.array(ip.at + 16).ok()?;
        let header = usize::from(self.u8(ip.at).ok()? & 0xf) * 4;
        let mut options = self
            .data
            .get(ip.at + 20..ip.at + header)
            .unwrap_or_default();
        while let [kind, rest @ ..] = options {
            let size = match (*kind, rest) {
                (END, _) => break,
                (NOP, _) => 1,
                (_, [size, ..]) if *size >= 2 => usize::from(*size),
                _ => break,
            };
            let Some((option, following)) = options.split_at_checked(size) else {
                break;
            };
            if matches!(*kind, LOOSE_ROUTE | STRICT_ROUTE)
                && let [_, _, _, .., a, b, c, d] = option
            {
                return Some([*a, *b, *c, *d]);
            }
            options = following;
        }
        Some(destination)
    }
}
