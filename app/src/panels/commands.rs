//! The whole lab as a script of commands.

use leptos::prelude::*;
use topology::command::script_text;

use super::copy::CopyButton;
use crate::editor::lab::Lab;

/// The script.
#[component]
pub(crate) fn CommandsPanel() -> impl IntoView {
    let lab = Lab::of_page();
    let text = Memo::new(move |_| lab.read(script_text));
    let yaml = move || format!("/api/v1/labs/{}/document.yaml", lab.id());
    view! {
        <div class="commands">
            <div class="panel-bar">
                <span class="hint">"The same lab on any machine, as root:"</span>
                <span class="grow"></span>
                <a class="button small" href=yaml download="">
                    "Save as YAML"
                </a>
                <CopyButton text=Callback::new(move |()| text.get_untracked()) />
            </div>
            <pre class="script" tabindex="0">
                {move || text.get()}
            </pre>
        </div>
    }
}
