//! What became of what a lab was read from, for as long as this window is open.

use leptos::prelude::window;
use protocol::lab::LabId;
use topology::import::Report;
use web_sys::Storage;

fn storage() -> Option<Storage> {
    window().session_storage().ok().flatten()
}

fn key(id: &LabId) -> String {
    format!("netyard.import.{id}")
}

/// Keeps it for the page of the lab.
pub(crate) fn keep(id: &LabId, report: &Report) {
    if let (Some(storage), Ok(text)) = (storage(), serde_json::to_string(report)) {
        // A browser that keeps nothing shows nothing.
        let _ = storage.set_item(&key(id), &text);
    }
}

/// That of a lab, if it was made by this window.
pub(crate) fn of(id: &LabId) -> Option<Report> {
    let text = storage()?.get_item(&key(id)).ok().flatten()?;
    serde_json::from_str(&text).ok()
}
