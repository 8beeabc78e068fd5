//! `bridge vlan`, `bridge fdb`.

use super::World;
use crate::command::action::Action;
use crate::id::NamespaceId;
use crate::step::{At, Step};

impl World {
    /// Does what is about VLANs or forwarding tables, and nothing else.
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
            _ => return Ok(()),
        };
        self.step(&step)
    }
}
