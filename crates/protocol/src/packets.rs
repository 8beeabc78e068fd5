//! Captured packets in one piece of memory: at hundreds of thousands a second, one allocation for
//! each would cost more than the rest of the way.

use std::ops::Range;

use packet::{Record, Timestamp, View};
use serde::{Deserialize, Serialize};

use crate::capture::CapturedPacket;

/// Packets, one after the other, with their bytes in one piece.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(try_from = "Parts")]
pub struct Packets {
    heads: Vec<Head>,
    #[serde(with = "serde_bytes")]
    data: Vec<u8>,
}

/// All of a packet but its bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Head {
    source: u16,
    at: Timestamp,
    length: u32,
    /// Where its bytes end; they begin where those of the packet before end.
    end: u32,
}

/// As they come from the wire.
#[derive(Deserialize)]
struct Parts {
    heads: Vec<Head>,
    #[serde(with = "serde_bytes")]
    data: Vec<u8>,
}

/// A captured packet whose bytes lie elsewhere, in [`Packets`] or in the frame that it came in; written
/// and read as a [`CapturedPacket`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PacketView<'a> {
    /// Where: an index into [`CaptureInfo::sources`](crate::capture::CaptureInfo::sources).
    pub source: u16,
    /// When, how long, which bytes.
    #[serde(borrow)]
    pub record: View<'a>,
}

impl Packets {
    /// None, with room for so many and so many bytes of them.
    pub fn with_capacity(packets: usize, bytes: usize) -> Self {
        Self {
            heads: Vec::with_capacity(packets),
            data: Vec::with_capacity(bytes),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.heads.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.heads.is_empty()
    }

    /// How many bytes they have together.
    pub fn bytes(&self) -> usize {
        self.data.len()
    }

    /// Adds one. All have at most 4 GiB together: what is more is cut off.
    pub fn push(&mut self, source: u16, record: View<'_>) {
        let room = (u32::MAX as usize).saturating_sub(self.data.len());
        let data = record.data.get(..room).unwrap_or(record.data);
        self.data.extend_from_slice(data);
        self.heads.push(Head {
            source,
            at: record.at,
            length: record.length,
            end: self.data.len() as u32,
        });
    }

    /// Adds others.
    pub fn append(&mut self, others: &Self) {
        let before = self.data.len();
        if before + others.data.len() > u32::MAX as usize {
            others
                .iter()
                .for_each(|packet| self.push(packet.source, packet.record));
            return;
        }
        self.data.extend_from_slice(&others.data);
        let heads = others.heads.iter().map(|head| Head {
            end: head.end + before as u32,
            ..*head
        });
        self.heads.extend(heads);
    }

    /// The one at that place, counting from 0.
    pub fn get(&self, place: usize) -> Option<PacketView<'_>> {
        let head = self.heads.get(place)?;
        let before = place.checked_sub(1).and_then(|place| self.heads.get(place));
        let begin = before.map_or(0, |head| head.end);
        Some(self.view(head, begin))
    }

    /// The first.
    pub fn first(&self) -> Option<PacketView<'_>> {
        self.get(0)
    }

    /// The last.
    pub fn last(&self) -> Option<PacketView<'_>> {
        self.get(self.len().checked_sub(1)?)
    }

    /// All, in their order.
    pub fn iter(&self) -> impl Iterator<Item = PacketView<'_>> {
        self.range(0..self.len())
    }

    /// Those at some places, as far as there are.
    pub fn range(&self, places: Range<usize>) -> impl Iterator<Item = PacketView<'_>> {
        let before = places.start.checked_sub(1);
        let mut begin = before
            .and_then(|place| self.heads.get(place))
            .map_or(0, |head| head.end);
        let end = places.end.min(self.len());
        let heads = self.heads.get(places.start..end).unwrap_or_default();
        heads.iter().map(move |head| {
            let view = self.view(head, begin);
            begin = head.end;
            view
        })
    }

    /// When each was seen.
    pub fn stamps(&self) -> impl ExactSizeIterator<Item = Timestamp> {
        self.heads.iter().map(|head| head.at)
    }

    fn view(&self, head: &Head, begin: u32) -> PacketView<'_> {
        let bytes = self.data.get(begin as usize..head.end as usize);
        PacketView {
            source: head.source,
            record: View {
                at: head.at,
                length: head.length,
                data: bytes.unwrap_or_default(),
            },
        }
    }
}

impl PacketView<'_> {
    /// The same packet with bytes of its own.
    pub fn to_packet(self) -> CapturedPacket {
        CapturedPacket {
            source: self.source,
            record: self.record.to_record(),
        }
    }
}

impl FromIterator<CapturedPacket> for Packets {
    fn from_iter<T: IntoIterator<Item = CapturedPacket>>(packets: T) -> Self {
        let mut all = Self::default();
        for CapturedPacket { source, record } in packets {
            all.push(source, Record::view(&record));
        }
        all
    }
}

impl TryFrom<Parts> for Packets {
    type Error = &'static str;

    fn try_from(Parts { heads, data }: Parts) -> Result<Self, Self::Error> {
        let last = heads.last().map_or(0, |head| head.end as usize);
        if !heads.is_sorted_by_key(|head| head.end) || last != data.len() {
            return Err("the packets' lengths do not add up to their bytes");
        }
        Ok(Self { heads, data })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn packets(lengths: &[usize]) -> Packets {
        let packet = |(place, length): (usize, &usize)| CapturedPacket {
            source: place as u16,
            record: Record {
                at: Timestamp(place as u64),
                length: 9_000,
                data: vec![place as u8; *length],
            },
        };
        lengths.iter().enumerate().map(packet).collect()
    }

    #[test]
    fn each_has_its_own_bytes_also_where_others_were_added() {
        let mut all = packets(&[3, 0, 2]);
        all.append(&packets(&[1, 4]));
        let bytes: Vec<_> = all.iter().map(|packet| packet.record.data).collect();
        let expected: [&[u8]; 5] = [&[0; 3], &[], &[2; 2], &[0; 1], &[1; 4]];
        assert_eq!(bytes, expected);
        assert_eq!(all.get(4), all.last());
        assert_eq!(all.range(3..9).count(), 2);
        assert_eq!(all.range(3..4).next(), all.get(3));
        assert_eq!((all.get(5), all.range(7..9).next()), (None, None));
    }

    #[test]
    fn one_is_written_as_a_packet_of_its_own() {
        let all = packets(&[3]);
        let view = all.first().unwrap();
        let bytes = postcard::to_stdvec(&view).unwrap();
        let read: CapturedPacket = postcard::from_bytes(&bytes).unwrap();
        assert_eq!(read, view.to_packet());
    }

    #[test]
    fn what_does_not_add_up_is_refused() {
        let all = packets(&[3, 2]);
        let bytes = postcard::to_stdvec(&all).unwrap();
        assert_eq!(postcard::from_bytes::<Packets>(&bytes).unwrap(), all);
        for (first, second) in [(4, 3), (3, 4), (3, u32::MAX)] {
            let mut wrong = all.clone();
            wrong.heads[0].end = first;
            wrong.heads[1].end = second;
            let bytes = postcard::to_stdvec(&wrong).unwrap();
            assert!(postcard::from_bytes::<Packets>(&bytes).is_err());
        }
    }
}
