//! Ethernet II, 802.3 and VLAN tags.

use super::ethertype::{self, LONGEST_802_3, QINQ, VLAN, VLAN_9100, VLAN_9200};
use super::walk::{Step, Walk, put};

/// Two addresses and the type or length.
const HEADER_LENGTH: u32 = 14;

/// Where the hardware addresses of a frame are.
#[derive(Clone, Copy)]
pub(super) struct Ends {
    pub(super) source: usize,
    pub(super) destination: usize,
}

impl Walk<'_> {
    /// The frame at `p`, `length` bytes long on the wire. Returns the length of its header.
    pub(super) fn ethernet(&mut self, p: usize, length: u32) -> Step<usize> {
        self.protocol = "ether";
        let whole = length;
        let mut captured = self.remaining(p);
        if length < captured {
            put!(self, "[length {length} < caplen {captured}]");
            self.invalid();
            return Ok(length as usize);
        }
        if captured < HEADER_LENGTH {
            self.truncated();
            return Ok(captured as usize);
        }
        let ends = Ends {
            source: p + 6,
            destination: p,
        };
        if self.options.link {
            self.put_ends(ends)?;
        }
        let mut at = p + HEADER_LENGTH as usize;
        let mut length = length - HEADER_LENGTH;
        captured -= HEADER_LENGTH;
        let mut kind = self.u16(p + 12)?;
        let mut length_printed = false;
        while matches!(kind, VLAN | VLAN_9100 | VLAN_9200 | QINQ) {
            if captured < 4 || length < 4 {
                self.protocol = "vlan";
                self.truncated();
                return Ok(at - p + captured.min(length) as usize);
            }
            if self.options.link {
                self.put_ethertype(kind);
                self.put_frame_length(whole, &mut length_printed);
                let tag = self.u16(at)?;
                self.put_vlan(tag);
                self.put(", ");
            }
            kind = self.u16(at + 2)?;
            at += 4;
            length -= 4;
            captured -= 4;
        }
        if kind <= LONGEST_802_3 {
            let payload = u32::from(kind).min(length);
            if self.options.link {
                self.put("802.3");
                if !length_printed {
                    put!(self, ", length {payload}: ");
                }
            }
            let outer = self.data;
            self.shorten(at, payload);
            let header = self.llc_or_dump(at, payload, Some(ends))?;
            self.data = outer;
            return Ok(at - p + header);
        }
        if kind == ethertype::JUMBO {
            let header = self.llc_or_dump(at, length, Some(ends))?;
            return Ok(at - p + header);
        }
        if self.options.link {
            self.put_ethertype(kind);
            self.put_frame_length(whole, &mut length_printed);
        }
        if !self.ethertype(kind, at, length, Some(ends))? {
            if !self.options.link {
                self.put_ends(ends)?;
                self.put_ethertype(kind);
                put!(self, ", length {whole}: ");
            }
            self.dump_frame(at, captured)?;
        }
        Ok(at - p)
    }

    /// A frame inside another packet.
    pub(super) fn ethernet_inside(&mut self, p: usize, length: u32) -> Step {
        self.deeper(|walk| walk.ethernet(p, length).map(|_| ()))
    }

    fn llc_or_dump(&mut self, p: usize, length: u32, ends: Option<Ends>) -> Step<usize> {
        let llc = self.llc(p, length, ends)?;
        if !llc.known {
            self.dump_frame(p, self.remaining(p).min(length))?;
        }
        Ok(llc.header)
    }

    /// `source > destination, `
    fn put_ends(&mut self, ends: Ends) -> Step {
        self.mac(ends.source)?;
        self.put(" > ");
        self.mac(ends.destination)?;
        self.put(", ");
        Ok(())
    }

    /// The frame's length once, then only separators.
    fn put_frame_length(&mut self, length: u32, printed: &mut bool) {
        if *printed {
            self.put(", ");
        } else {
            put!(self, ", length {length}: ");
        }
        *printed = true;
    }

    /// A VLAN tag's identifier, priority and drop-eligible bit.
    pub(super) fn put_vlan(&mut self, tag: u16) {
        put!(self, "vlan {}, p {}", tag & 0xfff, tag >> 13);
        if tag & 0x1000 != 0 {
            self.put(", DEI");
        }
    }
}
