//! The tables, and how older files become newer ones.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use super::StoreError;

/// `PRAGMA application_id`: tells `file` and us that a database is Netyard's ("NTYD").
const APPLICATION_ID: i32 = 0x4e54_5944;

/// Each step makes format N+1 of format N, where N is its place in the list. A step that was
/// released is never changed; a new one is appended.
const MIGRATIONS: &[&str] = &["
    CREATE TABLE labs (
        id TEXT PRIMARY KEY NOT NULL,
        -- For the list of labs, so that it needs no document.
        title TEXT NOT NULL,
        namespaces INTEGER NOT NULL,
        links INTEGER NOT NULL,
        -- Seconds since the Unix epoch.
        created_at INTEGER NOT NULL,
        edited_at INTEGER NOT NULL,
        -- Of the newest edit.
        revision INTEGER NOT NULL,
        -- The document as JSON, as it was at that revision.
        document TEXT NOT NULL,
        document_revision INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE edits (
        lab TEXT NOT NULL REFERENCES labs (id) ON DELETE CASCADE,
        -- That the edit made: one more than that before it.
        revision INTEGER NOT NULL,
        at INTEGER NOT NULL,
        author INTEGER NOT NULL,
        edit TEXT NOT NULL,
        PRIMARY KEY (lab, revision)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE sessions (
        -- SHA-256 of the token in the cookie.
        hash BLOB PRIMARY KEY NOT NULL,
        created_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
"];

/// Opens the database, and makes it or brings it up to date.
pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    let fail = |error: rusqlite::Error| StoreError::Sqlite {
        action: "open the store of labs",
        error: format!("{}: {error}", path.display()),
    };
    make_private(path).map_err(|error| StoreError::Sqlite {
        action: "make the store of labs",
        error: format!("{}: {error}", path.display()),
    })?;
    let mut connection = Connection::open(path).map_err(fail)?;
    connection
        .busy_timeout(Duration::from_secs(5))
        .map_err(fail)?;
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
             PRAGMA trusted_schema = OFF;",
        )
        .map_err(fail)?;
    let found: u32 = connection
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .map_err(fail)?;
    let known = MIGRATIONS.len() as u32;
    if found > known {
        return Err(StoreError::TooNew {
            path: path.display().to_string(),
            found,
            known,
        });
    }
    let transaction = connection.transaction().map_err(fail)?;
    for step in MIGRATIONS.iter().skip(found as usize) {
        transaction.execute_batch(step).map_err(fail)?;
    }
    transaction
        .pragma_update(None, "user_version", known)
        .map_err(fail)?;
    transaction
        .pragma_update(None, "application_id", APPLICATION_ID)
        .map_err(fail)?;
    transaction.commit().map_err(fail)?;
    Ok(connection)
}

/// Makes the file if it is not there, for its owner alone: SQLite gives the same mode to the files
/// that it makes beside it.
fn make_private(path: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn opens_its_own_file_again_and_refuses_a_newer_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("labs.sqlite");
        open(&path).unwrap();
        let again = open(&path).unwrap();
        let mode: String = again
            .query_row("PRAGMA journal_mode", [], |row| row.get(0))
            .unwrap();
        let flush: i64 = again
            .query_row("PRAGMA synchronous", [], |row| row.get(0))
            .unwrap();
        assert_eq!((mode.as_str(), flush), ("wal", 2));
        again.pragma_update(None, "user_version", 99).unwrap();
        drop(again);
        assert!(matches!(
            open(&path),
            Err(StoreError::TooNew { found: 99, .. })
        ));
    }

    #[test]
    fn refuses_a_file_that_is_no_database() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("labs.sqlite");
        std::fs::write(
            &path,
            "not a database at all, but long enough to be read as one",
        )
        .unwrap();
        let error = open(&path).unwrap_err().to_string();
        assert!(error.contains("labs.sqlite"), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap().len(), 56);
    }
}
