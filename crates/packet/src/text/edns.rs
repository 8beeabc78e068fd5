//! The options of DNS messages (EDNS, RFC 6891).

use super::walk::{Names, Step, Walk, put};

/// The sender understands DNSSEC.
const DNSSEC_OK: u16 = 0x8000;

const CLIENT_SUBNET: u16 = 8;
const EXPIRE: u16 = 9;
const COOKIE: u16 = 10;
const KEEPALIVE: u16 = 11;
const PADDING: u16 = 12;
const CHAIN: u16 = 13;
const KEY_TAG: u16 = 14;

const OPTIONS: Names = &[
    (1, "LLQ"),
    (2, "UL"),
    (3, "NSID"),
    (5, "DAU"),
    (6, "DHU"),
    (7, "N3U"),
    (8, "ECS"),
    (9, "EXPIRE"),
    (10, "COOKIE"),
    (11, "KEEPALIVE"),
    (12, "PADDING"),
    (13, "CHAIN"),
    (14, "KEY-TAG"),
    (16, "CLIENT-TAG"),
    (17, "SERVER-TAG"),
];

const SIGNATURES: Names = &[
    (0, "DELETE"),
    (1, "RSAMD5"),
    (2, "DH"),
    (3, "DS"),
    (5, "RSASHA1"),
    (6, "DSA-NSEC3-SHA1"),
    (7, "RSASHA1-NSEC3-SHA1"),
    (8, "RSASHA256"),
    (10, "RSASHA512"),
    (12, "ECC-GOST"),
    (13, "ECDSAP256SHA256"),
    (14, "ECDSAP384SHA384"),
    (15, "ED25519"),
    (16, "ED448"),
    (252, "INDIRECT"),
    (253, "PRIVATEDNS"),
    (254, "PRIVATEOID"),
];

const DIGESTS: Names = &[
    (1, "SHA-1"),
    (2, "SHA-256"),
    (3, "GOST_R_34.11-94"),
    (4, "SHA-384"),
];

const NSEC3_HASHES: Names = &[(1, "SHA-1")];

impl Walk<'_> {
    /// An OPT record with its options from `p` to `end`.
    pub(super) fn edns(&mut self, p: usize, end: usize, size: u16, flags: u16) -> Step {
        put!(self, " UDPsize={size}");
        if flags & DNSSEC_OK != 0 {
            self.put(" DO");
        }
        if p >= end {
            return Ok(());
        }
        self.put(" [");
        let mut at = p;
        while at < end {
            let kind = self.u16(at)?;
            self.put_name(OPTIONS, kind, ("Opt", ""));
            let length = usize::from(self.u16(at + 2)?);
            self.need(at + 4, length)?;
            if length > 0 {
                self.put(" ");
                self.edns_option(kind, at + 4, length)?;
            }
            at += 4 + length;
            if at < end {
                self.put(",");
            }
        }
        self.put("]");
        Ok(())
    }

    /// One option with `length` captured bytes of data, at least one.
    fn edns_option(&mut self, kind: u16, p: usize, length: usize) -> Step {
        match kind {
            CLIENT_SUBNET => self.client_subnet(p, length)?,
            COOKIE => match length {
                8 => self.hex_bytes(p, 8, None)?,
                16..=40 => {
                    self.hex_bytes(p, 8, None)?;
                    self.put(" ");
                    self.hex_bytes(p + 8, length - 8, None)?;
                }
                _ => self.invalid(),
            },
            KEEPALIVE if length == 2 => {
                let tenths = self.u16(p)?;
                put!(self, "{}.{} sec", tenths / 10, tenths % 10);
            }
            EXPIRE if length == 4 => put!(self, "{} sec", self.u32(p)?),
            KEY_TAG if length.is_multiple_of(2) => {
                for at in (0..length).step_by(2) {
                    self.put(if at > 0 { " " } else { "" });
                    self.num(self.u16(p + at)?);
                }
            }
            KEEPALIVE | EXPIRE | KEY_TAG => self.invalid(),
            PADDING => put!(self, "({length})"),
            5 => self.algorithms(SIGNATURES, p, length)?,
            6 => self.algorithms(DIGESTS, p, length)?,
            7 => self.algorithms(NSEC3_HASHES, p, length)?,
            // A wrong name here does not end the line.
            CHAIN => {
                let _ = self.domain_name(p, p + length);
            }
            _ => self.hex_bytes(p, length, None)?,
        }
        Ok(())
    }

    fn algorithms(&mut self, names: Names, p: usize, length: usize) -> Step {
        for at in 0..length {
            self.put(if at > 0 { " " } else { "" });
            self.put_name(names, self.u8(p + at)?, ("Alg_", ""));
        }
        Ok(())
    }

    /// Part of a client's address (RFC 7871).
    fn client_subnet(&mut self, p: usize, length: usize) -> Step {
        if length < 4 {
            self.invalid();
            return Ok(());
        }
        let family = self.u16(p)?;
        let (source, scope) = (self.u8(p + 2)?, self.u8(p + 3)?);
        let bits = match family {
            1 => 32,
            2 => 128,
            _ => 0,
        };
        let bytes = self.slice(p + 4, length - 4)?;
        let fits = source <= bits && scope <= bits && bytes.len() <= usize::from(bits / 8);
        if bits == 0 || !fits || usize::from(source).div_ceil(8) != bytes.len() {
            self.invalid();
            return Ok(());
        }
        let mut address = [0; 16];
        for (to, from) in address.iter_mut().zip(bytes) {
            *to = *from;
        }
        match (family, address) {
            (1, [a, b, c, d, ..]) => self.put_ipv4([a, b, c, d]),
            _ => self.put_ipv6(address),
        }
        put!(self, "/{source}/{scope}");
        Ok(())
    }
}
