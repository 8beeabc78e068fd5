//! Captures: choose an interface and a filter, and see the packets stream in.

mod details;
mod form;
mod list;

use leptos::prelude::*;
use protocol::ClientMessage;
use protocol::capture::CaptureId;

use self::details::Details;
use self::form::CaptureForm;
use self::list::PacketList;
use crate::editor::lab::Lab;
use crate::icons::{Icon, icon};
use crate::testids;

/// The panel.
#[component]
pub(crate) fn CapturePanel() -> impl IntoView {
    let lab = Lab::of_page();
    let shown = lab.streams.shown;
    let selected = RwSignal::new(None::<u64>);
    view! {
        <div class="capture">
            <CaptureForm />
            <Show
                when=move || lab.streams.capture_ids.with(|ids| !ids.is_empty())
                fallback=move || view! { <p class="empty">{hint(lab)}</p> }
            >
                <div class="capture-tabs">
                    <For each=move || lab.streams.capture_ids.get() key=|id| *id let:id>
                        <CaptureTab id=id selected=selected />
                    </For>
                </div>
                {move || shown.get().map(|id| view! {
                    <div class="packets">
                        <PacketList id=id selected=selected />
                        <Details id=id selected=selected />
                    </div>
                })}
            </Show>
        </div>
    }
}

fn hint(lab: Lab) -> &'static str {
    if lab.is_running() {
        "No capture yet. Choose an interface above: its packets stream in here, as tcpdump prints them."
    } else {
        "Start the lab, then capture on any interface: packets stream in here."
    }
}

#[component]
fn CaptureTab(id: CaptureId, selected: RwSignal<Option<u64>>) -> impl IntoView {
    let lab = Lab::of_page();
    let shown = lab.streams.shown;
    let log = lab.streams.capture(id)?;
    let info = log.with_untracked(|log| log.info.clone());
    let event = Memo::new(move |_| log.with(|log| log.event.clone()));
    let counts = move || {
        event.with(|event| {
            let (received, dropped, kept) = (event.received, event.dropped.kernel, event.kept);
            format!("{received} received · {dropped} dropped · {kept} kept")
        })
    };
    let save = format!("/api/v1/labs/{}/captures/{}.pcapng", lab.id(), id.0);
    let running = move || event.with(|event| event.running);
    let is_shown = move || shown.get() == Some(id);
    Some(view! {
        <div class="capture-tab" class:on=is_shown>
            <button
                class="name"
                aria-pressed=move || is_shown().to_string()
                on:click=move |_| {
                    selected.set(None);
                    shown.set(Some(id));
                }
            >
                <span class="live" class:on=running aria-hidden="true"></span>
                <span class="mono">{info.name}</span>
                <span class="mono faint">{info.filter}</span>
                <span class="visually-hidden">
                    {move || if running() { "running" } else { "stopped" }}
                </span>
            </button>
            <span class="counts faint" data-testid=testids::CAPTURE_COUNTS>
                {counts}
            </span>
            <a
                class="button ghost small"
                href=save
                download=""
                title="Save as pcapng, for Wireshark and tcpdump -r"
                data-testid=testids::CAPTURE_SAVE
            >
                {icon(Icon::Download)}
                "Save"
            </a>
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
            {move || event.with(|event| event.error.clone()).map(|error| view! {
                <span class="field-error">{error}</span>
            })}
        </div>
    })
}
