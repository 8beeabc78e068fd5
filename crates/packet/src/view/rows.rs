//! Which packets are rows.

use std::collections::VecDeque;
use std::ops::Range;

/// The packets that are rows, by their numbers.
///
/// Packets are looked at in turn, from the oldest on. While older ones are still to come, those that are here are
/// looked at ahead of their turn; what was found stands until the turn comes to it.
#[derive(Debug)]
pub(super) struct Rows {
    /// Is every packet one, looked at or not?
    every: bool,
    /// Are packets rows that were not looked at? So a large file is there before its sightings are found.
    unseen: bool,
    /// Rows before `turn`.
    settled: VecDeque<u64>,
    /// The next packet in turn.
    turn: u64,
    /// Rows among the packets that were looked at ahead.
    ahead: VecDeque<u64>,
    /// Those packets; none of them is before `turn`.
    seen: Range<u64>,
}

impl Rows {
    /// Nothing is looked at; the first packet has that number. As in the fields.
    pub(super) fn new(first: u64, every: bool, unseen: bool) -> Self {
        Self {
            every,
            unseen,
            settled: VecDeque::new(),
            turn: first,
            ahead: VecDeque::new(),
            seen: first..first,
        }
    }

    /// Is every packet a row, looked at or not?
    pub(super) fn are_every(&self) -> bool {
        self.every
    }

    /// Are packets rows that were not looked at?
    pub(super) fn are_unseen(&self) -> bool {
        self.every || self.unseen
    }

    /// From now on, packets that come are rows when they were looked at.
    pub(super) fn all_was_seen(&mut self) {
        self.unseen = false;
    }

    /// The next packet in turn.
    pub(super) fn turn(&self) -> u64 {
        self.turn
    }

    /// Packets that were looked at ahead of their turn.
    pub(super) fn seen(&self) -> Range<u64> {
        self.seen.clone()
    }

    /// How many of these packets were looked at.
    pub(super) fn looked_at(&self, all: &Range<u64>) -> u64 {
        let in_turn = self.turn.min(all.end).saturating_sub(all.start);
        let ahead = self.seen.end.min(all.end);
        in_turn + ahead.saturating_sub(self.seen.start.max(all.start))
    }

    /// The turn of the next packet is over.
    pub(super) fn pass(&mut self) {
        self.turn += 1;
        if self.seen.start < self.turn {
            self.seen = self.turn..self.seen.end.max(self.turn);
            drop_before(&mut self.ahead, self.turn);
        }
    }

    /// A packet whose turn is over is a row.
    pub(super) fn settle(&mut self, number: u64) {
        if !self.every {
            insert(&mut self.settled, number);
        }
    }

    /// Packets from that one on are looked at ahead of their turn.
    pub(super) fn begin_ahead(&mut self, number: u64) {
        if self.seen.is_empty() {
            self.seen = number..number;
        }
    }

    /// The packet after those that were looked at ahead was looked at too; which row it makes, if any.
    pub(super) fn see_next(&mut self, row: Option<u64>) {
        self.seen.end += 1;
        if let Some(row) = row {
            insert(&mut self.ahead, row);
        }
    }

    /// Those before were looked at, from a number on; which rows they make, in order.
    pub(super) fn see_before(&mut self, from: u64, rows: VecDeque<u64>) {
        self.seen.start = from;
        for row in rows.into_iter().rev() {
            self.ahead.push_front(row);
        }
    }

    /// Packets before that number have left the ring.
    pub(super) fn forget(&mut self, before: u64) {
        drop_before(&mut self.settled, before);
        drop_before(&mut self.ahead, before);
        self.turn = self.turn.max(before);
        self.seen = self.seen.start.max(self.turn)..self.seen.end.max(self.turn);
    }

    /// How many rows there are of these packets.
    pub(super) fn len(&self, all: &Range<u64>) -> usize {
        if self.every {
            return count(all);
        }
        let [between, after] = self.gaps(all);
        self.settled.len() + count(&between) + self.ahead.len() + count(&after)
    }

    /// The packet of a row.
    pub(super) fn get(&self, row: usize, all: &Range<u64>) -> Option<u64> {
        if self.every {
            return nth(all, row);
        }
        let [between, after] = self.gaps(all);
        let Some(row) = row.checked_sub(self.settled.len()) else {
            return self.settled.get(row).copied();
        };
        let Some(row) = row.checked_sub(count(&between)) else {
            return nth(&between, row);
        };
        let Some(row) = row.checked_sub(self.ahead.len()) else {
            return self.ahead.get(row).copied();
        };
        nth(&after, row)
    }

    /// The row of a packet, if it is one.
    pub(super) fn find(&self, number: u64, all: &Range<u64>) -> Option<usize> {
        let at = |range: &Range<u64>| {
            let is_in = range.contains(&number);
            is_in.then(|| (number - range.start) as usize)
        };
        if self.every {
            return at(all);
        }
        let [between, after] = self.gaps(all);
        let mut before = self.settled.len();
        if number < self.turn {
            return self.settled.binary_search(&number).ok();
        }
        if let Some(row) = at(&between) {
            return Some(before + row);
        }
        before += count(&between);
        if let Ok(row) = self.ahead.binary_search(&number) {
            return Some(before + row);
        }
        before += self.ahead.len();
        at(&after).map(|row| before + row)
    }

    /// Packets that are rows though nobody has looked at them: before those that were looked at ahead, and after.
    fn gaps(&self, all: &Range<u64>) -> [Range<u64>; 2] {
        if !self.unseen {
            return [0..0, 0..0];
        }
        let start = self.turn.max(all.start);
        [
            start..self.seen.start.clamp(start, all.end.max(start)),
            self.seen.end.max(start)..all.end,
        ]
    }
}

fn count(range: &Range<u64>) -> usize {
    range.end.saturating_sub(range.start) as usize
}

fn nth(range: &Range<u64>, at: usize) -> Option<u64> {
    let number = range.start + at as u64;
    (number < range.end).then_some(number)
}

fn drop_before(rows: &mut VecDeque<u64>, number: u64) {
    while rows.front().is_some_and(|row| *row < number) {
        rows.pop_front();
    }
}

/// Puts a number in its place; that is nearly always the end.
pub(super) fn insert(rows: &mut VecDeque<u64>, number: u64) {
    match rows.back() {
        Some(last) if *last >= number => {
            if let Err(at) = rows.binary_search(&number) {
                rows.insert(at, number);
            }
        }
        _ => rows.push_back(number),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// All rows, each of which is found where it is.
    fn all(rows: &Rows, of: Range<u64>) -> Vec<u64> {
        let list: Vec<u64> = (0..rows.len(&of))
            .map(|row| rows.get(row, &of).unwrap())
            .collect();
        for number in of.clone() {
            let row = list.iter().position(|row| *row == number);
            assert_eq!(rows.find(number, &of), row, "{number} in {list:?}");
        }
        assert_eq!(rows.get(list.len(), &of), None);
        list
    }

    /// Of 20 to 30, those that three divides are rows.
    fn ahead(unseen: bool) -> Rows {
        let mut rows = Rows::new(10, false, unseen);
        rows.begin_ahead(25);
        for number in 25..30 {
            rows.see_next((number % 3 == 0).then_some(number));
        }
        rows.see_before(20, VecDeque::from([21, 24]));
        rows
    }

    #[test]
    fn what_was_seen_ahead_stands_until_its_turn() {
        let mut rows = ahead(false);
        assert_eq!(all(&rows, 10..35), [21, 24, 27]);
        assert_eq!(rows.looked_at(&(10..35)), 10);
        // In turn it is found that multiples of four are.
        let mut expected = vec![21, 24, 27];
        for number in 10..30 {
            assert_eq!(rows.turn(), number);
            rows.pass();
            expected.retain(|row| *row != number);
            if number % 4 == 0 {
                rows.settle(number);
                expected.push(number);
                expected.sort_unstable();
            }
            assert_eq!(all(&rows, 10..35), expected, "after {number}");
        }
        assert_eq!(expected, [12, 16, 20, 24, 28]);
        rows.forget(17);
        assert_eq!(all(&rows, 17..35), [20, 24, 28]);
        // A later sighting belongs to an earlier row, and there is one of it.
        rows.settle(24);
        rows.settle(22);
        assert_eq!(all(&rows, 17..35), [20, 22, 24, 28]);
    }

    #[test]
    fn what_nobody_has_looked_at_is_a_row_on_both_sides() {
        let mut rows = ahead(true);
        let looked_at = [21, 24, 27];
        let expected: Vec<u64> = (10..20).chain(looked_at).chain(30..33).collect();
        assert_eq!(all(&rows, 10..33), expected);
        rows.forget(12);
        rows.pass();
        rows.settle(12);
        rows.pass();
        let expected: Vec<u64> = [12]
            .into_iter()
            .chain(14..20)
            .chain(looked_at)
            .chain(30..33)
            .collect();
        assert_eq!(all(&rows, 12..33), expected);
        // All of it leaves the ring.
        rows.forget(31);
        assert_eq!(all(&rows, 31..33), [31, 32]);
        rows.all_was_seen();
        assert_eq!(all(&rows, 31..33), []);
        let every = Rows::new(3, true, true);
        assert_eq!(all(&every, 5..9), [5, 6, 7, 8]);
    }
}
