//! Contents at their places: everything that the canvas draws, as plain data.

use std::collections::BTreeMap;

use topology::Node;
use topology::document::{Link, Point};

use super::cables::{Plugged, Side, curve, plug_in};
use super::contents::{Card, Contents, HostContents, Plug, Row, Wire};
use super::geometry::Rect;
use super::mark::Mark;
use super::shared::Shared;

/// From the cards to the frame of the host.
const FRAME_MARGIN: f64 = 64.0;
/// The frame of a lab with nothing in it.
const EMPTY_FRAME: Rect = Rect {
    x: -340.0,
    y: -180.0,
    w: 680.0,
    h: 360.0,
};

/// A card or bar at its place.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Placed {
    /// What it says.
    pub(crate) card: Shared<Card>,
    /// Where it is.
    pub(crate) rect: Rect,
}

/// A cable on its way.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Cable {
    /// The link.
    pub(crate) link: Link,
    /// The way.
    pub(crate) curve: [Point; 4],
    /// Both ends.
    pub(crate) ends: [CableEnd; 2],
    /// What it is, wherever it goes.
    pub(crate) wire: Shared<Wire>,
}

/// One end of a cable.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct CableEnd {
    /// Where.
    pub(crate) at: Point,
    /// Where its label stands.
    pub(crate) label_at: Point,
    /// Whether the label ends there instead of starting there.
    pub(crate) label_ends: bool,
}

/// The host's frame.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct HostFrame {
    /// Around everything.
    pub(crate) rect: Rect,
    /// Its own interfaces.
    pub(crate) rows: Vec<Row>,
    /// Its state.
    pub(crate) mark: Mark,
}

/// Everything that is drawn.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Scene {
    /// Cards and bars.
    pub(crate) nodes: BTreeMap<Node, Placed>,
    /// Cables.
    pub(crate) cables: BTreeMap<Link, Cable>,
    /// Threads from a bridge inside a namespace to that namespace's card.
    pub(crate) tethers: Vec<[Point; 2]>,
    /// The frame.
    pub(crate) host: HostFrame,
}

impl Scene {
    /// Puts contents at their places. `homes` says in which namespace's card a bridge belongs.
    pub(crate) fn arrange(
        contents: &Contents,
        centres: &BTreeMap<Node, Point>,
        homes: &BTreeMap<Node, Node>,
    ) -> Self {
        let centre = |node: &Node| centres.get(node).copied().unwrap_or_default();
        let nodes: BTreeMap<Node, Placed> = contents
            .cards
            .iter()
            .map(|(node, card)| {
                let placed = Placed {
                    rect: Rect::around(centre(node), card.size),
                    card: card.clone(),
                };
                (*node, placed)
            })
            .collect();
        let frame = frame_around(nodes.values().map(|placed| placed.rect));
        let tethers = homes.iter().filter_map(|(bridge, home)| {
            let (bridge, home) = (nodes.get(bridge)?, nodes.get(home)?);
            Some([bridge.rect.centre(), home.rect.centre()])
        });
        Self {
            tethers: tethers.collect(),
            cables: lay_cables(contents, &nodes, frame),
            host: host_frame(&contents.host, frame),
            nodes,
        }
    }

    /// The box around everything.
    pub(crate) fn bounds(&self) -> Rect {
        self.host.rect.grown(16.0)
    }
}

fn host_frame(contents: &HostContents, rect: Rect) -> HostFrame {
    HostFrame {
        rect,
        rows: contents.rows.clone(),
        mark: contents.mark,
    }
}

fn frame_around(rects: impl Iterator<Item = Rect>) -> Rect {
    rects
        .reduce(|all, rect| all.union(&rect))
        .map_or(EMPTY_FRAME, |all| all.grown(FRAME_MARGIN))
}

fn lay_cables(
    contents: &Contents,
    nodes: &BTreeMap<Node, Placed>,
    frame: Rect,
) -> BTreeMap<Link, Cable> {
    let boxed = |plug: &Plug| {
        let node = plug.node?;
        Some((node, nodes.get(&node)?.rect))
    };
    let boxes: Vec<_> = contents
        .cables
        .values()
        .map(|wire| wire.plugs.each_ref().map(boxed))
        .collect();
    let all: Vec<_> = nodes
        .iter()
        .map(|(node, placed)| (*node, placed.rect))
        .collect();
    let plugged = plug_in(&boxes, &all, frame);
    contents
        .cables
        .iter()
        .zip(plugged)
        .map(|((link, wire), places)| (*link, cable(*link, wire, places)))
        .collect()
}

fn cable(link: Link, wire: &Shared<Wire>, places: [Plugged; 2]) -> Cable {
    let [a, b] = places;
    let inwards = wire.plugs.each_ref().map(|plug| plug.node.is_none());
    let end = |index: usize| {
        let (this, other) = (places[index], places[1 - index]);
        let (label_at, label_ends) = label_place(this, other, inwards[index]);
        CableEnd {
            at: this.at,
            label_at,
            label_ends,
        }
    };
    Cable {
        link,
        curve: curve(a, b, inwards),
        ends: [end(0), end(1)],
        wire: wire.clone(),
    }
}

/// Room between an edge and the labels beside it.
const LABEL_GAP: f64 = 15.0;
/// Labels of neighbours nearer than this stand on two lines.
const LABEL_WIDTH: f64 = 84.0;

/// Beside a cable that leaves upwards or downwards, on the side away from where it goes; above one
/// that leaves sideways.
fn label_place(this: Plugged, other: Plugged, inwards: bool) -> (Point, bool) {
    let sign = if inwards { -1.0 } else { 1.0 };
    let (x, y) = this.side.outwards();
    let crowded = this.spacing < LABEL_WIDTH && this.index % 2 == 1;
    match this.side {
        Side::Top | Side::Bottom => {
            // With neighbours all stand on the same side, or they would meet.
            let ends = this.spacing.is_infinite() && other.at.x > this.at.x + 4.0;
            let line = if crowded { 13.0 } else { 0.0 };
            let down = y * sign * (LABEL_GAP + line);
            let point = Point {
                x: this.at.x + if ends { -8.0 } else { 8.0 },
                y: this.at.y + down + 4.0,
            };
            (point, ends)
        }
        Side::Left | Side::Right => {
            let ends = x * sign < 0.0;
            // On a short cable one stands above it and the other below.
            let short = (other.at.x - this.at.x).abs() < 2.0 * LABEL_WIDTH;
            let above = match (short, other.at.y < this.at.y - 4.0) {
                (true, _) if ends => 16.0,
                (false, true) => 16.0,
                _ => -7.0,
            };
            let point = Point {
                x: this.at.x + x * sign * 10.0,
                y: this.at.y + above,
            };
            (point, ends)
        }
    }
}

/// A curve as SVG path data.
pub(crate) fn path(curve: &[Point; 4]) -> String {
    let [a, b, c, d] = curve;
    format!(
        "M{:.1} {:.1}C{:.1} {:.1} {:.1} {:.1} {:.1} {:.1}",
        a.x, a.y, b.x, b.y, c.x, c.y, d.x, d.y
    )
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::canvas::contents::tests::{contents_of, two_on_a_bridge};
    use topology::Document;

    pub(crate) fn scene_of(document: &Document) -> Scene {
        let contents = contents_of(document);
        Scene::arrange(&contents, &document.positions, &BTreeMap::new())
    }

    #[test]
    fn the_frame_is_around_everything() {
        let scene = scene_of(&two_on_a_bridge());
        assert_eq!((scene.nodes.len(), scene.cables.len()), (3, 2));
        for placed in scene.nodes.values() {
            let rect = placed.rect.grown(FRAME_MARGIN);
            assert_eq!(rect.union(&scene.host.rect), scene.host.rect);
        }
        assert_eq!(scene_of(&Document::new("")).host.rect, EMPTY_FRAME);
    }

    #[test]
    fn cables_end_on_the_edges_of_their_cards() {
        let document = two_on_a_bridge();
        let scene = scene_of(&document);
        for cable in scene.cables.values() {
            for (end, plug) in cable.ends.iter().zip(&cable.wire.plugs) {
                let rect = scene.nodes[&plug.node.unwrap()].rect;
                assert!(rect.contains(end.at), "{end:?}");
                assert!(!rect.contains(end.label_at), "{end:?}");
            }
            assert!(cable.wire.label.contains("host/veth-br-"));
        }
    }

    #[test]
    fn paths_are_short_text() {
        let p = |x, y| Point { x, y };
        let curve = [p(0.0, 0.04), p(1.0, 2.0), p(3.0, 4.0), p(5.55, -6.0)];
        assert_eq!(path(&curve), "M0.0 0.0C1.0 2.0 3.0 4.0 5.5 -6.0");
    }
}
