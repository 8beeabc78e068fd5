//! What is left to an interface: checksums, and cutting data into packets.

use leptos::prelude::*;
use topology::offload::Offload;
use topology::{Edit, InterfaceId};

use super::field::{Choice, commit_or_tell};
use super::folded::{Folded, count};
use crate::editor::lab::Lab;

/// Folded away until somebody asks for it, as parameters are.
#[component]
pub(crate) fn Offloads(
    /// Of which interface.
    id: InterfaceId,
) -> impl IntoView {
    let lab = Lab::of_page();
    let said = Signal::derive(move || {
        lab.read(|document| {
            let found = document.interfaces.get(&id);
            count(found.map_or(0, |interface| interface.offloads.len()))
        })
    });
    let rows = Offload::ALL.map(|offload| row(lab, id, offload));
    view! {
        <Folded title=Signal::stored("Offloads (ethtool)".to_owned()) said=said>
            {rows.into_iter().collect_view()}
        </Folded>
    }
}

fn row(lab: Lab, interface: InterfaceId, offload: Offload) -> impl IntoView {
    let shown = Signal::derive(move || {
        let on = lab.read(|document| {
            let found = document.interfaces.get(&interface)?;
            found.offloads.get(&offload).copied()
        });
        let word = match on {
            None => "",
            Some(true) => "on",
            Some(false) => "off",
        };
        word.to_owned()
    });
    let options = Signal::derive(|| {
        [("", "the kernel's"), ("on", "on"), ("off", "off")]
            .map(|(key, word)| (key.to_owned(), word.to_owned()))
            .to_vec()
    });
    let choose = Callback::new(move |key: String| {
        let on = match key.as_str() {
            "on" => Some(true),
            "off" => Some(false),
            _ => None,
        };
        let edit = Edit::SetOffload {
            interface,
            offload,
            on,
        };
        commit_or_tell(lab, edit);
    });
    view! {
        <div title=offload.about()>
            <Choice label=offload.name() value=shown options=options choose=choose />
        </div>
    }
}
