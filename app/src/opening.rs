//! A lab's page while the editor is fetched, and when it cannot be.

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::lab::LabId;

use crate::route::{Page, PageLink};
use crate::split::{self, Editor};
use crate::testids;

/// How far the editor is.
#[derive(Clone, Copy)]
enum Arrival {
    Coming,
    Here(Editor),
    Failed,
}

/// The page of a lab, as soon as the editor is here.
#[component]
pub(crate) fn OpenLab(
    /// Which lab.
    id: LabId,
) -> impl IntoView {
    let arrival = RwSignal::new(Arrival::Coming);
    let fetch = move || {
        arrival.set(Arrival::Coming);
        spawn_local(async move {
            let outcome = match split::editor().await {
                Ok(editor) => Arrival::Here(editor),
                Err(_) => Arrival::Failed,
            };
            // Nobody waits any more when another page was opened meanwhile.
            arrival.try_set(outcome);
        });
    };
    fetch();
    move || match arrival.get() {
        Arrival::Coming => view! { <p class="waiting">"Opening the lab…"</p> }.into_any(),
        Arrival::Here(editor) => (editor.page)(id.clone()),
        Arrival::Failed => view! { <Failed again=Callback::new(move |()| fetch()) /> }.into_any(),
    }
}

#[component]
fn Failed(
    /// Fetches it again.
    again: Callback<()>,
) -> impl IntoView {
    let reload = |_| {
        // Refused only to pages that may not navigate themselves; the other button remains.
        let _ = window().location().reload();
    };
    view! {
        <div class="waiting" role="alert" data-testid=testids::EDITOR_MISSING>
            <h1>"The editor could not be fetched"</h1>
            <p>"Is "<code>"netyard serve"</code>" running? The lab is safe on the server."</p>
            <p>"If Netyard was updated meanwhile, load the page again."</p>
            <div class="choices">
                <button class="primary" data-testid=testids::TRY_AGAIN on:click=move |_| again.run(())>
                    "Try again"
                </button>
                <button on:click=reload>"Load the page again"</button>
                <PageLink page=Page::Yard>"All labs"</PageLink>
            </div>
        </div>
    }
}
