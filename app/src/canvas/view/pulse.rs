//! Pings on the canvas: while one runs, its latest round trip stands beside the source's card.

use leptos::prelude::*;
use protocol::ping::PingId;
use topology::Node;

use crate::editor::lab::Lab;
use crate::live::ping_log::{PingLog, PingState, milliseconds};

/// A sign for every ping that runs.
#[component]
pub(crate) fn Pulses() -> impl IntoView {
    let lab = Lab::of_page();
    view! {
        <For each=move || lab.streams.ping_ids.get() key=|id| *id let:id>
            <Pulse id=id />
        </For>
    }
}

#[component]
fn Pulse(id: PingId) -> impl IntoView {
    let lab = Lab::of_page();
    let log = lab.streams.ping(id)?;
    let source = log.with_untracked(|log| Node::Namespace(log.info.source));
    // Several pings of one card stand below each other.
    let line = move || {
        lab.streams.ping_ids.with(|ids| {
            let same = ids.iter().take_while(|other| **other != id);
            same.filter(|other| {
                let log = lab.streams.ping(**other);
                log.is_some_and(|log| {
                    log.with(|log| log.running && Node::Namespace(log.info.source) == source)
                })
            })
            .count()
        })
    };
    let line = Memo::new(move |_| line());
    let said = Memo::new(move |_| log.with(|log| log.running.then(|| words(log))));
    Some(move || {
        let (key, text) = said.get().filter(|_| lab.is_live())?;
        let rect = lab.drawing.node(source)?.with(|placed| placed.rect);
        let width = text.chars().count() as f64 * 6.0 + 20.0;
        let x = rect.right() - width + 6.0;
        let y = rect.y - 15.0 - 24.0 * line.get() as f64;
        Some(view! {
            <g class=format!("pulse {key}") transform=format!("translate({x:.1} {y:.1})")>
                <rect width=width height="20" rx="10"></rect>
                <text x=width / 2.0 y="14" text-anchor="middle">
                    {text}
                </text>
            </g>
        })
    })
}

fn words(log: &PingLog) -> (&'static str, String) {
    let target = log.info.target;
    let text = match (log.state, log.last) {
        (PingState::Ok, Some((_, rtt, _))) => format!("{target}  {} ms", milliseconds(rtt)),
        (PingState::Waiting, _) => format!("{target}  …"),
        (PingState::Error, _) => format!("{target}  error"),
        (PingState::Lost | PingState::Ok, _) => format!("{target}  no reply"),
    };
    (log.state.key(), text)
}
