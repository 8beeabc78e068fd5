//! What the rules of firewalls have counted.

use tokio::sync::oneshot;
use topology::firewall::counters::Counted;

use super::{Lab, answer};
use crate::agent::protocol::{Answer, Request};
use crate::labs::handle::NotAnswered;

impl Lab {
    /// Has the agent look.
    pub(super) fn counted(
        &self,
        namespace: &str,
        reply: oneshot::Sender<Result<Vec<Counted>, NotAnswered>>,
    ) {
        let Some(id) = self.document.namespace_named(namespace) else {
            let why = format!("there is no namespace {namespace:?}");
            return answer(Some(reply), Err(NotAnswered::NoNamespace(why)));
        };
        let what = format!("the firewall of {namespace} counts nothing");
        self.request(
            &what,
            Request::Counted { namespace: id },
            reply,
            |answer| match answer {
                Answer::Counted(counted) => Some(counted),
                _ => None,
            },
        );
    }
}
