//! ICMPv6 messages about a node as such: node information (RFC 4620) and router renumbering (RFC 2894).

use super::walk::{Cut, Names, Step, Walk, put};

/// Bytes of a node information message before its data.
const NODE_HEADER: usize = 16;

const NOTHING: u16 = 0;
const SUPPORTED: u16 = 1;
const DNS_NAME: u16 = 2;
const ADDRESSES: u16 = 3;

const ADDRESS_FLAGS: Names = &[
    (0x40, "a"),
    (0x20, "G"),
    (0x10, "S"),
    (0x08, "L"),
    (0x04, "C"),
    (0x02, "A"),
];
/// Only answers have it.
const SHORTENED: u16 = 1;

const COMMAND: u8 = 0;

const RENUMBERING_FLAGS: Names = &[
    (0x80, "T"),
    (0x40, "R"),
    (0x20, "A"),
    (0x10, "S"),
    (0x08, "P"),
];

impl Walk<'_> {
    /// What a node information query at `p` asks.
    pub(super) fn node_query(&mut self, p: usize) -> Step {
        let size = self.remaining(p) as usize;
        // The first form of it, which only asks who is there.
        if size == 12 {
            self.put(" who-are-you request");
            return Ok(());
        }
        self.put(" node information query");
        self.need_here(p, NODE_HEADER)?;
        self.put(" (");
        let (asked, flags) = (self.u16(p + 4)?, self.u16(p + 6)?);
        self.node_topic(asked);
        match asked {
            SUPPORTED => self.compression(flags),
            ADDRESSES if flags != 0 => self.address_flags(flags, false),
            _ => {}
        }
        let code = self.u8(p + 1)?;
        let subject = p + NODE_HEADER;
        let detail = self.verbose();
        if matches!(asked, NOTHING | SUPPORTED) {
            if size != NODE_HEADER && detail {
                self.put(", invalid len");
            }
        } else if size == NODE_HEADER {
            self.put(", 03 draft");
        } else {
            match code {
                0 if size < NODE_HEADER + 16 => {}
                0 if size == NODE_HEADER + 16 => {
                    self.put(", subject=");
                    self.ipv6_address(subject)?;
                }
                1 => {
                    self.put(", subject=DNS name");
                    self.node_name(subject)?;
                }
                2 if size < NODE_HEADER + 4 => {}
                2 if size == NODE_HEADER + 4 => {
                    self.put(", subject=");
                    self.ipv4_address(subject)?;
                }
                0 | 2 if detail => self.put(", invalid subject len"),
                0 | 2 => {}
                _ => self.put(", unknown subject"),
            }
        }
        self.put(")");
        Ok(())
    }

    /// What a node information reply of `length` bytes at `p` says.
    pub(super) fn node_reply(&mut self, p: usize, length: u32) -> Step {
        const SUCCESS: u8 = 0;
        let size = self.remaining(p) as usize;
        if length as usize > size {
            return Err(Cut::Layer);
        }
        self.need_here(p, NODE_HEADER)?;
        self.put(" node information reply (");
        let code = self.u8(p + 1)?;
        let detail = self.verbose();
        if code != SUCCESS {
            let refusal = match code {
                1 => "refused",
                2 => "unknown",
                _ => "",
            };
            self.put(refusal);
            if !refusal.is_empty() && size != NODE_HEADER && detail {
                self.put(", invalid length");
            }
            self.put(")");
            return Ok(());
        }
        if detail {
            self.put("success, ");
        }
        let (asked, flags) = (self.u16(p + 4)?, self.u16(p + 6)?);
        let data = p + NODE_HEADER;
        self.node_topic(asked);
        match asked {
            NOTHING if size != NODE_HEADER && detail => self.put(", invalid length"),
            SUPPORTED => self.compression(flags),
            DNS_NAME => {
                self.node_name(data + 4)?;
                if flags & 1 != 0 {
                    put!(self, " [TTL={}]", self.u32(data)?);
                }
            }
            ADDRESSES => {
                // A lifetime and an address each.
                let mut at = data;
                while at + 20 <= p + size {
                    self.put(" ");
                    self.ipv6_address(at + 4)?;
                    put!(self, "({})", self.u32(at)?);
                    at += 20;
                }
                if flags != 0 {
                    self.address_flags(flags, true);
                }
            }
            _ => {}
        }
        self.put(")");
        Ok(())
    }

    fn node_topic(&mut self, asked: u16) {
        self.put(match asked {
            NOTHING => "noop",
            SUPPORTED => "supported qtypes",
            DNS_NAME => "DNS name",
            ADDRESSES => "node addresses",
            _ => "unknown",
        });
    }

    fn compression(&mut self, flags: u16) {
        if flags != 0 {
            self.put(if flags & 1 != 0 { " [C]" } else { " []" });
        }
    }

    fn address_flags(&mut self, flags: u16, answer: bool) {
        self.put(" [");
        self.put_bits(ADDRESS_FLAGS, flags.into(), "", "");
        if answer && flags & SHORTENED != 0 {
            self.put("T");
        }
        self.put("]");
    }

    /// A name up to the end of the captured bytes: as a length and its characters (an early draft), or as in
    /// the DNS.
    fn node_name(&mut self, p: usize) -> Step {
        let length = usize::from(self.u8(p)?);
        if length + 1 == self.remaining(p) as usize {
            if self.verbose() {
                self.put(", 03 draft");
            }
            self.put(", \"");
            self.characters(p + 1, length)?;
            self.put("\"");
            return Ok(());
        }
        self.icmp_name(p)
    }

    /// Labels up to the end of the captured bytes, without the compression of the DNS. Where the name ends
    /// and what is behind it says whether it is a whole one.
    fn icmp_name(&mut self, p: usize) -> Step {
        let mut at = p;
        let end = self.data.len();
        self.put(", \"");
        while at < end {
            let length = usize::from(self.u8(at)?);
            at += 1;
            if length == 0 {
                if at == end {
                    self.put(".");
                } else if at + 1 != end || self.u8(at)? != 0 {
                    self.put("???");
                }
                break;
            }
            if length > end - at {
                self.put("???");
                break;
            }
            self.characters(at, length)?;
            at += length;
            if at + 1 < end && self.u8(at)? != 0 {
                self.put(".");
            }
        }
        self.put("\"");
        Ok(())
    }

    /// A router renumbering message at `p`.
    pub(super) fn router_renumbering(&mut self, p: usize) -> Step {
        self.need_here(p + 12, 4)?;
        let code = self.u8(p + 1)?;
        match code {
            COMMAND => self.put(", command"),
            1 => self.put(", result"),
            255 => self.put(", sequence number reset"),
            _ => put!(self, ", code-#{code}"),
        }
        put!(self, ", seq={}", self.u32(p + 4)?);
        if self.verbose() {
            let (segment, flags, delay) = (self.u8(p + 8)?, self.u8(p + 9)?, self.u16(p + 10)?);
            self.put("[");
            if flags != 0 {
                self.put_bits(RENUMBERING_FLAGS, flags.into(), "", "");
                self.put(",");
            }
            put!(self, "seg={segment},maxdelay={delay}");
            let reserved = self.u32(p + 12)?;
            if reserved != 0 {
                put!(self, "rsvd=0x{reserved:x}");
            }
            self.put("]");
        }
        if code == COMMAND {
            self.renumbering_command(p + 16)?;
        }
        Ok(())
    }

    fn renumbering_command(&mut self, p: usize) -> Step {
        let space = if self.options.verbose > 1 {
            "\n\t"
        } else {
            " "
        };
        self.need_here(p + 8, 16)?;
        self.put(space);
        self.put("match(");
        let code = self.u8(p)?;
        match code {
            1 => self.put("add"),
            2 => self.put("change"),
            3 => self.put("setglobal"),
            _ => put!(self, "#{code}"),
        }
        if self.verbose() {
            let (ordinal, shortest, longest) = (self.u8(p + 2)?, self.u8(p + 4)?, self.u8(p + 5)?);
            put!(self, ",ord={ordinal},min={shortest},max={longest}");
        }
        self.put(",");
        self.ipv6_address(p + 8)?;
        put!(self, "/{})", self.u8(p + 3)?);
        // In units of four bytes: three for this part, eight for each that follows, of which tcpdump
        // counts four.
        let parts = i32::from(self.u8(p + 1)?) - 3;
        if parts % 4 != 0 {
            return Err(Cut::Layer);
        }
        for part in 0..parts / 4 {
            self.renumbering_use(space, p + 24 + 32 * part as usize)?;
        }
        Ok(())
    }

    fn renumbering_use(&mut self, space: &str, p: usize) -> Step {
        self.need_here(p + 16, 16)?;
        self.put(space);
        self.put("use(");
        // tcpdump compares the first byte with flags of four bytes in the order of the wire.
        let flags = self.u8(p + 12)?;
        if flags != 0 {
            self.put(if flags & 0x80 != 0 { "V" } else { "" });
            self.put(if flags & 0x40 != 0 { "P" } else { "" });
            self.put(",");
        }
        if self.verbose() {
            let (mask, advertised) = (self.u8(p + 2)?, self.u8(p + 3)?);
            put!(self, "mask=0x{mask:x},raflags=0x{advertised:x},");
            for (label, at) in [("vltime", p + 4), ("pltime", p + 8)] {
                match self.u32(at)? {
                    u32::MAX => put!(self, "{label}=infty,"),
                    seconds => put!(self, "{label}={seconds},"),
                }
            }
        }
        self.ipv6_address(p + 16)?;
        let (used, kept) = (self.u8(p)?, self.u8(p + 1)?);
        put!(self, "/{used}/{kept})");
        Ok(())
    }
}
