//! A cable without dragging.

use leptos::ev::{KeyboardEvent, SubmitEvent};
use leptos::prelude::*;
use topology::{InterfaceId, NamespaceId, Node};

use crate::editor::connect::{End, connect};
use crate::editor::ids::Ids;
use crate::editor::lab::Lab;
use crate::editor::selection::Object;
use crate::icons::{Icon, icon};
use crate::testids;
use crate::toast::Toasts;

/// Chooses where a new cable from here goes.
#[component]
pub(crate) fn ConnectTo(
    /// From where.
    from: End,
) -> impl IntoView {
    let lab = Lab::of_page();
    let toasts = Toasts::of_page();
    let options = Memo::new(move |_| {
        lab.read(|document| {
            let bridges = document.bridges().map(|(id, _)| {
                let end = End::Node(Node::Bridge(id));
                (end, format!("b{}", id.0), document.describe_interface(id))
            });
            let namespaces = document.namespaces.iter().map(|(id, ns)| {
                let end = if *id == NamespaceId::HOST {
                    End::Host
                } else {
                    End::Node(Node::Namespace(*id))
                };
                (end, format!("n{}", id.0), ns.name.to_string())
            });
            bridges
                .chain(namespaces)
                .filter(|(end, ..)| *end != from)
                .map(|(_, key, name)| (key, name))
                .collect::<Vec<_>>()
        })
    });
    // Only chosen: arrow keys go through the options one by one, and none of them must make a cable.
    let chosen = RwSignal::new(String::new());
    let confirm = move |event: SubmitEvent| {
        event.prevent_default();
        let Some(to) = end_of(&chosen.get_untracked()) else {
            return;
        };
        let mut random = js_sys::Math::random;
        let outcome = lab.peek(|document| connect(document, from, to, &mut Ids::new(&mut random)));
        match outcome {
            Ok((link, edit)) => {
                if lab.dispatch(edit) {
                    lab.select(Some(Object::Link(link)));
                }
            }
            Err(why) => toasts.error(why),
        }
    };
    let key = move |event: KeyboardEvent| {
        if event.key() == "Escape" {
            chosen.set(String::new());
        }
    };
    view! {
        <form class="connect" on:submit=confirm>
            <label>
                {icon(Icon::Cable)}
                <span class="visually-hidden">"Cable to"</span>
                <select
                    data-testid=testids::CABLE_TO
                    prop:value=move || {
                        options.track();
                        chosen.get()
                    }
                    on:change=move |event| chosen.set(event_target_value(&event))
                    on:keydown=key
                >
                    <option value="">"Cable to…"</option>
                    <For each=move || options.get() key=|option| option.clone() let:option>
                        <option value=option.0>{option.1}</option>
                    </For>
                </select>
            </label>
            <Show when=move || end_of(&chosen.get()).is_some()>
                <button class="small primary" type="submit" data-testid=testids::CABLE_MAKE>
                    "Cable"
                </button>
            </Show>
        </form>
    }
}

fn end_of(key: &str) -> Option<End> {
    let id = |digits: &str| digits.parse::<u64>().ok();
    if let Some(digits) = key.strip_prefix('b') {
        return Some(End::Node(Node::Bridge(InterfaceId(id(digits)?))));
    }
    match NamespaceId(id(key.strip_prefix('n')?)?) {
        NamespaceId::HOST => Some(End::Host),
        other => Some(End::Node(Node::Namespace(other))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_options_are_read_back() {
        assert_eq!(end_of("n0"), Some(End::Host));
        assert_eq!(
            end_of("n7"),
            Some(End::Node(Node::Namespace(NamespaceId(7))))
        );
        assert_eq!(end_of("b7"), Some(End::Node(Node::Bridge(InterfaceId(7)))));
        assert_eq!(end_of(""), None);
    }
}
