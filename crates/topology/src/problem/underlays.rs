//! Tunnels that send through another namespace, where nothing leads to their other end.

use std::net::IpAddr;

use super::{Report, Severity};
use crate::document::{Document, Interface};
use crate::edit::Field;
use crate::id::NamespaceId;
use crate::kind::Value;
use crate::kind::wireguard::Peers;

pub(super) fn check(report: &mut Report<'_>) {
    let document = report.document;
    for (&id, interface) in &document.interfaces {
        let Some(underlay) = interface.underlay else {
            continue;
        };
        for end in ends(interface) {
            if !leads(document, underlay, end) {
                let through = document.describe_namespace(underlay);
                let text = format!("it sends through {through}, where nothing leads to {end}");
                let hint = "add a route or an address there";
                report.interface(Severity::Warning, (id, Field::Underlay), text, hint);
            }
        }
    }
}

/// The other ends to which it is told to send. Those of IPv6 are left out: a router may advertise a
/// way there.
fn ends(interface: &Interface) -> impl Iterator<Item = IpAddr> + '_ {
    let device = interface.kind.device().into_iter();
    let values = device.flat_map(|device| device.parameters.iter());
    let ends = values.flat_map(|(name, value)| match value {
        Value::Address(address) if name == "remote" => vec![*address],
        Value::Peers(Peers(peers)) => {
            let ends = peers.values().filter_map(|peer| peer.endpoint);
            ends.map(|endpoint| endpoint.ip()).collect()
        }
        _ => Vec::new(),
    });
    ends.filter(IpAddr::is_ipv4)
}

/// Whether a namespace has a network or a route, of whichever table, that an address is in.
fn leads(document: &Document, namespace: NamespaceId, to: IpAddr) -> bool {
    let is_out = namespace == NamespaceId::HOST && document.has_uplink();
    let mut around = document.interfaces_of(namespace);
    let found = document.namespaces.get(&namespace);
    let mut routes = found.into_iter().flat_map(|found| &found.routes);
    is_out
        || around.any(|(_, i)| i.addresses.iter().any(|address| address.contains(&to)))
        || routes.any(|route| route.destination.contains(&to))
}
