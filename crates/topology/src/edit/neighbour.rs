//! Static neighbours and proxy entries.

use super::apply::interface_of;
use super::error::{EditError, Field, Place, Reason};
use super::validate::{self, refuse};
use super::{Edit, MAX_LIST};
use crate::document::Document;
use crate::id::InterfaceId;
use crate::neighbour::Neighbour;

pub(super) fn add(
    document: &mut Document,
    interface: InterfaceId,
    neighbour: Neighbour,
) -> Result<Edit, EditError> {
    let mut changed = interface_of(document, interface, Field::Neighbours)?.clone();
    if changed.neighbours.len() >= MAX_LIST {
        let why = format!("an interface has {MAX_LIST} entries at most");
        return refused(document, interface, neighbour, why);
    }
    if !changed.neighbours.insert(neighbour) {
        let why = "it is there already".to_owned();
        return refused(document, interface, neighbour, why);
    }
    validate::neighbours(document, interface, &changed)?;
    document.interfaces.insert(interface, changed);
    Ok(Edit::RemoveNeighbour {
        interface,
        neighbour,
    })
}

pub(super) fn remove(
    document: &mut Document,
    interface: InterfaceId,
    neighbour: Neighbour,
) -> Result<Edit, EditError> {
    let mut changed = interface_of(document, interface, Field::Neighbours)?.clone();
    if !changed.neighbours.remove(&neighbour) {
        return refused(document, interface, neighbour, "it is not there".to_owned());
    }
    document.interfaces.insert(interface, changed);
    Ok(Edit::AddNeighbour {
        interface,
        neighbour,
    })
}

fn refused(
    document: &Document,
    interface: InterfaceId,
    neighbour: Neighbour,
    why: String,
) -> Result<Edit, EditError> {
    let place = Place::Interface(interface, Some(Field::Neighbours));
    Err(refuse(
        document,
        place,
        Reason::Neighbour { neighbour, why },
    ))
}
