//! The captures of the lab, whoever started them, and the opened files.

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::ClientMessage;
use protocol::capture::{self, CaptureEvent, CaptureExport, CaptureId, CaptureKey, follow_command};

use super::file::{hand_over, said};
use super::menu::copy;
use crate::editor::lab::Lab;
use crate::http;
use crate::icons::{Icon, icon};
use crate::live::capture_log::{CaptureLog, Origin};
use crate::live::streams::CaptureKey as Key;
use crate::testids;
use crate::toast::Toasts;

/// One of them.
#[component]
pub(super) fn CaptureTab(key: Key) -> impl IntoView {
    let lab = Lab::of_page();
    let shown = lab.streams.shown;
    let log = lab.streams.capture(key)?;
    let (name, filter) = log.with_untracked(|log| match &log.origin {
        Origin::Live(info, _) => (info.name.clone(), info.filter.clone()),
        Origin::File(name, length, _) => {
            let size = format!("{:.1} MB", *length as f64 / 1e6);
            (name.clone(), size)
        }
    });
    let error = Memo::new({
        let log = log.clone();
        move |_| {
            log.with(|log| match &log.origin {
                Origin::File(_, _, opening) => opening.error().map(ToString::to_string),
                Origin::Live(..) => None,
            })
        }
    });
    let event = Memo::new(move |_| log.with(|log| log.event().cloned()));
    let running = move || event.with(|event| event.as_ref().is_some_and(|event| event.running));
    let is_shown = move || shown.get() == Some(key);
    Some(view! {
        <div class="capture-tab" class:on=is_shown>
            <button
                class="name"
                aria-pressed=move || is_shown().to_string()
                on:click=move |_| shown.set(Some(key))
            >
                {match key {
                    Key::Live(_) => {
                        view! { <span class="live" class:on=running aria-hidden="true"></span> }.into_any()
                    }
                    Key::File(_) => icon(Icon::Paste).into_any(),
                }}
                <span class="mono">{name}</span>
                <span class="mono faint">{filter}</span>
                <span class="visually-hidden">
                    {move || match key {
                        Key::File(_) => "file",
                        Key::Live(_) if running() => "running",
                        Key::Live(_) => "stopped",
                    }}
                </span>
            </button>
            {move || {
                error.get().map(|error| {
                    view! {
                        <span class="field-error" data-testid=testids::CAPTURE_FILE_ERROR>
                            {error}
                        </span>
                    }
                })
            }}
            {match key {
                Key::Live(id) => view! { <Live id=id event=event /> }.into_any(),
                Key::File(_) => {
                    view! {
                        <button
                            class="ghost small"
                            aria-label="Close the file"
                            on:click=move |_| lab.streams.capture_dismissed(key)
                        >
                            {icon(Icon::Close)}
                        </button>
                    }
                        .into_any()
                }
            }}
        </div>
    })
}

/// What belongs to a capture of the lab only.
#[component]
fn Live(id: CaptureId, event: Memo<Option<CaptureEvent>>) -> impl IntoView {
    let lab = Lab::of_page();
    let toasts = Toasts::of_page();
    let running = move || event.with(|event| event.as_ref().is_some_and(|event| event.running));
    let path = capture::path(&lab.id(), id);
    let counts = move || {
        event.with(|event| {
            let event = event.as_ref()?;
            let mut words = format!("{} received · {} kept", event.received, event.kept);
            let dropped = event.dropped;
            for (count, what) in [
                (dropped.kernel, "lost in the kernel"),
                (dropped.ring, "overwritten"),
                (dropped.browser, "not sent here"),
            ] {
                if count > 0 {
                    words += &format!(" · {count} {what}");
                }
            }
            Some(words)
        })
    };
    view! {
        <span class="counts faint" data-testid=testids::CAPTURE_COUNTS>
            {counts}
        </span>
        <a
            class="button ghost small"
            href=path.clone()
            download=""
            title="Save all that is kept as pcapng, for Wireshark and tcpdump -r"
            data-testid=testids::CAPTURE_SAVE
            on:click=move |event| {
                // Remarks are this browser's: the server is told of them for the file.
                let log = lab.streams.capture(Key::Live(id));
                let export = log.and_then(|log| {
                    let remarked = |log: &CaptureLog| {
                        Some((log.remarked()?, log.overwritten_remarks()))
                    };
                    log.with_untracked(remarked)
                });
                if let Some((export, overwritten)) = export {
                    event.prevent_default();
                    if overwritten > 0 {
                        toasts.info(left_out(overwritten));
                    }
                    save_remarked(lab, id, export, toasts);
                }
            }
        >
            {icon(Icon::Download)}
            "Save"
        </a>
        <button
            class="ghost small"
            title="Copy the command that follows this capture in Wireshark; its key opens this capture only"
            on:click=move |_| copy_command(lab, id, toasts)
        >
            {icon(Icon::Copy)}
            "Wireshark"
        </button>
        <Show
            when=running
            fallback=move || {
                view! {
                    <button
                        class="ghost small"
                        aria-label="Dismiss"
                        title="Dismiss the capture and its packets"
                        on:click=move |_| {
                            lab.send(&ClientMessage::DismissCapture { capture: id });
                        }
                    >
                        {icon(Icon::Close)}
                    </button>
                }
            }
        >
            <button
                class="ghost small"
                data-testid=testids::CAPTURE_STOP
                on:click=move |_| {
                    lab.send(&ClientMessage::StopCapture { capture: id });
                }
            >
                {icon(Icon::Stop)}
                "Stop"
            </button>
        </Show>
        {move || {
            let error = event.with(|event| event.as_ref().and_then(|event| event.error.clone()));
            error.map(|error| view! { <span class="field-error">{error}</span> })
        }}
    }
}

/// What is said of remarks that are not saved.
fn left_out(overwritten: usize) -> String {
    let (packets, are) = match overwritten {
        1 => ("1 packet with a remark".to_owned(), "is"),
        many => (format!("{many} packets with remarks"), "are"),
    };
    format!("{packets} {are} not in the file: newer packets have taken the place in the ring")
}

/// Saves a capture with the remarks on its packets.
fn save_remarked(lab: Lab, id: CaptureId, export: CaptureExport, toasts: Toasts) {
    spawn_local(async move {
        let path = capture::path(&lab.id(), id);
        match http::post_for_bytes(&path, &export).await {
            Ok(bytes) => {
                let name = format!("capture-{}.pcapng", id.0);
                if let Err(error) = hand_over(&bytes, &name) {
                    toasts.error(format!("{name} cannot be saved: {}", said(&error)));
                }
            }
            Err(failure) => toasts.error(failure.message),
        }
    });
}

/// Copies the command that opens a capture in Wireshark, with a key that opens nothing else.
fn copy_command(lab: Lab, id: CaptureId, toasts: Toasts) {
    spawn_local(async move {
        let path = format!("/api/v1/labs/{}/captures/{}.pcapng/key", lab.id(), id.0);
        match http::post::<CaptureKey>(&path, &()).await {
            Ok(key) => {
                let origin = window().location().origin().unwrap_or_default();
                let command = follow_command(&origin, &lab.id(), id, &key);
                copy(format!("{command} | wireshark -k -i -"), toasts);
                toasts.info("Copied: curl … | wireshark -k -i -");
            }
            Err(failure) => toasts.error(failure.message),
        }
    });
}
