//! Ports of bridges, bonds and VRFs.

use super::super::error::{EditError, Field, Place, Reason};
use super::device::{frames_go_to, pile, takers};
use super::refuse;
use super::relations::Relations;
use crate::document::{DeviceKind, Document, Interface, Kind};
use crate::id::InterfaceId;

pub(super) fn link_to_itself() -> Reason {
    Reason::Master {
        why: "a link cannot join a bridge to itself: it would be a loop".into(),
    }
}

/// Refuses what cannot be set on a port; `name` is what was just set.
pub(in crate::edit) fn port(
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
pub(in crate::edit) fn may_be_port(
    relations: &Relations<'_>,
    id: InterfaceId,
    found: &Interface,
    master: Option<InterfaceId>,
) -> Result<(), EditError> {
    let Some(master_id) = master else {
        return Ok(());
    };
    let document = relations.document;
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
        (takers(relations, id).next(), frames_go_to(document, master))
    {
        let other = document.describe_interface(other);
        return because(format!("{other} stands on it and has its frames"));
    }
    // The kernel refuses it too (ELOOP): what stands on a bridge is not plugged into it.
    if pile(document, id).contains_key(&master_id) {
        return because(format!("it stands on the {what} itself"));
    }
    Ok(())
}
