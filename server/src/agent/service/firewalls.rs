//! What the rules of firewalls have counted.

use std::sync::Arc;

use kernel::engine::Engine;
use kernel::firewall;
use tokio::sync::Semaphore;
use topology::NamespaceId;
use topology::firewall::counters::of_listing;

use super::{Outbound, failed};
use crate::agent::protocol::{Answer, FromAgent};

/// Each look is a run of `nft`, a few milliseconds: who asks more often has to wait.
const AT_A_TIME: usize = 2;

/// Looks at firewalls for whoever asks.
pub(super) struct Firewalls {
    engine: Arc<Engine>,
    outbound: Outbound,
    looking: Arc<Semaphore>,
}

impl Firewalls {
    pub(super) fn new(engine: Arc<Engine>, outbound: Outbound) -> Self {
        Self {
            engine,
            outbound,
            looking: Arc::new(Semaphore::new(AT_A_TIME)),
        }
    }

    /// Answers when it has looked.
    pub(super) fn look(&self, number: u64, namespace: NamespaceId) {
        let found = self.engine.namespace(namespace);
        // No rules, no program: most namespaces have none.
        let observed = self.engine.observed();
        let has_any = observed
            .namespaces
            .get(&namespace)
            .is_some_and(|ns| ns.firewall.is_some());
        let (looking, outbound) = (Arc::clone(&self.looking), self.outbound.clone());
        tokio::spawn(async move {
            let answer = match found {
                None => failed("could not look at a firewall: its namespace does not run"),
                Some(_) if !has_any => Answer::Counted(Vec::new()),
                Some(namespace) => {
                    // It is never closed.
                    let _permit = looking.acquire_owned().await;
                    let look = move || firewall::listing(&namespace);
                    match tokio::task::spawn_blocking(look).await {
                        Ok(Ok(listing)) => Answer::Counted(of_listing(&listing)),
                        Ok(Err(error)) => failed(error),
                        Err(error) => failed(error),
                    }
                }
            };
            // The web process has gone if nobody takes it.
            let _ = outbound.send(FromAgent::Answer { number, answer }).await;
        });
    }
}
