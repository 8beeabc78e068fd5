//! Questions of the HTTP API that the agent answers.

use protocol::lab::RunState;
use protocol::probe::{Probe, Probed};
use protocol::reach::{ReachOptions, Reachability};
use tokio::sync::oneshot;

use super::{Lab, answer};
use crate::agent::protocol::{Answer, Request};
use crate::labs::handle::NotAnswered;

/// Who waits for an answer.
type Reply<T> = oneshot::Sender<Result<T, NotAnswered>>;

impl Lab {
    /// Has the agent measure who reaches whom.
    pub(super) fn reach(&self, options: ReachOptions, reply: Reply<Box<Reachability>>) {
        let request = Request::Reach { options };
        self.request(
            "nobody reaches anybody",
            request,
            reply,
            |answer| match answer {
                Answer::Reached(found) => Some(found),
                _ => None,
            },
        );
    }

    /// Has the agent find something out.
    pub(super) fn probe(&self, namespace: &str, probe: Probe, reply: Reply<Box<Probed>>) {
        let Some(source) = self.document.namespace_named(namespace) else {
            let why = format!("there is no namespace {namespace:?}");
            return answer(Some(reply), Err(NotAnswered::NoNamespace(why)));
        };
        let request = Request::Probe { source, probe };
        let what = format!("nothing can be sent from {namespace}");
        self.request(&what, request, reply, |answer| match answer {
            Answer::Probed(found) => Some(found),
            _ => None,
        });
    }

    /// Asks the agent and passes its answer on; `what` is said if the lab does not run.
    pub(super) fn request<T: Send + 'static>(
        &self,
        what: &str,
        request: Request,
        reply: Reply<T>,
        wanted: impl FnOnce(Answer) -> Option<T> + Send + 'static,
    ) {
        let agent = self.agent.clone();
        let Some(agent) = agent.filter(|_| *self.run.borrow() == RunState::Running) else {
            let why = format!("{what}: the lab does not run");
            return answer(Some(reply), Err(NotAnswered::Failed(why)));
        };
        tokio::spawn(async move {
            let result = match agent.request(request).await {
                Ok(Answer::Failed(error)) => Err(error),
                Ok(answer) => {
                    wanted(answer).ok_or_else(|| "the agent's answer was none".to_owned())
                }
                Err(error) => Err(error.to_string()),
            };
            answer(Some(reply), result.map_err(NotAnswered::Failed));
        });
    }
}
