//! Routes, and how routes and rules are said.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use netlink_packet_route::address::AddressFlags;
use nix::errno::Errno;
use topology::rule::Rule;
use topology::status::step_route_text;
use topology::step::{At, StepRoute};
use topology::{InterfaceName, NamespaceId};

use super::{Executor, Failed};
use crate::netlink::{AddressRow, Failure, Route};

/// How often it is looked whether an address can be used by now.
const LOOK_FOR_ADDRESS: Duration = Duration::from_millis(20);
/// How long duplicate address detection may take: up to one second of delay,
/// one for the answer (RFC 4862), and some room.
const DETECTION: Duration = Duration::from_secs(3);

impl Executor<'_> {
    pub(super) fn route(
        &mut self,
        namespace: NamespaceId,
        route: &StepRoute,
    ) -> Result<Route, Failed> {
        let interface = match &route.interface {
            Some(name) => Some(self.index(&At {
                namespace,
                name: name.clone(),
            })?),
            None => None,
        };
        let mut indexes = BTreeMap::new();
        for name in route.options.interfaces() {
            let at = At {
                namespace,
                name: name.clone(),
            };
            indexes.insert(name.clone(), self.index(&at)?);
        }
        let options = route.options.map(|name| indexes.get(name).copied());
        let StepRoute {
            destination,
            gateway,
            metric,
            ..
        } = *route;
        Ok(Route {
            destination,
            gateway,
            interface,
            metric,
            options: options.unwrap_or_default(),
        })
    }

    /// Waits while the source address of an IPv6 route is being asked for on its link: the kernel
    /// refuses the route until then. What changes meanwhile is heard and shown.
    pub(super) fn add_route(
        &mut self,
        namespace: NamespaceId,
        route: &Route,
    ) -> Result<(), Failure> {
        let begin = Instant::now();
        let source = route.options.source.filter(|source| source.is_ipv6());
        loop {
            let socket = self.lab.socket(namespace);
            let socket = socket.map_err(|error| Failure::Broken(error.to_string()))?;
            let result = socket.add_route(route);
            let (Err(failure), Some(source)) = (&result, source) else {
                return result;
            };
            if !failure.is(Errno::EINVAL) || begin.elapsed() > DETECTION {
                return result;
            }
            let rows = socket.addresses()?;
            let is_tentative = |row: &AddressRow| {
                row.address.addr() == source
                    && row.flags.contains(AddressFlags::Tentative)
                    && !row.flags.contains(AddressFlags::Dadfailed)
            };
            if !rows.iter().any(is_tentative) {
                // It has become usable just now, perhaps.
                return socket.add_route(route);
            }
            self.lab.linger(LOOK_FOR_ADDRESS);
        }
    }

    pub(super) fn route_text(&self, namespace: NamespaceId, route: &StepRoute) -> String {
        let said = step_route_text(route);
        format!("route {said} in {}", self.lab.name(namespace))
    }

    pub(super) fn rule_text(&self, namespace: NamespaceId, rule: &Rule<InterfaceName>) -> String {
        let said = rule.words().join(" ");
        format!("rule {said} in {}", self.lab.name(namespace))
    }
}
