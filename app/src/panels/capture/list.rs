//! The packets, of which only those on the screen are drawn.

use leptos::html::Div;
use leptos::prelude::*;
use protocol::capture::CaptureId;

use crate::editor::lab::Lab;
use crate::live::capture_log::{colour, window};
use crate::testids;

/// Height of a row, pixels, as in the style sheet.
const ROW: f64 = 22.0;
/// This near to the end the list follows what comes.
const NEAR_END: f64 = 8.0;

/// The list.
#[component]
pub(crate) fn PacketList(
    /// Of which capture.
    id: CaptureId,
    /// The number of the chosen packet.
    selected: RwSignal<Option<u64>>,
) -> impl IntoView {
    let lab = Lab::of_page();
    let log = lab.streams.capture(id)?;
    let area = NodeRef::<Div>::new();
    let scroll = RwSignal::new(0.0);
    let height = RwSignal::new(400.0);
    let follows = RwSignal::new(true);
    let numbers = {
        let log = log.clone();
        Memo::new(move |_| log.with(|log| log.numbers()))
    };
    let count = move || numbers.with(|all| all.end - all.start);
    let visible = Memo::new(move |_| {
        let first = numbers.with(|all| all.start);
        let range = window(scroll.get(), height.get(), ROW, count());
        (first + range.start..first + range.end).collect::<Vec<u64>>()
    });
    let measure = move || {
        if let Some(area) = area.get_untracked() {
            scroll.set(f64::from(area.scroll_top()));
            height.set(f64::from(area.client_height()));
        }
    };
    let to_end = move || {
        if let Some(area) = area.get_untracked() {
            area.set_scroll_top(area.scroll_height());
        }
    };
    // What comes is followed, unless somebody has scrolled up.
    Effect::new(move |_| {
        numbers.track();
        if area.get().is_some() && follows.get_untracked() {
            request_animation_frame(move || {
                if follows.try_get_untracked() == Some(true) {
                    to_end();
                    measure();
                }
            });
        }
    });
    let scrolled = move |_| {
        measure();
        if let Some(area) = area.get_untracked() {
            let below = area.scroll_height() - area.scroll_top() - area.client_height();
            follows.set(f64::from(below) <= NEAR_END);
        }
    };
    let step = move |event: leptos::ev::KeyboardEvent| {
        let by = match event.key().as_str() {
            "ArrowDown" => 1,
            "ArrowUp" => -1,
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        let all = numbers.get_untracked();
        if all.is_empty() {
            return;
        }
        let now = selected.get_untracked().unwrap_or(all.start);
        let next = now.saturating_add_signed(by).clamp(all.start, all.end - 1);
        selected.set(Some(next));
        if let Some(area) = area.get_untracked() {
            let top = (next - all.start) as f64 * ROW;
            let (from, fits) = (
                f64::from(area.scroll_top()),
                f64::from(area.client_height()),
            );
            if top < from {
                area.set_scroll_top(top as i32);
            } else if top + ROW > from + fits {
                area.set_scroll_top((top + ROW - fits) as i32);
            }
        }
    };
    Some(view! {
        <div class="packet-table">
            <div class="packet-head" aria-hidden="true">
                <span>"Time"</span>
                <span>"Packet"</span>
            </div>
            <div
                class="packet-list"
                node_ref=area
                role="log"
                aria-label="Packets"
                tabindex="0"
                on:scroll=scrolled
                on:keydown=step
            >
                <div
                    class="packet-space"
                    style:height=move || format!("{}px", count() as f64 * ROW)
                >
                    <For each=move || visible.get() key=|number| *number let:number>
                        <PacketRowView id=id number=number first=numbers selected=selected />
                    </For>
                </div>
            </div>
            <Show when=move || !follows.get()>
                <button
                    class="follow"
                    on:click=move |_| {
                        follows.set(true);
                        to_end();
                    }
                >
                    "Follow"
                </button>
            </Show>
        </div>
    })
}

#[component]
fn PacketRowView(
    id: CaptureId,
    number: u64,
    first: Memo<std::ops::Range<u64>>,
    selected: RwSignal<Option<u64>>,
) -> impl IntoView {
    let lab = Lab::of_page();
    let log = lab.streams.capture(id)?;
    let (class, time, text) = log.with_untracked(|log| {
        log.row(number).map(|row| {
            (
                colour(row.kind),
                row.time().to_owned(),
                row.text().to_owned(),
            )
        })
    })?;
    let chosen = move || selected.get() == Some(number);
    Some(view! {
        <div
            class=format!("packet {class}")
            class:selected=chosen
            data-testid=testids::CAPTURE_ROW
            style:top=move || {
                format!("{}px", number.saturating_sub(first.with(|all| all.start)) as f64 * ROW)
            }
            on:click=move |_| {
                selected.update(|now| {
                    *now = if *now == Some(number) { None } else { Some(number) };
                });
            }
        >
            <span class="time">{time}</span>
            <span class="text">{text}</span>
        </div>
    })
}
