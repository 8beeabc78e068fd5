//! How the kernel differs from the document, and what can be done about each difference.

use leptos::prelude::*;
use topology::drift::{self, Drift, Place};

use crate::editor::ids::Ids;
use crate::editor::lab::Lab;
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
                    <button
                        class="small"
                        title="Bring the whole kernel back to the document"
                        data-testid=testids::PUT_RIGHT
                        disabled=move || !lab.is_live()
                        on:click=move |_| lab.put_right()
                    >
                        {icon(Icon::Restart)}
                        "Put right"
                    </button>
                </div>
            }
        })
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
            let place = match &other.place {
                Place::Namespace(id) => document.describe_namespace(*id),
                Place::Interface(id) => document.describe_interface(*id),
                Place::Stranger { namespace, name } => {
                    format!("{}/{name}", document.describe_namespace(*namespace))
                }
            };
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
