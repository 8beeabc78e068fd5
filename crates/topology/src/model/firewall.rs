//! Firewalls.

use super::{Refused, namespace_mut};
use crate::id::NamespaceId;
use crate::observed::{Observed, ObservedFirewall};
use crate::step::Step;

/// In place of what is there.
pub(super) fn set(
    state: &mut Observed,
    namespace: NamespaceId,
    ruleset: Option<&str>,
) -> Result<Vec<Step>, Refused> {
    let loaded = ruleset.map(ObservedFirewall::loaded);
    let old = std::mem::replace(&mut namespace_mut(state, namespace)?.firewall, loaded);
    Ok(vec![Step::SetFirewall {
        namespace,
        ruleset: old.map(|old| old.ruleset),
    }])
}
