//! Static neighbours and proxy entries.

use super::{Planner, at};
use crate::address::Family;
use crate::neighbour::Neighbour;
use crate::step::{At, Step};
use crate::sysctl;

impl Planner<'_> {
    /// One that says another MAC address takes the place of the old one. After all else of the
    /// interface: what changes there may take them along, and on a bridge what changes on a port.
    pub(super) fn set_neighbours(&mut self) {
        let mut steps = Vec::new();
        for (id, wanted) in self.interfaces_and_mtus() {
            let Some((_, found)) = self.find(id, wanted) else {
                continue;
            };
            let around = self.state.namespaces.get(&wanted.namespace);
            let has_ipv6 = around.is_some_and(|around| sysctl::has_ipv6(around, found));
            let is_taken = |entry: &&Neighbour| entry.family() == Family::Ipv4 || has_ipv6;
            let missing = wanted.neighbours.difference(&found.neighbours);
            let missing: Vec<Neighbour> = missing.filter(is_taken).copied().collect();
            let replaced = |old: &Neighbour| missing.iter().any(|new| new.is_instead_of(old));
            let unwanted = found.neighbours.difference(&wanted.neighbours);
            let unwanted = unwanted.filter(|old| !replaced(old)).copied();
            steps.extend(unwanted.map(remove(at(wanted))));
            steps.extend(missing.iter().copied().map(add(at(wanted))));
        }
        self.push_all(steps);
    }
}

fn add(at: At) -> impl Fn(Neighbour) -> Step {
    move |neighbour| Step::AddNeighbour {
        at: at.clone(),
        neighbour,
    }
}

fn remove(at: At) -> impl Fn(Neighbour) -> Step {
    move |neighbour| Step::RemoveNeighbour {
        at: at.clone(),
        neighbour,
    }
}
