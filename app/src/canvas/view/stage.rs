//! What the canvas knows beyond the lab: viewport, tool, menu.

use leptos::prelude::*;
use topology::Node;
use topology::document::Point;

use crate::canvas::geometry::Rect;
use crate::canvas::gesture::{GRID, Tool};
use crate::canvas::viewport::Viewport;
use crate::editor::ids::Ids;
use crate::editor::lab::Lab;
use crate::editor::make;
use crate::editor::redraw::free_place;
use crate::editor::selection::Object;

/// A menu that is open.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct OpenMenu {
    /// Of what; `None` is empty ground.
    pub(crate) object: Option<Object>,
    /// Where, in pixels of the window.
    pub(crate) at: (f64, f64),
    /// Where, on the canvas.
    pub(crate) canvas: Point,
}

/// The canvas.
#[derive(Clone, Copy)]
pub(crate) struct Stage {
    /// What part of the canvas is on the screen.
    pub(crate) viewport: RwSignal<Viewport>,
    /// The canvas's place in the window and its size, pixels.
    pub(crate) bounds: RwSignal<Rect>,
    /// What the pointer does.
    pub(crate) tool: RwSignal<Tool>,
    /// The menu that is open.
    pub(crate) menu: RwSignal<Option<OpenMenu>>,
    /// A new object under the pointer, dragged here from the rail.
    pub(crate) ghost: RwSignal<Option<(Tool, Point)>>,
    /// Whether the space bar is down: drags pan.
    pub(crate) space: RwSignal<bool>,
    /// Whether the pointer is at work over the canvas: it moved there, and no Tab came since.
    pub(crate) pointing: StoredValue<bool>,
}

impl Stage {
    /// Provides the canvas's state to everything below.
    pub(crate) fn provide() -> Self {
        let stage = Self {
            viewport: RwSignal::new(Viewport::default()),
            bounds: RwSignal::new(Rect::default()),
            tool: RwSignal::new(Tool::Select),
            menu: RwSignal::new(None),
            ghost: RwSignal::new(None),
            space: RwSignal::new(false),
            pointing: StoredValue::new(false),
        };
        provide_context(stage);
        stage
    }

    /// That of the page.
    pub(crate) fn of_page() -> Self {
        expect_context()
    }

    /// A place in the window as a place on the canvas.
    pub(crate) fn to_canvas(self, client: Point) -> Point {
        self.viewport
            .get_untracked()
            .to_canvas(self.to_screen(client))
    }

    /// A place in the window, from the canvas's upper left corner.
    pub(crate) fn to_screen(self, client: Point) -> Point {
        let bounds = self.bounds.get_untracked();
        Point {
            x: client.x - bounds.x,
            y: client.y - bounds.y,
        }
    }

    fn middle(self) -> Point {
        let Rect { w, h, .. } = self.bounds.get_untracked();
        Point {
            x: w / 2.0,
            y: h / 2.0,
        }
    }

    /// Zooms around the middle of the screen.
    pub(crate) fn zoom(self, factor: f64) {
        let middle = self.middle();
        self.viewport
            .update(|view| *view = view.zoomed(factor, middle));
    }

    /// To 100 %.
    pub(crate) fn zoom_to_full(self) {
        let scale = self.viewport.get_untracked().scale;
        self.zoom(1.0 / scale);
    }

    /// Shows all of a box of the canvas.
    pub(crate) fn fit(self, content: Rect) {
        let Rect { w, h, .. } = self.bounds.get_untracked();
        if w > 0.0 && h > 0.0 {
            self.viewport.set(Viewport::fitting(content, (w, h), 1.0));
        }
    }

    /// Puts a new object at a place of the canvas and selects it.
    pub(crate) fn put(self, lab: Lab, tool: Tool, at: Point) {
        let at = Point {
            x: (at.x / GRID).round() * GRID,
            y: (at.y / GRID).round() * GRID,
        };
        let mut random = js_sys::Math::random;
        let made = lab.peek(|document| {
            let mut ids = Ids::new(&mut random);
            let made = match tool {
                Tool::Bridge => make::bridge(document, at, &mut ids),
                _ => make::namespace(document, at, &mut ids),
            }?;
            let edit = make::with_pins(document, &lab.drawing.centres(), made.edit);
            Some((made.node, edit))
        });
        if let Some((node, edit)) = made
            && lab.dispatch(edit)
        {
            lab.select(Some(Object::Node(node)));
        }
        self.tool.set(Tool::Select);
    }

    /// Puts a new object where there is room: for those who do not point.
    pub(crate) fn put_somewhere(self, lab: Lab, tool: Tool) {
        let at = free_place(&lab.drawing.centres());
        self.put(lab, tool, at);
        self.fit(lab.drawing.with_scene(|scene| scene.bounds()));
    }

    /// Moves selected nodes by keys.
    pub(crate) fn nudge(self, lab: Lab, dx: f64, dy: f64) {
        let nodes: Vec<Node> = lab
            .selected
            .with_untracked(|selected| crate::editor::selection::nodes(selected).collect());
        if nodes.is_empty() {
            return;
        }
        let centres = lab.drawing.centres();
        let moved = nodes
            .iter()
            .filter_map(|node| {
                let at = centres.get(node)?;
                let to = Point {
                    x: at.x + dx,
                    y: at.y + dy,
                };
                Some((*node, to))
            })
            .collect();
        let edit = lab.peek(|document| make::move_nodes(document, &centres, &moved));
        lab.dispatch(edit);
    }
}
