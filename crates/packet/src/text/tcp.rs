//! TCP.

use super::checksum::should_be;
use super::flows::{Conversation, Start};
use super::payload::{Ip, TCP};
use super::walk::{Cut, Names, Step, Walk, put};

/// Bytes of a header without options.
const SHORTEST_HEADER: u32 = 20;

const FIN: u8 = 0x01;
const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const ACK: u8 = 0x10;
const URG: u8 = 0x20;

const FLAGS: Names = &[
    (0x01, "F"),
    (0x02, "S"),
    (0x04, "R"),
    (0x08, "P"),
    (0x10, "."),
    (0x20, "U"),
    (0x40, "E"),
    (0x80, "W"),
];

/// What the options of a segment depend on.
#[derive(Clone, Copy)]
pub(super) struct Segment {
    /// Its flags.
    pub(super) flags: u8,
    /// Is its payload captured whole?
    pub(super) whole: bool,
    /// What the numbers in selective acknowledgements count from.
    pub(super) sack: u32,
}

impl Walk<'_> {
    /// The segment at `p`.
    pub(super) fn tcp(&mut self, p: usize, length: u32, ip: Ip, fragmented: bool) -> Step {
        self.protocol = "tcp";
        if !self.has(p + 2, 2) {
            self.ip_address(ip, 0)?;
            self.put(" > ");
            self.ip_address(ip, 1)?;
            self.put(":");
            self.truncated();
            return Ok(());
        }
        let source = self.u16(p)?;
        let destination = self.u16(p + 2)?;
        self.put_ports(ip, TCP, source, destination)?;
        self.layer(|walk| walk.tcp_segment(p, length, ip, fragmented))
    }

    fn tcp_segment(&mut self, p: usize, length: u32, ip: Ip, fragmented: bool) -> Step {
        let (source, destination) = (self.u16(p)?, self.u16(p + 2)?);
        self.need_here(p, SHORTEST_HEADER as usize)?;
        let header = u32::from(self.u8(p + 12)? >> 4) * 4;
        if header < SHORTEST_HEADER {
            let rest = length.wrapping_sub(header);
            put!(
                self,
                " tcp {rest} [bad hdr length {header} - too short, < 20]"
            );
            return Ok(());
        }
        let flags = self.u8(p + 13)?;
        self.put("Flags [");
        self.put_bits(FLAGS, flags.into(), "", "none");
        self.put("]");
        let mut sequence = self.u32(p + 4)?;
        let mut acknowledged = self.u32(p + 8)?;
        let mut segment = Segment {
            flags,
            whole: self.has(p, length as usize),
            sack: 0,
        };
        if flags & ACK != 0 {
            (sequence, acknowledged, segment.sack) =
                self.relative(ip, source, destination, flags, sequence, acknowledged)?;
        }
        if header > length {
            put!(self, " [bad hdr length {header} - too long, > {length}]");
            return Ok(());
        }
        if self.verbose() && !fragmented {
            self.tcp_checksum(p, length, ip)?;
        }
        let payload = length - header;
        if self.options.verbose > 1 || payload > 0 || flags & (SYN | FIN | RST) != 0 {
            self.put_num(", seq ", sequence);
            if payload > 0 {
                self.put_num(":", sequence.wrapping_add(payload));
            }
        }
        if flags & ACK != 0 {
            self.put_num(", ack ", acknowledged);
        }
        self.put_num(", win ", self.u16(p + 14)?);
        if flags & URG != 0 {
            self.put_num(", urg ", self.u16(p + 18)?);
        }
        if header > SHORTEST_HEADER {
            let options = header - SHORTEST_HEADER;
            let at = p + SHORTEST_HEADER as usize;
            if !self.tcp_options(at, options as usize, segment)? {
                return Ok(());
            }
        }
        self.put_num(", length ", payload);
        if payload == 0 {
            return Ok(());
        }
        if !self.has(p, header as usize) {
            let captured = self.remaining(p);
            put!(
                self,
                " [remaining caplen({captured}) < header length({header})]"
            );
            return Err(Cut::Line);
        }
        self.tcp_payload(p + header as usize, payload, flags, source, destination)
    }

    /// The numbers relative to the first ones seen of the conversation, which are remembered.
    fn relative(
        &mut self,
        ip: Ip,
        source: u16,
        destination: u16,
        flags: u8,
        sequence: u32,
        acknowledged: u32,
    ) -> Step<(u32, u32, u32)> {
        let (conversation, reversed) = self.conversation(ip, source, destination)?;
        let known = self.flows.get(&conversation).filter(|_| flags & SYN == 0);
        let Some(start) = known else {
            let before = acknowledged.wrapping_sub(1);
            let start = if reversed {
                Start {
                    first: before,
                    second: sequence,
                }
            } else {
                Start {
                    first: sequence,
                    second: before,
                }
            };
            self.flows.set(conversation, start);
            let sack = if reversed { start.first } else { start.second };
            return Ok((sequence, acknowledged, sack));
        };
        let (own, other) = if reversed {
            (start.second, start.first)
        } else {
            (start.first, start.second)
        };
        Ok((
            sequence.wrapping_sub(own),
            acknowledged.wrapping_sub(other),
            other,
        ))
    }

    /// The conversation that a segment belongs to, and whether it goes from its second end to its first.
    fn conversation(&self, ip: Ip, source: u16, destination: u16) -> Step<(Conversation, bool)> {
        let order = |addresses_reversed: bool| {
            source > destination || (source == destination && addresses_reversed)
        };
        let ports = |reversed: bool| {
            let (first, second) = if reversed {
                (destination, source)
            } else {
                (source, destination)
            };
            u32::from(first) << 16 | u32::from(second)
        };
        if ip.version == 6 {
            let (from, to): ([u8; 16], _) = (self.array(ip.at + 8)?, self.array(ip.at + 24)?);
            let reversed = order(from > to);
            let (first, second) = if reversed { (to, from) } else { (from, to) };
            Ok((
                Conversation::V6 {
                    ports: ports(reversed),
                    first,
                    second,
                },
                reversed,
            ))
        } else {
            let (from, to): ([u8; 4], _) = (self.array(ip.at + 12)?, self.array(ip.at + 16)?);
            let reversed = order(from > to);
            let (first, second) = if reversed { (to, from) } else { (from, to) };
            Ok((
                Conversation::V4 {
                    ports: ports(reversed),
                    first,
                    second,
                },
                reversed,
            ))
        }
    }

    fn tcp_checksum(&mut self, p: usize, length: u32, ip: Ip) -> Step {
        let Some(sum) = self.transport_checksum(ip, p, length, TCP) else {
            return Ok(());
        };
        let field = self.u16(p + 16)?;
        put!(self, ", cksum 0x{field:04x}");
        if sum == 0 {
            self.put(" (correct)");
        } else {
            put!(self, " (incorrect -> 0x{:04x})", should_be(field, sum));
        }
        Ok(())
    }

    /// What a segment carries, for the ports that are known.
    fn tcp_payload(
        &mut self,
        p: usize,
        length: u32,
        flags: u8,
        source: u16,
        destination: u16,
    ) -> Step {
        if flags & RST != 0 && self.verbose() {
            return self.reset_reason(p, length);
        }
        let either = |ports: &[u16]| ports.contains(&source) || ports.contains(&destination);
        if either(&[25]) {
            self.put(": ");
            self.text_protocol("smtp", p, length)?;
        } else if either(&[43]) {
            self.put(": ");
            self.text_protocol("whois", p, length)?;
        } else if either(&[179]) {
            self.put(": BGP");
        } else if either(&[22]) {
            self.ssh(p, length)?;
        } else if either(&[21]) {
            self.put(": ");
            self.text_protocol("ftp", p, length)?;
        } else if either(&[80, 8080]) {
            self.put(": ");
            self.http(p, length)?;
        } else if either(&[554, 8554]) {
            self.put(": ");
            self.rtsp(p, length)?;
        } else if either(&[53]) {
            self.dns_over_tcp(p, length)?;
        }
        Ok(())
    }

    /// The text that a reset may carry (RFC 1122, 4.2.2.12).
    fn reset_reason(&mut self, p: usize, length: u32) -> Step {
        const LONGEST: u32 = 30;
        self.put(if self.has(p, length as usize) {
            " [RST"
        } else {
            " [!RST"
        });
        if length > LONGEST {
            self.put("+");
        }
        self.put(" ");
        let shown = length.min(LONGEST).min(self.remaining(p));
        self.characters(p, shown as usize)?;
        self.put("]");
        Ok(())
    }
}
