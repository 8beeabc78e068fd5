//! The list of packets, of which only the lines in sight are drawn.

use leptos::ev::KeyboardEvent;
use leptos::html::Div;
use leptos::prelude::*;
use packet::text::Dump;
use packet::view::{Shown, Viewer};

use super::desk::Desk;
use super::keys::key;
use super::line::LineView;
use super::scroll::{LINE, Place, Scroll};
use crate::icons::{Icon, icon};
use crate::testids;

/// Where a list was put that was not put anywhere.
const NOWHERE: f64 = -1.0;

/// How wide a digit is in the list's type, pixels: 12 px of JetBrains Mono, 600 of 1000 units.
const DIGIT: f64 = 7.2;

/// The list.
#[component]
pub(super) fn PacketList() -> impl IntoView {
    let desk = Desk::of_viewer();
    let area = NodeRef::<Div>::new();
    let top = RwSignal::new(0.0);
    let height = RwSignal::new(300.0);
    let (is_live, place) = desk
        .log
        .with_untracked(|log| (log.info().is_some(), log.place));
    let follows = RwSignal::new(is_live && place.is_none());
    // Where the list stands, and where it was put for it; of one that was left, nowhere yet.
    let held = StoredValue::new(place.map(|place| (place, NOWHERE)));
    let uneven = Memo::new(move |_| {
        let is_long = desk.read(|viewer| viewer.text.verbose > 0 || viewer.text.dump != Dump::None);
        desk.as_text.get() && is_long
    });
    let lines = Memo::new(move |_| desk.read(|viewer| viewer.lines()));
    let scroll = Memo::new(move |_| Scroll {
        lines: lines.get(),
        height: height.get(),
        uneven: uneven.get(),
    });
    // Long lines that follow stand at the lower edge.
    let at_bottom = Memo::new(move |_| uneven.get() && scroll.get().is_at_end(top.get()));
    let visible = Memo::new(move |_| {
        let scroll = scroll.get();
        // What is in sight stays so though lines come or go above: the browser is told a frame later.
        let at = match (follows.get(), held.get_value()) {
            _ if uneven.get() => None,
            (true, _) => Some(scroll.space()),
            (false, Some((place, _))) => desk.read(|viewer| place.top(scroll, viewer)),
            (false, None) => None,
        };
        let top = top.get();
        let (mut first, above) = scroll.first(at.unwrap_or(top));
        let count = scroll.fit() + 1;
        if at_bottom.get() {
            first = scroll.lines.saturating_sub(count);
        }
        let as_text = desk.as_text.get();
        desk.notes.track();
        let shown = desk.colouring.try_update_value(|colouring| {
            desk.read(|viewer| viewer.shown(first, count, as_text, colouring))
        });
        Visible {
            lines: shown.unwrap_or_default(),
            first: if uneven.get() { 0 } else { first },
            above,
        }
    });
    let slots = Memo::new(move |_| scroll.get().fit() + 1);
    let measure = move || {
        if let Some(area) = area.get_untracked() {
            top.set(f64::from(area.scroll_top()));
            height.set(f64::from(area.client_height()));
        }
    };
    let to = move |place: f64| {
        if let Some(area) = area.get_untracked() {
            area.set_scroll_top(place.ceil() as i32);
        }
        measure();
    };
    // The place is kept with the packets, for when the list is drawn anew.
    let keep = move || {
        let place = held.get_value().map(|(place, _)| place);
        let place = place.filter(|_| !follows.get_untracked());
        desk.log.update_untracked(|log| log.place = place);
    };
    let hold = move || {
        let top = top.get_untracked();
        let place = desk.peek(|viewer| Place::at(scroll.get_untracked(), top, viewer));
        held.set_value(place.map(|place| (place, top)));
        keep();
    };
    // When lines come or go above, it stays where it is.
    Effect::new(move |_| {
        let scroll = scroll.get();
        if area.get().is_none() || follows.get_untracked() {
            return;
        }
        let Some((place, before)) = held.get_value() else {
            return;
        };
        if uneven.get_untracked() && before > NOWHERE {
            return;
        }
        let Some(wanted) = desk.peek(|viewer| place.top(scroll, viewer)) else {
            return;
        };
        if (wanted - before).abs() >= 1.0 {
            // Browsers scroll to whole pixels: the exact place is remembered, so that nothing drifts.
            held.set_value(Some((place, wanted)));
            request_animation_frame(move || to(wanted));
        }
    });
    // What comes is followed, unless somebody has scrolled up.
    Effect::new(move |_| {
        let scroll = scroll.get();
        if area.get().is_some() && follows.get() {
            request_animation_frame(move || {
                if follows.try_get_untracked() == Some(true) {
                    to(scroll.space());
                }
            });
        }
    });
    Effect::new(move |_| {
        if area.get().is_none() {
            return;
        }
        let Some(number) = desk.reveal.get() else {
            return;
        };
        // It may be still to come, or to be found by the filter.
        lines.track();
        request_animation_frame(move || {
            let line = desk.peek(|viewer| viewer.line_of(number).ok_or(!viewer.is_settled()));
            let line = match line {
                Ok(line) => line,
                Err(true) => return,
                // What was filtered out has no line.
                Err(false) => return desk.reveal.set(None),
            };
            let Some(scroll) = scroll.try_get_untracked() else {
                return;
            };
            if let Some(place) = scroll.reveal(line, top.get_untracked()) {
                follows.set(scroll.is_at_end(place) && follows.get_untracked());
                to(place);
                hold();
            }
            desk.reveal.set(None);
        });
    });
    watch_size(area, measure);
    // The packet at which the list stands is still to come, or to be found by the filter.
    let awaits = move || {
        held.get_value().is_some_and(|(place, _)| {
            let is_here = |viewer: &Viewer| viewer.line_of(place.packet).is_some();
            // Of a connection that is made anew, nothing has come at first.
            let comes =
                |viewer: &Viewer| viewer.store().numbers().is_empty() || !viewer.is_settled();
            desk.peek(|viewer| !is_here(viewer) && comes(viewer))
        })
    };
    let scrolled = move |_| {
        measure();
        let top = top.get_untracked();
        // A list that became shorter than its window was not scrolled by anybody.
        if scroll.get_untracked().fits() && awaits() {
            return;
        }
        follows.set(scroll.get_untracked().is_at_end(top));
        let by_itself = held.with_value(|held| held.is_some_and(|held| (held.1 - top).abs() < 1.5));
        if by_itself {
            keep();
        } else {
            hold();
        }
    };
    let keys = move |event: KeyboardEvent| key(desk, scroll.get_untracked(), &event);
    view! {
        <div
            class="packet-table"
            class:as-text=move || desk.as_text.get()
            class:one-source=move || desk.read(|viewer| viewer.store().sources().len() < 2)
            style=("--number", move || format!("{}px", desk.read(number_width)))
            style=("--columns", move || "minmax(60px, 1fr) ".repeat(desk.columns.with(Vec::len)))
        >
            <Head />
            <div
                class="packet-list"
                node_ref=area
                role="log"
                aria-live="off"
                aria-label="Packets"
                tabindex="0"
                data-testid=testids::CAPTURE_LIST
                data-lines=move || lines.get()
                data-here=move || desk.read(|viewer| {
                    let here = viewer.store();
                    here.numbers().end - here.awaited().end
                })
                data-ready=move || desk.read(|viewer| viewer.is_settled()).to_string()
                on:scroll=scrolled
                on:keydown=keys
            >
                <div class="packet-space" style:height=move || format!("{}px", scroll.get().space())>
                    <div
                        class="packet-window"
                        class:uneven=move || uneven.get()
                        class:at-bottom=move || at_bottom.get()
                        style:height=move || format!("{}px", height.get())
                    >
                        <div
                            class="packet-lines"
                            style:transform=move || {
                                format!("translateY(-{}px)", visible.with(Visible::offset))
                            }
                        >
                            <For each=move || 0..slots.get() key=|slot| *slot let:slot>
                                <LineView
                                    shown=Memo::new(move |_| line(visible, slot, slots.get()))
                                    top=Memo::new(move |_| {
                                        visible.with(|visible| visible.top(slot, slots.get()))
                                    })
                                />
                            </For>
                        </div>
                    </div>
                </div>
            </div>
            <Show when=move || lines.get() == 0>
                <p class="empty packet-none">{move || none(desk)}</p>
            </Show>
            <Show when=move || !follows.get() && desk.log.with(|log| log.info().is_some())>
                <button
                    class="follow"
                    data-testid=testids::NEWEST
                    on:click=move |_| {
                        desk.change(|viewer| viewer.pause(false));
                        follows.set(true);
                        keep();
                        to(scroll.get_untracked().space());
                    }
                >
                    "Newest ↓"
                </button>
            </Show>
        </div>
    }
}

/// The lines in sight. Each stays where it is drawn while the list is scrolled, so that only what comes into
/// sight is drawn anew.
#[derive(Clone, PartialEq, Default)]
struct Visible {
    lines: Vec<Shown>,
    /// Which line of the list the first is; 0 where lines are of different heights and stand in order.
    first: usize,
    /// How much of the first is above, pixels.
    above: f64,
}

impl Visible {
    /// From which line of the list places are counted: browsers draw nothing at the millionth line's place.
    fn base(&self) -> usize {
        self.first - self.first % 4096
    }

    /// How far the lines are moved up, pixels.
    fn offset(&self) -> f64 {
        (self.first - self.base()) as f64 * LINE + self.above
    }

    /// Which of the lines is drawn at a place of so many.
    fn index(&self, slot: usize, slots: usize) -> usize {
        (slot + slots - self.first % slots.max(1)) % slots.max(1)
    }

    /// Where a place is, pixels.
    fn top(&self, slot: usize, slots: usize) -> f64 {
        (self.first - self.base() + self.index(slot, slots)) as f64 * LINE
    }
}

fn line(visible: Memo<Visible>, slot: usize, slots: usize) -> Option<Shown> {
    visible.with(|visible| visible.lines.get(visible.index(slot, slots)).cloned())
}

/// Pixels that the largest number takes in the list's type.
fn number_width(viewer: &Viewer) -> u32 {
    let digits = viewer.store().numbers().end.max(1).ilog10() + 1;
    (f64::from(digits) * DIGIT).ceil() as u32
}

fn none(desk: Desk) -> &'static str {
    desk.read(|viewer| {
        if viewer.waits_for_all() {
            "Conversations are told from the oldest packet on: this filter waits for what is loading."
        } else if viewer.progress() < 1.0 {
            "Looking…"
        } else if viewer.filter().is_empty() {
            "No packet yet."
        } else {
            "No packet passes the display filter."
        }
    })
}

#[component]
fn Head() -> impl IntoView {
    let desk = Desk::of_viewer();
    let added = move || {
        let columns = desk.columns.get().into_iter();
        columns
            .map(|name| {
                let (gone, title) = (name.clone(), name.clone());
                view! {
                    <span class="added" title=title>
                        <button
                            class="ghost"
                            aria-label=format!("Remove the column {name}")
                            title="Remove the column"
                            on:click=move |_| desk.turn_column(&gone)
                        >
                            {icon(Icon::Close)}
                        </button>
                        {name}
                    </span>
                }
            })
            .collect_view()
    };
    let plain = |name: &'static str, class: &'static str| view! { <span class=class>{name}</span> };
    view! {
        <div class="packet-head">
            {["No.", "Time", "Seen at"].map(|name| plain(name, "")).into_iter().collect_view()}
            <Show when=move || !desk.as_text.get() fallback=move || plain("Packet", "")>
                {["Source", "Destination", "Protocol"]
                    .map(|name| plain(name, ""))
                    .into_iter()
                    .collect_view()}
                {plain("Length", "length")}
                {added}
                {plain("Info", "")}
            </Show>
        </div>
    }
}

/// Measures when the window of the list has another size.
fn watch_size(area: NodeRef<Div>, measure: impl Fn() + Copy + 'static) {
    use wasm_bindgen::JsCast;
    use wasm_bindgen::closure::Closure;
    let watcher = StoredValue::new_local(None::<(web_sys::ResizeObserver, Closure<dyn FnMut()>)>);
    Effect::new(move |_| {
        let Some(area) = area.get() else {
            return;
        };
        let changed = Closure::<dyn FnMut()>::new(measure);
        if let Ok(observer) = web_sys::ResizeObserver::new(changed.as_ref().unchecked_ref()) {
            observer.observe(&area);
            watcher.set_value(Some((observer, changed)));
        }
        measure();
    });
    on_cleanup(move || {
        let gone = watcher.try_update_value(Option::take).flatten();
        if let Some((observer, _)) = gone {
            observer.disconnect();
        }
    });
}
