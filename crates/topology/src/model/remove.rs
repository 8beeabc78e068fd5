//! Interfaces and namespaces that go.

use std::collections::BTreeSet;

use super::device::{at_of, falls, limit, name_of, renamed};
use super::route::lose::Event;
use super::{
    Refused, adjust_bridge_mtu, fdb, index_of, master, neighbour, qdisc, re_add, route, rule,
    sysctl, vlans,
};
use crate::id::NamespaceId;
use crate::kind::{Device, DeviceKind, Parameters};
use crate::mac::Mac;
use crate::observed::{Observed, ObservedInterface, ObservedKind, ObservedNamespace, ObservedPeer};
use crate::step::{At, NewInterface, Step};

/// Removes an interface, the other end of a veth pair, and what falls with them.
pub(super) fn interface(state: &mut Observed, at: &At) -> Result<Vec<Step>, Refused> {
    let index = index_of(state, at)?;
    let doomed = doomed(state, at, index)?;
    let mut undo = make_again(state, &doomed);
    undo.extend(named_again(state, &doomed));
    let mut ports = Vec::new();
    let mut mtus = Vec::new();
    for &(namespace, index) in &doomed {
        ports.extend(ports_again(state, namespace, index));
    }
    let inhabited: BTreeSet<_> = doomed.iter().map(|(namespace, _)| *namespace).collect();
    let before: Vec<_> = inhabited
        .into_iter()
        .map(|namespace| route::Before::of(state, namespace))
        .collect();
    for event in [Event::Down, Event::Removed] {
        for (namespace, index) in &doomed {
            if let Some(found) = state.namespaces.get_mut(namespace) {
                route::lose::with_interface(found, *index, event);
            }
        }
    }
    for &(namespace, index) in &doomed {
        let found = state.namespaces.get_mut(&namespace);
        let gone = found.and_then(|ns| without(ns, index));
        let master = gone.and_then(|gone| gone.master);
        mtus.extend(adjust_bridge_mtu(state, namespace, master));
    }
    undo.extend(mtus);
    undo.extend(ports);
    undo.extend(before.into_iter().flat_map(|before| before.again(state)));
    Ok(undo)
}

/// Takes an interface that is down out of its namespace, and all routes that lead to it: those
/// that stay when it goes down, too, as the host's own (`fib_sync_down_dev`, forced).
pub(crate) fn taken_out(found: &mut ObservedNamespace, index: u32) -> Option<ObservedInterface> {
    route::lose::with_interface(found, index, Event::Removed);
    without(found, index)
}

/// Takes an interface out, and the routes whose source was its address.
fn without(found: &mut ObservedNamespace, index: u32) -> Option<ObservedInterface> {
    let gone = found.interfaces.remove(&index)?;
    for address in &gone.addresses {
        route::lose::with_source(found, address.address.addr());
    }
    Some(gone)
}

/// What goes with an interface: those on which others stand before these.
fn doomed(state: &Observed, at: &At, index: u32) -> Result<Vec<(NamespaceId, u32)>, Refused> {
    let find = |namespace: NamespaceId, index: u32| {
        let found = state.namespaces.get(&namespace)?.interfaces.get(&index);
        found.map(|i| &i.kind)
    };
    let mut doomed = vec![(at.namespace, index)];
    match find(at.namespace, index) {
        Some(ObservedKind::Loopback) => {
            return Err(Refused("a loopback cannot be removed".into()));
        }
        Some(ObservedKind::Veth { peer: Some(peer) }) => doomed.push((peer.namespace, peer.index)),
        Some(_) => {}
        None => return Err(Refused(format!("there is no interface {}", at.name))),
    }
    let mut next = 0;
    while let Some(&(namespace, lower)) = doomed.get(next) {
        next += 1;
        let lower = ObservedPeer {
            namespace,
            index: lower,
        };
        for (place, above) in state.standing_on(lower) {
            let place = (place.namespace, place.index);
            if above.kind.device().is_some_and(falls) && !doomed.contains(&place) {
                doomed.push(place);
            }
        }
    }
    Ok(doomed)
}

/// Removes a namespace with all that is in it.
pub(super) fn namespace(state: &mut Observed, id: NamespaceId) -> Result<Vec<Step>, Refused> {
    if id == NamespaceId::HOST {
        return Err(Refused("the host namespace cannot be removed".into()));
    }
    let Some(found) = state.namespaces.get(&id) else {
        return Err(Refused(format!("there is no {id}")));
    };
    let mut undo = vec![Step::AddNamespace {
        namespace: id,
        name: found.name.clone(),
    }];
    let forwarding = found.forwarding;
    let firewall = found.firewall.clone();
    let sysctls = sysctl::again(id, None, &found.sysctls);
    let routes = route::Before::of(state, id);
    let rules: Vec<_> = rule::again(id, found.rules.iter()).collect();
    let mut names: Vec<_> = found
        .interfaces
        .values()
        .map(|i| {
            let device = i.kind.device();
            let names_another = device.is_some_and(|d| d.parameters.links().next().is_some());
            (!names_another, i.name.clone(), i.kind.clone())
        })
        .collect();
    // What names another goes before it, and comes again after it.
    names.sort_by_key(|(is_named, ..)| *is_named);
    let mut undos = Vec::new();
    for (_, name, kind) in names {
        let Ok(name) = name.parse() else { continue };
        let at = At {
            namespace: id,
            name,
        };
        if kind == ObservedKind::Loopback {
            undo.extend(settings(state, id, 1));
        } else if index_of(state, &at).is_ok() {
            undos.push(interface(state, &at)?);
        }
    }
    // Tunnels go with the namespace through which they send.
    let sends = |i: &ObservedInterface| {
        let device = i.kind.device();
        i.underlay == Some(id) && device.is_some_and(|d| d.kind.falls_with_underlay())
    };
    let elsewhere = state.namespaces.iter().filter(|(other, _)| **other != id);
    let sending = elsewhere.flat_map(|(&namespace, found)| {
        let all = found.interfaces.values().filter(|i| sends(i));
        all.filter_map(move |i| {
            Some(At {
                namespace,
                name: i.name.parse().ok()?,
            })
        })
    });
    for at in sending.collect::<Vec<_>>() {
        undos.push(interface(state, &at)?);
    }
    undo.extend(undos.into_iter().rev().flatten());
    for (family, on) in [
        (crate::address::Family::Ipv4, forwarding.ipv4),
        (crate::address::Family::Ipv6, forwarding.ipv6),
    ] {
        if on {
            undo.push(Step::SetForwarding {
                namespace: id,
                family,
                on,
            });
        }
    }
    undo.extend(sysctls);
    if let Some(firewall) = firewall {
        undo.push(Step::SetFirewall {
            namespace: id,
            ruleset: Some(firewall.ruleset),
        });
    }
    state.namespaces.remove(&id);
    // All of them at the end, also those that went with its interfaces.
    let is_inside = |step: &Step| {
        let is_route = matches!(step, Step::AddRoute { .. } | Step::RemoveRoute { .. });
        is_route && step.namespace() == id
    };
    undo.retain(|step| !is_inside(step));
    undo.extend(routes.again(state));
    undo.extend(rules);
    Ok(undo)
}

/// The steps that make interfaces again with what is set on them.
fn make_again(state: &Observed, doomed: &[(NamespaceId, u32)]) -> Vec<Step> {
    let new = |&(namespace, index): &(NamespaceId, u32)| {
        let found = state.namespaces.get(&namespace)?.interfaces.get(&index)?;
        let name = found.name.parse().ok()?;
        let at = At { namespace, name };
        Some((found, NewInterface { id: found.id, at }))
    };
    let mut steps = Vec::new();
    for (number, place) in doomed.iter().enumerate() {
        let Some((found, made)) = new(place) else {
            continue;
        };
        match &found.kind {
            ObservedKind::Veth { peer: Some(peer) } => {
                let other = (peer.namespace, peer.index);
                let is_made = doomed.iter().take(number).any(|known| *known == other);
                if let (false, Some((_, other))) = (is_made, new(&other)) {
                    let ends = [made, other];
                    steps.push(Step::AddVeth { ends });
                }
            }
            ObservedKind::Device(device) => {
                // An interface that it named and that is gone may come again, and then names it.
                let named = device.parameters.map_known(|lower| at_of(state, *lower));
                let device = Device {
                    kind: device.kind,
                    parameters: named.without_usual(device.kind.table().parameters),
                };
                let at = made.at.clone();
                let (device, later) = device.at_birth();
                let kind = device.kind;
                steps.push(Step::AddDevice {
                    new: made,
                    device,
                    underlay: found.underlay,
                });
                if !later.is_empty() {
                    let changes = later.as_changes();
                    steps.push(Step::SetParameters { at, kind, changes });
                }
            }
            _ => {}
        }
    }
    if steps.is_empty() {
        return steps;
    }
    for &(namespace, index) in doomed {
        steps.extend(settings(state, namespace, index));
    }
    steps
}

/// The steps that name interfaces again to those that stay and name them: a tunnel keeps the index
/// of the interface through which it sent, and what is made again has another.
fn named_again(state: &Observed, doomed: &[(NamespaceId, u32)]) -> Vec<Step> {
    let mut steps = Vec::new();
    // Only their own namespaces: one names another of the same one.
    let inhabited: BTreeSet<_> = doomed.iter().map(|(namespace, _)| *namespace).collect();
    let around = inhabited.into_iter();
    let around = around.filter_map(|id| Some((id, state.namespaces.get(&id)?)));
    for (namespace, found) in around {
        for (&index, interface) in &found.interfaces {
            let Some(device) = interface.kind.device() else {
                continue;
            };
            let mut links = device.parameters.links();
            let names = links.any(|(_, link)| doomed.contains(&(link.namespace, link.index)));
            if !names || doomed.contains(&(namespace, index)) {
                continue;
            }
            if let Ok(name) = interface.name.parse() {
                steps.push(Step::SetParameters {
                    at: At { namespace, name },
                    kind: device.kind,
                    changes: renamed(&device.parameters.as_changes(), |lower| {
                        at_of(state, *lower)
                    }),
                });
            }
        }
    }
    steps
}

/// The steps that give a new interface what this one has.
fn settings(state: &Observed, namespace: NamespaceId, index: u32) -> Vec<Step> {
    let Some(found) = state.namespaces.get(&namespace) else {
        return Vec::new();
    };
    let Some(interface) = found.interfaces.get(&index) else {
        return Vec::new();
    };
    let Ok(name) = interface.name.parse() else {
        return Vec::new();
    };
    let at = At { namespace, name };
    let mut steps = Vec::new();
    // A bridge's comes after its ports: they change it.
    let most = interface.kind.device().and_then(|d| limit(state, d));
    let mtu = most.map_or(interface.mtu, |most| interface.mtu.min(most));
    if !interface.kind.is_bridge() && mtu != new_mtu(interface) {
        let at = at.clone();
        steps.push(Step::SetMtu { at, mtu });
    }
    steps.extend(own_mac(found, index).map(|mac| Step::SetMac {
        at: at.clone(),
        mac,
    }));
    steps.extend(qdisc::again(&at, interface));
    if interface.kind.is_bridge() {
        steps.extend(vlans::again(state, namespace, index));
    }
    steps.extend(sysctl::again(namespace, Some(&at.name), &interface.sysctls));
    steps.extend(
        interface
            .offloads
            .iter()
            .map(|(offload, on)| Step::SetOffload {
                at: at.clone(),
                offload: *offload,
                on: Some(*on),
            }),
    );
    let own = interface.fdb.iter().filter(|entry| !entry.is_of_bridge());
    steps.extend(fdb::again(&at, own.copied()));
    steps.extend(master::plugged(state, namespace, index));
    let device = interface.kind.device();
    if !interface.up && device.is_some_and(|device| device.kind == DeviceKind::Vlan) {
        // It came up with what it stands on. IPv6 addresses would go with this.
        let at = at.clone();
        steps.push(Step::SetUp { at, up: false });
    }
    steps.extend(re_add(&at, interface.addresses.clone()));
    let neighbours = neighbour::again(&at, interface.neighbours.iter().copied());
    if interface.up {
        steps.push(Step::SetUp { at, up: true });
    }
    steps.extend(neighbours);
    steps
}

/// The MAC address that an interface has by itself: what takes ports may have one of theirs.
fn own_mac(namespace: &ObservedNamespace, index: u32) -> Option<Mac> {
    let interface = namespace.interfaces.get(&index)?;
    let ports = namespace.interfaces.values();
    let mut ports = ports.filter(|port| port.master == Some(index));
    let is_own = match &interface.kind {
        ObservedKind::Veth { .. } => true,
        ObservedKind::Device(device) => device.kind.table().ethernet,
        ObservedKind::Loopback | ObservedKind::Other(_) => false,
    };
    interface
        .mac
        .filter(|mac| is_own && !ports.any(|port| port.mac == Some(*mac)))
}

fn new_mtu(interface: &ObservedInterface) -> u32 {
    match interface.kind {
        ObservedKind::Loopback => super::LOOPBACK_MTU,
        _ => super::DEFAULT_MTU,
    }
}

/// Releases the ports of a bridge that goes, and returns the steps that plug them in again and give
/// it its MTU.
fn ports_again(state: &mut Observed, namespace: NamespaceId, bridge: u32) -> Vec<Step> {
    let Some(found) = state.namespaces.get(&namespace) else {
        return Vec::new();
    };
    let Some(own) = found.interfaces.get(&bridge) else {
        return Vec::new();
    };
    let ports = found.interfaces.iter();
    let ports = ports.filter(|(_, port)| port.master == Some(bridge));
    let (indexes, mtus): (Vec<u32>, Vec<u32>) = ports.map(|(i, port)| (*i, port.mtu)).unzip();
    let mut steps: Vec<Step> = indexes
        .iter()
        .flat_map(|index| master::plugged_again(state, namespace, *index))
        .collect();
    let usual = mtus.into_iter().min().unwrap_or(super::DEFAULT_MTU);
    if own.kind.is_bridge() && own.mtu != usual {
        let mtu = own.mtu;
        steps.extend(own.name.parse().map(|name| Step::SetMtu {
            at: At { namespace, name },
            mtu,
        }));
    }
    let kind = own.kind.device().map(|device| device.kind);
    let is_moving = matches!(kind, Some(DeviceKind::Bond | DeviceKind::Vrf));
    let found = state.namespaces.get_mut(&namespace).into_iter();
    let ports = |_: &u32, port: &ObservedInterface| port.master == Some(bridge);
    for (_, port) in found.flat_map(|ns| ns.interfaces.iter_mut_of(ports)) {
        port.master = None;
        port.port = Parameters::default();
        port.vlans = None;
        port.fdb.retain(|entry| !entry.is_of_bridge());
    }
    // A bond closes its ports when it goes, and a VRF sets them down and up.
    for index in indexes.into_iter().filter(|_| is_moving) {
        let is_up = state
            .namespaces
            .get(&namespace)
            .and_then(|ns| ns.interfaces.get(&index))
            .is_some_and(|port| port.up);
        if let (true, Some(name)) = (is_up, name_of(state, namespace, index)) {
            let at = At { namespace, name };
            let mut again = super::set_up(state, &at, false).unwrap_or_default();
            if kind == Some(DeviceKind::Vrf) {
                let _was_up = super::set_up(state, &at, true);
                again.retain(|step| !matches!(step, Step::SetUp { .. }));
            }
            steps.extend(again);
        }
    }
    steps
}
