//! Devices: made, and changed in place.

use super::{DEFAULT_MTU, Refused, index_of, interface_mut, namespace_mut, vlans};
use crate::id::NamespaceId;
use crate::kind::parameters::Changes;
use crate::kind::{Device, DeviceKind, NewMtu, Value};
use crate::name::InterfaceName;
use crate::observed::{Observed, ObservedKind, ObservedNamespace};
use crate::step::{At, NewInterface, Step};
use crate::vlans::Vlans;

/// Makes a device with what is said, and what is usual for the rest.
pub(super) fn add(
    state: &mut Observed,
    new: &NewInterface,
    device: &Device<InterfaceName>,
) -> Result<Vec<Step>, Refused> {
    device.check().map_err(Refused)?;
    let namespace = new.at.namespace;
    let mut missing = None;
    let resolved = device.map(|name| {
        let found = index(state, namespace, name);
        if found.is_none() {
            missing = Some(name.clone());
        }
        found
    });
    let Some(mut resolved) = resolved else {
        let name = missing.map(|name| name.to_string()).unwrap_or_default();
        return Err(Refused(format!("there is no interface {name}")));
    };
    let table = device.kind.table();
    resolved.parameters = resolved.parameters.with_usual(table.parameters);
    let mtu = new_mtu(state, namespace, &resolved);
    let is_bridge = device.kind == DeviceKind::Bridge;
    let usual = is_bridge.then(|| Vlans::usual(&resolved.parameters));
    super::add(state, new, ObservedKind::Device(resolved))?;
    let made = interface_mut(state, &new.at)?;
    made.mtu = mtu;
    made.vlans = usual;
    Ok(vec![Step::RemoveInterface { at: new.at.clone() }])
}

/// Changes parameters in place.
pub(super) fn set(
    state: &mut Observed,
    at: &At,
    kind: DeviceKind,
    changes: &Changes<InterfaceName>,
) -> Result<Vec<Step>, Refused> {
    let resolved = resolve(state, at.namespace, changes)?;
    let ObservedKind::Device(device) = &mut interface_mut(state, at)?.kind else {
        return Err(Refused(format!("{} is no {kind}", at.name)));
    };
    if device.kind != kind {
        return Err(Refused(format!("{} is no {kind}", at.name)));
    }
    let before = device.clone();
    let old = device.parameters.apply(&resolved);
    let mut undo = vec![Step::SetParameters {
        at: at.clone(),
        kind,
        changes: named(state, at.namespace, &old),
    }];
    undo.extend(vlans::follow(state, at, &before)?);
    Ok(undo)
}

/// Changes with indexes for names.
pub(super) fn resolve(
    state: &Observed,
    namespace: NamespaceId,
    changes: &Changes<InterfaceName>,
) -> Result<Changes<u32>, Refused> {
    let resolved = changes.iter().map(|(name, value)| {
        let value = match value {
            None => None,
            Some(value) => {
                let found = value.map(|link| index(state, namespace, link));
                Some(
                    found
                        .ok_or_else(|| Refused(format!("`{name}`: there is no such interface")))?,
                )
            }
        };
        Ok((name.clone(), value))
    });
    resolved.collect()
}

/// Changes with names for indexes; what names one that has none is left out.
pub(crate) fn named(
    state: &Observed,
    namespace: NamespaceId,
    changes: &Changes<u32>,
) -> Changes<InterfaceName> {
    let name = |index: &u32| name_of(state, namespace, *index);
    let named = changes.iter().filter_map(|(parameter, value)| {
        let value = match value {
            None => None,
            Some(value) => Some(value.map(name)?),
        };
        Some((parameter.clone(), value))
    });
    named.collect()
}

/// The name of an interface, if a step can say it.
pub(super) fn name_of(
    state: &Observed,
    namespace: NamespaceId,
    index: u32,
) -> Option<InterfaceName> {
    let found = state.namespaces.get(&namespace)?.interfaces.get(&index)?;
    found.name.parse().ok()
}

fn index(state: &Observed, namespace: NamespaceId, name: &InterfaceName) -> Option<u32> {
    let at = At {
        namespace,
        name: name.clone(),
    };
    index_of(state, &at).ok()
}

/// The MTU with which the kernel makes it.
pub(super) fn new_mtu(state: &mut Observed, namespace: NamespaceId, device: &Device<u32>) -> u32 {
    match device.kind.table().mtu {
        NewMtu::Fixed(mtu) => mtu,
        NewMtu::OfPorts | NewMtu::Unknown => DEFAULT_MTU,
        NewMtu::OfLower | NewMtu::Below { .. } => {
            let found = namespace_mut(state, namespace).ok();
            found
                .and_then(|ns| limit(ns, device))
                .unwrap_or(DEFAULT_MTU)
        }
    }
}

/// Whether a device falls with an interface on which it stands.
pub(super) fn falls_with(device: &Device<u32>, lower: u32) -> bool {
    let stands = |(_, value): (&str, &Value<u32>)| *value == Value::Link(lower);
    device.kind.table().falls && device.parameters.iter().any(stands)
}

/// The largest MTU that an interface may have, if that depends on what it stands on.
pub(crate) fn most_mtu(state: &Observed, at: &At) -> Result<Option<u32>, Refused> {
    let index = index_of(state, at)?;
    let inside = state.namespaces.get(&at.namespace);
    let most = inside.and_then(|inside| {
        let device = inside.interfaces.get(&index)?.kind.device()?;
        limit(inside, device)
    });
    Ok(most)
}

/// The largest MTU that a device may have by what it stands on.
pub(crate) fn limit(inside: &ObservedNamespace, device: &Device<u32>) -> Option<u32> {
    let (lower, headers) = device.mtu_limit()?;
    let lower = inside.interfaces.get(lower)?;
    Some(lower.mtu.saturating_sub(headers))
}

/// What stands on an interface and takes its MTU has none above it (`vlan_device_event`,
/// `macvlan_device_event`).
pub(super) fn shrink(state: &mut Observed, at: &At, mtu: u32) -> Result<Vec<Step>, Refused> {
    let lower = index_of(state, at)?;
    let found = namespace_mut(state, at.namespace)?;
    let stands = |kind: &ObservedKind| {
        let device = kind.device();
        device.is_some_and(|d| {
            d.lower() == Some(&lower) && matches!(d.kind.table().mtu, NewMtu::OfLower)
        })
    };
    let above = found.interfaces.values();
    let above: Vec<_> = above
        .filter(|i| stands(&i.kind) && i.mtu > mtu)
        .filter_map(|i| i.name.parse().ok())
        .collect();
    let mut undo = Vec::new();
    for name in above {
        let at = At {
            namespace: at.namespace,
            name,
        };
        undo.extend(super::set_mtu(state, &at, mtu)?);
    }
    Ok(undo)
}

/// Whether an interface may be set up: a VLAN only while what it stands on is up.
pub(super) fn may_be_up(state: &mut Observed, at: &At) -> Result<bool, Refused> {
    let lower = match &interface_mut(state, at)?.kind {
        ObservedKind::Device(device) if device.kind == DeviceKind::Vlan => device.lower().copied(),
        _ => None,
    };
    let found = namespace_mut(state, at.namespace)?;
    let lower = lower.and_then(|lower| found.interfaces.get(&lower));
    Ok(lower.is_none_or(|lower| lower.up))
}

/// The VLANs on an interface that are up, or that are down.
pub(super) fn vlans_on(state: &Observed, namespace: NamespaceId, lower: u32, up: bool) -> Vec<At> {
    let inside = state.namespaces.get(&namespace).into_iter();
    let vlans = inside.flat_map(|ns| ns.interfaces.values()).filter(|i| {
        let device = i.kind.device().filter(|d| d.kind == DeviceKind::Vlan);
        i.up == up && device.is_some_and(|device| device.lower() == Some(&lower))
    });
    let at = |i: &crate::observed::ObservedInterface| {
        let name = i.name.parse().ok()?;
        Some(At { namespace, name })
    };
    vlans.filter_map(at).collect()
}
