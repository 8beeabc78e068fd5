//! Policy rules: what `ip rule` does.

use std::net::IpAddr;

use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::route::RouteProtocol;
use netlink_packet_route::rule::{
    RuleAction as Act, RuleAttribute, RuleFlags, RuleMessage, RulePortRange,
};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use topology::InterfaceName;
use topology::address::Family;
use topology::rule::{Mark, Ports, Rule, RuleAction};

use super::attributes::{Attributes, byte, prefix, word};
use super::{Failure, Socket};

/// `struct fib_rule_hdr` (linux/fib_rules.h): family, lengths, tos, table, two
/// reserved, action, flags.
const HEADER: usize = 12;
/// Attributes of linux/fib_rules.h.
const FRA_DST: u16 = 1;
const FRA_SRC: u16 = 2;
const FRA_IIFNAME: u16 = 3;
const FRA_PRIORITY: u16 = 6;
const FRA_FWMARK: u16 = 10;
const FRA_FLOW: u16 = 11;
const FRA_TUN_ID: u16 = 12;
const FRA_SUPPRESS_IFGROUP: u16 = 13;
const FRA_SUPPRESS_PREFIXLEN: u16 = 14;
const FRA_TABLE: u16 = 15;
const FRA_FWMASK: u16 = 16;
const FRA_OIFNAME: u16 = 17;
const FRA_L3MDEV: u16 = 19;
const FRA_UID_RANGE: u16 = 20;
const FRA_PROTOCOL: u16 = 21;
const FRA_IP_PROTO: u16 = 22;
const FRA_SPORT_RANGE: u16 = 23;
const FRA_DPORT_RANGE: u16 = 24;
/// `FIB_RULE_INVERT`.
const INVERT: u32 = 2;

impl Socket {
    /// Adds a rule.
    pub(crate) fn add_rule(&mut self, rule: &Rule<InterfaceName>) -> Result<(), Failure> {
        let message = RouteNetlinkMessage::NewRule(message(rule));
        self.change(message, NLM_F_CREATE | NLM_F_EXCL)
    }

    /// Removes the first rule that matches in all that it says.
    pub(crate) fn remove_rule(&mut self, rule: &Rule<InterfaceName>) -> Result<(), Failure> {
        self.change(RouteNetlinkMessage::DelRule(message(rule)), 0)
    }

    /// The rules of both families that documents can have, but for those that
    /// the kernel makes by itself.
    pub(crate) fn rules(&mut self) -> Result<Vec<Rule<InterfaceName>>, Failure> {
        let mut rules = Vec::new();
        for family in [AddressFamily::Inet, AddressFamily::Inet6] {
            let mut message = RuleMessage::default();
            message.header.family = family;
            let dumped = self.dump(&RouteNetlinkMessage::GetRule(message), row);
            match dumped {
                Ok(found) => rules.extend(found),
                // A kernel without policy routing has no rules.
                Err(failure) if failure.is(nix::errno::Errno::EOPNOTSUPP) => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(rules)
    }
}

fn message(rule: &Rule<InterfaceName>) -> RuleMessage {
    let mut message = RuleMessage::default();
    message.header.family = match rule.family {
        Family::Ipv4 => AddressFamily::Inet,
        Family::Ipv6 => AddressFamily::Inet6,
    };
    if rule.not {
        message.header.flags = RuleFlags::Invert;
    }
    message.header.action = match rule.action {
        RuleAction::Lookup(_) => Act::ToTable,
        RuleAction::Blackhole => Act::Blackhole,
        RuleAction::Unreachable => Act::Unreachable,
        RuleAction::Prohibit => Act::Prohibit,
    };
    let attributes = &mut message.attributes;
    attributes.push(RuleAttribute::Priority(rule.priority));
    if let RuleAction::Lookup(table) = rule.action {
        attributes.push(RuleAttribute::Table(table));
    }
    if let Some(from) = rule.from {
        message.header.src_len = from.prefix_len();
        attributes.push(RuleAttribute::Source(from.network()));
    }
    if let Some(to) = rule.to {
        message.header.dst_len = to.prefix_len();
        attributes.push(RuleAttribute::Destination(to.network()));
    }
    let name = |name: &InterfaceName| name.to_string();
    attributes.extend(rule.iif.as_ref().map(name).map(RuleAttribute::Iifname));
    attributes.extend(rule.oif.as_ref().map(name).map(RuleAttribute::Oifname));
    if let Some(Mark { value, mask }) = rule.mark {
        attributes.push(RuleAttribute::FwMark(value));
        attributes.push(RuleAttribute::FwMask(mask));
    }
    let protocol = rule.protocol.map(Into::into);
    attributes.extend(protocol.map(RuleAttribute::IpProtocol));
    let range = |ports: Ports| RulePortRange {
        start: ports.first,
        end: ports.last,
    };
    let (sport, dport) = (rule.sport.map(range), rule.dport.map(range));
    attributes.extend(sport.map(RuleAttribute::SourcePortRange));
    attributes.extend(dport.map(RuleAttribute::DestinationPortRange));
    message
}

/// `None` for what no document has: the kernel's own, and those that say
/// something else, too.
pub(super) fn row(bytes: &[u8]) -> Result<Option<Rule<InterfaceName>>, Failure> {
    let attributes = Attributes::after(HEADER, bytes)?;
    let family = match i32::from(byte(bytes, 0)) {
        libc::AF_INET => Family::Ipv4,
        libc::AF_INET6 => Family::Ipv6,
        _ => return Ok(None),
    };
    let protocol = attributes.get(FRA_PROTOCOL).map(|value| byte(value, 0));
    let is_kernels = protocol == Some(u8::from(RouteProtocol::Kernel));
    // The kernel says -1 for what does not suppress anything.
    let suppresses = [FRA_SUPPRESS_IFGROUP, FRA_SUPPRESS_PREFIXLEN]
        .iter()
        .any(|kind| attributes.u32(*kind).is_some_and(|value| value != u32::MAX));
    let is_l3mdev = attributes
        .get(FRA_L3MDEV)
        .is_some_and(|value| byte(value, 0) != 0);
    let says_more = [FRA_FLOW, FRA_TUN_ID, FRA_UID_RANGE]
        .iter()
        .any(|kind| attributes.get(*kind).is_some());
    let has_tos = byte(bytes, 3) != 0;
    if is_kernels || suppresses || is_l3mdev || says_more || has_tos {
        return Ok(None);
    }
    let table = attributes.u32(FRA_TABLE);
    let action = match Act::from(byte(bytes, 7)) {
        Act::ToTable => RuleAction::Lookup(table.unwrap_or_else(|| byte(bytes, 4).into())),
        Act::Blackhole => RuleAction::Blackhole,
        Act::Unreachable => RuleAction::Unreachable,
        Act::Prohibit => RuleAction::Prohibit,
        _ => return Ok(None),
    };
    let net = |kind: u16, length: u8| {
        let address: IpAddr = attributes.address(kind)?;
        prefix(address, length).map(|net| net.trunc())
    };
    let named = |kind: u16| match attributes.text(kind) {
        None => Some(None),
        Some(name) => name.parse().ok().map(Some),
    };
    let (Some(iif), Some(oif)) = (named(FRA_IIFNAME), named(FRA_OIFNAME)) else {
        return Ok(None);
    };
    let mask = attributes.u32(FRA_FWMASK).filter(|mask| *mask != 0);
    Ok(Some(Rule {
        family,
        priority: attributes.u32(FRA_PRIORITY).unwrap_or_default(),
        not: word(bytes, 8) & INVERT != 0,
        from: net(FRA_SRC, byte(bytes, 2)),
        to: net(FRA_DST, byte(bytes, 1)),
        iif,
        oif,
        mark: mask.map(|mask| Mark {
            value: attributes.u32(FRA_FWMARK).unwrap_or_default(),
            mask,
        }),
        protocol: attributes.get(FRA_IP_PROTO).map(|value| byte(value, 0)),
        sport: ports(attributes, FRA_SPORT_RANGE),
        dport: ports(attributes, FRA_DPORT_RANGE),
        action,
    }))
}

/// `struct fib_rule_port_range`: first, last.
fn ports(attributes: Attributes<'_>, kind: u16) -> Option<Ports> {
    let value = attributes.get(kind)?;
    let [a, b, c, d] = *value.first_chunk()?;
    let ports = Ports {
        first: u16::from_ne_bytes([a, b]),
        last: u16::from_ne_bytes([c, d]),
    };
    (ports.first > 0).then_some(ports)
}
