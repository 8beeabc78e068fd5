//! Routes: which of them the kernel has, and what is done about the others.

use std::net::IpAddr;

use super::{Planner, kernel_metric};
use crate::address::InterfaceAddress;
use crate::document::{Document, Interface, Kind, Namespace, Route};
use crate::id::{InterfaceId, NamespaceId};
use crate::model::{self, step_route};
use crate::observed::{ObservedInterface, ObservedKind, ObservedNamespace, ObservedRoute, Origin};
use crate::route::{RouteKind, Scope};
use crate::status::step_route_text;
use crate::step::{Step, StepRoute};
use crate::uplink;

/// Whether the kernel has a route of the document.
pub fn has_route(document: &Document, observed: &ObservedNamespace, wanted: &Route) -> bool {
    observed
        .routes
        .iter()
        .any(|known| is_route(document, observed, wanted, known))
}

/// Whether a route waits for an interface that is down: the kernel would refuse it, and has taken
/// it along when the interface went down. One with an IPv6 source address waits for the carrier of
/// that, too: until then nobody can be asked whether it is free.
pub fn waits(document: &Document, observed: &ObservedNamespace, wanted: &Route) -> bool {
    // The kernel takes those of scope host through an interface that is down (`fib_create_info`).
    let is_host = wanted.options.scope == Some(Scope::Host);
    if wanted.options.kind != RouteKind::Unicast || is_host {
        return false;
    }
    let is_usable = |i: &ObservedInterface| i.up && (i.carrier || i.kind == ObservedKind::Loopback);
    let source = wanted.options.source.filter(IpAddr::is_ipv6);
    if let Some(source) = source {
        let has = |i: &&ObservedInterface| i.addresses.iter().any(|a| a.address.addr() == source);
        let mut owners = observed.interfaces.values().filter(has).peekable();
        if owners.peek().is_some() && !owners.any(is_usable) {
            return true;
        }
    }
    let is_down = |gateway, through| leads_down(document, observed, gateway, through);
    match wanted.options.hops.as_slice() {
        [] => is_down(wanted.gateway, wanted.interface),
        hops => hops.iter().any(|hop| is_down(hop.gateway, hop.interface)),
    }
}

/// Whether all interfaces by which a next hop may be reached are down.
fn leads_down(
    document: &Document,
    observed: &ObservedNamespace,
    gateway: Option<IpAddr>,
    through: Option<InterfaceId>,
) -> bool {
    let is_named = |i: &ObservedInterface| {
        let known = through.and_then(|id| Some((id, document.interfaces.get(&id)?)));
        known.is_some_and(|(id, named)| i.id == Some(id) || i.name == named.name.as_str())
    };
    let reaches = |i: &ObservedInterface| {
        gateway.is_some_and(|gateway| i.addresses.iter().any(|a| a.address.contains(&gateway)))
    };
    let leads = |i: &&ObservedInterface| match through {
        Some(_) => is_named(i),
        None => reaches(i),
    };
    let mut candidates = observed.interfaces.values().filter(leads).peekable();
    candidates.peek().is_some() && candidates.all(|i| !i.up)
}

/// Static routes of the kernel that the document does not have, as `ip route` shows them.
pub fn unwanted_routes<'a>(
    document: &'a Document,
    wanted: &'a Namespace,
    observed: &'a ObservedNamespace,
) -> impl Iterator<Item = String> + 'a {
    unwanted(document, wanted, observed).map(|known| known_text(observed, known))
}

/// A route of the kernel as `ip route` shows it.
pub(crate) fn known_text(observed: &ObservedNamespace, known: &ObservedRoute) -> String {
    let mut route = step_route(observed, known);
    route.metric = route.metric.filter(|metric| *metric != 0);
    step_route_text(&route)
}

/// Static routes of the kernel that the document does not have.
pub(crate) fn unwanted<'a>(
    document: &'a Document,
    wanted: &'a Namespace,
    observed: &'a ObservedNamespace,
) -> impl Iterator<Item = &'a ObservedRoute> + 'a {
    observed.routes.iter().filter(move |known| {
        let is_wanted = wanted
            .routes
            .iter()
            .any(|route| is_route(document, observed, route, known));
        known.origin == Origin::Static && !is_wanted && !uplink::has_made(observed, known)
    })
}

fn is_route(
    document: &Document,
    observed: &ObservedNamespace,
    wanted: &Route,
    known: &ObservedRoute,
) -> bool {
    let is_interface = |id: &InterfaceId, index: u32| {
        let found = observed.interfaces.get(&index);
        let name = document.interfaces.get(id).map(|i| i.name.as_str());
        found.is_some_and(|i| i.id == Some(*id) || name == Some(i.name.as_str()))
    };
    let same_interface = wanted.interface.is_none_or(|id| {
        let index = known.interface;
        index.is_some_and(|index| is_interface(&id, index))
    });
    is_in_the_way(wanted, known)
        && wanted.gateway == known.gateway
        && same_interface
        && wanted.options.is(
            &known.options,
            wanted.family(),
            wanted.gateway.is_some(),
            is_interface,
        )
}

/// The kernel has one route of a destination and metric in a table.
pub(crate) fn is_in_the_way(wanted: &Route, known: &ObservedRoute) -> bool {
    wanted.destination == known.destination
        && kernel_metric(wanted.family(), wanted.metric) == known.metric
        && wanted.options.table() == known.options.table()
}

impl Planner<'_> {
    pub(super) fn remove_routes(&mut self) {
        let mut steps = Vec::new();
        for (namespace, wanted) in self.namespaces() {
            let Some(found) = self.state.namespaces.get(&namespace) else {
                continue;
            };
            for known in unwanted(self.document, wanted, found) {
                steps.push(Step::RemoveRoute {
                    namespace,
                    route: step_route(found, known),
                });
            }
        }
        self.push_all(steps);
    }

    /// In the document's order, wherever the kernel takes it.
    pub(super) fn add_routes(&mut self) {
        let mut steps = Vec::new();
        let mut in_the_way = Vec::new();
        let namespaces = self.document.namespaces.iter();
        for (namespace, wanted) in namespaces.filter(|(id, _)| self.reaches_namespace(**id)) {
            let Some(found) = self.state.namespaces.get(namespace) else {
                continue;
            };
            let routes = wanted.routes.iter();
            let missing = routes.filter(|route| !has_route(self.document, found, route));
            for route in missing.filter(|route| !waits(self.document, found, route)) {
                if !self.covers_namespace(*namespace) && !self.was_lost(*namespace, route) {
                    continue;
                }
                // What steps before this one have made of it: an IPv6 route loses its source
                // address with the address, and next hops with their interfaces.
                let changed = unwanted(self.document, wanted, found);
                in_the_way.extend(changed.filter(|known| is_in_the_way(route, known)).map(
                    |known| Step::RemoveRoute {
                        namespace: *namespace,
                        route: step_route(found, known),
                    },
                ));
                steps.push(Step::AddRoute {
                    namespace: *namespace,
                    route: StepRoute::of(self.document, route),
                });
            }
        }
        self.push_all(in_the_way);
        self.push_as_taken(steps);
    }

    /// Adds steps in their order, but for those that the model refuses before later ones are there:
    /// a gateway may be reached through a route that is written below.
    fn push_as_taken(&mut self, mut steps: Vec<Step>) {
        loop {
            let count = steps.len();
            steps.retain(|step| {
                let refused = model::execute(&mut self.state, step).is_err();
                if !refused {
                    self.steps.push(step.clone());
                }
                refused
            });
            if steps.len() == count {
                break;
            }
        }
        self.push_all(steps);
    }

    /// Whether a route depends on an interface that this plan touches: it may have taken the route
    /// along.
    fn was_lost(&self, namespace: NamespaceId, route: &Route) -> bool {
        let inside = self.document.interfaces_of(namespace);
        let touched: Vec<_> = inside
            .filter(|(id, i)| {
                // The carrier is that of both ends.
                let peer = i.peer().filter(|_| route.options.source.is_some());
                self.covers_interface(*id) || peer.is_some_and(|peer| self.covers_interface(peer))
            })
            .collect();
        let has = |test: &dyn Fn(&InterfaceAddress) -> bool| {
            let mut addresses = touched.iter().flat_map(|(_, i)| &i.addresses);
            addresses.any(test)
        };
        // It went with an address that is gone, and another leads to its gateway.
        let leads_on = |gateway: IpAddr| {
            let had = self.scope.and_then(|scope| scope.had.get(&namespace));
            let mut had = had.into_iter().flatten();
            let is_other = |(_, i): (InterfaceId, &Interface)| {
                self.document.is_up(i) && i.addresses.iter().any(|net| net.contains(&gateway))
            };
            had.any(|net| net.contains(&gateway))
                && self.document.interfaces_of(namespace).any(is_other)
        };
        let is_through = |id| touched.iter().any(|(touched, _)| *touched == id);
        let is_reached = |(gateway, through): (IpAddr, Option<InterfaceId>)| {
            through.is_none() && (has(&|address| address.contains(&gateway)) || leads_on(gateway))
        };
        let source = route.options.source;
        // IPv6 routes that lead nowhere go with the loopback.
        let is_of_loopback = route.options.kind != RouteKind::Unicast;
        route.interfaces().any(is_through)
            || route.gateways().any(is_reached)
            || source.is_some_and(|source| has(&|address| address.addr() == source))
            || (is_of_loopback && touched.iter().any(|(_, i)| i.kind == Kind::Loopback))
    }
}
