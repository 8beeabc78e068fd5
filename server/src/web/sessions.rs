//! Who is signed in: the yard's secret, and the sessions that were given out for it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, broadcast};

use super::secret::{Secret, SecretHash};
use crate::labs::store::{Store, StoreError, now};

/// How long a session is good for, in seconds: 30 days.
pub(super) const LIFETIME: u64 = 30 * 24 * 60 * 60;

/// Sessions at once; the oldest goes when another one is made.
const MAX_SESSIONS: usize = 1_000;

/// How long a wrong secret waits for its answer. The right one never waits, so that nobody can keep
/// the owner out by guessing.
const WRONG_DELAY: Duration = Duration::from_millis(300);

/// Wrong secrets that may wait; more are refused at once. Together: at most 27 guesses a second at
/// 256 bits.
const WRONG_WAITING: usize = 8;

/// The secret and the sessions; clones are the same.
#[derive(Clone, Debug)]
pub struct Sessions(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    secret: Secret,
    store: Store,
    /// Each session's hash, and when it was made in seconds since the Unix epoch.
    known: Mutex<BTreeMap<SecretHash, u64>>,
    ended: broadcast::Sender<SecretHash>,
    wrong: Semaphore,
}

/// Why somebody is not signed in.
#[derive(Debug, PartialEq, Eq)]
pub enum NotSignedIn {
    /// The secret is wrong.
    Wrong,
    /// Too many wrong ones at once.
    TooMany,
}

impl Sessions {
    /// Those that the store remembers.
    pub async fn load(secret: Secret, store: Store) -> Result<Self, StoreError> {
        let oldest = now().saturating_sub(LIFETIME);
        let (fresh, stale): (Vec<_>, Vec<_>) = store
            .sessions()
            .await?
            .into_iter()
            .partition(|(_, made)| *made > oldest);
        store
            .remove_sessions(stale.into_iter().map(|(hash, _)| hash).collect())
            .await?;
        let known = Mutex::new(fresh.into_iter().collect());
        let (ended, _) = broadcast::channel(16);
        let wrong = Semaphore::new(WRONG_WAITING);
        Ok(Self(Arc::new(Inner {
            secret,
            store,
            known,
            ended,
            wrong,
        })))
    }

    /// Whether a text is the yard's secret. A wrong one waits for its answer.
    pub async fn check_secret(&self, text: &str) -> Result<(), NotSignedIn> {
        if self.0.secret.matches(text) {
            return Ok(());
        }
        let Ok(_place) = self.0.wrong.try_acquire() else {
            return Err(NotSignedIn::TooMany);
        };
        tokio::time::sleep(WRONG_DELAY).await;
        Err(NotSignedIn::Wrong)
    }

    /// The session of a token, if there is one.
    pub fn find(&self, token: &str) -> Option<SecretHash> {
        let hash = Secret::parse(token)?.hash();
        self.is_known(hash).then_some(hash)
    }

    /// Whether there is such a session.
    pub fn is_known(&self, hash: SecretHash) -> bool {
        let known = self.0.known.lock().unwrap_or_else(PoisonError::into_inner);
        let made = known.get(&hash);
        made.is_some_and(|made| made.saturating_add(LIFETIME) > now())
    }

    /// Makes a session; on disk when this returns.
    pub async fn make(&self) -> Result<Secret, StoreError> {
        let token = Secret::random();
        let (hash, made) = (token.hash(), now());
        self.0.store.add_session(hash, made).await?;
        let too_many = {
            let mut known = self.0.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.insert(hash, made);
            let oldest = known
                .iter()
                .min_by_key(|(_, made)| **made)
                .map(|(hash, _)| *hash);
            oldest.filter(|_| known.len() > MAX_SESSIONS)
        };
        if let Some(oldest) = too_many {
            self.end(oldest).await?;
        }
        Ok(token)
    }

    /// Ends a session; its sockets are closed.
    pub async fn end(&self, hash: SecretHash) -> Result<(), StoreError> {
        self.0
            .known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&hash);
        // Nobody may be listening.
        let _ = self.0.ended.send(hash);
        self.0.store.remove_sessions(vec![hash]).await
    }

    /// Waits until a session has ended.
    pub async fn ended(&self, hash: SecretHash) {
        let mut ended = self.0.ended.subscribe();
        loop {
            if !self
                .0
                .known
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .contains_key(&hash)
            {
                return;
            }
            // Whatever comes, also that some were missed: look again.
            if matches!(ended.recv().await, Err(broadcast::error::RecvError::Closed)) {
                return;
            }
        }
    }
}
