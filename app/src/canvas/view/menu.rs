//! The menu of an object: right click, or a finger that rests.

use leptos::html::Div;
use leptos::prelude::*;
use protocol::capture::CaptureTarget;
use topology::{Document, Edit, InterfaceId, NamespaceId, Node};

use super::keys::remove;
use super::stage::{OpenMenu, Stage};
use crate::canvas::gesture::Tool;
use crate::editor::lab::Lab;
use crate::editor::reach::ping_between;
use crate::editor::selection::{Object, Selected};
use crate::icons::{Icon, icon};
use crate::panels::dock::{Dock, Tab};
use crate::panels::probes::Question;

/// One line of the menu.
struct Item {
    icon: Icon,
    text: String,
    act: Callback<()>,
}

/// The menu, when it is open.
#[component]
pub(crate) fn ContextMenu() -> impl IntoView {
    let stage = Stage::of_page();
    let lab = Lab::of_page();
    let dock = Dock::of_page();
    let menu = NodeRef::<Div>::new();
    Effect::new(move |_| {
        if let Some(menu) = menu.get() {
            // The first line has the focus, for keys.
            if let Ok(Some(first)) = menu.query_selector("button") {
                use wasm_bindgen::JsCast;
                if let Ok(first) = first.dyn_into::<web_sys::HtmlElement>() {
                    let _ = first.focus();
                }
            }
        }
    });
    move || {
        stage.menu.get().map(|open| {
            let (x, y) = open.at;
            let bounds = stage.bounds.get_untracked();
            let items = items(lab, stage, dock, open);
            // Kept on the screen.
            let height = items.len() as f64 * 30.0 + 12.0;
            let x = x.min(bounds.right() - 220.0).max(bounds.x) - bounds.x;
            let y = y.min(bounds.bottom() - height).max(bounds.y) - bounds.y;
            view! {
                <div
                    node_ref=menu
                    class="menu"
                    role="menu"
                    style:left=format!("{x:.0}px")
                    style:top=format!("{y:.0}px")
                    on:pointerdown=move |event| event.stop_propagation()
                    on:keydown=move |event| {
                        if event.key() == "Escape" {
                            stage.menu.set(None);
                        }
                    }
                >
                    {items
                        .into_iter()
                        .map(|item| {
                            let act = item.act;
                            view! {
                                <button
                                    role="menuitem"
                                    on:click=move |_| {
                                        stage.menu.set(None);
                                        act.run(());
                                    }
                                >
                                    {icon(item.icon)}
                                    {item.text}
                                </button>
                            }
                        })
                        .collect_view()}
                </div>
            }
        })
    }
}

fn items(lab: Lab, stage: Stage, dock: Dock, open: OpenMenu) -> Vec<Item> {
    let mut items = items_of_object(lab, stage, dock, open);
    let selected = lab.selected.get_untracked();
    if selected.len() > 1 {
        let targets = lab.peek(|document| targets_of(document, &selected));
        if targets.len() > 1 {
            items.insert(
                0,
                Item {
                    icon: Icon::Capture,
                    text: format!("Capture all that is selected ({})", targets.len()),
                    act: Callback::new(move |()| dock.capture_on(lab, targets.clone())),
                },
            );
        }
    }
    items
}

fn items_of_object(lab: Lab, stage: Stage, dock: Dock, open: OpenMenu) -> Vec<Item> {
    let item = |icon, text: String, act: Box<dyn Fn() + Send + Sync>| Item {
        icon,
        text,
        act: Callback::new(move |()| act()),
    };
    let delete = || item(Icon::Trash, "Delete".into(), Box::new(move || remove(lab)));
    match open.object {
        None => vec![
            item(
                Icon::Namespace,
                "New namespace here".into(),
                Box::new(move || stage.put(lab, Tool::Namespace, open.canvas)),
            ),
            item(
                Icon::Bridge,
                "New bridge here".into(),
                Box::new(move || stage.put(lab, Tool::Bridge, open.canvas)),
            ),
            item(
                Icon::Fit,
                "Show everything".into(),
                Box::new(move || stage.fit(lab.drawing.with_scene(|scene| scene.bounds()))),
            ),
        ],
        Some(Object::Host) => vec![
            ping_item(lab, dock, NamespaceId::HOST),
            capture_any_item(lab, dock, NamespaceId::HOST),
            probe_item(lab, dock, NamespaceId::HOST),
        ],
        Some(Object::Node(Node::Namespace(id))) => {
            let mut items = between(lab, dock, id);
            items.push(ping_item(lab, dock, id));
            items.push(probe_item(lab, dock, id));
            items.push(capture_any_item(lab, dock, id));
            items.extend(capture_items(lab, dock, |_, interface| {
                interface.namespace == id
            }));
            items.push(delete());
            items
        }
        Some(Object::Node(Node::Bridge(bridge))) => {
            let mut items = capture_items(lab, dock, |id, _| id == bridge);
            items.push(power(lab, bridge));
            items.push(delete());
            items
        }
        Some(Object::Link(link)) => {
            let mut items = capture_items(lab, dock, |id, _| link.ends.contains(&id));
            let targets = lab.peek(|document| targets_of(document, &[Object::Link(link)].into()));
            if targets.len() > 1 {
                items.insert(
                    0,
                    Item {
                        icon: Icon::Capture,
                        text: "Capture on both ends".into(),
                        act: Callback::new(move |()| dock.capture_on(lab, targets.clone())),
                    },
                );
            }
            items.extend(link.ends.map(|end| power(lab, end)));
            items.push(delete());
            items
        }
    }
}

fn ping_item(lab: Lab, dock: Dock, source: NamespaceId) -> Item {
    let name = lab.peek(|document| document.describe_namespace(source));
    Item {
        icon: Icon::Ping,
        text: format!("Ping from {name}…"),
        act: Callback::new(move |()| dock.choose_ping_source(source)),
    }
}

fn capture_any_item(lab: Lab, dock: Dock, namespace: NamespaceId) -> Item {
    let name = lab.peek(|document| document.describe_namespace(namespace));
    Item {
        icon: Icon::Capture,
        text: format!("Capture all of {name}"),
        act: Callback::new(move |()| {
            let target = CaptureTarget {
                namespace,
                interface: None,
            };
            dock.capture_on(lab, vec![target]);
        }),
    }
}

/// The interfaces that these objects show, but loopbacks.
fn targets_of(document: &Document, objects: &Selected) -> Vec<CaptureTarget> {
    let shows = |id: InterfaceId, interface: &topology::document::Interface| {
        objects.iter().any(|object| match object {
            Object::Host => false,
            Object::Node(Node::Namespace(namespace)) => interface.namespace == *namespace,
            Object::Node(Node::Bridge(bridge)) => id == *bridge,
            Object::Link(link) => link.ends.contains(&id),
        })
    };
    let found = document.interfaces.iter();
    found
        .filter(|(_, interface)| interface.name.as_str() != "lo")
        .filter(|(id, interface)| shows(**id, interface))
        .map(|(id, interface)| CaptureTarget {
            namespace: interface.namespace,
            interface: Some(*id),
        })
        .collect()
}

fn probe_item(lab: Lab, dock: Dock, source: NamespaceId) -> Item {
    let name = lab.peek(|document| document.describe_namespace(source));
    Item {
        icon: Icon::Play,
        text: format!("Probe from {name}…"),
        act: Callback::new(move |()| dock.probe_from(source, None)),
    }
}

/// What goes from one of two selected namespaces to the other: to the one under the pointer.
fn between(lab: Lab, dock: Dock, to: NamespaceId) -> Vec<Item> {
    let others = lab.selected.with_untracked(|selected| {
        let others = selected.iter().filter_map(|object| match object {
            Object::Node(Node::Namespace(id)) if *id != to => Some(*id),
            _ => None,
        });
        match selected.len() {
            2 => others.collect::<Vec<_>>(),
            _ => Vec::new(),
        }
    });
    let [from] = others.as_slice() else {
        return Vec::new();
    };
    let from = *from;
    let found = lab.peek(|document| {
        let nodes = (Node::Namespace(from), Node::Namespace(to));
        let (_, address) = ping_between(document, nodes.0, nodes.1).ok()?;
        let names = [from, to].map(|id| document.describe_namespace(id));
        Some((address, names.join(" → ")))
    });
    let Some((address, names)) = found else {
        return Vec::new();
    };
    let question = move |question: Question| {
        Callback::new(move |()| {
            dock.question.set(question);
            dock.probe_from(from, Some(address));
        })
    };
    vec![
        Item {
            icon: Icon::Ping,
            text: format!("Ping {names}"),
            act: Callback::new(move |()| {
                dock.show(Tab::Pings);
                dock.ping(lab, from, address);
            }),
        },
        Item {
            icon: Icon::Play,
            text: format!("TCP connect {names}…"),
            act: question(Question::Tcp),
        },
        Item {
            icon: Icon::Play,
            text: format!("Traceroute {names}…"),
            act: question(Question::Traceroute),
        },
    ]
}

fn capture_items(
    lab: Lab,
    dock: Dock,
    chosen: impl Fn(InterfaceId, &topology::document::Interface) -> bool,
) -> Vec<Item> {
    lab.peek(|document| {
        let found = document.interfaces.iter();
        found
            .filter(|(id, interface)| chosen(**id, interface))
            .map(|(&id, interface)| Item {
                icon: Icon::Capture,
                text: format!("Capture on {}", interface.name),
                act: Callback::new(move |()| dock.capture(lab, id)),
            })
            .collect()
    })
}

fn power(lab: Lab, id: InterfaceId) -> Item {
    let (name, up) = lab.peek(|document| {
        let found = document.interfaces.get(&id);
        (
            document.describe_interface(id),
            found.is_some_and(|interface| interface.up),
        )
    });
    Item {
        icon: if up { Icon::Stop } else { Icon::Play },
        text: format!("Set {name} {}", if up { "down" } else { "up" }),
        act: Callback::new(move |()| {
            lab.dispatch(Edit::SetUp {
                interface: id,
                up: !up,
            });
        }),
    }
}
