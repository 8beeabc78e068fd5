//! The lab in the forms that others read: to copy, or as a file.

use leptos::html::Dialog;
use leptos::prelude::*;
use topology::export::{Export, Format, export};

use super::copy::CopyButton;
use crate::editor::lab::Lab;
use crate::icons::{Icon, icon};
use crate::testids;

/// Opens the dialog.
#[component]
pub(crate) fn ExportButton() -> impl IntoView {
    let open = RwSignal::new(false);
    view! {
        <button data-testid=testids::EXPORT on:click=move |_| open.set(true)>
            {icon(Icon::Download)}
            "Export"
        </button>
        <Show when=move || open.get()>
            <ExportDialog open=open />
        </Show>
    }
}

#[component]
fn ExportDialog(open: RwSignal<bool>) -> impl IntoView {
    let lab = Lab::of_page();
    let dialog = NodeRef::<Dialog>::new();
    let format = RwSignal::new(Format::Yaml);
    let written = Memo::new(move |_| {
        let format = format.get();
        lab.read(|document| export(document, format))
    });
    Effect::new(move |_| {
        if let Some(dialog) = dialog.get() {
            // Refused only when it is open already.
            let _ = dialog.show_modal();
        }
    });
    let choices = Format::ALL.map(|one| {
        view! {
            <button
                type="button"
                role="radio"
                class="choice"
                class:on=move || format.get() == one
                aria-checked=move || (format.get() == one).to_string()
                data-testid=testids::export(one.key())
                on:click=move |_| format.set(one)
            >
                {one.title()}
            </button>
        }
    });
    let lost = move || {
        let lost = written.with(|written| written.lost.clone());
        match lost.is_empty() {
            true => {
                view! { <p class="whole-lab">{icon(Icon::Check)} "It carries the whole lab."</p> }
                    .into_any()
            }
            false => {
                let rows = lost
                    .into_iter()
                    .map(|lost| view! { <li>{lost.to_string()}</li> })
                    .collect_view();
                view! {
                    <div class="lost" data-testid=testids::EXPORT_LOST>
                        <p>"It does not carry, or carries otherwise:"</p>
                        <ul>{rows}</ul>
                    </div>
                }
                .into_any()
            }
        }
    };
    let path = move || format!("/api/v1/labs/{}/export/{}", lab.id(), format.get().key());
    view! {
        <dialog
            node_ref=dialog
            class="export"
            aria-labelledby="export-title"
            on:close=move |_| open.set(false)
        >
            <h2 id="export-title">"Export the lab"</h2>
            <div class="sides">
                <div class="choices" role="radiogroup" aria-label="Form">
                    {choices.into_iter().collect_view()}
                </div>
                <div class="about">
                    {lost}
                    <pre class="script" tabindex="0" data-testid=testids::EXPORT_TEXT>
                        {move || written.with(text)}
                    </pre>
                </div>
            </div>
            <div class="actions">
                <button type="button" on:click=move |_| open.set(false)>
                    "Close"
                </button>
                <span class="grow"></span>
                <CopyButton text=Callback::new(move |()| written.with_untracked(text)) />
                <a
                    class="button"
                    href=path
                    download=""
                    data-testid=testids::EXPORT_SAVE
                >
                    {icon(Icon::Download)}
                    {move || if format.get().ending().is_some() { "Download" } else { "Download as zip" }}
                </a>
            </div>
        </dialog>
    }
}

/// One text; of several files each below its name.
fn text(written: &Export) -> String {
    match written.files.as_slice() {
        [only] => only.text.clone(),
        several => {
            let said = several.iter();
            said.map(|file| format!("# {}\n{}\n", file.path, file.text))
                .collect()
        }
    }
}
