//! IPv6 extension headers: options, fragments and routing.

use super::ipv6::{HEADER_LENGTH, Length};
use super::payload::{DESTINATION, FRAGMENT, HOP_BY_HOP, Ip, ROUTING};
use super::walk::{Cut, Step, Walk, put};

const PAD_1: u8 = 0;
const PAD_N: u8 = 1;
const ROUTER_ALERT: u8 = 5;
const JUMBO: u8 = 0xc2;
const HOME_ADDRESS: u8 = 0xc9;

/// The offset of a fragment in bytes.
const FRAGMENT_OFFSET: u16 = 0xfff8;

/// Below this a jumbo length is not valid (RFC 2675).
const SHORTEST_JUMBO: u32 = 65_536;

impl Walk<'_> {
    /// The hop-by-hop options at `p`. Returns their length, or `None` if they make no sense.
    pub(super) fn hop_by_hop(&mut self, p: usize, sizes: &mut Length) -> Step<Option<u32>> {
        self.protocol = "hbhopt";
        let length = (u32::from(self.u8(p + 1)?) + 1) * 8;
        if !self.has(p, length as usize) {
            self.truncated();
            return Ok(None);
        }
        self.put("HBH ");
        self.ipv6_options(p + 2, length as usize - 2, Some(sizes))
            .map(|fits| fits.then_some(length))
    }

    /// The destination options at `p`. Returns their length, or `None` if they make no sense.
    pub(super) fn destination_options(&mut self, p: usize) -> Step<Option<u32>> {
        self.protocol = "dstopt";
        let length = (u32::from(self.u8(p + 1)?) + 1) * 8;
        if !self.has(p, length as usize) {
            self.truncated();
            return Ok(None);
        }
        self.put("DSTOPT ");
        let fits = !self.verbose() || self.ipv6_options(p + 2, length as usize - 2, None)?;
        Ok(fits.then_some(length))
    }

    /// Options in `length` captured bytes. Returns false, having marked it, if an option does not fit.
    fn ipv6_options(&mut self, p: usize, length: usize, sizes: Option<&mut Length>) -> Step<bool> {
        match self.ipv6_options_inside(p, length, sizes) {
            Err(Cut::Layer) => {
                self.truncated();
                Ok(false)
            }
            result => result.map(|()| true),
        }
    }

    fn ipv6_options_inside(
        &mut self,
        p: usize,
        length: usize,
        mut sizes: Option<&mut Length>,
    ) -> Step {
        let mut seen_jumbo = false;
        let mut i = 0;
        while i < length {
            let kind = self.u8(p + i)?;
            let size = match kind {
                PAD_1 => 1,
                _ if i + 1 < length => usize::from(self.u8(p + i + 1)?) + 2,
                _ => return Err(Cut::Layer),
            };
            if i + size > length {
                return Err(Cut::Layer);
            }
            match kind {
                PAD_1 => self.put_if_verbose("(pad1)"),
                PAD_N => self.put_if_verbose("(padn)"),
                ROUTER_ALERT => {
                    self.option_size("rtalert", length - i, size, 4)?;
                    if self.verbose() {
                        put!(self, "(rtalert: 0x{:04x}) ", self.u16(p + i + 2)?);
                    }
                }
                JUMBO => {
                    self.option_size("jumbo", length - i, size, 6)?;
                    let value = self.u32(p + i + 2)?;
                    self.jumbo(value, seen_jumbo, sizes.as_deref_mut());
                    seen_jumbo = true;
                }
                HOME_ADDRESS => {
                    if length - i < 18 {
                        self.put("(homeaddr: trunc)");
                        return Err(Cut::Layer);
                    }
                    if size < 18 {
                        put!(self, "(homeaddr: invalid len {})", size - 2);
                        return Err(Cut::Layer);
                    }
                    if self.verbose() {
                        self.put("(homeaddr: ");
                        self.ipv6_address(p + i + 2)?;
                        self.home_address_options(p + i + 18, size - 18)?;
                        self.put(")");
                    }
                }
                _ if self.verbose() => put!(self, "(opt_type 0x{kind:02x}: len={})", size - 2),
                _ => {}
            }
            i += size;
        }
        self.put_if_verbose(" ");
        Ok(())
    }

    /// The options inside a home address option.
    fn home_address_options(&mut self, p: usize, length: usize) -> Step {
        let mut i = 0;
        while i < length {
            let kind = self.u8(p + i)?;
            let size = match kind {
                0 => 1,
                _ if i + 1 < length => usize::from(self.u8(p + i + 1)?) + 2,
                _ => return Err(Cut::Layer),
            };
            if i + size > length {
                return Err(Cut::Layer);
            }
            match kind {
                0 => self.put(", pad1"),
                1 => self.put(", padn"),
                _ => put!(self, ", sopt_type 0x{kind:02x}: len={}", size - 2),
            }
            i += size;
        }
        Ok(())
    }

    fn put_if_verbose(&mut self, text: &str) {
        if self.verbose() {
            self.put(text);
        }
    }

    /// Checks the size of an option that has only one.
    fn option_size(&mut self, name: &str, left: usize, size: usize, right: usize) -> Step {
        if left < right {
            put!(self, "({name}: trunc)");
            return Err(Cut::Layer);
        }
        if size != right {
            put!(self, "({name}: invalid len {})", size - 2);
            return Err(Cut::Layer);
        }
        Ok(())
    }

    fn jumbo(&mut self, value: u32, seen: bool, sizes: Option<&mut Length>) {
        let remark = match sizes {
            _ if seen => " - already seen",
            None => " - not a hop-by-hop option",
            Some(sizes) if sizes.payload != 0 => " - payload len != 0",
            Some(_) if value < SHORTEST_JUMBO => " - < 65536",
            Some(sizes) => {
                *sizes = Length {
                    payload: value,
                    jumbo: true,
                };
                ""
            }
        };
        if self.verbose() {
            put!(self, "(jumbo: {value}{remark}) ");
        }
    }

    /// The fragment header at `p` of the packet at `packet`. Returns its length, or `None` for a fragment
    /// that is not the first, whose payload cannot be dissected.
    pub(super) fn fragment(&mut self, p: usize, packet: usize) -> Step<Option<u32>> {
        const LENGTH: u32 = 8;
        self.protocol = "frag6";
        let offset = self.u16(p + 2)? & FRAGMENT_OFFSET;
        let payload = u64::from(self.u16(packet + 4)?) + u64::from(HEADER_LENGTH);
        let size = payload
            .wrapping_sub((p - packet) as u64)
            .wrapping_sub(LENGTH.into());
        if self.verbose() {
            put!(self, "frag (0x{:08x}:{offset}|{size})", self.u32(p + 4)?);
        } else {
            put!(self, "frag ({offset}|{size})");
        }
        if offset != 0 {
            return Ok(None);
        }
        self.put(" ");
        Ok(Some(LENGTH))
    }

    /// The routing header at `p`. Returns its length, or `None` if it makes no sense.
    pub(super) fn routing(&mut self, p: usize) -> Step<Option<u32>> {
        const SOURCE_ROUTE: u8 = 0;
        const MOBILE: u8 = 2;
        const SEGMENTS: u8 = 4;
        if !self.has(p, 1) {
            self.truncated();
            return Ok(None);
        }
        self.protocol = "rt6";
        self.put("RT6");
        let words = self.u8(p + 1)?;
        put!(self, " (len={words}");
        let kind = self.u8(p + 2)?;
        put!(self, ", type={kind}");
        if kind == SOURCE_ROUTE {
            self.put(" [Deprecated]");
        }
        put!(self, ", segleft={}", self.u8(p + 3)?);
        match kind {
            SOURCE_ROUTE | MOBILE => {
                let reserved = self.u32(p + 4)?;
                if reserved != 0 || self.verbose() {
                    put!(self, ", rsv=0x{reserved:x}");
                }
            }
            SEGMENTS => {
                put!(self, ", last-entry={}", self.u8(p + 4)?);
                let flags = self.u8(p + 5)?;
                if flags != 0 || self.verbose() {
                    put!(self, ", flags=0x{flags:x}");
                }
                put!(self, ", tag={:x}", self.u16(p + 6)?);
            }
            _ => {
                self.put(" (unknown type)");
                self.invalid();
                return Ok(None);
            }
        }
        if words % 2 == 1 {
            put!(self, " (invalid length {words})");
            self.invalid();
            return Ok(None);
        }
        for i in 0..usize::from(words / 2) {
            let at = p + 8 + 16 * i;
            self.need(at, 16)?;
            put!(self, ", [{i}]");
            self.ipv6_address(at)?;
        }
        self.put(") ");
        Ok(Some((u32::from(words) + 1) * 8))
    }

    /// Where a packet goes in the end: the last address of a routing header, else the destination. `None` if the header is not captured.
    pub(super) fn final_destination_v6(&self, ip: Ip) -> Option<[u8; 16]> {
        let destination = self.array(ip.at + 24).ok()?;
        let mut next = self.u8(ip.at + 6).ok()?;
        let mut at = ip.at + HEADER_LENGTH as usize;
        loop {
            let size = match next {
                HOP_BY_HOP | DESTINATION => (usize::from(self.u8(at + 1).ok()?) + 1) * 8,
                FRAGMENT => 8,
                ROUTING => return Some(self.last_segment(at).unwrap_or(destination)),
                _ => return Some(destination),
            };
            next = self.u8(at).ok()?;
            at += size;
        }
    }

    fn last_segment(&self, p: usize) -> Option<[u8; 16]> {
        let words = usize::from(self.u8(p + 1).ok()?);
        if !words.is_multiple_of(2) {
            return None;
        }
        match self.u8(p + 2).ok()? {
            // A source route lists the hops in order, a segment list in reverse.
            0 | 2 => (0..words / 2)
                .rev()
                .find_map(|i| self.array(p + 8 + 16 * i).ok()),
            4 => self.array(p + 8).ok(),
            _ => None,
        }
    }
}
