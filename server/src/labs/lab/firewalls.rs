//! What the rules of firewalls have counted.

use protocol::lab::RunState;
use tokio::sync::oneshot;
use topology::firewall::counters::Counted;

use super::{Lab, answer};
use crate::agent::protocol::{Answer, Request};
use crate::labs::handle::NotCounted;

impl Lab {
    /// Has the agent look.
    pub(super) fn counted(
        &self,
        namespace: &str,
        reply: oneshot::Sender<Result<Vec<Counted>, NotCounted>>,
    ) {
        let Some(id) = self.document.namespace_named(namespace) else {
            let why = format!("there is no namespace {namespace:?}");
            return answer(Some(reply), Err(NotCounted::NoNamespace(why)));
        };
        let agent = self.agent.clone();
        let Some(agent) = agent.filter(|_| *self.run.borrow() == RunState::Running) else {
            let why = format!("the firewall of {namespace} counts nothing: the lab does not run");
            return answer(Some(reply), Err(NotCounted::Failed(why)));
        };
        tokio::spawn(async move {
            let counted = match agent.request(Request::Counted { namespace: id }).await {
                Ok(Answer::Counted(counted)) => Ok(counted),
                Ok(Answer::Failed(error)) => Err(error),
                Ok(_) => Err("the agent's answer was none".to_owned()),
                Err(error) => Err(error.to_string()),
            };
            answer(Some(reply), counted.map_err(NotCounted::Failed));
        });
    }
}
