//! The viewer's state.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::View;
use crate::filter::{Filter, FilterError};
use crate::sightings::Sightings;
use crate::text::Options;
use crate::tree::Context;

use super::notes::{Awaited, Told};
use super::rows::Rows;
use super::source::Source;
use super::store::{Entry, Store};
use super::streams::Streams;
use super::time::TimeMode;
use super::work::Early;

/// Sightings of one packet are at most this far apart, in nanoseconds.
pub(super) const WINDOW: u64 = 1_000_000_000;

/// What is shown of a capture, and how.
#[derive(Debug)]
pub struct Viewer {
    pub(super) store: Store,
    pub(super) streams: Streams,
    pub(super) filter: Filter,
    filter_text: String,
    pub(super) one_row: bool,
    pub(super) sightings: Sightings,
    /// The next packet whose sightings are to be found.
    pub(super) sighted: u64,
    /// The packets that are rows.
    pub(super) rows: Rows,
    /// What is looked at though what came before it is not here.
    pub(super) early: Early,
    pub(super) unfolded: BTreeSet<u64>,
    pub(super) marks: BTreeSet<u64>,
    pub(super) comments: BTreeMap<u64, String>,
    /// What is noted of packets that have not come yet.
    pub(super) awaited: BTreeMap<Told, Awaited>,
    pub(super) reference: Option<u64>,
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
            rows: Rows::new(0, true, true),
            early: Early::default(),
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
        mut packets: impl ExactSizeIterator<Item = (u32, View<'a>)>,
    ) {
        self.store.fill(first, packets.len(), &mut packets);
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

    /// Does the view stand still?
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.paused_at.is_some()
    }

    /// Has the view stand still, while packets come and leave the ring, or go on.
    pub fn pause(&mut self, on: bool) {
        self.paused_at = on.then_some(self.store.numbers().end);
    }

    /// From which number on packets come later, while the view stands still.
    #[must_use]
    pub fn paused_at(&self) -> Option<u64> {
        self.paused_at
    }

    /// Has the view stand still before that packet, also one that has not come.
    pub fn pause_at(&mut self, number: Option<u64>) {
        self.paused_at = number;
    }

    /// How many packets came while the view stood still.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.store.numbers().end - self.end()
    }

    /// The numbers of the packets that are shown, unless the filter is against it.
    pub(super) fn all(&self) -> Range<u64> {
        self.store.numbers().start..self.end()
    }

    pub(super) fn end(&self) -> u64 {
        let numbers = self.store.numbers();
        let end = self.paused_at.unwrap_or(numbers.end);
        end.clamp(numbers.start, numbers.end)
    }

    pub(super) fn context<'a>(&'a self, entry: &Entry<'_>) -> Context<'a> {
        context(&self.store, &self.comments, entry)
    }

    fn start_over(&mut self) {
        let is_empty = self.filter.is_empty();
        let every = is_empty && !self.one_row;
        self.rows = Rows::new(self.store.numbers().start, every, is_empty);
        self.early = Early::default();
    }
}

/// What a display filter and the fields need to know of a packet besides its bytes.
pub(super) fn context<'a>(
    store: &'a Store,
    comments: &'a BTreeMap<u64, String>,
    entry: &Entry<'_>,
) -> Context<'a> {
    Context {
        number: u32::try_from(entry.number + 1).ok(),
        interface: store
            .sources()
            .get(entry.source as usize)
            .map(|source| source.name.as_str()),
        comment: comments.get(&entry.number).map(String::as_str),
        stream: entry.place,
    }
}
