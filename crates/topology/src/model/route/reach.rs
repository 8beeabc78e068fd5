//! By which interface a gateway is reached.

use std::net::IpAddr;

use super::super::Refused;
use crate::address::Family;
use crate::observed::{ObservedNamespace, ObservedRoute};
use crate::route::{RouteKind, Scope, TABLE_MAIN};
use crate::rule::RuleAction;

/// Of the kernel's own rule for the main table.
const PRIORITY_OF_MAIN: u32 = 32_766;

/// What a look-up in a table finds.
pub(super) struct Way {
    pub(super) prefix_len: u8,
    pub(super) metric: u32,
    /// `None`: through another router, or nowhere.
    pub(super) interface: Option<u32>,
}

/// The interface by which a gateway is reached without another gateway: looked up in the route's
/// own table, and then in those that the rules name (`fib_check_nh_v4_gw`, `ip6_route_check_nh`).
pub(super) fn interface(
    namespace: &ObservedNamespace,
    table: u32,
    gateway: IpAddr,
    through: Option<u32>,
) -> Result<u32, Refused> {
    let refused = || Refused(format!("the gateway {gateway} is on no network here"));
    let is_own = gateway.is_ipv6() || table != TABLE_MAIN;
    let own = longest(namespace, table, gateway, through).filter(|_| is_own);
    if let Some(interface) = own.and_then(|way| way.interface) {
        return Ok(interface);
    }
    let name = through.and_then(|index| namespace.interfaces.get(&index));
    let name = name.map(|interface| interface.name.as_str());
    let rules = namespace.rules.iter();
    let asked =
        rules.filter(|rule| rule.priority < PRIORITY_OF_MAIN && rule.is_for_gateway(gateway, name));
    let asked = asked.map(|rule| rule.action);
    for action in asked.chain(std::iter::once(RuleAction::Lookup(TABLE_MAIN))) {
        let RuleAction::Lookup(table) = action else {
            return Err(refused());
        };
        if let Some(way) = longest(namespace, table, gateway, through) {
            return way.interface.ok_or_else(refused);
        }
    }
    Err(refused())
}

/// The longest prefix in a table that has an address in it, through an interface if one is meant.
pub(super) fn longest(
    namespace: &ObservedNamespace,
    table: u32,
    to: IpAddr,
    through: Option<u32>,
) -> Option<Way> {
    let family = Family::of(to);
    let is_meant = |index: Option<u32>| through.is_none_or(|through| index == Some(through));
    let routes = namespace.routes.iter().filter(|route| {
        let is_up = |index: u32| namespace.interfaces.get(&index).is_some_and(|i| i.up);
        route.options.table() == table
            && route.destination.contains(&to)
            && is_meant(route.interface)
            && route.interface.is_none_or(is_up)
            && is_seen(route, family)
    });
    let routes = routes.map(|route| Way {
        prefix_len: route.destination.prefix_len(),
        metric: route.metric,
        interface: route.interface.filter(|_| route.gateway.is_none()),
    });
    let interfaces = namespace.interfaces.iter();
    let interfaces =
        interfaces.filter(|(index, i)| table == TABLE_MAIN && i.up && is_meant(Some(**index)));
    let connected = interfaces.flat_map(|(index, i)| {
        let networks = i.addresses.iter().flat_map(|a| a.address.networks());
        let around = networks.filter(|network| network.contains(&to));
        around.map(|network| Way {
            prefix_len: network.prefix_len(),
            metric: 0,
            interface: Some(*index),
        })
    });
    let order = |way: &Way| (std::cmp::Reverse(way.prefix_len), way.metric);
    connected.chain(routes).min_by_key(order)
}

/// IPv4 passes over routes that are farther away than a link (`fib_table_lookup`), which those to
/// nowhere and those of several next hops are.
fn is_seen(route: &ObservedRoute, family: Family) -> bool {
    let scope = route.options.scope(family, route.gateway.is_some());
    match family {
        Family::Ipv4 => scope != Scope::Global && route.options.kind == RouteKind::Unicast,
        Family::Ipv6 => true,
    }
}
