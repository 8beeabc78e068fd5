//! A document that says what the kernel has.

use std::collections::BTreeMap;

use crate::document::{Document, Interface, Kind, Namespace, Route};
use crate::id::{InterfaceId, NamespaceId};
use crate::model::{DEFAULT_MTU, LOOPBACK_MTU};
use crate::name::InterfaceName;
use crate::observed::{Observed, ObservedInterface, ObservedKind, ObservedRoute, Origin};

/// Which interface of the kernel becomes which of the document.
type Ids = BTreeMap<(NamespaceId, u32), InterfaceId>;

/// The document that a kernel in this state would be brought to without a step.
///
/// Interfaces keep the ids for which they were made; others get the next free ones. Interfaces of
/// kinds that no document has, and veths whose other end is not seen, are left out.
pub fn adopt(title: &str, observed: &Observed) -> Document {
    let ids = ids(observed);
    let mut document = Document::new(title);
    for (&namespace, found) in &observed.namespaces {
        let routes = found
            .routes
            .iter()
            .filter(|route| route.origin == Origin::Static);
        let adopted = Namespace {
            name: found.name.clone(),
            forwarding: found.forwarding,
            routes: routes
                .filter_map(|known| route(namespace, known, &ids))
                .collect(),
        };
        document.namespaces.insert(namespace, adopted);
        for (&index, known) in &found.interfaces {
            let id = ids.get(&(namespace, index));
            if let (Some(&id), Some(adopted)) = (id, interface(namespace, known, &ids, found)) {
                document.interfaces.insert(id, adopted);
            }
        }
    }
    document
}

fn ids(observed: &Observed) -> Ids {
    let all = observed.namespaces.iter();
    let all = all.flat_map(|(ns, found)| {
        found
            .interfaces
            .iter()
            .map(move |(index, i)| (*ns, *index, i))
    });
    let all: Vec<_> = all.filter(|(_, _, i)| is_adopted(i)).collect();
    let tagged = all.iter().filter_map(|(_, _, i)| i.id).map(|id| id.0);
    let mut next = tagged.max().unwrap_or_default() + 1;
    let mut fresh = || {
        next += 1;
        InterfaceId(next - 1)
    };
    all.into_iter()
        .map(|(namespace, index, i)| {
            let is_host_loopback =
                namespace == NamespaceId::HOST && i.kind == ObservedKind::Loopback;
            let id = match i.id {
                _ if is_host_loopback => InterfaceId::HOST_LOOPBACK,
                Some(id) => id,
                None => fresh(),
            };
            ((namespace, index), id)
        })
        .collect()
}

fn is_adopted(interface: &ObservedInterface) -> bool {
    let is_known = matches!(
        interface.kind,
        ObservedKind::Loopback | ObservedKind::Bridge | ObservedKind::Veth { peer: Some(_) }
    );
    is_known && interface.name.parse::<InterfaceName>().is_ok()
}

fn interface(
    namespace: NamespaceId,
    known: &ObservedInterface,
    ids: &Ids,
    around: &crate::observed::ObservedNamespace,
) -> Option<Interface> {
    let kind = match &known.kind {
        ObservedKind::Loopback => Kind::Loopback,
        ObservedKind::Bridge => Kind::Bridge,
        ObservedKind::Veth { peer } => {
            let peer = (*peer)?;
            Kind::Veth {
                peer: *ids.get(&(peer.namespace, peer.index))?,
            }
        }
        ObservedKind::Other(_) => return None,
    };
    let addresses = known
        .addresses
        .iter()
        .filter(|a| a.origin == Origin::Static);
    let usual = match kind {
        Kind::Loopback => LOOPBACK_MTU,
        Kind::Veth { .. } => DEFAULT_MTU,
        Kind::Bridge => least_port_mtu(known, around).unwrap_or(DEFAULT_MTU),
    };
    Some(Interface {
        namespace,
        name: known.name.parse().ok()?,
        kind,
        up: known.up,
        mtu: Some(known.mtu).filter(|mtu| *mtu != usual),
        addresses: addresses.map(|a| a.address).collect(),
        bridge: known
            .bridge
            .and_then(|index| ids.get(&(namespace, index)).copied()),
    })
}

/// What the kernel gives a bridge by itself (`br_mtu_auto_adjust`).
fn least_port_mtu(
    bridge: &ObservedInterface,
    around: &crate::observed::ObservedNamespace,
) -> Option<u32> {
    let (index, _) = around
        .interfaces
        .iter()
        .find(|(_, i)| i.name == bridge.name)?;
    let ports = around
        .interfaces
        .values()
        .filter(|i| i.bridge == Some(*index));
    ports.map(|port| port.mtu).min()
}

fn route(namespace: NamespaceId, known: &ObservedRoute, ids: &Ids) -> Option<Route> {
    let usual = match crate::address::Family::of(known.destination.addr()) {
        crate::address::Family::Ipv4 => 0,
        crate::address::Family::Ipv6 => crate::plan::IPV6_DEFAULT_METRIC,
    };
    let interface = match known.interface {
        Some(index) => Some(*ids.get(&(namespace, index))?),
        None => None,
    };
    Some(Route {
        destination: known.destination,
        gateway: known.gateway,
        interface,
        metric: Some(known.metric).filter(|metric| *metric != usual),
    })
}
