//! The bytes of the selected packet, in which the field that is pointed at is lit up.

use std::fmt::Write as _;

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::desk::Desk;
use crate::testids;

/// Bytes in a row.
const ROW: usize = 16;
/// Rows that are drawn of a long packet until somebody asks for more.
const FEW: usize = 128;

/// The bytes.
#[component]
pub(super) fn Bytes() -> impl IntoView {
    let desk = Desk::of_viewer();
    let whole = RwSignal::new(false);
    let rows = Memo::new(move |_| {
        let rows = desk.looked.with(|looked| {
            let looked = looked.as_ref()?;
            Some((looked.number, looked.data.len().div_ceil(ROW)))
        });
        let (number, rows) = rows.unwrap_or_default();
        let shown = if whole.get() { rows } else { rows.min(FEW) };
        (number, shown, rows)
    });
    view! {
        <div class="bytes mono" aria-label="Bytes" tabindex="0" on:mouseleave=move |_| desk.hover.set(None)>
            <For
                each=move || {
                    let (number, shown, _) = rows.get();
                    (0..shown).map(move |row| (number, row))
                }
                key=|row| *row
                let:row
            >
                <ByteRow row=row.1 />
            </For>
            <Show when=move || rows.with(|(_, shown, all)| shown < all)>
                <button class="small ghost" on:click=move |_| whole.set(true)>
                    {move || format!("Show all {} rows", rows.with(|(.., all)| *all))}
                </button>
            </Show>
        </div>
    }
}

#[component]
fn ByteRow(row: usize) -> impl IntoView {
    let desk = Desk::of_viewer();
    let start = row * ROW;
    let bytes = desk.looked.with_untracked(|looked| {
        let data = &looked.as_ref()?.data;
        data.get(start..data.len().min(start + ROW))
            .map(<[u8]>::to_vec)
    })?;
    let count = bytes.len();
    // The columns of this row that are lit up.
    let lit = Memo::new(move |_| {
        let (offset, length) = desk.lit()?;
        let from = (offset as usize).max(start) - start;
        let to = (offset as usize + length as usize)
            .min(start + count)
            .checked_sub(start)?;
        (from < to).then_some((from, to))
    });
    let part = move |at: usize, write: fn(&[u8], bool) -> String| {
        let bytes = bytes.clone();
        move || {
            let (from, to) = lit.get().unwrap_or((count, count));
            let (range, is_first) = match at {
                0 => (0..from, true),
                1 => (from..to, false),
                _ => (to..count, false),
            };
            bytes
                .get(range)
                .map(|bytes| write(bytes, is_first))
                .unwrap_or_default()
        }
    };
    let pick = move |event: leptos::ev::MouseEvent, width: usize, select: bool| {
        let Some(column) = column(&event, width) else {
            return;
        };
        let byte = (start + column.min(count.saturating_sub(1))) as u32;
        let found = desk.looked.with_untracked(|looked| {
            let tree = &looked.as_ref()?.tree;
            let index = tree.at(byte)?;
            let node = tree.nodes.get(index)?;
            Some((index, (node.offset, node.length)))
        });
        if let Some((index, range)) = found {
            if select {
                desk.field.set(Some(index));
            }
            desk.hover.set(Some(range));
        }
    };
    let hex: fn(&[u8], bool) -> String = |bytes, _| {
        bytes.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x} ");
            text
        })
    };
    let text: fn(&[u8], bool) -> String = |bytes, _| {
        let shown = bytes.iter().map(|byte| match byte {
            b' '..=b'~' => char::from(*byte),
            _ => '·',
        });
        shown.collect()
    };
    Some(view! {
        <div class="byte-row" data-testid=testids::BYTES>
            <span class="faint">{format!("{start:04x}")}</span>
            <span
                class="hex"
                on:click=move |event| pick(event, 3, true)
                on:mousemove=move |event| pick(event, 3, false)
            >
                {part(0, hex)}
                <b>{part(1, hex)}</b>
                {part(2, hex)}
            </span>
            <span
                class="ascii"
                on:click=move |event| pick(event, 1, true)
                on:mousemove=move |event| pick(event, 1, false)
            >
                {part(0, text)}
                <b>{part(1, text)}</b>
                {part(2, text)}
            </span>
        </div>
    })
}

/// Which byte of a row is under the pointer; each is so many characters wide.
fn column(event: &leptos::ev::MouseEvent, width: usize) -> Option<usize> {
    let target = event
        .current_target()?
        .dyn_into::<web_sys::Element>()
        .ok()?;
    let bounds = target.get_bounding_client_rect();
    let place = f64::from(event.client_x()) - bounds.left();
    // The widest row says how wide a character is: all are padded to that.
    let characters = (ROW * width) as f64;
    let at = (place / bounds.width() * characters / width as f64).floor();
    (at >= 0.0).then_some(at as usize)
}
