//! `bridge vlan`, `bridge fdb`, `ip neigh`.

use super::World;
use crate::command::action::Action;
use crate::id::NamespaceId;
use crate::step::{At, Step};

impl World {
    /// Does what is about VLANs, forwarding tables or neighbours, and nothing else.
    pub(super) fn set_tables(&mut self, here: NamespaceId, action: Action) -> Result<(), String> {
        let at = |name| At {
            namespace: here,
            name,
        };
        let step = match action {
            Action::AddVlans {
                interface,
                own,
                change,
            } => Step::AddVlans {
                at: at(interface),
                own,
                change,
            },
            Action::RemoveVlans {
                interface,
                own,
                range,
            } => Step::RemoveVlans {
                at: at(interface),
                own,
                range,
            },
            Action::AddFdb { interface, entry } => Step::AddFdb {
                at: at(interface),
                entry,
            },
            Action::RemoveFdb { interface, entry } => Step::RemoveFdb {
                at: at(interface),
                entry,
            },
            Action::AddNeighbour {
                interface,
                neighbour,
            } => Step::AddNeighbour {
                at: at(interface),
                neighbour,
            },
            Action::RemoveNeighbour {
                interface,
                address,
                proxy,
            } => {
                let at = at(interface);
                let mut known = self.exists(&at)?.neighbours.iter().copied();
                let found = known.find(|n| n.address == address && n.is_proxy() == proxy);
                let neighbour = found.ok_or_else(|| {
                    format!("{} has no such entry for {address} at this point", at.name)
                })?;
                Step::RemoveNeighbour { at, neighbour }
            }
            _ => return Ok(()),
        };
        self.step(&step)
    }
}
