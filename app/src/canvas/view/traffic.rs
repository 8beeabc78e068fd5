//! Traffic on the canvas: what passes each link, and the button that shows it.

use std::time::Duration;

use leptos::prelude::*;
use topology::document::{Link, Point};

use super::rail::leave_to_canvas;
use super::stage::Stage;
use crate::canvas::geometry::{Rect, on_curve};
use crate::canvas::viewport::Viewport;
use crate::editor::lab::Lab;
use crate::icons::{Icon, icon};
use crate::testids;

/// Shows it, or no longer.
#[component]
pub(crate) fn TrafficSwitch() -> impl IntoView {
    let lab = Lab::of_page();
    view! {
        <button
            class:on=move || lab.traffic.on.get()
            aria-pressed=move || lab.traffic.on.get().to_string()
            title="Show what passes each link now"
            data-testid=testids::TRAFFIC
            on:click=move |event| {
                leave_to_canvas(&event);
                lab.show_traffic(!lab.traffic.on.get_untracked());
            }
        >
            {icon(Icon::Capture)}
            "Traffic"
        </button>
    }
}

/// What passes, at the middle of each link.
#[component]
pub(crate) fn TrafficLayer() -> impl IntoView {
    let lab = Lab::of_page();
    let stage = Stage::of_page();
    let view = rested(stage);
    view! {
        <Show when=move || lab.traffic.on.get()>
            <g class="traffic">
                <For each=move || lab.drawing.links.get() key=|link| *link let:link>
                    <LinkTraffic link=link view=view />
                </For>
            </g>
        </Show>
    }
}

/// After the canvas has rested for this long it is seen what can be read of it: not in every frame
/// of a pan.
const RESTED: Duration = Duration::from_millis(150);

/// The part of the canvas that is on the screen, each time it rests.
fn rested(stage: Stage) -> RwSignal<Viewport> {
    let rested = RwSignal::new(stage.viewport.get_untracked());
    let mut rest = debounce(RESTED, move |view| {
        // The canvas may have gone meanwhile.
        rested.try_set(view);
    });
    Effect::new(move |_| rest(stage.viewport.get()));
    rested
}

/// Whether a place of the canvas can be read on the screen.
fn is_readable(view: Viewport, bounds: Rect, at: Point) -> bool {
    let at = view.to_screen(at);
    !view.is_far() && (0.0..=bounds.w).contains(&at.x) && (0.0..=bounds.h).contains(&at.y)
}

#[component]
fn LinkTraffic(link: Link, view: RwSignal<Viewport>) -> impl IntoView {
    let lab = Lab::of_page();
    let stage = Stage::of_page();
    let cable = lab.drawing.cable(link)?;
    let testid = {
        let cable = cable.clone();
        Memo::new(move |_| {
            cable.with(|cable| {
                let [a, b] = &cable.wire.plugs;
                testids::traffic(&a.name, &b.name)
            })
        })
    };
    let shown = lab.traffic.of(link);
    Some(move || {
        let shown = shown.get();
        let is_quiet = shown.sent.iter().all(String::is_empty) && shown.lost.is_empty();
        let (middle, [out, home]) = cable.with(|cable| {
            let [from, middle, to] = [0.45, 0.5, 0.55].map(|t| on_curve(&cable.curve, t));
            (middle, arrows(to.x - from.x, to.y - from.y))
        });
        let bounds = stage.bounds.get_untracked();
        let is_drawn = !is_quiet && is_readable(view.get(), bounds, middle);
        is_drawn.then(|| {
            let [there, back] = shown.sent;
            let line = |y: i32, arrow: &str, text: String| {
                (!text.is_empty()).then(|| {
                    view! { <text class="mono" y=y text-anchor="middle">{format!("{arrow} {text}")}</text> }
                })
            };
            view! {
                <g data-testid=testid.get() transform=format!("translate({:.1} {:.1})", middle.x, middle.y)>
                    {line(-7, out, there)}
                    {line(16, home, back)}
                    {(!shown.lost.is_empty()).then(|| {
                        view! { <text class="mono lost" y="29" text-anchor="middle">{shown.lost}</text> }
                    })}
                </g>
            }
        })
    })
}

/// Which way each end sends.
fn arrows(x: f64, y: f64) -> [&'static str; 2] {
    match (x.abs() >= y.abs(), x >= 0.0, y >= 0.0) {
        (true, true, _) => ["→", "←"],
        (true, false, _) => ["←", "→"],
        (false, _, true) => ["↓", "↑"],
        (false, _, false) => ["↑", "↓"],
    }
}
