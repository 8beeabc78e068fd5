//! Documents compared up to their ids.

use std::collections::BTreeMap;

use crate::document::{Device, Document, Interface, Kind, Namespace, Route};
use crate::id::{InterfaceId, NamespaceId, Node};
use crate::kind::{Parameter, Parameters, port};
use crate::quality::Quality;

impl Document {
    /// Whether two documents say the same: all but the ids, which are given anew whenever text is
    /// read, the order of objects, which follows from the ids, and parameters that are said and
    /// usual.
    pub fn same_lab(&self, other: &Self) -> bool {
        self.canonical() == other.canonical()
    }

    /// The same lab with ids counted in the order of names, the host keeping its own, without what
    /// is usual anyway.
    #[must_use]
    pub fn canonical(&self) -> Self {
        Renumbered::of(self).document(self)
    }
}

/// The new id of each object.
struct Renumbered {
    namespaces: BTreeMap<NamespaceId, NamespaceId>,
    interfaces: BTreeMap<InterfaceId, InterfaceId>,
}

impl Renumbered {
    fn of(document: &Document) -> Self {
        let mut namespaces: Vec<_> = document.namespaces.iter().collect();
        namespaces.sort_by_key(|(id, ns)| (**id != NamespaceId::HOST, &ns.name));
        let namespaces: BTreeMap<_, _> = (0..)
            .zip(namespaces)
            .map(|(number, (id, _))| (*id, NamespaceId(number)))
            .collect();
        let mut interfaces: Vec<_> = document.interfaces.iter().collect();
        interfaces.sort_by_key(|(id, i)| {
            let namespace = namespaces.get(&i.namespace);
            (**id != InterfaceId::HOST_LOOPBACK, namespace, &i.name)
        });
        let interfaces = (0..)
            .zip(interfaces)
            .map(|(number, (id, _))| (*id, InterfaceId(number)))
            .collect();
        Self {
            namespaces,
            interfaces,
        }
    }

    /// An id that is not in the document stays: then it is not a valid one.
    fn namespace(&self, id: NamespaceId) -> NamespaceId {
        self.namespaces.get(&id).copied().unwrap_or(id)
    }

    fn interface(&self, id: InterfaceId) -> InterfaceId {
        self.interfaces.get(&id).copied().unwrap_or(id)
    }

    /// What is usual need not be said.
    fn parameters(
        &self,
        old: &Parameters<InterfaceId>,
        table: &[Parameter],
    ) -> Parameters<InterfaceId> {
        // Every interface has a place in the order, so none is lost.
        let renumbered = old.map(|id| Some(self.interface(*id)));
        renumbered.unwrap_or_default().without_usual(table)
    }

    fn document(&self, old: &Document) -> Document {
        let namespaces = old.namespaces.iter().map(|(id, namespace)| {
            let routes = namespace.routes.iter().map(|route| Route {
                interface: route.interface.map(|id| self.interface(id)),
                options: route
                    .options
                    .map(|id| Some(self.interface(*id)))
                    .unwrap_or_default()
                    .without_usual_scope(route.family(), route.gateway.is_some()),
                ..route.clone()
            });
            let rules = namespace.rules.iter();
            let new = Namespace {
                rules: rules
                    .filter_map(|rule| rule.map(|id| Some(self.interface(*id))))
                    .collect(),
                routes: routes.collect(),
                ..namespace.clone()
            };
            (self.namespace(*id), new)
        });
        let interfaces = old.interfaces.iter().map(|(id, interface)| {
            let new = Interface {
                namespace: self.namespace(interface.namespace),
                kind: match &interface.kind {
                    Kind::Loopback => Kind::Loopback,
                    Kind::Veth { peer } => Kind::Veth {
                        peer: self.interface(*peer),
                    },
                    Kind::Device(device) => Kind::Device(Device {
                        kind: device.kind,
                        parameters: self
                            .parameters(&device.parameters, device.kind.table().parameters),
                    }),
                },
                underlay: interface.underlay.map(|id| self.namespace(id)),
                master: interface.master.map(|id| self.interface(id)),
                port: self.parameters(&interface.port, port::TABLE),
                quality: interface.quality.map(Quality::without_usual),
                vlans: interface.vlans.clone().filter(|vlans| {
                    let unsaid = Interface {
                        vlans: None,
                        ..interface.clone()
                    };
                    old.vlans_of(&unsaid).as_ref() != Some(vlans)
                }),
                ..interface.clone()
            };
            (self.interface(*id), new)
        });
        let positions = old.positions.iter().map(|(node, point)| {
            let node = match *node {
                Node::Namespace(id) => Node::Namespace(self.namespace(id)),
                Node::Bridge(id) => Node::Bridge(self.interface(id)),
            };
            (node, *point)
        });
        Document {
            title: old.title.clone(),
            namespaces: namespaces.collect(),
            interfaces: interfaces.collect(),
            positions: positions.collect(),
            expectations: old
                .expectations
                .iter()
                .filter_map(|expectation| expectation.map(|id| Some(self.namespace(*id))))
                .collect(),
        }
    }
}
