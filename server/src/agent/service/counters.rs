//! What interfaces count, told while somebody watches.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use kernel::engine::Engine;
use protocol::counters::{CounterBatch, Counters};
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval};
use topology::InterfaceId;

use super::Outbound;
use crate::agent::protocol::FromAgent;

/// How often: as fast as a person can read numbers that change.
const EVERY: Duration = Duration::from_millis(500);

/// Reads counters while it is on.
pub(super) struct Watch {
    engine: Arc<Engine>,
    outbound: Outbound,
    running: Option<JoinHandle<()>>,
}

impl Watch {
    pub(super) fn new(engine: Arc<Engine>, outbound: Outbound) -> Self {
        Self {
            engine,
            outbound,
            running: None,
        }
    }

    /// Begins, with all counters in the first batch, or ends.
    pub(super) fn turn(&mut self, on: bool) {
        if let Some(running) = self.running.take() {
            running.abort();
        }
        if on {
            let (engine, outbound) = (Arc::clone(&self.engine), self.outbound.clone());
            self.running = Some(tokio::spawn(watch(engine, outbound)));
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.turn(false);
    }
}

async fn watch(engine: Arc<Engine>, outbound: Outbound) {
    let begin = Instant::now();
    let mut told = BTreeMap::<InterfaceId, Counters>::new();
    let mut ticks = interval(EVERY);
    // While the engine is at work on a document there are fewer, not many at once after it.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let counted = match engine.counters().await {
            Ok(counted) => counted,
            Err(error) => {
                tracing::warn!("counters cannot be read: {error}");
                continue;
            }
        };
        let at = u64::try_from(begin.elapsed().as_micros()).unwrap_or(u64::MAX);
        let rows = counted
            .into_iter()
            .filter(|(id, counters)| told.insert(*id, *counters) != Some(*counters))
            .collect();
        let batch = CounterBatch { at, rows };
        if outbound.send(FromAgent::Counters { batch }).await.is_err() {
            return;
        }
    }
}
