//! Which lines of a very long list are in sight.

use packet::view::Viewer;

pub(super) use crate::live::capture_log::Place;

/// Height of a line, pixels, as in the style sheet.
pub(super) const LINE: f64 = 20.0;
/// Browsers do not lay out what is higher than 17 to 33 million pixels: a longer list moves by more than a
/// line's height a line.
const HIGHEST: f64 = 15_000_000.0;

/// A list in its window.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(super) struct Scroll {
    /// How many lines there are.
    pub(super) lines: usize,
    /// How high the window is, pixels.
    pub(super) height: f64,
    /// May a line be higher than [`LINE`]? Then each can be the first in sight.
    pub(super) uneven: bool,
}

impl Scroll {
    /// Lines that fit, the last perhaps in part.
    pub(super) fn fit(self) -> usize {
        (self.height / LINE).ceil().max(1.0) as usize
    }

    /// The last line that can be the first in sight, with a part of a line.
    fn last_first(self) -> f64 {
        let below = if self.uneven { 1.0 } else { self.height / LINE };
        (self.lines as f64 - below).max(0.0)
    }

    /// Pixels that the list can be scrolled.
    fn range(self) -> f64 {
        (self.last_first() * LINE).min(HIGHEST)
    }

    /// How high the list says that it is.
    pub(super) fn space(self) -> f64 {
        self.range() + self.height
    }

    /// The first line in sight and how much of it is above, pixels.
    pub(super) fn first(self, top: f64) -> (usize, f64) {
        let range = self.range();
        if range <= 0.0 {
            return (0, 0.0);
        }
        let at = (top / range).clamp(0.0, 1.0) * self.last_first();
        let line = at.floor();
        let above = if self.uneven { 0.0 } else { (at - line) * LINE };
        (line as usize, above.round())
    }

    /// Are all lines in sight?
    pub(super) fn fits(self) -> bool {
        self.range() <= 0.0
    }

    /// Is the end in sight?
    pub(super) fn is_at_end(self, top: f64) -> bool {
        top >= self.range() - LINE / 2.0
    }

    /// Where to scroll so that a line is the first in sight, so many pixels of it above.
    pub(super) fn place(self, line: usize, above: f64) -> f64 {
        self.place_of((line as f64 + above / LINE).min(self.last_first()))
    }

    /// Where to scroll so that a line is in sight; `None` if it is.
    pub(super) fn reveal(self, line: usize, top: f64) -> Option<f64> {
        let (first, above) = self.first(top);
        let whole = ((self.height + above) / LINE).floor().max(1.0) as usize;
        let whole = if self.uneven { 1 } else { whole };
        let wanted = if line < first || (line == first && above > 0.0) {
            line as f64
        } else if line >= first + whole {
            (line as f64 + 1.0 - self.height / LINE).max(0.0)
        } else {
            return None;
        };
        let wanted = if self.uneven { line as f64 } else { wanted };
        Some(self.place_of(wanted))
    }

    /// Pixels above what is at that place, in lines.
    fn place_of(self, lines: f64) -> f64 {
        let last = self.last_first();
        if last > 0.0 {
            lines / last * self.range()
        } else {
            0.0
        }
    }
}

impl Place {
    /// The place that is in sight at the upper edge, if there is any.
    pub(super) fn at(scroll: Scroll, top: f64, viewer: &Viewer) -> Option<Self> {
        let (line, above) = scroll.first(top);
        let packet = viewer.line(line)?.number;
        Some(Self { packet, above })
    }

    /// Where to scroll so that it is at the upper edge, if its packet has a line.
    pub(super) fn top(self, scroll: Scroll, viewer: &Viewer) -> Option<f64> {
        let line = viewer.line_of(self.packet)?;
        Some(scroll.place(line, self.above))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_can_be_seen() {
        for lines in [0, 5, 11, 12, 1000, 1_000_000, 5_000_000] {
            let scroll = Scroll {
                lines,
                height: 230.0,
                uneven: false,
            };
            assert!(scroll.space() <= HIGHEST + 230.0);
            assert_eq!(scroll.first(0.0), (0, 0.0));
            let end = scroll.space() - 230.0;
            assert!(scroll.is_at_end(end));
            let (first, above) = scroll.first(end);
            let bottom = (lines - first) as f64 * LINE - above;
            assert!(bottom <= 231.0, "{lines}: the last line ends at {bottom}");
            for line in [0, 1, lines / 2, lines.saturating_sub(1)] {
                let top = scroll.reveal(line, end).unwrap_or(end);
                let (first, above) = scroll.first(top);
                let at = (line as f64 - first as f64) * LINE - above;
                // Where it is put, it is found again.
                let (first, above) = scroll.first(scroll.place(first, above));
                let same = (line as f64 - first as f64) * LINE - above;
                assert!((same - at).abs() <= 1.0, "{lines}, {line}: {same}, {at}");
                assert!(
                    lines == 0 || (-2.0..=212.0).contains(&at),
                    "{lines}, {line}: at {at}"
                );
            }
        }
        let uneven = Scroll {
            lines: 7,
            height: 230.0,
            uneven: true,
        };
        assert_eq!(uneven.first(uneven.space() - 230.0), (6, 0.0));
    }
}
