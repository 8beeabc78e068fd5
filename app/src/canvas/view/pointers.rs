//! Pointers of the page, handed to the gestures, and what comes of them.

use std::collections::BTreeMap;
use std::time::Duration;

use leptos::ev::{MouseEvent, PointerEvent, WheelEvent};
use leptos::prelude::*;
use topology::Node;
use topology::document::Point;

use super::overlay::end_of;
use super::stage::{OpenMenu, Stage};
use crate::canvas::geometry::distance;
use crate::canvas::gesture::{Button, Gesture, Outcome, Pointer, Tool};
use crate::canvas::hit::{Hit, hit, within};
use crate::editor::connect::{End, connect};
use crate::editor::ids::Ids;
use crate::editor::lab::Lab;
use crate::editor::selection::{Object, Selected, nodes};
use crate::editor::{make, reach};
use crate::panels::dock::{Dock, Tab};
use crate::toast::Toasts;

/// A finger that rests this long opens the menu.
const LONG_PRESS: Duration = Duration::from_millis(550);
/// Pixels of a line, for wheels that count in lines.
const LINE: f64 = 16.0;
/// How fast Ctrl and the wheel zoom.
const WHEEL_ZOOM: f64 = 0.0022;

/// The pointers on the canvas.
#[derive(Clone, Copy)]
pub(crate) struct Pointers {
    lab: Lab,
    stage: Stage,
    dock: Dock,
    toasts: Toasts,
    plain: StoredValue<Plain>,
}

#[derive(Default)]
struct Plain {
    /// Fingers that are down, by pointer id, in pixels of the screen.
    fingers: BTreeMap<i32, Point>,
    /// The latest move, until the next frame.
    latest: Option<Pointer>,
    scheduled: bool,
    /// Counts presses, so that a timer knows whether its press is still the one.
    press: u64,
}

impl Pointers {
    /// For the canvas of the page.
    pub(crate) fn new() -> Self {
        Self {
            lab: Lab::of_page(),
            stage: Stage::of_page(),
            dock: Dock::of_page(),
            toasts: Toasts::of_page(),
            plain: StoredValue::new(Plain::default()),
        }
    }

    fn pointer(self, event: &MouseEvent) -> Pointer {
        let client = Point {
            x: f64::from(event.client_x()),
            y: f64::from(event.client_y()),
        };
        let canvas = self.stage.to_canvas(client);
        let scale = self.stage.viewport.get_untracked().scale;
        Pointer {
            screen: self.stage.to_screen(client),
            canvas,
            hit: self
                .lab
                .drawing
                .with_scene(|scene| hit(scene, canvas, scale)),
            add: event.shift_key() || event.ctrl_key() || event.meta_key(),
            free: event.alt_key(),
        }
    }

    /// A pointer goes down.
    pub(crate) fn down(self, event: &PointerEvent) {
        self.stage.menu.set(None);
        let pointer = self.pointer(event);
        let is_touch = event.pointer_type() == "touch";
        if is_touch {
            let fingers = self
                .plain
                .try_update_value(|plain| {
                    plain.fingers.insert(event.pointer_id(), pointer.screen);
                    plain.fingers.len()
                })
                .unwrap_or_default();
            if fingers > 1 {
                // Two fingers move the canvas, never an object.
                self.carry_out(|gesture| gesture.cancel());
                return;
            }
        }
        let button = match (event.button(), self.stage.space.get_untracked()) {
            (0, false) => Button::Main,
            (0, true) | (1, _) => Button::Pan,
            (2, _) => Button::Menu,
            _ => return,
        };
        if button == Button::Pan {
            // No scrolling by the middle button.
            event.prevent_default();
        }
        let tool = self.stage.tool.get_untracked();
        self.carry_out(|gesture| gesture.down(pointer, button, tool));
        self.plain.update_value(|plain| plain.press += 1);
        if is_touch {
            self.menu_if_held(pointer);
        }
    }

    fn menu_if_held(self, pointer: Pointer) {
        let press = self.plain.with_value(|plain| plain.press);
        set_timeout(
            move || {
                let same = self.plain.try_with_value(|plain| plain.press == press);
                let still = self
                    .lab
                    .gesture
                    .try_with_untracked(|gesture| matches!(gesture, Gesture::Press { .. }));
                if same == Some(true) && still == Some(true) {
                    self.carry_out(|gesture| gesture.cancel());
                    self.open_menu(pointer);
                }
            },
            LONG_PRESS,
        );
    }

    /// A pointer moves: looked at once a frame.
    pub(crate) fn moved(self, event: &PointerEvent) {
        let pointer = self.pointer(event);
        if event.pointer_type() == "touch" && self.pinch(event.pointer_id(), pointer.screen) {
            return;
        }
        let idle = self
            .lab
            .gesture
            .with_untracked(|gesture| *gesture == Gesture::Idle);
        if idle {
            return;
        }
        let scheduled = self.plain.try_update_value(|plain| {
            plain.latest = Some(pointer);
            std::mem::replace(&mut plain.scheduled, true)
        });
        if scheduled == Some(false) {
            request_animation_frame(move || self.follow());
        }
    }

    fn follow(self) {
        let latest = self.plain.try_update_value(|plain| {
            plain.scheduled = false;
            plain.latest.take()
        });
        let Some(Some(pointer)) = latest else {
            return;
        };
        let tool = self.stage.tool.get_untracked();
        self.carry_out(|gesture| gesture.moved(pointer, tool, |node| self.dragged(node)));
    }

    /// The nodes that go along when one is dragged: all of the selection if it is in it.
    fn dragged(self, node: Node) -> BTreeMap<Node, Point> {
        let object = Object::Node(node);
        if !self
            .lab
            .selected
            .with_untracked(|all| all.contains(&object))
        {
            self.lab.select(Some(object));
        }
        let centres = self.lab.drawing.centres();
        self.lab.selected.with_untracked(|selected| {
            nodes(selected)
                .filter_map(|node| Some((node, *centres.get(&node)?)))
                .collect()
        })
    }

    /// Two fingers pan and zoom; whether it was so.
    fn pinch(self, id: i32, now: Point) -> bool {
        let pair = self
            .plain
            .try_update_value(|plain| {
                let before = plain.fingers.insert(id, now)?;
                let mut others = plain.fingers.iter().filter(|(other, _)| **other != id);
                let (_, other) = others.next()?;
                Some((before, *other))
            })
            .flatten();
        let Some((before, other)) = pair else {
            return false;
        };
        let middle = |a: Point, b: Point| Point {
            x: (a.x + b.x) / 2.0,
            y: (a.y + b.y) / 2.0,
        };
        let (old, new) = (middle(before, other), middle(now, other));
        let factor = distance(now, other).max(1.0) / distance(before, other).max(1.0);
        self.stage.viewport.update(|view| {
            *view = view
                .panned(new.x - old.x, new.y - old.y)
                .zoomed(factor, new);
        });
        true
    }

    /// The pointer goes up.
    pub(crate) fn up(self, event: &PointerEvent) {
        self.lift(event.pointer_id());
        // What was not looked at yet comes first.
        self.follow();
        let pointer = self.pointer(event);
        self.carry_out(|gesture| gesture.up(pointer));
    }

    /// The pointer was taken away.
    pub(crate) fn cancelled(self, event: &PointerEvent) {
        self.lift(event.pointer_id());
        self.carry_out(|gesture| gesture.cancel());
    }

    fn lift(self, id: i32) {
        self.plain.update_value(|plain| {
            plain.fingers.remove(&id);
            plain.press += 1;
        });
    }

    /// The wheel pans; with Ctrl, and by a pinch on a trackpad, it zooms at the pointer.
    pub(crate) fn wheel(self, event: &WheelEvent) {
        event.prevent_default();
        let unit = if event.delta_mode() == WheelEvent::DOM_DELTA_LINE {
            LINE
        } else {
            1.0
        };
        let (dx, dy) = (event.delta_x() * unit, event.delta_y() * unit);
        let at = self.pointer(event).screen;
        self.stage.viewport.update(|view| {
            *view = if event.ctrl_key() || event.meta_key() {
                view.zoomed((-dy * WHEEL_ZOOM).exp(), at)
            } else if event.shift_key() && dx == 0.0 {
                view.panned(-dy, 0.0)
            } else {
                view.panned(-dx, -dy)
            };
        });
    }

    fn open_menu(self, pointer: Pointer) {
        let object = pointer.hit.object();
        if let Some(object) = object {
            let selected = self
                .lab
                .selected
                .with_untracked(|all| all.contains(&object));
            if !selected {
                self.lab.select(Some(object));
            }
        }
        let bounds = self.stage.bounds.get_untracked();
        self.stage.menu.set(Some(OpenMenu {
            object,
            at: (pointer.screen.x + bounds.x, pointer.screen.y + bounds.y),
            canvas: pointer.canvas,
        }));
    }

    fn carry_out(self, act: impl FnOnce(&mut Gesture) -> Outcome) {
        let Some(outcome) = self.lab.gesture.try_update(act) else {
            return;
        };
        let lab = self.lab;
        match outcome {
            Outcome::Nothing => {}
            Outcome::Redraw => lab.drag(),
            Outcome::Select { object, toggle } => self.select(object, toggle),
            Outcome::SelectWithin { area, add } => {
                let found: Selected = lab
                    .drawing
                    .with_scene(|scene| within(scene, area).collect());
                lab.selected.update(|selected| {
                    if !add {
                        selected.clear();
                    }
                    selected.extend(found);
                });
            }
            Outcome::Pan(dx, dy) => self
                .stage
                .viewport
                .update(|view| *view = view.panned(dx, dy)),
            Outcome::Put(tool, at) => self.stage.put(lab, tool, at),
            Outcome::Moved(to) => {
                let centres = lab.drawing.centres();
                let edit = lab.peek(|document| make::move_nodes(document, &centres, &to));
                if !lab.dispatch(edit) {
                    lab.drag();
                }
            }
            Outcome::Drawn { from, ping, over } => {
                if ping {
                    self.ping(from, over);
                } else {
                    self.connect(from, over);
                }
            }
            Outcome::Menu(pointer) => self.open_menu(pointer),
        }
    }

    fn select(self, object: Option<Object>, toggle: bool) {
        match (object, toggle) {
            (Some(object), true) => self.lab.selected.update(|selected| {
                if !selected.remove(&object) {
                    selected.insert(object);
                }
            }),
            (None, true) => {}
            (object, false) => self.lab.select(object),
        }
    }

    fn connect(self, from: Node, over: Hit) {
        let start = End::Node(from);
        let Some(end) = end_of(over) else {
            return;
        };
        let mut random = js_sys::Math::random;
        let outcome = self
            .lab
            .peek(|document| connect(document, start, end, &mut Ids::new(&mut random)));
        match outcome {
            Ok((link, edit)) => {
                if self.lab.dispatch(edit) {
                    self.lab.select(Some(Object::Link(link)));
                }
            }
            Err(why) => self.toasts.error(why),
        }
        if self.stage.tool.get_untracked() == Tool::Link {
            self.stage.tool.set(Tool::Select);
        }
    }

    fn ping(self, from: Node, over: Hit) {
        let (Hit::Node(to) | Hit::Handle(to)) = over else {
            return;
        };
        if to == from {
            return;
        }
        match self
            .lab
            .peek(|document| reach::ping_between(document, from, to))
        {
            Ok((source, target)) => {
                self.dock.show(Tab::Pings);
                self.dock.ping(self.lab, source, target);
            }
            Err(why) => self.toasts.error(why),
        }
        self.stage.tool.set(Tool::Select);
    }
}
