//! What became of what the lab was read from: taken, changed, left out, offered.

use leptos::prelude::*;
use topology::Edit;
use topology::import::{Offer, Remark, Report};

use super::inspector::commit_or_tell;
use crate::canvas::contents::counted;
use crate::editor::lab::Lab;
use crate::icons::{Icon, icon};
use crate::imported;
use crate::testids;

/// The account of this lab's import, if this window has made it.
#[derive(Clone, Copy)]
pub(crate) struct ImportAccount {
    report: StoredValue<Option<Report>>,
    open: RwSignal<bool>,
}

impl ImportAccount {
    /// Provides it to everything below; it is shown at first if it has something to say.
    pub(crate) fn provide(lab: Lab) {
        let report = imported::of(&lab.id());
        let open = RwSignal::new(report.is_some());
        let report = StoredValue::new(report);
        provide_context(Self { report, open });
    }
}

/// Opens and closes the account.
#[component]
pub(crate) fn ImportButton() -> impl IntoView {
    let account: ImportAccount = expect_context();
    let has_one = account.report.with_value(Option::is_some);
    has_one.then(|| {
        view! {
            <button
                class="ghost"
                aria-expanded=move || account.open.get().to_string()
                data-testid=testids::IMPORT_OPEN
                on:click=move |_| account.open.update(|open| *open = !*open)
            >
                {icon(Icon::Info)}
                "Import"
            </button>
        }
    })
}

/// The account, beside the drawing.
#[component]
pub(crate) fn ImportPanel() -> impl IntoView {
    let account: ImportAccount = expect_context();
    move || {
        let report = account.open.get().then(|| account.report.get_value());
        report.flatten().map(|report| {
            let Report {
                format,
                taken,
                changed,
                left_out,
                offered,
            } = report;
            let is_plain = changed.is_empty() && left_out.is_empty();
            view! {
                <aside class="import" aria-label="Account of the import" data-testid=testids::IMPORT>
                    <header>
                        <h2>{format!("Read as {format}")}</h2>
                        <button
                            class="ghost small"
                            aria-label="Close"
                            on:click=move |_| account.open.set(false)
                        >
                            {icon(Icon::Close)}
                        </button>
                    </header>
                    <p>"Taken: " {taken.to_string()}</p>
                    {is_plain.then(|| view! { <p class="hint">"All of it, as it stands there."</p> })}
                    {remarks("Changed", changed)}
                    {remarks("Left out", left_out)}
                    {(!offered.is_empty()).then(|| view! { <Offers offered=offered /> })}
                </aside>
            }
        })
    }
}

fn remarks(title: &'static str, all: Vec<Remark>) -> Option<impl IntoView> {
    let count = all.len();
    (count > 0).then(|| {
        let rows = all.into_iter().map(|remark| {
            let place = place(&remark.file, remark.line);
            view! {
                <li>
                    <span class="place mono">{place}</span>
                    <span>{remark.text}</span>
                </li>
            }
        });
        let rows = rows.collect_view();
        view! {
            <details open=true>
                <summary>{format!("{title}: {}", counted(count, "place"))}</summary>
                <ul>{rows}</ul>
            </details>
        }
    })
}

fn place(file: &str, line: usize) -> String {
    match (file, line) {
        (file, 0) => file.to_owned(),
        ("", line) => format!("line {line}"),
        (file, line) => format!("{file}:{line}"),
    }
}

#[component]
fn Offers(offered: Vec<Offer>) -> impl IntoView {
    let lab = Lab::of_page();
    let row = move |offer: Offer| {
        let expectation = StoredValue::new(offer.expectation);
        let is_taken = move || {
            expectation.with_value(|one| lab.read(|document| document.expectations.contains(one)))
        };
        let turn = move |on: bool| {
            let one = expectation.get_value();
            let mut expectations = lab.peek(|document| document.expectations.clone());
            expectations.retain(|other| *other != one);
            if on {
                expectations.push(one);
            }
            commit_or_tell(lab, Edit::SetExpectations { expectations });
        };
        view! {
            <li>
                <label>
                    <input
                        type="checkbox"
                        data-testid=testids::IMPORT_OFFER
                        prop:checked=is_taken
                        on:change=move |event| turn(event_target_checked(&event))
                    />
                    <span class="mono">{offer.sentence}</span>
                </label>
                <span class="place mono">{place(&offer.file, offer.line)}</span>
            </li>
        }
    };
    let rows = offered.into_iter().map(row).collect_view();
    view! {
        <details open=true class="offers">
            <summary>"Expect what is tried there?"</summary>
            <ul>{rows}</ul>
        </details>
    }
}
