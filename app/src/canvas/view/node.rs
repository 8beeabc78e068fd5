//! A namespace's card and a bridge's bar.

use leptos::prelude::*;
use topology::Node;

use super::keys::select_by_key;
use super::stage::Stage;
use crate::canvas::contents::{Card, Row, RowKind};
use crate::canvas::geometry::Rect;
use crate::canvas::hit::{HANDLE_RADIUS, handle_of};
use crate::canvas::mark::Mark;
use crate::editor::lab::Lab;
use crate::editor::selection::Object;
use crate::testids;

/// Width of a character of the monospaced type at the size of rows, canvas units.
const MONO: f64 = 6.6;
/// Width of a character of the small type of notes, about.
const SMALL: f64 = 5.4;
/// The base line of the first row and the distance of the next, as `topology::layout` leaves room.
const FIRST_ROW: f64 = 52.0;
const ROW: f64 = 19.0;
/// Room at the sides.
const SIDE: f64 = 16.0;

/// A card or bar.
#[component]
pub(crate) fn NodeView(
    /// Whose.
    node: Node,
) -> impl IntoView {
    let lab = Lab::of_page();
    let stage = Stage::of_page();
    let placed = lab.drawing.node(node)?;
    let rect = {
        let placed = placed.clone();
        Memo::new(move |_| placed.with(|placed| placed.rect))
    };
    let card = Memo::new(move |_| placed.with(|placed| placed.card.clone()));
    let object = Object::Node(node);
    let selected = Memo::new(move |_| lab.selected.with(|all| all.contains(&object)));
    let kind = match node {
        Node::Namespace(_) => "namespace",
        Node::Bridge(_) => "bridge",
    };
    Some(view! {
        <g
            class=format!("node {kind}")
            class:selected=move || selected.get()
            role="button"
            tabindex="0"
            aria-label=move || card.with(|card| card.label.clone())
            aria-pressed=move || selected.get().to_string()
            data-testid=move || card.with(|card| testids::node(&card.name))
            data-status=move || card.with(|card| card.mark.key())
            transform=move || {
                let Rect { x, y, .. } = rect.get();
                format!("translate({x:.1} {y:.1})")
            }
            on:keydown=move |event| select_by_key(lab, stage, object, &event)
        >
            // The label says it all, in order.
            <g aria-hidden="true">{move || card.with(|card| draw(node, card))}</g>
        </g>
    })
}

fn draw(node: Node, card: &Card) -> AnyView {
    let (w, h) = card.size;
    let rect = Rect {
        x: 0.0,
        y: 0.0,
        w,
        h,
    };
    let handle = handle_of(rect);
    let body = match node {
        Node::Namespace(_) => namespace(card, w).into_any(),
        Node::Bridge(_) => bridge(card, w).into_any(),
    };
    view! {
        <rect class="shadow" x="0" y="2" width=w height=h rx="11"></rect>
        <rect class="body" width=w height=h rx="11"></rect>
        {body}
        <g class="handle" data-testid=testids::port(&card.name)>
            <circle cx=handle.x cy=handle.y r=HANDLE_RADIUS></circle>
            <path d=format!("M{:.1} {:.1}h7m-3.5 -3.5v7", handle.x - 3.5, handle.y)></path>
        </g>
    }
    .into_any()
}

fn namespace(card: &Card, width: f64) -> impl IntoView + use<> {
    let rows = card
        .rows
        .iter()
        .enumerate()
        .map(|(index, row)| row_view(row, &card.name, FIRST_ROW + ROW * index as f64, width))
        .collect_view();
    let empty = card.rows.is_empty().then(|| {
        view! {
            <text class="faint" x=SIDE y=FIRST_ROW>
                "no interface yet"
            </text>
        }
    });
    let aside = if card.note.is_empty() {
        card.subtitle.clone()
    } else {
        card.note.clone()
    };
    let room = width - 2.0 * SIDE - 14.0 - card.name.chars().count() as f64 * 8.2 - 8.0;
    view! {
        {dot(card.mark, SIDE + 4.5, 22.0)}
        <text class="name" x=SIDE + 16.0 y="27">
            {card.name.clone()}
        </text>
        <text class="note" class:faint=card.note.is_empty() x=width - SIDE y="26.5" text-anchor="end">
            {fitted(&aside, room, SMALL)}
        </text>
        {rows}
        {empty}
    }
}

fn bridge(card: &Card, width: f64) -> impl IntoView + use<> {
    let facts = fitted(&card.subtitle, width - 44.0 - SIDE, MONO);
    let room = width - 44.0 - 40.0 - card.name.chars().count() as f64 * 8.0;
    view! {
        <rect class="emblem" x="12" y="14" width="22" height="22" rx="6"></rect>
        <path class="emblem-line" d="M17 25h12M20 21l-4 4 4 4M26 21l4 4-4 4"></path>
        <text class="name" x="44" y="22">
            {card.name.clone()}
        </text>
        <text class="mono faint" x="44" y="39">
            {facts}
        </text>
        {dot(card.mark, width - SIDE - 3.0, 18.0)}
        <text class="note" x=width - SIDE - 14.0 y="22" text-anchor="end">
            {fitted(&card.note, room, SMALL)}
        </text>
    }
}

fn row_view(row: &Row, namespace: &str, y: f64, width: f64) -> AnyView {
    let name_width = match row.kind {
        RowKind::Route => 0.0,
        RowKind::Interface | RowKind::More | RowKind::Stranger => {
            (row.name.chars().count() as f64 * MONO).min(width - 2.0 * SIDE)
        }
    };
    let note_width = row.note.chars().count() as f64 * SMALL;
    let gap = if name_width > 0.0 { 8.0 } else { 0.0 };
    let text_x = SIDE + name_width + gap;
    let all = width - 2.0 * SIDE;
    let note_room = (all - name_width - gap).max(0.0);
    let text_room = (note_room
        - if row.note.is_empty() {
            0.0
        } else {
            note_width + 8.0
        })
    .max(0.0);
    let class = match row.kind {
        RowKind::Interface => "row",
        RowKind::More => "row more",
        RowKind::Route => "row route",
        RowKind::Stranger => "row stranger",
    };
    let name = match row.kind {
        RowKind::More => String::new(),
        _ => row.name.clone(),
    };
    let testid = (row.kind == RowKind::Interface).then(|| testids::row(namespace, &row.name));
    view! {
        <g class=class data-testid=testid data-status=row.mark.key()>
            <text class="mono ifname" x=SIDE y=y>
                {name}
            </text>
            <text class="mono" x=text_x y=y>
                {fitted(&row.text, text_room, MONO)}
            </text>
            <text class="note" x=width - SIDE y=y text-anchor="end">
                {fitted(&row.note, note_room, SMALL)}
            </text>
        </g>
    }
    .into_any()
}

/// The sign of a state: a form for each, not only a colour.
pub(crate) fn dot(mark: Mark, x: f64, y: f64) -> AnyView {
    let class = format!("dot {}", mark.key());
    match mark {
        Mark::Missing | Mark::Failed => view! {
            <path
                class=class
                d=format!("M{:.1} {:.1}l8 8m0 -8l-8 8", x - 4.0, y - 4.0)
            ></path>
        }
        .into_any(),
        Mark::Drifted => view! {
            <path
                class=class
                d=format!("M{x:.1} {:.1}l5.5 5.5l-5.5 5.5l-5.5 -5.5z", y - 5.5)
            ></path>
        }
        .into_any(),
        _ => view! { <circle class=class cx=x cy=y r="4.5"></circle> }.into_any(),
    }
}

/// As much of a text as has room.
fn fitted(text: &str, room: f64, character: f64) -> String {
    let most = (room / character).floor().max(0.0) as usize;
    if text.chars().count() <= most {
        return text.to_owned();
    }
    match most {
        0..3 => String::new(),
        _ => text.chars().take(most - 1).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_where_there_is_no_room() {
        assert_eq!(fitted("10.0.0.1/24", 100.0, 6.0), "10.0.0.1/24");
        assert_eq!(fitted("10.0.0.1/24", 48.0, 6.0), "10.0.0.…");
        assert_eq!(fitted("10.0.0.1/24", 12.0, 6.0), "");
    }
}
