//! Objects put in and taken out.

use std::collections::{BTreeMap, BTreeSet};

use super::error::{EditError, Place, Reason};
use super::validate::{refuse, refuse_document};
use super::{Edit, Fragment, PlacedRoute, Selection, tables};
use crate::document::{Document, Interface, Kind};
use crate::id::{InterfaceId, MAX_ID, NamespaceId, Node};

/// Puts a fragment in; the inverse takes it out.
///
/// The whole document is validated afterwards: a fragment is rare and may break anything.
pub(super) fn insert(document: &mut Document, fragment: Fragment) -> Result<Edit, EditError> {
    let bad_namespace = |id: &NamespaceId| document.namespaces.contains_key(id) || id.0 > MAX_ID;
    let bad_interface = |id: &InterfaceId| document.interfaces.contains_key(id) || id.0 > MAX_ID;
    if fragment.namespaces.keys().any(bad_namespace)
        || fragment.interfaces.keys().any(bad_interface)
    {
        return Err(refuse_document(None, Reason::BadId));
    }
    if let Some(node) = fragment
        .positions
        .keys()
        .find(|node| !is_new(&fragment, **node))
    {
        return Err(refuse(document, place_of(*node), Reason::Gone));
    }
    let before = document.clone();
    let added = Selection {
        namespaces: fragment.namespaces.keys().copied().collect(),
        // A namespace takes its interfaces along when it is removed; a link is removed by one end.
        interfaces: fragment
            .interfaces
            .iter()
            .filter(|(_, i)| !fragment.namespaces.contains_key(&i.namespace))
            .map(|(id, _)| *id)
            .collect(),
    };
    let outcome = place(document, fragment).and_then(|undo| document.validate().map(|()| undo));
    match outcome {
        Ok(mut undo) => {
            undo.push(Edit::Remove(added));
            Ok(flatten(undo))
        }
        Err(error) => {
            *document = before;
            Err(error)
        }
    }
}

/// Inserts everything unchecked but what could not be undone; returns the edits that release what
/// was there before.
fn place(document: &mut Document, fragment: Fragment) -> Result<Vec<Edit>, EditError> {
    let mut undo = Vec::new();
    document.namespaces.extend(fragment.namespaces);
    document.interfaces.extend(fragment.interfaces);
    document.positions.extend(fragment.positions);
    for (port, plug) in fragment.ports {
        let Some(interface) = document.interfaces.get_mut(&port) else {
            return Err(refuse(document, Place::Interface(port, None), Reason::Gone));
        };
        let old = interface.master.replace(plug.master);
        // What was set on it as a port before is not to be lost.
        for (name, value) in std::mem::replace(&mut interface.port, plug.port).iter() {
            undo.push(Edit::SetPort {
                interface: port,
                name: name.to_owned(),
                value: Some(value.clone()),
            });
        }
        undo.extend(tables::unplug(port, interface).into_iter().rev());
        interface.vlans = plug.vlans;
        interface.fdb.extend(plug.fdb);
        undo.push(Edit::SetMaster {
            interface: port,
            master: old,
        });
    }
    for PlacedRoute {
        namespace,
        index,
        route,
    } in fragment.routes
    {
        let Some(found) = document.namespaces.get_mut(&namespace) else {
            return Err(refuse(
                document,
                Place::Namespace(namespace, None),
                Reason::Gone,
            ));
        };
        found
            .routes
            .insert(index.min(found.routes.len()), route.clone());
        undo.push(Edit::RemoveRoute { namespace, route });
    }
    for (namespace, rule) in fragment.rules {
        let Some(found) = document.namespaces.get_mut(&namespace) else {
            let place = Place::Namespace(namespace, None);
            return Err(refuse(document, place, Reason::Gone));
        };
        // One that is there would not come back when this is undone.
        if !found.rules.insert(rule.clone()) {
            return Err(refuse_document(None, Reason::BadId));
        }
        undo.push(Edit::RemoveRule { namespace, rule });
    }
    undo.reverse();
    Ok(undo)
}

fn is_new(fragment: &Fragment, node: Node) -> bool {
    match node {
        Node::Namespace(id) => fragment.namespaces.contains_key(&id),
        Node::Bridge(id) => fragment.interfaces.contains_key(&id),
    }
}

fn place_of(node: Node) -> Place {
    match node {
        Node::Namespace(id) => Place::Namespace(id, None),
        Node::Bridge(id) => Place::Interface(id, None),
    }
}

fn flatten(mut edits: Vec<Edit>) -> Edit {
    match edits.pop() {
        Some(only) if edits.is_empty() => only,
        Some(last) => {
            edits.push(last);
            Edit::Batch { edits }
        }
        None => Edit::Batch { edits },
    }
}

/// Takes objects out with all that cannot stand without them; the inverse puts all of it back.
pub(super) fn remove(document: &mut Document, selection: &Selection) -> Result<Edit, EditError> {
    for &id in &selection.namespaces {
        let place = Place::Namespace(id, None);
        if id == NamespaceId::HOST {
            return Err(refuse(document, place, Reason::Permanent));
        }
        if !document.namespaces.contains_key(&id) {
            return Err(refuse(document, place, Reason::Gone));
        }
    }
    for &id in &selection.interfaces {
        let place = Place::Interface(id, None);
        match document.interfaces.get(&id) {
            None => return Err(refuse(document, place, Reason::Gone)),
            Some(i) if i.kind == Kind::Loopback && !selection.namespaces.contains(&i.namespace) => {
                return Err(refuse(document, place, Reason::Permanent));
            }
            Some(_) => {}
        }
    }
    let interfaces = doomed_interfaces(document, selection);
    Ok(Edit::Insert(take(
        document,
        &selection.namespaces,
        &interfaces,
    )))
}

/// The selected interfaces, those in and through the selected namespaces, the other ends of their links, and
/// what stands on them.
fn doomed_interfaces(document: &Document, selection: &Selection) -> BTreeSet<InterfaceId> {
    let selected = |id: &InterfaceId, interface: &Interface| {
        let homes = [Some(interface.namespace), interface.underlay];
        let mut homes = homes.iter().flatten();
        selection.interfaces.contains(id) || homes.any(|home| selection.namespaces.contains(home))
    };
    let mut doomed: BTreeSet<InterfaceId> = document
        .interfaces
        .iter()
        .filter(|(id, interface)| selected(id, interface))
        .flat_map(|(id, interface)| std::iter::once(*id).chain(interface.peer()))
        .collect();
    loop {
        let stands = |i: &Interface| i.kind.links().any(|id| doomed.contains(&id));
        let more: Vec<_> = document
            .interfaces
            .iter()
            .filter(|(id, i)| !doomed.contains(*id) && stands(i))
            .map(|(id, _)| *id)
            .collect();
        if more.is_empty() {
            return doomed;
        }
        doomed.extend(more);
    }
}

fn take(
    document: &mut Document,
    namespaces: &BTreeSet<NamespaceId>,
    interfaces: &BTreeSet<InterfaceId>,
) -> Fragment {
    let mut taken = Fragment::default();
    for (&id, namespace) in &mut document.namespaces {
        if namespaces.contains(&id) {
            continue;
        }
        let rules = std::mem::take(&mut namespace.rules).into_iter();
        let (gone, left): (BTreeSet<_>, _) =
            rules.partition(|rule| rule.interfaces().any(|i| interfaces.contains(i)));
        namespace.rules = left;
        taken.rules.extend(gone.into_iter().map(|rule| (id, rule)));
        let routes = std::mem::take(&mut namespace.routes);
        for (index, route) in routes.into_iter().enumerate() {
            if route.interfaces().any(|i| interfaces.contains(&i)) {
                taken.routes.push(PlacedRoute {
                    namespace: id,
                    index,
                    route,
                });
            } else {
                namespace.routes.push(route);
            }
        }
    }
    for (&id, interface) in &mut document.interfaces {
        if interfaces.contains(&id) {
            continue;
        }
        if let Some(master) = interface
            .master
            .filter(|master| interfaces.contains(master))
        {
            interface.master = None;
            taken.ports.insert(id, tables::take_plug(master, interface));
        }
    }
    taken.positions = split(&mut document.positions, |node| match node {
        Node::Namespace(id) => namespaces.contains(id),
        Node::Bridge(id) => interfaces.contains(id),
    });
    taken.namespaces = split(&mut document.namespaces, |id| namespaces.contains(id));
    taken.interfaces = split(&mut document.interfaces, |id| interfaces.contains(id));
    taken
}

/// Moves the entries whose key is chosen into a map of their own.
fn split<K: Ord, V>(map: &mut BTreeMap<K, V>, chosen: impl Fn(&K) -> bool) -> BTreeMap<K, V> {
    let (taken, kept) = std::mem::take(map)
        .into_iter()
        .partition(|(key, _)| chosen(key));
    *map = kept;
    taken
}
