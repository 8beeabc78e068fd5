//! An open lab: the document, the kernel's state, and what is sent and received.
//!
//! Everything that changes goes through here; components read signals and call these.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::ClientMessage;
use protocol::lab::{ApplyFailure, LabId, RunState};
use topology::document::Point;
use topology::edit::EditError;
use topology::status::{Statuses, statuses};
use topology::{Document, Edit, InterfaceId, NamespaceId, Node, Observed};

use super::document::{Dropped, Pending, Working};
use super::selection::{Object, Selected};
use crate::canvas::contents::{Sources, contents};
use crate::canvas::drawing::Drawing;
use crate::canvas::gesture::Gesture;
use crate::http;
use crate::live::socket::Socket;
use crate::live::streams::Streams;
use crate::route::{Page, Router};
use crate::toast::Toasts;

/// After this long a difference between document and kernel is no longer taken for an edit on its
/// way.
const SETTLE: Duration = Duration::from_secs(3);

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
    /// The last failure that no later edit has made good.
    pub(crate) failure: RwSignal<Option<ApplyFailure>>,
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
    /// The latest answer on a filter: its token and what speaks against it.
    pub(crate) filter_answer: RwSignal<Option<(u64, Option<String>)>>,
    pub(super) id: StoredValue<LabId>,
    pub(super) toasts: Toasts,
    router: Router,
    pub(super) plain: StoredValue<Plain>,
    socket: StoredValue<Option<Socket>>,
}

/// What no component reads.
pub(super) struct Plain {
    /// This browser, by the server's number.
    pub(super) me: Option<protocol::server::ClientId>,
    /// The revision that the kernel has yet to take.
    pub(super) awaited: Option<u64>,
    /// Own edits that touch the kernel and are not stored yet.
    pub(super) unsent: bool,
    /// The latest token of a request that is no edit.
    request: u64,
    /// Whether the scene is to be made anew at the next frame.
    stale: bool,
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
            failure: RwSignal::new(None),
            refusal: RwSignal::new(None),
            selected: RwSignal::new(Selected::new()),
            gesture: RwSignal::new(Gesture::default()),
            drawing: Drawing::new(),
            streams: Streams::new(),
            filter_answer: RwSignal::new(None),
            id: StoredValue::new(id),
            toasts: Toasts::of_page(),
            router: Router::of_page(),
            plain: StoredValue::new(Plain {
                me: None,
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

    // Requests.

    /// Sends a message; `false` without a connection.
    pub(crate) fn send(self, message: &ClientMessage) -> bool {
        self.socket
            .get_value()
            .is_some_and(|socket| socket.send(message))
    }

    fn ask(self, message: &ClientMessage) {
        if !self.send(message) {
            self.toasts
                .error("No connection to the server: try again when it is back");
        }
    }

    /// A token for a request that is no edit.
    fn token(self) -> u64 {
        self.plain
            .try_update_value(|plain| {
                plain.request += 1;
                plain.request
            })
            .unwrap_or_default()
    }

    /// Starts the lab.
    pub(crate) fn start(self) {
        self.ask(&ClientMessage::Start);
    }

    /// Stops the lab.
    pub(crate) fn stop(self) {
        self.ask(&ClientMessage::Stop);
    }

    /// Starts a ping.
    pub(crate) fn ping(self, source: NamespaceId, target: IpAddr) {
        let token = self.token();
        self.ask(&ClientMessage::StartPing {
            token,
            source,
            target,
        });
    }

    /// Starts a capture.
    pub(crate) fn capture(self, interface: InterfaceId, filter: String) {
        let token = self.token();
        self.ask(&ClientMessage::StartCapture {
            token,
            interface,
            filter,
        });
    }

    /// Asks whether a filter is one; the answer carries the token. `None` without a connection.
    pub(crate) fn check_filter(self, interface: InterfaceId, filter: String) -> Option<u64> {
        let token = self.token();
        let asked = self.send(&ClientMessage::CheckFilter {
            token,
            interface,
            filter,
        });
        asked.then_some(token)
    }

    /// Asks why there is no connection: the lab may be gone, or the session.
    pub(super) fn ask_why_offline(self) {
        let path = format!("/api/v1/labs/{}", self.id());
        spawn_local(async move {
            match http::probe(&path).await {
                Err(failure) if failure.status == 404 => {
                    self.toasts.error("This lab is not in the yard any more");
                    self.router.go(Page::Yard);
                }
                // The page asks for the secret when it is loaded again.
                Err(failure) if failure.is_signed_out() => {
                    let _ = window().location().reload();
                }
                _ => {}
            }
        });
    }

    /// Connects now instead of after the wait.
    pub(crate) fn reconnect(self) {
        if let Some(socket) = self.socket.get_value() {
            socket.hurry();
        }
    }

    /// Throws away what this browser believes and starts over from the server's welcome.
    pub(super) fn start_over(self) {
        if let Some(socket) = self.socket.get_value() {
            socket.restart();
        }
    }

    // Drawing.

    /// Whether an edit is on its way into the kernel.
    pub(super) fn settling(self) -> bool {
        let starting = self
            .run
            .with_untracked(|run| matches!(run, RunState::Starting | RunState::Stopping));
        let running = self.run.with_untracked(|run| *run == RunState::Running);
        let under_way = self
            .plain
            .with_value(|plain| plain.unsent || plain.awaited.is_some());
        starting || (running && under_way)
    }

    pub(super) fn settle_later(self) {
        let awaited = self.plain.with_value(|plain| plain.awaited);
        set_timeout(
            move || {
                let still = self.plain.try_with_value(|plain| plain.awaited == awaited);
                if still == Some(true) {
                    self.plain.update_value(|plain| {
                        plain.awaited = None;
                        plain.unsent = false;
                    });
                    self.refresh();
                }
            },
            SETTLE,
        );
    }

    /// Makes the scene anew at the next frame: for what comes in bursts.
    pub(super) fn refresh_soon(self) {
        let was_stale = self
            .plain
            .try_update_value(|plain| std::mem::replace(&mut plain.stale, true));
        if was_stale == Some(false) {
            request_animation_frame(move || {
                if self.plain.try_with_value(|plain| plain.stale) == Some(true) {
                    self.refresh();
                }
            });
        }
    }

    /// Makes the scene anew from the document and the kernel's state.
    pub(super) fn refresh(self) {
        self.plain.update_value(|plain| plain.stale = false);
        let settling = self.settling();
        let (statuses, contents, centres, homes, gone) = self.working.with_untracked(|working| {
            let document = working.document();
            self.observed.with_untracked(|observed| {
                self.failure.with_untracked(|failure| {
                    let statuses = statuses(document, observed.as_ref());
                    let contents = contents(Sources {
                        document,
                        statuses: &statuses,
                        observed: observed.as_ref(),
                        failure: failure.as_ref(),
                        settling,
                    });
                    let gone = self.selected.with_untracked(|selected| {
                        selected.iter().any(|object| !object.is_in(document))
                    });
                    (
                        statuses,
                        contents,
                        topology::layout::place(document),
                        homes(document),
                        gone,
                    )
                })
            })
        });
        if self.statuses.with_untracked(|old| *old != statuses) {
            self.statuses.set(statuses);
        }
        let overlay = self.gesture.with_untracked(Gesture::overlay);
        self.drawing.set(contents, centres, homes, &overlay);
        if gone {
            self.selected
                .update(|selected| selected.retain(|object| self.peek(|d| object.is_in(d))));
        }
    }

    /// Puts moved nodes where the pointer has them for the moment.
    pub(crate) fn drag(self) {
        let overlay = self.gesture.with_untracked(Gesture::overlay);
        self.drawing.arrange(&overlay);
    }

    // Selection.

    /// Selects one object alone, or nothing.
    pub(crate) fn select(self, object: Option<Object>) {
        self.selected.set(object.into_iter().collect());
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

/// A bridge that lives inside a namespace belongs to that namespace's card.
fn homes(document: &Document) -> BTreeMap<Node, Node> {
    document
        .bridges()
        .filter(|(_, bridge)| bridge.namespace != NamespaceId::HOST)
        .map(|(id, bridge)| (Node::Bridge(id), Node::Namespace(bridge.namespace)))
        .collect()
}

/// Whether the kernel has to do anything for an edit.
pub(super) fn touches_kernel(edit: &Edit) -> bool {
    match edit {
        Edit::Move { .. } | Edit::SetTitle { .. } => false,
        Edit::Batch { edits } => edits.iter().any(touches_kernel),
        _ => true,
    }
}

/// Most objects that [`free_place`] puts side by side.
const IN_A_ROW: usize = 4;

/// A place for a new object: to the right of the lowest row, or below it when it is full.
pub(crate) fn free_place(centres: &BTreeMap<Node, Point>) -> Point {
    let lowest = centres
        .values()
        .map(|point| point.y)
        .fold(f64::NEG_INFINITY, f64::max);
    let row: Vec<f64> = centres
        .values()
        .filter(|point| lowest - point.y < 60.0)
        .map(|point| point.x)
        .collect();
    let least = |all: &mut dyn Iterator<Item = f64>| all.fold(f64::INFINITY, f64::min);
    let (x, y) = match row.len() {
        0 => (0.0, 0.0),
        1..IN_A_ROW => (-least(&mut row.iter().map(|x| -x)) + 280.0, lowest),
        _ => (
            least(&mut centres.values().map(|point| point.x)),
            lowest + 170.0,
        ),
    };
    let snap = |value: f64| (value / 10.0).round() * 10.0;
    Point {
        x: snap(x),
        y: snap(y),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moves_and_titles_are_no_business_of_the_kernel() {
        let title = Edit::SetTitle { title: "x".into() };
        let up = Edit::SetUp {
            interface: InterfaceId(1),
            up: true,
        };
        assert!(!touches_kernel(&title) && touches_kernel(&up));
        assert!(touches_kernel(&Edit::Batch {
            edits: vec![title, up]
        }));
    }

    #[test]
    fn new_objects_stand_beside_and_then_below_the_others() {
        let mut centres = BTreeMap::new();
        let mut places = Vec::new();
        for id in 0..6 {
            let place = free_place(&centres);
            centres.insert(Node::Bridge(InterfaceId(id)), place);
            places.push((place.x, place.y));
        }
        assert_eq!(
            places,
            [
                (0.0, 0.0),
                (280.0, 0.0),
                (560.0, 0.0),
                (840.0, 0.0),
                (0.0, 170.0),
                (280.0, 170.0)
            ]
        );
    }
}
