//! What a lab asks of the server besides edits.

use std::net::IpAddr;

use leptos::prelude::*;
use leptos::task::spawn_local;
use packet::LinkType;
use packet::view::Source;
use protocol::ClientMessage;
use protocol::capture::{CaptureInfo, CaptureOptions, CaptureTarget};
use protocol::ping::PingOptions;
use topology::drift::Drift;
use topology::{NamespaceId, Node};

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
    pub(crate) fn capture(self, sources: Vec<CaptureTarget>, options: CaptureOptions) {
        let token = self.token();
        self.ask(&ClientMessage::StartCapture {
            token,
            sources,
            options,
        });
    }

    /// Where the packets of a capture come from, as the viewer says it.
    pub(crate) fn capture_sources(self, info: &CaptureInfo) -> Vec<Source> {
        let short = |target: &protocol::capture::CaptureSource| {
            self.peek(|document| {
                let node = target.interface.and_then(|id| document.node_of(id));
                match node {
                    Some(Node::Bridge(bridge)) => {
                        let bridge = document.interfaces.get(&bridge);
                        bridge.map(|bridge| bridge.name.to_string())
                    }
                    _ => document
                        .namespaces
                        .contains_key(&target.namespace)
                        .then(|| document.describe_namespace(target.namespace)),
                }
            })
        };
        let names = |namespace: NamespaceId| {
            self.observed.with_untracked(|observed| {
                let observed = observed.as_ref()?;
                let names = self.peek(|document| {
                    let here = document.interfaces.iter();
                    here.filter(|(_, interface)| interface.namespace == namespace)
                        .filter_map(|(id, interface)| {
                            let (_, index, _) = observed.interface_of(*id)?;
                            Some((index, interface.name.to_string()))
                        })
                        .collect::<Vec<_>>()
                });
                Some(names)
            })
        };
        let sources = info.sources.iter().map(|source| Source {
            name: source.name.clone(),
            short: short(source).unwrap_or_else(|| source.name.clone()),
            link: LinkType::from(source.link_type),
            names: match source.interface {
                None => names(source.namespace).unwrap_or_default(),
                Some(_) => Vec::new(),
            },
        });
        sources.collect()
    }

    /// Shows what passes the links, or no longer.
    pub(crate) fn show_traffic(self, on: bool) {
        self.traffic.on.set(on);
        self.traffic.forget();
        // Without a connection it is asked for after the next welcome.
        self.send(&ClientMessage::WatchCounters { on });
    }

    /// Asks whether a filter is one; the answer carries the token. `None` without a connection.
    pub(crate) fn check_filter(self, source: CaptureTarget, filter: String) -> Option<u64> {
        let token = self.token();
        let asked = self.send(&ClientMessage::CheckFilter {
            token,
            source,
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
