//! Which conversation packets belong to, and which of its packets tcpdump counts sequence numbers from.

use crate::conversation::Conversations;
use crate::layers::{Layers, layers};
use crate::numbers::protocol::TCP;
use crate::{LinkType, View};

use super::store::Store;

/// What was learned of the packets so far.
#[derive(Debug, Default)]
pub(super) struct Streams {
    conversations: Conversations,
    /// The number of the next packet to learn from.
    next: u64,
    /// Of each TCP conversation, by its number: the first packet that acknowledges, and those that also open it. From the last
    /// of them tcpdump counts.
    anchors: Vec<Vec<u64>>,
}

impl Streams {
    /// The number of the next packet to learn from.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// Learns from the packets up to this one.
    pub(super) fn learn(&mut self, store: &mut Store, number: u64) {
        self.next = self.next.max(store.numbers().start);
        while self.next <= number {
            let Some(entry) = store.get(self.next) else {
                return;
            };
            let data = entry.view.data;
            let layers = layers(entry.link, data);
            let place = self.conversations.next_of(&layers, data);
            if let (Some(place), Some(flags)) = (place, flags_of(&layers, data))
                && flags & 0x10 != 0
            {
                let at = place.stream as usize;
                if self.anchors.len() <= at {
                    self.anchors.resize_with(at + 1, Vec::new);
                }
                if let Some(anchors) = self.anchors.get_mut(at)
                    && (anchors.is_empty() || flags & 0x02 != 0)
                {
                    anchors.push(self.next);
                }
            }
            if let Some(head) = store.head_mut(self.next) {
                head.place = place;
            }
            self.next += 1;
        }
    }

    /// The packet that says where tcpdump's sequence numbers of a TCP packet count from.
    pub(super) fn anchor(&self, stream: u32, number: u64) -> Option<u64> {
        let anchors = self.anchors.get(stream as usize)?;
        let end = anchors.partition_point(|anchor| *anchor < number);
        anchors.get(end.checked_sub(1)?).copied()
    }
}

/// The flags of a TCP packet.
pub(super) fn tcp_flags(link: LinkType, view: View<'_>) -> Option<u8> {
    flags_of(&layers(link, view.data), view.data)
}

fn flags_of(layers: &Layers, data: &[u8]) -> Option<u8> {
    if layers.protocol != TCP {
        return None;
    }
    data.get(layers.transport? + 13).copied()
}
