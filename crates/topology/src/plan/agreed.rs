//! Edits that say what the kernel has already.

use std::collections::BTreeSet;

use super::scope::Scope;
use crate::document::Document;
use crate::drift::{self, Drift, Place};
use crate::id::{InterfaceId, NamespaceId};
use crate::observed::Observed;
use crate::plan::Mtus;

/// Whether the document differs from the kernel in nothing in which it did not differ before, as
/// far as the edit reaches: whatever is left is drift.
pub(super) fn adds_nothing(
    before: &Document,
    (after, mtus_after): (&Document, &Mtus<'_>),
    observed: &Observed,
    scope: &Scope,
) -> bool {
    let interfaces: BTreeSet<_> = scope.interfaces.union(&scope.mtus).copied().collect();
    let home = |document: &Document, id: &InterfaceId| {
        let interface = document.interfaces.get(id);
        interface.map(|interface| interface.namespace)
    };
    let homes = interfaces.iter();
    let homes = homes.flat_map(|id| [home(before, id), home(after, id)]);
    let mut namespaces: BTreeSet<_> = scope.namespaces.union(&scope.firewalls).copied().collect();
    namespaces.extend(homes.flatten());
    let mtus_before = &Mtus::new(before);
    let is_old = |old: &[Drift], drift: &Drift| {
        old.contains(drift) && !is_other(before, after, &drift.place, &drift.difference.what)
    };
    let interfaces_agree = interfaces.iter().all(|id| {
        let is = drift::of_interface(mtus_after, after, observed, *id);
        let old = drift::of_interface(mtus_before, before, observed, *id);
        is.iter().all(|drift| is_old(&old, drift))
    });
    let goes = |id: &NamespaceId| {
        !after.namespaces.contains_key(id) && observed.namespaces.contains_key(id)
    };
    interfaces_agree
        && namespaces.iter().all(|id| {
            let is = drift::of_namespace(after, observed, *id);
            let old = drift::of_namespace(before, observed, *id);
            !goes(id) && is.iter().all(|drift| is_old(&old, drift))
        })
}

/// Whether an edit says something else of what differs so, though the difference reads the same:
/// what the kernel lacks has no properties, and of a firewall only its length is told.
fn is_other(before: &Document, after: &Document, place: &Place, what: &str) -> bool {
    match (place, what) {
        (Place::Interface(id), "interface" | "kind" | "peer" | "underlay") => {
            before.interfaces.get(id) != after.interfaces.get(id)
        }
        (Place::Namespace(id), "namespace") => {
            before.namespaces.get(id) != after.namespaces.get(id)
        }
        (Place::Namespace(id), "firewall") => {
            let of = |document: &Document| Some(document.namespaces.get(id)?.firewall.clone());
            of(before) != of(after)
        }
        _ => false,
    }
}
