//! The canvas.

use leptos::html::Div;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, ResizeObserver};

use super::cable::{CableLine, CablePlugs};
use super::frame::HostFrameView;
use super::menu::ContextMenu;
use super::node::NodeView;
use super::overlay::Overlay;
use super::pointers::Pointers;
use super::pulse::Pulses;
use super::stage::Stage;
use super::traffic::TrafficLayer;
use super::way::WayLayer;
use super::zoom::ZoomTools;
use crate::canvas::geometry::Rect;
use crate::canvas::gesture::{Gesture, Tool};
use crate::editor::lab::{Lab, Online};
use crate::testids;

/// The canvas with everything on it.
#[component]
pub(crate) fn Canvas() -> impl IntoView {
    let lab = Lab::of_page();
    let stage = Stage::of_page();
    let pointers = Pointers::new();
    let area = NodeRef::<Div>::new();
    let ready = RwSignal::new(false);
    watch_size(area, stage);
    fit_once(lab, stage, ready);
    let cursor = move || {
        let gesture = lab.gesture.with(|gesture| match gesture {
            Gesture::Pan { .. } => Some("panning"),
            Gesture::Move { .. } => Some("moving"),
            _ => None,
        });
        gesture.unwrap_or_else(|| match (stage.space.get(), stage.tool.get()) {
            (true, _) => "may-pan",
            (_, Tool::Select) => "",
            _ => "placing",
        })
    };
    let is_empty =
        move || ready.get() && lab.read(|d| d.namespaces.len() == 1 && d.interfaces.len() == 1);
    let far = Memo::new(move |_| stage.viewport.with(|view| view.is_far()));
    let transform = move || stage.viewport.with(|view| view.transform());
    view! {
        <div
            node_ref=area
            class=move || format!("canvas {}", cursor())
            data-testid=testids::CANVAS
            data-ready=move || ready.get().to_string()
            on:pointerdown=move |event| {
                capture_pointer(&event);
                pointers.down(&event);
            }
            on:pointermove=move |event| {
                stage.pointing.set_value(true);
                pointers.moved(&event);
            }
            on:pointerleave=move |_| stage.pointing.set_value(false)
            on:pointerup=move |event| pointers.up(&event)
            on:pointercancel=move |event| pointers.cancelled(&event)
            on:wheel=move |event| pointers.wheel(&event)
            on:contextmenu=move |event| event.prevent_default()
        >
            <svg class="scene" role="group" aria-label="Canvas">
                <defs>
                    <pattern
                        id="ground"
                        width="22"
                        height="22"
                        patternUnits="userSpaceOnUse"
                        patternTransform=transform
                    >
                        <circle class="ground-dot" cx="1" cy="1" r="1"></circle>
                    </pattern>
                </defs>
                <rect class="ground" width="100%" height="100%" fill="url(#ground)"></rect>
                <g
                    transform=transform
                    class:hidden=move || !ready.get()
                    class:far=move || far.get()
                    style:--scale=move || stage.viewport.with(|view| format!("{:.4}", view.scale))
                >
                    <HostFrameView />
                    <For each=move || lab.drawing.links.get() key=|link| *link let:link>
                        <CableLine link=link />
                    </For>
                    <For each=move || lab.drawing.nodes.get() key=|node| *node let:node>
                        <NodeView node=node />
                    </For>
                    <For each=move || lab.drawing.links.get() key=|link| *link let:link>
                        <CablePlugs link=link />
                    </For>
                    <TrafficLayer />
                    <WayLayer />
                    <Pulses />
                    <Overlay />
                </g>
            </svg>
            <Show when=is_empty>
                <div class="canvas-hint">
                    <p>"Nothing here yet but the host."</p>
                    <p>
                        "Drag a namespace from the left onto the canvas, or press " <kbd>"N"</kbd>
                        "."
                    </p>
                </div>
            </Show>
            <ZoomTools />
            <ContextMenu />
        </div>
    }
}

/// All moves of a pointer that went down here come here, wherever it goes.
fn capture_pointer(event: &leptos::ev::PointerEvent) {
    let target = event.current_target();
    if let Some(element) = target.and_then(|target| target.dyn_into::<Element>().ok()) {
        // Refused when the pointer is gone already.
        let _ = element.set_pointer_capture(event.pointer_id());
    }
}

/// Follows the canvas's size and place.
fn watch_size(area: NodeRef<Div>, stage: Stage) {
    Effect::new(move |_| {
        let Some(element) = area.get() else {
            return;
        };
        let observed: Element = element.clone().into();
        let measure = Closure::<dyn FnMut()>::new(move || {
            let found = element.get_bounding_client_rect();
            stage.bounds.try_set(Rect {
                x: found.x(),
                y: found.y(),
                w: found.width(),
                h: found.height(),
            });
        });
        let Ok(observer) = ResizeObserver::new(measure.as_ref().unchecked_ref()) else {
            return;
        };
        observer.observe(&observed);
        let kept = StoredValue::new_local((observer, measure));
        on_cleanup(move || {
            kept.try_with_value(|(observer, _)| observer.disconnect());
        });
    });
}

/// Shows all of the lab when it has come.
fn fit_once(lab: Lab, stage: Stage, ready: RwSignal<bool>) {
    Effect::new(move |_| {
        let has_size = stage.bounds.with(|bounds| bounds.w > 0.0);
        let has_come = lab.online.get() == Online::Yes;
        if has_size && has_come && !ready.get_untracked() {
            stage.fit(lab.drawing.with_scene(|scene| scene.bounds()));
            ready.set(true);
        }
    });
}
