//! Captures: the lab's, not a browser's.

use packet::Record;
use protocol::ServerMessage;
use protocol::capture::{CaptureEvent, CaptureId, CaptureInfo, filter_problem};
use protocol::server::ClientId;
use topology::InterfaceId;

use super::pings::done;
use super::{Asked, Lab};
use crate::agent::protocol::{Answer, Request};
use crate::labs::limits::{LAB_RING_BYTES, MAX_CAPTURES};
use crate::labs::ring::Ring;

/// A capture and its packets.
pub(super) struct Capture {
    pub(super) info: CaptureInfo,
    event: CaptureEvent,
    pub(super) ring: Ring,
    /// Whether the agent has said yes, and the browsers know of it.
    pub(super) announced: bool,
    /// Whether the browsers have not been told the latest counts.
    pub(super) untold: bool,
}

impl Capture {
    /// As browsers are told.
    fn state(&self) -> CaptureEvent {
        CaptureEvent {
            received: self.event.received.max(self.ring.end()),
            kept: self.ring.len() as u64,
            ..self.event.clone()
        }
    }
}

impl Lab {
    /// Says whether a filter is one.
    pub(super) fn check_filter(
        &mut self,
        by: (ClientId, u64),
        interface: InterfaceId,
        filter: String,
    ) {
        if let error @ Some(_) = filter_problem(&filter) {
            let token = by.1;
            return self.tell(by.0, &ServerMessage::FilterChecked { token, error });
        }
        let asked = self
            .capture_problem(interface, &filter)
            .map_or(Ok(()), Err)
            .and_then(|()| {
                self.ask(
                    Asked::CheckFilter { by },
                    Request::CheckFilter { interface, filter },
                )
            });
        if let Err(error) = asked {
            self.request_failed(
                by.0,
                Some(by.1),
                format!("cannot check the filter: {error}"),
            );
        }
    }

    pub(super) fn filter_answered(
        &mut self,
        (client, token): (ClientId, u64),
        result: Result<Answer, String>,
    ) {
        let error = match result {
            Ok(Answer::BadFilter(error)) => Some(error),
            result => match done(result) {
                Ok(()) => None,
                Err(error) => {
                    let error = format!("cannot check the filter: {error}");
                    return self.request_failed(client, Some(token), error);
                }
            },
        };
        self.tell(client, &ServerMessage::FilterChecked { token, error });
    }

    fn capture_problem(&self, interface: InterfaceId, filter: &str) -> Option<String> {
        if !self.document.interfaces.contains_key(&interface) {
            return Some("there is no such interface any more".to_owned());
        }
        filter_problem(filter)
    }

    /// Has the agent start a capture.
    pub(super) fn start_capture(
        &mut self,
        by: (ClientId, u64),
        interface: InterfaceId,
        filter: String,
    ) {
        let name = match self.document.interfaces.contains_key(&interface) {
            true => self.document.describe_interface(interface),
            false => "it".to_owned(),
        };
        let problem = if self.captures.len() >= MAX_CAPTURES {
            Some(format!(
                "the lab has {MAX_CAPTURES} captures already: dismiss one first"
            ))
        } else {
            self.capture_problem(interface, &filter)
        };
        let id = CaptureId(self.next_number());
        let request = Request::StartCapture {
            capture: id,
            interface,
            filter: filter.clone(),
        };
        let asked = problem.map_or(Ok(()), Err);
        let asked = asked.and_then(|()| self.ask(Asked::StartCapture { capture: id, by }, request));
        if let Err(error) = asked {
            return self.request_failed(
                by.0,
                Some(by.1),
                format!("cannot capture on {name}: {error}"),
            );
        }
        let Some(found) = self.document.interfaces.get(&interface) else {
            return;
        };
        let info = CaptureInfo {
            id,
            namespace: found.namespace,
            interface,
            name,
            filter,
            link_type: 0,
        };
        let event = CaptureEvent {
            running: true,
            ..CaptureEvent::default()
        };
        let capture = Capture {
            info,
            event,
            ring: Ring::default(),
            announced: false,
            untold: false,
        };
        self.captures.insert(id, capture);
    }

    /// The agent captures, or cannot.
    pub(super) fn capture_answered(
        &mut self,
        id: CaptureId,
        by: (ClientId, u64),
        result: Result<Answer, String>,
    ) {
        let Some(capture) = self.captures.get_mut(&id) else {
            return;
        };
        let error = match result {
            Ok(Answer::CaptureStarted { link_type }) => {
                capture.info.link_type = link_type;
                capture.announced = true;
                let info = capture.info.clone();
                self.broadcast(&ServerMessage::CaptureStarted { by: Some(by), info });
                self.tell_capture(id);
                return self.flush.packets_wait();
            }
            Ok(Answer::BadFilter(error)) => format!("the filter is none: {error}"),
            result => done(result)
                .err()
                .unwrap_or_else(|| "the agent did not say the link type".into()),
        };
        let name = capture.info.name.clone();
        self.captures.remove(&id);
        self.request_failed(
            by.0,
            Some(by.1),
            format!("cannot capture on {name}: {error}"),
        );
    }

    /// Packets came.
    pub(super) fn packets_came(&mut self, id: CaptureId, records: Vec<Record>) {
        let Some(capture) = self.captures.get_mut(&id) else {
            return;
        };
        capture.ring.extend(records);
        capture.untold = true;
        while self
            .captures
            .values()
            .map(|capture| capture.ring.bytes())
            .sum::<usize>()
            > LAB_RING_BYTES
        {
            if let Some(largest) = self
                .captures
                .values_mut()
                .max_by_key(|capture| capture.ring.bytes())
            {
                largest.ring.drop_oldest();
                largest.untold = true;
            }
        }
        self.flush.packets_wait();
        self.flush.counts_wait();
    }

    /// The agent says how a capture stands.
    pub(super) fn capture_stands(&mut self, id: CaptureId, event: CaptureEvent) {
        let Some(capture) = self.captures.get_mut(&id) else {
            return;
        };
        let turned = capture.event.running != event.running || capture.event.error != event.error;
        capture.event = event;
        capture.untold = true;
        if turned {
            self.tell_capture(id);
        } else {
            self.flush.counts_wait();
        }
    }

    pub(super) fn tell_capture(&mut self, id: CaptureId) {
        let Some(capture) = self
            .captures
            .get_mut(&id)
            .filter(|capture| capture.announced)
        else {
            return;
        };
        capture.untold = false;
        let event = capture.state();
        self.broadcast(&ServerMessage::Capture { capture: id, event });
    }

    /// Has the agent stop a capture.
    pub(super) fn stop_capture(&mut self, client: ClientId, id: CaptureId) {
        match self.captures.get(&id) {
            None => {
                let error = "cannot stop the capture: there is no such capture".to_owned();
                self.request_failed(client, None, error);
            }
            Some(capture) if !capture.event.running => {}
            Some(_) => {
                let request = Request::StopCapture { capture: id };
                if let Err(error) = self.ask(Asked::StopCapture { capture: id }, request) {
                    self.request_failed(client, None, format!("cannot stop the capture: {error}"));
                }
            }
        }
    }

    /// The agent has stopped a capture; usually it has said so before.
    pub(super) fn capture_stop_answered(&mut self, id: CaptureId, result: Result<Answer, String>) {
        self.capture_ended(id, done(result).err());
    }

    fn capture_ended(&mut self, id: CaptureId, error: Option<String>) {
        let Some(capture) = self
            .captures
            .get_mut(&id)
            .filter(|capture| capture.event.running)
        else {
            return;
        };
        capture.event.running = false;
        capture.event.error = error;
        self.tell_capture(id);
    }

    /// Forgets a capture and its packets.
    pub(super) fn dismiss_capture(&mut self, client: ClientId, id: CaptureId) {
        let Some(capture) = self.captures.get(&id) else {
            return;
        };
        if capture.event.running {
            self.stop_capture(client, id);
        }
        self.captures.remove(&id);
        for client in self.clients.values_mut() {
            client.cursors.remove(&id);
        }
        self.broadcast(&ServerMessage::CaptureDismissed { capture: id });
    }

    /// Ends all captures, for the agent has ended; their packets stay.
    pub(super) fn end_captures(&mut self, why: &str) {
        let ids: Vec<_> = self.captures.keys().copied().collect();
        for id in ids {
            self.capture_ended(id, Some(why.to_owned()));
        }
    }

    /// For a welcome.
    pub(super) fn capture_states(&self) -> Vec<(CaptureInfo, CaptureEvent)> {
        let announced = self.captures.values().filter(|capture| capture.announced);
        announced
            .map(|capture| (capture.info.clone(), capture.state()))
            .collect()
    }

    /// For a download.
    pub(super) fn packets(&self, id: CaptureId) -> Option<(CaptureInfo, Vec<Record>)> {
        let capture = self.captures.get(&id).filter(|capture| capture.announced)?;
        Some((capture.info.clone(), capture.ring.records()))
    }
}
