//! Which conversation packets belong to, and which of its packets tcpdump counts sequence numbers from.

use std::collections::BTreeMap;

use crate::conversation::Conversations;
use crate::layers::layers;
use crate::numbers::protocol::TCP;
use crate::{LinkType, View};

use super::store::Store;

/// What was learned of the packets so far.
#[derive(Debug, Default)]
pub(super) struct Streams {
    conversations: Conversations,
    /// The number of the next packet to learn from.
    next: u64,
    /// Of each TCP conversation: the first packet that acknowledges, and those that also open it. From the last
    /// of them tcpdump counts.
    anchors: BTreeMap<u32, Vec<u64>>,
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
            let place = self.conversations.next(entry.link, entry.view);
            if let (Some(place), Some(flags)) = (place, tcp_flags(entry.link, entry.view)) {
                let anchors = self.anchors.entry(place.stream).or_default();
                if flags & 0x10 != 0 && (anchors.is_empty() || flags & 0x02 != 0) {
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
        let anchors = self.anchors.get(&stream)?;
        let end = anchors.partition_point(|anchor| *anchor < number);
        anchors.get(end.checked_sub(1)?).copied()
    }
}

/// The flags of a TCP packet.
pub(super) fn tcp_flags(link: LinkType, view: View<'_>) -> Option<u8> {
    let layers = layers(link, view.data);
    if layers.protocol != TCP {
        return None;
    }
    view.data.get(layers.transport? + 13).copied()
}
