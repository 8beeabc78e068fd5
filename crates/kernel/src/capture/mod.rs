//! Captures: packets taken by libpcap from one or many interfaces, in one order of time.
//!
//! Each source of a capture has a thread of its own ([`worker`]), for libpcap blocks and the end of
//! a packet socket takes the kernel about 15 ms. What they take goes through one bounded channel to
//! the reader, who puts it in order ([`order`]): when the reader is slow, the threads wait, the
//! kernel's buffers fill, and the kernel drops and counts. No memory grows, and there is one place
//! where packets are lost.

mod filter;
mod open;
mod order;
mod pending;
mod seen;
mod worker;

use std::sync::Arc;
use std::thread;

use nix::sys::eventfd::{EfdFlags, EventFd};
use packet::LinkType;
use protocol::capture::SourceEvent;
use protocol::packets::Packets;
use tokio::sync::mpsc;

use crate::error::{Context, Error, Result};
use crate::namespace::Namespace;
pub use filter::MAX_FILTER;
pub use open::ANY;
use open::Refused;
pub use order::{CaptureItems, WINDOW};
use worker::Worker;

/// Items that wait for a reader: with the batches at their largest, 4 MiB.
const MOST_WAITING: usize = 16;

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
    /// Packets in the order of their stamps, each with the place of its source in the list that
    /// the capture was started with. About 5 ms old, of several sources about [`WINDOW`].
    Packets(Packets),
    /// How the sources stand, in their order; at most four times a second, and whenever one ends.
    /// When none runs any more, it is the last item.
    Sources(Vec<SourceEvent>),
}

/// A capture that runs. Dropping it stops it.
#[derive(Debug)]
pub struct Capture {
    link_types: Vec<LinkType>,
    stops: Vec<Arc<EventFd>>,
}

impl Capture {
    /// Starts to take packets from interfaces ([`ANY`]: from all, also those that come later), each
    /// of a namespace. An empty filter takes everything; see pcap-filter(7), and [`check_filter`]
    /// for what is refused beyond it.
    ///
    /// A running capture keeps its namespaces alive. It goes on when an interface is down and comes
    /// up again; a source ends with its interface, and the capture with its last source. Blocks for
    /// about a millisecond a source.
    ///
    /// # Errors
    /// If there is no such interface, it is down, or the filter is none: in libpcap's words. Then
    /// nothing is captured.
    pub fn start(
        sources: &[(Namespace, String)],
        filter: &str,
        options: &CaptureOptions,
    ) -> Result<(Self, CaptureItems)> {
        let handles: Result<Vec<_>> = (sources.iter())
            .map(|(namespace, interface)| open(namespace, interface, filter, options))
            .collect();
        let handles = handles?;
        let (items, receiver) = mpsc::channel(MOST_WAITING);
        let mut capture = Self {
            link_types: handles.iter().map(open::link_type).collect(),
            stops: Vec::new(),
        };
        for (place, (handle, (namespace, interface))) in
            handles.into_iter().zip(sources).enumerate()
        {
            let object = || format!("{interface} in {namespace}");
            let flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK;
            let stop = EventFd::from_value_and_flags(0, flags).context("capture", object)?;
            let stop = Arc::new(stop);
            let source = u16::try_from(place)
                .map_err(|_| Error::new("capture", object(), "there are too many interfaces"))?;
            let worker = Worker::new(source, handle, Arc::clone(&stop), items.clone());
            // What has started before one that fails is stopped as the capture is dropped.
            capture.stops.push(stop);
            thread::Builder::new()
                .name("capture".to_owned())
                .spawn(move || worker.run())
                .context("start a thread for", object)?;
        }
        Ok((capture, CaptureItems::new(receiver, sources.len())))
    }

    /// How the packets of each source begin.
    pub fn link_types(&self) -> &[LinkType] {
        &self.link_types
    }

    /// Stops it. Does not wait: what was taken and the last of [`CaptureItem::Sources`] follow
    /// within some 40 ms.
    pub fn stop(self) {}
}

impl Drop for Capture {
    fn drop(&mut self) {
        for stop in &self.stops {
            // Fails only if it has been rung 2^64 times and not been heard.
            let _ = stop.write(1);
        }
    }
}

fn open(
    namespace: &Namespace,
    interface: &str,
    filter: &str,
    options: &CaptureOptions,
) -> Result<open::Handle> {
    let opened = namespace.run(|| {
        let handle = open::open(interface, options)?;
        open::with_filter(handle, filter)
    })?;
    opened.map_err(|refused| match refused {
        Refused::Interface(text) => {
            Error::new("capture", format!("{interface} in {namespace}"), text)
        }
        Refused::Filter(text) => Error::new("use", format!("the filter `{filter}`"), text),
    })
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
