//! Linux "any" captures: the cooked header in its two forms.

use std::collections::BTreeMap;

use super::ethertype;
use super::walk::{Names, Step, Walk, name, put};

const HEADER_LENGTH: usize = 16;
const HEADER2_LENGTH: usize = 20;

/// In the protocol field, below 1501: an 802.2 payload.
const P_802_3: u16 = 1;
const P_802_2: u16 = 4;

const DIRECTIONS: Names = &[(0, "In"), (1, "B"), (2, "M"), (3, "P"), (4, "Out")];

/// The fields that both forms have.
struct Header {
    direction: u16,
    address_length: u16,
    address: usize,
    protocol: u16,
    /// Only in the second form.
    index: Option<u32>,
}

impl Walk<'_> {
    /// A record of the first form.
    pub(super) fn sll(&mut self, length: u32) -> Step<usize> {
        self.protocol = "sll";
        self.need(0, HEADER_LENGTH)?;
        let header = Header {
            direction: self.u16(0)?,
            address_length: self.u16(4)?,
            address: 6,
            protocol: self.u16(14)?,
            index: None,
        };
        if self.options.link {
            self.sll_header(&header, length)?;
        }
        self.sll_payload(&header, HEADER_LENGTH, length)
    }

    /// A record of the second form, which has the interface's index.
    pub(super) fn sll2(&mut self, length: u32, names: &BTreeMap<u32, String>) -> Step<usize> {
        self.protocol = "sll2";
        self.need(0, HEADER2_LENGTH)?;
        let index = self.u32(4)?;
        let header = Header {
            direction: self.u8(10)?.into(),
            address_length: self.u8(11)?.into(),
            address: 12,
            protocol: self.u16(0)?,
            index: Some(index),
        };
        let interface = names.get(&index).map_or("?", String::as_str);
        let direction = name(DIRECTIONS, header.direction.into()).unwrap_or("?");
        put!(self, "{interface:<5} {direction:<3} ");
        if self.options.link {
            self.sll_header(&header, length)?;
        }
        self.sll_payload(&header, HEADER2_LENGTH, length)
    }

    fn sll_header(&mut self, header: &Header, length: u32) -> Step {
        match header.index {
            None => {
                self.protocol = "sll";
                let direction = name(DIRECTIONS, header.direction.into()).unwrap_or("?");
                put!(self, "{direction:>3} ");
            }
            Some(index) => {
                self.protocol = "sll2";
                put!(self, "ifindex {index} ");
            }
        }
        if header.address_length == 6 {
            self.mac(header.address)?;
            self.put(" ");
        }
        match header.protocol {
            P_802_3 => self.put("802.3"),
            P_802_2 => self.put("802.2"),
            protocol if protocol <= 1500 => put!(self, "ethertype Unknown (0x{protocol:04x})"),
            protocol => self.put_ethertype(protocol),
        }
        put!(self, ", length {length}: ");
        Ok(())
    }

    fn sll_payload(&mut self, header: &Header, header_length: usize, length: u32) -> Step<usize> {
        let mut p = header_length;
        let mut length = length.saturating_sub(header_length as u32);
        let mut protocol = header.protocol;
        while protocol == ethertype::VLAN {
            if !self.has(p, 4) {
                self.protocol = "vlan";
                self.truncated();
                return Ok(self.data.len());
            }
            if self.options.link {
                let tag = self.u16(p)?;
                self.put_vlan(tag);
                self.put(", ");
            }
            protocol = self.u16(p + 2)?;
            if protocol <= 1500 {
                protocol = P_802_2;
            }
            match name(ethertype::NAMES, protocol.into()) {
                Some(name) => put!(self, "ethertype {name}, "),
                None => self.put("ethertype Unknown, "),
            }
            p += 4;
            length = length.saturating_sub(4);
        }
        if protocol == P_802_2 {
            let llc = self.llc(p, length, None)?;
            if llc.known {
                return Ok(p + llc.header);
            }
            self.dump_frame(p, self.remaining(p))?;
            return Ok(p);
        }
        if protocol <= 1500 {
            self.dump_frame(p, self.remaining(p))?;
        } else if !self.ethertype(protocol, p, length, None)? {
            if !self.options.link {
                self.sll_header(header, length.saturating_add(header_length as u32))?;
            }
            self.dump_frame(p, self.remaining(p))?;
        }
        Ok(p)
    }
}
