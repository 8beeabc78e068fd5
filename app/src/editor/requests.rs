//! What a lab asks of the server besides edits.

use std::net::IpAddr;

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::ClientMessage;
use protocol::ping::PingOptions;
use topology::drift::Drift;
use topology::{InterfaceId, NamespaceId};

use super::lab::Lab;
use crate::http;
use crate::route::Page;

impl Lab {
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
    pub(crate) fn token(self) -> u64 {
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

    /// Has the running kernel brought back to the document.
    pub(crate) fn put_right(self) {
        self.ask(&ClientMessage::PutRight);
    }

    /// Has the running kernel brought back to the document in one thing.
    pub(crate) fn revert_drift(self, drift: &Drift) {
        self.ask(&ClientMessage::Revert {
            drift: drift.clone(),
        });
    }

    /// Shows what could not be done.
    pub(crate) fn say(self, error: String) {
        self.toasts.error(error);
    }

    /// Starts a ping.
    pub(crate) fn ping(self, source: NamespaceId, target: IpAddr, options: PingOptions) {
        let token = self.token();
        self.ask(&ClientMessage::StartPing {
            token,
            source,
            target,
            options,
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

    /// Shows what passes the links, or no longer.
    pub(crate) fn show_traffic(self, on: bool) {
        self.traffic.on.set(on);
        self.traffic.forget();
        // Without a connection it is asked for after the next welcome.
        self.send(&ClientMessage::WatchCounters { on });
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
}
