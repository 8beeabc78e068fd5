//! Shortcuts. None fires while something is being typed.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use topology::document::Point;
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::stage::Stage;
use super::zoom::STEP;
use crate::canvas::gesture::{GRID, Gesture, Tool};
use crate::editor::lab::Lab;
use crate::editor::make;
use crate::editor::selection::Object;
use crate::panels::inspector::focus::focus_first_field;

/// Listens until the page goes.
pub(crate) fn listen() {
    let lab = Lab::of_page();
    let stage = Stage::of_page();
    let down = window_event_listener(leptos::ev::keydown, move |event| {
        if !is_typing(&event) && press(lab, stage, &event) {
            event.prevent_default();
        }
    });
    let up = window_event_listener(leptos::ev::keyup, move |event| {
        if event.key() == " " {
            stage.space.set(false);
        }
    });
    on_cleanup(move || {
        down.remove();
        up.remove();
    });
}

/// Whether a field or a dialog has the keys.
fn is_typing(event: &KeyboardEvent) -> bool {
    let target = event.target();
    let Some(element) = target.and_then(|target| target.dyn_into::<Element>().ok()) else {
        return false;
    };
    let selector = "input, textarea, select, dialog, [contenteditable]";
    matches!(element.closest(selector), Ok(Some(_)))
}

/// Whether a button or link has the focus: it takes Enter and the space bar itself.
fn is_on_control(event: &KeyboardEvent) -> bool {
    let target = event.target();
    let element = target.and_then(|target| target.dyn_into::<Element>().ok());
    element.is_some_and(|element| matches!(element.closest("button, a"), Ok(Some(_))))
}

/// Does what a key stands for; whether it stands for anything.
fn press(lab: Lab, stage: Stage, event: &KeyboardEvent) -> bool {
    let key = event.key();
    if event.ctrl_key() || event.meta_key() {
        return with_control(lab, stage, &key.to_lowercase(), event.shift_key());
    }
    if event.alt_key() {
        return false;
    }
    let far = if event.shift_key() { 10.0 } else { 1.0 };
    match key.as_str() {
        "Delete" | "Backspace" => remove(lab),
        "Escape" => escape(lab, stage),
        "ArrowLeft" => stage.nudge(lab, -GRID * far, 0.0),
        "ArrowRight" => stage.nudge(lab, GRID * far, 0.0),
        "ArrowUp" => stage.nudge(lab, 0.0, -GRID * far),
        "ArrowDown" => stage.nudge(lab, 0.0, GRID * far),
        "+" | "=" => stage.zoom(STEP),
        "-" => stage.zoom(1.0 / STEP),
        "0" => stage.fit(lab.drawing.with_scene(|scene| scene.bounds())),
        "1" => stage.zoom_to_full(),
        "v" => stage.tool.set(Tool::Select),
        "n" => stage.put_somewhere(lab, Tool::Namespace),
        "b" => stage.put_somewhere(lab, Tool::Bridge),
        "l" => stage.tool.set(Tool::Link),
        "p" => stage.tool.set(Tool::Ping),
        "Enter" if !is_on_control(event) => focus_first_field(),
        " " if !is_on_control(event) => stage.space.set(true),
        _ => return false,
    }
    true
}

fn with_control(lab: Lab, stage: Stage, key: &str, shift: bool) -> bool {
    match (key, shift) {
        ("z", false) => lab.undo(),
        ("z", true) | ("y", _) => lab.redo(),
        ("a", _) => {
            let all = lab.drawing.with_scene(|scene| {
                let nodes = scene.nodes.keys().map(|node| Object::Node(*node));
                let links = scene.cables.keys().map(|link| Object::Link(*link));
                nodes.chain(links).collect()
            });
            lab.selected.set(all);
        }
        ("d", _) => duplicate(lab, stage),
        _ => return false,
    }
    true
}

/// Enter or the space bar selects the object that has the focus, with Shift too; Enter on one that
/// is selected goes on to its fields.
pub(crate) fn select_by_key(lab: Lab, object: Object, event: &KeyboardEvent) {
    if !matches!(event.key().as_str(), "Enter" | " ") {
        return;
    }
    let already = lab
        .selected
        .with_untracked(|selected| selected.len() == 1 && selected.contains(&object));
    if already && event.key() == "Enter" {
        return;
    }
    event.prevent_default();
    event.stop_propagation();
    if event.shift_key() {
        lab.selected.update(|selected| {
            if !selected.remove(&object) {
                selected.insert(object);
            }
        });
    } else {
        lab.select(Some(object));
    }
}

/// Removes the selection.
pub(crate) fn remove(lab: Lab) {
    if let Some(edit) = lab.selected.with_untracked(make::remove) {
        lab.dispatch(edit);
    }
}

/// A copy of each selected card beside it: a namespace or bridge of the same kind, under a fresh
/// name.
fn duplicate(lab: Lab, stage: Stage) {
    let nodes: Vec<_> = lab
        .selected
        .with_untracked(|selected| crate::editor::selection::nodes(selected).collect());
    for node in nodes {
        let tool = match node {
            topology::Node::Namespace(_) => Tool::Namespace,
            topology::Node::Bridge(_) => Tool::Bridge,
        };
        if let Some(at) = lab.drawing.centres().get(&node) {
            let beside = Point {
                x: at.x + 40.0,
                y: at.y + 100.0,
            };
            stage.put(lab, tool, beside);
        }
    }
}

/// Gives up what is under way; if nothing is, selects nothing.
fn escape(lab: Lab, stage: Stage) {
    let idle = lab
        .gesture
        .with_untracked(|gesture| *gesture == Gesture::Idle);
    if stage.menu.get_untracked().is_some() {
        stage.menu.set(None);
    } else if !idle {
        lab.gesture.update(|gesture| {
            gesture.cancel();
        });
        lab.drag();
    } else if stage.tool.get_untracked() != Tool::Select {
        stage.tool.set(Tool::Select);
    } else {
        lab.select(None);
    }
}
