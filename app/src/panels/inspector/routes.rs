//! The routes of a namespace: those of the document, and what the kernel has besides.

use leptos::prelude::*;
use topology::address::Family;
use topology::document::Route;
use topology::observed::{Observed, Origin};
use topology::status::route_text;
use topology::{Edit, NamespaceId};

use super::entries::{Entries, by};
use super::field::commit_or_tell;
use super::route_form::{self, RouteForm};
use crate::editor::lab::Lab;
use crate::icons::{Icon, icon};
use crate::panels::dock::focus_element;

/// The section.
#[component]
pub(crate) fn Routes(
    /// Of which namespace.
    id: NamespaceId,
) -> impl IntoView {
    let lab = Lab::of_page();
    let adding = RwSignal::new(false);
    let routes = Memo::new(move |_| {
        lab.read(|document| {
            let namespace = document.namespaces.get(&id);
            let routes = namespace.map(|ns| ns.routes.clone()).unwrap_or_default();
            let text = |route: &Route| route_text(document, route);
            routes
                .into_iter()
                .map(|route| (text(&route), route))
                .collect::<Vec<_>>()
        })
    });
    let by_kernel = Memo::new(move |_| {
        lab.observed
            .with(|observed| observed.as_ref().map(|o| kernel_routes(o, id)))
            .unwrap_or_default()
    });
    let remove = Callback::new(move |route| {
        commit_or_tell(
            lab,
            Edit::RemoveRoute {
                namespace: id,
                route,
            },
        );
    });
    let is_empty = move || routes.with(Vec::is_empty) && by_kernel.with(Vec::is_empty);
    view! {
        <section>
            <h3>
                "Routes" <span class="grow"></span>
                <button
                    class="ghost small"
                    on:click=move |_| {
                        adding.set(true);
                        focus_element(route_form::FIRST);
                    }
                >
                    {icon(Icon::Plus)}
                    "Add"
                </button>
            </h3>
            <Show when=move || is_empty() && !adding.get()>
                <p class="hint">"None: only what its interfaces' networks give."</p>
            </Show>
            <Entries entries=routes noun="route" remove=remove by_kernel=by_kernel />
            <Show when=move || adding.get()>
                <RouteForm id=id done=Callback::new(move |()| adding.set(false)) />
            </Show>
        </section>
    }
}

/// What the kernel added by itself, the networks of interfaces, and what was learned.
fn kernel_routes(observed: &Observed, id: NamespaceId) -> Vec<(String, &'static str)> {
    let Some(namespace) = observed.namespaces.get(&id) else {
        return Vec::new();
    };
    let name = |index: u32| {
        let found = namespace.interfaces.get(&index);
        found.map_or_else(|| index.to_string(), |interface| interface.name.clone())
    };
    namespace
        .routes
        .iter()
        .filter(|route| route.origin != Origin::Static)
        .map(|route| {
            let text = match route.interface {
                Some(index) => format!("{} dev {}", route.destination, name(index)),
                None => route.destination.to_string(),
            };
            let family = Family::of(route.destination.addr());
            (text, by(route.origin, family))
        })
        .collect()
}
