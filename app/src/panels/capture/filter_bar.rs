//! The display filter: checked while it is typed, completed, and put in force by Enter.

use leptos::ev::KeyboardEvent;
use leptos::html::Input;
use leptos::prelude::*;
use packet::filter::{Completion, Filter, FilterError, complete};

use super::desk::Desk;
use crate::icons::{Icon, icon};
use crate::testids;

/// Proposals that are shown.
const MOST: usize = 12;

/// A line of the list under the field.
#[derive(Clone, PartialEq)]
enum Proposal {
    /// A name of a field.
    Name(Completion),
    /// A filter that was used before.
    Used(String),
}

/// The bar.
#[component]
pub(super) fn FilterBar() -> impl IntoView {
    let desk = Desk::of_viewer();
    let field = NodeRef::<Input>::new();
    let focused = RwSignal::new(false);
    let dismissed = RwSignal::new(false);
    let cursor = RwSignal::new(0_usize);
    let chosen = RwSignal::new(None::<usize>);
    let error = Memo::new(move |_| desk.filter.with(|text| Filter::new(text).err()));
    let in_force = move || desk.read(|viewer| viewer.filter().to_owned());
    let valid = move || {
        if desk.filter.with(|text| text.trim().is_empty()) {
            "unknown"
        } else if error.with(Option::is_some) {
            "false"
        } else {
            "true"
        }
    };
    let proposals = Memo::new(move |_| {
        if !focused.get() || dismissed.get() {
            return Vec::new();
        }
        let text = desk.filter.get();
        if text.is_empty() {
            let used = desk.history.get().into_iter().map(Proposal::Used);
            return used.collect();
        }
        let names = complete(&text, cursor.get()).into_iter().take(MOST);
        names.map(Proposal::Name).collect::<Vec<_>>()
    });
    let take = move |proposal: Proposal| {
        match proposal {
            Proposal::Used(text) => desk.apply(&text),
            Proposal::Name(completion) => {
                let text = desk.filter.get_untracked();
                let at = cursor.get_untracked().min(text.len());
                let (before, after) = (
                    text.get(..at).unwrap_or(&text),
                    text.get(at..).unwrap_or(""),
                );
                let word = before
                    .rfind(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_')))
                    .map_or(0, |at| at + 1);
                let whole = format!("{}{}", before.get(..word).unwrap_or(""), completion.name);
                cursor.set(whole.len());
                desk.filter.set(whole + after);
            }
        }
        chosen.set(None);
        if let Some(field) = field.get_untracked() {
            let _ = field.focus();
        }
    };
    let key = move |event: KeyboardEvent| {
        let count = proposals.with_untracked(Vec::len);
        match event.key().as_str() {
            "ArrowDown" if count > 0 => {
                chosen.update(|now| *now = Some(now.map_or(0, |now| (now + 1) % count)));
            }
            "ArrowUp" if count > 0 => {
                chosen.update(|now| {
                    *now = Some(now.map_or(count - 1, |now| (now + count - 1) % count))
                });
            }
            "Tab" | "Enter" if chosen.get_untracked().is_some() => {
                let at = chosen.get_untracked().unwrap_or_default();
                if let Some(proposal) = proposals.with_untracked(|all| all.get(at).cloned()) {
                    take(proposal);
                }
            }
            "Enter" => {
                dismissed.set(true);
                desk.apply(&desk.filter.get_untracked());
            }
            "Escape" => {
                dismissed.set(true);
                chosen.set(None);
            }
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let typed = move |event| {
        let text = event_target_value(&event);
        let place = field
            .get_untracked()
            .and_then(|field| field.selection_start().ok()?);
        // The field counts UTF-16; beyond ASCII there is nothing to complete.
        cursor.set(place.map_or(text.len(), |place| place as usize));
        dismissed.set(false);
        chosen.set(None);
        desk.filter.set(text);
    };
    view! {
        <div class="filter-bar">
            <input
                node_ref=field
                class="mono filter"
                placeholder="Display filter: ip.addr == 10.0.0.1 && tcp"
                aria-label="Display filter"
                autocomplete="off"
                spellcheck="false"
                role="combobox"
                aria-expanded=move || (!proposals.with(Vec::is_empty)).to_string()
                aria-controls="filter-proposals"
                aria-describedby="display-filter-error"
                data-testid=testids::DISPLAY_FILTER
                data-valid=valid
                aria-invalid=move || (valid() == "false").to_string()
                prop:value=move || desk.filter.get()
                on:input=typed
                on:keydown=key
                on:focus=move |_| focused.set(true)
                on:blur=move |_| focused.set(false)
            />
            <Show when=move || !in_force().is_empty()>
                <button
                    class="ghost small"
                    aria-label="Clear the display filter"
                    title="Clear"
                    on:click=move |_| desk.apply("")
                >
                    {icon(Icon::Close)}
                </button>
            </Show>
            <Show when=move || !proposals.with(Vec::is_empty)>
                <ul class="proposals" id="filter-proposals" role="listbox">
                    {move || {
                        proposals
                            .get()
                            .into_iter()
                            .enumerate()
                            .map(|(at, proposal)| {
                                let (name, title) = match &proposal {
                                    Proposal::Name(name) => {
                                        (name.name.to_owned(), format!("{} · {}", name.title, name.kind))
                                    }
                                    Proposal::Used(text) => (text.clone(), String::new()),
                                };
                                view! {
                                    <li
                                        role="option"
                                        aria-selected=move || (chosen.get() == Some(at)).to_string()
                                        data-testid=testids::COMPLETION
                                        on:mousedown=move |event| {
                                            event.prevent_default();
                                            take(proposal.clone());
                                        }
                                    >
                                        <span class="mono">{name}</span>
                                        <span class="faint">{title}</span>
                                    </li>
                                }
                            })
                            .collect_view()
                    }}
                </ul>
            </Show>
            <span
                id="display-filter-error"
                class="field-error"
                role="alert"
                data-testid=testids::DISPLAY_FILTER_ERROR
            >
                {move || error.get().map(|error| told(&error, &desk.filter.get()))}
            </span>
        </div>
    }
}

/// What is wrong, and with which part.
fn told(error: &FilterError, text: &str) -> String {
    match text.get(error.at.clone()) {
        Some(part) if !part.is_empty() && !error.message.contains(part) => {
            format!("{} (at “{part}”)", error.message)
        }
        _ => error.message.clone(),
    }
}
