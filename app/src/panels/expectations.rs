//! What should be true of the lab when it runs: as sentences, and whether they hold.

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::expect::Verdict;
use topology::Edit;
use topology::expectation::Expectation;

use super::inspector::{commit, commit_or_tell};
use super::row_buttons::RowButton;
use crate::editor::expectation::{namespaces, proposals, read};
use crate::editor::lab::Lab;
use crate::editor::selection::Object;
use crate::http;
use crate::icons::{Icon, icon};
use crate::testids;

/// What came of the latest check.
#[derive(Clone, Copy)]
pub(crate) struct Checks {
    /// By sentence.
    verdicts: RwSignal<BTreeMap<String, Verdict>>,
    /// The revision of the document that was checked.
    revision: RwSignal<u64>,
    trying: RwSignal<bool>,
    error: RwSignal<Option<String>>,
}

/// How an expectation stands.
#[derive(Clone, PartialEq)]
enum Standing {
    NotTried,
    Trying,
    /// What was observed; whether the lab is another one since.
    Tried(Verdict, bool),
}

impl Checks {
    /// Nothing was checked yet.
    pub(crate) fn new() -> Self {
        Self {
            verdicts: RwSignal::new(BTreeMap::new()),
            revision: RwSignal::new(0),
            trying: RwSignal::new(false),
            error: RwSignal::new(None),
        }
    }

    /// How many have failed.
    pub(crate) fn failures(self) -> usize {
        self.verdicts
            .with(|verdicts| verdicts.values().filter(|verdict| !verdict.holds).count())
    }

    fn run(self, lab: Lab) {
        self.trying.set(true);
        self.error.set(None);
        let revision = lab.working.with_untracked(|working| working.revision());
        let path = format!("/api/v1/labs/{}/expectations/check", lab.id());
        spawn_local(async move {
            let answer = http::post::<Vec<Verdict>>(&path, &()).await;
            // The page may have been left meanwhile.
            self.trying.try_set(false);
            match answer {
                Ok(all) => {
                    let all = all.into_iter().map(|v| (v.expectation.clone(), v));
                    self.verdicts.try_set(all.collect());
                    self.revision.try_set(revision);
                }
                Err(failure) => {
                    self.error.try_set(Some(failure.message));
                }
            }
        });
    }

    fn standing(self, lab: Lab, sentence: &str) -> Standing {
        if self.trying.get() {
            return Standing::Trying;
        }
        let verdict = self
            .verdicts
            .with(|verdicts| verdicts.get(sentence).cloned());
        let now = lab.working.with(|working| working.revision());
        match verdict {
            None => Standing::NotTried,
            Some(verdict) => Standing::Tried(verdict, now != self.revision.get()),
        }
    }
}

/// All sentences of the lab, with their places.
fn sentences(lab: Lab) -> Vec<(usize, String)> {
    lab.read(|document| {
        let all = document.expectations.iter().enumerate();
        all.filter_map(|(index, one)| Some((index, one.named(document)?.to_string())))
            .collect()
    })
}

fn set(lab: Lab, change: impl FnOnce(&mut Vec<Expectation>)) -> Edit {
    let mut expectations = lab.peek(|document| document.expectations.clone());
    change(&mut expectations);
    Edit::SetExpectations { expectations }
}

/// The panel.
#[component]
pub(crate) fn ExpectationsPanel(
    /// What came of the latest check.
    checks: Checks,
) -> impl IntoView {
    let lab = Lab::of_page();
    let draft = RwSignal::new(String::new());
    // The place of the one that is changed.
    let changing = RwSignal::new(None::<usize>);
    let all = Memo::new(move |_| sentences(lab));
    view! {
        <div class="expectations">
            <Form checks=checks draft=draft changing=changing />
            <Show
                when=move || all.with(|all| !all.is_empty())
                fallback=|| {
                    view! {
                        <p class="empty">
                            "Nothing is expected yet. Say what should be true when the lab runs: "
                            <span class="mono">"red can ping 10.0.0.2"</span>
                        </p>
                    }
                }
            >
                <ul class="expectation-list">
                    <For each=move || all.get() key=|one| one.clone() let:one>
                        <Row checks=checks index=one.0 sentence=one.1 draft=draft changing=changing />
                    </For>
                </ul>
            </Show>
        </div>
    }
}

#[component]
fn Form(
    checks: Checks,
    draft: RwSignal<String>,
    changing: RwSignal<Option<usize>>,
) -> impl IntoView {
    let lab = Lab::of_page();
    let error = RwSignal::new(None::<String>);
    let proposed = Memo::new(move |_| {
        let typed = draft.get();
        lab.read(|document| proposals(document, &typed))
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let text = draft.get_untracked();
        let place = changing.get_untracked();
        let done = lab.peek(|document| read(document, &text)).and_then(|one| {
            let edit = set(lab, |all| {
                match place.and_then(|place| all.get_mut(place)) {
                    Some(old) => *old = one,
                    None => all.push(one),
                }
            });
            commit(lab, edit)
        });
        match done {
            Ok(()) => {
                draft.set(String::new());
                changing.set(None);
                error.set(None);
            }
            Err(why) => error.set(Some(why)),
        }
    };
    view! {
        <form class="panel-bar" on:submit=submit>
            <button
                type="button"
                class="primary"
                data-testid=testids::EXPECT_CHECK
                disabled=move || {
                    !lab.is_live() || checks.trying.get()
                        || lab.read(|document| document.expectations.is_empty())
                }
                title=move || if lab.is_live() { "" } else { "Start the lab first: they are tried in the kernel" }
                on:click=move |_| checks.run(lab)
            >
                {icon(Icon::Check)}
                {move || if checks.trying.get() { "Trying…" } else { "Check now" }}
            </button>
            <input
                class="mono sentence"
                list="expectation-proposals"
                aria-label="A sentence that should be true"
                placeholder="red can ping 10.0.0.2"
                autocomplete="off"
                spellcheck="false"
                data-testid=testids::EXPECT_SENTENCE
                aria-invalid=move || error.with(Option::is_some).to_string()
                aria-describedby="expectation-error"
                prop:value=move || draft.get()
                on:input=move |event| {
                    error.set(None);
                    draft.set(event_target_value(&event));
                }
            />
            <datalist id="expectation-proposals">
                <For each=move || proposed.get() key=|one| one.clone() let:one>
                    <option value=one></option>
                </For>
            </datalist>
            <button
                type="submit"
                data-testid=testids::EXPECT_ADD
                disabled=move || draft.with(|text| text.trim().is_empty())
            >
                {move || if changing.get().is_some() { "Change" } else { "Add" }}
            </button>
            <span id="expectation-error" class="field-error" role="alert">
                {move || error.get().or_else(|| checks.error.get())}
            </span>
        </form>
    }
}

#[component]
fn Row(
    checks: Checks,
    index: usize,
    sentence: String,
    draft: RwSignal<String>,
    changing: RwSignal<Option<usize>>,
) -> impl IntoView {
    let lab = Lab::of_page();
    let text = StoredValue::new(sentence.clone());
    let standing = Memo::new(move |_| checks.standing(lab, &text.get_value()));
    let key = move || match standing.get() {
        Standing::NotTried => "untried",
        Standing::Trying => "trying",
        Standing::Tried(verdict, _) if verdict.holds => "holds",
        Standing::Tried(..) => "fails",
    };
    let mark = move || match key() {
        "holds" => icon(Icon::Check).into_any(),
        "fails" => icon(Icon::Alert).into_any(),
        "trying" => view! { <span class="spin">{icon(Icon::Loader)}</span> }.into_any(),
        _ => icon(Icon::Minus).into_any(),
    };
    let word = move || match standing.get() {
        Standing::NotTried => "Not tried".to_owned(),
        Standing::Trying => "Trying".to_owned(),
        Standing::Tried(verdict, is_old) => {
            let word = if verdict.holds { "Holds" } else { "Fails" };
            match is_old {
                true => format!("{word} before the latest change"),
                false => word.to_owned(),
            }
        }
    };
    let observed = move || match standing.get() {
        Standing::Tried(verdict, _) => Some(verdict.observed),
        _ => None,
    };
    let show = move |_| {
        let found = lab.peek(|document| {
            let one = document.expectations.get(index)?;
            Some(namespaces(document, one))
        });
        let objects = found.into_iter().flatten().map(Object::of_namespace);
        lab.selected.set(objects.collect());
    };
    let remove = move |_| {
        changing.set(None);
        let edit = set(lab, |all| {
            if index < all.len() {
                all.remove(index);
            }
        });
        commit_or_tell(lab, edit);
    };
    let removed = sentence.clone();
    let change_label = format!("Change: {sentence}");
    view! {
        <li
            class="expectation"
            data-testid=testids::EXPECT_ROW
            data-state=key
            class:old=move || matches!(standing.get(), Standing::Tried(_, true))
        >
            <span class="mark">{mark}</span>
            <button class="what" title="Show it on the canvas" on:click=show>
                <span class="mono">{sentence}</span>
                <span class="observed">{observed}</span>
            </button>
            <span class="word">{word}</span>
            <button
                class="ghost small"
                aria-label=change_label
                on:click=move |_| {
                    draft.set(text.get_value());
                    changing.set(Some(index));
                }
            >
                "Change"
            </button>
            <RowButton label="Remove" of=removed sign=Icon::Trash act=Callback::new(remove) />
        </li>
    }
}
