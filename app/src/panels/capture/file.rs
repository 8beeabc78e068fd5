//! Files: opened from this computer, and saved to it. Nothing of them goes to the server.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, File, HtmlAnchorElement, Url};

use super::desk::Desk;
use crate::editor::lab::Lab;
use crate::icons::{Icon, icon};
use crate::live::streams::ahead_of_utc;
use crate::panels::dock::Dock;
use crate::testids;

/// Opens a file in the viewer.
pub(super) fn open_file(lab: Lab, dock: Dock, file: File) {
    spawn_local(async move {
        let name = file.name();
        match JsFuture::from(file.array_buffer()).await {
            Ok(buffer) => {
                let bytes = js_sys::Uint8Array::new(&buffer).to_vec();
                let length = bytes.len();
                let opened = packet::view::open(bytes, ahead_of_utc());
                dock.heighten();
                lab.streams.file_opened(name, length, opened);
            }
            Err(error) => lab.say(format!("{name} cannot be read: {}", said(&error))),
        }
    });
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
