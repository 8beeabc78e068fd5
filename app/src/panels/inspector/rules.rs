//! The policy rules of a namespace.

use leptos::prelude::*;
use topology::address::Family;
use topology::command::read_rule;
use topology::edit::{Field, Place};
use topology::feature::Feature;
use topology::rule::Rule;
use topology::{Edit, InterfaceId, NamespaceId};

use super::entries::{AddField, Entries};
use super::field::{commit, commit_or_tell};
use super::folded::{Folded, count};
use super::lacking::Lacking;
use crate::editor::lab::Lab;

/// The first priority that is free below that of the kernel's own rules.
const FIRST: u32 = 32_765;

/// The section, folded away until somebody asks for it.
#[component]
pub(crate) fn Rules(
    /// Of which namespace.
    id: NamespaceId,
) -> impl IntoView {
    let lab = Lab::of_page();
    let rules = Memo::new(move |_| {
        lab.read(|document| {
            let namespace = document.namespaces.get(&id);
            let rules = namespace.map(|ns| ns.rules.clone()).unwrap_or_default();
            let name = |id: &InterfaceId| document.interfaces.get(id).map(|i| i.name.clone());
            let text = |rule: &Rule<InterfaceId>| {
                let words = rule.map(name).map(|rule| rule.words().join(" "));
                match rule.family {
                    Family::Ipv4 => words.unwrap_or_default(),
                    Family::Ipv6 => format!("IPv6: {}", words.unwrap_or_default()),
                }
            };
            rules
                .into_iter()
                .map(|rule| (text(&rule), rule))
                .collect::<Vec<_>>()
        })
    });
    let add = Callback::new(move |text: String| {
        let free = rules.with_untracked(|rules| {
            let lowest = rules.iter().map(|(_, rule)| rule.priority).min();
            lowest.map_or(FIRST, |lowest| lowest.saturating_sub(1).min(FIRST))
        });
        let (ipv6, text) = match text.trim().strip_prefix("-6") {
            Some(rest) => (true, rest.to_owned()),
            None => (false, text),
        };
        let mut named = read_rule(&text, free)?;
        if ipv6 {
            named.family = Family::Ipv6;
        }
        let rule =
            lab.peek(|document| named.map(|name| document.interface_named(id, name.as_str())));
        let rule = rule.ok_or("It names an interface that is not in this namespace")?;
        commit(
            lab,
            Edit::AddRule {
                namespace: id,
                rule,
            },
        )
    });
    let remove = Callback::new(move |rule| {
        commit_or_tell(
            lab,
            Edit::RemoveRule {
                namespace: id,
                rule,
            },
        );
    });
    let said = Signal::derive(move || match rules.with(Vec::len) {
        0 => "the kernel's own".to_owned(),
        set => count(set),
    });
    view! {
        <section>
            <Folded title="Policy rules" said=said>
                <Lacking features=&[Feature::PolicyRouting] />
                <Entries entries=rules noun="rule" remove=remove />
                <div title="As `ip rule add` takes it; begin with -6 for IPv6 where no address tells">
                    <AddField
                        label="Add rule"
                        add=add
                        placeholder="from 10.1.0.0/16 lookup 100"
                        place=Place::Namespace(id, Some(Field::Rules))
                        wide=true
                    />
                </div>
            </Folded>
        </section>
    }
}
