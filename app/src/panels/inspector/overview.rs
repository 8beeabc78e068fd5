//! The whole lab as an outline: everything on the canvas, as lists for keys and screen readers.

use leptos::prelude::*;
use topology::Document;
use topology::Node;
use topology::document::Link;

use super::state::{StateChip, interface_mark, link_mark, namespace_mark};
use crate::editor::lab::Lab;
use crate::editor::selection::Object;

/// The outline.
#[component]
pub(crate) fn Overview() -> impl IntoView {
    let lab = Lab::of_page();
    let namespaces = Memo::new(move |_| {
        lab.read(|document| {
            let names = document.namespaces.iter();
            names
                .map(|(id, ns)| (*id, ns.name.to_string()))
                .collect::<Vec<_>>()
        })
    });
    let bridges = Memo::new(move |_| {
        lab.read(|document| {
            let bridges = document.bridges();
            bridges
                .map(|(id, _)| (id, document.describe_interface(id)))
                .collect::<Vec<_>>()
        })
    });
    let links = Memo::new(move |_| {
        lab.read(|document| {
            let links = document.links();
            links
                .map(|link| (link, describe_link(document, link)))
                .collect::<Vec<_>>()
        })
    });
    view! {
        <section class="head">
            <h2>"Lab"</h2>
            <p class="hint">
                "Select an object to see and change it. Drag from its round handle to cable it."
            </p>
        </section>
        <section>
            <h3>"Namespaces"</h3>
            <ul class="entries">
                <For each=move || namespaces.get() key=|entry| entry.clone() let:entry>
                    <li>
                        <button
                            class="entry pick-entry"
                            on:click=move |_| lab.select(Some(Object::of_namespace(entry.0)))
                        >
                            <span>{entry.1}</span>
                            <StateChip mark=namespace_mark(lab, entry.0) />
                        </button>
                    </li>
                </For>
            </ul>
        </section>
        <Show when=move || bridges.with(|all| !all.is_empty())>
            <section>
                <h3>"Bridges"</h3>
                <ul class="entries">
                    <For each=move || bridges.get() key=|entry| entry.clone() let:entry>
                        <li>
                            <button
                                class="entry pick-entry"
                                on:click=move |_| {
                                    lab.select(Some(Object::Node(Node::Bridge(entry.0))));
                                }
                            >
                                <span class="mono">{entry.1}</span>
                                <StateChip mark=interface_mark(lab, entry.0) />
                            </button>
                        </li>
                    </For>
                </ul>
            </section>
        </Show>
        <Show when=move || links.with(|all| !all.is_empty())>
            <section>
                <h3>"Links"</h3>
                <ul class="entries">
                    <For each=move || links.get() key=|entry| entry.clone() let:entry>
                        <li>
                            <button
                                class="entry pick-entry"
                                on:click=move |_| lab.select(Some(Object::Link(entry.0)))
                            >
                                <span class="mono">{entry.1}</span>
                                <StateChip mark=link_mark(lab, entry.0) />
                            </button>
                        </li>
                    </For>
                </ul>
            </section>
        </Show>
    }
}

fn describe_link(document: &Document, link: Link) -> String {
    let [a, b] = link.ends.map(|end| document.describe_interface(end));
    format!("{a} – {b}")
}
