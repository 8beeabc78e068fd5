//! A model kernel: executes steps on an [`Observed`] as Linux would.
//!
//! It is where a step's inverse comes from (what was there before is known here), what plans are
//! built on and tested against without a kernel, and what the real kernel is compared with.
//! What the kernel adds by itself (link-local addresses, connected routes) is not modelled; it is
//! [`Origin::Kernel`] in what the kernel reports.

use std::collections::BTreeSet;

use crate::address::{Family, is_per_link};
use crate::document::Forwarding;
use crate::id::NamespaceId;
use crate::kind::Parameters;
use crate::mac::Mac;
use crate::name::{InterfaceName, NamespaceName};
use crate::observed::{
    Interfaces, Observed, ObservedAddress, ObservedInterface, ObservedKind, ObservedNamespace,
    ObservedPeer, ObservedRoute, Origin,
};
use crate::offload::Offload;
use crate::quality::qdisc::Qdiscs;
use crate::route::RouteOptions;
use crate::shared_map::SharedMap;
use crate::step::{At, NewInterface, Step, StepRoute};
use crate::sysctl::Sysctls;
pub(crate) use address::is_same_network;
use address::{add_address, re_add, remove_address};
pub use carrier::settle_carriers;
pub(crate) use carrier::settle_carriers_of;
pub use device::renamed;
pub(crate) use device::{at_of, limit, most_mtu, name_of};
use mtu::{adjust_bridge_mtu, replace_mtu, set_mtu};
pub(crate) use qdisc::steps as qdisc_steps;
pub(crate) use remove::taken_out;
pub(crate) use sysctl::promotes;

mod address;
mod carrier;
mod device;
mod fdb;
mod firewall;
mod master;
mod mtu;
mod neighbour;
mod qdisc;
mod remove;
mod route;
mod rule;
mod spreading;
mod sysctl;
mod uplink;
mod vlans;

/// The MTU of a new veth or bridge: `ETH_DATA_LEN` (linux/if_ether.h).
pub const DEFAULT_MTU: u32 = 1500;
/// The MTU of a loopback: 64 KiB (drivers/net/loopback.c).
pub const LOOPBACK_MTU: u32 = 65_536;

/// Why the model refuses a step: the kernel would, too.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub String);

/// A sandbox as it is made: the host namespace with a loopback that is down.
pub fn fresh() -> Observed {
    let host = namespace(NamespaceName::host());
    Observed::new(SharedMap::from([(NamespaceId::HOST, host)]))
}

/// Executes a step and returns the steps that undo it, in the order to execute them.
///
/// A refused step leaves the state as it was. An interface of a kind that Netyard cannot make is
/// not made again by an undo.
pub fn execute(state: &mut Observed, step: &Step) -> Result<Vec<Step>, Refused> {
    let before = neighbour::Before::of(state, step);
    let mut undo = single(state, step)?;
    undo.extend(sysctl::lose_ipv6(state, step));
    for before in before {
        undo.extend(before.lose(state));
    }
    Ok(undo)
}

fn single(state: &mut Observed, step: &Step) -> Result<Vec<Step>, Refused> {
    match step {
        Step::AddNamespace {
            namespace: id,
            name,
        } => {
            name_is_free(state, name)?;
            add_namespace(state, *id, name)
        }
        Step::RemoveNamespace { namespace } => remove::namespace(state, *namespace),
        Step::RenameNamespace { namespace, name } => {
            name_is_free(state, name)?;
            let found = namespace_mut(state, *namespace)?;
            let old = std::mem::replace(&mut found.name, name.clone());
            Ok(vec![Step::RenameNamespace {
                namespace: *namespace,
                name: old,
            }])
        }
        Step::AddVeth { ends } => add_veth(state, ends),
        Step::AddDevice {
            new,
            device,
            underlay,
        } => device::add(state, new, device, *underlay),
        Step::SetParameters { at, kind, changes } => device::set(state, at, *kind, changes),
        Step::RemoveInterface { at } => remove::interface(state, at),
        Step::RenameInterface { at, name } => rename(state, at, name),
        Step::SetUp { at, up } => set_up(state, at, *up),
        Step::SetMtu { at, mtu } => set_mtu(state, at, *mtu),
        Step::SetMac { at, mac } => set_mac(state, at, *mac),
        Step::SetMaster { at, master } => master::set(state, at, master.as_ref()),
        Step::SetPort { at, changes } => master::set_port(state, at, changes),
        Step::AddAddress { at, address } => add_address(state, at, *address),
        Step::RemoveAddress { at, address } => remove_address(state, at, *address),
        Step::AddRoute { namespace, route } => route::add(state, *namespace, route),
        Step::RemoveRoute { namespace, route } => route::remove(state, *namespace, route),
        Step::AddRule { namespace, rule } => rule::add(state, *namespace, rule),
        Step::RemoveRule { namespace, rule } => rule::remove(state, *namespace, rule),
        Step::SetForwarding {
            namespace,
            family,
            on,
        } => {
            let found = namespace_mut(state, *namespace)?;
            let old = found.forwarding.set(*family, *on);
            let mut undo = vec![Step::SetForwarding {
                namespace: *namespace,
                family: *family,
                on: old,
            }];
            if old != *on {
                let followed = sysctl::forwarding_changed(*namespace, found, *family, *on);
                undo.extend(followed);
            }
            Ok(undo)
        }
        Step::SetFirewall { namespace, ruleset } => {
            firewall::set(state, *namespace, ruleset.as_deref())
        }
        Step::SetQdisc { at, level, to, .. } => qdisc::set(state, at, *level, to.as_ref()),
        Step::AddVlans { at, own, change } => vlans::add(state, at, *own, *change),
        Step::RemoveVlans { at, own, range } => vlans::remove(state, at, *own, *range),
        Step::AddFdb { at, entry } => fdb::add(state, at, *entry),
        Step::RemoveFdb { at, entry } => fdb::remove(state, at, *entry),
        Step::AddNeighbour { at, neighbour } => neighbour::add(state, at, *neighbour),
        Step::RemoveNeighbour { at, neighbour } => neighbour::remove(state, at, *neighbour),
        Step::SetSysctl {
            namespace,
            interface,
            name,
            value,
        } => sysctl::set(state, *namespace, interface.as_ref(), name, *value),
        Step::SetOffload { at, offload, on } => set_offload(state, at, *offload, *on),
        Step::SetUplink { on } => uplink::set(state, *on),
    }
}

/// Adds a namespace whose name is known to be free, which takes a look at all of them.
pub(crate) fn add_namespace(
    state: &mut Observed,
    id: NamespaceId,
    name: &NamespaceName,
) -> Result<Vec<Step>, Refused> {
    if state.namespaces.contains_key(&id) {
        return Err(Refused(format!("{id} exists")));
    }
    state.namespaces.insert(id, namespace(name.clone()));
    Ok(vec![Step::RemoveNamespace { namespace: id }])
}

/// A namespace as the kernel makes it.
fn namespace(name: NamespaceName) -> ObservedNamespace {
    let loopback = ObservedInterface {
        mtu: LOOPBACK_MTU,
        ..interface("lo", ObservedKind::Loopback)
    };
    ObservedNamespace {
        name,
        interfaces: Interfaces::from([(1, loopback)]),
        routes: BTreeSet::new(),
        forwarding: Forwarding::default(),
        firewall: None,
        rules: BTreeSet::new(),
        sysctls: Sysctls::new(),
    }
}

/// An interface as the kernel makes it.
fn interface(name: &str, kind: ObservedKind) -> ObservedInterface {
    ObservedInterface {
        id: None,
        name: name.to_owned(),
        kind,
        up: false,
        carrier: false,
        mtu: DEFAULT_MTU,
        mac: None,
        addresses: Vec::new(),
        master: None,
        underlay: None,
        port: Parameters::default(),
        qdiscs: Qdiscs::default(),
        vlans: None,
        fdb: BTreeSet::new(),
        neighbours: BTreeSet::new(),
        sysctls: Sysctls::new(),
        offloads: Default::default(),
    }
}

fn name_is_free(state: &Observed, name: &NamespaceName) -> Result<(), Refused> {
    match state.namespaces.values().any(|ns| ns.name == *name) {
        true => Err(name_is_taken(name)),
        false => Ok(()),
    }
}

/// Why a namespace is not made.
pub(crate) fn name_is_taken(name: &NamespaceName) -> Refused {
    Refused(format!("a namespace {name} exists"))
}

fn namespace_mut(state: &mut Observed, id: NamespaceId) -> Result<&mut ObservedNamespace, Refused> {
    state
        .namespaces
        .get_mut(&id)
        .ok_or_else(|| Refused(format!("there is no {id}")))
}

fn index_of(state: &Observed, at: &At) -> Result<u32, Refused> {
    let found = state.interface_named(at.namespace, at.name.as_str());
    found
        .map(|(index, _)| index)
        .ok_or_else(|| Refused(format!("there is no interface {}", at.name)))
}

fn interface_mut<'a>(
    state: &'a mut Observed,
    at: &At,
) -> Result<&'a mut ObservedInterface, Refused> {
    let found = namespace_mut(state, at.namespace)?;
    let by_name = found.interfaces.named_mut(at.name.as_str());
    by_name.ok_or_else(|| Refused(format!("there is no interface {}", at.name)))
}

fn add(state: &mut Observed, new: &NewInterface, kind: ObservedKind) -> Result<u32, Refused> {
    if index_of(state, &new.at).is_ok() {
        return Err(Refused(format!("an interface {} exists", new.at.name)));
    }
    let found = namespace_mut(state, new.at.namespace)?;
    let index = found
        .interfaces
        .keys()
        .next_back()
        .map_or(1, |last| last + 1);
    let made = ObservedInterface {
        id: new.id,
        ..interface(new.at.name.as_str(), kind)
    };
    found.interfaces.insert(index, made);
    Ok(index)
}

fn add_veth(state: &mut Observed, ends: &[NewInterface; 2]) -> Result<Vec<Step>, Refused> {
    let [first, second] = ends;
    let first_index = add(state, first, ObservedKind::Veth { peer: None })?;
    let second_index = match add(state, second, ObservedKind::Veth { peer: None }) {
        Ok(index) => index,
        Err(refused) => {
            namespace_mut(state, first.at.namespace)?
                .interfaces
                .remove(&first_index);
            return Err(refused);
        }
    };
    let join = [(first, second, second_index), (second, first, first_index)];
    for (end, other, index) in join {
        let peer = ObservedPeer {
            namespace: other.at.namespace,
            index,
        };
        interface_mut(state, &end.at)?.kind = ObservedKind::Veth { peer: Some(peer) };
    }
    // The end where many links have theirs, so that these can go together.
    let at = if second.at.namespace < first.at.namespace {
        &second.at
    } else {
        &first.at
    };
    Ok(vec![Step::RemoveInterface { at: at.clone() }])
}

fn rename(state: &mut Observed, at: &At, name: &InterfaceName) -> Result<Vec<Step>, Refused> {
    let renamed = At {
        namespace: at.namespace,
        name: name.clone(),
    };
    if index_of(state, &renamed).is_ok() {
        return Err(Refused(format!("an interface {name} exists")));
    }
    let index = index_of(state, at)?;
    let inside = namespace_mut(state, at.namespace)?;
    inside.interfaces.rename(index, name.as_str());
    Ok(vec![Step::RenameInterface {
        at: renamed,
        name: at.name.clone(),
    }])
}

/// Going down takes the IPv6 addresses (`addrconf_ifdown`, keep_addr_on_down is 0) and every route
/// through the interface (`fib_disable_ip`, `rt6_disable_ip`).
///
/// A VLAN goes up and down with what it stands on (`vlan_device_event`), and is up only while that
/// is (`vlan_dev_open`).
fn set_up(state: &mut Observed, at: &At, up: bool) -> Result<Vec<Step>, Refused> {
    let before = route::Before::of(state, at.namespace);
    // Of what stands on it elsewhere.
    let reached = state.reached_from(at.namespace).into_iter();
    let elsewhere = reached.filter(|id| *id != at.namespace);
    let elsewhere: Vec<_> = elsewhere.map(|id| route::Before::of(state, id)).collect();
    let was_up = interface_mut(state, at)?.up;
    let mut undo = switch(state, at, up)?;
    let around = namespace_mut(state, at.namespace)?;
    let found = around.interfaces.named(at.name.as_str());
    let loopback = found.filter(|(_, i)| i.kind == ObservedKind::Loopback);
    undo.extend(match loopback.map(|(index, _)| index) {
        // Taken back, this is a going down, and those to nowhere go with it.
        Some(index) if up && !was_up && !before.is_empty() => {
            let mut later = around.clone();
            route::lose::with_interface(&mut later, index, route::lose::Event::Down);
            before.alive_again(&later)
        }
        _ => before.again(state),
    });
    undo.extend(elsewhere.into_iter().flat_map(|before| before.again(state)));
    Ok(undo)
}

/// But for the routes, which are added again when all is as it was.
fn switch(state: &mut Observed, at: &At, up: bool) -> Result<Vec<Step>, Refused> {
    let index = index_of(state, at)?;
    if up && !device::may_be_up(state, at)? {
        return Err(Refused("Network is down".to_owned()));
    }
    let found = interface_mut(state, at)?;
    let old = std::mem::replace(&mut found.up, up);
    let set_back = Step::SetUp {
        at: at.clone(),
        up: old,
    };
    let settings = namespace_mut(state, at.namespace)?.sysctls.clone();
    let found = interface_mut(state, at)?;
    let keeps = sysctl::keeps_addresses(&settings, &found.sysctls);
    let is_lost = |a: &ObservedAddress| {
        let may_stay = keeps && a.origin == Origin::Static && !is_per_link(a.address.addr());
        Family::of(a.address.addr()) == Family::Ipv6 && !may_stay
    };
    let mut undo = if up {
        // Taken back, this is a going down.
        let lost = found
            .addresses
            .iter()
            .filter(|a| is_lost(a))
            .cloned()
            .collect();
        std::iter::once(set_back).chain(re_add(at, lost)).collect()
    } else {
        let (lost, kept): (Vec<_>, _) = found.addresses.drain(..).partition(is_lost);
        found.addresses = kept;
        let around = namespace_mut(state, at.namespace)?;
        for address in &lost {
            route::lose::with_source(around, address.address.addr());
        }
        if old {
            route::lose::with_interface(around, index, route::lose::Event::Down);
        }
        // Before the interface is up again: a new address is announced once it is.
        let mut undo = re_add(at, lost);
        undo.push(set_back);
        undo
    };
    if old && !up {
        // Taken back, this is a coming up, which those that are down come up with.
        for vlan in device::vlans_on(state, at.namespace, index, false) {
            let settings = namespace_mut(state, vlan.namespace)?.sysctls.clone();
            let found = interface_mut(state, &vlan)?;
            let keeps = sysctl::keeps_addresses(&settings, &found.sysctls);
            let addresses = found.addresses.iter().filter(|a| {
                let may_stay = keeps && !is_per_link(a.address.addr());
                a.address.addr().is_ipv6() && !may_stay
            });
            let lost = addresses.cloned().collect();
            let again = re_add(&vlan, lost);
            undo.push(Step::SetUp {
                at: vlan,
                up: false,
            });
            undo.extend(again);
        }
    }
    if old != up {
        for vlan in device::vlans_on(state, at.namespace, index, !up) {
            undo.extend(switch(state, &vlan, up)?);
        }
    }
    if up {
        route::lose::revive(namespace_mut(state, at.namespace)?, index, true);
    }
    Ok(undo)
}

/// What TCP leaves to an interface goes with its checksums (`netdev_fix_features`).
fn set_offload(
    state: &mut Observed,
    at: &At,
    offload: Offload,
    on: Option<bool>,
) -> Result<Vec<Step>, Refused> {
    let offloads = &mut interface_mut(state, at)?.offloads;
    let mut set = |offload, on: Option<bool>| {
        let old = match on {
            Some(on) => offloads.insert(offload, on),
            None => offloads.remove(&offload),
        };
        Step::SetOffload {
            at: at.clone(),
            offload,
            on: old,
        }
    };
    let mut undo = vec![set(offload, on)];
    if (offload, on) == (Offload::Tx, Some(false)) {
        let follows = set(Offload::Tso, None);
        if let Step::SetOffload { on: Some(_), .. } = follows {
            set(Offload::Tso, Some(false));
            undo.push(follows);
        }
    }
    Ok(undo)
}

fn set_mac(state: &mut Observed, at: &At, mac: Mac) -> Result<Vec<Step>, Refused> {
    let old = interface_mut(state, at)?.mac.replace(mac);
    let set_back = |mac| Step::SetMac {
        at: at.clone(),
        mac,
    };
    Ok(old.map(set_back).into_iter().collect())
}

/// What a route says more, with names for indexes; what names none is left out.
fn named_options(
    namespace: &ObservedNamespace,
    route: &ObservedRoute,
) -> RouteOptions<InterfaceName> {
    let name = |index: &u32| namespace.interfaces.get(index)?.name.parse().ok();
    let named = route.options.map(name);
    named.unwrap_or_else(|| RouteOptions {
        table: route.options.table,
        kind: route.options.kind,
        ..RouteOptions::default()
    })
}

/// A route as a step has it.
pub fn step_route(namespace: &ObservedNamespace, route: &ObservedRoute) -> StepRoute {
    let interface = route
        .interface
        .and_then(|index| namespace.interfaces.get(&index));
    StepRoute {
        destination: route.destination,
        gateway: route.gateway,
        interface: interface.and_then(|i| i.name.parse().ok()),
        metric: Some(route.metric),
        options: named_options(namespace, route),
    }
}
