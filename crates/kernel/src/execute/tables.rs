//! VLANs, and entries of forwarding and neighbour tables.

use topology::step::Step;

use super::{Executor, Failed};

impl Executor<'_> {
    /// VLANs, and entries of forwarding and neighbour tables.
    pub(super) fn set_tables(&mut self, step: &Step) -> Result<(), Failed> {
        let (Step::AddVlans { at, .. }
        | Step::RemoveVlans { at, .. }
        | Step::AddFdb { at, .. }
        | Step::RemoveFdb { at, .. }
        | Step::AddNeighbour { at, .. }
        | Step::RemoveNeighbour { at, .. }) = step
        else {
            return Ok(());
        };
        let index = self.index(at)?;
        if matches!(
            step,
            Step::AddNeighbour { .. } | Step::RemoveNeighbour { .. }
        ) {
            self.lab.sets_neighbours(at.namespace);
        }
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
            Step::AddNeighbour { neighbour, .. } => (
                "add",
                neighbour.to_string(),
                socket.add_neighbour(index, neighbour),
            ),
            Step::RemoveNeighbour { neighbour, .. } => (
                "remove",
                neighbour.to_string(),
                socket.remove_neighbour(index, neighbour),
            ),
            _ => return Ok(()),
        };
        self.say(result, operation, || {
            format!("{what} of {}", self.interface(at))
        })
    }
}
