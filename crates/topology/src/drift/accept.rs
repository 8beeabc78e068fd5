//! The edit that makes the document say what the kernel has.

mod interface;
mod namespace;
mod stranger;

use super::{Drift, Place, drifts_at};
use crate::adopt::Ids;
use crate::command;
use crate::document::Document;
use crate::edit::{Edit, apply};
use crate::id::{InterfaceId, NamespaceId};
use crate::observed::{Observed, ObservedInterface};
use crate::plan;
use crate::sysctl::Owner;

/// Why a drift cannot be accepted, for people.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct Impossible(pub String);

type Accepted = Result<Edit, Impossible>;

/// The edit after which the document says what the kernel has. It has no steps.
///
/// `ids` gives ids that are free in the document, for interfaces that it gets.
///
/// # Errors
/// If the drift is not there any more, if no document can say what the kernel has, or if it can
/// only once something else is accepted.
pub fn accept(
    document: &Document,
    observed: &Observed,
    drift: &Drift,
    ids: impl FnMut() -> InterfaceId,
) -> Accepted {
    let edit = edit(document, observed, drift, ids)?;
    let mut after = document.clone();
    apply(&mut after, edit.clone()).map_err(|error| Impossible(error.to_string()))?;
    let mut left = drifts_at(&after, observed, &drift.place).into_iter();
    if left.any(|left| left.is_same(drift)) {
        return Err(Impossible(
            "it follows from something else that differs: accept that first".to_owned(),
        ));
    }
    // A rule stays in the kernel when the interface that it names goes; no document has such.
    match plan::plan_edit(document, &after, observed).first() {
        Some(step) => {
            let command = command::of_step(step, &command::Names::of(&after)).words();
            Err(Impossible(format!(
                "the document could have it only with another change of the kernel: {command}"
            )))
        }
        None => Ok(edit),
    }
}

/// The same without a proof.
pub(super) fn edit(
    document: &Document,
    observed: &Observed,
    drift: &Drift,
    ids: impl FnMut() -> InterfaceId,
) -> Accepted {
    let mut now = drifts_at(document, observed, &drift.place).into_iter();
    let Some(now) = now.find(|now| now.is_same(drift)) else {
        return Err(Impossible("it is not so any more".to_owned()));
    };
    let seen = Seen { document, observed };
    match &now.place {
        Place::Namespace(id) => seen.namespace(*id, &now),
        Place::Interface(id) => seen.interface(*id, &now),
        Place::Stranger { namespace, name } => seen.stranger(*namespace, name, ids),
    }
}

/// Both sides.
#[derive(Clone, Copy)]
struct Seen<'a> {
    document: &'a Document,
    observed: &'a Observed,
}

impl Seen<'_> {
    /// Which interface of the document one of the kernel stands for.
    fn id(self, namespace: NamespaceId, index: u32) -> Result<InterfaceId, Impossible> {
        let inside = self.observed.namespaces.get(&namespace);
        let found = inside.and_then(|inside| inside.interfaces.get(&index));
        let known = found.and_then(|found| self.id_of(namespace, found));
        known.ok_or_else(|| first(found.map_or("that interface", |found| found.name.as_str())))
    }

    fn id_of(self, namespace: NamespaceId, found: &ObservedInterface) -> Option<InterfaceId> {
        let is_here = |id: &InterfaceId| {
            let wanted = self.document.interfaces.get(id);
            wanted.is_some_and(|wanted| wanted.namespace == namespace)
        };
        let by_name = || self.document.interface_named(namespace, &found.name);
        found.id.filter(is_here).or_else(by_name)
    }

    /// Which interfaces of a namespace stand for which of the document.
    fn ids(self, namespace: NamespaceId) -> Ids {
        let inside = self.observed.namespaces.get(&namespace).into_iter();
        let inside = inside.flat_map(|inside| &inside.interfaces);
        inside
            .filter_map(|(index, found)| Some(((namespace, *index), self.id_of(namespace, found)?)))
            .collect()
    }
}

/// A setting of the kernel that somebody changed.
fn setting(owner: Owner, name: &str, drift: &Drift) -> Accepted {
    let observed = drift.difference.observed.as_str();
    let value = match observed.is_empty() {
        true => None,
        false => Some(observed.parse().map_err(|_| cannot(name))?),
    };
    Ok(Edit::SetSysctl {
        owner,
        name: name.to_owned(),
        value,
    })
}

/// One edit, or several as one.
fn all(mut edits: Vec<Edit>) -> Edit {
    match edits.pop() {
        Some(only) if edits.is_empty() => only,
        last => {
            edits.extend(last);
            Edit::Batch { edits }
        }
    }
}

fn first(name: &str) -> Impossible {
    Impossible(format!(
        "the document does not have {name}: accept that first"
    ))
}

/// For what has no edit.
fn cannot(what: &str) -> Impossible {
    Impossible(format!(
        "the document cannot say this of the {what}: revert it, or make it anew here"
    ))
}
