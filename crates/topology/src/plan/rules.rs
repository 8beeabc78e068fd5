//! Policy rules: which of them the kernel lacks, and which it has too many.

use std::collections::BTreeSet;

use super::Planner;
use crate::document::{Document, Namespace};
use crate::id::NamespaceId;
use crate::name::InterfaceName;
use crate::observed::ObservedNamespace;
use crate::rule::Rule;
use crate::step::Step;

/// The rules of a document's namespace, with the names of their interfaces.
pub fn wanted_rules(document: &Document, wanted: &Namespace) -> BTreeSet<Rule<InterfaceName>> {
    let named = wanted
        .rules
        .iter()
        .filter_map(|rule| rule.map(|id| Some(document.interfaces.get(id)?.name.clone())));
    named.collect()
}

impl Planner<'_> {
    pub(super) fn remove_rules(&mut self) {
        let steps = self.rule_steps(|found, wanted| {
            let more = found.rules.difference(wanted).cloned().collect();
            (more, |namespace, rule| Step::RemoveRule { namespace, rule })
        });
        self.push_all(steps);
    }

    /// After the routes: gateways are looked up by the rules, too.
    pub(super) fn add_rules(&mut self) {
        let steps = self.rule_steps(|found, wanted| {
            let missing = wanted.difference(&found.rules).cloned().collect();
            (missing, |namespace, rule| Step::AddRule { namespace, rule })
        });
        self.push_all(steps);
    }

    /// The kernel knows interfaces by their names: a rule that names one which gets another name is
    /// another rule. The document has one of each family and priority.
    fn rule_steps(
        &self,
        differing: impl Fn(
            &ObservedNamespace,
            &BTreeSet<Rule<InterfaceName>>,
        ) -> (
            Vec<Rule<InterfaceName>>,
            fn(NamespaceId, Rule<InterfaceName>) -> Step,
        ),
    ) -> Vec<Step> {
        let mut steps = Vec::new();
        for (&namespace, wanted) in &self.document.namespaces {
            let Some(found) = self.state.namespaces.get(&namespace) else {
                continue;
            };
            let touched = wanted.rules.iter().filter(|rule| {
                let mut named = rule.interfaces();
                named.any(|id| self.covers_interface(*id))
            });
            let touched: BTreeSet<_> = touched.map(|rule| (rule.family, rule.priority)).collect();
            let (rules, step) = differing(found, &wanted_rules(self.document, wanted));
            let covered = rules.into_iter().filter(|rule| {
                self.covers_namespace(namespace) || touched.contains(&(rule.family, rule.priority))
            });
            steps.extend(covered.map(|rule| step(namespace, rule)));
        }
        steps
    }
}
