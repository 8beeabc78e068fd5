//! Short messages over everything, read out to those who cannot see them.

use std::time::Duration;

use leptos::prelude::*;

use crate::icons::{Icon, icon};
use crate::testids;

/// How long a message stays.
const INFO: Duration = Duration::from_secs(5);
/// An error takes longer to read.
const ERROR: Duration = Duration::from_secs(14);
/// Most messages at once.
const MOST: usize = 4;

#[derive(Clone, PartialEq)]
struct Toast {
    id: u64,
    text: String,
    is_error: bool,
}

/// The messages that are shown.
#[derive(Clone, Copy)]
pub(crate) struct Toasts {
    list: RwSignal<Vec<Toast>>,
    next: StoredValue<u64>,
}

impl Toasts {
    /// Provides the messages to everything below.
    pub(crate) fn provide() -> Self {
        let toasts = Self {
            list: RwSignal::new(Vec::new()),
            next: StoredValue::new(0),
        };
        provide_context(toasts);
        toasts
    }

    /// Those of the page.
    pub(crate) fn of_page() -> Self {
        expect_context()
    }

    /// Something that was done.
    pub(crate) fn info(self, text: impl Into<String>) {
        self.push(text.into(), false);
    }

    /// Something that could not be done.
    pub(crate) fn error(self, text: impl Into<String>) {
        self.push(text.into(), true);
    }

    fn push(self, text: String, is_error: bool) {
        let id = self.next.get_value();
        self.next.set_value(id + 1);
        self.list.update(|list| {
            list.retain(|toast| toast.text != text);
            if list.len() == MOST {
                list.remove(0);
            }
            list.push(Toast { id, text, is_error });
        });
        set_timeout(move || self.drop(id), if is_error { ERROR } else { INFO });
    }

    fn drop(self, id: u64) {
        self.list
            .try_update(|list| list.retain(|toast| toast.id != id));
    }
}

/// Shows the messages.
#[component]
pub(crate) fn ToastList() -> impl IntoView {
    let toasts = Toasts::of_page();
    view! {
        <div class="toasts" role="status" aria-live="polite" data-testid=testids::TOASTS>
            <For each=move || toasts.list.get() key=|toast| toast.id let:toast>
                <div class="toast" class:bad=toast.is_error>
                    {icon(if toast.is_error { Icon::Alert } else { Icon::Info })}
                    <p>{toast.text}</p>
                    <button
                        class="ghost small"
                        aria-label="Dismiss"
                        on:click=move |_| toasts.drop(toast.id)
                    >
                        {icon(Icon::Close)}
                    </button>
                </div>
            </For>
        </div>
    }
}
