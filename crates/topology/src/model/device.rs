//! Devices: made, and changed in place.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::{DEFAULT_MTU, Refused, index_of, interface_mut, vlans};
use crate::id::NamespaceId;
use crate::kind::parameters::Changes;
use crate::kind::{Device, DeviceKind, NewMtu, Parameters};
use crate::name::InterfaceName;
use crate::observed::{Observed, ObservedInterface, ObservedKind, ObservedPeer};
use crate::step::{At, NewInterface, Step};
use crate::vlans::Vlans;

/// Makes a device with what is said, and what is usual for the rest.
pub(super) fn add(
    state: &mut Observed,
    new: &NewInterface,
    device: &Device<At>,
    underlay: Option<NamespaceId>,
) -> Result<Vec<Step>, Refused> {
    if let Some(underlay) = underlay.filter(|id| !state.namespaces.contains_key(id)) {
        return Err(Refused(format!("there is no {underlay}")));
    }
    device.check().map_err(Refused)?;
    let mut missing = None;
    let resolved = device.map(|lower| {
        let found = place_of(state, lower);
        if found.is_none() {
            missing = Some(lower.name.clone());
        }
        found
    });
    let Some(mut resolved) = resolved else {
        let name = missing.map(|name| name.to_string()).unwrap_or_default();
        return Err(Refused(format!("there is no interface {name}")));
    };
    let table = device.kind.table();
    resolved.parameters = match resolved.parameters.is_empty() {
        true => usual_of(device.kind),
        false => resolved.parameters.with_usual(table.parameters),
    };
    let mtu = new_mtu(state, &resolved);
    let is_bridge = device.kind == DeviceKind::Bridge;
    let usual = is_bridge.then(|| Vlans::usual(&resolved.parameters));
    let kind = ObservedKind::Device(resolved);
    let namespace = new.at.namespace;
    let index = super::add(state, new, kind)?;
    state.take_up(ObservedPeer { namespace, index });
    let made = interface_mut(state, &new.at)?;
    made.mtu = mtu;
    made.underlay = underlay;
    made.vlans = usual;
    Ok(vec![Step::RemoveInterface { at: new.at.clone() }])
}

/// What a device of this kind has of which nothing was said: all of them share it.
fn usual_of(kind: DeviceKind) -> Parameters<ObservedPeer> {
    static ALL: LazyLock<BTreeMap<DeviceKind, Parameters<ObservedPeer>>> = LazyLock::new(|| {
        let kinds = DeviceKind::ALL.iter();
        let usual = |kind: DeviceKind| Parameters::default().with_usual(kind.table().parameters);
        kinds.map(|kind| (*kind, usual(*kind))).collect()
    });
    ALL.get(&kind).cloned().unwrap_or_default()
}

/// Changes parameters in place.
pub(super) fn set(
    state: &mut Observed,
    at: &At,
    kind: DeviceKind,
    changes: &Changes<At>,
) -> Result<Vec<Step>, Refused> {
    let resolved = resolve(changes, |lower| place_of(state, lower))?;
    let ObservedKind::Device(device) = &mut interface_mut(state, at)?.kind else {
        return Err(Refused(format!("{} is no {kind}", at.name)));
    };
    if device.kind != kind {
        return Err(Refused(format!("{} is no {kind}", at.name)));
    }
    let before = device.clone();
    let old = device.parameters.apply(&resolved);
    let index = index_of(state, at)?;
    let namespace = at.namespace;
    state.take_up(ObservedPeer { namespace, index });
    let mut undo = vec![Step::SetParameters {
        at: at.clone(),
        kind,
        changes: renamed(&old, |lower| at_of(state, *lower)),
    }];
    undo.extend(vlans::follow(state, at, &before)?);
    Ok(undo)
}

/// Changes with what the kernel calls the interfaces that they name.
pub(super) fn resolve<F, T>(
    changes: &Changes<F>,
    find: impl Fn(&F) -> Option<T>,
) -> Result<Changes<T>, Refused> {
    let missing = |name| Refused(format!("`{name}`: there is no such interface"));
    let resolved = changes.iter().map(|(name, value)| {
        let value = match value {
            None => None,
            Some(value) => Some(value.map(&find).ok_or_else(|| missing(name))?),
        };
        Ok((name.clone(), value))
    });
    resolved.collect()
}

/// Changes with other names for the interfaces that they name; what names one that has none is
/// left out.
pub fn renamed<F, T>(changes: &Changes<F>, name: impl Fn(&F) -> Option<T>) -> Changes<T> {
    let named = changes.iter().filter_map(|(parameter, value)| {
        let value = match value {
            None => None,
            Some(value) => Some(value.map(&name)?),
        };
        Some((parameter.clone(), value))
    });
    named.collect()
}

/// The name of an interface, if a step can say it.
pub(crate) fn name_of(
    state: &Observed,
    namespace: NamespaceId,
    index: u32,
) -> Option<InterfaceName> {
    let found = state.namespaces.get(&namespace)?.interfaces.get(&index)?;
    found.name.parse().ok()
}

/// Where an interface is, as steps say it.
pub(crate) fn at_of(state: &Observed, place: ObservedPeer) -> Option<At> {
    let ObservedPeer { namespace, index } = place;
    let name = name_of(state, namespace, index)?;
    Some(At { namespace, name })
}

/// Where an interface is, as the kernel says it.
fn place_of(state: &Observed, at: &At) -> Option<ObservedPeer> {
    let (index, _) = state.interface_named(at.namespace, at.name.as_str())?;
    Some(ObservedPeer {
        namespace: at.namespace,
        index,
    })
}

/// The MTU with which the kernel makes it.
fn new_mtu(state: &Observed, device: &Device<ObservedPeer>) -> u32 {
    match device.kind.table().mtu {
        NewMtu::Fixed(mtu) => mtu,
        NewMtu::OfPorts | NewMtu::Unknown => DEFAULT_MTU,
        NewMtu::OfLower | NewMtu::Below { .. } => limit(state, device).unwrap_or(DEFAULT_MTU),
    }
}

/// Whether a device falls with the interface on which it stands.
pub(super) fn falls(device: &Device<ObservedPeer>) -> bool {
    device.kind.table().falls
}

/// The largest MTU that an interface may have, if that depends on what it stands on.
pub(crate) fn most_mtu(state: &Observed, at: &At) -> Result<Option<u32>, Refused> {
    let index = index_of(state, at)?;
    let found = state.at(ObservedPeer {
        namespace: at.namespace,
        index,
    });
    let device = found.and_then(|found| found.kind.device());
    Ok(device.and_then(|device| limit(state, device)))
}

/// The largest MTU that a device may have by what it stands on.
pub(crate) fn limit(state: &Observed, device: &Device<ObservedPeer>) -> Option<u32> {
    let (lower, headers) = device.mtu_limit()?;
    Some(state.at(*lower)?.mtu.saturating_sub(headers))
}

/// What stands on an interface and takes its MTU has none above it (`vlan_device_event`,
/// `macvlan_device_event`). The steps that bring back what was, once the interface has `back` again.
pub(super) fn shrink(
    state: &mut Observed,
    at: &At,
    mtu: u32,
    back: u32,
) -> Result<Vec<Step>, Refused> {
    let lower = ObservedPeer {
        namespace: at.namespace,
        index: index_of(state, at)?,
    };
    let takes = |i: &ObservedInterface| {
        let device = i.kind.device();
        device.is_some_and(|d| {
            d.lower() == Some(&lower) && matches!(d.kind.table().mtu, NewMtu::OfLower)
        })
    };
    let above = state.standing_on(lower);
    let above: Vec<_> = above
        .filter(|(_, i)| takes(i) && i.mtu > mtu)
        .filter_map(|(place, i)| Some((at_of(state, place)?, i.mtu)))
        .collect();
    let mut undo = Vec::new();
    for (at, old) in above {
        undo.extend(super::replace_mtu(state, &at, mtu, old.min(back))?);
    }
    Ok(undo)
}

/// Whether an interface may be set up: a VLAN only while what it stands on is up.
pub(super) fn may_be_up(state: &mut Observed, at: &At) -> Result<bool, Refused> {
    let lower = match &interface_mut(state, at)?.kind {
        ObservedKind::Device(device) if device.kind == DeviceKind::Vlan => device.lower().copied(),
        _ => None,
    };
    let lower = lower.and_then(|lower| state.at(lower));
    Ok(lower.is_none_or(|lower| lower.up))
}

/// The VLANs on an interface that are up, or that are down.
pub(super) fn vlans_on(state: &Observed, namespace: NamespaceId, index: u32, up: bool) -> Vec<At> {
    let lower = ObservedPeer { namespace, index };
    let vlans = state.standing_on(lower).filter(|(_, i)| {
        let device = i.kind.device().filter(|d| d.kind == DeviceKind::Vlan);
        i.up == up && device.is_some_and(|device| device.lower() == Some(&lower))
    });
    vlans.filter_map(|(place, _)| at_of(state, place)).collect()
}
