//! A lab from text: a document or a script of commands.

use leptos::html::Dialog;
use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::lab::NewLab;

use super::page::Yard;
use crate::testids;

const EXAMPLE: &str = "ip netns add red\nip netns add blue\n\
ip link add veth-red type veth peer name veth-blue\n…";

/// Asks for the text.
#[component]
pub(crate) fn PasteDialog() -> impl IntoView {
    let yard = Yard::of_page();
    let dialog = NodeRef::<Dialog>::new();
    let text = RwSignal::new(String::new());
    let error = RwSignal::new(None::<String>);
    Effect::new(move |_| {
        if let Some(dialog) = dialog.get() {
            // Refused only when it is open already.
            let _ = dialog.show_modal();
        }
    });
    let open = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        error.set(None);
        spawn_local(async move {
            let text = text.get_untracked();
            if let Err(message) = yard.make(NewLab::Text { text }).await {
                error.try_set(Some(message));
            }
        });
    };
    view! {
        <dialog
            node_ref=dialog
            class="paste"
            aria-labelledby="paste-title"
            on:close=move |_| yard.pasting.set(false)
        >
            <form on:submit=open>
                <h2 id="paste-title">"Paste a lab or a script"</h2>
                <p class="hint">
                    "A lab document (YAML), or a script of " <code>"ip"</code> ", "
                    <code>"bridge"</code> ", " <code>"sysctl"</code> " and " <code>"nft"</code>
                    " commands. Commands that only look, such as ping, are left out."
                </p>
                <textarea
                    class="mono"
                    rows="16"
                    spellcheck="false"
                    aria-label="Text of the lab"
                    placeholder=EXAMPLE
                    data-testid=testids::PASTE_TEXT
                    prop:value=move || text.get()
                    on:input=move |event| text.set(event_target_value(&event))
                ></textarea>
                <pre class="field-error" role="alert" data-testid=testids::PASTE_ERROR>
                    {move || error.get()}
                </pre>
                <div class="actions">
                    <button type="button" on:click=move |_| yard.pasting.set(false)>
                        "Cancel"
                    </button>
                    <button
                        class="primary"
                        type="submit"
                        data-testid=testids::PASTE_OPEN
                        disabled=move || yard.busy.get() || text.with(|t| t.trim().is_empty())
                    >
                        "Open as a lab"
                    </button>
                </div>
            </form>
        </dialog>
    }
}
