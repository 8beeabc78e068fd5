//! How the kernel differs from the document, and what can be done about each difference.

use leptos::prelude::*;
use topology::drift::{self, Drift, Place};
use topology::{Document, InterfaceId, NamespaceId};

use crate::editor::ids::Ids;
use crate::editor::lab::Lab;
use crate::editor::selection::Object;
use crate::icons::{Icon, icon};
use crate::testids;

/// Most differences of one object whose reverts are looked into before anybody asks for one: each
/// is a plan.
const MOST_FORESEEN: usize = 20;

/// How the kernel differs from the document in one object; of a namespace also the interfaces that
/// the document does not have.
#[component]
pub(crate) fn Differences(
    /// Which.
    place: Place,
) -> impl IntoView {
    let lab = Lab::of_page();
    let drifts = Memo::new(move |_| {
        // What is known of every object changes with it.
        lab.statuses.track();
        look(lab, |document, observed| match &place {
            Place::Namespace(id) => {
                let mut all = drift::drifts_at(document, observed, &place);
                all.extend(drift::strangers(document, observed, *id));
                all
            }
            place => drift::drifts_at(document, observed, place),
        })
        .unwrap_or_default()
    });
    move || {
        let all = drifts.get();
        let foresee = all.len() <= MOST_FORESEEN;
        (!all.is_empty()).then(|| {
            view! {
                <table class="differences">
                    <thead>
                        <tr>
                            <th></th>
                            <th scope="col">"document"</th>
                            <th scope="col">"kernel"</th>
                        </tr>
                    </thead>
                    {all.into_iter().map(|drift| row(lab, drift, foresee)).collect_view()}
                </table>
                <div class="actions">
                    <PutRight />
                </div>
            }
        })
    }
}

/// Takes back everything that somebody changed from outside, in the whole lab.
#[component]
fn PutRight() -> impl IntoView {
    let lab = Lab::of_page();
    view! {
        <button
            class="small"
            title="Bring the whole kernel back to the document"
            data-testid=testids::PUT_RIGHT
            disabled=move || !lab.is_live()
            on:click=move |_| lab.put_right()
        >
            {icon(Icon::Restart)}
            "Put the lab right"
        </button>
    }
}

/// Most objects that are listed: nobody goes through more of them one by one.
const MOST_LISTED: usize = 50;

/// Everything in the lab that the kernel has otherwise than the document, an object a line.
#[component]
pub(crate) fn AllDifferences() -> impl IntoView {
    let lab = Lab::of_page();
    let objects = Memo::new(move |_| {
        lab.statuses.track();
        let all = look(lab, |document, observed| {
            by_object(document, drift::drifts(document, observed))
        });
        all.unwrap_or_default()
    });
    let rest = move || objects.with(Vec::len).saturating_sub(MOST_LISTED);
    let listed = move || {
        let all = objects.get().into_iter();
        all.take(MOST_LISTED).collect::<Vec<_>>()
    };
    view! {
        <Show when=move || objects.with(|all| !all.is_empty())>
            <section data-testid=testids::ALL_DRIFT>
                <h3>
                    {move || format!("Kernel and document differ ({})", objects.with(Vec::len))}
                </h3>
                <ul class="entries">
                    <For each=listed key=|object| object.clone() let:object>
                        <li>
                            <button
                                class="entry pick-entry"
                                on:click=move |_| {
                                    lab.select(lab.peek(|d| object.place.shown(d)));
                                }
                            >
                                <span class="mono name">{object.name.clone()}</span>
                                <span class="mono drift below">{object.said.clone()}</span>
                            </button>
                        </li>
                    </For>
                </ul>
                <Show when=move || 0 < rest()>
                    <p class="hint">{move || format!("and {} more", rest())}</p>
                </Show>
                <div class="actions">
                    <PutRight />
                </div>
            </section>
        </Show>
    }
}

/// An object that differs.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Differing {
    place: At,
    name: String,
    /// In what.
    said: String,
}

/// What shows an object that differs.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum At {
    Namespace(NamespaceId),
    Interface(InterfaceId),
}

impl At {
    fn shown(self, document: &Document) -> Option<Object> {
        match self {
            Self::Namespace(id) => Some(Object::of_namespace(id)),
            Self::Interface(id) => Object::showing(document, id),
        }
    }
}

fn by_object(document: &Document, drifts: Vec<Drift>) -> Vec<Differing> {
    let mut objects: Vec<Differing> = Vec::new();
    for Drift { place, difference } in drifts {
        let name = describe(document, &place);
        let place = match place {
            Place::Interface(id) => At::Interface(id),
            Place::Namespace(id) | Place::Stranger { namespace: id, .. } => At::Namespace(id),
        };
        match objects.last_mut().filter(|last| last.name == name) {
            Some(last) => last.said = format!("{}, {}", last.said, difference.what),
            None => objects.push(Differing {
                place,
                name,
                said: difference.what,
            }),
        }
    }
    objects
}

fn describe(document: &Document, place: &Place) -> String {
    match place {
        Place::Namespace(id) => document.describe_namespace(*id),
        Place::Interface(id) => document.describe_interface(*id),
        Place::Stranger { namespace, name } => {
            format!("{}/{name}", document.describe_namespace(*namespace))
        }
    }
}

/// One difference: what differs, and below it what can be done.
fn row(lab: Lab, drift: Drift, foresee: bool) -> impl IntoView {
    let or_none = |text: &str| {
        if text.is_empty() {
            "none".to_owned()
        } else {
            text.to_owned()
        }
    };
    let difference = &drift.difference;
    let what = difference.what.clone();
    let (wanted, observed) = (or_none(&difference.wanted), or_none(&difference.observed));
    let drift = StoredValue::new(drift);
    // Something else may have been accepted meanwhile, which it waited for.
    let refusal = Memo::new(move |_| {
        lab.statuses.track();
        drift.with_value(|drift| accept(lab, drift).err())
    });
    let accept_title = move || match refusal.get() {
        None => "Make the document say what the kernel has".to_owned(),
        Some(why) => format!("Cannot be accepted: {why}"),
    };
    let revert_title = Memo::new(move |_| {
        lab.statuses.track();
        match foresee {
            true => drift.with_value(|drift| revert_title(lab, drift)),
            false => "Bring the kernel back in this".to_owned(),
        }
    });
    let label =
        |verb: &str| format!("{verb} {what}: {wanted} in the document, {observed} in the kernel");
    let (accept_label, revert_label) = (label("Accept"), label("Revert"));
    view! {
        <tbody>
            <tr>
                <th scope="row">{what.clone()}</th>
                <td class="mono">{wanted}</td>
                <td class="mono drift">{observed}</td>
            </tr>
            <tr>
                <td></td>
                <td colspan="2">
                    <div class="actions">
                        <button
                            class="small"
                            aria-label=accept_label
                            title=accept_title
                            data-testid=testids::ACCEPT_DRIFT
                            disabled=move || refusal.with(Option::is_some)
                            on:click=move |_| drift.with_value(|drift| lab.accept_drift(drift))
                        >
                            "Accept"
                        </button>
                        <button
                            class="small"
                            aria-label=revert_label
                            title=move || revert_title.get()
                            data-testid=testids::REVERT_DRIFT
                            disabled=move || !lab.is_live()
                            on:click=move |_| drift.with_value(|drift| lab.revert_drift(drift))
                        >
                            "Revert"
                        </button>
                    </div>
                    {move || {
                        let why = refusal.get()?;
                        Some(view! { <p class="hint">"Cannot be accepted: " {why}</p> })
                    }}
                </td>
            </tr>
        </tbody>
    }
}

/// What reverting does, with what else it brings back.
fn revert_title(lab: Lab, this: &Drift) -> String {
    let with = look(lab, |document, observed| {
        let also = drift::revert(document, observed, this).with;
        let also = also.into_iter().map(|other| {
            let place = describe(document, &other.place);
            format!("{} of {place}", other.difference.what)
        });
        also.collect::<Vec<_>>()
    });
    match with.unwrap_or_default().as_slice() {
        [] => "Bring the kernel back in this".to_owned(),
        with => format!(
            "Bring the kernel back in this, and with it: {}",
            with.join(", ")
        ),
    }
}

fn look<T>(
    lab: Lab,
    look: impl FnOnce(&topology::Document, &topology::Observed) -> T,
) -> Option<T> {
    lab.observed.with_untracked(|observed| {
        let observed = observed.as_ref()?;
        Some(lab.peek(|document| look(document, observed)))
    })
}

fn accept(lab: Lab, drift: &Drift) -> Result<topology::Edit, String> {
    let edit = look(lab, |document, observed| {
        let mut random = js_sys::Math::random;
        let mut ids = Ids::new(&mut random);
        drift::accept(document, observed, drift, || ids.interface(document))
    });
    match edit {
        Some(edit) => edit.map_err(|why| why.to_string()),
        None => Err("the lab does not run".to_owned()),
    }
}

impl Lab {
    /// Makes the document say what the kernel has.
    fn accept_drift(self, drift: &Drift) {
        match accept(self, drift) {
            Ok(edit) => drop(self.dispatch(edit)),
            Err(why) => self.say(format!("Cannot be accepted: {why}")),
        }
    }
}
