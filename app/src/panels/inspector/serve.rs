//! What a namespace serves.

use leptos::prelude::*;
use topology::edit::{Field, Place};
use topology::serve::{Port, Service};
use topology::{Edit, NamespaceId};

use super::entries::{AddField, Entries};
use super::field::{commit, commit_or_tell};
use crate::editor::lab::Lab;
use crate::icons::{Icon, icon};
use crate::testids;

/// The section.
#[component]
pub(super) fn Serve(
    /// Of which namespace.
    id: NamespaceId,
) -> impl IntoView {
    let lab = Lab::of_page();
    let services = Memo::new(move |_| {
        lab.read(|document| {
            let served = document.namespaces.get(&id).map(|ns| ns.serve.clone());
            let served = served.into_iter().flatten();
            served
                .map(|(port, answer)| (Service { port, answer }.to_string(), port))
                .collect::<Vec<_>>()
        })
    });
    let add = Callback::new(move |text: String| {
        let Service { port, answer } = text.parse()?;
        commit(
            lab,
            Edit::SetService {
                namespace: id,
                port,
                answer: Some(answer),
            },
        )
    });
    let remove = Callback::new(move |port: Port| {
        commit_or_tell(
            lab,
            Edit::SetService {
                namespace: id,
                port,
                answer: None,
            },
        );
    });
    let errors = move || {
        lab.services.with(|states| {
            let own = states.iter().filter(|state| state.namespace == id);
            own.filter_map(|state| state.error.clone())
                .map(|error| {
                    view! {
                        <p class="field-error" role="alert">
                            {icon(Icon::Alert)}
                            {error}
                        </p>
                    }
                })
                .collect_view()
        })
    };
    view! {
        <section data-testid=testids::SERVES>
            <h3>"Serves"</h3>
            <Entries entries=services noun="service" remove=remove />
            {errors}
            <div title="A port, and what it answers: an echo of what is sent, or with `http` a small page">
                <AddField
                    label="Serve a port"
                    add=add
                    placeholder="tcp/80 http"
                    place=Place::Namespace(id, Some(Field::Serve))
                />
            </div>
        </section>
    }
}
