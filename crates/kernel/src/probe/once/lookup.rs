//! What the kernel would do with a packet: `ip route get`, `ip rule` and `ip neigh` in one.

use std::net::IpAddr;

use netlink_packet_route::route::RouteType;
use protocol::probe::{LookedUp, Lookup, NeighbourFound, RouteFound};
use topology::InterfaceName;
use topology::address::Family;
use topology::observed::ObservedNamespace;
use topology::rule::{Rule, RuleAction};

use super::From;
use crate::error::{Cause, Context, Error, Result};
use crate::netlink::{Failure, Packet, Socket};
use crate::probe::diagnose::Surroundings;

/// The kernel's own rules: their priorities and tables (`fib_default_rules_init`).
const OWN: [(u32, u32); 3] = [(0, 255), (32_766, 254), (32_767, 253)];

pub(super) fn look_up<L: Surroundings + ?Sized>(
    from: &From<'_, L>,
    asked: &Lookup,
) -> Result<LookedUp> {
    let object = || format!("the way to {} from {}", asked.target, from.namespace);
    let observed = from.lab.observed();
    let state = observed.namespaces.get(&from.source);
    let index = |name: &String| {
        let mut all = state.into_iter().flat_map(|state| &state.interfaces);
        let found = all.find(|(_, interface)| interface.name == *name);
        found.map(|(index, _)| *index).ok_or_else(|| {
            let text = format!("it has no interface {name:?}");
            Error::new("look up", object(), text)
        })
    };
    let packet = Packet {
        to: asked.target,
        from: asked.from,
        arrived_by: asked.arrived_by.as_ref().map(index).transpose()?,
        mark: asked.mark,
    };
    let mut socket = from
        .namespace
        .run(Socket::open)?
        .context("look up", object)?;
    let (way, entry) = match socket.look_up_with_route(&packet) {
        Ok(found) => found,
        Err(Failure::Refused { errno, .. }) => {
            return Ok(LookedUp {
                route: None,
                error: Some(Cause::Kernel(errno).to_string()),
                rule: None,
                neighbour: None,
            });
        }
        Err(failure) => return Err(failure).context("look up", object),
    };
    let name = |index: u32| {
        let interface = state.and_then(|state| state.interfaces.get(&index));
        interface.map(|interface| interface.name.clone())
    };
    let hop = way.gateway.unwrap_or(asked.target);
    let neighbour = match way.interface.filter(|_| !way.local) {
        Some(interface) => {
            let row = socket
                .neighbour(interface, hop)
                .context("look up", object)?;
            let link = row.as_ref().map(|row| row.link_address.as_slice());
            let link = link.filter(|link| !link.is_empty());
            Some(NeighbourFound {
                address: hop,
                state: row.as_ref().map_or("none", |row| row.state).to_owned(),
                link_address: link.map(in_hexadecimal),
            })
        }
        None => None,
    };
    // As long as nobody has set a rule, both are one table, and the kernel says that it is main.
    let own = matches!(
        RouteType::from(entry.kind),
        RouteType::Local | RouteType::Broadcast
    );
    let table = match entry.table {
        Some(254) if own => Some(255),
        table => table,
    };
    let rule = table.zip(state);
    Ok(LookedUp {
        rule: rule.and_then(|(table, state)| rule_of(state, asked, table)),
        route: Some(RouteFound {
            kind: kind(entry.kind),
            destination: entry.destination,
            table,
            gateway: way.gateway,
            interface: way.interface.and_then(name),
            source: way.source,
        }),
        error: None,
        neighbour,
    })
}

/// The first rule for such a packet that leads to a table: the kernel does not say which it was.
/// `None` if one before it depends on what is not known of the packet.
fn rule_of(state: &ObservedNamespace, asked: &Lookup, table: u32) -> Option<String> {
    let family = Family::of(asked.target);
    let own = OWN.map(|(priority, table)| {
        Rule::<InterfaceName>::new(family, priority, RuleAction::Lookup(table))
    });
    let set = state.rules.iter().filter(|rule| rule.family == family);
    let mut all: Vec<_> = set.chain(&own).collect();
    all.sort_by_key(|rule| rule.priority);
    for rule in all {
        match is_for(rule, asked) {
            Some(true) if rule.action == RuleAction::Lookup(table) => {
                return Some(format!("{}: {}", rule.priority, words(rule)));
            }
            // If it was for it, its table had no route.
            Some(_) => {}
            None if rule.action == RuleAction::Lookup(table) => return None,
            None => {}
        }
    }
    None
}

/// Whether a rule is for a packet; `None` if that depends on what is not known of it.
fn is_for(rule: &Rule<InterfaceName>, asked: &Lookup) -> Option<bool> {
    let within = |prefix: Option<ipnet::IpNet>, address: Option<IpAddr>| match (prefix, address) {
        (None, _) => Some(true),
        (Some(prefix), Some(address)) => Some(prefix.contains(&address)),
        // Without an address of its own a packet has none when the rules are asked.
        (Some(prefix), None) => Some(prefix.prefix_len() == 0),
    };
    let came = asked.arrived_by.as_deref().unwrap_or("lo");
    let mark = asked.mark.unwrap_or(0);
    let all = [
        within(rule.from, asked.from),
        within(rule.to, Some(asked.target)),
        Some(rule.iif.as_ref().is_none_or(|iif| iif.as_str() == came)),
        Some(rule.oif.is_none()),
        Some(rule.mark.is_none_or(|m| mark & m.mask == m.value)),
        rule.protocol.map_or(Some(true), |_| None),
        rule.sport.map_or(Some(true), |_| None),
        rule.dport.map_or(Some(true), |_| None),
    ];
    if all.contains(&Some(false)) {
        return Some(rule.not);
    }
    match all.contains(&None) {
        true => None,
        false => Some(!rule.not),
    }
}

/// A rule as `ip rule` prints it, but for its priority.
fn words(rule: &Rule<InterfaceName>) -> String {
    let words = rule.words();
    let mut words = words.iter().map(String::as_str).peekable();
    let mut text = Vec::new();
    while let Some(word) = words.next() {
        match word {
            "priority" | "pref" => drop(words.next()),
            word => text.push(word),
        }
    }
    let text = text.join(" ");
    // As everywhere in /etc/iproute2/rt_tables.
    match rule.action {
        RuleAction::Lookup(255) => text.replace("lookup 255", "lookup local"),
        RuleAction::Lookup(253) => text.replace("lookup 253", "lookup default"),
        _ => text,
    }
}

/// `rtm_type`, as `ip route` says it.
fn kind(kind: u8) -> String {
    let name = match RouteType::from(kind) {
        RouteType::Unicast => "unicast",
        RouteType::Local => "local",
        RouteType::Broadcast => "broadcast",
        RouteType::Anycast => "anycast",
        RouteType::Multicast => "multicast",
        RouteType::BlackHole => "blackhole",
        RouteType::Unreachable => "unreachable",
        RouteType::Prohibit => "prohibit",
        RouteType::Throw => "throw",
        _ => return kind.to_string(),
    };
    name.to_owned()
}

fn in_hexadecimal(link: &[u8]) -> String {
    let bytes: Vec<String> = link.iter().map(|byte| format!("{byte:02x}")).collect();
    bytes.join(":")
}
