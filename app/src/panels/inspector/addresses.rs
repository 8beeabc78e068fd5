//! The addresses of an interface.

use ipnet::IpNet;
use leptos::prelude::*;
use topology::address::parse_interface_address;
use topology::edit::{Field, Place};
use topology::observed::Origin;
use topology::{Edit, InterfaceId};

use super::field::{TextField, commit, commit_or_tell};
use crate::editor::lab::Lab;
use crate::icons::{Icon, icon};

/// The list, and a field for one more.
#[component]
pub(crate) fn Addresses(
    /// Of which interface.
    id: InterfaceId,
) -> impl IntoView {
    let lab = Lab::of_page();
    let addresses = Memo::new(move |_| {
        lab.read(|document| {
            let interface = document.interfaces.get(&id);
            interface.map(|i| i.addresses.clone()).unwrap_or_default()
        })
    });
    // What the kernel added by itself.
    let others = Memo::new(move |_| {
        lab.observed.with(|observed| {
            let found = observed.as_ref().and_then(|o| o.interface_of(id));
            let all = found.map(|(_, _, interface)| interface.addresses.clone());
            all.unwrap_or_default()
                .into_iter()
                .filter(|address| address.origin != Origin::Static)
                .map(|address| address.address.to_string())
                .collect::<Vec<_>>()
        })
    });
    let add = Callback::new(move |text: String| {
        if text.trim().is_empty() {
            return Ok(());
        }
        let address = parse_interface_address(&text).map_err(|error| error.to_string())?;
        commit(
            lab,
            Edit::AddAddress {
                interface: id,
                address,
                index: None,
            },
        )
    });
    view! {
        <ul class="entries">
            <For each=move || addresses.get() key=|address| *address let:address>
                <AddressEntry id=id address=address />
            </For>
            <For each=move || others.get() key=|text| text.clone() let:text>
                <li class="entry by-kernel">
                    <span class="mono">{text}</span>
                    <span class="faint">"kernel"</span>
                </li>
            </For>
        </ul>
        <TextField
            label="Add address"
            value=Signal::derive(String::new)
            commit=add
            placeholder="10.0.0.1/24, fd00::1/64"
            place=Place::Interface(id, Some(Field::Addresses))
        />
    }
}

#[component]
fn AddressEntry(id: InterfaceId, address: IpNet) -> impl IntoView {
    let lab = Lab::of_page();
    let label = format!("Remove {address}");
    view! {
        <li class="entry">
            <span class="mono">{address.to_string()}</span>
            <button
                class="ghost small"
                aria-label=label
                title="Remove"
                on:click=move |_| {
                    commit_or_tell(lab, Edit::RemoveAddress { interface: id, address });
                }
            >
                {icon(Icon::Close)}
            </button>
        </li>
    }
}
