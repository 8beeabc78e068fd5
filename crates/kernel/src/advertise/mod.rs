//! Router advertisements that interfaces send, with no process of the user's.
//!
//! Each interface that advertises has a raw socket inside its namespace. It sends when it begins,
//! then from time to time, and soon after a solicitation; when it ends it says that it is a default
//! router no more (RFC 4861, 6.2.4 to 6.2.6). A socket keeps its namespace alive: what is to go is
//! closed before its namespace is ([`Advertiser::keep`]).

mod message;
mod socket;

#[cfg(fuzzing)]
pub(crate) use message::read_any;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until};
use topology::advertise::Advertisement;
use topology::observed::{Mac, Observed};
use topology::{Document, InterfaceId, NamespaceId};
use tracing::warn;

use crate::engine::{Changes, Engine};
use crate::error::{Context, Result};
use socket::Socket;

/// The first advertisements come sooner: so many of them (`MAX_INITIAL_RTR_ADVERTISEMENTS`), and no
/// later than this (`MAX_INITIAL_RTR_ADVERT_INTERVAL`, RFC 4861, 10).
const INITIAL: u32 = 3;
const INITIAL_INTERVAL: Duration = Duration::from_secs(16);
/// Least time between two to all nodes (`MIN_DELAY_BETWEEN_RAS`, RFC 4861, 10).
const LEAST_DELAY: Duration = Duration::from_secs(3);
/// After how long it is tried again where a socket was refused.
const AGAIN: Duration = Duration::from_secs(1);
/// Documents that may wait.
const WAITING: usize = 16;

/// Sends what a document says. Dropped, it sends nothing any more.
#[derive(Debug)]
pub struct Advertiser {
    commands: mpsc::Sender<Command>,
}

#[derive(Debug)]
enum Command {
    /// Send no more what is not wanted.
    Keep(Wanted, oneshot::Sender<()>),
    /// Send this and nothing else.
    Set(Wanted, oneshot::Sender<()>),
}

type Wanted = BTreeMap<InterfaceId, Advertisement>;

impl Advertiser {
    /// Starts one that sends nothing yet, from interfaces of the engine's lab, as a task of the
    /// runtime that it is called in.
    pub fn start(engine: Arc<Engine>) -> Self {
        let (commands, waiting) = mpsc::channel(WAITING);
        let worker = Worker {
            engine,
            wanted: Wanted::new(),
            running: BTreeMap::new(),
            changes: None,
            refused: false,
        };
        tokio::spawn(worker.run(waiting));
        Self { commands }
    }

    /// Sends no more what `document` does not have: before its namespaces go. Returns when no
    /// socket of it is left.
    pub async fn keep(&self, document: &Document) {
        self.send(document, Command::Keep).await;
    }

    /// Sends what `document` says, from each interface once it is up and has a link-local address.
    pub async fn set(&self, document: &Document) {
        self.send(document, Command::Set).await;
    }

    async fn send(
        &self,
        document: &Document,
        command: impl FnOnce(Wanted, oneshot::Sender<()>) -> Command,
    ) {
        let (reply, done) = oneshot::channel();
        let all = document.interfaces.iter();
        let wanted = all.filter_map(|(id, interface)| Some((*id, interface.advertise.clone()?)));
        // The task ends with its runtime: then nobody is there to wait for it.
        let command = command(wanted.collect(), reply);
        if self.commands.send(command).await.is_ok() {
            let _ = done.await;
        }
    }
}

/// From where an interface sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    namespace: NamespaceId,
    /// Of the namespace that the socket is in.
    inode: u64,
    index: u32,
    source: Ipv6Addr,
    mac: Option<Mac>,
}

/// An interface that sends.
#[derive(Debug)]
struct Running {
    said: Advertisement,
    place: Place,
    socket: Arc<Socket>,
    task: JoinHandle<()>,
}

impl Running {
    /// Ends it: whoever heard it has no default router in it any more.
    async fn end(self) {
        self.task.abort();
        // Aborted, which is what was wanted.
        let _ = self.task.await;
        // The interface may have gone: nobody is there to be told then.
        let _ = self
            .socket
            .send(&message::advertisement(&self.said, 0, self.place.mac));
    }
}

#[derive(Debug)]
struct Worker {
    engine: Arc<Engine>,
    wanted: Wanted,
    running: BTreeMap<InterfaceId, Running>,
    /// Heard only while there is something to send.
    changes: Option<Changes>,
    /// Whether a socket was refused.
    refused: bool,
}

impl Worker {
    async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        loop {
            tokio::select! {
                command = commands.recv() => match command {
                    Some(Command::Keep(wanted, reply)) => {
                        self.wanted.retain(|id, said| wanted.get(id) == Some(said));
                        self.close().await;
                        let _ = reply.send(());
                    }
                    Some(Command::Set(wanted, reply)) => {
                        self.wanted = wanted;
                        self.settle().await;
                        let _ = reply.send(());
                    }
                    None => break,
                },
                changed = next(&mut self.changes) => match changed {
                    Some(()) => self.settle().await,
                    // The engine has ended.
                    None => break,
                },
                () = sleep(AGAIN), if self.refused => self.settle().await,
            }
        }
        self.wanted.clear();
        self.close().await;
    }

    fn place(&self, observed: &Observed, id: InterfaceId) -> Option<Place> {
        let (namespace, index, interface) = observed.interface_of(id)?;
        let mut addresses = interface.addresses.iter();
        let source = addresses.find_map(|address| match address.address.addr() {
            IpAddr::V6(own) if own.is_unicast_link_local() => {
                (!address.tentative && !address.duplicate).then_some(own)
            }
            _ => None,
        });
        let source = source.filter(|_| interface.up)?;
        Some(Place {
            namespace,
            inode: self.engine.namespace(namespace)?.inode(),
            index,
            source,
            mac: interface.mac,
        })
    }

    /// Ends what is not wanted as it is, or not where it is.
    async fn close(&mut self) {
        let observed = self.engine.observed();
        let is_right = |id: &InterfaceId, running: &Running| {
            self.wanted.get(id) == Some(&running.said)
                && self.place(&observed, *id) == Some(running.place)
                && !running.task.is_finished()
        };
        let all = self.running.iter();
        let wrong = all.filter(|(id, running)| !is_right(id, running));
        let wrong: Vec<InterfaceId> = wrong.map(|(id, _)| *id).collect();
        for id in wrong {
            if let Some(running) = self.running.remove(&id) {
                running.end().await;
            }
        }
    }

    /// Brings what is sent to what is wanted.
    async fn settle(&mut self) {
        match self.wanted.is_empty() {
            true => self.changes = None,
            false => drop(self.changes.get_or_insert_with(|| self.engine.changes())),
        }
        self.close().await;
        let observed = self.engine.observed();
        self.refused = false;
        for (&id, said) in &self.wanted {
            if self.running.contains_key(&id) {
                continue;
            }
            // Once it is there and up, that is heard.
            let Some(place) = self.place(&observed, id) else {
                continue;
            };
            match self.begin(said, place) {
                Ok(running) => drop(self.running.insert(id, running)),
                Err(error) => {
                    warn!(%error, "it is tried again");
                    self.refused = true;
                }
            }
        }
    }

    fn begin(&self, said: &Advertisement, place: Place) -> Result<Running> {
        let object = || format!("from {} on interface {}", place.source, place.index);
        let Some(namespace) = self.engine.namespace(place.namespace) else {
            let why = "its namespace is not in the kernel";
            return Err(crate::Error::new("advertise", object(), why));
        };
        let opened = namespace.run(|| socket::open(place.index, place.source))?;
        let socket = opened
            .and_then(|opened| Socket::new(opened, place.index))
            .context("advertise", object)?;
        let socket = Arc::new(socket);
        let sending = send_all(Arc::clone(&socket), said.clone(), place.mac);
        Ok(Running {
            said: said.clone(),
            place,
            socket,
            task: tokio::spawn(sending),
        })
    }
}

/// Waits for a change; for ever if nobody listens. `None` when the engine has ended.
async fn next(changes: &mut Option<Changes>) -> Option<()> {
    match changes {
        Some(changes) => changes.next().await.map(drop),
        None => std::future::pending().await,
    }
}

/// Sends until it is aborted, or the kernel gives no events of the socket.
async fn send_all(socket: Arc<Socket>, said: Advertisement, mac: Option<Mac>) {
    let bytes = message::advertisement(&said, said.lifetime, mac);
    let interval = Duration::from_secs(said.interval.into());
    let mut sent = 0_u32;
    loop {
        // A link that is full, or without a carrier for a moment: the next one may pass.
        if let Err(error) = socket.send(&bytes) {
            tracing::debug!(%error, "an advertisement was not sent");
        }
        sent = sent.saturating_add(1);
        let at = Instant::now();
        let wait = match sent < INITIAL {
            true => interval.min(INITIAL_INTERVAL),
            false => interval,
        };
        tokio::select! {
            () = sleep_until(at + wait) => {}
            solicited = socket.solicited() => {
                if let Err(error) = solicited {
                    warn!(%error, "solicitations are not heard");
                    return;
                }
                sleep_until(at + LEAST_DELAY.min(wait)).await;
            }
        }
    }
}
