//! Pings: the lab's, not a browser's.

use std::collections::VecDeque;
use std::net::IpAddr;

use protocol::ServerMessage;
use protocol::ping::{PingEvent, PingId, PingInfo, PingOptions};
use protocol::server::ClientId;
use topology::NamespaceId;

use super::{Asked, Lab};
use crate::agent::protocol::{Answer, NotDone, Request};
use crate::labs::limits::{MAX_PINGS, PING_HISTORY};

/// A ping and what it said lately.
pub(super) struct Ping {
    info: PingInfo,
    events: VecDeque<PingEvent>,
    /// Whether the agent has said yes, and the browsers know of it.
    announced: bool,
    ended: bool,
}

impl Lab {
    /// Has the agent start a ping.
    pub(super) fn start_ping(
        &mut self,
        by: (ClientId, u64),
        source: NamespaceId,
        target: IpAddr,
        options: PingOptions,
    ) {
        let what = || {
            format!(
                "cannot ping {target} from {}",
                self.document.describe_namespace(source)
            )
        };
        if self.pings.len() >= MAX_PINGS {
            let error = format!(
                "{}: the lab has {MAX_PINGS} pings already: dismiss one first",
                what()
            );
            return self.request_failed(by.0, Some(by.1), error);
        }
        if !self.document.namespaces.contains_key(&source) {
            let error = format!("cannot ping {target}: its namespace is not in the lab any more");
            return self.request_failed(by.0, Some(by.1), error);
        }
        let what = what();
        let id = PingId(self.next_number());
        let request = Request::StartPing {
            ping: id,
            source,
            target,
            options: options.clone(),
        };
        if let Err(error) = self.ask(Asked::StartPing { ping: id, by }, request) {
            return self.request_failed(by.0, Some(by.1), format!("{what}: {error}"));
        }
        let info = PingInfo {
            id,
            source,
            source_name: self.document.describe_namespace(source),
            target,
            options,
        };
        self.pings.insert(
            id,
            Ping {
                info,
                events: VecDeque::new(),
                announced: false,
                ended: false,
            },
        );
    }

    /// The agent pings, or cannot.
    pub(super) fn ping_answered(
        &mut self,
        id: PingId,
        by: (ClientId, u64),
        result: Result<Answer, String>,
    ) {
        let Some(ping) = self.pings.get_mut(&id) else {
            return;
        };
        if let Err(error) = done(result) {
            let PingInfo {
                source_name,
                target,
                ..
            } = ping.info.clone();
            self.pings.remove(&id);
            let error = format!("cannot ping {target} from {source_name}: {error}");
            return self.request_failed(by.0, Some(by.1), error);
        }
        ping.announced = true;
        let info = ping.info.clone();
        // What it said before the answer was read.
        let said: Vec<_> = ping.events.iter().cloned().collect();
        self.broadcast(&ServerMessage::PingStarted { by: Some(by), info });
        for event in said {
            self.broadcast(&ServerMessage::Ping { ping: id, event });
        }
    }

    /// A ping said something.
    pub(super) fn ping_said(&mut self, id: PingId, event: PingEvent) {
        let Some(ping) = self.pings.get_mut(&id).filter(|ping| !ping.ended) else {
            return;
        };
        ping.ended = matches!(event, PingEvent::Stopped { .. });
        if ping.events.len() >= PING_HISTORY {
            ping.events.pop_front();
        }
        ping.events.push_back(event.clone());
        if ping.announced {
            self.broadcast(&ServerMessage::Ping { ping: id, event });
        }
    }

    /// Has the agent stop a ping.
    pub(super) fn stop_ping(&mut self, client: ClientId, id: PingId) {
        match self.pings.get(&id) {
            None => self.request_failed(
                client,
                None,
                "cannot stop the ping: there is no such ping".into(),
            ),
            Some(ping) if ping.ended => {}
            Some(_) => {
                if let Err(error) =
                    self.ask(Asked::StopPing { ping: id }, Request::StopPing { ping: id })
                {
                    self.request_failed(client, None, format!("cannot stop the ping: {error}"));
                }
            }
        }
    }

    /// The agent has stopped a ping; usually the ping has said so itself.
    pub(super) fn ping_stop_answered(&mut self, id: PingId, result: Result<Answer, String>) {
        self.ping_said(
            id,
            PingEvent::Stopped {
                error: done(result).err(),
            },
        );
    }

    /// Forgets a ping.
    pub(super) fn dismiss_ping(&mut self, client: ClientId, id: PingId) {
        let Some(ping) = self.pings.get(&id) else {
            return;
        };
        if !ping.ended {
            self.stop_ping(client, id);
        }
        self.pings.remove(&id);
        self.broadcast(&ServerMessage::PingDismissed { ping: id });
    }

    /// Ends all pings, for the agent has ended.
    pub(super) fn end_pings(&mut self, why: &str) {
        let ids: Vec<_> = self.pings.keys().copied().collect();
        for id in ids {
            self.ping_said(
                id,
                PingEvent::Stopped {
                    error: Some(why.to_owned()),
                },
            );
        }
    }

    /// For a welcome.
    pub(super) fn ping_histories(&self) -> Vec<(PingInfo, Vec<PingEvent>)> {
        let announced = self.pings.values().filter(|ping| ping.announced);
        announced
            .map(|ping| (ping.info.clone(), ping.events.iter().cloned().collect()))
            .collect()
    }
}

/// Whether the agent did what it was asked to do.
pub(super) fn done(result: Result<Answer, String>) -> Result<(), String> {
    result?.done().map_err(|error| match error {
        NotDone::Failed(error) => error,
        NotDone::NotApplied(failure) => failure.error,
    })
}
