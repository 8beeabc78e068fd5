//! How packets and their counts go out: batched, so that a fast capture does not drown a browser.

use std::collections::BTreeMap;

use axum::body::Bytes;
use protocol::binary::Binary;
use protocol::capture::CaptureId;
use tokio::time::Instant;

use super::Lab;
use super::captures::{Capture, Cursor};
use crate::labs::limits::{BATCH_INTERVAL, COUNT_INTERVAL};
use crate::labs::outbox::Frame;
use crate::labs::ring::Ring;

/// When packets and counts go out next.
#[derive(Default)]
pub(super) struct Flush {
    packets: Option<Instant>,
    counts: Option<Instant>,
    last_packets: Option<Instant>,
}

impl Flush {
    /// When something is to be sent.
    pub(super) fn due(&self) -> Option<Instant> {
        match (self.packets, self.counts) {
            (Some(packets), Some(counts)) => Some(packets.min(counts)),
            (packets, counts) => packets.or(counts),
        }
    }

    /// There are packets to send: at once, if none were sent lately.
    pub(super) fn packets_wait(&mut self) {
        let earliest = self
            .last_packets
            .map_or_else(Instant::now, |last| last + BATCH_INTERVAL);
        self.packets.get_or_insert(earliest);
    }

    pub(super) fn counts_wait(&mut self) {
        self.counts
            .get_or_insert_with(|| Instant::now() + COUNT_INTERVAL);
    }
}

impl Lab {
    /// Sends what is due: to each browser at most one frame of each capture, so that a slow one
    /// gets fewer packets and not more memory.
    pub(super) fn flush_captures(&mut self) {
        let now = Instant::now();
        if self.flush.counts.is_some_and(|due| due <= now) {
            self.flush.counts = None;
            for id in self.captures.keys().copied().collect::<Vec<_>>() {
                if self.tell_counts(id) {
                    self.flush.counts_wait();
                }
            }
        }
        if self.flush.packets.is_some_and(|due| due <= now) {
            self.flush.packets = None;
            self.flush.last_packets = Some(now);
            if self.send_batches() {
                self.flush.packets_wait();
            }
        }
    }

    /// Says whether somebody has not got everything yet.
    fn send_batches(&mut self) -> bool {
        let mut behind = false;
        // Those who are equally far share one encoded frame.
        let mut encoded: BTreeMap<(CaptureId, Place), Encoded> = BTreeMap::new();
        for client in self.clients.values_mut() {
            for (&id, capture) in self
                .captures
                .iter()
                .filter(|(_, capture)| capture.announced)
            {
                let cursor = client.cursors.entry(id).or_default();
                let Some(from) = cursor.due(&capture.ring) else {
                    continue;
                };
                if !client.outbox.has_room_for_packets() {
                    behind = true;
                    continue;
                }
                let frame = encoded.get(&(id, from)).cloned().or_else(|| {
                    let made = encode(capture, from)?;
                    encoded.insert((id, from), made.clone());
                    Some(made)
                });
                let Some(Encoded { bytes, first, next }) = frame else {
                    continue;
                };
                // No room after all: the cursor stays, and it is tried again.
                if client.outbox.send(Frame::Binary(bytes)).is_ok() {
                    let missed = cursor.sent(from, first, next);
                    if missed > 0 {
                        self.flush.counts_wait();
                    }
                }
                behind |= cursor.due(&capture.ring).is_some();
            }
        }
        behind
    }
}

/// Which packets a frame is of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// From this number on.
    Next(u64),
    /// The newest before this number.
    Before(u64),
}

impl Cursor {
    /// What is to be sent next; new packets and those before in turn, so that neither waits for the
    /// other.
    fn due(&self, ring: &Ring) -> Option<Place> {
        let next = (self.next < ring.end()).then_some(Place::Next(self.next));
        let before = (self.before > ring.first()).then_some(Place::Before(self.before));
        if self.sent_new {
            before.or(next)
        } else {
            next.or(before)
        }
    }

    /// A frame was sent, of the packets `first` to before `next`; how many were missed before them.
    fn sent(&mut self, from: Place, first: u64, next: u64) -> u64 {
        self.sent_new = matches!(from, Place::Next(_));
        match from {
            Place::Next(wanted) => {
                let missed = first.saturating_sub(wanted);
                self.missed += missed;
                self.untold |= missed > 0;
                self.next = next;
                missed
            }
            // What the ring has overwritten of them was there before this browser was.
            Place::Before(_) => {
                self.before = first;
                0
            }
        }
    }
}

/// A frame of packets.
#[derive(Clone)]
struct Encoded {
    bytes: Bytes,
    /// The number of its first packet.
    first: u64,
    /// The number of the packet after it.
    next: u64,
}

/// One frame of those packets.
fn encode(capture: &Capture, from: Place) -> Option<Encoded> {
    let (ring, id) = (&capture.ring, capture.info.id);
    let batch = match from {
        Place::Next(from) => ring.batch(id, from),
        Place::Before(before) => ring.batch_before(id, before),
    }?;
    let (first, next) = (batch.first, batch.first + batch.records.len() as u64);
    match Binary::Packets(batch).encode() {
        Ok(bytes) => Some(Encoded {
            bytes: Bytes::from(bytes),
            first,
            next,
        }),
        Err(error) => {
            tracing::error!(%error, "packets cannot be encoded");
            None
        }
    }
}
