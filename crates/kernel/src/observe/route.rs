//! Routes, and who made them.

use netlink_packet_route::route::RouteProtocol;
use topology::observed::{ObservedRoute, Origin};

use crate::netlink::RouteRow;

/// The route of a row; of a multipath route one for each next hop.
pub(super) fn observed(row: &RouteRow) -> impl Iterator<Item = ObservedRoute> {
    let origin = match row.protocol {
        RouteProtocol::Kernel | RouteProtocol::IcmpRedirect => Origin::Kernel,
        RouteProtocol::Ra | RouteProtocol::Dhcp => Origin::Dynamic,
        _ => Origin::Static,
    };
    row.hops.iter().map(move |hop| ObservedRoute {
        destination: row.destination.trunc(),
        gateway: hop.gateway,
        interface: hop.interface,
        metric: row.metric,
        origin,
    })
}
