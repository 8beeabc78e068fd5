//! Static routes: added and removed. What takes them along is in [`lose`].

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::{Refused, namespace_mut};
use crate::address::{Family, is_link_local};
use crate::id::NamespaceId;
use crate::name::InterfaceName;
use crate::observed::{
    Observed, ObservedAddress, ObservedKind, ObservedNamespace, ObservedRoute, Origin,
};
use crate::plan::kernel_metric;
use crate::route::{RouteKind, Scope, TABLE_MAIN};
use crate::step::{Step, StepRoute};

mod again;
pub(super) mod lose;
mod reach;

pub(super) use again::Before;

/// Adds a route: its interfaces must be up, its gateways on networks of such interfaces.
pub(super) fn add(
    state: &mut Observed,
    namespace: NamespaceId,
    route: &StepRoute,
) -> Result<Vec<Step>, Refused> {
    let found = namespace_mut(state, namespace)?;
    let added = resolve(found, route)?;
    if found.routes.iter().any(|known| is_same(known, &added)) {
        return Err(Refused(format!("a route to {} exists", route.destination)));
    }
    let undo = super::step_route(found, &added);
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
    let before = Before::of(state, namespace);
    let found = namespace_mut(state, namespace)?;
    let interface = route.interface.as_ref();
    let interface = interface.map(|name| index_of(found, name.as_str()));
    let matches = |known: &&ObservedRoute| {
        known.destination == route.destination
            && known.options.table() == route.options.table()
            && known.options.kind == route.options.kind
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
    found.routes.remove(&known);
    Ok(before.again(state))
}

/// The route that the kernel makes of what is said.
fn resolve(namespace: &ObservedNamespace, route: &StepRoute) -> Result<ObservedRoute, Refused> {
    let family = Family::of(route.destination.addr());
    let index = |name: &InterfaceName| index_of(namespace, name.as_str());
    let mut names = route.interface.iter().chain(route.options.interfaces());
    if let Some(name) = names.find(|name| index(name).is_none()) {
        return Err(Refused(format!("there is no interface {name}")));
    }
    let named = route.interface.as_ref().and_then(index);
    let mut options = route.options.map(index).unwrap_or_default();
    let has_next_hop = route.gateway.is_some() || named.is_some() || !options.hops.is_empty();
    if options.kind != RouteKind::Unicast && has_next_hop {
        let why = "Gateway, device and multipath can not be specified for this route type";
        return Err(Refused(why.to_owned()));
    }
    let has_gateway = route.gateway.is_some();
    let said = Said {
        namespace,
        family,
        table: options.table(),
        scope: options.scope(family, has_gateway),
    };
    for hop in &mut options.hops {
        hop.interface = said.next_hop(hop.gateway, hop.interface, hop.onlink)?;
    }
    let interface = match options.hops.is_empty() {
        true => said.next_hop(route.gateway, named, options.onlink)?,
        false => None,
    };
    if let Some(source) = options.source {
        said.is_own(source)?;
    }
    Ok(ObservedRoute {
        destination: route.destination,
        gateway: route.gateway,
        interface,
        metric: metric(route),
        origin: Origin::Static,
        options: options.without_usual_scope(family, has_gateway),
        dead: BTreeSet::new(),
    })
}

/// What the next hops of a route are looked up with.
struct Said<'a> {
    namespace: &'a ObservedNamespace,
    family: Family,
    table: u32,
    scope: Scope,
}

impl Said<'_> {
    /// The interface of a next hop.
    fn next_hop(
        &self,
        gateway: Option<IpAddr>,
        through: Option<u32>,
        onlink: bool,
    ) -> Result<Option<u32>, Refused> {
        let named = through.and_then(|index| self.namespace.interfaces.get(&index));
        // `fib_create_info` does not look whether the interface of one's own addresses is up.
        let is_host = self.family == Family::Ipv4 && self.scope == Scope::Host;
        if let Some(down) = named.filter(|named| !named.up && !is_host) {
            return Err(Refused(format!("{} is down", down.name)));
        }
        let Some(gateway) = gateway else {
            return Ok(through);
        };
        let is_loopback = named.is_some_and(|named| named.kind == ObservedKind::Loopback);
        if self.family == Family::Ipv6 && is_loopback {
            let why = "Egress device can not be loopback device for this route";
            return Err(Refused(why.to_owned()));
        }
        if onlink {
            let why = "Nexthop device required for onlink";
            let through = through.ok_or_else(|| Refused(why.to_owned()))?;
            return self.on_link(gateway, through).map(Some);
        }
        // fe80::/64 is on every interface.
        if let Some(through) = through.filter(|_| gateway.is_ipv6() && is_link_local(gateway)) {
            return Ok(Some(through));
        }
        reach::interface(self.namespace, self.table, gateway, through).map(Some)
    }

    /// IPv4 wants an address of somebody else (`fib_check_nh_v4_gw`), and takes none before there is
    /// an address in the namespace, for lack of a table to look in (`inet_addr_type`); IPv6 wants
    /// one that no other interface leads to (`ip6_route_check_nh_onlink`).
    fn on_link(&self, gateway: IpAddr, through: u32) -> Result<u32, Refused> {
        let is_elsewhere = match self.family {
            Family::Ipv4 => self.has(gateway) || !self.has_ipv4(),
            Family::Ipv6 if is_link_local(gateway) => false,
            Family::Ipv6 => {
                let leads = reach::longest(self.namespace, TABLE_MAIN, gateway, None);
                let leads = leads.filter(|way| way.prefix_len > 0);
                // Of equal ways the kernel takes that of the interface it was told (`rt6_check_dev`).
                let own = reach::longest(self.namespace, TABLE_MAIN, gateway, Some(through));
                leads.is_some_and(|way| {
                    let is_equal = |own: reach::Way| {
                        own.interface == Some(through)
                            && (own.prefix_len, own.metric) == (way.prefix_len, way.metric)
                    };
                    way.interface != Some(through) && !own.is_some_and(is_equal)
                })
            }
        };
        match is_elsewhere {
            true => Err(Refused("Nexthop has invalid gateway".to_owned())),
            false => Ok(through),
        }
    }

    /// A loopback that is up has 127.0.0.1.
    fn has_ipv4(&self) -> bool {
        let mut all = self.namespace.interfaces.values();
        all.any(|i| {
            let is_ipv4 = |a: &ObservedAddress| a.address.addr().is_ipv4();
            i.addresses.iter().any(is_ipv4) || (i.kind == ObservedKind::Loopback && i.up)
        })
    }

    fn has(&self, address: IpAddr) -> bool {
        let mut all = self.namespace.interfaces.values();
        all.any(|i| i.addresses.iter().any(|a| a.address.addr() == address))
    }

    /// `fib_valid_prefsrc`, and `ip6_route_info_create`. All of 127.0.0.0/8 is a loopback's that
    /// was up once: that is left to the kernel.
    fn is_own(&self, source: IpAddr) -> Result<(), Refused> {
        match self.has(source) || source.is_loopback() {
            true => Ok(()),
            false => Err(Refused(format!("Invalid source address {source}"))),
        }
    }
}

fn index_of(namespace: &ObservedNamespace, name: &str) -> Option<u32> {
    namespace.interfaces.named(name).map(|(index, _)| index)
}

fn metric(route: &StepRoute) -> u32 {
    kernel_metric(Family::of(route.destination.addr()), route.metric)
}

/// There is one route a destination and metric in a table: a second one is refused whatever its
/// next hop.
fn is_same(a: &ObservedRoute, b: &ObservedRoute) -> bool {
    a.destination == b.destination && a.metric == b.metric && a.options.table() == b.options.table()
}
