//! Firewalls, told rule by rule.

use super::World;
use crate::command::firewall::Change;
use crate::firewall::{Ruleset, RulesetError};
use crate::id::NamespaceId;
use crate::step::Step;

impl World {
    pub(super) fn change_firewall(
        &mut self,
        namespace: NamespaceId,
        change: &Change,
    ) -> Result<(), String> {
        let known = self.state.namespaces.get(&namespace);
        let known = known.and_then(|ns| Some(ns.firewall.as_ref()?.ruleset.as_str()));
        let known = known.unwrap_or_default();
        let text = change.applied_to(known);
        if text == known {
            return Ok(());
        }
        let ruleset = match Ruleset::new(&text) {
            Ok(ruleset) => Some(String::from(ruleset)),
            Err(RulesetError::Empty) => None,
            Err(error) => return Err(error.to_string()),
        };
        self.step(&Step::SetFirewall { namespace, ruleset })
    }
}
