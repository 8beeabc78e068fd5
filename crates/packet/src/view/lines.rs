//! Lines of the list: rows, and the later sightings of those that are unfolded.

use std::collections::BTreeSet;

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
    /// How many rows there are.
    #[must_use]
    pub fn row_count(&self) -> usize {
        self.rows.len(&self.all())
    }

    /// The packet of a row.
    #[must_use]
    pub fn row(&self, at: usize) -> Option<u64> {
        self.rows.get(at, &self.all())
    }

    /// The row of a packet, if it is one.
    #[must_use]
    pub fn row_of(&self, number: u64) -> Option<usize> {
        self.rows.find(number, &self.all())
    }

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

    /// The first sighting of a packet.
    #[must_use]
    pub fn first_sighting(&self, number: u64) -> u64 {
        let back = self.store.head(number).map_or(0, |head| head.back);
        number.saturating_sub(u64::from(back))
    }

    /// The sightings of a packet from this one on.
    pub fn sightings_of(&self, number: u64) -> impl Iterator<Item = u64> + '_ {
        let one_row = self.one_row;
        std::iter::successors(Some(number), move |number| {
            let next = self.store.head(*number)?.next;
            (next > 0 && one_row).then(|| number + u64::from(next))
        })
    }

    /// The rows that are unfolded.
    #[must_use]
    pub fn unfolded(&self) -> &BTreeSet<u64> {
        &self.unfolded
    }

    /// Are the later sightings of a row shown?
    #[must_use]
    pub fn is_unfolded(&self, number: u64) -> bool {
        self.unfolded.contains(&number)
    }

    /// Shows the later sightings of a row, or no longer.
    pub fn unfold(&mut self, number: u64, on: bool) {
        if on {
            self.unfolded.insert(number);
        } else {
            self.unfolded.remove(&number);
        }
    }

    /// The rows that are unfolded, in order, with how many lines each has more.
    fn extra(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.unfolded().iter().filter_map(|number| {
            let more = self.sightings_of(*number).count().saturating_sub(1);
            Some((self.row_of(*number)?, more))
        })
    }
}
