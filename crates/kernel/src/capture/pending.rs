//! Packets that wait for earlier ones of other sources.

use std::collections::VecDeque;

use packet::Timestamp;
use protocol::packets::Packets;
use tokio::time::Instant;

use super::worker::{BATCH_BYTES, BATCH_PACKETS};

/// Packets that may wait; beyond them they are given out whatever their stamps. As many as come in
/// the window at the highest rate of a veth, and twice as many again.
const MOST: usize = 32_768;

/// Bytes that may wait, likewise.
const MOST_BYTES: usize = 16 << 20;

/// What waits. Packets stay where they are; only their places are put in order, and they are copied
/// when they are given out.
#[derive(Debug)]
pub(super) struct Pending {
    batches: VecDeque<Batch>,
    /// The number of the first batch.
    first: u32,
    places: Vec<Place>,
    bytes: usize,
    /// The latest stamp of each source.
    latest: Vec<Timestamp>,
    /// When packets were given out, or came to where none were.
    pub(super) moved: Instant,
}

#[derive(Debug)]
struct Batch {
    packets: Packets,
    /// How many of them still wait.
    left: usize,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    at: Timestamp,
    batch: u32,
    packet: u32,
}

impl Pending {
    pub(super) fn new(sources: usize) -> Self {
        Self {
            batches: VecDeque::new(),
            first: 0,
            places: Vec::new(),
            bytes: 0,
            latest: vec![Timestamp(0); sources],
            moved: Instant::now(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Adds packets of one source.
    pub(super) fn add(&mut self, packets: Packets) {
        let Some(last) = packets.last() else { return };
        if let Some(latest) = self.latest.get_mut(usize::from(last.source)) {
            *latest = last.record.at.max(*latest);
        }
        if self.is_empty() {
            self.moved = Instant::now();
        }
        let batch = self.first.wrapping_add(self.batches.len() as u32);
        let places = (0..).zip(packets.stamps());
        self.places
            .extend(places.map(|(packet, at)| Place { at, batch, packet }));
        self.bytes += packets.bytes();
        let left = packets.len();
        self.batches.push_back(Batch { packets, left });
    }

    pub(super) fn is_too_much(&self) -> bool {
        self.len() > MOST || self.bytes > MOST_BYTES
    }

    /// The stamp that all of those sources have come to: nothing earlier is to be expected.
    pub(super) fn all_have(&self, sources: impl Fn(usize) -> bool) -> Timestamp {
        let of = self.latest.iter().enumerate();
        let stamps = of.filter_map(|(source, at)| sources(source).then_some(*at));
        stamps.min().unwrap_or_default()
    }

    /// How many are not younger than that.
    pub(super) fn until(&self, at: Timestamp) -> usize {
        self.places.iter().filter(|place| place.at <= at).count()
    }

    /// The so many oldest, in order, in pieces. Of one stamp, in the order in which they came.
    pub(super) fn take(&mut self, count: usize) -> Vec<Packets> {
        let mut pieces: Vec<Packets> = Vec::new();
        if count == 0 {
            return pieces;
        }
        // They come in runs, one of each source: what this sort is made for.
        self.places.sort_by_key(|place| place.at);
        let rest = self.places.split_off(count.min(self.places.len()));
        let taken = std::mem::replace(&mut self.places, rest);
        for place in taken {
            let number = place.batch.wrapping_sub(self.first) as usize;
            let Some(batch) = self.batches.get_mut(number) else {
                continue;
            };
            batch.left -= 1;
            let Some(packet) = batch.packets.get(place.packet as usize) else {
                continue;
            };
            self.bytes -= packet.record.data.len();
            let fits = |piece: &&mut Packets| {
                piece.bytes() + packet.record.data.len() <= BATCH_BYTES
                    && piece.len() < BATCH_PACKETS
            };
            match pieces.last_mut().filter(fits) {
                Some(piece) => piece.push(packet.source, packet.record),
                None => {
                    let mut piece = Packets::default();
                    piece.push(packet.source, packet.record);
                    pieces.push(piece);
                }
            }
        }
        while self.batches.front().is_some_and(|batch| batch.left == 0) {
            self.batches.pop_front();
            self.first = self.first.wrapping_add(1);
        }
        self.moved = Instant::now();
        pieces
    }
}

#[cfg(test)]
mod tests {
    use packet::View;

    use super::*;

    fn packets(source: u16, stamps: &[u64]) -> Packets {
        let mut packets = Packets::default();
        for at in stamps {
            let record = View {
                at: Timestamp(*at),
                length: 8,
                data: &at.to_le_bytes(),
            };
            packets.push(source, record);
        }
        packets
    }

    fn stamps(pieces: &[Packets]) -> Vec<u64> {
        let packets = pieces.iter().flat_map(Packets::iter);
        packets
            .map(|packet| {
                assert_eq!(packet.record.data, packet.record.at.0.to_le_bytes());
                packet.record.at.0
            })
            .collect()
    }

    #[test]
    fn several_sources_become_one_order_of_time() {
        let mut pending = Pending::new(2);
        pending.add(packets(0, &[1, 4, 5, 9]));
        assert_eq!(pending.all_have(|_| true), Timestamp(0));
        pending.add(packets(1, &[2, 3, 7]));
        assert_eq!(pending.all_have(|_| true), Timestamp(7));
        assert_eq!(pending.all_have(|source| source == 0), Timestamp(9));
        assert_eq!(pending.until(Timestamp(7)), 6);
        assert_eq!(stamps(&pending.take(6)), [1, 2, 3, 4, 5, 7]);
        // One that waits keeps its batch, and what is later than younger ones is not lost.
        pending.add(packets(1, &[6, 8]));
        assert_eq!(stamps(&pending.take(usize::MAX)), [6, 8, 9]);
        assert!(pending.is_empty() && pending.batches.is_empty());
        assert_eq!(pending.bytes, 0);
    }

    #[test]
    fn too_much_is_said_to_be() {
        let mut pending = Pending::new(1);
        pending.add(packets(0, &vec![7; MOST]));
        assert!(!pending.is_too_much());
        pending.add(packets(0, &[7]));
        assert!(pending.is_too_much());
        let pieces: Vec<_> = pending.take(MOST).iter().map(Packets::len).collect();
        assert_eq!(pieces, [BATCH_PACKETS; MOST / BATCH_PACKETS]);
        assert_eq!((pending.len(), pending.bytes), (1, 8));
    }
}
