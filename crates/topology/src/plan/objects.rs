//! Namespaces and interfaces that come, go and change their names.

use std::collections::BTreeSet;

use super::settings::stands;
use super::{Planner, at};
use crate::document::Device;
use crate::document::{Interface, Kind};
use crate::id::{InterfaceId, NamespaceId};
use crate::name::{InterfaceName, NamespaceName};
use crate::observed::{ObservedInterface, ObservedKind};
use crate::step::{At, NewInterface, Step};

impl Planner<'_> {
    /// Interfaces made for the document that it no longer has, or has elsewhere or otherwise, and
    /// strangers that have the name of a wanted one.
    pub(super) fn remove_interfaces(&mut self) {
        let mut tried = BTreeSet::new();
        loop {
            let mut any = false;
            for at in self.doomed_interfaces() {
                let found = self.state.interface_named(at.namespace, at.name.as_str());
                // It may have gone with another.
                let is_doomed = found.is_some_and(|(_, i)| self.is_doomed(at.namespace, i));
                if is_doomed && tried.insert(at.clone()) {
                    any = true;
                    self.push(Step::RemoveInterface { at });
                }
            }
            if !any {
                return;
            }
        }
    }

    fn doomed_interfaces(&self) -> Vec<At> {
        let namespaces = self.state.namespaces.iter();
        let doomed = namespaces.flat_map(|(&namespace, found)| {
            let doomed = found.interfaces.values();
            let doomed = doomed.filter(move |i| self.is_doomed(namespace, i));
            doomed.filter_map(move |interface| {
                let name = interface.name.parse().ok()?;
                Some(At { namespace, name })
            })
        });
        doomed.collect()
    }

    fn is_doomed(&self, namespace: NamespaceId, interface: &ObservedInterface) -> bool {
        let is_covered = interface.id.is_none_or(|id| self.covers_interface(id));
        if interface.kind == ObservedKind::Loopback
            || !is_covered
            || interface.name.parse::<InterfaceName>().is_err()
        {
            return false;
        }
        let wanted = interface
            .id
            .and_then(|id| Some((id, self.document.interfaces.get(&id)?)));
        match (interface.id, wanted) {
            // It stands for one of the document: it stays while it fits.
            (_, Some((id, wanted))) => {
                // Another may stand for it by its name.
                let is_it = |(_, found): (u32, &ObservedInterface)| found.name == interface.name;
                wanted.namespace != namespace || !self.find(id, wanted).is_some_and(is_it)
            }
            // It stood for one that is not there any more.
            (Some(_), None) => true,
            // A stranger: only if it stands in the way.
            (None, None) => match self.document.interface_named(namespace, &interface.name) {
                Some(id) => {
                    let wanted = self.document.interfaces.get(&id);
                    self.covers_interface(id) && wanted.is_some_and(|w| self.find(id, w).is_none())
                }
                None => false,
            },
        }
    }

    pub(super) fn remove_namespaces(&mut self) {
        let known = self.state.namespaces.keys().copied();
        let gone: Vec<_> = known
            .filter(|id| *id != NamespaceId::HOST)
            .filter(|id| self.covers_namespace(*id) && !self.document.namespaces.contains_key(id))
            .collect();
        for namespace in gone {
            self.push(Step::RemoveNamespace { namespace });
        }
    }

    /// Who is in the way of another's new name gets one for the time being.
    pub(super) fn rename_namespaces(&mut self) {
        let wrong: Vec<_> = self
            .namespaces()
            .filter(|(id, ns)| {
                self.state
                    .namespaces
                    .get(id)
                    .is_some_and(|found| found.name != ns.name)
            })
            .map(|(id, ns)| (id, ns.name.clone()))
            .collect();
        let wanted: BTreeSet<_> = wrong.iter().map(|(_, name)| name.clone()).collect();
        for (namespace, name) in &wrong {
            let current = self
                .state
                .namespaces
                .get(namespace)
                .map(|found| found.name.clone());
            let in_the_way =
                current.is_some_and(|current| current != *name && wanted.contains(&current));
            let spare = format!("ny-ns{}", namespace.0 % 1_000_000_000).parse::<NamespaceName>();
            if let (true, Ok(name)) = (in_the_way, spare) {
                self.push(Step::RenameNamespace {
                    namespace: *namespace,
                    name,
                });
            }
        }
        for (namespace, name) in wrong {
            self.push(Step::RenameNamespace { namespace, name });
        }
    }

    pub(super) fn add_namespaces(&mut self) {
        let fresh: Vec<_> = self
            .namespaces()
            .filter(|(id, _)| !self.state.namespaces.contains_key(id))
            .map(|(namespace, ns)| Step::AddNamespace {
                namespace,
                name: ns.name.clone(),
            })
            .collect();
        self.push_all(fresh);
    }

    /// Down first: before Linux 6.2 an interface that is up keeps its name (EBUSY).
    pub(super) fn rename_interfaces(&mut self) {
        let wrong: Vec<(InterfaceId, &Interface)> = self
            .interfaces()
            .filter(|(id, wanted)| {
                self.find(*id, wanted)
                    .is_some_and(|(_, found)| found.name != wanted.name.as_str())
            })
            .collect();
        let wanted: BTreeSet<_> = wrong
            .iter()
            .map(|(_, i)| (i.namespace, i.name.to_string()))
            .collect();
        for &(id, interface) in &wrong {
            let Some(current) = self.current_name(id, interface) else {
                continue;
            };
            let at = At {
                namespace: interface.namespace,
                name: current.clone(),
            };
            if self.find(id, interface).is_some_and(|(_, found)| found.up) {
                self.push(Step::SetUp {
                    at: at.clone(),
                    up: false,
                });
            }
            let spare = format!("ny-if{}", id.0 % 1_000_000_000).parse::<InterfaceName>();
            if wanted.contains(&(interface.namespace, current.to_string()))
                && let Ok(name) = spare
            {
                self.push(Step::RenameInterface { at, name });
            }
        }
        for (id, interface) in wrong {
            let Some(current) = self.current_name(id, interface) else {
                continue;
            };
            let at = At {
                namespace: interface.namespace,
                name: current,
            };
            self.push(Step::RenameInterface {
                at,
                name: interface.name.clone(),
            });
        }
    }

    fn current_name(&self, id: InterfaceId, wanted: &Interface) -> Option<InterfaceName> {
        self.find(id, wanted)?.1.name.parse().ok()
    }

    /// Devices that stand on nothing, then links, then what stands on those: ports come after all.
    pub(super) fn add_interfaces(&mut self) {
        let missing: Vec<_> = self
            .interfaces()
            .filter(|(id, wanted)| self.find(*id, wanted).is_none())
            .collect();
        let (devices, links): (Vec<_>, Vec<_>) = missing
            .into_iter()
            .partition(|(_, wanted)| wanted.kind.device().is_some());
        let (standing, free): (Vec<_>, Vec<_>) =
            devices.into_iter().partition(|(_, wanted)| stands(wanted));
        self.add_devices(free);
        self.add_links(links);
        self.add_devices(standing);
    }

    /// Each as soon as all that it names is there.
    fn add_devices(&mut self, mut missing: Vec<(InterfaceId, &Interface)>) {
        while !missing.is_empty() {
            let is_ready = |(_, wanted): &(InterfaceId, &Interface)| {
                wanted.kind.links().all(|id| {
                    let named = self.document.interfaces.get(&id);
                    named.is_some_and(|named| self.find(id, named).is_some())
                })
            };
            let (mut ready, waiting): (Vec<_>, Vec<_>) = missing.into_iter().partition(is_ready);
            missing = waiting;
            if ready.is_empty() {
                // The kernel is to say what is missing.
                ready.append(&mut missing);
            }
            self.set_mtus_below(&ready);
            for (id, wanted) in ready {
                let lower = |id: &InterfaceId| Some(at(self.document.interfaces.get(id)?));
                let device = wanted.kind.device().and_then(|device| device.map(lower));
                // What is set afterwards is a difference like others.
                if let Some((device, _)) = device.map(Device::at_birth) {
                    self.push(Step::AddDevice {
                        new: NewInterface {
                            id: Some(id),
                            at: at(wanted),
                        },
                        device,
                        underlay: wanted.underlay,
                    });
                }
            }
        }
    }

    fn add_links(&mut self, missing: Vec<(InterfaceId, &Interface)>) {
        let mut made = BTreeSet::new();
        for (id, wanted) in missing {
            let Kind::Veth { peer } = wanted.kind else {
                continue;
            };
            let Some(other) = self.document.interfaces.get(&peer) else {
                continue;
            };
            if made.contains(&id) {
                continue;
            }
            made.insert(peer);
            let new = |id, wanted: &Interface| NewInterface {
                id: Some(id),
                at: at(wanted),
            };
            self.push(Step::AddVeth {
                ends: [new(id, wanted), new(peer, other)],
            });
        }
    }
}
