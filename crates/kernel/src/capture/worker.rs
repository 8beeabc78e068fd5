//! The thread of a source of a running capture.

use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::eventfd::EventFd;
use packet::{Timestamp, View};
use protocol::capture::SourceEvent;
use protocol::packets::Packets;
use tokio::sync::mpsc;

use super::open::{BLOCK_TIMEOUT_MS, Handle, words};
use super::seen::Seen;

/// Most packets of a batch: so many of the shortest are as many bytes as it may have.
pub(super) const BATCH_PACKETS: usize = 4_096;
/// Most bytes of a batch, but for one packet that is longer.
pub(super) const BATCH_BYTES: usize = 256 << 10;
/// Between two tellings of the counts.
const COUNTS_TIME: Duration = Duration::from_millis(250);
/// How often libpcap is asked whether an interface that went down still exists: it hears of the
/// end of one only by asking (`pcap_wait_for_frames_mmap` of its pcap-linux.c).
const DOWN_TIME: Duration = Duration::from_millis(100);

/// How often it is tried again to hand over what there was no room for.
const HELD_TIME: Duration = Duration::from_millis(2);

/// After how long the kernel has handed over every block that has packets: libpcap's timeout,
/// rounded up to the kernel's ticks, of which there are 100 a second or more.
const BLOCK_TIME: Duration = Duration::from_millis(BLOCK_TIMEOUT_MS as u64 + 10);

/// What a source says.
#[derive(Debug)]
pub(super) enum Taken {
    /// Packets of one source, oldest first; at most 4,096, of 256 KiB together unless it is one.
    Packets(Packets),
    /// How it stands; when it does not run any more, the last.
    Event { source: u16, event: SourceEvent },
}

pub(super) struct Worker {
    source: u16,
    handle: Handle,
    stop: Arc<EventFd>,
    items: mpsc::Sender<Taken>,
    /// What there was no room for yet: a batch that grows, because the kernel's blocks are few, and
    /// one with a single packet is as good as full.
    held: Packets,
    /// Packets that were read from libpcap.
    read: u64,
    kernel: KernelDrops,
    told: SourceEvent,
    told_at: Instant,
    /// Where packets of all interfaces were taken, if that is what it takes.
    seen: Option<Seen>,
    /// Packets were read since the counts were told.
    news: bool,
    /// The interface went down, and may not exist any more.
    down: bool,
}

/// Packets, in batches of no more than [`BATCH_BYTES`] or one packet. Those of a batch lie in one
/// piece of memory, as they are copied once from where the kernel has put them.
#[derive(Default)]
struct Batches(Vec<Packets>);

/// libpcap counts in 32 bits.
#[derive(Default)]
struct KernelDrops {
    last: u32,
    all: u64,
}

/// Why a capture ends.
enum End {
    Stopped,
    Failed(String),
}

impl Worker {
    pub(super) fn new(
        source: u16,
        handle: Handle,
        stop: Arc<EventFd>,
        items: mpsc::Sender<Taken>,
    ) -> Self {
        let seen = Seen::of(&handle);
        Self {
            source,
            handle,
            stop,
            items,
            seen,
            held: Packets::default(),
            read: 0,
            kernel: KernelDrops::default(),
            told: SourceEvent::default(),
            told_at: Instant::now(),
            news: false,
            down: false,
        }
    }

    /// Captures until the end.
    pub(super) fn run(mut self) {
        let End::Failed(error) = self.work() else {
            return self.end(None);
        };
        self.end(Some(error));
    }

    fn work(&mut self) -> End {
        loop {
            match self.wait() {
                Ok(false) => {}
                Ok(true) => return End::Stopped,
                Err(errno) => return End::Failed(errno.desc().to_owned()),
            }
            if let Err(error) = self.take() {
                return End::Failed(words(error));
            }
            if self.news && self.told_at.elapsed() >= COUNTS_TIME {
                self.tell();
            }
            if self.items.is_closed() {
                return End::Stopped;
            }
        }
    }

    /// Waits for packets, or until something else is to be done. Returns whether to stop.
    fn wait(&mut self) -> Result<bool, Errno> {
        let counts = self.news.then(|| self.told_at + COUNTS_TIME);
        let down = self.down.then(|| Instant::now() + DOWN_TIME);
        let held = (!self.held.is_empty()).then(|| Instant::now() + HELD_TIME);
        let due = [counts, down, held].into_iter().flatten().min();
        let timeout = due.map_or(PollTimeout::NONE, |due| {
            let left = due.saturating_duration_since(Instant::now());
            // Rounded up: not to ask again and again within the last one.
            let milliseconds = left.as_micros().div_ceil(1000);
            u16::try_from(milliseconds).unwrap_or(u16::MAX).into()
        });
        let mut wanted = [
            PollFd::new(self.handle.as_fd(), PollFlags::POLLIN),
            PollFd::new(self.stop.as_fd(), PollFlags::POLLIN),
        ];
        match poll(&mut wanted, timeout) {
            Ok(_) => {}
            Err(Errno::EINTR) => return Ok(false),
            Err(errno) => return Err(errno),
        }
        let [packets, stop] = wanted.map(|one| one.revents().unwrap_or(PollFlags::empty()));
        if packets.contains(PollFlags::POLLERR) {
            self.down = true;
        }
        Ok(!stop.is_empty())
    }

    /// Takes what has arrived, some packets at most, and hands it over; returns how many. Waits for
    /// the reader: meanwhile the kernel keeps what comes, for as long as it has room. The kernel
    /// lets packets wait for each other, so there is no need to wait for more.
    fn take(&mut self) -> Result<u64, pcap::Error> {
        let mut batches = Batches::default();
        let source = self.source;
        let seen = &mut self.seen;
        let taken = self.handle.dispatch(Some(BATCH_PACKETS), |packet| {
            let record = View {
                at: timestamp(packet.header),
                length: packet.header.len,
                data: packet.data,
            };
            if let Some(seen) = seen {
                seen.packet(packet.data);
            }
            batches.push(source, record);
        });
        if self
            .seen
            .as_mut()
            .is_some_and(|seen| seen.name(&self.handle))
        {
            self.tell_seen();
        }
        let before = self.read;
        for packets in batches.0 {
            self.read += packets.len() as u64;
            self.news = true;
            self.down = false;
            self.hand_over(packets);
        }
        self.hand_over(Packets::default());
        taken.map(|_| self.read - before)
    }

    /// Hands packets over after those that are held. While there is no room they are held, as many
    /// as make a batch; beyond that it waits for the reader.
    fn hand_over(&mut self, packets: Packets) {
        let fits = self.held.len() + packets.len() <= BATCH_PACKETS
            && self.held.bytes() + packets.bytes() <= BATCH_BYTES;
        if !fits && !self.held.is_empty() {
            let held = Taken::Packets(std::mem::take(&mut self.held));
            // A reader that has gone is seen by the loop.
            let _ = self.items.blocking_send(held);
        }
        match self.held.is_empty() {
            true => self.held = packets,
            false => self.held.append(&packets),
        }
        if self.held.is_empty() {
            return;
        }
        let held = Taken::Packets(std::mem::take(&mut self.held));
        if let Err(mpsc::error::TrySendError::Full(Taken::Packets(held))) =
            self.items.try_send(held)
        {
            self.held = held;
        }
    }

    /// Takes what came before the end: it is in blocks that the kernel has or has yet to hand over.
    fn take_rest(&mut self) {
        let end = Instant::now() + BLOCK_TIME;
        // What comes from now on does not count: it could go on for ever.
        let mut left = self.pending();
        while left > 0 {
            let time = end.saturating_duration_since(Instant::now());
            let milliseconds = u16::try_from(time.as_micros().div_ceil(1000)).unwrap_or(u16::MAX);
            let mut wanted = [PollFd::new(self.handle.as_fd(), PollFlags::POLLIN)];
            let ready = poll(&mut wanted, PollTimeout::from(milliseconds));
            let Ok(taken) = self.take() else { return };
            let is_over = time.is_zero() && taken == 0;
            if is_over || ready.is_err() || self.items.is_closed() {
                return;
            }
            left = left.saturating_sub(taken);
        }
    }

    /// How many packets the kernel has counted that have not been read.
    fn pending(&mut self) -> u64 {
        self.handle.stats().map_or(0, |stats| {
            let passed = stats.received.wrapping_sub(stats.dropped);
            u64::from(passed.wrapping_sub((self.read & u64::from(u32::MAX)) as u32))
        })
    }

    /// Tells the counts, if they have changed and there is room.
    fn tell(&mut self) {
        let event = self.event();
        self.told_at = Instant::now();
        let said = Taken::Event {
            source: self.source,
            event: event.clone(),
        };
        if event == self.told || self.items.try_send(said).is_ok() {
            self.told = event;
            self.news = false;
        }
    }

    /// Tells of new interfaces before their packets.
    fn tell_seen(&mut self) {
        let said = Taken::Event {
            source: self.source,
            event: self.event(),
        };
        // A reader that has gone is seen by the loop.
        let _ = self.items.blocking_send(said);
    }

    fn event(&mut self) -> SourceEvent {
        if let Ok(stats) = self.handle.stats() {
            self.kernel.now(stats.dropped);
        }
        SourceEvent {
            received: self.read + self.kernel.all,
            dropped: self.kernel.all,
            running: true,
            error: None,
            seen: (self.seen.as_ref()).map_or_else(Vec::new, |seen| seen.interfaces.clone()),
        }
    }

    /// The end: first of the packet socket, then, for as long as the reader takes, of the words.
    fn end(mut self, error: Option<String>) {
        if error.is_none() {
            self.take_rest();
        }
        let event = SourceEvent {
            running: false,
            error,
            ..self.event()
        };
        drop(self.handle);
        if !self.held.is_empty() {
            let _ = self.items.blocking_send(Taken::Packets(self.held));
        }
        let source = self.source;
        // A reader that has gone need not know.
        let _ = self.items.blocking_send(Taken::Event { source, event });
    }
}

impl Batches {
    fn push(&mut self, source: u16, record: View<'_>) {
        let Self(batches) = self;
        if let Some(batch) = batches.last_mut()
            && batch.bytes() + record.data.len() <= BATCH_BYTES
        {
            return batch.push(source, record);
        }
        let mut batch = Packets::default();
        batch.push(source, record);
        batches.push(batch);
    }
}

impl KernelDrops {
    fn now(&mut self, count: u32) {
        self.all += u64::from(count.wrapping_sub(self.last));
        self.last = count;
    }
}

/// The handle was asked for nanoseconds: they stand where microseconds would.
fn timestamp(header: &pcap::PacketHeader) -> Timestamp {
    Timestamp::new(
        u64::try_from(header.ts.tv_sec).unwrap_or_default(),
        u32::try_from(header.ts.tv_usec).unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drops_are_counted_beyond_32_bits() {
        let mut drops = KernelDrops::default();
        for count in [5, 5, u32::MAX, 4] {
            drops.now(count);
        }
        assert_eq!(drops.all, u64::from(u32::MAX) + 5);
    }

    #[test]
    fn batches_are_bounded_by_bytes() {
        let lengths = |sizes: &[usize]| {
            let mut batches = Batches::default();
            for size in sizes {
                let record = View {
                    at: Timestamp(0),
                    length: 0,
                    data: &vec![0; *size],
                };
                batches.push(0, record);
            }
            batches.0.iter().map(Packets::len).collect::<Vec<_>>()
        };
        const MOST: usize = BATCH_BYTES;
        assert!(lengths(&[]).is_empty());
        assert_eq!(lengths(&[60; BATCH_PACKETS]), [BATCH_PACKETS]);
        assert_eq!(
            lengths(&[MOST / 2, MOST / 2, 1, 1, MOST, MOST + 1, 1]),
            [2, 2, 1, 1, 1]
        );
    }
}
