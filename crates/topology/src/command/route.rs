//! `ip route`.

use std::net::IpAddr;

use ipnet::IpNet;

use super::action::{Action, Global, Route};
use super::words::{Words, abbreviated, refused};
use super::{Command, Names, address};
use crate::address::Family;
use crate::id::NamespaceId;
use crate::name::InterfaceName;
use crate::route::{Hop, MAX_WEIGHT, RouteKind, RouteOptions, Scope, read_table};
use crate::step::StepRoute;

pub(super) fn write(
    names: &Names,
    namespace: NamespaceId,
    verb: &str,
    route: &StepRoute,
) -> Command {
    let mut argv = names.ip(namespace);
    if Family::of(route.destination.addr()) == Family::Ipv6 {
        argv.push("-6".to_owned());
    }
    argv.extend(super::words(&["route", verb]));
    argv.extend(said(route));
    Command::new(argv)
}

/// What stands after the verb.
pub(crate) fn said(route: &StepRoute) -> Vec<String> {
    let options = &route.options;
    let mut argv = Vec::new();
    let mut say = |words: &[&str]| argv.extend(super::words(words));
    if options.kind != RouteKind::Unicast {
        say(&[options.kind.name()]);
    }
    match route.destination.prefix_len() {
        0 => say(&["default"]),
        _ => say(&[&route.destination.to_string()]),
    }
    if let Some(gateway) = route.gateway {
        say(&["via", &gateway.to_string()]);
    }
    if let Some(interface) = &route.interface {
        say(&["dev", interface.as_str()]);
    }
    if let Some(source) = options.source {
        say(&["src", &source.to_string()]);
    }
    if let Some(metric) = route.metric {
        say(&["metric", &metric.to_string()]);
    }
    if let Some(table) = options.table {
        say(&["table", &table.to_string()]);
    }
    if let Some(scope) = options.scope {
        say(&["scope", scope.name()]);
    }
    if options.onlink {
        say(&["onlink"]);
    }
    for hop in &options.hops {
        say(&["nexthop"]);
        if let Some(gateway) = hop.gateway {
            say(&["via", &gateway.to_string()]);
        }
        if let Some(interface) = &hop.interface {
            say(&["dev", interface.as_str()]);
        }
        if hop.weight != 1 {
            say(&["weight", &hop.weight.to_string()]);
        }
        if hop.onlink {
            say(&["onlink"]);
        }
    }
    argv
}

/// The order in which iproute2 tries them (ip/iproute.c).
const VERBS: [&str; 15] = [
    "list", "show", "lst", "get", "add", "change", "chg", "replace", "prepend", "append", "test",
    "delete", "flush", "save", "help",
];

/// Keywords that say something which no document has.
const UNSUPPORTED: [&str; 19] = [
    "tos",
    "dsfield",
    "nhid",
    "mtu",
    "advmss",
    "realm",
    "realms",
    "encap",
    "local",
    "broadcast",
    "multicast",
    "anycast",
    "throw",
    "nat",
    "pref",
    "rtt",
    "window",
    "hoplimit",
    "expires",
];

/// Keywords of which the first letters are enough, in the order in which iproute2 tries them.
const ABBREVIATED: [&str; 3] = ["metric", "table", "protocol"];

/// The whole of a keyword of which the first letters may stand.
fn whole(word: &str) -> &str {
    let is_known = ["to", "mtu", "pref"].contains(&word);
    let found = abbreviated(word, &ABBREVIATED).filter(|_| !is_known);
    found.unwrap_or(word)
}

pub(crate) fn read(words: &mut Words<'_>, global: Global) -> Result<Action, String> {
    let Some(verb) = words.next() else {
        return Ok(Action::Look);
    };
    let action = match abbreviated(verb, &VERBS) {
        // What is learned of ways is forgotten, and learned again.
        Some("flush") if words.rest() == ["cache"] => return Ok(Action::Look),
        Some("list" | "show" | "lst" | "get" | "help") => return Ok(Action::Look),
        Some("add") => Action::AddRoute,
        Some("replace") => Action::ReplaceRoute,
        Some("delete") => Action::RemoveRoute,
        _ => return Err(format!("`ip route {verb}` is not supported")),
    };
    let mut to = None;
    let mut gateway: Option<IpAddr> = None;
    let mut interface = None;
    let mut metric = None;
    let mut vrf = None;
    let mut options = RouteOptions::default();
    while let Some(word) = words.next().map(whole) {
        match word {
            "via" => gateway = Some(via(words)?),
            "dev" | "oif" => interface = Some(words.parsed(word)?),
            "metric" | "priority" | "preference" => metric = Some(words.parsed(word)?),
            "src" => options.source = Some(words.parsed(word)?),
            "table" => options.table = read_table(words.value(word)?)?,
            "vrf" => vrf = Some(words.parsed(word)?),
            "scope" => {
                let name = words.value(word)?;
                let scope = Scope::named(name);
                options.scope = Some(scope.ok_or_else(|| {
                    format!("`scope {name}` is not supported: it is global, link or host")
                })?);
            }
            "onlink" => options.onlink = true,
            "nexthop" => {
                options.hops = hops(words)?;
                break;
            }
            // Who made it: every route of a script is a person's.
            "proto" | "protocol" => match words.value(word)? {
                "static" | "boot" => {}
                other => return Err(format!("`proto {other}` is not supported")),
            },
            "to" => to = Some(words.value(word)?),
            word if to.is_none() && RouteKind::named(word).is_some() => {
                options.kind = RouteKind::named(word).unwrap_or_default();
            }
            _ if to.is_some() || UNSUPPORTED.contains(&word) => {
                return Err(refused(word, &UNSUPPORTED));
            }
            text => to = Some(text),
        }
    }
    let to = to.ok_or_else(|| format!("`ip route {verb}` needs a destination"))?;
    let gateways = options.hops.iter().filter_map(|hop| hop.gateway);
    if gateways
        .clone()
        .chain(gateway)
        .any(|gateway| gateway.is_ipv6())
        && to.parse::<IpNet>().is_ok_and(|net| net.addr().is_ipv4())
    {
        return Err(format!(
            "an IPv6 gateway of the IPv4 destination {to} is not supported yet"
        ));
    }
    let first = gateway.or_else(|| gateways.clone().next());
    let family = global.family.or(first.or(options.source).map(Family::of));
    let destination = destination(to, family)?;
    let is_of_it = |gateway: IpAddr| Family::of(gateway) == Family::of(destination.addr());
    if !gateway.into_iter().chain(gateways).all(is_of_it) {
        return Err(format!(
            "the gateway of {destination} is of the other family"
        ));
    }
    let family = Family::of(destination.addr());
    if family == Family::Ipv6 {
        // The kernel looks at no scope of IPv6.
        options.scope = None;
    }
    let options = options.without_usual_scope(family, gateway.is_some());
    Ok(action(Route {
        destination,
        gateway,
        interface,
        metric,
        vrf,
        options,
    }))
}

fn via(words: &mut Words<'_>) -> Result<IpAddr, String> {
    let mut text = words.value("via")?;
    if matches!(text, "inet" | "inet6") {
        text = words.value(text)?;
    }
    text.parse()
        .map_err(|_| format!("`via {text}`: not an address"))
}

/// The next hops of a multipath route as `ip route` takes them: `nexthop via 10.0.0.2 weight 3
/// nexthop via 10.0.1.2`; the first word may be left out.
pub fn read_next_hops(text: &str) -> Result<Vec<Hop<InterfaceName>>, String> {
    let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    let mut words = Words::new(&words);
    words.skip("nexthop");
    match words.peek() {
        None => Ok(Vec::new()),
        Some(_) => hops(&mut words),
    }
}

/// What follows the first `nexthop`, to the end: each begins with the same word.
fn hops(words: &mut Words<'_>) -> Result<Vec<Hop<InterfaceName>>, String> {
    let new = || Hop {
        gateway: None,
        interface: None,
        weight: 1,
        onlink: false,
    };
    let mut hops = Vec::new();
    let mut hop = new();
    while let Some(word) = words.next() {
        match word {
            "nexthop" => hops.push(std::mem::replace(&mut hop, new())),
            "via" => hop.gateway = Some(via(words)?),
            "dev" | "oif" => hop.interface = Some(words.parsed(word)?),
            "weight" => {
                hop.weight = words.parsed(word)?;
                if hop.weight == 0 {
                    return Err(format!("`weight 0`: it is 1 to {MAX_WEIGHT}"));
                }
            }
            "onlink" => hop.onlink = true,
            _ => return Err(refused(word, &UNSUPPORTED)),
        }
    }
    hops.push(hop);
    Ok(hops)
}

fn destination(text: &str, family: Option<Family>) -> Result<IpNet, String> {
    if matches!(text, "default" | "any" | "all") {
        return Ok(family.unwrap_or(Family::Ipv4).default_destination());
    }
    let net = address::parse(text, family)?;
    // Of IPv4 the kernel refuses host bits: EINVAL, "Invalid prefix for given prefix length". Of IPv6
    // it passes over them (`ip6_route_info_create`).
    match net == net.trunc() || Family::of(net.addr()) == Family::Ipv6 {
        true => Ok(net.trunc()),
        false => Err(format!(
            "{net}: host bits are set; did you mean {}?",
            net.trunc()
        )),
    }
}
