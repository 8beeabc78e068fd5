//! VLANs, and entries of forwarding tables.

use topology::step::Step;

use super::{Executor, Failed};

impl Executor<'_> {
    /// VLANs, and entries of forwarding tables.
    pub(super) fn set_tables(&mut self, step: &Step) -> Result<(), Failed> {
        let (Step::AddVlans { at, .. }
        | Step::RemoveVlans { at, .. }
        | Step::AddFdb { at, .. }
        | Step::RemoveFdb { at, .. }) = step
        else {
            return Ok(());
        };
        let index = self.index(at)?;
        let socket = self.lab.socket(at.namespace)?;
        let (operation, what, result) = match step {
            Step::AddVlans { own, change, .. } => (
                "add",
                format!("VLAN {}", change.range),
                socket.add_vlans(index, *own, *change),
            ),
            Step::RemoveVlans { own, range, .. } => (
                "remove",
                format!("VLAN {range}"),
                socket.remove_vlans(index, *own, *range),
            ),
            Step::AddFdb { entry, .. } => ("add", entry.to_string(), socket.add_fdb(index, entry)),
            Step::RemoveFdb { entry, .. } => {
                ("remove", entry.to_string(), socket.remove_fdb(index, entry))
            }
            _ => return Ok(()),
        };
        self.say(result, operation, || {
            format!("{what} of {}", self.interface(at))
        })
    }
}
