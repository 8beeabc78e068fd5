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
    let lines = Memo::new(move |_| {
        lab.read(|document| {
            let commands = commands_about(document, subject);
            commands
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<String>>()
        })
    });
    view! {
        <section class="as-commands">
            <h3>
                "As commands" <span class="grow"></span>
                <CopyButton text=Callback::new(move |()| lines.with_untracked(|all| all.join("\n"))) />
            </h3>
            <div class="lines mono" tabindex="0">
                {move || lines.get().into_iter().map(|line| view! { <p>{line}</p> }).collect_view()}
            </div>
        </section>
    }
}
