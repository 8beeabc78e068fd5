//! `ip route`.

use std::net::IpAddr;

use ipnet::IpNet;

use super::action::{Action, Global, Route};
use super::words::{Words, abbreviated, refused};
use super::{Command, Names, address, join};
use crate::address::Family;
use crate::id::NamespaceId;
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
    let destination = match route.destination.prefix_len() {
        0 => "default".to_owned(),
        _ => route.destination.to_string(),
    };
    argv = join(argv, &["route", verb, &destination]);
    if let Some(gateway) = route.gateway {
        argv = join(argv, &["via", &gateway.to_string()]);
    }
    if let Some(interface) = &route.interface {
        argv = join(argv, &["dev", interface.as_str()]);
    }
    if let Some(metric) = route.metric {
        argv = join(argv, &["metric", &metric.to_string()]);
    }
    Command::new(argv)
}

/// The order in which iproute2 tries them (ip/iproute.c).
const VERBS: [&str; 15] = [
    "list", "show", "lst", "get", "add", "change", "chg", "replace", "prepend", "append", "test",
    "delete", "flush", "save", "help",
];

/// Keywords that say something which no document has.
const UNSUPPORTED: [&str; 28] = [
    "src",
    "onlink",
    "table",
    "vrf",
    "scope",
    "tos",
    "dsfield",
    "nexthop",
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
    "blackhole",
    "unreachable",
    "prohibit",
    "throw",
    "nat",
    "pref",
    "rtt",
    "window",
    "hoplimit",
    "expires",
];

pub(crate) fn read(words: &mut Words<'_>, global: Global) -> Result<Action, String> {
    let Some(verb) = words.next() else {
        return Ok(Action::Look);
    };
    let is_add = match abbreviated(verb, &VERBS) {
        Some("list" | "show" | "lst" | "get" | "help") => return Ok(Action::Look),
        Some("add") => true,
        Some("delete") => false,
        _ => return Err(format!("`ip route {verb}` is not supported")),
    };
    let mut to = None;
    let mut gateway: Option<IpAddr> = None;
    let mut interface = None;
    let mut metric = None;
    while let Some(word) = words.next() {
        match word {
            "via" => {
                let mut text = words.value(word)?;
                if matches!(text, "inet" | "inet6") {
                    text = words.value(text)?;
                }
                gateway = Some(
                    text.parse()
                        .map_err(|_| format!("`via {text}`: not an address"))?,
                );
            }
            "dev" | "oif" => interface = Some(words.parsed(word)?),
            "metric" | "priority" | "preference" => metric = Some(words.parsed(word)?),
            // Who made it: every route of a script is a person's.
            "proto" | "protocol" => match words.value(word)? {
                "static" | "boot" => {}
                other => return Err(format!("`proto {other}` is not supported")),
            },
            "to" => to = Some(words.value(word)?),
            "unicast" => {}
            _ if to.is_some() || UNSUPPORTED.contains(&word) => {
                return Err(refused(word, &UNSUPPORTED));
            }
            text => to = Some(text),
        }
    }
    let to = to.ok_or_else(|| format!("`ip route {verb}` needs a destination"))?;
    let destination = destination(to, global.family.or(gateway.map(Family::of)))?;
    if gateway.is_some_and(|gateway| Family::of(gateway) != Family::of(destination.addr())) {
        return Err(format!(
            "the gateway of {destination} is of the other family"
        ));
    }
    let route = Route {
        destination,
        gateway,
        interface,
        metric,
    };
    Ok(if is_add {
        Action::AddRoute(route)
    } else {
        Action::RemoveRoute(route)
    })
}

fn destination(text: &str, family: Option<Family>) -> Result<IpNet, String> {
    if matches!(text, "default" | "any" | "all") {
        return Ok(family.unwrap_or(Family::Ipv4).default_destination());
    }
    let net = address::parse(text, family)?;
    // The kernel refuses host bits: EINVAL, "Invalid prefix for given prefix length".
    match net == net.trunc() {
        true => Ok(net),
        false => Err(format!(
            "{net}: host bits are set; did you mean {}?",
            net.trunc()
        )),
    }
}
