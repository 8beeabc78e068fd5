//! ICMP for IPv4 (RFC 792 and its successors).

use super::checksum::{checksum, should_be};
use super::payload::{TCP, UDP};
use super::walk::{Names, Step, Walk, put};

const ECHO_REPLY: u8 = 0;
const UNREACHABLE: u8 = 3;
const SOURCE_QUENCH: u8 = 4;
const REDIRECT: u8 = 5;
const ECHO: u8 = 8;
const ROUTER_ADVERTISEMENT: u8 = 9;
const TIME_EXCEEDED: u8 = 11;
const PARAMETER_PROBLEM: u8 = 12;
const TIMESTAMP: u8 = 13;
const TIMESTAMP_REPLY: u8 = 14;
const MASK_REPLY: u8 = 18;

const TYPES: Names = &[
    (4, "source quench"),
    (10, "router solicitation"),
    (15, "information request"),
    (16, "information reply"),
    (17, "address mask request"),
];

/// Reasons for an unreachable destination: what comes before and after its address.
const REASONS: &[(u8, &str, &str)] = &[
    (0, "net ", " unreachable"),
    (1, "host ", " unreachable"),
    (5, "", " unreachable - source route failed"),
    (6, "net ", " unreachable - unknown"),
    (7, "host ", " unreachable - unknown"),
    (8, "", " unreachable - source host isolated"),
    (9, "net ", " unreachable - admin prohibited"),
    (10, "host ", " unreachable - admin prohibited"),
    (11, "net ", " unreachable - tos prohibited"),
    (12, "host ", " unreachable - tos prohibited"),
    (13, "host ", " unreachable - admin prohibited filter"),
    (14, "host ", " unreachable - host precedence violation"),
    (15, "host ", " unreachable - precedence cutoff"),
];

/// Where the packet that an error is about begins, and its fields.
const INNER: usize = 8;
const INNER_PROTOCOL: usize = INNER + 9;
const INNER_DESTINATION: usize = INNER + 16;

impl Walk<'_> {
    /// The message at `p`.
    pub(super) fn icmp(&mut self, p: usize, length: u32, fragmented: bool) -> Step {
        self.protocol = "icmp";
        self.layer(|walk| walk.icmp_whole(p, length, fragmented))
    }

    fn icmp_whole(&mut self, p: usize, length: u32, fragmented: bool) -> Step {
        let start = self.out.len();
        self.put("ICMP ");
        if let Err(cut) = self.icmp_message(p) {
            // Half a message is not shown.
            self.out.truncate(start);
            return Err(cut);
        }
        self.put_num(", length ", length);
        if !self.verbose() {
            return Ok(());
        }
        if !fragmented && let Ok(bytes) = self.slice(p, length as usize) {
            let sum = checksum(&[bytes]);
            if sum != 0 {
                let field = self.u16(p + 2)?;
                put!(
                    self,
                    " (wrong icmp cksum {field:x} (->{:x})!)",
                    should_be(field, sum)
                );
            }
        }
        let kind = self.u8(p)?;
        let is_error = matches!(
            kind,
            UNREACHABLE | SOURCE_QUENCH | REDIRECT | TIME_EXCEEDED | PARAMETER_PROBLEM
        );
        if is_error {
            self.put("\n\t");
            let inner = u32::from(self.u16(p + INNER + 2)?);
            self.within(p + INNER, inner, |walk| {
                walk.need(p + INNER + 2, 2)?;
                walk.ipv4(p + INNER, inner)
            })?;
            self.protocol = "icmp";
        }
        if matches!(kind, UNREACHABLE | TIME_EXCEEDED | PARAMETER_PROBLEM) {
            self.icmp_extensions(p, length)?;
        }
        Ok(())
    }

    fn icmp_message(&mut self, p: usize) -> Step {
        let kind = self.u8(p)?;
        let code = self.u8(p + 1)?;
        match kind {
            ECHO | ECHO_REPLY => {
                self.put(if kind == ECHO {
                    "echo request, id "
                } else {
                    "echo reply, id "
                });
                self.num(self.u16(p + 4)?);
                self.put_num(", seq ", self.u16(p + 6)?);
            }
            UNREACHABLE => self.unreachable(p, code)?,
            REDIRECT => {
                let (verb, target) = match code {
                    0 => ("redirect ", " to net "),
                    1 => ("redirect ", " to host "),
                    2 => ("redirect-tos ", " to net "),
                    3 => ("redirect-tos ", " to host "),
                    _ => ("", " to "),
                };
                self.put(verb);
                if code > 3 {
                    put!(self, "redirect-#{code} ");
                }
                self.ipv4_address(p + INNER_DESTINATION)?;
                self.put(target);
                self.ipv4_address(p + 4)?;
            }
            ROUTER_ADVERTISEMENT => self.router_advertisement(p)?,
            TIME_EXCEEDED => {
                self.need_here(p + INNER_DESTINATION, 4)?;
                match code {
                    0 => self.put("time exceeded in-transit"),
                    1 => self.put("ip reassembly time exceeded"),
                    _ => put!(self, "time exceeded-#{code}"),
                }
            }
            PARAMETER_PROBLEM if code != 0 => put!(self, "parameter problem - code {code}"),
            PARAMETER_PROBLEM => put!(self, "parameter problem - octet {}", self.u8(p + 4)?),
            MASK_REPLY => put!(self, "address mask is 0x{:08x}", self.u32(p + 8)?),
            TIMESTAMP => {
                put!(
                    self,
                    "time stamp query id {} seq {}",
                    self.u16(p + 4)?,
                    self.u16(p + 6)?
                );
            }
            TIMESTAMP_REPLY => {
                self.need_here(p + 16, 4)?;
                put!(
                    self,
                    "time stamp reply id {} seq {}",
                    self.u16(p + 4)?,
                    self.u16(p + 6)?
                );
                for (label, at) in [(": org ", 8), (", recv ", 12), (", xmit ", 16)] {
                    self.put(label);
                    let time = self.u32(p + at)?;
                    self.milliseconds_of_day(time);
                }
            }
            _ => self.put_name(TYPES, kind, ("type-#", "")),
        }
        Ok(())
    }

    fn unreachable(&mut self, p: usize, code: u8) -> Step {
        let destination = p + INNER_DESTINATION;
        if let Some((_, before, after)) = REASONS.iter().find(|(known, ..)| *known == code) {
            self.put(before);
            self.ipv4_address(destination)?;
            self.put(after);
            return Ok(());
        }
        match code {
            2 => {
                self.ipv4_address(destination)?;
                put!(
                    self,
                    " protocol {} unreachable",
                    self.u8(p + INNER_PROTOCOL)?
                );
            }
            3 => {
                self.need_here(p + INNER_PROTOCOL, 1)?;
                let header = usize::from(self.u8(p + INNER)? & 0xf) * 4;
                let port = self.u16(p + INNER + header + 2)?;
                let protocol = self.u8(p + INNER_PROTOCOL)?;
                self.ipv4_address(destination)?;
                match protocol {
                    TCP => put!(self, " tcp port {port} unreachable"),
                    UDP => put!(self, " udp port {port} unreachable"),
                    _ => put!(self, " protocol {protocol} port {port} unreachable"),
                }
            }
            4 => {
                let mtu = self.u16(p + 6)?;
                self.ipv4_address(destination)?;
                self.put(" unreachable - need to frag");
                if mtu != 0 {
                    put!(self, " (mtu {mtu})");
                }
            }
            _ => {
                self.ipv4_address(destination)?;
                put!(self, " unreachable - #{code}");
            }
        }
        Ok(())
    }

    /// RFC 1256.
    fn router_advertisement(&mut self, p: usize) -> Step {
        self.need_here(p + 4, 4)?;
        let (count, size) = (self.u8(p + 4)?, self.u8(p + 5)?);
        let lifetime = self.u16(p + 6)?;
        self.put("router advertisement lifetime ");
        match lifetime {
            0..60 => self.num(lifetime),
            60..3600 => put!(self, "{}:{:02}", lifetime / 60, lifetime % 60),
            _ => {
                let (minutes, seconds) = (lifetime / 60 % 60, lifetime % 60);
                put!(self, "{}:{minutes:02}:{seconds:02}", lifetime / 3600);
            }
        }
        put!(self, " {count}:");
        if size != 2 {
            put!(self, " [size {size}]");
            return Ok(());
        }
        for i in 0..usize::from(count) {
            let at = p + 8 + 8 * i;
            self.need_here(at, 8)?;
            self.put(" {");
            self.ipv4_address(at)?;
            put!(self, " {}}}", self.u32(at + 4)?);
        }
        Ok(())
    }

    fn milliseconds_of_day(&mut self, time: u32) {
        let (seconds, milliseconds) = (time / 1000, time % 1000);
        let (minutes, seconds) = (seconds / 60, seconds % 60);
        let (hours, minutes) = (minutes / 60, minutes % 60);
        put!(
            self,
            "{hours:02}:{minutes:02}:{seconds:02}.{milliseconds:03}"
        );
    }

    /// What routers add to errors (RFC 4884): the MPLS labels of the packet and other objects.
    fn icmp_extensions(&mut self, p: usize, length: u32) -> Step {
        /// Errors with extensions hold this many bytes of the packet at least.
        const START: u32 = 136;
        const VERSION: u8 = 2;
        const MPLS: u8 = 1;
        let at = p + START as usize;
        if length <= START {
            return Ok(());
        }
        self.need_here(at, 5)?;
        let mut left = length - START;
        if self.u8(p + 5)? == 0
            && let Ok(bytes) = self.slice(at, left as usize)
            && checksum(&[bytes]) != 0
        {
            return Ok(());
        }
        let version = self.u8(at)? >> 4;
        put!(self, "\n\tICMP Multi-Part extension v{version}");
        if version != VERSION {
            self.put(" packet not supported");
            return Ok(());
        }
        if let Ok(bytes) = self.slice(at, left as usize) {
            let correct = if checksum(&[bytes]) == 0 { "" } else { "in" };
            put!(
                self,
                ", checksum 0x{:04x} ({correct}correct), length {left}",
                self.u16(at + 2)?
            );
        }
        left = left.saturating_sub(4);
        let mut object = at + 4;
        while left > 4 {
            self.need_here(object, 4)?;
            let size = u32::from(self.u16(object)?);
            let (class, kind) = (self.u8(object + 2)?, self.u8(object + 3)?);
            let name = match class {
                1 => "MPLS Stack Entry",
                2 => "Interface Identification",
                _ => "unknown",
            };
            put!(
                self,
                "\n\t  {name} Object ({class}), Class-Type: {kind}, length {size}"
            );
            left -= 4;
            if class == 0 || size < 4 {
                return Ok(());
            }
            let data = object + 4;
            let size = size - 4;
            if class == MPLS && kind == 1 {
                let label = self.u32(data)?;
                put!(self, "\n\t    label {}, tc {}", label >> 12, label >> 9 & 7);
                if label & 0x100 != 0 {
                    self.put(", [S]");
                }
                put!(self, ", ttl {}", label & 0xff);
            } else {
                self.dump_part("\n\t    ", data, size)?;
            }
            if left < size {
                break;
            }
            left -= size;
            object = data + size as usize;
        }
        Ok(())
    }
}
