//! The thread that works on the database, and how it commits many jobs at once.

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::StoreError;

/// Jobs that may wait; whoever comes later waits to be let in.
const QUEUE: usize = 256;

/// What a job left behind: whether it failed (its changes are taken back), and what is to be done
/// once it is known whether the commit succeeded.
pub(super) struct Ran {
    failed: bool,
    finish: Box<dyn FnOnce(Result<(), String>) + Send>,
}

/// Work on the database.
pub(super) type Job = Box<dyn FnOnce(&Connection) -> Ran + Send>;

/// Makes a job of a function and the one who waits for its result.
pub(super) fn job<T, W>(work: W, reply: oneshot::Sender<Result<T, String>>) -> Job
where
    T: Send + 'static,
    W: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
{
    Box::new(move |connection| {
        let result = work(connection).map_err(|error| error.to_string());
        Ran {
            failed: result.is_err(),
            finish: Box::new(move |committed| {
                // Whoever asked may have gone: then nobody needs the answer.
                let _ = reply.send(committed.and(result));
            }),
        }
    })
}

/// Starts the thread.
pub(super) fn start(connection: Connection) -> Result<mpsc::Sender<Job>, StoreError> {
    let (sender, mut jobs) = mpsc::channel::<Job>(QUEUE);
    let work = move || {
        let mut waiting = Vec::new();
        while let Some(first) = jobs.blocking_recv() {
            waiting.push(first);
            while waiting.len() < QUEUE
                && let Ok(next) = jobs.try_recv()
            {
                waiting.push(next);
            }
            commit_together(&connection, &mut waiting);
        }
        if let Err(error) = connection.execute_batch("PRAGMA optimize") {
            tracing::debug!(%error, "cannot optimize the database");
        }
    };
    let spawned = std::thread::Builder::new()
        .name("store".to_owned())
        .spawn(work);
    spawned.map_err(|error| StoreError::Sqlite {
        action: "start the store's thread",
        error: error.to_string(),
    })?;
    Ok(sender)
}

/// Each job in a savepoint of its own, all in one transaction.
fn commit_together(connection: &Connection, waiting: &mut Vec<Job>) {
    let mut ran = Vec::with_capacity(waiting.len());
    let result = connection.execute_batch("BEGIN IMMEDIATE").and_then(|()| {
        for job in waiting.drain(..) {
            connection.execute_batch("SAVEPOINT job")?;
            let one = job(connection);
            let undo = if one.failed {
                "ROLLBACK TO job; RELEASE job"
            } else {
                "RELEASE job"
            };
            ran.push(one);
            connection.execute_batch(undo)?;
        }
        connection.execute_batch("COMMIT")
    });
    let result = result.map_err(|error| error.to_string());
    if let Err(error) = &result {
        tracing::error!(error, "the store could not commit");
    }
    if result.is_err() && !connection.is_autocommit() {
        // Some errors (a full disk, for one) end the transaction by themselves, others leave it.
        if let Err(error) = connection.execute_batch("ROLLBACK") {
            tracing::error!(%error, "cannot roll back");
        }
    }
    for one in ran {
        (one.finish)(result.clone());
    }
    // Jobs that were not reached: dropped, so that whoever waits learns it.
    waiting.clear();
}
