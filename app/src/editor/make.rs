//! Edits that put single objects in, take them out, or move them.

use std::collections::BTreeMap;

use topology::document::{Interface, Kind, Namespace, Point};
use topology::edit::Fragment;
use topology::{Document, Edit, NamespaceId, Node};

use super::ids::Ids;
use super::names;
use super::selection::{Selected, to_remove};

/// A new object's node, and the edit that puts it in.
pub(crate) struct Made {
    /// For the selection.
    pub(crate) node: Node,
    /// What to dispatch.
    pub(crate) edit: Edit,
}

/// A namespace with a fresh name and its loopback up; `None` if no name is left.
pub(crate) fn namespace(document: &Document, at: Point, ids: &mut Ids<'_>) -> Option<Made> {
    let id = ids.namespace(document);
    let mut loopback = Interface::loopback(id);
    loopback.up = true;
    let namespace = Namespace::new(names::namespace(document)?);
    let node = Node::Namespace(id);
    let fragment = Fragment {
        namespaces: BTreeMap::from([(id, namespace)]),
        interfaces: BTreeMap::from([(ids.interface(document), loopback)]),
        positions: BTreeMap::from([(node, at)]),
        ..Fragment::default()
    };
    Some(Made {
        node,
        edit: Edit::Insert(fragment),
    })
}

/// A bridge in the host namespace, up; `None` if no name is left.
pub(crate) fn bridge(document: &Document, at: Point, ids: &mut Ids<'_>) -> Option<Made> {
    let id = ids.interface(document);
    let name = names::bridge(document, NamespaceId::HOST)?;
    let mut bridge = Interface::new(NamespaceId::HOST, name, Kind::bridge());
    bridge.up = true;
    let node = Node::Bridge(id);
    let fragment = Fragment {
        interfaces: BTreeMap::from([(id, bridge)]),
        positions: BTreeMap::from([(node, at)]),
        ..Fragment::default()
    };
    Some(Made {
        node,
        edit: Edit::Insert(fragment),
    })
}

/// Removes the selection; `None` if there is nothing in it to remove.
pub(crate) fn remove(selected: &Selected) -> Option<Edit> {
    let selection = to_remove(selected);
    (!selection.is_empty()).then_some(Edit::Remove(selection))
}

/// One step for a whole drag: the moved nodes, and those that were only laid out until now, or
/// they would jump when the layout is made anew.
pub(crate) fn move_nodes(
    document: &Document,
    laid_out: &BTreeMap<Node, Point>,
    moved: &BTreeMap<Node, Point>,
) -> Edit {
    let pins = laid_out
        .iter()
        .filter(|(node, _)| !document.positions.contains_key(node));
    let mut to: BTreeMap<Node, Option<Point>> =
        pins.map(|(node, point)| (*node, Some(*point))).collect();
    to.extend(moved.iter().map(|(node, point)| (*node, Some(*point))));
    Edit::Move { to }
}

/// An edit of a document whose nodes are not all placed, together with the places that the layout
/// gave them: a new object must not make the others jump.
pub(crate) fn with_pins(document: &Document, laid_out: &BTreeMap<Node, Point>, edit: Edit) -> Edit {
    match move_nodes(document, laid_out, &BTreeMap::new()) {
        Edit::Move { to } if !to.is_empty() => Edit::Batch {
            edits: vec![Edit::Move { to }, edit],
        },
        _ => edit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use topology::edit::apply;

    fn counter() -> impl FnMut() -> f64 {
        let mut n = 0.0;
        move || {
            n += 1e-6;
            n
        }
    }

    #[test]
    fn new_objects_are_taken_and_stand_where_they_were_put() {
        let mut document = Document::new("");
        let mut random = counter();
        let at = Point { x: 3.0, y: 4.0 };
        for expected in ["red", "blue"] {
            let made = namespace(&document, at, &mut Ids::new(&mut random)).unwrap();
            apply(&mut document, made.edit).unwrap();
            assert!(document.namespace_named(expected).is_some());
            assert_eq!(document.positions.get(&made.node), Some(&at));
        }
        let made = bridge(&document, at, &mut Ids::new(&mut random)).unwrap();
        apply(&mut document, made.edit).unwrap();
        assert!(document.interface_named(NamespaceId::HOST, "br0").is_some());
        document.validate().unwrap();
    }

    #[test]
    fn a_move_pins_what_was_only_laid_out() {
        let mut document = Document::new("");
        let mut random = counter();
        let placed = Point { x: 1.0, y: 1.0 };
        let first = namespace(&document, placed, &mut Ids::new(&mut random)).unwrap();
        apply(&mut document, first.edit).unwrap();
        let second = namespace(&document, placed, &mut Ids::new(&mut random)).unwrap();
        apply(&mut document, second.edit).unwrap();
        document.positions.remove(&second.node);
        let laid_out = BTreeMap::from([
            (first.node, placed),
            (second.node, Point { x: 9.0, y: 9.0 }),
        ]);
        let to = Point { x: 5.0, y: 5.0 };
        let edit = move_nodes(&document, &laid_out, &BTreeMap::from([(first.node, to)]));
        apply(&mut document, edit).unwrap();
        assert_eq!(document.positions[&first.node], to);
        assert_eq!(document.positions[&second.node], Point { x: 9.0, y: 9.0 });
        let rename = Edit::SetTitle { title: "x".into() };
        assert_eq!(with_pins(&document, &laid_out, rename.clone()), rename);
    }
}
