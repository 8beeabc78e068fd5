//! The steps from observed to document.
//!
//! A plan is built on the [`crate::model`] kernel: each step is executed there before the next one
//! is chosen, so that what a step takes with it (routes of an interface that goes down, secondary
//! addresses) is put back by later steps of the same plan.

use std::collections::BTreeSet;

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
    plan_within(document, observed, None)
}

/// The steps of an edit: those that bring what differs between `before` and `document` from
/// `observed` to `document`. Whatever else differs from the document is drift, and left alone.
///
/// An edit that adds no difference (it says what somebody has done to the kernel already) has no
/// steps, also if the objects that it touches differ in something else.
pub fn plan_edit(before: &Document, document: &Document, observed: &Observed) -> Vec<Step> {
    match adds_nothing(before, document, observed) {
        true => Vec::new(),
        false => plan_rest(before, document, observed),
    }
}

/// Whether an edit adds no difference from the kernel as it is before the first step.
pub fn adds_nothing(before: &Document, document: &Document, observed: &Observed) -> bool {
    let scope = Scope::between(before, document);
    agreed::adds_nothing(before, document, observed, &scope)
}

/// [`plan_edit`] of an edit that adds differences, or the rest of it: once steps are done, what
/// the kernel took along with them differs from both documents, and is no drift.
pub fn plan_rest(before: &Document, document: &Document, observed: &Observed) -> Vec<Step> {
    plan_within(document, observed, Some(Scope::between(before, document)))
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
    plan_within(document, observed, Some(scope))
}

fn plan_within(document: &Document, observed: &Observed, scope: Option<Scope>) -> Vec<Step> {
    let mut planner = Planner {
        document,
        mtus: Mtus::new(document),
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
    model::settle_carriers(&mut planner.state);
    planner.add_routes();
    planner.add_rules();
    planner.set_uplink(true);
    planner.steps
}

/// A plan in the making.
struct Planner<'a> {
    document: &'a Document,
    mtus: Mtus<'a>,
    /// The model kernel after the steps so far.
    state: Observed,
    places: Places,
    steps: Vec<Step>,
    scope: Option<Scope>,
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
            .as_ref()
            .is_none_or(|scope| scope.namespaces.contains(&id))
    }

    fn covers_firewall(&self, id: NamespaceId) -> bool {
        let follows = |scope: &Scope| scope.firewalls.contains(&id);
        self.covers_namespace(id) || self.scope.as_ref().is_some_and(follows)
    }

    fn covers_interface(&self, id: InterfaceId) -> bool {
        self.scope
            .as_ref()
            .is_none_or(|scope| scope.interfaces.contains(&id))
    }

    fn covers_mtu(&self, id: InterfaceId) -> bool {
        let follows = |scope: &Scope| scope.mtus.contains(&id);
        self.covers_interface(id) || self.scope.as_ref().is_some_and(follows)
    }

    /// The document's interfaces that this plan may touch.
    fn interfaces(&self) -> impl Iterator<Item = (InterfaceId, &'a Interface)> {
        let document = self.document;
        document
            .interfaces
            .iter()
            .map(|(id, i)| (*id, i))
            .filter(|(id, _)| self.covers_interface(*id))
    }

    /// The document's namespaces that this plan may touch.
    fn namespaces(&self) -> impl Iterator<Item = (NamespaceId, &'a Namespace)> {
        let document = self.document;
        document
            .namespaces
            .iter()
            .map(|(id, ns)| (*id, ns))
            .filter(|(id, _)| self.covers_namespace(*id))
    }

    /// The kernel's interface for one of the document: its index and itself.
    fn find(&self, id: InterfaceId, wanted: &Interface) -> Option<(u32, &ObservedInterface)> {
        lookup::find(self.document, &self.state, &self.places, id, wanted)
    }
}

/// Where an interface of the document is to be found once it has its name.
fn at(wanted: &Interface) -> At {
    At {
        namespace: wanted.namespace,
        name: wanted.name.clone(),
    }
}
