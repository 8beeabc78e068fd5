//! The form of a new route.

use leptos::prelude::*;
use topology::command::read_next_hops;
use topology::feature::Feature;
use topology::route::{RouteKind, RouteOptions, Scope};
use topology::{Edit, InterfaceId, NamespaceId};

use super::field::{Choice, Switch};
use super::lacking::Lacking;
use crate::editor::lab::Lab;
use crate::editor::parse;

/// The id of its first field.
pub(super) const FIRST: &str = "route-to";

/// A text that is read when the form is submitted; what is wrong with it stands beside it until it
/// is changed.
#[derive(Clone, Copy)]
struct Text {
    text: RwSignal<String>,
    error: RwSignal<Option<String>>,
}

impl Text {
    fn new(text: &str) -> Self {
        Self {
            text: RwSignal::new(text.to_owned()),
            error: RwSignal::new(None),
        }
    }

    fn read<T>(self, read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        match self.text.with_untracked(|text| read(text)) {
            Ok(read) => Some(read),
            Err(why) => {
                self.error.set(Some(why));
                None
            }
        }
    }

    fn field(self, label: &'static str, placeholder: &'static str) -> impl IntoView {
        view! {
            <label class="field">
                <span class="field-label">{label}</span>
                <input
                    id=(label == "To").then_some(FIRST)
                    class="mono"
                    autocomplete="off"
                    spellcheck="false"
                    placeholder=placeholder
                    aria-invalid=move || self.error.with(Option::is_some).to_string()
                    prop:value=move || self.text.get()
                    on:input=move |event| {
                        self.error.set(None);
                        self.text.set(event_target_value(&event));
                    }
                />
                <span class="field-error" role="alert">
                    {move || self.error.get()}
                </span>
            </label>
        }
    }
}

/// What most routes do not say.
#[derive(Clone, Copy)]
struct More {
    kind: RwSignal<String>,
    table: Text,
    source: Text,
    scope: RwSignal<String>,
    onlink: RwSignal<bool>,
    hops: Text,
}

impl More {
    fn new() -> Self {
        Self {
            kind: RwSignal::new(RouteKind::Unicast.name().to_owned()),
            table: Text::new(""),
            source: Text::new(""),
            scope: RwSignal::default(),
            onlink: RwSignal::default(),
            hops: Text::new(""),
        }
    }

    /// Everything that is wrong is told, not only the first.
    fn read(self, lab: Lab, id: NamespaceId) -> Option<RouteOptions<InterfaceId>> {
        let table = self.table.read(parse::table);
        let source = self.source.read(parse::source);
        let hops = self.hops.read(|text| {
            let hops = read_next_hops(text)?;
            let named = RouteOptions {
                hops,
                ..RouteOptions::default()
            };
            let found =
                lab.peek(|document| named.map(|name| document.interface_named(id, name.as_str())));
            let found = found.ok_or("a next hop names an interface that is not here")?;
            Ok(found.hops)
        });
        Some(RouteOptions {
            table: table?,
            kind: RouteKind::named(&self.kind.get_untracked()).unwrap_or_default(),
            scope: Scope::named(&self.scope.get_untracked()),
            source: source?,
            onlink: self.onlink.get_untracked(),
            hops: hops?,
        })
    }
}

/// Folded away until somebody asks for it.
#[component]
fn MoreFields(more: More) -> impl IntoView {
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
                {more.table.field("Table", "main")}
            </div>
            <div title="The source address of packets that start here">
                {more.source.field("Src", "the kernel's")}
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
                {more.hops.field("Next hops", "via 10.0.0.2 weight 3 nexthop via 10.0.1.2")}
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

/// The form.
#[component]
pub(super) fn RouteForm(
    /// Of which namespace.
    id: NamespaceId,
    /// It is added, or given up.
    done: Callback<()>,
) -> impl IntoView {
    let lab = Lab::of_page();
    let destination = Text::new("default");
    let gateway = Text::new("");
    let interface = RwSignal::new(String::new());
    let metric = Text::new("");
    let more = More::new();
    // What is wrong with the route as a whole.
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
    let read = move || {
        let options = more.read(lab, id);
        let gateway = gateway.read(parse::gateway);
        let metric = metric.read(parse::metric);
        let hops = options.iter().flat_map(|options| &options.hops);
        let of_hop = hops.filter_map(|hop| hop.gateway).next();
        let towards = gateway.flatten().or(of_hop);
        let destination = destination.read(|text| parse::destination(text, towards));
        let through = interface.get_untracked().parse().ok().map(InterfaceId);
        Some(parse::route(
            destination?,
            gateway?,
            through,
            metric?,
            options?,
        ))
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        error.set(None);
        let Some(read) = read() else { return };
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
            {destination.field("To", "default or 10.1.0.0/24")}
            {gateway.field("Via", "10.0.0.254")}
            <Choice
                label="Dev"
                value=interface
                options=interfaces
                choose=Callback::new(move |key| interface.set(key))
            />
            {metric.field("Metric", "the kernel's")}
            <MoreFields more=more />
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
