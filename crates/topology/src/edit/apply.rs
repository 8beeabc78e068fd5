//! Applying an edit.

use std::collections::BTreeMap;

use super::error::{EditError, Field, Place, Reason};
use super::fragment::{insert, remove};
use super::validate::{self, Relations, THAT_INTERFACE, THAT_NAMESPACE, refuse, refuse_document};
use super::{
    Edit, MAX_LIST, MAX_TITLE_BYTES, Selection, advertise, neighbour, offload, serve, sysctl,
    tables,
};
use crate::document::{Document, Interface, Kind, Namespace, Route};
use crate::expectation::Expectation;
use crate::id::{InterfaceId, NamespaceId};
use crate::kind::Value;

/// Applies an edit and returns its inverse.
///
/// A refused edit leaves the document as it was.
pub fn apply(document: &mut Document, edit: Edit) -> Result<Edit, EditError> {
    match edit {
        Edit::Batch { edits } => batch(document, edits),
        edit => single(document, edit),
    }
}

/// All or nothing: what was applied before a refusal is taken back.
fn batch(document: &mut Document, edits: Vec<Edit>) -> Result<Edit, EditError> {
    let before = document.clone();
    let mut inverses = Vec::with_capacity(edits.len());
    for edit in edits {
        let applied = match edit {
            Edit::Batch { .. } => Err(refuse_document(None, Reason::NestedBatch)),
            edit => single(document, edit),
        };
        match applied {
            // The inverse of a single edit may be a batch itself: keep the result flat.
            Ok(Edit::Batch { edits }) => inverses.extend(edits.into_iter().rev()),
            Ok(inverse) => inverses.push(inverse),
            Err(error) => {
                *document = before;
                return Err(error);
            }
        }
    }
    inverses.reverse();
    Ok(Edit::Batch { edits: inverses })
}

fn single(document: &mut Document, edit: Edit) -> Result<Edit, EditError> {
    // What an uplink brings along, another object may not have.
    let may_collide = match &edit {
        Edit::SetUplink { on } => *on,
        Edit::AddRoute { .. } | Edit::RenameInterface { .. } => document.has_uplink(),
        Edit::Insert(fragment) => {
            document.has_uplink() || fragment.namespaces.values().any(|ns| ns.uplink)
        }
        _ => false,
    };
    let before = may_collide.then(|| document.clone());
    let inverse = measured(document, edit)?;
    if let Some(before) = before
        && let Err(error) = validate::uplink(document)
    {
        *document = before;
        return Err(error);
    }
    Ok(inverse)
}

fn measured(document: &mut Document, edit: Edit) -> Result<Edit, EditError> {
    let (edited, before) = match &edit {
        Edit::SetMtu { interface, .. }
        | Edit::SetMaster { interface, .. }
        | Edit::SetQuality { interface, .. }
        | Edit::SetParameter { interface, .. } => (Some(*interface), None),
        Edit::Remove(_) => (None, Some(document.clone())),
        _ => return set(document, edit),
    };
    let interface = edited.and_then(|id| Some((id, document.interfaces.get(&id)?.clone())));
    let inverse = set(document, edit)?;
    // Only now it is known what MTUs others have with it.
    match validate::mtus(document, edited) {
        Ok(()) => Ok(inverse),
        Err(error) => {
            document.interfaces.extend(interface);
            if let Some(before) = before {
                *document = before;
            }
            Err(error)
        }
    }
}

fn set(document: &mut Document, edit: Edit) -> Result<Edit, EditError> {
    match edit {
        Edit::Insert(fragment) => insert(document, fragment),
        Edit::Remove(selection) => remove_with_expectations(document, &selection),
        Edit::RenameNamespace { namespace, name } => {
            let subject = namespace_of(document, namespace, Field::Name)?
                .name
                .to_string();
            let place = Place::Namespace(namespace, Some(Field::Name));
            if namespace == NamespaceId::HOST {
                return Err(EditError {
                    place,
                    subject,
                    reason: Reason::Permanent,
                });
            }
            validate::namespace_name_free(document, namespace, &name)?;
            let namespace_mut = namespace_mut(document, namespace, Field::Name)?;
            let old = std::mem::replace(&mut namespace_mut.name, name);
            Ok(Edit::RenameNamespace {
                namespace,
                name: old,
            })
        }
        Edit::SetForwarding {
            namespace,
            family,
            on,
        } => {
            let found = namespace_mut(document, namespace, Field::Routes)?;
            let old = found.forwarding.set(family, on);
            Ok(Edit::SetForwarding {
                namespace,
                family,
                on: old,
            })
        }
        Edit::RenameInterface { interface, name } => {
            let found = interface_of(document, interface, Field::Name)?;
            validate::may_be_named(document, interface, found, &name)?;
            let found = interface_mut(document, interface, Field::Name)?;
            let old = std::mem::replace(&mut found.name, name);
            Ok(Edit::RenameInterface {
                interface,
                name: old,
            })
        }
        Edit::SetUp { interface, up } => {
            let found = interface_mut(document, interface, Field::Up)?;
            let old = std::mem::replace(&mut found.up, up);
            Ok(Edit::SetUp { interface, up: old })
        }
        Edit::SetMtu { interface, mtu } => {
            let found = interface_of(document, interface, Field::Mtu)?;
            validate::mtu(document, interface, found, mtu)?;
            let found = interface_mut(document, interface, Field::Mtu)?;
            let old = std::mem::replace(&mut found.mtu, mtu);
            Ok(Edit::SetMtu {
                interface,
                mtu: old,
            })
        }
        Edit::SetMac { interface, mac } => {
            let found = interface_of(document, interface, Field::Mac)?;
            validate::mac(document, interface, found, mac)?;
            let found = interface_mut(document, interface, Field::Mac)?;
            let old = std::mem::replace(&mut found.mac, mac);
            Ok(Edit::SetMac {
                interface,
                mac: old,
            })
        }
        Edit::SetUnderlay {
            interface,
            underlay,
        } => {
            let found = interface_of(document, interface, Field::Underlay)?;
            let underlay = underlay.filter(|underlay| *underlay != found.namespace);
            validate::underlay(document, interface, found, underlay)?;
            let changed = Interface {
                underlay,
                ..found.clone()
            };
            validate::device(
                &Relations::of(document),
                interface,
                &changed,
                Some("underlay"),
            )?;
            let found = interface_mut(document, interface, Field::Underlay)?;
            let old = std::mem::replace(&mut found.underlay, underlay);
            Ok(Edit::SetUnderlay {
                interface,
                underlay: old,
            })
        }
        Edit::SetQuality { interface, quality } => {
            interface_of(document, interface, Field::Quality)?;
            validate::quality(document, interface, quality.as_ref())?;
            let found = interface_mut(document, interface, Field::Quality)?;
            let old = std::mem::replace(&mut found.quality, quality);
            Ok(Edit::SetQuality {
                interface,
                quality: old,
            })
        }
        Edit::SetMaster { interface, master } => set_master(document, interface, master),
        Edit::SetParameter {
            interface,
            name,
            value,
        } => {
            let mut changed = interface_of(document, interface, Field::Parameters)?.clone();
            let Kind::Device(device) = &mut changed.kind else {
                let why = format!("there is no `{name}` to set on it");
                let place = Place::Interface(interface, Some(Field::Parameters));
                return Err(refuse(document, place, Reason::Parameter { name, why }));
            };
            let old = device.parameters.set(&name, value);
            validate::device(&Relations::of(document), interface, &changed, Some(&name))?;
            validate::underlay(document, interface, &changed, changed.underlay)?;
            validate::fdb(document, interface, &changed)?;
            let before = document.interfaces.insert(interface, changed);
            if let Err(error) = validate::fdb_of_ports(document, interface) {
                document
                    .interfaces
                    .extend(before.map(|old| (interface, old)));
                return Err(error);
            }
            Ok(Edit::SetParameter {
                interface,
                name,
                value: old,
            })
        }
        Edit::SetPort {
            interface,
            name,
            value,
        } => {
            let mut changed = interface_of(document, interface, Field::Port)?.clone();
            let old = changed.port.set(&name, value);
            validate::port(document, interface, &changed, Some(&name))?;
            document.interfaces.insert(interface, changed);
            Ok(Edit::SetPort {
                interface,
                name,
                value: old,
            })
        }
        Edit::AddAddress {
            interface,
            address,
            index,
        } => {
            validate::address_free(document, interface, address)?;
            let found = interface_mut(document, interface, Field::Addresses)?;
            if found.addresses.len() >= MAX_LIST {
                let reason = Reason::TooMany {
                    what: "addresses of one interface".into(),
                    most: MAX_LIST,
                };
                return Err(refuse(
                    document,
                    Place::Interface(interface, Some(Field::Addresses)),
                    reason,
                ));
            }
            let index = index.unwrap_or(usize::MAX).min(found.addresses.len());
            found.addresses.insert(index, address);
            Ok(Edit::RemoveAddress { interface, address })
        }
        Edit::RemoveAddress { interface, address } => {
            let found = interface_mut(document, interface, Field::Addresses)?;
            let Some(index) = found.addresses.iter().position(|a| *a == address) else {
                let place = Place::Interface(interface, Some(Field::Addresses));
                return Err(refuse(document, place, Reason::NoSuchAddress { address }));
            };
            found.addresses.remove(index);
            Ok(Edit::AddAddress {
                interface,
                address,
                index: Some(index),
            })
        }
        Edit::AddRoute {
            namespace,
            route,
            index,
        } => add_route(document, namespace, route, index),
        Edit::RemoveRoute { namespace, route } => {
            let found = namespace_mut(document, namespace, Field::Routes)?;
            let Some(index) = found.routes.iter().position(|r| *r == route) else {
                let place = Place::Namespace(namespace, Some(Field::Routes));
                let why = "there is no such route".to_owned();
                return Err(refuse(
                    document,
                    place,
                    Reason::Route {
                        destination: route.destination,
                        why,
                    },
                ));
            };
            found.routes.remove(index);
            Ok(Edit::AddRoute {
                namespace,
                route,
                index: Some(index),
            })
        }
        Edit::AddRule { namespace, rule } => {
            namespace_of(document, namespace, Field::Rules)?;
            validate::rule(document, namespace, &rule)?;
            let found = namespace_mut(document, namespace, Field::Rules)?;
            found.rules.insert(rule.clone());
            Ok(Edit::RemoveRule { namespace, rule })
        }
        Edit::RemoveRule { namespace, rule } => {
            let found = namespace_mut(document, namespace, Field::Rules)?;
            if !found.rules.remove(&rule) {
                let why = "there is no such rule".to_owned();
                return Err(validate::refuse_rule(document, namespace, &rule, why));
            }
            Ok(Edit::AddRule { namespace, rule })
        }
        Edit::Move { to } => {
            for (node, point) in &to {
                validate::node(document, *node)?;
                if let Some(point) = point {
                    validate::point(document, *node, *point)?;
                }
            }
            let mut old = BTreeMap::new();
            for (node, point) in to {
                let before = match point {
                    Some(point) => document.positions.insert(node, point),
                    None => document.positions.remove(&node),
                };
                old.insert(node, before);
            }
            Ok(Edit::Move { to: old })
        }
        Edit::SetTitle { title } => {
            if title.len() > MAX_TITLE_BYTES {
                let reason = Reason::TooMany {
                    what: "bytes of a title".into(),
                    most: MAX_TITLE_BYTES,
                };
                return Err(refuse_document(Some(Field::Name), reason));
            }
            if title.chars().any(char::is_control) {
                let why = "a title is one line of printable text".to_owned();
                return Err(refuse_document(Some(Field::Name), Reason::Title { why }));
            }
            Ok(Edit::SetTitle {
                title: std::mem::replace(&mut document.title, title),
            })
        }
        Edit::SetFirewall { namespace, ruleset } => {
            let found = namespace_mut(document, namespace, Field::Firewall)?;
            let old = std::mem::replace(&mut found.firewall, ruleset);
            Ok(Edit::SetFirewall {
                namespace,
                ruleset: old,
            })
        }
        Edit::SetVlans { interface, vlans } => tables::set_vlans(document, interface, vlans),
        Edit::AddFdb { interface, entry } => tables::add_fdb(document, interface, entry),
        Edit::RemoveFdb { interface, entry } => tables::remove_fdb(document, interface, entry),
        Edit::AddNeighbour {
            interface,
            neighbour,
        } => neighbour::add(document, interface, neighbour),
        Edit::RemoveNeighbour {
            interface,
            neighbour,
        } => neighbour::remove(document, interface, neighbour),
        Edit::SetSysctl { owner, name, value } => sysctl::set(document, owner, name, value),
        Edit::SetOffload {
            interface,
            offload,
            on,
        } => offload::set(document, interface, offload, on),
        Edit::SetAdvertisement {
            interface,
            advertise,
        } => advertise::set(document, interface, advertise),
        Edit::SetUplink { on } => {
            let host = namespace_mut(document, NamespaceId::HOST, Field::Uplink)?;
            let old = std::mem::replace(&mut host.uplink, on);
            Ok(Edit::SetUplink { on: old })
        }
        Edit::SetExpectations { expectations } => {
            validate::expectations(document, &expectations)?;
            Ok(Edit::SetExpectations {
                expectations: std::mem::replace(&mut document.expectations, expectations),
            })
        }
        Edit::SetService {
            namespace,
            port,
            answer,
        } => serve::set(document, namespace, port, answer),
        Edit::Batch { .. } => Err(refuse_document(None, Reason::NestedBatch)),
    }
}

/// Removes objects, and the expectations that speak of them: the inverse brings both back.
fn remove_with_expectations(
    document: &mut Document,
    selection: &Selection,
) -> Result<Edit, EditError> {
    let inverse = remove(document, selection)?;
    let is_left = |expectation: &Expectation| expectation.named(document).is_some();
    if document.expectations.iter().all(is_left) {
        return Ok(inverse);
    }
    let left = document.expectations.iter().filter(|one| is_left(one));
    let left = left.cloned().collect();
    let expectations = std::mem::replace(&mut document.expectations, left);
    let edits = vec![inverse, Edit::SetExpectations { expectations }];
    Ok(Edit::Batch { edits })
}

/// What is set on a port goes with its place: the inverse brings both back.
fn set_master(
    document: &mut Document,
    interface: InterfaceId,
    master: Option<InterfaceId>,
) -> Result<Edit, EditError> {
    let found = interface_of(document, interface, Field::Master)?;
    validate::may_be_port(&Relations::of(document), interface, found, master)?;
    let found = interface_mut(document, interface, Field::Master)?;
    let old = std::mem::replace(&mut found.master, master);
    let mut inverse = vec![Edit::SetMaster {
        interface,
        master: old,
    }];
    if old != master {
        let port = std::mem::take(&mut found.port);
        let set = |(name, value): (&str, &Value<InterfaceId>)| Edit::SetPort {
            interface,
            name: name.to_owned(),
            value: Some(value.clone()),
        };
        inverse.extend(port.iter().map(set));
        inverse.extend(tables::unplug(interface, found));
    }
    Ok(match inverse.pop() {
        Some(only) if inverse.is_empty() => only,
        Some(last) => {
            inverse.push(last);
            Edit::Batch { edits: inverse }
        }
        None => Edit::Batch { edits: inverse },
    })
}

fn add_route(
    document: &mut Document,
    namespace: NamespaceId,
    route: Route,
    index: Option<usize>,
) -> Result<Edit, EditError> {
    namespace_of(document, namespace, Field::Routes)?;
    validate::route(document, namespace, &route)?;
    let found = namespace_mut(document, namespace, Field::Routes)?;
    if found.routes.len() >= MAX_LIST {
        let reason = Reason::TooMany {
            what: "routes of one namespace".into(),
            most: MAX_LIST,
        };
        return Err(refuse(
            document,
            Place::Namespace(namespace, Some(Field::Routes)),
            reason,
        ));
    }
    let index = index.unwrap_or(usize::MAX).min(found.routes.len());
    found.routes.insert(index, route.clone());
    Ok(Edit::RemoveRoute { namespace, route })
}

fn gone(place: Place, subject: &str) -> EditError {
    EditError {
        place,
        subject: subject.to_owned(),
        reason: Reason::Gone,
    }
}

fn namespace_of(
    document: &Document,
    id: NamespaceId,
    field: Field,
) -> Result<&Namespace, EditError> {
    let found = document.namespaces.get(&id);
    found.ok_or_else(|| gone(Place::Namespace(id, Some(field)), THAT_NAMESPACE))
}

fn namespace_mut(
    document: &mut Document,
    id: NamespaceId,
    field: Field,
) -> Result<&mut Namespace, EditError> {
    let found = document.namespaces.get_mut(&id);
    found.ok_or_else(|| gone(Place::Namespace(id, Some(field)), THAT_NAMESPACE))
}

pub(super) fn interface_of(
    document: &Document,
    id: InterfaceId,
    field: Field,
) -> Result<&Interface, EditError> {
    let found = document.interfaces.get(&id);
    found.ok_or_else(|| gone(Place::Interface(id, Some(field)), THAT_INTERFACE))
}

fn interface_mut(
    document: &mut Document,
    id: InterfaceId,
    field: Field,
) -> Result<&mut Interface, EditError> {
    let found = document.interfaces.get_mut(&id);
    found.ok_or_else(|| gone(Place::Interface(id, Some(field)), THAT_INTERFACE))
}
