//! A document that says what the kernel has.

use std::collections::{BTreeMap, BTreeSet};

use crate::document::{Document, Interface, Kind, Namespace, Route};
use crate::firewall::Ruleset;
use crate::id::{InterfaceId, NamespaceId};
use crate::kind::{Device, DeviceKind, NewMtu, port};
use crate::model::{self, DEFAULT_MTU, LOOPBACK_MTU};
use crate::name::InterfaceName;
use crate::neighbour::Neighbour;
use crate::observed::{
    Observed, ObservedInterface, ObservedKind, ObservedNamespace, ObservedPeer, ObservedRoute,
    Origin,
};
use crate::serve::Served;
use crate::uplink;
use crate::vlans::Vlans;

/// Which interface of the kernel becomes which of the document.
pub(crate) type Ids = BTreeMap<(NamespaceId, u32), InterfaceId>;

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
            .filter(|route| route.origin == Origin::Static && !uplink::has_made(found, route));
        let adopted = Namespace {
            name: found.name.clone(),
            forwarding: found.forwarding,
            routes: routes
                .filter_map(|known| route(namespace, known, &ids))
                .collect(),
            firewall: found
                .firewall
                .as_ref()
                .and_then(|known| Ruleset::new(&known.ruleset).ok()),
            rules: found
                .rules
                .iter()
                .filter_map(|rule| rule.map(|name| by_name(namespace, found, name, &ids)))
                .filter(|rule| rule.check().is_ok())
                .collect(),
            sysctls: crate::sysctl::adopted(&found.sysctls, false),
            uplink: namespace == NamespaceId::HOST && uplink::index_in(found).is_some(),
            serve: Served::new(),
        };
        document.namespaces.insert(namespace, adopted);
        for (&index, known) in &found.interfaces {
            let id = ids.get(&(namespace, index));
            if let (Some(&id), Some(adopted)) = (id, interface(namespace, known, &ids, observed)) {
                document.interfaces.insert(id, adopted);
            }
        }
    }
    document
}

fn by_name(
    namespace: NamespaceId,
    found: &ObservedNamespace,
    name: &InterfaceName,
    ids: &Ids,
) -> Option<InterfaceId> {
    let (index, _) = found.interfaces.named(name.as_str())?;
    ids.get(&(namespace, index)).copied()
}

fn ids(observed: &Observed) -> Ids {
    let all = || {
        let all = observed.namespaces.iter().flat_map(|(ns, found)| {
            let inside = found.interfaces.iter();
            inside.map(move |(index, i)| (*ns, *index, i))
        });
        all.filter(|(_, _, i)| is_adopted(i))
    };
    let tagged = all().filter_map(|(_, _, i)| i.id).map(|id| id.0);
    let mut next = tagged.max().unwrap_or_default() + 1;
    let mut fresh = || {
        next += 1;
        InterfaceId(next - 1)
    };
    all()
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
        ObservedKind::Loopback | ObservedKind::Device(_) | ObservedKind::Veth { peer: Some(_) }
    );
    is_known && interface.name.parse::<InterfaceName>().is_ok()
}

/// An interface as a document has it; `None` if none can.
pub(crate) fn interface(
    namespace: NamespaceId,
    known: &ObservedInterface,
    ids: &Ids,
    observed: &Observed,
) -> Option<Interface> {
    let around = observed.namespaces.get(&namespace)?;
    let id_of = |index: &u32| ids.get(&(namespace, *index)).copied();
    let id_at = |place: &ObservedPeer| ids.get(&(place.namespace, place.index)).copied();
    let kind = match &known.kind {
        ObservedKind::Loopback => Kind::Loopback,
        ObservedKind::Device(device) => {
            let said = device
                .parameters
                .without_usual(device.kind.table().parameters);
            Kind::Device(Device {
                kind: device.kind,
                parameters: said.map(id_at)?,
            })
        }
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
    Some(Interface {
        namespace,
        name: known.name.parse().ok()?,
        kind,
        up: known.up,
        mtu: Some(known.mtu).filter(|mtu| usual_mtu(known, around, observed) != Some(*mtu)),
        addresses: addresses.map(|a| a.address).collect(),
        mac: None,
        master: known.master.as_ref().and_then(id_of),
        underlay: known.underlay,
        port: known.port.without_usual(port::TABLE).map(id_of)?,
        quality: known.qdiscs.quality(),
        vlans: known.vlans.clone().filter(|vlans| {
            let bridge = match known.kind.is_bridge() {
                true => Some(known),
                false => known.master.and_then(|index| around.interfaces.get(&index)),
            };
            let device = bridge.and_then(|bridge| bridge.kind.device());
            device.is_some_and(|device| Vlans::usual(&device.parameters) != *vlans)
        }),
        fdb: known.fdb.clone(),
        neighbours: adopted_neighbours(known),
        sysctls: crate::sysctl::adopted(&known.sysctls, true),
        offloads: match crate::offload::check(&known.offloads) {
            Ok(()) => known.offloads.clone(),
            Err(_) => Default::default(),
        },
        advertise: None,
    })
}

/// Those that documents can have: the kernel takes more.
fn adopted_neighbours(known: &ObservedInterface) -> BTreeSet<Neighbour> {
    let all = known.neighbours.iter().copied();
    all.filter(|neighbour| neighbour.check().is_ok()).collect()
}

/// The MTU that the kernel gives it by itself, if that is known.
fn usual_mtu(
    known: &ObservedInterface,
    around: &ObservedNamespace,
    observed: &Observed,
) -> Option<u32> {
    let master = known.master.and_then(|index| around.interfaces.get(&index));
    let is_bond = |i: &&ObservedInterface| {
        let device = i.kind.device();
        device.is_some_and(|device| device.kind == DeviceKind::Bond)
    };
    if let Some(bond) = master.filter(is_bond) {
        // `bond_enslave` gives its ports its own.
        return Some(bond.mtu);
    }
    let device = match &known.kind {
        ObservedKind::Loopback => return Some(LOOPBACK_MTU),
        ObservedKind::Veth { .. } | ObservedKind::Other(_) => return Some(DEFAULT_MTU),
        ObservedKind::Device(device) => device,
    };
    match device.kind.table().mtu {
        NewMtu::Fixed(mtu) => Some(mtu),
        // Only what was set by hand differs from what a new one has on the model kernel.
        NewMtu::Unknown => Some(DEFAULT_MTU),
        // One above was allowed when what it stands on had more: no document says it.
        NewMtu::Below { .. } => match model::limit(observed, device) {
            Some(most) => Some(most.max(known.mtu)),
            None => Some(DEFAULT_MTU),
        },
        NewMtu::OfLower => Some(observed.at(*device.lower()?)?.mtu),
        // `br_mtu_auto_adjust`.
        NewMtu::OfPorts => {
            let (index, _) = around.interfaces.named(&known.name)?;
            let ports = around.interfaces.values();
            let ports = ports.filter(|i| i.master == Some(index));
            Some(ports.map(|port| port.mtu).min().unwrap_or(DEFAULT_MTU))
        }
    }
}

/// A route as a document has it; `None` if one of its interfaces is in none.
pub(crate) fn route(namespace: NamespaceId, known: &ObservedRoute, ids: &Ids) -> Option<Route> {
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
        options: known
            .options
            .map(|index| ids.get(&(namespace, *index)).copied())?,
    })
}
