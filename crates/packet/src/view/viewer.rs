//! The viewer's state.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Range;

use crate::View;
use crate::filter::{Filter, FilterError};
use crate::sightings::{Outcome, Sightings};
use crate::text::Options;
use crate::tree::Context;

use super::notes::{Awaited, Told};
use super::source::Source;
use super::store::{Entry, Store};
use super::streams::Streams;
use super::time::TimeMode;

/// Sightings of one packet are at most this far apart, in nanoseconds.
const WINDOW: u64 = 1_000_000_000;

/// What is shown of a capture, and how.
#[derive(Debug)]
pub struct Viewer {
    pub(super) store: Store,
    pub(super) streams: Streams,
    filter: Filter,
    filter_text: String,
    one_row: bool,
    sightings: Sightings,
    /// The next packet whose sightings are to be found.
    sighted: u64,
    /// The next packet that may become a row.
    read: u64,
    /// The packets that are rows, if not all are.
    rows: Option<VecDeque<u64>>,
    /// Are packets that are not read yet rows too? So a large file is there before its sightings are found.
    ahead_of_work: bool,
    unfolded: BTreeSet<u64>,
    marks: BTreeSet<u64>,
    comments: BTreeMap<u64, String>,
    /// What is noted of packets that have not come yet.
    pub(super) awaited: BTreeMap<Told, Awaited>,
    reference: Option<u64>,
    /// Where the view stands still: packets from this number on come later.
    paused_at: Option<u64>,
    /// What times count from.
    pub time: TimeMode,
    /// What local time is ahead of UTC, in seconds.
    pub ahead: i32,
    /// The fields, by their names, that are columns besides Wireshark's usual ones.
    pub columns: Vec<String>,
    /// How tcpdump's text is printed; its time follows [`Viewer::time`].
    pub text: Options,
}

impl Viewer {
    /// A viewer of what is in a store. Of several sources, the sightings of a packet are one row.
    #[must_use]
    pub fn new(store: Store, ahead: i32) -> Self {
        let several = store.sources().len() > 1;
        let mut viewer = Self {
            store,
            streams: Streams::default(),
            filter: Filter::default(),
            filter_text: String::new(),
            one_row: several,
            sightings: Sightings::new(WINDOW),
            sighted: 0,
            read: 0,
            rows: None,
            ahead_of_work: false,
            unfolded: BTreeSet::new(),
            marks: BTreeSet::new(),
            comments: BTreeMap::new(),
            awaited: BTreeMap::new(),
            reference: None,
            paused_at: None,
            time: TimeMode::default(),
            ahead,
            columns: Vec::new(),
            text: Options::default(),
        };
        viewer.start_over();
        viewer
    }

    /// The packets.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Says which number the first packet has, before any has come.
    pub fn begin_at(&mut self, number: u64) {
        self.store.begin_at(number);
    }

    /// Says that the packets from this number on will come, the newest first, before any has come.
    pub fn expect_from(&mut self, number: u64) {
        self.store.expect_from(number);
    }

    /// Takes in packets that end where those that are here begin; others are of no use any more.
    pub fn fill<'a>(
        &mut self,
        first: u64,
        packets: impl ExactSizeIterator<Item = (u32, View<'a>)>,
    ) {
        self.store.fill(first, packets);
    }

    /// Says that what is still to come before this number will not: it has left the ring.
    pub fn give_up_before(&mut self, number: u64) {
        self.store.give_up_before(number);
    }

    /// Names an interface that packets of a source of several were taken on, by its index in its namespace.
    pub fn name_interface(&mut self, source: usize, index: u32, name: &str) {
        self.store.name_interface(source, index, name);
    }

    /// Takes a packet in. It becomes a row by [`Viewer::work`].
    pub fn push(&mut self, source: u32, record: View<'_>) {
        self.store.push(source, record);
    }

    /// Adds a place where packets are taken.
    pub fn add_source(&mut self, source: Source) {
        self.store.add_source(source);
    }

    /// The filter in force.
    #[must_use]
    pub fn filter(&self) -> &str {
        &self.filter_text
    }

    /// Shows only what passes a display filter; an empty one shows everything.
    ///
    /// # Errors
    /// What is wrong with the filter; the one before stays.
    pub fn set_filter(&mut self, text: &str) -> Result<(), FilterError> {
        self.filter = Filter::new(text)?;
        text.clone_into(&mut self.filter_text);
        self.start_over();
        Ok(())
    }

    /// Is a packet that was seen at several points one row?
    #[must_use]
    pub fn one_row(&self) -> bool {
        self.one_row
    }

    /// Makes the sightings of a packet one row, or each a row of its own.
    pub fn set_one_row(&mut self, on: bool) {
        self.one_row = on;
        self.unfolded.clear();
        self.start_over();
    }

    /// Makes rows of up to `most` more packets, and forgets what has left the ring. Is there more to do? Not
    /// while older packets are still to come.
    pub fn work(&mut self, most: usize) -> bool {
        let numbers = self.store.numbers();
        self.forget(numbers.start);
        self.read = self.read.max(numbers.start);
        if !self.store.awaited().is_empty() {
            // Conversations and sightings are told from the oldest on.
            return false;
        }
        let all = self.end();
        let end = all.min(self.read.saturating_add(most as u64));
        while self.read < end {
            let number = self.read;
            self.read += 1;
            if number >= self.streams.next() {
                self.streams.learn(&mut self.store, number);
            }
            if self.one_row && number >= self.sighted {
                self.sight(number);
            }
            if !self.awaited.is_empty() {
                self.take_awaited(number);
            }
            let Some(rows) = &mut self.rows else {
                continue;
            };
            let Some(entry) = self.store.get(number) else {
                continue;
            };
            let context = Context {
                number: u32::try_from(number + 1).ok(),
                interface: self
                    .store
                    .sources()
                    .get(entry.source as usize)
                    .map(|source| source.name.as_str()),
                comment: self.comments.get(&number).map(String::as_str),
                stream: entry.place,
            };
            if self.filter.matches(entry.link, entry.view, &context) {
                let first = match self.store.head(number) {
                    Some(head) if self.one_row => number - u64::from(head.back),
                    _ => number,
                };
                insert(rows, first.max(numbers.start));
            }
        }
        let more = self.read < all;
        self.ahead_of_work &= more;
        more
    }

    /// How much of the packets has become rows, from 0 to 1.
    #[must_use]
    pub fn progress(&self) -> f64 {
        let numbers = self.store.numbers();
        let all = self.end() - numbers.start;
        if all == 0 {
            return 1.0;
        }
        self.read.saturating_sub(numbers.start) as f64 / all as f64
    }

    /// Are all packets rows that will be, at least as far as can be seen without looking at them? If not,
    /// somebody waits for a filter.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.rows.is_none() || self.ahead_of_work || self.read >= self.end()
    }

    /// How many rows there are.
    #[must_use]
    pub fn row_count(&self) -> usize {
        let start = self.store.numbers().start;
        match &self.rows {
            Some(rows) => rows.len() + self.unread().map_or(0, |unread| unread.count()),
            None => (self.end() - start) as usize,
        }
    }

    /// Packets that are rows because nobody has read them yet.
    fn unread(&self) -> Option<Range<u64>> {
        let start = self.read.max(self.store.numbers().start);
        self.ahead_of_work.then(|| start..self.end())
    }

    /// The packet of a row.
    #[must_use]
    pub fn row(&self, at: usize) -> Option<u64> {
        match &self.rows {
            Some(rows) => rows.get(at).copied().or_else(|| {
                let behind = at.checked_sub(rows.len())?;
                self.unread()?.nth(behind)
            }),
            None => {
                let numbers = self.store.numbers();
                let number = numbers.start + at as u64;
                (number < self.end()).then_some(number)
            }
        }
    }

    /// The row of a packet, if it is one.
    #[must_use]
    pub fn row_of(&self, number: u64) -> Option<usize> {
        match &self.rows {
            Some(rows) => rows.binary_search(&number).ok().or_else(|| {
                let unread = self.unread()?;
                let at = number.checked_sub(unread.start)? as usize;
                unread.contains(&number).then_some(rows.len() + at)
            }),
            None => {
                let numbers = self.store.numbers();
                let at = number.checked_sub(numbers.start)?;
                numbers.contains(&number).then_some(at as usize)
            }
        }
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

    /// The marked packets.
    #[must_use]
    pub fn marks(&self) -> &BTreeSet<u64> {
        &self.marks
    }

    /// Marks a packet, or takes the mark away.
    pub fn turn_mark(&mut self, number: u64) {
        if !self.marks.remove(&number) {
            self.marks.insert(number);
        }
    }

    /// The next marked packet that is a row after (or before) this one; goes round.
    #[must_use]
    pub fn next_mark(&self, from: Option<u64>, forward: bool) -> Option<u64> {
        let from = from.unwrap_or(0);
        let shown = |number: &&u64| self.line_of(**number).is_some();
        let after = self.marks.range(from + 1..).chain(self.marks.range(..from));
        let found = if forward {
            after.clone().find(shown)
        } else {
            self.marks
                .range(..from)
                .rev()
                .chain(self.marks.range(from + 1..).rev())
                .find(shown)
        };
        found.copied()
    }

    /// The remarks, by the numbers of their packets.
    #[must_use]
    pub fn comments(&self) -> &BTreeMap<u64, String> {
        &self.comments
    }

    /// The remark on a packet.
    #[must_use]
    pub fn comment(&self, number: u64) -> Option<&str> {
        self.comments.get(&number).map(String::as_str)
    }

    /// Sets the remark on a packet; an empty one takes it away.
    pub fn set_comment(&mut self, number: u64, text: &str) {
        if text.trim().is_empty() {
            self.comments.remove(&number);
        } else {
            self.comments.insert(number, text.to_owned());
        }
    }

    /// Does the view stand still?
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.paused_at.is_some()
    }

    /// Has the view stand still, while packets come and leave the ring, or go on.
    pub fn pause(&mut self, on: bool) {
        self.paused_at = on.then_some(self.store.numbers().end);
    }

    /// How many packets came while the view stood still.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.store.numbers().end - self.end()
    }

    fn end(&self) -> u64 {
        let numbers = self.store.numbers();
        let end = self.paused_at.unwrap_or(numbers.end);
        end.clamp(numbers.start, numbers.end)
    }

    /// The packet that times count from.
    #[must_use]
    pub fn reference(&self) -> Option<u64> {
        self.reference
    }

    /// Makes times count from a packet, or from the first again.
    pub fn set_reference(&mut self, number: Option<u64>) {
        self.reference = number;
    }

    pub(super) fn context<'a>(&'a self, entry: &Entry<'_>) -> Context<'a> {
        Context {
            number: u32::try_from(entry.number + 1).ok(),
            interface: self
                .store
                .sources()
                .get(entry.source as usize)
                .map(|source| source.name.as_str()),
            comment: self.comment(entry.number),
            stream: entry.place,
        }
    }

    fn start_over(&mut self) {
        self.read = self.store.numbers().start;
        let all = self.filter.is_empty() && !self.one_row;
        self.rows = (!all).then(VecDeque::new);
        self.ahead_of_work = self.filter.is_empty();
    }

    /// Finds out whether a packet was seen before, and hangs it on to its sightings.
    fn sight(&mut self, number: u64) {
        self.sighted = number + 1;
        let Some(entry) = self.store.get(number) else {
            return;
        };
        let outcome = self
            .sightings
            .next(entry.link, entry.view, number, entry.point());
        let Outcome::Same { first, .. } = outcome else {
            return;
        };
        let Some(mut last) = self.store.head(first).map(|_| first) else {
            return;
        };
        while let Some(next) = self.store.head(last).map(|head| head.next) {
            if next == 0 {
                break;
            }
            last += u64::from(next);
        }
        let steps = [number - last, number - first].map(|step| u32::try_from(step).unwrap_or(0));
        if let Some(head) = self.store.head_mut(last) {
            head.next = steps[0];
        }
        if let Some(head) = self.store.head_mut(number) {
            head.back = steps[1];
        }
    }

    fn forget(&mut self, before: u64) {
        if let Some(rows) = &mut self.rows {
            while rows.front().is_some_and(|number| *number < before) {
                rows.pop_front();
            }
        }
        let gone = |set: &mut BTreeSet<u64>| {
            if set.first().is_some_and(|number| *number < before) {
                *set = set.split_off(&before);
            }
        };
        gone(&mut self.unfolded);
        gone(&mut self.marks);
        if self
            .comments
            .first_key_value()
            .is_some_and(|(n, _)| *n < before)
        {
            self.comments = self.comments.split_off(&before);
        }
    }
}

/// Puts a number in its place; that is nearly always the end.
fn insert(rows: &mut VecDeque<u64>, number: u64) {
    match rows.back() {
        Some(last) if *last >= number => {
            if let Err(at) = rows.binary_search(&number) {
                rows.insert(at, number);
            }
        }
        _ => rows.push_back(number),
    }
}
