//! The way out of the lab.

use leptos::prelude::*;
use topology::edit::{Field, Place};
use topology::feature::Feature;
use topology::status::{Status, Statuses};
use topology::uplink::{ADDRESS, INTERFACE};
use topology::{Document, Edit, NamespaceId};

use super::field::{commit_or_tell, refusal_at};
use super::lacking::why_not;
use crate::editor::lab::Lab;

/// The switch of the host, and how it stands.
#[component]
pub(super) fn Uplink() -> impl IntoView {
    let lab = Lab::of_page();
    let status = Memo::new(move |_| {
        let of_host = |all: &Statuses| all.namespaces.get(&NamespaceId::HOST).cloned();
        lab.statuses.with(of_host).unwrap_or(Status::Wanted)
    });
    let on = Signal::derive(move || lab.read(Document::has_uplink));
    let missing = Memo::new(move |_| why_not(lab, Feature::Uplink));
    // What is on can always be taken away.
    let disabled = move || missing.with(Option::is_some) && !on.get();
    let place = Place::Namespace(NamespaceId::HOST, Some(Field::Uplink));
    let error = move || {
        let failed = lab.failure.with(|failure| {
            let failure = failure
                .as_ref()
                .filter(|failure| failure.error.contains("uplink"))?;
            Some(failure.error.clone())
        });
        refusal_at(lab, Some(place)).or(failed.filter(|_| on.get()))
    };
    let state = move || {
        let is_there = status.with(|status| match status {
            Status::Wanted | Status::Missing => None,
            Status::Drifted(all) => Some(all.iter().all(|difference| difference.what != "uplink")),
            _ => Some(true),
        });
        match (on.get(), is_there) {
            (true, Some(true)) => format!(
                "Running: {INTERFACE} has {ADDRESS} and the default route. Others get out by it if the host forwards and masquerades."
            ),
            (true, Some(false)) => "Not there".to_owned(),
            (true, None) => {
                "With the lab's start, its traffic reaches what this machine reaches".to_owned()
            }
            (false, _) => missing.get().unwrap_or_default(),
        }
    };
    view! {
        <div class="switches">
            <label class="switch" title=move || missing.get()>
                <input
                    type="checkbox"
                    role="switch"
                    data-testid="uplink"
                    prop:checked=move || on.get()
                    prop:disabled=disabled
                    on:change=move |event| {
                        commit_or_tell(lab, Edit::SetUplink { on: event_target_checked(&event) });
                    }
                />
                <span class="track" aria-hidden="true"></span>
                <span>"Uplink to the outside"</span>
            </label>
        </div>
        <p class="hint">{state}</p>
        <p class="field-error" role="alert">
            {error}
        </p>
    }
}
