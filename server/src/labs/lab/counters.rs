//! Live counters: the agent reads them while a browser watches.

use std::collections::BTreeMap;

use axum::body::Bytes;
use protocol::binary::Binary;
use protocol::counters::{CounterBatch, Counters};
use protocol::lab::RunState;
use protocol::server::ClientId;
use topology::InterfaceId;

use super::{Asked, Lab};
use crate::agent::protocol::Request;
use crate::labs::outbox::Frame;

/// What is known of them.
#[derive(Default)]
pub(super) struct Watched {
    /// Whether the agent reads them.
    on: bool,
    /// The newest: what one who begins to watch gets first.
    at: u64,
    counters: BTreeMap<InterfaceId, Counters>,
}

impl Lab {
    /// A browser begins or ends to watch.
    pub(super) fn watch_counters(&mut self, id: ClientId, on: bool) {
        let Some(client) = self.clients.get_mut(&id) else {
            return;
        };
        client.watches = on;
        if on && self.watched.on {
            let rows = self.watched.counters.iter().map(|(id, c)| (*id, *c));
            let rows = rows.collect();
            let at = self.watched.at;
            if let Some(frame) = frame(CounterBatch { at, rows }) {
                // Without room it begins with the next batch.
                let _ = client.outbox.send(frame);
            }
        }
        self.turn_counters();
    }

    /// Has the agent read counters as long as somebody watches.
    pub(super) fn turn_counters(&mut self) {
        let on = self.clients.values().any(|client| client.watches);
        let runs = *self.run.borrow() == RunState::Running && self.agent.is_some();
        if !runs {
            self.watched = Watched::default();
            return;
        }
        if on == self.watched.on {
            return;
        }
        if let Err(error) = self.ask(Asked::WatchCounters, Request::WatchCounters { on }) {
            // The next one who watches or leaves tries again.
            tracing::debug!(lab = %self.id, %error, "counters");
            return;
        }
        self.watched = Watched {
            on,
            ..Watched::default()
        };
    }

    /// The agent has read them.
    pub(super) fn counters_came(&mut self, batch: CounterBatch) {
        self.watched.at = batch.at;
        self.watched.counters.extend(batch.rows.iter().copied());
        let Some(frame) = frame(batch) else { return };
        for client in self.clients.values().filter(|client| client.watches) {
            // Totals, so that one who is slow gets fewer batches and misses nothing.
            if client.outbox.has_room_for_packets() {
                let _ = client.outbox.send(frame.clone());
            }
        }
    }
}

fn frame(batch: CounterBatch) -> Option<Frame> {
    match <Binary>::Counters(batch).encode() {
        Ok(bytes) => Some(Frame::Binary(Bytes::from(bytes))),
        Err(error) => {
            tracing::error!(%error, "counters cannot be encoded");
            None
        }
    }
}
