//! From which edge of its box a cable leaves, and where along that edge it would like to.

use topology::document::Point;

use super::{Boxed, CORNER, Side};
use crate::canvas::geometry::Rect;

/// What one end of a cable would like.
pub(super) struct Wanted {
    pub(super) side: Side,
    /// Along that edge.
    pub(super) along: f64,
    /// How far out it may swing before it turns.
    pub(super) reach: f64,
}

/// Half of the lane between two cards of a row, in which a cable passes between them.
const LANE: f64 = 28.0;

pub(super) fn wanted<K: Copy>(
    this: Option<Boxed<K>>,
    other: Option<Boxed<K>>,
    frame: Rect,
    around: bool,
    is_full: impl Fn(&Boxed<K>) -> bool,
) -> Wanted {
    let (side, along_edge) = wish(this.map(|t| t.rect), other.map(|o| o.rect), frame);
    let plain = Wanted {
        side,
        along: along_edge,
        reach: f64::INFINITY,
    };
    let (Some(this), Some(other)) = (this, other) else {
        return plain;
    };
    let (here, there) = (this.rect.centre(), other.rect.centre());
    // The lane beside a card, on the side on which the bar is.
    let lane = |card: Rect, bar: Point| {
        if bar.x >= card.centre().x {
            (Side::Right, card.right() + LANE)
        } else {
            (Side::Left, card.x - LANE)
        }
    };
    match (this.is_bar, other.is_bar) {
        (true, _) if is_full(&this) || (around && !other.is_bar) => Wanted {
            side: if there.y > here.y {
                Side::Bottom
            } else {
                Side::Top
            },
            along: match around && !other.is_bar {
                true => lane(other.rect, here).1,
                false => there.x,
            },
            ..plain
        },
        (false, true) if around => Wanted {
            side: lane(this.rect, there).0,
            along: here.y,
            reach: LANE * 1.4,
        },
        _ if around => Wanted {
            side: around_from(side),
            along: along(around_from(side), there),
            ..plain
        },
        _ => plain,
    }
}

/// Whether another box stands between the two ends of a cable.
pub(super) fn is_in_the_way<K: Ord + Copy>(
    ends: &[Option<Boxed<K>>; 2],
    all: &[(K, Rect)],
) -> bool {
    let [Some(a), Some(b)] = ends else {
        return false;
    };
    const STEPS: usize = 16;
    // A bar is reached where it is nearest, not in its middle.
    let nearest = |this: &Boxed<K>, other: Point| {
        let centre = this.rect.centre();
        let (low, high) = (this.rect.x + CORNER, this.rect.right() - CORNER);
        match this.is_bar {
            true => Point {
                x: other.x.clamp(low, high.max(low)),
                ..centre
            },
            false => centre,
        }
    };
    let start = nearest(a, b.rect.centre());
    let end = nearest(b, a.rect.centre());
    all.iter()
        .filter(|(key, _)| *key != a.key && *key != b.key)
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

/// The edge from which a cable gets around what stands in its way.
fn around_from(side: Side) -> Side {
    match side {
        Side::Left | Side::Right => Side::Top,
        Side::Top | Side::Bottom => Side::Right,
    }
}

/// The edge that faces the other end, and where along it the other end is.
fn wish(this: Option<Rect>, other: Option<Rect>, frame: Rect) -> (Side, f64) {
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
            (side, along(side, b))
        }
        (Some(near), None) | (None, Some(near)) => {
            let side = nearest_side(near.centre(), frame);
            (side, along(side, near.centre()))
        }
        (None, None) => (Side::Top, frame.centre().x),
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
