//! Probes that end by themselves.

use std::sync::Arc;

use kernel::engine::Engine;
use kernel::probe;
use protocol::probe::Probe;
use protocol::reach::ReachOptions;
use tokio::sync::Semaphore;
use topology::NamespaceId;

use super::{Outbound, failed};
use crate::agent::protocol::{Answer, FromAgent};

/// Each waits on a thread of its own, and has a few sockets.
const AT_A_TIME: usize = 8;

/// Probes for whoever asks.
pub(super) struct Probes {
    engine: Arc<Engine>,
    outbound: Outbound,
    probing: Arc<Semaphore>,
    /// Two matrices at a time would take each other's room.
    reaching: Arc<Semaphore>,
    /// Each takes all that a processor has.
    measuring: Arc<Semaphore>,
}

impl Probes {
    pub(super) fn new(engine: Arc<Engine>, outbound: Outbound) -> Self {
        Self {
            engine,
            outbound,
            probing: Arc::new(Semaphore::new(AT_A_TIME)),
            reaching: Arc::new(Semaphore::new(1)),
            measuring: Arc::new(Semaphore::new(1)),
        }
    }

    /// Answers when it has measured who reaches whom.
    pub(super) fn reach(&self, number: u64, options: ReachOptions) {
        let engine = Arc::clone(&self.engine);
        self.answer(number, &self.reaching, move || {
            match probe::reachability(&*engine, &options) {
                Ok(found) => Answer::Reached(Box::new(found)),
                Err(error) => failed(error),
            }
        });
    }

    /// Answers when it has found out.
    pub(super) fn probe(&self, number: u64, source: NamespaceId, probe: Probe) {
        let engine = Arc::clone(&self.engine);
        let turn = match probe {
            Probe::Throughput(_) => &self.measuring,
            _ => &self.probing,
        };
        self.answer(number, turn, move || {
            match probe::probe(&*engine, source, &probe) {
                Ok(found) => Answer::Probed(Box::new(found)),
                Err(error) => failed(error),
            }
        });
    }

    /// Does `work` on a thread that may wait, when it is its turn, and answers.
    fn answer(
        &self,
        number: u64,
        turn: &Arc<Semaphore>,
        work: impl FnOnce() -> Answer + Send + 'static,
    ) {
        let (turn, outbound) = (Arc::clone(turn), self.outbound.clone());
        tokio::spawn(async move {
            // It is never closed.
            let _permit = turn.acquire_owned().await;
            let answer = match tokio::task::spawn_blocking(work).await {
                Ok(answer) => answer,
                Err(error) => failed(error),
            };
            // The web process has gone if nobody takes it.
            let _ = outbound.send(FromAgent::Answer { number, answer }).await;
        });
    }
}
