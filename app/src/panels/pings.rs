//! Pings: choose from where and to where, and see the replies stream in.

use leptos::prelude::*;
use topology::NamespaceId;

use super::dock::Dock;
use super::ping_options::{PingOptionFields, Typed};
use super::ping_row::PingRow;
use crate::editor::lab::Lab;
use crate::editor::reach::{Target, address_of, targets};
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

/// From where the next ping or probe goes: what was chosen, else the first namespace.
pub(crate) fn source_of(lab: Lab, dock: Dock) -> Memo<Option<NamespaceId>> {
    Memo::new(move |_| {
        let chosen = dock.ping_source.get();
        lab.read(|document| {
            let is_there = |id: &NamespaceId| document.namespaces.contains_key(id);
            // The host is seldom meant.
            let others = document
                .namespaces
                .keys()
                .skip(1)
                .chain(document.namespaces.keys());
            chosen.filter(is_there).or_else(|| others.copied().next())
        })
    })
}

/// Chooses from where.
#[component]
pub(crate) fn SourceSelect(
    /// Of the element, and of its hook for tests.
    id: &'static str,
) -> impl IntoView {
    let lab = Lab::of_page();
    let dock = Dock::of_page();
    let source = source_of(lab, dock);
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
    view! {
        <select
            id=id
            data-testid=id
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
    }
}

/// The addresses that another namespace than the source has.
fn proposals(lab: Lab, dock: Dock) -> Memo<Vec<Target>> {
    let source = source_of(lab, dock);
    Memo::new(move |_| {
        let source = source.get();
        lab.read(|document| {
            let mut all = targets(document);
            all.retain(|target| Some(target.namespace) != source);
            all
        })
    })
}

/// To where: an address, or the name of a namespace.
#[component]
pub(crate) fn TargetField(
    /// Of the element, and of its hook for tests.
    id: &'static str,
    /// What is wrong with it.
    error: RwSignal<Option<String>>,
) -> impl IntoView {
    let lab = Lab::of_page();
    let dock = Dock::of_page();
    let proposals = proposals(lab, dock);
    let list = format!("{id}s");
    view! {
        <input
            id=id
            class="mono"
            list=list.clone()
            placeholder="10.0.0.2"
            autocomplete="off"
            spellcheck="false"
            data-testid=id
            aria-invalid=move || error.with(Option::is_some).to_string()
            aria-describedby="ping-error"
            prop:value=move || dock.ping_target.get()
            on:input=move |event| {
                error.set(None);
                dock.ping_target.set(event_target_value(&event));
            }
        />
        <datalist id=list>
            <For each=move || proposals.get() key=|target| (target.address, target.interface.clone()) let:target>
                <option value=target.address.to_string()>{target.interface}</option>
            </For>
        </datalist>
    }
}

#[component]
fn PingForm() -> impl IntoView {
    let lab = Lab::of_page();
    let dock = Dock::of_page();
    let source = source_of(lab, dock);
    let proposals = proposals(lab, dock);
    let error = RwSignal::new(None::<String>);
    let open = RwSignal::new(
        dock.ping_options
            .with_untracked(|typed| *typed != Typed::default()),
    );
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let Some(source) = source.get_untracked() else {
            return;
        };
        let typed = dock.ping_target.get_untracked();
        let options = dock.ping_options.with_untracked(Typed::options);
        let target = lab.peek(|document| address_of(document, source, &typed));
        match options.and(target) {
            Ok(target) => {
                error.set(None);
                dock.ping(lab, source, target);
            }
            Err(why) => error.set(Some(why)),
        }
    };
    view! {
        <form on:submit=submit>
            <div class="panel-bar">
                <label for="ping-source">"From"</label>
                <SourceSelect id=testids::PING_SOURCE />
                <label for="ping-target">"to"</label>
                <TargetField id=testids::PING_TARGET error=error />
                <button
                    class="primary"
                    type="submit"
                    data-testid=testids::PING_START
                    disabled=move || !lab.is_live()
                >
                    {icon(Icon::Ping)}
                    "Ping"
                </button>
                <button
                    type="button"
                    class="ghost"
                    data-testid=testids::PING_OPTIONS
                    aria-expanded=move || open.get().to_string()
                    on:click=move |_| open.update(|open| *open = !*open)
                >
                    "Options"
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
            </div>
            <Show when=move || open.get()>
                <PingOptionFields />
            </Show>
        </form>
    }
}
