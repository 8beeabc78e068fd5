//! A lab: header, tools, canvas, inspector, dock.

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::lab::{LabId, NewFile, NewLab, RunState};
use topology::Edit;

use crate::canvas::contents::counted;
use crate::canvas::view::canvas::Canvas;
use crate::canvas::view::keys;
use crate::canvas::view::rail::Rail;
use crate::canvas::view::stage::Stage;
use crate::editor::lab::{Lab, Online};
use crate::icons::{Icon, icon};
use crate::panels::dock::{Dock, DockView};
use crate::panels::export::ExportButton;
use crate::panels::import::{ImportAccount, ImportButton, ImportPanel};
use crate::panels::inspector::Inspector;
use crate::route::{Page, PageLink};
use crate::testids;
use crate::theme::ThemeButton;
use crate::yard::files;
use crate::yard::labs::{run_words, standing};
use crate::yard::page::{Logo, make_lab};

/// The page.
#[component]
pub(crate) fn LabPage(
    /// Which lab.
    id: LabId,
) -> impl IntoView {
    let lab = Lab::open(id);
    Stage::provide();
    Dock::provide();
    ImportAccount::provide(lab);
    keys::listen();
    // Edits that are not stored yet would be lost.
    let leaving = window_event_listener(leptos::ev::beforeunload, move |event| {
        if lab.working.with_untracked(|working| working.pending() > 0) {
            event.prevent_default();
        }
    });
    on_cleanup(move || leaving.remove());
    Effect::new(move |_| {
        let title = lab.read(|document| document.title.clone());
        document().set_title(&format!("{title} · Netyard"));
    });
    view! {
        <div class="lab">
            <DropAsNew />
            <h1 class="visually-hidden">{move || lab.read(|document| document.title.clone())}</h1>
            <Header />
            <main>
                <Rail />
                <div class="middle">
                    <div class="drawing">
                        <Canvas />
                        <ImportPanel />
                    </div>
                    <DockView />
                </div>
                <Inspector />
            </main>
        </div>
    }
}

/// Files that are dropped on a lab become a lab of their own, if that is what is wanted.
#[component]
fn DropAsNew() -> impl IntoView {
    let lab = Lab::of_page();
    let waiting = RwSignal::new(None::<Vec<NewFile>>);
    let error = RwSignal::new(None::<String>);
    let over = files::listen(Callback::new(move |read| match read {
        Ok(files) => {
            error.set(None);
            waiting.set(Some(files));
        }
        Err(why) => lab.tell_error(why),
    }));
    let make = move |_| {
        let Some(files) = waiting.get_untracked() else {
            return;
        };
        spawn_local(async move {
            match make_lab(&NewLab::Files { files }).await {
                Ok(id) => lab.go(Page::Lab(id)),
                Err(failure) => {
                    error.try_set(Some(failure.message));
                }
            }
        });
    };
    let names = move || {
        let files = waiting.get().unwrap_or_default();
        match files.as_slice() {
            [only] => only.path.clone(),
            several => counted(several.len(), "file"),
        }
    };
    view! {
        <div class="drop-here" class:hidden=move || !over.get() aria-hidden="true">
            "Drop to open as a new lab"
        </div>
        <Show when=move || waiting.with(Option::is_some)>
            <div class="ask" role="alertdialog" aria-label="Open as a new lab?">
                <p>"Open " <strong>{names}</strong> " as a new lab?"</p>
                <pre class="field-error" role="alert">{move || error.get()}</pre>
                <div class="actions">
                    <button on:click=move |_| waiting.set(None)>"Cancel"</button>
                    <button class="primary" on:click=make>"New lab"</button>
                </div>
            </div>
        </Show>
    }
}

#[component]
fn Header() -> impl IntoView {
    let lab = Lab::of_page();
    let can_undo = Memo::new(move |_| lab.working.with(|working| working.can_undo()));
    let can_redo = Memo::new(move |_| lab.working.with(|working| working.can_redo()));
    view! {
        <header class="bar">
            <PageLink page=Page::Yard class="logo">
                <Logo />
                "Netyard"
            </PageLink>
            <PageLink page=Page::Yard class="crumb">
                "Labs"
            </PageLink>
            <span class="crumb-line" aria-hidden="true">
                "/"
            </span>
            <Title />
            <Saved />
            <span class="grow"></span>
            <ImportButton />
            <ExportButton />
            <RunChip />
            <RunButton />
            <button
                aria-label="Undo"
                title="Undo (Ctrl+Z)"
                data-testid=testids::UNDO
                disabled=move || !can_undo.get()
                on:click=move |_| lab.undo()
            >
                {icon(Icon::Undo)}
            </button>
            <button
                aria-label="Redo"
                title="Redo (Ctrl+Shift+Z)"
                data-testid=testids::REDO
                disabled=move || !can_redo.get()
                on:click=move |_| lab.redo()
            >
                {icon(Icon::Redo)}
            </button>
            <Show when=move || lab.clients.get().gt(&1)>
                <span class="clients" title="Browsers on this lab">
                    {icon(Icon::Users)}
                    {move || lab.clients.get()}
                </span>
            </Show>
            <ThemeButton />
        </header>
    }
}

#[component]
fn Title() -> impl IntoView {
    let lab = Lab::of_page();
    let title = Memo::new(move |_| lab.read(|document| document.title.clone()));
    let draft = RwSignal::new(None::<String>);
    let shown = move || draft.get().unwrap_or_else(|| title.get());
    // A browser says `blur` while it removes a field that has the focus: by then the page's signals
    // may be gone.
    let finish = move || {
        let (Some(Some(text)), Some(now)) = (draft.try_get_untracked(), title.try_get_untracked())
        else {
            return;
        };
        let text = text.trim().to_owned();
        if text != now {
            lab.dispatch(Edit::SetTitle { title: text });
        }
        draft.try_set(None);
    };
    view! {
        <input
            class="title"
            aria-label="Title of the lab"
            placeholder="Untitled"
            data-testid=testids::TITLE
            size=move || shown().chars().count().clamp(8, 40) as u32
            prop:value=shown
            on:input=move |event| draft.set(Some(event_target_value(&event)))
            on:blur=move |_| finish()
            on:keydown=move |event| match event.key().as_str() {
                "Enter" => finish(),
                "Escape" => {
                    draft.try_set(None);
                }
                _ => {}
            }
        />
    }
}

#[component]
fn Saved() -> impl IntoView {
    let lab = Lab::of_page();
    let pending = Memo::new(move |_| lab.working.with(|working| working.pending()));
    let revision = Memo::new(move |_| lab.working.with(|working| working.revision()));
    let state = move || match (lab.online.get(), pending.get()) {
        (Online::Connecting, _) => ("no", "Opening…".to_owned()),
        (Online::Yes, 0) => ("yes", "Saved".to_owned()),
        (Online::Yes, _) => ("no", "Saving…".to_owned()),
        (Online::No, 0) => ("offline", "Offline".to_owned()),
        (Online::No, count) => (
            "offline",
            format!("Offline: {} will be sent", counted(count, "edit")),
        ),
    };
    view! {
        <span
            class="saved"
            role="status"
            data-testid=testids::SAVED
            data-saved=move || state().0
            title=move || format!("Revision {}", revision.get())
            class:offline=move || state().0 == "offline"
        >
            <Show when=move || state().0 == "offline">{icon(Icon::Offline)}</Show>
            {move || state().1}
            <Show when=move || state().0 == "offline">
                <button class="small ghost" on:click=move |_| lab.reconnect()>
                    "Connect now"
                </button>
            </Show>
        </span>
    }
}

#[component]
fn RunChip() -> impl IntoView {
    let lab = Lab::of_page();
    let words = move || {
        let is_refused = lab.failure.with(Option::is_some);
        let is_lost = lab.online.get() == Online::No;
        lab.run.with(|run| standing(run, is_refused, is_lost))
    };
    let counts = move || {
        lab.read(|document| {
            let namespaces = document.namespaces.len().saturating_sub(1);
            let bridges = document.bridges().count();
            format!(
                "{}, {}",
                counted(namespaces, "namespace"),
                counted(bridges, "bridge")
            )
        })
    };
    let message = move || {
        let refused = lab.failure.with(|failure| {
            let failure = failure.as_ref()?;
            Some(format!("{}: {}", failure.subject, failure.error))
        });
        lab.run.with(|run| match run {
            RunState::Failed { message } => Some(message.clone()),
            _ => refused,
        })
    };
    view! {
        <span
            class=move || format!("chip {}", words().0)
            role="status"
            data-testid=testids::RUN
            data-run=move || {
                let is_lost = lab.online.get() == Online::No;
                let key = lab.run.with(|run| run_words(run).1.to_lowercase());
                if is_lost { "unknown".to_owned() } else { key }
            }
            title=message
        >
            <span class="chip-dot" aria-hidden="true"></span>
            {move || words().1}
            <span class="chip-more">{counts}</span>
        </span>
    }
}

#[component]
fn RunButton() -> impl IntoView {
    let lab = Lab::of_page();
    let offline = move || lab.online.get() != Online::Yes;
    move || {
        match lab.run.get() {
        RunState::Stopped | RunState::Failed { .. } => view! {
            <button
                class="go"
                data-testid=testids::START
                disabled=offline
                on:click=move |_| lab.start()
            >
                {icon(Icon::Play)}
                "Start"
            </button>
        }
        .into_any(),
        RunState::Running => view! {
            <button data-testid=testids::STOP disabled=offline on:click=move |_| lab.stop()>
                {icon(Icon::Stop)}
                "Stop"
            </button>
        }
        .into_any(),
        RunState::Starting | RunState::Stopping => view! {
            <button disabled=true>
                <span class="spin">{icon(Icon::Loader)}</span>
                {if lab.run.get_untracked() == RunState::Starting { "Starting" } else { "Stopping" }}
            </button>
        }
        .into_any(),
    }
    }
}
