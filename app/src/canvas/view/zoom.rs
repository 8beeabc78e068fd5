//! The buttons for zooming.

use leptos::prelude::*;

use super::rail::leave_to_canvas;
use super::stage::Stage;
use super::traffic::TrafficSwitch;
use crate::editor::lab::Lab;
use crate::icons::{Icon, icon};
use crate::testids;

/// How much a press zooms.
pub(crate) const STEP: f64 = 1.25;

/// The buttons.
#[component]
pub(crate) fn ZoomTools() -> impl IntoView {
    let stage = Stage::of_page();
    let lab = Lab::of_page();
    let percent = move || format!("{:.0} %", stage.viewport.with(|view| view.scale * 100.0));
    view! {
        <div
            class="zoom-tools"
            role="toolbar"
            aria-label="Zoom"
            on:pointerdown=move |event| event.stop_propagation()
            on:click=move |event| leave_to_canvas(&event)
        >
            <button aria-label="Zoom out" title="Zoom out (−)" on:click=move |_| stage.zoom(1.0 / STEP)>
                {icon(Icon::Minus)}
            </button>
            <button
                class="percent"
                title="To 100 % (1)"
                on:click=move |_| stage.zoom_to_full()
            >
                {percent}
            </button>
            <button aria-label="Zoom in" title="Zoom in (+)" on:click=move |_| stage.zoom(STEP)>
                {icon(Icon::Plus)}
            </button>
            <button
                title="Show everything (0)"
                data-testid=testids::FIT
                on:click=move |_| stage.fit(lab.drawing.with_scene(|scene| scene.bounds()))
            >
                {icon(Icon::Fit)}
                "Fit"
            </button>
            <TrafficSwitch />
        </div>
    }
}
