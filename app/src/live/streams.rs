//! Pings and captures of a lab: one signal each, so that one that speaks draws nothing else again.

use std::collections::BTreeMap;

use leptos::prelude::*;
use protocol::capture::{CaptureEvent, CaptureId, CaptureInfo, PacketBatch};
use protocol::packets::PacketView;
use protocol::ping::{PingEvent, PingId, PingInfo};

use packet::view::Source;

use super::capture_log::CaptureLog;
use super::capture_work::work_on;
use super::keepsake;
use super::ping_log::PingLog;

/// A capture of the lab, or a file from this computer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum CaptureKey {
    /// By the server's number.
    Live(CaptureId),
    /// By the count of opened files.
    File(u32),
}

/// All pings and captures.
#[derive(Clone, Copy)]
pub(crate) struct Streams {
    /// The pings, oldest first.
    pub(crate) ping_ids: RwSignal<Vec<PingId>>,
    /// The captures, oldest first, and opened files.
    pub(crate) capture_ids: RwSignal<Vec<CaptureKey>>,
    /// The capture whose packets are shown.
    pub(crate) shown: RwSignal<Option<CaptureKey>>,
    pings: StoredValue<BTreeMap<PingId, ArcRwSignal<PingLog>>>,
    captures: StoredValue<BTreeMap<CaptureKey, ArcRwSignal<CaptureLog>>>,
    /// Within what the server's numbers of captures mean the same: the lab, since it was opened.
    visit: StoredValue<String>,
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
            visit: StoredValue::new(String::new()),
        }
    }

    /// A ping's log.
    pub(crate) fn ping(self, id: PingId) -> Option<ArcRwSignal<PingLog>> {
        self.pings.with_value(|pings| pings.get(&id).cloned())
    }

    /// A capture's log.
    pub(crate) fn capture(self, id: CaptureKey) -> Option<ArcRwSignal<CaptureLog>> {
        self.captures
            .with_value(|captures| captures.get(&id).cloned())
    }

    /// Starts over from what the server has.
    pub(crate) fn welcome(
        self,
        pings: Vec<(PingInfo, Vec<PingEvent>)>,
        captures: Vec<(CaptureInfo, CaptureEvent, Vec<Source>)>,
        visit: String,
    ) {
        self.visit.set_value(visit);
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
        let before = self.captures.try_update_value(std::mem::take);
        let mut before = before.unwrap_or_default();
        for (info, event, sources) in captures {
            let known = before.remove(&CaptureKey::Live(info.id));
            let stood = known.map(|log| log.with_untracked(CaptureLog::standing));
            let log = self.keep(info, event, sources);
            if let Some(stood) = stood {
                log.update_untracked(|log| log.stand(stood));
            }
        }
        // Opened files stay: the server knows nothing of them.
        before.retain(|key, _| matches!(key, CaptureKey::File(_)));
        self.captures.update_value(|all| all.extend(before));
        let ids: Vec<CaptureKey> = self.captures.with_value(|c| c.keys().copied().collect());
        self.show_one_of(&ids);
        // Those that came again are other ones.
        self.shown.notify();
        self.capture_ids.set(ids);
    }

    fn keep(
        self,
        info: CaptureInfo,
        event: CaptureEvent,
        sources: Vec<Source>,
    ) -> ArcRwSignal<CaptureLog> {
        let key = CaptureKey::Live(info.id);
        let name = format!("{}.{}", self.visit.get_value(), info.id.0);
        let mut log = CaptureLog::live(info, event, sources, ahead_of_utc());
        if let Some(notes) = keepsake::notes(&name) {
            log.viewer.recall(notes);
        }
        log.kept_as = Some(name);
        let log = ArcRwSignal::new(log);
        self.captures.update_value(|captures| {
            captures.insert(key, log.clone());
        });
        log
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

    /// A capture was started; where its packets come from.
    pub(crate) fn capture_started(self, info: CaptureInfo, sources: Vec<Source>) {
        let key = CaptureKey::Live(info.id);
        let event = CaptureEvent {
            running: true,
            ..CaptureEvent::default()
        };
        self.keep(info, event, sources);
        self.capture_ids.update(|ids| ids.push(key));
        if self.shown.get_untracked().is_none() {
            self.shown.set(Some(key));
        }
    }

    /// A capture's counts or state changed.
    pub(crate) fn capture_said(self, id: CaptureId, event: CaptureEvent) {
        if let Some(log) = self.capture(CaptureKey::Live(id)) {
            log.update(|log| log.said(event));
            // What it was waiting for may have left the ring.
            work_on(log);
        }
    }

    /// Packets came. They become rows in the next frame.
    pub(crate) fn packets(self, batch: PacketBatch<Vec<PacketView<'_>>>) {
        if let Some(log) = self.capture(CaptureKey::Live(batch.capture)) {
            log.update_untracked(|log| log.take(batch.first, &batch.records));
            work_on(log);
        }
    }

    /// A file of so many bytes is opened: it is shown, and its bytes follow.
    pub(crate) fn file_opened(self, name: String, length: usize) -> CaptureKey {
        let files = self.capture_ids.with_untracked(|ids| {
            let files = ids.iter().filter_map(|id| match id {
                CaptureKey::File(file) => Some(*file),
                CaptureKey::Live(_) => None,
            });
            files.max().unwrap_or(0)
        });
        let key = CaptureKey::File(files + 1);
        let log = ArcRwSignal::new(CaptureLog::file(name, length, ahead_of_utc()));
        self.captures.update_value(|captures| {
            captures.insert(key, log);
        });
        self.capture_ids.update(|ids| ids.push(key));
        self.shown.set(Some(key));
        key
    }

    /// The next piece of a file came, which `append` puts behind what has come. False if nobody wants it.
    pub(crate) fn file_came(self, key: CaptureKey, append: impl FnOnce(&mut Vec<u8>)) -> bool {
        let Some(log) = self.capture(key) else {
            return false;
        };
        log.update(|log| log.more(append));
        work_on(log);
        true
    }

    /// A capture was dismissed, or a file closed.
    pub(crate) fn capture_dismissed(self, key: CaptureKey) {
        let mut ids = self.capture_ids.get_untracked();
        ids.retain(|known| *known != key);
        self.show_one_of(&ids);
        self.capture_ids.set(ids);
        self.captures.update_value(|captures| {
            captures.remove(&key);
        });
    }

    fn show_one_of(self, ids: &[CaptureKey]) {
        let shown = self.shown.get_untracked();
        if !shown.is_some_and(|shown| ids.contains(&shown)) {
            self.shown.set(ids.last().copied());
        }
    }
}

/// What local time is ahead of UTC, in seconds.
pub(crate) fn ahead_of_utc() -> i32 {
    let minutes_behind = js_sys::Date::new_0().get_timezone_offset();
    -(minutes_behind as i32) * 60
}
