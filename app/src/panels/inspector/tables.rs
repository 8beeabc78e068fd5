//! The VLANs of a bridge or a port, and static entries of forwarding tables and of neighbour tables.

use leptos::prelude::*;
use topology::document::{DeviceKind, Interface};
use topology::edit::{Field, Place};
use topology::fdb::FdbEntry;
use topology::neighbour::Neighbour;
use topology::{Edit, InterfaceId};

use super::field::{TextField, commit, commit_or_tell};
use crate::editor::lab::Lab;
use crate::icons::{Icon, icon};

/// What is to be seen of an interface: whether it may be in VLANs, and have entries.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
struct May {
    vlans: bool,
    fdb: bool,
    neighbours: bool,
}

/// Folded away until somebody asks for it, as parameters are.
#[component]
pub(crate) fn Tables(
    /// Of which interface.
    id: InterfaceId,
) -> impl IntoView {
    let lab = Lab::of_page();
    let may = Memo::new(move |_| {
        lab.read(|document| {
            let interface = document.interfaces.get(&id)?;
            let vlans = document.vlans_of(interface).is_some();
            let is_port = vlans && !interface.kind.is_bridge();
            Some(May {
                vlans,
                fdb: is_port || interface.kind.is(DeviceKind::Vxlan),
                neighbours: interface.kind.is_ethernet(),
            })
        })
        .unwrap_or_default()
    });
    let said = move || {
        lab.read(|document| {
            let interface = document.interfaces.get(&id);
            interface.map_or(0, |i| {
                i.fdb.len() + i.neighbours.len() + usize::from(i.vlans.is_some())
            })
        })
    };
    let set = move || match said() {
        0 => "as usual".to_owned(),
        count => format!("{count} set"),
    };
    view! {
        <Show when=move || may.get() != May::default()>
            <details class="parameters">
                <summary>
                    {move || if may.get().vlans { "VLANs and addresses of others" } else { "Addresses of others" }}
                    " " <span class="faint">{set}</span>
                </summary>
                <Show when=move || may.get().vlans>
                    <VlansField id=id />
                </Show>
                <Show when=move || may.get().fdb>
                    <Entries id=id />
                </Show>
                <Show when=move || may.get().neighbours>
                    <Neighbours id=id />
                </Show>
            </details>
        </Show>
    }
}

#[component]
fn VlansField(id: InterfaceId) -> impl IntoView {
    let lab = Lab::of_page();
    let shown = Signal::derive(move || {
        lab.read(|document| {
            let vlans = document.interfaces.get(&id)?.vlans.as_ref();
            vlans.map(ToString::to_string)
        })
        .unwrap_or_default()
    });
    let set = Callback::new(move |text: String| {
        let vlans = match text.trim() {
            "" => None,
            text => Some(text.parse()?),
        };
        let interface = id;
        commit(lab, Edit::SetVlans { interface, vlans })
    });
    view! {
        <div title="Which VLANs it is in, while the bridge filters them (vlan_filtering)">
            <TextField
                label="VLANs"
                value=shown
                commit=set
                placeholder="10 pvid untagged, 20, 30-40"
                place=Place::Interface(id, Some(Field::Vlans))
            />
        </div>
    }
}

#[component]
fn Entries(id: InterfaceId) -> impl IntoView {
    let lab = Lab::of_page();
    let entries = Memo::new(move |_| {
        let of = |i: &Interface| i.fdb.iter().copied().collect::<Vec<_>>();
        lab.read(|document| document.interfaces.get(&id).map(of).unwrap_or_default())
    });
    let remove = move |entry: FdbEntry| {
        let edit = Edit::RemoveFdb {
            interface: id,
            entry,
        };
        view! { <Entry text=entry.to_string() edit=edit /> }
    };
    let add = Callback::new(move |text: String| {
        if text.trim().is_empty() {
            return Ok(());
        }
        let entry = text.parse()?;
        let interface = id;
        commit(lab, Edit::AddFdb { interface, entry })
    });
    view! {
        <ul class="entries">
            <For each=move || entries.get() key=|entry| *entry children=remove />
        </ul>
        <div title="Frames to this MAC address leave here: static entries of the forwarding table">
            <TextField
                label="Add MAC behind it"
                value=Signal::derive(String::new)
                commit=add
                placeholder="02:00:00:00:00:01 vlan 10"
                place=Place::Interface(id, Some(Field::Fdb))
            />
        </div>
    }
}

#[component]
fn Neighbours(id: InterfaceId) -> impl IntoView {
    let lab = Lab::of_page();
    let entries = Memo::new(move |_| {
        let of = |i: &Interface| i.neighbours.iter().copied().collect::<Vec<_>>();
        lab.read(|document| document.interfaces.get(&id).map(of).unwrap_or_default())
    });
    let remove = move |neighbour: Neighbour| {
        let edit = Edit::RemoveNeighbour {
            interface: id,
            neighbour,
        };
        view! { <Entry text=neighbour.to_string() edit=edit /> }
    };
    let add = Callback::new(move |text: String| {
        if text.trim().is_empty() {
            return Ok(());
        }
        let neighbour = text.parse()?;
        let interface = id;
        commit(
            lab,
            Edit::AddNeighbour {
                interface,
                neighbour,
            },
        )
    });
    view! {
        <ul class="entries">
            <For each=move || entries.get() key=|entry| *entry children=remove />
        </ul>
        <div title="Whom it knows without asking: an address and its MAC address; or `proxy` and an address for which it answers">
            <TextField
                label="Add neighbour"
                value=Signal::derive(String::new)
                commit=add
                placeholder="10.0.0.2 02:00:00:00:00:02, or proxy 10.0.0.9"
                place=Place::Interface(id, Some(Field::Neighbours))
            />
        </div>
    }
}

/// An entry, and the edit that removes it.
#[component]
fn Entry(text: String, edit: Edit) -> impl IntoView {
    let lab = Lab::of_page();
    let label = format!("Remove {text}");
    let remove = move |_| {
        commit_or_tell(lab, edit.clone());
    };
    view! {
        <li class="entry">
            <span class="mono">{text}</span>
            <button class="ghost small" aria-label=label title="Remove" on:click=remove>
                {icon(Icon::Close)}
            </button>
        </li>
    }
}
