//! Cables: the line below the cards, the plugs with their labels above them.

use leptos::prelude::*;
use leptos::svg;
use topology::document::Link;

use super::keys::select_by_key;
use super::stage::Stage;
use crate::canvas::contents::Plug;
use crate::canvas::geometry::on_curve;
use crate::canvas::scene::{Cable, CableEnd, path};
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
    let qualities = {
        let cable = cable.clone();
        Memo::new(move |_| cable.with(signs))
    };
    let traffic = lab.traffic.of(link);
    let load = Memo::new(move |_| traffic.with(|shown| shown.load));
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
            data-load=move || load.get().to_string()
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
            {move || qualities.get().into_iter().map(quality).collect_view()}
        </g>
    })
}

/// How far along the cable the sign of each direction stands: nearer to who sends.
const SIGNS: [f64; 2] = [0.36, 0.64];

/// A sign where something is done to what leaves an end.
#[derive(Clone, PartialEq)]
struct Sign {
    at: (f64, f64),
    title: String,
    testid: String,
}

fn signs(cable: &Cable) -> Vec<Sign> {
    let ends = cable.wire.plugs.iter().zip(SIGNS);
    ends.filter(|(plug, _)| !plug.quality.is_empty())
        .map(|(plug, place)| {
            let at = on_curve(&cable.curve, place);
            let (namespace, name) = (&plug.namespace, &plug.name);
            Sign {
                at: (at.x, at.y),
                title: format!("Out of {namespace}/{name}: {}", plug.quality),
                testid: testids::quality(namespace, name),
            }
        })
        .collect()
}

fn quality(sign: Sign) -> impl IntoView {
    let (x, y) = sign.at;
    view! {
        <g
            class="quality-sign"
            transform=format!("translate({x:.1} {y:.1})")
            data-testid=sign.testid
        >
            {svg::title().child(sign.title)}
            <circle r="7"></circle>
            <path d="M-4 0q2 -5 4 0t4 0"></path>
        </g>
    }
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
