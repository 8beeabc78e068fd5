//! IPv6 headers and the chain of extension headers.

use super::payload::{DESTINATION, FRAGMENT, HOP_BY_HOP, Ip, PROTOCOLS, ROUTING, has_ports};
use super::walk::{Step, Walk, name, put};

/// Bytes of the fixed header.
pub(super) const HEADER_LENGTH: u32 = 40;

/// What a packet's hop-by-hop options said about its length.
pub(super) struct Length {
    /// Of the payload: the header's field, or that of the jumbo option (RFC 2675).
    pub(super) payload: u32,
    /// Was there a valid jumbo option?
    pub(super) jumbo: bool,
}

impl<'a> Walk<'a> {
    /// The IPv6 packet at `p`, in `length` bytes of the layer below.
    pub(super) fn ipv6(&mut self, p: usize, length: u32) -> Step {
        self.protocol = "ip6";
        if !self.has(p, HEADER_LENGTH as usize) {
            self.truncated();
            return Ok(());
        }
        if length < HEADER_LENGTH {
            put!(self, "truncated-ip6 {length}");
            return Ok(());
        }
        if !self.options.link {
            self.put("IP6 ");
        }
        let version = self.u8(p)? >> 4;
        if version != 6 {
            put!(self, "version error: {version} != 6");
            return Ok(());
        }
        let payload = u32::from(self.u16(p + 4)?);
        let total = if payload == 0 {
            // Either nothing follows or a jumbo option, which has to be found first.
            length.wrapping_add(HEADER_LENGTH)
        } else {
            payload + HEADER_LENGTH
        };
        if payload != 0 && length < total {
            put!(self, "truncated-ip6 - {} bytes missing!", total - length);
        }
        if self.verbose() {
            self.ipv6_detail(p, payload)?;
        }
        self.deeper(|walk| {
            let outer = walk.data;
            walk.shorten(p, total);
            let result = walk.ipv6_chain(p, length, total, payload, outer);
            walk.data = outer;
            result
        })
    }

    fn ipv6_detail(&mut self, p: usize, payload: u32) -> Step {
        let flow = self.u32(p)?;
        self.put("(");
        if flow & 0x0ff0_0000 != 0 {
            put!(self, "class 0x{:02x}, ", flow >> 20 & 0xff);
        }
        if flow & 0xf_ffff != 0 {
            put!(self, "flowlabel 0x{:05x}, ", flow & 0xf_ffff);
        }
        let next = self.u8(p + 6)?;
        let next_name = name(PROTOCOLS, next.into()).unwrap_or("unknown");
        put!(
            self,
            "hlim {}, next-header {next_name} ({next})",
            self.u8(p + 7)?
        );
        put!(self, " payload length: {payload}) ");
        Ok(())
    }

    /// Follows the extension headers to the payload. `length` is that of the layer below, `total` what the
    /// packet says of itself; `outer` are the bytes of the layer below.
    fn ipv6_chain(
        &mut self,
        p: usize,
        length: u32,
        total: u32,
        payload: u32,
        outer: &'a [u8],
    ) -> Step {
        let ip = Ip { at: p, version: 6 };
        let mut sizes = Length {
            payload,
            jumbo: false,
        };
        let mut next = self.u8(p + 6)?;
        let mut at = p;
        let mut left = total;
        let mut step = HEADER_LENGTH;
        let mut headers = 0u32;
        let mut hop_by_hop = false;
        let mut fragmented = false;
        while at < self.data.len() {
            if left < step {
                self.truncated();
                return Ok(());
            }
            at += step as usize;
            left -= step;
            if headers == 0 && !has_ports(next) {
                self.ipv6_address(p + 8)?;
                self.put(" > ");
                self.ipv6_address(p + 24)?;
                self.put(": ");
            }
            let header = match next {
                HOP_BY_HOP => {
                    if hop_by_hop || headers > 0 {
                        self.put(if hop_by_hop {
                            "[The Hop-by-Hop Options header was already found]"
                        } else {
                            "[The Hop-by-Hop Options header don't follow the IPv6 header]"
                        });
                        self.invalid();
                        return Ok(());
                    }
                    hop_by_hop = true;
                    let header = self.hop_by_hop(at, &mut sizes)?;
                    if sizes.payload == 0 && !sizes.jumbo {
                        self.put("[No valid Jumbo Payload Hop-by-Hop option found]");
                        self.invalid();
                        return Ok(());
                    }
                    header
                }
                DESTINATION => self.destination_options(at)?,
                FRAGMENT => {
                    fragmented = true;
                    // After the last byte captured there is nothing to dissect.
                    self.fragment(at, p)?
                        .filter(|step| at + (*step as usize) < self.data.len())
                }
                ROUTING => self.routing(at)?,
                _ => {
                    let before = total.wrapping_sub(left);
                    let end = if sizes.jumbo {
                        sizes.payload.saturating_add(HEADER_LENGTH)
                    } else if sizes.payload != 0 {
                        total
                    } else if headers == 0 {
                        HEADER_LENGTH
                    } else {
                        // No payload, so that there is no room for an extension header.
                        self.truncated();
                        return Ok(());
                    };
                    if end < before {
                        self.truncated();
                        return Ok(());
                    }
                    if sizes.jumbo && length < end {
                        put!(self, "truncated-ip6 - {} bytes missing!", end - length);
                    }
                    self.data = outer;
                    self.shorten(p, end);
                    return self.payload(at, end - before, ip, fragmented, next);
                }
            };
            let Some(header) = header else { return Ok(()) };
            step = header;
            headers += 1;
            next = self.u8(at)?;
            self.protocol = "ip6";
        }
        Ok(())
    }
}
