//! Routes of namespaces.

use super::super::error::{EditError, Field, Place, Reason};
use super::{MIN_IPV6_MTU, refuse};
use crate::address::Family;
use crate::document::{Document, Route};
use crate::id::NamespaceId;
use crate::plan::kernel_metric;

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

/// The kernel adds no second route to a destination with the same metric, whatever its next hop
/// (EEXIST: `fib_table_insert`, and `fib6_add_rt2node` with NLM_F_EXCL).
pub(super) fn same_route(a: &Route, b: &Route) -> bool {
    let key = |route: &Route| {
        (
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
    if let Some(gateway) = wanted.gateway {
        if Family::of(gateway) != wanted.family() {
            return because("its gateway is of another family");
        }
        if gateway.is_unspecified() || gateway.is_multicast() || gateway.is_loopback() {
            return because("its gateway is not the address of a host");
        }
    }
    match wanted.interface {
        None if wanted.gateway.is_none() => because("it needs a gateway or an interface"),
        None => Ok(()),
        Some(interface) => match document.interfaces.get(&interface) {
            Some(found) if found.namespace != id => {
                because("its interface is in another namespace")
            }
            Some(found) => match found.mtu {
                Some(mtu) if mtu < MIN_IPV6_MTU && wanted.family() == Family::Ipv6 => {
                    because(&format!(
                        "an IPv6 route needs an interface with an MTU of at least {MIN_IPV6_MTU} bytes"
                    ))
                }
                _ => Ok(()),
            },
            None => because("its interface is not in the lab any more"),
        },
    }
}
