//! Whether what a running lab expects is so.

use std::sync::Arc;

use protocol::expect::Verdict;
use protocol::lab::RunState;
use tokio::sync::{Semaphore, oneshot};

use super::{Lab, answer};
use crate::labs::handle::NotAnswered;
use crate::trial::{self, Listeners};

/// The trials of a lab.
pub(super) struct Trials {
    /// Where the answers to their pings go.
    pub(super) listeners: Listeners,
    /// One round at a time.
    free: Arc<Semaphore>,
}

impl Default for Trials {
    fn default() -> Self {
        Self {
            listeners: Listeners::default(),
            free: Arc::new(Semaphore::new(1)),
        }
    }
}

impl Lab {
    /// Tries everything that the lab expects, beside the lab's task.
    pub(super) fn check(&mut self, reply: oneshot::Sender<Result<Vec<Verdict>, NotAnswered>>) {
        let fail = |why: &str| {
            let why = format!("the expectations cannot be checked: {why}");
            Err(NotAnswered::Failed(why))
        };
        let agent = self.agent.clone();
        let Some(agent) = agent.filter(|_| *self.run.borrow() == RunState::Running) else {
            return answer(Some(reply), fail("the lab does not run"));
        };
        let Ok(turn) = Arc::clone(&self.trials.free).try_acquire_owned() else {
            return answer(Some(reply), fail("a check is under way already"));
        };
        // The lower half tells one round from those before it.
        let round = self.next_number() as u32;
        let document = Arc::clone(&self.document);
        let listeners = self.trials.listeners.clone();
        tokio::spawn(async move {
            let verdicts = trial::all(&agent, &document, &listeners, round).await;
            drop(turn);
            answer(Some(reply), verdicts.map_err(NotAnswered::Failed));
        });
    }
}
