//! The buttons at the end of a row: small, with a sign and without a word.

use leptos::prelude::*;

use crate::icons::{Icon, icon};

/// One of them.
#[component]
pub(crate) fn RowButton(
    /// What it does, for those who point at it or hear it.
    #[prop(into)]
    label: String,
    /// Its sign.
    sign: Icon,
    /// Does it.
    act: Callback<()>,
    /// Of what it is, where the label alone does not say so to those who hear it.
    #[prop(optional, into)]
    of: Option<String>,
    /// Whether it can be done now.
    #[prop(default = Signal::stored(true), into)]
    can: Signal<bool>,
    /// How tests find it.
    #[prop(optional)]
    testid: Option<&'static str>,
) -> impl IntoView {
    let heard = match of {
        Some(of) => format!("{label} {of}"),
        None => label.clone(),
    };
    view! {
        <button
            class="ghost small"
            aria-label=heard
            title=label
            data-testid=testid
            disabled=move || !can.get()
            on:click=move |_| act.run(())
        >
            {icon(sign)}
        </button>
    }
}

/// Again, and away with it: of what was asked and is answered.
#[component]
pub(crate) fn AgainAndDismiss(
    /// What is done again: `Ping again`.
    label: &'static str,
    /// Does it again.
    again: Callback<()>,
    /// Whether that can be done now.
    can: Signal<bool>,
    /// Takes the row away.
    dismiss: Callback<()>,
) -> impl IntoView {
    view! {
        <RowButton label=label sign=Icon::Restart act=again can=can />
        <RowButton label="Dismiss" sign=Icon::Close act=dismiss />
    }
}
