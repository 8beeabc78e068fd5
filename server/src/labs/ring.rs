//! The packets that are kept of one capture: the newest, bounded by number and bytes.

use std::collections::VecDeque;

use packet::Record;
use protocol::capture::{CaptureId, PacketBatch};

use super::limits::{BATCH_BYTES, BATCH_PACKETS, RING_BYTES, RING_PACKETS};

/// What a record takes besides its bytes, about: so that empty packets count too.
const OVERHEAD: usize = 48;

/// Packets of one capture, numbered from 0.
#[derive(Debug, Default)]
pub(super) struct Ring {
    records: VecDeque<Record>,
    /// The number of the first record that is kept.
    first: u64,
    bytes: usize,
}

impl Ring {
    /// Adds the newest packets; the oldest go if there are too many.
    pub(super) fn extend(&mut self, records: Vec<Record>) {
        for record in records {
            self.bytes += size(&record);
            self.records.push_back(record);
        }
        while self.records.len() > RING_PACKETS || self.bytes > RING_BYTES {
            self.drop_oldest();
        }
    }

    /// Gives up the oldest packet.
    pub(super) fn drop_oldest(&mut self) {
        if let Some(record) = self.records.pop_front() {
            self.bytes -= size(&record);
            self.first += 1;
        }
    }

    /// How many packets are kept.
    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    /// How much memory they take, about.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The number that the next packet will have.
    pub(super) fn end(&self) -> u64 {
        self.first + self.records.len() as u64
    }

    /// The packets that are kept, oldest first.
    pub(super) fn records(&self) -> Vec<Record> {
        self.records.iter().cloned().collect()
    }

    /// The packets from number `from` on, or from the first that is still kept, as many as go into
    /// one frame; `None` if there are none yet.
    pub(super) fn batch(&self, capture: CaptureId, from: u64) -> Option<PacketBatch> {
        let first = from.max(self.first);
        let skip = usize::try_from(first - self.first).ok()?;
        let mut room = BATCH_BYTES;
        let mut records = Vec::new();
        for record in self.records.iter().skip(skip).take(BATCH_PACKETS) {
            let size = size(record);
            if size > room && !records.is_empty() {
                break;
            }
            room = room.saturating_sub(size);
            records.push(record.clone());
        }
        (!records.is_empty()).then_some(PacketBatch {
            capture,
            first,
            records,
        })
    }
}

fn size(record: &Record) -> usize {
    record.data.len() + OVERHEAD
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use packet::Timestamp;

    use super::*;

    fn record(length: usize) -> Record {
        Record {
            at: Timestamp(0),
            length: length as u32,
            data: vec![0; length],
        }
    }

    #[test]
    fn keeps_the_newest_within_its_bounds() {
        let mut ring = Ring::default();
        ring.extend(vec![record(0); RING_PACKETS + 5]);
        assert_eq!(
            (ring.len(), ring.first, ring.end()),
            (RING_PACKETS, 5, RING_PACKETS as u64 + 5)
        );
        ring.extend(vec![record(1 << 20); 80]);
        assert!(
            ring.bytes() <= RING_BYTES && ring.len() == 63,
            "{}",
            ring.len()
        );
        assert_eq!(ring.end(), RING_PACKETS as u64 + 85);
        let sum: usize = ring.records().iter().map(size).sum();
        assert_eq!(sum, ring.bytes());
    }

    #[test]
    fn batches_tell_their_place_and_leave_a_gap_for_what_has_gone() {
        let mut ring = Ring::default();
        assert_eq!(ring.batch(CaptureId(1), 0), None);
        ring.extend(vec![record(100); 3]);
        ring.drop_oldest();
        let batch = ring.batch(CaptureId(1), 0).unwrap();
        assert_eq!((batch.first, batch.records.len()), (1, 2));
        assert_eq!(ring.batch(CaptureId(1), 2).unwrap().records.len(), 1);
        assert_eq!(ring.batch(CaptureId(1), 3), None);
    }

    #[test]
    fn a_batch_is_small_but_never_empty() {
        let mut ring = Ring::default();
        ring.extend(vec![
            record(BATCH_BYTES * 2),
            record(10),
            record(BATCH_BYTES),
        ]);
        assert_eq!(ring.batch(CaptureId(1), 0).unwrap().records.len(), 1);
        assert_eq!(ring.batch(CaptureId(1), 1).unwrap().records.len(), 1);
        ring.extend(vec![record(0); 5000]);
        assert_eq!(
            ring.batch(CaptureId(1), 3).unwrap().records.len(),
            BATCH_PACKETS
        );
    }
}
