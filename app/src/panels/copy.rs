//! A button that copies a text.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen_futures::JsFuture;

use crate::icons::{Icon, icon};
use crate::toast::Toasts;

/// The button.
#[component]
pub(crate) fn CopyButton(
    /// What is copied, asked for at the press.
    text: Callback<(), String>,
) -> impl IntoView {
    let toasts = Toasts::of_page();
    let done = RwSignal::new(false);
    let copy = move |_| {
        let text = text.run(());
        spawn_local(async move {
            let clipboard = window().navigator().clipboard();
            if JsFuture::from(clipboard.write_text(&text)).await.is_ok() {
                done.try_set(true);
                set_timeout(
                    move || {
                        done.try_set(false);
                    },
                    Duration::from_secs(2),
                );
            } else {
                toasts.error("The browser does not let this page copy: select the text instead");
            }
        });
    };
    view! {
        <button class="ghost small" on:click=copy>
            {move || icon(if done.get() { Icon::Check } else { Icon::Copy })}
            {move || if done.get() { "Copied" } else { "Copy" }}
        </button>
    }
}
