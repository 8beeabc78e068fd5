//! What a person has noted about packets, to be kept and given back when the same packets come again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::store::Entry;
use super::time::TimeMode;
use super::viewer::Viewer;

/// The most marks that are kept.
const MOST_MARKS: usize = 2_000;

/// The most bytes of remarks that are kept.
const MOST_COMMENTS: usize = 64 << 10;

/// What tells a packet when it comes again. Its number does not: it counts what came before, which may be less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Told {
    /// When, nanoseconds since the Unix epoch.
    at: u64,
    /// Where it was taken, and its length in bytes: of two at the same moment.
    source: u32,
    length: u32,
}

impl Told {
    fn of(entry: &Entry<'_>) -> Self {
        Self {
            at: entry.view.at.0,
            source: entry.source,
            length: entry.view.length,
        }
    }
}

/// How packets are shown and what is noted of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Notes {
    /// The display filter.
    pub filter: String,
    /// What times count from.
    pub time: TimeMode,
    /// Is a packet that was seen at several points one row? `None` as is usual.
    pub one_row: Option<bool>,
    marks: Vec<Told>,
    comments: Vec<(Told, String)>,
    reference: Option<Told>,
}

/// What is noted of a packet that has not come yet.
#[derive(Clone, Debug, Default)]
pub(super) struct Awaited {
    mark: bool,
    comment: Option<String>,
    reference: bool,
}

impl Viewer {
    /// What is to be kept: of very many marks and remarks the first.
    #[must_use]
    pub fn notes(&self) -> Notes {
        let told = |number: &u64| self.store().get(*number).map(|entry| Told::of(&entry));
        let mut notes = Notes {
            filter: self.filter().to_owned(),
            time: self.time,
            one_row: Some(self.one_row()),
            marks: self.marks().iter().filter_map(told).collect(),
            comments: self
                .comments()
                .iter()
                .filter_map(|(number, text)| Some((told(number)?, text.clone())))
                .collect(),
            reference: self.reference().as_ref().and_then(told),
        };
        for (told, awaited) in &self.awaited {
            notes.marks.extend(awaited.mark.then_some(*told));
            let comment = awaited.comment.clone();
            notes.comments.extend(comment.map(|text| (*told, text)));
            if awaited.reference {
                notes.reference.get_or_insert(*told);
            }
        }
        notes.marks.truncate(MOST_MARKS);
        let mut room = MOST_COMMENTS;
        notes.comments.retain(|(_, text)| {
            let fits = text.len() <= room;
            room = room.saturating_sub(text.len());
            fits
        });
        notes
    }

    /// Takes up what was kept. What is noted of packets is there when they come and become rows.
    pub fn recall(&mut self, notes: Notes) {
        self.time = notes.time;
        if let Some(one_row) = notes.one_row
            && one_row != self.one_row()
        {
            self.set_one_row(one_row);
        }
        // What this version does not understand shows everything.
        let _ = self.set_filter(&notes.filter);
        let mut awaited: BTreeMap<Told, Awaited> = BTreeMap::new();
        for told in notes.marks {
            awaited.entry(told).or_default().mark = true;
        }
        for (told, text) in notes.comments {
            awaited.entry(told).or_default().comment = Some(text);
        }
        if let Some(told) = notes.reference {
            awaited.entry(told).or_default().reference = true;
        }
        self.awaited = awaited;
    }

    /// Notes of a packet what was kept of it.
    pub(super) fn take_awaited(&mut self, number: u64) {
        let Some(entry) = self.store().get(number) else {
            return;
        };
        let Some(awaited) = self.awaited.remove(&Told::of(&entry)) else {
            return;
        };
        if awaited.mark && !self.marks().contains(&number) {
            self.turn_mark(number);
        }
        if let Some(text) = awaited.comment {
            self.set_comment(number, &text);
        }
        if awaited.reference {
            self.set_reference(Some(number));
        }
    }
}
