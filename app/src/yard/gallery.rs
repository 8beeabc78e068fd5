//! The examples.

use leptos::prelude::*;
use protocol::lab::ExampleSummary;

use super::page::Yard;
use super::thumbnail::thumbnail;
use crate::canvas::contents::counted;
use crate::testids;

/// The examples as cards; one click opens a copy.
#[component]
pub(crate) fn Gallery() -> impl IntoView {
    let yard = Yard::of_page();
    view! {
        <section class="gallery" aria-labelledby="gallery-title">
            <h2 id="gallery-title">
                {move || if yard.is_empty() { "Start with an example" } else { "Examples" }}
            </h2>
            <p class="hint">
                "Each opens as a lab of your own. The article's lab is what one reads first about \
                 network namespaces: start it and ping from red to blue."
            </p>
            <div class="cards">
                <For
                    each=move || yard.examples.get()
                    key=|example| example.name.clone()
                    children=move |example| view! { <Example example=example /> }
                />
            </div>
        </section>
    }
}

#[component]
fn Example(example: ExampleSummary) -> impl IntoView {
    let yard = Yard::of_page();
    let ExampleSummary {
        name,
        title,
        description,
        document,
    } = example;
    let counts = format!(
        "{} · {}",
        counted(document.namespaces.len().saturating_sub(1), "namespace"),
        counted(document.links().count(), "link"),
    );
    let testid = testids::example(&name);
    view! {
        <button
            class="example"
            data-testid=testid
            disabled=move || yard.busy.get()
            on:click=move |_| yard.open_example(&name)
        >
            {thumbnail(&document)}
            <span class="words">
                <span class="title">{title}</span>
                <span class="description">{worded(&description)}</span>
                <span class="counts">{counts}</span>
            </span>
        </button>
    }
}

/// What stands between backticks is written as code.
fn worded(text: &str) -> Vec<AnyView> {
    let parts = text.split('`').map(ToOwned::to_owned).enumerate();
    parts
        .map(|(at, part)| match at % 2 {
            0 => part.into_any(),
            _ => view! { <code>{part}</code> }.into_any(),
        })
        .collect()
}
