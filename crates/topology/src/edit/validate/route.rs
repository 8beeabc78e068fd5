//! Routes of namespaces.

use super::super::error::{EditError, Field, Place, Reason};
use super::{MIN_IPV6_MTU, WITHOUT_IPV6, refuse};
use crate::address::Family;
use crate::document::{Document, Kind, Route};
use crate::id::{InterfaceId, NamespaceId};
use crate::plan::kernel_metric;
use crate::route::{Hop, MAX_HOPS, MAX_WEIGHT, RouteKind, TABLE_LOCAL, TABLE_MAIN};
use crate::sysctl::has_no_ipv6;

/// Refuses a route that cannot be, or is there already.
pub(in crate::edit) fn route(
    document: &Document,
    id: NamespaceId,
    wanted: &Route,
) -> Result<(), EditError> {
    route_itself(document, id, wanted)?;
    let Some(namespace) = document.namespaces.get(&id) else {
        return Ok(());
    };
    if namespace
        .routes
        .iter()
        .any(|known| same_route(known, wanted))
    {
        return Err(duplicate_route(document, id, wanted));
    }
    Ok(())
}

pub(super) fn duplicate_route(document: &Document, id: NamespaceId, wanted: &Route) -> EditError {
    let why = "there is a route to it with the same metric already".to_owned();
    refuse_route(document, id, wanted, why)
}

/// The kernel adds no second route of a table to a destination with the same metric, whatever its next hop
/// (EEXIST: `fib_table_insert`, and `fib6_add_rt2node` with NLM_F_EXCL).
pub(super) fn same_route(a: &Route, b: &Route) -> bool {
    let key = |route: &Route| {
        (
            route.options.table(),
            route.destination,
            kernel_metric(route.family(), route.metric),
        )
    };
    key(a) == key(b)
}

pub(super) fn refuse_route(
    document: &Document,
    id: NamespaceId,
    wanted: &Route,
    why: String,
) -> EditError {
    let reason = Reason::Route {
        destination: wanted.destination,
        why,
    };
    refuse(document, Place::Namespace(id, Some(Field::Routes)), reason)
}

pub(super) fn route_itself(
    document: &Document,
    id: NamespaceId,
    wanted: &Route,
) -> Result<(), EditError> {
    let because = |why: &str| Err(refuse_route(document, id, wanted, why.to_owned()));
    if wanted.destination != wanted.destination.trunc() {
        return because(&format!(
            "host bits are set: did you mean {}?",
            wanted.destination.trunc()
        ));
    }
    if wanted.destination.prefix_len() > 0 && wanted.destination.addr().is_multicast() {
        return because("routes to groups are not supported");
    }
    if let Err(why) = options(wanted) {
        return because(&why);
    }
    for (gateway, _) in wanted.gateways() {
        if Family::of(gateway) != wanted.family() {
            return because("its gateway is of another family");
        }
        if gateway.is_unspecified() || gateway.is_multicast() || gateway.is_loopback() {
            return because("its gateway is not the address of a host");
        }
    }
    for interface in wanted.interfaces() {
        let Some(found) = document.interfaces.get(&interface) else {
            return because("its interface is not in the lab any more");
        };
        if found.namespace != id {
            return because("its interface is in another namespace");
        }
        let is_ipv6 = wanted.family() == Family::Ipv6;
        if is_ipv6 && found.mtu.is_some_and(|mtu| mtu < MIN_IPV6_MTU) {
            return because(&format!(
                "an IPv6 route needs an interface with an MTU of at least {MIN_IPV6_MTU} bytes"
            ));
        }
        if is_ipv6 && has_no_ipv6(document, found) {
            return because(WITHOUT_IPV6);
        }
        let through_loopback = found.kind == Kind::Loopback && wanted.gateways().next().is_some();
        if is_ipv6 && through_loopback {
            return because("the kernel reaches no IPv6 gateway through a loopback");
        }
    }
    Ok(())
}

/// What goes together in one route.
fn options(wanted: &Route) -> Result<(), String> {
    let options = &wanted.options;
    let no = |why: &str| Err(why.to_owned());
    match options.table {
        Some(0) => return no("there is no table 0"),
        Some(TABLE_MAIN) => return no("the main table is that of routes that name none"),
        Some(TABLE_LOCAL) => return no("the table local is the kernel's own"),
        _ => {}
    }
    let has_next_hop = wanted.gateway.is_some() || wanted.interface.is_some();
    let kind = options.kind;
    if kind != RouteKind::Unicast {
        let says_more = options.onlink || options.scope.is_some() || options.source.is_some();
        return match has_next_hop || !options.hops.is_empty() || says_more {
            true => Err(format!(
                "packets end at a {kind} route: it has no gateway, interface, scope or source"
            )),
            false => Ok(()),
        };
    }
    if !options.hops.is_empty() {
        if has_next_hop || options.onlink {
            return no("it has next hops, and a gateway or interface besides them");
        }
        hops(wanted)?;
    } else if !has_next_hop {
        return no("it needs a gateway or an interface");
    }
    if options.onlink && (wanted.gateway.is_none() || wanted.interface.is_none()) {
        return no("`onlink` says that a gateway is on an interface: it needs both");
    }
    match options.scope {
        Some(_) if wanted.family() == Family::Ipv6 => return no("IPv6 routes have no scope"),
        Some(_) if wanted.gateway.is_some() || !options.hops.is_empty() => {
            return no("beyond a gateway everything is of scope global: it need not be said");
        }
        _ => {}
    }
    match options.source {
        Some(source) if Family::of(source) != wanted.family() => {
            no("its source address is of another family")
        }
        Some(source) if source.is_unspecified() || source.is_multicast() => {
            no("its source address is not one of a host")
        }
        _ => Ok(()),
    }
}

fn hops(wanted: &Route) -> Result<(), String> {
    let hops = &wanted.options.hops;
    if !(2..=MAX_HOPS).contains(&hops.len()) {
        return Err(format!("a multipath route has 2 to {MAX_HOPS} next hops"));
    }
    let key = |hop: &Hop<InterfaceId>| (hop.gateway, hop.interface);
    for (place, hop) in hops.iter().enumerate() {
        if hop.gateway.is_none() && hop.interface.is_none() {
            return Err("a next hop needs a gateway or an interface".to_owned());
        }
        if hop.gateway.is_none() && wanted.family() == Family::Ipv6 {
            return Err("the kernel wants a gateway for each next hop of IPv6".to_owned());
        }
        if hop.weight == 0 {
            return Err(format!("the weight of a next hop is 1 to {MAX_WEIGHT}"));
        }
        if hop.onlink && (hop.gateway.is_none() || hop.interface.is_none()) {
            let why = "`onlink` says that a gateway is on an interface: it needs both";
            return Err(why.to_owned());
        }
        if hops
            .iter()
            .skip(place + 1)
            .any(|other| key(other) == key(hop))
        {
            return Err(
                "two of its next hops are the same: give one of them more weight".to_owned(),
            );
        }
    }
    Ok(())
}
