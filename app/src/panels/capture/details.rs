//! The chosen packet: its line in full, and its bytes.

use leptos::prelude::*;
use packet::text::{Options, Printer, Time};
use protocol::capture::CaptureId;

use crate::editor::lab::Lab;
use crate::icons::{Icon, icon};
use crate::live::capture_log::{CaptureLog, dump};

/// The details, when a packet is chosen.
#[component]
pub(crate) fn Details(
    /// Of which capture.
    id: CaptureId,
    /// The number of the chosen packet.
    selected: RwSignal<Option<u64>>,
) -> impl IntoView {
    let lab = Lab::of_page();
    let log = lab.streams.capture(id)?;
    // A packet that is chosen does not change.
    let shown = move || {
        let number = selected.get()?;
        log.with_untracked(|log| describe(log, number))
    };
    Some(move || {
        shown().map(|(length, lines, bytes)| {
            view! {
                <aside class="packet-details" aria-label="Packet">
                    <div class="details-head">
                        <span class="faint">{length}</span>
                        <button
                            class="ghost small"
                            aria-label="Close the details"
                            on:click=move |_| selected.set(None)
                        >
                            {icon(Icon::Close)}
                        </button>
                    </div>
                    <pre class="verbose">{lines}</pre>
                    <pre class="dump">{bytes}</pre>
                </aside>
            }
        })
    })
}

fn describe(log: &CaptureLog, number: u64) -> Option<(String, String, String)> {
    let row = log.row(number)?;
    let mut printer = Printer::new(Options {
        time: Time::None,
        verbose: 2,
        link: true,
        ..Options::default()
    });
    let lines = printer.line(log.link(row.source), &row.record).to_owned();
    let captured = row.record.data.len();
    let length = match usize::try_from(row.record.length) {
        Ok(length) if length > captured => format!("{length} bytes, {captured} captured"),
        _ => format!("{captured} bytes"),
    };
    Some((length, lines, dump(&row.record.data)))
}
