//! What the server says, taken in.

use leptos::prelude::*;
use protocol::ServerMessage;
use protocol::lab::RunState;
use protocol::server::{ClientId, Welcome};
use topology::observed::ObservedChange;
use topology::{Edit, Observed};

use super::lab::{Lab, Online};
use super::redraw::touches_kernel;
use crate::live::socket::Incoming;
use crate::live::streams::CaptureKey;

impl Lab {
    /// Takes in what came over the socket.
    pub(super) fn receive(self, incoming: Incoming<'_>) {
        match incoming {
            Incoming::Message(message) => self.take(*message),
            Incoming::Packets(batch) => self.streams.packets(batch),
            Incoming::Counters(batch) => {
                let links = self
                    .drawing
                    .links
                    .with_untracked(|links| links.iter().copied().collect());
                self.traffic.take(batch, &links);
            }
            Incoming::Lost => {
                if self.online.get_untracked() == Online::Yes {
                    self.online.set(Online::No);
                    self.refresh_soon();
                }
                self.ask_why_offline();
            }
            Incoming::Unreadable(error) => self.toasts.error(format!(
                "The server said something that this page does not understand \
                 (load the page again if the server is new): {error}"
            )),
        }
    }

    fn take(self, message: ServerMessage) {
        match message {
            ServerMessage::Welcome(welcome) => self.welcome(*welcome),
            ServerMessage::Edited {
                revision,
                author,
                token,
                edit,
            } => self.edited(revision, author, token, edit),
            ServerMessage::EditRefused { token, error } => {
                let dropped = self
                    .working
                    .try_update(|working| working.refused(token))
                    .unwrap_or_default();
                self.tell_dropped(dropped);
                self.toasts.error(error.to_string());
                self.refusal.set(Some(error));
                self.refresh();
            }
            ServerMessage::Run { run } => self.ran(run),
            ServerMessage::Applied { revision, failure } => {
                if let Some(failure) = &failure {
                    self.toasts
                        .error(format!("{}: {}", failure.subject, failure.error));
                }
                self.failure.set(failure);
                self.plain.update_value(|plain| {
                    if plain.awaited.is_some_and(|awaited| awaited <= revision) {
                        plain.awaited = None;
                    }
                });
                self.refresh_soon();
            }
            ServerMessage::Observed { change } => self.observe(change),
            ServerMessage::Present { clients } => self.clients.set(clients),
            ServerMessage::PingStarted { info, .. } => self.streams.ping_started(info),
            ServerMessage::Ping { ping, event } => self.streams.ping_said(ping, event),
            ServerMessage::PingDismissed { ping } => self.streams.ping_dismissed(ping),
            ServerMessage::FilterChecked { token, error } => {
                self.filter_answer.set(Some((token, error)));
            }
            ServerMessage::CaptureStarted { by, info } => {
                let id = info.id;
                let sources = self.capture_sources(&info);
                self.streams.capture_started(info, sources);
                let mine = self.plain.with_value(|plain| plain.me);
                if by.is_some_and(|(client, _)| Some(client) == mine) {
                    self.streams.shown.set(Some(CaptureKey::Live(id)));
                }
            }
            ServerMessage::Capture { capture, event } => self.streams.capture_said(capture, event),
            ServerMessage::CaptureDismissed { capture } => {
                self.streams.capture_dismissed(CaptureKey::Live(capture));
            }
            ServerMessage::Services { states } => self.services.set(states),
            ServerMessage::Reached { found } => self.reach.take(*found),
            ServerMessage::RequestFailed { token, error } => {
                self.reach.failed(token);
                self.toasts.error(error);
            }
        }
    }

    fn welcome(self, welcome: Welcome) {
        if welcome.version != protocol::VERSION {
            self.toasts
                .error("The server is of another version than this page: load the page again");
        }
        let before = self.plain.try_update_value(|plain| {
            plain.me = Some(welcome.client);
            plain.awaited = None;
            plain.unsent = false;
            plain.opened_at.replace(welcome.opened_at)
        });
        let is_another = before
            .flatten()
            .is_some_and(|before| before != welcome.opened_at);
        let ran = self.run.with_untracked(|run| *run != RunState::Stopped);
        if is_another && ran && welcome.run == RunState::Stopped {
            self.toasts
                .error("The server was restarted, and the lab stopped with it: press Start to run it again");
        }
        let (resend, dropped) = self
            .working
            .try_update(|working| working.welcome(welcome.revision, welcome.document))
            .unwrap_or_default();
        let is_empty = |observed: &Observed| observed.namespaces.is_empty();
        if welcome.run == RunState::Running && welcome.observed.as_ref().is_some_and(is_empty) {
            self.await_kernel(welcome.revision);
        }
        self.run.set(welcome.run);
        self.observed.set(welcome.observed);
        self.failure.set(welcome.failure);
        self.clients.set(welcome.clients);
        self.missing.set(welcome.missing);
        self.services.set(welcome.services);
        self.reach.waiting.set(None);
        self.tell_reach();
        let captures = welcome.captures.into_iter().map(|(info, event)| {
            let sources = self.capture_sources(&info);
            (info, event, sources)
        });
        let visit = format!("{}.{}", self.id(), welcome.opened_at);
        self.streams
            .welcome(welcome.pings, captures.collect(), visit);
        self.online.set(Online::Yes);
        if self.traffic.on.get_untracked() {
            self.show_traffic(true);
        }
        self.tell_dropped(dropped);
        for pending in resend {
            self.send_edit(pending);
        }
        self.refresh();
    }

    fn edited(self, revision: u64, author: ClientId, token: u64, edit: Edit) {
        let mine = self.plain.with_value(|plain| plain.me == Some(author));
        let touches = touches_kernel(&edit);
        let outcome = self
            .working
            .try_update(|working| working.edited(revision, mine.then_some(token), edit));
        match outcome {
            Some(Ok(dropped)) => self.tell_dropped(dropped),
            // Cannot happen while both ends run the same code: the server's word counts.
            Some(Err(_)) => return self.start_over(),
            None => return,
        }
        let nothing_pending = self
            .working
            .with_untracked(|working| working.pending() == 0);
        if nothing_pending {
            self.plain.update_value(|plain| plain.unsent = false);
        }
        if touches {
            self.await_kernel(revision);
        }
        self.refresh();
    }

    /// The kernel is on its way to that revision: what differs from it meanwhile is no news.
    fn await_kernel(self, revision: u64) {
        self.plain
            .update_value(|plain| plain.awaited = Some(revision));
        self.settle_later();
    }

    fn ran(self, run: RunState) {
        if let RunState::Failed { message } = &run {
            self.toasts.error(message.clone());
        }
        if matches!(run, RunState::Stopped | RunState::Failed { .. }) {
            self.observed.set(None);
            self.traffic.forget();
            self.reach.forget();
            self.hide_way();
        }
        if run == RunState::Running {
            // The sandbox is there and empty: now the document is brought into it.
            let revision = self.working.with_untracked(|working| working.revision());
            self.await_kernel(revision);
        }
        self.run.set(run);
        self.refresh_soon();
    }

    fn observe(self, change: ObservedChange) {
        self.observed
            .update(|observed| observed.get_or_insert_default().apply(change));
        self.refresh_soon();
    }
}
