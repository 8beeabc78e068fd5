//! One ping.

use leptos::prelude::*;
use protocol::ClientMessage;
use protocol::ping::PingId;

use crate::editor::lab::Lab;
use crate::editor::reach::owner;
use crate::icons::{Icon, icon};
use crate::live::ping_log::{PingLog, PingState, milliseconds, sparkline};
use crate::panels::row_buttons::{AgainAndDismiss, RowButton};
use crate::testids;

/// The line of round trips, pixels.
const LINE: (f64, f64) = (180.0, 26.0);

/// A row of the list.
#[component]
pub(crate) fn PingRow(
    /// Which.
    id: PingId,
) -> impl IntoView {
    let lab = Lab::of_page();
    let log = lab.streams.ping(id)?;
    let (source, target) = log.with_untracked(|log| (log.info.source, log.info.target));
    let options = log.with_untracked(|log| log.info.options.clone());
    let last_name = log.with_untracked(|log| log.info.source_name.clone());
    let names = Memo::new(move |_| {
        lab.read(|document| {
            let whose = owner(document, target).map(|target| target.interface);
            let name = document.namespaces.get(&source);
            let name = name.map_or_else(|| last_name.clone(), |found| found.name.to_string());
            (name, whose)
        })
    });
    let of = |look: fn(&PingLog) -> String| {
        let log = log.clone();
        move || log.with(look)
    };
    let state = Memo::new({
        let log = log.clone();
        move |_| log.with(|log| (log.state, log.running))
    });
    let line = {
        let log = log.clone();
        move || log.with(line_view)
    };
    let notes = {
        let log = log.clone();
        move || log.with(|log| notes_view(lab, log))
    };
    let last = of(|log| match (log.state, log.last) {
        (PingState::Ok, Some((_, rtt, _))) => format!("{} ms", milliseconds(rtt)),
        (PingState::Waiting, _) => "…".into(),
        (PingState::Error, _) => "error".into(),
        _ => "no reply".into(),
    });
    let detail = of(|log| match log.last {
        Some((sequence, _, Some(ttl))) => format!("seq {sequence} · ttl {ttl}"),
        Some((sequence, _, None)) => format!("seq {sequence}"),
        None => String::new(),
    });
    let spread = of(|log| match log.round_trips() {
        Some((min, mean, max)) => format!(
            "{} / {} / {} ms",
            milliseconds(min),
            milliseconds(mean),
            milliseconds(max)
        ),
        None => String::new(),
    });
    let loss = of(|log| {
        format!(
            "{}/{} · {:.0} % lost",
            log.replies,
            log.requests(),
            log.loss_percent()
        )
    });
    let options = StoredValue::new(options);
    let again = move |_| {
        lab.send(&ClientMessage::DismissPing { ping: id });
        lab.ping(source, target, options.get_value());
    };
    Some(view! {
        <li
            class="ping-row"
            data-testid=testids::PING_ROW
            data-state=move || state.get().0.key()
            data-running=move || state.get().1.to_string()
            class:stopped=move || !state.get().1
            class:stale=move || !lab.is_live()
        >
            <div class="ping-main">
                <span class="state-dot" aria-hidden="true"></span>
                <span class="way">
                    <strong>{move || names.with(|names| names.0.clone())}</strong>
                    " → "
                    <span class="mono">{target.to_string()}</span>
                    <span class="faint">
                        {move || names.with(|names| names.1.clone())}
                    </span>
                </span>
                <span class="two">
                    <span class="last mono">{last}</span>
                    <span class="detail mono faint">{detail}</span>
                </span>
                <span class="line">{line}</span>
                <span class="two">
                    <span class="spread mono" title="least / mean / greatest">
                        {spread}
                    </span>
                    <span class="loss mono faint">{loss}</span>
                </span>
                <span class="buttons">
                    <Show
                        when=move || state.get().1
                        fallback=move || {
                            view! {
                                <AgainAndDismiss
                                    label="Ping again"
                                    again=Callback::new(again)
                                    can=Signal::derive(move || lab.is_live())
                                    dismiss=Callback::new(move |()| {
                                        lab.send(&ClientMessage::DismissPing { ping: id });
                                    })
                                />
                            }
                        }
                    >
                        <RowButton
                            label="Stop"
                            sign=Icon::Stop
                            testid=testids::PING_STOP
                            act=Callback::new(move |()| {
                                lab.send(&ClientMessage::StopPing { ping: id });
                            })
                        />
                    </Show>
                </span>
            </div>
            {notes}
        </li>
    })
}

fn line_view(log: &PingLog) -> impl IntoView + use<> {
    let (width, height) = LINE;
    let (path, losses) = sparkline(&log.samples, LINE);
    let label = format!("Round trips: {} replies, {} lost", log.replies, log.lost);
    view! {
        <svg
            class="sparkline"
            viewBox=format!("0 0 {width} {height}")
            width=width
            height=height
            role="img"
            aria-label=label
        >
            <path d=path></path>
            {losses
                .into_iter()
                .map(|x| view! { <line class="loss" x1=x x2=x y1="3" y2=height - 3.0></line> })
                .collect_view()}
        </svg>
    }
}

fn notes_view(lab: Lab, log: &PingLog) -> impl IntoView + use<> {
    let findings = log
        .findings
        .iter()
        .map(|finding| {
            let (namespace, interface) = (finding.namespace, finding.interface);
            let show = move |_| lab.select_place(namespace, interface);
            view! {
                <button class="finding" data-testid=testids::PING_FINDING on:click=show>
                    {icon(Icon::Alert)}
                    {finding.text.clone()}
                </button>
            }
        })
        .collect_view();
    let line = |text: Option<&String>| {
        text.cloned()
            .map(|text| view! { <p class="ping-error">{text}</p> })
    };
    view! {
        {findings}
        {line(log.error.as_ref().map(|error| &error.text))}
        {line(log.ended.as_ref())}
    }
}
