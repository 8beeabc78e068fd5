//! A cable without dragging.

use leptos::prelude::*;
use topology::{InterfaceId, NamespaceId, Node};

use crate::editor::connect::{End, connect};
use crate::editor::ids::Ids;
use crate::editor::lab::Lab;
use crate::editor::selection::Object;
use crate::icons::{Icon, icon};
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
    let chosen = move |event| {
        let Some(to) = end_of(&event_target_value(&event)) else {
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
    view! {
        <label class="connect">
            {icon(Icon::Cable)}
            <span class="visually-hidden">"Cable to"</span>
            <select prop:value="" on:change=chosen>
                <option value="">"Cable to…"</option>
                <For each=move || options.get() key=|option| option.clone() let:option>
                    <option value=option.0>{option.1}</option>
                </For>
            </select>
        </label>
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
