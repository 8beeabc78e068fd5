//! The ways of cables: at which place of a card's edge each end is plugged in, and the curve
//! between.

use std::collections::BTreeMap;

use topology::document::Point;

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

    /// The edge from which a cable gets around what stands in its way.
    fn around(self) -> Self {
        match self {
            Self::Left | Self::Right => Self::Top,
            Self::Top | Self::Bottom => Self::Right,
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
    /// Which one of the edge's cables it is, from the left or from above.
    pub(crate) index: usize,
    /// How far its neighbours on the edge are; infinitely far if it has none.
    pub(crate) spacing: f64,
}

/// Most boxes among which cables look for a way around others: the search grows with boxes times
/// cables, and is made at each step of a drag.
const MOST_OBSTACLES: usize = 150;

/// Where both ends of every cable are plugged in. `all` has every box, `boxes` has each cable's two ends: the box and a
/// key that says which box it is, or `None` for the frame around everything.
pub(crate) fn plug_in<K: Ord + Copy>(
    boxes: &[[Option<(K, Rect)>; 2]],
    all: &[(K, Rect)],
    frame: Rect,
) -> Vec<[Plugged; 2]> {
    let all = if all.len() > MOST_OBSTACLES { &[] } else { all };
    let mut edges: BTreeMap<(Option<K>, Side), Vec<Wish>> = BTreeMap::new();
    for (cable, ends) in boxes.iter().enumerate() {
        let around = is_in_the_way(ends, all);
        for (end, this) in ends.iter().enumerate() {
            let other = ends[1 - end];
            let (rect, mut side, mut wish) = wish(this.map(|t| t.1), other.map(|o| o.1), frame);
            if let (true, Some(other)) = (around, other) {
                side = side.around();
                wish = along(side, other.1.centre());
            }
            edges
                .entry((this.map(|t| t.0), side))
                .or_default()
                .push(Wish {
                    cable,
                    end,
                    rect,
                    wish,
                });
        }
    }
    let start = Plugged {
        at: Point::default(),
        side: Side::Top,
        index: 0,
        spacing: 0.0,
    };
    let mut plugged = vec![[start; 2]; boxes.len()];
    for ((key, side), mut wishes) in edges {
        wishes.sort_by(|a, b| a.wish.total_cmp(&b.wish).then(a.cable.cmp(&b.cable)));
        let (places, spacing) = spread(&wishes, side, key.is_none());
        let spacing = if wishes.len() > 1 {
            spacing
        } else {
            f64::INFINITY
        };
        for (index, (wish, place)) in wishes.iter().zip(places).enumerate() {
            let Rect { x, y, .. } = wish.rect;
            let at = match side {
                Side::Top => Point { x: place, y },
                Side::Bottom => Point {
                    x: place,
                    y: wish.rect.bottom(),
                },
                Side::Left => Point { x, y: place },
                Side::Right => Point {
                    x: wish.rect.right(),
                    y: place,
                },
            };
            if let Some(ends) = plugged.get_mut(wish.cable) {
                ends[wish.end] = Plugged {
                    at,
                    side,
                    index,
                    spacing,
                };
            }
        }
    }
    plugged
}

/// Whether another box stands between the two ends of a cable.
fn is_in_the_way<K: Ord + Copy>(ends: &[Option<(K, Rect)>; 2], all: &[(K, Rect)]) -> bool {
    let [Some((a, from)), Some((b, to))] = ends else {
        return false;
    };
    const STEPS: usize = 16;
    let (start, end) = (from.centre(), to.centre());
    all.iter()
        .filter(|(key, _)| key != a && key != b)
        .any(|(_, rect)| {
            (1..STEPS).any(|step| {
                let t = step as f64 / STEPS as f64;
                rect.contains(Point {
                    x: start.x + (end.x - start.x) * t,
                    y: start.y + (end.y - start.y) * t,
                })
            })
        })
}

struct Wish {
    cable: usize,
    end: usize,
    rect: Rect,
    /// Along the edge: where the other end is.
    wish: f64,
}

/// The edge that faces the other end, and where along it the other end is.
fn wish(this: Option<Rect>, other: Option<Rect>, frame: Rect) -> (Rect, Side, f64) {
    match (this, other) {
        (Some(rect), Some(other)) => {
            let (a, b) = (rect.centre(), other.centre());
            let gap_x = (b.x - a.x).abs() - (rect.w + other.w) / 2.0;
            let gap_y = (b.y - a.y).abs() - (rect.h + other.h) / 2.0;
            let side = match (gap_y >= gap_x, b.x > a.x, b.y > a.y) {
                (true, _, true) => Side::Bottom,
                (true, _, false) => Side::Top,
                (false, true, _) => Side::Right,
                (false, false, _) => Side::Left,
            };
            (rect, side, along(side, b))
        }
        (Some(rect), None) => {
            let side = nearest_side(rect.centre(), frame);
            (rect, side, along(side, rect.centre()))
        }
        (None, Some(other)) => {
            let side = nearest_side(other.centre(), frame);
            (frame, side, along(side, other.centre()))
        }
        (None, None) => (frame, Side::Top, frame.centre().x),
    }
}

fn along(side: Side, point: Point) -> f64 {
    if side.is_horizontal() {
        point.x
    } else {
        point.y
    }
}

fn nearest_side(point: Point, frame: Rect) -> Side {
    let distances = [
        (point.y - frame.y, Side::Top),
        (frame.right() - point.x, Side::Right),
        (frame.bottom() - point.y, Side::Bottom),
        (point.x - frame.x, Side::Left),
    ];
    distances
        .into_iter()
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map_or(Side::Top, |(_, side)| side)
}

/// Room kept free at both ends of an edge: rounded corners.
const CORNER: f64 = 22.0;
/// How far apart neighbours are when there is room: labels stand beside cables that leave upwards
/// or downwards, and above those that leave sideways.
const WIDE: (f64, f64) = (96.0, 30.0);

/// A place along the edge for each wish, in order. A wide edge (a bridge's, the frame's) gives each
/// what it wishes as far as neighbours allow; on a narrow one they stand evenly around the middle.
fn spread(wishes: &[Wish], side: Side, is_frame: bool) -> (Vec<f64>, f64) {
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
    let (low, high) = (start + corner, start + length - corner);
    let wide = if side.is_horizontal() { WIDE.0 } else { WIDE.1 };
    let gaps = wishes.len().saturating_sub(1).max(1) as f64;
    let spacing = wide.min((high - low) / gaps);
    let follows_wishes = is_frame || (side.is_horizontal() && length > 3.0 * rect.h);
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
    use super::*;

    fn card(x: f64, y: f64) -> Rect {
        Rect::around(Point { x, y }, (180.0, 80.0))
    }

    const FRAME: Rect = Rect {
        x: -200.0,
        y: -200.0,
        w: 1000.0,
        h: 800.0,
    };

    #[test]
    fn cables_leave_on_the_edge_that_faces_the_other_end() {
        let sides = |b: Rect| {
            let ends = [Some((1, card(0.0, 0.0))), Some((2, b))];
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
        let ends = [Some((1, card(0.0, 0.0))), Some((2, card(0.0, 300.0)))];
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
        let ends = [Some((1, card(0.0, 0.0))), Some((2, card(600.0, 0.0)))];
        let between = (3, card(300.0, 10.0));
        let plugged = plug_in(&[ends], &[between], FRAME);
        assert!(plugged[0].iter().all(|end| end.side == Side::Top));
        let beside = (3, card(300.0, 200.0));
        let plugged = plug_in(&[ends], &[beside], FRAME);
        assert_eq!(plugged[0][0].side, Side::Right);
    }

    #[test]
    fn a_bridge_has_its_ports_where_the_cards_are() {
        let bar = Rect::around(Point { x: 300.0, y: 300.0 }, (600.0, 50.0));
        let cables: Vec<_> = [0.0, 260.0, 600.0]
            .iter()
            .enumerate()
            .map(|(i, x)| [Some((i as u32 + 10, card(*x, 0.0))), Some((1, bar))])
            .collect();
        let plugged = plug_in(&cables, &[], FRAME);
        let xs: Vec<f64> = plugged.iter().map(|ends| ends[1].at.x).collect();
        assert_eq!(xs, [22.0, 260.0, 578.0]);
        assert!(plugged.iter().all(|ends| ends[1].side == Side::Top));
    }

    #[test]
    fn the_frame_is_reached_at_its_nearest_edge() {
        let ends = [Some((1, card(0.0, 0.0))), None];
        let plugged = plug_in(&[ends], &[], FRAME);
        assert_eq!(plugged[0][1].at, Point { x: 0.0, y: -200.0 });
        let curve = curve(plugged[0][0], plugged[0][1], [false, true]);
        assert!(curve.iter().all(|p| p.y >= -200.0 && p.x == 0.0));
    }
}
