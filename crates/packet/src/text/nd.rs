//! What detail (`-v`) shows of IPv6 neighbour discovery: flags, lifetimes and options (RFC 4861).

use super::walk::{Cut, Names, Step, Walk, name, put};

const SOURCE_ADDRESS: u8 = 1;
const TARGET_ADDRESS: u8 = 2;
const PREFIX: u8 = 3;
const REDIRECTED: u8 = 4;
const MTU: u8 = 5;
const INTERVAL: u8 = 7;
const HOME_AGENT: u8 = 8;
const ROUTE: u8 = 24;
const DNS_SERVERS: u8 = 25;
const DNS_SEARCH: u8 = 31;

const OPTIONS: Names = &[
    (1, "source link-address"),
    (2, "destination link-address"),
    (3, "prefix info"),
    (4, "redirected header"),
    (5, "mtu"),
    (25, "rdnss"),
    (31, "dnssl"),
    (7, "advertisement interval"),
    (8, "homeagent information"),
    (24, "route info"),
];

const ROUTER_FLAGS: Names = &[
    (0x80, "managed"),
    (0x40, "other stateful"),
    (0x20, "home agent"),
    (0x02, "ipv6 only"),
];

const NEIGHBOUR_FLAGS: Names = &[
    (0x8000_0000, "router"),
    (0x4000_0000, "solicited"),
    (0x2000_0000, "override"),
];

const PREFIX_FLAGS: Names = &[(0x80, "onlink"), (0x40, "auto"), (0x20, "router")];

/// The preference of a router or route (RFC 4191).
fn preference(flags: u8) -> &'static str {
    match flags >> 3 & 3 {
        0 => "medium",
        1 => "high",
        2 => "rsv",
        _ => "low",
    }
}

impl Walk<'_> {
    /// The fields of the router advertisement at `p`.
    pub(super) fn router_advertisement6(&mut self, p: usize) -> Step {
        self.need(p, 16)?;
        let flags = self.u8(p + 5)?;
        put!(self, "\n\thop limit {}, Flags [", self.u8(p + 4)?);
        self.put_bits(ROUTER_FLAGS, flags.into(), ", ", "none");
        put!(
            self,
            "], pref {}, router lifetime {}s",
            preference(flags),
            self.u16(p + 6)?
        );
        put!(
            self,
            ", reachable time {}ms, retrans timer {}ms",
            self.u32(p + 8)?,
            self.u32(p + 12)?
        );
        Ok(())
    }

    /// The flags of the neighbour advertisement at `p`.
    pub(super) fn advertisement_flags(&mut self, p: usize) -> Step {
        let flags = self.u32(p + 4)?;
        self.put(", Flags [");
        self.put_bits(NEIGHBOUR_FLAGS, flags, ", ", "none");
        self.put("]");
        Ok(())
    }

    /// The options at `p`; `left` bytes by the message's length.
    pub(super) fn nd_options(&mut self, p: usize, mut left: i32) -> Step {
        let mut at = p;
        while at < self.data.len() {
            self.need_here(at + 1, 1)?;
            if left <= 0 {
                return Ok(());
            }
            let kind = self.u8(at)?;
            let eights = self.u8(at + 1)?;
            let size = u32::from(eights) * 8;
            if eights == 0 || !self.has(at, size as usize) {
                return Err(Cut::Layer);
            }
            let option = name(OPTIONS, kind.into()).unwrap_or("unknown");
            put!(
                self,
                "\n\t  {option} option ({kind}), length {size} ({eights}): "
            );
            if !self.nd_option(kind, at, eights, p)? && self.options.verbose <= 1 {
                self.dump_part("\n\t  ", at + 2, size - 2)?;
                return Ok(());
            }
            if self.options.verbose > 1 {
                self.dump_part("\n\t    ", at + 2, size - 2)?;
            }
            at += size as usize;
            left -= size as i32;
        }
        Ok(())
    }

    /// One option of `eights` times eight captured bytes. Returns false for an unknown one. `first` is where
    /// all options start.
    fn nd_option(&mut self, kind: u8, p: usize, eights: u8, first: usize) -> Step<bool> {
        let size = usize::from(eights) * 8;
        match kind {
            SOURCE_ADDRESS | TARGET_ADDRESS => self.hex_bytes(p + 2, size - 2, Some(b':'))?,
            PREFIX => {
                self.ipv6_address(p + 16)?;
                put!(
                    self,
                    "/{}{}, Flags [",
                    self.u8(p + 2)?,
                    if eights == 4 { "" } else { "badlen" }
                );
                self.put_bits(PREFIX_FLAGS, self.u8(p + 3)?.into(), ", ", "none");
                self.put("], valid time ");
                self.put_lifetime(p + 4)?;
                self.put(", pref. time ");
                self.put_lifetime(p + 8)?;
            }
            REDIRECTED => self.dump_part("\n\t    ", first, size as u32)?,
            MTU => {
                put!(
                    self,
                    " {}{}",
                    self.u32(p + 4)?,
                    if eights == 1 { "" } else { "bad option length" }
                );
            }
            DNS_SERVERS => {
                put!(self, " lifetime {}s,", self.u32(p + 4)?);
                for i in 0..(size - 8) / 16 {
                    self.put(" addr: ");
                    self.ipv6_address(p + 8 + 16 * i)?;
                }
            }
            DNS_SEARCH => {
                put!(self, " lifetime {}s, domain(s):", self.u32(p + 4)?);
                let mut at = p + 8;
                while at < p + size && self.u8(at)? != 0 {
                    self.put(" ");
                    at = self.domain_name(at, first)?;
                }
            }
            INTERVAL => put!(self, " {}ms", self.u32(p + 4)?),
            HOME_AGENT => {
                put!(
                    self,
                    " preference {}, lifetime {}",
                    self.u16(p + 4)?,
                    self.u16(p + 6)?
                );
            }
            ROUTE => {
                let mut prefix = [0; 16];
                match eights {
                    1 => {}
                    2 => {
                        let [a, b, c, d, e, f, g, h] = self.array(p + 8)?;
                        prefix = [a, b, c, d, e, f, g, h, 0, 0, 0, 0, 0, 0, 0, 0];
                    }
                    3 => prefix = self.array(p + 8)?,
                    _ => return Err(Cut::Layer),
                }
                self.put(" ");
                self.put_ipv6(prefix);
                put!(
                    self,
                    "/{}, pref={}, lifetime=",
                    self.u8(p + 2)?,
                    preference(self.u8(p + 3)?)
                );
                self.put_lifetime(p + 4)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn put_lifetime(&mut self, p: usize) -> Step {
        match self.u32(p)? {
            u32::MAX => self.put("infinity"),
            seconds => put!(self, "{seconds}s"),
        }
        Ok(())
    }
}
