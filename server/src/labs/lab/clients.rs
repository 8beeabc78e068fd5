//! The browsers on a lab.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::ws::Utf8Bytes;
use protocol::ServerMessage;
use protocol::capture::CaptureId;
use protocol::server::{ClientId, Welcome};

use super::Lab;
use super::captures::Cursor;
use crate::labs::limits::MAX_CLIENTS;
use crate::labs::outbox::{Cut, Frame, Outbox};

/// A browser on the lab.
pub(super) struct Client {
    pub(super) outbox: Outbox,
    /// How far it is with each capture; one that is not here is at its beginning.
    pub(super) cursors: BTreeMap<CaptureId, Cursor>,
    /// Whether it gets what interfaces count.
    pub(super) watches: bool,
    /// After how many seconds it wants to know again who reaches whom, while it looks.
    pub(super) reach_pause: Option<u16>,
}

impl Client {
    /// How far it is with a capture.
    pub(super) fn cursor(&self, capture: CaptureId) -> Cursor {
        self.cursors.get(&capture).cloned().unwrap_or_default()
    }
}

impl Lab {
    /// Takes a browser in: its first message is the welcome, and nothing that comes after is
    /// missed, for this task makes both.
    pub(super) fn join(&mut self, outbox: Outbox) -> Result<ClientId, String> {
        if self.clients.len() >= MAX_CLIENTS {
            return Err(format!(
                "{MAX_CLIENTS} browsers are on this lab already, and no more may be"
            ));
        }
        let id = ClientId(self.next_number());
        let welcome = ServerMessage::Welcome(Box::new(self.welcome(id)));
        let Some(frame) = frame(&welcome) else {
            return Err("the lab cannot be written as JSON".to_owned());
        };
        if outbox.send_welcome(frame).is_err() {
            return Err("the browser has gone".to_owned());
        }
        self.clients.insert(
            id,
            Client {
                outbox,
                cursors: self.cursors_of_newcomer(),
                watches: false,
                reach_pause: None,
            },
        );
        self.say_who_is_present(Some(id));
        self.flush.packets_wait();
        Ok(id)
    }

    fn welcome(&self, client: ClientId) -> Welcome {
        Welcome {
            version: protocol::VERSION,
            client,
            lab: self.id.clone(),
            opened_at: self.opened_at,
            revision: self.revision,
            document: (*self.document).clone(),
            run: self.run.borrow().clone(),
            observed: self.observed.clone(),
            failure: self.failure.clone(),
            clients: self.clients.len() + 1,
            pings: self.ping_histories(),
            captures: self.capture_states(),
            services: self.services.clone(),
            missing: self.machine.missing.to_vec(),
        }
    }

    /// Lets a browser go.
    pub(super) fn leave(&mut self, client: ClientId) {
        if self.clients.remove(&client).is_some() {
            self.say_who_is_present(None);
        }
    }

    /// Tells all how many they are; a newcomer has it in its welcome.
    fn say_who_is_present(&mut self, newcomer: Option<ClientId>) {
        // One who watched may have left.
        self.turn_counters();
        let message = ServerMessage::Present {
            clients: self.clients.len(),
        };
        match (newcomer, frame(&message)) {
            (None, _) => self.broadcast(&message),
            (Some(newcomer), Some(frame)) => self.send_to_all(&frame, |id| id != newcomer),
            (Some(_), None) => {}
        }
    }

    /// Says something to every browser.
    pub(super) fn broadcast(&mut self, message: &ServerMessage) {
        if self.clients.is_empty() {
            return;
        }
        if let Some(frame) = frame(message) {
            self.send_to_all(&frame, |_| true);
        }
    }

    /// Says something to some browsers.
    pub(super) fn tell_those(
        &mut self,
        message: &ServerMessage,
        to: impl Fn(ClientId, &Client) -> bool,
    ) {
        let all = self.clients.iter();
        let chosen: BTreeSet<ClientId> = all
            .filter(|(id, client)| to(**id, client))
            .map(|(id, _)| *id)
            .collect();
        if let Some(frame) = frame(message).filter(|_| !chosen.is_empty()) {
            self.send_to_all(&frame, |id| chosen.contains(&id));
        }
    }

    fn send_to_all(&mut self, frame: &Frame, to: impl Fn(ClientId) -> bool) {
        let before = self.clients.len();
        self.clients.retain(|&id, client| {
            if !to(id) || client.outbox.send(frame.clone()).is_ok() {
                return true;
            }
            client.outbox.cut(Cut::lagging());
            false
        });
        if self.clients.len() < before {
            // Fewer each time: this ends.
            self.say_who_is_present(None);
        }
    }

    /// Says something to one browser.
    pub(super) fn tell(&mut self, client: ClientId, message: &ServerMessage) {
        if let Some(frame) = frame(message) {
            self.send_to(client, frame);
        }
    }

    /// Sends a frame to one browser.
    pub(super) fn send_to(&mut self, client: ClientId, frame: Frame) {
        let lags = self
            .clients
            .get(&client)
            .is_some_and(|client| client.outbox.send(frame).is_err());
        if lags {
            self.cut(client, Cut::lagging());
        }
    }

    /// Closes the socket of a browser.
    pub(super) fn cut(&mut self, client: ClientId, cut: Cut) {
        if let Some(client) = self.clients.remove(&client) {
            client.outbox.cut(cut);
            self.say_who_is_present(None);
        }
    }

    /// Tells a browser that what it asked could not be done.
    pub(super) fn request_failed(&mut self, client: ClientId, token: Option<u64>, error: String) {
        self.tell(client, &ServerMessage::RequestFailed { token, error });
    }
}

/// A message as a frame, shared by all who get it.
pub(super) fn frame(message: &ServerMessage) -> Option<Frame> {
    match serde_json::to_string(message) {
        Ok(text) => Some(Frame::Text(Utf8Bytes::from(text))),
        Err(error) => {
            tracing::error!(%error, "a message cannot be written as JSON");
            None
        }
    }
}
