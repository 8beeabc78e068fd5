//! The VLANs of a bridge or a port, and static entries of forwarding tables.

use leptos::prelude::*;
use topology::document::DeviceKind;
use topology::edit::{Field, Place};
use topology::fdb::FdbEntry;
use topology::{Edit, InterfaceId};

use super::field::{TextField, commit, commit_or_tell};
use crate::editor::lab::Lab;
use crate::icons::{Icon, icon};

/// What is to be seen of an interface: whether it may be in VLANs, and have entries.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
struct May {
    vlans: bool,
    fdb: bool,
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
            })
        })
        .unwrap_or_default()
    });
    let said = move || {
        lab.read(|document| {
            let interface = document.interfaces.get(&id);
            interface.map_or(0, |i| i.fdb.len() + usize::from(i.vlans.is_some()))
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
                    {move || if may.get().vlans { "VLANs and addresses" } else { "Addresses of others" }}
                    " " <span class="faint">{set}</span>
                </summary>
                <Show when=move || may.get().vlans>
                    <VlansField id=id />
                </Show>
                <Show when=move || may.get().fdb>
                    <Entries id=id />
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
        lab.read(|document| {
            let interface = document.interfaces.get(&id);
            let entries = interface.map(|i| i.fdb.iter().copied().collect::<Vec<_>>());
            entries.unwrap_or_default()
        })
    });
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
            <For each=move || entries.get() key=|entry| *entry let:entry>
                <Entry id=id entry=entry />
            </For>
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
fn Entry(id: InterfaceId, entry: FdbEntry) -> impl IntoView {
    let lab = Lab::of_page();
    let label = format!("Remove {entry}");
    let remove = move |_| {
        let interface = id;
        commit_or_tell(lab, Edit::RemoveFdb { interface, entry });
    };
    view! {
        <li class="entry">
            <span class="mono">{entry.to_string()}</span>
            <button class="ghost small" aria-label=label title="Remove" on:click=remove>
                {icon(Icon::Close)}
            </button>
        </li>
    }
}
