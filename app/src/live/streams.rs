//! Pings and captures of a lab: one signal each, so that one that speaks draws nothing else again.

use std::collections::BTreeMap;

use leptos::prelude::*;
use protocol::capture::{CaptureEvent, CaptureId, CaptureInfo, PacketBatch};
use protocol::ping::{PingEvent, PingId, PingInfo};

use super::capture_log::CaptureLog;
use super::ping_log::PingLog;

/// All pings and captures.
#[derive(Clone, Copy)]
pub(crate) struct Streams {
    /// The pings, oldest first.
    pub(crate) ping_ids: RwSignal<Vec<PingId>>,
    /// The captures, oldest first.
    pub(crate) capture_ids: RwSignal<Vec<CaptureId>>,
    /// The capture whose packets are shown.
    pub(crate) shown: RwSignal<Option<CaptureId>>,
    pings: StoredValue<BTreeMap<PingId, ArcRwSignal<PingLog>>>,
    captures: StoredValue<BTreeMap<CaptureId, ArcRwSignal<CaptureLog>>>,
}

impl Streams {
    /// None yet.
    pub(crate) fn new() -> Self {
        Self {
            ping_ids: RwSignal::new(Vec::new()),
            capture_ids: RwSignal::new(Vec::new()),
            shown: RwSignal::new(None),
            pings: StoredValue::new(BTreeMap::new()),
            captures: StoredValue::new(BTreeMap::new()),
        }
    }

    /// A ping's log.
    pub(crate) fn ping(self, id: PingId) -> Option<ArcRwSignal<PingLog>> {
        self.pings.with_value(|pings| pings.get(&id).cloned())
    }

    /// A capture's log.
    pub(crate) fn capture(self, id: CaptureId) -> Option<ArcRwSignal<CaptureLog>> {
        self.captures
            .with_value(|captures| captures.get(&id).cloned())
    }

    /// Starts over from what the server has.
    pub(crate) fn welcome(
        self,
        pings: Vec<(PingInfo, Vec<PingEvent>)>,
        captures: Vec<(CaptureInfo, CaptureEvent)>,
    ) {
        let logs = pings.into_iter().map(|(info, events)| {
            let mut log = PingLog::new(info);
            for event in events {
                log.take(event);
            }
            (log.info.id, ArcRwSignal::new(log))
        });
        self.pings.set_value(logs.collect());
        let ids = self.pings.with_value(|p| p.keys().copied().collect());
        self.ping_ids.set(ids);
        let logs = captures.into_iter().map(|(info, event)| {
            let id = info.id;
            (
                id,
                ArcRwSignal::new(CaptureLog::new(info, event, ahead_of_utc())),
            )
        });
        self.captures.set_value(logs.collect());
        let ids: Vec<CaptureId> = self.captures.with_value(|c| c.keys().copied().collect());
        self.show_one_of(&ids);
        self.capture_ids.set(ids);
    }

    /// A ping was started.
    pub(crate) fn ping_started(self, info: PingInfo) {
        let id = info.id;
        let log = ArcRwSignal::new(PingLog::new(info));
        self.pings.update_value(|pings| {
            pings.insert(id, log);
        });
        self.ping_ids.update(|ids| ids.push(id));
    }

    /// A ping said something.
    pub(crate) fn ping_said(self, id: PingId, event: PingEvent) {
        if let Some(log) = self.ping(id) {
            log.update(|log| log.take(event));
        }
    }

    /// A ping was dismissed.
    pub(crate) fn ping_dismissed(self, id: PingId) {
        self.ping_ids.update(|ids| ids.retain(|known| *known != id));
        self.pings.update_value(|pings| {
            pings.remove(&id);
        });
    }

    /// A capture was started.
    pub(crate) fn capture_started(self, info: CaptureInfo) {
        let id = info.id;
        let event = CaptureEvent {
            running: true,
            ..CaptureEvent::default()
        };
        let log = ArcRwSignal::new(CaptureLog::new(info, event, ahead_of_utc()));
        self.captures.update_value(|captures| {
            captures.insert(id, log);
        });
        self.capture_ids.update(|ids| ids.push(id));
        if self.shown.get_untracked().is_none() {
            self.shown.set(Some(id));
        }
    }

    /// A capture's counts or state changed.
    pub(crate) fn capture_said(self, id: CaptureId, event: CaptureEvent) {
        if let Some(log) = self.capture(id) {
            log.update(|log| log.event = event);
        }
    }

    /// Packets came.
    pub(crate) fn packets(self, batch: PacketBatch) {
        if let Some(log) = self.capture(batch.capture) {
            log.update(|log| log.take(batch.records));
        }
    }

    /// A capture was dismissed.
    pub(crate) fn capture_dismissed(self, id: CaptureId) {
        let mut ids = self.capture_ids.get_untracked();
        ids.retain(|known| *known != id);
        self.show_one_of(&ids);
        self.capture_ids.set(ids);
        self.captures.update_value(|captures| {
            captures.remove(&id);
        });
    }

    fn show_one_of(self, ids: &[CaptureId]) {
        let shown = self.shown.get_untracked();
        if !shown.is_some_and(|shown| ids.contains(&shown)) {
            self.shown.set(ids.last().copied());
        }
    }
}

/// What local time is ahead of UTC, in seconds.
fn ahead_of_utc() -> i32 {
    let minutes_behind = js_sys::Date::new_0().get_timezone_offset();
    -(minutes_behind as i32) * 60
}
