//! The packets that are kept of one capture: the newest, bounded by number and bytes.

use std::collections::VecDeque;

use protocol::capture::{CaptureId, CapturedPacket, PacketBatch, RingLimit};
use serde::{Serialize, Serializer};

use super::limits::{BATCH_BYTES, BATCH_PACKETS};

/// What a packet takes besides its bytes, about: so that empty ones count too.
const OVERHEAD: usize = 64;

/// Packets of one capture, numbered from 0.
#[derive(Debug)]
pub(super) struct Ring {
    limit: RingLimit,
    records: VecDeque<CapturedPacket>,
    /// The number of the first record that is kept.
    first: u64,
    bytes: usize,
}

/// Packets of a ring that lie one after the other, borrowed; written as a list of them.
#[derive(Debug)]
pub(super) struct Slice<'a> {
    ring: &'a Ring,
    range: std::ops::Range<usize>,
}

impl<'a> Slice<'a> {
    /// How many they are.
    pub(super) fn len(&self) -> usize {
        self.range.len()
    }

    /// The packets, oldest first.
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = &'a CapturedPacket> {
        self.ring.records.range(self.range.clone())
    }
}

impl Serialize for Slice<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl Ring {
    /// An empty one.
    pub(super) fn new(limit: RingLimit) -> Self {
        Self {
            limit,
            records: VecDeque::new(),
            first: 0,
            bytes: 0,
        }
    }

    /// Adds the newest packets; the oldest go if there are too many.
    pub(super) fn extend(&mut self, records: Vec<CapturedPacket>) {
        for record in records {
            self.bytes += size(&record);
            self.records.push_back(record);
        }
        while self.records.len() as u64 > u64::from(self.limit.packets)
            || self.bytes as u64 > self.limit.bytes
        {
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

    /// The number of the first packet that is kept: so many were overwritten.
    pub(super) fn first(&self) -> u64 {
        self.first
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

    /// The packets from number `from` on, or from the first that is still kept, as many as go into
    /// one frame; `None` if there are none yet.
    pub(super) fn batch(&self, capture: CaptureId, from: u64) -> Option<PacketBatch<Slice<'_>>> {
        let first = from.max(self.first);
        let skip = usize::try_from(first - self.first).ok()?;
        let most = self.records.len().min(skip.saturating_add(BATCH_PACKETS));
        if skip >= most {
            return None;
        }
        let mut room = BATCH_BYTES;
        let mut end = skip;
        for record in self.records.range(skip..most) {
            let size = size(record);
            if size > room && end > skip {
                break;
            }
            room = room.saturating_sub(size);
            end += 1;
        }
        Some(PacketBatch {
            capture,
            first,
            records: Slice {
                ring: self,
                range: skip..end,
            },
        })
    }
}

fn size(packet: &CapturedPacket) -> usize {
    packet.record.data.len() + OVERHEAD
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use packet::{Record, Timestamp};

    use super::*;

    const LIMIT: RingLimit = RingLimit {
        packets: 1_000,
        bytes: 4 << 20,
    };

    fn record(length: usize) -> CapturedPacket {
        let record = Record {
            at: Timestamp(0),
            length: length as u32,
            data: vec![0; length],
        };
        CapturedPacket { source: 3, record }
    }

    #[test]
    fn keeps_the_newest_within_its_bounds() {
        let mut ring = Ring::new(LIMIT);
        ring.extend(vec![record(0); 1_005]);
        assert_eq!((ring.len(), ring.first(), ring.end()), (1_000, 5, 1_005));
        ring.extend(vec![record(1 << 20); 80]);
        assert_eq!(ring.len(), 3);
        assert!(ring.bytes() as u64 <= LIMIT.bytes);
        assert_eq!(ring.end(), 1_085);
        let sum: usize = ring.records.iter().map(size).sum();
        assert_eq!(sum, ring.bytes());
    }

    #[test]
    fn batches_tell_their_place_and_leave_a_gap_for_what_has_gone() {
        let mut ring = Ring::new(LIMIT);
        assert!(ring.batch(CaptureId(1), 0).is_none());
        ring.extend(vec![record(100); 3]);
        ring.drop_oldest();
        let batch = ring.batch(CaptureId(1), 0).unwrap();
        assert_eq!((batch.first, batch.records.len()), (1, 2));
        assert_eq!(ring.batch(CaptureId(1), 2).unwrap().records.len(), 1);
        assert!(ring.batch(CaptureId(1), 3).is_none());
    }

    #[test]
    fn a_batch_is_small_but_never_empty() {
        let mut ring = Ring::new(LIMIT);
        ring.extend(vec![
            record(BATCH_BYTES * 2),
            record(10),
            record(BATCH_BYTES),
        ]);
        assert_eq!(ring.batch(CaptureId(1), 0).unwrap().records.len(), 1);
        assert_eq!(ring.batch(CaptureId(1), 1).unwrap().records.len(), 1);
    }

    #[test]
    fn a_batch_is_read_as_what_it_holds() {
        use protocol::binary::Binary;
        let mut ring = Ring::new(LIMIT);
        ring.extend(vec![record(1), record(2), record(3)]);
        let bytes = Binary::Packets(ring.batch(CaptureId(1), 1).unwrap())
            .encode()
            .unwrap();
        let expected = PacketBatch {
            capture: CaptureId(1),
            first: 1,
            records: vec![record(2), record(3)],
        };
        assert_eq!(Binary::decode(&bytes).unwrap(), Binary::Packets(expected));
    }
}
