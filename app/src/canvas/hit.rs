//! What is under the pointer: from the scene, never from the page.

use topology::Node;
use topology::document::{Link, Point};

use super::geometry::{Rect, distance, on_curve};
use super::scene::{Cable, Scene};
use crate::editor::selection::Object;

/// The radius of a port handle, canvas units.
pub(crate) const HANDLE_RADIUS: f64 = 8.0;
/// How far from a handle's centre it is still caught, screen pixels: a finger is broad.
const HANDLE_REACH: f64 = 14.0;
/// How far from a cable it is still caught, screen pixels.
const CABLE_REACH: f64 = 7.0;
/// How far from the frame's line it is still caught, screen pixels.
const FRAME_REACH: f64 = 7.0;
/// The caption of the frame, from its upper left corner, canvas units.
const CAPTION: (f64, f64) = (160.0, 14.0);

/// What is under a place of the canvas.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Hit {
    /// The port handle of a card or bar.
    Handle(Node),
    /// A card or bar.
    Node(Node),
    /// A cable.
    Link(Link),
    /// The line or caption of the host's frame.
    Frame,
    /// Empty ground within the frame.
    Host,
    /// Empty ground outside.
    Outside,
}

impl Hit {
    /// The object that a click selects.
    pub(crate) fn object(self) -> Option<Object> {
        match self {
            Self::Handle(node) | Self::Node(node) => Some(Object::Node(node)),
            Self::Link(link) => Some(Object::Link(link)),
            Self::Frame => Some(Object::Host),
            Self::Host | Self::Outside => None,
        }
    }
}

impl Hit {
    /// Whether it is a node's card, bar or handle.
    pub(crate) fn is_on(self, node: Node) -> bool {
        matches!(self, Self::Node(other) | Self::Handle(other) if other == node)
    }
}

/// Where the port handle of a card or bar is.
pub(crate) fn handle_of(rect: Rect) -> Point {
    Point {
        x: rect.right() - 18.0,
        y: rect.bottom(),
    }
}

/// What is under a place of the canvas at that zoom. Handles come first, then cards, the later
/// drawn above, then cables.
pub(crate) fn hit(scene: &Scene, at: Point, scale: f64) -> Hit {
    let near = |reach: f64| reach / scale.max(0.01);
    let nodes = || scene.nodes.iter().rev();
    let handle = nodes().find(|(_, placed)| {
        distance(handle_of(placed.rect), at) <= near(HANDLE_REACH).min(HANDLE_REACH * 1.5)
    });
    if let Some((node, _)) = handle {
        return Hit::Handle(*node);
    }
    if let Some((node, _)) = nodes().find(|(_, placed)| placed.rect.contains(at)) {
        return Hit::Node(*node);
    }
    let cable = scene
        .cables
        .values()
        .map(|cable| (distance_to(cable, at), cable.link))
        .min_by(|a, b| a.0.total_cmp(&b.0));
    if let Some((away, link)) = cable
        && away <= near(CABLE_REACH)
    {
        return Hit::Link(link);
    }
    let frame = scene.host.rect;
    let caption = Rect {
        x: frame.x + 20.0,
        y: frame.y - CAPTION.1,
        w: CAPTION.0,
        h: 2.0 * CAPTION.1,
    };
    let reach = near(FRAME_REACH);
    let on_line = frame.grown(reach).contains(at) && !frame.grown(-reach).contains(at);
    if caption.contains(at) || on_line {
        Hit::Frame
    } else if frame.contains(at) {
        Hit::Host
    } else {
        Hit::Outside
    }
}

/// How far a place is from a cable; far for one whose box is far.
fn distance_to(cable: &Cable, at: Point) -> f64 {
    const STEPS: usize = 24;
    let [a, b, c, d] = cable.curve;
    let bounds = Rect::between(a, d).union(&Rect::between(b, c));
    if !bounds.grown(40.0).contains(at) {
        return f64::INFINITY;
    }
    let place = |step: usize| on_curve(&cable.curve, step as f64 / STEPS as f64);
    (0..STEPS)
        .map(|step| to_segment(at, place(step), place(step + 1)))
        .fold(f64::INFINITY, f64::min)
}

fn to_segment(at: Point, a: Point, b: Point) -> f64 {
    let (dx, dy) = (b.x - a.x, b.y - a.y);
    let length = dx * dx + dy * dy;
    let t = if length > 0.0 {
        (((at.x - a.x) * dx + (at.y - a.y) * dy) / length).clamp(0.0, 1.0)
    } else {
        0.0
    };
    distance(
        at,
        Point {
            x: a.x + t * dx,
            y: a.y + t * dy,
        },
    )
}

/// The objects that a marquee touches.
pub(crate) fn within(scene: &Scene, area: Rect) -> impl Iterator<Item = Object> {
    let nodes = scene
        .nodes
        .iter()
        .filter(move |(_, placed)| placed.rect.touches(&area))
        .map(|(node, _)| Object::Node(*node));
    let cables = scene
        .cables
        .values()
        .filter(move |cable| cable.ends.iter().all(|end| area.contains(end.at)))
        .map(|cable| Object::Link(cable.link));
    nodes.chain(cables)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::contents::tests::two_on_a_bridge;
    use crate::canvas::scene::tests::scene_of;

    #[test]
    fn everything_can_be_hit() {
        let scene = scene_of(&two_on_a_bridge());
        for (node, placed) in &scene.nodes {
            let name_side = Point {
                x: placed.rect.x + 8.0,
                y: placed.rect.y + 8.0,
            };
            assert_eq!(hit(&scene, name_side, 1.0), Hit::Node(*node));
            assert_eq!(hit(&scene, handle_of(placed.rect), 1.0), Hit::Handle(*node));
        }
        for cable in scene.cables.values() {
            let at = on_curve(&cable.curve, 0.5);
            assert_eq!(hit(&scene, at, 1.0), Hit::Link(cable.link));
        }
        let frame = scene.host.rect;
        let corner = Point {
            x: frame.x,
            y: frame.bottom() - 50.0,
        };
        assert_eq!(hit(&scene, corner, 1.0), Hit::Frame);
        let inside = Point {
            x: frame.x + 30.0,
            y: frame.bottom() - 30.0,
        };
        assert_eq!(hit(&scene, inside, 1.0), Hit::Host);
        let outside = Point {
            x: frame.x - 100.0,
            y: frame.y,
        };
        assert_eq!(hit(&scene, outside, 1.0), Hit::Outside);
    }

    #[test]
    fn a_marquee_takes_what_it_touches() {
        let scene = scene_of(&two_on_a_bridge());
        assert_eq!(within(&scene, scene.host.rect).count(), 5);
        let red = scene.nodes.values().next().unwrap().rect;
        let corner = Rect {
            w: 10.0,
            h: 10.0,
            ..red
        };
        assert_eq!(within(&scene, corner).count(), 1);
    }
}
