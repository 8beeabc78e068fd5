//! What most people never need, folded away until somebody asks for it.

use leptos::prelude::*;

/// A part of the inspector that opens by its title, by pointer or keys.
#[component]
pub(crate) fn Folded(
    /// What it is.
    #[prop(into)]
    title: Signal<String>,
    /// How it stands, in a few words: to be seen without opening it.
    #[prop(into)]
    said: Signal<String>,
    children: Children,
) -> impl IntoView {
    view! {
        <details class="parameters">
            <summary>
                {title} <span class="faint">{said}</span>
            </summary>
            {children()}
        </details>
    }
}

/// `as usual`, or how many are set.
pub(crate) fn count(set: usize) -> String {
    match set {
        0 => "as usual".to_owned(),
        set => format!("{set} set"),
    }
}
