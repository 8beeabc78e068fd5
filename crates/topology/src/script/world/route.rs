//! Routes: added and removed as `ip route` does.

use std::net::IpAddr;

use ipnet::IpNet;

use super::World;
use crate::address::Family;
use crate::command::action::Route;
use crate::connected::{self, Connected};
use crate::document::Document;
use crate::edit::MAX_LIST;
use crate::id::NamespaceId;
use crate::kind::DeviceKind;
use crate::model::step_route;
use crate::name::InterfaceName;
use crate::observed::{ObservedInterface, ObservedKind, ObservedNamespace, ObservedRoute, Origin};
use crate::plan::kernel_metric;
use crate::route::{Hop, RouteKind, RouteOptions, TABLE_LOCAL, TABLE_MAIN};
use crate::step::{At, Step, StepRoute};

impl World {
    /// A route that names a VRF is in the VRF's table (`ipvrf_get_table` of iproute2).
    pub(super) fn in_vrf(&self, here: NamespaceId, mut route: Route) -> Result<Route, String> {
        let Some(name) = route.vrf.take() else {
            return Ok(route);
        };
        let table = self.table_of_vrf(here, &name)?;
        route.options.table = Some(table).filter(|table| *table != TABLE_MAIN);
        Ok(route)
    }

    pub(super) fn add_route(&mut self, here: NamespaceId, route: Route) -> Result<(), String> {
        let options = &route.options;
        for interface in route.interface.iter().chain(options.interfaces()) {
            self.exists(&At {
                namespace: here,
                name: interface.clone(),
            })?;
        }
        let has_next_hop = route.gateway.is_some() || route.interface.is_some();
        if options.kind == RouteKind::Unicast && options.hops.is_empty() && !has_next_hop {
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
            options: route.options,
        };
        self.step(&Step::AddRoute {
            namespace: here,
            route: route.clone(),
        })?;
        let after = routes(self);
        let written = self.routes.entry(here).or_default();
        written.retain(|(known, _)| before.iter().any(|old| key(old) == key(known)));
        let added = after.difference(&before);
        written.extend(added.map(|known| (known.clone(), route.clone())));
        Ok(())
    }

    /// `ip route replace`: as `add`, when nothing of the same table, destination and metric is there.
    pub(super) fn replace_route(&mut self, here: NamespaceId, route: Route) -> Result<(), String> {
        let metric = kernel_metric(Family::of(route.destination.addr()), route.metric);
        let kernel = self.state.namespaces.get(&here);
        let old = kernel.and_then(|kernel| {
            let is_it = |known: &&ObservedRoute| {
                known.destination == route.destination
                    && known.metric == metric
                    && known.options.table() == route.options.table()
                    && known.origin == Origin::Static
            };
            let known = kernel.routes.iter().find(is_it)?;
            Some(step_route(kernel, known))
        });
        if let Some(route) = old {
            self.step(&Step::RemoveRoute {
                namespace: here,
                route,
            })?;
        } else if self.is_connected(here, &route) {
            return Err(kernels_own(route.destination));
        }
        self.add_route(here, route)
    }

    /// Whether the kernel itself has the route of an address in this one's place.
    fn is_connected(&self, here: NamespaceId, route: &Route) -> bool {
        let same = Connected {
            to: route.destination,
            metric: kernel_metric(Family::of(route.destination.addr()), route.metric),
        };
        let is_main = route.options.table() == TABLE_MAIN;
        is_main && self.connected(here).any(|(known, _)| known == same)
    }

    /// What the model leaves to the kernel: connected routes, and own addresses.
    fn is_free(&self, here: NamespaceId, route: &Route) -> Result<(), String> {
        if self.is_connected(here, route) {
            return Err(format!(
                "File exists: the kernel itself made a route to {} with the address",
                route.destination
            ));
        }
        let hops = route.options.hops.iter().filter_map(|hop| hop.gateway);
        let gateways = route.gateway.into_iter().chain(hops);
        let gateways: Vec<IpAddr> = gateways.filter(IpAddr::is_ipv6).collect();
        let Some(around) = self.state.namespaces.get(&here) else {
            return Ok(());
        };
        let is_own = |i: &ObservedInterface| {
            let mut own = i.addresses.iter().map(|a| a.address.addr());
            own.any(|own| gateways.contains(&own))
        };
        let mut own = around.interfaces.iter().filter(|(_, i)| is_own(i));
        // Those of another VRF are somebody else's (`ipv6_chk_addr_and_flags`).
        let is_refused = !gateways.is_empty()
            && own.any(|(index, i)| vrf_around(around, *index, i) == vrf_of(around, route));
        match is_refused {
            true => Err("Gateway can not be a local address".to_owned()),
            false => Ok(()),
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
                    addresses.flat_map(move |a| connected::of_address(a, is_loopback));
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
            let is_meant = known.to == route.destination
                && route.gateway.is_none()
                && route.options == RouteOptions::default();
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
                let kind = route.options.kind;
                let is_meant = known.destination == route.destination
                    && known.options.table() == route.options.table()
                    && (kind == RouteKind::Unicast || known.options.kind == kind)
                    && (route.gateway.is_none() || known.gateway == route.gateway);
                let is_static = known.origin == Origin::Static;
                is_meant
                    && is_static
                    && kernel.is_some_and(|kernel| has_hops(known, kernel, &route.options.hops))
                    && is_metric(known.metric)
                    && is_through(name_of(known.interface))
            });
        let known = known.min_by_key(|known| known.metric);
        if let Some(metric) = connected
            && known.is_none_or(|known| metric <= known.metric)
        {
            return Err(kernels_own(route.destination));
        }
        let Some(known) = known else {
            if route.options.table() == TABLE_LOCAL {
                return Err(format!(
                    "the routes of the table local are the kernel's own: no lab is without that to {}",
                    route.destination
                ));
            }
            return Err(format!("there is no such route to {}", route.destination));
        };
        let Some(exact) = kernel.map(|kernel| step_route(kernel, known)) else {
            return Ok(());
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
            let left = written.filter_map(|(known, written)| {
                let is_it = |now: &&ObservedRoute| key(now) == key(known);
                let now = kernel.routes.iter().find(is_it)?;
                Some(as_written(now, written, kernel))
            });
            namespace.routes = left.collect();
        }
    }
}

fn is_vrf(interface: &ObservedInterface) -> bool {
    let device = interface.kind.device();
    device.is_some_and(|device| device.kind == DeviceKind::Vrf)
}

/// The VRF that an interface is or is in, by its index.
fn vrf_around(
    around: &ObservedNamespace,
    index: u32,
    interface: &ObservedInterface,
) -> Option<u32> {
    if is_vrf(interface) {
        return Some(index);
    }
    let master = interface.master?;
    around.interfaces.get(&master).filter(|i| is_vrf(i))?;
    Some(master)
}

/// The VRF of the interface that a route goes through, or the one in whose table it is.
fn vrf_of(around: &ObservedNamespace, route: &Route) -> Option<u32> {
    let mut interfaces = around.interfaces.iter();
    if let Some(name) = &route.interface {
        let (index, interface) = interfaces.find(|(_, i)| i.name == name.as_str())?;
        return vrf_around(around, *index, interface);
    }
    let table = u64::from(route.options.table());
    let is_it = |i: &ObservedInterface| {
        let device = i.kind.device().filter(|_| is_vrf(i));
        device.is_some_and(|device| device.parameters.number("table") == Some(table))
    };
    interfaces.find(|(_, i)| is_it(i)).map(|(index, _)| *index)
}

fn kernels_own(to: IpNet) -> String {
    format!("the kernel itself made the route to {to} with the address: no lab is without it")
}

/// Whether what `ip route del` says of next hops is so of a route, as the kernel compares them
/// (`fib_nh_match`, net/ipv4/fib_semantics.c): one after the other, and only what is said. IPv6 takes
/// each by itself, in any order (`ip6_route_multipath_del`).
fn has_hops(
    known: &ObservedRoute,
    kernel: &ObservedNamespace,
    said: &[Hop<InterfaceName>],
) -> bool {
    let own = Hop {
        gateway: known.gateway,
        interface: known.interface,
        weight: 1,
        onlink: false,
    };
    let has = match known.options.hops.as_slice() {
        [] => std::slice::from_ref(&own),
        hops => hops,
    };
    let is_it = |(said, has): (&Hop<InterfaceName>, &Hop<u32>)| {
        let name = has
            .interface
            .and_then(|index| kernel.interfaces.get(&index));
        let is_there = |said: &InterfaceName| name.is_some_and(|i| i.name == said.as_str());
        said.interface.as_ref().is_none_or(is_there)
            && said
                .gateway
                .is_none_or(|gateway| has.gateway == Some(gateway))
    };
    if said.is_empty() {
        return true;
    }
    match Family::of(known.destination.addr()) {
        Family::Ipv4 => said.len() >= has.len() && said.iter().zip(has).all(is_it),
        Family::Ipv6 => said
            .iter()
            .all(|said| has.iter().any(|has| is_it((said, has)))),
    }
}

/// There is one route of each.
fn key(route: &ObservedRoute) -> (u32, IpNet, u32) {
    let table = route.options.table();
    (table, route.destination, route.metric)
}

/// A route in the words in which it was written. Its interfaces are found by their indexes: they
/// may have other names by now. Of one that has lost next hops, what is left.
fn as_written(
    known: &ObservedRoute,
    written: &StepRoute,
    kernel: &ObservedNamespace,
) -> crate::document::Route {
    let id = |index: &u32| kernel.interfaces.get(index)?.id;
    let mut options = known.options.map(id).unwrap_or_default();
    let said = &written.options.hops;
    let is_whole = said.len() == options.hops.len();
    for (hop, said) in options.hops.iter_mut().zip(said).filter(|_| is_whole) {
        hop.interface = hop.interface.filter(|_| said.interface.is_some());
    }
    let says_interface = written.interface.is_some() || !is_whole;
    crate::document::Route {
        destination: written.destination,
        gateway: known.gateway,
        interface: known
            .interface
            .as_ref()
            .and_then(id)
            .filter(|_| says_interface),
        metric: written.metric,
        options,
    }
}
