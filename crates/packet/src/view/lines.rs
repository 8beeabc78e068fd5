//! Lines of the list: rows, and the later sightings of those that are unfolded.

use super::viewer::Viewer;

/// A line of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// The number of its packet.
    pub number: u64,
    /// Is it a later sighting of the row above?
    pub nested: bool,
}

impl Viewer {
    /// How many lines there are.
    #[must_use]
    pub fn lines(&self) -> usize {
        self.row_count() + self.extra().map(|(_, more)| more).sum::<usize>()
    }

    /// A line by its place.
    #[must_use]
    pub fn line(&self, at: usize) -> Option<Line> {
        let mut before = 0;
        for (row, more) in self.extra() {
            // Its later sightings stand at these lines.
            let start = row + before + 1;
            if at < start {
                break;
            }
            if at < start + more {
                let number = self.sightings_of(self.row(row)?).nth(at - start + 1)?;
                return Some(Line {
                    number,
                    nested: true,
                });
            }
            before += more;
        }
        let number = self.row(at - before)?;
        Some(Line {
            number,
            nested: false,
        })
    }

    /// Where the line of a packet is; of one that is no line, the line that it is a sighting of.
    #[must_use]
    pub fn line_of(&self, number: u64) -> Option<usize> {
        let (row, nested) = match self.row_of(number) {
            Some(row) => (row, 0),
            None => {
                let first = self.first_sighting(number);
                let row = self.row_of(first)?;
                let nested = if self.is_unfolded(first) {
                    self.sightings_of(first).position(|n| n == number)?
                } else {
                    0
                };
                (row, nested)
            }
        };
        let before = self
            .extra()
            .take_while(|(unfolded, _)| *unfolded < row)
            .map(|(_, more)| more);
        Some(row + before.sum::<usize>() + nested)
    }

    /// The rows that are unfolded, in order, with how many lines each has more.
    fn extra(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.unfolded().iter().filter_map(|number| {
            let more = self.sightings_of(*number).count().saturating_sub(1);
            Some((self.row_of(*number)?, more))
        })
    }
}
