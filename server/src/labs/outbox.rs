//! What waits to be sent to one browser: bounded, and cut off when it overflows.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Bytes;
use axum::extract::ws::{Message, Utf8Bytes};
use tokio::sync::{mpsc, watch};

use super::limits::{OUTBOX_BYTES, OUTBOX_MESSAGES, OUTBOX_ROOM_FOR_PACKETS};

/// A frame for a browser; clones share their bytes.
#[derive(Clone, Debug, PartialEq)]
pub enum Frame {
    /// JSON.
    Text(Utf8Bytes),
    /// Packets.
    Binary(Bytes),
}

impl Frame {
    fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
        }
    }
}

impl From<Frame> for Message {
    fn from(frame: Frame) -> Self {
        match frame {
            Frame::Text(text) => Self::Text(text),
            Frame::Binary(bytes) => Self::Binary(bytes),
        }
    }
}

/// Why a socket is closed by the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// WebSocket close code (RFC 6455, 7.4).
    pub code: u16,
    /// For a person; at most 123 bytes are sent.
    pub reason: String,
}

impl Cut {
    /// A close code and its reason.
    pub fn new(code: u16, reason: impl Into<String>) -> Self {
        Self {
            code,
            reason: reason.into(),
        }
    }

    /// "Try again later" (1013): the browser did not keep up and starts over.
    pub fn lagging() -> Self {
        Self::new(1013, "lagging: too much waits to be sent; connect again")
    }
}

/// The lab's end of a browser's queue. When it is dropped, the socket is closed.
#[derive(Debug)]
pub struct Outbox {
    frames: mpsc::Sender<Queued>,
    waiting: Arc<AtomicUsize>,
    cut: watch::Sender<Option<Cut>>,
}

/// The socket's end of a browser's queue.
#[derive(Debug)]
pub struct OutboxReader {
    frames: mpsc::Receiver<Queued>,
    waiting: Arc<AtomicUsize>,
    cut: watch::Receiver<Option<Cut>>,
    /// What the frame that was given out last counts.
    given: usize,
}

#[derive(Debug)]
struct Queued {
    frame: Frame,
    /// Bytes that it counts as.
    counted: usize,
}

/// More waits for a browser than may.
#[derive(Debug, PartialEq, Eq)]
pub struct Lagging;

/// Both ends of a new queue.
pub fn outbox() -> (Outbox, OutboxReader) {
    let (sender, receiver) = mpsc::channel(OUTBOX_MESSAGES);
    let waiting = Arc::new(AtomicUsize::new(0));
    let (cut, cut_seen) = watch::channel(None);
    let reader = OutboxReader {
        frames: receiver,
        waiting: Arc::clone(&waiting),
        cut: cut_seen,
        given: 0,
    };
    (
        Outbox {
            frames: sender,
            waiting,
            cut,
        },
        reader,
    )
}

impl Outbox {
    /// Queues a frame.
    pub fn send(&self, frame: Frame) -> Result<(), Lagging> {
        let counted = frame.len();
        // A single frame larger than the bound still goes to somebody who is up to date.
        let waiting = self.waiting.load(Ordering::Relaxed);
        if waiting > 0 && waiting.saturating_add(counted) > OUTBOX_BYTES {
            return Err(Lagging);
        }
        self.queue(Queued { frame, counted })
    }

    /// Queues the welcome, which is as large as the lab: it counts as nothing, so that the changes
    /// that follow have all the room.
    pub fn send_welcome(&self, frame: Frame) -> Result<(), Lagging> {
        self.queue(Queued { frame, counted: 0 })
    }

    fn queue(&self, queued: Queued) -> Result<(), Lagging> {
        let counted = queued.counted;
        self.waiting.fetch_add(counted, Ordering::Relaxed);
        self.frames.try_send(queued).map_err(|_| {
            self.waiting.fetch_sub(counted, Ordering::Relaxed);
            Lagging
        })
    }

    /// Whether packets may be queued: they are left out rather than the browser cut off.
    pub fn has_room_for_packets(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) < OUTBOX_ROOM_FOR_PACKETS
            && self.frames.capacity() > OUTBOX_MESSAGES / 2
    }

    /// Whether the socket's end has gone.
    pub fn is_closed(&self) -> bool {
        self.frames.is_closed()
    }

    /// Closes the socket, without what still waits.
    pub fn cut(&self, cut: Cut) {
        self.cut.send_replace(Some(cut));
    }
}

impl OutboxReader {
    /// The next frame to send, or why the socket is to be closed. The frame before counts as sent.
    pub async fn next(&mut self) -> Result<Frame, Cut> {
        self.waiting
            .fetch_sub(std::mem::take(&mut self.given), Ordering::Relaxed);
        let queued = tokio::select! {
            biased;
            cut = cut_of(&mut self.cut) => return Err(cut),
            queued = self.frames.recv() => queued,
        };
        match queued {
            Some(Queued { frame, counted }) => {
                self.given = counted;
                Ok(frame)
            }
            None => Err(Cut::new(1011, "the lab's task has ended; connect again")),
        }
    }

    /// To wait for the end while a frame is being sent.
    pub fn watch(&self) -> CutWatch {
        CutWatch(self.cut.clone())
    }
}

/// Waits for a cut apart from the queue.
#[derive(Clone, Debug)]
pub struct CutWatch(watch::Receiver<Option<Cut>>);

impl CutWatch {
    /// Waits until the socket is to be closed.
    pub async fn cut(&mut self) -> Cut {
        cut_of(&mut self.0).await
    }
}

async fn cut_of(cut: &mut watch::Receiver<Option<Cut>>) -> Cut {
    let seen = cut
        .wait_for(Option::is_some)
        .await
        .ok()
        .and_then(|cut| cut.clone());
    match seen {
        Some(cut) => cut,
        // The lab's end has gone without a word: the queue says so once it is empty.
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn text(length: usize) -> Frame {
        Frame::Text("x".repeat(length).into())
    }

    #[tokio::test]
    async fn bounds_what_waits_by_bytes_and_by_number() {
        let (outbox, mut reader) = outbox();
        outbox.send_welcome(text(2 * OUTBOX_BYTES)).unwrap();
        outbox.send(text(OUTBOX_BYTES)).unwrap();
        assert_eq!(outbox.send(text(1)), Err(Lagging));
        assert!(!outbox.has_room_for_packets());
        // The welcome does not make room, for it never took any.
        reader.next().await.unwrap();
        reader.next().await.unwrap();
        assert_eq!(outbox.send(text(1)), Err(Lagging));
        // Only what was sent does: asking for the next says so.
        let waits = tokio::time::timeout(std::time::Duration::from_millis(10), reader.next());
        assert!(waits.await.is_err());
        assert!(outbox.has_room_for_packets());
        for _ in 0..OUTBOX_MESSAGES {
            outbox.send(text(1)).unwrap();
        }
        assert_eq!(outbox.send(text(1)), Err(Lagging));
    }

    #[tokio::test]
    async fn a_cut_comes_before_what_waits() {
        let (outbox, mut reader) = outbox();
        outbox.send(text(1)).unwrap();
        outbox.cut(Cut::lagging());
        drop(outbox);
        assert_eq!(reader.next().await.unwrap_err().code, 1013);
    }

    #[tokio::test]
    async fn a_lab_that_fails_closes_the_socket() {
        let (outbox, mut reader) = outbox();
        outbox.send(text(1)).unwrap();
        drop(outbox);
        reader.next().await.unwrap();
        assert_eq!(reader.next().await.unwrap_err().code, 1011);
    }
}
