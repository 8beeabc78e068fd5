//! The yard: all labs, those in memory and those that only the store knows.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use protocol::lab::{LabId, LabSummary, RunState};
use topology::Document;
use topology::feature::Missing;

use super::handle::{Closed, LabHandle};
use super::lab;
use super::limits::MAX_LABS;
use super::machine::Machine;
use super::store::{Store, StoreError};

/// Tries to reach a lab that leaves the memory at that moment, before giving up.
const REACH_ATTEMPTS: usize = 4;

/// Why the yard could not do something.
#[derive(Debug, thiserror::Error)]
pub enum YardError {
    /// No lab has that id.
    #[error("there is no lab {0}")]
    NoSuchLab(String),
    /// Several labs have that title.
    #[error("{count} labs are called {title:?}: name one by its id ({ids})")]
    Ambiguous {
        /// The title.
        title: String,
        /// How many have it.
        count: usize,
        /// Their ids.
        ids: String,
    },
    /// No room for another lab.
    #[error("the yard has {MAX_LABS} labs already, and no more may be: delete one first")]
    TooManyLabs,
    /// What was to become a lab is none.
    #[error("the lab is not valid: {0}")]
    Invalid(topology::edit::EditError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The lab's task ended again and again.
    #[error("the lab {0} does not answer: its task has failed")]
    Failing(LabId),
    /// The server is about to end.
    #[error("the server is shutting down")]
    ShuttingDown,
}

/// All labs; clones are the same yard.
#[derive(Clone, Debug)]
pub struct Yard(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    machine: Machine,
    places: Mutex<BTreeMap<LabId, Arc<Place>>>,
    closing: AtomicBool,
}

/// A lab's place in memory. Whoever opens or deletes the lab holds `handle` meanwhile.
#[derive(Debug, Default)]
struct Place {
    handle: tokio::sync::Mutex<Option<LabHandle>>,
    /// What the list of labs shows without waiting.
    shown: Mutex<Option<LabHandle>>,
    /// How its task failed, until it is opened again.
    failed: Mutex<Option<String>>,
}

impl Yard {
    /// The labs of a store, run with what the machine has.
    pub fn new(store: Store, machine: Machine) -> Self {
        let places = Mutex::new(BTreeMap::new());
        Self(Arc::new(Inner {
            store,
            machine,
            places,
            closing: AtomicBool::new(false),
        }))
    }

    /// What this machine's kernel lacks.
    pub fn missing(&self) -> &[Missing] {
        &self.0.machine.missing
    }

    /// Every lab, the one edited last first.
    pub async fn list(&self) -> Result<Vec<LabSummary>, YardError> {
        let stored = self.0.store.list().await?;
        let places = lock(&self.0.places).clone();
        let run = |id: &LabId| {
            places
                .get(id)
                .map_or(RunState::Stopped, |place| place.run_state())
        };
        let with_run = stored.into_iter().map(|lab| LabSummary {
            run: run(&lab.id),
            id: lab.id,
            title: lab.title,
            namespaces: lab.namespaces,
            links: lab.links,
            edited_at: lab.edited_at,
        });
        Ok(with_run.collect())
    }

    /// One line of the list.
    pub async fn summary(&self, id: &LabId) -> Result<LabSummary, YardError> {
        let all = self.list().await?;
        all.into_iter()
            .find(|lab| lab.id == *id)
            .ok_or_else(|| YardError::NoSuchLab(id.to_string()))
    }

    /// The lab of that id, or the only one of that title.
    pub async fn find(&self, name: &str) -> Result<LabId, YardError> {
        let all = self.0.store.list().await?;
        if let Some(lab) = all.iter().find(|lab| lab.id.0 == name) {
            return Ok(lab.id.clone());
        }
        let titled: Vec<_> = all
            .into_iter()
            .filter(|lab| lab.title == name)
            .map(|lab| lab.id)
            .collect();
        match titled.as_slice() {
            [] => Err(YardError::NoSuchLab(name.to_owned())),
            [id] => Ok(id.clone()),
            several => Err(YardError::Ambiguous {
                title: name.to_owned(),
                count: several.len(),
                ids: several
                    .iter()
                    .map(|id| id.0.as_str())
                    .collect::<Vec<_>>()
                    .join(", "),
            }),
        }
    }

    /// Stores a new lab.
    pub async fn create(&self, document: &Document) -> Result<LabId, YardError> {
        document.validate().map_err(YardError::Invalid)?;
        let id = random_id();
        match self.0.store.create(id.clone(), document, MAX_LABS).await? {
            true => Ok(id),
            false => Err(YardError::TooManyLabs),
        }
    }

    /// The task of a lab; started from the store if it is not in memory.
    pub async fn open(&self, id: &LabId) -> Result<LabHandle, YardError> {
        let place = self.place(id);
        let mut handle = place.handle.lock().await;
        // Looked at with the place in hand: whoever closes the yard comes after us and sees it.
        if self.0.closing.load(Ordering::SeqCst) {
            return Err(YardError::ShuttingDown);
        }
        if let Some(open) = handle.as_ref().filter(|handle| handle.is_open()) {
            return Ok(open.clone());
        }
        let Some(stored) = self.0.store.load(id).await? else {
            lock(&self.0.places).remove(id);
            return Err(YardError::NoSuchLab(id.to_string()));
        };
        let run = place.run_state();
        let run = if matches!(run, RunState::Failed { .. }) {
            run
        } else {
            RunState::Stopped
        };
        let machine = self.0.machine.clone();
        let (opened, task) = lab::spawn(id.clone(), stored, run, self.0.store.clone(), machine);
        *handle = Some(opened.clone());
        *lock(&place.shown) = Some(opened.clone());
        *lock(&place.failed) = None;
        tokio::spawn(watch(id.clone(), task, Arc::clone(&place)));
        Ok(opened)
    }

    /// Does something with a lab, once more if the lab left the memory just then.
    pub async fn with<T, F>(
        &self,
        id: &LabId,
        work: impl Fn(LabHandle) -> F,
    ) -> Result<T, YardError>
    where
        F: Future<Output = Result<T, Closed>>,
    {
        for _ in 0..REACH_ATTEMPTS {
            let handle = self.open(id).await?;
            if let Ok(done) = work(handle).await {
                return Ok(done);
            }
        }
        Err(YardError::Failing(id.clone()))
    }

    /// Stops a lab, closes its sockets, and removes it for good.
    pub async fn delete(&self, id: &LabId) -> Result<(), YardError> {
        self.summary(id).await?;
        let place = self.place(id);
        let mut handle = place.handle.lock().await;
        if let Some(handle) = handle.take() {
            handle.close(1000, "the lab was deleted").await;
        }
        self.0.store.delete(id.clone()).await?;
        lock(&self.0.places).remove(id);
        Ok(())
    }

    /// Stops all labs and returns when no process of theirs is left.
    pub async fn shutdown(&self) {
        self.0.closing.store(true, Ordering::SeqCst);
        let places: Vec<_> = std::mem::take(&mut *lock(&self.0.places))
            .into_values()
            .collect();
        let mut closing = tokio::task::JoinSet::new();
        for place in places {
            closing.spawn(async move {
                if let Some(handle) = place.handle.lock().await.take() {
                    handle.close(1001, "the server is shutting down").await;
                }
            });
        }
        closing.join_all().await;
    }

    fn place(&self, id: &LabId) -> Arc<Place> {
        Arc::clone(lock(&self.0.places).entry(id.clone()).or_default())
    }
}

impl Place {
    fn run_state(&self) -> RunState {
        let open = lock(&self.shown)
            .as_ref()
            .filter(|handle| handle.is_open())
            .map(LabHandle::run_state);
        let failed = || {
            lock(&self.failed)
                .clone()
                .map(|message| RunState::Failed { message })
        };
        open.or_else(failed).unwrap_or(RunState::Stopped)
    }
}

/// Waits for a lab's task to end; a panic is kept as the lab's state, and reaches nobody else.
async fn watch(id: LabId, task: tokio::task::JoinHandle<()>, place: Arc<Place>) {
    let Err(error) = task.await else { return };
    tracing::error!(lab = %id, %error, "a lab's task has failed");
    let message = "Netyard itself failed in this lab, which was stopped; everything stored is kept. \
                   The server's log says more.";
    *lock(&place.failed) = Some(message.to_owned());
}

/// 64 random bits as 16 hexadecimal digits.
fn random_id() -> LabId {
    let digits = crate::web::secret::Secret::random().reveal();
    LabId(digits.chars().take(16).collect())
}

/// A panic elsewhere leaves these maps whole: each change is one statement.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    fn machine() -> Machine {
        Machine {
            program: std::path::Path::new("/bin/false").into(),
            missing: Arc::from([]),
            allow_uplink: false,
        }
    }

    #[tokio::test]
    async fn a_lab_whose_task_panics_is_shown_as_failed_and_opens_again() {
        let folder = tempfile::tempdir().unwrap();
        let yard = Yard::new(Store::open(folder.path()).unwrap(), machine());
        let (bad, good) = (Document::new("bad"), Document::new("good"));
        let (bad, good) = (
            yard.create(&bad).await.unwrap(),
            yard.create(&good).await.unwrap(),
        );
        yard.open(&good).await.unwrap();
        let task = tokio::spawn(async { panic!("as a test") });
        watch(bad.clone(), task, yard.place(&bad)).await;
        assert!(matches!(
            yard.summary(&bad).await.unwrap().run,
            RunState::Failed { .. }
        ));
        assert_eq!(yard.summary(&good).await.unwrap().run, RunState::Stopped);
        let again = yard.open(&bad).await.unwrap();
        assert!(matches!(again.run_state(), RunState::Failed { .. }));
        again.stop().await.unwrap().unwrap();
        assert_eq!(yard.summary(&bad).await.unwrap().run, RunState::Stopped);
    }

    #[tokio::test]
    async fn a_lab_that_has_left_the_memory_comes_back_when_it_is_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let yard = Yard::new(Store::open(folder.path()).unwrap(), machine());
        let id = yard.create(&Document::new("A")).await.unwrap();
        let first = yard.open(&id).await.unwrap();
        first.close(1000, "as a test").await;
        assert!(first.snapshot().await.is_err());
        let snapshot = yard
            .with(&id, |lab| async move { lab.snapshot().await })
            .await
            .unwrap();
        assert_eq!(
            (snapshot.revision, snapshot.document.title.as_str()),
            (0, "A")
        );
        yard.shutdown().await;
        assert!(matches!(yard.open(&id).await, Err(YardError::ShuttingDown)));
    }
}
