//! Captures that run.

use std::collections::BTreeMap;
use std::sync::Arc;

use kernel::Namespace;
use kernel::capture::{self, ANY, Capture, CaptureItem, CaptureItems};
use kernel::engine::Engine;
use protocol::capture::{CaptureId, CaptureOptions, CaptureTarget};

use super::{Outbound, failed};
use crate::agent::protocol::{Answer, FromAgent, Source};

/// The captures of the lab.
pub(super) struct Captures {
    engine: Arc<Engine>,
    /// Apart from what else is said: packets must not keep an answer waiting.
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

    /// Where a source is in the kernel now, and what its interface is called there: found by id
    /// first and by name second.
    fn find(&self, source: &Source) -> Result<(Namespace, String), Answer> {
        let CaptureTarget {
            namespace,
            interface,
        } = source.target;
        let in_namespace = |id, name: &str| {
            let no_namespace = || failed("could not capture: the namespace is not in the kernel");
            let namespace = self.engine.namespace(id).ok_or_else(no_namespace)?;
            Ok((namespace, name.to_owned()))
        };
        let Some(interface) = interface else {
            return in_namespace(namespace, ANY);
        };
        let observed = self.engine.observed();
        if let Some((namespace, _, found)) = observed.interface_of(interface) {
            return in_namespace(namespace, &found.name);
        }
        let known = observed.namespaces.get(&namespace);
        let mut interfaces = known
            .into_iter()
            .flat_map(|known| known.interfaces.values());
        let named = interfaces.find(|found| source.name.as_ref() == Some(&found.name));
        match named {
            Some(found) => in_namespace(namespace, &found.name),
            None => Err(failed(
                "could not capture: the interface is not in the kernel",
            )),
        }
    }

    pub(super) async fn check(&self, source: &Source, filter: String) -> Answer {
        let (namespace, name) = match self.find(source) {
            Ok(found) => found,
            Err(answer) => return answer,
        };
        let check = move || capture::check_filter(&namespace, &name, &filter);
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
        sources: &[Source],
        options: CaptureOptions,
    ) -> Answer {
        let found: Result<Vec<_>, _> = sources.iter().map(|source| self.find(source)).collect();
        let found = match found {
            Ok(found) => found,
            Err(answer) => return answer,
        };
        let start = move || {
            let taken = capture::CaptureOptions {
                snaplen: options.snap_length,
                ..capture::CaptureOptions::default()
            };
            Capture::start(&found, &options.filter, &taken)
        };
        let (capture, items) = match tokio::task::spawn_blocking(start).await {
            Ok(Ok(started)) => started,
            Ok(Err(error)) => return failed(error),
            Err(error) => return failed(format!("could not capture: {error}")),
        };
        let link_types = capture.link_types();
        let link_types = link_types.iter().map(|&link| link.into()).collect();
        self.running.insert(id, capture);
        tokio::spawn(forward(id, items, self.outbound.clone()));
        Answer::CaptureStarted { link_types }
    }

    pub(super) fn stop(&mut self, id: CaptureId) -> Answer {
        // One that has ended by itself is stopped.
        if let Some(capture) = self.running.remove(&id) {
            capture.stop();
        }
        Answer::Done
    }
}

/// Passes on what a capture takes. When the web process is slow, all wait for it, and the kernel
/// drops and counts.
async fn forward(id: CaptureId, mut items: CaptureItems, outbound: Outbound) {
    while let Some(item) = items.next().await {
        let message = match item {
            CaptureItem::Packets(records) => FromAgent::Packets {
                capture: id,
                records,
            },
            CaptureItem::Sources(sources) => FromAgent::Capture {
                capture: id,
                sources,
            },
        };
        if outbound.send(message).await.is_err() {
            return;
        }
    }
}
