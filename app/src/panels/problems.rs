//! What is wrong with the document.

use leptos::prelude::*;
use topology::Document;
use topology::edit::Place;
use topology::problem::{Fix, Problem, Severity, check, fixes};

use super::inspector::commit_or_tell;
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
        let fixes = lab.peek(|document| fixes(document, &problem));
        let fixes = fixes.into_iter().map(|Fix { label, edit }| {
            let about = format!("{label}: {}", problem.subject);
            view! {
                <button
                    class="small"
                    aria-label=about
                    data-testid=testids::FIX
                    on:click=move |_| commit_or_tell(lab, edit.clone())
                >
                    {label}
                </button>
            }
        });
        let fixes = fixes.collect_view();
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
                {fixes}
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
