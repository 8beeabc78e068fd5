//! IPv4 headers.

use super::checksum::{checksum, should_be};
use super::payload::{Ip, PROTOCOLS, has_ports};
use super::walk::{Cut, Names, Step, Walk, name, put};

/// Bytes of a header without options.
pub(super) const SHORTEST_HEADER: u32 = 20;

const MORE_FRAGMENTS: u16 = 0x2000;
const OFFSET: u16 = 0x1fff;

const FLAGS: Names = &[(0x2000, "+"), (0x4000, "DF"), (0x8000, "rsvd")];

impl Walk<'_> {
    /// An IP packet of either version at `p`.
    pub(super) fn ip(&mut self, p: usize, length: u32) -> Step {
        self.protocol = "ipn";
        if length < 1 {
            put!(self, "truncated-ip {length}");
            return Ok(());
        }
        match self.u8(p)? >> 4 {
            4 => self.ipv4(p, length),
            6 => self.ipv6(p, length),
            version => {
                put!(self, "unknown ip {version}");
                Ok(())
            }
        }
    }

    /// The IPv4 packet at `p`, in `length` bytes of the layer below.
    pub(super) fn ipv4(&mut self, p: usize, length: u32) -> Step {
        self.protocol = "ip";
        let first = self.u8(p)?;
        let version = first >> 4;
        if version != 4 {
            if version == 6 {
                self.put("IP6, wrong link-layer encapsulation");
            } else {
                self.put_num("IP", version);
            }
            self.invalid();
            return Ok(());
        }
        if !self.options.link {
            self.put("IP ");
        }
        if !self.has(p, SHORTEST_HEADER as usize) {
            self.truncated();
            return Ok(());
        }
        if length < SHORTEST_HEADER {
            put!(self, "truncated-ip {length}");
            return Ok(());
        }
        let header = u32::from(first & 0xf) * 4;
        if header < SHORTEST_HEADER {
            put!(self, "bad-hlen {header}");
            return Ok(());
        }
        let total = u32::from(self.u16(p + 2)?);
        if length < total {
            put!(self, "truncated-ip - {} bytes missing! ", total - length);
        }
        if total < header {
            put!(self, "bad-len {total}");
            return Ok(());
        }
        self.deeper(|walk| walk.within(p, total, |walk| walk.ipv4_inside(p, header, total)))
    }

    fn ipv4_inside(&mut self, p: usize, header: u32, total: u32) -> Step {
        let fragment = self.u16(p + 6)?;
        let protocol = self.u8(p + 9)?;
        if self.verbose() && self.ipv4_detail(p, header, total, fragment)?.is_err() {
            self.ipv4_ends(p)?;
            self.put(": ");
            self.truncated();
            return Ok(());
        }
        if fragment & OFFSET != 0 {
            self.ipv4_ends(p)?;
            self.put_num(": ip-proto-", protocol);
            return Ok(());
        }
        if !has_ports(protocol) {
            self.ipv4_ends(p)?;
            self.put(": ");
        }
        if !self.has(p, header as usize) {
            let captured = self.remaining(p);
            put!(
                self,
                " [remaining caplen({captured}) < header length({header})]"
            );
            return Err(Cut::Line);
        }
        let ip = Ip { at: p, version: 4 };
        let fragmented = fragment & MORE_FRAGMENTS != 0;
        self.payload(
            p + header as usize,
            total - header,
            ip,
            fragmented,
            protocol,
        )
    }

    /// `source > destination`
    pub(super) fn ipv4_ends(&mut self, p: usize) -> Step {
        self.ipv4_address(p + 12)?;
        self.put(" > ");
        self.ipv4_address(p + 16)
    }

    /// The fields of the header in parentheses. The outer failure ends the line; the inner one says that
    /// the options are cut short, which is marked.
    fn ipv4_detail(&mut self, p: usize, header: u32, total: u32, fragment: u16) -> Step<Step> {
        let tos = self.u8(p + 1)?;
        self.put_hex("(tos 0x", tos, 1);
        self.put(match tos & 3 {
            1 => ",ECT(1)",
            2 => ",ECT(0)",
            3 => ",CE",
            _ => "",
        });
        let ttl = self.u8(p + 8)?;
        if ttl > 0 {
            self.put_num(", ttl ", ttl);
        }
        self.put_num(", id ", self.u16(p + 4)?);
        self.put_num(", offset ", (fragment & OFFSET) * 8);
        self.put(", flags [");
        self.put_bits(FLAGS, (fragment & !OFFSET).into(), ", ", "none");
        let protocol = self.u8(p + 9)?;
        let protocol_name = name(PROTOCOLS, protocol.into()).unwrap_or("unknown");
        put!(
            self,
            "], proto {protocol_name} ({protocol}), length {total}"
        );
        let mut options = Ok(());
        if header > SHORTEST_HEADER {
            self.put(", options (");
            let at = p + SHORTEST_HEADER as usize;
            options = self.ipv4_options(at, (header - SHORTEST_HEADER) as usize)?;
            if options.is_err() {
                self.put(" [truncated-option]");
            }
            self.put(")");
        }
        if let Ok(bytes) = self.slice(p, header as usize) {
            let sum = checksum(&[bytes]);
            if sum != 0 {
                let field = self.u16(p + 10)?;
                put!(
                    self,
                    ", bad cksum {field:x} (->{:x})!",
                    should_be(field, sum)
                );
            }
        }
        self.put(")\n    ");
        Ok(options)
    }
}
