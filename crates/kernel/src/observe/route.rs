//! Routes, and who made them.

use netlink_packet_route::route::RouteProtocol;
use topology::address::Family;
use topology::observed::{ObservedRoute, Origin};
use topology::route::{RouteKind, RouteOptions, TABLE_MAIN};

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
