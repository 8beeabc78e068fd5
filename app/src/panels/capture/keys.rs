//! The keys of the list.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use packet::view::Where;

use super::desk::{Desk, LookIn};
use super::scroll::Scroll;

/// Selects by keys, marks, unfolds.
pub(super) fn key(desk: Desk, scroll: Scroll, event: &KeyboardEvent) {
    let lines = scroll.lines;
    let selected = desk.selected.get_untracked();
    let at = selected.and_then(|number| desk.peek(|viewer| viewer.line_of(number)));
    let page = scroll.fit().saturating_sub(2).max(1);
    let last = lines.saturating_sub(1);
    let control = event.ctrl_key() || event.meta_key();
    let next = match (event.key().as_str(), at) {
        ("f", _) if control => {
            desk.look_in(LookIn::Rows(Where::Text));
            None
        }
        ("g", _) if control => {
            desk.look_in(LookIn::Number);
            None
        }
        ("F3", _) => {
            desk.again.set(Some(!event.shift_key()));
            None
        }
        _ if control || event.alt_key() => return,
        ("ArrowDown" | "PageDown", None) | ("Home", _) => Some(0),
        ("ArrowUp" | "PageUp", None) | ("End", _) => Some(last),
        ("ArrowDown", Some(at)) => Some((at + 1).min(last)),
        ("ArrowUp", Some(at)) => Some(at.saturating_sub(1)),
        ("PageDown", Some(at)) => Some((at + page).min(last)),
        ("PageUp", Some(at)) => Some(at.saturating_sub(page)),
        ("m", _) => {
            if let Some(number) = selected {
                desk.note(|viewer| viewer.turn_mark(number));
            }
            None
        }
        ("t", _) => {
            if let Some(number) = selected {
                desk.turn_reference(number);
            }
            None
        }
        ("n", _) => {
            desk.go_to_mark(true);
            None
        }
        ("N", _) => {
            desk.go_to_mark(false);
            None
        }
        ("ArrowRight" | "ArrowLeft", _) => {
            if let Some(number) = selected {
                let on = event.key() == "ArrowRight";
                desk.change(|viewer| {
                    let first = viewer.first_sighting(number);
                    viewer.unfold(first, on);
                });
            }
            None
        }
        _ => return,
    };
    event.prevent_default();
    event.stop_propagation();
    let line = next.and_then(|at| desk.peek(|viewer| viewer.line(at)));
    if let Some(line) = line {
        desk.go_to(line.number);
    }
}

impl Desk {
    /// Goes to the next or previous marked packet.
    pub(super) fn go_to_mark(self, forward: bool) {
        let from = self.selected.get_untracked();
        if let Some(number) = self.peek(|viewer| viewer.next_mark(from, forward)) {
            self.go_to(number);
        }
    }
}
