//! The program in two files: what the yard page needs, and the editor, which is fetched when a lab
//! is opened or soon will be.

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::lab::LabId;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

use crate::lab_page::LabPage;

/// What the editor's file holds, as the rest of the program may call it.
#[derive(Clone, Copy)]
pub(crate) struct Editor {
    /// Makes the page of a lab.
    pub(crate) page: fn(LabId) -> AnyView,
}

/// The editor's file is fetched once; a call after a failure tries again.
///
/// What can be reached from this function only is moved to that file (crates/xtask/src/front/split.rs).
/// It gives a function and not a view: a view must be made while its owner is the current one,
/// which it no longer is when something was awaited.
#[wasm_split(editor, fallible)]
pub(crate) fn editor() -> Result<Editor, SplitLoaderError> {
    Ok(Editor {
        page: |id| view! { <LabPage id=id /> }.into_any(),
    })
}

/// Fetches the editor's file ahead of time. A failure is met again, and shown, by who opens a lab.
pub(crate) fn prefetch() {
    spawn_local(async {
        let _ = editor().await;
    });
}
