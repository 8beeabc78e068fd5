//! The tools at the left: clicked, dragged onto the canvas, or pressed as keys.

use leptos::ev::{MouseEvent, PointerEvent};
use leptos::prelude::*;
use topology::document::Point;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::stage::Stage;
use crate::canvas::gesture::Tool;
use crate::editor::lab::Lab;
use crate::icons::{Icon, icon};
use crate::testids;

/// The tools.
#[component]
pub(crate) fn Rail() -> impl IntoView {
    view! {
        <nav class="rail" aria-label="Tools">
            <ToolButton tool=Tool::Select mark=Icon::Select name="Select (V)" testid=testids::TOOL_SELECT />
            <hr />
            <ToolButton
                tool=Tool::Namespace
                mark=Icon::Namespace
                name="Namespace (N): click or drag onto the canvas"
                testid=testids::TOOL_NAMESPACE
            />
            <ToolButton
                tool=Tool::Bridge
                mark=Icon::Bridge
                name="Bridge (B): click or drag onto the canvas"
                testid=testids::TOOL_BRIDGE
            />
            <ToolButton
                tool=Tool::Link
                mark=Icon::Cable
                name="Cable (L): drag from one card to another"
                testid=testids::TOOL_LINK
            />
            <hr />
            <ToolButton
                tool=Tool::Ping
                mark=Icon::Ping
                name="Ping (P): drag from one namespace to another"
                testid=testids::TOOL_PING
            />
        </nav>
    }
}

#[component]
fn ToolButton(tool: Tool, mark: Icon, name: &'static str, testid: &'static str) -> impl IntoView {
    let stage = Stage::of_page();
    let lab = Lab::of_page();
    let can_be_dragged = matches!(tool, Tool::Namespace | Tool::Bridge);
    // A drag that ended on the canvas is no click.
    let dropped = StoredValue::new(false);
    let down = move |event: PointerEvent| {
        dropped.set_value(false);
        let target = event.current_target();
        if can_be_dragged
            && let Some(element) = target.and_then(|target| target.dyn_into::<Element>().ok())
        {
            // Refused when the pointer is gone already.
            let _ = element.set_pointer_capture(event.pointer_id());
        }
    };
    let moved = move |event: PointerEvent| {
        if can_be_dragged && event.buttons() & 1 == 1 {
            let over = place_on_canvas(stage, &event);
            stage.ghost.set(over.map(|at| (tool, at)));
        }
    };
    let up = move |event: PointerEvent| {
        stage.ghost.set(None);
        if can_be_dragged && let Some(at) = place_on_canvas(stage, &event) {
            dropped.set_value(true);
            stage.put(lab, tool, at);
        }
    };
    let click = move |event: MouseEvent| {
        leave_to_canvas(&event);
        if dropped.get_value() {
            return;
        }
        // By the keyboard: there is no pointer to say where.
        if can_be_dragged && event.detail() == 0 {
            stage.put_somewhere(lab, tool);
            return;
        }
        let again = stage.tool.get_untracked() == tool;
        stage.tool.set(if again { Tool::Select } else { tool });
    };
    view! {
        <button
            class="tool"
            class:on=move || stage.tool.get() == tool
            aria-pressed=move || (stage.tool.get() == tool).to_string()
            aria-label=name
            title=name
            data-testid=testid
            on:pointerdown=down
            on:pointermove=moved
            on:pointerup=up
            on:pointercancel=move |_| stage.ghost.set(None)
            on:click=click
        >
            {icon(mark)}
        </button>
    }
}

/// After a click by the pointer the keys are the canvas's again, not the button's.
pub(super) fn leave_to_canvas(event: &MouseEvent) {
    let focused = document().active_element();
    if event.detail() > 0
        && let Some(button) = focused.and_then(|element| element.dyn_into::<HtmlElement>().ok())
    {
        // Nothing is lost if it keeps the focus.
        let _ = button.blur();
    }
}

fn place_on_canvas(stage: Stage, event: &PointerEvent) -> Option<Point> {
    let client = Point {
        x: f64::from(event.client_x()),
        y: f64::from(event.client_y()),
    };
    let inside = stage
        .bounds
        .with_untracked(|bounds| bounds.contains(client));
    inside.then(|| stage.to_canvas(client))
}
