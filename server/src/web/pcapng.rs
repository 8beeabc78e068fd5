//! A capture as a file, piece by piece.

use std::collections::BTreeMap;

use packet::{LinkType, pcapng};
use protocol::capture::{CaptureExport, CaptureSource, SeenInterface, SourceEvent};
use protocol::packets::PacketView;
use tokio::time::{Duration, Instant};

use crate::labs::handle::Piece;

/// Between two writings of what was counted, to who follows.
const COUNTS_INTERVAL: Duration = Duration::from_secs(1);

/// A file that is being written: pcapng, which Wireshark reads, and `tcpdump -r` if all sources of
/// the capture have one link type.
pub(super) struct File {
    writer: pcapng::Writer,
    sources: Vec<Source>,
    export: CaptureExport,
    /// The beginning, until it is written.
    head: Vec<u8>,
    /// The number of the next packet to look at.
    next: u64,
    /// The number after the last; who follows has none until the capture has ended.
    last: Option<u64>,
    /// Packets that the ring had overwritten before they were read.
    missed: u64,
    /// When the counts were written last, and what they were.
    counted: (Instant, u64),
    is_done: bool,
}

struct Source {
    interface: pcapng::InterfaceId,
    written: u64,
    /// What the interface was written with.
    like: pcapng::Interface,
    /// Of `any`: how the names of its interfaces begin, `red/`.
    namespace: Option<String>,
    /// Of `any`: those that packets were taken on, by their numbers.
    seen: BTreeMap<u32, pcapng::InterfaceId>,
}

impl File {
    /// Nothing of it is written yet. A capture as it stands, or with what comes.
    pub(super) fn new(piece: &Piece, export: CaptureExport, follows: bool) -> Self {
        let mut head = Vec::new();
        let application = concat!("Netyard ", env!("CARGO_PKG_VERSION"));
        let mut writer = pcapng::Writer::new(application, &mut head);
        let info = &piece.info;
        let source = |source: &CaptureSource| {
            let link = LinkType::from(source.link_type);
            let mut interface = pcapng::Interface::new(source.name.as_str(), link);
            interface.filter = Some(info.filter.clone()).filter(|filter| !filter.is_empty());
            interface.snap_length = info.snap_length;
            let all = source.interface.is_none();
            let namespace = source.name.rsplit_once('/').filter(|_| all);
            Source {
                interface: writer.interface(&interface, &mut head),
                written: 0,
                namespace: namespace.map(|(namespace, _)| format!("{namespace}/")),
                like: interface,
                seen: BTreeMap::new(),
            }
        };
        let sources = info.sources.iter().map(source).collect();
        Self {
            writer,
            sources,
            export,
            head,
            next: piece.first,
            last: (!follows).then_some(piece.news.borrow().end),
            missed: 0,
            counted: (Instant::now(), 0),
            is_done: false,
        }
    }

    /// From which packet on there is more to write; `None` at the end.
    pub(super) fn next_packet(&self) -> Option<u64> {
        (!self.is_done).then_some(self.next)
    }

    /// The number after the last packet that was looked at.
    pub(super) fn end(&self) -> u64 {
        self.next
    }

    /// Appends what a piece of the capture gives.
    pub(super) fn write(&mut self, piece: Piece, out: &mut Vec<u8>) {
        out.append(&mut self.head);
        let first = self.last.map_or(piece.first, |last| last.min(piece.first));
        self.missed += first.saturating_sub(self.next);
        let mut number = piece.first;
        for packet in piece.packets.iter() {
            if self.last.is_some_and(|last| number >= last) {
                break;
            }
            self.packet(number, packet, &piece.event.sources, out);
            number += 1;
        }
        self.next = number.max(self.next);
        let news = piece.news.borrow();
        if !news.running && self.last.is_none() {
            self.last = Some(news.end);
        }
        drop(news);
        self.skip();
        self.is_done = self.last.is_some_and(|last| self.next >= last);
        let dropped = piece.event.dropped.kernel + self.missed;
        let is_news = dropped != self.counted.1 && self.counted.0.elapsed() >= COUNTS_INTERVAL;
        if self.is_done || is_news {
            self.counted = (Instant::now(), dropped);
            self.counts(&piece, out);
        }
    }

    /// Goes on to the next packet that is chosen.
    fn skip(&mut self) {
        let chosen = &self.export.packets;
        if chosen.is_empty() {
            return;
        }
        let range = chosen.get(chosen.partition_point(|(_, last)| *last < self.next));
        match range {
            Some((first, _)) => self.next = self.next.max(*first),
            None => self.last = Some(self.next),
        }
    }

    fn packet(
        &mut self,
        number: u64,
        packet: PacketView<'_>,
        events: &[SourceEvent],
        out: &mut Vec<u8>,
    ) {
        let CaptureExport {
            packets,
            since,
            until,
            comments,
        } = &self.export;
        let range = packets.get(packets.partition_point(|(_, last)| *last < number));
        let chosen = packets.is_empty() || range.is_some_and(|(first, _)| *first <= number);
        let at = packet.record.at.0;
        let in_time =
            since.is_none_or(|since| since <= at) && until.is_none_or(|until| at <= until);
        let source = self.sources.get_mut(usize::from(packet.source));
        if let Some(source) = source.filter(|_| chosen && in_time) {
            let comment = comments.get(&number).map(String::as_str);
            source.written += 1;
            let event = events.get(usize::from(packet.source));
            let seen = event.map_or(&[][..], |event| &event.seen);
            let interface = source.interface_of(packet, seen, &mut self.writer, out);
            self.writer.packet(interface, packet.record, comment, out);
        }
    }

    /// What each source has counted, and what this file has missed.
    fn counts(&mut self, piece: &Piece, out: &mut Vec<u8>) {
        let missed = (self.missed > 0).then(|| {
            let missed = self.missed;
            format!("{missed} packets were overwritten before they could be read into this file")
        });
        let events = piece.event.sources.iter();
        for (source, event) in self.sources.iter().zip(events) {
            let counts = pcapng::Statistics {
                at: piece.now,
                accepted: event.received,
                dropped: event.dropped,
                delivered: source.written,
                comment: missed.as_deref(),
            };
            self.writer.statistics(source.interface, counts, out);
        }
    }
}

impl Source {
    /// The interface that a packet was taken on: of `any` the one that the packet names, which is
    /// added when it is the first.
    fn interface_of(
        &mut self,
        packet: PacketView<'_>,
        seen: &[SeenInterface],
        writer: &mut pcapng::Writer,
        out: &mut Vec<u8>,
    ) -> pcapng::InterfaceId {
        let is_named = self.like.link == LinkType::LinuxSll2;
        let Some(namespace) = self.namespace.as_ref().filter(|_| is_named) else {
            return self.interface;
        };
        let Some(index) = packet::sll2_interface(packet.record.data) else {
            return self.interface;
        };
        if let Some(known) = self.seen.get(&index) {
            return *known;
        }
        let Some(found) = seen.iter().find(|found| found.index == index) else {
            return self.interface;
        };
        let mut interface = self.like.clone();
        interface.name = format!("{namespace}{}", found.name);
        let id = writer.interface(&interface, out);
        self.seen.insert(index, id);
        id
    }
}
