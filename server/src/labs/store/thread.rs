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

/// What the thread is asked for.
pub(super) enum Job {
    /// Work on the database.
    Work(Work),
    /// Close it, and tell when that is done.
    Close(oneshot::Sender<()>),
}

type Work = Box<dyn FnOnce(&Connection) -> Ran + Send>;

/// Makes a job of a function and the one who waits for its result.
pub(super) fn job<T, W>(work: W, reply: oneshot::Sender<Result<T, String>>) -> Job
where
    T: Send + 'static,
    W: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
{
    Job::Work(Box::new(move |connection| {
        let result = work(connection).map_err(|error| error.to_string());
        Ran {
            failed: result.is_err(),
            finish: Box::new(move |committed| {
                // Whoever asked may have gone: then nobody needs the answer.
                let _ = reply.send(committed.and(result));
            }),
        }
    }))
}

/// Starts the thread.
pub(super) fn start(connection: Connection) -> Result<mpsc::Sender<Job>, StoreError> {
    let (sender, mut jobs) = mpsc::channel::<Job>(QUEUE);
    let work = move || {
        let mut waiting = Vec::new();
        let mut asked = None;
        while asked.is_none()
            && let Some(first) = jobs.blocking_recv()
        {
            let mut next = Some(first);
            while let Some(job) = next.take() {
                match job {
                    Job::Work(work) => waiting.push(work),
                    Job::Close(reply) => {
                        asked = Some(reply);
                        break;
                    }
                }
                if waiting.len() < QUEUE {
                    next = jobs.try_recv().ok();
                }
            }
            commit_together(&connection, &mut waiting);
        }
        // Whoever still waits, or comes later, learns that it is closed.
        drop(jobs);
        close(connection);
        if let Some(asked) = asked {
            // Whoever asked may have gone.
            let _ = asked.send(());
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

/// The last connection that is closed writes the log into the database and removes it
/// (sqlite.org/wal.html).
fn close(connection: Connection) {
    if let Err(error) = connection.execute_batch("PRAGMA optimize") {
        tracing::debug!(%error, "cannot optimize the database");
    }
    if let Err((_, error)) = connection.close() {
        tracing::warn!(%error, "cannot close the database");
    }
}

/// Each job in a savepoint of its own, all in one transaction.
fn commit_together(connection: &Connection, waiting: &mut Vec<Work>) {
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
