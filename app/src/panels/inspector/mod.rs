//! The inspector: what is selected, in fields.

mod addresses;
mod advertise;
mod commands;
mod connect;
mod devices;
mod drift;
mod entries;
mod field;
mod firewall;
pub(crate) mod focus;
mod folded;
mod host;
mod interface;
mod lacking;
mod offloads;
mod overview;
mod parameters;
mod quality;
mod route_form;
mod routes;
mod rules;
mod serve;
mod settings;
mod state;
mod tables;
mod underlay;
mod uplink;
mod wireguard;

use leptos::prelude::*;
use topology::{NamespaceId, Node};

pub(crate) use self::field::{commit, commit_or_tell};
use self::host::NamespaceSections;
use self::interface::{BridgeForm, LinkForm};
use self::overview::Overview;
use crate::canvas::view::keys::remove;
use crate::editor::lab::Lab;
use crate::editor::selection::Object;
use crate::icons::{Icon, icon};
use crate::testids;

/// What the inspector is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum About {
    Lab,
    Many(usize),
    One(Object),
}

/// The inspector.
#[component]
pub(crate) fn Inspector() -> impl IntoView {
    let lab = Lab::of_page();
    let about = Memo::new(move |_| {
        let count = lab.selected.with(|selected| selected.len());
        match (lab.only_selected(), count) {
            (Some(object), _) => About::One(object),
            (None, 0) => About::Lab,
            (None, count) => About::Many(count),
        }
    });
    view! {
        <aside class="inspector" id="inspector" aria-label="Inspector" data-testid=testids::INSPECTOR>
            <Failure />
            {move || match about.get() {
                About::Lab => view! { <Overview /> }.into_any(),
                About::Many(count) => view! { <Many count=count /> }.into_any(),
                About::One(Object::Host) => {
                    view! { <NamespaceSections id=NamespaceId::HOST /> }.into_any()
                }
                About::One(Object::Node(Node::Namespace(id))) => {
                    view! { <NamespaceSections id=id /> }.into_any()
                }
                About::One(Object::Node(Node::Bridge(id))) => {
                    view! { <BridgeForm id=id /> }.into_any()
                }
                About::One(Object::Link(link)) => view! { <LinkForm link=link /> }.into_any(),
            }}
        </aside>
    }
}

/// What the kernel refused, until an edit has made it good.
#[component]
fn Failure() -> impl IntoView {
    let lab = Lab::of_page();
    move || {
        lab.failure.get().map(|failure| {
            let (namespace, interface) = (failure.namespace, failure.interface);
            view! {
                <section class="failure" role="alert" data-testid=testids::FAILURE>
                    <h3>{icon(Icon::Alert)} "The kernel refused"</h3>
                    <button class="subject" on:click=move |_| lab.select_place(namespace, interface)>
                        {failure.subject}
                    </button>
                    {(!failure.command.is_empty())
                        .then(|| view! { <pre class="mono">{failure.command}</pre> })}
                    <p>{failure.error}</p>
                    <p class="hint">
                        "The kernel was put back as it was. Change the lab and it is tried again."
                    </p>
                </section>
            }
        })
    }
}

#[component]
fn Many(count: usize) -> impl IntoView {
    let lab = Lab::of_page();
    view! {
        <section>
            <h2>{format!("{count} objects selected")}</h2>
            <p class="hint">"Drag one to move them all; arrow keys move them by a step."</p>
            <button class="danger" on:click=move |_| remove(lab)>
                {icon(Icon::Trash)}
                "Delete all"
            </button>
        </section>
    }
}
