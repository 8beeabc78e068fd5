//! Routes: added and removed as `ip route` does.

use super::World;
use crate::address::Family;
use crate::command::action::Route;
use crate::connected::{self, Connected};
use crate::document::Document;
use crate::edit::MAX_LIST;
use crate::id::NamespaceId;
use crate::observed::{ObservedKind, Origin};
use crate::plan::kernel_metric;
use crate::step::{At, Step, StepRoute};

impl World {
    pub(super) fn add_route(&mut self, here: NamespaceId, route: Route) -> Result<(), String> {
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
        let routes = |world: &Self| {
            let found = world.state.namespaces.get(&here);
            found.map(|ns| ns.routes.clone()).unwrap_or_default()
        };
        let before = routes(self);
        if before.len() >= MAX_LIST {
            return Err(format!("a namespace has at most {MAX_LIST} routes"));
        }
        let route = StepRoute {
            destination: route.destination,
            gateway: route.gateway,
            interface: route.interface,
            metric: route.metric,
        };
        self.step(&Step::AddRoute {
            namespace: here,
            route: route.clone(),
        })?;
        let after = routes(self);
        let written = self.routes.entry(here).or_default();
        written.retain(|(known, _)| before.contains(known));
        let added = after.difference(&before);
        written.extend(added.map(|known| (known.clone(), route.clone())));
        Ok(())
    }

    /// What the model leaves to the kernel: connected routes, and own addresses.
    fn is_free(&self, here: NamespaceId, route: &Route) -> Result<(), String> {
        let same = Connected {
            to: route.destination,
            metric: kernel_metric(Family::of(route.destination.addr()), route.metric),
        };
        if self.connected(here).any(|(known, _)| known == same) {
            return Err(format!(
                "File exists: the kernel itself made a route to {} with the address",
                route.destination
            ));
        }
        let interfaces = self.state.namespaces.get(&here).into_iter();
        let mut own = interfaces
            .flat_map(|ns| ns.interfaces.values())
            .flat_map(|i| i.addresses.iter().map(|a| a.address.addr()));
        match route.gateway.filter(std::net::IpAddr::is_ipv6) {
            Some(gateway) if own.any(|address| address == gateway) => {
                Err("Gateway can not be a local address".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// The routes to their networks that addresses bring along.
    fn connected(&self, here: NamespaceId) -> impl Iterator<Item = (Connected, &str)> {
        let interfaces = self.state.namespaces.get(&here).into_iter();
        interfaces
            .flat_map(|ns| ns.interfaces.values())
            .filter(|i| i.up)
            .flat_map(|interface| {
                let is_loopback = interface.kind == ObservedKind::Loopback;
                let addresses = interface.addresses.iter().map(|a| a.address);
                let own = (interface.carrier && !is_loopback).then(connected::link_local);
                let with_addresses =
                    addresses.filter_map(move |a| connected::of_address(a, is_loopback));
                with_addresses
                    .chain(own)
                    .map(|route| (route, interface.name.as_str()))
            })
    }

    /// Of those that match what is said the one of the lowest metric goes.
    pub(super) fn remove_route(&mut self, here: NamespaceId, route: &Route) -> Result<(), String> {
        let is_metric = |metric: u32| route.metric.is_none_or(|said| said == 0 || said == metric);
        let is_through = |name: Option<&str>| {
            let said = route.interface.as_ref();
            said.is_none_or(|said| name == Some(said.as_str()))
        };
        if let Some(interface) = &route.interface {
            let name = interface.clone();
            self.exists(&At {
                namespace: here,
                name,
            })?;
        }
        let connected = self.connected(here).filter(|(known, interface)| {
            let is_meant = known.to == route.destination && route.gateway.is_none();
            is_meant && is_metric(known.metric) && is_through(Some(interface))
        });
        let connected = connected.map(|(known, _)| known.metric).min();
        let kernel = self.state.namespaces.get(&here);
        let name_of = |index: Option<u32>| {
            let found = kernel?.interfaces.get(&index?);
            found.map(|i| i.name.as_str())
        };
        let known = kernel
            .into_iter()
            .flat_map(|ns| &ns.routes)
            .filter(|known| {
                let is_meant = known.destination == route.destination
                    && (route.gateway.is_none() || known.gateway == route.gateway);
                let is_static = known.origin == Origin::Static;
                is_meant
                    && is_static
                    && is_metric(known.metric)
                    && is_through(name_of(known.interface))
            });
        let known = known.min_by_key(|known| known.metric);
        if let Some(metric) = connected
            && known.is_none_or(|known| metric <= known.metric)
        {
            return Err(format!(
                "the kernel itself made the route to {} with the address: no lab is without it",
                route.destination
            ));
        }
        let Some(known) = known else {
            return Err(format!("there is no such route to {}", route.destination));
        };
        let exact = StepRoute {
            destination: known.destination,
            gateway: known.gateway,
            interface: name_of(known.interface).and_then(|name| name.parse().ok()),
            metric: Some(known.metric),
        };
        self.step(&Step::RemoveRoute {
            namespace: here,
            route: exact,
        })
    }

    /// Gives the routes of a document that was adopted from this kernel the form and the order in
    /// which they were written.
    pub(super) fn routes_as_written(&self, document: &mut Document) {
        for (id, namespace) in &mut document.namespaces {
            let Some(kernel) = self.state.namespaces.get(id) else {
                continue;
            };
            let written = self.routes.get(id).into_iter().flatten();
            let left = written.filter(|(known, _)| kernel.routes.contains(known));
            namespace.routes = left
                .map(|(known, written)| {
                    let found = known.interface.and_then(|i| kernel.interfaces.get(&i));
                    crate::document::Route {
                        destination: written.destination,
                        gateway: written.gateway,
                        // By its index: it may have another name by now.
                        interface: written
                            .interface
                            .as_ref()
                            .and(found)
                            .and_then(|found| found.id),
                        metric: written.metric,
                    }
                })
                .collect();
        }
    }
}
