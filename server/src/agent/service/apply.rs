//! Documents for the kernel, one after the other.

use std::sync::Arc;

use kernel::apply::ApplyError;
use kernel::engine::Engine;
use protocol::lab::ApplyFailure;
use tokio::sync::mpsc;
use topology::step::Step;
use topology::{Document, InterfaceId, NamespaceId, command};

use super::Outbound;
use crate::agent::protocol::{Answer, FromAgent};

/// Documents that wait: the web process asks for one at a time.
const WAITING: usize = 16;

/// A document that waits.
struct Waiting {
    /// Of the request.
    number: u64,
    document: Box<Document>,
    /// Whether what somebody else has changed is put right, too.
    whole: bool,
}

/// Takes documents to the kernel in the order in which they come.
pub(super) struct Applier(mpsc::Sender<Waiting>);

impl Applier {
    pub(super) fn start(engine: Arc<Engine>, outbound: Outbound) -> Self {
        let (sender, mut documents) = mpsc::channel::<Waiting>(WAITING);
        tokio::spawn(async move {
            let mut is_first = true;
            while let Some(waiting) = documents.recv().await {
                let Waiting {
                    number,
                    document,
                    whole,
                } = waiting;
                let applied = if is_first || whole {
                    engine.apply(&document).await
                } else {
                    engine.apply_edit(&document).await
                };
                is_first &= applied.is_err();
                let answer = match applied {
                    Ok(_) => Answer::Done,
                    Err(error) => Answer::NotApplied(failure(&document, &error)),
                };
                if outbound
                    .send(FromAgent::Answer { number, answer })
                    .await
                    .is_err()
                {
                    return;
                }
            }
        });
        Self(sender)
    }

    pub(super) async fn apply(&self, number: u64, document: Box<Document>, whole: bool) {
        let waiting = Waiting {
            number,
            document,
            whole,
        };
        // Fails only when the web process has gone.
        let _ = self.0.send(waiting).await;
    }
}

/// A failure as the browser shows it: at the object, with the command and the kernel's words.
fn failure(document: &Document, error: &ApplyError) -> ApplyFailure {
    let place = error.step.as_ref().map(|step| place(document, step));
    let (namespace, interface) = place.unwrap_or_default();
    let subject = match (interface, namespace) {
        (Some(interface), _) => document.describe_interface(interface),
        (None, Some(namespace)) => document.describe_namespace(namespace),
        (None, None) => "the lab".to_owned(),
    };
    let names = command::Names::of(document);
    let command = error
        .step
        .as_ref()
        .map(|step| command::of_step(step, &names).words());
    ApplyFailure {
        subject,
        namespace,
        interface,
        command: command.unwrap_or_default(),
        error: error.to_string(),
    }
}

/// The namespace and interface of the document that a step is about.
fn place(document: &Document, step: &Step) -> (Option<NamespaceId>, Option<InterfaceId>) {
    let namespace = step.namespace();
    let interface = match step {
        Step::AddVeth { ends: [end, _] } | Step::AddDevice { new: end, .. } => end.id,
        Step::RemoveInterface { at }
        | Step::RenameInterface { at, .. }
        | Step::SetUp { at, .. }
        | Step::SetMtu { at, .. }
        | Step::SetMac { at, .. }
        | Step::SetMaster { at, .. }
        | Step::SetParameters { at, .. }
        | Step::SetPort { at, .. }
        | Step::AddAddress { at, .. }
        | Step::RemoveAddress { at, .. } => {
            document.interface_named(at.namespace, at.name.as_str())
        }
        Step::AddNamespace { .. }
        | Step::RemoveNamespace { .. }
        | Step::RenameNamespace { .. }
        | Step::AddRoute { .. }
        | Step::RemoveRoute { .. }
        | Step::AddRule { .. }
        | Step::RemoveRule { .. }
        | Step::SetForwarding { .. }
        | Step::SetFirewall { .. }
        | Step::SetUplink { .. } => None,
    };
    (Some(namespace), interface)
}
