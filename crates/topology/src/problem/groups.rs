//! What is joined with what: disjoint sets of interfaces.

use std::collections::BTreeMap;

use crate::id::InterfaceId;

/// Sets of interfaces; one that was never joined is a set of its own.
#[derive(Default)]
pub(super) struct Groups(BTreeMap<InterfaceId, InterfaceId>);

impl Groups {
    /// The one that stands for the set of an interface.
    pub(super) fn of(&mut self, id: InterfaceId) -> InterfaceId {
        let mut root = id;
        while let Some(next) = self.0.get(&root) {
            root = *next;
        }
        // Who was asked once is found at once the next time.
        let mut on_the_way = id;
        while on_the_way != root {
            on_the_way = self.0.insert(on_the_way, root).unwrap_or(root);
        }
        root
    }

    /// Joins two sets; `false` if they were one already.
    pub(super) fn join(&mut self, a: InterfaceId, b: InterfaceId) -> bool {
        let (a, b) = (self.of(a), self.of(b));
        if a != b {
            self.0.insert(a, b);
        }
        a != b
    }
}
