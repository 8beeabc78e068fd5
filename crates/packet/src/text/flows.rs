//! First sequence numbers of TCP conversations, so that lines can show small relative numbers.

use std::collections::BTreeMap;

/// How many conversations are remembered at least; at most twice as many are held. 16,384 of the longest
/// keys with their two numbers are about a megabyte.
const REMEMBERED: usize = 16_384;

/// The two ends of a conversation in an order that is the same for both directions.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Conversation {
    V4 {
        ports: u32,
        first: [u8; 4],
        second: [u8; 4],
    },
    V6 {
        ports: u32,
        first: [u8; 16],
        second: [u8; 16],
    },
}

/// Where the numbers of the two directions start.
#[derive(Clone, Copy)]
pub(super) struct Start {
    /// Of the end that is named first in [`Conversation`].
    pub(super) first: u32,
    /// Of the other end.
    pub(super) second: u32,
}

/// What is known of the conversations. tcpdump remembers all for ever; here memory is bounded: when a
/// generation is full the one before it is forgotten, so that busy conversations stay.
#[derive(Default)]
pub(super) struct Flows {
    young: BTreeMap<Conversation, Start>,
    old: BTreeMap<Conversation, Start>,
}

impl Flows {
    /// The start of a conversation, if it has been seen.
    pub(super) fn get(&mut self, conversation: &Conversation) -> Option<Start> {
        if let Some(start) = self.young.get(conversation) {
            return Some(*start);
        }
        let start = self.old.remove(conversation)?;
        self.set(*conversation, start);
        Some(start)
    }

    /// Remembers the start of a conversation.
    pub(super) fn set(&mut self, conversation: Conversation, start: Start) {
        if self.young.len() >= REMEMBERED {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(conversation, start);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conversation(ports: u32) -> Conversation {
        Conversation::V4 {
            ports,
            first: [10, 0, 0, 1],
            second: [10, 0, 0, 2],
        }
    }

    #[test]
    fn a_busy_conversation_survives_many_others_and_memory_is_bounded() {
        let mut flows = Flows::default();
        flows.set(
            conversation(0),
            Start {
                first: 7,
                second: 8,
            },
        );
        for ports in 1..200_000 {
            flows.set(
                conversation(ports),
                Start {
                    first: 0,
                    second: 0,
                },
            );
            if ports % 10_000 == 0 {
                assert_eq!(
                    flows.get(&conversation(0)).map(|start| start.first),
                    Some(7)
                );
            }
        }
        assert!(flows.young.len() + flows.old.len() <= 2 * REMEMBERED);
        assert!(flows.get(&conversation(1)).is_none());
    }
}
