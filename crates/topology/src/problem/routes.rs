//! Addresses and routes of one namespace.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::{Report, Severity, fixes};
use crate::address::{Family, InterfaceAddress, is_link_local};
use crate::connected::{self, Connected};
use crate::document::{Document, Interface, Kind, Route};
use crate::edit::Field;
use crate::id::{InterfaceId, NamespaceId};
use crate::plan::kernel_metric;
use crate::route::Scope;
use crate::status::route_text;

/// The interfaces of one namespace.
type Inside<'a> = [(InterfaceId, &'a Interface)];

/// Which namespaces have an address.
type Owners = BTreeMap<IpAddr, Vec<NamespaceId>>;

pub(super) fn check(report: &mut Report<'_>) {
    let document = report.document;
    let mut owners = Owners::new();
    for interface in document.interfaces.values() {
        for address in &interface.addresses {
            let namespaces = owners.entry(address.addr()).or_default();
            namespaces.push(interface.namespace);
        }
    }
    for (&id, namespace) in &document.namespaces {
        let inside = report.interfaces_of(id);
        for route in &namespace.routes {
            if is_taken(report, id, route, &inside) {
                forwarding(report, id, route, &owners);
            }
        }
        overlaps(report, &inside);
    }
    for (&id, interface) in &document.interfaces {
        for address in &interface.addresses {
            let is_network = address.addr().is_ipv4()
                && address.prefix_len() < 31
                && address.addr() == address.network().addr();
            if is_network {
                let text = format!("{address} is the address of the network itself");
                let hint = "take one within it";
                report.interface(Severity::Warning, (id, Field::Addresses), text, hint);
            }
        }
    }
}

/// Whether the kernel takes a route; if not, why.
fn is_taken(report: &mut Report<'_>, id: NamespaceId, route: &Route, inside: &Inside<'_>) -> bool {
    let document = report.document;
    let at = (id, Some(Field::Routes));
    let said = route_text(document, route);
    let mut tell = |severity: Severity, why: String, hint: &str| {
        report.namespace(severity, at, format!("`{said}`: {why}"), hint);
        severity != Severity::Error
    };
    let mut refuse = |why: String, hint: &str| tell(Severity::Error, why, hint);
    let options = &route.options;
    let named = route
        .interfaces()
        .filter_map(|id| document.interfaces.get(&id));
    // `fib_create_info` does not look whether those are up.
    let is_host = options.scope == Some(Scope::Host);
    let mut down = named.filter(|interface| !interface.up && !is_host);
    if let Some(interface) = down.next() {
        let name = &interface.name;
        let why = format!("{name} is down, and the kernel takes no route through it");
        return refuse(why, "set the interface up");
    }
    let same = Connected {
        to: route.destination,
        metric: kernel_metric(route.family(), route.metric),
    };
    let makes_it =
        |(_, i): &&(InterfaceId, &Interface)| made_by_kernel(document, i).any(|made| made == same);
    let is_main = options.table.is_none();
    if let Some((_, interface)) = inside.iter().find(makes_it).filter(|_| is_main) {
        let name = &interface.name;
        let why = format!("the kernel itself makes this route with the address of {name}");
        return refuse(why, "remove the route, or give it another metric");
    }
    let is_own = |address: IpAddr| inside.iter().any(|(_, i)| has(i, address));
    if let Some(source) = options.source.filter(|source| !source.is_loopback())
        && !is_own(source)
    {
        let why = format!("{source} is no address of this namespace, and the kernel refuses it");
        return refuse(why, "name an address of one of its interfaces");
    }
    let mut is_fine = true;
    for (gateway, through) in route.gateways() {
        match unreached(document, (id, route), (gateway, through), inside) {
            Some((Severity::Error, why, hint)) => return tell(Severity::Error, why, hint),
            Some((severity, why, hint)) => is_fine &= tell(severity, why, hint),
            None => {}
        }
    }
    is_fine
}

/// Why a gateway is none.
fn unreached(
    document: &Document,
    (id, route): (NamespaceId, &Route),
    (gateway, through): (IpAddr, Option<InterfaceId>),
    inside: &Inside<'_>,
) -> Option<(Severity, String, &'static str)> {
    let refuse = |why: String, hint: &'static str| Some((Severity::Error, why, hint));
    if inside.iter().any(|(_, i)| has(i, gateway)) {
        let why = format!("{gateway} is an address of the namespace itself");
        let hint = "name the address at the other end of the link";
        let hops = route.options.hops.iter();
        let mut on_link = hops.filter(|hop| hop.gateway == Some(gateway) && hop.onlink);
        let is_onlink = route.options.onlink || on_link.next().is_some();
        // IPv4 takes it and asks for every far host with ARP; IPv6 refuses it.
        return match gateway.is_ipv4() && !is_onlink {
            true => Some((Severity::Warning, why, hint)),
            false => refuse(why, hint),
        };
    }
    let is_onlink = match route.options.hops.as_slice() {
        [] => route.options.onlink,
        hops => hops
            .iter()
            .any(|hop| hop.gateway == Some(gateway) && hop.onlink),
    };
    if is_onlink || (through.is_some() && gateway.is_ipv6() && is_link_local(gateway)) {
        return None;
    }
    let is_meant = |id: InterfaceId| through.is_none_or(|named| named == id);
    let mut reaching = inside
        .iter()
        .filter(|(id, i)| is_meant(*id) && i.addresses.iter().any(|a| a.contains(&gateway)))
        .peekable();
    let by_route = document.namespaces.get(&id).is_some_and(|namespace| {
        let leads = |r: &Route| {
            let is_seen = r.options.table.is_none() || r.options.table == route.options.table;
            is_seen
                && r.gateway.is_none()
                && r.interface.is_some()
                && r.destination.contains(&gateway)
        };
        namespace.routes.iter().any(leads)
    });
    if by_route {
        return None;
    }
    if reaching.peek().is_none() {
        let why =
            format!("{gateway} is on no network of this namespace, and the kernel refuses it");
        return refuse(why, "add an address in the gateway's network first");
    }
    if reaching.all(|(_, interface)| !interface.up) {
        let why = format!("the interface towards {gateway} is down");
        return refuse(why, "set the interface up");
    }
    None
}

/// The routes that the kernel makes for an interface.
fn made_by_kernel<'a>(
    document: &'a Document,
    interface: &'a Interface,
) -> impl Iterator<Item = Connected> + 'a {
    let is_loopback = interface.kind == Kind::Loopback;
    let peer = interface.peer().and_then(|id| document.interfaces.get(&id));
    let has_carrier = peer.is_some_and(|peer| peer.up);
    let addresses = interface.addresses.iter();
    addresses
        .flat_map(move |address| connected::of_address(*address, is_loopback))
        .chain(has_carrier.then(connected::link_local))
        .filter(|_| interface.up)
}

fn has(interface: &Interface, address: IpAddr) -> bool {
    interface.addresses.iter().any(|a| a.addr() == address)
}

/// Who is somebody's gateway must forward.
fn forwarding(report: &mut Report<'_>, id: NamespaceId, route: &Route, owners: &Owners) {
    for (gateway, _) in route.gateways() {
        forwards(report, (id, route), gateway, owners);
    }
}

fn forwards(
    report: &mut Report<'_>,
    (id, route): (NamespaceId, &Route),
    gateway: IpAddr,
    owners: &Owners,
) {
    let document = report.document;
    let owner = owners
        .get(&gateway)
        .and_then(|found| found.iter().find(|owner| **owner != id));
    let Some((&owner, namespace)) =
        owner.and_then(|owner| Some((owner, document.namespaces.get(owner)?)))
    else {
        return;
    };
    let host = route.destination.addr();
    let is_there = route.destination.prefix_len() == route.destination.max_prefix_len()
        && owners
            .get(&host)
            .is_some_and(|found| found.contains(&owner));
    let is_end = !leads_on(report, owner);
    if !namespace.forwarding.get(route.family()) && !is_there && !is_end {
        let user = document.describe_namespace(id);
        let silent = fixes::not_forwarding(Family::of(gateway));
        let text = format!("it is the gateway {gateway} of {user} and {silent}");
        report.namespace(
            Severity::Warning,
            (owner, None),
            text,
            "switch forwarding on",
        );
    }
}

/// Whether there is anybody behind a namespace: else it stands for the rest of the world, and
/// forwarding would lead nowhere.
fn leads_on(report: &Report<'_>, id: NamespaceId) -> bool {
    let document = report.document;
    let is_way = |i: &Interface| i.kind != Kind::Loopback && i.master.is_none();
    let ways = report.inside.get(&id).into_iter().flatten();
    let ways = ways.filter(|(_, interface)| is_way(interface)).count();
    let has_routes = document
        .namespaces
        .get(&id)
        .is_some_and(|ns| !ns.routes.is_empty());
    let is_out = id == NamespaceId::HOST && document.has_uplink();
    ways > 1 || has_routes || is_out
}

/// Of two interfaces in one network the kernel uses the first.
fn overlaps(report: &mut Report<'_>, inside: &Inside<'_>) {
    let document = report.document;
    let mut all: Vec<_> = inside
        .iter()
        .flat_map(|(id, i)| i.addresses.iter().map(move |address| (*id, *address)))
        .filter(|(_, a)| a.prefix_len() < a.max_prefix_len() && !is_link_local(a.addr()))
        .collect();
    // Networks are in one another or apart: those around one stand before it.
    all.sort_by_key(|(id, address)| (address.network(), *id));
    let mut around: Vec<(InterfaceId, InterfaceAddress)> = Vec::new();
    for (id, address) in all {
        while around
            .last()
            .is_some_and(|(_, outer)| !outer.network().contains(&address.network()))
        {
            around.pop();
        }
        if let Some((other, known)) = around.iter().rev().find(|(other, _)| *other != id) {
            let other = document.describe_interface(*other);
            let text = format!(
                "{address} is in the same network as {known} on {other}: only one of them is used"
            );
            let hint = "give each interface a network of its own";
            report.interface(Severity::Warning, (id, Field::Addresses), text, hint);
        }
        around.push((id, address));
    }
}
