//! Where there may be what steps ask for.
//!
//! Nearly every step asks what stands on an interface, and which neighbours go with it. Mostly the
//! answer is nothing, and to find that out would take a look at every interface of the lab.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{ObservedInterface, ObservedNamespace, ObservedPeer};
use crate::id::NamespaceId;
use crate::kind::Device;

/// Only ever grows: what is not in it is nowhere, what is in it may have gone.
#[derive(Clone, Default, Debug, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Whereabouts {
    /// Interfaces on which others stand, or did.
    bearers: BTreeSet<ObservedPeer>,
    /// Namespaces on whose interfaces some of other namespaces stand, or did.
    abroad: BTreeSet<NamespaceId>,
    /// Namespaces whose interfaces have static neighbours, or had.
    with_neighbours: BTreeSet<NamespaceId>,
}

impl Whereabouts {
    /// Takes up what an interface of this namespace is.
    pub(super) fn take_up(&mut self, home: NamespaceId, interface: &ObservedInterface) {
        let device = interface.kind.device().into_iter();
        for lower in device.flat_map(Device::links) {
            self.bearers.insert(*lower);
            if lower.namespace != home {
                self.abroad.insert(lower.namespace);
            }
        }
        if !interface.neighbours.is_empty() {
            self.with_neighbours.insert(home);
        }
    }

    /// The same of all interfaces of a namespace.
    pub(super) fn take_up_all(&mut self, home: NamespaceId, namespace: &ObservedNamespace) {
        for interface in namespace.interfaces.values() {
            self.take_up(home, interface);
        }
    }

    /// Whether anything may stand on this interface.
    pub(super) fn may_bear(&self, place: ObservedPeer) -> bool {
        self.bearers.contains(&place)
    }

    /// Whether anything of another namespace may stand on an interface of this one.
    pub(super) fn may_bear_abroad(&self, namespace: NamespaceId) -> bool {
        self.abroad.contains(&namespace)
    }

    /// Whether an interface of this namespace may have static neighbours.
    pub(super) fn may_have_neighbours(&self, namespace: NamespaceId) -> bool {
        self.with_neighbours.contains(&namespace)
    }
}
