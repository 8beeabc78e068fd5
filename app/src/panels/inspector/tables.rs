//! The VLANs of a bridge or a port, and static entries of forwarding tables and of neighbour tables.

use leptos::prelude::*;
use topology::document::DeviceKind;
use topology::edit::{Field, Place};
use topology::feature::Feature;
use topology::{Edit, InterfaceId};

use super::entries::{AddField, Entries};
use super::field::{TextField, commit, commit_or_tell};
use super::folded::{Folded, count};
use super::lacking::Lacking;
use crate::editor::lab::Lab;

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
    let said = Signal::derive(move || {
        lab.read(|document| {
            let interface = document.interfaces.get(&id);
            count(interface.map_or(0, |i| {
                i.fdb.len() + i.neighbours.len() + usize::from(i.vlans.is_some())
            }))
        })
    });
    let title = Signal::derive(move || {
        let title = match may.get().vlans {
            true => "VLANs and addresses",
            false => "Addresses of others",
        };
        title.to_owned()
    });
    view! {
        <Show when=move || may.get() != May::default()>
            <Folded title=title said=said>
                <Show when=move || may.get().vlans>
                    <Lacking features=&[Feature::BridgeVlans] />
                    <VlansField id=id />
                </Show>
                <Show when=move || may.get().fdb>
                    <Fdb id=id />
                </Show>
                <Show when=move || may.get().neighbours>
                    <Neighbours id=id />
                </Show>
            </Folded>
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
                wide=true
            />
        </div>
    }
}

/// Static entries of the forwarding table.
#[component]
fn Fdb(id: InterfaceId) -> impl IntoView {
    let lab = Lab::of_page();
    let entries = Memo::new(move |_| {
        lab.read(|document| {
            let interface = document.interfaces.get(&id);
            let entries = interface.into_iter().flat_map(|i| i.fdb.iter());
            let entries = entries.map(|entry| (entry.to_string(), *entry));
            entries.collect::<Vec<_>>()
        })
    });
    let add = Callback::new(move |text: String| {
        let entry = text.parse()?;
        let interface = id;
        commit(lab, Edit::AddFdb { interface, entry })
    });
    let remove = Callback::new(move |entry| {
        let interface = id;
        commit_or_tell(lab, Edit::RemoveFdb { interface, entry });
    });
    view! {
        <Entries entries=entries noun="entry" remove=remove />
        <div title="Frames to this MAC address leave here: static entries of the forwarding table">
            <AddField
                label="Add MAC behind it"
                add=add
                placeholder="02:00:00:00:00:01 vlan 10"
                place=Place::Interface(id, Some(Field::Fdb))
                wide=true
            />
        </div>
    }
}

/// Neighbours that are known without asking, and those for whom it answers.
#[component]
fn Neighbours(id: InterfaceId) -> impl IntoView {
    let lab = Lab::of_page();
    let entries = Memo::new(move |_| {
        lab.read(|document| {
            let interface = document.interfaces.get(&id);
            let entries = interface.into_iter().flat_map(|i| i.neighbours.iter());
            let entries = entries.map(|neighbour| (neighbour.to_string(), *neighbour));
            entries.collect::<Vec<_>>()
        })
    });
    let add = Callback::new(move |text: String| {
        let edit = Edit::AddNeighbour {
            interface: id,
            neighbour: text.parse()?,
        };
        commit(lab, edit)
    });
    let remove = Callback::new(move |neighbour| {
        let edit = Edit::RemoveNeighbour {
            interface: id,
            neighbour,
        };
        commit_or_tell(lab, edit);
    });
    view! {
        <Entries entries=entries noun="neighbour" remove=remove />
        <div title="Whom it knows without asking: an address and its MAC address; or `proxy` and an address for which it answers">
            <AddField
                label="Add neighbour"
                add=add
                placeholder="10.0.0.2 02:00:00:00:00:02, or proxy 10.0.0.9"
                place=Place::Interface(id, Some(Field::Neighbours))
                wide=true
            />
        </div>
    }
}
