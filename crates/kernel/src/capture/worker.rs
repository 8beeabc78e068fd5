//! The thread of a running capture.

use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::eventfd::EventFd;
use packet::{Record, Timestamp};
use tokio::sync::mpsc;

use super::open::{Handle, words};
use super::{CaptureItem, Counts};

/// A batch goes at the latest this long after its first packet was read.
const BATCH_TIME: Duration = Duration::from_millis(20);
/// A batch goes when it has so many packets.
const BATCH_PACKETS: usize = 512;
/// A batch goes when its packets have so many bytes.
const BATCH_BYTES: usize = 256 << 10;
/// Between two tellings of the counts.
const COUNTS_TIME: Duration = Duration::from_millis(250);
/// How often libpcap is asked whether an interface that went down still exists: it hears of the
/// end of one only by asking (`pcap_wait_for_frames_mmap` of its pcap-linux.c).
const DOWN_TIME: Duration = Duration::from_millis(100);

pub(super) struct Worker {
    handle: Handle,
    stop: Arc<EventFd>,
    items: mpsc::Sender<CaptureItem>,
    batch: Batch,
    /// Packets that were read from libpcap.
    read: u64,
    /// Packets that the reader had no room for.
    refused: u64,
    kernel: KernelDrops,
    told: Counts,
    told_at: Instant,
    /// Packets were read since the counts were told.
    news: bool,
    /// The interface went down, and may not exist any more.
    down: bool,
}

#[derive(Default)]
struct Batch {
    records: Vec<Record>,
    bytes: usize,
    begun: Option<Instant>,
}

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
        handle: Handle,
        stop: Arc<EventFd>,
        items: mpsc::Sender<CaptureItem>,
    ) -> Self {
        Self {
            handle,
            stop,
            items,
            batch: Batch::default(),
            read: 0,
            refused: 0,
            kernel: KernelDrops::default(),
            told: Counts::default(),
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
            if self.batch.due().is_some_and(|due| due <= Instant::now()) {
                self.flush();
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
        let due = [self.batch.due(), counts, down].into_iter().flatten().min();
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

    /// Takes what has arrived, one batch at most.
    fn take(&mut self) -> Result<(), pcap::Error> {
        let room = BATCH_PACKETS
            .saturating_sub(self.batch.records.len())
            .max(1);
        let batch = &mut self.batch;
        let taken = self.handle.dispatch(Some(room), |packet| {
            batch.push(Record {
                at: timestamp(packet.header),
                length: packet.header.len,
                data: packet.data.to_vec(),
            });
        })?;
        if taken > 0 {
            self.read += taken as u64;
            self.news = true;
            self.down = false;
        }
        if self.batch.is_full() {
            self.flush();
        }
        Ok(())
    }

    /// Hands the batch over, or counts it as lost if there is no room for it.
    fn flush(&mut self) {
        let batch = std::mem::take(&mut self.batch);
        let count = batch.records.len() as u64;
        if count > 0
            && self
                .items
                .try_send(CaptureItem::Packets(batch.records))
                .is_err()
        {
            self.refused += count;
        }
    }

    /// Tells the counts, if they have changed and there is room.
    fn tell(&mut self) {
        let counts = self.counts();
        self.told_at = Instant::now();
        if counts == self.told || self.items.try_send(CaptureItem::Counts(counts)).is_ok() {
            self.told = counts;
            self.news = false;
        }
    }

    fn counts(&mut self) -> Counts {
        if let Ok(stats) = self.handle.stats() {
            self.kernel.now(stats.dropped);
        }
        Counts {
            received: self.read + self.kernel.all,
            dropped: self.kernel.all + self.refused,
        }
    }

    /// The end: first of the packet socket, then, for as long as the reader takes, of the words.
    fn end(mut self, error: Option<String>) {
        // What came before the end belongs to it.
        let _ = self.take();
        self.flush();
        let counts = self.counts();
        drop(self.handle);
        // A reader that has gone need not know.
        let _ = self.items.blocking_send(CaptureItem::Counts(counts));
        let _ = self.items.blocking_send(CaptureItem::Ended(error));
    }
}

impl Batch {
    fn push(&mut self, record: Record) {
        self.begun.get_or_insert_with(Instant::now);
        self.bytes += record.data.len();
        self.records.push(record);
    }

    fn is_full(&self) -> bool {
        self.records.len() >= BATCH_PACKETS || self.bytes >= BATCH_BYTES
    }

    fn due(&self) -> Option<Instant> {
        self.begun.map(|begun| begun + BATCH_TIME)
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
    fn a_batch_is_full_by_packets_or_bytes() {
        let record = |bytes| Record {
            at: Timestamp(0),
            length: 0,
            data: vec![0; bytes],
        };
        let mut small = Batch::default();
        assert!(small.due().is_none());
        for _ in 1..BATCH_PACKETS {
            small.push(record(60));
        }
        assert!(!small.is_full() && small.due().is_some());
        small.push(record(60));
        assert!(small.is_full());
        let mut large = Batch::default();
        large.push(record(BATCH_BYTES));
        assert!(large.is_full());
    }
}
