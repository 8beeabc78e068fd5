//! Accepting what a namespace has otherwise: its name, settings, firewall, routes and rules.

use super::{Accepted, Impossible, Seen, all, cannot, first, setting};
use crate::address::Family;
use crate::adopt;
use crate::document::{Namespace, Route};
use crate::drift::Drift;
use crate::edit::{Edit, Selection};
use crate::firewall::Ruleset;
use crate::id::{InterfaceId, NamespaceId};
use crate::name::InterfaceName;
use crate::observed::ObservedNamespace;
use crate::plan;
use crate::rule::Rule;
use crate::status::route_text;
use crate::sysctl::{self, Owner};

impl Seen<'_> {
    pub(super) fn namespace(self, namespace: NamespaceId, drift: &Drift) -> Accepted {
        let what = drift.difference.what.as_str();
        if what == "namespace" {
            return Ok(Edit::Remove(Selection::namespace(namespace)));
        }
        let found = self.observed.namespaces.get(&namespace);
        let wanted = self.document.namespaces.get(&namespace);
        let (Some(found), Some(wanted)) = (found, wanted) else {
            return Err(cannot(what));
        };
        let forwarding = |family| Edit::SetForwarding {
            namespace,
            family,
            on: found.forwarding.get(family),
        };
        match what {
            "name" => Ok(Edit::RenameNamespace {
                namespace,
                name: found.name.clone(),
            }),
            "IPv4 forwarding" => Ok(forwarding(Family::Ipv4)),
            "IPv6 forwarding" => Ok(forwarding(Family::Ipv6)),
            "firewall" => {
                let text = found.firewall.as_ref().map(|known| known.ruleset.as_str());
                let ruleset = text.map(Ruleset::new).transpose();
                let ruleset = ruleset.map_err(|error| Impossible(error.to_string()))?;
                Ok(Edit::SetFirewall { namespace, ruleset })
            }
            "route" => self.route(namespace, wanted, found, drift),
            "rule" => self.rule(namespace, wanted, found, drift),
            "uplink" => Ok(Edit::SetUplink { on: !wanted.uplink }),
            name if sysctl::setting(name, false).is_ok() => {
                setting(Owner::Namespace(namespace), name, drift)
            }
            other => Err(cannot(other)),
        }
    }

    fn route(
        self,
        namespace: NamespaceId,
        wanted: &Namespace,
        found: &ObservedNamespace,
        drift: &Drift,
    ) -> Accepted {
        if drift.difference.observed.is_empty() {
            let is_it = |route: &&Route| {
                route_text(self.document, route) == drift.difference.wanted
                    && !plan::has_route(self.document, found, route)
            };
            let route = wanted.routes.iter().find(is_it).cloned();
            let route = route.ok_or_else(|| cannot("route"))?;
            return Ok(Edit::RemoveRoute { namespace, route });
        }
        let mut unwanted = plan::unwanted(self.document, wanted, found);
        let known =
            unwanted.find(|known| plan::known_text(found, known) == drift.difference.observed);
        let known = known.ok_or_else(|| cannot("route"))?;
        let route = adopt::route(namespace, known, &self.ids(namespace));
        let route = route.ok_or_else(|| first("an interface of it"))?;
        // The kernel has one of a destination and metric in a table: this is instead of another.
        let instead = wanted.routes.iter().filter(|route| {
            plan::is_in_the_way(route, known) && !plan::has_route(self.document, found, route)
        });
        let mut edits: Vec<_> = instead
            .cloned()
            .map(|route| Edit::RemoveRoute { namespace, route })
            .collect();
        edits.push(Edit::AddRoute {
            namespace,
            route,
            index: None,
        });
        Ok(all(edits))
    }

    fn rule(
        self,
        namespace: NamespaceId,
        wanted: &Namespace,
        found: &ObservedNamespace,
        drift: &Drift,
    ) -> Accepted {
        let name = |id: &InterfaceId| Some(self.document.interfaces.get(id)?.name.clone());
        let named = |rule: &Rule<InterfaceId>| rule.map(name);
        let text = |rule: &Rule<InterfaceName>| rule.words().join(" ");
        if drift.difference.observed.is_empty() {
            let is_it = |rule: &&Rule<InterfaceId>| {
                named(rule).is_some_and(|rule| text(&rule) == drift.difference.wanted)
            };
            let rule = wanted.rules.iter().find(is_it).cloned();
            let rule = rule.ok_or_else(|| cannot("rule"))?;
            return Ok(Edit::RemoveRule { namespace, rule });
        }
        let mut rules = found.rules.iter();
        let known = rules.find(|rule| text(rule) == drift.difference.observed);
        let known = known.ok_or_else(|| cannot("rule"))?;
        let id = |name: &InterfaceName| self.document.interface_named(namespace, name.as_str());
        let rule = known.map(id).ok_or_else(|| {
            Impossible("it names an interface that the document does not have".to_owned())
        })?;
        // There is one of a family and priority: this is instead of another.
        let instead = wanted.rules.iter().filter(|other| {
            let is_there = named(other).is_some_and(|other| found.rules.contains(&other));
            (other.family, other.priority) == (rule.family, rule.priority) && !is_there
        });
        let mut edits: Vec<_> = instead
            .cloned()
            .map(|rule| Edit::RemoveRule { namespace, rule })
            .collect();
        edits.push(Edit::AddRule { namespace, rule });
        Ok(all(edits))
    }
}
