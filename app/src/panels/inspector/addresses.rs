//! The addresses of an interface.

use leptos::prelude::*;
use topology::address::{Family, parse_interface_address};
use topology::edit::{Field, Place};
use topology::observed::Origin;
use topology::{Edit, InterfaceId};

use super::entries::{AddField, Entries, by};
use super::field::{commit, commit_or_tell};
use crate::editor::lab::Lab;

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
            let addresses = interface.into_iter().flat_map(|i| i.addresses.iter());
            let addresses = addresses.map(|address| (address.to_string(), *address));
            addresses.collect::<Vec<_>>()
        })
    });
    // What the kernel added by itself, and what was learned.
    let others = Memo::new(move |_| {
        lab.observed.with(|observed| {
            let found = observed.as_ref().and_then(|o| o.interface_of(id));
            let all = found.map(|(_, _, interface)| interface.addresses.clone());
            all.unwrap_or_default()
                .into_iter()
                .filter(|address| address.origin != Origin::Static)
                .map(|known| {
                    let family = Family::of(known.address.addr());
                    (known.address.to_string(), by(known.origin, family))
                })
                .collect::<Vec<_>>()
        })
    });
    let add = Callback::new(move |text: String| {
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
    let remove = Callback::new(move |address| {
        commit_or_tell(
            lab,
            Edit::RemoveAddress {
                interface: id,
                address,
            },
        );
    });
    view! {
        <Entries entries=addresses noun="address" remove=remove by_kernel=others />
        <AddField
            label="Add address"
            add=add
            placeholder="10.0.0.1/24"
            place=Place::Interface(id, Some(Field::Addresses))
        />
    }
}
