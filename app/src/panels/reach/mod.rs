//! Who reaches whom: every namespace to every address.

mod details;
mod grid;

use leptos::prelude::*;
use protocol::reach::Reachability;
use topology::NamespaceId;

use self::details::Details;
use self::grid::{Grid, choose};
use super::copy::CopyButton;
use crate::editor::lab::Lab;
use crate::icons::{Icon, icon};
use crate::live::matrix::{Grade, Matrix, Order, Wanted};
use crate::live::ping_log::milliseconds;
use crate::testids;

/// What can be chosen for how often it is measured, seconds.
const PAUSES: [u16; 4] = [2, 5, 15, 60];

/// The panel.
#[component]
pub(crate) fn ReachPanel() -> impl IntoView {
    let lab = Lab::of_page();
    lab.look_at_reach(!document().hidden());
    // A page in the background is not looked at.
    let handle = window_event_listener_untyped("visibilitychange", move |_| {
        lab.look_at_reach(!document().hidden());
    });
    on_cleanup(move || {
        handle.remove();
        lab.look_at_reach(false);
        lab.hide_way();
    });
    // What the chosen cell says may be otherwise now, and so its way.
    Effect::new(move |began: Option<()>| {
        let matrix = lab.reach.matrix.get();
        let chosen = lab.reach.chosen.get_untracked();
        let cell = matrix.as_ref().zip(chosen);
        let changed = cell.and_then(|(matrix, (row, column))| Some(matrix.cell(row, column)?.1));
        if began.is_some() && changed == Some(true) {
            choose(lab, chosen);
        }
    });
    let has_run = move || lab.reach.matrix.with(Option::is_some);
    view! {
        <div class="reach">
            <Bar />
            <Show
                when=has_run
                fallback=move || view! { <p class="empty">{move || hint(lab)}</p> }
            >
                <Limits />
                <div class="reach-body">
                    <Grid />
                    <Details />
                </div>
                <Legend />
            </Show>
        </div>
    }
}

fn hint(lab: Lab) -> &'static str {
    let waits = lab.reach.waiting.with(Option::is_some);
    match (lab.is_running(), waits) {
        (false, _) => {
            "Start the lab, then measure: every namespace pings every address, and what does not answer is explained."
        }
        (true, true) => "Every namespace pings every address…",
        (true, false) => {
            "Not measured yet. Measure now: every namespace pings every address, and what does not answer is explained."
        }
    }
}

#[component]
fn Bar() -> impl IntoView {
    let lab = Lab::of_page();
    let reach = lab.reach;
    let waits = move || reach.waiting.with(Option::is_some);
    let all = Memo::new(move |_| {
        reach.matrix.with(|matrix| {
            let sources = matrix.as_ref().map(|matrix| &matrix.found().sources);
            let all = sources.into_iter().flatten();
            all.map(|source| (source.namespace, source.name.clone()))
                .collect::<Vec<_>>()
        })
    });
    let namespace = move |label: &'static str,
                          id: &'static str,
                          get: fn(&Wanted) -> Option<NamespaceId>,
                          set: fn(&mut Wanted, Option<NamespaceId>)| {
        view! {
            <label for=id>{label}</label>
            <select
                id=id
                prop:value=move || {
                    all.track();
                    reach.wanted.with(get).map_or_else(String::new, |id| id.0.to_string())
                }
                on:change=move |event| {
                    let id = event_target_value(&event).parse().ok().map(NamespaceId);
                    reach.wanted.update(|wanted| set(wanted, id));
                }
            >
                <option value="">"all"</option>
                <For each=move || all.get() key=|entry| entry.clone() let:entry>
                    <option
                        value=entry.0.0.to_string()
                        selected=move || reach.wanted.with(get) == Some(entry.0)
                    >
                        {entry.1}
                    </option>
                </For>
            </select>
        }
    };
    view! {
        <div class="panel-bar">
            <button
                class="primary"
                data-testid=testids::REACH_MEASURE
                disabled=move || !lab.is_live() || waits()
                on:click=move |_| lab.measure_reach()
            >
                {icon(Icon::Ping)}
                {move || if waits() { "Measuring…" } else { "Measure" }}
            </button>
            <select
                id="reach-pause"
                data-testid=testids::REACH_PAUSE
                aria-label="When it is measured again"
                title="Measured again while this tab is open and looked at"
                on:change=move |event| {
                    lab.repeat_reach(event_target_value(&event).parse().ok());
                }
            >
                <option value="" selected=move || reach.pause.get().is_none()>
                    "once"
                </option>
                {PAUSES
                    .map(|pause| {
                        view! {
                            <option
                                value=pause.to_string()
                                selected=move || reach.pause.get() == Some(pause)
                            >
                                {format!("again after {pause} s")}
                            </option>
                        }
                    })
                    .into_iter()
                    .collect_view()}
            </select>
            {namespace("From", "reach-from", |w| w.from, |w, id| w.from = id)}
            {namespace("to", "reach-to", |w| w.to, |w, id| w.to = id)}
            <select
                id="reach-order"
                aria-label="Order"
                on:change=move |event| {
                    reach
                        .sort(
                            match event_target_value(&event).as_str() {
                                "failures" => Order::Failures,
                                "slowest" => Order::Slowest,
                                _ => Order::Name,
                            },
                        );
                }
            >
                <option value="name">"by name"</option>
                <option value="failures">"by failures"</option>
                <option value="slowest">"by time"</option>
            </select>
            <label class="check">
                <input
                    type="checkbox"
                    data-testid=testids::REACH_FAILURES
                    prop:checked=move || reach.wanted.with(|wanted| wanted.failures)
                    on:change=move |event| {
                        let on = event_target_checked(&event);
                        reach.wanted.update(|wanted| wanted.failures = on);
                    }
                />
                "only failures"
            </label>
            <label class="check">
                <input
                    type="checkbox"
                    prop:checked=move || reach.wanted.with(|wanted| wanted.changes)
                    on:change=move |event| {
                        let on = event_target_checked(&event);
                        reach.wanted.update(|wanted| wanted.changes = on);
                    }
                />
                "only changes"
            </label>
            <span class="grow"></span>
            <span class="reach-sum faint" role="status" data-testid=testids::REACH_SUM>
                {move || reach.matrix.with(|matrix| matrix.as_ref().map(|matrix| sum(matrix)))}
            </span>
        </div>
    }
}

fn sum(matrix: &Matrix) -> String {
    let found = matrix.found();
    let failures = found.unreachable();
    let answered = found.pairs.len() - failures;
    let changes = match matrix.changes() {
        0 => String::new(),
        changes => format!(", {changes} changed"),
    };
    format!(
        "{answered} of {} answer{changes} · {} ms",
        found.pairs.len(),
        milliseconds(found.took_ns)
    )
}

/// Why it took several waves.
#[component]
fn Limits() -> impl IntoView {
    let lab = Lab::of_page();
    move || {
        lab.reach.matrix.with(|matrix| {
            let limits = matrix.as_ref().map(|matrix| matrix.found().limits.clone());
            let limits = limits.into_iter().flatten();
            limits
                .map(|limit| view! { <p class="reach-limit">{limit.to_string()}</p> })
                .collect_view()
        })
    }
}

#[component]
fn Legend() -> impl IntoView {
    let lab = Lab::of_page();
    let entry = |grade: Grade, text: &'static str| {
        view! {
            <span class="legend" data-grade=grade.key()>
                <span class="sign">{grade.sign()}</span>
                {text}
            </span>
        }
    };
    let json = Callback::new(move |()| {
        lab.reach.matrix.with_untracked(|matrix| {
            let found: Option<&Reachability> = matrix.as_ref().map(|matrix| matrix.found());
            found
                .and_then(|found| serde_json::to_string_pretty(found).ok())
                .unwrap_or_default()
        })
    });
    let csv = Callback::new(move |()| {
        lab.reach
            .matrix
            .with_untracked(|matrix| matrix.as_ref().map(|m| m.csv()).unwrap_or_default())
    });
    view! {
        <footer class="reach-legend">
            {entry(Grade::Reachable, "answers, after so many ms")}
            {entry(Grade::Refused, "a firewall or router refuses")}
            {entry(Grade::Broken, "nothing gets through")}
            <span class="legend">
                <span class="sign changed">"Δ"</span>
                "otherwise than the last time"
            </span>
            <span class="legend faint">"· its own address"</span>
            <span class="grow"></span>
            <span class="faint">"JSON"</span>
            <CopyButton text=json />
            <span class="faint">"CSV"</span>
            <CopyButton text=csv />
        </footer>
    }
}
