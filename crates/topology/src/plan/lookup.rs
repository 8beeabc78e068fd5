//! Which interface of the kernel stands for which of the document.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::document::{Device, Document, Interface, Kind};
use crate::id::{InterfaceId, NamespaceId};
use crate::observed::{Observed, ObservedInterface, ObservedKind, ObservedPeer};

/// Where interfaces were found last, by their ids: a plan asks for each a dozen times, and a
/// namespace may have a thousand. What is not there any more is looked for.
#[derive(Debug, Default)]
pub(super) struct Places(RefCell<BTreeMap<InterfaceId, u32>>);

/// By the id under which it was made, else by its name; in its namespace, of its kind.
pub(super) fn find<'a>(
    document: &Document,
    state: &'a Observed,
    places: &Places,
    id: InterfaceId,
    wanted: &Interface,
) -> Option<(u32, &'a ObservedInterface)> {
    let fits = |&(index, interface): &(u32, &ObservedInterface)| match &wanted.kind {
        Kind::Loopback => interface.kind == ObservedKind::Loopback,
        Kind::Veth { peer } => is_cable(document, state, places, wanted.namespace, index, *peer),
        Kind::Device(device) => {
            let resolved = resolve(document, state, places, device);
            let found = interface.kind.device();
            // It is chosen when it is made.
            wanted.underlay == interface.underlay
                && resolved
                    .zip(found)
                    .is_some_and(|(wanted, found)| wanted.changes_from(found).is_some())
        }
    };
    let found = by_id(state, places, wanted, id).filter(fits);
    found.or_else(|| by_name(document, state, wanted).filter(fits))
}

/// Interfaces that stand for one of the document by their name only, with whom they stand for:
/// somebody else made them, and the document has them since. Loopbacks have no other way.
pub fn unclaimed(document: &Document, observed: &Observed) -> Vec<(NamespaceId, u32, InterfaceId)> {
    let all = observed.namespaces.iter();
    let all = all.flat_map(|(ns, found)| found.interfaces.iter().map(move |(i, it)| (*ns, *i, it)));
    let made_by_others =
        all.filter(|(_, _, it)| it.id.is_none() && it.kind != ObservedKind::Loopback);
    let places = Places::default();
    made_by_others
        .filter_map(|(namespace, index, it)| {
            let id = document.interface_named(namespace, &it.name)?;
            let (found, _) = find(
                document,
                observed,
                &places,
                id,
                document.interfaces.get(&id)?,
            )?;
            (found == index).then_some((namespace, index, id))
        })
        .collect()
}

fn by_id<'a>(
    state: &'a Observed,
    places: &Places,
    wanted: &Interface,
    id: InterfaceId,
) -> Option<(u32, &'a ObservedInterface)> {
    let interfaces = &state.namespaces.get(&wanted.namespace)?.interfaces;
    let place = places.0.borrow().get(&id).copied();
    let there = place.and_then(|index| Some((index, interfaces.get(&index)?)));
    if let Some(found) = there.filter(|(_, i)| i.id == Some(id)) {
        return Some(found);
    }
    // Most have their name, too.
    let named = interfaces.named(wanted.name.as_str());
    let found = named.filter(|(_, i)| i.id == Some(id)).or_else(|| {
        let mut all = interfaces.iter();
        let found = all.find(|(_, i)| i.id == Some(id));
        found.map(|(index, interface)| (*index, interface))
    });
    let (index, interface) = found?;
    places.0.borrow_mut().insert(id, index);
    Some((index, interface))
}

/// One that was made for another interface of the document stands for that.
fn by_name<'a>(
    document: &Document,
    state: &'a Observed,
    wanted: &Interface,
) -> Option<(u32, &'a ObservedInterface)> {
    let found = state.interface_named(wanted.namespace, wanted.name.as_str())?;
    let is_anothers = found
        .1
        .id
        .is_some_and(|id| document.interfaces.contains_key(&id));
    (!is_anothers).then_some(found)
}

/// Whether the veth of that index has its other end where the document has it.
fn is_cable(
    document: &Document,
    state: &Observed,
    places: &Places,
    namespace: NamespaceId,
    index: u32,
    peer: InterfaceId,
) -> bool {
    let interface = state
        .namespaces
        .get(&namespace)
        .and_then(|ns| ns.interfaces.get(&index));
    let Some(ObservedKind::Veth { peer: Some(far) }) = interface.map(|i| &i.kind) else {
        return false;
    };
    let Some(wanted) = document.interfaces.get(&peer) else {
        return false;
    };
    let other = by_id(state, places, wanted, peer).or_else(|| by_name(document, state, wanted));
    other.is_some_and(|(index, _)| far.namespace == wanted.namespace && far.index == index)
}

/// A device with the kernel's places for the interfaces that it names; `None` if the kernel lacks
/// one of them.
pub(super) fn resolve(
    document: &Document,
    state: &Observed,
    places: &Places,
    device: &Device<InterfaceId>,
) -> Option<Device<ObservedPeer>> {
    device.map(|id| {
        let interface = document.interfaces.get(id)?;
        let (index, _) = find(document, state, places, *id, interface)?;
        Some(ObservedPeer {
            namespace: interface.namespace,
            index,
        })
    })
}
