//! The routes of a namespace: those of the document, and what the kernel has besides.

use leptos::prelude::*;
use topology::document::Route;
use topology::observed::{Observed, Origin};
use topology::status::route_text;
use topology::{Edit, InterfaceId, NamespaceId};

use super::field::{Choice, commit_or_tell};
use crate::editor::lab::Lab;
use crate::editor::parse;
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
    let is_empty = move || routes.with(Vec::is_empty) && by_kernel.with(Vec::is_empty);
    view! {
        <section>
            <h3>
                "Routes" <span class="grow"></span>
                <button
                    class="ghost small"
                    on:click=move |_| {
                        adding.set(true);
                        focus_element(DESTINATION);
                    }
                >
                    {icon(Icon::Plus)}
                    "Add"
                </button>
            </h3>
            <Show when=move || is_empty() && !adding.get()>
                <p class="hint">"None: only what its interfaces' networks give."</p>
            </Show>
            <ul class="entries">
                <For each=move || routes.get() key=|entry| entry.0.clone() let:entry>
                    <li class="entry">
                        <span class="mono">{entry.0.clone()}</span>
                        <button
                            class="ghost small"
                            aria-label=format!("Remove the route {}", entry.0)
                            title="Remove"
                            on:click={
                                let route = entry.1.clone();
                                move |_| {
                                    let route = route.clone();
                                    commit_or_tell(lab, Edit::RemoveRoute { namespace: id, route });
                                }
                            }
                        >
                            {icon(Icon::Close)}
                        </button>
                    </li>
                </For>
                <For each=move || by_kernel.get() key=|text| text.clone() let:text>
                    <li class="entry by-kernel">
                        <span class="mono">{text}</span>
                        <span class="faint">"kernel"</span>
                    </li>
                </For>
            </ul>
            <Show when=move || adding.get()>
                <RouteForm id=id done=Callback::new(move |()| adding.set(false)) />
            </Show>
        </section>
    }
}

/// What the kernel added by itself: the networks of interfaces.
fn kernel_routes(observed: &Observed, id: NamespaceId) -> Vec<String> {
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
        .map(|route| match route.interface {
            Some(index) => format!("{} dev {}", route.destination, name(index)),
            None => route.destination.to_string(),
        })
        .collect()
}

/// The id of the first field of the form.
const DESTINATION: &str = "route-to";

#[component]
fn RouteForm(id: NamespaceId, done: Callback<()>) -> impl IntoView {
    let lab = Lab::of_page();
    let destination = RwSignal::new("default".to_owned());
    let gateway = RwSignal::new(String::new());
    let interface = RwSignal::new(String::new());
    let metric = RwSignal::new(String::new());
    let error = RwSignal::new(None::<String>);
    let interfaces = Signal::derive(move || {
        let any = (String::new(), "(found by the gateway)".to_owned());
        lab.read(|document| {
            let own = document.interfaces_of(id);
            std::iter::once(any)
                .chain(own.map(|(id, i)| (id.0.to_string(), i.name.to_string())))
                .collect::<Vec<_>>()
        })
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let through = interface.get_untracked().parse().ok().map(InterfaceId);
        let read = parse::route(
            &destination.get_untracked(),
            &gateway.get_untracked(),
            through,
            &metric.get_untracked(),
        );
        let outcome = read.and_then(|route| {
            let edit = Edit::AddRoute {
                namespace: id,
                route,
                index: None,
            };
            lab.commit(edit).map_err(|error| error.reason.to_string())
        });
        match outcome {
            Ok(()) => done.run(()),
            Err(why) => error.set(Some(why)),
        }
    };
    let text = move |label: &'static str, placeholder: &'static str, signal: RwSignal<String>| {
        view! {
            <label class="field">
                <span class="field-label">{label}</span>
                <input
                    id=(label == "To").then_some(DESTINATION)
                    class="mono"
                    autocomplete="off"
                    spellcheck="false"
                    placeholder=placeholder
                    prop:value=move || signal.get()
                    on:input=move |event| {
                        error.set(None);
                        signal.set(event_target_value(&event));
                    }
                />
            </label>
        }
    };
    view! {
        <form
            class="route-form"
            on:submit=submit
            on:keydown=move |event| {
                if event.key() == "Escape" {
                    done.run(());
                }
            }
        >
            {text("To", "default or 10.1.0.0/24", destination)}
            {text("Via", "10.0.0.254", gateway)}
            <Choice
                label="Dev"
                value=interface
                options=interfaces
                choose=Callback::new(move |key| interface.set(key))
            />
            {text("Metric", "the kernel's", metric)}
            <p class="field-error" role="alert">
                {move || error.get()}
            </p>
            <div class="actions">
                <button type="button" on:click=move |_| done.run(())>
                    "Cancel"
                </button>
                <button class="primary" type="submit">
                    "Add route"
                </button>
            </div>
        </form>
    }
}
