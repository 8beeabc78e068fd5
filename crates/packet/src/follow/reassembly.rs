//! One direction of a TCP conversation: segments in any order become bytes in order.

use std::collections::BTreeMap;

use super::{Piece, Said, Segment};
use crate::Timestamp;

/// Bytes that wait for something missing. When there are more, what is missing is given up: no window is that
/// large in a lab.
const MOST_WAITING: usize = 8 << 20;

/// What one end says.
#[derive(Debug, Default)]
pub(super) struct Direction {
    /// The number of the next byte, counted without wrapping; `None` before the first segment.
    next: Option<u64>,
    /// Segments behind what is missing, by the number of their first byte.
    waiting: BTreeMap<u64, Waiting>,
    waiting_bytes: usize,
}

#[derive(Debug)]
struct Waiting {
    data: Vec<u8>,
    missing: u64,
    record: u64,
    at: Timestamp,
}

/// Numbers start here, so that those a little before the first seen can be told.
const START: u64 = 1 << 32;

impl Direction {
    /// Takes a segment. Returns what can be said now.
    pub(super) fn segment(&mut self, segment: &Segment<'_>) -> Vec<Piece> {
        let first = if segment.syn {
            segment.sequence.wrapping_add(1)
        } else {
            segment.sequence
        };
        if self.next.is_none() {
            self.next = Some(START | u64::from(first));
        }
        if segment.data.is_empty() && segment.missing == 0 {
            return Vec::new();
        }
        let Some(at) = self.place(first) else {
            return Vec::new();
        };
        // Of two that start alike the longer counts.
        let longer = self
            .waiting
            .get(&at)
            .is_none_or(|waiting| waiting.data.len() < segment.data.len());
        if longer {
            let replaced = self.waiting.insert(
                at,
                Waiting {
                    data: segment.data.to_vec(),
                    missing: segment.missing,
                    record: segment.record,
                    at: segment.at,
                },
            );
            self.waiting_bytes += segment.data.len();
            self.waiting_bytes -= replaced.map_or(0, |replaced| replaced.data.len());
        }
        let mut said = self.drain();
        while self.waiting_bytes > MOST_WAITING {
            said.extend(self.give_up());
        }
        said
    }

    /// The other end has heard all before this number: what of it was not captured is missing for good.
    pub(super) fn acknowledged(&mut self, number: u32, by: &Segment<'_>) -> Vec<Piece> {
        let Some(at) = self.place(number) else {
            return Vec::new();
        };
        let mut said = Vec::new();
        // A FIN counts as one byte, of which nothing is missing.
        while self.next.is_some_and(|next| next + 1 < at) {
            if self.waiting.keys().next().is_some_and(|start| *start < at) {
                said.extend(self.give_up());
                continue;
            }
            let missing = at - self.next.unwrap_or(at);
            said.push(Piece {
                from_first: true,
                record: by.record,
                at: by.at,
                said: Said::Gap(missing),
            });
            self.next = Some(at);
        }
        said
    }

    /// Gives up all that is missing.
    pub(super) fn finish(&mut self) -> Vec<Piece> {
        let mut said = Vec::new();
        while !self.waiting.is_empty() {
            said.extend(self.give_up());
        }
        said
    }

    /// A number without wrapping: of those it can be the one nearest to the next byte.
    fn place(&self, number: u32) -> Option<u64> {
        let next = self.next?;
        let ahead = number.wrapping_sub(next as u32).cast_signed();
        next.checked_add_signed(ahead.into())
    }

    /// Says what follows without a gap.
    fn drain(&mut self) -> Vec<Piece> {
        let mut said = Vec::new();
        let Some(mut next) = self.next else {
            return said;
        };
        while let Some(entry) = self.waiting.first_entry() {
            let start = *entry.key();
            if start > next {
                break;
            }
            let Waiting {
                mut data,
                missing,
                record,
                at,
            } = entry.remove();
            self.waiting_bytes -= data.len();
            let end = start + data.len() as u64;
            let piece = |said| Piece {
                from_first: true,
                record,
                at,
                said,
            };
            // What was said already is a retransmission.
            if end > next {
                let known = (next - start) as usize;
                data.drain(..known);
                said.push(piece(Said::Data(data)));
                next = end;
            }
            if missing > 0 && end + missing > next {
                said.push(piece(Said::Gap(end + missing - next)));
                next = end + missing;
            }
        }
        self.next = Some(next);
        said
    }

    /// Gives up what is missing before the first that waits.
    fn give_up(&mut self) -> Vec<Piece> {
        let (Some(next), Some((start, waiting))) = (self.next, self.waiting.first_key_value())
        else {
            return Vec::new();
        };
        let mut said = Vec::new();
        if *start > next {
            said.push(Piece {
                from_first: true,
                record: waiting.record,
                at: waiting.at,
                said: Said::Gap(start - next),
            });
            self.next = Some(*start);
        }
        said.extend(self.drain());
        said
    }
}
