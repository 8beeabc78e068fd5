//! Keys that open one path each, for reading: what a person copies into a shell.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::secret::{Secret, SecretHash};
use super::sessions::Sessions;

/// Keys at once; the oldest goes when another one is made.
const MAX_KEYS: usize = 256;

/// The keys; clones are the same. They end with the server.
#[derive(Clone, Debug)]
pub struct Keys {
    sessions: Sessions,
    known: Arc<Mutex<VecDeque<Key>>>,
}

#[derive(Debug)]
struct Key {
    hash: SecretHash,
    path: String,
    /// Whose it is: it ends with the session.
    session: Option<SecretHash>,
}

impl Keys {
    /// None yet.
    pub fn new(sessions: Sessions) -> Self {
        let known = Arc::default();
        Self { sessions, known }
    }

    /// Makes a key to a path.
    pub(super) fn make(&self, path: String, session: Option<SecretHash>) -> Secret {
        let secret = Secret::random();
        let hash = secret.hash();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_KEYS {
            known.pop_front();
        }
        known.push_back(Key {
            hash,
            path,
            session,
        });
        secret
    }

    /// Whether a text is a key to that path; then the session that it ends with, if there is one.
    /// Looked up by its hash, so that the time it takes says nothing of the keys there are.
    pub(super) fn opens(&self, text: &str, path: &str) -> Option<Option<SecretHash>> {
        let hash = Secret::parse(text)?.hash();
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let key = known.iter().find(|key| {
            let lives = || key.session.is_none_or(|it| self.sessions.is_known(it));
            key.hash == hash && key.path == path && lives()
        })?;
        Some(key.session)
    }
}
