//! What is set on namespaces and interfaces.

use std::collections::BTreeSet;

use super::mtu::DEEPEST;
use super::{Planner, at};
use crate::address::Family;
use crate::address::InterfaceAddress;
use crate::document::{DeviceKind, Interface};
use crate::id::InterfaceId;
use crate::model::{self, is_same_network};
use crate::observed::{ObservedInterface, Origin};
use crate::step::{At, Step};

/// What to do with an MTU above that of what an interface stands on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Above {
    /// Leave it for later: that may still change.
    Wait,
    /// The kernel is to say why not.
    Try,
}

/// Whether an interface stands on another.
pub(super) fn stands(interface: &Interface) -> bool {
    interface.kind.links().next().is_some()
}

impl Planner<'_> {
    /// Addresses that are not wanted, and of IPv4 those that come before a wanted primary.
    pub(super) fn remove_addresses(&mut self) {
        let mut steps = Vec::new();
        for (id, wanted) in self.interfaces() {
            let Some((_, found)) = self.find(id, wanted) else {
                continue;
            };
            let Ok(name) = found.name.parse() else {
                continue;
            };
            let at = At {
                namespace: wanted.namespace,
                name,
            };
            let around = self.state.namespaces.get(&wanted.namespace);
            let promotes =
                around.is_some_and(|around| model::promotes(&around.sysctls, &found.sysctls));
            for address in unwanted_addresses(wanted, found, promotes) {
                steps.push(Step::RemoveAddress {
                    at: at.clone(),
                    address,
                });
            }
        }
        // The secondaries of a primary that goes have gone with it by then.
        for step in steps {
            if let Step::RemoveAddress { at, address } = &step {
                let found = self.state.interface_named(at.namespace, at.name.as_str());
                if found.is_some_and(|(_, i)| i.addresses.iter().any(|a| a.address == *address)) {
                    self.push(step);
                }
            }
        }
    }

    pub(super) fn set_down(&mut self) {
        let steps = self.differing(|wanted, found| !self.document.is_up(wanted) && found.up);
        self.push_all(
            steps
                .into_iter()
                .map(|at| Step::SetUp { at, up: false })
                .collect(),
        );
    }

    /// Whether what a VLAN stands on is up: the kernel refuses it otherwise.
    fn may_be_up(&self, wanted: &Interface) -> bool {
        let device = wanted
            .kind
            .device()
            .filter(|device| device.kind == DeviceKind::Vlan);
        let lower = device.and_then(|device| device.lower());
        let lower = lower.and_then(|id| Some((*id, self.document.interfaces.get(id)?)));
        lower.is_none_or(|(id, lower)| self.find(id, lower).is_some_and(|(_, found)| found.up))
    }

    /// Whether there was any to set up.
    pub(super) fn set_up(&mut self, which: impl Fn(&Interface) -> bool) -> bool {
        let document = self.document;
        let steps = self.differing(|wanted, found| {
            which(wanted) && document.is_up(wanted) && !found.up && self.may_be_up(wanted)
        });
        let was_any = !steps.is_empty();
        let up = |at| Step::SetUp { at, up: true };
        self.push_all(steps.into_iter().map(up).collect());
        was_any
    }

    /// Where the interfaces are that differ so.
    fn differing(&self, differs: impl Fn(&Interface, &ObservedInterface) -> bool) -> Vec<At> {
        let all = self.interfaces();
        all.filter(|(id, wanted)| {
            self.find(*id, wanted)
                .is_some_and(|(_, found)| differs(wanted, found))
        })
        .map(|(_, wanted)| at(wanted))
        .collect()
    }

    pub(super) fn set_forwarding(&mut self) {
        let mut steps = Vec::new();
        for (namespace, wanted) in self.namespaces() {
            let Some(found) = self.state.namespaces.get(&namespace) else {
                continue;
            };
            for family in [Family::Ipv4, Family::Ipv6] {
                let on = wanted.forwarding.get(family);
                if found.forwarding.get(family) != on {
                    steps.push(Step::SetForwarding {
                        namespace,
                        family,
                        on,
                    });
                }
            }
        }
        self.push_all(steps);
    }

    /// But for bridges: see [`Self::set_mtus_of_bridges`].
    pub(super) fn set_mtus(&mut self) {
        let is_free = |i: &Interface| !i.kind.is_bridge() && !stands(i);
        self.set_mtus_of(Above::Wait, |_, wanted| is_free(wanted));
        for _ in 0..DEEPEST {
            if !self.set_mtus_of(Above::Wait, |_, wanted| stands(wanted)) {
                break;
            }
        }
    }

    /// Of what others are about to stand on, which takes it with them; a bridge that has none of
    /// its own has no ports yet.
    pub(super) fn set_mtus_below(&mut self, uppers: &[(InterfaceId, &Interface)]) {
        let lowers = uppers.iter().flat_map(|(_, upper)| upper.kind.links());
        let lowers: BTreeSet<_> = lowers.collect();
        self.set_mtus_of(Above::Wait, |id, wanted| {
            lowers.contains(&id) && (wanted.mtu.is_some() || !wanted.kind.is_bridge())
        });
    }

    /// After their ports: the kernel changes a bridge's MTU with theirs until it is set by hand.
    /// Then that of what stands on them, which may be the port of another.
    pub(super) fn set_mtus_of_bridges(&mut self) {
        for _ in 0..DEEPEST {
            let is_set = self.set_mtus_of(Above::Wait, |_, wanted| wanted.kind.is_bridge());
            if !self.set_mtus_of(Above::Wait, |_, wanted| stands(wanted)) && !is_set {
                break;
            }
        }
        self.set_mtus_of(Above::Try, |_, wanted| stands(wanted));
    }

    /// Whether there was anything to set.
    fn set_mtus_of(
        &mut self,
        above: Above,
        which: impl Fn(InterfaceId, &Interface) -> bool,
    ) -> bool {
        let mut steps = Vec::new();
        let all = self.interfaces_and_mtus();
        for (id, wanted) in all.filter(|(id, i)| which(*id, i)) {
            let Some(mtu) = self.mtus.of(id, wanted) else {
                continue;
            };
            // A bond gives its ports its own when they join it.
            let is_given = |found: &ObservedInterface| {
                let master = wanted
                    .master
                    .and_then(|id| self.document.interfaces.get(&id));
                let joins = found.master.is_none()
                    && master.is_some_and(|master| master.kind.is(DeviceKind::Bond));
                wanted.mtu.is_none() && joins
            };
            let differs = |found: &ObservedInterface| found.mtu != mtu && !is_given(found);
            let at = at(wanted);
            let waits = |at: &At| {
                let most = model::most_mtu(&self.state, at).ok().flatten();
                above == Above::Wait && most.is_some_and(|most| mtu > most)
            };
            if self
                .find(id, wanted)
                .is_some_and(|(_, found)| differs(found))
                && !waits(&at)
            {
                steps.push(Step::SetMtu { at, mtu });
            }
        }
        let was_any = !steps.is_empty();
        self.push_all(steps);
        was_any
    }

    pub(super) fn add_addresses(&mut self) {
        let mut steps = Vec::new();
        for (id, wanted) in self.interfaces() {
            let Some((_, found)) = self.find(id, wanted) else {
                continue;
            };
            for &address in &wanted.addresses {
                if !found.addresses.iter().any(|a| a.address == address) {
                    steps.push(Step::AddAddress {
                        at: at(wanted),
                        address,
                    });
                }
            }
        }
        self.push_all(steps);
    }
}

/// The addresses that both have, in the order of the document and in that of the kernel, if these
/// differ in what matters: which of an IPv4 network comes first.
pub(crate) fn address_orders(
    wanted: &Interface,
    found: &ObservedInterface,
) -> Option<(String, String)> {
    let is_static = |address: &&InterfaceAddress| {
        let mut known = found.addresses.iter();
        known.any(|a| a.origin == Origin::Static && a.address == **address)
    };
    let ours: Vec<_> = wanted.addresses.iter().filter(is_static).copied().collect();
    let known = found.addresses.iter().map(|a| a.address);
    let kernels: Vec<_> = known.filter(|address| ours.contains(address)).collect();
    let place = |list: &[InterfaceAddress], address: &InterfaceAddress| {
        let same = list.iter().filter(|a| is_same_network(**a, *address));
        same.take_while(|a| *a != address).count()
    };
    let differs = |address: &&InterfaceAddress| {
        address.addr().is_ipv4() && place(&ours, address) != place(&kernels, address)
    };
    let text = |list: &[InterfaceAddress]| {
        let differing = list.iter().filter(differs).map(InterfaceAddress::to_string);
        differing.collect::<Vec<_>>().join(", ")
    };
    ours.iter()
        .any(|address| differs(&address))
        .then(|| (text(&ours), text(&kernels)))
}

/// Static addresses that go: not in the document, or before one of the same IPv4 network that the
/// document has earlier (the first of a network is the primary). Where the kernel `promotes` the
/// next one, those that go are in nobody's way.
fn unwanted_addresses(
    wanted: &Interface,
    found: &ObservedInterface,
    promotes: bool,
) -> Vec<InterfaceAddress> {
    let known: Vec<InterfaceAddress> = found
        .addresses
        .iter()
        .filter(|a| a.origin == Origin::Static)
        .map(|a| a.address)
        .collect();
    let is_out_of_order = |address: &InterfaceAddress| {
        let same =
            |a: &&InterfaceAddress| address.addr().is_ipv4() && is_same_network(**a, *address);
        let stays = |a: &&InterfaceAddress| !promotes || wanted.addresses.contains(a);
        let in_kernel: Vec<_> = known.iter().filter(same).filter(stays).collect();
        let in_document: Vec<_> = wanted.addresses.iter().filter(same).collect();
        // What both begin with stays; from the first difference on all is added anew.
        let agree = in_kernel
            .iter()
            .zip(&in_document)
            .take_while(|(a, b)| a == b)
            .count();
        address.addr().is_ipv4() && in_kernel.iter().skip(agree).any(|a| *a == address)
    };
    known
        .iter()
        .filter(|a| !wanted.addresses.contains(a) || is_out_of_order(a))
        .copied()
        .collect()
}
