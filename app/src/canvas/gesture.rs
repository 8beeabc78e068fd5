//! What pointers mean: a state machine that knows neither the page nor the document.

use std::collections::BTreeMap;

use topology::Node;
use topology::document::Point;

use super::geometry::{Rect, distance};
use super::hit::Hit;
use crate::editor::selection::Object;

/// How far a pointer moves before a press is a drag, screen pixels.
pub(crate) const DRAG_THRESHOLD: f64 = 4.0;
/// Moved nodes stand on multiples of this, canvas units; Alt moves freely.
pub(crate) const GRID: f64 = 10.0;

/// What the pointer does on the canvas.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Tool {
    /// Select, move, link by handles.
    #[default]
    Select,
    /// Put a namespace where the pointer goes down.
    Namespace,
    /// Put a bridge where the pointer goes down.
    Bridge,
    /// Drag a cable from any place of a card or bar.
    Link,
    /// Drag from one namespace to another to ping it.
    Ping,
}

/// A pointer, at a moment.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Pointer {
    /// Where on the screen, from the canvas's upper left corner.
    pub(crate) screen: Point,
    /// Where on the canvas.
    pub(crate) canvas: Point,
    /// What is under it.
    pub(crate) hit: Hit,
    /// Shift: add to the selection.
    pub(crate) add: bool,
    /// Alt: no grid.
    pub(crate) free: bool,
}

/// Which button a pointer went down with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Button {
    /// The main button, a finger, a pen.
    Main,
    /// The main button while the space bar is down, or the middle one.
    Pan,
    /// The right one.
    Menu,
}

/// What is going on between pointer down and up.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) enum Gesture {
    /// Nothing.
    #[default]
    Idle,
    /// Down, not yet moved.
    Press {
        /// Where it went down.
        start: Pointer,
        /// With which button.
        button: Button,
    },
    /// The canvas follows the pointer.
    Pan {
        /// Where the pointer was last.
        last: Point,
    },
    /// Nodes follow the pointer.
    Move {
        /// Where it went down, on the canvas.
        start: Point,
        /// Which nodes, with the place where each was.
        from: BTreeMap<Node, Point>,
        /// How far.
        by: Point,
    },
    /// A box is being drawn around what is to be selected.
    Marquee {
        /// Where it went down, on the canvas.
        start: Point,
        /// Where it is.
        end: Point,
        /// Whether it adds to the selection.
        add: bool,
    },
    /// A cable or a ping is being drawn.
    Draw {
        /// From which node.
        from: Node,
        /// Whether it is a ping.
        ping: bool,
        /// Where the pointer is, on the canvas.
        end: Point,
        /// What is under it; nothing until it has left the node that it comes from.
        over: Hit,
        /// Whether it has left that node: coming back is meant, and is answered.
        left: bool,
    },
}

/// What a gesture asks for.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Outcome {
    /// Nothing yet.
    Nothing,
    /// The state changed: draw the overlay again.
    Redraw,
    /// Select this alone, add it or take it out, or select nothing.
    Select {
        /// What.
        object: Option<Object>,
        /// Whether it is toggled in the selection.
        toggle: bool,
    },
    /// Select all in a box.
    SelectWithin {
        /// The box.
        area: Rect,
        /// Whether the selection keeps what it has.
        add: bool,
    },
    /// Move the canvas by screen pixels.
    Pan(f64, f64),
    /// Put a new object here.
    Put(Tool, Point),
    /// Nodes were moved there.
    Moved(BTreeMap<Node, Point>),
    /// A cable or ping was drawn.
    Drawn {
        /// From which node.
        from: Node,
        /// Whether it is a ping.
        ping: bool,
        /// Over what it was let go.
        over: Hit,
    },
    /// Open the menu of what is under the pointer.
    Menu(Pointer),
}

impl Gesture {
    /// A pointer goes down.
    pub(crate) fn down(&mut self, pointer: Pointer, button: Button, tool: Tool) -> Outcome {
        if let (Button::Main, Tool::Namespace | Tool::Bridge) = (button, tool) {
            return Outcome::Put(tool, pointer.canvas);
        }
        *self = Self::Press {
            start: pointer,
            button,
        };
        Outcome::Nothing
    }

    /// A pointer moves. `nodes` tells, once the drag starts, which nodes go along and where they
    /// are.
    pub(crate) fn moved(
        &mut self,
        pointer: Pointer,
        tool: Tool,
        nodes: impl FnOnce(Node) -> BTreeMap<Node, Point>,
    ) -> Outcome {
        match self {
            Self::Idle => Outcome::Nothing,
            Self::Press { start, button } => {
                if distance(start.screen, pointer.screen) < DRAG_THRESHOLD {
                    return Outcome::Nothing;
                }
                let (start, button) = (*start, *button);
                *self = Self::started(start, button, tool, nodes);
                // The first step counts too.
                match self {
                    Self::Press { .. } | Self::Idle => Outcome::Nothing,
                    _ => self.follow(pointer),
                }
            }
            _ => self.follow(pointer),
        }
    }

    fn started(
        start: Pointer,
        button: Button,
        tool: Tool,
        nodes: impl FnOnce(Node) -> BTreeMap<Node, Point>,
    ) -> Self {
        let draw = |from, ping| Self::Draw {
            from,
            ping,
            end: start.canvas,
            over: Hit::Outside,
            left: false,
        };
        match (button, tool, start.hit) {
            (Button::Pan, ..) | (Button::Menu, _, Hit::Host | Hit::Outside | Hit::Frame) => {
                Self::Pan { last: start.screen }
            }
            (Button::Menu, ..) => Self::Press { start, button },
            (_, Tool::Ping, Hit::Node(node) | Hit::Handle(node)) => draw(node, true),
            (_, Tool::Link, Hit::Node(node)) | (_, _, Hit::Handle(node)) => draw(node, false),
            (_, _, Hit::Node(node)) => Self::Move {
                start: start.canvas,
                from: nodes(node),
                by: Point::default(),
            },
            (_, _, Hit::Link(_) | Hit::Frame | Hit::Host | Hit::Outside) => Self::Marquee {
                start: start.canvas,
                end: start.canvas,
                add: start.add,
            },
        }
    }

    fn follow(&mut self, pointer: Pointer) -> Outcome {
        match self {
            Self::Idle | Self::Press { .. } => Outcome::Nothing,
            Self::Pan { last } => {
                let (dx, dy) = (pointer.screen.x - last.x, pointer.screen.y - last.y);
                *last = pointer.screen;
                Outcome::Pan(dx, dy)
            }
            Self::Move { start, from, by } => {
                *by = Point {
                    x: pointer.canvas.x - start.x,
                    y: pointer.canvas.y - start.y,
                };
                if !pointer.free {
                    *by = snapped(from, *by);
                }
                Outcome::Redraw
            }
            Self::Marquee { end, .. } => {
                *end = pointer.canvas;
                Outcome::Redraw
            }
            Self::Draw {
                from,
                end,
                over,
                left,
                ..
            } => {
                *end = pointer.canvas;
                *left |= !pointer.hit.is_on(*from);
                *over = drawn_over(pointer.hit, *left);
                Outcome::Redraw
            }
        }
    }

    /// The pointer goes up.
    pub(crate) fn up(&mut self, pointer: Pointer) -> Outcome {
        match std::mem::take(self) {
            Self::Idle | Self::Pan { .. } => Outcome::Nothing,
            Self::Press {
                start,
                button: Button::Menu,
            } => Outcome::Menu(start),
            Self::Press {
                button: Button::Pan,
                ..
            } => Outcome::Nothing,
            Self::Press { start, .. } => Outcome::Select {
                object: start.hit.object(),
                toggle: start.add,
            },
            Self::Move { from, by, .. } if by == Point::default() => {
                let _ = from;
                Outcome::Redraw
            }
            Self::Move { from, by, .. } => Outcome::Moved(shifted(&from, by)),
            Self::Marquee { start, end, add } => Outcome::SelectWithin {
                area: Rect::between(start, end),
                add,
            },
            Self::Draw {
                from, ping, left, ..
            } => Outcome::Drawn {
                from,
                ping,
                over: drawn_over(pointer.hit, left || !pointer.hit.is_on(from)),
            },
        }
    }

    /// Given up: Esc, or the pointer was taken away.
    pub(crate) fn cancel(&mut self) -> Outcome {
        *self = Self::Idle;
        Outcome::Redraw
    }

    /// Where nodes are for the moment.
    pub(crate) fn overlay(&self) -> BTreeMap<Node, Point> {
        match self {
            Self::Move { from, by, .. } => shifted(from, *by),
            _ => BTreeMap::new(),
        }
    }
}

fn shifted(from: &BTreeMap<Node, Point>, by: Point) -> BTreeMap<Node, Point> {
    let shift = |point: &Point| Point {
        x: point.x + by.x,
        y: point.y + by.y,
    };
    from.iter()
        .map(|(node, point)| (*node, shift(point)))
        .collect()
}

/// The shift that puts the first of the nodes on the grid; the others keep their distances.
fn snapped(from: &BTreeMap<Node, Point>, by: Point) -> Point {
    let Some(first) = from.values().next() else {
        return by;
    };
    let snap = |at: f64, by: f64| ((at + by) / GRID).round() * GRID - at;
    Point {
        x: snap(first.x, by.x),
        y: snap(first.y, by.y),
    }
}

/// What a cable is over: nothing as long as the pointer has not left where it comes from.
fn drawn_over(hit: Hit, left: bool) -> Hit {
    if left { hit } else { Hit::Outside }
}

#[cfg(test)]
mod tests {
    use super::*;
    use topology::NamespaceId;

    const RED: Node = Node::Namespace(NamespaceId(1));

    fn at(x: f64, y: f64, hit: Hit) -> Pointer {
        let point = Point { x, y };
        Pointer {
            screen: point,
            canvas: point,
            hit,
            add: false,
            free: false,
        }
    }

    fn places(node: Node) -> BTreeMap<Node, Point> {
        BTreeMap::from([(node, Point { x: 100.0, y: 50.0 })])
    }

    #[test]
    fn a_press_that_hardly_moves_is_a_click() {
        let mut gesture = Gesture::default();
        gesture.down(at(0.0, 0.0, Hit::Node(RED)), Button::Main, Tool::Select);
        let moved = gesture.moved(at(2.0, 2.0, Hit::Node(RED)), Tool::Select, places);
        assert_eq!(moved, Outcome::Nothing);
        assert_eq!(
            gesture.up(at(2.0, 2.0, Hit::Node(RED))),
            Outcome::Select {
                object: Some(Object::Node(RED)),
                toggle: false
            }
        );
    }

    #[test]
    fn a_drag_is_one_move_on_the_grid() {
        let mut gesture = Gesture::default();
        gesture.down(at(0.0, 0.0, Hit::Node(RED)), Button::Main, Tool::Select);
        for x in [5.0, 17.0, 33.0] {
            let moved = gesture.moved(at(x, 4.0, Hit::Host), Tool::Select, places);
            assert_eq!(moved, Outcome::Redraw);
        }
        let expected = BTreeMap::from([(RED, Point { x: 130.0, y: 50.0 })]);
        assert_eq!(gesture.overlay(), expected);
        assert_eq!(
            gesture.up(at(33.0, 4.0, Hit::Host)),
            Outcome::Moved(expected)
        );
        assert_eq!(gesture, Gesture::Idle);
    }

    #[test]
    fn handles_draw_cables_and_the_tool_draws_pings() {
        for (tool, hit, ping) in [
            (Tool::Select, Hit::Handle(RED), false),
            (Tool::Link, Hit::Node(RED), false),
            (Tool::Ping, Hit::Node(RED), true),
        ] {
            let mut gesture = Gesture::default();
            gesture.down(at(0.0, 0.0, hit), Button::Main, tool);
            gesture.moved(at(50.0, 0.0, Hit::Host), tool, places);
            let over = Hit::Node(Node::Namespace(NamespaceId(2)));
            assert_eq!(
                gesture.up(at(90.0, 0.0, over)),
                Outcome::Drawn {
                    from: RED,
                    ping,
                    over
                }
            );
        }
    }

    #[test]
    fn a_cable_back_to_its_own_node_is_answered_one_that_never_left_is_not() {
        let own = Hit::Node(RED);
        let start = at(0.0, 0.0, Hit::Handle(RED));
        let drawn = |over| Outcome::Drawn {
            from: RED,
            ping: false,
            over,
        };
        let mut gesture = Gesture::default();
        gesture.down(start, Button::Main, Tool::Select);
        gesture.moved(at(20.0, 0.0, own), Tool::Select, places);
        assert_eq!(gesture.up(at(22.0, 0.0, own)), drawn(Hit::Outside));
        gesture.down(start, Button::Main, Tool::Select);
        gesture.moved(at(20.0, 0.0, own), Tool::Select, places);
        gesture.moved(at(90.0, 0.0, Hit::Host), Tool::Select, places);
        gesture.moved(at(20.0, 0.0, own), Tool::Select, places);
        assert!(matches!(gesture, Gesture::Draw { over, .. } if over == own));
        assert_eq!(gesture.up(at(20.0, 0.0, own)), drawn(own));
    }

    #[test]
    fn empty_ground_pans_or_selects() {
        let mut gesture = Gesture::default();
        gesture.down(at(0.0, 0.0, Hit::Host), Button::Pan, Tool::Select);
        let moved = gesture.moved(at(10.0, 5.0, Hit::Host), Tool::Select, places);
        assert_eq!(moved, Outcome::Pan(10.0, 5.0));
        gesture.up(at(10.0, 5.0, Hit::Host));
        gesture.down(at(0.0, 0.0, Hit::Host), Button::Main, Tool::Select);
        gesture.moved(at(10.0, 5.0, Hit::Host), Tool::Select, places);
        let Outcome::SelectWithin { area, add } = gesture.up(at(10.0, 5.0, Hit::Host)) else {
            panic!("a marquee selects")
        };
        assert_eq!((area.w, area.h, add), (10.0, 5.0, false));
    }

    #[test]
    fn the_right_button_pans_on_empty_ground_and_opens_the_menu() {
        let mut gesture = Gesture::default();
        gesture.down(at(0.0, 0.0, Hit::Outside), Button::Menu, Tool::Select);
        let moved = gesture.moved(at(10.0, 0.0, Hit::Outside), Tool::Select, places);
        assert_eq!(moved, Outcome::Pan(10.0, 0.0));
        assert_eq!(gesture.up(at(10.0, 0.0, Hit::Outside)), Outcome::Nothing);
        gesture.down(at(0.0, 0.0, Hit::Node(RED)), Button::Menu, Tool::Select);
        gesture.moved(at(9.0, 0.0, Hit::Node(RED)), Tool::Select, places);
        assert!(matches!(
            gesture.up(at(9.0, 0.0, Hit::Node(RED))),
            Outcome::Menu(_)
        ));
    }

    #[test]
    fn tools_put_objects_and_escape_gives_up() {
        let mut gesture = Gesture::default();
        let put = gesture.down(at(3.0, 4.0, Hit::Host), Button::Main, Tool::Bridge);
        assert_eq!(put, Outcome::Put(Tool::Bridge, Point { x: 3.0, y: 4.0 }));
        gesture.down(at(0.0, 0.0, Hit::Node(RED)), Button::Main, Tool::Select);
        gesture.moved(at(50.0, 0.0, Hit::Host), Tool::Select, places);
        gesture.cancel();
        assert!(gesture.overlay().is_empty());
        assert_eq!(gesture.up(at(50.0, 0.0, Hit::Host)), Outcome::Nothing);
    }
}
