//! An open lab: the document, the kernel's state, and what is sent and received.
//!
//! Everything that changes goes through here; components read signals and call these.

use leptos::prelude::*;
use protocol::ClientMessage;
use protocol::lab::{ApplyFailure, LabId, RunState};
use protocol::serve::ServiceState;
use topology::edit::EditError;
use topology::feature::Missing;
use topology::status::Statuses;
use topology::{Document, Edit, InterfaceId, NamespaceId, Observed};

use super::document::{Dropped, Pending, Working};
use super::redraw::touches_kernel;
use super::selection::{Object, Selected};
use super::way::ShownWay;
use crate::canvas::drawing::Drawing;
use crate::canvas::gesture::Gesture;
use crate::canvas::marks::Marks;
use crate::live::probe_words::ProbeRow;
use crate::live::reach::Reach;
use crate::live::socket::Socket;
use crate::live::streams::Streams;
use crate::live::traffic::Traffic;
use crate::route::{Page, Router};
use crate::toast::Toasts;

/// How the connection stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Online {
    /// Not connected yet.
    Connecting,
    /// Everything arrives.
    Yes,
    /// Connecting again.
    No,
}

/// An open lab.
#[derive(Clone, Copy)]
pub(crate) struct Lab {
    /// The document with one's own edits in it.
    pub(crate) working: RwSignal<Working>,
    /// Whether the lab runs.
    pub(crate) run: RwSignal<RunState>,
    /// How the connection stands.
    pub(crate) online: RwSignal<Online>,
    /// How many browsers are on the lab.
    pub(crate) clients: RwSignal<usize>,
    /// What the kernel says, if the lab runs.
    pub(crate) observed: RwSignal<Option<Observed>>,
    /// Every object's state.
    pub(crate) statuses: RwSignal<Statuses>,
    /// The same in one word each, with what failed.
    pub(crate) marks: RwSignal<Marks>,
    /// The last failure that no later edit has made good.
    pub(crate) failure: RwSignal<Option<ApplyFailure>>,
    /// What this machine's kernel lacks.
    pub(crate) missing: RwSignal<Vec<Missing>>,
    /// The last own edit that was refused, for the field that it came from.
    pub(crate) refusal: RwSignal<Option<EditError>>,
    /// What is selected.
    pub(crate) selected: RwSignal<Selected>,
    /// What the pointer is doing.
    pub(crate) gesture: RwSignal<Gesture>,
    /// The scene.
    pub(crate) drawing: Drawing,
    /// Pings and captures.
    pub(crate) streams: Streams,
    /// What passes the links.
    pub(crate) traffic: Traffic,
    /// Who reaches whom.
    pub(crate) reach: Reach,
    /// The way that is shown on the canvas.
    pub(crate) way: RwSignal<Option<ShownWay>>,
    /// Counts the ways that were asked for.
    pub(super) ways: StoredValue<u64>,
    /// What was asked of the network, the newest first.
    pub(crate) probes: RwSignal<Vec<ProbeRow>>,
    /// How what namespaces serve stands.
    pub(crate) services: RwSignal<Vec<ServiceState>>,
    /// The latest answer on a filter: its token and what speaks against it.
    pub(crate) filter_answer: RwSignal<Option<(u64, Option<String>)>>,
    pub(super) id: StoredValue<LabId>,
    pub(super) toasts: Toasts,
    pub(super) router: Router,
    pub(super) plain: StoredValue<Plain>,
    pub(super) socket: StoredValue<Option<Socket>>,
}

/// What no component reads.
pub(super) struct Plain {
    /// This browser, by the server's number.
    pub(super) me: Option<protocol::server::ClientId>,
    /// When the server took the lab into its memory.
    pub(super) opened_at: Option<u64>,
    /// The revision that the kernel has yet to take.
    pub(super) awaited: Option<u64>,
    /// Own edits that touch the kernel and are not stored yet.
    pub(super) unsent: bool,
    /// The latest token of a request that is no edit.
    pub(super) request: u64,
    /// Whether the scene is to be made anew at the next frame.
    pub(super) stale: bool,
}

impl Lab {
    /// Opens a lab and provides it to everything below.
    pub(crate) fn open(id: LabId) -> Self {
        let path = format!("/api/v1/labs/{id}/socket");
        let lab = Self {
            working: RwSignal::new(Working::default()),
            run: RwSignal::new(RunState::Stopped),
            online: RwSignal::new(Online::Connecting),
            clients: RwSignal::new(0),
            observed: RwSignal::new(None),
            statuses: RwSignal::new(Statuses::default()),
            marks: RwSignal::new(Marks::default()),
            failure: RwSignal::new(None),
            missing: RwSignal::new(Vec::new()),
            refusal: RwSignal::new(None),
            selected: RwSignal::new(Selected::new()),
            gesture: RwSignal::new(Gesture::default()),
            drawing: Drawing::new(),
            streams: Streams::new(),
            traffic: Traffic::new(),
            reach: Reach::new(),
            way: RwSignal::new(None),
            ways: StoredValue::new(0),
            probes: RwSignal::new(Vec::new()),
            services: RwSignal::new(Vec::new()),
            filter_answer: RwSignal::new(None),
            id: StoredValue::new(id),
            toasts: Toasts::of_page(),
            router: Router::of_page(),
            plain: StoredValue::new(Plain {
                me: None,
                opened_at: None,
                awaited: None,
                unsent: false,
                request: 0,
                stale: false,
            }),
            socket: StoredValue::new(None),
        };
        provide_context(lab);
        let socket = Socket::open(&path, move |incoming| lab.receive(incoming));
        lab.socket.set_value(Some(socket));
        lab
    }

    /// That of the page.
    pub(crate) fn of_page() -> Self {
        expect_context()
    }

    /// Its id.
    pub(crate) fn id(self) -> LabId {
        self.id.get_value()
    }

    /// Reads the document; what reads it runs again when it changes.
    pub(crate) fn read<T>(self, look: impl FnOnce(&Document) -> T) -> T {
        self.working.with(|working| look(working.document()))
    }

    /// Reads the document as it is now.
    pub(crate) fn peek<T>(self, look: impl FnOnce(&Document) -> T) -> T {
        self.working
            .with_untracked(|working| look(working.document()))
    }

    /// Whether the lab runs.
    pub(crate) fn is_running(self) -> bool {
        self.run.with(|run| *run == RunState::Running)
    }

    /// Whether the lab runs and is heard of: pings and captures can be started.
    pub(crate) fn is_live(self) -> bool {
        self.is_running() && self.online.get() == Online::Yes
    }

    /// Opens another page.
    pub(crate) fn go(self, page: Page) {
        self.router.go(page);
    }

    /// Shows what could not be done.
    pub(crate) fn tell_error(self, text: String) {
        self.toasts.error(text);
    }

    // Edits.

    /// Applies an edit at once and sends it; a refused one changes nothing.
    pub(crate) fn commit(self, edit: Edit) -> Result<(), EditError> {
        let outcome = self.act(|working| Some(working.commit(edit)));
        outcome.unwrap_or(Ok(()))
    }

    /// Like [`Lab::commit`]; a refusal is shown as a message.
    pub(crate) fn dispatch(self, edit: Edit) -> bool {
        match self.commit(edit) {
            Ok(()) => true,
            Err(error) => {
                self.toasts.error(error.to_string());
                false
            }
        }
    }

    /// Takes back the latest own edit.
    pub(crate) fn undo(self) {
        if let Some(Err(error)) = self.act(Working::undo) {
            self.toasts
                .error(format!("Cannot take that back any more: {error}"));
        }
    }

    /// Does the latest undone edit again.
    pub(crate) fn redo(self) {
        if let Some(Err(error)) = self.act(Working::redo) {
            self.toasts
                .error(format!("Cannot do that again any more: {error}"));
        }
    }

    fn act(
        self,
        act: impl FnOnce(&mut Working) -> Option<Result<Pending, EditError>>,
    ) -> Option<Result<(), EditError>> {
        let outcome = self.working.try_update(act)??;
        match outcome {
            Ok(pending) => {
                self.refusal.set(None);
                if touches_kernel(&pending.edit) {
                    self.plain.update_value(|plain| plain.unsent = true);
                    self.settle_later();
                }
                self.send_edit(pending);
                self.refresh();
                Some(Ok(()))
            }
            Err(error) => Some(Err(error)),
        }
    }

    pub(super) fn send_edit(self, pending: Pending) {
        let Pending { token, edit } = pending;
        // Without a connection it stays pending and is sent after the next welcome.
        self.send(&ClientMessage::Edit { token, edit });
    }

    pub(super) fn tell_dropped(self, dropped: Vec<Dropped>) {
        for Dropped { error, certain } in dropped {
            if certain {
                self.toasts.error(format!(
                    "Your change was dropped, another came first: {error}"
                ));
            }
        }
    }

    // Selection.

    /// Selects one object alone, or nothing.
    pub(crate) fn select(self, object: Option<Object>) {
        self.selected.set(object.into_iter().collect());
    }

    /// Selects what an interface or a namespace is drawn as, if it is in the lab.
    pub(crate) fn select_place(
        self,
        namespace: Option<NamespaceId>,
        interface: Option<InterfaceId>,
    ) {
        let object = self.peek(|document| {
            interface
                .and_then(|id| Object::showing(document, id))
                .or_else(|| namespace.map(Object::of_namespace))
        });
        if object.is_some() {
            self.select(object);
        }
    }

    /// The one selected object.
    pub(crate) fn only_selected(self) -> Option<Object> {
        self.selected.with(|selected| {
            let mut all = selected.iter();
            match (all.next(), all.next()) {
                (Some(only), None) => Some(*only),
                _ => None,
            }
        })
    }
}
