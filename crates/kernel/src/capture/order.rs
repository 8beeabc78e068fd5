//! One order in time over the sources of a capture.
//!
//! The kernel stamps each packet as it passes, and hands it over some milliseconds later, each
//! source on its own. So a packet of one source waits a while ([`WINDOW`]) for earlier ones of the
//! others, or until all of them have come to its stamp. One that is later than that is not lost, but
//! stands after what is younger. A capture of one source does not wait.

use std::collections::VecDeque;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use packet::Timestamp;
use protocol::capture::SourceEvent;
use protocol::packets::Packets;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::CaptureItem;
use super::pending::Pending;
use super::worker::Taken;

/// How long a packet waits for earlier ones of other sources, counted from its stamp: the time
/// after which the kernel hands over a block (4 ms, which are up to 8 at 250 ticks a second), and
/// twice as much for threads to be woken on a busy machine.
pub const WINDOW: Duration = Duration::from_millis(16);

/// Between two looks at what has waited long enough: sorting costs less when it is of many.
const LOOK: Duration = Duration::from_millis(4);

/// Stamps of one source may be so much out of order: two processors give the same socket packets,
/// and what they stamp they put there a while later.
const SLACK: Duration = Duration::from_micros(200);

/// After so long without one that is old enough all are given out: the clock was set back.
const STUCK: Duration = Duration::from_millis(200);

/// Between two tellings of how the sources stand.
const EVENTS_TIME: Duration = Duration::from_millis(250);

/// What comes from a capture. When it is dropped, the capture ends.
#[derive(Debug)]
pub struct CaptureItems {
    taken: mpsc::Receiver<Taken>,
    sources: Vec<SourceEvent>,
    /// When the sources were told last.
    told: Instant,
    /// Whether they are to be told since.
    untold: bool,
    pending: Pending,
    /// When it was looked last at what waits.
    looked: Instant,
    /// What is to be given out next.
    ready: VecDeque<CaptureItem>,
    ended: bool,
}

impl CaptureItems {
    pub(super) fn new(taken: mpsc::Receiver<Taken>, sources: usize) -> Self {
        let running = SourceEvent {
            running: true,
            ..SourceEvent::default()
        };
        let now = Instant::now();
        Self {
            taken,
            sources: vec![running; sources],
            told: now,
            untold: false,
            pending: Pending::new(sources),
            looked: now,
            ready: VecDeque::new(),
            ended: false,
        }
    }

    /// The next item; `None` after the last. Nothing is lost when it is not waited for to the end.
    pub async fn next(&mut self) -> Option<CaptureItem> {
        loop {
            if let item @ Some(_) = self.ready.pop_front() {
                return item;
            }
            if self.ended {
                return None;
            }
            let looks = (!self.pending.is_empty()).then(|| self.looked + LOOK);
            let tells = self.untold.then(|| self.told + EVENTS_TIME);
            let due = [looks, tells].into_iter().flatten().min();
            let taken = match due {
                Some(due) if due <= Instant::now() => None,
                Some(due) => tokio::time::timeout_at(due, self.taken.recv()).await.ok(),
                None => Some(self.taken.recv().await),
            };
            match taken {
                Some(Some(Taken::Packets(packets))) => self.packets(packets),
                Some(Some(Taken::Event { source, event })) => self.event(source, event),
                // A thread has ended without a word.
                Some(None) => self.end(),
                None => self.look(),
            }
        }
    }

    fn packets(&mut self, packets: Packets) {
        if self.sources.len() == 1 {
            return self.ready.push_back(CaptureItem::Packets(packets));
        }
        if self.pending.is_empty() {
            // Looks a while from now, so that more are sorted at once.
            self.looked = Instant::now();
        }
        self.pending.add(packets);
        if self.pending.is_too_much() {
            self.give(self.pending.len() / 2);
        }
    }

    fn event(&mut self, source: u16, event: SourceEvent) {
        let mut at_once = !event.running;
        if let Some(known) = self.sources.get_mut(usize::from(source)) {
            // What is seen on a new interface has its name before it.
            at_once |= known.seen.len() != event.seen.len();
            *known = event;
        }
        self.untold = true;
        if !self.sources.iter().any(|source| source.running) {
            self.end();
        } else if at_once {
            self.tell();
        }
    }

    /// What the time has come for.
    fn look(&mut self) {
        let now = Instant::now();
        self.looked = now;
        if !self.pending.is_empty() {
            let runs = |source: usize| self.sources.get(source).is_some_and(|it| it.running);
            let all_have = self.pending.all_have(runs).0;
            let passed = all_have.saturating_sub(SLACK.as_nanos() as u64);
            let at = Timestamp(now_less(WINDOW).max(passed));
            let old_enough = self.pending.until(at);
            let is_stuck = old_enough == 0 && self.pending.moved + STUCK <= now;
            self.give(if is_stuck { usize::MAX } else { old_enough });
        }
        if self.untold && self.told + EVENTS_TIME <= now {
            self.tell();
        }
    }

    fn give(&mut self, count: usize) {
        let pieces = self.pending.take(count);
        self.ready
            .extend(pieces.into_iter().map(CaptureItem::Packets));
    }

    fn tell(&mut self) {
        (self.told, self.untold) = (Instant::now(), false);
        let sources = self.sources.clone();
        self.ready.push_back(CaptureItem::Sources(sources));
    }

    /// Nothing comes any more.
    fn end(&mut self) {
        for source in &mut self.sources {
            source.running = false;
        }
        self.give(usize::MAX);
        self.tell();
        self.ended = true;
    }
}

/// The moment that long ago, nanoseconds since the Unix epoch: stamps are of that clock.
fn now_less(time: Duration) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let then = now.unwrap_or_default().saturating_sub(time);
    u64::try_from(then.as_nanos()).unwrap_or(u64::MAX)
}
