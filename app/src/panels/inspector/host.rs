//! A namespace, the host among them.

use leptos::prelude::*;
use topology::address::Family;
use topology::command::Subject;
use topology::document::{Interface, Kind};
use topology::edit::{Field, Place};
use topology::sysctl::Owner;
use topology::{Edit, NamespaceId, NamespaceName, Node};

use super::commands::AsCommands;
use super::connect::ConnectTo;
use super::devices::Devices;
use super::drift::Differences;
use super::field::{Switch, TextField, commit, commit_or_tell};
use super::firewall::Firewall;
use super::routes::Routes;
use super::rules::Rules;
use super::serve::Serve;
use super::settings::Settings;
use super::state::{StateChip, interface_mark, namespace_mark};
use super::uplink::Uplink;
use crate::canvas::contents::counted;
use crate::canvas::view::keys::remove;
use crate::editor::connect::End;
use crate::editor::lab::Lab;
use crate::editor::names::natural;
use crate::editor::selection::Object;
use crate::icons::{Icon, icon};
use crate::panels::dock::Dock;

/// Everything about a namespace.
#[component]
pub(crate) fn NamespaceSections(
    /// Which.
    id: NamespaceId,
) -> impl IntoView {
    let lab = Lab::of_page();
    let dock = Dock::of_page();
    let is_host = id == NamespaceId::HOST;
    let end = if is_host {
        End::Host
    } else {
        End::Node(Node::Namespace(id))
    };
    let name = Signal::derive(move || lab.read(|document| document.describe_namespace(id)));
    let counts = move || {
        lab.read(|document| {
            // As many as the list below has.
            let listed = |interface: &Interface| interface.kind != Kind::Loopback;
            let all = document.interfaces_of(id);
            let interfaces = all.filter(|(_, interface)| listed(interface)).count();
            let routes = document.namespaces.get(&id).map_or(0, |ns| ns.routes.len());
            format!(
                "{} · {} · {}",
                if is_host {
                    "The lab's own root namespace"
                } else {
                    "Namespace"
                },
                counted(interfaces, "interface"),
                counted(routes, "route")
            )
        })
    };
    let rename = Callback::new(move |text: String| {
        let name: NamespaceName = text
            .trim()
            .parse()
            .map_err(|error: topology::name::NameError| error.to_string())?;
        commit(
            lab,
            Edit::RenameNamespace {
                namespace: id,
                name,
            },
        )
    });
    view! {
        <section class="head">
            <h2>
                <span class="object-name">{name}</span>
                <StateChip mark=namespace_mark(lab, id) />
                <span class="grow"></span>
                {(!is_host)
                    .then(|| {
                        view! {
                            <button
                                class="ghost small"
                                aria-label="Delete the namespace"
                                title="Delete (Del)"
                                on:click=move |_| remove(lab)
                            >
                                {icon(Icon::Trash)}
                            </button>
                        }
                    })}
            </h2>
            <p class="hint">{counts}</p>
            <div class="actions">
                <button class="small" on:click=move |_| dock.choose_ping_source(id)>
                    {icon(Icon::Ping)}
                    "Ping from here"
                </button>
                <ConnectTo from=end />
            </div>
            <Differences place=topology::drift::Place::Namespace(id) />
        </section>
        <section>
            {(!is_host)
                .then(|| {
                    view! {
                        <TextField
                            label="Name"
                            value=name
                            commit=rename
                            place=Place::Namespace(id, Some(Field::Name))
                        />
                    }
                })}
            <Forwarding id=id />
            {is_host.then(|| view! { <Uplink /> })}
        </section>
        <InterfaceList id=id />
        <Devices id=id />
        <Routes id=id />
        <Serve id=id />
        <Firewall id=id />
        <Rules id=id />
        <section>
            <Settings owner=Owner::Namespace(id) />
        </section>
        <AsCommands subject=Subject::Namespace(id) />
    }
}

#[component]
fn Forwarding(id: NamespaceId) -> impl IntoView {
    let lab = Lab::of_page();
    let switch = move |family: Family, label: &'static str| {
        let on = Signal::derive(move || {
            lab.read(|document| {
                let namespace = document.namespaces.get(&id);
                namespace.is_some_and(|ns| ns.forwarding.get(family))
            })
        });
        let turn = Callback::new(move |on| {
            commit_or_tell(
                lab,
                Edit::SetForwarding {
                    namespace: id,
                    family,
                    on,
                },
            );
        });
        view! { <Switch label=label on=on turn=turn /> }
    };
    let loopback = lab.peek(|document| document.interface_named(id, "lo"));
    view! {
        <div class="switches">
            {switch(Family::Ipv4, "Forward IPv4")}
            {switch(Family::Ipv6, "Forward IPv6")}
            {loopback
                .map(|lo| {
                    let on = Signal::derive(move || {
                        lab.read(|d| d.interfaces.get(&lo).is_some_and(|i| i.up))
                    });
                    let turn = Callback::new(move |up| {
                        commit_or_tell(lab, Edit::SetUp { interface: lo, up });
                    });
                    view! { <Switch label="Loopback up" on=on turn=turn /> }
                })}
        </div>
    }
}

/// Its interfaces; a click selects the link or bridge.
#[component]
fn InterfaceList(id: NamespaceId) -> impl IntoView {
    let lab = Lab::of_page();
    let interfaces = Memo::new(move |_| {
        lab.read(|document| {
            let mut all: Vec<_> = document
                .interfaces_of(id)
                .filter(|(_, interface)| interface.kind != Kind::Loopback)
                .collect();
            all.sort_by(|(_, a), (_, b)| natural(a.name.as_str(), b.name.as_str()));
            all.into_iter()
                .map(|(id, interface)| {
                    let addresses: Vec<String> = interface
                        .addresses
                        .iter()
                        .map(ToString::to_string)
                        .collect();
                    (id, interface.name.to_string(), addresses)
                })
                .collect::<Vec<_>>()
        })
    });
    view! {
        <section>
            <h3>"Interfaces"</h3>
            <ul class="entries">
                <For each=move || interfaces.get() key=|entry| entry.clone() let:entry>
                    <li>
                        <button
                            class="entry pick-entry"
                            on:click=move |_| {
                                let object = lab.peek(|d| Object::showing(d, entry.0));
                                lab.select(object);
                            }
                        >
                            <span class="mono name">{entry.1}</span>
                            <StateChip mark=interface_mark(lab, entry.0) />
                            {entry
                                .2
                                .into_iter()
                                .map(|address| {
                                    view! { <span class="mono faint below">{address}</span> }
                                })
                                .collect_view()}
                        </button>
                    </li>
                </For>
            </ul>
            <Show when=move || interfaces.with(Vec::is_empty)>
                <p class="hint">"None yet: drag from its round handle to a bridge or another namespace."</p>
            </Show>
        </section>
    }
}
