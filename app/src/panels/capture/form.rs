//! Where to capture, and what.

use std::time::Duration;

use leptos::prelude::*;
use protocol::capture::{CaptureTarget, MAX_SNAP_LENGTH, filter_problem, problem};
use topology::{Document, InterfaceId, NamespaceId};

use crate::editor::lab::Lab;
use crate::icons::{Icon, icon};
use crate::panels::dock::Dock;
use crate::testids;

/// After this long without a key the filter is checked.
const PAUSE: Duration = Duration::from_millis(180);

/// What is known of the filter.
#[derive(Clone, PartialEq)]
enum Checked {
    Unknown,
    Valid,
    Invalid(String),
}

impl Checked {
    fn key(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Valid => "true",
            Self::Invalid(_) => "false",
        }
    }
}

/// The form.
#[component]
pub(super) fn CaptureForm() -> impl IntoView {
    let lab = Lab::of_page();
    let dock = Dock::of_page();
    let targets = Memo::new(move |_| lab.read(targets));
    // What has gone from the document is not asked for.
    let chosen = Memo::new(move |_| {
        let mut chosen = dock.capture_sources.get();
        targets.with(|all| {
            chosen.retain(|target| all.iter().any(|(other, _)| other == target));
        });
        chosen
    });
    let checked = watch_filter(lab, dock, chosen);
    let wrong = move || {
        let options = dock.capture_options.get();
        problem(&chosen.get(), &options)
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        dock.capture_on(lab, chosen.get_untracked());
    };
    view! {
        <form class="panel-bar capture-form" on:submit=submit>
            <label for="capture-interface">"On"</label>
            <For each=move || chosen.get() key=|target| *target let:target>
                <Chip target=target />
            </For>
            <select
                id="capture-interface"
                class="mono"
                data-testid=testids::CAPTURE_INTERFACE
                prop:value=""
                on:change=move |event| {
                    let at: Option<usize> = event_target_value(&event).parse().ok();
                    let found = targets.with_untracked(|all| all.get(at?).map(|(target, _)| *target));
                    if let Some(target) = found {
                        dock.capture_sources.set(chosen.get_untracked());
                        dock.capture_sources.update(|all| all.push(target));
                    }
                }
            >
                {move || {
                    let chosen = chosen.get();
                    let all = targets.get().into_iter().enumerate();
                    let free = all.filter(|(_, (target, _))| !chosen.contains(target));
                    let first = if chosen.is_empty() { "an interface…" } else { "and…" };
                    let options = free
                        .map(|(at, (_, name))| view! { <option value=at.to_string()>{name}</option> })
                        .collect_view();
                    view! {
                        <option value="" selected=true>
                            {first}
                        </option>
                        {options}
                    }
                }}
            </select>
            <label for="capture-filter">"only"</label>
            <input
                id="capture-filter"
                class="mono filter"
                placeholder="every packet; or: icmp or arp"
                autocomplete="off"
                spellcheck="false"
                data-testid=testids::CAPTURE_FILTER
                data-valid=move || checked.with(Checked::key)
                aria-invalid=move || {
                    checked.with(|checked| matches!(checked, Checked::Invalid(_))).to_string()
                }
                aria-describedby="capture-filter-error"
                prop:value=move || dock.capture_filter.get()
                on:input=move |event| dock.capture_filter.set(event_target_value(&event))
            />
            <Limits />
            <button
                class="primary"
                type="submit"
                data-testid=testids::CAPTURE_START
                title=wrong
                disabled=move || {
                    !lab.is_live() || wrong().is_some()
                        || checked.with(|checked| matches!(checked, Checked::Invalid(_)))
                }
            >
                {icon(Icon::Capture)}
                "Capture"
            </button>
            <span id="capture-filter-error" class="field-error mono" role="alert">
                {move || {
                    checked
                        .with(|checked| match checked {
                            Checked::Invalid(error) => Some(error.clone()),
                            Checked::Unknown | Checked::Valid => None,
                        })
                        .or_else(|| if chosen.with(Vec::is_empty) { None } else { wrong() })
                }}
            </span>
        </form>
    }
}

#[component]
fn Chip(target: CaptureTarget) -> impl IntoView {
    let lab = Lab::of_page();
    let dock = Dock::of_page();
    let name = move || lab.read(|document| describe(document, target));
    view! {
        <span class="chip source mono" data-testid=testids::CAPTURE_SOURCE>
            {name}
            <button
                type="button"
                class="ghost"
                aria-label=move || format!("Not on {}", name())
                on:click=move |_| {
                    dock.capture_sources.update(|all| all.retain(|other| *other != target));
                }
            >
                {icon(Icon::Close)}
            </button>
        </span>
    }
}

/// Snap length and size of the ring.
#[component]
fn Limits() -> impl IntoView {
    let dock = Dock::of_page();
    let options = dock.capture_options;
    let number = |event: &leptos::ev::Event| event_target_value(event).trim().parse::<u64>().ok();
    let small = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
    view! {
        <details class="limits">
            <summary>"Limits"</summary>
            <label>
                "Bytes of a packet"
                <input
                    type="number"
                    min="1"
                    max=MAX_SNAP_LENGTH
                    prop:value=move || options.with(|o| o.snap_length.to_string())
                    on:change=move |event| {
                        if let Some(value) = number(&event) {
                            options.update(|o| o.snap_length = small(value));
                        }
                    }
                />
            </label>
            <label>
                "Keep packets"
                <input
                    type="number"
                    min="1"
                    prop:value=move || options.with(|o| o.limit.packets.to_string())
                    on:change=move |event| {
                        if let Some(value) = number(&event) {
                            options.update(|o| o.limit.packets = small(value));
                        }
                    }
                />
            </label>
            <label>
                "Keep MiB"
                <input
                    type="number"
                    min="1"
                    prop:value=move || options.with(|o| (o.limit.bytes >> 20).to_string())
                    on:change=move |event| {
                        if let Some(value) = number(&event) {
                            options.update(|o| o.limit.bytes = value.min(1 << 20) << 20);
                        }
                    }
                />
            </label>
        </details>
    }
}

/// Everywhere that packets can be taken: interfaces, all of a namespace, loopbacks at the end.
fn targets(document: &Document) -> Vec<(CaptureTarget, String)> {
    let interfaces = document
        .interfaces
        .iter()
        .map(|(id, interface)| CaptureTarget {
            namespace: interface.namespace,
            interface: Some(*id),
        });
    let namespaces = document.namespaces.keys().map(|id| CaptureTarget {
        namespace: *id,
        interface: None,
    });
    let mut all: Vec<_> = interfaces
        .chain(namespaces)
        .map(|target| (target, describe(document, target)))
        .collect();
    let rank = |name: &str| (name.ends_with("/lo"), name.ends_with("/any"));
    all.sort_by(|a, b| rank(&a.1).cmp(&rank(&b.1)).then(a.1.cmp(&b.1)));
    all
}

fn describe(document: &Document, target: CaptureTarget) -> String {
    let any = |namespace: NamespaceId| format!("{}/any", document.describe_namespace(namespace));
    let one = |id: InterfaceId| document.describe_interface(id);
    target.interface.map_or_else(|| any(target.namespace), one)
}

/// Asks the kernel's side whether the filter is one, a moment after the last key.
fn watch_filter(lab: Lab, dock: Dock, chosen: Memo<Vec<CaptureTarget>>) -> Memo<Checked> {
    // The token of the question that counts.
    let asked = RwSignal::new(None::<u64>);
    let timer = StoredValue::new(None::<TimeoutHandle>);
    let cancel = move || {
        if let Some(handle) = timer.try_update_value(Option::take).flatten() {
            handle.clear();
        }
    };
    Effect::new(move |_| {
        let filter = dock.capture_filter.get();
        let source = chosen.with(|chosen| chosen.first().copied());
        let running = lab.is_live();
        cancel();
        asked.set(None);
        let is_one = !filter.trim().is_empty() && filter_problem(&filter).is_none();
        let Some(source) = source.filter(|_| running && is_one) else {
            return;
        };
        let ask = move || {
            asked.try_set(lab.check_filter(source, filter));
        };
        if let Ok(handle) = set_timeout_with_handle(ask, PAUSE) {
            timer.set_value(Some(handle));
        }
    });
    on_cleanup(cancel);
    Memo::new(move |_| {
        // Not asked about: its message could be too long for the socket.
        if let Some(problem) = dock.capture_filter.with(|filter| filter_problem(filter)) {
            return Checked::Invalid(problem);
        }
        match (asked.get(), lab.filter_answer.get()) {
            (Some(asked), Some((token, answer))) if asked == token => match answer {
                None => Checked::Valid,
                Some(error) => Checked::Invalid(error),
            },
            _ => Checked::Unknown,
        }
    })
}
