//! The namespace through which a tunnel sends.

use leptos::prelude::*;
use topology::{Edit, InterfaceId, NamespaceId};

use super::field::{Choice, commit_or_tell};
use crate::editor::lab::Lab;

/// A choice of namespaces, for what has an underlay and no `dev`, which would say it.
#[component]
pub(crate) fn Underlay(
    /// Of which interface.
    id: InterfaceId,
) -> impl IntoView {
    let lab = Lab::of_page();
    let is_asked = Memo::new(move |_| {
        lab.read(|document| {
            let device = document.interfaces.get(&id).and_then(|i| i.kind.device());
            device.is_some_and(|d| d.kind.has_underlay() && d.lower().is_none())
        })
    });
    let through = Signal::derive(move || {
        lab.read(|document| {
            let found = document.interfaces.get(&id);
            let through = found.map(|i| i.underlay.unwrap_or(i.namespace));
            through.map(|id| id.0.to_string()).unwrap_or_default()
        })
    });
    let options = Signal::derive(move || {
        lab.read(|document| {
            let home = document.interfaces.get(&id).map(|i| i.namespace);
            let name = |(id, ns): (&NamespaceId, &topology::document::Namespace)| {
                let is_home = Some(*id) == home;
                let own = if is_home { " (its own)" } else { "" };
                (!is_home, id.0.to_string(), format!("{}{own}", ns.name))
            };
            let mut all: Vec<_> = document.namespaces.iter().map(name).collect();
            all.sort_by_key(|(is_other, ..)| *is_other);
            all.into_iter()
                .map(|(_, key, name)| (key, name))
                .collect::<Vec<_>>()
        })
    });
    let choose = Callback::new(move |key: String| {
        let underlay = key.parse().ok().map(NamespaceId);
        commit_or_tell(
            lab,
            Edit::SetUnderlay {
                interface: id,
                underlay,
            },
        );
    });
    view! {
        <Show when=move || is_asked.get()>
            <Choice label="Sends through" value=through options=options choose=choose />
        </Show>
    }
}
