//! Files: opened from this computer, and saved to it. Nothing of them goes to the server.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, File, HtmlAnchorElement, Url};

use super::desk::Desk;
use crate::editor::lab::Lab;
use crate::icons::{Icon, icon};
use crate::panels::dock::Dock;
use crate::testids;

/// Bytes of a file that are read at once: some ten milliseconds' worth.
const PIECE: f64 = (8 << 20) as f64;

/// Opens a file in the viewer.
pub(super) fn open_file(lab: Lab, dock: Dock, file: File) {
    spawn_local(async move {
        if let Err(error) = read(lab, dock, &file).await {
            let name = file.name();
            lab.say(format!("{name} cannot be read: {}", said(&error)));
        }
    });
}

/// Reads a file piece by piece: while one is looked at, the browser fetches the next.
async fn read(lab: Lab, dock: Dock, file: &File) -> Result<(), JsValue> {
    let length = file.size();
    let piece = |from: f64| {
        let to = (from + PIECE).min(length);
        let part = file.slice_with_f64_and_f64(from, to)?;
        Ok::<_, JsValue>(JsFuture::from(part.array_buffer()))
    };
    let mut coming = piece(0.0)?;
    let mut from = 0.0;
    let mut key = None;
    loop {
        let buffer = coming.await?;
        from += PIECE;
        let is_last = from >= length;
        let next = if is_last { None } else { Some(piece(from)?) };
        // Only what can be read becomes a capture.
        let key = *key.get_or_insert_with(|| {
            dock.heighten();
            lab.streams.file_opened(file.name(), length as usize)
        });
        let wanted = lab.streams.file_came(key, |all| {
            let bytes = js_sys::Uint8Array::new(&buffer);
            all.reserve_exact((length as usize).saturating_sub(all.len()));
            let start = all.len();
            all.resize(start + bytes.length() as usize, 0);
            if let Some(place) = all.get_mut(start..) {
                bytes.copy_to(place);
            }
        });
        match next.filter(|_| wanted) {
            Some(next) => coming = next,
            None => return Ok(()),
        }
    }
}

pub(super) fn said(error: &JsValue) -> String {
    let text = js_sys::Reflect::get(error, &JsValue::from_str("message")).ok();
    text.and_then(|text| text.as_string())
        .unwrap_or_else(|| "the browser does not say why".into())
}

/// The button that opens a file.
#[component]
pub(super) fn OpenButton() -> impl IntoView {
    let lab = Lab::of_page();
    let dock = Dock::of_page();
    let chosen = move |event: leptos::ev::Event| {
        let input: web_sys::HtmlInputElement = event_target(&event);
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            open_file(lab, dock, file);
        }
        // So that the same file can be opened again.
        input.set_value("");
    };
    view! {
        <label class="button small open-file" title="Open a pcap or pcapng file, or drop it here">
            {icon(Icon::Paste)}
            "Open file"
            <input
                type="file"
                class="visually-hidden"
                accept=".pcap,.pcapng,.cap"
                data-testid=testids::CAPTURE_FILE
                on:change=chosen
            />
        </label>
    }
}

/// Saves packets of the viewer as pcapng.
pub(super) fn save(desk: Desk, lab: Lab, numbers: &[u64], name: &str) {
    let bytes = desk.peek(|viewer| viewer.save(numbers.iter().copied()));
    let bytes = js_sys::Uint8Array::from(bytes.as_slice());
    if let Err(error) = hand_over(&bytes, name) {
        lab.say(format!("{name} cannot be saved: {}", said(&error)));
    }
}

/// Gives bytes to the person as a file.
pub(super) fn hand_over(bytes: &JsValue, name: &str) -> Result<(), JsValue> {
    let parts = js_sys::Array::of1(bytes);
    let kind = BlobPropertyBag::new();
    kind.set_type("application/x-pcapng");
    let blob = Blob::new_with_u8_array_sequence_and_options(&parts, &kind)?;
    let url = Url::create_object_url_with_blob(&blob)?;
    let link: HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    link.set_href(&url);
    link.set_download(name);
    link.click();
    Url::revoke_object_url(&url)
}
