//! Policy rules.

use super::{Wish, nothing, pick};
use crate::address::Family;
use crate::document::Document;
use crate::edit::Edit;
use crate::rule::{Mark, Ports, Rule, RuleAction};

impl Wish {
    /// One that no look-up of a gateway comes by, or that leads where it would go anyway.
    pub(super) fn add_rule(&self, document: &Document) -> Edit {
        let namespace = self.namespace(document);
        let family = match self.on {
            true => Family::Ipv4,
            false => Family::Ipv6,
        };
        let actions = [
            RuleAction::Lookup(100),
            RuleAction::Lookup(crate::route::TABLE_MAIN),
            RuleAction::Blackhole,
            RuleAction::Unreachable,
            RuleAction::Prohibit,
        ];
        let action = pick(actions.into_iter(), self.c).unwrap_or(RuleAction::Blackhole);
        let mut rule = Rule::new(family, u32::from(self.b) % 40_000 + 1, action);
        let inside = document.interfaces_of(namespace);
        let interface = pick(inside.map(|(id, _)| id), self.c / 5);
        match self.b % 6 {
            0 => rule.from = Some(self.address().network()),
            1 => {
                rule.to = Some(self.address().network());
                rule.protocol = Some(17);
                rule.dport = Some(Ports {
                    first: 53,
                    last: 53,
                });
            }
            2 => {
                rule.iif = interface;
                rule.mark = Some(Mark {
                    value: 3,
                    mask: 0xff,
                });
            }
            3 => {
                rule.oif = interface;
                rule.from = Some(self.address().network());
            }
            4 => {
                rule.protocol = Some(6);
                rule.sport = Some(Ports {
                    first: 1000,
                    last: 1000 + self.c % 100,
                });
            }
            _ => {
                rule.not = true;
                rule.from = Some(self.address().network());
                rule.action = RuleAction::Lookup(crate::route::TABLE_MAIN);
            }
        }
        Edit::AddRule { namespace, rule }
    }

    pub(super) fn remove_rule(&self, document: &Document) -> Edit {
        let all = document.namespaces.iter();
        let all = all.flat_map(|(id, ns)| ns.rules.iter().map(|rule| (*id, rule.clone())));
        match pick(all, self.b) {
            Some((namespace, rule)) => Edit::RemoveRule { namespace, rule },
            None => nothing(),
        }
    }
}
