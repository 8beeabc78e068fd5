//! Looking for a packet.

use leptos::html::Input;
use leptos::prelude::*;
use packet::view::{Finder, Found, Where};

use super::desk::Desk;
use crate::icons::{Icon, icon};
use crate::live::capture_work::now;

/// Rows between two looks at the clock, and milliseconds of a frame that go into looking.
const ROWS: usize = 128;
const PART: f64 = 20.0;

/// The bar, when somebody looks for something.
#[component]
pub(super) fn FindBar() -> impl IntoView {
    let desk = Desk::of_viewer();
    let field = NodeRef::<Input>::new();
    let text = RwSignal::new(String::new());
    let place = RwSignal::new(Where::Text);
    let error = RwSignal::new(None::<String>);
    // Only the latest search goes on.
    let count = StoredValue::new(0_u64);
    Effect::new(move |_| {
        if desk.finding.get()
            && let Some(field) = field.get()
        {
            let _ = field.focus();
        }
    });
    let start = move |forward: bool| {
        let text = text.get_untracked();
        if text.trim().is_empty() {
            return;
        }
        let from = desk.selected.get_untracked();
        let finder =
            desk.peek(|viewer| Finder::new(viewer, &text, place.get_untracked(), from, forward));
        match finder {
            Err(reason) => error.set(Some(reason.to_string())),
            Ok(finder) => {
                error.set(None);
                desk.found.set(Some(Found::More));
                count.update_value(|count| *count += 1);
                look(desk, finder, count, count.get_value());
            }
        }
    };
    view! {
        <Show when=move || desk.finding.get()>
            <div class="find-bar">
                <select
                    aria-label="Look in"
                    on:change=move |event| {
                        place.set(match event_target_value(&event).as_str() {
                            "bytes" => Where::Bytes,
                            "filter" => Where::Filter,
                            _ => Where::Text,
                        });
                    }
                >
                    <option value="text">"Text"</option>
                    <option value="bytes">"Bytes"</option>
                    <option value="filter">"Display filter"</option>
                </select>
                <input
                    node_ref=field
                    class="mono"
                    aria-label="Find"
                    placeholder="Find a packet"
                    prop:value=move || text.get()
                    on:input=move |event| text.set(event_target_value(&event))
                    on:keydown=move |event| {
                        event.stop_propagation();
                        match event.key().as_str() {
                            "Enter" => start(!event.shift_key()),
                            "Escape" => desk.finding.set(false),
                            _ => {}
                        }
                    }
                />
                <button class="small" on:click=move |_| start(true)>"Next"</button>
                <button class="small" on:click=move |_| start(false)>"Previous"</button>
                <span class="faint" role="status">
                    {move || match desk.found.get() {
                        Some(Found::More) => "Looking…",
                        Some(Found::Nothing) => "Not found",
                        Some(Found::Packet(_)) | None => "",
                    }}
                </span>
                <span class="field-error">{move || error.get()}</span>
                <button
                    class="ghost small"
                    aria-label="Close"
                    on:click=move |_| desk.finding.set(false)
                >
                    {icon(Icon::Close)}
                </button>
            </div>
        </Show>
    }
}

/// Looks on for a part of a frame, and in the next one again.
fn look(desk: Desk, mut finder: Finder, count: StoredValue<u64>, mine: u64) {
    if count.try_get_value() != Some(mine) {
        return;
    }
    let until = now() + PART;
    let mut found = Found::More;
    while found == Found::More && now() < until {
        found = desk.peek(|viewer| finder.step(viewer, ROWS));
    }
    desk.found.set(Some(found));
    match found {
        Found::Packet(number) => desk.go_to(number),
        Found::More => request_animation_frame(move || look(desk, finder, count, mine)),
        Found::Nothing => {}
    }
}
