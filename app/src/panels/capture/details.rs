//! The selected packet: what is noted of it, its fields and its bytes.

use leptos::prelude::*;

use super::bytes::Bytes;
use super::desk::Desk;
use super::tree::FieldTree;
use crate::icons::{Icon, icon};

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
            <aside class="packet-details" aria-label="Packet">
                <div class="details-head">
                    <strong>{move || number.get().map(|number| format!("Packet {}", number + 1))}</strong>
                    <span class="faint">{length}</span>
                    <input
                        class="grow"
                        aria-label="Comment"
                        placeholder="Comment on this packet"
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
