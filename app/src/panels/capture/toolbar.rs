//! How packets are shown: the display filter, the view, the time, what is saved.

use leptos::prelude::*;
use packet::text::Dump;
use packet::view::{TimeMode, Viewer, Where};

use super::desk::{Desk, LookIn};
use super::file::save;
use super::filter_bar::FilterBar;
use crate::editor::lab::Lab;
use crate::icons::{Icon, icon};
use crate::testids;

/// The bar above the list.
#[component]
pub(super) fn Toolbar(
    /// What saved files are called, without an ending.
    name: String,
) -> impl IntoView {
    let desk = Desk::of_viewer();
    let is_live = desk.log.with_untracked(|log| log.info().is_some());
    view! {
        <div class="packet-bar">
            <FilterBar />
            <Turn label="Text" title="tcpdump's text instead of columns" testid=testids::AS_TEXT
                on=Signal::derive(move || desk.as_text.get())
                turn=Callback::new(move |on| desk.as_text.set(on)) />
            <Show when=move || desk.as_text.get()>
                <TextOptions />
            </Show>
            <Turn label="One row a packet" title="A packet that is seen at several points is one row that unfolds"
                testid=testids::ONE_ROW
                on=Signal::derive(move || desk.read(Viewer::one_row))
                turn=Callback::new(move |on| desk.change(|viewer| viewer.set_one_row(on))) />
            <Times />
            {is_live
                .then(|| {
                    view! {
                        <Turn label="Pause" title="The view stands still; the capture goes on"
                            testid="capture-pause"
                            on=Signal::derive(move || desk.read(Viewer::is_paused))
                            turn=Callback::new(move |on| desk.change(|viewer| viewer.pause(on))) />
                    }
                })}
            <button
                class="small ghost"
                title="Find a packet (Ctrl+F in the list; F3 for the next; Ctrl+G by its number)"
                on:click=move |_| desk.look_in(LookIn::Rows(Where::Text))
            >
                "Find"
            </button>
            <Marks name=name />
            <span class="grow"></span>
            <Counts />
        </div>
    }
}

/// A button that is on or off.
#[component]
fn Turn(
    label: &'static str,
    title: &'static str,
    testid: &'static str,
    on: Signal<bool>,
    turn: Callback<bool>,
) -> impl IntoView {
    view! {
        <button
            class="small turn"
            class:on=move || on.get()
            aria-pressed=move || on.get().to_string()
            title=title
            data-testid=testid
            on:click=move |_| turn.run(!on.get_untracked())
        >
            {label}
        </button>
    }
}

/// The options of tcpdump's text.
#[component]
fn TextOptions() -> impl IntoView {
    let desk = Desk::of_viewer();
    let option =
        move |label, title, testid, on: fn(&Viewer) -> bool, turn: fn(&mut Viewer, bool)| {
            view! {
                <Turn label=label title=title testid=testid
                    on=Signal::derive(move || desk.read(on))
                    turn=Callback::new(move |on| desk.change(|viewer| turn(viewer, on))) />
            }
        };
    view! {
        {option(
            "-e",
            "The link-layer header too",
            "capture-text-e",
            |viewer| viewer.text.link,
            |viewer, on| viewer.text.link = on,
        )}
        {option(
            "-vv",
            "In detail",
            "capture-text-v",
            |viewer| viewer.text.verbose > 0,
            |viewer, on| viewer.text.verbose = if on { 2 } else { 0 },
        )}
        {option(
            "-X",
            "The bytes too, as hexadecimal and text",
            "capture-text-x",
            |viewer| viewer.text.dump != Dump::None,
            |viewer, on| viewer.text.dump = if on { Dump::Ascii } else { Dump::None },
        )}
    }
}

/// What times count from.
#[component]
fn Times() -> impl IntoView {
    let desk = Desk::of_viewer();
    let names = [
        ("clock", "Time of day", TimeMode::Clock),
        ("date", "Date and time", TimeMode::Date),
        ("first", "Since the first, or *REF*", TimeMode::First),
        ("previous", "Since the row before", TimeMode::Previous),
    ];
    view! {
        <select
            class="times"
            aria-label="Time"
            on:change=move |event| {
                let key = event_target_value(&event);
                if let Some((.., mode)) = names.iter().find(|(name, ..)| *name == key) {
                    desk.change(|viewer| viewer.time = *mode);
                }
            }
        >
            {names
                .map(|(key, name, mode)| {
                    view! {
                        <option value=key selected=move || desk.read(|viewer| viewer.time == mode)>
                            {name}
                        </option>
                    }
                })
                .into_iter()
                .collect_view()}
        </select>
    }
}

/// Going from mark to mark, and saving a part.
#[component]
fn Marks(name: String) -> impl IntoView {
    let desk = Desk::of_viewer();
    let lab = Lab::of_page();
    let marked = move || {
        desk.notes.track();
        desk.read(|viewer| viewer.marks().len())
    };
    let names = StoredValue::new((
        format!("{name}-displayed.pcapng"),
        format!("{name}-marked.pcapng"),
    ));
    let saving = move |of: fn(&Viewer) -> Vec<u64>, is_marked: bool| {
        let numbers = desk.peek(of);
        names.with_value(|(displayed, marked)| {
            save(
                desk,
                lab,
                &numbers,
                if is_marked { marked } else { displayed },
            );
        });
    };
    view! {
        <Show when=move || { marked() > 0 }>
            <span class="marks">
                <button
                    class="small ghost"
                    aria-label="Previous mark"
                    title="Previous mark (N)"
                    on:click=move |_| desk.go_to_mark(false)
                >
                    "‹"
                </button>
                <span class="faint">{move || format!("{} marked", marked())}</span>
                <button
                    class="small ghost"
                    aria-label="Next mark"
                    title="Next mark (n)"
                    on:click=move |_| desk.go_to_mark(true)
                >
                    "›"
                </button>
                <button
                    class="small ghost"
                    title="Save the marked packets as pcapng, with their comments"
                    data-testid=testids::SAVE_MARKED
                    on:click=move |_| saving(|viewer| viewer.marks().iter().copied().collect(), true)
                >
                    {icon(Icon::Download)}
                    "Marked"
                </button>
            </span>
        </Show>
        <button
            class="small ghost"
            title="Save what is displayed as pcapng, with its comments"
            data-testid=testids::SAVE_DISPLAYED
            on:click=move |_| saving(Viewer::displayed, false)
        >
            {icon(Icon::Download)}
            "Displayed"
        </button>
    }
}

/// How many packets there are, and how many are shown.
#[component]
fn Counts() -> impl IntoView {
    let desk = Desk::of_viewer();
    let words = Memo::new(move |_| {
        desk.log.with(|log| {
            let viewer = &log.viewer;
            let numbers = viewer.store().numbers();
            let all = numbers.end - numbers.start;
            let rows = viewer.row_count();
            let mut words = match rows as u64 == all {
                true => format!("{} packets", grouped(all)),
                false => format!("{} of {}", grouped(rows as u64), grouped(all)),
            };
            let awaited = viewer.store().awaited();
            if !awaited.is_empty() {
                let left = awaited.end - awaited.start;
                words += &format!(" · {} loading", grouped(left));
            } else if let Some(since) = viewer.since().filter(|_| log.info().is_some()) {
                // Who comes later sees what the ring has kept, and no more.
                words += &format!(" since {since}");
            }
            if !viewer.filter().is_empty() && awaited.is_empty() && viewer.progress() < 1.0 {
                words += &format!(" · {:.0} %", viewer.progress() * 100.0);
            }
            if viewer.waiting() > 0 {
                words += &format!(" · {} waiting", viewer.waiting());
            }
            if log.missed > 0 {
                words += &format!(" · {} not sent here", log.missed);
            }
            words
        })
    });
    view! { <span class="faint counts" role="status">{words}</span> }
}

/// A number as people read it: `1,000,000`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3 + 1);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_three() {
        assert_eq!([0, 999, 12_345].map(grouped), ["0", "999", "12,345"]);
        assert_eq!(grouped(1_000_000), "1,000,000");
    }
}
