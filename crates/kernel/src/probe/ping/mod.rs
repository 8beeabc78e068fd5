//! A ping that runs until it is stopped.
//!
//! Its raw ICMP socket is opened inside the namespace and then used from the runtime's own threads
//! ([`task`]). The round-trip time is the kernel's time stamp of the reply less the time at which
//! the request was handed to the kernel, so it does not grow when the runtime is busy.

mod book;
mod task;

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use protocol::ping::PingEvent;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use topology::NamespaceId;

use crate::error::{Cause, Context, Error, Result};
use crate::namespace::Namespace;
use crate::probe::diagnose::Surroundings;
use crate::probe::icmp::packet::{self, Echo};
use crate::probe::icmp::socket::{self, Socket};
use crate::probe::icmp::{filter, scope};
use crate::probe::{next_identifier, random};
use book::Book;
use task::Task;

/// Events that wait for a reader. When it is full the ping waits: it sends nothing that nobody
/// would look at, and replies keep the kernel's time stamps meanwhile.
const MOST_WAITING: usize = 256;
/// The shortest interval, that of `ping` without privilege (iputils, `-i`).
const SHORTEST_INTERVAL: Duration = Duration::from_millis(2);

/// How a ping is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PingOptions {
    /// From one request to the next; at least 2 ms.
    pub interval: Duration,
    /// After how long without an answer a request counts as lost. An answer that comes later is
    /// still told.
    pub timeout: Duration,
    /// Bytes of data in a request, beyond the 8 of the ICMP header.
    pub size: u16,
    /// Time to live (hop limit) of the requests; `None` leaves the namespace's default.
    pub ttl: Option<u8>,
}

impl Default for PingOptions {
    /// As `ping` does: each second, 56 bytes; lost after a second.
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(1),
            timeout: Duration::from_secs(1),
            size: 56,
            ttl: None,
        }
    }
}

/// Where a ping stands in its lab, so that it can say why no reply comes.
#[derive(Clone)]
pub struct PingContext {
    /// The namespace that it is sent from.
    pub source: NamespaceId,
    /// The lab, to look at when a request is lost.
    pub lab: Arc<dyn Surroundings>,
}

/// A ping that runs. Dropping it stops it: the last event is then
/// [`PingEvent::Stopped`], if there is room for it.
#[derive(Debug)]
pub struct Ping {
    _stop: oneshot::Sender<()>,
}

impl Ping {
    /// Starts to ping `target` from `namespace`. The first request is sent at once. With a
    /// `context`, losses are followed by a [`PingEvent::Diagnosis`] where one can be made.
    ///
    /// Must be called on a Tokio runtime that does I/O and time, whose worker it keeps for about 0.1 ms. The target may
    /// be an IPv6 link-local address if just one interface can be meant.
    ///
    /// A running ping keeps its namespace alive.
    ///
    /// # Errors
    /// If the options are out of range, no or several interfaces can be meant, or the kernel
    /// refuses a raw socket. What it refuses to *send* is told as [`PingEvent::SendFailed`].
    pub fn start(
        namespace: &Namespace,
        target: IpAddr,
        options: &PingOptions,
        context: Option<PingContext>,
    ) -> Result<(Self, mpsc::Receiver<PingEvent>)> {
        let object = || format!("{target} from {namespace}");
        let failed = |text: String| Error::new("ping", object(), text);
        if options.interval < SHORTEST_INTERVAL {
            let text = format!("an interval of {:?} is too short", options.interval);
            return Err(failed(text));
        }
        let runtime = Handle::try_current().map_err(|error| failed(error.to_string()))?;
        let _guard = runtime.enter();
        let echo = Echo::new(target.is_ipv6(), next_identifier(), random(), options.size);
        let open = || {
            let destination = scope::destination(target)?;
            let program = filter::program(target.is_ipv6(), echo.identifier);
            let options = socket::Options {
                ttl: options.ttl,
                stamp_sent: true,
                ..socket::Options::default()
            };
            let socket = Socket::open(target.is_ipv6(), &program, &options)?;
            Ok::<_, Cause>((destination, socket))
        };
        let (destination, socket) = namespace.run(open)?.context("ping", object)?;
        // SAFETY: the socket owns its descriptor and never closes or replaces it while it lives.
        let socket = unsafe { AsyncFd::register_with_interest(socket, Interest::READABLE) }
            .map_err(io::Error::from)
            .context("ping", object)?;
        let (events, receiver) = mpsc::channel(MOST_WAITING);
        let (stop, stopped) = oneshot::channel();
        let task = Task {
            target,
            destination: destination.into(),
            socket,
            buffer: vec![0; packet::buffer_size(options.size)],
            book: Book::new(options.timeout),
            echo,
            interval: options.interval,
            events,
            diagnoses: context.map(|context| task::Diagnoses::new(context, target)),
        };
        runtime.spawn(task.run(stopped));
        Ok((Self { _stop: stop }, receiver))
    }

    /// Stops it. Does not wait: the socket is closed by the ping's own task, at once.
    pub fn stop(self) {}
}

impl std::fmt::Debug for PingContext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PingContext")
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}
