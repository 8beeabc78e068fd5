//! The menus of fields and of packets.

use leptos::html::Div;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;

use super::desk::Desk;
use crate::toast::Toasts;

/// A menu that is open.
#[derive(Clone)]
pub(super) struct OpenMenu {
    /// Where, in the window.
    at: (f64, f64),
    items: Vec<(String, Callback<()>)>,
}

impl Desk {
    /// Opens the menu of a field of the selected packet.
    pub(super) fn open_field_menu(
        self,
        event: &leptos::ev::MouseEvent,
        index: usize,
        toasts: Toasts,
    ) {
        event.prevent_default();
        let Some((filter, value, name, number)) = self.looked.with_untracked(|looked| {
            let looked = looked.as_ref()?;
            let node = looked.tree.nodes.get(index)?;
            Some((
                node.filter(&looked.data),
                node.text(&looked.data),
                node.field.name,
                looked.number,
            ))
        }) else {
            return;
        };
        self.field.set(Some(index));
        let mut items = self.filter_items(&filter);
        let is_column = self
            .columns
            .with_untracked(|all| all.iter().any(|column| column == name));
        let label = if is_column {
            "Remove the column"
        } else {
            "Apply as column"
        };
        let turn = Callback::new(move |()| self.turn_column(name));
        items.push((label.to_owned(), turn));
        items.push(copying("Copy value", value, toasts));
        items.push(copying("Copy field name", name.to_owned(), toasts));
        items.push(copying("Copy as filter", filter, toasts));
        items.extend(self.stream_items(number));
        self.open_menu(event, items);
    }

    /// Opens the menu of a packet.
    pub(super) fn open_packet_menu(
        self,
        event: &leptos::ev::MouseEvent,
        number: u64,
        toasts: Toasts,
    ) {
        event.prevent_default();
        self.select(number);
        let item = |text: &str, act: Callback<()>| (text.to_owned(), act);
        let (marked, is_reference) = self.peek(|viewer| {
            (
                viewer.marks().contains(&number),
                viewer.reference() == Some(number),
            )
        });
        let mut items = vec![
            item(
                if marked {
                    "Remove the mark"
                } else {
                    "Mark (m)"
                },
                Callback::new(move |()| self.note(|viewer| viewer.turn_mark(number))),
            ),
            item(
                if is_reference {
                    "Count times from the first packet"
                } else {
                    "Count times from here (t)"
                },
                Callback::new(move |()| self.turn_reference(number)),
            ),
        ];
        items.extend(self.stream_items(number));
        let line = self.peek(|viewer| viewer.tcpdump(number, &viewer.text));
        if let Some(line) = line {
            items.push(copying("Copy as text", line, toasts));
        }
        let bytes = self.peek(|viewer| {
            let entry = viewer.store().get(number)?;
            Some(
                entry
                    .view
                    .data
                    .iter()
                    .map(|byte| format!("{byte:02x}"))
                    .collect::<String>(),
            )
        });
        if let Some(bytes) = bytes {
            items.push(copying("Copy bytes as hex", bytes, toasts));
        }
        self.open_menu(event, items);
    }

    /// Makes times count from a packet, or from the first again.
    pub(super) fn turn_reference(self, number: u64) {
        self.note(|viewer| {
            let now = (viewer.reference() != Some(number)).then_some(number);
            viewer.set_reference(now);
        });
    }

    fn filter_items(self, filter: &str) -> Vec<(String, Callback<()>)> {
        let now = self.peek(|viewer| viewer.filter().to_owned());
        let item = |text: &str, filter: String| {
            let act = Callback::new(move |()| self.apply(&filter));
            (text.to_owned(), act)
        };
        let mut items = vec![
            item("Use as filter", filter.to_owned()),
            item("Use as filter: not", format!("!({filter})")),
        ];
        if !now.is_empty() {
            items.extend([
                item("… and this", format!("({now}) && {filter}")),
                item("… or this", format!("({now}) || {filter}")),
                item("… and not this", format!("({now}) && !({filter})")),
            ]);
        }
        items
    }

    fn stream_items(self, number: u64) -> Option<(String, Callback<()>)> {
        let protocol = self.peek(|viewer| {
            let tree = viewer.tree(number)?;
            let of = |name: &str| tree.find(name).next().is_some();
            match (of("tcp.stream"), of("udp.stream")) {
                (true, _) => Some("TCP"),
                (_, true) => Some("UDP"),
                _ => None,
            }
        })?;
        let act = Callback::new(move |()| self.followed.set(Some(number)));
        Some((format!("Follow {protocol} stream"), act))
    }

    fn open_menu(self, event: &leptos::ev::MouseEvent, items: Vec<(String, Callback<()>)>) {
        let at = (f64::from(event.client_x()), f64::from(event.client_y()));
        self.menu.set(Some(OpenMenu { at, items }));
    }
}

fn copying(label: &str, text: String, toasts: Toasts) -> (String, Callback<()>) {
    let act = Callback::new(move |()| copy(text.clone(), toasts));
    (label.to_owned(), act)
}

/// Copies a text, or says that it may not.
pub(super) fn copy(text: String, toasts: Toasts) {
    spawn_local(async move {
        let clipboard = window().navigator().clipboard();
        if JsFuture::from(clipboard.write_text(&text)).await.is_err() {
            toasts.error("The browser does not let this page copy");
        }
    });
}

/// The menu, when it is open.
#[component]
pub(super) fn PacketMenu() -> impl IntoView {
    let desk = Desk::of_viewer();
    let menu = NodeRef::<Div>::new();
    Effect::new(move |_| {
        let first = menu
            .get()
            .and_then(|menu| menu.query_selector("button").ok()?);
        if let Some(first) = first.and_then(|first| first.dyn_into::<web_sys::HtmlElement>().ok()) {
            // Nothing is lost if it cannot have the focus.
            let _ = first.focus();
        }
    });
    move || {
        desk.menu.get().map(|open| {
            let inner = |size: Result<wasm_bindgen::JsValue, wasm_bindgen::JsValue>| {
                size.ok().and_then(|size| size.as_f64()).unwrap_or(800.0)
            };
            // Kept in the window.
            let height = open.items.len() as f64 * 30.0 + 14.0;
            let x = open
                .at
                .0
                .min(inner(window().inner_width()) - 240.0)
                .max(0.0);
            let y = open
                .at
                .1
                .min(inner(window().inner_height()) - height)
                .max(0.0);
            let close = move || desk.menu.set(None);
            view! {
                <div
                    class="menu-ground"
                    on:pointerdown=move |_| close()
                    on:contextmenu=move |event| {
                        event.prevent_default();
                        close();
                    }
                ></div>
                <div
                    node_ref=menu
                    class="menu packet-menu"
                    role="menu"
                    style:left=format!("{x:.0}px")
                    style:top=format!("{y:.0}px")
                    on:keydown=move |event| {
                        event.stop_propagation();
                        match event.key().as_str() {
                            "Escape" => close(),
                            "ArrowDown" => turn(&event, true),
                            "ArrowUp" => turn(&event, false),
                            _ => {}
                        }
                    }
                >
                    {open
                        .items
                        .into_iter()
                        .map(|(text, act)| {
                            view! {
                                <button
                                    role="menuitem"
                                    on:click=move |_| {
                                        close();
                                        act.run(());
                                    }
                                >
                                    {text}
                                </button>
                            }
                        })
                        .collect_view()}
                </div>
            }
        })
    }
}

/// Moves the focus to the line below or above.
fn turn(event: &leptos::ev::KeyboardEvent, down: bool) {
    event.prevent_default();
    let target = event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    let next = target.and_then(|line| {
        if down {
            line.next_element_sibling()
        } else {
            line.previous_element_sibling()
        }
    });
    if let Some(next) = next.and_then(|next| next.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = next.focus();
    }
}
