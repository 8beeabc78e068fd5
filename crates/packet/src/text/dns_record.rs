//! DNS questions and resource records.

use super::dns::Message;
use super::walk::{Cut, Names, Step, Walk, put};

const A: u16 = 1;
const NS: u16 = 2;
const CNAME: u16 = 5;
const SOA: u16 = 6;
const PTR: u16 = 12;
const MX: u16 = 15;
const TXT: u16 = 16;
const AAAA: u16 = 28;
const SRV: u16 = 33;
const A6: u16 = 38;
const DNAME: u16 = 39;
const OPT: u16 = 41;
const UNSPECA: u16 = 104;
const TSIG: u16 = 250;
const URI: u16 = 256;

/// The class of the Internet.
const IN: u16 = 1;
/// In multicast DNS: "unicast reply wanted" in a question, "flush the cache" in a record.
const HIGH_BIT: u16 = 0x8000;

const CLASSES: Names = &[(1, "IN"), (3, "CHAOS"), (4, "HS"), (255, "ANY")];

/// Types of records.
pub(crate) const TYPES: Names = &[
    (1, "A"),
    (2, "NS"),
    (3, "MD"),
    (4, "MF"),
    (5, "CNAME"),
    (6, "SOA"),
    (7, "MB"),
    (8, "MG"),
    (9, "MR"),
    (10, "NULL"),
    (11, "WKS"),
    (12, "PTR"),
    (13, "HINFO"),
    (14, "MINFO"),
    (15, "MX"),
    (16, "TXT"),
    (17, "RP"),
    (18, "AFSDB"),
    (19, "X25"),
    (20, "ISDN"),
    (21, "RT"),
    (22, "NSAP"),
    (23, "NSAP_PTR"),
    (24, "SIG"),
    (25, "KEY"),
    (26, "PX"),
    (27, "GPOS"),
    (28, "AAAA"),
    (29, "LOC"),
    (30, "NXT"),
    (31, "EID"),
    (32, "NIMLOC"),
    (33, "SRV"),
    (34, "ATMA"),
    (35, "NAPTR"),
    (36, "KX"),
    (37, "CERT"),
    (38, "A6"),
    (39, "DNAME"),
    (40, "SINK"),
    (41, "OPT"),
    (42, "APL"),
    (43, "DS"),
    (44, "SSHFP"),
    (45, "IPSECKEY"),
    (46, "RRSIG"),
    (47, "NSEC"),
    (48, "DNSKEY"),
    (99, "SPF"),
    (100, "UINFO"),
    (101, "UID"),
    (102, "GID"),
    (103, "UNSPEC"),
    (104, "UNSPECA"),
    (249, "TKEY"),
    (250, "TSIG"),
    (251, "IXFR"),
    (252, "AXFR"),
    (253, "MAILB"),
    (254, "MAILA"),
    (255, "ANY"),
    (256, "URI"),
];

impl Walk<'_> {
    /// The question at `p`. Returns where it ends.
    pub(super) fn dns_question(&mut self, p: usize, message: Message) -> Step<usize> {
        let at = self.skip_name(p).ok_or(Cut::Layer)?;
        self.need(at, 4)?;
        self.put(" ");
        self.put_name(TYPES, self.u16(at)?, ("Type", ""));
        let field = self.u16(at + 2)?;
        let class = if message.multicast {
            field & !HIGH_BIT
        } else {
            field
        };
        self.put_class(class);
        if message.multicast {
            self.put(if field & HIGH_BIT != 0 {
                " (QU)"
            } else {
                " (QM)"
            });
        }
        self.put("? ");
        Ok(self.domain_name(p, message.at)? + 4)
    }

    fn put_class(&mut self, class: u16) {
        if class != IN {
            self.put(" ");
            self.put_name(CLASSES, class, ("(Class ", ")"));
        }
    }

    /// The record at `p`. Returns where it ends; for a record whose head is cut short that is the end of the
    /// captured bytes, as in tcpdump.
    pub(super) fn dns_record(&mut self, p: usize, message: Message) -> Step<usize> {
        let at = if self.verbose() {
            self.put(" ");
            Some(self.domain_name(p, message.at)?)
        } else {
            self.skip_name(p)
        };
        let Some(at) = at.filter(|at| self.has(*at, 10)) else {
            return Ok(self.data.len());
        };
        let kind = self.u16(at)?;
        let field = self.u16(at + 2)?;
        let class = if message.multicast {
            field & !HIGH_BIT
        } else {
            field
        };
        if kind != OPT {
            self.put_class(class);
        }
        if message.multicast && field & HIGH_BIT != 0 {
            self.put(" (Cache flush)");
        }
        if kind != OPT && self.options.verbose > 2 {
            self.put(" [");
            let seconds = self.u32(at + 4)?;
            self.put_duration(seconds);
            self.put("]");
        }
        let flags = self.u16(at + 6)?;
        let length = usize::from(self.u16(at + 8)?);
        let data = at + 10;
        let end = data + length;
        self.put(" ");
        self.put_name(TYPES, kind, ("Type", ""));
        self.need(end, 0)?;
        if kind == OPT {
            self.edns(data, end, class, flags)?;
        } else {
            self.dns_data(kind, data, length, message)?;
        }
        Ok(end)
    }

    /// The data of a record, `length` captured bytes at `p`.
    fn dns_data(&mut self, kind: u16, p: usize, length: usize, message: Message) -> Step {
        match kind {
            A => {
                self.need(p, 4)?;
                self.put(" ");
                self.ipv4_address(p)?;
            }
            AAAA => {
                self.need(p, 16)?;
                self.put(" ");
                self.ipv6_address(p)?;
            }
            NS | CNAME | PTR | DNAME => {
                self.put(" ");
                self.domain_name(p, message.at)?;
            }
            MX => {
                self.put(" ");
                let preference = self.u16(p)?;
                self.domain_name(p + 2, message.at)?;
                put!(self, " {preference}");
            }
            TXT => {
                let mut at = p;
                while at < p + length {
                    self.put(" \"");
                    let size = usize::from(self.u8(at)?);
                    self.characters(at + 1, size)?;
                    self.put("\"");
                    at += 1 + size;
                }
            }
            SRV => {
                self.put(" ");
                let [priority, weight, port] = [self.u16(p)?, self.u16(p + 2)?, self.u16(p + 4)?];
                self.domain_name(p + 6, message.at)?;
                put!(self, ":{port} {priority} {weight}");
            }
            SOA if self.verbose() => {
                self.put(" ");
                let at = self.domain_name(p, message.at)?;
                self.put(" ");
                let at = self.domain_name(at, message.at)?;
                self.need(at, 20)?;
                for i in 0..5 {
                    put!(self, " {}", self.u32(at + 4 * i)?);
                }
            }
            A6 => self.a6(p, message)?,
            URI => {
                let numbers = (self.u16(p), self.u16(p + 2));
                let (Ok(priority), Ok(weight)) = numbers else {
                    return Err(Cut::Whole);
                };
                put!(self, " {priority} {weight} ");
                // One that is too short is printed to the end of the message, as tcpdump does.
                self.characters(p + 4, length.checked_sub(4).unwrap_or(usize::MAX))?;
            }
            UNSPECA => self.characters(p, length)?,
            TSIG if self.verbose() => self.tsig(p, message)?,
            _ => {}
        }
        Ok(())
    }

    /// The address form that AAAA replaced (RFC 2874).
    fn a6(&mut self, p: usize, message: Message) -> Step {
        let prefix = self.u8(p).map_err(|_| Cut::Whole)?;
        if prefix > 128 {
            put!(self, " {prefix}(bad plen)");
            return Ok(());
        }
        let skipped = usize::from(prefix / 8);
        if prefix < 128 {
            let mut address = [0; 16];
            let suffix = self.slice(p + 1, 16 - skipped);
            let suffix = suffix.map_err(|_| Cut::Whole)?;
            for (to, from) in address.iter_mut().skip(skipped).zip(suffix) {
                *to = *from;
            }
            put!(self, " {prefix} ");
            self.put_ipv6(address);
        }
        if prefix > 0 {
            self.put(" ");
            self.domain_name(p + 17 - skipped, message.at)?;
        }
        Ok(())
    }

    /// A transaction signature (RFC 8945).
    fn tsig(&mut self, p: usize, message: Message) -> Step {
        self.put(" ");
        let mut at = self.domain_name(p, message.at)? + 6;
        for label in ["fudge", "maclen", "origid", "error", "otherlen"] {
            let value = self.u16(at).map_err(|_| Cut::Whole)?;
            put!(self, " {label}={value}");
            at += 2;
            if label == "maclen" {
                at += usize::from(value);
            }
        }
        Ok(())
    }
}
