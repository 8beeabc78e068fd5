//! What is set on devices and ports.

use super::lookup::resolve;
use super::{Planner, at};
use crate::document::Interface;
use crate::id::InterfaceId;
use crate::kind::parameters::Changes;
use crate::kind::{DeviceKind, port};
use crate::model::{at_of, name_of, qdisc_steps, renamed};
use crate::name::InterfaceName;
use crate::observed::{ObservedInterface, ObservedKind};
use crate::offload::Offload;
use crate::quality::Quality;
use crate::step::Step;

impl Planner<'_> {
    /// Parameters that the kernel changes in place; for others the device is made anew.
    pub(super) fn set_parameters(&mut self) {
        let mut steps = Vec::new();
        for (id, wanted) in self.interfaces() {
            let Some(device) = wanted.kind.device() else {
                continue;
            };
            let found = self.find(id, wanted).map(|(_, found)| &found.kind);
            let resolved = resolve(self.document, &self.state, &self.places, device);
            let (Some(ObservedKind::Device(found)), Some(resolved)) = (found, resolved) else {
                continue;
            };
            let changes = resolved.changes_from(found).unwrap_or_default();
            if !changes.is_empty() {
                steps.push(Step::SetParameters {
                    at: at(wanted),
                    kind: device.kind,
                    changes: renamed(&changes, |lower| at_of(&self.state, *lower)),
                });
            }
        }
        self.push_all(steps);
    }

    pub(super) fn set_macs(&mut self) {
        let mut steps = Vec::new();
        for (id, wanted) in self.interfaces() {
            let found = self.find(id, wanted).map(|(_, found)| found.mac);
            if let (Some(mac), Some(found)) = (wanted.mac, found)
                && found != Some(mac)
            {
                steps.push(Step::SetMac {
                    at: at(wanted),
                    mac,
                });
            }
        }
        self.push_all(steps);
    }

    /// What is done to the frames that leave.
    pub(super) fn set_qualities(&mut self) {
        let mut steps = Vec::new();
        for (id, wanted) in self.interfaces() {
            let Some((_, found)) = self.find(id, wanted) else {
                continue;
            };
            let quality = wanted.quality.as_ref();
            let qdiscs = quality.map(Quality::qdiscs).unwrap_or_default();
            steps.extend(qdisc_steps(&at(wanted), &found.qdiscs, &qdiscs));
        }
        self.push_all(steps);
    }

    /// What is left to interfaces: first what goes back and what is turned off, those that depend
    /// on others before these, then what is turned on.
    pub(super) fn set_offloads(&mut self) {
        let mut steps = Vec::new();
        for (id, wanted) in self.interfaces() {
            let Some((_, found)) = self.find(id, wanted) else {
                continue;
            };
            let step = |(offload, on): (Offload, Option<bool>)| Step::SetOffload {
                at: at(wanted),
                offload,
                on,
            };
            let unset = found.offloads.keys();
            let unset = unset.filter(|offload| !wanted.offloads.contains_key(offload));
            steps.extend(unset.map(|offload| step((*offload, None))));
            let differs =
                |(offload, on): &(&Offload, &bool)| found.offloads.get(offload) != Some(on);
            let differing: Vec<_> = wanted.offloads.iter().filter(differs).collect();
            let off = differing.iter().rev().filter(|(_, on)| !**on);
            let on = differing.iter().filter(|(_, on)| **on);
            let set = off.chain(on).map(|(offload, on)| (**offload, Some(**on)));
            steps.extend(set.map(step));
        }
        self.push_all(steps);
    }

    pub(super) fn set_masters(&mut self) {
        let mut steps = Vec::new();
        for (id, wanted) in self.interfaces() {
            let Some((_, found)) = self.find(id, wanted) else {
                continue;
            };
            let master = wanted
                .master
                .and_then(|master| Some((master, self.document.interfaces.get(&master)?)));
            let index = master.and_then(|(id, master)| Some(self.find(id, master)?.0));
            let is_there = match master {
                None => found.master.is_none(),
                Some(_) => index.is_some() && found.master == index,
            };
            if is_there {
                continue;
            }
            if found.up && master.is_some_and(|(_, master)| master.kind.is(DeviceKind::Bond)) {
                // A bond takes only what is down, and sets it up.
                steps.push(Step::SetUp {
                    at: at(wanted),
                    up: false,
                });
            }
            steps.push(Step::SetMaster {
                at: at(wanted),
                master: master.map(|(_, master)| master.name.clone()),
            });
        }
        self.push_all(steps);
    }

    /// Ports of bridges, once they are.
    pub(super) fn set_ports(&mut self) {
        let mut steps = Vec::new();
        for (id, wanted) in self.interfaces() {
            let Some((_, found)) = self.find(id, wanted) else {
                continue;
            };
            let changes = self.port_changes(wanted, found);
            if !changes.is_empty() {
                steps.push(Step::SetPort {
                    at: at(wanted),
                    changes,
                });
            }
        }
        self.push_all(steps);
    }

    fn port_changes(
        &self,
        wanted: &Interface,
        found: &ObservedInterface,
    ) -> Changes<InterfaceName> {
        if wanted.master.is_none() || found.port.is_empty() {
            return Changes::new();
        }
        let index = |id: &InterfaceId| {
            let interface = self.document.interfaces.get(id)?;
            Some(self.find(*id, interface)?.0)
        };
        let resolved = wanted.port.map(index);
        let changes = resolved.map(|port| port.changes_from(&found.port, port::TABLE));
        let named = |index: &u32| name_of(&self.state, wanted.namespace, *index);
        renamed(&changes.unwrap_or_default(), named)
    }
}
