//! IPv6 and its extension headers.

use super::build::{Cut, Dissection, Step};
use super::field::{Value, fields};
use super::ipv4::{DSCP, ECN, PROTOCOLS};
use crate::numbers::protocol::{
    AH, DESTINATION as OPTIONS_HEADER, FRAGMENT, HOP_BY_HOP, NO_NEXT, ROUTING,
};
use crate::tree::Names;

const OPTIONS: Names = &[
    (0, "Pad1"),
    (1, "PadN"),
    (4, "Tunnel Encapsulation Limit"),
    (5, "Router Alert"),
    (194, "Jumbo Payload"),
    (201, "Home Address"),
];

const ALERTS: Names = &[(0, "MLD"), (1, "RSVP"), (2, "Active Network")];

const ROUTES: Names = &[
    (0, "Source Route"),
    (2, "Type 2 Routing"),
    (3, "RPL Source Route"),
    (4, "Segment Routing"),
];

fields! {
    PROTOCOL = "ipv6", "Internet Protocol Version 6", Protocol;
    VERSION = "ipv6.version", "Version", Decimal;
    CLASS = "ipv6.tclass", "Traffic Class", Hex(2);
    CODEPOINT = "ipv6.tclass.dscp", "Differentiated Services Codepoint", Decimal, DSCP;
    CONGESTION = "ipv6.tclass.ecn", "Explicit Congestion Notification", Decimal, ECN;
    FLOW = "ipv6.flow", "Flow Label", Hex(5);
    LENGTH = "ipv6.plen", "Payload Length", Decimal;
    NEXT = "ipv6.nxt", "Next Header", Decimal, PROTOCOLS;
    HOP_LIMIT = "ipv6.hlim", "Hop Limit", Decimal;
    SOURCE = "ipv6.src", "Source Address", Ipv6;
    DESTINATION = "ipv6.dst", "Destination Address", Ipv6;
    HOP_OPTIONS = "ipv6.hopopts", "IPv6 Hop-by-Hop Option", Protocol;
    HOP_NEXT = "ipv6.hopopts.nxt", "Next Header", Decimal, PROTOCOLS;
    HOP_LENGTH = "ipv6.hopopts.len", "Length", Decimal;
    DESTINATION_OPTIONS = "ipv6.dstopts", "Destination Options for IPv6", Protocol;
    DESTINATION_NEXT = "ipv6.dstopts.nxt", "Next Header", Decimal, PROTOCOLS;
    DESTINATION_LENGTH = "ipv6.dstopts.len", "Length", Decimal;
    ROUTE = "ipv6.routing", "Routing Header for IPv6", Protocol;
    ROUTE_NEXT = "ipv6.routing.nxt", "Next Header", Decimal, PROTOCOLS;
    ROUTE_LENGTH = "ipv6.routing.len", "Length", Decimal;
    ROUTE_TYPE = "ipv6.routing.type", "Type", Decimal, ROUTES;
    ROUTE_LEFT = "ipv6.routing.segleft", "Segments Left", Decimal;
    ROUTE_DATA = "ipv6.routing.unknown.data", "Type-Specific Data", Bytes;
    FRAG = "ipv6.fraghdr", "Fragment Header for IPv6", Protocol;
    FRAG_NEXT = "ipv6.fraghdr.nxt", "Next header", Decimal, PROTOCOLS;
    FRAG_RESERVED = "ipv6.fraghdr.reserved_octet", "Reserved octet", Hex(2);
    FRAG_OFFSET = "ipv6.fraghdr.offset", "Offset", Decimal;
    FRAG_MORE = "ipv6.fraghdr.more", "More Fragments", Bool;
    FRAG_ID = "ipv6.fraghdr.ident", "Identification", Hex(8);
    OPTION = "ipv6.opt", "IPv6 Option", Protocol;
    OPTION_TYPE = "ipv6.opt.type", "Type", Hex(2), OPTIONS;
    OPTION_LENGTH = "ipv6.opt.length", "Length", Decimal;
    PAD = "ipv6.opt.padn", "PadN", Bytes;
    ALERT = "ipv6.opt.router_alert", "Router Alert", Decimal, ALERTS;
    LIMIT = "ipv6.opt.tel", "Tunnel Encapsulation Limit", Decimal;
    JUMBO = "ipv6.opt.jumbo", "Payload Length", Decimal;
    OPTION_DATA = "ipv6.opt.unknown", "Unknown Option Payload", Bytes;
    AUTHENTICATION = "ah", "Authentication Header", Protocol;
    AH_NEXT = "ah.next_header", "Next header", Decimal, PROTOCOLS;
    AH_LENGTH = "ah.length", "Length", Decimal;
    AH_SPI = "ah.spi", "AH SPI", Hex(8);
    AH_SEQUENCE = "ah.sequence", "AH Sequence", Decimal;
    AH_ICV = "ah.icv", "AH ICV", Bytes;
}

/// Bytes of the fixed header.
const HEADER: usize = 40;

impl Dissection<'_> {
    /// The packet at `p`.
    pub(super) fn ipv6(&mut self, p: usize) -> Step {
        self.deeper(|d| d.ipv6_packet(p))
    }

    fn ipv6_packet(&mut self, p: usize) -> Step {
        let index = self.protocol(&PROTOCOL, p, HEADER)?;
        self.nest(|d| d.ipv6_header(p, index))?;
        let length = usize::from(self.u16(p + 4)?);
        let next = self.u8(p + 6)?;
        // A length of 0 is of a jumbogram or of segmentation offload.
        let end = if length == 0 {
            self.data.len()
        } else {
            p + HEADER + length
        };
        self.within(end, |d| d.ipv6_next(p + HEADER, next))
    }

    fn ipv6_header(&mut self, p: usize, index: usize) -> Step {
        let version = self.bits(&VERSION, p, 1, 0xf0)?;
        if version != 6 {
            return Err(Cut::Wrong);
        }
        self.bits(&CLASS, p, 4, 0x0ff0_0000)?;
        self.nest(|d| {
            d.bits(&CODEPOINT, p, 4, 0x0fc0_0000)?;
            d.bits(&CONGESTION, p, 4, 0x0030_0000)
        })?;
        self.bits(&FLOW, p + 1, 3, 0x000f_ffff)?;
        self.number(&LENGTH, p + 4, 2)?;
        self.number(&NEXT, p + 6, 1)?;
        self.number(&HOP_LIMIT, p + 7, 1)?;
        let source = self.ipv6_address(&SOURCE, p + 8)?;
        let destination = self.ipv6_address(&DESTINATION, p + 24)?;
        self.label(
            index,
            format_args!("Internet Protocol Version 6, Src: {source}, Dst: {destination}"),
        );
        Ok(())
    }

    /// The extension headers, and what is behind them.
    fn ipv6_next(&mut self, mut p: usize, mut next: u8) -> Step {
        loop {
            let length = match next {
                HOP_BY_HOP | OPTIONS_HEADER | ROUTING => (usize::from(self.u8(p + 1)?) + 1) * 8,
                FRAGMENT => 8,
                AH => (usize::from(self.u8(p + 1)?) + 2) * 4,
                NO_NEXT => return self.rest(p),
                _ => return self.carried(p, next, 6),
            };
            // Extension headers stand inside the IPv6 header's node, as in Wireshark.
            self.slice(p, length)?;
            let kind = next;
            next = self.nest(|d| d.ipv6_extension(p, kind, length))?;
            // Only the first fragment has the header of what is carried.
            if kind == FRAGMENT && self.u16(p + 2)? & 0xfff8 != 0 {
                return self.rest(p + length);
            }
            p += length;
        }
    }

    /// One extension header. Returns what follows it.
    fn ipv6_extension(&mut self, p: usize, kind: u8, length: usize) -> Step<u8> {
        match kind {
            FRAGMENT => {
                self.add(&FRAG, p, length, Value::None)?;
                self.nest(|d| {
                    d.number(&FRAG_NEXT, p, 1)?;
                    d.number(&FRAG_RESERVED, p + 1, 1)?;
                    let offset = d.bits(&FRAG_OFFSET, p + 2, 2, 0xfff8)?;
                    d.after_last(format_args!(" ({} bytes)", offset * 8));
                    d.bits(&FRAG_MORE, p + 2, 2, 0x0001)?;
                    d.number(&FRAG_ID, p + 4, 4)
                })?;
            }
            AH => {
                self.authentication(p)?;
            }
            ROUTING => {
                self.add(&ROUTE, p, length, Value::None)?;
                self.nest(|d| {
                    d.number(&ROUTE_NEXT, p, 1)?;
                    d.number(&ROUTE_LENGTH, p + 1, 1)?;
                    d.after_last(format_args!(" ({length} bytes)"));
                    d.number(&ROUTE_TYPE, p + 2, 1)?;
                    d.number(&ROUTE_LEFT, p + 3, 1)?;
                    d.bytes(&ROUTE_DATA, p + 4, length - 4)
                })?;
            }
            _ => {
                let fields = if kind == HOP_BY_HOP {
                    (&HOP_OPTIONS, &HOP_NEXT, &HOP_LENGTH)
                } else {
                    (&DESTINATION_OPTIONS, &DESTINATION_NEXT, &DESTINATION_LENGTH)
                };
                self.add(fields.0, p, length, Value::None)?;
                self.nest(|d| {
                    d.number(fields.1, p, 1)?;
                    d.number(fields.2, p + 1, 1)?;
                    d.after_last(format_args!(" ({length} bytes)"));
                    d.ipv6_options(p + 2, p + length)
                })?;
            }
        }
        self.u8(p)
    }

    /// An authentication header, of either version. Returns what follows it.
    pub(super) fn authentication(&mut self, p: usize) -> Step<u8> {
        let length = (usize::from(self.u8(p + 1)?) + 2) * 4;
        self.add(&AUTHENTICATION, p, length, Value::None)?;
        self.nest(|d| {
            d.number(&AH_NEXT, p, 1)?;
            d.number(&AH_LENGTH, p + 1, 1)?;
            d.number(&AH_SPI, p + 4, 4)?;
            d.number(&AH_SEQUENCE, p + 8, 4)?;
            d.bytes(&AH_ICV, p + 12, length.saturating_sub(12))?;
            d.u8(p)
        })
    }

    fn ipv6_options(&mut self, mut p: usize, end: usize) -> Step {
        while p < end {
            let kind = self.u8(p)?;
            let length = if kind == 0 {
                1
            } else {
                2 + usize::from(self.u8(p + 1)?)
            };
            if p + length > end {
                return Err(Cut::Wrong);
            }
            let index = self.add(&OPTION, p, length, Value::None)?;
            let name = OPTION_TYPE.value_name(kind.into()).unwrap_or("Unknown");
            self.label(index, format_args!("IPv6 Option ({name})"));
            self.nest(|d| d.ipv6_option(p, kind, length))?;
            p += length;
        }
        Ok(())
    }

    fn ipv6_option(&mut self, p: usize, kind: u8, length: usize) -> Step {
        self.number(&OPTION_TYPE, p, 1)?;
        if kind == 0 {
            return Ok(());
        }
        self.number(&OPTION_LENGTH, p + 1, 1)?;
        let data = p + 2;
        match (kind, length - 2) {
            (_, 0) => Ok(()),
            (1, size) => self.bytes(&PAD, data, size),
            (5, 2) => self.number(&ALERT, data, 2).map(|_| ()),
            (4, 1) => self.number(&LIMIT, data, 1).map(|_| ()),
            (194, 4) => self.number(&JUMBO, data, 4).map(|_| ()),
            (_, size) => self.bytes(&OPTION_DATA, data, size),
        }
    }
}
