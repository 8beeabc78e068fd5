//! Document and observed state side by side: what the canvas shows of each object.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::address::InterfaceAddress;
use crate::document::{Document, Interface, Kind, Namespace};
use crate::firewall::Ruleset;
use crate::id::{InterfaceId, NamespaceId};
use crate::kind::{DeviceKind, Parameter, Parameters, Value, port};
use crate::name::InterfaceName;
use crate::observed::{
    Observed, ObservedInterface, ObservedKind, ObservedNamespace, ObservedPeer, Origin,
};
use crate::plan::Mtus;
use crate::quality::qdisc;
use crate::rule::Rule;
use crate::step::StepRoute;

/// What stands before the name of a parameter that is set on a port: the device itself may have one
/// of the same name.
pub(crate) const PORT: &str = "port ";

/// The state of one object of the document.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The lab does not run: only wanted.
    Wanted,
    /// The kernel has it as the document says, and it carries traffic.
    Up,
    /// The kernel has it as the document says, and that is down.
    Down,
    /// As the document says, up, but without a carrier: the other end is down.
    NoCarrier,
    /// The kernel has it, but not as the document says.
    Drifted(Vec<Difference>),
    /// The kernel does not have it.
    Missing,
}

/// One way in which the kernel differs from the document.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Difference {
    /// What differs: `state`, `mtu`, `mac`, `address`, `address order`, `master`, `kind`, `peer`,
    /// `name`, `IPv4 forwarding`, `IPv6 forwarding`, `firewall`, `uplink`, `route`, `rule`,
    /// `vlans`, `fdb`, `neighbour`, `quality`, the name of a parameter, of a measure of the quality or of a
    /// setting of the kernel, or `port` and the name of one of a port. [`crate::drift`] knows what
    /// to do about each.
    pub what: String,
    /// In the document; empty if it is not there.
    pub wanted: String,
    /// In the kernel; empty if it is not there.
    pub observed: String,
}

/// The state of every object of a document.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Statuses {
    /// Of every namespace.
    pub namespaces: BTreeMap<NamespaceId, Status>,
    /// Of every interface.
    pub interfaces: BTreeMap<InterfaceId, Status>,
}

/// Compares a document with the kernel; `None` is a lab that does not run.
pub fn statuses(document: &Document, observed: Option<&Observed>) -> Statuses {
    let Some(observed) = observed else {
        return Statuses {
            namespaces: document
                .namespaces
                .keys()
                .map(|id| (*id, Status::Wanted))
                .collect(),
            interfaces: document
                .interfaces
                .keys()
                .map(|id| (*id, Status::Wanted))
                .collect(),
        };
    };
    let mtus = Mtus::new(document);
    Statuses {
        namespaces: document
            .namespaces
            .iter()
            .map(|(&id, wanted)| {
                (
                    id,
                    namespace_status(document, id, wanted, observed.namespaces.get(&id)),
                )
            })
            .collect(),
        interfaces: document
            .interfaces
            .iter()
            .map(|(&id, wanted)| {
                (
                    id,
                    interface_status(&mtus, document, (id, wanted), observed),
                )
            })
            .collect(),
    }
}

/// Interfaces of the kernel that no object of the document stands for.
pub fn strangers<'a>(
    document: &'a Document,
    observed: &'a Observed,
) -> impl Iterator<Item = (NamespaceId, u32, &'a ObservedInterface)> {
    let namespaces = observed.namespaces.keys();
    namespaces.flat_map(move |&namespace| {
        let inside = strangers_in(document, observed, namespace);
        inside.map(move |(index, interface)| (namespace, index, interface))
    })
}

/// [`strangers`] of one namespace, with their indexes.
pub(crate) fn strangers_in<'a>(
    document: &'a Document,
    observed: &'a Observed,
    namespace: NamespaceId,
) -> impl Iterator<Item = (u32, &'a ObservedInterface)> {
    let inside = observed.namespaces.get(&namespace).into_iter();
    let inside = inside.flat_map(|inside| &inside.interfaces);
    let strange = inside.filter(move |(_, interface)| {
        let is_known = |id| document.interfaces.contains_key(&id);
        // The document says of it only whether it is there.
        let is_uplink = namespace == NamespaceId::HOST && crate::uplink::is_uplink(interface);
        !interface.id.is_some_and(is_known)
            && !is_uplink
            && match document.interface_named(namespace, &interface.name) {
                // By its name it is that one, unless that one is there under another name.
                Some(named) => observed.interface_of(named).is_some(),
                None => true,
            }
    });
    strange.map(|(index, interface)| (*index, interface))
}

/// The state of one namespace.
pub(crate) fn namespace_status(
    document: &Document,
    id: NamespaceId,
    wanted: &Namespace,
    observed: Option<&ObservedNamespace>,
) -> Status {
    let Some(observed) = observed else {
        return Status::Missing;
    };
    let mut differences = Vec::new();
    let mut differ = |what: &str, wanted: String, observed: String| {
        if wanted != observed {
            differences.push(Difference {
                what: what.to_owned(),
                wanted,
                observed,
            });
        }
    };
    differ("name", wanted.name.to_string(), observed.name.to_string());
    let switch = |on: bool| if on { "on" } else { "off" }.to_owned();
    differ(
        "IPv4 forwarding",
        switch(wanted.forwarding.ipv4),
        switch(observed.forwarding.ipv4),
    );
    differ(
        "IPv6 forwarding",
        switch(wanted.forwarding.ipv6),
        switch(observed.forwarding.ipv6),
    );
    if id == NamespaceId::HOST {
        let is = crate::uplink::index_in(observed).is_some();
        differ("uplink", switch(wanted.uplink), switch(is));
    }
    if let Some((wanted, observed)) = firewalls(wanted, observed) {
        differ("firewall", wanted, observed);
    }
    for (name, wanted, observed) in crate::sysctl::differences(&wanted.sysctls, &observed.sysctls) {
        differ(name, wanted, observed);
    }
    for route in &wanted.routes {
        let waits = || crate::plan::waits(document, observed, route);
        if !crate::plan::has_route(document, observed, route) && !waits() {
            differ("route", route_text(document, route), String::new());
        }
    }
    for route in crate::plan::unwanted_routes(document, wanted, observed) {
        differ("route", String::new(), route);
    }
    let rules = crate::plan::wanted_rules(document, wanted);
    let text = |rule: &Rule<InterfaceName>| rule.words().join(" ");
    for rule in rules.difference(&observed.rules) {
        differ("rule", text(rule), String::new());
    }
    for rule in observed.rules.difference(&rules) {
        differ("rule", String::new(), text(rule));
    }
    if differences.is_empty() {
        Status::Up
    } else {
        Status::Drifted(differences)
    }
}

/// How the firewalls differ: the whole text would be too much to show.
fn firewalls(wanted: &Namespace, observed: &ObservedNamespace) -> Option<(String, String)> {
    let text = wanted.firewall.as_ref().map(Ruleset::as_str);
    let known = observed.firewall.as_ref();
    if text == known.map(|known| known.ruleset.as_str()) {
        return None;
    }
    let lines = |text: &str| match text.lines().count() {
        1 => "1 line".to_owned(),
        count => format!("{count} lines"),
    };
    let observed = known.map(|known| match known.changes.as_slice() {
        [] => lines(&known.ruleset),
        changes => changes.join("\n"),
    });
    let wanted = text.map(lines).unwrap_or_default();
    let observed = observed.unwrap_or_default();
    match wanted == observed {
        true => Some((wanted, format!("{observed}, not the same"))),
        false => Some((wanted, observed)),
    }
}

/// A route as `ip route` takes it.
pub fn route_text(document: &Document, route: &crate::document::Route) -> String {
    step_route_text(&StepRoute::of(document, route))
}

/// A route as `ip route` takes it.
pub fn step_route_text(route: &StepRoute) -> String {
    crate::command::route::said(route).join(" ")
}

/// The kernel's interface that stands for one of the document, whatever it has become: its index
/// and itself.
pub(crate) fn found<'a>(
    document: &Document,
    observed: &'a Observed,
    id: InterfaceId,
    wanted: &Interface,
) -> Option<(u32, &'a ObservedInterface)> {
    let inside = &observed.namespaces.get(&wanted.namespace)?.interfaces;
    let by_id = inside.iter().find(|(_, i)| i.id == Some(id));
    // One that was made for another of the document stands for that.
    let is_anothers =
        |i: &ObservedInterface| i.id.is_some_and(|id| document.interfaces.contains_key(&id));
    let by_name = || {
        let mut inside = inside.iter();
        inside.find(|(_, i)| i.name == wanted.name.as_str() && !is_anothers(i))
    };
    by_id.or_else(by_name).map(|(index, i)| (*index, i))
}

/// The state of one interface.
pub(crate) fn interface_status(
    mtus: &Mtus<'_>,
    document: &Document,
    (id, wanted): (InterfaceId, &Interface),
    observed: &Observed,
) -> Status {
    let namespace = wanted.namespace;
    let interfaces = observed;
    let Some((_, interface)) = found(document, observed, id, wanted) else {
        return Status::Missing;
    };
    let mut differences = Vec::new();
    let mut differ = |what: &str, wanted: String, observed: String| {
        if wanted != observed {
            differences.push(Difference {
                what: what.to_owned(),
                wanted,
                observed,
            });
        }
    };
    differ("name", wanted.name.to_string(), interface.name.clone());
    differ(
        "kind",
        wanted.kind.name().to_owned(),
        interface.kind.name().to_owned(),
    );
    let underlay = |id: Option<NamespaceId>| document.describe_namespace(id.unwrap_or(namespace));
    differ(
        "underlay",
        underlay(wanted.underlay),
        underlay(interface.underlay),
    );
    let state = |up: bool| if up { "up" } else { "down" }.to_owned();
    differ("state", state(document.is_up(wanted)), state(interface.up));
    if let Kind::Veth { peer } = wanted.kind
        && let ObservedKind::Veth { peer: far } = interface.kind
    {
        let is = far.map_or_else(String::new, |far| peer_text(document, observed, far));
        let is_it = far.is_some_and(|far| is_peer(document, observed, peer, far));
        let wanted = document.describe_interface(peer);
        differ("peer", wanted.clone(), if is_it { wanted } else { is });
    }
    // A bond gives its ports its own when they join it.
    let joins = wanted.mtu.is_none()
        && interface.master.is_none()
        && wanted
            .master
            .and_then(|master| document.interfaces.get(&master))
            .is_some_and(|master| master.kind.is(DeviceKind::Bond));
    if let Some(mtu) = mtus.of(id, wanted).filter(|_| !joins) {
        differ("mtu", mtu.to_string(), interface.mtu.to_string());
    }
    if let Some(mac) = wanted.mac {
        let observed = interface.mac.map(|mac| mac.to_string());
        differ("mac", mac.to_string(), observed.unwrap_or_default());
    }
    let wanted_name = |id: &InterfaceId| document.interfaces.get(id).map(|i| i.name.to_string());
    let inside = observed.namespaces.get(&namespace);
    let observed_name = |index: &u32| Some(inside?.interfaces.get(index)?.name.clone());
    let master = wanted.master.as_ref().and_then(wanted_name);
    let master_observed = interface.master.as_ref().and_then(observed_name);
    differ(
        "master",
        master.unwrap_or_default(),
        master_observed.unwrap_or_default(),
    );
    let mut compare = |of: &str, wanted: Option<_>, observed: Option<_>, table| {
        if let (Some(wanted), Some(observed)) = (wanted, observed) {
            for (what, wanted, observed) in differences_of(&wanted, &observed, table) {
                differ(&format!("{of}{what}"), wanted, observed);
            }
        }
    };
    if let (Kind::Device(wanted), ObservedKind::Device(observed)) = (&wanted.kind, &interface.kind)
        && wanted.kind == observed.kind
    {
        let table = wanted.kind.table().parameters;
        let wanted = wanted
            .parameters
            .map(|id| lower_text(document, namespace, *id));
        let observed = observed.parameters.map(|lower| {
            let found = interfaces.at(*lower)?;
            // One that somebody has renamed is still the same.
            let known = found.id.filter(|id| document.interfaces.contains_key(id));
            if let Some(id) = known {
                return lower_text(document, namespace, id);
            }
            Some(match lower.namespace == namespace {
                true => found.name.clone(),
                false => {
                    let inside = document.describe_namespace(lower.namespace);
                    format!("{inside}/{}", found.name)
                }
            })
        });
        compare("", wanted, observed, table);
    }
    if wanted.master.is_some() && !interface.port.is_empty() {
        let observed = interface.port.map(observed_name);
        compare(PORT, wanted.port.map(wanted_name), observed, port::TABLE);
    }
    let qualities = qdisc::differences(wanted.quality.as_ref(), &interface.qdiscs);
    for (what, wanted, observed) in qualities {
        differ(what, wanted, observed);
    }
    if let (Some(wanted), Some(observed)) = (document.vlans_of(wanted), &interface.vlans) {
        differ("vlans", wanted.to_string(), observed.to_string());
    }
    for (name, wanted, observed) in crate::sysctl::differences(&wanted.sysctls, &interface.sysctls)
    {
        differ(name, wanted, observed);
    }
    let offloads = crate::offload::differences(&wanted.offloads, &interface.offloads);
    for (what, wanted, observed) in offloads {
        differ(&what, wanted, observed);
    }
    for entry in wanted.fdb.difference(&interface.fdb) {
        differ("fdb", entry.to_string(), String::new());
    }
    for entry in interface.fdb.difference(&wanted.fdb) {
        differ("fdb", String::new(), entry.to_string());
    }
    for neighbour in wanted.neighbours.difference(&interface.neighbours) {
        differ("neighbour", neighbour.to_string(), String::new());
    }
    for neighbour in interface.neighbours.difference(&wanted.neighbours) {
        differ("neighbour", String::new(), neighbour.to_string());
    }
    let kept: Vec<_> = interface
        .addresses
        .iter()
        .filter(|a| a.origin == Origin::Static)
        .map(|a| a.address)
        .collect();
    let text = |address: Option<&InterfaceAddress>| address.map(InterfaceAddress::to_string);
    let mut more: Vec<_> = kept.iter().collect();
    more.retain(|a| !wanted.addresses.contains(a));
    for address in wanted.addresses.iter() {
        if !interface.addresses.iter().any(|a| a.address == *address) {
            // It is there, but with another peer, broadcast address or scope.
            let other = more.iter().position(|a| a.excludes(address));
            let other = text(other.map(|place| more.remove(place)));
            differ("address", address.to_string(), other.unwrap_or_default());
        }
    }
    for address in more {
        differ("address", String::new(), address.to_string());
    }
    if let Some((wanted, observed)) = crate::plan::address_orders(wanted, interface) {
        differ("address order", wanted, observed);
    }
    match (differences.is_empty(), interface.up, interface.carrier) {
        (false, ..) => Status::Drifted(differences),
        (true, false, _) => Status::Down,
        (true, true, false) => Status::NoCarrier,
        (true, true, true) => Status::Up,
    }
}

fn is_peer(document: &Document, observed: &Observed, peer: InterfaceId, far: ObservedPeer) -> bool {
    let Some(wanted) = document.interfaces.get(&peer) else {
        return false;
    };
    let other = found(document, observed, peer, wanted);
    // One that is missing is said to be, at that end.
    other.is_none_or(|(index, _)| far.namespace == wanted.namespace && far.index == index)
}

/// The other end of a link, as people say it.
fn peer_text(document: &Document, observed: &Observed, far: ObservedPeer) -> String {
    let inside = observed.namespaces.get(&far.namespace);
    let name = inside.and_then(|inside| inside.interfaces.get(&far.index));
    let name = name.map_or_else(|| far.index.to_string(), |found| found.name.clone());
    format!("{}/{name}", document.describe_namespace(far.namespace))
}

/// An interface as one of `home` names it: with its namespace, if that is another.
pub(crate) fn lower_text(
    document: &Document,
    home: NamespaceId,
    id: InterfaceId,
) -> Option<String> {
    let found = document.interfaces.get(&id)?;
    Some(match found.namespace == home {
        true => found.name.to_string(),
        false => document.describe_interface(id),
    })
}

/// Parameters that differ: name, wanted, observed.
fn differences_of<'t>(
    wanted: &Parameters<String>,
    observed: &Parameters<String>,
    table: &'t [Parameter],
) -> Vec<(&'t str, String, String)> {
    let changes = wanted.changes_from(observed, table);
    let differing = table.iter().filter(|p| changes.contains_key(p.name));
    let text = |parameter: &Parameter, value: Option<&Value<String>>| {
        let text = value.map(|value| parameter.shown(value, Clone::clone));
        text.unwrap_or_default()
    };
    differing
        .map(|parameter| {
            let name = parameter.name;
            let wanted = changes.get(name).and_then(Option::as_ref);
            let wanted = text(parameter, wanted);
            let mut is = text(parameter, observed.get(name));
            // What differs is a secret, and not shown.
            if is == wanted {
                is.push_str(", but another secret");
            }
            (name, wanted, is)
        })
        .collect()
}
