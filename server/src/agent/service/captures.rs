//! Captures that run.

use std::collections::BTreeMap;
use std::sync::Arc;

use kernel::Namespace;
use kernel::capture::{Capture, CaptureItem, CaptureOptions, Counts, check_filter};
use kernel::engine::Engine;
use protocol::capture::{CaptureEvent, CaptureId};
use tokio::sync::mpsc;
use topology::InterfaceId;

use super::{Outbound, failed};
use crate::agent::protocol::{Answer, FromAgent};

/// The captures of the lab.
pub(super) struct Captures {
    engine: Arc<Engine>,
    outbound: Outbound,
    running: BTreeMap<CaptureId, Capture>,
}

impl Captures {
    pub(super) fn new(engine: Arc<Engine>, outbound: Outbound) -> Self {
        Self {
            engine,
            outbound,
            running: BTreeMap::new(),
        }
    }

    /// Where an interface is in the kernel now, and what it is called there.
    fn find(&self, interface: InterfaceId) -> Result<(Namespace, String), Answer> {
        let observed = self.engine.observed();
        let gone = || failed("could not capture: the interface is not in the kernel");
        let (namespace, _, found) = observed.interface_of(interface).ok_or_else(gone)?;
        let namespace = self.engine.namespace(namespace).ok_or_else(gone)?;
        Ok((namespace, found.name.clone()))
    }

    pub(super) async fn check(&self, interface: InterfaceId, filter: String) -> Answer {
        let (namespace, name) = match self.find(interface) {
            Ok(found) => found,
            Err(answer) => return answer,
        };
        let check = move || check_filter(&namespace, &name, &filter);
        match tokio::task::spawn_blocking(check).await {
            Ok(Ok(Ok(()))) => Answer::Done,
            Ok(Ok(Err(text))) => Answer::BadFilter(text),
            Ok(Err(error)) => failed(error),
            Err(error) => failed(format!("could not check a filter: {error}")),
        }
    }

    pub(super) async fn start(
        &mut self,
        id: CaptureId,
        interface: InterfaceId,
        filter: String,
    ) -> Answer {
        let (namespace, name) = match self.find(interface) {
            Ok(found) => found,
            Err(answer) => return answer,
        };
        let start = move || Capture::start(&namespace, &name, &filter, &CaptureOptions::default());
        let (capture, items) = match tokio::task::spawn_blocking(start).await {
            Ok(Ok(started)) => started,
            Ok(Err(error)) => return failed(error),
            Err(error) => return failed(format!("could not capture: {error}")),
        };
        let link_type = capture.link_type().into();
        self.running.insert(id, capture);
        tokio::spawn(forward(id, items, self.outbound.clone()));
        Answer::CaptureStarted { link_type }
    }

    pub(super) fn stop(&mut self, id: CaptureId) -> Answer {
        // One that has ended by itself is stopped.
        if let Some(capture) = self.running.remove(&id) {
            capture.stop();
        }
        Answer::Done
    }
}

/// Passes on what a capture takes. When the web process is slow, packets are dropped and counted.
async fn forward(id: CaptureId, mut items: mpsc::Receiver<CaptureItem>, outbound: Outbound) {
    let mut counts = Counts::default();
    let mut lost = 0;
    while let Some(item) = items.recv().await {
        let event = match item {
            CaptureItem::Packets(records) => {
                let count = records.len() as u64;
                let packets = FromAgent::Packets {
                    capture: id,
                    records,
                };
                if outbound.try_send(packets).is_err() {
                    lost += count;
                }
                continue;
            }
            CaptureItem::Counts(now) => {
                counts = now;
                stands(counts, lost, true, None)
            }
            CaptureItem::Ended(error) => stands(counts, lost, false, error),
        };
        let told = FromAgent::Capture { capture: id, event };
        if outbound.send(told).await.is_err() {
            return;
        }
    }
}

fn stands(counts: Counts, lost: u64, running: bool, error: Option<String>) -> CaptureEvent {
    CaptureEvent {
        received: counts.received,
        dropped: counts.dropped + lost,
        kept: 0,
        running,
        error,
    }
}
