//! The namespace through which a tunnel sends.

use super::super::error::{EditError, Field, Place, Reason};
use super::refuse;
use crate::document::{Document, Interface};
use crate::id::{InterfaceId, NamespaceId};

/// Refuses an underlay that an interface cannot have.
pub(in crate::edit) fn underlay(
    document: &Document,
    id: InterfaceId,
    found: &Interface,
    underlay: Option<NamespaceId>,
) -> Result<(), EditError> {
    let Some(underlay) = underlay else {
        return Ok(());
    };
    let fail = |why: String| {
        let place = Place::Interface(id, Some(Field::Underlay));
        let name = "underlay".to_owned();
        Err(refuse(document, place, Reason::Parameter { name, why }))
    };
    let device = found.kind.device();
    match device.filter(|device| device.kind.has_underlay()) {
        None => fail(format!(
            "a {} sends through its own namespace",
            found.kind.name()
        )),
        Some(device) if device.links().next().is_some() => {
            fail("it sends through the namespace of its `dev`".to_owned())
        }
        _ if underlay == found.namespace => {
            fail("it is its own namespace: leave it out".to_owned())
        }
        _ if !document.namespaces.contains_key(&underlay) => {
            fail("there is no such namespace".to_owned())
        }
        Some(_) => Ok(()),
    }
}
