//! Neighbour discovery (RFC 4861) and its options.

use super::build::{Cut, Dissection, Step};
use super::field::{Colons, Value, fields};
use super::icmpv6::RESERVED;
use crate::tree::Names;

const OPTIONS: Names = &[
    (1, "Source link-layer address"),
    (2, "Target link-layer address"),
    (3, "Prefix information"),
    (4, "Redirected header"),
    (5, "MTU"),
    (7, "Advertisement Interval"),
    (24, "Route Information"),
    (25, "Recursive DNS Server"),
    (31, "DNS Search List Option"),
];

const PREFERENCES: Names = &[(0, "Medium"), (1, "High"), (2, "Reserved"), (3, "Low")];

fields! {
    HOP_LIMIT = "icmpv6.nd.ra.cur_hop_limit", "Cur hop limit", Decimal;
    ROUTER_FLAGS = "icmpv6.nd.ra.flag", "Flags", Hex(2);
    MANAGED = "icmpv6.nd.ra.flag.m", "Managed address configuration", Bool;
    OTHER = "icmpv6.nd.ra.flag.o", "Other configuration", Bool;
    HOME_AGENT = "icmpv6.nd.ra.flag.h", "Home Agent", Bool;
    PREFERENCE = "icmpv6.nd.ra.flag.prf", "Prf (Default Router Preference)", Decimal, PREFERENCES;
    ROUTER_LIFETIME = "icmpv6.nd.ra.router_lifetime", "Router lifetime (s)", Decimal;
    REACHABLE = "icmpv6.nd.ra.reachable_time", "Reachable time (ms)", Decimal;
    RETRANS = "icmpv6.nd.ra.retrans_timer", "Retrans timer (ms)", Decimal;
    NS_TARGET = "icmpv6.nd.ns.target_address", "Target Address", Ipv6;
    NA_FLAGS = "icmpv6.nd.na.flag", "Flags", Hex(8);
    ROUTER = "icmpv6.nd.na.flag.r", "Router", Bool;
    SOLICITED = "icmpv6.nd.na.flag.s", "Solicited", Bool;
    OVERRIDE = "icmpv6.nd.na.flag.o", "Override", Bool;
    NA_TARGET = "icmpv6.nd.na.target_address", "Target Address", Ipv6;
    REDIRECT_TARGET = "icmpv6.nd.rd.target_address", "Target Address", Ipv6;
    REDIRECT_DESTINATION = "icmpv6.rd.na.destination_address", "Destination Address", Ipv6;
    OPTION = "icmpv6.opt", "ICMPv6 Option", Protocol;
    OPTION_TYPE = "icmpv6.opt.type", "Type", Decimal, OPTIONS;
    OPTION_LENGTH = "icmpv6.opt.length", "Length", Decimal;
    LINK_ADDRESS = "icmpv6.opt.linkaddr", "Link-layer address", Bytes;
    PREFIX_LENGTH = "icmpv6.opt.prefix.length", "Prefix Length", Decimal;
    PREFIX_FLAGS = "icmpv6.opt.prefix.flag", "Flag", Hex(2);
    ON_LINK = "icmpv6.opt.prefix.flag.l", "On-link flag(L)", Bool;
    AUTONOMOUS = "icmpv6.opt.prefix.flag.a", "Autonomous address-configuration flag(A)", Bool;
    VALID = "icmpv6.opt.prefix.valid_lifetime", "Valid Lifetime", Decimal;
    PREFERRED = "icmpv6.opt.prefix.preferred_lifetime", "Preferred Lifetime", Decimal;
    PREFIX = "icmpv6.opt.prefix", "Prefix", Ipv6;
    OPTION_MTU = "icmpv6.opt.mtu", "MTU", Decimal;
    DNS_LIFETIME = "icmpv6.opt.rdnss.lifetime", "Lifetime", Decimal;
    DNS_SERVER = "icmpv6.opt.rdnss", "Recursive DNS Servers", Ipv6;
    SEARCH_LIFETIME = "icmpv6.opt.dnssl.lifetime", "Lifetime", Decimal;
    OPTION_DATA = "icmpv6.opt.data", "Data", Bytes;
    REDIRECTED = "icmpv6.opt.redirected_packet", "Redirected Packet", Protocol;
}

impl Dissection<'_> {
    /// The message of type `kind` at `p`, behind its checksum.
    pub(super) fn neighbour_discovery(&mut self, p: usize, kind: u8) -> Step {
        let options = match kind {
            133 => {
                self.bytes(&RESERVED, p + 4, 4)?;
                p + 8
            }
            134 => {
                self.number(&HOP_LIMIT, p + 4, 1)?;
                self.number(&ROUTER_FLAGS, p + 5, 1)?;
                self.nest(|d| {
                    d.bits(&MANAGED, p + 5, 1, 0x80)?;
                    d.bits(&OTHER, p + 5, 1, 0x40)?;
                    d.bits(&HOME_AGENT, p + 5, 1, 0x20)?;
                    d.bits(&PREFERENCE, p + 5, 1, 0x18)
                })?;
                self.number(&ROUTER_LIFETIME, p + 6, 2)?;
                self.number(&REACHABLE, p + 8, 4)?;
                self.number(&RETRANS, p + 12, 4)?;
                p + 16
            }
            135 => {
                self.bytes(&RESERVED, p + 4, 4)?;
                self.ipv6_address(&NS_TARGET, p + 8)?;
                p + 24
            }
            136 => {
                self.number(&NA_FLAGS, p + 4, 4)?;
                self.nest(|d| {
                    d.bits(&ROUTER, p + 4, 4, 0x8000_0000)?;
                    d.bits(&SOLICITED, p + 4, 4, 0x4000_0000)?;
                    d.bits(&OVERRIDE, p + 4, 4, 0x2000_0000)
                })?;
                self.ipv6_address(&NA_TARGET, p + 8)?;
                p + 24
            }
            _ => {
                self.bytes(&RESERVED, p + 4, 4)?;
                self.ipv6_address(&REDIRECT_TARGET, p + 8)?;
                self.ipv6_address(&REDIRECT_DESTINATION, p + 24)?;
                p + 40
            }
        };
        self.neighbour_options(options)
    }

    fn neighbour_options(&mut self, mut p: usize) -> Step {
        while self.remaining(p) > 0 {
            let kind = self.u8(p)?;
            let length = usize::from(self.u8(p + 1)?) * 8;
            if length == 0 {
                return Err(Cut::Wrong);
            }
            let index = self.add(&OPTION, p, length.min(self.remaining(p)), Value::None)?;
            let name = OPTION_TYPE.value_name(kind.into()).unwrap_or("Unknown");
            self.label(index, format_args!("ICMPv6 Option ({name})"));
            self.nest(|d| d.neighbour_option(p, kind, length, index))?;
            p += length;
        }
        Ok(())
    }

    fn neighbour_option(&mut self, p: usize, kind: u8, length: usize, index: usize) -> Step {
        self.number(&OPTION_TYPE, p, 1)?;
        self.number(&OPTION_LENGTH, p + 1, 1)?;
        self.after_last(format_args!(" ({length} bytes)"));
        match kind {
            1 | 2 => {
                // Longer addresses than Ethernet's are padded in a way that the medium decides.
                let size = if length == 8 { 6 } else { length - 2 };
                let address = self.slice(p + 2, size)?;
                let at = self.add(&LINK_ADDRESS, p + 2, size, Value::Bytes)?;
                self.label(at, format_args!("Link-layer address: {}", Colons(address)));
                let name = OPTION_TYPE.value_name(kind.into()).unwrap_or_default();
                self.label(
                    index,
                    format_args!("ICMPv6 Option ({name} : {})", Colons(address)),
                );
            }
            3 if length >= 32 => {
                let bits = self.number(&PREFIX_LENGTH, p + 2, 1)?;
                self.number(&PREFIX_FLAGS, p + 3, 1)?;
                self.nest(|d| {
                    d.bits(&ON_LINK, p + 3, 1, 0x80)?;
                    d.bits(&AUTONOMOUS, p + 3, 1, 0x40)
                })?;
                self.number(&VALID, p + 4, 4)?;
                self.number(&PREFERRED, p + 8, 4)?;
                let prefix = self.ipv6_address(&PREFIX, p + 16)?;
                self.label(
                    index,
                    format_args!("ICMPv6 Option (Prefix information : {prefix}/{bits})"),
                );
            }
            4 if length > 8 => {
                self.bytes(&RESERVED, p + 2, 6)?;
                self.add(&REDIRECTED, p + 8, 0, Value::None)?;
                self.nest(|d| d.quoted(|d| d.within(p + length, |d| d.ipv6(p + 8))))?;
            }
            5 => {
                self.bytes(&RESERVED, p + 2, 2)?;
                let mtu = self.number(&OPTION_MTU, p + 4, 4)?;
                self.label(index, format_args!("ICMPv6 Option (MTU : {mtu})"));
            }
            25 => {
                self.number(&DNS_LIFETIME, p + 4, 4)?;
                let mut at = p + 8;
                while at + 16 <= p + length {
                    self.ipv6_address(&DNS_SERVER, at)?;
                    at += 16;
                }
            }
            31 => {
                self.number(&SEARCH_LIFETIME, p + 4, 4)?;
                self.bytes(&OPTION_DATA, p + 8, length - 8)?;
            }
            _ => self.bytes(&OPTION_DATA, p + 2, length - 2)?,
        }
        Ok(())
    }
}
