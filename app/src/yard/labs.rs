//! The list of labs.

use leptos::prelude::*;
use protocol::lab::{LabSummary, RunState};

use super::page::Yard;
use crate::canvas::contents::counted;
use crate::icons::{Icon, icon};
use crate::route::{Page, PageLink};
use crate::testids;

/// Every lab, the one edited last first.
#[component]
pub(crate) fn LabList() -> impl IntoView {
    let yard = Yard::of_page();
    view! {
        <section class="labs" aria-labelledby="labs-title">
            <h2 id="labs-title">"Labs"</h2>
            <ul>
                <For
                    each=move || yard.labs.get().unwrap_or_default()
                    key=LabSummary::clone_key
                    children=move |lab| view! { <LabRow lab=lab /> }
                />
            </ul>
        </section>
    }
}

trait Key {
    fn clone_key(&self) -> String;
}

impl Key for LabSummary {
    /// A row is drawn again when anything on it changed.
    fn clone_key(&self) -> String {
        format!(
            "{} {} {} {} {} {:?}",
            self.id, self.title, self.namespaces, self.links, self.edited_at, self.run
        )
    }
}

#[component]
fn LabRow(lab: LabSummary) -> impl IntoView {
    let yard = Yard::of_page();
    let asking = RwSignal::new(false);
    let LabSummary {
        id,
        title,
        namespaces,
        links,
        edited_at,
        run,
    } = lab;
    let title = if title.is_empty() {
        "Untitled".to_owned()
    } else {
        title
    };
    let now = (js_sys::Date::now() / 1000.0) as u64;
    let (class, word) = run_words(&run);
    let counts = format!(
        "{} · {}",
        counted(namespaces, "namespace"),
        counted(links, "link")
    );
    let delete_label = format!("Delete {title}");
    let running = run == RunState::Running;
    let page = Page::Lab(id.clone());
    let row_id = id.to_string();
    view! {
        <li class="lab-row" data-testid=testids::LAB_ROW data-lab=row_id>
            <PageLink page=page class="open">
                <span class="title">{title}</span>
                <span class="counts">{counts}</span>
                <span class="when">{format!("edited {}", ago(now.saturating_sub(edited_at)))}</span>
            </PageLink>
            <span class=format!("chip {class}")>{word}</span>
            <Show
                when=move || asking.get()
                fallback=move || {
                    view! {
                        <button
                            class="ghost"
                            aria-label=delete_label.clone()
                            title="Delete"
                            on:click=move |_| asking.set(true)
                        >
                            {icon(Icon::Trash)}
                        </button>
                    }
                }
            >
                <span class="confirm" role="group" aria-label="Delete for good?">
                    <span>{if running { "It runs. Delete for good?" } else { "Delete for good?" }}</span>
                    <button
                        class="danger"
                        on:click={
                            let id = id.clone();
                            move |_| yard.delete(id.clone())
                        }
                    >
                        "Delete"
                    </button>
                    <button on:click=move |_| asking.set(false)>"Keep"</button>
                </span>
            </Show>
        </li>
    }
}

/// The style and word of a run state.
pub(crate) fn run_words(run: &RunState) -> (&'static str, &'static str) {
    match run {
        RunState::Stopped => ("off", "Stopped"),
        RunState::Starting => ("busy", "Starting"),
        RunState::Running => ("up", "Running"),
        RunState::Stopping => ("busy", "Stopping"),
        RunState::Failed { .. } => ("bad", "Failed"),
    }
}

/// The same of an open lab: whether the kernel refused its newest document, and whether nobody can
/// know because there is no connection.
pub(crate) fn standing(
    run: &RunState,
    is_refused: bool,
    is_lost: bool,
) -> (&'static str, &'static str) {
    match run {
        RunState::Stopped | RunState::Failed { .. } => run_words(run),
        _ if is_lost => ("off", "State unknown"),
        RunState::Running if is_refused => ("busy", "Running, not applied"),
        _ => run_words(run),
    }
}

/// How long ago, in words.
fn ago(seconds: u64) -> String {
    let unit = |count: u64, what: &str| {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        format!("{} ago", counted(count, what))
    };
    match seconds {
        0..60 => "just now".into(),
        60..3600 => unit(seconds / 60, "minute"),
        3600..86_400 => unit(seconds / 3600, "hour"),
        _ => unit(seconds / 86_400, "day"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chip_claims_no_more_than_is_known() {
        let run = RunState::Running;
        assert_eq!(standing(&run, false, false), ("up", "Running"));
        assert_eq!(
            standing(&run, true, false),
            ("busy", "Running, not applied")
        );
        assert_eq!(standing(&run, true, true), ("off", "State unknown"));
        assert_eq!(
            standing(&RunState::Stopped, false, true),
            ("off", "Stopped")
        );
    }

    #[test]
    fn times_in_words() {
        assert_eq!(ago(3), "just now");
        assert_eq!(ago(61), "1 minute ago");
        assert_eq!(ago(7200), "2 hours ago");
        assert_eq!(ago(400_000), "4 days ago");
    }
}
