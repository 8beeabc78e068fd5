//! What is wrong with the document.

use leptos::prelude::*;
use topology::Document;
use topology::edit::Place;
use topology::problem::{Problem, Severity, check, has_remedy, remedy};

use crate::editor::lab::Lab;
use crate::editor::selection::Object;
use crate::icons::{Icon, icon};
use crate::testids;

/// What is wrong, the worst first.
pub(crate) fn problems(document: &Document) -> Vec<Problem> {
    check(document)
}

fn object_of(document: &Document, place: Place) -> Option<Object> {
    match place {
        Place::Document(_) => None,
        Place::Namespace(id, _) => Some(Object::of_namespace(id)),
        Place::Interface(id, _) => Object::showing(document, id),
    }
}

/// The list; a click selects the object.
#[component]
pub(crate) fn ProblemsPanel(
    /// What is wrong.
    problems: Memo<Vec<Problem>>,
) -> impl IntoView {
    let lab = Lab::of_page();
    let row = move |problem: Problem| {
        let (class, mark, word) = match problem.severity {
            Severity::Error => ("error", Icon::Alert, "Error"),
            Severity::Warning => ("warning", Icon::Alert, "Warning"),
            Severity::Info => ("info", Icon::Info, "Note"),
        };
        let place = problem.place;
        let has_remedy = lab.peek(|document| has_remedy(document, &problem));
        let about = problem.clone();
        let mend = move |_| {
            if let Some(edit) = lab.peek(|document| remedy(document, &about)) {
                lab.dispatch(edit);
            }
        };
        let mend = has_remedy.then(|| {
            let label = format!("Do it: {}", problem.hint);
            view! {
                <button class="small" data-testid=testids::REMEDY aria-label=label on:click=mend>
                    "Do it"
                </button>
            }
        });
        view! {
            <li>
                <button
                    class=format!("problem {class}")
                    on:click=move |_| {
                        let object = lab.peek(|document| object_of(document, place));
                        lab.select(object);
                    }
                >
                    {icon(mark)}
                    <span class="subject mono">{problem.subject}</span>
                    <span class="text">
                        <span class="visually-hidden">{format!("{word}: ")}</span>
                        {problem.text}
                        <span class="hint">{problem.hint}</span>
                    </span>
                </button>
                {mend}
            </li>
        }
    };
    view! {
        <Show
            when=move || problems.with(|all| !all.is_empty())
            fallback=|| view! { <p class="empty">{icon(Icon::Check)} "Nothing wrong that one could see from the document."</p> }
        >
            <ul class="problems">
                {move || problems.get().into_iter().map(row).collect_view()}
            </ul>
        </Show>
    }
}
