//! The whole lab as an outline: everything on the canvas, as lists for keys and screen readers.

use leptos::prelude::*;
use topology::{NamespaceId, Node};

use super::drift::AllDifferences;
use super::state::{StateChip, interface_mark, link_mark, namespace_mark};
use crate::editor::lab::Lab;
use crate::editor::names::natural;
use crate::editor::selection::Object;

/// The outline.
#[component]
pub(crate) fn Overview() -> impl IntoView {
    let lab = Lab::of_page();
    let namespaces = Memo::new(move |_| {
        lab.read(|document| {
            let names = document.namespaces.iter();
            let mut all: Vec<_> = names.map(|(id, ns)| (*id, ns.name.to_string())).collect();
            // The host is first by its id, and stays so.
            all.sort_by(|(a, x), (b, y)| {
                let is_not_host = |id: NamespaceId| id != NamespaceId::HOST;
                is_not_host(*a)
                    .cmp(&is_not_host(*b))
                    .then_with(|| natural(x, y))
            });
            all
        })
    });
    let bridges = Memo::new(move |_| {
        lab.read(|document| {
            let bridges = document.bridges();
            let mut all: Vec<_> = bridges
                .map(|(id, _)| (id, document.describe_interface(id)))
                .collect();
            all.sort_by(|(_, a), (_, b)| natural(a, b));
            all
        })
    });
    let links = Memo::new(move |_| {
        lab.read(|document| {
            let links = document.links();
            let mut all: Vec<_> = links
                .map(|link| (link, link.ends.map(|end| document.describe_interface(end))))
                .collect();
            all.sort_by(|(_, a), (_, b)| natural(&a[0], &b[0]).then_with(|| natural(&a[1], &b[1])));
            all
        })
    });
    view! {
        <section class="head">
            <h2>"Lab"</h2>
            <p class="hint">
                "Select an object to see and change it. Drag from its round handle to cable it."
            </p>
        </section>
        <AllDifferences />
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
                                <span class="mono">
                                    {ends_view(entry.1)}
                                </span>
                                <StateChip mark=link_mark(lab, entry.0) />
                            </button>
                        </li>
                    </For>
                </ul>
            </section>
        </Show>
    }
}

/// Both ends of a link; a line may be broken between them only.
fn ends_view([a, b]: [String; 2]) -> impl IntoView {
    view! {
        <span class="whole">{a}</span>
        " – "
        <span class="whole">{b}</span>
    }
}
