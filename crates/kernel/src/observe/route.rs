//! Routes, and who made them.

use netlink_packet_route::route::RouteProtocol;
use topology::address::Family;
use topology::observed::{ObservedNamespace, ObservedRoute, Origin};
use topology::route::{RouteKind, RouteOptions, TABLE_MAIN};
use topology::sysctl::Sysctls;

use crate::netlink::RouteRow;

/// The route of a row.
pub(super) fn observed(row: RouteRow) -> ObservedRoute {
    let origin = match row.protocol {
        RouteProtocol::Kernel | RouteProtocol::IcmpRedirect => Origin::Kernel,
        RouteProtocol::Ra | RouteProtocol::Dhcp => Origin::Dynamic,
        _ => Origin::Static,
    };
    let mut options = RouteOptions {
        table: Some(row.table).filter(|table| *table != TABLE_MAIN),
        kind: row.kind,
        scope: row.scope,
        source: row.source,
        ..RouteOptions::default()
    };
    let (mut gateway, mut interface) = (None, None);
    let dead = match row.hops.as_slice() {
        [] => Default::default(),
        [only] => {
            gateway = only.hop.gateway;
            // IPv6 has those that lead nowhere on the loopback.
            interface = only
                .hop
                .interface
                .filter(|_| row.kind == RouteKind::Unicast);
            options.onlink = only.hop.onlink;
            Default::default()
        }
        hops => {
            options.hops = hops.iter().map(|row| row.hop.clone()).collect();
            let dead = hops.iter().filter(|row| row.dead);
            dead.filter_map(|row| row.hop.interface).collect()
        }
    };
    let destination = row.destination.trunc();
    ObservedRoute {
        destination,
        gateway,
        interface,
        metric: row.metric,
        origin,
        options: options.without_usual_scope(Family::of(destination.addr()), gateway.is_some()),
        dead,
    }
}

/// Next hops without a carrier are shown as dead where they are looked past: they are not, for the
/// route is as it was once there is a carrier (`ip_ignore_linkdown`, `rt6_nexthop_info`).
pub(crate) fn see_past_linkdown(seen: &mut ObservedNamespace) {
    if !seen.routes.iter().any(|route| !route.dead.is_empty()) {
        return;
    }
    let is_on = |settings: &Sysctls, name: &str| settings.get(name).is_some_and(|on| *on != 0);
    let passed = |family: &str, index: &u32| {
        let all = format!("net.{family}.conf.all.ignore_routes_with_linkdown");
        let own = format!("{family}.ignore_routes_with_linkdown");
        seen.interfaces.get(index).is_some_and(|i| {
            let is_passed = is_on(&seen.sysctls, &all) || is_on(&i.sysctls, &own);
            i.up && !i.carrier && is_passed
        })
    };
    let routes = seen.routes.iter().cloned().map(|mut route| {
        let family = match Family::of(route.destination.addr()) {
            Family::Ipv4 => "ipv4",
            Family::Ipv6 => "ipv6",
        };
        route.dead.retain(|index| !passed(family, index));
        route
    });
    seen.routes = routes.collect();
}
