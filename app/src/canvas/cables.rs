//! The ways of cables: at which place of a card's edge each end is plugged in, and the curve
//! between.

mod sides;

use std::collections::BTreeMap;

use topology::document::Point;

use self::sides::{is_in_the_way, wanted};
use super::geometry::{Rect, distance};

/// An edge of a box.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Side {
    /// The upper edge.
    Top,
    /// The right edge.
    Right,
    /// The lower edge.
    Bottom,
    /// The left edge.
    Left,
}

impl Side {
    /// The direction out of the box.
    pub(crate) fn outwards(self) -> (f64, f64) {
        match self {
            Self::Top => (0.0, -1.0),
            Self::Right => (1.0, 0.0),
            Self::Bottom => (0.0, 1.0),
            Self::Left => (-1.0, 0.0),
        }
    }

    fn is_horizontal(self) -> bool {
        matches!(self, Self::Top | Self::Bottom)
    }
}

/// Where one end of a cable is plugged in.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Plugged {
    /// The place.
    pub(crate) at: Point,
    /// On which edge.
    pub(crate) side: Side,
    /// How far its neighbours on the edge are; infinitely far if it has none.
    pub(crate) spacing: f64,
    /// How far out it may swing before it turns.
    pub(crate) reach: f64,
}

/// A box into which cables are plugged.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Boxed<K> {
    /// Which.
    pub(crate) key: K,
    /// Where.
    pub(crate) rect: Rect,
    /// Whether it is a bridge's bar: its ports stand where the cards are, above and below it.
    pub(crate) is_bar: bool,
}

/// The frame around everything.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Frame {
    /// Where.
    pub(crate) rect: Rect,
    /// Up to where its upper edge has a caption, which no cable may cover.
    pub(crate) caption_end: f64,
}

/// Most boxes among which cables look for a way around others: the search grows with boxes times
/// cables, and is made at each step of a drag.
const MOST_OBSTACLES: usize = 150;

/// Where both ends of every cable are plugged in. `boxes` has each cable's two ends, `None` for the
/// frame around everything; `all` has every box.
pub(crate) fn plug_in<K: Ord + Copy>(
    boxes: &[[Option<Boxed<K>>; 2]],
    all: &[(K, Rect)],
    frame: Frame,
) -> Vec<[Plugged; 2]> {
    let all = if all.len() > MOST_OBSTACLES { &[] } else { all };
    let mut counts: BTreeMap<K, usize> = BTreeMap::new();
    for boxed in boxes.iter().flatten().flatten() {
        *counts.entry(boxed.key).or_default() += 1;
    }
    let is_full = |boxed: &Boxed<K>| boxed.is_bar && counts.get(&boxed.key) > Some(&1);
    let mut edges: BTreeMap<(Option<K>, Side), Vec<Wish>> = BTreeMap::new();
    for (cable, ends) in boxes.iter().enumerate() {
        let around = is_in_the_way(ends, all);
        for (end, this) in ends.iter().enumerate() {
            let wanted = wanted(*this, ends[1 - end], frame.rect, around, is_full);
            edges
                .entry((this.map(|this| this.key), wanted.side))
                .or_default()
                .push(Wish {
                    cable,
                    end,
                    rect: this.map_or(frame.rect, |this| this.rect),
                    wish: wanted.along,
                    reach: wanted.reach,
                    is_bar: this.is_some_and(|this| this.is_bar),
                });
        }
    }
    let start = Plugged {
        at: Point::default(),
        side: Side::Top,
        spacing: 0.0,
        reach: 0.0,
    };
    let mut plugged = vec![[start; 2]; boxes.len()];
    for ((key, side), mut wishes) in edges {
        wishes.sort_by(|a, b| a.wish.total_cmp(&b.wish).then(a.cable.cmp(&b.cable)));
        let caption_end = (key.is_none() && side == Side::Top).then_some(frame.caption_end);
        let (places, spacing) = spread(&wishes, side, key.is_none(), caption_end);
        let spacing = if wishes.len() > 1 {
            spacing
        } else {
            f64::INFINITY
        };
        for (wish, place) in wishes.iter().zip(places) {
            if let Some(ends) = plugged.get_mut(wish.cable) {
                ends[wish.end] = Plugged {
                    at: on_edge(wish.rect, side, place),
                    side,
                    spacing,
                    reach: wish.reach,
                };
            }
        }
    }
    plugged
}

fn on_edge(rect: Rect, side: Side, place: f64) -> Point {
    match side {
        Side::Top => Point {
            x: place,
            y: rect.y,
        },
        Side::Bottom => Point {
            x: place,
            y: rect.bottom(),
        },
        Side::Left => Point {
            x: rect.x,
            y: place,
        },
        Side::Right => Point {
            x: rect.right(),
            y: place,
        },
    }
}

struct Wish {
    cable: usize,
    end: usize,
    rect: Rect,
    /// Along the edge: where the other end is.
    wish: f64,
    reach: f64,
    is_bar: bool,
}

/// Room kept free at both ends of an edge: rounded corners.
const CORNER: f64 = 22.0;
/// How far apart neighbours are when there is room: labels stand beside cables that leave upwards
/// or downwards, and above those that leave sideways.
const WIDE: (f64, f64) = (96.0, 30.0);

/// A place along the edge for each wish, in order. A wide edge (a bridge's, the frame's) gives each
/// what it wishes as far as neighbours allow; on a narrow one they stand evenly around the middle.
fn spread(
    wishes: &[Wish],
    side: Side,
    is_frame: bool,
    caption_end: Option<f64>,
) -> (Vec<f64>, f64) {
    let Some(first) = wishes.first() else {
        return (Vec::new(), 0.0);
    };
    let rect = first.rect;
    let (start, length) = if side.is_horizontal() {
        (rect.x, rect.w)
    } else {
        (rect.y, rect.h)
    };
    let corner = CORNER.min(length / 4.0);
    let high = start + length - corner;
    let low = caption_end
        .map_or(start + corner, |end| end.max(start + corner))
        .min(high);
    let wide = if side.is_horizontal() { WIDE.0 } else { WIDE.1 };
    let gaps = wishes.len().saturating_sub(1).max(1) as f64;
    let spacing = wide.min((high - low) / gaps);
    let follows_wishes = is_frame || (first.is_bar && side.is_horizontal());
    if !follows_wishes {
        let middle = start + length / 2.0;
        let half = spacing * (wishes.len().saturating_sub(1)) as f64 / 2.0;
        let places = (0..wishes.len()).map(|i| middle - half + spacing * i as f64);
        return (places.collect(), spacing);
    }
    let mut places: Vec<f64> = wishes.iter().map(|w| w.wish.clamp(low, high)).collect();
    let mut least = low;
    for place in &mut places {
        *place = place.max(least);
        least = *place + spacing;
    }
    let mut most = high;
    for place in places.iter_mut().rev() {
        *place = place.min(most);
        most = *place - spacing;
    }
    (places, spacing)
}

/// The curve between two plugged ends: it leaves each edge at a right angle.
pub(crate) fn curve(a: Plugged, b: Plugged, frame: [bool; 2]) -> [Point; 4] {
    let reach = (distance(a.at, b.at) * 0.45).clamp(18.0, 160.0);
    let control = |end: Plugged, inwards: bool| {
        let (x, y) = end.side.outwards();
        let reach = reach.min(end.reach);
        // On the frame a cable comes from within.
        let reach = if inwards { -reach } else { reach };
        Point {
            x: end.at.x + x * reach,
            y: end.at.y + y * reach,
        }
    };
    [a.at, control(a, frame[0]), control(b, frame[1]), b.at]
}

#[cfg(test)]
mod tests {
    use super::super::geometry::on_curve;
    use super::*;

    fn card(x: f64, y: f64) -> Rect {
        Rect::around(Point { x, y }, (180.0, 80.0))
    }

    const FRAME: Frame = Frame {
        rect: Rect {
            x: -200.0,
            y: -200.0,
            w: 1000.0,
            h: 800.0,
        },
        caption_end: -100.0,
    };

    fn boxed(key: u32, rect: Rect) -> Option<Boxed<u32>> {
        Some(Boxed {
            key,
            rect,
            is_bar: false,
        })
    }

    fn bar(key: u32, rect: Rect) -> Option<Boxed<u32>> {
        Some(Boxed {
            key,
            rect,
            is_bar: true,
        })
    }

    #[test]
    fn cables_leave_on_the_edge_that_faces_the_other_end() {
        let sides = |b: Rect| {
            let ends = [boxed(1, card(0.0, 0.0)), boxed(2, b)];
            let [[a, b]] = plug_in(&[ends], &[], FRAME)[..] else {
                panic!("one cable")
            };
            (a.side, b.side)
        };
        assert_eq!(sides(card(0.0, 300.0)), (Side::Bottom, Side::Top));
        assert_eq!(sides(card(0.0, -300.0)), (Side::Top, Side::Bottom));
        assert_eq!(sides(card(400.0, 20.0)), (Side::Right, Side::Left));
        assert_eq!(sides(card(-400.0, 20.0)), (Side::Left, Side::Right));
    }

    #[test]
    fn parallel_links_spread_apart_without_crossing() {
        let ends = [boxed(1, card(0.0, 0.0)), boxed(2, card(0.0, 300.0))];
        let plugged = plug_in(&[ends, ends, ends], &[], FRAME);
        for pair in plugged.windows(2) {
            assert!(pair[0][0].at.x + 20.0 < pair[1][0].at.x);
            assert!(pair[0][1].at.x + 20.0 < pair[1][1].at.x);
        }
        for end in plugged.iter().flatten() {
            assert!((-90.0..=90.0).contains(&end.at.x));
        }
    }

    #[test]
    fn a_cable_goes_around_what_is_in_its_way() {
        let ends = [boxed(1, card(0.0, 0.0)), boxed(2, card(600.0, 0.0))];
        let between = (3, card(300.0, 10.0));
        let plugged = plug_in(&[ends], &[between], FRAME);
        assert!(plugged[0].iter().all(|end| end.side == Side::Top));
        let beside = (3, card(300.0, 200.0));
        let plugged = plug_in(&[ends], &[beside], FRAME);
        assert_eq!(plugged[0][0].side, Side::Right);
    }

    #[test]
    fn a_bridge_has_its_ports_where_the_cards_are() {
        let rect = Rect::around(Point { x: 300.0, y: 300.0 }, (600.0, 50.0));
        let cables: Vec<_> = [0.0, 260.0, 600.0]
            .iter()
            .enumerate()
            .map(|(i, x)| [boxed(i as u32 + 10, card(*x, 0.0)), bar(1, rect)])
            .collect();
        let plugged = plug_in(&cables, &[], FRAME);
        let xs: Vec<f64> = plugged.iter().map(|ends| ends[1].at.x).collect();
        assert_eq!(xs, [22.0, 260.0, 578.0]);
        assert!(plugged.iter().all(|ends| ends[1].side == Side::Top));
    }

    #[test]
    fn the_frame_is_reached_at_its_nearest_edge() {
        let ends = [boxed(1, card(0.0, 0.0)), None];
        let plugged = plug_in(&[ends], &[], FRAME);
        assert_eq!(plugged[0][1].at, Point { x: 0.0, y: -200.0 });
        let curve = curve(plugged[0][0], plugged[0][1], [false, true]);
        assert!(curve.iter().all(|p| p.y >= -200.0 && p.x == 0.0));
        // Not where the caption stands.
        let named = Frame {
            caption_end: 120.0,
            ..FRAME
        };
        assert_eq!(plug_in(&[ends], &[], named)[0][1].at.x, 120.0);
    }

    #[test]
    fn a_bar_takes_its_cables_above_and_below() {
        let rect = Rect::around(Point { x: 0.0, y: 0.0 }, (300.0, 50.0));
        let beside = |n: u32| {
            [
                boxed(n + 2, card(700.0, f64::from(n) * 120.0)),
                bar(1, rect),
            ]
        };
        let plugged = plug_in(&[beside(0)], &[], FRAME);
        assert_eq!(plugged[0][1].side, Side::Right);
        let plugged = plug_in(&[beside(0), beside(1), beside(2)], &[], FRAME);
        let horizontal = |end: &Plugged| end.side.is_horizontal();
        assert!(plugged.iter().all(|ends| horizontal(&ends[1])));
        assert!(plugged.iter().all(|ends| ends[1].spacing >= 30.0));
    }

    #[test]
    fn from_behind_a_card_a_cable_takes_the_lane_beside_it() {
        let rect = Rect::around(Point { x: 300.0, y: 400.0 }, (600.0, 50.0));
        let (near, far) = (card(0.0, 200.0), card(0.0, 0.0));
        let ends = [
            [boxed(2, far), bar(1, rect)],
            [boxed(3, near), bar(1, rect)],
        ];
        let plugged = plug_in(&ends, &[(2, far), (3, near)], FRAME);
        assert_eq!(
            (plugged[0][0].side, plugged[0][1].side),
            (Side::Right, Side::Top)
        );
        let way = curve(plugged[0][0], plugged[0][1], [false, false]);
        let hidden = (0..=20).map(|step| on_curve(&way, f64::from(step) / 20.0));
        assert!(hidden.skip(1).all(|at| !near.contains(at)));
        assert_eq!(plugged[1][0].side, Side::Bottom);
    }
}
