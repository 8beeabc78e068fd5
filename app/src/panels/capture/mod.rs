//! Captures: start them, watch them, open files of them.

mod bytes;
mod desk;
mod details;
mod file;
mod filter_bar;
mod find;
mod follow;
mod form;
mod keys;
mod line;
mod list;
mod menu;
mod scroll;
mod tabs;
mod toolbar;
mod tree;

use leptos::prelude::*;

use self::desk::Desk;
use self::details::Details;
use self::file::{OpenButton, open_file};
use self::find::FindBar;
use self::follow::FollowView;
use self::form::CaptureForm;
use self::list::PacketList;
use self::menu::PacketMenu;
use self::tabs::CaptureTab;
use self::toolbar::Toolbar;
use crate::editor::lab::Lab;
use crate::icons::{Icon, icon};
use crate::live::capture_log::Origin;
use crate::live::streams::CaptureKey;
use crate::panels::dock::Dock;
use crate::testids;

/// The panel.
#[component]
pub(crate) fn CapturePanel() -> impl IntoView {
    let lab = Lab::of_page();
    let dock = Dock::of_page();
    let ids = lab.streams.capture_ids;
    let asks = RwSignal::new(false);
    let history = RwSignal::new(Vec::new());
    let as_text = RwSignal::new(false);
    let over = RwSignal::new(false);
    // A capture that has come needs no form any more.
    Effect::new(move |before: Option<usize>| {
        let count = ids.with(Vec::len);
        if count > before.unwrap_or_default() {
            asks.set(false);
            dock.heighten();
        }
        count
    });
    let dropped = move |event: leptos::ev::DragEvent| {
        event.prevent_default();
        over.set(false);
        let files = event.data_transfer().and_then(|data| data.files());
        for at in 0..files.as_ref().map_or(0, web_sys::FileList::length) {
            if let Some(file) = files.as_ref().and_then(|files| files.get(at)) {
                open_file(lab, dock, file);
            }
        }
    };
    let has_some = move || ids.with(|ids| !ids.is_empty());
    view! {
        <div
            class="capture"
            class:drop-here=move || over.get()
            on:dragover=move |event| {
                event.prevent_default();
                over.set(true);
            }
            on:dragleave=move |_| over.set(false)
            on:drop=dropped
        >
            <div class="capture-tabs">
                <Show when=has_some>
                    <button
                        class="small"
                        class:on=move || asks.get()
                        aria-expanded=move || asks.get().to_string()
                        data-testid=testids::CAPTURE_NEW
                        on:click=move |_| asks.update(|asks| *asks = !*asks)
                    >
                        {icon(Icon::Plus)}
                        "New"
                    </button>
                </Show>
                <OpenButton />
                <For each=move || ids.get() key=|key| *key let:key>
                    <CaptureTab key=key />
                </For>
            </div>
            <Show when=move || asks.get() || !has_some()>
                <CaptureForm />
            </Show>
            <Show when=has_some fallback=move || view! { <p class="empty">{hint(lab)}</p> }>
                {move || {
                    let key = lab.streams.shown.get()?;
                    Some(view! { <CaptureView key=key history=history as_text=as_text /> })
                }}
            </Show>
        </div>
    }
}

/// The packets of one capture or file.
#[component]
fn CaptureView(
    key: CaptureKey,
    history: RwSignal<Vec<String>>,
    as_text: RwSignal<bool>,
) -> impl IntoView {
    let lab = Lab::of_page();
    let log = lab.streams.capture(key)?;
    let name = log.with_untracked(|log| match &log.origin {
        Origin::Live(info, _) => info.name.replace('/', "-"),
        Origin::File(name, ..) => name
            .rsplit_once('.')
            .map_or(name.clone(), |(stem, _)| stem.to_owned()),
    });
    let desk = Desk::provide(log, history, as_text);
    desk.work_on();
    let follows = move || desk.followed.get().is_some();
    Some(view! {
        <Toolbar name=name />
        <FindBar />
        <Show when=follows>
            <FollowView />
        </Show>
        <div class="packets" class:away=follows>
            <PacketList />
            <Details />
        </div>
        <PacketMenu />
    })
}

fn hint(lab: Lab) -> &'static str {
    if lab.is_running() {
        "No capture yet. Choose interfaces above, or capture from the menu of anything on the canvas. A pcap or pcapng file can be dropped here."
    } else {
        "Start the lab, then capture on any interface. A pcap or pcapng file can be opened any time: drop it here."
    }
}
