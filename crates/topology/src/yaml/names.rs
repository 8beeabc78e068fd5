//! What a text names, found without a look at all of the lab each time.

use std::collections::BTreeMap;

use crate::document::Document;
use crate::id::{InterfaceId, NamespaceId};
use crate::name::{InterfaceName, NamespaceName};

/// The objects of a document by their names, as [`Document::namespace_named`] and
/// [`Document::interface_named`] find them: of several of one name, the first.
#[derive(Debug, Default)]
pub(super) struct Names {
    namespaces: BTreeMap<NamespaceName, NamespaceId>,
    interfaces: BTreeMap<NamespaceId, BTreeMap<InterfaceName, InterfaceId>>,
}

impl Names {
    /// Takes up the namespaces of a document.
    pub(super) fn take_up_namespaces(&mut self, document: &Document) {
        for (id, namespace) in &document.namespaces {
            let known = self.namespaces.entry(namespace.name.clone());
            known.or_insert(*id);
        }
    }

    /// Takes up the interfaces of a document.
    pub(super) fn take_up_interfaces(&mut self, document: &Document) {
        for (id, interface) in &document.interfaces {
            let inside = self.interfaces.entry(interface.namespace).or_default();
            inside.entry(interface.name.clone()).or_insert(*id);
        }
    }

    /// The namespace of that name.
    pub(super) fn namespace(&self, name: &str) -> Option<NamespaceId> {
        self.namespaces.get(name).copied()
    }

    /// The interface of that name in a namespace.
    pub(super) fn interface(&self, namespace: NamespaceId, name: &str) -> Option<InterfaceId> {
        self.interfaces.get(&namespace)?.get(name).copied()
    }
}
