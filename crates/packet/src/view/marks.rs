//! Marks, remarks and the packet that times count from.

use std::collections::{BTreeMap, BTreeSet};

use super::viewer::Viewer;

impl Viewer {
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

    /// The packet that times count from.
    #[must_use]
    pub fn reference(&self) -> Option<u64> {
        self.reference
    }

    /// Makes times count from a packet, or from the first again.
    pub fn set_reference(&mut self, number: Option<u64>) {
        self.reference = number;
    }
}
