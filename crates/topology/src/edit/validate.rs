//! What holds in every document.

use std::collections::{BTreeMap, BTreeSet};

pub(in crate::edit) use super::MIN_IPV6_MTU;
use super::error::{EditError, Field, Place, Reason};
use super::{MAX_INTERFACES, MAX_LIST, MAX_NAMESPACES, MAX_TITLE_BYTES};
use super::{advertise, offload, serve, sysctl};
use crate::address::is_per_link;
use crate::document::{Document, Interface, Kind, Point};
use crate::expectation::{Expectation, MAX_EXPECTATIONS};
use crate::id::{InterfaceId, MAX_ID, NamespaceId, Node};
use crate::name::{InterfaceName, NamespaceName};

mod address;
mod device;
mod link;
mod neighbour;
mod port;
mod quality;
mod relations;
mod route;
mod rule;
mod tables;
mod underlay;
mod uplink;

pub(super) use address::address_free;
use address::address_itself;
pub(super) use device::device;
pub(super) use link::{mac, mtu, mtus};
pub(super) use neighbour::neighbours;
pub(super) use port::{may_be_port, port};
pub(super) use quality::quality;
pub(super) use relations::Relations;
pub(super) use route::route;
use route::{duplicate_route, route_itself, same_route};
pub(super) use rule::{refuse_rule, rule};
pub(super) use tables::{fdb, fdb_of_ports, vlans};
pub(super) use underlay::underlay;
pub(super) use uplink::uplink;

/// Farthest place of a node from the origin, in canvas units.
const MAX_COORDINATE: f64 = 1_000_000.0;

/// Why there can be nothing of IPv6 on an interface.
pub(super) const WITHOUT_IPV6: &str =
    "IPv6 is taken from its interface by the setting disable_ipv6 there, or of its namespace";

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

/// Expectations speak of what is there.
pub(super) fn expectations(
    document: &Document,
    expectations: &[Expectation],
) -> Result<(), EditError> {
    let field = Some(Field::Expectations);
    if expectations.len() > MAX_EXPECTATIONS {
        let reason = Reason::TooMany {
            what: "expectations".into(),
            most: MAX_EXPECTATIONS,
        };
        return Err(refuse_document(field, reason));
    }
    match expectations.iter().all(|one| one.named(document).is_some()) {
        true => Ok(()),
        false => Err(refuse_document(field, Reason::Gone)),
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
        expectations(self, &self.expectations)?;
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
        for &id in self.namespaces.keys() {
            rule::rules(self, id)?;
        }
        sysctl::of_namespaces(self)?;
        serve::of_namespaces(self)?;
        uplink(self)?;
        let relations = Relations::of(self);
        for (&id, found) in &self.interfaces {
            interface(&relations, id, found)?;
        }
        mtus(self, None)?;
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
fn interface(
    relations: &Relations<'_>,
    id: InterfaceId,
    found: &Interface,
) -> Result<(), EditError> {
    let document = relations.document;
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
    may_be_port(relations, id, found, found.master)?;
    mac(document, id, found, found.mac)?;
    device(relations, id, found, None)?;
    underlay(document, id, found, found.underlay)?;
    port(document, id, found, None)?;
    quality(document, id, found.quality.as_ref())?;
    vlans(document, id, found)?;
    list_limit(
        document,
        Place::Interface(id, Some(Field::Fdb)),
        found.fdb.len(),
    )?;
    fdb(document, id, found)?;
    list_limit(
        document,
        Place::Interface(id, Some(Field::Neighbours)),
        found.neighbours.len(),
    )?;
    neighbours(document, id, found)?;
    sysctl::of_interface(document, id, found)?;
    offload::of_interface(document, id, found)?;
    advertise::of_interface(document, id, found)?;
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
