//! Looking for a packet among the rows.

use crate::filter::{Filter, FilterError};
use crate::row::row;
use crate::text::Options;

use super::viewer::Viewer;

/// Where to look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Where {
    /// In what the list says: columns and tcpdump's line, upper and lower case alike.
    #[default]
    Text,
    /// In the bytes: text as it is, or pairs of hexadecimal digits as `de:ad be-ef`.
    Bytes,
    /// What a display filter lets through.
    Filter,
}

/// A search that is under way.
#[derive(Debug)]
pub struct Finder {
    what: What,
    forward: bool,
    /// The next row to look at, and how many are left.
    row: usize,
    left: usize,
}

#[derive(Debug)]
enum What {
    Text(String),
    Bytes(Vec<u8>),
    Filter(Box<Filter>),
}

/// What came of a part of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// This packet.
    Packet(u64),
    /// Nothing so far.
    More,
    /// Nothing at all.
    Nothing,
}

impl Finder {
    /// Looks for something from the row after (or before) a packet on, once round.
    ///
    /// # Errors
    /// What is wrong with the filter.
    pub fn new(
        viewer: &Viewer,
        text: &str,
        place: Where,
        from: Option<u64>,
        forward: bool,
    ) -> Result<Self, FilterError> {
        let what = match place {
            Where::Text => What::Text(text.to_lowercase()),
            Where::Bytes => What::Bytes(hexadecimal(text).unwrap_or_else(|| text.into())),
            Where::Filter => What::Filter(Box::new(Filter::new(text)?)),
        };
        let rows = viewer.row_count();
        let from = from.and_then(|number| {
            viewer
                .row_of(viewer.first_sighting(number))
                .or(viewer.row_of(number))
        });
        let row = match (from, forward) {
            (Some(row), true) => (row + 1) % rows.max(1),
            (Some(row), false) => (row + rows.max(1) - 1) % rows.max(1),
            (None, true) => 0,
            (None, false) => rows.saturating_sub(1),
        };
        Ok(Self {
            what,
            forward,
            row,
            left: rows,
        })
    }

    /// Looks at up to `most` more rows.
    pub fn step(&mut self, viewer: &Viewer, most: usize) -> Found {
        for _ in 0..most.min(self.left) {
            let rows = viewer.row_count().max(1);
            let row = self.row % rows;
            self.left -= 1;
            self.row = if self.forward {
                row + 1
            } else {
                row + rows - 1
            } % rows;
            if let Some(number) = viewer.row(row)
                && self.holds(viewer, number) == Some(true)
            {
                return Found::Packet(number);
            }
        }
        if self.left == 0 {
            Found::Nothing
        } else {
            Found::More
        }
    }

    fn holds(&mut self, viewer: &Viewer, number: u64) -> Option<bool> {
        let entry = viewer.store().get(number)?;
        let context = viewer.context(&entry);
        Some(match &mut self.what {
            What::Bytes(bytes) => {
                !bytes.is_empty()
                    && entry
                        .view
                        .data
                        .windows(bytes.len())
                        .any(|window| window == bytes.as_slice())
            }
            What::Filter(filter) => filter.matches(entry.link, entry.view, &context),
            What::Text(text) => {
                let row = row(entry.link, entry.view, &context);
                let columns = [&row.info, &row.source, &row.destination, &row.protocol];
                columns
                    .iter()
                    .any(|column| column.to_lowercase().contains(text.as_str()))
                    || viewer
                        .tcpdump(number, &Options::default())?
                        .to_lowercase()
                        .contains(text.as_str())
            }
        })
    }
}

/// Pairs of hexadecimal digits, at least two, as bytes.
fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    let digits: String = text
        .strip_prefix("0x")
        .unwrap_or(text)
        .chars()
        .filter(|c| !matches!(c, ' ' | ':' | '-'))
        .collect();
    let looks = text.starts_with("0x") || text.contains([' ', ':', '-']) && digits.len() >= 4;
    if !looks || digits.is_empty() || !digits.len().is_multiple_of(2) || !digits.is_ascii() {
        return None;
    }
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok())
        .collect()
}
