//! A probe and its answer.

use leptos::prelude::*;
use protocol::probe::Probed;

use super::ask;
use crate::editor::lab::Lab;
use crate::editor::way::hops;
use crate::icons::{Icon, icon};
use crate::live::probe_words::{ProbeRow, how, name, said, target};
use crate::panels::row_buttons::AgainAndDismiss;
use crate::testids;

/// The row.
#[component]
pub(super) fn ProbeRowView(
    /// What was asked, and what came of it.
    row: ProbeRow,
) -> impl IntoView {
    let lab = Lab::of_page();
    let ProbeRow {
        id,
        source,
        source_name,
        probe,
        answer,
    } = row;
    let to = target(&probe);
    let said = answer.as_ref().map(|answer| said(&probe, answer));
    let state = said.as_ref().map_or("waiting", |said| said.tone.key());
    let text = said
        .as_ref()
        .map_or_else(|| "…".to_owned(), |said| said.text.clone());
    let lines = said.iter().flat_map(|said| said.lines.clone());
    let lines: Vec<_> = lines
        .map(|(name, text)| {
            view! {
                <dt>{name}</dt>
                <dd class="mono">{text}</dd>
            }
        })
        .collect();
    let findings = said.iter().flat_map(|said| said.findings.clone());
    let findings = findings
        .map(|finding| {
            view! {
                <button
                    class="finding"
                    on:click=move |_| lab.select_place(finding.namespace, finding.interface)
                >
                    {icon(Icon::Alert)}
                    {finding.text}
                </button>
            }
        })
        .collect_view();
    let traced = match &answer {
        Some(Ok(Probed::Traceroute(traced))) => Some(traced.clone()),
        _ => None,
    };
    let failed = said
        .as_ref()
        .filter(|said| state == "error" && !said.text.is_empty())
        .map(|said| said.text.clone());
    let show = move |_| {
        let hops = traced.as_ref().map(|traced| lab.peek(|d| hops(d, traced)));
        lab.show_way(source, to, failed.clone(), hops.unwrap_or_default());
    };
    let again = {
        let probe = probe.clone();
        move |()| ask(lab, source, probe.clone())
    };
    view! {
        <li class="probe-row" data-testid=testids::PROBE_ROW data-state=state>
            <div class="probe-main">
                <span class="state-dot" aria-hidden="true"></span>
                <span class="two">
                    <span class="line">
                        <span class="way">
                            <strong>{source_name}</strong>
                            " → "
                            <span class="mono">{to.to_string()}</span>
                        </span>
                    </span>
                    <span class="faint detail">{format!("{} {}", name(&probe), how(&probe))}</span>
                </span>
                <span class="answer" role="status">
                    {text}
                </span>
                <span class="buttons">
                    <button class="small" title="Show the way on the canvas" on:click=show>
                        "Way"
                    </button>
                    <AgainAndDismiss
                        label="Ask again"
                        again=Callback::new(again)
                        can=Signal::derive(move || lab.is_live())
                        dismiss=Callback::new(move |()| {
                            lab.probes.update(|all| all.retain(|row| row.id != id));
                        })
                    />
                </span>
            </div>
            {(!lines.is_empty()).then(|| view! { <dl class="probe-lines">{lines}</dl> })}
            {findings}
        </li>
    }
}
