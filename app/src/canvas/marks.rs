//! The state of every object, told once: the canvas, the inspector and the outline show the same.

use std::collections::BTreeMap;

use protocol::lab::ApplyFailure;
use topology::status::{Status, Statuses};
use topology::{InterfaceId, NamespaceId};

use super::mark::Mark;

/// What is known besides document and kernel.
#[derive(Clone, Copy)]
pub(crate) struct Standing<'a> {
    /// The last failure that no later edit has made good.
    pub(crate) failure: Option<&'a ApplyFailure>,
    /// Whether an edit is on its way into the kernel.
    pub(crate) settling: bool,
    /// Whether the kernel is heard of; without a connection what was heard last may be old.
    pub(crate) is_known: bool,
}

/// The mark of every object of a document.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Marks {
    namespaces: BTreeMap<NamespaceId, Mark>,
    interfaces: BTreeMap<InterfaceId, Mark>,
}

impl Marks {
    /// From the statuses and what else is known.
    pub(crate) fn of(statuses: &Statuses, standing: Standing<'_>) -> Self {
        let failed = standing
            .failure
            .map(|failure| (failure.namespace, failure.interface));
        let mark = |status: &Status, is_failed: bool| match is_failed {
            _ if !standing.is_known => Mark::Unknown,
            true => Mark::Failed,
            false => Mark::of(status, standing.settling),
        };
        let namespaces = statuses.namespaces.iter();
        let interfaces = statuses.interfaces.iter();
        Self {
            namespaces: namespaces
                .map(|(&id, status)| (id, mark(status, failed == Some((Some(id), None)))))
                .collect(),
            interfaces: interfaces
                .map(|(&id, status)| {
                    let is_failed = failed.is_some_and(|(_, interface)| interface == Some(id));
                    (id, mark(status, is_failed))
                })
                .collect(),
        }
    }

    /// Of a namespace.
    pub(crate) fn namespace(&self, id: NamespaceId) -> Mark {
        self.namespaces.get(&id).copied().unwrap_or_default()
    }

    /// Of an interface.
    pub(crate) fn interface(&self, id: InterfaceId) -> Mark {
        self.interfaces.get(&id).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statuses() -> Statuses {
        Statuses {
            namespaces: [(NamespaceId(1), Status::Up)].into(),
            interfaces: [(InterfaceId(1), Status::Missing)].into(),
        }
    }

    #[test]
    fn what_failed_is_failed_and_not_only_missing() {
        let failure = ApplyFailure {
            subject: "red/veth-red".into(),
            namespace: Some(NamespaceId(1)),
            interface: Some(InterfaceId(1)),
            command: String::new(),
            error: "no".into(),
        };
        let standing = Standing {
            failure: Some(&failure),
            settling: false,
            is_known: true,
        };
        let marks = Marks::of(&statuses(), standing);
        assert_eq!(marks.interface(InterfaceId(1)), Mark::Failed);
        assert_eq!(marks.namespace(NamespaceId(1)), Mark::Up);
    }

    #[test]
    fn without_a_connection_nothing_is_known() {
        let standing = Standing {
            failure: None,
            settling: true,
            is_known: false,
        };
        let marks = Marks::of(&statuses(), standing);
        assert_eq!(marks.interface(InterfaceId(1)), Mark::Unknown);
        assert_eq!(marks.namespace(NamespaceId(1)), Mark::Unknown);
        // Of what there is not, nothing is wanted but itself.
        assert_eq!(marks.namespace(NamespaceId(9)), Mark::Wanted);
    }
}
