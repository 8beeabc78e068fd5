//! What stands in the way of an uplink.

use super::refuse;
use crate::address::Family;
use crate::document::{Document, Route};
use crate::edit::error::{EditError, Field, Place, Reason};
use crate::id::NamespaceId;
use crate::route::TABLE_MAIN;
use crate::uplink::INTERFACE;

/// Only the host has one, and it brings an interface and a default route of its own.
pub(in crate::edit) fn uplink(document: &Document) -> Result<(), EditError> {
    for (&id, namespace) in document.namespaces.iter().filter(|(_, ns)| ns.uplink) {
        let why = if id != NamespaceId::HOST {
            "only the host namespace can have an uplink: lead a route to the host".to_owned()
        } else if document.interface_named(id, INTERFACE).is_some() {
            format!(
                "the uplink's own interface is called {INTERFACE}: give the other one another name"
            )
        } else if namespace.routes.iter().any(is_its_route) {
            "the uplink brings the host's default route: remove the other one, or give it a metric"
                .to_owned()
        } else {
            continue;
        };
        let place = Place::Namespace(id, Some(Field::Uplink));
        return Err(refuse(document, place, Reason::Uplink { why }));
    }
    Ok(())
}

/// Whether the kernel cannot have a route beside the uplink's: it has one of a destination and
/// metric in a table.
fn is_its_route(route: &Route) -> bool {
    route.is_default()
        && route.family() == Family::Ipv4
        && route.metric.unwrap_or_default() == 0
        && route.options.table() == TABLE_MAIN
}
