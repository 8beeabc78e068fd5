//! Which namespace is meant by the number that another one has for it.

use std::collections::{BTreeMap, BTreeSet};

use topology::NamespaceId;

use crate::namespace::Namespace;
use crate::netlink::{Failure, Socket};

/// The numbers that the lab's namespaces have for each other.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    /// The host's, which the engine gave.
    assigned: BTreeMap<i32, NamespaceId>,
    known: BTreeMap<(NamespaceId, i32), Known>,
    /// Between which there are links that the engine made, each both ways:
    /// without them all namespaces of the lab would be asked for.
    links: BTreeSet<(NamespaceId, NamespaceId)>,
}

#[derive(Debug)]
struct Known {
    /// `None`: a namespace that is not of the lab.
    whose: Option<NamespaceId>,
    /// Whether the dump that is going on has come across it.
    used: bool,
}

impl Numbers {
    /// Remembers the number that the host's namespace has for another.
    pub(super) fn assign(&mut self, number: i32, whose: NamespaceId) {
        self.assigned.insert(number, whose);
    }

    /// Whose number it is in the host's namespace.
    pub(super) fn assigned(&self, number: i32) -> Option<NamespaceId> {
        self.assigned.get(&number).copied()
    }

    /// Remembers that there is a link between two namespaces.
    pub(super) fn introduce(&mut self, [a, b]: [NamespaceId; 2]) {
        self.links.extend([(a, b), (b, a)]);
    }

    /// Whose number it is.
    pub(super) fn whose(
        &mut self,
        own: NamespaceId,
        socket: &mut Socket,
        number: i32,
        namespaces: &BTreeMap<NamespaceId, Namespace>,
    ) -> Result<Option<NamespaceId>, Failure> {
        if own == NamespaceId::HOST
            && let Some(whose) = self.assigned(number)
        {
            return Ok(Some(whose));
        }
        if let Some(known) = self.known.get_mut(&(own, number)) {
            known.used = true;
            return Ok(known.whose);
        }
        let linked = self.links.range((own, NamespaceId::HOST)..);
        let linked = linked
            .take_while(|(from, _)| *from == own)
            .filter_map(|(_, to)| namespaces.get_key_value(to));
        let mut whose = None;
        for (id, namespace) in linked.chain(namespaces) {
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

    /// Numbers of `own` may stand for something else by now. They are asked for again, but for
    /// those that the engine gave.
    pub(super) fn doubt(&mut self, own: NamespaceId) {
        self.known.retain(|(namespace, _), _| *namespace != own);
    }

    /// The namespace is none of the lab any more.
    pub(super) fn forget(&mut self, gone: NamespaceId) {
        self.assigned.retain(|_, whose| *whose != gone);
        self.links.retain(|(a, b)| *a != gone && *b != gone);
        self.known
            .retain(|(own, _), known| *own != gone && known.whose != Some(gone));
    }

    fn of(&mut self, own: NamespaceId) -> impl Iterator<Item = &mut Known> {
        self.known
            .range_mut((own, i32::MIN)..=(own, i32::MAX))
            .map(|(_, known)| known)
    }
}
