//! Pings that run.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use kernel::engine::Engine;
use kernel::probe::{Ping, PingContext, PingOptions};
use protocol::ping::PingId;
use topology::NamespaceId;

use super::{Outbound, failed};
use crate::agent::protocol::{Answer, FromAgent};

/// The pings of the lab.
pub(super) struct Pings {
    engine: Arc<Engine>,
    outbound: Outbound,
    running: BTreeMap<PingId, Ping>,
}

impl Pings {
    pub(super) fn new(engine: Arc<Engine>, outbound: Outbound) -> Self {
        Self {
            engine,
            outbound,
            running: BTreeMap::new(),
        }
    }

    pub(super) fn start(&mut self, id: PingId, source: NamespaceId, target: IpAddr) -> Answer {
        let Some(namespace) = self.engine.namespace(source) else {
            return failed(format!("could not ping {target}: {source} is not running"));
        };
        let lab = Arc::clone(&self.engine) as Arc<dyn kernel::probe::Surroundings>;
        let context = PingContext { source, lab };
        let options = PingOptions::default();
        let (ping, mut events) = match Ping::start(&namespace, target, &options, Some(context)) {
            Ok(started) => started,
            Err(error) => return failed(error),
        };
        self.running.insert(id, ping);
        let outbound = self.outbound.clone();
        tokio::spawn(async move {
            while let Some(event) = events.recv().await {
                if outbound
                    .send(FromAgent::Ping { ping: id, event })
                    .await
                    .is_err()
                {
                    return;
                }
            }
        });
        Answer::Done
    }

    pub(super) fn stop(&mut self, id: PingId) -> Answer {
        // One that has ended by itself is stopped.
        if let Some(ping) = self.running.remove(&id) {
            ping.stop();
        }
        Answer::Done
    }
}
