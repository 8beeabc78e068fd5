//! Following a stream: what the two ends of a TCP or UDP conversation said, in order.

mod reassembly;
mod show;

pub use self::show::{Form, show};

use self::reassembly::Direction;
use crate::conversation::{End, Key};
use crate::layers::{Layers, layers};
use crate::{LinkType, Timestamp, View, bytes};

/// A part of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Did the end that was seen first say it? Of TCP that is the client, if its SYN was captured.
    pub from_first: bool,
    /// The number of the record that it came with, as the caller counts.
    pub record: u64,
    /// When that was seen.
    pub at: Timestamp,
    /// What was said.
    pub said: Said,
}

/// What a piece holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// Bytes.
    Data(Vec<u8>),
    /// So many bytes are missing: they were not captured.
    Gap(u64),
}

/// A conversation that is being followed.
#[derive(Debug)]
pub struct Follow {
    key: Key,
    /// Whether the end that was seen first is the second one of the key.
    first_is_second: Option<bool>,
    directions: [Direction; 2],
    pieces: Vec<Piece>,
    left: usize,
}

impl Follow {
    /// Follows one conversation, up to `most` bytes of what is said.
    #[must_use]
    pub fn new(key: Key, most: usize) -> Self {
        Self {
            key,
            first_is_second: None,
            directions: [Direction::default(), Direction::default()],
            pieces: Vec::new(),
            left: most,
        }
    }

    /// Takes a record. What belongs to other conversations is passed over. `number` is how the caller calls
    /// it.
    pub fn push<'a>(&mut self, link: LinkType, record: impl Into<View<'a>>, number: u64) {
        let view = record.into();
        let Some((key, reversed)) = Key::of(link, view) else {
            return;
        };
        if key != self.key {
            return;
        }
        let layers = layers(link, view.data);
        let Some(segment) = segment(key.tcp, &layers, view, number) else {
            return;
        };
        // Who opens is the first, even if the answer was captured before.
        let opens = segment.syn && segment.acknowledges.is_none();
        if self.first_is_second.is_none() || (opens && self.pieces.is_empty()) {
            self.first_is_second = Some(reversed);
        }
        let from_first = self.first_is_second == Some(reversed);
        if !key.tcp {
            self.say(from_first, segment.data.to_vec(), segment.missing, &segment);
            return;
        }
        let [own, other] = if reversed { [1, 0] } else { [0, 1] };
        // What is acknowledged has arrived: if it was not captured by now it will not be.
        if let (Some(acknowledged), Some(direction)) =
            (segment.acknowledges, self.directions.get_mut(other))
        {
            let said = direction.acknowledged(acknowledged, &segment);
            self.keep(!from_first, said);
        }
        if let Some(direction) = self.directions.get_mut(own) {
            let said = direction.segment(&segment);
            self.keep(from_first, said);
        }
    }

    /// The end that was seen first and the other, once something was seen.
    #[must_use]
    pub fn ends(&self) -> Option<[End; 2]> {
        let [first, second] = self.key.ends;
        Some(if self.first_is_second? {
            [second, first]
        } else {
            [first, second]
        })
    }

    /// What was said so far, in order. What waits for something missing is not among it.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Was so much said that the rest was left out?
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.left == 0
    }

    /// Ends the conversation: what is still missing becomes gaps.
    #[must_use]
    pub fn finish(mut self) -> Vec<Piece> {
        for own in 0..2 {
            let from_first = self.first_is_second == Some(own == 1);
            let said = self.directions.get_mut(own).map(Direction::finish);
            self.keep(from_first, said.unwrap_or_default());
        }
        self.pieces
    }

    fn say(&mut self, from_first: bool, data: Vec<u8>, missing: u64, segment: &Segment<'_>) {
        let piece = |said| Piece {
            from_first,
            record: segment.record,
            at: segment.at,
            said,
        };
        let mut said = vec![piece(Said::Data(data))];
        if missing > 0 {
            said.push(piece(Said::Gap(missing)));
        }
        self.keep(from_first, said);
    }

    fn keep(&mut self, from_first: bool, said: Vec<Piece>) {
        for mut piece in said {
            piece.from_first = from_first;
            if let Said::Data(data) = &mut piece.said {
                data.truncate(self.left);
                self.left -= data.len();
                if data.is_empty() {
                    continue;
                }
            } else if self.left == 0 {
                continue;
            }
            self.pieces.push(piece);
        }
    }
}

/// A record of a conversation.
pub(in crate::follow) struct Segment<'a> {
    record: u64,
    at: Timestamp,
    /// The number of its first byte.
    sequence: u32,
    /// Up to which byte the other end has been heard.
    acknowledges: Option<u32>,
    syn: bool,
    /// What was captured of what it says.
    data: &'a [u8],
    /// How many more bytes it said.
    missing: u64,
}

/// What a record says.
fn segment<'a>(tcp: bool, layers: &Layers, view: View<'a>, record: u64) -> Option<Segment<'a>> {
    let at = layers.transport?;
    let data = layers.payload(view.data);
    let mut segment = Segment {
        record,
        at: view.at,
        sequence: 0,
        acknowledges: None,
        syn: false,
        data,
        missing: wire_end(layers, view).saturating_sub(layers.payload.max(layers.end)) as u64,
    };
    if tcp {
        let flags = *view.data.get(at + 13)?;
        segment.sequence = bytes::u32_at(view.data, at + 4)?;
        let acknowledged = bytes::u32_at(view.data, at + 8)?;
        segment.acknowledges = (flags & 0x10 != 0).then_some(acknowledged);
        segment.syn = flags & 0x02 != 0;
    }
    Some(segment)
}

/// Where the IP packet would end if all of it had been captured.
fn wire_end(layers: &Layers, view: View<'_>) -> usize {
    let total = |at: usize, extra: usize, from: usize| {
        bytes::u16_at(view.data, at).map(|length| from + extra + usize::from(length))
    };
    let end = match (layers.ipv4, layers.ipv6) {
        (Some(at), _) => total(at + 2, 0, at),
        (_, Some(at)) => total(at + 4, 40, at),
        _ => None,
    };
    // Only what the link saw can be missing.
    end.unwrap_or(0).min(view.length as usize)
}
