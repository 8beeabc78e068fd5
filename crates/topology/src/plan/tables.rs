//! The VLANs of bridges and of their ports, and entries of forwarding tables.
//!
//! VLANs are added before the entries that are in them, and removed after those: the kernel takes
//! and removes no entry of a VLAN that its port is not in.

use super::{Planner, at};
use crate::document::Interface;
use crate::fdb::FdbEntry;
use crate::id::InterfaceId;
use crate::observed::ObservedInterface;
use crate::step::Step;
use crate::vlans::Vlans;

impl Planner<'_> {
    pub(super) fn add_vlans(&mut self) {
        let mut steps = Vec::new();
        for (wanted, found, vlans) in self.with_vlans() {
            let own = wanted.kind.is_bridge();
            let changes = found.additions(&vlans);
            steps.extend(changes.into_iter().map(|change| Step::AddVlans {
                at: at(wanted),
                own,
                change,
            }));
        }
        self.push_all(steps);
    }

    pub(super) fn remove_vlans(&mut self) {
        let mut steps = Vec::new();
        for (wanted, found, vlans) in self.with_vlans() {
            let own = wanted.kind.is_bridge();
            let ranges = found.removals(&vlans);
            steps.extend(ranges.into_iter().map(|range| Step::RemoveVlans {
                at: at(wanted),
                own,
                range,
            }));
        }
        self.push_all(steps);
    }

    /// Bridges and ports, with the VLANs that they have and are to have.
    fn with_vlans(&self) -> Vec<(&Interface, &Vlans, Vlans)> {
        let document = self.document;
        let all = self.with_tables().into_iter();
        let vlans = all.filter_map(|(id, wanted)| {
            let (_, found) = self.find(id, wanted)?;
            let vlans = document.vlans_of(wanted)?;
            Some((wanted, found.vlans.as_ref()?, vlans))
        });
        vlans.collect()
    }

    /// A bridge changes its ports with its default PVID.
    fn with_tables(&self) -> Vec<(InterfaceId, &Interface)> {
        let is_device = |(_, wanted): (_, &Interface)| wanted.kind.device().is_some();
        if !self.interfaces().any(is_device) {
            return self.interfaces().collect();
        }
        let covers = |id: &InterfaceId, wanted: &Interface| {
            let master = wanted.master;
            self.covers_interface(*id) || master.is_some_and(|master| self.covers_interface(master))
        };
        let all = self.document.interfaces.iter();
        let covered = all.filter(|(id, wanted)| covers(id, wanted));
        covered.map(|(id, wanted)| (*id, wanted)).collect()
    }

    /// First those that are missing: one for all VLANs takes the place of one for each.
    pub(super) fn set_fdb(&mut self) {
        let missing = |wanted: &Interface, found: &ObservedInterface| {
            wanted.fdb.difference(&found.fdb).copied().collect()
        };
        let add = |at, entry| Step::AddFdb { at, entry };
        self.push_fdb(missing, add);
        let unwanted = |wanted: &Interface, found: &ObservedInterface| {
            found.fdb.difference(&wanted.fdb).copied().collect()
        };
        let remove = |at, entry| Step::RemoveFdb { at, entry };
        self.push_fdb(unwanted, remove);
    }

    fn push_fdb(
        &mut self,
        which: impl Fn(&Interface, &ObservedInterface) -> Vec<FdbEntry>,
        step: impl Fn(crate::step::At, FdbEntry) -> Step,
    ) {
        let mut steps = Vec::new();
        for (id, wanted) in self.with_tables() {
            if let Some((_, found)) = self.find(id, wanted) {
                let entries = which(wanted, found).into_iter();
                steps.extend(entries.map(|entry| step(at(wanted), entry)));
            }
        }
        self.push_all(steps);
    }
}
