//! The chosen cell in words.

use leptos::prelude::*;
use protocol::reach::{ReachResult, ReachSource, ReachTarget};

use super::grid::choose;
use crate::editor::lab::Lab;
use crate::icons::{Icon, icon};
use crate::live::matrix::{Grade, short};
use crate::live::probe_words::long;
use crate::panels::dock::{Dock, Tab};
use crate::testids;

#[derive(Clone, PartialEq)]
struct Chosen {
    source: ReachSource,
    target: ReachTarget,
    result: ReachResult,
}

/// The details, when a cell is chosen.
#[component]
pub(super) fn Details() -> impl IntoView {
    let lab = Lab::of_page();
    let dock = Dock::of_page();
    let chosen = Memo::new(move |_| {
        let (row, column) = lab.reach.chosen.get()?;
        lab.reach.matrix.with(|matrix| {
            let matrix = matrix.as_ref()?;
            Some(Chosen {
                source: matrix.source(row)?.clone(),
                target: matrix.target(column)?.clone(),
                result: matrix.cell(row, column)?.0.clone(),
            })
        })
    });
    move || {
        chosen.get().map(
            |Chosen {
                 source,
                 target,
                 result,
             }| {
                let (from, to) = (source.namespace, target.address);
                view! {
                    <aside
                        class="reach-details"
                        aria-label="The chosen pair"
                        data-testid=testids::REACH_DETAILS
                    >
                        <div class="details-head">
                            <strong>{format!("{} → {}", source.name, target.name)}</strong>
                            <button
                                class="ghost small"
                                aria-label="Close"
                                title="Close"
                                on:click=move |_| choose(lab, None)
                            >
                                {icon(Icon::Close)}
                            </button>
                        </div>
                        <p class="mono faint">{format!("{to} on {}", target.interface_name)}</p>
                        {words(lab, &result)}
                        <div class="actions">
                            <button
                                class="small"
                                on:click=move |_| {
                                    dock.show(Tab::Pings);
                                    dock.ping(lab, from, to);
                                }
                            >
                                {icon(Icon::Ping)}
                                "Ping"
                            </button>
                            <button
                                class="small"
                                on:click=move |_| dock.probe_from(from, Some(to))
                            >
                                "Probe…"
                            </button>
                        </div>
                    </aside>
                }
            },
        )
    }
}

fn words(lab: Lab, result: &ReachResult) -> AnyView {
    let grade = Grade::of(result);
    match result {
        ReachResult::Reachable { ttl, .. } => {
            let ttl = ttl.map(|ttl| format!(", time to live {ttl}"));
            view! {
                <p class="reach-verdict" data-grade=grade.key()>
                    {format!("{} {} ms{}", grade.sign(), short(result), ttl.unwrap_or_default())}
                </p>
            }
            .into_any()
        }
        ReachResult::Unreachable(why) => {
            let findings = why.findings.iter().filter(|f| f.text != why.text);
            let findings = findings
                .map(|finding| {
                    let (namespace, interface) = (finding.namespace, finding.interface);
                    view! {
                        <button class="finding" on:click=move |_| lab.select_place(namespace, interface)>
                            {icon(Icon::Alert)}
                            {finding.text.clone()}
                        </button>
                    }
                })
                .collect_view();
            let place = why.findings.first().map(|f| (f.namespace, f.interface));
            view! {
                <p class="reach-verdict" data-grade=grade.key()>
                    {format!("{} {}", grade.sign(), long(why.reason))}
                </p>
                <p>
                    {why.text.clone()}
                    {place
                        .map(|(namespace, interface)| {
                            view! {
                                " "
                                <button
                                    class="link small"
                                    on:click=move |_| lab.select_place(namespace, interface)
                                >
                                    "Select it"
                                </button>
                            }
                        })}
                </p>
                {why.by.map(|by| view! { <p class="faint">{format!("{by} says so")}</p> })}
                {findings}
            }
            .into_any()
        }
    }
}
