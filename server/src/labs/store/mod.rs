//! The labs on disk: SQLite, written by one thread.
//!
//! An edit is durable before it is acknowledged (WAL with `synchronous = FULL`). What waits for the
//! thread is committed together, so that many labs share one flush of the disk.
//!
//! Each edit is appended as it is; the whole document is written every [`SNAPSHOT_EVERY`] edits
//! only, because a document at its limits has megabytes and an edit has a hundred bytes. Reading a
//! lab applies the edits after its snapshot again.

mod lab;
mod schema;
mod session;
mod thread;

use std::path::Path;

use tokio::sync::{mpsc, oneshot};

pub use lab::{NewEdit, StoredLab};
use thread::Job;

/// Edits after which the whole document is written again: replaying as many takes milliseconds.
pub const SNAPSHOT_EVERY: u64 = 64;

/// Why the store could not do something.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// SQLite refused.
    #[error("cannot {action}: {error}")]
    Sqlite {
        /// What was attempted.
        action: &'static str,
        /// What SQLite said.
        error: String,
    },
    /// The file was written by a newer Netyard.
    #[error("{path} is of format {found}, this netyard knows up to {known}: use a newer one")]
    TooNew {
        /// The file.
        path: String,
        /// Its format.
        found: u32,
        /// The newest format known here.
        known: u32,
    },
    /// What is stored of a lab is not a lab.
    #[error("what is stored of the lab {lab} cannot be read: {why}")]
    Corrupt {
        /// The lab's id.
        lab: String,
        /// What is wrong, and where.
        why: String,
    },
    /// The store's thread has ended, or could not begin.
    #[error("cannot {action}: the store does not answer (the server's log may say why)")]
    Closed {
        /// What was attempted.
        action: &'static str,
    },
}

/// A handle on the store.
#[derive(Clone, Debug)]
pub struct Store {
    jobs: mpsc::Sender<Job>,
}

impl Store {
    /// Opens the database `labs.sqlite` of a data folder, makes or migrates it, and starts the
    /// thread that alone works on it.
    ///
    /// The thread ends when the last handle has gone; what was acknowledged is on disk anyway.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let connection = schema::open(&folder.join("labs.sqlite"))?;
        let jobs = thread::start(connection)?;
        Ok(Self { jobs })
    }

    /// Ends the thread and closes the database, after what was asked for before: what is in the
    /// write-ahead log goes into the database, and the log is removed. Every handle is closed by it.
    pub async fn close(&self) {
        let (reply, closed) = oneshot::channel();
        if self.jobs.send(Job::Close(reply)).await.is_ok() {
            // A thread that has failed has said so.
            let _ = closed.await;
        }
    }

    /// Runs `work` on the store's thread and waits until what it changed is on disk.
    async fn run<T, W>(&self, action: &'static str, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&rusqlite::Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let sent = self.jobs.send(thread::job(work, reply)).await;
        sent.map_err(|_| StoreError::Closed { action })?;
        let result = answer.await.map_err(|_| StoreError::Closed { action })?;
        result.map_err(|error| StoreError::Sqlite { action, error })
    }
}

/// Seconds since the Unix epoch, as the store keeps times.
pub(crate) fn now() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |since| since.as_secs())
}

/// SQLite keeps signed numbers; what we count never gets near their end.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Back from SQLite.
fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

#[cfg(test)]
mod tests;
