//! A ping that runs until it is stopped.
//!
//! Its raw ICMP socket is opened inside the namespace and then used from the runtime's own threads
//! ([`task`]). The round-trip time is the kernel's time stamp of the reply less that of the request
//! when it was given to the device, so it does not grow when the runtime is busy, and what the
//! device's queue delays is in it. Where a device stamps nothing it begins when the request is handed
//! to the kernel. [`pace`] says how the next one is waited for.

mod book;
mod flood;
mod pace;
mod task;

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

pub use protocol::ping::PingOptions;
use protocol::ping::{MOST_DATA, PingEvent, SHORTEST_INTERVAL_MS};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use topology::NamespaceId;

use crate::error::{Cause, Context, Error, Result};
use crate::namespace::Namespace;
use crate::probe::diagnose::Surroundings;
use crate::probe::icmp::packet::{self, Echo};
use crate::probe::icmp::socket::{self, Fragment, Socket};
use crate::probe::icmp::{filter, scope};
use crate::probe::{next_identifier, random};
use book::Book;
use flood::{Flood, WITHOUT_ANSWERS};
use pace::Pace;
use task::Task;

/// Events that wait for a reader. When it is full the ping waits: it sends nothing that nobody
/// would look at, and replies keep the kernel's time stamps meanwhile.
const MOST_WAITING: usize = 256;
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
        check(target, options).map_err(failed)?;
        let runtime = Handle::try_current().map_err(|error| failed(error.to_string()))?;
        let _guard = runtime.enter();
        let echo = Echo::new(target.is_ipv6(), next_identifier(), random(), options.size);
        let open = || {
            let destination = scope::destination(target)?;
            let program = filter::program(target.is_ipv6(), echo.identifier);
            let options = socket::Options {
                ttl: options.ttl,
                fragment: match options.dont_fragment {
                    true => Fragment::Never,
                    false => Fragment::Usual,
                },
                source: options.source,
                stamp_sent: true,
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
        let interval = match options.flood {
            true => WITHOUT_ANSWERS,
            false => Duration::from_millis(options.interval_ms.into()),
        };
        let task = Task {
            target,
            destination: destination.into(),
            socket,
            buffer: vec![0; packet::buffer_size(options.size)],
            book: Book::new(Duration::from_millis(options.timeout_ms.into())),
            echo,
            pace: Pace::new(interval, options.flood),
            left: options.count,
            flood: options.flood.then(Flood::new),
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

/// Whether options are in range.
fn check(target: IpAddr, options: &PingOptions) -> std::result::Result<(), String> {
    let PingOptions {
        interval_ms,
        timeout_ms,
        size,
        source,
        ..
    } = options;
    if *interval_ms < SHORTEST_INTERVAL_MS {
        return Err(format!("an interval of {interval_ms} ms is too short"));
    }
    if *timeout_ms == 0 {
        return Err("a timeout of 0 ms is too short".to_owned());
    }
    if *size > MOST_DATA {
        return Err(format!("{size} bytes of data are more than {MOST_DATA}"));
    }
    if source.is_some_and(|source| source.is_ipv4() != target.is_ipv4()) {
        return Err("the source address is of another family".to_owned());
    }
    Ok(())
}
