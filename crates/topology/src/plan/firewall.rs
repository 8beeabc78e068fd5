//! Firewalls.

use super::Planner;
use crate::firewall::Ruleset;
use crate::step::Step;

impl Planner<'_> {
    /// Once the interfaces are there that rules name, and before any goes up: nothing passes that
    /// is to be held.
    pub(super) fn set_firewalls(&mut self) {
        let mut steps = Vec::new();
        for (&namespace, wanted) in &self.document.namespaces {
            let Some(found) = self.state.namespaces.get(&namespace) else {
                continue;
            };
            let is = found.firewall.as_ref().map(|known| known.ruleset.as_str());
            let wanted = wanted.firewall.as_ref().map(Ruleset::as_str);
            if is != wanted && self.covers_firewall(namespace) {
                steps.push(Step::SetFirewall {
                    namespace,
                    ruleset: wanted.map(str::to_owned),
                });
            }
        }
        self.push_all(steps);
    }
}
