//! The commands about one object of a document.

use std::collections::BTreeSet;

use super::script::steps_from_nothing;
use super::{Command, Names, from_nothing};
use crate::document::{Document, Interface};
use crate::id::{InterfaceId, NamespaceId, Node};
use crate::step::{At, Step};

/// What commands may be about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subject {
    /// A namespace with all that is in it.
    Namespace(NamespaceId),
    /// An interface; of a link both ends.
    Interface(InterfaceId),
}

impl From<Node> for Subject {
    fn from(node: Node) -> Self {
        match node {
            Node::Namespace(id) => Self::Namespace(id),
            Node::Bridge(id) => Self::Interface(id),
        }
    }
}

/// The commands of a document that make one object.
pub fn commands_about(document: &Document, subject: Subject) -> Vec<Command> {
    let names = Names::of(document);
    let subjects: Vec<InterfaceId> = match subject {
        Subject::Namespace(_) => Vec::new(),
        Subject::Interface(id) => {
            let peer = document.interfaces.get(&id).and_then(|i| i.peer());
            [Some(id), peer].into_iter().flatten().collect()
        }
    };
    let about = |step: &&Step| match subject {
        Subject::Namespace(id) => is_in(step, id),
        Subject::Interface(_) => subjects.iter().any(|id| is_of(document, step, *id)),
    };
    steps_from_nothing(&around(document, subject))
        .iter()
        .filter(about)
        .map(|step| from_nothing(step, &names))
        .collect()
}

/// The part of a document on which the commands about an object depend: to plan a lab of a thousand
/// namespaces whenever somebody selects one would be seen.
fn around(document: &Document, subject: Subject) -> Document {
    let first: BTreeSet<InterfaceId> = match subject {
        Subject::Namespace(id) => document.interfaces_of(id).map(|(id, _)| id).collect(),
        Subject::Interface(id) => BTreeSet::from([id]),
    };
    let mut kept = first.clone();
    for id in first {
        let Some(found) = document.interfaces.get(&id) else {
            continue;
        };
        kept.extend(found.peer());
        // The kernel changes the MTU of a bridge with those of its ports.
        kept.extend(found.kind.links());
        if found.kind.is_bridge() && found.mtu.is_some() {
            kept.extend(document.ports_of(id).map(|(port, _)| port));
        }
    }
    let more = |id: &InterfaceId| {
        let found = document.interfaces.get(id);
        let of = |i: &Interface| {
            let mut more: Vec<_> = [i.master, i.peer()].into_iter().flatten().collect();
            more.extend(i.kind.links());
            more
        };
        found.map_or_else(Vec::new, of)
    };
    // A link has two ends, a port its bridge, and what stands on something stands on that.
    for _ in 0..4 {
        kept = kept
            .iter()
            .flat_map(|id| std::iter::once(*id).chain(more(id)))
            .collect();
    }
    let mut part = document.clone();
    part.interfaces.retain(|id, _| kept.contains(id));
    let homes = part.interfaces.values();
    let homes = homes.flat_map(|i| std::iter::once(i.namespace).chain(i.underlay));
    let inhabited: BTreeSet<NamespaceId> = homes.collect();
    let is_subject = |id: &NamespaceId| subject == Subject::Namespace(*id);
    part.namespaces
        .retain(|id, _| *id == NamespaceId::HOST || inhabited.contains(id) || is_subject(id));
    for namespace in part.namespaces.values_mut() {
        let stays = |interface: InterfaceId| kept.contains(&interface);
        namespace
            .routes
            .retain(|route| route.interfaces().all(stays));
        namespace
            .rules
            .retain(|rule| rule.interfaces().all(|id| stays(*id)));
    }
    part
}

fn is_in(step: &Step, namespace: NamespaceId) -> bool {
    match step {
        Step::AddVeth { ends } => ends.iter().any(|end| end.at.namespace == namespace),
        step => step.namespace() == namespace,
    }
}

pub(crate) fn is_of(document: &Document, step: &Step, id: InterfaceId) -> bool {
    let Some(wanted) = document.interfaces.get(&id) else {
        return false;
    };
    let is_at = |at: &At| at.namespace == wanted.namespace && at.name == wanted.name;
    match step {
        Step::AddVeth { ends } => ends.iter().any(|end| end.id == Some(id)),
        Step::AddDevice { new, .. } => new.id == Some(id),
        Step::RemoveInterface { at }
        | Step::RenameInterface { at, .. }
        | Step::SetUp { at, .. }
        | Step::SetMtu { at, .. }
        | Step::SetMac { at, .. }
        | Step::SetMaster { at, .. }
        | Step::SetParameters { at, .. }
        | Step::SetPort { at, .. }
        | Step::AddVlans { at, .. }
        | Step::RemoveVlans { at, .. }
        | Step::AddFdb { at, .. }
        | Step::RemoveFdb { at, .. }
        | Step::AddNeighbour { at, .. }
        | Step::RemoveNeighbour { at, .. }
        | Step::AddAddress { at, .. }
        | Step::RemoveAddress { at, .. }
        | Step::SetOffload { at, .. }
        | Step::SetQdisc { at, .. } => is_at(at),
        Step::AddRoute { namespace, route } | Step::RemoveRoute { namespace, route } => {
            let mut named = route.interface.iter().chain(route.options.interfaces());
            *namespace == wanted.namespace && named.any(|name| *name == wanted.name)
        }
        Step::AddRule { namespace, rule } | Step::RemoveRule { namespace, rule } => {
            *namespace == wanted.namespace && rule.interfaces().any(|name| *name == wanted.name)
        }
        Step::SetSysctl {
            namespace,
            interface: Some(name),
            ..
        } => *namespace == wanted.namespace && *name == wanted.name,
        Step::AddNamespace { .. }
        | Step::RemoveNamespace { .. }
        | Step::RenameNamespace { .. }
        | Step::SetForwarding { .. }
        | Step::SetFirewall { .. }
        | Step::SetSysctl { .. }
        | Step::SetUplink { .. } => false,
    }
}
