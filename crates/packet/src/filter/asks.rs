//! What a filter has to know of a packet besides its bytes.

use super::compile::{Source, Test};
use crate::tree::Field;

/// Fields whose values follow from the conversation that a packet is in, and its place there.
const OF_CONVERSATIONS: [&str; 7] = [
    "tcp.stream",
    "udp.stream",
    "tcp.seq",
    "tcp.nxtseq",
    "tcp.ack",
    "tcp.options.sack_le",
    "tcp.options.sack_re",
];

impl Test {
    /// Does its outcome depend on conversations?
    pub(super) fn asks_for_conversations(&self) -> bool {
        match self {
            Self::Or(tests) | Self::And(tests) => tests.iter().any(Self::asks_for_conversations),
            Self::Xor(left, right) => {
                left.asks_for_conversations() || right.asks_for_conversations()
            }
            Self::Not(test) => test.asks_for_conversations(),
            Self::Exists(source)
            | Self::Compare { source, .. }
            | Self::Contains { source, .. }
            | Self::Matches { source, .. }
            | Self::In { source, .. } => source.asks_for_conversations(),
            Self::Fields { left, right, .. } => {
                left.asks_for_conversations() || right.asks_for_conversations()
            }
        }
    }
}

impl Source {
    fn asks_for_conversations(&self) -> bool {
        let asks = |field: &&'static Field| OF_CONVERSATIONS.contains(&field.name);
        self.fields.iter().any(asks)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeSet;

    use super::OF_CONVERSATIONS;
    use crate::conversation::Place;
    use crate::filter::Filter;
    use crate::tree::{Context, dissect};
    use crate::{LinkType, Record, Timestamp};

    /// An IPv4 packet of a protocol, without checksums.
    fn packet(protocol: u8, payload: &[u8]) -> Record {
        let length = (20 + payload.len()) as u8;
        let header = [
            0x45, 0, 0, length, 0, 1, 0, 0, 64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
        ];
        Record {
            at: Timestamp(0),
            length: length.into(),
            data: [&header, payload].concat(),
        }
    }

    /// They are those that the tree shows otherwise when a conversation is known, and no others.
    #[test]
    fn the_fields_are_those_that_change_with_the_conversation() {
        // Ports 1 and 2, sequence 500, acknowledgment 600, 8 words, ACK; a selective acknowledgment of 700 to 800
        // between two that fill up; a byte.
        let tcp = [
            0, 1, 0, 2, 0, 0, 1, 244, 0, 0, 2, 88, 0x80, 0x10, 1, 0, 0, 0, 0, 0, 1, 1, 5, 10, 0, 0,
            2, 188, 0, 0, 3, 32, 7,
        ];
        let udp = [0, 1, 0, 2, 0, 9, 0, 0, 7];
        let known = Context {
            stream: Some(Place {
                stream: 3,
                sequence: 100,
                acknowledgment: 200,
            }),
            ..Context::default()
        };
        let mut changed = BTreeSet::new();
        for packet in [packet(6, &tcp), packet(17, &udp)] {
            let values = |context: &Context<'_>| {
                let tree = dissect(LinkType::RawIp, &packet, context);
                let all = tree.nodes.into_iter();
                all.map(|node| (node.field.name, format!("{:?}", node.value)))
                    .collect::<BTreeSet<_>>()
            };
            let (with, without) = (values(&known), values(&Context::default()));
            changed.extend(with.symmetric_difference(&without).map(|(name, _)| *name));
        }
        assert_eq!(changed, BTreeSet::from(OF_CONVERSATIONS));
    }

    #[test]
    fn wherever_it_stands_a_conversation_is_asked_for() {
        for (text, asks) in [
            ("", false),
            ("udp", false),
            ("tcp.seq_raw == 3 and not tcp.port in {80, 443}", false),
            ("tcp.stream", true),
            ("udp or not (ip and tcp.seq == 1)", true),
            ("tcp.len == tcp.ack", true),
            ("udp.stream in {1..3} xor arp", true),
        ] {
            let filter = Filter::new(text).unwrap();
            assert_eq!(filter.asks_for_conversations(), asks, "{text}");
        }
    }
}
