//! Who is signed in, as hashes of their tokens: a copy of the file signs nobody in.

use rusqlite::params;

use super::{Store, StoreError, signed, unsigned};
use crate::web::secret::SecretHash;

impl Store {
    /// Every session: its hash, and when it was made in seconds since the Unix epoch.
    pub async fn sessions(&self) -> Result<Vec<(SecretHash, u64)>, StoreError> {
        self.run("read the sessions", |connection| {
            let mut statement =
                connection.prepare_cached("SELECT hash, created_at FROM sessions")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, unsigned(row.get(1)?))))?;
            rows.collect()
        })
        .await
    }

    /// Remembers a session.
    pub async fn add_session(&self, hash: SecretHash, created_at: u64) -> Result<(), StoreError> {
        self.run("store the session", move |connection| {
            let sql = "INSERT INTO sessions (hash, created_at) VALUES (?1, ?2)";
            connection
                .prepare_cached(sql)?
                .execute(params![hash, signed(created_at)])?;
            Ok(())
        })
        .await
    }

    /// Forgets sessions.
    pub async fn remove_sessions(&self, hashes: Vec<SecretHash>) -> Result<(), StoreError> {
        self.run("remove the session", move |connection| {
            let mut statement =
                connection.prepare_cached("DELETE FROM sessions WHERE hash = ?1")?;
            for hash in hashes {
                statement.execute([hash])?;
            }
            Ok(())
        })
        .await
    }
}
