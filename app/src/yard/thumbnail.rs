//! A lab in small, drawn from the same scene as on the canvas.

use std::collections::BTreeMap;

use leptos::prelude::*;
use topology::{Document, Node};

use crate::canvas::contents::{Sources, contents};
use crate::canvas::marks::Marks;
use crate::canvas::scene::{Scene, path};

/// The picture of a document.
pub(crate) fn thumbnail(document: &Document) -> impl IntoView + use<> {
    let statuses = topology::status::statuses(document, None);
    let contents = contents(Sources {
        document,
        statuses: &statuses,
        observed: None,
        marks: &Marks::default(),
        settling: false,
    });
    let places = topology::layout::place(document);
    let scene = Scene::arrange(&contents, &places, &BTreeMap::new());
    let area = scene.bounds();
    let view_box = format!("{:.0} {:.0} {:.0} {:.0}", area.x, area.y, area.w, area.h);
    let frame = scene.host.rect;
    let cables = scene
        .cables
        .values()
        .map(|cable| view! { <path class="cable" d=path(&cable.curve)></path> })
        .collect_view();
    let cards = scene
        .nodes
        .iter()
        .map(|(node, placed)| {
            let rect = placed.rect;
            let centre = rect.centre();
            let class = match node {
                Node::Namespace(_) => "card",
                Node::Bridge(_) => "bar",
            };
            view! {
                <g class=class>
                    <rect x=rect.x y=rect.y width=rect.w height=rect.h rx="14"></rect>
                    <text x=centre.x y=centre.y + 9.0 text-anchor="middle">
                        {placed.card.name.clone()}
                    </text>
                </g>
            }
        })
        .collect_view();
    view! {
        <svg class="thumbnail" viewBox=view_box aria-hidden="true">
            <rect
                class="frame"
                x=frame.x
                y=frame.y
                width=frame.w
                height=frame.h
                rx="20"
            ></rect>
            {cables}
            {cards}
        </svg>
    }
}
