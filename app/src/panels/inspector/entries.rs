//! Lists of what an object has several of (addresses, routes, rules, …), and one more of them.

use leptos::prelude::*;
use topology::address::Family;
use topology::edit::Place;
use topology::observed::Origin;

use super::field::{Commit, TextField};
use crate::icons::Icon;
use crate::panels::row_buttons::RowButton;

/// The list: each line can be removed, but those that the kernel made by itself.
#[component]
pub(crate) fn Entries<T>(
    /// What there is, as text and as what is removed. No two texts are the same.
    #[prop(into)]
    entries: Signal<Vec<(String, T)>>,
    /// What one of them is called.
    noun: &'static str,
    /// Removes one.
    remove: Callback<T>,
    /// What the kernel has besides, and of whom: of [`by`].
    #[prop(optional, into)]
    by_kernel: MaybeProp<Vec<(String, &'static str)>>,
) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
{
    view! {
        <ul class="entries">
            <For each=move || entries.get() key=|(text, _)| text.clone() let((text, entry))>
                <li class="entry">
                    <span class="mono">{text.clone()}</span>
                    <RowButton
                        label="Remove"
                        of=format!("the {noun} {text}")
                        sign=Icon::Close
                        act=Callback::new(move |()| remove.run(entry.clone()))
                    />
                </li>
            </For>
            <For
                each=move || by_kernel.get().unwrap_or_default()
                key=|entry| entry.clone()
                let((text, whose))
            >
                <li class="entry by-kernel">
                    <span class="mono">{text}</span>
                    <span class="faint">{whose}</span>
                </li>
            </For>
        </ul>
    }
}

/// Who has made an address or a route of which the document says nothing.
pub(crate) fn by(origin: Origin, family: Family) -> &'static str {
    match (origin, family) {
        (Origin::Dynamic, Family::Ipv6) => "by advertisement",
        (Origin::Dynamic, Family::Ipv4) => "leased",
        (Origin::Kernel | Origin::Static, _) => "kernel",
    }
}

/// A field for one more; it is empty again when that was taken.
#[component]
pub(crate) fn AddField(
    /// What is added.
    #[prop(into)]
    label: String,
    /// Adds what the text says.
    add: Commit,
    /// What may be written, by an example.
    placeholder: &'static str,
    /// Of which field of the document it is, for refusals by the server.
    place: Place,
    /// Whether it takes long texts.
    #[prop(optional)]
    wide: bool,
) -> impl IntoView {
    let commit = Callback::new(move |text: String| match text.trim() {
        "" => Ok(()),
        text => add.run(text.to_owned()),
    });
    view! {
        <TextField
            label=label
            value=Signal::stored(String::new())
            commit=commit
            placeholder=placeholder
            place=place
            wide=wide
        />
    }
}
