//! The page's keys: who has the focus, and what comes of a shortcut.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use topology::document::Point;
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::stage::Stage;
use super::zoom::STEP;
use crate::canvas::gesture::{GRID, Gesture, Tool};
use crate::canvas::shortcut::{Focus, Press, Shortcut, shortcut};
use crate::editor::lab::Lab;
use crate::editor::make;
use crate::editor::selection::Object;
use crate::panels::inspector::focus::focus_first_field;

/// Listens until the page goes.
pub(crate) fn listen() {
    let lab = Lab::of_page();
    let stage = Stage::of_page();
    let down = window_event_listener(leptos::ev::keydown, move |event| {
        if event.key() == "Tab" {
            // From here on the keys are at work, and the space bar is for what they come to.
            stage.pointing.set_value(false);
        }
        let press = Press {
            key: &event.key(),
            control: event.ctrl_key() || event.meta_key(),
            shift: event.shift_key(),
            alt: event.alt_key(),
        };
        if let Some(shortcut) = shortcut(press, focus_of(&event), stage.pointing.get_value()) {
            event.prevent_default();
            carry_out(lab, stage, shortcut);
        }
    });
    let up = window_event_listener(leptos::ev::keyup, move |event| {
        if event.key() == " " && stage.space.get_untracked() {
            // A button that has the focus would be pressed.
            event.prevent_default();
            stage.space.set(false);
        }
    });
    // The key that goes up elsewhere is not heard here.
    let left = window_event_listener(leptos::ev::blur, move |_| stage.space.set(false));
    on_cleanup(move || {
        down.remove();
        up.remove();
        left.remove();
    });
}

/// Inputs without text, such as switches, are not for typing.
const TEXT: &str = "textarea, dialog, [contenteditable], \
     input:not([type=checkbox], [type=radio], [type=range], [type=button])";

/// Where the focus is when a key is pressed.
fn focus_of(event: &KeyboardEvent) -> Focus {
    let target = event.target();
    let Some(element) = target.and_then(|target| target.dyn_into::<Element>().ok()) else {
        return Focus::Canvas;
    };
    let is_in = |selector: &str| matches!(element.closest(selector), Ok(Some(_)));
    if is_in(TEXT) {
        Focus::Text
    } else if is_in(".scene") || matches!(element.matches("html, body, .canvas"), Ok(true)) {
        Focus::Canvas
    } else {
        Focus::Elsewhere
    }
}

fn carry_out(lab: Lab, stage: Stage, shortcut: Shortcut) {
    match shortcut {
        Shortcut::Undo => lab.undo(),
        Shortcut::Redo => lab.redo(),
        Shortcut::SelectAll => select_all(lab),
        Shortcut::Duplicate => duplicate(lab, stage),
        Shortcut::Remove => remove(lab),
        Shortcut::Escape => escape(lab, stage),
        Shortcut::Nudge(right, down) => stage.nudge(lab, GRID * right, GRID * down),
        Shortcut::ZoomIn => stage.zoom(STEP),
        Shortcut::ZoomOut => stage.zoom(1.0 / STEP),
        Shortcut::Fit => stage.fit(lab.drawing.with_scene(|scene| scene.bounds())),
        Shortcut::FullSize => stage.zoom_to_full(),
        Shortcut::Take(tool) => stage.tool.set(tool),
        Shortcut::Put(tool) => stage.put_somewhere(lab, tool),
        Shortcut::Fields => focus_first_field(),
        Shortcut::Pan => stage.space.set(true),
    }
}

fn select_all(lab: Lab) {
    let all = lab.drawing.with_scene(|scene| {
        let nodes = scene.nodes.keys().map(|node| Object::Node(*node));
        let links = scene.cables.keys().map(|link| Object::Link(*link));
        nodes.chain(links).collect()
    });
    lab.selected.set(all);
}

/// Enter or the space bar selects the object that has the focus, with Shift too; Enter on one that
/// is selected goes on to its fields. The space bar pans instead while the pointer is at work.
pub(crate) fn select_by_key(lab: Lab, stage: Stage, object: Object, event: &KeyboardEvent) {
    match event.key().as_str() {
        "Enter" => {}
        " " if !stage.pointing.get_value() => {}
        _ => return,
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
