//! Packets of the viewer as a capture file.

use crate::pcapng::{Interface, Writer};

use super::viewer::Viewer;

impl Viewer {
    /// These packets as pcapng, with the names of their interfaces and the remarks.
    #[must_use]
    pub fn save(&self, numbers: impl IntoIterator<Item = u64>) -> Vec<u8> {
        let mut out = Vec::new();
        let mut writer = Writer::new("Netyard", &mut out);
        let sources = self.store.sources().iter();
        let ids: Vec<_> = sources
            .map(|source| writer.interface(&Interface::new(&source.name, source.link), &mut out))
            .collect();
        for number in numbers {
            let Some(entry) = self.store.get(number) else {
                continue;
            };
            if let Some(id) = ids.get(entry.source as usize) {
                writer.packet(*id, entry.view, self.comment(number), &mut out);
            }
        }
        out
    }

    /// The packets of all rows, sightings included.
    #[must_use]
    pub fn displayed(&self) -> Vec<u64> {
        let rows = (0..self.row_count()).filter_map(|at| self.row(at));
        let mut all: Vec<u64> = rows.flat_map(|row| self.sightings_of(row)).collect();
        all.sort_unstable();
        all
    }
}
