//! From the canvas into the inspector by keys.

use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// The fields of an object come first, then any other thing to fill in. Never a button: the next
/// Enter would press it.
const FIELDS: [&str; 2] = [
    "#inspector .field :is(input, select)",
    "#inspector :is(input, select)",
];

/// Gives the focus to the first field of the inspector, if it has one.
pub(crate) fn focus_first_field() {
    let find = |selector: &&str| document().query_selector(selector).ok().flatten();
    let first = FIELDS.iter().find_map(find);
    if let Some(element) = first.and_then(|found| found.dyn_into::<HtmlElement>().ok()) {
        // Nothing is lost if it cannot have it.
        let _ = element.focus();
    }
}
