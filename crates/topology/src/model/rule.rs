//! Policy rules.

use super::{Refused, namespace_mut};
use crate::id::NamespaceId;
use crate::name::InterfaceName;
use crate::observed::Observed;
use crate::rule::Rule;
use crate::step::Step;

/// Adds a rule: there is one of everything that it says, but for `not`.
pub(super) fn add(
    state: &mut Observed,
    namespace: NamespaceId,
    rule: &Rule<InterfaceName>,
) -> Result<Vec<Step>, Refused> {
    let rules = &mut namespace_mut(state, namespace)?.rules;
    if rules.iter().any(|known| known.is_same(rule)) {
        return Err(Refused("File exists: there is such a rule".to_owned()));
    }
    rules.insert(rule.clone());
    Ok(vec![Step::RemoveRule {
        namespace,
        rule: rule.clone(),
    }])
}

/// Removes a rule.
pub(super) fn remove(
    state: &mut Observed,
    namespace: NamespaceId,
    rule: &Rule<InterfaceName>,
) -> Result<Vec<Step>, Refused> {
    match namespace_mut(state, namespace)?.rules.remove(rule) {
        true => Ok(again(namespace, std::iter::once(rule)).collect()),
        false => Err(Refused("there is no such rule".to_owned())),
    }
}

/// The steps that add rules again.
pub(super) fn again<'a>(
    namespace: NamespaceId,
    rules: impl Iterator<Item = &'a Rule<InterfaceName>>,
) -> impl Iterator<Item = Step> {
    rules.map(move |rule| Step::AddRule {
        namespace,
        rule: rule.clone(),
    })
}
