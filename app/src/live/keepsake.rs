//! What this browser keeps of captures from one visit to the next: notes of each, and columns of all.

use leptos::prelude::window;
use packet::view::Notes;
use web_sys::Storage;

/// The captures of which something is kept, oldest first.
const CAPTURES: &str = "netyard.captures";
/// Before the name of a capture: what is kept of it.
const NOTES: &str = "netyard.capture.";
/// The columns that were added.
const COLUMNS: &str = "netyard.columns";
/// The share of the details.
const SHARE: &str = "netyard.packet-details";
/// The most captures of which something is kept: some 100 KiB each at most, where a browser gives 5 MiB.
const MOST: usize = 24;

fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

/// What is kept of a capture.
pub(crate) fn notes(capture: &str) -> Option<Notes> {
    let text = storage()?.get_item(&format!("{NOTES}{capture}")).ok()??;
    serde_json::from_str(&text).ok()
}

/// Keeps what is noted of a capture; what is kept of captures long ago goes. A browser that keeps nothing is
/// none that has to be told of: the notes stay for this visit.
pub(crate) fn keep_notes(capture: &str, notes: &Notes) {
    let (Some(storage), Ok(text)) = (storage(), serde_json::to_string(notes)) else {
        return;
    };
    let mut known = list(&storage, CAPTURES);
    known.retain(|other| other != capture);
    known.push(capture.to_owned());
    let too_many = known.len().saturating_sub(MOST);
    for old in known.drain(..too_many) {
        let _ = storage.remove_item(&format!("{NOTES}{old}"));
    }
    let _ = storage.set_item(&format!("{NOTES}{capture}"), &text);
    keep_list(&storage, CAPTURES, &known);
}

/// Which share of the viewer's width the details of a packet are.
pub(crate) fn share() -> Option<f64> {
    storage()?.get_item(SHARE).ok()??.parse().ok()
}

/// Keeps that share.
pub(crate) fn keep_share(share: f64) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(SHARE, &format!("{share:.3}"));
    }
}

/// The fields that are columns.
pub(crate) fn columns() -> Vec<String> {
    storage().map_or_else(Vec::new, |storage| list(&storage, COLUMNS))
}

/// Keeps which fields are columns.
pub(crate) fn keep_columns(columns: &[String]) {
    if let Some(storage) = storage() {
        keep_list(&storage, COLUMNS, columns);
    }
}

fn list(storage: &Storage, key: &str) -> Vec<String> {
    let text = storage.get_item(key).ok().flatten();
    text.and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default()
}

fn keep_list(storage: &Storage, key: &str, list: &[String]) {
    if let Ok(text) = serde_json::to_string(list) {
        let _ = storage.set_item(key, &text);
    }
}
