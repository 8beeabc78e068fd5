//! The steps that bring routes back.

use super::super::{re_add, step_route};
use super::is_same;
use crate::id::NamespaceId;
use crate::observed::{Observed, ObservedAddress, ObservedNamespace, ObservedRoute, Origin};
use crate::step::{At, Step, StepRoute};

/// The static routes of a namespace at one time, with the names of that time.
pub(in crate::model) struct Before {
    namespace: NamespaceId,
    routes: Vec<Known>,
}

struct Known {
    route: ObservedRoute,
    step: StepRoute,
    /// Next hops that are down, with their IPv6 addresses: the kernel keeps a route with such ones,
    /// and takes none. They are set up for a moment. It cannot be done if the address is gone by
    /// which a gateway was reached.
    down: Vec<(At, Vec<ObservedAddress>)>,
}

impl Before {
    /// Those that there are now.
    pub(in crate::model) fn of(state: &Observed, namespace: NamespaceId) -> Self {
        let found = state.namespaces.get(&namespace);
        let routes = found.into_iter().flat_map(|found| {
            let statics = found.routes.iter().filter(|r| r.origin == Origin::Static);
            statics.map(move |route| Known {
                route: route.clone(),
                step: step_route(found, route),
                down: down(namespace, found, route),
            })
        });
        let mut routes: Vec<_> = routes.collect();
        // Routes through gateways stand on those without.
        let has_gateway =
            |route: &ObservedRoute| route.gateway.is_some() || !route.options.hops.is_empty();
        routes.sort_by_key(|known| has_gateway(&known.route));
        Self { namespace, routes }
    }

    /// Whether there were none.
    pub(in crate::model) fn is_empty(&self) -> bool {
        self.routes.is_empty()
    }

    /// The steps that bring those back which are not there any more, or not as they were.
    pub(in crate::model) fn again(self, state: &Observed) -> Vec<Step> {
        let same = |a: &ObservedRoute, b: &ObservedRoute| {
            (a.gateway, a.interface, &a.options) == (b.gateway, b.interface, &b.options)
        };
        let now = state.namespaces.get(&self.namespace);
        self.bring_back(now, same)
    }

    /// The same, also of those of which a next hop has died since.
    pub(in crate::model) fn alive_again(self, now: &ObservedNamespace) -> Vec<Step> {
        self.bring_back(Some(now), |a, b| a == b)
    }

    fn bring_back(
        self,
        now: Option<&ObservedNamespace>,
        same: impl Fn(&ObservedRoute, &ObservedRoute) -> bool,
    ) -> Vec<Step> {
        let namespace = self.namespace;
        let mut removed = Vec::new();
        let mut added = Vec::new();
        for known in self.routes {
            let is_it = |r: &&ObservedRoute| is_same(r, &known.route);
            let left = now.and_then(|now| Some((now, now.routes.iter().find(is_it)?)));
            match left {
                Some((_, left)) if same(left, &known.route) => continue,
                Some((now, left)) => removed.push(Step::RemoveRoute {
                    namespace,
                    route: step_route(now, left),
                }),
                None => {}
            }
            let up = |(at, _): &(At, _)| Step::SetUp {
                at: at.clone(),
                up: true,
            };
            added.extend(known.down.iter().map(up));
            added.push(Step::AddRoute {
                namespace,
                route: known.step,
            });
            for (at, addresses) in known.down {
                let again = re_add(&at, addresses);
                added.push(Step::SetUp { at, up: false });
                added.extend(again);
            }
        }
        removed.extend(added);
        removed
    }
}

fn down(
    namespace: NamespaceId,
    found: &ObservedNamespace,
    route: &ObservedRoute,
) -> Vec<(At, Vec<ObservedAddress>)> {
    let hops = route.options.interfaces();
    let hops = hops.filter_map(|index| found.interfaces.get(index));
    let down = hops.filter(|i| !i.up).filter_map(|i| {
        let name = i.name.parse().ok()?;
        let ipv6 = i.addresses.iter().filter(|a| a.address.addr().is_ipv6());
        Some((At { namespace, name }, ipv6.cloned().collect()))
    });
    down.collect()
}
