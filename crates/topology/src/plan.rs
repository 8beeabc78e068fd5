//! The steps from observed to document.
//!
//! A plan is built on the [`crate::model`] kernel: each step is executed there before the next one
//! is chosen, so that what a step takes with it (routes of an interface that goes down, secondary
//! addresses) is put back by later steps of the same plan.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Family;
use crate::document::{Document, Interface, Namespace};
use crate::id::{InterfaceId, NamespaceId};
use crate::model;
use crate::observed::{Observed, ObservedInterface};
use crate::step::{At, Step};

mod agreed;
mod devices;
mod firewall;
mod lookup;
mod mtu;
mod neighbour;
mod objects;
mod routes;
mod rules;
mod scope;
mod settings;
mod sysctl;
mod tables;
mod uplink;

use lookup::Places;
use mtu::DEEPEST;
use scope::Scope;
use settings::stands;

pub use lookup::unclaimed;
pub use mtu::Mtus;
pub use routes::{has_route, unwanted_routes, waits};
pub(crate) use routes::{is_in_the_way, known_text, unwanted};
pub use rules::wanted_rules;
pub(crate) use settings::address_orders;

/// Metric of an IPv6 route that is added without one: `IP6_RT_PRIO_USER` (linux/ipv6_route.h).
pub const IPV6_DEFAULT_METRIC: u32 = 1024;

/// The metric that the kernel gives a route that is added with `said`: IPv6 takes 0 for none
/// (`ip6_route_info_create`).
pub fn kernel_metric(family: Family, said: Option<u32>) -> u32 {
    match (family, said) {
        (Family::Ipv4, said) => said.unwrap_or_default(),
        (Family::Ipv6, None | Some(0)) => IPV6_DEFAULT_METRIC,
        (Family::Ipv6, Some(metric)) => metric,
    }
}

/// The steps that bring the kernel from `observed` to `document`, in the order to execute them;
/// empty if it is there.
///
/// Interfaces that nobody made for a document are left alone unless they stand in the way.
pub fn plan(document: &Document, observed: &Observed) -> Vec<Step> {
    plan_within(document, &Mtus::new(document), observed, None)
}

/// The steps of an edit: those that bring what differs between `before` and `document` from
/// `observed` to `document`. Whatever else differs from the document is drift, and left alone.
///
/// An edit that adds no difference (it says what somebody has done to the kernel already) has no
/// steps, also if the objects that it touches differ in something else.
pub fn plan_edit(before: &Document, document: &Document, observed: &Observed) -> Vec<Step> {
    let edited = Edited::between(before, document);
    match edited.adds_nothing(observed) {
        true => Vec::new(),
        false => edited.rest(observed),
    }
}

/// An edit that is planned several times: what it touches is found once.
#[derive(Debug)]
pub struct Edited<'a> {
    before: &'a Document,
    document: &'a Document,
    mtus: Mtus<'a>,
    scope: Scope,
}

impl<'a> Edited<'a> {
    /// The edit that makes `document` of `before`.
    pub fn between(before: &'a Document, document: &'a Document) -> Self {
        Self {
            before,
            document,
            mtus: Mtus::new(document),
            scope: Scope::between(before, document),
        }
    }

    /// Whether it adds no difference from the kernel as it is before the first step.
    pub fn adds_nothing(&self, observed: &Observed) -> bool {
        agreed::adds_nothing(
            self.before,
            (self.document, &self.mtus),
            observed,
            &self.scope,
        )
    }

    /// [`plan_edit`] of an edit that adds differences, or the rest of it: once steps are done, what
    /// the kernel took along with them differs from both documents, and is no drift.
    pub fn rest(&self, observed: &Observed) -> Vec<Step> {
        plan_within(self.document, &self.mtus, observed, Some(&self.scope))
    }
}

/// The steps of an edit from `before` to `document`, and of these objects in any case.
pub(crate) fn plan_objects(
    before: &Document,
    document: &Document,
    observed: &Observed,
    namespaces: &BTreeSet<NamespaceId>,
    interfaces: &BTreeSet<InterfaceId>,
) -> Vec<Step> {
    let scope = Scope::between(before, document).with(document, namespaces, interfaces);
    plan_within(document, &Mtus::new(document), observed, Some(&scope))
}

fn plan_within(
    document: &Document,
    mtus: &Mtus<'_>,
    observed: &Observed,
    scope: Option<&Scope>,
) -> Vec<Step> {
    let mut planner = Planner {
        document,
        mtus,
        state: observed.clone(),
        places: Places::default(),
        steps: Vec::new(),
        scope,
    };
    planner.set_uplink(false);
    planner.remove_rules();
    planner.remove_routes();
    planner.remove_addresses();
    planner.remove_interfaces();
    planner.remove_namespaces();
    planner.rename_namespaces();
    planner.add_namespaces();
    planner.set_sysctls_of_new();
    planner.rename_interfaces();
    planner.add_interfaces();
    planner.set_down();
    planner.set_firewalls();
    planner.set_forwarding();
    planner.unset_sysctls();
    planner.set_parameters();
    planner.set_macs();
    planner.set_offloads();
    // Before anything passes.
    planner.set_qualities();
    planner.set_mtus();
    // What comes up does so with them.
    planner.set_sysctls();
    planner.add_addresses();
    // Ends in namespaces first, ports last: a bridge floods less while it grows.
    planner.set_up(|interface| interface.master.is_none() && !stands(interface));
    planner.set_masters();
    // Whoever joins a bond takes its MTU.
    planner.set_mtus();
    planner.set_ports();
    planner.add_vlans();
    planner.set_fdb();
    planner.remove_vlans();
    // What left a bond was closed.
    planner.set_up(|interface| !stands(interface));
    // A VLAN on a VLAN comes up after that. What the model refuses stays as it is.
    for _ in 0..DEEPEST {
        if !planner.set_up(stands) {
            break;
        }
    }
    // A bond sets its ports up, and an interface the VLANs that stand on it.
    planner.set_down();
    planner.set_mtus_of_bridges();
    // Those of IPv6 where the MTU was too small until now.
    planner.set_sysctls();
    // Joining a VRF takes IPv6 addresses along.
    planner.add_addresses();
    planner.set_neighbours();
    // Some routes wait for a carrier.
    planner.settle_carriers();
    planner.add_routes();
    planner.add_rules();
    planner.set_uplink(true);
    planner.steps
}

/// A plan in the making.
struct Planner<'a> {
    document: &'a Document,
    mtus: &'a Mtus<'a>,
    /// The model kernel after the steps so far.
    state: Observed,
    places: Places,
    steps: Vec<Step>,
    scope: Option<&'a Scope>,
}

impl<'a> Planner<'a> {
    /// Adds a step. One that the model refuses is planned all the same: the kernel is to say why.
    fn push(&mut self, step: Step) {
        let _refused = model::execute(&mut self.state, &step);
        self.steps.push(step);
    }

    fn push_all(&mut self, steps: Vec<Step>) {
        for step in steps {
            self.push(step);
        }
    }

    fn covers_namespace(&self, id: NamespaceId) -> bool {
        self.scope
            .is_none_or(|scope| scope.namespaces.contains(&id))
    }

    fn covers_firewall(&self, id: NamespaceId) -> bool {
        let follows = |scope: &Scope| scope.firewalls.contains(&id);
        self.covers_namespace(id) || self.scope.is_some_and(follows)
    }

    /// Whether routes of a namespace may have gone with what this plan touches.
    fn reaches_namespace(&self, id: NamespaceId) -> bool {
        let reaches = |scope: &Scope| scope.reached.contains(&id);
        self.covers_namespace(id) || self.scope.is_some_and(reaches)
    }

    fn covers_interface(&self, id: InterfaceId) -> bool {
        self.scope
            .is_none_or(|scope| scope.interfaces.contains(&id))
    }

    /// The document's interfaces that this plan may touch.
    fn interfaces(&self) -> impl Iterator<Item = (InterfaceId, &'a Interface)> + use<'a> {
        within(
            &self.document.interfaces,
            self.scope.map(|scope| scope.interfaces.iter()),
        )
    }

    /// Those, and the ones whose MTU the kernel changes with theirs.
    fn interfaces_and_mtus(&self) -> impl Iterator<Item = (InterfaceId, &'a Interface)> + use<'a> {
        within(
            &self.document.interfaces,
            self.scope.map(|scope| scope.interfaces.union(&scope.mtus)),
        )
    }

    /// The document's namespaces that this plan may touch.
    fn namespaces(&self) -> impl Iterator<Item = (NamespaceId, &'a Namespace)> + use<'a> {
        within(
            &self.document.namespaces,
            self.scope.map(|scope| scope.namespaces.iter()),
        )
    }

    /// Of the namespaces whose routes are looked at next.
    fn settle_carriers(&mut self) {
        let Some(scope) = self.scope else {
            model::settle_carriers(&mut self.state);
            return;
        };
        for id in scope.namespaces.union(&scope.reached) {
            model::settle_carriers_of(&mut self.state, *id);
        }
    }

    /// The kernel's interface for one of the document: its index and itself.
    fn find(&self, id: InterfaceId, wanted: &Interface) -> Option<(u32, &ObservedInterface)> {
        lookup::find(self.document, &self.state, &self.places, id, wanted)
    }
}

/// Those of a map that are among the ids, in order; all of them if there are none. An edit touches
/// a few of thousands, and a plan asks dozens of times.
fn within<'a, K: Ord + Copy + 'a, V>(
    all: &'a BTreeMap<K, V>,
    ids: Option<impl Iterator<Item = &'a K>>,
) -> impl Iterator<Item = (K, &'a V)> {
    let whole = ids.is_none().then(|| all.iter()).into_iter().flatten();
    let chosen = ids.into_iter().flatten();
    let chosen = chosen.filter_map(|id| all.get_key_value(id));
    chosen.chain(whole).map(|(id, value)| (*id, value))
}

/// Where an interface of the document is to be found once it has its name.
fn at(wanted: &Interface) -> At {
    At {
        namespace: wanted.namespace,
        name: wanted.name.clone(),
    }
}
