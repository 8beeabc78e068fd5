//! Pings: choose from where and to where, and see the replies stream in.

use std::net::IpAddr;

use leptos::prelude::*;
use topology::NamespaceId;

use super::dock::Dock;
use super::ping_row::PingRow;
use crate::editor::lab::Lab;
use crate::editor::reach::targets;
use crate::icons::{Icon, icon};
use crate::testids;

/// The panel.
#[component]
pub(crate) fn PingsPanel() -> impl IntoView {
    let lab = Lab::of_page();
    view! {
        <div class="pings">
            <PingForm />
            <Show
                when=move || lab.streams.ping_ids.with(|ids| !ids.is_empty())
                fallback=move || view! { <p class="empty">{hint(lab)}</p> }
            >
                <ul class="ping-list">
                    <For
                        each=move || {
                            let mut ids = lab.streams.ping_ids.get();
                            ids.reverse();
                            ids
                        }
                        key=|id| *id
                        let:id
                    >
                        <PingRow id=id />
                    </For>
                </ul>
            </Show>
        </div>
    }
}

fn hint(lab: Lab) -> &'static str {
    if lab.is_running() {
        "No ping yet. Choose above, or take the ping tool (P) and drag from one namespace to another."
    } else {
        "Start the lab, then ping from one namespace to another: replies stream in here."
    }
}

#[component]
fn PingForm() -> impl IntoView {
    let lab = Lab::of_page();
    let dock = Dock::of_page();
    let sources = Memo::new(move |_| {
        lab.read(|document| {
            let names = document.namespaces.iter();
            let mut all: Vec<_> = names.map(|(id, ns)| (*id, ns.name.to_string())).collect();
            // The host is seldom meant.
            let by = usize::from(all.len() > 1);
            all.rotate_left(by);
            all
        })
    });
    let source = Memo::new(move |_| {
        let chosen = dock.ping_source.get();
        sources.with(|all| {
            let is_there = |id: &NamespaceId| all.iter().any(|(other, _)| other == id);
            chosen
                .filter(is_there)
                .or_else(|| all.first().map(|(id, _)| *id))
        })
    });
    let proposals = Memo::new(move |_| {
        let source = source.get();
        lab.read(|document| {
            let mut all = targets(document);
            all.retain(|target| Some(target.namespace) != source);
            all
        })
    });
    let error = RwSignal::new(None::<String>);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let typed = dock.ping_target.get_untracked();
        match (source.get_untracked(), typed.trim().parse::<IpAddr>()) {
            (Some(source), Ok(target)) => {
                error.set(None);
                dock.ping(lab, source, target);
            }
            (_, Err(_)) => error.set(Some(if typed.trim().is_empty() {
                "Ping which address?".into()
            } else {
                format!("`{}` is not an address", typed.trim())
            })),
            (None, _) => {}
        }
    };
    view! {
        <form class="panel-bar" on:submit=submit>
            <label for="ping-source">"From"</label>
            <select
                id="ping-source"
                data-testid=testids::PING_SOURCE
                prop:value=move || source.get().map(|id| id.0.to_string())
                on:change=move |event| {
                    let id = event_target_value(&event).parse().ok().map(NamespaceId);
                    dock.ping_source.set(id);
                }
            >
                <For each=move || sources.get() key=|s| s.clone() let:entry>
                    <option
                        value=entry.0.0.to_string()
                        selected=move || source.get() == Some(entry.0)
                    >
                        {entry.1}
                    </option>
                </For>
            </select>
            <label for="ping-target">"to"</label>
            <input
                id="ping-target"
                class="mono"
                list="ping-targets"
                placeholder="10.0.0.2"
                autocomplete="off"
                spellcheck="false"
                data-testid=testids::PING_TARGET
                aria-invalid=move || error.with(Option::is_some).to_string()
                aria-describedby="ping-error"
                prop:value=move || dock.ping_target.get()
                on:input=move |event| {
                    error.set(None);
                    dock.ping_target.set(event_target_value(&event));
                }
            />
            <datalist id="ping-targets">
                <For each=move || proposals.get() key=|target| (target.address, target.interface.clone()) let:target>
                    <option value=target.address.to_string()>{target.interface}</option>
                </For>
            </datalist>
            <button
                class="primary"
                type="submit"
                data-testid=testids::PING_START
                disabled=move || !lab.is_live()
            >
                {icon(Icon::Ping)}
                "Ping"
            </button>
            <span id="ping-error" class="field-error" role="alert">
                {move || error.get()}
            </span>
            <span class="chips">
                {move || {
                    proposals
                        .get()
                        .into_iter()
                        .take(6)
                        .map(|target| {
                            let text = target.address.to_string();
                            let title = target.interface;
                            view! {
                                <button
                                    type="button"
                                    class="pick mono"
                                    title=title
                                    on:click={
                                        let text = text.clone();
                                        move |_| dock.ping_target.set(text.clone())
                                    }
                                >
                                    {text.clone()}
                                </button>
                            }
                        })
                        .collect_view()
                }}
            </span>
        </form>
    }
}
