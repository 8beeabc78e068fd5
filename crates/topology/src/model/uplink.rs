//! The uplink.

use super::{Refused, interface, namespace_mut};
use crate::id::NamespaceId;
use crate::observed::{Observed, ObservedInterface, ObservedKind};
use crate::step::Step;
use crate::uplink::{INTERFACE, KIND, MTU, index_in};

/// Its address and route are somebody else's and not modelled.
pub(super) fn set(state: &mut Observed, on: bool) -> Result<Vec<Step>, Refused> {
    let host = namespace_mut(state, NamespaceId::HOST)?;
    let is = index_in(host);
    match (is, on) {
        (Some(_), true) | (None, false) => return Ok(Vec::new()),
        (Some(index), false) => {
            host.interfaces.remove(&index);
            host.routes
                .retain(|route| !route.interfaces().any(|through| through == index));
        }
        (None, true) => {
            if host.interfaces.values().any(|i| i.name == INTERFACE) {
                return Err(Refused(format!("{INTERFACE} exists")));
            }
            let last = host.interfaces.keys().next_back().copied();
            let made = ObservedInterface {
                up: true,
                carrier: true,
                mtu: MTU,
                ..interface(INTERFACE, ObservedKind::Other(KIND.to_owned()))
            };
            host.interfaces.insert(last.unwrap_or_default() + 1, made);
        }
    }
    Ok(vec![Step::SetUplink { on: !on }])
}
