//! Conversations: which TCP or UDP stream a record belongs to, and where its sequence numbers start.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::layers::{Layers, layers};
use crate::numbers::protocol::{TCP, UDP};
use crate::{LinkType, View, bytes};

/// One end of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct End {
    /// Its address.
    pub address: IpAddr,
    /// Its port.
    pub port: u16,
}

/// The two ends of a TCP or UDP conversation, in an order that is the same for both directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Is it TCP? If not, it is UDP.
    pub tcp: bool,
    /// The ends, the smaller first.
    pub ends: [End; 2],
}

impl Key {
    /// The conversation that a record belongs to, and whether it goes from the second end to the first.
    /// `None` if it is no TCP or UDP packet or a later fragment of one. Of packets in tunnels the outermost
    /// counts.
    #[must_use]
    pub fn of<'a>(link: LinkType, record: impl Into<View<'a>>) -> Option<(Self, bool)> {
        let data = record.into().data;
        Self::of_layers(&layers(link, data), data)
    }

    /// As [`Key::of`], where the layers are known.
    fn of_layers(layers: &Layers, data: &[u8]) -> Option<(Self, bool)> {
        let tcp = match layers.protocol {
            TCP => true,
            UDP => false,
            _ => return None,
        };
        let at = layers.transport?;
        let [source, destination] = layers.addresses(data)?;
        let ends = [
            End {
                address: source,
                port: bytes::u16_at(data, at)?,
            },
            End {
                address: destination,
                port: bytes::u16_at(data, at + 2)?,
            },
        ];
        let reversed = ends[0] > ends[1];
        let ends = if reversed { [ends[1], ends[0]] } else { ends };
        Some((Self { tcp, ends }, reversed))
    }
}

/// The place of a record in its conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Which conversation of its protocol it is, counted from 0 in the order of their first packets.
    pub stream: u32,
    /// What the record's sequence number counts from.
    pub sequence: u32,
    /// What its acknowledgment number counts from.
    pub acknowledgment: u32,
}

/// The conversations seen so far. It grows with their number: 64 bytes or so each.
#[derive(Clone, Debug, Default)]
pub struct Conversations {
    seen: BTreeMap<Key, Known>,
    counts: [u32; 2],
}

#[derive(Clone, Copy, Debug)]
struct Known {
    stream: u32,
    /// Where the numbers of both ends start, once known.
    starts: [Option<u32>; 2],
}

impl Conversations {
    /// Takes the next record of a capture. Returns its place, or `None` if it belongs to no conversation.
    pub fn next<'a>(&mut self, link: LinkType, record: impl Into<View<'a>>) -> Option<Place> {
        let data = record.into().data;
        self.next_of(&layers(link, data), data)
    }

    /// As [`Conversations::next`], where the layers are known.
    pub(crate) fn next_of(&mut self, layers: &Layers, data: &[u8]) -> Option<Place> {
        let (key, reversed) = Key::of_layers(layers, data)?;
        let count = &mut self.counts[usize::from(key.tcp)];
        let known = self.seen.entry(key).or_insert_with(|| {
            *count += 1;
            Known {
                stream: *count - 1,
                starts: [None; 2],
            }
        });
        if !key.tcp {
            return Some(Place {
                stream: known.stream,
                sequence: 0,
                acknowledgment: 0,
            });
        }
        let at = layers.transport?;
        let sequence = bytes::u32_at(data, at + 4)?;
        let acknowledgment = bytes::u32_at(data, at + 8)?;
        let flags = *data.get(at + 13)?;
        let (syn, ack) = (flags & 2 != 0, flags & 16 != 0);
        let [mine, other] = if reversed { [1, 0] } else { [0, 1] };
        // A packet that opens the conversation counts from itself. A capture that began later counts from
        // what it saw first.
        if syn || known.starts[mine].is_none() {
            let first = if syn {
                sequence
            } else {
                sequence.wrapping_sub(1)
            };
            known.starts[mine] = Some(first);
        }
        if ack && known.starts[other].is_none() {
            known.starts[other] = Some(acknowledgment.wrapping_sub(1));
        }
        Some(Place {
            stream: known.stream,
            sequence: known.starts[mine].unwrap_or(sequence),
            acknowledgment: known.starts[other].unwrap_or(0),
        })
    }
}
