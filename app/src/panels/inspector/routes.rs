//! The routes of a namespace: those of the document, and what the kernel has besides.

use leptos::prelude::*;
use topology::command::read_next_hops;
use topology::document::Route;
use topology::feature::Feature;
use topology::observed::{Observed, Origin};
use topology::route::{RouteKind, RouteOptions, Scope};
use topology::status::route_text;
use topology::{Edit, InterfaceId, NamespaceId};

use super::entries::Entries;
use super::field::{Choice, Switch, commit_or_tell};
use super::lacking::Lacking;
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
            <Entries entries=routes noun="route" remove=remove by_kernel=by_kernel />
            <Show when=move || adding.get()>
                <RouteForm id=id done=Callback::new(move |()| adding.set(false)) />
            </Show>
        </section>
    }
}

/// What most routes do not say.
#[derive(Clone, Copy)]
struct More {
    kind: RwSignal<String>,
    table: RwSignal<String>,
    source: RwSignal<String>,
    scope: RwSignal<String>,
    onlink: RwSignal<bool>,
    hops: RwSignal<String>,
}

impl More {
    fn new() -> Self {
        Self {
            kind: RwSignal::new(RouteKind::Unicast.name().to_owned()),
            table: RwSignal::default(),
            source: RwSignal::default(),
            scope: RwSignal::default(),
            onlink: RwSignal::default(),
            hops: RwSignal::default(),
        }
    }

    fn options(self, lab: Lab, id: NamespaceId) -> Result<RouteOptions<InterfaceId>, String> {
        let hops = read_next_hops(&self.hops.get_untracked())?;
        let named = RouteOptions {
            table: parse::table(&self.table.get_untracked())?,
            kind: RouteKind::named(&self.kind.get_untracked()).unwrap_or_default(),
            scope: Scope::named(&self.scope.get_untracked()),
            source: parse::source(&self.source.get_untracked())?,
            onlink: self.onlink.get_untracked(),
            hops,
        };
        let options =
            lab.peek(|document| named.map(|name| document.interface_named(id, name.as_str())));
        options.ok_or_else(|| "a next hop names an interface that is not here".to_owned())
    }
}

/// Folded away until somebody asks for it.
#[component]
fn MoreFields(
    more: More,
    /// Draws a text field: label, placeholder, what it holds.
    text: Callback<(&'static str, &'static str, RwSignal<String>), AnyView>,
) -> impl IntoView {
    let named = |name: &'static str| (name.to_owned(), name.to_owned());
    let kinds: Vec<_> = RouteKind::ALL.map(RouteKind::name).map(named).into();
    let usual = (String::new(), "(as usual)".to_owned());
    let scopes = Scope::ALL.map(Scope::name).map(named);
    let scopes: Vec<_> = std::iter::once(usual).chain(scopes).collect();
    view! {
        <details class="parameters">
            <summary>"More"</summary>
            <Lacking features=&[Feature::PolicyRouting, Feature::Multipath] />
            <div title="What becomes of packets">
                <Choice
                    label="Type"
                    value=more.kind
                    options=Signal::stored(kinds)
                    choose=Callback::new(move |key| more.kind.set(key))
                />
            </div>
            <div title="The routing table that a policy rule looks in">
                {text.run(("Table", "main", more.table))}
            </div>
            <div title="The source address of packets that start here">
                {text.run(("Src", "the kernel's", more.source))}
            </div>
            <div title="How far away the destination is (IPv4)">
                <Choice
                    label="Scope"
                    value=more.scope
                    options=Signal::stored(scopes)
                    choose=Callback::new(move |key| more.scope.set(key))
                />
            </div>
            <div title="Several ways at once, by weight">
                {text.run(("Next hops", "via 10.0.0.2 weight 3 nexthop via 10.0.1.2", more.hops))}
            </div>
            <div title="The gateway is on the interface's link, whatever the addresses say">
                <Switch
                    label="Gateway on link"
                    on=more.onlink
                    turn=Callback::new(move |on| more.onlink.set(on))
                />
            </div>
        </details>
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
    let more = More::new();
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
        let read = more.options(lab, id).and_then(|options| {
            parse::route(
                &destination.get_untracked(),
                &gateway.get_untracked(),
                through,
                &metric.get_untracked(),
                options,
            )
        });
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
            <MoreFields more=more text=Callback::new(move |(label, hint, signal)| {
                text(label, hint, signal).into_any()
            }) />
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
