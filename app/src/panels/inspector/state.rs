//! The state of an object in words.

use leptos::prelude::*;
use topology::document::Link;
use topology::{InterfaceId, NamespaceId};

use crate::canvas::mark::Mark;
use crate::canvas::marks::Marks;
use crate::editor::lab::Lab;

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
