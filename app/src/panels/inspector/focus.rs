//! From the canvas into the inspector by keys.

use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// Gives the focus to the first field or button of the inspector.
pub(crate) fn focus_first_field() {
    let first = document().query_selector("#inspector :is(input, select, button)");
    if let Ok(Some(first)) = first
        && let Ok(element) = first.dyn_into::<HtmlElement>()
    {
        // Nothing is lost if it cannot have it.
        let _ = element.focus();
    }
}
