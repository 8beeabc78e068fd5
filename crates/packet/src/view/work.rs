//! Rows are made of packets, some at a time.

use std::collections::{BTreeSet, VecDeque};
use std::ops::Range;

use crate::sightings::{Outcome, Sightings};

use super::rows::insert;
use super::store::Store;
use super::viewer::{Viewer, WINDOW, context};

/// Packets that are looked at from the oldest of them on before any becomes a row: as many as come at once.
const RUN: u64 = 65_536;

/// What is looked at ahead of its turn, while older packets are still to come.
#[derive(Debug, Default)]
pub(super) struct Early {
    /// Of the newest, of which more come.
    newest: Option<Sightings>,
    /// Of those before.
    run: Option<Run>,
}

/// Packets whose sightings are found among themselves, until all is here.
#[derive(Debug)]
struct Run {
    packets: Range<u64>,
    /// The next one to look at.
    next: u64,
    sightings: Sightings,
    rows: VecDeque<u64>,
}

impl Run {
    fn of(packets: Range<u64>) -> Self {
        Self {
            next: packets.start,
            packets,
            sightings: Sightings::new(WINDOW),
            rows: VecDeque::new(),
        }
    }
}

impl Viewer {
    /// Makes rows of up to `most` more packets, and forgets what has left the ring. Is there more to do, as far as
    /// packets are here?
    ///
    /// Conversations and sightings are told from the oldest packet on. While older ones are still to come, rows are
    /// made of what is here, and a filter that asks for conversations waits; all of it is looked at once more when
    /// the oldest has come.
    pub fn work(&mut self, most: usize) -> bool {
        self.forget(self.store.numbers().start);
        if self.store.awaited().is_empty() {
            self.early = Early::default();
            self.work_in_turn(most)
        } else {
            self.works_ahead() && self.work_ahead(most)
        }
    }

    /// Is there anything to be found before all is here?
    fn works_ahead(&self) -> bool {
        let rows = !self.rows.are_every() && !self.filter.asks_for_conversations();
        rows || !self.awaited.is_empty()
    }

    fn work_in_turn(&mut self, most: usize) -> bool {
        let all = self.end();
        let end = all.min(self.rows.turn().saturating_add(most as u64));
        while self.rows.turn() < end {
            let number = self.rows.turn();
            self.rows.pass();
            if number >= self.streams.next() {
                self.streams.learn(&mut self.store, number);
            }
            if self.one_row && number >= self.sighted {
                self.sighted = number + 1;
                sight(&mut self.sightings, &mut self.store, number);
            }
            if let Some(row) = self.row_made_by(number) {
                self.rows.settle(row);
            }
        }
        let more = self.rows.turn() < all;
        if !more {
            self.rows.all_was_seen();
        }
        more
    }

    fn work_ahead(&mut self, most: usize) -> bool {
        let here = self.store.awaited().end;
        let end = self.end();
        self.rows.begin_ahead(here);
        let mut left = most;
        let mut newest = self.early.newest.take();
        let sightings = newest.get_or_insert_with(|| Sightings::new(WINDOW));
        while left > 0 && self.rows.seen().end < end {
            left -= 1;
            let row = self.row_ahead(self.rows.seen().end, sightings);
            self.rows.see_next(row);
        }
        self.early.newest = newest;
        while left > 0 && here < self.rows.seen().start {
            let until = self.rows.seen().start;
            let run = self.early.run.take();
            let mut run = run.unwrap_or_else(|| {
                let from = until.saturating_sub(RUN).max(here);
                Run::of(from..until)
            });
            while left > 0 && run.next < run.packets.end {
                left -= 1;
                let row = self.row_ahead(run.next, &mut run.sightings);
                if let Some(row) = row {
                    insert(&mut run.rows, row);
                }
                run.next += 1;
            }
            if run.next < run.packets.end {
                self.early.run = Some(run);
            } else {
                self.rows.see_before(run.packets.start, run.rows);
            }
        }
        let seen = self.rows.seen();
        seen.end < end || here < seen.start
    }

    /// The row that a packet makes, as far as it can be told from those that the sightings are of.
    fn row_ahead(&mut self, number: u64, sightings: &mut Sightings) -> Option<u64> {
        if self.one_row {
            sight(sightings, &mut self.store, number);
        }
        self.row_made_by(number)
    }

    /// The row that a packet makes, if it passes the filter: that of its first sighting. What was noted of it before
    /// it came is noted.
    fn row_made_by(&mut self, number: u64) -> Option<u64> {
        if !self.awaited.is_empty() {
            self.take_awaited(number);
        }
        if self.rows.are_every() {
            return None;
        }
        let entry = self.store.get(number)?;
        let context = context(&self.store, &self.comments, &entry);
        if !self.filter.matches(entry.link, entry.view, &context) {
            return None;
        }
        let first = match self.store.head(number) {
            Some(head) if self.one_row => number - u64::from(head.back),
            _ => number,
        };
        Some(first.max(self.store.numbers().start))
    }

    /// How much of the packets has been looked at, from 0 to 1.
    #[must_use]
    pub fn progress(&self) -> f64 {
        let all = self.all();
        if all.is_empty() {
            return 1.0;
        }
        self.rows.looked_at(&all) as f64 / (all.end - all.start) as f64
    }

    /// Are all packets that are here rows that will be, at least as far as can be seen without looking at them? If
    /// not, somebody waits for a filter.
    #[must_use]
    pub fn is_there(&self) -> bool {
        let awaited = self.store.awaited();
        if self.rows.are_unseen() || (!awaited.is_empty() && !self.works_ahead()) {
            return true;
        }
        let all = self.all();
        let here = all.end.saturating_sub(awaited.end.max(all.start));
        self.rows.looked_at(&all) >= here
    }

    /// Is all here, and nothing left to be found?
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.store.awaited().is_empty() && self.rows.turn() >= self.end()
    }

    /// Does the filter wait until all is here, as it asks for conversations?
    #[must_use]
    pub fn waits_for_all(&self) -> bool {
        !self.store.awaited().is_empty() && self.filter.asks_for_conversations()
    }

    fn forget(&mut self, before: u64) {
        self.rows.forget(before);
        let gone = |set: &mut BTreeSet<u64>| {
            if set.first().is_some_and(|number| *number < before) {
                *set = set.split_off(&before);
            }
        };
        gone(&mut self.unfolded);
        gone(&mut self.marks);
        let first = self.comments.first_key_value();
        if first.is_some_and(|(number, _)| *number < before) {
            self.comments = self.comments.split_off(&before);
        }
    }
}

/// Finds out whether a packet was seen before, and hangs it on to its sightings. What was found of it ahead of its
/// turn is found anew.
fn sight(sightings: &mut Sightings, store: &mut Store, number: u64) {
    if let Some(head) = store.head_mut(number) {
        (head.back, head.next) = (0, 0);
    }
    let Some(entry) = store.get(number) else {
        return;
    };
    let outcome = sightings.next(entry.link, entry.view, number, entry.point());
    let Outcome::Same { first, .. } = outcome else {
        return;
    };
    let Some(mut last) = store.head(first).map(|_| first) else {
        return;
    };
    while let Some(next) = store.head(last).map(|head| head.next) {
        if next == 0 {
            break;
        }
        last += u64::from(next);
    }
    let steps = [last, first].map(|before| {
        let step = number.checked_sub(before);
        step.and_then(|step| u32::try_from(step).ok()).unwrap_or(0)
    });
    if let Some(head) = store.head_mut(last) {
        head.next = steps[0];
    }
    if let Some(head) = store.head_mut(number) {
        head.back = steps[1];
    }
}
