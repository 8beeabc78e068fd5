//! What a filter has to know of a packet besides its bytes.

use super::compile::{Source, Test};
use crate::tree::Field;

/// Fields whose values follow from the conversation that a packet is in, and its place there.
const OF_CONVERSATIONS: [&str; 5] = [
    "tcp.stream",
    "udp.stream",
    "tcp.seq",
    "tcp.nxtseq",
    "tcp.ack",
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
    use crate::filter::Filter;
    use crate::tree::field_named;

    use super::OF_CONVERSATIONS;

    #[test]
    fn wherever_it_stands_a_conversation_is_asked_for() {
        for name in OF_CONVERSATIONS {
            assert!(field_named(name).is_some(), "{name}");
        }
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
