//! The state of an object in words: what the kernel has, and how it differs.

use leptos::prelude::*;
use topology::document::Link;
use topology::status::{Difference, Status};
use topology::{InterfaceId, NamespaceId};

use crate::canvas::mark::Mark;
use crate::canvas::marks::Marks;
use crate::editor::lab::Lab;
use crate::icons::{Icon, icon};
use crate::testids;

/// The state of a namespace.
pub(crate) fn namespace_status(lab: Lab, id: NamespaceId) -> Memo<Status> {
    Memo::new(move |_| {
        lab.statuses
            .with(|all| all.namespaces.get(&id).cloned().unwrap_or(Status::Wanted))
    })
}

/// The state of an interface.
pub(crate) fn interface_status(lab: Lab, id: InterfaceId) -> Memo<Status> {
    Memo::new(move |_| {
        lab.statuses
            .with(|all| all.interfaces.get(&id).cloned().unwrap_or(Status::Wanted))
    })
}

/// The mark of a namespace, as the canvas shows it.
pub(crate) fn namespace_mark(lab: Lab, id: NamespaceId) -> Memo<Mark> {
    Memo::new(move |_| lab.marks.with(|marks| marks.namespace(id)))
}

/// The mark of an interface, as the canvas shows it.
pub(crate) fn interface_mark(lab: Lab, id: InterfaceId) -> Memo<Mark> {
    Memo::new(move |_| lab.marks.with(|marks| marks.interface(id)))
}

/// The mark of a link: the worse of its ends.
pub(crate) fn link_mark(lab: Lab, link: Link) -> Memo<Mark> {
    let worst = move |marks: &Marks| {
        let [a, b] = link.ends.map(|end| marks.interface(end));
        a.max(b)
    };
    Memo::new(move |_| lab.marks.with(worst))
}

/// The state in one word.
#[component]
pub(crate) fn StateChip(
    /// The state.
    mark: Memo<Mark>,
) -> impl IntoView {
    // A lab that does not run says so once, in its header.
    move || {
        let mark = mark.get();
        (mark != Mark::Wanted).then(|| {
            view! { <span class=format!("chip state {}", mark.key())>{mark.word()}</span> }
        })
    }
}

/// How the kernel differs from the document.
#[component]
pub(crate) fn Differences(
    /// The state.
    status: Memo<Status>,
) -> impl IntoView {
    let lab = Lab::of_page();
    let differences = move || {
        status.with(|status| match status {
            Status::Drifted(differences) => differences.clone(),
            _ => Vec::new(),
        })
    };
    let row = |difference: Difference| {
        let or_none = |text: String| if text.is_empty() { "none".into() } else { text };
        view! {
            <tr>
                <th scope="row">{difference.what}</th>
                <td class="mono">{or_none(difference.wanted)}</td>
                <td class="mono drift">{or_none(difference.observed)}</td>
            </tr>
        }
    };
    move || {
        let all = differences();
        (!all.is_empty()).then(|| {
            view! {
                <table class="differences">
                    <thead>
                        <tr>
                            <th></th>
                            <th scope="col">"document"</th>
                            <th scope="col">"kernel"</th>
                        </tr>
                    </thead>
                    <tbody>{all.into_iter().map(row).collect_view()}</tbody>
                </table>
                <div class="actions">
                    <button
                        class="small"
                        title="Bring the whole kernel back to the document"
                        data-testid=testids::PUT_RIGHT
                        disabled=move || !lab.is_live()
                        on:click=move |_| lab.put_right()
                    >
                        {icon(Icon::Restart)}
                        "Put right"
                    </button>
                </div>
            }
        })
    }
}
