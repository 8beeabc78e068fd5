//! What is selected.

use std::collections::BTreeSet;

use topology::document::Link;
use topology::edit::Selection;
use topology::{Document, InterfaceId, NamespaceId, Node};

/// Something that can be selected on the canvas.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Object {
    /// The host namespace: the frame around everything.
    Host,
    /// A card or a bar.
    Node(Node),
    /// A cable.
    Link(Link),
}

impl Object {
    /// The object whose card, bar or cable shows an interface; a namespace's card for its loopback.
    pub(crate) fn showing(document: &Document, id: InterfaceId) -> Option<Self> {
        let interface = document.interfaces.get(&id)?;
        if let Some(peer) = interface.peer() {
            return Some(Self::Link(Link::new(id, peer)));
        }
        Some(
            document
                .node_of(id)
                .map_or_else(|| Self::of_namespace(interface.namespace), Self::Node),
        )
    }

    /// The card of a namespace, or the frame of the host.
    pub(crate) fn of_namespace(id: NamespaceId) -> Self {
        if id == NamespaceId::HOST {
            Self::Host
        } else {
            Self::Node(Node::Namespace(id))
        }
    }

    /// Whether the document still has it.
    pub(crate) fn is_in(self, document: &Document) -> bool {
        match self {
            Self::Host => true,
            Self::Node(Node::Namespace(id)) => document.namespaces.contains_key(&id),
            Self::Node(Node::Bridge(id)) => document.interfaces.contains_key(&id),
            Self::Link(link) => link
                .ends
                .iter()
                .all(|id| document.interfaces.contains_key(id)),
        }
    }
}

/// The selected objects.
pub(crate) type Selected = BTreeSet<Object>;

/// What an edit that removes the selection names; the host stays.
pub(crate) fn to_remove(selected: &Selected) -> Selection {
    let mut selection = Selection::default();
    for object in selected {
        match object {
            Object::Host => {}
            Object::Node(Node::Namespace(id)) => {
                selection.namespaces.insert(*id);
            }
            Object::Node(Node::Bridge(id)) => {
                selection.interfaces.insert(*id);
            }
            Object::Link(link) => {
                selection.interfaces.insert(link.ends[0]);
            }
        }
    }
    selection
}

/// The selected nodes: what a drag moves.
pub(crate) fn nodes(selected: &Selected) -> impl Iterator<Item = Node> {
    selected.iter().filter_map(|object| match object {
        Object::Node(node) => Some(*node),
        Object::Host | Object::Link(_) => None,
    })
}
