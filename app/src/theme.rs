//! Light and dark: as the system has it, until somebody chooses.

use leptos::prelude::*;
use web_sys::Storage;

use crate::icons::{Icon, icon};

/// Under which the choice is kept.
const KEY: &str = "netyard.theme";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Choice {
    System,
    Light,
    Dark,
}

impl Choice {
    fn attribute(self) -> Option<&'static str> {
        match self {
            Self::System => None,
            Self::Light => Some("light"),
            Self::Dark => Some("dark"),
        }
    }

    fn next(self) -> Self {
        match self {
            Self::System => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::System,
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::System => "Colours: as the system",
            Self::Light => "Colours: light",
            Self::Dark => "Colours: dark",
        }
    }
}

/// Shows the colours that were chosen last time.
pub(crate) fn restore() {
    apply(stored());
}

fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

fn stored() -> Choice {
    let text = storage().and_then(|storage| storage.get_item(KEY).ok().flatten());
    match text.as_deref() {
        Some("light") => Choice::Light,
        Some("dark") => Choice::Dark,
        _ => Choice::System,
    }
}

fn apply(choice: Choice) {
    let Some(root) = document().document_element() else {
        return;
    };
    // Neither can fail for a valid name.
    let _ = match choice.attribute() {
        Some(theme) => root.set_attribute("data-theme", theme),
        None => root.remove_attribute("data-theme"),
    };
}

/// Goes round the choices.
#[component]
pub(crate) fn ThemeButton() -> impl IntoView {
    let choice = RwSignal::new(stored());
    let turn = move |_| {
        let next = choice.get_untracked().next();
        choice.set(next);
        apply(next);
        if let Some(storage) = storage() {
            // A browser that keeps nothing still shows it.
            let _ = storage.set_item(KEY, next.attribute().unwrap_or_default());
        }
    };
    view! {
        <button
            class="ghost"
            aria-label=move || choice.get().label()
            title=move || choice.get().label()
            on:click=turn
        >
            {move || icon(match choice.get() {
                Choice::System => Icon::SunMoon,
                Choice::Light => Icon::Sun,
                Choice::Dark => Icon::Moon,
            })}
        </button>
    }
}
