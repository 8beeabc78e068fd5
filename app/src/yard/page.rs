//! The first page: labs, examples, new ones.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::lab::{Created, ExampleSummary, LabId, LabSummary, NewLab};

use super::gallery::Gallery;
use super::labs::LabList;
use super::paste::{self, PasteDialog, Pasting};
use crate::http::{self, Failure};
use crate::icons::{Icon, icon};
use crate::imported;
use crate::route::{Page, Router};
use crate::split;
use crate::testids;
use crate::theme::ThemeButton;
use crate::toast::Toasts;

const LABS: &str = "/api/v1/labs";
const EXAMPLES: &str = "/api/v1/examples";
/// When the editor is fetched: after what this page itself asks for, before a person has chosen.
const PREFETCH: Duration = Duration::from_millis(500);

/// What the page knows and does.
#[derive(Clone, Copy)]
pub(crate) struct Yard {
    /// The labs, the one edited last first; `None` until they have come.
    pub(crate) labs: RwSignal<Option<Vec<LabSummary>>>,
    /// The examples.
    pub(crate) examples: RwSignal<Vec<ExampleSummary>>,
    /// Whether a lab is being made.
    pub(crate) busy: RwSignal<bool>,
    /// What the dialog for text and files shows.
    pub(crate) pasting: RwSignal<Pasting>,
    router: Router,
    toasts: Toasts,
}

impl Yard {
    fn provide() -> Self {
        let yard = Self {
            labs: RwSignal::new(None),
            examples: RwSignal::new(Vec::new()),
            busy: RwSignal::new(false),
            pasting: RwSignal::new(Pasting::No),
            router: Router::of_page(),
            toasts: Toasts::of_page(),
        };
        provide_context(yard);
        yard
    }

    /// That of the page.
    pub(crate) fn of_page() -> Self {
        expect_context()
    }

    /// Whether the yard is known to have no lab.
    pub(crate) fn is_empty(self) -> bool {
        self.labs
            .with(|labs| labs.as_ref().is_some_and(Vec::is_empty))
    }

    fn load(self) {
        spawn_local(async move {
            match http::get::<Vec<LabSummary>>(LABS).await {
                Ok(mut labs) => {
                    labs.sort_by_key(|lab| std::cmp::Reverse(lab.edited_at));
                    self.labs.try_set(Some(labs));
                }
                Err(failure) => self.toasts.error(failure.message),
            }
        });
    }

    fn load_examples(self) {
        spawn_local(async move {
            match http::get(EXAMPLES).await {
                Ok(examples) => {
                    self.examples.try_set(examples);
                }
                Err(failure) => self.toasts.error(failure.message),
            }
        });
    }

    /// Makes a lab and opens it; what the server says against it otherwise.
    pub(crate) async fn make(self, new: NewLab) -> Result<(), String> {
        self.busy.set(true);
        let made = make_lab(&new).await;
        self.busy.try_set(false);
        match made {
            Ok(id) => {
                self.router.go(Page::Lab(id));
                Ok(())
            }
            Err(failure) => Err(failure.message),
        }
    }

    fn make_or_tell(self, new: NewLab) {
        spawn_local(async move {
            if let Err(message) = self.make(new).await {
                self.toasts.error(message);
            }
        });
    }

    /// Opens a copy of an example.
    pub(crate) fn open_example(self, name: &str) {
        self.make_or_tell(NewLab::Example { name: name.into() });
    }

    /// Opens an empty lab.
    pub(crate) fn open_empty(self) {
        self.make_or_tell(NewLab::Empty {
            title: "New lab".into(),
        });
    }

    /// Deletes a lab for good.
    pub(crate) fn delete(self, id: LabId) {
        spawn_local(async move {
            if let Err(failure) = http::delete(&format!("{LABS}/{id}")).await {
                self.toasts.error(failure.message);
            }
            self.load();
        });
    }
}

/// Makes a lab; what became of what it was read from is kept for its page.
pub(crate) async fn make_lab(new: &NewLab) -> Result<LabId, Failure> {
    let made = http::post::<Created>(LABS, new).await?;
    if let Some(report) = &made.report {
        imported::keep(&made.id, report);
    }
    Ok(made.id)
}

/// The page.
#[component]
pub(crate) fn YardPage() -> impl IntoView {
    let yard = Yard::provide();
    yard.load();
    yard.load_examples();
    set_timeout(split::prefetch, PREFETCH);
    let over = paste::listen(yard);
    document().set_title("Netyard");
    view! {
        <div class="yard" class:dropping=move || over.get()>
            <header class="bar">
                <span class="logo"><Logo />"Netyard"</span>
                <span class="grow"></span>
                <ThemeButton />
            </header>
            <main>
                <div class="welcome">
                    <div>
                        <h1>"Draw a network. Linux runs it."</h1>
                        <p>
                            "Namespaces, bridges and cables on the canvas are real ones in the \
                             kernel: ping through them, look into them, pull a plug."
                        </p>
                    </div>
                    <div class="actions">
                        <button
                            on:click=move |_| {
                                let (text, error) = (String::new(), None);
                                yard.pasting.set(Pasting::Text { text, error });
                            }
                            data-testid=testids::PASTE_LAB
                        >
                            {icon(Icon::Paste)}
                            "Paste a lab or a script"
                        </button>
                        <button
                            class="primary"
                            disabled=move || yard.busy.get()
                            on:click=move |_| yard.open_empty()
                            data-testid=testids::NEW_LAB
                        >
                            {icon(Icon::Plus)}
                            "New lab"
                        </button>
                    </div>
                </div>
                <Show when=move || yard.labs.with(|labs| labs.as_ref().is_some_and(|l| !l.is_empty()))>
                    <LabList />
                </Show>
                <Gallery />
            </main>
            <Show when=move || yard.pasting.with(|pasting| *pasting != Pasting::No)>
                <PasteDialog />
            </Show>
        </div>
    }
}

/// The mark of the house.
#[component]
pub(crate) fn Logo() -> impl IntoView {
    view! { <img class="mark" src="/icons/netyard.svg" width="22" height="22" alt="" /> }
}
