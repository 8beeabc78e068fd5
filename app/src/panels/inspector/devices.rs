//! The interfaces of a namespace that are made by themselves, and one more of them.

use leptos::prelude::*;
use topology::edit::Selection;
use topology::feature::Feature;
use topology::kind::DeviceKind;
use topology::{Edit, InterfaceId, NamespaceId};

use super::field::commit_or_tell;
use super::interface::InterfaceSection;
use super::lacking::why_not;
use crate::editor::ids::Ids;
use crate::editor::lab::Lab;
use crate::editor::make_device;
use crate::icons::{Icon, icon};
use crate::testids;

/// Bridges have a form of their own.
#[component]
pub(crate) fn Devices(
    /// Of which namespace.
    id: NamespaceId,
) -> impl IntoView {
    let lab = Lab::of_page();
    let devices = Memo::new(move |_| {
        lab.read(|document| {
            let inside = document.interfaces_of(id);
            let devices = inside.filter(|(_, i)| i.kind.device().is_some() && !i.kind.is_bridge());
            devices.map(|(id, _)| id).collect::<Vec<_>>()
        })
    });
    view! {
        <For each=move || devices.get() key=|id| *id let:device>
            <InterfaceSection id=device />
            <section class="device-end">
                <Remove id=device />
            </section>
        </For>
        <AddDevice id=id />
    }
}

#[component]
fn Remove(id: InterfaceId) -> impl IntoView {
    let lab = Lab::of_page();
    let name = Signal::derive(move || lab.read(|document| document.describe_interface(id)));
    let remove = move |_| commit_or_tell(lab, Edit::Remove(Selection::interface(id)));
    view! {
        <button class="ghost small" on:click=remove>
            {icon(Icon::Trash)}
            {move || format!("Delete {}", name.get())}
        </button>
    }
}

/// Every kind that there is; what this kernel lacks is said when it is asked for.
#[component]
fn AddDevice(id: NamespaceId) -> impl IntoView {
    let lab = Lab::of_page();
    let said = RwSignal::new(None::<String>);
    let add = move |kind: DeviceKind| {
        if let Some(missing) = untrack(|| why_not(lab, Feature::Device(kind))) {
            return said.set(Some(missing));
        }
        let mut random = js_sys::Math::random;
        let mut ids = Ids::new(&mut random);
        match lab.peek(|document| make_device::device(document, id, kind, &mut ids)) {
            Ok(edit) => {
                said.set(None);
                commit_or_tell(lab, edit);
            }
            Err(why) => said.set(Some(why)),
        }
    };
    let kinds = DeviceKind::ALL.iter().copied();
    let button = move |kind: DeviceKind| {
        let why = Memo::new(move |_| why_not(lab, Feature::Device(kind)));
        let is_missing = move || why.with(Option::is_some);
        view! {
            <button
                class="ghost small"
                class:lacking=is_missing
                aria-label=move || {
                    let lacking = if is_missing() { ": this kernel lacks it" } else { "" };
                    format!("Add an interface of type {kind}{lacking}")
                }
                title=move || why.get().unwrap_or_else(|| kind.table().about.to_owned())
                data-testid=format!("add-{kind}")
                on:click=move |_| add(kind)
            >
                {kind.name()}
            </button>
        }
    };
    view! {
        <section>
            <h3>"Add an interface"</h3>
            <div class="kinds">{kinds.map(button).collect_view()}</div>
            <p class="field-error" role="alert" data-testid=testids::ADD_ERROR>
                {move || said.get()}
            </p>
        </section>
    }
}
