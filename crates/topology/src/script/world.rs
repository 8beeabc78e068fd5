//! The network that a script makes, command by command, on the model kernel.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::{Family, InterfaceAddress, is_kernels_own, is_per_link};
use crate::adopt::adopt;
use crate::command::action::Action;
use crate::command::link::FIRST_PROCESS;
use crate::document::Document;
use crate::edit::{MAX_INTERFACES, MAX_LIST, MAX_NAMESPACES};
use crate::id::{InterfaceId, NamespaceId};
use crate::mac::Mac;
use crate::model;
use crate::name::NamespaceName;
use crate::observed::{Observed, ObservedAddress, ObservedInterface, ObservedKind, ObservedRoute};
use crate::step::{At, Step, StepRoute};
use crate::sysctl;

mod firewall;
mod link;
mod qdisc;
mod route;
mod rule;
mod tables;
mod wireguard;

/// The model kernel, and what it does not remember.
#[derive(Clone)]
pub(super) struct World {
    state: Observed,
    next_namespace: u64,
    /// The namespaces that were made, by name: nearly every command names one.
    made: BTreeMap<NamespaceName, NamespaceId>,
    next_interface: u64,
    /// Routes in the order and as they were written: without an interface that the gateway tells,
    /// with a metric that is the default anyway.
    routes: BTreeMap<NamespaceId, Vec<(ObservedRoute, StepRoute)>>,
    /// MTUs that were set by hand, also to what they were: a bridge with one follows its ports no
    /// more.
    mtus: BTreeMap<InterfaceId, u32>,
    /// MAC addresses that were set: what the kernel gives is not remembered.
    macs: BTreeMap<InterfaceId, Mac>,
    /// Where no step may have given or taken a carrier since they were settled.
    settled: BTreeSet<NamespaceId>,
    /// The handles of roots of queueing disciplines, as far as they were made.
    roots: BTreeMap<InterfaceId, u16>,
}

impl World {
    pub(super) fn new() -> Self {
        let mut state = model::fresh();
        for host in state.namespaces.values_mut() {
            for loopback in host.interfaces.values_mut() {
                loopback.id = Some(InterfaceId::HOST_LOOPBACK);
            }
        }
        Self {
            state,
            next_namespace: 1,
            made: BTreeMap::new(),
            next_interface: 1,
            routes: BTreeMap::new(),
            mtus: BTreeMap::new(),
            macs: BTreeMap::new(),
            settled: BTreeSet::new(),
            roots: BTreeMap::new(),
        }
    }

    /// What a person would have written for what is there now.
    pub(super) fn document(&self, title: &str) -> Document {
        let mut document = adopt(title, &self.state);
        self.routes_as_written(&mut document);
        for (id, mac) in &self.macs {
            if let Some(interface) = document.interfaces.get_mut(id) {
                interface.mac = Some(*mac);
            }
        }
        for (id, mtu) in &self.mtus {
            if let Some(interface) = document.interfaces.get_mut(id) {
                interface.mtu = Some(*mtu);
            }
        }
        document
    }

    /// Does what a command does; `Err` says why the kernel, or a document, would not.
    pub(super) fn act(&mut self, here: NamespaceId, action: Action) -> Result<(), String> {
        match action {
            Action::AddNamespace(name) => self.add_namespace(name),
            Action::RemoveNamespace(name) => {
                let namespace = self.namespace(&name)?;
                self.step(&Step::RemoveNamespace { namespace })?;
                self.made.remove(&name);
                Ok(())
            }
            Action::AddVeth { ends } => self.add_veth(here, ends),
            Action::AddDevice { new, device, below } => {
                self.add_device(here, new, &device, below.as_ref())
            }
            Action::RemoveInterface(name) => self.step(&Step::RemoveInterface {
                at: At {
                    namespace: here,
                    name,
                },
            }),
            Action::SetLink { name, change } => self.set_link(here, name, change),
            Action::AddAddress { interface, address } => {
                let at = At {
                    namespace: here,
                    name: interface,
                };
                if self.exists(&at)?.addresses.len() >= MAX_LIST {
                    return Err(format!("an interface has at most {MAX_LIST} addresses"));
                }
                let found = self
                    .state
                    .namespaces
                    .get(&here)
                    .into_iter()
                    .flat_map(|ns| ns.interfaces.values());
                let other = found.filter(|i| i.name != at.name.as_str()).find(|i| {
                    let is_same = |a: &ObservedAddress| a.address.addr() == address.addr();
                    !is_per_link(address.addr()) && i.addresses.iter().any(is_same)
                });
                if let Some(other) = other {
                    return Err(format!(
                        "{address} is on {} of the same namespace already: a lab has an address once in a namespace",
                        other.name
                    ));
                }
                self.step(&Step::AddAddress { at, address })
            }
            Action::ReplaceAddress { interface, address } => {
                let at = At {
                    namespace: here,
                    name: interface.clone(),
                };
                let found = self.exists(&at)?;
                // It would change how long the address is valid, and nothing else.
                match found.addresses.iter().any(|a| a.address.excludes(&address)) {
                    true => Ok(()),
                    false => self.act(here, Action::AddAddress { interface, address }),
                }
            }
            Action::RemoveAddress { interface, address } => {
                let at = At {
                    namespace: here,
                    name: interface,
                };
                let found = self.exists(&at)?;
                if found.kind == ObservedKind::Loopback && found.up && is_kernels_own(address) {
                    return Err(format!(
                        "the kernel itself gives {address} to the loopback: no lab is without it"
                    ));
                }
                // What the kernel looks at: a broadcast address and a scope are not named.
                let is_it = |a: &&ObservedAddress| {
                    a.address.excludes(&address) && a.address.prefix_len() == address.prefix_len()
                };
                let known = found.addresses.iter().find(is_it).map(|a| a.address);
                let address = known.unwrap_or(address);
                self.step(&Step::RemoveAddress { at, address })
            }
            Action::FlushAddresses { interface, family } => {
                let at = At {
                    namespace: here,
                    name: interface,
                };
                let addresses = &self.exists(&at)?.addresses;
                let is_meant = |address: &InterfaceAddress| {
                    let is_of_family =
                        family.is_none_or(|family| Family::of(address.addr()) == family);
                    is_of_family && !is_kernels_own(*address)
                };
                let meant: Vec<InterfaceAddress> = addresses
                    .iter()
                    .map(|a| a.address)
                    .filter(is_meant)
                    .collect();
                for address in meant {
                    // With a first address its others may go, too.
                    let at = at.clone();
                    if self
                        .exists(&at)?
                        .addresses
                        .iter()
                        .any(|a| a.address == address)
                    {
                        self.step(&Step::RemoveAddress { at, address })?;
                    }
                }
                Ok(())
            }
            Action::AddRoute(route) => {
                let route = self.in_vrf(here, route)?;
                self.settle_carriers(here);
                self.add_route(here, route)
            }
            Action::RemoveRoute(route) => {
                let route = self.in_vrf(here, route)?;
                self.settle_carriers(here);
                self.remove_route(here, &route)
            }
            Action::AddRule(said) => self.add_rule(here, said),
            Action::RemoveRule(said) => self.remove_rule(here, &said),
            Action::ReplaceRoute(route) => {
                let route = self.in_vrf(here, route)?;
                self.settle_carriers(here);
                self.replace_route(here, route)
            }
            Action::SetForwarding { family, on } => self.step(&Step::SetForwarding {
                namespace: here,
                family,
                on,
            }),
            Action::KeepForwarding {
                interface,
                family,
                on,
            } => {
                if let Some(name) = interface {
                    let namespace = here;
                    self.exists(&At { namespace, name })?;
                }
                self.keep_forwarding(here, family, on)
            }
            Action::SetSysctl {
                interface,
                name,
                value,
            } => {
                if interface.is_none() {
                    self.say_what_they_have(here, &name);
                }
                self.step(&Step::SetSysctl {
                    namespace: here,
                    interface,
                    name,
                    value: Some(value),
                })
            }
            Action::Firewall(change) => self.change_firewall(here, &change),
            Action::SetQdisc(change) => self.set_qdisc(here, change),
            action @ (Action::AddVlans { .. }
            | Action::RemoveVlans { .. }
            | Action::AddFdb { .. }
            | Action::RemoveFdb { .. }
            | Action::AddNeighbour { .. }
            | Action::RemoveNeighbour { .. }) => self.set_tables(here, action),
            Action::SetOffload {
                interface,
                offload,
                on,
            } => {
                let at = At {
                    namespace: here,
                    name: interface,
                };
                self.step(&Step::SetOffload {
                    at,
                    offload,
                    on: Some(on),
                })
            }
            Action::SetWireguard { interface, change } => {
                self.set_wireguard(here, interface, &change)
            }
            Action::InVrf { vrf, .. } => self.table_of_vrf(here, &vrf).map(drop),
            Action::Look | Action::Inside { .. } => Ok(()),
        }
    }

    /// To set it for all sets it for each interface and for those to come (`inet_forward_change`,
    /// `addrconf_forward_change`): then nothing is changed here.
    fn keep_forwarding(&self, here: NamespaceId, family: Family, on: bool) -> Result<(), String> {
        let around = self.state.namespaces.get(&here);
        match around.is_some_and(|around| around.forwarding.get(family) == on) {
            true => Ok(()),
            false => Err(
                "forwarding of one interface, or of those to come, that is not that of \
                 the whole namespace is not supported"
                    .to_owned(),
            ),
        }
    }

    /// What interfaces begin with is not changed on those that are there: they are to say what
    /// they have, for a document has no order of time.
    fn say_what_they_have(&mut self, here: NamespaceId, name: &str) {
        let own = name.replace("net.", "").replace("conf.default.", "");
        let known = sysctl::setting(&own, true).ok();
        let Some(usual) = known.filter(|_| name.contains(".conf.default.")) else {
            return;
        };
        if sysctl::spreads(name) {
            // The model knows.
            return;
        }
        if let Some(around) = self.state.namespaces.get_mut(&here) {
            let begun = around.sysctls.get(name).copied();
            let begun = begun.unwrap_or(usual.usual);
            let there = around.interfaces.values_mut();
            for interface in there.filter(|i| i.kind != ObservedKind::Loopback) {
                interface.sysctls.entry(own.clone()).or_insert(begun);
            }
        }
    }

    /// Routes depend on them: an interface has its link-local network while it has a carrier.
    fn settle_carriers(&mut self, here: NamespaceId) {
        if self.settled.insert(here) {
            model::settle_carriers_of(&mut self.state, here);
        }
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        let is_of_addresses = matches!(
            step,
            Step::AddRoute { .. }
                | Step::RemoveRoute { .. }
                | Step::AddAddress { .. }
                | Step::RemoveAddress { .. }
        );
        if !is_of_addresses {
            self.settled.clear();
        }
        model::execute(&mut self.state, step)
            .map(drop)
            .map_err(|refused| refused.to_string())
    }

    /// Names of interfaces of a namespace.
    pub(super) fn interfaces(&self, namespace: NamespaceId) -> impl Iterator<Item = &str> {
        let found = self.state.namespaces.get(&namespace).into_iter();
        found
            .flat_map(|ns| ns.interfaces.values())
            .map(|interface| interface.name.as_str())
    }

    /// The interface of a namespace in whose network an address is.
    pub(super) fn interface_towards(
        &self,
        namespace: NamespaceId,
        address: std::net::IpAddr,
    ) -> Option<String> {
        let found = self.state.namespaces.get(&namespace)?;
        let mut all = found.interfaces.values();
        let is_there = |a: &ObservedAddress| a.address.contains(&address);
        let found = all.find(|interface| interface.addresses.iter().any(is_there));
        found.map(|interface| interface.name.clone())
    }

    pub(super) fn has_interface(&self, namespace: NamespaceId, name: &str) -> bool {
        self.state.interface_named(namespace, name).is_some()
    }

    /// Names of the namespaces that were made, in their order.
    pub(super) fn namespaces(&self) -> impl Iterator<Item = &str> {
        let made = self.state.namespaces.iter();
        made.filter(|(id, _)| **id != NamespaceId::HOST)
            .map(|(_, ns)| ns.name.as_str())
    }

    pub(super) fn name_of(&self, namespace: NamespaceId) -> Option<String> {
        let found = self.state.namespaces.get(&namespace);
        found.map(|ns| ns.name.to_string())
    }

    /// One in which something is to be, which may be said by its first process.
    fn target(&self, name: &NamespaceName) -> Result<NamespaceId, String> {
        match self.namespace(name) {
            Err(_) if name.as_str() == FIRST_PROCESS => Ok(NamespaceId::HOST),
            found => found,
        }
    }

    pub(super) fn namespace(&self, name: &NamespaceName) -> Result<NamespaceId, String> {
        let found = self.made.get(name).copied();
        found.ok_or_else(|| format!("there is no namespace {name} at this point"))
    }

    fn exists(&self, at: &At) -> Result<&ObservedInterface, String> {
        let found = self.state.interface_named(at.namespace, at.name.as_str());
        found.map(|(_, interface)| interface).ok_or_else(|| {
            let place = self
                .state
                .namespaces
                .get(&at.namespace)
                .map(|ns| ns.name.to_string());
            format!(
                "there is no interface {} in {} at this point",
                at.name,
                place.unwrap_or_default()
            )
        })
    }

    /// Refused beyond what a document holds: a script of millions of commands ends here.
    fn fresh_interface(&mut self) -> Result<InterfaceId, String> {
        let id = self.next_interface;
        if id >= MAX_INTERFACES as u64 {
            return Err(format!(
                "a script makes at most {MAX_INTERFACES} interfaces"
            ));
        }
        self.next_interface += 1;
        Ok(InterfaceId(id))
    }

    fn add_namespace(&mut self, name: NamespaceName) -> Result<(), String> {
        if name == NamespaceName::host() {
            return Err(
                "`host` is what Netyard calls the lab's own root namespace: choose another name"
                    .into(),
            );
        }
        if self.next_namespace >= MAX_NAMESPACES as u64 {
            return Err(format!(
                "a script makes at most {MAX_NAMESPACES} namespaces"
            ));
        }
        let namespace = NamespaceId(self.next_namespace);
        // The model would look through all of them.
        if self.made.contains_key(&name) {
            return Err(model::name_is_taken(&name).to_string());
        }
        self.settled.clear();
        model::add_namespace(&mut self.state, namespace, &name)
            .map_err(|refused| refused.to_string())?;
        self.made.insert(name, namespace);
        self.next_namespace += 1;
        let id = self.fresh_interface()?;
        let made = self.state.namespaces.get_mut(&namespace);
        if let Some(loopback) = made.and_then(|ns| ns.interfaces.values_mut().next()) {
            loopback.id = Some(id);
        }
        Ok(())
    }
}
