//! Interfaces and namespaces that go.

use super::{Refused, adjust_bridge_mtu, carrier, index_of, re_add, route, step_route};
use crate::id::NamespaceId;
use crate::name::InterfaceName;
use crate::observed::{Observed, ObservedInterface, ObservedKind, Origin};
use crate::step::{At, NewInterface, Step};

/// Removes an interface, and the other end of a veth pair.
pub(super) fn interface(state: &mut Observed, at: &At) -> Result<Vec<Step>, Refused> {
    let index = index_of(state, at)?;
    let mut ends = vec![(at.namespace, index)];
    match state
        .namespaces
        .get(&at.namespace)
        .and_then(|ns| ns.interfaces.get(&index))
    {
        Some(found) => match &found.kind {
            ObservedKind::Loopback => return Err(Refused("a loopback cannot be removed".into())),
            ObservedKind::Veth { peer: Some(peer) } => ends.push((peer.namespace, peer.index)),
            _ => {}
        },
        None => return Err(Refused(format!("there is no interface {}", at.name))),
    }
    let mut undo = make_again(state, &ends);
    let mut routes = Vec::new();
    let mut mtus = Vec::new();
    for &(namespace, index) in &ends {
        routes.extend(ports_again(state, namespace, index));
        routes.extend(route::lose(state, namespace, |r| {
            r.interface == Some(index)
        }));
        let found = state.namespaces.get_mut(&namespace);
        let gone = found.and_then(|ns| ns.interfaces.remove(&index));
        let bridge = gone.and_then(|gone| gone.bridge);
        mtus.extend(adjust_bridge_mtu(state, namespace, bridge));
    }
    carrier::recompute(state);
    undo.extend(mtus);
    undo.extend(routes);
    Ok(undo)
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
    let routes: Vec<_> = static_routes(state, id);
    let names: Vec<_> = found
        .interfaces
        .values()
        .map(|i| (i.name.clone(), i.kind.clone()))
        .collect();
    for (name, kind) in names {
        let Ok(name) = name.parse() else { continue };
        let at = At {
            namespace: id,
            name,
        };
        if kind == ObservedKind::Loopback {
            undo.extend(settings(state, id, 1));
        } else if index_of(state, &at).is_ok() {
            undo.extend(interface(state, &at)?);
        }
    }
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
    // Routes through interfaces went with those; what is left had none.
    let known: Vec<_> = undo.clone();
    undo.extend(routes.into_iter().filter(|step| !known.contains(step)));
    state.namespaces.remove(&id);
    Ok(undo)
}

fn static_routes(state: &Observed, id: NamespaceId) -> Vec<Step> {
    let Some(found) = state.namespaces.get(&id) else {
        return Vec::new();
    };
    let routes = found.routes.iter().filter(|r| r.origin == Origin::Static);
    routes
        .map(|r| Step::AddRoute {
            namespace: id,
            route: step_route(found, r),
        })
        .collect()
}

/// The steps that make interfaces again with what is set on them.
fn make_again(state: &Observed, ends: &[(NamespaceId, u32)]) -> Vec<Step> {
    let new = |&(namespace, index): &(NamespaceId, u32)| {
        let found = state.namespaces.get(&namespace)?.interfaces.get(&index)?;
        let name = found.name.parse().ok()?;
        Some((
            found,
            NewInterface {
                id: found.id,
                at: At { namespace, name },
            },
        ))
    };
    let made: Vec<_> = ends.iter().filter_map(new).collect();
    let mut steps = match made.as_slice() {
        [(_, first), (_, second)] => vec![Step::AddVeth {
            ends: [first.clone(), second.clone()],
        }],
        [(found, bridge)] if found.kind == ObservedKind::Bridge => {
            vec![Step::AddBridge {
                bridge: bridge.clone(),
            }]
        }
        _ => return Vec::new(),
    };
    for &(namespace, index) in ends {
        steps.extend(settings(state, namespace, index));
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
    if interface.kind != ObservedKind::Bridge && interface.mtu != new_mtu(interface) {
        steps.push(Step::SetMtu {
            at: at.clone(),
            mtu: interface.mtu,
        });
    }
    let bridge = interface
        .bridge
        .and_then(|index| found.interfaces.get(&index));
    if let Some(bridge) = bridge.and_then(|bridge| bridge.name.parse().ok()) {
        steps.push(Step::SetBridge {
            at: at.clone(),
            bridge: Some(bridge),
        });
    }
    steps.extend(re_add(&at, interface.addresses.clone()));
    if interface.up {
        steps.push(Step::SetUp { at, up: true });
    }
    steps
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
    let Some(found) = state.namespaces.get_mut(&namespace) else {
        return Vec::new();
    };
    let Some(own) = found.interfaces.get(&bridge) else {
        return Vec::new();
    };
    let (kind, mtu) = (own.kind.clone(), own.mtu);
    let Ok(name) = own.name.parse::<InterfaceName>() else {
        return Vec::new();
    };
    if kind != ObservedKind::Bridge {
        return Vec::new();
    }
    let mut steps = Vec::new();
    let mut least = None;
    for port in found.interfaces.values_mut() {
        if port.bridge != Some(bridge) {
            continue;
        }
        port.bridge = None;
        least = Some(least.map_or(port.mtu, |least: u32| least.min(port.mtu)));
        let Ok(port) = port.name.parse() else {
            continue;
        };
        let at = At {
            namespace,
            name: port,
        };
        steps.push(Step::SetBridge {
            at,
            bridge: Some(name.clone()),
        });
    }
    if mtu != least.unwrap_or(super::DEFAULT_MTU) {
        let at = At { namespace, name };
        steps.push(Step::SetMtu { at, mtu });
    }
    steps
}
