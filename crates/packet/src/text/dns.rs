//! DNS and multicast DNS: the header and the sections (RFC 1035, RFC 6762).

use super::walk::{Cut, Step, Walk, put};

const HEADER_LENGTH: usize = 12;

const RESPONSE: u16 = 0x8000;
const AUTHORITATIVE: u16 = 0x0400;
const TRUNCATED: u16 = 0x0200;
const RECURSION_DESIRED: u16 = 0x0100;
const RECURSION_AVAILABLE: u16 = 0x0080;
const AUTHENTIC: u16 = 0x0020;
const CHECKING_DISABLED: u16 = 0x0010;

/// Bits that are odd in a query: all but those printed on their own.
const ODD_IN_QUERY: u16 = 0x06cf;

/// The operation of an inverse query.
const INVERSE: u16 = 1;

/// Names of operations.
const OPERATIONS: [&str; 16] = [
    "",
    " inv_q",
    " stat",
    " op3",
    " notify",
    " update",
    " op6",
    " op7",
    " op8",
    " updateA",
    " updateD",
    " updateDA",
    " updateM",
    " updateMA",
    " zoneInit",
    " zoneRef",
];

/// Names of response codes, spaces as tcpdump has them.
const RESPONSES: [&str; 24] = [
    "",
    " FormErr",
    " ServFail",
    " NXDomain",
    " NotImp",
    " Refused",
    " YXDomain",
    " YXRRSet",
    " NXRRSet",
    " NotAuth",
    " NotZone",
    " Resp11",
    " Resp12",
    " Resp13",
    " Resp14",
    " NoChange",
    " BadVers",
    "Resp17",
    " Resp18",
    " Resp19",
    " Resp20",
    "Resp21",
    " Resp22",
    " BadCookie",
];

/// A message whose records are being printed.
#[derive(Clone, Copy)]
pub(super) struct Message {
    /// Where it starts, which names refer to.
    pub(super) at: usize,
    pub(super) multicast: bool,
}

impl Walk<'_> {
    /// A message behind its two bytes of length at `p`.
    pub(super) fn dns_over_tcp(&mut self, p: usize, length: u32) -> Step {
        self.protocol = "domain";
        if length < 2 {
            put!(self, " [DNS over TCP: length {length} < 2]");
            self.invalid();
            return Ok(());
        }
        let length = length - 2;
        let prefix = self.u16(p)?;
        if u32::from(prefix) != length {
            put!(self, " [prefix length({prefix}) != length({length})]");
            self.invalid();
            return Ok(());
        }
        self.put(" ");
        self.dns(p + 2, length, false)
    }

    /// The message at `p`.
    pub(super) fn dns(&mut self, p: usize, length: u32, multicast: bool) -> Step {
        self.protocol = "domain";
        if (length as usize) < HEADER_LENGTH {
            put!(self, "domain [length {length} < {HEADER_LENGTH}]");
            self.invalid();
            return Ok(());
        }
        self.layer(|walk| {
            walk.dns_message(p, length, multicast)
                .map_err(Cut::of_layer)
        })
    }

    fn dns_message(&mut self, p: usize, length: u32, multicast: bool) -> Step {
        self.need_here(p, HEADER_LENGTH)?;
        let message = Message { at: p, multicast };
        let flags = self.u16(p + 2)?;
        let counts = [
            self.u16(p + 4)?,
            self.u16(p + 6)?,
            self.u16(p + 8)?,
            self.u16(p + 10)?,
        ];
        self.num(self.u16(p)?);
        self.put(
            OPERATIONS
                .get(usize::from(flags >> 11 & 0xf))
                .unwrap_or(&""),
        );
        if flags & RESPONSE != 0 {
            self.dns_response(message, flags, counts)?;
        } else {
            self.dns_query(message, flags, counts)?;
        }
        put!(self, " ({length})");
        Ok(())
    }

    fn dns_response(&mut self, message: Message, flags: u16, counts: [u16; 4]) -> Step {
        let [questions, answers, authorities, additional] = counts;
        let code = (flags & 0xf) | self.extended_code(message, counts);
        match RESPONSES.get(usize::from(code)) {
            Some(name) => self.put(name),
            None => put!(self, " Resp{}", code & 0xfff),
        }
        self.put(if flags & AUTHORITATIVE != 0 { "*" } else { "" });
        self.put(if flags & RECURSION_AVAILABLE != 0 {
            ""
        } else {
            "-"
        });
        self.put(if flags & TRUNCATED != 0 { "|" } else { "" });
        self.put(if flags & AUTHENTIC != 0 { "$" } else { "" });
        if questions != 1 {
            put!(self, " [{questions}q]");
        }
        let mut at = message.at + HEADER_LENGTH;
        for i in 0..questions {
            if i > 0 {
                self.put(",");
            }
            if self.options.verbose > 1 {
                self.put(" q:");
                at = self.dns_question(at, message)?;
            } else {
                at = self.skip_name(at).ok_or(Cut::Layer)? + 4;
            }
        }
        put!(self, " {answers}/{authorities}/{additional}");
        at = self.dns_section("", at, answers, message, true)?;
        if self.options.verbose > 1 {
            at = self.dns_section(" ns:", at, authorities, message, false)?;
            self.dns_section(" ar:", at, additional, message, false)?;
        }
        Ok(())
    }

    fn dns_query(&mut self, message: Message, flags: u16, counts: [u16; 4]) -> Step {
        let [questions, answers, authorities, additional] = counts;
        self.put(if flags & RECURSION_DESIRED != 0 {
            "+"
        } else {
            ""
        });
        self.put(if flags & CHECKING_DISABLED != 0 {
            "%"
        } else {
            ""
        });
        if flags & ODD_IN_QUERY != 0 {
            put!(self, " [b2&3=0x{flags:x}]");
        }
        if flags >> 11 & 0xf == INVERSE {
            if questions != 0 {
                put!(self, " [{questions}q]");
            }
            if answers != 1 {
                put!(self, " [{answers}a]");
            }
        } else {
            if answers != 0 {
                put!(self, " [{answers}a]");
            }
            if questions != 1 {
                put!(self, " [{questions}q]");
            }
        }
        if authorities != 0 {
            put!(self, " [{authorities}n]");
        }
        if additional != 0 {
            put!(self, " [{additional}au]");
        }
        let mut at = message.at + HEADER_LENGTH;
        for i in 0..questions {
            if i > 0 && at >= self.data.len() {
                return Err(Cut::Layer);
            }
            at = self.dns_question(at, message)?;
        }
        if self.options.verbose > 1 {
            at = self.dns_section("", at, answers, message, true)?;
            at = self.dns_section(" ns:", at, authorities, message, false)?;
            self.dns_section(" ar:", at, additional, message, false)?;
        }
        Ok(())
    }

    /// `count` records at `at`; returns where they end. With `eager` the first is tried even if nothing is
    /// left to read.
    fn dns_section(
        &mut self,
        label: &str,
        mut at: usize,
        count: u16,
        message: Message,
        eager: bool,
    ) -> Step<usize> {
        for i in 0..count {
            if at >= self.data.len() && !(eager && i == 0) {
                return Err(Cut::Layer);
            }
            self.put(if i == 0 { label } else { "," });
            at = self.dns_record(at, message)?;
        }
        Ok(at)
    }

    /// The high bits of the response code, which are in the additional section's OPT record (RFC 6891). Zero
    /// if the message is cut short before.
    fn extended_code(&self, message: Message, counts: [u16; 4]) -> u16 {
        self.find_extended_code(message, counts).unwrap_or(0)
    }

    fn find_extended_code(&self, message: Message, counts: [u16; 4]) -> Option<u16> {
        const OPT: u16 = 41;
        let [questions, answers, authorities, additional] = counts;
        let within = |at: usize| (at < self.data.len()).then_some(at);
        let mut at = message.at + HEADER_LENGTH;
        for _ in 0..questions {
            at = within(self.skip_name(at)? + 4)?;
        }
        for _ in 0..u32::from(answers) + u32::from(authorities) {
            at = self.skip_name(at)? + 8;
            at = within(at + 2 + usize::from(self.u16(at).ok()?))?;
        }
        for _ in 0..additional {
            at = self.skip_name(at)?;
            let high = self.u8(at + 4).ok()?;
            if self.u16(at).ok()? == OPT {
                return Some(u16::from(high) << 4);
            }
            at += 8;
            at = within(at + 2 + usize::from(self.u16(at).ok()?))?;
        }
        None
    }
}
