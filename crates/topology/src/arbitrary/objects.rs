//! Namespaces, bridges and links, and where they are drawn.

use std::collections::BTreeMap;

use super::{Wish, interface_name, name, next, pick};
use crate::document::{Document, Interface, Kind, Namespace, Point};
use crate::edit::{Edit, Fragment};
use crate::id::{InterfaceId, NamespaceId, Node};

impl Wish {
    pub(super) fn new_namespace(&self, document: &Document) -> Edit {
        let id = NamespaceId(next(document.namespaces.keys().map(|id| id.0)));
        let loopback = InterfaceId(next(document.interfaces.keys().map(|id| id.0)));
        let namespace = Namespace::new(name(self.b));
        let interface = Interface {
            up: self.on,
            ..Interface::loopback(id)
        };
        Edit::Insert(Fragment {
            namespaces: BTreeMap::from([(id, namespace)]),
            interfaces: BTreeMap::from([(loopback, interface)]),
            positions: BTreeMap::from([(Node::Namespace(id), point(self.c))]),
            ..Fragment::default()
        })
    }

    pub(super) fn new_bridge(&self, document: &Document) -> Edit {
        let id = InterfaceId(next(document.interfaces.keys().map(|id| id.0)));
        let made = Interface::new(
            self.namespace(document),
            interface_name(self.b),
            Kind::bridge(),
        );
        Edit::Insert(Fragment {
            interfaces: BTreeMap::from([(
                id,
                Interface {
                    up: self.on,
                    ..made
                },
            )]),
            ..Fragment::default()
        })
    }

    pub(super) fn new_link(&self, document: &Document) -> Edit {
        let first = next(document.interfaces.keys().map(|id| id.0));
        let ends = [InterfaceId(first), InterfaceId(first + 1)];
        let other = pick(document.namespaces.keys().copied(), self.b).unwrap_or(NamespaceId::HOST);
        let end = |namespace, peer, name| Interface {
            up: self.on,
            ..Interface::new(namespace, interface_name(name), Kind::Veth { peer })
        };
        Edit::Insert(Fragment {
            interfaces: BTreeMap::from([
                (ends[0], end(self.namespace(document), ends[1], self.c)),
                (ends[1], end(other, ends[0], self.c.wrapping_add(1))),
            ]),
            ..Fragment::default()
        })
    }

    pub(super) fn moves(&self, document: &Document) -> BTreeMap<Node, Option<Point>> {
        let namespaces = document
            .namespaces
            .keys()
            .skip(1)
            .map(|id| Node::Namespace(*id));
        let nodes = namespaces.chain(document.bridges().map(|(id, _)| Node::Bridge(id)));
        let node = pick(nodes, self.a);
        node.map(|node| (node, self.on.then(|| point(self.b))))
            .into_iter()
            .collect()
    }
}

fn point(number: u16) -> Point {
    Point {
        x: f64::from(number % 200) * 8.0,
        y: f64::from(number / 200) * 8.0,
    }
}
