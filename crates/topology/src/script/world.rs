//! The network that a script makes, command by command, on the model kernel.

use std::collections::BTreeMap;

use super::program::actions;
use crate::command::action::{Action, Route};
use crate::document::Document;
use crate::edit::{MAX_INTERFACES, MAX_NAMESPACES};
use crate::id::{InterfaceId, NamespaceId};
use crate::model;
use crate::name::NamespaceName;
use crate::observed::{Observed, ObservedInterface, ObservedKind, ObservedRoute};
use crate::step::{At, Step, StepRoute};

mod link;

/// How deep commands may run commands in namespaces.
const MOST_NESTED: usize = 8;

/// The model kernel, and what it does not remember.
pub(super) struct World {
    state: Observed,
    next_namespace: u64,
    next_interface: u64,
    /// Routes as they were written: without an interface that the gateway tells, with a metric
    /// that is the default anyway.
    routes: BTreeMap<(NamespaceId, ObservedRoute), StepRoute>,
    /// The order in which routes were added.
    order: Vec<(NamespaceId, ObservedRoute)>,
}

impl World {
    pub(super) fn new() -> Self {
        Self {
            state: model::fresh(),
            next_namespace: 1,
            next_interface: 1,
            routes: BTreeMap::new(),
            order: Vec::new(),
        }
    }

    pub(super) fn state(&self) -> &Observed {
        &self.state
    }

    /// Runs a command in the host namespace; returns what is to be noted.
    pub(super) fn run(&mut self, argv: &[String]) -> Result<Vec<String>, String> {
        let mut notes = Vec::new();
        self.run_in(NamespaceId::HOST, argv, &mut notes, 0)?;
        Ok(notes)
    }

    fn run_in(
        &mut self,
        namespace: NamespaceId,
        argv: &[String],
        notes: &mut Vec<String>,
        depth: usize,
    ) -> Result<(), String> {
        if depth > MOST_NESTED {
            return Err(format!(
                "commands run commands more than {MOST_NESTED} deep"
            ));
        }
        for action in actions(argv)? {
            match action {
                Action::Look => notes.push(format!("only looks, not run: {}", argv.join(" "))),
                Action::Inside {
                    namespace: name,
                    argv,
                } => {
                    let inside = self.namespace(&name)?;
                    self.run_in(inside, &argv, notes, depth + 1)?;
                }
                action => self.act(namespace, action)?,
            }
        }
        Ok(())
    }

    fn act(&mut self, here: NamespaceId, action: Action) -> Result<(), String> {
        match action {
            Action::AddNamespace(name) => self.add_namespace(name),
            Action::RemoveNamespace(name) => {
                let namespace = self.namespace(&name)?;
                self.step(&Step::RemoveNamespace { namespace })
            }
            Action::AddVeth { ends } => self.add_veth(here, ends),
            Action::AddBridge(bridge) => self.add_bridge(here, bridge),
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
                self.exists(&at)?;
                let found = self
                    .state
                    .namespaces
                    .get(&here)
                    .into_iter()
                    .flat_map(|ns| ns.interfaces.values());
                let other = found.filter(|i| i.name != at.name.as_str()).find(|i| {
                    i.addresses
                        .iter()
                        .any(|a| a.address.addr() == address.addr())
                });
                if let Some(other) = other {
                    return Err(format!(
                        "{address} is on {} of the same namespace already",
                        other.name
                    ));
                }
                self.step(&Step::AddAddress { at, address })
            }
            Action::RemoveAddress { interface, address } => {
                let at = At {
                    namespace: here,
                    name: interface,
                };
                self.exists(&at)?;
                self.step(&Step::RemoveAddress { at, address })
            }
            Action::AddRoute(route) => self.add_route(here, route),
            Action::RemoveRoute(route) => {
                let route = step_route(route);
                self.step(&Step::RemoveRoute {
                    namespace: here,
                    route,
                })
            }
            Action::SetForwarding { family, on } => self.step(&Step::SetForwarding {
                namespace: here,
                family,
                on,
            }),
            Action::Look | Action::Inside { .. } => Ok(()),
        }
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        model::execute(&mut self.state, step)
            .map(drop)
            .map_err(|refused| refused.to_string())
    }

    fn namespace(&self, name: &NamespaceName) -> Result<NamespaceId, String> {
        let found = self
            .state
            .namespaces
            .iter()
            .find(|(id, ns)| **id != NamespaceId::HOST && ns.name == *name);
        found
            .map(|(id, _)| *id)
            .ok_or_else(|| format!("there is no namespace {name} at this point"))
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
        self.step(&Step::AddNamespace { namespace, name })?;
        self.next_namespace += 1;
        let id = self.fresh_interface()?;
        let made = self.state.namespaces.get_mut(&namespace);
        if let Some(loopback) = made.and_then(|ns| ns.interfaces.values_mut().next()) {
            loopback.id = Some(id);
        }
        Ok(())
    }

    fn add_route(&mut self, here: NamespaceId, route: Route) -> Result<(), String> {
        if let Some(interface) = &route.interface {
            self.exists(&At {
                namespace: here,
                name: interface.clone(),
            })?;
        }
        if route.gateway.is_none() && route.interface.is_none() {
            return Err("a route needs `via` or `dev`".to_owned());
        }
        self.is_free(here, &route)?;
        let written = step_route(route);
        let before = self
            .state
            .namespaces
            .get(&here)
            .map(|ns| ns.routes.clone())
            .unwrap_or_default();
        self.step(&Step::AddRoute {
            namespace: here,
            route: written.clone(),
        })?;
        let after = self
            .state
            .namespaces
            .get(&here)
            .map(|ns| ns.routes.clone())
            .unwrap_or_default();
        for added in after.difference(&before) {
            self.routes.insert((here, added.clone()), written.clone());
            self.order.push((here, added.clone()));
        }
        Ok(())
    }

    /// What the model leaves to the kernel: connected routes, which it makes by itself (those of a
    /// loopback are in another table), and own addresses.
    fn is_free(&self, here: NamespaceId, route: &Route) -> Result<(), String> {
        let interfaces = self.state.namespaces.get(&here).into_iter();
        let addresses = |connected: bool| {
            let is_connected = |i: &ObservedInterface| i.up && i.kind != ObservedKind::Loopback;
            interfaces
                .clone()
                .flat_map(|ns| ns.interfaces.values())
                .filter(move |i| !connected || is_connected(i))
                .flat_map(|i| i.addresses.iter().map(|a| a.address))
        };
        let is_connected = route.destination.addr().is_ipv4()
            && route.metric.is_none_or(|metric| metric == 0)
            && addresses(true).any(|a| a.prefix_len() < 32 && a.trunc() == route.destination);
        if is_connected {
            return Err(format!(
                "File exists: the kernel itself made a route to {} with the address",
                route.destination
            ));
        }
        match route.gateway.filter(std::net::IpAddr::is_ipv6) {
            Some(gateway) if addresses(false).any(|a| a.addr() == gateway) => {
                Err("Gateway can not be a local address".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// Gives the routes of a document that was adopted from this kernel the form and the order in
    /// which they were written.
    pub(super) fn restore_as_written(&self, document: &mut Document) {
        let interfaces = document.interfaces.clone();
        for (&id, namespace) in &mut document.namespaces {
            let Some(kernel) = self.state.namespaces.get(&id) else {
                continue;
            };
            let mut routes = Vec::new();
            for (place, known) in &self.order {
                let is_here = *place == id && kernel.routes.contains(known);
                let Some(written) = self.routes.get(&(id, known.clone())).filter(|_| is_here)
                else {
                    continue;
                };
                let interface = written.interface.as_ref().and_then(|name| {
                    let mut found = interfaces.iter();
                    found
                        .find(|(_, i)| i.namespace == id && i.name == *name)
                        .map(|(id, _)| *id)
                });
                let route = crate::document::Route {
                    destination: written.destination,
                    gateway: written.gateway,
                    interface,
                    metric: written.metric,
                };
                if !routes.contains(&route) {
                    routes.push(route);
                }
            }
            namespace.routes = routes;
        }
    }
}

fn step_route(route: Route) -> StepRoute {
    StepRoute {
        destination: route.destination,
        gateway: route.gateway,
        interface: route.interface,
        metric: route.metric,
    }
}
