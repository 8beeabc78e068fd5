//! Addresses and routes of one namespace.

use std::net::IpAddr;

use super::{Report, Severity};
use crate::address::is_link_local;
use crate::document::{Interface, Route};
use crate::edit::Field;
use crate::id::NamespaceId;
use crate::status::route_text;

pub(super) fn check(report: &mut Report<'_>) {
    let document = report.document;
    for (&id, namespace) in &document.namespaces {
        for route in &namespace.routes {
            gateway(report, id, route);
        }
        overlaps(report, id);
    }
    for (&id, interface) in &document.interfaces {
        for address in &interface.addresses {
            let is_network = address.addr().is_ipv4()
                && address.prefix_len() < 31
                && address.addr() == address.network();
            if is_network {
                let text = format!("{address} is the address of the network itself");
                report.interface(
                    Severity::Warning,
                    (id, Field::Addresses),
                    text,
                    "take one within it",
                );
            }
        }
    }
}

fn gateway(report: &mut Report<'_>, id: NamespaceId, route: &Route) {
    let document = report.document;
    let at = (id, Some(Field::Routes));
    let text = route_text(document, route);
    let named = route
        .interface
        .and_then(|interface| document.interfaces.get(&interface));
    if let Some(interface) = named.filter(|interface| !interface.up) {
        let text = format!(
            "`{text}`: {} is down, and the kernel takes no route through it",
            interface.name
        );
        report.namespace(Severity::Error, at, text, "set the interface up");
        return;
    }
    let Some(gateway) = route.gateway else { return };
    if named.is_some() && gateway.is_ipv6() && is_link_local(gateway) {
        return;
    }
    let reaching: Vec<_> = document
        .interfaces_of(id)
        .filter(|(interface, _)| route.interface.is_none_or(|named| named == *interface))
        .filter(|(_, interface)| reaches(interface, gateway))
        .collect();
    let by_route = document.namespaces.get(&id).is_some_and(|namespace| {
        let on_link = |r: &&Route| r.gateway.is_none() && r.destination.contains(&gateway);
        namespace.routes.iter().any(|r| on_link(&r))
    });
    if reaching.is_empty() && !by_route {
        let text = format!(
            "`{text}`: {gateway} is on no network of this namespace, and the kernel refuses it"
        );
        report.namespace(
            Severity::Error,
            at,
            text,
            "add an address in the gateway's network first",
        );
    } else if !by_route && reaching.iter().all(|(_, interface)| !interface.up) {
        let text = format!("`{text}`: the interface towards {gateway} is down");
        report.namespace(Severity::Error, at, text, "set the interface up");
    }
    forwarding(report, id, route, gateway);
}

fn reaches(interface: &Interface, gateway: IpAddr) -> bool {
    interface
        .addresses
        .iter()
        .any(|address| address.contains(&gateway) && address.addr() != gateway)
}

/// Who is somebody's gateway must forward.
fn forwarding(report: &mut Report<'_>, id: NamespaceId, route: &Route, gateway: IpAddr) {
    let document = report.document;
    let mut owners = document
        .interfaces
        .values()
        .filter(|i| i.addresses.iter().any(|a| a.addr() == gateway));
    let Some(owner) = owners.find(|owner| owner.namespace != id) else {
        return;
    };
    let Some(namespace) = document.namespaces.get(&owner.namespace) else {
        return;
    };
    if !namespace.forwarding.get(route.family()) {
        let family = if gateway.is_ipv4() { "IPv4" } else { "IPv6" };
        let user = document.describe_namespace(id);
        let text = format!("it is the gateway {gateway} of {user} and does not forward {family}");
        report.namespace(
            Severity::Warning,
            (owner.namespace, None),
            text,
            "switch forwarding on",
        );
    }
}

fn overlaps(report: &mut Report<'_>, id: NamespaceId) {
    let document = report.document;
    let all: Vec<_> = document
        .interfaces_of(id)
        .flat_map(|(interface, i)| i.addresses.iter().map(move |address| (interface, address)))
        .filter(|(_, address)| address.prefix_len() < address.max_prefix_len())
        .collect();
    for (index, (interface, address)) in all.iter().enumerate() {
        let earlier = all.iter().take(index).find(|(other, known)| {
            other != interface
                && (known.contains(&address.network()) || address.contains(&known.network()))
        });
        if let Some((other, known)) = earlier {
            let other = document.describe_interface(*other);
            let text = format!(
                "{address} is in the same network as {known} on {other}: only one of them is used"
            );
            let hint = "give each interface a network of its own";
            report.interface(
                Severity::Warning,
                (*interface, Field::Addresses),
                text,
                hint,
            );
        }
    }
}
