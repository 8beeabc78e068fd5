//! What can be done about a problem in one click.

use super::{Problem, floods};
use crate::address::Family;
use crate::document::{Document, Interface};
use crate::edit::{Edit, Field, Place};
use crate::id::{InterfaceId, NamespaceId};

/// An edit that makes a problem go away.
#[derive(Clone, PartialEq, Debug)]
pub struct Fix {
    /// What it does, for a button.
    pub label: String,
    /// The edit.
    pub edit: Edit,
}

/// What would mend a problem of this document; nothing where a person has to decide.
pub fn fixes(document: &Document, problem: &Problem) -> Vec<Fix> {
    let fix = match problem.place {
        Place::Interface(id, Some(Field::Up)) => set_up(document, id),
        Place::Interface(id, Some(Field::Sysctl)) => floods::fix(document, id),
        Place::Namespace(id, None) => forward(id, problem),
        _ => None,
    };
    fix.into_iter().collect()
}

/// What is said of a gateway that is none.
pub(super) fn not_forwarding(family: Family) -> String {
    format!("does not forward {}", family.name())
}

fn forward(namespace: NamespaceId, problem: &Problem) -> Option<Fix> {
    let mut families = [Family::Ipv4, Family::Ipv6].into_iter();
    let family = families.find(|family| problem.text.ends_with(&not_forwarding(*family)))?;
    let on = true;
    Some(Fix {
        label: format!("Forward {}", family.name()),
        edit: Edit::SetForwarding {
            namespace,
            family,
            on,
        },
    })
}

/// With its peer: else there would be no carrier.
fn set_up(document: &Document, id: InterfaceId) -> Option<Fix> {
    let peer = document.interfaces.get(&id).and_then(Interface::peer);
    let is_down = |id: &InterfaceId| document.interfaces.get(id).is_some_and(|i| !i.up);
    let down: Vec<_> = [Some(id), peer].into_iter().flatten().collect();
    let up = true;
    let mut edits: Vec<_> = down
        .into_iter()
        .filter(is_down)
        .map(|interface| Edit::SetUp { interface, up })
        .collect();
    let (label, edit) = match edits.len() {
        0 => return None,
        1 => ("Set it up", edits.remove(0)),
        _ => ("Set both ends up", Edit::Batch { edits }),
    };
    Some(Fix {
        label: label.to_owned(),
        edit,
    })
}
