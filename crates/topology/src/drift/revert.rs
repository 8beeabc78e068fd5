//! The plan that brings the kernel back in one thing.
//!
//! It is the plan to the document in which everything else that differs, where the plan reaches,
//! is accepted. What cannot be accepted, and what comes and goes with the reverted, is reverted
//! with it.

use std::collections::BTreeSet;

use super::{Drift, Place, accept, drifts, drifts_at};
use crate::document::Document;
use crate::edit::apply;
use crate::id::{InterfaceId, NamespaceId};
use crate::model;
use crate::observed::{Observed, ObservedKind};
use crate::plan;
use crate::step::{At, Step};

/// How a drift is reverted.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Revert {
    /// The steps; empty if the drift is not there (any more).
    pub steps: Vec<Step>,
    /// What else differs now and does not after these steps.
    pub with: Vec<Drift>,
}

/// The plan that brings the kernel back to the document in this, and leaves other drift alone as
/// far as it can be told apart.
pub fn revert(document: &Document, observed: &Observed, drift: &Drift) -> Revert {
    let all = drifts(document, observed);
    let Some(this) = all.iter().find(|now| now.is_same(drift)) else {
        return Revert::default();
    };
    let steps = match &this.place {
        Place::Stranger { namespace, name } => {
            remove_stranger(document, observed, &all, (*namespace, name))
        }
        Place::Namespace(_) | Place::Interface(_) => {
            let mut done = steps(document, observed, &all, this);
            // Somebody else's interface goes only where there is no other way.
            let is_left = is_there(document, &after(observed, &done), this);
            let in_the_way = in_the_way(document, &all, &this.place);
            if let Some(stranger) = in_the_way.filter(|_| is_left) {
                done = remove_stranger(document, observed, &all, stranger);
                let state = after(observed, &done);
                done.extend(steps(document, &state, &drifts(document, &state), this));
            }
            // What is made anew with it, as the other end of a veth, is made whole.
            let is_new = |drift: &Drift| {
                let is_old = |old: &Drift| old.is_same(drift) || old.after(this).is_same(drift);
                !all.iter().any(is_old)
            };
            with_what_is_lost(document, observed, done, is_new)
        }
    };
    let left = drifts(document, &after(observed, &steps));
    let mut with = all.clone();
    let is_left = |other: &Drift| left.iter().any(|left| left.is_same(other));
    with.retain(|other| !other.is_same(drift) && !is_left(other) && !is_left(&other.after(this)));
    Revert { steps, with }
}

/// The stranger that has the name of an interface.
fn in_the_way<'a>(
    document: &Document,
    all: &'a [Drift],
    place: &Place,
) -> Option<(NamespaceId, &'a str)> {
    let Place::Interface(id) = place else {
        return None;
    };
    let wanted = document.interfaces.get(id)?;
    all.iter().find_map(|drift| match &drift.place {
        Place::Stranger { namespace, name } => {
            let has_it = *namespace == wanted.namespace && *name == wanted.name.as_str();
            has_it.then_some((*namespace, name.as_str()))
        }
        Place::Namespace(_) | Place::Interface(_) => None,
    })
}

fn steps(document: &Document, observed: &Observed, all: &[Drift], this: &Drift) -> Vec<Step> {
    let target = Target::around(document, observed, all, this);
    let mut before = target.document.clone();
    for drift in &target.reverted {
        // What cannot be accepted is in the scope by its place.
        let _refused = target.accept(&mut before, observed, drift);
    }
    let (namespaces, interfaces) = places(&target.reverted);
    let mut steps = plan::plan_objects(
        &before,
        &target.document,
        observed,
        &namespaces,
        &interfaces,
    );
    // The kernel keeps a rule when the interface that it names goes, but no document in which that
    // is accepted has it.
    steps.retain(|step| match step {
        Step::RemoveRule { namespace, rule } => {
            let wanted = document.namespaces.get(namespace);
            !wanted.is_some_and(|wanted| plan::wanted_rules(document, wanted).contains(rule))
        }
        _ => true,
    });
    steps
}

/// Removes an interface that nobody asked for; what the kernel takes with it is put back.
fn remove_stranger(
    document: &Document,
    observed: &Observed,
    all: &[Drift],
    (namespace, name): (NamespaceId, &str),
) -> Vec<Step> {
    let is_made = observed
        .interface_named(namespace, name)
        .is_some_and(|(_, found)| found.kind != ObservedKind::Loopback);
    let Some(name) = name.parse().ok().filter(|_| is_made) else {
        return Vec::new();
    };
    let at = At { namespace, name };
    let done = vec![Step::RemoveInterface { at }];
    let is_new = |drift: &Drift| !all.iter().any(|old| old.is_same(drift));
    with_what_is_lost(document, observed, done, is_new)
}

/// These steps, and those that revert what differs after them and did not before.
fn with_what_is_lost(
    document: &Document,
    observed: &Observed,
    mut done: Vec<Step>,
    is_new: impl Fn(&Drift) -> bool,
) -> Vec<Step> {
    let now = drifts(document, &after(observed, &done));
    for lost in now.iter().filter(|drift| is_new(drift)) {
        let state = after(observed, &done);
        done.extend(steps(document, &state, &drifts(document, &state), lost));
    }
    done
}

/// The state after some steps. What the model refuses is for the kernel to refuse.
fn after(observed: &Observed, steps: &[Step]) -> Observed {
    let mut state = observed.clone();
    for step in steps {
        let _refused = model::execute(&mut state, step);
    }
    state
}

/// The document that the kernel is brought to.
struct Target {
    document: Document,
    /// What differs from the kernel in it.
    reverted: Vec<Drift>,
    /// The highest id of the document and the kernel: others are free.
    last: u64,
}

impl Target {
    fn around(document: &Document, observed: &Observed, all: &[Drift], this: &Drift) -> Self {
        let inside = observed
            .namespaces
            .values()
            .flat_map(|ns| ns.interfaces.values());
        let tags = inside.filter_map(|interface| interface.id);
        let ids = document.interfaces.keys().copied().chain(tags);
        let mut target = Self {
            document: document.clone(),
            reverted: vec![this.clone()],
            last: ids.map(|id| id.0).max().unwrap_or_default(),
        };
        let mut accepted = document.clone();
        if target.accept(&mut accepted, observed, this).is_some() {
            // What is accepted with it is reverted with it.
            let gone = all
                .iter()
                .filter(|other| !other.is_same(this) && !is_there(&accepted, observed, other));
            target.reverted.extend(gone.cloned());
        }
        let in_the_way = all
            .iter()
            .filter(|other| has_name_of(document, other, this) && !target.reverted.contains(other))
            .cloned()
            .collect::<Vec<_>>();
        target.reverted.extend(in_the_way);
        // No plan for these reaches beyond their namespaces, and those of what they stand on.
        let reached = reached(document, &target.reverted);
        let is_reached = |drift: &Drift| {
            home(document, &drift.place).is_some_and(|home| reached.contains(&home))
        };
        let mut others: Vec<_> = all
            .iter()
            .filter(|other| is_reached(other) && !target.reverted.contains(other))
            .cloned()
            .collect();
        loop {
            let count = others.len();
            others.retain(|other| !target.leave(observed, this, other));
            if others.len() == count {
                break;
            }
        }
        target
    }

    /// Makes another drift no drift; whether there is nothing more to do about it.
    fn leave(&mut self, observed: &Observed, this: &Drift, other: &Drift) -> bool {
        if !is_there(&self.document, observed, other) {
            return true;
        }
        let mut left = self.document.clone();
        if self.accept(&mut left, observed, other).is_none() {
            return false;
        }
        if is_as_before(&left, observed, this) {
            self.document = left;
        } else {
            // It must be as the document says for this to be.
            self.reverted.push(other.clone());
        }
        true
    }

    fn accept(&self, document: &mut Document, observed: &Observed, drift: &Drift) -> Option<()> {
        let last = document.interfaces.keys().map(|id| id.0).max();
        let mut last = last.unwrap_or_default().max(self.last);
        let ids = || {
            last += 1;
            InterfaceId(last)
        };
        let edit = accept::edit(document, observed, drift, ids).ok()?;
        apply(document, edit).ok().map(drop)
    }
}

/// Whether it is an interface that somebody has given the name that this one is to get back.
fn has_name_of(document: &Document, drift: &Drift, this: &Drift) -> bool {
    let wanted = |drift: &Drift| match drift.place {
        Place::Interface(id) => document.interfaces.get(&id),
        Place::Namespace(_) | Place::Stranger { .. } => None,
    };
    let (Some(found), Some(other)) = (wanted(drift), wanted(this)) else {
        return false;
    };
    let needs_the_name = ["name", "interface"].contains(&this.difference.what.as_str());
    needs_the_name
        && drift.difference.what == "name"
        && found.namespace == other.namespace
        && drift.difference.observed == other.name.as_str()
}

/// The namespaces of these, and of the interfaces on which they stand.
fn reached(document: &Document, drifts: &[Drift]) -> BTreeSet<NamespaceId> {
    let mut namespaces: BTreeSet<_> = drifts
        .iter()
        .filter_map(|drift| home(document, &drift.place))
        .collect();
    let mut below: Vec<_> = drifts
        .iter()
        .filter_map(|drift| match drift.place {
            Place::Interface(id) => Some(id),
            Place::Namespace(_) | Place::Stranger { .. } => None,
        })
        .collect();
    let mut known = BTreeSet::new();
    while let Some(id) = below.pop() {
        let Some(interface) = document.interfaces.get(&id).filter(|_| known.insert(id)) else {
            continue;
        };
        namespaces.insert(interface.namespace);
        let device = interface.kind.device().into_iter();
        below.extend(device.flat_map(|device| device.parameters.links().map(|(_, id)| *id)));
    }
    namespaces
}

/// The namespace of a place.
fn home(document: &Document, place: &Place) -> Option<NamespaceId> {
    match place {
        Place::Namespace(id) | Place::Stranger { namespace: id, .. } => Some(*id),
        Place::Interface(id) => document.interfaces.get(id).map(|i| i.namespace),
    }
}

/// Whether it differs from what was wanted, too: an MTU that is accepted limits those above.
fn is_as_before(document: &Document, observed: &Observed, drift: &Drift) -> bool {
    let wants_more = |now: &Drift| {
        drift.difference.what == "mtu" && now.difference.wanted != drift.difference.wanted
    };
    let mut now = drifts_at(document, observed, &drift.place).into_iter();
    now.any(|now| now.is_same(drift) && !wants_more(&now))
}

fn is_there(document: &Document, observed: &Observed, drift: &Drift) -> bool {
    let mut now = drifts_at(document, observed, &drift.place).into_iter();
    now.any(|now| now.is_same(drift))
}

fn places(drifts: &[Drift]) -> (BTreeSet<NamespaceId>, BTreeSet<InterfaceId>) {
    let (mut namespaces, mut interfaces) = (BTreeSet::new(), BTreeSet::new());
    for drift in drifts {
        match &drift.place {
            Place::Namespace(id) => drop(namespaces.insert(*id)),
            Place::Interface(id) => drop(interfaces.insert(*id)),
            Place::Stranger { .. } => {}
        }
    }
    (namespaces, interfaces)
}
