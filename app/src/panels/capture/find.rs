//! Looking for a packet.

use leptos::html::Input;
use leptos::prelude::*;
use packet::view::{Finder, Found, Where};

use super::desk::{Desk, LookIn};
use crate::icons::{Icon, icon};
use crate::live::capture_work::now;
use crate::testids;

/// Rows between two looks at the clock, and milliseconds of a frame that go into looking.
const ROWS: usize = 128;
const PART: f64 = 20.0;

/// Where to look: key, name.
const PLACES: [(&str, &str, LookIn); 4] = [
    ("text", "Text", LookIn::Rows(Where::Text)),
    ("bytes", "Bytes", LookIn::Rows(Where::Bytes)),
    ("filter", "Display filter", LookIn::Rows(Where::Filter)),
    ("number", "Packet number", LookIn::Number),
];

/// The bar, when somebody looks for something.
#[component]
pub(super) fn FindBar() -> impl IntoView {
    let desk = Desk::of_viewer();
    let field = NodeRef::<Input>::new();
    let text = RwSignal::new(String::new());
    let place = desk.look_in;
    let error = RwSignal::new(None::<String>);
    // Only the latest search goes on.
    let count = StoredValue::new(0_u64);
    Effect::new(move |_| {
        desk.look_in.track();
        if desk.finding.get()
            && let Some(field) = field.get()
        {
            let _ = field.focus();
            field.select();
        }
    });
    let start = move |forward: bool| {
        let text = text.get_untracked();
        if text.trim().is_empty() {
            return;
        }
        let place = match place.get_untracked() {
            LookIn::Rows(place) => place,
            LookIn::Number => {
                error.set(go_to_number(desk, &text).err());
                return;
            }
        };
        let from = desk.selected.get_untracked();
        let finder = desk.peek(|viewer| Finder::new(viewer, &text, place, from, forward));
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
    Effect::new(move |_| {
        if let Some(forward) = desk.again.get() {
            desk.again.set(None);
            start(forward);
        }
    });
    let by_number = move || place.get() == LookIn::Number;
    view! {
        <Show when=move || desk.finding.get()>
            <div class="find-bar">
                <select
                    aria-label="Look in"
                    on:change=move |event| {
                        let key = event_target_value(&event);
                        if let Some((.., chosen)) = PLACES.iter().find(|(name, ..)| *name == key) {
                            error.set(None);
                            desk.look_in(*chosen);
                        }
                    }
                >
                    {PLACES
                        .map(|(key, name, chosen)| {
                            view! {
                                <option value=key selected=move || place.get() == chosen>
                                    {name}
                                </option>
                            }
                        })
                        .into_iter()
                        .collect_view()}
                </select>
                <input
                    node_ref=field
                    class="mono"
                    aria-label="Find"
                    placeholder=move || if by_number() { "Number of a packet" } else { "Find a packet" }
                    data-testid=testids::CAPTURE_FIND
                    prop:value=move || text.get()
                    on:input=move |event| text.set(event_target_value(&event))
                    on:keydown=move |event| {
                        event.stop_propagation();
                        match event.key().as_str() {
                            "Enter" => start(!event.shift_key()),
                            "F3" => {
                                event.prevent_default();
                                start(!event.shift_key());
                            }
                            "Escape" => desk.finding.set(false),
                            _ => {}
                        }
                    }
                />
                <Show
                    when=by_number
                    fallback=move || {
                        view! {
                            <button class="small" title="F3" on:click=move |_| start(true)>
                                "Next"
                            </button>
                            <button class="small" title="Shift+F3" on:click=move |_| start(false)>
                                "Previous"
                            </button>
                        }
                    }
                >
                    <button class="small" on:click=move |_| start(true)>"Go"</button>
                </Show>
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

/// Goes to a packet by its number, or says why not.
fn go_to_number(desk: Desk, text: &str) -> Result<(), String> {
    let number: u64 = text
        .trim()
        .parse()
        .map_err(|_| format!("“{}” is no number", text.trim()))?;
    let index = number.checked_sub(1).ok_or("Packets count from 1")?;
    let (numbers, line) = desk.peek(|viewer| (viewer.store().numbers(), viewer.line_of(index)));
    if line.is_some() {
        desk.found.set(None);
        desk.go_to(index);
        return Ok(());
    }
    Err(match numbers.contains(&index) {
        true => format!("Packet {number} does not pass the display filter"),
        false if numbers.is_empty() => "There is no packet yet".to_owned(),
        false => {
            let (first, last) = (numbers.start + 1, numbers.end);
            format!("There is no packet {number}: {first} to {last} are here")
        }
    })
}
