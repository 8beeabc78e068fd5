//! What is only asked of the engine: it is answered between two commands, and also while one of them
//! waits for the kernel.

use protocol::counters::Counters;
use tokio::sync::oneshot;
use topology::InterfaceId;

use super::Lab;
use crate::error::Result;

/// A question.
#[derive(Debug)]
pub(crate) enum Question {
    /// What interfaces have counted.
    Counters {
        /// Whom to tell.
        answer: oneshot::Sender<Result<Vec<(InterfaceId, Counters)>>>,
    },
}

impl Lab {
    /// Answers what has been asked.
    pub(crate) fn answer(&mut self) {
        while let Ok(question) = self.questions.try_recv() {
            match question {
                // Whoever asked may have gone.
                Question::Counters { answer } => drop(answer.send(self.counters())),
            }
        }
    }
}
