//! Reading what a ping says.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use kernel::probe::{Ping, PingContext, PingOptions};
use protocol::ping::{PingEvent, PingFinding};
use tokio::sync::mpsc;
use topology::NamespaceId;

use crate::PATIENCE;
use crate::lab::Lab;

/// A ping of a lab, and what it has said.
pub(crate) struct Pinging<'a> {
    lab: &'a Lab,
    pub(crate) ping: Option<Ping>,
    pub(crate) events: mpsc::Receiver<PingEvent>,
    pub(crate) said: Vec<PingEvent>,
    pub(crate) begun: Instant,
}

/// Ten requests a second, so that tests need not wait long.
pub(crate) fn fast() -> PingOptions {
    PingOptions {
        interval_ms: 100,
        timeout_ms: 300,
        ..PingOptions::default()
    }
}

impl<'a> Pinging<'a> {
    pub(crate) fn start(
        lab: &'a Lab,
        source: NamespaceId,
        target: &str,
        options: &PingOptions,
    ) -> Self {
        let target: IpAddr = target.parse().unwrap();
        let _guard = lab.runtime.enter();
        let context = PingContext {
            source,
            lab: lab.engine.clone(),
        };
        let namespace = lab.namespace(source);
        let (ping, events) = Ping::start(&namespace, target, options, Some(context)).unwrap();
        Self {
            lab,
            ping: Some(ping),
            events,
            said: Vec::new(),
            begun: Instant::now(),
        }
    }

    /// The next event; `None` when there are no more.
    pub(crate) fn next(&mut self) -> Option<PingEvent> {
        let next = async { tokio::time::timeout(PATIENCE, self.events.recv()).await };
        let event = self.lab.runtime.block_on(next);
        let event = event.unwrap_or_else(|_| panic!("it says no more after {:#?}", self.said));
        self.said.extend(event.clone());
        event
    }

    /// Waits for an event of which `choose` makes something.
    pub(crate) fn wait<T>(
        &mut self,
        what: &str,
        mut choose: impl FnMut(&PingEvent) -> Option<T>,
    ) -> T {
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            match self.next() {
                Some(event) => {
                    if let Some(chosen) = choose(&event) {
                        return chosen;
                    }
                }
                None => break,
            }
        }
        panic!("no {what} in {:#?}", self.said);
    }

    /// Waits for a reply.
    pub(crate) fn reply(&mut self) -> u64 {
        self.wait("reply", |event| match event {
            PingEvent::Reply { sequence, .. } => Some(*sequence),
            _ => None,
        })
    }

    /// Waits for a refusal to send, and returns what the kernel said.
    pub(crate) fn refusal(&mut self) -> String {
        self.wait("refusal to send", |event| match event {
            PingEvent::SendFailed { error, .. } => Some(error.clone()),
            _ => None,
        })
    }

    /// Waits for an ICMP error: to which request, who sent it, type and code, what it means.
    pub(crate) fn error(&mut self) -> (u64, String, (u8, u8), String) {
        self.wait("ICMP error", |event| match event {
            PingEvent::IcmpError {
                sequence,
                from,
                kind,
                code,
                meaning,
            } => Some((*sequence, from.to_string(), (*kind, *code), meaning.clone())),
            _ => None,
        })
    }

    /// Waits for a diagnosis in which `text` is found, and returns all of it.
    pub(crate) fn finds(&mut self, text: &str) -> Vec<PingFinding> {
        self.wait(&format!("finding {text:?}"), |event| match event {
            PingEvent::Diagnosis { findings } => findings
                .iter()
                .any(|finding| finding.text == text)
                .then(|| findings.clone()),
            _ => None,
        })
    }

    /// Waits until the last diagnosis is taken back.
    pub(crate) fn taken_back(&mut self) {
        self.wait("end of the diagnosis", |event| {
            (*event == PingEvent::Diagnosis { findings: vec![] }).then_some(())
        });
    }

    /// Stops it and returns how long it took to hear so.
    pub(crate) fn stop(&mut self) -> Duration {
        let begin = Instant::now();
        self.ping.take().unwrap().stop();
        self.wait("end", |event| match event {
            PingEvent::Stopped { error } => {
                assert_eq!(*error, None);
                Some(())
            }
            _ => None,
        });
        let took = begin.elapsed();
        assert_eq!(self.next(), None);
        took
    }
}

/// The texts of findings.
pub(crate) fn texts(findings: &[PingFinding]) -> Vec<&str> {
    findings
        .iter()
        .map(|finding| finding.text.as_str())
        .collect()
}
