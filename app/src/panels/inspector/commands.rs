//! What is selected, as commands.

use leptos::prelude::*;
use topology::command::{Subject, commands_about};

use crate::editor::lab::Lab;
use crate::panels::copy::CopyButton;

/// The section.
#[component]
pub(crate) fn AsCommands(
    /// What they are about.
    subject: Subject,
) -> impl IntoView {
    let lab = Lab::of_page();
    let text = Memo::new(move |_| {
        lab.read(|document| {
            let lines = commands_about(document, subject);
            let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
            lines.join("\n")
        })
    });
    view! {
        <section class="as-commands">
            <h3>
                "As commands" <span class="grow"></span>
                <CopyButton text=Callback::new(move |()| text.get_untracked()) />
            </h3>
            <pre tabindex="0">{move || text.get()}</pre>
        </section>
    }
}
