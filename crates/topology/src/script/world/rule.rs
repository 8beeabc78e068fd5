//! Policy rules: added and removed as `ip rule` does.

use super::World;
use crate::command::rule::Said;
use crate::edit::MAX_LIST;
use crate::id::NamespaceId;
use crate::name::InterfaceName;
use crate::rule::{Rule, RuleAction};
use crate::step::{At, Step};

/// Priority of the first rule that is added without one: before that of the main table
/// (`fib_default_rule_pref`).
const FIRST: u32 = 32_765;

impl World {
    pub(super) fn add_rule(&mut self, here: NamespaceId, said: Said) -> Result<(), String> {
        let mut rule = said.rule;
        for name in rule.interfaces() {
            let name = name.clone();
            let at = At {
                namespace: here,
                name,
            };
            if self.exists(&at).is_err() {
                return Err(format!(
                    "no rule of a document names an interface that is not there: make {} first",
                    at.name
                ));
            }
        }
        let known: Vec<_> = self
            .rules(here)
            .filter(|known| known.family == rule.family)
            .collect();
        if known.len() >= MAX_LIST {
            return Err(format!("a namespace has at most {MAX_LIST} rules"));
        }
        let first = known.iter().map(|known| known.priority).min();
        rule.priority = match said.priority {
            Some(priority) => priority,
            None => first.map_or(FIRST, |first| first.min(FIRST + 1).saturating_sub(1)),
        };
        rule.check()?;
        if let Some(twin) = known.iter().find(|known| known.priority == rule.priority)
            && !twin.is_same(&rule)
        {
            let why = "no document has two rules of one priority: give it another";
            return Err(why.to_owned());
        }
        self.step(&Step::AddRule {
            namespace: here,
            rule,
        })
    }

    /// The first that matches in all that is said goes.
    pub(super) fn remove_rule(&mut self, here: NamespaceId, said: &Said) -> Result<(), String> {
        let wanted = &said.rule;
        let is_it = |known: &&Rule<InterfaceName>| {
            let action = !said.acts || known.action == wanted.action;
            let same = |a: bool, b: bool| !a || b;
            known.family == wanted.family
                && action
                && said.priority.is_none_or(|said| said == known.priority)
                && same(wanted.from.is_some(), known.from == wanted.from)
                && same(wanted.to.is_some(), known.to == wanted.to)
                && same(wanted.iif.is_some(), known.iif == wanted.iif)
                && same(wanted.oif.is_some(), known.oif == wanted.oif)
                && same(wanted.mark.is_some(), known.mark == wanted.mark)
                && same(wanted.protocol.is_some(), known.protocol == wanted.protocol)
                && same(wanted.sport.is_some(), known.sport == wanted.sport)
                && same(wanted.dport.is_some(), known.dport == wanted.dport)
        };
        let found = self.rules(here).find(is_it).cloned();
        let Some(rule) = found else {
            let is_main = wanted.action == RuleAction::Lookup(crate::route::TABLE_MAIN);
            // `fib_default_rules_init`, `fib6_default_rules_init`.
            let is_own = matches!(said.priority, Some(0 | 32_766 | 32_767));
            return Err(match is_own || (is_main && said.acts) {
                true => "no lab is without the kernel's own rules".to_owned(),
                false => "there is no such rule".to_owned(),
            });
        };
        self.step(&Step::RemoveRule {
            namespace: here,
            rule,
        })
    }

    fn rules(&self, here: NamespaceId) -> impl Iterator<Item = &Rule<InterfaceName>> {
        let found = self.state.namespaces.get(&here).into_iter();
        found.flat_map(|ns| &ns.rules)
    }
}
