//! ICMPv6 (RFC 4443), except neighbour discovery's options and multicast listener discovery.

use super::checksum::should_be;
use super::payload::{AH, DESTINATION, FRAGMENT, HOP_BY_HOP, ICMPV6, Ip, ROUTING, TCP, UDP};
use super::walk::{Cut, Names, Step, Walk, put};

const UNREACHABLE: u8 = 1;
const TOO_BIG: u8 = 2;
const TIME_EXCEEDED: u8 = 3;
const PARAMETER_PROBLEM: u8 = 4;
const ECHO_REQUEST: u8 = 128;
const ECHO_REPLY: u8 = 129;
const LISTENER_QUERY: u8 = 130;
const LISTENER_REPORT: u8 = 131;
const LISTENER_DONE: u8 = 132;
const ROUTER_SOLICITATION: u8 = 133;
const ROUTER_ADVERTISEMENT: u8 = 134;
const NEIGHBOUR_SOLICITATION: u8 = 135;
const NEIGHBOUR_ADVERTISEMENT: u8 = 136;
const REDIRECT: u8 = 137;
const RENUMBERING: u8 = 138;
const NODE_QUERY: u8 = 139;
const NODE_REPLY: u8 = 140;
const LISTENER_REPORT2: u8 = 143;

const TYPES: Names = &[
    (1, "destination unreachable"),
    (2, "packet too big"),
    (3, "time exceeded in-transit"),
    (4, "parameter problem"),
    (128, "echo request"),
    (129, "echo reply"),
    (130, "multicast listener query"),
    (131, "multicast listener report"),
    (132, "multicast listener done"),
    (133, "router solicitation"),
    (134, "router advertisement"),
    (135, "neighbor solicitation"),
    (136, "neighbor advertisement"),
    (137, "redirect"),
    (138, "router renumbering"),
    (139, "who-are-you request"),
    (140, "who-are-you reply"),
    (141, "inverse neighbor solicitation"),
    (142, "inverse neighbor advertisement"),
    (143, "multicast listener report v2"),
    (144, "ha discovery request"),
    (145, "ha discovery reply"),
    (146, "mobile router solicitation"),
    (147, "mobile router advertisement"),
    (155, "RPL"),
    (200, "mtrace response"),
    (201, "mtrace message"),
];

const UNREACHABLE_CODES: Names = &[
    (0, "unreachable route"),
    (1, " unreachable prohibited"),
    (2, "beyond scope"),
    (3, "unreachable address"),
    (4, "unreachable port"),
];

/// Where the packet that an error is about begins, and its fields.
const INNER: usize = 8;
const INNER_SOURCE: usize = INNER + 8;
const INNER_DESTINATION: usize = INNER + 24;

/// Bytes of a message of the first version of multicast listener discovery, and of a query of the second.
const MLD1_LENGTH: u32 = 24;
const MLD2_QUERY_LENGTH: u32 = 28;

impl Walk<'_> {
    /// The message at `p`.
    pub(super) fn icmpv6(&mut self, p: usize, length: u32, ip: Ip, fragmented: bool) -> Step {
        self.protocol = "icmp6";
        if length == 0 {
            self.put("ICMP6, length 0");
            self.invalid();
            return Ok(());
        }
        self.layer(|walk| walk.icmpv6_message(p, length, ip, fragmented))
    }

    fn icmpv6_message(&mut self, p: usize, length: u32, ip: Ip, fragmented: bool) -> Step {
        if self.verbose() && !fragmented {
            self.icmpv6_checksum(p, length, ip)?;
        }
        let kind = self.u8(p)?;
        self.put("ICMP6, ");
        self.put_name(TYPES, kind, ("unknown icmp6 type (", ")"));
        // With detail these show the length here, in front of what they add.
        let early_length = matches!(kind, ROUTER_SOLICITATION..=REDIRECT | 145 | 147);
        if self.verbose() && early_length {
            self.put_num(", length ", length);
        }
        let code = self.u8(p + 1)?;
        let finished = match kind {
            UNREACHABLE => self.unreachable6(p, length, code)?,
            ROUTER_SOLICITATION..=REDIRECT => {
                self.neighbour_discovery(kind, p, length)?;
                false
            }
            LISTENER_QUERY..=LISTENER_DONE | LISTENER_REPORT2 => {
                self.listener_discovery(kind, p, length)?;
                false
            }
            _ => self.icmpv6_other(kind, code, p, length)?,
        };
        if !self.verbose() && !finished {
            self.put_num(", length ", length);
        }
        Ok(())
    }

    fn icmpv6_checksum(&mut self, p: usize, length: u32, ip: Ip) -> Step {
        let Some(sum) = self.transport_checksum(ip, p, length, ICMPV6) else {
            return Ok(());
        };
        let field = self.u16(p + 2)?;
        if sum == 0 {
            self.put("[icmp6 sum ok] ");
        } else {
            put!(
                self,
                "[bad icmp6 cksum 0x{field:04x} -> 0x{:04x}!] ",
                should_be(field, sum)
            );
        }
        Ok(())
    }

    /// Messages of few lines. Returns true if the line ends here.
    fn icmpv6_other(&mut self, kind: u8, code: u8, p: usize, length: u32) -> Step<bool> {
        match kind {
            TOO_BIG => self.put_num(", mtu ", self.u32(p + 4)?),
            TIME_EXCEEDED => match code {
                0 => {
                    self.need(p + INNER_DESTINATION, 16)?;
                    self.put(" for ");
                    self.ipv6_address(p + INNER_DESTINATION)?;
                }
                1 => self.put(" (reassembly)"),
                _ => put!(self, ", unknown code ({code})"),
            },
            PARAMETER_PROBLEM => {
                self.need_here(p + INNER_DESTINATION, 16)?;
                let octet = self.u32(p + 4)?;
                match code {
                    0 => put!(self, ", erroneous - octet {octet}"),
                    1 => put!(self, ", next header - octet {octet}"),
                    2 => put!(self, ", option - octet {octet}"),
                    3 => put!(self, ", incomplete header chain - octet {octet}"),
                    _ => put!(self, ", code-#{code}"),
                }
            }
            ECHO_REQUEST | ECHO_REPLY => {
                let (id, sequence) = (self.u16(p + 4)?, self.u16(p + 6)?);
                self.put_num(", id ", id);
                self.put_num(", seq ", sequence);
            }
            144 | 146 => put!(self, ", id 0x{:04x}", self.u16(p + 4)?),
            145 if self.verbose() => {
                put!(self, ", id 0x{:04x}", self.u16(p + 4)?);
                for at in (8..length as usize).step_by(16) {
                    self.need(p + at, 16)?;
                    self.put(", ");
                    self.ipv6_address(p + at)?;
                }
            }
            147 if self.verbose() => {
                put!(self, ", id 0x{:04x}", self.u16(p + 4)?);
                let flags = self.u16(p + 6)?;
                self.put(if flags & 0xc000 != 0 { " " } else { "" });
                self.put(if flags & 0x8000 != 0 { "M" } else { "" });
                self.put(if flags & 0x4000 != 0 { "O" } else { "" });
                self.nd_options(p + 8, (length as i32).wrapping_sub(8))?;
            }
            RENUMBERING => self.layer(|walk| walk.router_renumbering(p))?,
            NODE_QUERY => self.layer(|walk| walk.node_query(p))?,
            NODE_REPLY => self.layer(|walk| walk.node_reply(p, length))?,
            141 | 142 | 145 | 147 | 155 => {}
            _ => {
                self.put_num(", length ", length);
                if self.options.verbose <= 1 {
                    self.dump_part("\n\t", p, length)?;
                }
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns true if the line ends here.
    fn unreachable6(&mut self, p: usize, length: u32, code: u8) -> Step<bool> {
        self.put(", ");
        self.put_name(UNREACHABLE_CODES, code, ("unknown unreach code (", ")"));
        let destination = p + INNER_DESTINATION;
        match code {
            0 | 1 | 3 => {
                self.need(destination, 16)?;
                self.put(" ");
                self.ipv6_address(destination)?;
            }
            2 => {
                self.need(destination, 16)?;
                self.put(" ");
                self.ipv6_address(destination)?;
                self.put(", source address ");
                self.ipv6_address(p + INNER_SOURCE)?;
            }
            4 => {
                let (protocol, port) = self.port_in(p + INNER).map_err(|_| Cut::Layer)?;
                self.need(destination, 16)?;
                self.put(", ");
                self.ipv6_address(destination)?;
                put!(
                    self,
                    " {} port {port}",
                    if protocol == TCP { "tcp" } else { "udp" }
                );
            }
            _ => {
                if self.options.verbose <= 1 {
                    self.dump_part("\n\t", p, length)?;
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// The transport protocol and destination port of the packet at `p`, behind its extension headers.
    fn port_in(&self, p: usize) -> Step<(u8, u16)> {
        let mut next = self.u8(p + 6)?;
        let mut at = p + 40;
        loop {
            let size = match next {
                TCP | UDP => return Ok((next, self.u16(at + 2)?)),
                HOP_BY_HOP | DESTINATION | ROUTING => (usize::from(self.u8(at + 1)?) + 1) * 8,
                FRAGMENT if self.u16(at + 2)? & 0xfff8 == 0 => 8,
                AH => (usize::from(self.u8(at + 1)?) + 2) * 4,
                _ => return Err(Cut::Layer),
            };
            next = self.u8(at)?;
            at += size;
        }
    }

    fn listener_discovery(&mut self, kind: u8, p: usize, length: u32) -> Step {
        match kind {
            LISTENER_QUERY if length == MLD1_LENGTH => self.mld1(p),
            LISTENER_QUERY if length >= MLD2_QUERY_LENGTH => {
                self.put(" v2");
                self.mld2_query(p, length)
            }
            LISTENER_QUERY => {
                put!(self, " unknown-version (len {length}) ");
                Ok(())
            }
            LISTENER_REPORT | LISTENER_DONE => self.mld1(p),
            _ => self.mld2_report(p, length),
        }
    }

    fn neighbour_discovery(&mut self, kind: u8, p: usize, length: u32) -> Step {
        let fixed = match kind {
            ROUTER_SOLICITATION => 8,
            ROUTER_ADVERTISEMENT => {
                if self.verbose() {
                    self.router_advertisement6(p)?;
                }
                16
            }
            NEIGHBOUR_SOLICITATION => {
                self.need(p + 8, 16)?;
                self.put(", who has ");
                self.ipv6_address(p + 8)?;
                24
            }
            NEIGHBOUR_ADVERTISEMENT => {
                self.need(p + 8, 16)?;
                self.put(", tgt is ");
                self.ipv6_address(p + 8)?;
                if self.verbose() {
                    self.advertisement_flags(p)?;
                }
                24
            }
            _ => {
                self.need(p + 24, 16)?;
                self.put(", ");
                self.ipv6_address(p + 24)?;
                self.need(p + 8, 16)?;
                self.put(" to ");
                self.ipv6_address(p + 8)?;
                40
            }
        };
        if self.verbose() {
            self.nd_options(p + fixed, (length as i32).wrapping_sub(fixed as i32))?;
        }
        Ok(())
    }
}
