//! A mistake of this program is shown, not hidden: the page stops working when it panics.

use leptos::prelude::document;
use wasm_bindgen::JsValue;

/// Writes panics to the browser's console and over the page.
pub(crate) fn show_panics() {
    std::panic::set_hook(Box::new(|info| {
        let text = info.to_string();
        web_sys::console::error_1(&JsValue::from_str(&text));
        let Some(body) = document().body() else {
            return;
        };
        let Ok(banner) = document().create_element("pre") else {
            return;
        };
        banner.set_class_name("crash");
        banner.set_text_content(Some(&format!(
            "Netyard's page has stopped: this is a mistake in Netyard. Your lab is safe on the \
             server; load the page again.\n\n{text}"
        )));
        // Nothing more can be done if it cannot be shown.
        let _ = body.append_child(&banner);
    }));
}
