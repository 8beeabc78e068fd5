//! A namespace's card and a bridge's bar.

use leptos::prelude::*;
use leptos::svg;
use topology::Node;
use topology::layout::{BAR_LINE, BAR_TEXT, GAP, LINE, MONO, NAME, SIDE};

use super::keys::select_by_key;
use super::stage::Stage;
use crate::canvas::contents::{Card, Row, RowKind};
use crate::canvas::geometry::Rect;
use crate::canvas::hit::{HANDLE_RADIUS, handle_of};
use crate::canvas::lines::{self, SIGN, SMALL, fitted};
use crate::canvas::mark::Mark;
use crate::editor::lab::Lab;
use crate::editor::selection::Object;
use crate::testids;

/// The base line of the first row, as `topology::layout` leaves room.
const FIRST_ROW: f64 = 52.0;
/// The base line of a bar's first fact.
const FIRST_FACT: f64 = 39.0;
/// Height of a name on the screen where nothing else can be read, pixels, and the width of its
/// characters as a share of that.
const FAR_PIXELS: f64 = 11.0;
const FAR_CHARACTER: f64 = 0.62;

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
        {far_name(card)}
        {in_full(card).map(|text| svg::title().child(text))}
        <g class="handle" data-testid=testids::port(&card.name)>
            <circle cx=handle.x cy=handle.y r=HANDLE_RADIUS></circle>
            <path d=format!("M{:.1} {:.1}h7m-3.5 -3.5v7", handle.x - 3.5, handle.y)></path>
        </g>
    }
    .into_any()
}

fn namespace(card: &Card, width: f64) -> impl IntoView + use<> {
    let base_line = |index: usize| FIRST_ROW + LINE * index as f64;
    let rows = card
        .rows
        .iter()
        .enumerate()
        .map(|(index, row)| row_view(row, &card.name, base_line(index), width))
        .collect_view();
    let empty = card.rows.is_empty().then(|| {
        view! {
            <text class="faint" x=SIDE y=FIRST_ROW>
                "no interface yet"
            </text>
        }
    });
    let facts = card.facts.join(" ");
    let aside = match (card.note.as_str(), card.note_below) {
        ("", _) | (_, true) => facts.as_str(),
        (note, false) => note,
    };
    let below = card.note_below.then(|| {
        let y = base_line(card.rows.len().max(1));
        view! {
            <text class="note" x=SIDE y=y>
                {fitted(&card.note, width - 2.0 * SIDE, SMALL)}
            </text>
        }
    });
    let room = width - 2.0 * SIDE - SIGN - lines::width(&card.name, NAME) - GAP;
    view! {
        {dot(card.mark, SIDE + 4.5, 22.0)}
        <text class="name" x=SIDE + SIGN y="27">
            {card.name.clone()}
        </text>
        <text
            class="note"
            class:faint=card.note.is_empty()
            x=width - SIDE
            y="26.5"
            text-anchor="end"
        >
            {fitted(aside, room, SMALL)}
        </text>
        {rows}
        {empty}
        {below}
    }
}

fn bridge(card: &Card, width: f64) -> impl IntoView + use<> {
    let fact_room = width - BAR_TEXT - SIDE;
    let base_line = |index: usize| FIRST_FACT + BAR_LINE * index as f64;
    let facts = card.facts.iter().enumerate().map(|(index, fact)| {
        view! {
            <text class="mono faint" x=BAR_TEXT y=base_line(index)>
                {fitted(fact, fact_room, MONO)}
            </text>
        }
    });
    let note_end = width - SIDE - SIGN;
    let name_end = BAR_TEXT + lines::width(&card.name, NAME) + GAP;
    let (note_x, note_y, anchor, room) = if card.note_below {
        (BAR_TEXT, base_line(card.facts.len()), "start", fact_room)
    } else {
        (note_end, 22.0, "end", note_end - name_end)
    };
    view! {
        <rect class="emblem" x="12" y="14" width="22" height="22" rx="6"></rect>
        <path class="emblem-line" d="M17 25h12M20 21l-4 4 4 4M26 21l4 4-4 4"></path>
        <text class="name" x=BAR_TEXT y="22">
            {card.name.clone()}
        </text>
        {facts.collect_view()}
        {dot(card.mark, width - SIDE - 3.0, 18.0)}
        <text class="note" x=note_x y=note_y text-anchor=anchor>
            {fitted(&card.note, room, SMALL)}
        </text>
    }
}

fn row_view(row: &Row, namespace: &str, y: f64, width: f64) -> AnyView {
    let class = match row.kind {
        RowKind::Interface => "row",
        RowKind::More => "row more",
        RowKind::Route => "row route",
        RowKind::Stranger => "row stranger",
        RowKind::Note => "row",
    };
    let name = match row.kind {
        RowKind::More | RowKind::Note => String::new(),
        _ => row.name.clone(),
    };
    let text_x = lines::text_start(row);
    let end = width - SIDE;
    let note_room = end - text_x - lines::width(&row.text, MONO);
    let (note_x, anchor) = if row.kind == RowKind::Note {
        (text_x, "start")
    } else {
        (end, "end")
    };
    let testid = (row.kind == RowKind::Interface).then(|| testids::row(namespace, &row.name));
    view! {
        <g class=class data-testid=testid data-status=row.mark.key()>
            <text class="mono ifname" x=SIDE y=y>
                {name}
            </text>
            <text class="mono" x=text_x y=y>
                {fitted(&row.text, end - text_x, MONO)}
            </text>
            <text class="note" x=note_x y=y text-anchor=anchor>
                {fitted(&row.note, note_room, SMALL)}
            </text>
        </g>
    }
    .into_any()
}

/// The name in large, for when the rest is too small to be read: as large as there is room.
fn far_name(card: &Card) -> impl IntoView + use<> {
    let (w, h) = card.size;
    let characters = card.name.chars().count().max(1) as f64;
    let most = ((w - SIDE) / (characters * FAR_CHARACTER)).min(h * 0.72);
    view! {
        <text
            class="far-name"
            x=w / 2.0
            y=h / 2.0
            text-anchor="middle"
            dominant-baseline="central"
            style:font-size=format!("min(calc({FAR_PIXELS}px / var(--scale)), {most:.1}px)")
        >
            {card.name.clone()}
        </text>
    }
}

/// All that a card says, if some of it is cut: what a pointer that rests on it is shown.
fn in_full(card: &Card) -> Option<String> {
    let room = card.size.0 - 2.0 * SIDE;
    let is_cut = |note: &str| lines::width(note, SMALL) > room;
    let notes = || card.rows.iter().map(|row| row.note.as_str());
    if !is_cut(&card.note) && !notes().any(is_cut) {
        return None;
    }
    let mut lines = vec![format!("{} {}", card.name, card.note)];
    lines.extend(card.facts.iter().cloned());
    let rows = card.rows.iter().map(|row| match row.kind {
        RowKind::Note => row.note.clone(),
        _ => format!("{} {} {}", row.name, row.text, row.note),
    });
    lines.extend(rows);
    Some(lines.join("\n"))
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
