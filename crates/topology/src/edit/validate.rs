//! What holds in every document.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;

use super::error::{EditError, Field, Place, Reason};
use super::{MAX_INTERFACES, MAX_LIST, MAX_NAMESPACES, MAX_TITLE_BYTES};
use crate::address::{
    AddressError, Family, check_interface_address, is_for_loopback_only, is_kernels_own,
    is_per_link,
};
use crate::document::{Device, DeviceKind, Document, Interface, Kind, Point, Route};
use crate::id::{InterfaceId, MAX_ID, NamespaceId, Node};
use crate::kind::{NewMtu, mtu_range};
use crate::mac::Mac;
use crate::name::{InterfaceName, NamespaceName};
use crate::plan::{kernel_metric, wanted_mtu};

/// Farthest place of a node from the origin, in canvas units.
const MAX_COORDINATE: f64 = 1_000_000.0;

/// Smallest MTU of an interface with IPv6 addresses (RFC 8200, 5; the kernel removes IPv6 from an
/// interface below it).
const MIN_IPV6_MTU: u32 = 1280;

/// A refusal at a place of the document, its subject named as people say it.
pub(super) fn refuse(document: &Document, place: Place, reason: Reason) -> EditError {
    let subject = match place {
        Place::Document(_) => subject_of_document(document),
        Place::Namespace(id, _) if !document.namespaces.contains_key(&id) => THAT_NAMESPACE.into(),
        Place::Interface(id, _) if !document.interfaces.contains_key(&id) => THAT_INTERFACE.into(),
        Place::Namespace(id, _) => document.describe_namespace(id),
        Place::Interface(id, _) => document.describe_interface(id),
    };
    EditError {
        place,
        subject,
        reason,
    }
}

/// What nobody knows the name of any more: ids are not for people.
pub(super) const THAT_NAMESPACE: &str = "that namespace";
pub(super) const THAT_INTERFACE: &str = "that interface";

/// A refusal of the document as a whole.
pub(super) fn refuse_document(field: Option<Field>, reason: Reason) -> EditError {
    EditError {
        place: Place::Document(field),
        subject: "the lab".into(),
        reason,
    }
}

fn subject_of_document(document: &Document) -> String {
    if document.title.is_empty() {
        "the lab".into()
    } else {
        document.title.clone()
    }
}

impl Document {
    /// Checks everything that edits keep true: for documents that were read from somewhere.
    pub fn validate(&self) -> Result<(), EditError> {
        limits(self)?;
        let host = self.namespaces.get(&NamespaceId::HOST);
        let lo = self.interfaces.get(&InterfaceId::HOST_LOOPBACK);
        let host_is_whole = host.is_some_and(|ns| ns.name == NamespaceName::host())
            && lo.is_some_and(|lo| lo.namespace == NamespaceId::HOST && lo.kind == Kind::Loopback);
        if !host_is_whole {
            return Err(refuse_document(None, Reason::Permanent));
        }
        unique(self)?;
        for (&id, ns) in &self.namespaces {
            list_limit(
                self,
                Place::Namespace(id, Some(Field::Routes)),
                ns.routes.len(),
            )?;
            for (index, known) in ns.routes.iter().enumerate() {
                route_itself(self, id, known)?;
                if ns
                    .routes
                    .iter()
                    .skip(index + 1)
                    .any(|other| same_route(other, known))
                {
                    return Err(duplicate_route(self, id, known));
                }
            }
        }
        for (&id, found) in &self.interfaces {
            interface(self, id, found)?;
        }
        for (&at, &point_at) in &self.positions {
            node(self, at)?;
            point(self, at, point_at)?;
        }
        Ok(())
    }
}

fn limits(document: &Document) -> Result<(), EditError> {
    if document.title.len() > MAX_TITLE_BYTES {
        return Err(too_many("bytes of a title", MAX_TITLE_BYTES));
    }
    if document.namespaces.len() > MAX_NAMESPACES {
        return Err(too_many("namespaces", MAX_NAMESPACES));
    }
    if document.interfaces.len() > MAX_INTERFACES {
        return Err(too_many("interfaces", MAX_INTERFACES));
    }
    let namespaces = document.namespaces.keys().map(|id| id.0);
    if namespaces
        .chain(document.interfaces.keys().map(|id| id.0))
        .any(|id| id > MAX_ID)
    {
        return Err(refuse_document(None, Reason::BadId));
    }
    Ok(())
}

fn too_many(what: &str, most: usize) -> EditError {
    refuse_document(
        None,
        Reason::TooMany {
            what: what.to_owned(),
            most,
        },
    )
}

fn list_limit(document: &Document, place: Place, length: usize) -> Result<(), EditError> {
    if length <= MAX_LIST {
        return Ok(());
    }
    Err(refuse(
        document,
        place,
        Reason::TooMany {
            what: "entries".into(),
            most: MAX_LIST,
        },
    ))
}

/// Names, addresses and loopbacks, each looked at once: a document may hold thousands.
fn unique(document: &Document) -> Result<(), EditError> {
    let mut names = BTreeSet::new();
    for (&id, ns) in &document.namespaces {
        if !names.insert(&ns.name) {
            let reason = Reason::NameTaken {
                name: ns.name.to_string(),
                by: "another namespace".into(),
            };
            return Err(refuse(
                document,
                Place::Namespace(id, Some(Field::Name)),
                reason,
            ));
        }
    }
    let mut names = BTreeSet::new();
    let mut loopbacks = BTreeSet::new();
    let mut addresses = BTreeMap::new();
    for (&id, found) in &document.interfaces {
        if !names.insert((found.namespace, &found.name)) {
            return Err(interface_name_taken(
                document,
                id,
                found.namespace,
                &found.name,
            ));
        }
        if found.kind == Kind::Loopback {
            loopbacks.insert(found.namespace);
        }
        let exclusive = found.addresses.iter().filter(|a| !is_per_link(a.addr()));
        for &address in exclusive {
            if let Some(other) = addresses.insert((found.namespace, address.addr()), id)
                && other != id
            {
                let reason = Reason::AddressTaken {
                    address,
                    other: document.describe_interface(other),
                };
                return Err(refuse(
                    document,
                    Place::Interface(id, Some(Field::Addresses)),
                    reason,
                ));
            }
        }
    }
    match document
        .namespaces
        .keys()
        .find(|id| !loopbacks.contains(id))
    {
        Some(&id) => Err(refuse(
            document,
            Place::Namespace(id, None),
            Reason::Permanent,
        )),
        None => Ok(()),
    }
}

/// Everything about one interface that is in the document.
fn interface(document: &Document, id: InterfaceId, found: &Interface) -> Result<(), EditError> {
    let fail = |field, reason| Err(refuse(document, Place::Interface(id, field), reason));
    if !document.namespaces.contains_key(&found.namespace) {
        return fail(
            None,
            Reason::Link {
                why: "its namespace is not in the lab".into(),
            },
        );
    }
    let is_loopback = found.kind == Kind::Loopback;
    if is_loopback != (found.name == InterfaceName::loopback()) {
        return fail(Some(Field::Name), Reason::Permanent);
    }
    if let Kind::Veth { peer } = found.kind {
        let other = document.interfaces.get(&peer).and_then(Interface::peer);
        if other != Some(id) || peer == id {
            let why = "a link has two ends that name each other".to_owned();
            return fail(None, Reason::Link { why });
        }
    }
    mtu(document, id, found, found.mtu)?;
    may_be_port(document, id, found, found.master)?;
    mac(document, id, found, found.mac)?;
    device(document, id, found, None)?;
    port(document, id, found, None)?;
    list_limit(
        document,
        Place::Interface(id, Some(Field::Addresses)),
        found.addresses.len(),
    )?;
    for (index, &address) in found.addresses.iter().enumerate() {
        if found
            .addresses
            .iter()
            .skip(index + 1)
            .any(|a| *a == address)
        {
            return fail(Some(Field::Addresses), Reason::DuplicateAddress { address });
        }
        address_itself(document, id, found, address)?;
    }
    Ok(())
}

fn link_to_itself() -> Reason {
    Reason::Master {
        why: "a link cannot join a bridge to itself: it would be a loop".into(),
    }
}

/// Refuses a namespace's name that another one has.
pub(super) fn namespace_name_free(
    document: &Document,
    id: NamespaceId,
    name: &NamespaceName,
) -> Result<(), EditError> {
    let taken = document
        .namespaces
        .iter()
        .any(|(other, ns)| *other != id && ns.name == *name);
    if taken {
        let reason = Reason::NameTaken {
            name: name.to_string(),
            by: "another namespace".into(),
        };
        return Err(refuse(
            document,
            Place::Namespace(id, Some(Field::Name)),
            reason,
        ));
    }
    Ok(())
}

fn interface_name_free(
    document: &Document,
    id: InterfaceId,
    namespace: NamespaceId,
    name: &InterfaceName,
) -> Result<(), EditError> {
    let mut others = document.interfaces_of(namespace);
    match others.find(|(other, i)| *other != id && i.name == *name) {
        Some(_) => Err(interface_name_taken(document, id, namespace, name)),
        None => Ok(()),
    }
}

fn interface_name_taken(
    document: &Document,
    id: InterfaceId,
    namespace: NamespaceId,
    name: &InterfaceName,
) -> EditError {
    let by = format!(
        "another interface of {}",
        document.describe_namespace(namespace)
    );
    let reason = Reason::NameTaken {
        name: name.to_string(),
        by,
    };
    refuse(document, Place::Interface(id, Some(Field::Name)), reason)
}

/// Refuses a new name that an interface cannot have.
pub(super) fn may_be_named(
    document: &Document,
    id: InterfaceId,
    found: &Interface,
    name: &InterfaceName,
) -> Result<(), EditError> {
    let reason = match (found.kind == Kind::Loopback, InterfaceName::loopback()) {
        (true, _) => Some(Reason::Permanent),
        (false, lo) => (*name == lo).then_some(Reason::Reserved),
    };
    if let Some(reason) = reason {
        let place = Place::Interface(id, Some(Field::Name));
        return Err(refuse(document, place, reason));
    }
    interface_name_free(document, id, found.namespace, name)
}

/// Refuses an MTU that the kernel would refuse.
pub(super) fn mtu(
    document: &Document,
    id: InterfaceId,
    found: &Interface,
    mtu: Option<u32>,
) -> Result<(), EditError> {
    let changed = Interface {
        mtu,
        ..found.clone()
    };
    // `vlan_dev_change_mtu`, `macvlan_change_mtu`: none above what they stand on.
    let own = wanted_mtu(document, id, &changed);
    let uppers = document
        .interfaces
        .iter()
        .filter(|(_, i)| takes_mtu_of(i) == Some(id));
    for (upper, above) in uppers {
        if let (Some(own), Some(has)) = (own, above.mtu)
            && has > own
        {
            let upper = document.describe_interface(*upper);
            let why = format!("{upper} stands on it and has {has}");
            let place = Place::Interface(id, Some(Field::Mtu));
            return Err(refuse(document, place, Reason::Mtu { mtu: own, why }));
        }
    }
    let Some(mtu) = mtu else { return Ok(()) };
    let refuse_mtu = |why: String| {
        Err(refuse(
            document,
            Place::Interface(id, Some(Field::Mtu)),
            Reason::Mtu { mtu, why },
        ))
    };
    let lower = takes_mtu_of(found).and_then(|id| Some((id, document.interfaces.get(&id)?)));
    if let Some((id, lower)) = lower
        && let Some(most) = wanted_mtu(document, id, lower).filter(|most| mtu > *most)
    {
        let lower = document.describe_interface(id);
        return refuse_mtu(format!("{lower}, on which it stands, has {most}"));
    }
    let range = mtu_range(found.kind.name());
    if !range.contains(&mtu) {
        let (least, most) = (range.start(), range.end());
        return refuse_mtu(format!("it takes {least} to {most} bytes here"));
    }
    let has_ipv6 = found
        .addresses
        .iter()
        .any(|a| Family::of(a.addr()) == Family::Ipv6);
    let namespace = document.namespaces.get(&found.namespace);
    let leads_ipv6 = namespace.is_some_and(|namespace| {
        let is_through = |r: &Route| r.interface == Some(id) && r.family() == Family::Ipv6;
        namespace.routes.iter().any(is_through)
    });
    if (has_ipv6 || leads_ipv6) && mtu < MIN_IPV6_MTU {
        let what = if has_ipv6 { "address" } else { "route" };
        return refuse_mtu(format!(
            "with an IPv6 {what} it takes at least {MIN_IPV6_MTU} bytes"
        ));
    }
    Ok(())
}

/// The interface above whose MTU its own cannot be.
fn takes_mtu_of(interface: &Interface) -> Option<InterfaceId> {
    let device = interface.kind.device()?;
    let follows = matches!(device.kind.table().mtu, NewMtu::OfLower { .. });
    device.lower().copied().filter(|_| follows)
}

/// Refuses a MAC address that an interface cannot have.
pub(super) fn mac(
    document: &Document,
    id: InterfaceId,
    found: &Interface,
    mac: Option<Mac>,
) -> Result<(), EditError> {
    let Some(mac) = mac else { return Ok(()) };
    let fail = |why| {
        let place = Place::Interface(id, Some(Field::Mac));
        Err(refuse(document, place, Reason::Mac { why }))
    };
    if !found.kind.is_ethernet() {
        return fail(format!(
            "a {} has no MAC address of its own",
            found.kind.name()
        ));
    }
    mac.check().or_else(fail)
}

/// Refuses parameters that the kernel would refuse; `name` is the one that was just set.
pub(super) fn device(
    document: &Document,
    id: InterfaceId,
    found: &Interface,
    name: Option<&str>,
) -> Result<(), EditError> {
    let Some(device) = found.kind.device() else {
        return Ok(());
    };
    let fail = |why| {
        let name = name.unwrap_or_default().to_owned();
        let place = Place::Interface(id, Some(Field::Parameters));
        Err(refuse(document, place, Reason::Parameter { name, why }))
    };
    if let Err(why) = device.check() {
        return fail(why);
    }
    if let Some(twin) = twin(document, id, found, device) {
        let twin = document.describe_interface(twin);
        return fail(format!(
            "{twin} has the same ends: the kernel could not tell them apart"
        ));
    }
    for (parameter, &lower) in device.parameters.links() {
        match document.interfaces.get(&lower) {
            None => {
                return fail(format!(
                    "`{parameter}`: there is no such interface any more"
                ));
            }
            Some(other) if other.namespace != found.namespace => {
                return fail(format!(
                    "`{parameter}` is an interface of the same namespace"
                ));
            }
            Some(other) if other.kind == Kind::Loopback && device.kind.table().falls => {
                return fail(format!("`{parameter}`: nothing stands on a loopback"));
            }
            Some(_) => {}
        }
        if let Some(why) = is_taken(document, id, device, lower) {
            return fail(format!("`{parameter}`: {why}"));
        }
        if stands_on(document, lower, id) {
            return fail(format!("`{parameter}`: it would stand on itself"));
        }
    }
    Ok(())
}

/// Another tunnel of the namespace with the same ends (EEXIST), or another device with the same
/// number where that must be its own.
fn twin(
    document: &Document,
    id: InterfaceId,
    found: &Interface,
    device: &Device<InterfaceId>,
) -> Option<InterfaceId> {
    let same: &[&str] = match device.kind {
        DeviceKind::Gre | DeviceKind::Ipip => &["remote", "local", "dev"],
        DeviceKind::Vlan => &["link", "id", "protocol"],
        DeviceKind::Vxlan => &["id", "dstport"],
        _ => return None,
    };
    let key = |device: &Device<InterfaceId>| {
        let table = device.kind.table().parameters;
        let all = device.parameters.clone().with_usual(table);
        same.iter()
            .map(|name| all.get(name).copied())
            .collect::<Vec<_>>()
    };
    let own = key(device);
    let mut others = document.interfaces_of(found.namespace);
    let twin = others.find(|(other, i)| {
        let other_device = i.kind.device().filter(|d| d.kind == device.kind);
        *other != id && other_device.is_some_and(|other| key(other) == own)
    });
    twin.map(|(other, _)| other)
}

/// Why the frames of an interface are another's already: the kernel hands them to one only
/// (`netdev_rx_handler_register`, EBUSY).
fn is_taken(
    document: &Document,
    id: InterfaceId,
    device: &Device<InterfaceId>,
    lower: InterfaceId,
) -> Option<String> {
    let kind = device.kind;
    if !matches!(kind, DeviceKind::Macvlan | DeviceKind::Ipvlan) {
        return None;
    }
    let name = document.describe_interface(lower);
    let found = document.interfaces.get(&lower)?;
    if let Some(what) = frames_go_to(document, found.master) {
        return Some(format!(
            "{name} is a port of a {what}: nothing of type {kind} stands on it"
        ));
    }
    // Several of one kind share them, but for a macvlan that passes them all through.
    let is_passthru = |device: &Device<InterfaceId>| {
        device.kind == DeviceKind::Macvlan && device.parameters.number("mode") == Some(8)
    };
    let alone = is_passthru(device);
    let other = takers(document, lower).find(|(other, taker)| {
        *other != id && (taker.kind != device.kind || alone || is_passthru(taker))
    });
    let (other, _) = other?;
    let other = document.describe_interface(other);
    Some(format!("{other} has all frames of {name} already"))
}

/// What the master of a port is called, if it takes the port's frames.
fn frames_go_to(document: &Document, master: Option<InterfaceId>) -> Option<&'static str> {
    let device = document.interfaces.get(&master?)?.kind.device()?;
    device
        .kind
        .table()
        .ports
        .filter(|_| device.kind != DeviceKind::Vrf)
}

/// The macvlans and ipvlans that stand on an interface.
fn takers(
    document: &Document,
    lower: InterfaceId,
) -> impl Iterator<Item = (InterfaceId, &Device<InterfaceId>)> {
    document
        .interfaces
        .iter()
        .filter_map(move |(id, interface)| {
            let device = interface.kind.device()?;
            let takes = matches!(device.kind, DeviceKind::Macvlan | DeviceKind::Ipvlan);
            (takes && device.lower() == Some(&lower)).then_some((*id, device))
        })
}

/// Whether an interface stands on another, or is it.
fn stands_on(document: &Document, upper: InterfaceId, lower: InterfaceId) -> bool {
    let mut seen = BTreeSet::new();
    let mut next = vec![upper];
    while let Some(id) = next.pop() {
        if id == lower {
            return true;
        }
        if seen.insert(id) {
            let found = document.interfaces.get(&id).into_iter();
            next.extend(found.flat_map(|i| i.kind.named()));
        }
    }
    false
}

/// Refuses what cannot be set on a port; `name` is what was just set.
pub(super) fn port(
    document: &Document,
    id: InterfaceId,
    found: &Interface,
    name: Option<&str>,
) -> Result<(), EditError> {
    let fail = |why| {
        let name = name.unwrap_or_default().to_owned();
        let place = Place::Interface(id, Some(Field::Port));
        Err(refuse(document, place, Reason::Parameter { name, why }))
    };
    let master = found.master.and_then(|id| document.interfaces.get(&id));
    let is_port = master.is_some_and(|master| master.kind.is_bridge());
    if !found.port.is_empty() && !is_port {
        return fail("it is no port of a bridge".to_owned());
    }
    let checked = found
        .port
        .check("a port of a bridge", crate::kind::port::TABLE);
    checked.or_else(fail)
}

/// Refuses a bridge, bond or VRF of which an interface cannot be a port.
pub(super) fn may_be_port(
    document: &Document,
    id: InterfaceId,
    found: &Interface,
    master: Option<InterfaceId>,
) -> Result<(), EditError> {
    let Some(master_id) = master else {
        return Ok(());
    };
    let fail = |reason| {
        let place = Place::Interface(id, Some(Field::Master));
        Err(refuse(document, place, reason))
    };
    let because = |why: String| fail(Reason::Master { why });
    let kind = document.interfaces.get(&master_id).map(|i| &i.kind);
    let Some(kind) = kind else {
        return because("there is no such bridge any more".to_owned());
    };
    let device = kind.device().map(|device| device.kind);
    let Some(what) = device.and_then(|kind| kind.table().ports) else {
        return because("what it is to be plugged into is no bridge".to_owned());
    };
    let own = found.kind.name();
    let fits = match device {
        Some(DeviceKind::Vrf) => found.kind != Kind::Loopback && !found.kind.is(DeviceKind::Vrf),
        // A bond opens its ports, which a VLAN refuses while what it stands on is down.
        Some(DeviceKind::Bond) if found.kind.is(DeviceKind::Vlan) => false,
        Some(kind) => found.kind.is_ethernet() && !found.kind.is(kind),
        None => false,
    };
    if !fits {
        return because(format!("a {own} cannot be a port of a {what}"));
    }
    if let Kind::Veth { peer } = found.kind
        && kind.is_bridge()
        && document
            .interfaces
            .get(&peer)
            .is_some_and(|peer| peer.master == master)
    {
        return fail(link_to_itself());
    }
    if document
        .interfaces
        .get(&master_id)
        .is_some_and(|other| other.namespace != found.namespace)
    {
        return because(format!(
            "an interface and its {what} must be in the same namespace"
        ));
    }
    if let (Some((other, _)), Some(_)) =
        (takers(document, id).next(), frames_go_to(document, master))
    {
        let other = document.describe_interface(other);
        return because(format!("{other} stands on it and has its frames"));
    }
    // The kernel refuses it too (ELOOP): what stands on a bridge is not plugged into it.
    if stands_on(document, id, master_id) {
        return because(format!("it stands on the {what} itself"));
    }
    Ok(())
}

/// Refuses an address that an interface cannot have or has already.
pub(super) fn address_free(
    document: &Document,
    id: InterfaceId,
    address: IpNet,
) -> Result<(), EditError> {
    let place = Place::Interface(id, Some(Field::Addresses));
    let Some(found) = document.interfaces.get(&id) else {
        return Err(refuse(document, place, Reason::Gone));
    };
    if found.addresses.contains(&address) {
        return Err(refuse(
            document,
            place,
            Reason::DuplicateAddress { address },
        ));
    }
    address_itself(document, id, found, address)?;
    address_elsewhere(document, id, found, address)
}

fn address_itself(
    document: &Document,
    id: InterfaceId,
    found: &Interface,
    address: IpNet,
) -> Result<(), EditError> {
    let fail = |reason| {
        Err(refuse(
            document,
            Place::Interface(id, Some(Field::Addresses)),
            reason,
        ))
    };
    if let Err(error) = check_interface_address(address) {
        return fail(Reason::Address(error));
    }
    if found.kind != Kind::Loopback && is_for_loopback_only(address.addr()) {
        return fail(Reason::Address(AddressError::Loopback { address }));
    }
    if Family::of(address.addr()) == Family::Ipv6 {
        if let Some(mtu) = found.mtu.filter(|mtu| *mtu < MIN_IPV6_MTU) {
            let why = format!("an IPv6 address needs at least {MIN_IPV6_MTU} bytes");
            return fail(Reason::Mtu { mtu, why });
        }
        // The kernel refuses a second one of the same address, whatever its prefix (EEXIST).
        let twin = found
            .addresses
            .iter()
            .find(|a| a.addr() == address.addr() && **a != address);
        if let Some(&twin) = twin {
            return fail(Reason::DuplicateAddress { address: twin });
        }
    }
    // The kernel puts these on the loopback by itself when it comes up.
    if found.kind == Kind::Loopback && is_kernels_own(address) {
        return fail(Reason::KernelAddress { address });
    }
    Ok(())
}

/// Refuses an address that another interface of the namespace has.
fn address_elsewhere(
    document: &Document,
    id: InterfaceId,
    found: &Interface,
    address: IpNet,
) -> Result<(), EditError> {
    if is_per_link(address.addr()) {
        return Ok(());
    }
    let fail = |reason| {
        Err(refuse(
            document,
            Place::Interface(id, Some(Field::Addresses)),
            reason,
        ))
    };
    let mut others = document.interfaces_of(found.namespace);
    match others
        .find(|(other, i)| *other != id && i.addresses.iter().any(|a| a.addr() == address.addr()))
    {
        Some((other, _)) => {
            let other = document.describe_interface(other);
            fail(Reason::AddressTaken { address, other })
        }
        None => Ok(()),
    }
}

/// Refuses a route that cannot be, or is there already.
pub(super) fn route(document: &Document, id: NamespaceId, wanted: &Route) -> Result<(), EditError> {
    route_itself(document, id, wanted)?;
    let Some(namespace) = document.namespaces.get(&id) else {
        return Ok(());
    };
    if namespace
        .routes
        .iter()
        .any(|known| same_route(known, wanted))
    {
        return Err(duplicate_route(document, id, wanted));
    }
    Ok(())
}

fn duplicate_route(document: &Document, id: NamespaceId, wanted: &Route) -> EditError {
    let why = "there is a route to it with the same metric already".to_owned();
    refuse_route(document, id, wanted, why)
}

/// The kernel adds no second route to a destination with the same metric, whatever its next hop
/// (EEXIST: `fib_table_insert`, and `fib6_add_rt2node` with NLM_F_EXCL).
fn same_route(a: &Route, b: &Route) -> bool {
    let key = |route: &Route| {
        (
            route.destination,
            kernel_metric(route.family(), route.metric),
        )
    };
    key(a) == key(b)
}

fn refuse_route(document: &Document, id: NamespaceId, wanted: &Route, why: String) -> EditError {
    let reason = Reason::Route {
        destination: wanted.destination,
        why,
    };
    refuse(document, Place::Namespace(id, Some(Field::Routes)), reason)
}

fn route_itself(document: &Document, id: NamespaceId, wanted: &Route) -> Result<(), EditError> {
    let because = |why: &str| Err(refuse_route(document, id, wanted, why.to_owned()));
    if wanted.destination != wanted.destination.trunc() {
        return because(&format!(
            "host bits are set: did you mean {}?",
            wanted.destination.trunc()
        ));
    }
    if wanted.destination.prefix_len() > 0 && wanted.destination.addr().is_multicast() {
        return because("routes to groups are not supported");
    }
    if let Some(gateway) = wanted.gateway {
        if Family::of(gateway) != wanted.family() {
            return because("its gateway is of another family");
        }
        if gateway.is_unspecified() || gateway.is_multicast() || gateway.is_loopback() {
            return because("its gateway is not the address of a host");
        }
    }
    match wanted.interface {
        None if wanted.gateway.is_none() => because("it needs a gateway or an interface"),
        None => Ok(()),
        Some(interface) => match document.interfaces.get(&interface) {
            Some(found) if found.namespace != id => {
                because("its interface is in another namespace")
            }
            Some(found) => match found.mtu {
                Some(mtu) if mtu < MIN_IPV6_MTU && wanted.family() == Family::Ipv6 => {
                    because(&format!(
                        "an IPv6 route needs an interface with an MTU of at least {MIN_IPV6_MTU} bytes"
                    ))
                }
                _ => Ok(()),
            },
            None => because("its interface is not in the lab any more"),
        },
    }
}

/// Refuses a node that is not in the document.
pub(super) fn node(document: &Document, node: Node) -> Result<(), EditError> {
    let (known, place) = match node {
        Node::Namespace(id) => (
            id != NamespaceId::HOST && document.namespaces.contains_key(&id),
            Place::Namespace(id, Some(Field::Position)),
        ),
        Node::Bridge(id) => (
            document
                .interfaces
                .get(&id)
                .is_some_and(|i| i.kind.is_bridge()),
            Place::Interface(id, Some(Field::Position)),
        ),
    };
    if known {
        Ok(())
    } else {
        Err(refuse(document, place, Reason::Gone))
    }
}

/// Refuses a place that nobody could find again.
pub(super) fn point(document: &Document, node: Node, point: Point) -> Result<(), EditError> {
    let fine = |x: f64| x.is_finite() && x.abs() <= MAX_COORDINATE;
    if fine(point.x) && fine(point.y) {
        return Ok(());
    }
    let place = match node {
        Node::Namespace(id) => Place::Namespace(id, Some(Field::Position)),
        Node::Bridge(id) => Place::Interface(id, Some(Field::Position)),
    };
    Err(refuse(document, place, Reason::Position))
}
