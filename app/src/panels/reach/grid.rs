//! The matrix, of which only what is on the screen is drawn: it may have 10,000 cells.

use std::sync::Arc;

use leptos::html::Div;
use leptos::prelude::*;
use protocol::reach::ReachResult;

use crate::editor::lab::Lab;
use crate::live::matrix::{Grade, Matrix, short};
use crate::panels::dock::Dock;
use crate::testids;

/// Sizes in pixels, as in the style sheet.
const ROW: f64 = 26.0;
const COLUMN: f64 = 96.0;
const HEAD: f64 = 42.0;
const NAMES: f64 = 132.0;

/// The grid.
#[component]
pub(super) fn Grid() -> impl IntoView {
    let lab = Lab::of_page();
    let reach = lab.reach;
    let dock = Dock::of_page();
    let area = NodeRef::<Div>::new();
    let view = RwSignal::new((0.0, 0.0, 900.0, 200.0));
    let shown = Memo::new(move |_| {
        let wanted = reach.wanted.get();
        reach.matrix.with(|matrix| {
            let matrix = matrix.as_ref();
            matrix
                .map(|matrix| matrix.shown(wanted))
                .unwrap_or_default()
        })
    });
    let measure = move || {
        if let Some(area) = area.get_untracked() {
            view.set((
                f64::from(area.scroll_left()),
                f64::from(area.scroll_top()),
                f64::from(area.client_width()),
                f64::from(area.client_height()),
            ));
        }
    };
    Effect::new(move |_| {
        // Its size follows the dock's and the window's.
        shown.track();
        dock.height.track();
        if area.get().is_some() {
            request_animation_frame(measure);
        }
    });
    let resized = window_event_listener(leptos::ev::resize, move |_| measure());
    on_cleanup(move || resized.remove());
    // The places on the screen, by the place in the row or column.
    let rows = Memo::new(move |_| {
        let (_, top, _, height) = view.get();
        shown.with(|shown| visible(&shown.rows, top, height, ROW))
    });
    let columns = Memo::new(move |_| {
        let (left, _, width, _) = view.get();
        shown.with(|shown| visible(&shown.columns, left, width, COLUMN))
    });
    let cells = move || {
        let generation = reach.generation.get();
        let columns = columns.get();
        let rows = rows.get().into_iter();
        rows.flat_map(|row| {
            columns
                .clone()
                .into_iter()
                .map(move |column| (generation, row, column))
        })
        .collect::<Vec<_>>()
    };
    let size = move || {
        shown.with(|shown| {
            (
                NAMES + shown.columns.len() as f64 * COLUMN,
                HEAD + shown.rows.len() as f64 * ROW,
            )
        })
    };
    let is_empty = move || shown.with(|s| s.rows.is_empty() || s.columns.is_empty());
    let head = move |(_, (place, column)): (u64, (usize, usize))| {
        let text = reach.matrix.with_untracked(|matrix| {
            let target = matrix.as_ref()?.target(column)?;
            Some((
                target.name.clone(),
                target.address.to_string(),
                target.interface_name.clone(),
            ))
        });
        let (name, address, interface) = text.unwrap_or_default();
        let title = format!("{name}/{interface} {address}");
        view! {
            <div
                class="reach-head"
                role="columnheader"
                title=title
                style:left=format!("{}px", NAMES + place as f64 * COLUMN)
            >
                <span>{name}</span>
                <span class="mono faint">{address}</span>
            </div>
        }
    };
    let name = move |(_, (place, row)): (u64, (usize, usize))| {
        let text = reach
            .matrix
            .with_untracked(|matrix| Some(matrix.as_ref()?.source(row)?.name.clone()));
        let text = text.unwrap_or_default();
        view! {
            <div
                class="reach-name"
                role="rowheader"
                title=text.clone()
                style:top=format!("{}px", place as f64 * ROW)
            >
                {text.clone()}
            </div>
        }
    };
    view! {
        <div
            class="reach-grid"
            node_ref=area
            role="grid"
            aria-label="Who reaches whom"
            tabindex="0"
            on:scroll=move |_| measure()
            on:keydown=move |event| step(lab, shown.get_untracked(), area, &event)
        >
            <Show when=is_empty>
                <p class="empty">{move || nothing(lab)}</p>
            </Show>
            <div
                class="reach-space"
                class:hidden=is_empty
                style:width=move || format!("{}px", size().0)
                style:height=move || format!("{}px", size().1)
            >
                <div class="reach-heads">
                    <div class="reach-corner faint">"from → to"</div>
                    <For
                        each=move || with_generation(reach.generation.get(), columns.get())
                        key=|column| *column
                        children=head
                    />
                </div>
                <div
                    class="reach-names"
                    style:height=move || format!("{}px", size().1 - HEAD)
                >
                    <For
                        each=move || with_generation(reach.generation.get(), rows.get())
                        key=|row| *row
                        children=name
                    />
                </div>
                <For each=cells key=|cell| *cell let:cell>
                    <Cell row=cell.1 column=cell.2 />
                </For>
            </div>
        </div>
    }
}

/// Who is there may have changed at the same places.
fn with_generation(generation: u64, places: Vec<(usize, usize)>) -> Vec<(u64, (usize, usize))> {
    let places = places.into_iter();
    places.map(|place| (generation, place)).collect()
}

/// Why there is nothing to see.
fn nothing(lab: Lab) -> &'static str {
    let (pairs, wanted) = (
        lab.reach
            .matrix
            .with(|m| m.as_ref().map_or(0, |m| m.found().pairs.len())),
        lab.reach.wanted.get(),
    );
    match (pairs, wanted.failures, wanted.changes) {
        (0, ..) => "There is nobody to reach: it takes two namespaces with addresses.",
        (_, true, _) => "Nothing fails here.",
        (_, _, true) => "Nothing has changed since the last time.",
        _ => "Nothing of that.",
    }
}

/// What is on the screen: its place there, and what it is.
fn visible(all: &[usize], from: f64, size: f64, step: f64) -> Vec<(usize, usize)> {
    /// Some more than fit, so that a quick scroll shows no gap.
    const MORE: usize = 6;
    let first = (from / step).floor().max(0.0) as usize;
    let fit = (size / step).ceil().max(0.0) as usize;
    let start = first.saturating_sub(MORE).min(all.len());
    let end = first.saturating_add(fit + MORE).min(all.len());
    let some = all.get(start..end).unwrap_or_default();
    (start..).zip(some.iter().copied()).collect()
}

#[derive(Clone, PartialEq)]
struct Drawn {
    grade: Grade,
    text: String,
    title: String,
    changed: bool,
}

#[component]
fn Cell(row: (usize, usize), column: (usize, usize)) -> impl IntoView {
    let lab = Lab::of_page();
    let reach = lab.reach;
    let at = (row.1, column.1);
    let drawn = Memo::new(move |_| {
        reach
            .matrix
            .with(|matrix| matrix.as_ref().and_then(|matrix| drawn(matrix, at)))
    });
    // One by one: the page's policy takes no style as a text.
    let left = format!("{}px", NAMES + column.0 as f64 * COLUMN);
    let top = format!("{}px", HEAD + row.0 as f64 * ROW);
    let testid = reach.matrix.with_untracked(|matrix| {
        let matrix = matrix.as_ref()?;
        let (source, target) = (matrix.source(at.0)?, matrix.target(at.1)?);
        Some(testids::reach_cell(
            &source.name,
            &target.address.to_string(),
        ))
    });
    move || match drawn.get() {
        None => view! {
            <div class="reach-own" role="gridcell" style:left=left.clone() style:top=top.clone()>
                "·"
            </div>
        }
        .into_any(),
        Some(drawn) => view! {
            <button
                class="reach-cell"
                class:changed=drawn.changed
                class:chosen=move || reach.chosen.get() == Some(at)
                role="gridcell"
                tabindex="-1"
                style:left=left.clone() style:top=top.clone()
                title=drawn.title.clone()
                aria-label=drawn.title
                data-grade=drawn.grade.key()
                data-testid=testid.clone()
                on:click=move |_| choose(lab, Some(at))
            >
                <span class="sign">{drawn.grade.sign()}</span>
                <span class="what">{drawn.text}</span>
                {drawn.changed.then(|| view! { <span class="delta">"Δ"</span> })}
            </button>
        }
        .into_any(),
    }
}

fn drawn(matrix: &Arc<Matrix>, (row, column): (usize, usize)) -> Option<Drawn> {
    let (result, changed) = matrix.cell(row, column)?;
    let (source, target) = (matrix.source(row)?, matrix.target(column)?);
    let news = if changed {
        ", otherwise than before"
    } else {
        ""
    };
    let what = match result {
        ReachResult::Reachable { .. } => format!("{} ms", short(result)),
        ReachResult::Unreachable(why) => why.text.clone(),
    };
    Some(Drawn {
        grade: Grade::of(result),
        text: short(result),
        title: format!(
            "{} → {} {}: {what}{news}",
            source.name, target.name, target.address
        ),
        changed,
    })
}

/// Chooses a cell, and shows its way on the canvas.
pub(super) fn choose(lab: Lab, at: Option<(usize, usize)>) {
    lab.reach.chosen.set(at);
    let matrix = lab.reach.matrix.get_untracked();
    let pair = at.and_then(|(row, column)| {
        let matrix = matrix.as_ref()?;
        let (result, _) = matrix.cell(row, column)?;
        let why = match result {
            ReachResult::Reachable { .. } => None,
            ReachResult::Unreachable(why) => Some(why.text.clone()),
        };
        Some((
            matrix.source(row)?.namespace,
            matrix.target(column)?.address,
            why,
        ))
    });
    match pair {
        Some((source, target, why)) => lab.show_way(source, target, why, Vec::new()),
        None => lab.hide_way(),
    }
}

/// Arrow keys go from cell to cell.
fn step(
    lab: Lab,
    shown: crate::live::matrix::Shown,
    area: NodeRef<Div>,
    event: &leptos::ev::KeyboardEvent,
) {
    let (down, right) = match event.key().as_str() {
        "ArrowDown" => (1, 0),
        "ArrowUp" => (-1, 0),
        "ArrowRight" => (0, 1),
        "ArrowLeft" => (0, -1),
        "Escape" => return choose(lab, None),
        _ => return,
    };
    event.prevent_default();
    event.stop_propagation();
    let now = lab.reach.chosen.get_untracked();
    let place = |all: &[usize], what: Option<usize>, by: isize| {
        let found = what.and_then(|what| all.iter().position(|one| *one == what));
        let next = found.map_or(0, |found| found.saturating_add_signed(by));
        next.min(all.len().saturating_sub(1))
    };
    let row = place(&shown.rows, now.map(|now| now.0), down);
    let column = place(&shown.columns, now.map(|now| now.1), right);
    let (Some(to_row), Some(to_column)) = (shown.rows.get(row), shown.columns.get(column)) else {
        return;
    };
    choose(lab, Some((*to_row, *to_column)));
    if let Some(area) = area.get_untracked() {
        let keep = |at: f64, from: f64, size: f64, step: f64| from.min(at).max(at + step - size);
        let (x, y) = (column as f64 * COLUMN, row as f64 * ROW);
        let left = keep(
            x,
            f64::from(area.scroll_left()),
            f64::from(area.client_width()) - NAMES,
            COLUMN,
        );
        let top = keep(
            y,
            f64::from(area.scroll_top()),
            f64::from(area.client_height()) - HEAD,
            ROW,
        );
        area.set_scroll_left(left as i32);
        area.set_scroll_top(top as i32);
    }
}
