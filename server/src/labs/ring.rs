//! The packets that are kept of one capture: the newest, bounded by number and bytes.

use std::collections::VecDeque;

use protocol::capture::{CaptureId, PacketBatch, RingLimit};
use protocol::packets::{PacketView, Packets};
use serde::{Serialize, Serializer};

use super::limits::{BATCH_BYTES, BATCH_PACKETS};

/// What a packet takes besides its bytes, about: so that empty ones count too.
const OVERHEAD: usize = 64;

/// What a packet takes in a frame besides its bytes, at most: varints of 16, 64, 32 and 32 bits.
const OVERHEAD_SENT: usize = 3 + 10 + 5 + 5;

/// Packets that come a few at a time are put together until they are so many, or so many bytes: to
/// keep each alone would take more memory than the packet.
const TOGETHER: usize = 512;
const TOGETHER_BYTES: usize = 64 << 10;

/// Packets of one capture, numbered from 0. They stay in the pieces of memory in which they came;
/// a piece is given up when its last packet is, so that there is at most one piece more than the
/// bounds allow.
#[derive(Debug)]
pub(super) struct Ring {
    limit: RingLimit,
    pieces: VecDeque<Piece>,
    /// The number of the first packet that is kept.
    first: u64,
    /// The number that the next one will have.
    end: u64,
    bytes: usize,
}

#[derive(Debug)]
struct Piece {
    /// The number of its first packet.
    first: u64,
    packets: Packets,
}

/// Packets of a ring that lie one after the other, borrowed; written as a list of them.
#[derive(Debug)]
pub(super) struct Slice<'a> {
    ring: &'a Ring,
    from: u64,
    count: usize,
}

impl<'a> Slice<'a> {
    /// How many they are.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// The packets, oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = PacketView<'a>> {
        self.ring.from(self.from).take(self.count)
    }

    /// The packets, copied.
    pub(super) fn to_packets(&self) -> Packets {
        let mut packets = Packets::with_capacity(self.count, 0);
        for packet in self.iter() {
            packets.push(packet.source, packet.record);
        }
        packets
    }
}

impl Serialize for Slice<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeSeq;
        // Not `collect_seq`: an iterator over pieces does not say how long it is.
        let mut list = serializer.serialize_seq(Some(self.count))?;
        for packet in self.iter() {
            list.serialize_element(&packet)?;
        }
        list.end()
    }
}

impl Ring {
    /// An empty one.
    pub(super) fn new(limit: RingLimit) -> Self {
        Self {
            limit,
            pieces: VecDeque::new(),
            first: 0,
            end: 0,
            bytes: 0,
        }
    }

    /// Adds the newest packets; the oldest go if there are too many.
    pub(super) fn extend(&mut self, packets: Packets) {
        self.bytes += packets.bytes() + packets.len() * OVERHEAD;
        let first = self.end;
        self.end += packets.len() as u64;
        match self.pieces.back_mut() {
            Some(piece)
                if piece.packets.len() + packets.len() <= TOGETHER
                    && piece.packets.bytes() + packets.bytes() <= TOGETHER_BYTES =>
            {
                piece.packets.append(&packets);
            }
            _ if packets.is_empty() => {}
            _ => self.pieces.push_back(Piece { first, packets }),
        }
        while self.len() as u64 > u64::from(self.limit.packets)
            || self.bytes as u64 > self.limit.bytes
        {
            self.drop_oldest();
        }
    }

    /// Gives up the oldest packet.
    pub(super) fn drop_oldest(&mut self) {
        let Some(piece) = self.pieces.front() else {
            return;
        };
        let place = self.first - piece.first;
        if let Some(packet) = piece.packets.get(place as usize) {
            self.bytes -= size(&packet);
        }
        self.first += 1;
        if place + 1 >= piece.packets.len() as u64 {
            self.pieces.pop_front();
        }
    }

    /// The number of the first packet that is kept: so many were overwritten.
    pub(super) fn first(&self) -> u64 {
        self.first
    }

    /// How many packets are kept.
    pub(super) fn len(&self) -> usize {
        (self.end - self.first) as usize
    }

    /// How much memory they take, about.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The number that the next packet will have.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// The packets from that number on, which must not be less than the first's.
    fn from(&self, from: u64) -> impl Iterator<Item = PacketView<'_>> {
        let after = self.pieces.partition_point(|piece| piece.first <= from);
        let pieces = self.pieces.range(after.saturating_sub(1)..);
        pieces.flat_map(move |Piece { first, packets }| {
            let skip = from.saturating_sub(*first) as usize;
            packets.range(skip..packets.len())
        })
    }

    /// The packets from number `from` on, or from the first that is still kept, as many as go into
    /// one frame; `None` if there are none yet.
    pub(super) fn batch(&self, capture: CaptureId, from: u64) -> Option<PacketBatch<Slice<'_>>> {
        let first = from.max(self.first);
        let sizes = self.from(first).map(|packet| size_sent(&packet));
        self.slice(capture, first, fitting(sizes))
    }

    /// The packets that end before number `before`, as many as go into one frame; `None` if none of
    /// them is kept.
    pub(super) fn batch_before(
        &self,
        capture: CaptureId,
        before: u64,
    ) -> Option<PacketBatch<Slice<'_>>> {
        let before = before.min(self.end);
        let room = before.checked_sub(self.first)?;
        let after = self.pieces.partition_point(|piece| piece.first < before);
        let pieces = self.pieces.range(..after).rev();
        let sizes = pieces.flat_map(|Piece { first, packets }| {
            let end = packets.len().min((before - first) as usize);
            (0..end)
                .rev()
                .filter_map(|place| packets.get(place))
                .map(|packet| size_sent(&packet))
        });
        let count = fitting(sizes.take(room as usize));
        self.slice(capture, before - count as u64, count)
    }

    fn slice(
        &self,
        capture: CaptureId,
        first: u64,
        count: usize,
    ) -> Option<PacketBatch<Slice<'_>>> {
        (count > 0).then_some(PacketBatch {
            capture,
            first,
            records: Slice {
                ring: self,
                from: first,
                count,
            },
        })
    }
}

fn size(packet: &PacketView<'_>) -> usize {
    packet.record.data.len() + OVERHEAD
}

fn size_sent(packet: &PacketView<'_>) -> usize {
    packet.record.data.len() + OVERHEAD_SENT
}

/// How many packets of such sizes go into one frame: at least one, if there is one.
fn fitting(sizes: impl Iterator<Item = usize>) -> usize {
    let mut room = BATCH_BYTES;
    let mut count = 0;
    for size in sizes.take(BATCH_PACKETS) {
        if size > room && count > 0 {
            break;
        }
        room = room.saturating_sub(size);
        count += 1;
    }
    count
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use packet::{Record, Timestamp};
    use protocol::capture::CapturedPacket;

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

    fn packets(lengths: &[usize]) -> Packets {
        lengths.iter().map(|length| record(*length)).collect()
    }

    #[test]
    fn keeps_the_newest_within_its_bounds() {
        let mut ring = Ring::new(LIMIT);
        ring.extend(packets(&[0; 1_005]));
        assert_eq!((ring.len(), ring.first(), ring.end()), (1_000, 5, 1_005));
        ring.extend(packets(&[1 << 20; 80]));
        assert_eq!(ring.len(), 3);
        assert!(ring.bytes() as u64 <= LIMIT.bytes);
        assert_eq!((ring.end(), ring.pieces.len()), (1_085, 1));
        while ring.len() > 0 {
            ring.drop_oldest();
        }
        assert_eq!(
            (ring.bytes(), ring.pieces.len(), ring.first()),
            (0, 0, 1_085)
        );
        ring.drop_oldest();
        ring.extend(packets(&[5; 2]));
        assert_eq!((ring.first(), ring.len()), (1_085, 2));
        let sum: usize = ring.from(ring.first()).map(|packet| size(&packet)).sum();
        assert_eq!(sum, ring.bytes());
    }

    #[test]
    fn batches_tell_their_place_and_leave_a_gap_for_what_has_gone() {
        let mut ring = Ring::new(LIMIT);
        assert!(ring.batch(CaptureId(1), 0).is_none());
        ring.extend(packets(&[100; 3]));
        ring.drop_oldest();
        let batch = ring.batch(CaptureId(1), 0).unwrap();
        assert_eq!((batch.first, batch.records.len()), (1, 2));
        assert_eq!(ring.batch(CaptureId(1), 2).unwrap().records.len(), 1);
        assert!(ring.batch(CaptureId(1), 3).is_none());
    }

    #[test]
    fn a_newcomer_gets_what_came_before_from_the_newest_on() {
        let mut ring = Ring::new(RingLimit {
            packets: 3 * BATCH_PACKETS as u32,
            bytes: RingLimit::MOST.bytes,
        });
        for _ in 0..300 {
            ring.extend(packets(&[1; 700]));
        }
        let (mut before, mut frames) = (ring.end() - 10, 0);
        while let Some(batch) = ring.batch_before(CaptureId(1), before) {
            assert_eq!(batch.first + batch.records.len() as u64, before);
            assert_eq!(batch.records.iter().count(), batch.records.len());
            (before, frames) = (batch.first, frames + 1);
        }
        assert_eq!((before, frames), (ring.first(), 3));
        // What is overwritten meanwhile is no longer sent.
        assert!(ring.batch_before(CaptureId(1), ring.first() - 5).is_none());
    }

    #[test]
    fn a_batch_is_small_but_never_empty() {
        let mut ring = Ring::new(RingLimit {
            bytes: 8 * BATCH_BYTES as u64,
            ..LIMIT
        });
        ring.extend(packets(&[BATCH_BYTES * 2, 10, BATCH_BYTES]));
        assert_eq!(ring.batch(CaptureId(1), 0).unwrap().records.len(), 1);
        assert_eq!(ring.batch(CaptureId(1), 1).unwrap().records.len(), 1);
    }

    #[test]
    fn a_batch_is_read_as_what_it_holds() {
        use protocol::binary::Binary;
        let mut ring = Ring::new(LIMIT);
        // Of several pieces, and of one that has grown.
        for lengths in [&[1][..], &[2, TOGETHER_BYTES], &[3]] {
            ring.extend(packets(lengths));
        }
        ring.extend(packets(&[4]));
        assert_eq!(ring.pieces.len(), 3);
        let bytes = Binary::Packets(ring.batch(CaptureId(1), 1).unwrap())
            .encode()
            .unwrap();
        let expected = PacketBatch {
            capture: CaptureId(1),
            first: 1,
            records: [2, TOGETHER_BYTES, 3, 4].map(record).into(),
        };
        assert_eq!(Binary::decode(&bytes).unwrap(), Binary::Packets(expected));
    }
}
