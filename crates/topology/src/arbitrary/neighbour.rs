//! Static neighbours and proxy entries.

use super::{Wish, nothing, pick};
use crate::document::Document;
use crate::edit::Edit;
use crate::neighbour::Neighbour;

impl Wish {
    /// Any: one on what has no MAC addresses is refused.
    pub(super) fn add_neighbour(&self, document: &Document) -> Edit {
        let neighbour = Neighbour {
            address: self.address().addr(),
            mac: (!self.c.is_multiple_of(3)).then_some(self.mac()),
        };
        Edit::AddNeighbour {
            interface: self.interface(document),
            neighbour,
        }
    }

    pub(super) fn remove_neighbour(&self, document: &Document) -> Edit {
        let all = document.interfaces.iter().flat_map(|(id, i)| {
            let id = *id;
            i.neighbours.iter().map(move |neighbour| (id, *neighbour))
        });
        match pick(all, self.a) {
            Some((interface, neighbour)) => Edit::RemoveNeighbour {
                interface,
                neighbour,
            },
            None => nothing(),
        }
    }
}
