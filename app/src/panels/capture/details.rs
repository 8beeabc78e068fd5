//! The selected packet: what is noted of it, its fields and its bytes.

use leptos::ev::{KeyboardEvent, PointerEvent};
use leptos::prelude::*;
use protocol::capture::MAX_COMMENT_BYTES;
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::bytes::Bytes;
use super::desk::Desk;
use super::tree::FieldTree;
use crate::icons::{Icon, icon};
use crate::live::keepsake;

/// The details, when a packet is selected.
#[component]
pub(super) fn Details() -> impl IntoView {
    let desk = Desk::of_viewer();
    let number = Memo::new(move |_| desk.looked.with(|looked| looked.as_ref().map(|l| l.number)));
    let comment = move || {
        desk.notes.track();
        let number = number.get()?;
        desk.peek(|viewer| viewer.comment(number).map(str::to_owned))
    };
    let length = move || {
        desk.looked.with(|looked| {
            let looked = looked.as_ref()?;
            let (length, captured) = (looked.length as usize, looked.data.len());
            Some(match length > captured {
                true => format!("{length} bytes, {captured} captured"),
                false => format!("{captured} bytes"),
            })
        })
    };
    view! {
        <Show when=move || number.get().is_some()>
            <aside
                class="packet-details"
                aria-label="Packet"
                style:width=move || desk.share.get().map(|share| format!("{:.1}%", share * 100.0))
            >
                <Edge />
                <div class="details-head">
                    <strong>{move || number.get().map(|number| format!("Packet {}", number + 1))}</strong>
                    <span class="faint">{length}</span>
                    <input
                        class="grow"
                        aria-label="Comment"
                        placeholder="Comment on this packet"
                        // A character is three bytes at most, or two that are four.
                        maxlength=(MAX_COMMENT_BYTES / 3).to_string()
                        prop:value=move || comment().unwrap_or_default()
                        on:change=move |event| {
                            if let Some(number) = number.get_untracked() {
                                let text = event_target_value(&event);
                                desk.note(|viewer| viewer.set_comment(number, &text));
                            }
                        }
                    />
                    <button
                        class="ghost small"
                        aria-label="Close the details"
                        on:click=move |_| desk.selected.set(None)
                    >
                        {icon(Icon::Close)}
                    </button>
                </div>
                <FieldTree />
                <Bytes />
            </aside>
        </Show>
    }
}

/// How much of the viewer the details may be.
const SHARES: std::ops::RangeInclusive<f64> = 0.2..=0.75;

/// The edge between the list and the details, which is dragged.
#[component]
fn Edge() -> impl IntoView {
    let desk = Desk::of_viewer();
    // Where the pointer went down, and what the share was.
    let start = StoredValue::new(None::<(f64, f64)>);
    let set = move |share: f64| {
        desk.share
            .set(Some(share.clamp(*SHARES.start(), *SHARES.end())));
    };
    let done = move || {
        start.set_value(None);
        if let Some(share) = desk.share.get_untracked() {
            keepsake::keep_share(share);
        }
    };
    let down = move |event: PointerEvent| {
        if let Some((edge, _, share)) = measured(&event) {
            // Refused when the pointer is gone already.
            let _ = edge.set_pointer_capture(event.pointer_id());
            start.set_value(Some((f64::from(event.client_x()), share)));
        }
    };
    let moved = move |event: PointerEvent| {
        if let (Some((x, share)), Some((_, whole, _))) = (start.get_value(), measured(&event)) {
            set(share + (x - f64::from(event.client_x())) / whole);
        }
    };
    let key = move |event: KeyboardEvent| {
        let step = match event.key().as_str() {
            "ArrowLeft" => 0.03,
            "ArrowRight" => -0.03,
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        if let Some((.., share)) = measured(&event) {
            set(share + step);
            done();
        }
    };
    view! {
        <div
            class="details-edge"
            role="separator"
            aria-orientation="vertical"
            aria-label="Width of the details"
            tabindex="0"
            on:pointerdown=down
            on:pointermove=moved
            on:pointerup=move |_| done()
            on:pointercancel=move |_| done()
            on:keydown=key
        ></div>
    }
}

/// The edge that an event is of, the width of the viewer, and which share of it the details are.
fn measured(event: &web_sys::Event) -> Option<(Element, f64, f64)> {
    let edge = event.current_target()?.dyn_into::<Element>().ok()?;
    let details = edge.parent_element()?;
    let whole = f64::from(details.parent_element()?.client_width());
    let share = f64::from(details.client_width()) / whole;
    (whole > 0.0).then_some((edge, whole, share))
}
