//! MTUs, and those that follow others.

use super::{DEFAULT_MTU, Refused, device, interface_mut};
use crate::id::NamespaceId;
use crate::observed::Observed;
use crate::step::{At, Step};

/// None above what it stands on (`vlan_dev_change_mtu`, `macvlan_change_mtu`).
pub(super) fn set_mtu(state: &mut Observed, at: &At, mtu: u32) -> Result<Vec<Step>, Refused> {
    let most = device::most_mtu(state, at)?;
    if let Some(most) = most.filter(|most| mtu > *most) {
        let name = &at.name;
        return Err(Refused(format!(
            "what {name} stands on has an MTU of {most}"
        )));
    }
    let old = interface_mut(state, at)?.mtu;
    // One above what it stands on was allowed when that had more.
    replace_mtu(state, at, mtu, most.map_or(old, |most| old.min(most)))
}

/// Sets an MTU that is allowed; the steps that bring `back` what was.
pub(super) fn replace_mtu(
    state: &mut Observed,
    at: &At,
    mtu: u32,
    back: u32,
) -> Result<Vec<Step>, Refused> {
    let found = interface_mut(state, at)?;
    found.mtu = mtu;
    let master = found.master;
    let mut undo = vec![Step::SetMtu {
        at: at.clone(),
        mtu: back,
    }];
    undo.extend(device::shrink(state, at, mtu, back)?);
    undo.extend(adjust_bridge_mtu(state, at.namespace, master));
    Ok(undo)
}

/// A bridge takes the smallest MTU of its ports (`br_mtu_auto_adjust`), unless its own was set by
/// hand, which the kernel does not tell: the step sets it back to what it was in any case.
pub(super) fn adjust_bridge_mtu(
    state: &mut Observed,
    namespace: NamespaceId,
    master: Option<u32>,
) -> Option<Step> {
    let index = master?;
    let found = state.namespaces.get_mut(&namespace)?;
    if !found.interfaces.get(&index)?.kind.is_bridge() {
        return None;
    }
    let ports = found
        .interfaces
        .values()
        .filter(|i| i.master == Some(index));
    let least = ports.map(|port| port.mtu).min().unwrap_or(DEFAULT_MTU);
    let bridge = found.interfaces.get_mut(&index)?;
    let name = bridge.name.parse().ok()?;
    let old = std::mem::replace(&mut bridge.mtu, least);
    (old != least).then_some(Step::SetMtu {
        at: At { namespace, name },
        mtu: old,
    })
}
