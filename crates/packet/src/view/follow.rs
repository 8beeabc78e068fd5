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
    /// Which of its protocol, as `tcp.stream` and `udp.stream` say; `None` while older packets are still to come, from
    /// which they are counted.
    pub stream: Option<u32>,
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
        if let Some(stream) = self.stream {
            return format!("{protocol}.stream eq {stream}");
        }
        let [first, second] = self.ends;
        let internet = if first.address.is_ipv4() {
            "ip"
        } else {
            "ipv6"
        };
        format!(
            "{internet}.addr eq {} and {internet}.addr eq {} and {protocol}.port eq {} and {protocol}.port eq {}",
            first.address, second.address, first.port, second.port
        )
    }
}

impl Viewer {
    /// The conversation of a packet, if it is of TCP or UDP, as far as its packets are here.
    #[must_use]
    pub fn follow(&self, number: u64) -> Option<Followed> {
        let entry = self.store.get(number)?;
        let stream = entry.place.map(|place| place.stream);
        let (key, _) = Key::of(entry.link, entry.view)?;
        let mut follow = Follow::new(key, MOST);
        for number in self.store.numbers() {
            let Some(head) = self.store.head(number) else {
                continue;
            };
            // The numbers of streams of TCP and UDP overlap: the key decides. A later sighting says nothing new.
            let later = self.one_row() && head.back > 0;
            let is_another = match (head.place, stream) {
                (Some(place), Some(stream)) => place.stream != stream,
                (None, _) => number < self.streams.next(),
                (Some(_), None) => false,
            };
            if later || is_another {
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
