//! What an interface advertises.

use super::Edit;
use super::error::{EditError, Field, Place, Reason};
use super::validate::refuse;
use crate::advertise::Advertisement;
use crate::document::{Document, Interface, Kind};
use crate::id::InterfaceId;

pub(super) fn set(
    document: &mut Document,
    interface: InterfaceId,
    advertise: Option<Advertisement>,
) -> Result<Edit, EditError> {
    let place = Place::Interface(interface, Some(Field::Advertise));
    let found = document.interfaces.get(&interface);
    let mut changed = found
        .ok_or_else(|| refuse(document, place, Reason::Gone))?
        .clone();
    let old = std::mem::replace(&mut changed.advertise, advertise);
    of_interface(document, interface, &changed)?;
    document.interfaces.insert(interface, changed);
    Ok(Edit::SetAdvertisement {
        interface,
        advertise: old,
    })
}

/// Refuses what nobody could send.
pub(super) fn of_interface(
    document: &Document,
    id: InterfaceId,
    found: &Interface,
) -> Result<(), EditError> {
    let Some(advertisement) = &found.advertise else {
        return Ok(());
    };
    let wrong = match found.kind == Kind::Loopback {
        true => Err("a loopback has nobody to whom it could advertise".to_owned()),
        false => advertisement.check(),
    };
    wrong.map_err(|why| {
        let place = Place::Interface(id, Some(Field::Advertise));
        refuse(document, place, Reason::Advertise { why })
    })
}
