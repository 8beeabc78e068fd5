//! All sockets of the server: counted, so that there are not too many, and so that the server does
//! not end before it has closed them.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::error::Refusal;

/// Sockets at once: far below the usual limit of descriptors.
const MAX_SOCKETS: u32 = 512;

/// How long they may take to close when the server ends.
const END_TIMEOUT: Duration = Duration::from_secs(3);

/// The places for sockets; clones are the same.
#[derive(Clone, Debug)]
pub struct Sockets(Arc<Semaphore>);

impl Default for Sockets {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MAX_SOCKETS as usize)))
    }
}

impl Sockets {
    /// A place for one more socket, kept as long as it is open.
    pub(super) fn place(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        Arc::clone(&self.0).try_acquire_owned().map_err(|_| {
            let error = format!("{MAX_SOCKETS} sockets are open already, and no more may be");
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, error)
        })
    }

    /// Waits until all are closed, and lets nobody in any more.
    pub async fn closed(&self) {
        let all = self.0.acquire_many(MAX_SOCKETS);
        if tokio::time::timeout(END_TIMEOUT, all).await.is_err() {
            tracing::debug!("sockets were cut off at the end");
        }
        self.0.close();
    }
}
