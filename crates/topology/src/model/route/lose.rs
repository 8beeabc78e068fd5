//! What takes routes along.

use std::net::IpAddr;

use crate::address::Family;
use crate::observed::{ObservedKind, ObservedNamespace, ObservedRoute};
use crate::route::{RouteKind, Scope, TABLE_MAIN};

/// What happens to an interface.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::model) enum Event {
    /// It goes down.
    Down,
    /// Its last IPv4 address goes.
    Unaddressed,
    /// It has no IPv6 any more.
    WithoutIpv6,
    /// It is removed.
    Removed,
}

/// Takes the routes along that go with an interface, and marks the next hops that get nothing from
/// now on (`fib_sync_down_dev`, `fib6_ifdown`).
pub(in crate::model) fn with_interface(
    namespace: &mut ObservedNamespace,
    index: u32,
    event: Event,
) {
    let found = namespace.interfaces.get(&index);
    let is_loopback = found.is_some_and(|i| i.kind == ObservedKind::Loopback);
    // Of a host with thousands of routes, each interface that goes concerns a few.
    let concerns = |route: &&ObservedRoute| {
        is_loopback
            || route.interface == Some(index)
            || route.options.interfaces().any(|hop| *hop == index)
    };
    let concerned: Vec<_> = namespace.routes.iter().filter(concerns).cloned().collect();
    for route in concerned {
        namespace.routes.remove(&route);
        namespace
            .routes
            .extend(without(route, index, event, is_loopback));
    }
}

fn without(
    mut route: ObservedRoute,
    index: u32,
    event: Event,
    is_loopback: bool,
) -> Option<ObservedRoute> {
    let family = Family::of(route.destination.addr());
    if (family, event) == (Family::Ipv6, Event::Unaddressed)
        || (family, event) == (Family::Ipv4, Event::WithoutIpv6)
    {
        return Some(route);
    }
    // IPv6 has them on the loopback.
    let is_ipv6_to_nowhere =
        family == Family::Ipv6 && route.options.kind != RouteKind::Unicast && is_loopback;
    if route.interface == Some(index) || is_ipv6_to_nowhere {
        let stays = family == Family::Ipv4
            && event == Event::Down
            && route.options.scope(family, route.gateway.is_some()) == Scope::Host;
        return stays.then_some(route);
    }
    if !route.options.interfaces().any(|hop| *hop == index) {
        return Some(route);
    }
    route.dead.insert(index);
    let is_dead = |hop: &u32| route.dead.contains(hop);
    if route.options.interfaces().all(is_dead) {
        return None;
    }
    match (event, family) {
        (Event::Removed, Family::Ipv4) => None,
        (Event::Removed, Family::Ipv6) => Some(without_hops(route, index)),
        _ => Some(route),
    }
}

/// With one next hop left it is no multipath route any more.
fn without_hops(mut route: ObservedRoute, index: u32) -> ObservedRoute {
    let hops = &mut route.options.hops;
    hops.retain(|hop| hop.interface != Some(index));
    route.dead.remove(&index);
    if let [only] = hops.as_slice() {
        route.gateway = only.gateway;
        route.interface = only.interface;
        route.options.onlink = only.onlink;
        hops.clear();
    }
    route
}

/// Next hops through an interface that is up get packets again (`fib_sync_up`, `rt6_sync_up`).
pub(in crate::model) fn revive(namespace: &mut ObservedNamespace, index: u32, ipv6_too: bool) {
    let is_up = namespace.interfaces.get(&index).is_some_and(|i| i.up);
    let is_dead = |route: &ObservedRoute| route.dead.contains(&index);
    if !namespace.routes.iter().any(is_dead) {
        return;
    }
    let routes = std::mem::take(&mut namespace.routes).into_iter();
    let revived = routes.map(|mut route| {
        if is_up && (ipv6_too || route.destination.addr().is_ipv4()) {
            route.dead.remove(&index);
        }
        route
    });
    namespace.routes = revived.collect();
}

/// Without an address, IPv4 routes of the main table that have it as their source go
/// (`fib_sync_down_addr`); IPv6 routes of any table stay and lose it (`fib6_remove_prefsrc`).
pub(in crate::model) fn with_source(namespace: &mut ObservedNamespace, source: IpAddr) {
    let has_it = |route: &ObservedRoute| route.options.source == Some(source);
    if !namespace.routes.iter().any(has_it) {
        return;
    }
    let mut interfaces = namespace.interfaces.values();
    if interfaces.any(|i| i.addresses.iter().any(|a| a.address.addr() == source)) {
        return;
    }
    let routes = std::mem::take(&mut namespace.routes).into_iter();
    let left = routes.filter_map(|mut route| {
        let is_lost = route.options.source == Some(source);
        if is_lost && source.is_ipv6() {
            route.options.source = None;
            return Some(route);
        }
        (!is_lost || route.options.table() != TABLE_MAIN).then_some(route)
    });
    namespace.routes = left.collect();
}
