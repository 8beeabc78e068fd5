//! Tries what a lab expects, all at once: for `netyard test`, and in a lab of the yard that runs.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use futures_util::{FutureExt, StreamExt};
use protocol::expect::{Finding, Tally, Verdict, judge_path, judge_tcp, judge_udp};
use protocol::ping::{PingEvent, PingId, PingOptions};
use protocol::probe::{PortProbe, Probe, Probed, TraceMethod, Traceroute};
use tokio::sync::mpsc;
use topology::address::is_per_link;
use topology::document::Kind;
use topology::expectation::{Bound, Expectation, Target, Transport};
use topology::{Document, NamespaceId};

use crate::agent::client::Agent;
use crate::agent::protocol::{Answer, Request};

/// How many are tried at a time.
const AT_A_TIME: usize = 64;
/// Requests of a ping that should be answered: a lossy link loses one.
const TRIES: u64 = 3;
/// From one of them to the next, milliseconds.
const INTERVAL_MS: u32 = 200;
/// Requests of a ping that should not be answered, the time between them, and how long an answer
/// is waited for, milliseconds: nearly all of the time that a lab's test takes.
const DOUBTS: u64 = 2;
const DOUBT_INTERVAL_MS: u32 = 100;
const DOUBT_TIMEOUT_MS: u32 = 600;
/// Requests of a ping whose loss or round trip is measured.
const MEASURED: u64 = 100;
/// Most events of a ping that may wait to be taken: more than one of that many echoes makes. A ping
/// that makes more, by answers that come many times, is ended, and judged by what was heard.
const MOST_WAITING: usize = 4096;
/// From one of them to the next, milliseconds.
const MEASURED_INTERVAL_MS: u32 = 20;

/// The bit that numbers of trials' pings have, and those of people have not.
const OF_TRIALS: u64 = 1 << 63;

/// Where what pings say goes; clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Listeners(Arc<Mutex<BTreeMap<u64, mpsc::Sender<PingEvent>>>>);

impl Listeners {
    /// Whether a ping is one of a trial.
    pub(crate) fn is_one(ping: PingId) -> bool {
        ping.0 & OF_TRIALS != 0
    }

    /// Takes what the agent says of a ping.
    pub(crate) fn hear(&self, ping: PingId, event: PingEvent) {
        let mut listeners = self.lock();
        let is_heard = listeners
            .get(&ping.0)
            .is_none_or(|listener| listener.try_send(event).is_ok());
        if !is_heard {
            // It has heard enough, or more than it takes.
            listeners.remove(&ping.0);
        }
    }

    /// Says to all who wait that nothing more will come: the agent has ended.
    pub(crate) fn end(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<u64, mpsc::Sender<PingEvent>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tries everything; the verdicts are in the order of the document. `round` tells the pings of one
/// call from those of another one with the same agent. What the agent says of pings must be given to
/// the listeners meanwhile.
///
/// # Errors
/// If the agent does not answer, or refuses.
pub(crate) async fn all(
    agent: &Agent,
    document: &Document,
    listeners: &Listeners,
    round: u32,
) -> Result<Vec<Verdict>, String> {
    // By number, and each future boxed: the compiler finds that none outlives what it borrows.
    let trials = (0..document.expectations.len()).map(|index| {
        let trial = Trial {
            agent,
            document,
            listeners,
            // Room for the addresses of a namespace.
            first_ping: OF_TRIALS | u64::from(round & (u32::MAX >> 1)) << 32 | (index as u64) << 16,
        };
        trial.numbered(index).boxed()
    });
    let verdicts = futures_util::stream::iter(trials)
        .buffered(AT_A_TIME)
        .collect::<Vec<_>>()
        .await;
    verdicts.into_iter().collect()
}

struct Trial<'a> {
    agent: &'a Agent,
    document: &'a Document,
    listeners: &'a Listeners,
    first_ping: u64,
}

impl Trial<'_> {
    async fn numbered(self, index: usize) -> Result<Verdict, String> {
        let expectation = self.document.expectations.get(index);
        self.verdict(expectation.ok_or("it is gone")?).await
    }

    async fn verdict(&self, expectation: &Expectation) -> Result<Verdict, String> {
        let begin = Instant::now();
        let finding = self.finding(expectation).await?;
        let named = expectation.named(self.document);
        Ok(Verdict {
            expectation: named.map(|named| named.to_string()).unwrap_or_default(),
            holds: finding.holds,
            observed: finding.observed,
            took_ms: begin.elapsed().as_secs_f64() * 1e3,
        })
    }

    /// Of every address that is meant: all must be as expected.
    async fn finding(&self, expectation: &Expectation) -> Result<Finding, String> {
        let targets = match expectation.to() {
            Target::Address(address) => vec![*address],
            Target::Namespace(namespace) => self.addresses(*namespace),
        };
        let mut found = Vec::new();
        for (index, target) in targets.into_iter().enumerate() {
            let finding = match expectation {
                Expectation::Ping {
                    from, can, bounds, ..
                } => {
                    let number = self.first_ping + index as u64;
                    self.ping(number, (*from, target), *can, bounds).await?
                }
                Expectation::Reach {
                    from,
                    transport,
                    port,
                    can,
                    ..
                } => self.reach(*from, target, (*transport, *port), *can).await?,
                Expectation::Path {
                    from, by, passes, ..
                } => self.path(*from, target, *by, *passes).await?,
            };
            found.push(finding);
        }
        Ok(match found.is_empty() {
            true => Finding {
                holds: false,
                observed: "the target has no address".to_owned(),
            },
            false => Finding {
                holds: found.iter().all(|finding| finding.holds),
                observed: found
                    .iter()
                    .map(|finding| finding.observed.as_str())
                    .collect::<Vec<_>>()
                    .join("; "),
            },
        })
    }

    /// The addresses by which a namespace is reached.
    fn addresses(&self, namespace: NamespaceId) -> Vec<IpAddr> {
        let interfaces = self.document.interfaces_of(namespace);
        let interfaces = interfaces.filter(|(_, interface)| interface.kind != Kind::Loopback);
        interfaces
            .flat_map(|(_, interface)| &interface.addresses)
            .map(|address| address.addr())
            .filter(|address| !is_per_link(*address))
            .collect()
    }

    async fn ping(
        &self,
        number: u64,
        (source, target): (NamespaceId, IpAddr),
        can: bool,
        bounds: &[Bound],
    ) -> Result<Finding, String> {
        let is_measured = !bounds.is_empty();
        let usual = PingOptions::default();
        let (interval_ms, count, timeout_ms) = match (is_measured, can) {
            (true, _) => (MEASURED_INTERVAL_MS, MEASURED, usual.timeout_ms),
            (false, true) => (INTERVAL_MS, TRIES, usual.timeout_ms),
            (false, false) => (DOUBT_INTERVAL_MS, DOUBTS, DOUBT_TIMEOUT_MS),
        };
        let options = PingOptions {
            interval_ms,
            timeout_ms,
            count: Some(count),
            ..usual
        };
        let ping = PingId(number);
        let (listener, mut heard) = mpsc::channel(MOST_WAITING);
        self.listeners.lock().insert(number, listener);
        let start = Request::StartPing {
            ping,
            source,
            target,
            options,
        };
        self.done(start).await?;
        let mut tally = Tally::default();
        let mut has_ended = false;
        while let Some(event) = heard.recv().await {
            has_ended = matches!(event, PingEvent::Stopped { .. });
            tally.hear(event);
            if has_ended || (!is_measured && tally.is_answered()) {
                break;
            }
        }
        self.listeners.lock().remove(&number);
        if !has_ended {
            self.done(Request::StopPing { ping }).await?;
        }
        Ok(tally.judge(target, can, bounds))
    }

    async fn reach(
        &self,
        source: NamespaceId,
        target: IpAddr,
        (transport, port): (Transport, u16),
        can: bool,
    ) -> Result<Finding, String> {
        let probe = PortProbe {
            target,
            port,
            timeout_ms: if can { 1000 } else { DOUBT_TIMEOUT_MS },
        };
        let probe = match transport {
            Transport::Tcp => Probe::Tcp(probe),
            Transport::Udp => Probe::Udp(probe),
        };
        match self.probe(source, probe).await? {
            Probed::Tcp(probed) => Ok(judge_tcp(target, port, &probed, can)),
            Probed::Udp(probed) => Ok(judge_udp(target, port, &probed, can)),
            _ => Err("the agent's answer was none".to_owned()),
        }
    }

    async fn path(
        &self,
        source: NamespaceId,
        target: IpAddr,
        by: NamespaceId,
        passes: bool,
    ) -> Result<Finding, String> {
        let probe = Probe::Traceroute(Traceroute {
            target,
            method: TraceMethod::Icmp,
            port: None,
            first_hop: 1,
            most_hops: 30,
            queries: 1,
            timeout_ms: 1000,
        });
        match self.probe(source, probe).await? {
            Probed::Traceroute(traced) => {
                let interfaces = self.document.interfaces_of(by);
                let addresses = interfaces.flat_map(|(_, interface)| &interface.addresses);
                let by: Vec<IpAddr> = addresses.map(|address| address.addr()).collect();
                Ok(judge_path(target, &traced, &by, passes))
            }
            _ => Err("the agent's answer was none".to_owned()),
        }
    }

    async fn probe(&self, source: NamespaceId, probe: Probe) -> Result<Probed, String> {
        match self.request(Request::Probe { source, probe }).await? {
            Answer::Probed(probed) => Ok(*probed),
            Answer::Failed(error) => Err(error),
            _ => Err("the agent's answer was none".to_owned()),
        }
    }

    async fn done(&self, request: Request) -> Result<(), String> {
        match self.request(request).await? {
            Answer::Failed(error) => Err(error),
            _ => Ok(()),
        }
    }

    async fn request(&self, request: Request) -> Result<Answer, String> {
        let answer = self.agent.request(request).await;
        answer.map_err(|error| error.to_string())
    }
}
