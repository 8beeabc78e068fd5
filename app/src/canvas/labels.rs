//! Where the labels of cable ends stand: beside their cable, where they cover nothing.

use std::collections::BTreeMap;

use topology::document::Point;
use topology::layout::MONO;

use super::cables::{Plugged, Side};
use super::geometry::Rect;

/// Least room between a label and the next one.
const MARGIN: f64 = 3.0;
/// From a label's base line to its upper and lower end.
const ASCENT: f64 = 9.0;
const DESCENT: f64 = 3.0;
/// Room between a box and the first line of labels beside it.
const GAP: f64 = 15.0;
/// Between lines of labels.
const LINE: f64 = 13.0;
/// Most lines of labels above or below a box.
const LINES: u8 = 3;

/// A label's place.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Label {
    /// Where its base line begins or ends.
    pub(crate) at: Point,
    /// Whether it ends there instead of beginning there.
    pub(crate) ends: bool,
    /// Whether it would cover something: then it is shown only while its cable is selected.
    pub(crate) is_crowded: bool,
}

impl Label {
    fn area(&self, text: &str) -> Rect {
        let w = text.chars().count() as f64 * MONO + MARGIN;
        Rect {
            x: if self.ends { self.at.x - w } else { self.at.x },
            y: self.at.y - ASCENT,
            w,
            h: ASCENT + DESCENT,
        }
    }
}

/// What is covered already. Looked up by squares of the ground, for labs of thousands of labels.
#[derive(Default)]
pub(crate) struct Covered(BTreeMap<(i32, i32), Vec<Rect>>);

/// Side of a square, canvas units.
const SQUARE: f64 = 160.0;

impl Covered {
    /// Covers a box.
    pub(crate) fn cover(&mut self, area: Rect) {
        for square in squares(area) {
            self.0.entry(square).or_default().push(area);
        }
    }

    fn is_free(&self, area: Rect) -> bool {
        let taken = |square| self.0.get(&square).into_iter().flatten();
        !squares(area)
            .flat_map(taken)
            .any(|other| other.touches(&area))
    }

    /// The first place beside a cable's end at which its label covers nothing; the label covers it
    /// from then on. `inwards` is for the frame, whose cables come from within.
    pub(crate) fn place(
        &mut self,
        text: &str,
        this: Plugged,
        other: Plugged,
        inwards: bool,
    ) -> Label {
        let places = places(this, other, inwards);
        let free = places.iter().find(|label| self.is_free(label.area(text)));
        match (free, places.first()) {
            (Some(label), _) => {
                self.cover(label.area(text));
                *label
            }
            (None, first) => Label {
                at: first.map_or(this.at, |label| label.at),
                ends: first.is_some_and(|label| label.ends),
                is_crowded: true,
            },
        }
    }
}

fn squares(area: Rect) -> impl Iterator<Item = (i32, i32)> {
    let square = |value: f64| (value / SQUARE).floor() as i32;
    let rows = square(area.y)..=square(area.bottom());
    rows.flat_map(move |y| (square(area.x)..=square(area.right())).map(move |x| (x, y)))
}

/// The places beside an end, the best first: beside a cable that leaves upwards or downwards, away
/// from where it goes; above or below one that leaves sideways.
fn places(this: Plugged, other: Plugged, inwards: bool) -> Vec<Label> {
    let sign = if inwards { -1.0 } else { 1.0 };
    let (x, y) = this.side.outwards();
    let label = |x: f64, y: f64, ends: bool| Label {
        at: Point { x, y },
        ends,
        is_crowded: false,
    };
    match this.side {
        Side::Top | Side::Bottom => {
            // With neighbours all stand on the same side as long as there is room.
            let ends = this.spacing.is_infinite() && other.at.x > this.at.x + 4.0;
            let lines = (0..LINES).map(|line| {
                let down = y * sign * (GAP + LINE * f64::from(line));
                this.at.y + down + 4.0
            });
            let beside = |ends: bool| this.at.x + if ends { -8.0 } else { 8.0 };
            lines
                .flat_map(|y| [ends, !ends].map(|ends| label(beside(ends), y, ends)))
                .collect()
        }
        Side::Left | Side::Right => {
            let ends = x * sign < 0.0;
            let at = this.at.x + x * sign * 10.0;
            let (above, below) = (this.at.y - 7.0, this.at.y + 16.0);
            let below_first = ends || other.at.y < this.at.y - 4.0;
            let order = if below_first {
                [below, above]
            } else {
                [above, below]
            };
            order.map(|y| label(at, y, ends)).to_vec()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn down(x: f64, spacing: f64) -> [Plugged; 2] {
        let end = |y: f64, side: Side| Plugged {
            at: Point { x, y },
            side,
            spacing,
            reach: f64::INFINITY,
        };
        [end(0.0, Side::Bottom), end(300.0, Side::Top)]
    }

    #[test]
    fn labels_of_close_cables_stand_on_several_lines_and_never_on_each_other() {
        let mut covered = Covered::default();
        let labels: Vec<_> = (0..6)
            .map(|n| {
                let [this, other] = down(f64::from(n) * 30.0, 30.0);
                covered.place("veth-red2", this, other, false)
            })
            .collect();
        for (index, label) in labels.iter().enumerate() {
            assert!(!label.is_crowded, "{index}");
            for other in labels.iter().skip(index + 1) {
                let (a, b) = (label.area("veth-red2"), other.area("veth-red2"));
                assert!(!a.touches(&b), "{label:?} {other:?}");
            }
        }
    }

    #[test]
    fn a_label_without_room_is_not_drawn_over_a_card() {
        let mut covered = Covered::default();
        covered.cover(Rect {
            x: -200.0,
            y: 2.0,
            w: 400.0,
            h: 90.0,
        });
        let [this, other] = down(0.0, f64::INFINITY);
        assert!(covered.place("veth-red", this, other, false).is_crowded);
        assert!(!covered.place("veth-red", other, this, false).is_crowded);
    }
}
