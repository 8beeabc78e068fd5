//! The fields of the selected packet.

use std::collections::BTreeSet;

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use super::desk::{Desk, Looked};
use crate::testids;
use crate::toast::Toasts;

/// Protocols that are folded at first: what they say is in the list, or seldom asked for.
const FOLDED: [&str; 3] = ["frame", "eth", "sll"];

/// The tree.
#[component]
pub(super) fn FieldTree() -> impl IntoView {
    let desk = Desk::of_viewer();
    // Fields that somebody has folded or unfolded, by name: they stay so from packet to packet.
    let turned = RwSignal::new(BTreeSet::<&'static str>::new());
    // With the packet and what is noted of it, as another packet may have the same lines.
    let lines = Memo::new(move |_| {
        let notes = desk.notes.get();
        desk.looked.with(|looked| {
            let looked = looked.as_ref()?;
            let lines = turned.with(|turned| in_sight(looked, turned));
            Some((looked.number, notes, lines))
        })
    });
    let in_order = move || {
        lines.with_untracked(|lines| {
            lines
                .as_ref()
                .map(|(.., lines)| lines.clone())
                .unwrap_or_default()
        })
    };
    let key = move |event: KeyboardEvent| {
        let lines = in_order();
        let now = desk.field.get_untracked();
        let at = now.and_then(|now| lines.iter().position(|line| *line == now));
        let next = match (event.key().as_str(), at) {
            ("ArrowDown", Some(at)) => at + 1,
            ("ArrowDown", None) => 0,
            ("ArrowUp", Some(at)) => at.saturating_sub(1),
            ("ArrowLeft" | "ArrowRight" | "Enter", Some(_)) => {
                if let Some(now) = now {
                    turn(desk, turned, now);
                }
                event.prevent_default();
                event.stop_propagation();
                return;
            }
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        if let Some(next) = lines.get(next) {
            desk.field.set(Some(*next));
        }
    };
    // A field that was selected by its bytes is unfolded.
    Effect::new(move |_| {
        let Some(field) = desk.field.get() else {
            return;
        };
        let hidden = desk.looked.with_untracked(|looked| {
            let looked = looked.as_ref()?;
            let mut above = looked.tree.parent(field);
            let mut closed = Vec::new();
            while let Some(index) = above {
                if !turned.with_untracked(|turned| is_open(looked, turned, index)) {
                    closed.extend(looked.tree.nodes.get(index).map(|node| node.field.name));
                }
                above = looked.tree.parent(index);
            }
            (!closed.is_empty()).then_some(closed)
        });
        for name in hidden.unwrap_or_default() {
            turned.update(|turned| flip(turned, name));
        }
    });
    view! {
        <div class="field-tree" role="tree" aria-label="Fields" tabindex="0" on:keydown=key>
            <For
                each=move || {
                    let (number, notes, lines) = lines.get().unwrap_or_default();
                    lines.into_iter().map(move |line| (number, notes, line))
                }
                key=|line| *line
                let:line
            >
                <FieldLine index=line.2 turned=turned />
            </For>
        </div>
    }
}

#[component]
fn FieldLine(index: usize, turned: RwSignal<BTreeSet<&'static str>>) -> impl IntoView {
    let desk = Desk::of_viewer();
    let toasts = Toasts::of_page();
    let (label, name, level, has_more, range) = desk.looked.with_untracked(|looked| {
        let looked = looked.as_ref()?;
        let node = looked.tree.nodes.get(index)?;
        Some((
            node.label(&looked.data),
            node.field.name,
            node.level,
            looked.tree.children(Some(index)).next().is_some(),
            (node.offset, node.length),
        ))
    })?;
    let open = move || {
        desk.looked.with(|looked| {
            looked
                .as_ref()
                .is_some_and(|looked| turned.with(|turned| is_open(looked, turned, index)))
        })
    };
    let selected = move || desk.field.get() == Some(index);
    Some(view! {
        <div
            class="field-line"
            class:protocol=level == 0
            class:selected=selected
            role="treeitem"
            attr:aria-level=(level + 1).to_string()
            aria-selected=move || selected().to_string()
            aria-expanded=has_more.then_some(move || open().to_string())
            title=name
            data-testid=testids::FIELD
            data-field=name
            style:padding-left=format!("{}px", 6 + 14 * u32::from(level))
            on:mouseenter=move |_| desk.hover.set((range.1 > 0).then_some(range))
            on:mouseleave=move |_| desk.hover.set(None)
            on:click=move |_| desk.field.set(Some(index))
            on:dblclick=move |_| turn(desk, turned, index)
            on:contextmenu=move |event| desk.open_field_menu(&event, index, toasts)
        >
            <span
                class="fold"
                class:open=open
                class:hidden=!has_more
                aria-hidden="true"
                on:click=move |_| turn(desk, turned, index)
            >
                "▸"
            </span>
            {label}
        </div>
    })
}

fn turn(desk: Desk, turned: RwSignal<BTreeSet<&'static str>>, index: usize) {
    let name = desk.looked.with_untracked(|looked| {
        let node = looked.as_ref()?.tree.nodes.get(index)?;
        Some(node.field.name)
    });
    if let Some(name) = name {
        turned.update(|turned| flip(turned, name));
    }
}

fn flip(turned: &mut BTreeSet<&'static str>, name: &'static str) {
    if !turned.remove(name) {
        turned.insert(name);
    }
}

fn is_open(looked: &Looked, turned: &BTreeSet<&'static str>, index: usize) -> bool {
    looked.tree.nodes.get(index).is_some_and(|node| {
        let name = node.field.name;
        (node.level == 0 && !FOLDED.contains(&name)) != turned.contains(name)
    })
}

/// The lines of the tree that no folded one hides.
fn in_sight(looked: &Looked, turned: &BTreeSet<&'static str>) -> Vec<usize> {
    let mut lines = Vec::new();
    // Deeper than this is folded away.
    let mut deepest = u8::MAX;
    for (index, node) in looked.tree.nodes.iter().enumerate() {
        if node.level > deepest {
            continue;
        }
        lines.push(index);
        let open = is_open(looked, turned, index);
        deepest = if open { u8::MAX } else { node.level };
    }
    lines
}
