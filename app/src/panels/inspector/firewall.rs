//! The firewall of a namespace: its text, ready-made parts for it, and what its rules count.

use std::time::Duration;

use leptos::ev::KeyboardEvent;
use leptos::html::Textarea;
use leptos::prelude::*;
use protocol::lab::RunState;
use topology::edit::{Field, Place};
use topology::feature::Feature;
use topology::firewall::Ruleset;
use topology::firewall::counters::Counted;
use topology::{Edit, NamespaceId};
use wasm_bindgen_futures::spawn_local;

use super::field::{commit, refusal_at};
use super::lacking::Lacking;
use crate::editor::firewall::Part;
use crate::editor::lab::Lab;
use crate::http;
use crate::testids;

/// How often the counters are read while somebody looks.
const EVERY: Duration = Duration::from_secs(1);
/// Fewest and most lines of the text that are shown.
const LINES: (usize, usize) = (4, 24);

/// The section.
#[component]
pub(crate) fn Firewall(
    /// Of which namespace.
    id: NamespaceId,
) -> impl IntoView {
    let lab = Lab::of_page();
    let field = NodeRef::<Textarea>::new();
    let value = Memo::new(move |_| {
        lab.read(|document| {
            let ruleset = document.namespaces.get(&id)?.firewall.as_ref()?;
            Some(ruleset.to_string())
        })
        .unwrap_or_default()
    });
    let draft = RwSignal::new(None::<String>);
    let error = RwSignal::new(None::<String>);
    let shown = move || draft.get().unwrap_or_else(|| value.get());
    let place = Place::Namespace(id, Some(Field::Firewall));
    let message = Memo::new(move |_| {
        error
            .get()
            .or_else(|| refusal_at(lab, Some(place)))
            .or_else(|| kernels_refusal(lab, id))
    });
    // As in `TextField`: a browser says `blur` while it removes the field.
    let finish = move || {
        let (Some(Some(text)), Some(now)) = (draft.try_get_untracked(), value.try_get_untracked())
        else {
            return;
        };
        let outcome = match text.trim() {
            "" => Ok(None),
            _ => Ruleset::new(&text).map(Some).map_err(|e| e.to_string()),
        };
        let is_same = |ruleset: &Option<Ruleset>| {
            ruleset.as_ref().map(Ruleset::as_str).unwrap_or_default() == now
        };
        let outcome = outcome.and_then(|ruleset| match is_same(&ruleset) {
            true => Ok(()),
            false => commit(
                lab,
                Edit::SetFirewall {
                    namespace: id,
                    ruleset,
                },
            ),
        });
        match outcome {
            Ok(()) => {
                draft.try_set(None);
                error.try_set(None);
            }
            Err(why) => {
                error.try_set(Some(why));
            }
        }
    };
    let key = move |event: KeyboardEvent| match event.key().as_str() {
        "Enter" if event.ctrl_key() || event.meta_key() => {
            event.prevent_default();
            finish();
        }
        "Escape" => {
            draft.try_set(None);
            error.try_set(None);
            if let Some(field) = field.get_untracked() {
                // Nothing is lost if it keeps the focus.
                let _ = field.blur();
            }
        }
        _ => {}
    };
    let insert = move |part: Part| {
        let mut text = shown_untracked(draft, value);
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        let part = lab.peek(|document| part.text(document, id));
        draft.set(Some(text + &part));
        error.set(None);
        // To change what was guessed; it is applied when the field is left.
        if let Some(field) = field.get_untracked() {
            let _ = field.focus();
        }
    };
    let rows = move || shown().lines().count().clamp(LINES.0, LINES.1);
    view! {
        <section class="firewall">
            <h3>
                "Firewall" <span class="grow"></span> <span class="faint">"nftables"</span>
            </h3>
            <Lacking features=&[Feature::Nftables] />
            <div class="kinds">
                {Part::ALL
                    .into_iter()
                    .map(|part| {
                        view! {
                            <button class="small" title=part.title() on:click=move |_| insert(part)>
                                {part.label()}
                            </button>
                        }
                    })
                    .collect_view()}
            </div>
            <textarea
                node_ref=field
                class="mono"
                class:draft=move || draft.with(Option::is_some)
                rows=rows
                wrap="off"
                spellcheck="false"
                autocomplete="off"
                aria-label="Ruleset of the firewall"
                aria-invalid=move || message.with(Option::is_some).to_string()
                placeholder="No rules: write them as for\nnft -f, or take a part above."
                data-testid=testids::FIREWALL
                prop:value=shown
                on:input=move |event| {
                    error.set(None);
                    draft.set(Some(event_target_value(&event)));
                }
                on:blur=move |_| finish()
                on:keydown=key
            ></textarea>
            <pre class="field-error" role="alert" data-testid=testids::FIREWALL_ERROR>
                {move || message.get()}
            </pre>
            <Show when=move || draft.with(Option::is_some)>
                <p class="hint">"Ctrl+Enter or leaving the text applies it; Esc discards."</p>
            </Show>
            <Counters id=id />
        </section>
    }
}

fn shown_untracked(draft: RwSignal<Option<String>>, value: Memo<String>) -> String {
    let draft = draft.get_untracked();
    draft.unwrap_or_else(|| value.get_untracked())
}

/// What `nft` or the kernel said against it, with line and column.
fn kernels_refusal(lab: Lab, id: NamespaceId) -> Option<String> {
    lab.failure.with(|failure| {
        let failure = failure.as_ref().filter(|f| f.namespace == Some(id))?;
        let (_, words) = failure.error.split_once("the firewall of ")?;
        let (_, words) = words.split_once(": ")?;
        Some(words.to_owned())
    })
}

/// What its rules have counted, while the lab runs.
#[component]
fn Counters(id: NamespaceId) -> impl IntoView {
    let lab = Lab::of_page();
    let counted = RwSignal::new(Vec::<Counted>::new());
    let counts = Memo::new(move |_| {
        let runs = lab.run.with(|run| *run == RunState::Running);
        let has_rules = lab.observed.with(|observed| {
            let found = observed.as_ref().and_then(|o| o.namespaces.get(&id));
            found.is_some_and(|ns| ns.firewall.is_some())
        });
        runs && has_rules
    });
    let waiting = StoredValue::new(false);
    let ask = move || {
        let asks = counts.try_get_untracked().unwrap_or_default();
        let waits = waiting.try_get_value().unwrap_or(true);
        if !asks || waits || document().hidden() {
            return;
        }
        waiting.set_value(true);
        let name = lab.peek(|document| document.describe_namespace(id));
        let name = String::from(js_sys::encode_uri_component(&name));
        let path = format!("/api/v1/labs/{}/namespaces/{name}/firewall", lab.id());
        spawn_local(async move {
            // While the lab is being changed it may fail: the next one tells.
            if let Ok(now) = http::get::<Vec<Counted>>(&path).await {
                counted.try_set(now);
            }
            waiting.try_set_value(false);
        });
    };
    Effect::new(move |_| {
        if counts.get() {
            ask();
        } else {
            counted.set(Vec::new());
        }
    });
    if let Ok(handle) = set_interval_with_handle(ask, EVERY) {
        on_cleanup(move || handle.clear());
    }
    let row = |(counted, is_first): (Counted, bool)| {
        let title = [counted.table.as_str(), counted.chain.as_str()].join(" ");
        view! {
            {is_first.then(|| view! { <tr><th colspan="2" scope="rowgroup">{title}</th></tr> })}
            <tr class:quiet=counted.packets == 0>
                <td class="mono">{counted.rule}</td>
                <td class="mono count" title=format!("{} bytes", counted.bytes)>
                    {counted.packets.to_string()}
                </td>
            </tr>
        }
    };
    let rows = move || {
        let all = counted.get();
        let place = |c: &Counted| (c.table.clone(), c.chain.clone());
        let mut before = None;
        let marked = all.into_iter().map(|c| {
            let here = Some(place(&c));
            let is_first = before != here;
            before = here;
            (c, is_first)
        });
        marked
            .collect::<Vec<_>>()
            .into_iter()
            .map(row)
            .collect_view()
    };
    view! {
        <Show when=move || !counted.with(Vec::is_empty)>
            <table class="counters" data-testid=testids::FIREWALL_COUNTERS>
                <thead>
                    <tr>
                        <th scope="col">"Rules that count"</th>
                        <th scope="col" class="count">"packets"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </Show>
    }
}
