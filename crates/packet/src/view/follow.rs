//! Following the conversation of a packet.

use crate::conversation::{End, Key};
use crate::follow::{Follow, Piece};

use super::viewer::Viewer;

/// The most bytes that are put together.
const MOST: usize = 4 << 20;

/// A conversation.
#[derive(Clone, Debug)]
pub struct Followed {
    /// Is it TCP? If not, it is UDP.
    pub tcp: bool,
    /// Which of its protocol, as `tcp.stream` and `udp.stream` say.
    pub stream: u32,
    /// The end that was seen first, and the other.
    pub ends: [End; 2],
    /// What was said, in order; the records are numbers of packets.
    pub pieces: Vec<Piece>,
    /// Was so much said that the rest was left out?
    pub is_full: bool,
}

impl Followed {
    /// The display filter that shows its packets.
    #[must_use]
    pub fn filter(&self) -> String {
        let protocol = if self.tcp { "tcp" } else { "udp" };
        format!("{protocol}.stream eq {}", self.stream)
    }
}

impl Viewer {
    /// The conversation of a packet, if it is of TCP or UDP and was worked at.
    #[must_use]
    pub fn follow(&self, number: u64) -> Option<Followed> {
        let entry = self.store.get(number)?;
        let stream = entry.place?.stream;
        let (key, _) = Key::of(entry.link, entry.view)?;
        let mut follow = Follow::new(key, MOST);
        for number in self.store.numbers() {
            let Some(head) = self.store.head(number) else {
                continue;
            };
            // The numbers of streams of TCP and UDP overlap: the key decides. A later sighting says nothing new.
            let later = self.one_row() && head.back > 0;
            if later || head.place.is_none_or(|place| place.stream != stream) {
                continue;
            }
            if let Some(entry) = self.store.get(number) {
                follow.push(entry.link, entry.view, number);
            }
        }
        let ends = follow.ends()?;
        let is_full = follow.is_full();
        Some(Followed {
            tcp: key.tcp,
            stream,
            ends,
            pieces: follow.finish(),
            is_full,
        })
    }
}
