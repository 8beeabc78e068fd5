//! Cables: the line below the cards, the plugs with their labels above them.

use leptos::prelude::*;
use topology::document::Link;

use super::keys::select_by_key;
use super::stage::Stage;
use crate::canvas::contents::Plug;
use crate::canvas::geometry::on_curve;
use crate::canvas::scene::{CableEnd, path};
use crate::editor::lab::Lab;
use crate::editor::selection::Object;
use crate::testids;

/// The line.
#[component]
pub(crate) fn CableLine(
    /// Whose.
    link: Link,
) -> impl IntoView {
    let lab = Lab::of_page();
    let stage = Stage::of_page();
    let cable = lab.drawing.cable(link)?;
    let way = {
        let cable = cable.clone();
        Memo::new(move |_| cable.with(|cable| path(&cable.curve)))
    };
    // A straight cable has no area of its own: this gives it one, for tools that click on boxes.
    let middle = {
        let cable = cable.clone();
        Memo::new(move |_| {
            let middle = cable.with(|cable| on_curve(&cable.curve, 0.5));
            (middle.x, middle.y)
        })
    };
    let about = Memo::new(move |_| {
        cable.with(|cable| {
            let [a, b] = &cable.wire.plugs;
            (
                cable.wire.mark,
                cable.wire.label.clone(),
                testids::link(&a.name, &b.name),
            )
        })
    });
    let object = Object::Link(link);
    let selected = Memo::new(move |_| lab.selected.with(|all| all.contains(&object)));
    Some(view! {
        <g
            class="cable"
            class:selected=move || selected.get()
            role="button"
            tabindex="0"
            aria-label=move || about.with(|about| about.1.clone())
            aria-pressed=move || selected.get().to_string()
            data-testid=move || about.with(|about| about.2.clone())
            data-status=move || about.with(|about| about.0.key())
            on:keydown=move |event| select_by_key(lab, stage, object, &event)
        >
            <circle
                class="grip"
                r="7"
                cx=move || middle.get().0
                cy=move || middle.get().1
            ></circle>
            <path class="halo" d=move || way.get()></path>
            <path class="line" d=move || way.get()></path>
        </g>
    })
}

/// Both plugs.
#[component]
pub(crate) fn CablePlugs(
    /// Whose.
    link: Link,
) -> impl IntoView {
    let lab = Lab::of_page();
    let cable = lab.drawing.cable(link)?;
    let selected = Memo::new(move |_| lab.selected.with(|all| all.contains(&Object::Link(link))));
    Some(view! {
        <g class="plugs" class:selected=move || selected.get()>
            {move || cable.with(|cable| {
                let ends = cable.ends.iter().zip(&cable.wire.plugs);
                ends.map(|(end, what)| plug(end, what)).collect_view()
            })}
        </g>
    })
}

fn plug(end: &CableEnd, what: &Plug) -> impl IntoView + use<> {
    let label = end.label;
    let anchor = if label.ends { "end" } else { "start" };
    view! {
        <g
            class="plug"
            data-testid=testids::interface(&what.namespace, &what.name)
            data-status=what.mark.key()
        >
            <circle cx=end.at.x cy=end.at.y r="4.5"></circle>
            <text
                class="mono label"
                class:crowded=label.is_crowded
                x=label.at.x
                y=label.at.y
                text-anchor=anchor
            >
                {what.name.clone()}
            </text>
        </g>
    }
}
