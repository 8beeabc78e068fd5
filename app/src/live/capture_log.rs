//! One capture, or one opened file, with what is shown of it.

use packet::text::Options;
use packet::view::{Opening, Source, Store, Viewer};
use protocol::capture::{CaptureEvent, CaptureExport, CaptureInfo, MAX_EXPORT_ITEMS};
use protocol::packets::PacketView;

use super::keepsake;

/// Most packets that a browser keeps of a capture, and their bytes: older ones make room.
const MOST_PACKETS: usize = 1_000_000;
const MOST_BYTES: usize = 512 << 20;

/// Where the packets come from.
pub(crate) enum Origin {
    /// A capture of the lab: what it is, its counts and state.
    Live(CaptureInfo, CaptureEvent),
    /// A file from this computer: its name, its length in bytes, and how far it has come.
    File(String, usize, Opening),
}

/// One capture or file.
pub(crate) struct CaptureLog {
    /// Where the packets come from.
    pub(crate) origin: Origin,
    /// What is shown.
    pub(crate) viewer: Viewer,
    /// Packets that came nowhere near this browser, as it was too slow for them.
    pub(crate) missed: u64,
    /// Under which name this browser keeps what is noted, if it does.
    pub(crate) kept_as: Option<String>,
    /// The server's number of the next packet, if nothing is missed; `None` before the first of a capture that
    /// ran before this browser came.
    expected: Option<u64>,
    /// From which packet on the server counts so many more, as they are not here.
    gaps: Vec<(u64, u64)>,
    /// Whether rows are being made of packets.
    pub(crate) working: bool,
    /// The selected packet, as long as its viewer is not on the screen.
    pub(crate) selected: Option<u64>,
    /// Where its list stands, unless that follows what comes.
    pub(crate) place: Option<Place>,
}

/// A place in the list of packets.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Place {
    /// The packet at the upper edge.
    pub(crate) packet: u64,
    /// How much of its line is above, pixels.
    pub(crate) above: f64,
}

/// How a capture is looked at: what stays when its packets come again, under the server's numbers.
pub(crate) struct Standing {
    text: Options,
    selected: Option<u64>,
    place: Option<Place>,
    paused_at: Option<u64>,
    unfolded: Vec<u64>,
}

impl CaptureLog {
    /// A capture of which nothing has come. `ahead` is what local time is ahead of UTC, in seconds; `sources`
    /// are its interfaces.
    pub(crate) fn live(
        info: CaptureInfo,
        event: CaptureEvent,
        sources: Vec<Source>,
        ahead: i32,
    ) -> Self {
        let mut store = Store::new(MOST_PACKETS, MOST_BYTES);
        for source in sources {
            store.add_source(source);
        }
        let mut viewer = Viewer::new(store, ahead);
        let before = event.kept > 0 || event.dropped.ring > 0;
        if before {
            viewer.expect_from(event.dropped.ring);
        }
        let mut log = Self::new(Origin::Live(info, CaptureEvent::default()), viewer);
        log.expected = (!before).then_some(0);
        log.said(event);
        log
    }

    /// Takes in how the capture stands.
    pub(crate) fn said(&mut self, event: CaptureEvent) {
        self.viewer.give_up_before(event.dropped.ring);
        for (source, said) in event.sources.iter().enumerate() {
            for seen in &said.seen {
                self.viewer.name_interface(source, seen.index, &seen.name);
            }
        }
        if let Origin::Live(_, now) = &mut self.origin {
            *now = event;
        }
    }

    /// A file of so many bytes, of which nothing has come. `ahead` as above.
    pub(crate) fn file(name: String, length: usize, ahead: i32) -> Self {
        let (opening, viewer) = Opening::new(length, ahead);
        Self::new(Origin::File(name, length, opening), viewer)
    }

    /// Takes the next piece of the file, which `append` puts behind what has come.
    pub(crate) fn more(&mut self, append: impl FnOnce(&mut Vec<u8>)) {
        if let Origin::File(_, _, opening) = &mut self.origin {
            opening.more(&mut self.viewer, append);
        }
    }

    fn new(origin: Origin, viewer: Viewer) -> Self {
        Self {
            origin,
            viewer,
            missed: 0,
            kept_as: None,
            expected: None,
            gaps: Vec::new(),
            working: false,
            selected: None,
            place: None,
        }
    }

    /// The capture, if it is one.
    pub(crate) fn info(&self) -> Option<&CaptureInfo> {
        match &self.origin {
            Origin::Live(info, _) => Some(info),
            Origin::File(..) => None,
        }
    }

    /// How the capture stands, if it is one.
    pub(crate) fn event(&self) -> Option<&CaptureEvent> {
        match &self.origin {
            Origin::Live(_, event) => Some(event),
            Origin::File(..) => None,
        }
    }

    /// Is more of it on its way, that was there before?
    pub(crate) fn is_coming(&self) -> bool {
        match &self.origin {
            Origin::Live(..) => !self.viewer.store().awaited().is_empty(),
            Origin::File(_, length, _) => self.viewer.store().file_length() < *length,
        }
    }

    /// The server's number of a packet.
    pub(crate) fn number_there(&self, number: u64) -> u64 {
        let gap = self.gaps.iter().rev().find(|(from, _)| *from <= number);
        number + gap.map_or(0, |(_, behind)| *behind)
    }

    /// How it is looked at.
    pub(crate) fn standing(&self) -> Standing {
        let there = |number: u64| self.number_there(number);
        Standing {
            text: self.viewer.text.clone(),
            selected: self.selected.map(there),
            place: self.place.map(|place| Place {
                packet: there(place.packet),
                ..place
            }),
            paused_at: self.viewer.paused_at().map(there),
            unfolded: self.viewer.unfolded().iter().copied().map(there).collect(),
        }
    }

    /// Has it looked at as before its packets came again.
    pub(crate) fn stand(&mut self, stood: Standing) {
        self.viewer.text = stood.text;
        self.viewer.pause_at(stood.paused_at);
        for number in stood.unfolded {
            self.viewer.unfold(number, true);
        }
        (self.selected, self.place) = (stood.selected, stood.place);
    }

    /// All packets as a file with the remarks on them, as the server is asked for it; `None` without remarks.
    /// Of very many the first, as many as the server takes.
    pub(crate) fn remarked(&self) -> Option<CaptureExport> {
        let comments = self.viewer.comments();
        (!comments.is_empty()).then(|| CaptureExport {
            comments: comments
                .iter()
                .take(MAX_EXPORT_ITEMS)
                .map(|(number, text)| (self.number_there(*number), text.clone()))
                .collect(),
            ..CaptureExport::default()
        })
    }

    /// Of how many packets with remarks the server has no more, as its ring has overwritten them.
    pub(crate) fn overwritten_remarks(&self) -> usize {
        let begin = self.event().map_or(0, |event| event.dropped.ring);
        let comments = self.viewer.comments().iter();
        comments
            .filter(|(number, _)| self.number_there(**number) < begin)
            .count()
    }

    /// Keeps what is noted in this browser.
    pub(crate) fn keep(&self) {
        if let Some(name) = &self.kept_as {
            keepsake::keep_notes(name, &self.viewer.notes());
        }
    }

    /// Takes packets in, oldest first; `first` is the server's number of the first. Those that were there before
    /// this browser came follow the newest.
    pub(crate) fn take(&mut self, first: u64, packets: &[PacketView<'_>]) {
        if self.expected.is_some_and(|expected| first < expected) {
            let packets = packets.iter();
            let packets = packets.map(|packet| (packet.source.into(), packet.record));
            return self.viewer.fill(first, packets);
        }
        self.missed += first.saturating_sub(self.expected.unwrap_or(first));
        self.viewer.begin_at(first);
        let next = self.viewer.store().numbers().end;
        let behind = first.saturating_sub(next);
        if behind > self.gaps.last().map_or(0, |(_, behind)| *behind) {
            self.gaps.push((next, behind));
        }
        self.expected = Some(first + packets.len() as u64);
        for packet in packets {
            self.viewer.push(packet.source.into(), packet.record);
        }
    }
}
