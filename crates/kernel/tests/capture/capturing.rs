//! Reading what a capture says.

use std::time::{Duration, Instant};

use kernel::Namespace;
use kernel::capture::{Capture, CaptureItem, CaptureOptions, Counts};
use packet::Record;
use packet::text::{Options, Printer};
use tokio::sync::mpsc;
use topology::NamespaceId;

use crate::PATIENCE;
use crate::lab::{Lab, ip, labs};

/// A capture of a lab.
pub(crate) struct Capturing<'a> {
    lab: &'a Lab,
    pub(crate) capture: Option<Capture>,
    items: mpsc::Receiver<CaptureItem>,
    pub(crate) records: Vec<Record>,
    pub(crate) counts: Counts,
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
        let namespace = lab.namespace(id);
        let (capture, items) = Capture::start(&namespace, interface, filter, options).unwrap();
        Self {
            lab,
            capture: Some(capture),
            items,
            records: Vec::new(),
            counts: Counts::default(),
        }
    }

    /// The next item, taken note of; `None` when there are no more.
    pub(crate) fn next(&mut self) -> Option<CaptureItem> {
        let next = async { tokio::time::timeout(PATIENCE, self.items.recv()).await };
        let item = self.lab.runtime.block_on(next).expect("it says nothing");
        match &item {
            Some(CaptureItem::Packets(records)) => self.records.extend(records.iter().cloned()),
            Some(CaptureItem::Counts(counts)) => self.counts = *counts,
            _ => {}
        }
        item
    }

    /// Reads until there are so many packets.
    pub(crate) fn packets(&mut self, count: usize) {
        while self.records.len() < count {
            let item = self.next();
            assert!(item.is_some(), "ended with {} packets", self.records.len());
        }
    }

    /// Reads to the end and returns its reason.
    pub(crate) fn end(&mut self) -> Option<String> {
        loop {
            match self.next() {
                Some(CaptureItem::Ended(error)) => {
                    assert_eq!(self.next(), None);
                    return error;
                }
                Some(_) => {}
                None => panic!("it did not say that it ended"),
            }
        }
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
        let link_type = self.capture.as_ref().unwrap().link_type();
        let mut printer = Printer::new(Options::default());
        let mut line = |record| {
            let line = printer.line(link_type, record);
            line.split_once(' ').unwrap().1.to_owned()
        };
        self.records.iter().map(&mut line).collect()
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
