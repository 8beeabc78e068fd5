//! What is left to an interface.

use super::Edit;
use super::error::{EditError, Field, Place, Reason};
use super::validate::refuse;
use crate::document::{Document, Interface, Kind};
use crate::id::InterfaceId;
use crate::offload::{Offload, check};

pub(super) fn set(
    document: &mut Document,
    interface: InterfaceId,
    offload: Offload,
    on: Option<bool>,
) -> Result<Edit, EditError> {
    let place = Place::Interface(interface, Some(Field::Offloads));
    let found = document.interfaces.get(&interface);
    let mut changed = found
        .ok_or_else(|| refuse(document, place, Reason::Gone))?
        .clone();
    let old = match on {
        Some(on) => changed.offloads.insert(offload, on),
        None => changed.offloads.remove(&offload),
    };
    of_interface(document, interface, &changed)?;
    document.interfaces.insert(interface, changed);
    Ok(Edit::SetOffload {
        interface,
        offload,
        on: old,
    })
}

/// Refuses what the kernel does not do.
pub(super) fn of_interface(
    document: &Document,
    id: InterfaceId,
    found: &Interface,
) -> Result<(), EditError> {
    let wrong = match found.kind == Kind::Loopback && !found.offloads.is_empty() {
        true => Err("a loopback has no wire to which anything could be left".to_owned()),
        false => check(&found.offloads),
    };
    wrong.map_err(|why| {
        let place = Place::Interface(id, Some(Field::Offloads));
        refuse(document, place, Reason::Offload { why })
    })
}
