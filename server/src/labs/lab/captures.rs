//! Captures: the lab's, not a browser's.

use std::collections::BTreeMap;

use packet::Timestamp;
use protocol::ServerMessage;
use protocol::capture::{
    self, CaptureEvent, CaptureId, CaptureInfo, CaptureOptions, CaptureSource, CaptureTarget,
    Dropped, SourceEvent,
};
use protocol::packets::Packets;
use protocol::server::ClientId;
use tokio::sync::watch;
use topology::Document;

use super::clients::{Client, frame};
use super::pings::done;
use super::{Asked, Lab};
use crate::agent::protocol::{Answer, Request, Source};
use crate::labs::handle::{News, Piece};
use crate::labs::limits::{LAB_RING_BYTES, MAX_CAPTURES, NEWEST_PACKETS};
use crate::labs::ring::Ring;

/// A capture and its packets.
pub(super) struct Capture {
    pub(super) info: CaptureInfo,
    sources: Vec<SourceEvent>,
    running: bool,
    error: Option<String>,
    pub(super) ring: Ring,
    /// For those who write files.
    news: watch::Sender<News>,
    /// Whether the agent has said yes, and the browsers know of it.
    pub(super) announced: bool,
    /// Whether the browsers have not been told the latest counts.
    pub(super) untold: bool,
}

impl Capture {
    /// As a browser is told that has missed so many packets.
    fn state(&self, missed: u64) -> CaptureEvent {
        let sum = |count: fn(&SourceEvent) -> u64| self.sources.iter().map(count).sum::<u64>();
        let kernel = sum(|source| source.dropped);
        CaptureEvent {
            // What the kernel counts is told less often than packets come.
            received: sum(|source| source.received).max(self.ring.end() + kernel),
            dropped: Dropped {
                kernel,
                ring: self.ring.first(),
                browser: missed,
            },
            kept: self.ring.len() as u64,
            sources: self.sources.clone(),
            running: self.running,
            error: self.error.clone(),
        }
    }
}

/// How far a browser is with a capture.
#[derive(Clone, Default)]
pub(super) struct Cursor {
    /// The number of the next packet that it has not been sent.
    pub(super) next: u64,
    /// A newcomer's: what is kept before this number is sent too, the newest first.
    pub(super) before: u64,
    /// Whether it was sent new packets last, so that the next frame is of those before.
    pub(super) sent_new: bool,
    /// How many the ring has overwritten before it could be sent them.
    pub(super) missed: u64,
    /// Whether it has not been told the latest counts.
    pub(super) untold: bool,
}

impl Lab {
    /// Says whether a filter is one.
    pub(super) fn check_filter(
        &mut self,
        by: (ClientId, u64),
        source: CaptureTarget,
        filter: String,
    ) {
        if let error @ Some(_) = capture::filter_problem(&filter) {
            let token = by.1;
            return self.tell(by.0, &ServerMessage::FilterChecked { token, error });
        }
        let asked = missing(&self.document, source)
            .map_or(Ok(()), Err)
            .and_then(|()| {
                let source = for_agent(&self.document, source);
                self.ask(
                    Asked::CheckFilter { by },
                    Request::CheckFilter { source, filter },
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

    /// Has the agent start a capture.
    pub(super) fn start_capture(
        &mut self,
        by: (ClientId, u64),
        sources: Vec<CaptureTarget>,
        options: CaptureOptions,
    ) {
        let name = names(&self.document, &sources);
        let missing = || {
            sources
                .iter()
                .find_map(|source| missing(&self.document, *source))
        };
        let problem = if self.captures.len() >= MAX_CAPTURES {
            Some(format!(
                "the lab has {MAX_CAPTURES} captures already: dismiss one first"
            ))
        } else {
            capture::problem(&sources, &options).or_else(missing)
        };
        let id = CaptureId(self.next_number());
        let request = Request::StartCapture {
            capture: id,
            sources: (sources.iter())
                .map(|source| for_agent(&self.document, *source))
                .collect(),
            options: options.clone(),
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
        let source = |target: &CaptureTarget| CaptureSource {
            namespace: target.namespace,
            interface: target.interface,
            name: describe(&self.document, *target),
            link_type: 0,
        };
        let CaptureOptions {
            filter,
            snap_length,
            limit,
        } = options;
        let info = CaptureInfo {
            id,
            sources: sources.iter().map(source).collect(),
            name,
            filter,
            snap_length,
            limit,
        };
        let capture = Capture {
            info,
            sources: Vec::new(),
            running: true,
            error: None,
            ring: Ring::new(limit),
            news: watch::Sender::new(News {
                end: 0,
                running: true,
            }),
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
            Ok(Answer::CaptureStarted { link_types })
                if link_types.len() == capture.info.sources.len() =>
            {
                for (source, link_type) in capture.info.sources.iter_mut().zip(link_types) {
                    source.link_type = link_type;
                }
                capture.announced = true;
                let info = capture.info.clone();
                self.broadcast(&ServerMessage::CaptureStarted { by: Some(by), info });
                self.tell_capture(id);
                return self.flush.packets_wait();
            }
            Ok(Answer::BadFilter(error)) => format!("the filter is none: {error}"),
            result => done(result)
                .err()
                .unwrap_or_else(|| "the agent did not say the link types".into()),
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
    pub(super) fn packets_came(&mut self, id: CaptureId, records: Packets) {
        let Some(capture) = self.captures.get_mut(&id) else {
            return;
        };
        capture.ring.extend(records);
        let end = capture.ring.end();
        capture.news.send_modify(|news| news.end = end);
        capture.untold = true;
        let all = |lab: &Self| {
            let bytes = lab.captures.values().map(|capture| capture.ring.bytes());
            bytes.sum::<usize>() as u64
        };
        while all(self) > LAB_RING_BYTES {
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
    pub(super) fn capture_stands(&mut self, id: CaptureId, sources: Vec<SourceEvent>) {
        let Some(capture) = self.captures.get_mut(&id) else {
            return;
        };
        let turned = |old: Option<&SourceEvent>, new: &SourceEvent| {
            old.is_none_or(|old| old.running != new.running || old.error != new.error)
        };
        let turned = (sources.iter().enumerate())
            .any(|(place, new)| turned(capture.sources.get(place), new));
        let ends = !sources.iter().any(|source| source.running);
        // Of many that ended, the first that did not just stop.
        let error = sources.iter().find_map(|source| source.error.clone());
        capture.sources = sources;
        capture.untold = true;
        if ends {
            self.capture_ended(id, error);
        } else if turned {
            self.tell_capture(id);
        } else {
            self.flush.counts_wait();
        }
    }

    /// Tells every browser how a capture stands.
    pub(super) fn tell_capture(&mut self, id: CaptureId) {
        self.mark_untold(id);
        self.tell_capture_to(id, |_| true);
    }

    /// Tells the counts, which others will follow, to those who have not heard them: not yet to
    /// those for whom much waits already, who would be cut off for no reason. Says whether somebody
    /// was left out.
    pub(super) fn tell_counts(&mut self, id: CaptureId) -> bool {
        if self.captures.get(&id).is_some_and(|capture| capture.untold) {
            self.mark_untold(id);
        }
        self.tell_capture_to(id, |client| client.outbox.has_room_for_packets());
        let mut clients = self.clients.values();
        clients.any(|client| client.cursor(id).untold)
    }

    fn mark_untold(&mut self, id: CaptureId) {
        for client in self.clients.values_mut() {
            client.cursors.entry(id).or_default().untold = true;
        }
    }

    fn tell_capture_to(&mut self, id: CaptureId, wanted: impl Fn(&Client) -> bool) {
        let Some(capture) = self
            .captures
            .get_mut(&id)
            .filter(|capture| capture.announced)
        else {
            return;
        };
        capture.untold = false;
        let mut told = Vec::new();
        let mut messages = BTreeMap::new();
        for (&number, client) in &mut self.clients {
            if !client.cursor(id).untold || !wanted(client) {
                continue;
            }
            let cursor = client.cursors.entry(id).or_default();
            cursor.untold = false;
            let missed = cursor.missed;
            let message = messages.entry(missed).or_insert_with(|| {
                let event = capture.state(missed);
                frame(&ServerMessage::Capture { capture: id, event })
            });
            told.extend(message.clone().map(|message| (number, message)));
        }
        for (client, message) in told {
            self.send_to(client, message);
        }
    }

    /// Has the agent stop a capture.
    pub(super) fn stop_capture(&mut self, client: ClientId, id: CaptureId) {
        match self.captures.get(&id) {
            None => {
                let error = "cannot stop the capture: there is no such capture".to_owned();
                self.request_failed(client, None, error);
            }
            Some(capture) if !capture.running => {}
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
        let Some(capture) = self.captures.get_mut(&id).filter(|capture| capture.running) else {
            return;
        };
        capture.running = false;
        capture.news.send_modify(|news| news.running = false);
        capture.error = error;
        for source in &mut capture.sources {
            source.running = false;
        }
        self.tell_capture(id);
    }

    /// Forgets a capture and its packets.
    pub(super) fn dismiss_capture(&mut self, client: ClientId, id: CaptureId) {
        let Some(capture) = self.captures.get(&id) else {
            return;
        };
        if capture.running {
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
            .map(|capture| (capture.info.clone(), capture.state(0)))
            .collect()
    }

    /// A newcomer begins with the newest packets, which are what it looks at, and then gets those
    /// before. What is gone, it has not missed.
    pub(super) fn cursors_of_newcomer(&self) -> BTreeMap<CaptureId, Cursor> {
        let at_newest = |capture: &Capture| {
            let newest = capture.ring.end().saturating_sub(NEWEST_PACKETS);
            let newest = newest.max(capture.ring.first());
            Cursor {
                next: newest,
                before: newest,
                ..Cursor::default()
            }
        };
        let captures = self.captures.iter();
        captures
            .map(|(id, capture)| (*id, at_newest(capture)))
            .collect()
    }

    /// For a file: what is kept from that packet on.
    pub(super) fn packets(&self, id: CaptureId, from: u64) -> Option<Piece> {
        let capture = self.captures.get(&id).filter(|capture| capture.announced)?;
        let batch = capture.ring.batch(id, from);
        Some(Piece {
            info: capture.info.clone(),
            event: capture.state(0),
            now: Timestamp(super::now()),
            first: (batch.as_ref()).map_or(from.max(capture.ring.first()), |batch| batch.first),
            packets: batch.map_or_else(Packets::default, |batch| batch.records.to_packets()),
            news: capture.news.subscribe(),
        })
    }
}

/// What people call a source.
fn describe(document: &Document, source: CaptureTarget) -> String {
    match source.interface {
        Some(interface) => document.describe_interface(interface),
        None => format!("{}/any", document.describe_namespace(source.namespace)),
    }
}

fn for_agent(document: &Document, target: CaptureTarget) -> Source {
    let interface = target.interface;
    let found = interface.and_then(|interface| document.interfaces.get(&interface));
    Source {
        target,
        name: found.map(|found| found.name.to_string()),
    }
}

/// What people call several: the first two, and how many more there are.
fn names(document: &Document, sources: &[CaptureTarget]) -> String {
    const SHOWN: usize = 2;
    let shown = sources.iter().take(SHOWN);
    let mut names: Vec<_> = shown.map(|source| describe(document, *source)).collect();
    let more = sources.len().saturating_sub(SHOWN);
    if more > 0 {
        names.push(format!("{more} more"));
    }
    names.join(", ")
}

/// What of a source is not there.
fn missing(document: &Document, source: CaptureTarget) -> Option<String> {
    let CaptureTarget {
        namespace,
        interface,
    } = source;
    if !document.namespaces.contains_key(&namespace) {
        return Some("there is no such namespace any more".to_owned());
    }
    let found = document.interfaces.get(&interface?);
    found
        .is_none_or(|found| found.namespace != namespace)
        .then(|| "there is no such interface any more".to_owned())
}
