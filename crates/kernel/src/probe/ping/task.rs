//! The task of a running ping.

use std::io;
use std::net::IpAddr;
use std::time::{Duration, Instant, SystemTime};

use protocol::ping::{PingEvent, PingFinding};
use socket2::SockAddr;
use tokio::io::unix::AsyncFd;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::sleep_until;
use tracing::warn;

use super::PingContext;
use super::book::{Book, Heard};
use super::flood::Flood;
use super::pace::Pace;
use crate::error::Cause;
use crate::probe::diagnose;
use crate::probe::icmp::meaning::{is_final, meaning};
use crate::probe::icmp::packet::{Echo, Incoming};
use crate::probe::icmp::socket::{Received, Socket};

/// A diagnosis is made no sooner than this after the last one.
const BETWEEN_DIAGNOSES: Duration = Duration::from_millis(900);
/// Most packets that are taken before a request is called lost.
const MOST_AT_ONCE: usize = 1024;

pub(super) struct Task {
    pub(super) target: IpAddr,
    pub(super) destination: SockAddr,
    pub(super) socket: AsyncFd<Socket>,
    pub(super) buffer: Vec<u8>,
    pub(super) book: Book,
    pub(super) echo: Echo,
    pub(super) pace: Pace,
    /// Requests that are still to be sent; `None` is without end.
    pub(super) left: Option<u64>,
    pub(super) flood: Option<Flood>,
    pub(super) events: mpsc::Sender<PingEvent>,
    pub(super) diagnoses: Option<Diagnoses>,
}

/// Why a task ends by itself.
enum End {
    /// Nobody listens any more.
    Unheard,
    /// The socket cannot be read.
    Failed(io::Error),
    /// All requests that were wanted are settled.
    Done,
}

impl Task {
    /// Pings until `stopped` or an error.
    pub(super) async fn run(mut self, stopped: oneshot::Receiver<()>) {
        let error = tokio::select! {
            biased;
            _ = stopped => None,
            end = self.work() => match end {
                End::Unheard | End::Done => None,
                End::Failed(error) => Some(Cause::from(error).to_string()),
            },
        };
        // Whoever does not read need not know.
        let _ = self.events.try_send(PingEvent::Stopped { error });
    }

    async fn work(&mut self) -> End {
        loop {
            let deadline = self.book.deadline();
            let result = tokio::select! {
                () = self.pace.due() => self.send().await,
                ready = self.socket.readable() => match ready {
                    Ok(mut guard) => {
                        match guard.try_io(|socket| socket.get_ref().receive(&mut self.buffer)) {
                            Ok(Ok(received)) => self.received(received).await,
                            Ok(Err(error)) => Err(End::Failed(error)),
                            Err(_would_block) => Ok(()),
                        }
                    }
                    Err(error) => Err(End::Failed(error)),
                },
                () = at(deadline) => self.expire().await,
                findings = finished(&mut self.diagnoses) => self.diagnosed(findings).await,
            };
            let result = match result {
                Ok(()) => self.report(false).await,
                Err(end) => Err(end),
            };
            if let Err(end) = result {
                return end;
            }
            if self.left == Some(0) && self.book.is_settled() {
                if let Err(end) = self.report(true).await {
                    return end;
                }
                return End::Done;
            }
        }
    }

    /// Sends the next request, if there is one.
    async fn send(&mut self) -> Result<(), End> {
        match &mut self.left {
            Some(0) => return Ok(()),
            Some(left) => *left -= 1,
            None => {}
        }
        if let Some(flood) = &mut self.flood {
            flood.counts.sent += 1;
        }
        self.take_stamps();
        let sequence = self.book.next();
        let packet = self.echo.request((sequence & 0xffff) as u16);
        // Nothing is between the clock and the kernel. One before 1970 makes the time stamps useless,
        // not the ping.
        let (now, clock) = (Instant::now(), SystemTime::now());
        let sent = self.socket.get_ref().send(&packet, &self.destination);
        let clock = clock.duration_since(SystemTime::UNIX_EPOCH);
        self.book.sent(now, clock.unwrap_or_default());
        match sent {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                // What waits in the socket waits for a neighbour: it counts as lost in its time.
                Ok(())
            }
            Err(error) => {
                self.book.refused();
                let error = Cause::from(error).to_string();
                self.say(PingEvent::SendFailed { sequence, error }).await?;
                self.diagnose();
                Ok(())
            }
        }
    }

    /// Takes the kernel's stamps of what was sent.
    fn take_stamps(&mut self) {
        for _ in 0..MOST_AT_ONCE {
            let socket = self.socket.get_ref();
            let Some((length, at)) = socket.take_sent(&mut self.buffer) else {
                return;
            };
            let bytes = self.buffer.get(..length).unwrap_or(&self.buffer);
            if let Some(sequence) = self.echo.read_sent(bytes, length) {
                self.book.stamped(sequence, at);
            }
        }
    }

    /// Says how a flood stands, if it is time or the `last` time.
    async fn report(&mut self, last: bool) -> Result<(), End> {
        let counts = match &mut self.flood {
            None => return Ok(()),
            Some(flood) if last => Some(flood.counts),
            Some(flood) => flood.report(Instant::now()),
        };
        match counts {
            Some(counts) => self.say(PingEvent::Flood(counts)).await,
            None => Ok(()),
        }
    }

    async fn received(&mut self, received: Received) -> Result<(), End> {
        let length = received.length;
        let bytes = self.buffer.get(..length).unwrap_or(&self.buffer);
        match self.echo.read(bytes, length) {
            None => Ok(()),
            Some(Incoming::Reply {
                sequence,
                bytes,
                ttl,
                corrupted,
            }) => {
                self.take_stamps();
                let heard = self.book.reply(sequence, received.at, Instant::now());
                match (heard, corrupted) {
                    (None, _) => return Ok(()),
                    (Some(Heard::Duplicate { sequence }), _) => match &mut self.flood {
                        Some(flood) => flood.counts.duplicates += 1,
                        None => self.say(PingEvent::Duplicate { sequence }).await?,
                    },
                    (Some(Heard::Reply { sequence, .. }), Some(byte)) => {
                        let from = received.from;
                        self.say(PingEvent::Corrupted {
                            sequence,
                            from,
                            byte,
                        })
                        .await?;
                    }
                    (
                        Some(Heard::Reply {
                            sequence,
                            rtt,
                            out_of_order,
                        }),
                        None,
                    ) => match &mut self.flood {
                        Some(flood) => {
                            flood.replied(rtt, out_of_order);
                            if flood.may_send(Instant::now()) {
                                self.send().await?;
                            }
                        }
                        None => {
                            self.say(PingEvent::Reply {
                                sequence,
                                from: received.from,
                                rtt_ns: u64::try_from(rtt.as_nanos()).unwrap_or(u64::MAX),
                                ttl: ttl.or(received.hop_limit),
                                bytes,
                            })
                            .await?;
                            if out_of_order {
                                self.say(PingEvent::OutOfOrder { sequence }).await?;
                            }
                        }
                    },
                }
                match self.diagnoses.as_mut().and_then(Diagnoses::take_back) {
                    Some(event) => self.say(event).await,
                    None => Ok(()),
                }
            }
            Some(Incoming::Error {
                sequence,
                kind,
                code,
                info,
            }) => {
                let ipv6 = self.target.is_ipv6();
                let ends = is_final(ipv6, kind);
                let sequence = self.book.error(sequence, ends).unwrap_or(0);
                self.say(PingEvent::IcmpError {
                    sequence,
                    from: received.from,
                    kind,
                    code,
                    meaning: meaning(ipv6, kind, code, info),
                })
                .await?;
                if ends {
                    self.diagnose();
                }
                Ok(())
            }
        }
    }

    /// Says which requests are lost, after having taken what has arrived meanwhile.
    async fn expire(&mut self) -> Result<(), End> {
        for _ in 0..MOST_AT_ONCE {
            match self.socket.get_ref().receive(&mut self.buffer) {
                Ok(received) => self.received(received).await?,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(End::Failed(error)),
            }
        }
        let lost = self.book.expire(Instant::now());
        if !lost.is_empty() {
            self.diagnose();
        }
        if let Some(flood) = &mut self.flood {
            flood.counts.lost += lost.len() as u64;
            return Ok(());
        }
        for sequence in lost {
            self.say(PingEvent::Lost { sequence }).await?;
        }
        Ok(())
    }

    fn diagnose(&mut self) {
        if let Some(diagnoses) = &mut self.diagnoses {
            diagnoses.begin();
        }
    }

    async fn diagnosed(&mut self, findings: Vec<PingFinding>) -> Result<(), End> {
        match self.diagnoses.as_mut().and_then(|d| d.end(findings)) {
            Some(event) => self.say(event).await,
            None => Ok(()),
        }
    }

    async fn say(&self, event: PingEvent) -> Result<(), End> {
        self.events.send(event).await.map_err(|_| End::Unheard)
    }
}

/// The diagnoses of a ping: what was told last, and what is being found out.
pub(super) struct Diagnoses {
    context: PingContext,
    target: IpAddr,
    begun: Option<Instant>,
    running: Option<JoinHandle<Vec<PingFinding>>>,
    told: Vec<PingFinding>,
}

impl Diagnoses {
    pub(super) fn new(context: PingContext, target: IpAddr) -> Self {
        Self {
            context,
            target,
            begun: None,
            running: None,
            told: Vec::new(),
        }
    }

    /// Begins to find out why no reply comes, if that was not done just now.
    fn begin(&mut self) {
        let recent = |begun: Instant| begun.elapsed() < BETWEEN_DIAGNOSES;
        if self.running.is_some() || self.begun.is_some_and(recent) {
            return;
        }
        self.begun = Some(Instant::now());
        let PingContext { source, lab } = self.context.clone();
        let target = self.target;
        let look = move || diagnose::diagnose(source, target, &*lab);
        self.running = Some(tokio::task::spawn_blocking(look));
    }

    /// What was found; an event if it is something else than before.
    fn end(&mut self, findings: Vec<PingFinding>) -> Option<PingEvent> {
        self.running = None;
        (findings != self.told).then(|| {
            self.told.clone_from(&findings);
            PingEvent::Diagnosis { findings }
        })
    }

    /// Replies come: nothing that was found holds any more.
    fn take_back(&mut self) -> Option<PingEvent> {
        self.running = None;
        self.end(Vec::new())
    }
}

/// Waits for the diagnosis that is being made, for ever if there is none.
async fn finished(diagnoses: &mut Option<Diagnoses>) -> Vec<PingFinding> {
    match diagnoses.as_mut().and_then(|d| d.running.as_mut()) {
        None => std::future::pending().await,
        Some(running) => running.await.unwrap_or_else(|error| {
            warn!(%error, "a diagnosis ended early");
            Vec::new()
        }),
    }
}

/// Waits until then, for ever if there is no then.
async fn at(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}
