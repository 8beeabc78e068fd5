//! Contents at their places: everything that the canvas draws, as plain data.

use std::collections::BTreeMap;

use topology::Node;
use topology::document::{Link, Point};
use topology::layout::MONO;

use super::cables::{Boxed, Frame, Plugged, curve, plug_in};
use super::contents::{Card, Contents, HostContents, Plug, RowKind, Wire};
use super::geometry::Rect;
use super::labels::{Covered, Label};
use super::lines::fitted;
use super::mark::Mark;
use super::shared::Shared;

/// From the cards to the frame of the host.
const FRAME_MARGIN: f64 = 64.0;
/// From the frame's left edge to its caption.
const CAPTION_START: f64 = 22.0;
/// Room for the sign and the name in the caption.
const CAPTION_NAME: f64 = 62.0;
/// How much of the upper edge the caption may take.
const CAPTION_SHARE: f64 = 0.6;
/// Between the caption and the next socket on the frame.
const SOCKET: f64 = 16.0;
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
    /// Its label.
    pub(crate) label: Label,
}

/// The host's frame.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct HostFrame {
    /// Around everything.
    pub(crate) rect: Rect,
    /// Its own interfaces and their addresses.
    pub(crate) caption: String,
    /// Its state.
    pub(crate) mark: Mark,
}

impl HostFrame {
    /// The caption on the upper edge.
    pub(crate) fn caption_area(&self) -> Rect {
        Rect {
            x: self.rect.x + CAPTION_START,
            y: self.rect.y - 12.0,
            w: CAPTION_NAME + self.caption.chars().count() as f64 * MONO,
            h: 24.0,
        }
    }
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
                let base = Rect::around(centre(node), (card.size.0, card.base));
                let rect = Rect {
                    h: card.size.1,
                    ..base
                };
                let card = card.clone();
                (*node, Placed { card, rect })
            })
            .collect();
        let frame = frame_around(nodes.values().map(|placed| placed.rect));
        let host = host_frame(&contents.host, frame);
        let tethers = homes.iter().filter_map(|(bridge, home)| {
            let (bridge, home) = (nodes.get(bridge)?, nodes.get(home)?);
            Some([bridge.rect.centre(), home.rect.centre()])
        });
        Self {
            tethers: tethers.collect(),
            cables: lay_cables(contents, &nodes, &host),
            host,
            nodes,
        }
    }

    /// The box around everything.
    pub(crate) fn bounds(&self) -> Rect {
        self.host.rect.grown(16.0)
    }
}

fn host_frame(contents: &HostContents, rect: Rect) -> HostFrame {
    let rows = contents.rows.iter();
    let rows = rows.filter(|row| !matches!(row.kind, RowKind::More | RowKind::Note));
    let texts = rows.map(|row| match row.text.as_str() {
        "" => row.name.clone(),
        text => format!("{} {text}", row.name),
    });
    let all = texts.collect::<Vec<_>>().join(" · ");
    // The rest of the edge is for cables.
    let room = (rect.w * CAPTION_SHARE - CAPTION_NAME).max(0.0);
    HostFrame {
        rect,
        caption: fitted(&all, room, MONO),
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
    host: &HostFrame,
) -> BTreeMap<Link, Cable> {
    let boxed = |plug: &Plug| {
        let key = plug.node?;
        Some(Boxed {
            key,
            rect: nodes.get(&key)?.rect,
            is_bar: matches!(key, Node::Bridge(_)),
        })
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
    let frame = Frame {
        rect: host.rect,
        caption_end: host.caption_area().right() + SOCKET,
    };
    let plugged = plug_in(&boxes, &all, frame);
    let mut covered = Covered::default();
    covered.cover(host.caption_area());
    for (_, rect) in all {
        covered.cover(rect);
    }
    contents
        .cables
        .iter()
        .zip(plugged)
        .map(|((link, wire), places)| (*link, cable(*link, wire, places, &mut covered)))
        .collect()
}

fn cable(link: Link, wire: &Shared<Wire>, places: [Plugged; 2], covered: &mut Covered) -> Cable {
    let [a, b] = places;
    let [from, to] = &wire.plugs;
    let inwards = [from, to].map(|plug| plug.node.is_none());
    let ends = [
        CableEnd {
            at: a.at,
            label: covered.place(&from.name, a, b, inwards[0]),
        },
        CableEnd {
            at: b.at,
            label: covered.place(&to.name, b, a, inwards[1]),
        },
    ];
    Cable {
        link,
        curve: curve(a, b, inwards),
        ends,
        wire: wire.clone(),
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
                assert!(
                    !end.label.is_crowded && !rect.contains(end.label.at),
                    "{end:?}"
                );
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
