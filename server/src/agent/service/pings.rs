//! Pings that run.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use kernel::engine::Engine;
use kernel::probe::{Ping, PingContext};
use protocol::ping::{PingEvent, PingId, PingOptions};
use tokio::sync::{mpsc, oneshot};
use topology::NamespaceId;

use super::{Outbound, failed};
use crate::agent::protocol::{Answer, FromAgent};

/// The pings of the lab.
pub(super) struct Pings {
    engine: Arc<Engine>,
    outbound: Outbound,
    /// What stops each one; its own task holds the ping.
    running: BTreeMap<PingId, oneshot::Sender<()>>,
}

impl Pings {
    pub(super) fn new(engine: Arc<Engine>, outbound: Outbound) -> Self {
        Self {
            engine,
            outbound,
            running: BTreeMap::new(),
        }
    }

    pub(super) fn start(
        &mut self,
        id: PingId,
        source: NamespaceId,
        target: IpAddr,
        options: &PingOptions,
    ) -> Answer {
        let Some(namespace) = self.engine.namespace(source) else {
            return failed(format!(
                "could not ping {target}: its namespace is not in the kernel"
            ));
        };
        let lab = Arc::clone(&self.engine) as Arc<dyn kernel::probe::Surroundings>;
        let context = PingContext { source, lab };
        let (ping, events) = match Ping::start(&namespace, target, options, Some(context)) {
            Ok(started) => started,
            Err(error) => return failed(error),
        };
        let (stop, stopped) = oneshot::channel();
        self.running.retain(|_, stop| !stop.is_closed());
        self.running.insert(id, stop);
        let removed = removed(Arc::clone(&self.engine), source, namespace.inode());
        tokio::spawn(attend(
            id,
            (ping, events),
            stopped,
            removed,
            self.outbound.clone(),
        ));
        Answer::Done
    }

    pub(super) fn stop(&mut self, id: PingId) -> Answer {
        // One that has ended by itself is stopped.
        self.running.remove(&id);
        Answer::Done
    }
}

/// Passes on what a ping says until it is stopped, or its namespace is removed. A ping keeps its
/// namespace alive: it must let go, or it would go on in one that nobody else has any more.
async fn attend(
    id: PingId,
    (ping, mut events): (Ping, mpsc::Receiver<PingEvent>),
    mut stopped: oneshot::Receiver<()>,
    removed: impl Future<Output = String>,
    outbound: Outbound,
) {
    let mut ping = Some(ping);
    tokio::pin!(removed);
    loop {
        let event = tokio::select! {
            event = events.recv() => match event {
                Some(event) => event,
                None => return,
            },
            _ = &mut stopped, if ping.is_some() => {
                // Its last words still come.
                ping = None;
                continue;
            }
            name = &mut removed, if ping.is_some() => {
                let error = Some(format!("{name} was removed"));
                let last = PingEvent::Stopped { error };
                // The web process has gone if nobody takes it.
                let _ = outbound.send(FromAgent::Ping { ping: id, event: last }).await;
                return;
            }
        };
        let said = FromAgent::Ping { ping: id, event };
        if outbound.send(said).await.is_err() {
            return;
        }
    }
}

/// Until a namespace is not the lab's any more; returns what it was called last. Another one may
/// have its id by then: an edit that was taken back.
async fn removed(engine: Arc<Engine>, id: NamespaceId, inode: u64) -> String {
    let mut changes = engine.changes();
    let mut name = "the namespace".to_owned();
    loop {
        let now = engine.namespace(id);
        if now.is_none_or(|namespace| namespace.inode() != inode) {
            return name;
        }
        if let Some(namespace) = engine.observed().namespaces.get(&id) {
            name = namespace.name.to_string();
        }
        if changes.next().await.is_none() {
            // The engine has ended, and the agent with it.
            std::future::pending::<()>().await;
        }
    }
}
