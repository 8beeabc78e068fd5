//! Fields: a text that is committed by Enter or by leaving it, a switch, a choice.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use topology::Edit;
use topology::edit::{EditError, Place};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use crate::editor::lab::Lab;

/// What comes of a field: nothing, or what is wrong with the text.
pub(crate) type Commit = Callback<String, Result<(), String>>;

/// Commits an edit; a refusal goes to the field and not into a message.
pub(crate) fn commit(lab: Lab, edit: Edit) -> Result<(), String> {
    lab.commit(edit).map_err(|error| error.reason.to_string())
}

/// Like [`commit`], for switches and buttons that have no room for words.
pub(crate) fn commit_or_tell(lab: Lab, edit: Edit) {
    lab.dispatch(edit);
}

/// The server's refusal of the latest own edit, if it is about that place.
pub(super) fn refusal_at(lab: Lab, place: Option<Place>) -> Option<String> {
    let about = |error: &EditError| place == Some(error.place);
    lab.refusal.with(|refusal| {
        let found = refusal.as_ref().filter(|error| about(error))?;
        Some(found.reason.to_string())
    })
}

/// A text.
#[component]
pub(crate) fn TextField(
    /// What it is.
    #[prop(into)]
    label: String,
    /// What the document has.
    #[prop(into)]
    value: Signal<String>,
    /// What to do with a new text.
    commit: Commit,
    /// Shown while it is empty.
    #[prop(optional, into)]
    placeholder: String,
    /// Of which field of the document it is, for refusals by the server.
    #[prop(optional)]
    place: Option<Place>,
    /// Whether nothing can be set there.
    #[prop(optional, into)]
    off: MaybeProp<bool>,
    /// Whether it takes long texts: it gets the whole width, below its label.
    #[prop(optional)]
    wide: bool,
) -> impl IntoView {
    let lab = Lab::of_page();
    let draft = RwSignal::new(None::<String>);
    let error = RwSignal::new(None::<String>);
    let shown = move || draft.get().unwrap_or_else(|| value.get());
    let message = Memo::new(move |_| error.get().or_else(|| refusal_at(lab, place)));
    // A browser says `blur` while it removes a field that has the focus: by then the field's signals
    // may be gone.
    let finish = move || {
        let (Some(Some(text)), Some(now)) = (draft.try_get_untracked(), value.try_get_untracked())
        else {
            return;
        };
        if text == now {
            draft.try_set(None);
            error.try_set(None);
            return;
        }
        match commit.run(text) {
            Ok(()) => {
                // The field may have gone with its object.
                draft.try_set(None);
                error.try_set(None);
            }
            Err(why) => {
                error.try_set(Some(why));
            }
        }
    };
    let key = move |event: KeyboardEvent| match event.key().as_str() {
        "Enter" => finish(),
        "Escape" => {
            draft.try_set(None);
            error.try_set(None);
            let target = event.target();
            if let Some(field) = target.and_then(|t| t.dyn_into::<HtmlElement>().ok()) {
                // Nothing is lost if it keeps the focus.
                let _ = field.blur();
            }
        }
        _ => {}
    };
    view! {
        <label class="field" class:wide=wide>
            <span class="field-label">{label}</span>
            <input
                class="mono"
                autocomplete="off"
                spellcheck="false"
                placeholder=placeholder
                disabled=move || off.get().unwrap_or_default()
                aria-invalid=move || message.with(Option::is_some).to_string()
                prop:value=shown
                on:input=move |event| {
                    error.set(None);
                    draft.set(Some(event_target_value(&event)));
                }
                on:blur=move |_| finish()
                on:keydown=key
            />
            <span class="field-error" role="alert">
                {move || message.get()}
            </span>
        </label>
    }
}

/// On or off.
#[component]
pub(crate) fn Switch(
    /// What it is.
    #[prop(into)]
    label: String,
    /// What the document has.
    #[prop(into)]
    on: Signal<bool>,
    /// What to do when it is turned.
    turn: Callback<bool>,
) -> impl IntoView {
    view! {
        <label class="switch">
            <input
                type="checkbox"
                role="switch"
                prop:checked=move || on.get()
                on:change=move |event| turn.run(event_target_checked(&event))
            />
            <span class="track" aria-hidden="true"></span>
            <span>{label}</span>
        </label>
    }
}

/// One of several. A pointer's choice counts at once; keys go through the options one by one, so
/// that theirs counts at Enter or when the field is left.
#[component]
pub(crate) fn Choice(
    /// What it is.
    #[prop(into)]
    label: String,
    /// The key of what the document has.
    #[prop(into)]
    value: Signal<String>,
    /// Keys and texts.
    #[prop(into)]
    options: Signal<Vec<(String, String)>>,
    /// What to do with another key.
    choose: Callback<String>,
) -> impl IntoView {
    let draft = RwSignal::new(None::<String>);
    let by_keys = StoredValue::new(false);
    let shown = move || draft.get().unwrap_or_else(|| value.get());
    // As with a text, the signals may be gone when the focus is.
    let finish = move || {
        let (Some(Some(key)), Some(now)) = (draft.try_get_untracked(), value.try_get_untracked())
        else {
            return;
        };
        draft.try_set(None);
        if key != now {
            choose.run(key);
        }
    };
    let key = move |event: KeyboardEvent| match event.key().as_str() {
        "Enter" => finish(),
        "Escape" => {
            draft.try_set(None);
        }
        _ => by_keys.set_value(true),
    };
    view! {
        <label class="field">
            <span class="field-label">{label}</span>
            <select
                class="mono"
                class:draft=move || draft.with(Option::is_some)
                title=move || draft.with(Option::is_some).then_some("Press Enter to change it")
                prop:value=move || {
                    // Options that are drawn later must not lose the choice.
                    options.track();
                    shown()
                }
                on:pointerdown=move |_| by_keys.set_value(false)
                on:keydown=key
                on:blur=move |_| finish()
                on:change=move |event| {
                    draft.try_set(Some(event_target_value(&event)));
                    if !by_keys.get_value() {
                        finish();
                    }
                }
            >
                <For each=move || options.get() key=|option| option.clone() let:option>
                    {
                        let key = option.0.clone();
                        view! {
                            <option value=option.0 selected=move || shown() == key>
                                {option.1}
                            </option>
                        }
                    }
                </For>
            </select>
        </label>
    }
}
