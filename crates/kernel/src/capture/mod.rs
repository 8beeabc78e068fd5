//! Captures: packets taken from an interface by libpcap.
//!
//! A capture has a thread of its own ([`worker`]), for libpcap blocks and the end of a packet
//! socket takes the kernel about 15 ms. What it takes goes through a bounded channel: when the
//! reader is slow, packets are dropped and counted, and neither the kernel nor the memory waits.

mod filter;
mod open;
mod worker;

use std::sync::Arc;
use std::thread;

use nix::sys::eventfd::{EfdFlags, EventFd};
use packet::{LinkType, Record};
use tokio::sync::mpsc;

use crate::error::{Context, Error, Result};
use crate::namespace::Namespace;
pub use filter::MAX_FILTER;
use open::Refused;
use worker::Worker;

/// Items that wait for a reader: with the batches at their largest, about 8 MiB.
const MOST_WAITING: usize = 32;

/// How a capture is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptureOptions {
    /// Most bytes of a packet that are taken.
    pub snaplen: u32,
    /// Bytes of the kernel's buffer: what can arrive while the capture's thread does not run.
    pub buffer: u32,
    /// Whether also to take what is for another link-layer address.
    pub promiscuous: bool,
}

impl Default for CaptureOptions {
    /// Whole packets, as `tcpdump` takes them: 262,144 bytes are more than any packet has, also
    /// one that is cut into segments only later (GSO). The kernel's blocks hold packets of any
    /// length one after the other, so short ones take no more room for it. 4 MiB are some 30,000
    /// small packets.
    fn default() -> Self {
        Self {
            snaplen: 262_144,
            buffer: 4 << 20,
            promiscuous: true,
        }
    }
}

/// What comes from a capture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaptureItem {
    /// Packets, oldest first; about 10 ms old, at most 512, of 256 KiB together unless it is one.
    Packets(Vec<Record>),
    /// How many there were until now; at most four times a second, and once at the end.
    Counts(Counts),
    /// The capture has ended: the last item. Why, if not because it was stopped.
    Ended(Option<String>),
}

/// How many packets there were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Passed the filter.
    pub received: u64,
    /// Of these, lost: for lack of room in the kernel's buffer, or because the reader was slow.
    pub dropped: u64,
}

/// A capture that runs. Dropping it stops it.
#[derive(Debug)]
pub struct Capture {
    link_type: LinkType,
    stop: Arc<EventFd>,
}

impl Capture {
    /// Starts to take packets from `interface` (`any`: from all) of a namespace. An empty filter
    /// takes everything; see pcap-filter(7), and [`check_filter`] for what is refused beyond it.
    ///
    /// A running capture keeps its namespace alive. It goes on when the interface is down and
    /// comes up again; it ends with the interface. Blocks for about a millisecond.
    ///
    /// # Errors
    /// If there is no such interface, it is down, or the filter is none: in libpcap's words.
    pub fn start(
        namespace: &Namespace,
        interface: &str,
        filter: &str,
        options: &CaptureOptions,
    ) -> Result<(Self, mpsc::Receiver<CaptureItem>)> {
        let object = || format!("{interface} in {namespace}");
        let flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK;
        let stop = Arc::new(EventFd::from_value_and_flags(0, flags).context("capture", object)?);
        let opened = namespace.run(|| {
            let handle = open::open(interface, options)?;
            open::with_filter(handle, filter)
        })?;
        let handle = opened.map_err(|refused| match refused {
            Refused::Interface(text) => Error::new("capture", object(), text),
            Refused::Filter(text) => Error::new("use", format!("the filter `{filter}`"), text),
        })?;
        let link_type = open::link_type(&handle);
        let (items, receiver) = mpsc::channel(MOST_WAITING);
        let worker = Worker::new(handle, Arc::clone(&stop), items);
        thread::Builder::new()
            .name("capture".to_owned())
            .spawn(move || worker.run())
            .context("start a thread for", object)?;
        Ok((Self { link_type, stop }, receiver))
    }

    /// How its packets begin.
    pub fn link_type(&self) -> LinkType {
        self.link_type
    }

    /// Stops it. Does not wait: what was taken, the last counts and [`CaptureItem::Ended`] follow
    /// within some 40 ms.
    pub fn stop(self) {}
}

impl Drop for Capture {
    fn drop(&mut self) {
        // Fails only if it has been rung 2^64 times and not been heard.
        let _ = self.stop.write(1);
    }
}

/// Whether `filter` can be used on an interface; if not, why: in libpcap's words, or that it is
/// too long ([`MAX_FILTER`]) or holds a name that would have to be looked up: the name service of
/// the machine is not the lab's. Blocks for about a millisecond.
///
/// # Errors
/// If there is no such interface, or it is down.
pub fn check_filter(
    namespace: &Namespace,
    interface: &str,
    filter: &str,
) -> Result<Result<(), String>> {
    if let Err(text) = filter::check(filter) {
        return Ok(Err(text));
    }
    let object = || format!("{interface} in {namespace}");
    let options = CaptureOptions {
        // None of it is for packets.
        buffer: 1 << 18,
        promiscuous: false,
        ..CaptureOptions::default()
    };
    let checked = namespace.run(|| {
        let handle = open::open(interface, &options)?;
        let checked = open::compile(&handle, filter);
        // Its end takes the kernel longer than all the rest. A thread that cannot be started
        // drops it here.
        let _ = thread::Builder::new().spawn(move || drop(handle));
        checked
    })?;
    match checked {
        Ok(()) => Ok(Ok(())),
        Err(Refused::Filter(text)) => Ok(Err(text)),
        Err(Refused::Interface(text)) => Err(Error::new("check a filter for", object(), text)),
    }
}
