//! Where to capture, and what.

use std::time::Duration;

use leptos::prelude::*;
use protocol::capture::filter_problem;
use topology::InterfaceId;

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
pub(crate) fn CaptureForm() -> impl IntoView {
    let lab = Lab::of_page();
    let dock = Dock::of_page();
    let interfaces = Memo::new(move |_| {
        lab.read(|document| {
            let mut all: Vec<_> = document
                .interfaces
                .keys()
                .map(|id| (*id, document.describe_interface(*id)))
                .collect();
            all.sort_by(|a, b| {
                is_loopback(&a.1)
                    .cmp(&is_loopback(&b.1))
                    .then(a.1.cmp(&b.1))
            });
            all
        })
    });
    let chosen = Memo::new(move |_| {
        let wanted = dock.capture_interface.get();
        interfaces.with(|all| {
            wanted
                .filter(|id| all.iter().any(|(other, _)| other == id))
                .or_else(|| all.first().map(|(id, _)| *id))
        })
    });
    let checked = watch_filter(lab, dock, chosen);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if let Some(id) = chosen.get_untracked() {
            dock.capture(lab, id);
        }
    };
    view! {
        <form class="panel-bar" on:submit=submit>
            <label for="capture-interface">"On"</label>
            <select
                id="capture-interface"
                class="mono"
                data-testid=testids::CAPTURE_INTERFACE
                prop:value=move || chosen.get().map(|id| id.0.to_string())
                on:change=move |event| {
                    let id = event_target_value(&event).parse().ok().map(InterfaceId);
                    dock.capture_interface.set(id);
                }
            >
                <For each=move || interfaces.get() key=|entry| entry.clone() let:entry>
                    <option
                        value=entry.0.0.to_string()
                        selected=move || chosen.get() == Some(entry.0)
                    >
                        {entry.1}
                    </option>
                </For>
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
            <button
                class="primary"
                type="submit"
                data-testid=testids::CAPTURE_START
                disabled=move || {
                    !lab.is_live()
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
                }}
            </span>
        </form>
    }
}

fn is_loopback(name: &str) -> bool {
    name.ends_with("/lo")
}

/// Asks the kernel's side whether the filter is one, a moment after the last key.
fn watch_filter(lab: Lab, dock: Dock, chosen: Memo<Option<InterfaceId>>) -> Memo<Checked> {
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
        let interface = chosen.get();
        let running = lab.is_live();
        cancel();
        asked.set(None);
        let is_one = !filter.trim().is_empty() && filter_problem(&filter).is_none();
        let Some(interface) = interface.filter(|_| running && is_one) else {
            return;
        };
        let ask = move || {
            asked.try_set(lab.check_filter(interface, filter));
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
