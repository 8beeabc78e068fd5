//! The network that a script makes, command by command, on the model kernel.

use std::collections::BTreeMap;

use super::program::actions;
use crate::command::action::{Action, Change, NewEnd, Route};
use crate::document::Document;
use crate::edit::{MAX_MTU, MIN_MTU};
use crate::id::{InterfaceId, NamespaceId};
use crate::model;
use crate::name::{InterfaceName, NamespaceName};
use crate::observed::{Observed, ObservedInterface, ObservedKind, ObservedPeer, ObservedRoute};
use crate::step::{At, NewInterface, Step, StepRoute};

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
            Action::AddBridge { name, mtu, up } => {
                let at = At {
                    namespace: here,
                    name,
                };
                let bridge = NewInterface {
                    id: Some(self.fresh_interface()),
                    at: at.clone(),
                };
                self.step(&Step::AddBridge { bridge })?;
                self.set(&at, mtu, up)
            }
            Action::RemoveInterface(name) => self.step(&Step::RemoveInterface {
                at: At {
                    namespace: here,
                    name,
                },
            }),
            Action::SetLink { name, changes } => self.set_link(here, name, changes),
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

    fn fresh_interface(&mut self) -> InterfaceId {
        self.next_interface += 1;
        InterfaceId(self.next_interface - 1)
    }

    fn add_namespace(&mut self, name: NamespaceName) -> Result<(), String> {
        if name == NamespaceName::host() {
            return Err(
                "`host` is what Netyard calls the lab's own root namespace: choose another name"
                    .into(),
            );
        }
        let namespace = NamespaceId(self.next_namespace);
        self.step(&Step::AddNamespace { namespace, name })?;
        self.next_namespace += 1;
        let id = self.fresh_interface();
        let made = self.state.namespaces.get_mut(&namespace);
        if let Some(loopback) = made.and_then(|ns| ns.interfaces.values_mut().next()) {
            loopback.id = Some(id);
        }
        Ok(())
    }

    fn add_veth(&mut self, here: NamespaceId, ends: [NewEnd; 2]) -> Result<(), String> {
        let mut made = Vec::new();
        for end in &ends {
            let namespace = match &end.namespace {
                Some(name) => self.namespace(name)?,
                None => here,
            };
            let at = At {
                namespace,
                name: end.name.clone(),
            };
            made.push(NewInterface {
                id: Some(self.fresh_interface()),
                at,
            });
        }
        let [first, second] = [made.remove(0), made.remove(0)];
        let places = [first.at.clone(), second.at.clone()];
        self.step(&Step::AddVeth {
            ends: [first, second],
        })?;
        for (end, at) in ends.into_iter().zip(places) {
            self.set(&at, end.mtu, end.up)?;
        }
        Ok(())
    }

    /// What may be set while an interface is made.
    fn set(&mut self, at: &At, mtu: Option<u32>, up: bool) -> Result<(), String> {
        if let Some(mtu) = mtu {
            self.set_mtu(at, mtu)?;
        }
        if up {
            self.step(&Step::SetUp { at: at.clone(), up })?;
        }
        Ok(())
    }

    fn set_mtu(&mut self, at: &At, mtu: u32) -> Result<(), String> {
        let is_loopback = self.exists(at)?.kind == ObservedKind::Loopback;
        if !is_loopback && !(MIN_MTU..=MAX_MTU).contains(&mtu) {
            return Err(format!(
                "the kernel refuses an MTU of {mtu}: it takes {MIN_MTU} to {MAX_MTU} bytes here"
            ));
        }
        self.step(&Step::SetMtu {
            at: at.clone(),
            mtu,
        })
    }

    fn set_link(
        &mut self,
        here: NamespaceId,
        name: InterfaceName,
        changes: Vec<Change>,
    ) -> Result<(), String> {
        let mut at = At {
            namespace: here,
            name,
        };
        for change in changes {
            self.exists(&at)?;
            match change {
                Change::Up(up) => self.step(&Step::SetUp { at: at.clone(), up })?,
                Change::Mtu(mtu) => self.set_mtu(&at, mtu)?,
                Change::Master(bridge) => {
                    if let Some(bridge) = &bridge {
                        self.exists(&At {
                            namespace: at.namespace,
                            name: bridge.clone(),
                        })?;
                    }
                    self.step(&Step::SetBridge {
                        at: at.clone(),
                        bridge,
                    })?;
                }
                Change::Name(name) => {
                    self.step(&Step::RenameInterface {
                        at: at.clone(),
                        name: name.clone(),
                    })?;
                    at.name = name;
                }
                Change::Namespace(name) => at.namespace = self.move_to(&at, &name)?,
            }
        }
        Ok(())
    }

    /// A move takes state, addresses, bridge and routes away, as in `__dev_change_net_namespace`
    /// (net/core/dev.c). No step does it: the engine makes interfaces where they are to be.
    fn move_to(&mut self, at: &At, name: &NamespaceName) -> Result<NamespaceId, String> {
        let to = self.namespace(name)?;
        let found = self.exists(at)?;
        let ObservedKind::Veth { peer: Some(peer) } = found.kind else {
            return Err(format!(
                "{} cannot be moved: only an end of a veth can",
                at.name
            ));
        };
        if to == at.namespace {
            return Ok(to);
        }
        if self.state.interface_named(to, at.name.as_str()).is_some() {
            return Err(format!("an interface {} exists in {name}", at.name));
        }
        self.step(&Step::SetBridge {
            at: at.clone(),
            bridge: None,
        })?;
        self.step(&Step::SetUp {
            at: at.clone(),
            up: false,
        })?;
        let from = self.state.namespaces.get_mut(&at.namespace);
        let index = from.as_ref().and_then(|ns| {
            ns.interfaces
                .iter()
                .find(|(_, i)| i.name == at.name.as_str())
                .map(|(index, _)| *index)
        });
        let (Some(from), Some(index)) = (from, index) else {
            return Ok(to);
        };
        let Some(mut moved) = from.interfaces.remove(&index) else {
            return Ok(to);
        };
        moved.addresses.clear();
        let Some(target) = self.state.namespaces.get_mut(&to) else {
            return Ok(to);
        };
        let index = target
            .interfaces
            .keys()
            .next_back()
            .map_or(1, |last| last + 1);
        target.interfaces.insert(index, moved);
        let other = self.state.namespaces.get_mut(&peer.namespace);
        if let Some(other) = other.and_then(|ns| ns.interfaces.get_mut(&peer.index)) {
            other.kind = ObservedKind::Veth {
                peer: Some(ObservedPeer {
                    namespace: to,
                    index,
                }),
            };
        }
        Ok(to)
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
