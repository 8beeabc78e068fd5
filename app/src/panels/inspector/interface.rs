//! Interfaces: both ends of a link, a bridge.

use leptos::prelude::*;
use topology::command::Subject;
use topology::document::{Interface, Kind, Link};
use topology::edit::{Field, Place};
use topology::sysctl::Owner;
use topology::{Edit, InterfaceId, InterfaceName, Node};

use super::addresses::Addresses;
use super::advertise::Advertise;
use super::commands::AsCommands;
use super::connect::ConnectTo;
use super::drift::Differences;
use super::field::{Choice, Switch, TextField, commit, commit_or_tell};
use super::offloads::Offloads;
use super::parameters::{Of, ParametersForm};
use super::quality::QualityForm;
use super::settings::Settings;
use super::state::{StateChip, interface_mark};
use super::tables::Tables;
use super::underlay::Underlay;
use crate::canvas::contents::counted;
use crate::canvas::view::keys::remove;
use crate::editor::connect::End;
use crate::editor::lab::Lab;
use crate::editor::names::natural;
use crate::editor::parse;
use crate::editor::selection::Object;
use crate::icons::{Icon, icon};
use crate::panels::dock::Dock;

/// Both ends of a link.
#[component]
pub(crate) fn LinkForm(
    /// Which.
    link: Link,
) -> impl IntoView {
    let lab = Lab::of_page();
    let [a, b] = link.ends;
    view! {
        <section class="head">
            <h2>
                {icon(Icon::Cable)}
                "Link"
                <span class="grow"></span>
                <button
                    class="ghost small"
                    aria-label="Delete the link"
                    title="Delete (Del)"
                    on:click=move |_| remove(lab)
                >
                    {icon(Icon::Trash)}
                </button>
            </h2>
            <p class="hint">"A veth pair: what goes in at one end comes out at the other."</p>
        </section>
        <InterfaceSection id=a />
        <InterfaceSection id=b />
        <AsCommands subject=Subject::Interface(a) />
    }
}

/// A bridge.
#[component]
pub(crate) fn BridgeForm(
    /// Which.
    id: InterfaceId,
) -> impl IntoView {
    let lab = Lab::of_page();
    let ports = Memo::new(move |_| {
        lab.read(|document| {
            let mut all: Vec<_> = document.ports_of(id).collect();
            all.sort_by(|(_, a), (_, b)| natural(a.name.as_str(), b.name.as_str()));
            all.into_iter()
                .map(|(port, interface)| {
                    let other = interface
                        .peer()
                        .map(|peer| document.describe_interface(peer));
                    (port, interface.name.to_string(), other.unwrap_or_default())
                })
                .collect::<Vec<_>>()
        })
    });
    view! {
        <section class="head">
            <h2>
                {icon(Icon::Bridge)}
                "Bridge"
                <span class="grow"></span>
                <ConnectTo from=End::Node(Node::Bridge(id)) />
                <button
                    class="ghost small"
                    aria-label="Delete the bridge"
                    title="Delete (Del)"
                    on:click=move |_| remove(lab)
                >
                    {icon(Icon::Trash)}
                </button>
            </h2>
            <p class="hint">
                {move || format!("A switch of {}.", counted(ports.with(Vec::len), "port"))}
            </p>
        </section>
        <InterfaceSection id=id />
        <section>
            <h3>"Ports"</h3>
            <ul class="entries">
                <For each=move || ports.get() key=|port| port.clone() let:port>
                    <li>
                        <button
                            class="entry pick-entry"
                            on:click=move |_| {
                                let object = lab.peek(|d| Object::showing(d, port.0));
                                lab.select(object);
                            }
                        >
                            <span class="mono name">{port.1}</span>
                            <span class="mono faint below">{port.2}</span>
                        </button>
                    </li>
                </For>
            </ul>
            <Show when=move || ports.with(Vec::is_empty)>
                <p class="hint">"None yet: drag from its round handle to a namespace."</p>
            </Show>
        </section>
        <AsCommands subject=Subject::Interface(id) />
    }
}

/// One interface in fields.
#[component]
pub(crate) fn InterfaceSection(
    /// Which.
    id: InterfaceId,
) -> impl IntoView {
    let lab = Lab::of_page();
    let dock = Dock::of_page();
    let interface = Memo::new(move |_| lab.read(|document| document.interfaces.get(&id).cloned()));
    let of = move |look: fn(&Interface) -> String| {
        Signal::derive(move || {
            interface.with(|interface| interface.as_ref().map(look).unwrap_or_default())
        })
    };
    let kind = interface.with_untracked(|i| i.as_ref().map(|i| i.kind.clone()));
    let is_loopback = kind == Some(Kind::Loopback);
    let takes_master = kind
        .as_ref()
        .is_some_and(|kind| *kind != Kind::Loopback && !kind.is_bridge());
    let is_ethernet = kind.as_ref().is_some_and(Kind::is_ethernet);
    let title = Signal::derive(move || lab.read(|document| document.describe_interface(id)));
    let rename = Callback::new(move |text: String| {
        let name: InterfaceName = text
            .trim()
            .parse()
            .map_err(|error: topology::name::NameError| error.to_string())?;
        commit(
            lab,
            Edit::RenameInterface {
                interface: id,
                name,
            },
        )
    });
    let set_mtu = Callback::new(move |text: String| {
        let mtu = parse::mtu(&text)?;
        commit(lab, Edit::SetMtu { interface: id, mtu })
    });
    let set_mac = Callback::new(move |text: String| {
        let mac = match text.trim() {
            "" => None,
            text => Some(text.parse()?),
        };
        let interface = id;
        commit(lab, Edit::SetMac { interface, mac })
    });
    let turn = Callback::new(move |up| commit_or_tell(lab, Edit::SetUp { interface: id, up }));
    let facts = move || {
        lab.observed.with(|observed| {
            let (_, index, found) = observed.as_ref()?.interface_of(id)?;
            let mac = found.mac.map(|mac| format!(" · {mac}")).unwrap_or_default();
            Some(format!("index {index} · mtu {}{mac}", found.mtu))
        })
    };
    view! {
        <section class="interface">
            <h3>
                <span class="mono">{title}</span>
                <StateChip mark=interface_mark(lab, id) />
                <span class="grow"></span>
                <button
                    class="ghost small"
                    title="Capture its packets"
                    on:click=move |_| dock.capture(lab, id)
                >
                    {icon(Icon::Capture)}
                    "Capture"
                </button>
            </h3>
            <Differences place=topology::drift::Place::Interface(id) />
            <Switch
                label="Up"
                on=Signal::derive(move || interface.with(|i| i.as_ref().is_some_and(|i| i.up)))
                turn=turn
            />
            {(!is_loopback)
                .then(|| {
                    view! {
                        <TextField
                            label="Name"
                            value=of(|i| i.name.to_string())
                            commit=rename
                            place=Place::Interface(id, Some(Field::Name))
                        />
                    }
                })}
            {takes_master.then(|| view! { <PluggedInto id=id /> })}
            <Addresses id=id />
            <TextField
                label="MTU"
                value=of(|i| i.mtu.map(|mtu| mtu.to_string()).unwrap_or_default())
                commit=set_mtu
                placeholder="the kernel's: 1500"
                place=Place::Interface(id, Some(Field::Mtu))
            />
            {is_ethernet
                .then(|| {
                    view! {
                        <TextField
                            label="MAC"
                            value=of(|i| i.mac.map(|mac| mac.to_string()).unwrap_or_default())
                            commit=set_mac
                            placeholder="the kernel's"
                            place=Place::Interface(id, Some(Field::Mac))
                        />
                    }
                })}
            <Underlay id=id />
            <ParametersForm id=id of=Of::Device />
            <ParametersForm id=id of=Of::Port />
            <QualityForm id=id />
            <Tables id=id />
            <Show when=move || lab.read(|document| {
                document.interfaces.get(&id).is_some_and(|i| i.kind.name() != "loopback")
            })>
                <Offloads id=id />
                <Advertise id=id />
            </Show>
            <Settings owner=Owner::Interface(id) />
            <p class="facts mono faint">{facts}</p>
        </section>
    }
}

#[component]
fn PluggedInto(id: InterfaceId) -> impl IntoView {
    let lab = Lab::of_page();
    let bridge = Signal::derive(move || {
        lab.read(|document| {
            let found = document.interfaces.get(&id).and_then(|i| i.master);
            found.map(|bridge| bridge.0.to_string()).unwrap_or_default()
        })
    });
    let options = Signal::derive(move || {
        let nothing = (String::new(), "nothing".to_owned());
        lab.read(|document| {
            let home = document.interfaces.get(&id).map(|i| i.namespace);
            let takes_ports = |i: &Interface| {
                let device = i.kind.device();
                device.is_some_and(|device| device.kind.table().ports.is_some())
            };
            let near = document.interfaces.iter();
            let near = near
                .filter(|(other, i)| **other != id && Some(i.namespace) == home && takes_ports(i));
            std::iter::once(nothing)
                .chain(near.map(|(id, master)| (id.0.to_string(), master.name.to_string())))
                .collect::<Vec<_>>()
        })
    });
    let choose = Callback::new(move |key: String| {
        let master = key.parse().ok().map(InterfaceId);
        commit_or_tell(
            lab,
            Edit::SetMaster {
                interface: id,
                master,
            },
        );
    });
    view! { <Choice label="Plugged into" value=bridge options=options choose=choose /> }
}
