//! Ports: of bridges, bonds and VRFs.

use super::{
    Refused, adjust_bridge_mtu, device, fdb, index_of, interface_mut, re_add, set_up, vlans,
};
use crate::id::NamespaceId;
use crate::kind::parameters::Changes;
use crate::kind::{DeviceKind, Parameters, port};
use crate::name::InterfaceName;
use crate::observed::{Observed, ObservedInterface, ObservedKind};
use crate::step::{At, Step};

/// Makes an interface a port, or releases it.
pub(super) fn set(
    state: &mut Observed,
    at: &At,
    master: Option<&InterfaceName>,
) -> Result<Vec<Step>, Refused> {
    let wanted = match master {
        None => None,
        Some(name) => Some(may_join(state, at, name)?),
    };
    let old = interface_mut(state, at)?.master;
    let old_kind = old.and_then(|old| kind_of(state, at, old));
    let mut undo = match old {
        Some(_) => plugged_again(state, at.namespace, index_of(state, at)?),
        None => vec![Step::SetMaster {
            at: at.clone(),
            master: None,
        }],
    };
    let found = interface_mut(state, at)?;
    let was_up = found.up;
    found.port = Parameters::default();
    found.master = wanted.map(|(index, _)| index);
    let new_kind = wanted.map(|(_, kind)| kind);
    // A bridge's own stay when it becomes a port of a bond or VRF; it is never one of a bridge.
    if !found.kind.is_bridge() {
        found.vlans = None;
    }
    found.fdb.retain(|entry| !entry.is_of_bridge());
    if new_kind == Some(DeviceKind::Bridge) {
        found.port = port::usual();
        let bridge = wanted.and_then(|(index, _)| {
            let inside = state.namespaces.get(&at.namespace)?;
            inside.interfaces.get(&index)
        });
        let usual = bridge.and_then(vlans::of_new);
        interface_mut(state, at)?.vlans = usual;
    }
    for kind in [old_kind, new_kind].into_iter().flatten() {
        undo.extend(moved(state, at, kind, was_up, new_kind == Some(kind))?);
    }
    for bridge in [old, wanted.map(|(index, _)| index)] {
        undo.extend(adjust_bridge_mtu(state, at.namespace, bridge));
    }
    Ok(undo)
}

/// The steps that make an interface that is there the port that it was.
pub(super) fn plugged_again(state: &Observed, namespace: NamespaceId, index: u32) -> Vec<Step> {
    let mut steps = plugged(state, namespace, index);
    // Of a bond: a VRF's are added again with what else its port loses.
    if let Some(Step::SetUp { at, up: false }) = steps.last() {
        // IPv6 addresses went with that.
        let found = state.interface_named(at.namespace, at.name.as_str());
        let addresses = found.map(|(_, i)| i.addresses.clone()).unwrap_or_default();
        let ipv6 = addresses.into_iter().filter(|a| a.address.addr().is_ipv6());
        let again = re_add(at, ipv6.collect());
        steps.extend(again);
    }
    steps
}

/// The steps that make an interface the port that it is, if it is one.
pub(super) fn plugged(state: &Observed, namespace: NamespaceId, index: u32) -> Vec<Step> {
    let found = state.namespaces.get(&namespace);
    let found = found.and_then(|ns| ns.interfaces.get(&index));
    let name = device::name_of(state, namespace, index);
    let (Some(found), Some(name)) = (found, name) else {
        return Vec::new();
    };
    let master = found.master;
    let Some(master) = master.and_then(|index| device::name_of(state, namespace, index)) else {
        return Vec::new();
    };
    let at = At { namespace, name };
    let port = found.port.without_usual(port::TABLE);
    let named = |index: &u32| device::name_of(state, namespace, *index);
    let changes = device::renamed(&port.as_changes(), named);
    let mut steps = vec![Step::SetMaster {
        at: at.clone(),
        master: Some(master),
    }];
    if !changes.is_empty() {
        let at = at.clone();
        steps.push(Step::SetPort { at, changes });
    }
    if !found.kind.is_bridge() {
        steps.extend(vlans::again(state, namespace, index));
    }
    let of_bridge = found.fdb.iter().filter(|entry| entry.is_of_bridge());
    steps.extend(fdb::again(&at, of_bridge.copied()));
    let kind = found.master.and_then(|index| kind_of(state, &at, index));
    if kind == Some(DeviceKind::Bond) && !found.up {
        // It was set up by that.
        steps.push(Step::SetUp { at, up: false });
    }
    steps
}

/// What joining or leaving a master does to the port itself.
fn moved(
    state: &mut Observed,
    at: &At,
    kind: DeviceKind,
    was_up: bool,
    joins: bool,
) -> Result<Vec<Step>, Refused> {
    match kind {
        // `cycle_netdev` (drivers/net/vrf.c): down and up again, so that its routes change tables.
        DeviceKind::Vrf if was_up => {
            let mut undo = set_up(state, at, false)?;
            set_up(state, at, true)?;
            undo.retain(|step| !matches!(step, Step::SetUp { .. }));
            Ok(undo)
        }
        // `bond_enslave` opens it, `__bond_release_one` closes it, with which IPv6 addresses go.
        DeviceKind::Bond if joins => {
            let mut own_mtu = None;
            let master = interface_mut(state, at)?.master;
            let bond = master.and_then(|index| device::name_of(state, at.namespace, index));
            let bond = bond.map(|name| At {
                namespace: at.namespace,
                name,
            });
            if let Some(bond) = bond {
                let mtu = interface_mut(state, &bond)?.mtu;
                own_mtu = Some(std::mem::replace(&mut interface_mut(state, at)?.mtu, mtu));
                own_mtu = own_mtu.filter(|own| *own != mtu);
            }
            let addresses = interface_mut(state, at)?.addresses.clone();
            set_up(state, at, true)?;
            let ipv6 = addresses.into_iter().filter(|a| a.address.addr().is_ipv6());
            let at_mtu = |mtu| Step::SetMtu {
                at: at.clone(),
                mtu,
            };
            let mut undo: Vec<Step> = own_mtu.map(at_mtu).into_iter().collect();
            undo.extend(re_add(at, ipv6.collect()));
            Ok(undo)
        }
        DeviceKind::Bond if interface_mut(state, at)?.up => set_up(state, at, false),
        _ => Ok(Vec::new()),
    }
}

/// Changes what is set on a port of a bridge.
pub(super) fn set_port(
    state: &mut Observed,
    at: &At,
    changes: &Changes<InterfaceName>,
) -> Result<Vec<Step>, Refused> {
    let index = |name: &InterfaceName| {
        let named = state.interface_named(at.namespace, name.as_str());
        named.map(|(index, _)| index)
    };
    let resolved = device::resolve(changes, index)?;
    let found = interface_mut(state, at)?;
    if found.port.is_empty() {
        return Err(Refused(format!("{} is no port of a bridge", at.name)));
    }
    let old = found.port.apply(&resolved);
    let named = |index: &u32| device::name_of(state, at.namespace, *index);
    Ok(vec![Step::SetPort {
        at: at.clone(),
        changes: device::renamed(&old, named),
    }])
}

/// The master's index and kind, if the interface may become its port.
fn may_join(
    state: &mut Observed,
    at: &At,
    name: &InterfaceName,
) -> Result<(u32, DeviceKind), Refused> {
    let master_at = At {
        namespace: at.namespace,
        name: name.clone(),
    };
    let index = index_of(state, &master_at)?;
    let kind = kind_of(state, at, index).filter(|kind| kind.table().ports.is_some());
    let kind = kind.ok_or_else(|| Refused(format!("{name} takes no ports")))?;
    let found = interface_mut(state, at)?;
    let fits = match kind {
        DeviceKind::Vrf => found.kind != ObservedKind::Loopback && !is(found, DeviceKind::Vrf),
        DeviceKind::Bond => {
            is_ethernet(found) && !is(found, DeviceKind::Bond) && !is(found, DeviceKind::Vlan)
        }
        _ => is_ethernet(found) && !found.kind.is_bridge(),
    };
    if !fits {
        return Err(Refused(format!("{} cannot be a port of a {kind}", at.name)));
    }
    let (is_up, old) = (found.up, found.master);
    // Leaving another bond closes it first.
    let leaves_bond = old.and_then(|old| kind_of(state, at, old)) == Some(DeviceKind::Bond);
    if kind == DeviceKind::Bond && is_up && !leaves_bond {
        return Err(Refused("Device can not be enslaved while up".to_owned()));
    }
    Ok((index, kind))
}

fn kind_of(state: &Observed, at: &At, index: u32) -> Option<DeviceKind> {
    let namespace = state.namespaces.get(&at.namespace)?;
    Some(namespace.interfaces.get(&index)?.kind.device()?.kind)
}

fn is(interface: &ObservedInterface, kind: DeviceKind) -> bool {
    interface
        .kind
        .device()
        .is_some_and(|device| device.kind == kind)
}

fn is_ethernet(interface: &ObservedInterface) -> bool {
    match &interface.kind {
        ObservedKind::Loopback => false,
        ObservedKind::Veth { .. } | ObservedKind::Other(_) => true,
        ObservedKind::Device(device) => device.kind.table().ethernet,
    }
}
