//! Which namespace is meant by the number that another one has for it.

use std::collections::BTreeMap;

use topology::NamespaceId;

use crate::namespace::Namespace;
use crate::netlink::{Failure, Socket};

/// The numbers that the lab's namespaces have for each other.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    known: BTreeMap<(NamespaceId, i32), Known>,
}

#[derive(Debug)]
struct Known {
    /// `None`: a namespace that is not of the lab.
    whose: Option<NamespaceId>,
    /// Whether the dump that is going on has come across it.
    used: bool,
}

impl Numbers {
    /// Learns whose a number of a namespace is. Without it that would be found
    /// by asking for every namespace of the lab.
    pub(super) fn learn(&mut self, number: (NamespaceId, i32), whose: NamespaceId) {
        let known = Known {
            whose: Some(whose),
            used: true,
        };
        self.known.insert(number, known);
    }

    /// Whose number it is.
    pub(super) fn whose(
        &mut self,
        own: NamespaceId,
        socket: &mut Socket,
        number: i32,
        namespaces: &BTreeMap<NamespaceId, Namespace>,
    ) -> Result<Option<NamespaceId>, Failure> {
        if let Some(known) = self.known.get_mut(&(own, number)) {
            known.used = true;
            return Ok(known.whose);
        }
        let mut whose = None;
        for (id, namespace) in namespaces {
            if socket.nsid_of(namespace.net_fd())? == Some(number) {
                whose = Some(*id);
                break;
            }
        }
        self.known
            .insert((own, number), Known { whose, used: true });
        Ok(whose)
    }

    /// A dump of `own` begins.
    pub(super) fn begin(&mut self, own: NamespaceId) {
        for known in self.of(own) {
            known.used = false;
        }
    }

    /// A dump of `own` has ended: the numbers that it has not come across may
    /// soon stand for something else.
    pub(super) fn end(&mut self, own: NamespaceId) {
        self.known
            .retain(|(namespace, _), known| *namespace != own || known.used);
    }

    /// The namespace is none of the lab any more.
    pub(super) fn forget(&mut self, gone: NamespaceId) {
        self.known
            .retain(|(own, _), known| *own != gone && known.whose != Some(gone));
    }

    fn of(&mut self, own: NamespaceId) -> impl Iterator<Item = &mut Known> {
        self.known
            .range_mut((own, i32::MIN)..=(own, i32::MAX))
            .map(|(_, known)| known)
    }
}
