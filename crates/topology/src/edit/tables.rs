//! VLANs, and entries of forwarding tables.

use super::apply::interface_of;
use super::error::{EditError, Field, Place, Reason};
use super::validate::{self, refuse};
use super::{Edit, MAX_LIST, Plug};
use crate::document::{Document, Interface};
use crate::fdb::FdbEntry;
use crate::id::InterfaceId;
use crate::vlans::Vlans;

pub(super) fn set_vlans(
    document: &mut Document,
    interface: InterfaceId,
    vlans: Option<Vlans>,
) -> Result<Edit, EditError> {
    let mut changed = interface_of(document, interface, Field::Vlans)?.clone();
    let old = std::mem::replace(&mut changed.vlans, vlans);
    validate::vlans(document, interface, &changed)?;
    validate::fdb(document, interface, &changed)?;
    document.interfaces.insert(interface, changed);
    Ok(Edit::SetVlans {
        interface,
        vlans: old,
    })
}

pub(super) fn add_fdb(
    document: &mut Document,
    interface: InterfaceId,
    entry: FdbEntry,
) -> Result<Edit, EditError> {
    let mut changed = interface_of(document, interface, Field::Fdb)?.clone();
    let refused = |why| {
        let place = Place::Interface(interface, Some(Field::Fdb));
        Err(refuse(document, place, Reason::Fdb { entry, why }))
    };
    if changed.fdb.len() >= MAX_LIST {
        return refused(format!("an interface has {MAX_LIST} entries at most"));
    }
    if !changed.fdb.insert(entry) {
        return refused("it is there already".to_owned());
    }
    validate::fdb(document, interface, &changed)?;
    document.interfaces.insert(interface, changed);
    Ok(Edit::RemoveFdb { interface, entry })
}

pub(super) fn remove_fdb(
    document: &mut Document,
    interface: InterfaceId,
    entry: FdbEntry,
) -> Result<Edit, EditError> {
    let mut changed = interface_of(document, interface, Field::Fdb)?.clone();
    if !changed.fdb.remove(&entry) {
        let place = Place::Interface(interface, Some(Field::Fdb));
        let why = "it is not there".to_owned();
        return Err(refuse(document, place, Reason::Fdb { entry, why }));
    }
    document.interfaces.insert(interface, changed);
    Ok(Edit::AddFdb { interface, entry })
}

/// Takes from a port what it has by its bridge; the edits that bring it back.
pub(super) fn unplug(interface: InterfaceId, found: &mut Interface) -> Vec<Edit> {
    let mut inverse = Vec::new();
    if !found.kind.is_bridge() && found.vlans.is_some() {
        let vlans = found.vlans.take();
        inverse.push(Edit::SetVlans { interface, vlans });
    }
    let of_bridge = found.fdb.iter().filter(|entry| entry.is_of_bridge());
    inverse.extend(of_bridge.map(|entry| Edit::AddFdb {
        interface,
        entry: *entry,
    }));
    found.fdb.retain(|entry| !entry.is_of_bridge());
    inverse
}

/// The same, to be plugged in again.
pub(super) fn take_plug(master: InterfaceId, found: &mut Interface) -> Plug {
    let port = std::mem::take(&mut found.port);
    let vlans = match found.kind.is_bridge() {
        true => None,
        false => found.vlans.take(),
    };
    let (fdb, own) = std::mem::take(&mut found.fdb)
        .into_iter()
        .partition(FdbEntry::is_of_bridge);
    found.fdb = own;
    Plug {
        master,
        port,
        vlans,
        fdb,
    }
}
