//! Documents for the kernel, one after the other.

use std::sync::Arc;

use kernel::advertise::Advertiser;
use kernel::apply::ApplyError;
use kernel::engine::Engine;
use kernel::serve::Server;
use protocol::lab::ApplyFailure;
use tokio::sync::mpsc;
use topology::drift::Drift;
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
    document: Arc<Document>,
    how: How,
}

/// How a document is applied.
pub(super) enum How {
    /// What differs from the one before.
    Edit,
    /// All of it: what somebody else has changed is put right, too.
    Whole,
    /// What differs from the one before, and one thing that somebody else has changed.
    Revert(Box<Drift>),
}

/// Takes documents to the kernel in the order in which they come.
pub(super) struct Applier(mpsc::Sender<Waiting>);

impl Applier {
    pub(super) fn start(engine: Arc<Engine>, server: Server, outbound: Outbound) -> Self {
        let (sender, mut documents) = mpsc::channel::<Waiting>(WAITING);
        tokio::spawn(async move {
            let advertiser = Advertiser::start(Arc::clone(&engine));
            let mut is_first = true;
            while let Some(waiting) = documents.recv().await {
                let Waiting {
                    number,
                    document,
                    how,
                } = waiting;
                // A socket would keep its namespace from going.
                server.keep(&document).await;
                advertiser.keep(&document).await;
                let applied = match how {
                    How::Revert(drift) if !is_first => {
                        let edited = engine.apply_edit(Arc::clone(&document)).await;
                        // What the kernel refuses of the document is no reason to leave this.
                        let reverted = engine.revert(Arc::clone(&document), &drift).await;
                        edited.and(reverted)
                    }
                    How::Edit if !is_first => engine.apply_edit(Arc::clone(&document)).await,
                    How::Edit | How::Whole | How::Revert(_) => {
                        engine.apply(Arc::clone(&document)).await
                    }
                };
                is_first &= applied.is_err();
                server.set(&document).await;
                advertiser.set(&document).await;
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

    pub(super) async fn apply(&self, number: u64, document: Box<Document>, how: How) {
        let waiting = Waiting {
            number,
            document: document.into(),
            how,
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
        | Step::AddVlans { at, .. }
        | Step::RemoveVlans { at, .. }
        | Step::AddFdb { at, .. }
        | Step::RemoveFdb { at, .. }
        | Step::AddNeighbour { at, .. }
        | Step::RemoveNeighbour { at, .. }
        | Step::AddAddress { at, .. }
        | Step::RemoveAddress { at, .. }
        | Step::SetOffload { at, .. }
        | Step::SetQdisc { at, .. } => document.interface_named(at.namespace, at.name.as_str()),
        Step::SetSysctl {
            namespace,
            interface: Some(name),
            ..
        } => document.interface_named(*namespace, name.as_str()),
        Step::AddNamespace { .. }
        | Step::RemoveNamespace { .. }
        | Step::RenameNamespace { .. }
        | Step::AddRoute { .. }
        | Step::RemoveRoute { .. }
        | Step::AddRule { .. }
        | Step::RemoveRule { .. }
        | Step::SetForwarding { .. }
        | Step::SetFirewall { .. }
        | Step::SetSysctl { .. } => None,
        Step::SetUplink { .. } => None,
    };
    (Some(namespace), interface)
}
