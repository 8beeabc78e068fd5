//! A lab from text or files of others, in any form that is read.

use leptos::ev;
use leptos::html::Dialog;
use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::lab::NewLab;
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::files::{self, Dropped};
use super::page::Yard;
use crate::testids;

const EXAMPLE: &str = "ip netns add red\nip netns add blue\n\
ip link add veth-red type veth peer name veth-blue\n…";

/// What the dialog shows.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) enum Pasting {
    /// Nothing: it is closed.
    #[default]
    No,
    /// A text, and what is wrong with it.
    Text { text: String, error: Option<String> },
    /// What is wrong with files.
    Files { error: String },
}

/// Takes what is dropped on the page, and pasted into it; says whether something is over it.
pub(crate) fn listen(yard: Yard) -> RwSignal<bool> {
    let dropped: Dropped = Callback::new(move |read| open_files(yard, read));
    let pasted = window_event_listener(ev::paste, move |event| {
        let Some(data) = event.clipboard_data().filter(|_| !is_field(event.target())) else {
            return;
        };
        if files::has_files(&data) {
            event.prevent_default();
            files::take(&data, dropped);
            return;
        }
        let text = data.get_data("text/plain").unwrap_or_default();
        if text.trim().is_empty() || yard.busy.get_untracked() {
            return;
        }
        event.prevent_default();
        open_text(yard, text);
    });
    on_cleanup(move || pasted.remove());
    files::listen(dropped)
}

/// Whether a browser pastes into it by itself.
fn is_field(target: Option<web_sys::EventTarget>) -> bool {
    let element = target.and_then(|target| target.dyn_into::<Element>().ok());
    element.is_some_and(|element| {
        let field = element.closest("input, textarea, select, dialog");
        field.ok().flatten().is_some()
    })
}

fn open_files(yard: Yard, read: Result<Vec<protocol::lab::NewFile>, String>) {
    let refused = move |error: String| {
        yard.pasting.try_set(Pasting::Files { error });
    };
    match read {
        Ok(files) if files.is_empty() => refused("There is no file in it".into()),
        Ok(files) => spawn_local(async move {
            if let Err(message) = yard.make(NewLab::Files { files }).await {
                refused(message);
            }
        }),
        Err(message) => refused(message),
    }
}

fn open_text(yard: Yard, text: String) {
    spawn_local(async move {
        let new = NewLab::Text { text: text.clone() };
        if let Err(message) = yard.make(new).await {
            let error = Some(message);
            yard.pasting.try_set(Pasting::Text { text, error });
        }
    });
}

/// Asks for the text, or says what is wrong with files.
#[component]
pub(crate) fn PasteDialog() -> impl IntoView {
    let yard = Yard::of_page();
    let dialog = NodeRef::<Dialog>::new();
    Effect::new(move |_| {
        if let Some(dialog) = dialog.get() {
            // Refused only when it is open already.
            let _ = dialog.show_modal();
        }
    });
    let close = move |_| yard.pasting.set(Pasting::No);
    let is_text = move || matches!(yard.pasting.get(), Pasting::Text { .. });
    let text = move || match yard.pasting.get() {
        Pasting::Text { text, .. } => text,
        _ => String::new(),
    };
    let error = move || match yard.pasting.get() {
        Pasting::Text { error, .. } => error,
        Pasting::Files { error } => Some(error),
        Pasting::No => None,
    };
    let open = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if let Pasting::Text { text, .. } = yard.pasting.get_untracked() {
            open_text(yard, text);
        }
    };
    view! {
        <dialog
            node_ref=dialog
            class="paste"
            aria-labelledby="paste-title"
            on:close=move |_| yard.pasting.set(Pasting::No)
        >
            <form on:submit=open>
                <h2 id="paste-title">
                    {move || if is_text() { "Paste a lab or a script" } else { "This is no lab that can be read" }}
                </h2>
                <p class="hint">
                    "A lab document, a shell script of " <code>"ip"</code> ", " <code>"bridge"</code>
                    ", " <code>"sysctl"</code> " and " <code>"nft"</code>
                    " commands, containerlab, Kathará, Compose, netplan, MiniEdit, Graphviz or Mermaid. \
                     Files, folders and zips can be dropped on the page."
                </p>
                <Show when=is_text>
                    <textarea
                        class="mono"
                        rows="16"
                        spellcheck="false"
                        aria-label="Text of the lab"
                        placeholder=EXAMPLE
                        data-testid=testids::PASTE_TEXT
                        prop:value=text
                        on:input=move |event| {
                            let text = event_target_value(&event);
                            yard.pasting.set(Pasting::Text { text, error: None });
                        }
                    ></textarea>
                </Show>
                <pre class="field-error" role="alert" data-testid=testids::PASTE_ERROR>
                    {error}
                </pre>
                <div class="actions">
                    <button type="button" on:click=close>
                        {move || if is_text() { "Cancel" } else { "Close" }}
                    </button>
                    <Show when=is_text>
                        <button
                            class="primary"
                            type="submit"
                            data-testid=testids::PASTE_OPEN
                            disabled=move || yard.busy.get() || text().trim().is_empty()
                        >
                            "Open as a lab"
                        </button>
                    </Show>
                </div>
            </form>
        </dialog>
    }
}
