//! One line of the list.

use leptos::prelude::*;
use packet::row::Rule;
use packet::view::Shown;

use super::desk::Desk;
use crate::testids;
use crate::toast::Toasts;

/// A line; it says something else when the list is scrolled.
#[component]
pub(super) fn LineView(
    /// What it says; nothing at the end of a short list.
    shown: Memo<Option<Shown>>,
    /// Where it is drawn, pixels, unless lines are of different heights.
    top: Memo<f64>,
) -> impl IntoView {
    let desk = Desk::of_viewer();
    let toasts = Toasts::of_page();
    let number = move || shown.with_untracked(|shown| shown.as_ref().map(|shown| shown.number));
    let is_selected = move || {
        let selected = desk.selected.get();
        shown.with(|shown| {
            shown
                .as_ref()
                .is_some_and(|shown| selected == Some(shown.number))
        })
    };
    let class = move || {
        shown.with(|shown| match shown {
            None => "packet hidden".to_owned(),
            Some(shown) => {
                let mut class = format!("packet {}", colour(shown.rule));
                for (on, word) in [
                    (shown.marked, " marked"),
                    (shown.nested, " nested"),
                    (shown.commented, " commented"),
                    (shown.reference, " reference"),
                    (shown.awaited, " awaited"),
                ] {
                    if on {
                        class += word;
                    }
                }
                class
            }
        })
    };
    let cell = move |read: fn(&Shown) -> String| {
        move || shown.with(|shown| shown.as_ref().map(read).unwrap_or_default())
    };
    let unfold = move |event: leptos::ev::MouseEvent| {
        event.stop_propagation();
        if let Some(number) = number() {
            desk.change(|viewer| {
                let on = !viewer.is_unfolded(number);
                viewer.unfold(number, on);
            });
        }
    };
    view! {
        <div
            class=class
            class:selected=is_selected
            style:transform=move || format!("translateY({}px)", top.get())
            data-testid=testids::CAPTURE_ROW
            data-number=move || shown.with(|shown| shown.as_ref().map(|shown| shown.number + 1))
            on:click=move |_| {
                if let Some(number) = number() {
                    desk.select(number);
                }
            }
            on:contextmenu=move |event| {
                if let Some(number) = number() {
                    desk.open_packet_menu(&event, number, toasts);
                }
            }
        >
            <span class="number">{cell(|shown| (shown.number + 1).to_string())}</span>
            <span class="time">
                {cell(|shown| if shown.reference { "*REF*".to_owned() } else { shown.time.clone() })}
            </span>
            <span class="seen">
                <Show when=move || {
                    shown.with(|shown| shown.as_ref().is_some_and(|shown| shown.later > 0))
                }>
                    <button
                        class="unfold"
                        tabindex="-1"
                        aria-label="Sightings"
                        data-testid=testids::UNFOLD
                        class:open=move || {
                            shown.with(|shown| shown.as_ref().is_some_and(|shown| shown.unfolded))
                        }
                        on:click=unfold
                    >
                        "▸"
                    </button>
                </Show>
                {cell(|shown| shown.seen.clone())}
            </span>
            {move || {
                if desk.as_text.get() {
                    view! { <span class="text">{cell(|shown| said(shown, &shown.text))}</span> }.into_any()
                } else {
                    view! {
                        <span>{cell(|shown| shown.source.clone())}</span>
                        <span>{cell(|shown| shown.destination.clone())}</span>
                        <span>{cell(|shown| shown.protocol.clone())}</span>
                        <span class="length">
                            {cell(|shown| {
                                if shown.awaited { String::new() } else { shown.length.to_string() }
                            })}
                        </span>
                        <For each=move || 0..desk.columns.with(Vec::len) key=|at| *at let:at>
                            <span>
                                {move || {
                                    shown.with(|shown| shown.as_ref()?.columns.get(at).cloned())
                                }}
                            </span>
                        </For>
                        <span class="info">{cell(|shown| said(shown, &shown.info))}</span>
                    }
                        .into_any()
                }
            }}
        </div>
    }
}

/// What a row says of its packet, which may be still to come.
fn said(shown: &Shown, text: &str) -> String {
    if shown.awaited { "Loading…" } else { text }.to_owned()
}

/// The class of a row, by the rule that colours it.
fn colour(rule: Option<Rule>) -> &'static str {
    match rule {
        None => "plain",
        Some(Rule::SpanningTreeChange) => "stp-change",
        Some(Rule::IcmpError) => "icmp-error",
        Some(Rule::Arp) => "arp",
        Some(Rule::Icmp) => "icmp",
        Some(Rule::TcpReset) => "tcp-reset",
        Some(Rule::LowTtl) => "low-ttl",
        Some(Rule::BadChecksum) => "bad-checksum",
        Some(Rule::Http) => "http",
        Some(Rule::Routing) => "routing",
        Some(Rule::TcpSynFin) => "tcp-control",
        Some(Rule::Tcp) => "tcp",
        Some(Rule::Udp) => "udp",
        Some(Rule::Broadcast) => "broadcast",
    }
}
