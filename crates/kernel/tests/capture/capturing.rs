//! Reading what a capture says.

use std::time::{Duration, Instant};

use kernel::Namespace;
use kernel::capture::{Capture, CaptureItem, CaptureItems, CaptureOptions};
use packet::Record;
use packet::text::{Options, Printer};
use protocol::capture::{CapturedPacket, SourceEvent};
use protocol::packets::PacketView;
use topology::NamespaceId;

use crate::PATIENCE;
use crate::lab::{Lab, ip, labs};

/// A capture of a lab.
pub(crate) struct Capturing<'a> {
    lab: &'a Lab,
    pub(crate) capture: Option<Capture>,
    items: CaptureItems,
    pub(crate) packets: Vec<CapturedPacket>,
    pub(crate) sources: Vec<SourceEvent>,
}

impl<'a> Capturing<'a> {
    pub(crate) fn start(lab: &'a Lab, id: NamespaceId, interface: &str, filter: &str) -> Self {
        Self::with(lab, id, interface, filter, &CaptureOptions::default())
    }

    pub(crate) fn with(
        lab: &'a Lab,
        id: NamespaceId,
        interface: &str,
        filter: &str,
        options: &CaptureOptions,
    ) -> Self {
        Self::of_many(lab, &[(id, interface)], filter, options)
    }

    pub(crate) fn of_many(
        lab: &'a Lab,
        sources: &[(NamespaceId, &str)],
        filter: &str,
        options: &CaptureOptions,
    ) -> Self {
        let source = |&(id, name): &(NamespaceId, &str)| (lab.namespace(id), name.to_owned());
        let sources: Vec<_> = sources.iter().map(source).collect();
        let (capture, items) = Capture::start(&sources, filter, options).unwrap();
        Self {
            lab,
            capture: Some(capture),
            items,
            packets: Vec::new(),
            sources: Vec::new(),
        }
    }

    /// Packets that passed the filter, and those of them that were lost, of all sources.
    pub(crate) fn counts(&self) -> (u64, u64) {
        let counts = self
            .sources
            .iter()
            .map(|source| (source.received, source.dropped));
        counts.fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1))
    }

    /// The packets without their sources.
    pub(crate) fn records(&self) -> impl Iterator<Item = &Record> {
        self.packets.iter().map(|packet| &packet.record)
    }

    /// The next item, taken note of; `None` when there are no more.
    pub(crate) fn next(&mut self) -> Option<CaptureItem> {
        let next = async { tokio::time::timeout(PATIENCE, self.items.next()).await };
        let item = self.lab.runtime.block_on(next);
        let item = item.unwrap_or_else(|_| {
            let (count, sources) = (self.packets.len(), &self.sources);
            panic!("nothing is said after {count} packets: {sources:?}")
        });
        match &item {
            Some(CaptureItem::Packets(packets)) => {
                self.packets
                    .extend(packets.iter().map(PacketView::to_packet));
            }
            Some(CaptureItem::Sources(sources)) => self.sources = sources.clone(),
            None => {}
        }
        item
    }

    /// Reads until there are so many packets.
    pub(crate) fn packets(&mut self, count: usize) {
        while self.packets.len() < count {
            let item = self.next();
            assert!(item.is_some(), "ended with {} packets", self.packets.len());
        }
    }

    /// Reads to the end and returns the reason of the first source that has one.
    pub(crate) fn end(&mut self) -> Option<String> {
        while self.next().is_some() {}
        assert!(self.sources.iter().all(|source| !source.running));
        self.sources.iter().find_map(|source| source.error.clone())
    }

    /// Stops it, reads to the end and returns how long that took.
    pub(crate) fn stop(&mut self) -> Duration {
        let begin = Instant::now();
        self.capture.take().unwrap().stop();
        assert_eq!(self.end(), None);
        begin.elapsed()
    }

    /// The packets as tcpdump would print them, without their times.
    pub(crate) fn lines(&self) -> Vec<String> {
        let link_types = self.capture.as_ref().unwrap().link_types();
        let mut printer = Printer::new(Options::default());
        let mut line = |packet: &CapturedPacket| {
            let line = printer.line(link_types[usize::from(packet.source)], &packet.record);
            line.split_once(' ').unwrap().1.to_owned()
        };
        self.packets.iter().map(&mut line).collect()
    }
}

/// Pings once with the machine's own program.
pub(crate) fn ping(namespace: &Namespace, target: &str) {
    ip::must(namespace, &format!("ping -n -c 1 -W 5 {target}"));
}

/// The article's lab, without the packets that IPv6 sends by itself.
pub(crate) fn quiet() -> (labs::Article, Lab) {
    let mut article = labs::article();
    for interface in article.builder.document.interfaces.values_mut() {
        interface
            .addresses
            .retain(|address| address.addr().is_ipv4());
    }
    for namespace in article.builder.document.namespaces.values_mut() {
        namespace
            .routes
            .retain(|route| route.destination.addr().is_ipv4());
    }
    let lab = Lab::start(&article.builder.document);
    for id in article.builder.document.namespaces.keys() {
        lab.must(*id, "sysctl -qw net.ipv6.conf.all.disable_ipv6=1");
    }
    (article, lab)
}
