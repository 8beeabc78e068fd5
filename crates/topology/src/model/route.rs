//! Static routes.

use std::net::IpAddr;

use super::{Refused, namespace_mut, step_route};
use crate::address::Family;
use crate::id::NamespaceId;
use crate::observed::{Observed, ObservedNamespace, ObservedRoute, Origin};
use crate::plan::kernel_metric;
use crate::step::{Step, StepRoute};

/// Adds a route: its interface must be up, its gateway on a network of an interface that is up.
pub(super) fn add(
    state: &mut Observed,
    namespace: NamespaceId,
    route: &StepRoute,
) -> Result<Vec<Step>, Refused> {
    let found = namespace_mut(state, namespace)?;
    let interface = match &route.interface {
        Some(name) => {
            let by_name = found
                .interfaces
                .iter()
                .find(|(_, i)| i.name == name.as_str());
            let Some((index, interface)) = by_name else {
                return Err(Refused(format!("there is no interface {name}")));
            };
            if !interface.up {
                return Err(Refused(format!("{name} is down")));
            }
            Some(*index)
        }
        None => None,
    };
    let interface = match route.gateway {
        Some(gateway) => Some(reach(found, gateway, interface)?),
        None => interface,
    };
    let added = observed(route, interface);
    if found.routes.iter().any(|known| is_same(known, &added)) {
        return Err(Refused(format!("a route to {} exists", route.destination)));
    }
    let undo = step_route(found, &added);
    found.routes.insert(added);
    Ok(vec![Step::RemoveRoute {
        namespace,
        route: undo,
    }])
}

/// Removes a route that matches in all that is given.
pub(super) fn remove(
    state: &mut Observed,
    namespace: NamespaceId,
    route: &StepRoute,
) -> Result<Vec<Step>, Refused> {
    let found = namespace_mut(state, namespace)?;
    let by_name = |name: &str| {
        found
            .interfaces
            .iter()
            .find(|(_, i)| i.name == name)
            .map(|(index, _)| *index)
    };
    let interface = route.interface.as_ref().map(|name| by_name(name.as_str()));
    let matches = |known: &&ObservedRoute| {
        known.destination == route.destination
            && (route.gateway.is_none() || known.gateway == route.gateway)
            && interface.is_none_or(|index| known.interface == index)
            && known.metric == metric(route)
    };
    let Some(known) = found.routes.iter().find(matches).cloned() else {
        return Err(Refused(format!(
            "there is no such route to {}",
            route.destination
        )));
    };
    let undo = step_route(found, &known);
    found.routes.remove(&known);
    Ok(vec![Step::AddRoute {
        namespace,
        route: undo,
    }])
}

/// Removes the routes that match; returns the steps that add the static ones again.
pub(super) fn lose(
    state: &mut Observed,
    namespace: NamespaceId,
    is_lost: impl Fn(&ObservedRoute) -> bool,
) -> Vec<Step> {
    let steps = again(state, namespace, &is_lost);
    if let Some(found) = state.namespaces.get_mut(&namespace) {
        found.routes.retain(|route| !is_lost(route));
    }
    steps
}

/// The steps that add the static routes that match again.
pub(super) fn again(
    state: &Observed,
    namespace: NamespaceId,
    is_meant: impl Fn(&ObservedRoute) -> bool,
) -> Vec<Step> {
    let Some(found) = state.namespaces.get(&namespace) else {
        return Vec::new();
    };
    let routes = found.routes.iter();
    let mut meant: Vec<_> = routes
        .filter(|r| r.origin == Origin::Static && is_meant(r))
        .collect();
    // Routes through a gateway stand on those without.
    meant.sort_by_key(|r| r.gateway.is_some());
    let add = |r: &&ObservedRoute| Step::AddRoute {
        namespace,
        route: step_route(found, r),
    };
    meant.iter().map(add).collect()
}

/// The interface through which a gateway is reached without another gateway.
fn reach(
    namespace: &ObservedNamespace,
    gateway: IpAddr,
    through: Option<u32>,
) -> Result<u32, Refused> {
    let fits = |index: &u32| through.is_none_or(|through| through == *index);
    let connected = namespace.interfaces.iter().find(|(index, interface)| {
        let on_link = interface
            .addresses
            .iter()
            .any(|a| a.address.contains(&gateway));
        fits(index) && interface.up && on_link
    });
    if let Some((index, _)) = connected {
        return Ok(*index);
    }
    let on_link = |r: &&ObservedRoute| r.gateway.is_none() && r.destination.contains(&gateway);
    let routed = namespace
        .routes
        .iter()
        .filter(on_link)
        .filter_map(|r| r.interface)
        .find(|i| fits(i));
    // A link-local gateway needs no address of the same network: fe80::/64 is on every interface.
    let link_local =
        through.filter(|_| gateway.is_ipv6() && crate::address::is_link_local(gateway));
    routed
        .or(link_local)
        .ok_or_else(|| Refused(format!("the gateway {gateway} is on no network here")))
}

fn observed(route: &StepRoute, interface: Option<u32>) -> ObservedRoute {
    ObservedRoute {
        destination: route.destination,
        gateway: route.gateway,
        interface,
        metric: metric(route),
        origin: Origin::Static,
    }
}

fn metric(route: &StepRoute) -> u32 {
    kernel_metric(Family::of(route.destination.addr()), route.metric)
}

/// There is one route a destination and metric: a second one is refused whatever its next hop.
fn is_same(a: &ObservedRoute, b: &ObservedRoute) -> bool {
    a.destination == b.destination && a.metric == b.metric
}
