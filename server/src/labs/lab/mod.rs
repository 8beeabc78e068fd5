//! The task that writes one lab.
//!
//! It takes messages from browsers and routes ([`Command`]), from the lab's agent ([`FromAgent`]),
//! and from tasks that it started itself so as not to wait ([`Report`]). It never waits for the
//! agent; it waits for the store, because an edit is durable before anybody hears of it.

mod batches;
mod captures;
mod clients;
mod counters;
mod edits;
mod execs;
mod expectations;
mod firewalls;
mod pings;
mod probes;
mod reaching;
mod running;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use protocol::capture::CaptureId;
use protocol::lab::{ApplyFailure, LabId, RunState};
use protocol::ping::PingId;
use protocol::serve::ServiceState;
use protocol::server::ClientId;
use protocol::{ClientMessage, ServerMessage};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use topology::drift::Drift;
use topology::{Document, Observed};

use super::handle::{Command, LabHandle, Snapshot};
use super::limits::{IDLE, MAX_REQUESTS};
use super::machine::Machine;
use super::outbox::Cut;
use super::store::{Store, StoredLab};
use crate::agent::client::{Agent, AgentError};
use crate::agent::protocol::{Answer, ExecId, FromAgent, Request};
use crate::trial::Listeners;
use batches::Flush;
use captures::Capture;
use clients::Client;
use counters::Watched;
use execs::Exec;
use expectations::Trials;
use pings::Ping;
use reaching::Reaching;
use running::Waiters;

/// Reports of the lab's own tasks that may wait; a task that finds no room waits itself.
const REPORTS: usize = 256;

/// A lab's task and what it knows.
struct Lab {
    id: LabId,
    store: Store,
    machine: Machine,
    /// When this task began, nanoseconds since the Unix epoch: tells it from one before it.
    opened_at: u64,

    document: Arc<Document>,
    revision: u64,

    run: watch::Sender<RunState>,
    /// Counts the starts: a report of an earlier one is of no interest.
    generation: u64,
    agent: Option<Agent>,
    events: Option<mpsc::Receiver<FromAgent>>,
    observed: Option<Observed>,
    /// How what namespaces serve stands.
    services: Vec<ServiceState>,
    /// Whether the agent is at work on a document; the newest waits for it.
    applying: bool,
    /// Whether the next document is brought to the kernel with all that it says, drift too.
    put_right: bool,
    /// What else is to be reverted, one by one.
    reverts: VecDeque<Drift>,
    failure: Option<ApplyFailure>,
    waiters: Waiters,

    clients: BTreeMap<ClientId, Client>,
    pings: BTreeMap<PingId, Ping>,
    captures: BTreeMap<CaptureId, Capture>,
    execs: BTreeMap<ExecId, Exec>,
    flush: Flush,
    watched: Watched,
    reaching: Reaching,
    trials: Trials,
    /// The last number given to a browser, ping, capture or command.
    last_number: u64,
    /// Requests that the agent has not answered.
    requests: usize,
    reports: mpsc::Sender<Report>,
    /// Whether what is in memory is not what the store has: the task ends.
    is_broken: bool,
}

/// What a task that the lab started has to say.
enum Report {
    /// The sandbox is there, or could not be made.
    Spawned {
        generation: u64,
        result: Result<(Agent, mpsc::Receiver<FromAgent>), AgentError>,
    },
    /// The agent is done with a document.
    Applied {
        generation: u64,
        revision: u64,
        result: Result<Answer, AgentError>,
    },
    /// No process of the sandbox is left.
    Ended {
        generation: u64,
        how: Option<String>,
    },
    /// A request of a browser was answered.
    Answered {
        asked: Asked,
        result: Result<Answer, AgentError>,
    },
}

/// A request that went to the agent, and who waits for what comes of it.
enum Asked {
    StartPing {
        ping: PingId,
        by: (ClientId, u64),
    },
    StopPing {
        ping: PingId,
    },
    CheckFilter {
        by: (ClientId, u64),
    },
    StartCapture {
        capture: CaptureId,
        by: (ClientId, u64),
    },
    StopCapture {
        capture: CaptureId,
    },
    Exec {
        exec: ExecId,
    },
    WatchCounters,
    Reach,
}

/// Starts the task of a lab that was read from the store.
pub(super) fn spawn(
    id: LabId,
    stored: StoredLab,
    run: RunState,
    store: Store,
    machine: Machine,
) -> (LabHandle, JoinHandle<()>) {
    let (handle, commands, run) = LabHandle::new(run);
    let (reports, report_receiver) = mpsc::channel(REPORTS);
    let lab = Lab {
        id,
        store,
        machine,
        opened_at: now(),
        document: Arc::new(stored.document),
        revision: stored.revision,
        run,
        generation: 0,
        agent: None,
        events: None,
        observed: None,
        services: Vec::new(),
        applying: false,
        put_right: false,
        reverts: VecDeque::new(),
        failure: None,
        waiters: Waiters::default(),
        clients: BTreeMap::new(),
        pings: BTreeMap::new(),
        captures: BTreeMap::new(),
        execs: BTreeMap::new(),
        flush: Flush::default(),
        watched: Watched::default(),
        reaching: Reaching::default(),
        trials: Trials::default(),
        last_number: 0,
        requests: 0,
        reports,
        is_broken: false,
    };
    (handle, tokio::spawn(lab.live(commands, report_receiver)))
}

impl Lab {
    async fn live(
        mut self,
        mut commands: mpsc::Receiver<Command>,
        mut reports: mpsc::Receiver<Report>,
    ) {
        while !self.is_broken {
            let flush = self.flush.due();
            let idle = self.is_idle();
            let reach = self.reaching.due();
            tokio::select! {
                command = commands.recv() => match command {
                    Some(Command::Close { code, reason, reply }) => {
                        self.close(&Cut { code, reason }, &mut reports).await;
                        // Whoever asked may have gone.
                        let _ = reply.send(());
                        return;
                    }
                    Some(command) => self.command(command).await,
                    None => return self.close(&Cut::new(1001, "the server forgot the lab"), &mut reports).await,
                },
                event = next_event(&mut self.events) => match event {
                    Some(event) => self.agent_said(event),
                    None => self.agent_has_ended(),
                },
                Some(report) = reports.recv() => self.reported(report),
                () = sleep_until(flush) => self.flush_captures(),
                () = sleep_until(reach) => self.turn_reach(),
                () = tokio::time::sleep(IDLE), if idle => return,
            }
        }
        let cut = Cut::new(1011, "the lab is read from the store again; connect again");
        self.close(&cut, &mut reports).await;
    }

    /// Whether nothing would be lost if the task ended: the store has the document.
    fn is_idle(&self) -> bool {
        let resting = matches!(*self.run.borrow(), RunState::Stopped);
        resting && self.clients.is_empty() && self.pings.is_empty() && self.captures.is_empty()
    }

    async fn command(&mut self, command: Command) {
        match command {
            Command::Join { outbox, reply } => {
                // Whoever asked may have gone; then the outbox is closed and found so.
                let _ = reply.send(self.join(outbox));
            }
            Command::Leave { client } => self.leave(client),
            Command::Message { client, message } => self.message(client, *message).await,
            Command::Refused {
                client,
                token,
                error,
            } => self.request_failed(client, token, error),
            Command::Misnamed {
                client,
                token,
                place,
                error,
            } => self.misnamed(client, token, place, error),
            Command::Start { reply } => self.start(Some(reply)),
            Command::Stop { reply } => self.stop(Some(reply)),
            Command::Snapshot { reply } => {
                let _ = reply.send(Snapshot {
                    document: Arc::clone(&self.document),
                    revision: self.revision,
                    run: self.run.borrow().clone(),
                });
            }
            Command::Packets {
                capture,
                from,
                reply,
            } => {
                let _ = reply.send(self.packets(capture, from).map(Box::new));
            }
            Command::Counted { namespace, reply } => self.counted(&namespace, reply),
            Command::Reach { options, reply } => self.reach(options, reply),
            Command::Check { reply } => self.check(reply),
            Command::Probe {
                namespace,
                probe,
                reply,
            } => self.probe(&namespace, probe, reply),
            Command::Exec { start, reply } => self.exec(start, reply),
            Command::ExecGone { exec } => self.exec_gone(exec),
            // Taken by the loop.
            Command::Close { .. } => {}
        }
    }

    async fn message(&mut self, client: ClientId, message: ClientMessage) {
        match message {
            ClientMessage::Edit { token, edit } => self.edit(client, token, edit).await,
            ClientMessage::Start => self.start(None),
            ClientMessage::Stop => self.stop(None),
            ClientMessage::PutRight => self.put_right(client),
            ClientMessage::Revert { drift } => self.revert(client, drift),
            ClientMessage::StartPing {
                token,
                source,
                target,
                options,
            } => {
                self.start_ping((client, token), source, target, options);
            }
            ClientMessage::StopPing { ping } => self.stop_ping(client, ping),
            ClientMessage::DismissPing { ping } => self.dismiss_ping(client, ping),
            ClientMessage::CheckFilter {
                token,
                source,
                filter,
            } => {
                self.check_filter((client, token), source, filter);
            }
            ClientMessage::StartCapture {
                token,
                sources,
                options,
            } => {
                self.start_capture((client, token), sources, options);
            }
            ClientMessage::MeasureReach { token } => self.measure_reach((client, token)),
            ClientMessage::WatchReach { pause } => self.watch_reach(client, pause),
            ClientMessage::WatchCounters { on } => self.watch_counters(client, on),
            ClientMessage::StopCapture { capture } => self.stop_capture(client, capture),
            ClientMessage::DismissCapture { capture } => self.dismiss_capture(client, capture),
        }
    }

    fn agent_said(&mut self, event: FromAgent) {
        match event {
            FromAgent::Observed { change } => {
                self.observed.get_or_insert_default().apply(change.clone());
                self.broadcast(&ServerMessage::Observed { change });
            }
            FromAgent::Services { states } => self.serves(states),
            FromAgent::Ping { ping, event } if Listeners::is_one(ping) => {
                self.trials.listeners.hear(ping, event);
            }
            FromAgent::Ping { ping, event } => self.ping_said(ping, event),
            FromAgent::Packets { capture, records } => self.packets_came(capture, records),
            FromAgent::Counters { batch } => self.counters_came(batch),
            FromAgent::Capture { capture, sources } => self.capture_stands(capture, sources),
            FromAgent::Output {
                exec,
                is_error,
                bytes,
            } => self.exec_wrote(exec, is_error, bytes),
            FromAgent::InputTaken { exec, bytes } => self.exec_took(exec, bytes),
            FromAgent::Exited { exec, code } => self.exec_exited(exec, code),
            // The client takes these: they are part of its requests.
            FromAgent::Hello { .. } | FromAgent::Failed { .. } | FromAgent::Answer { .. } => {}
        }
    }

    fn reported(&mut self, report: Report) {
        match report {
            Report::Spawned { generation, result } => self.spawned(generation, result),
            Report::Applied {
                generation,
                revision,
                result,
            } => {
                if generation == self.generation {
                    self.apply_is_done(revision, result);
                }
            }
            Report::Ended { generation, how } => {
                if generation == self.generation {
                    self.sandbox_has_ended(how);
                }
            }
            Report::Answered { asked, result } => {
                self.requests = self.requests.saturating_sub(1);
                let result = result.map_err(|error| error.to_string());
                match asked {
                    Asked::StartPing { ping, by } => self.ping_answered(ping, by, result),
                    Asked::StopPing { ping } => self.ping_stop_answered(ping, result),
                    Asked::CheckFilter { by } => self.filter_answered(by, result),
                    Asked::StartCapture { capture, by } => {
                        self.capture_answered(capture, by, result)
                    }
                    Asked::StopCapture { capture } => self.capture_stop_answered(capture, result),
                    Asked::Exec { exec } => self.exec_answered(exec, result),
                    // It counts, or the lab has ended.
                    Asked::WatchCounters => {}
                    Asked::Reach => self.reach_answered(result),
                }
            }
        }
    }

    /// Sends a request to the agent; what comes of it is reported.
    fn ask(&mut self, asked: Asked, request: Request) -> Result<(), String> {
        let Some(agent) = self
            .agent
            .clone()
            .filter(|_| *self.run.borrow() == RunState::Running)
        else {
            return Err("the lab does not run: start it first".to_owned());
        };
        if self.requests >= MAX_REQUESTS {
            return Err(format!(
                "{MAX_REQUESTS} requests wait for the lab's agent already: try again later"
            ));
        }
        self.requests += 1;
        self.spawn_report(async move {
            let result = agent.request(request).await;
            Report::Answered { asked, result }
        });
        Ok(())
    }

    /// Runs something beside the lab's task and has its outcome reported.
    fn spawn_report(&self, work: impl Future<Output = Report> + Send + 'static) {
        let reports = self.reports.clone();
        tokio::spawn(async move {
            let report = work.await;
            // A lab that has ended needs no report; what is in it (an agent) ends with it.
            let _ = reports.send(report).await;
        });
    }

    fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// Takes everything down and lets the browsers go.
    async fn close(&mut self, cut: &Cut, reports: &mut mpsc::Receiver<Report>) {
        for client in self.clients.values() {
            client.outbox.cut(cut.clone());
        }
        self.clients.clear();
        // A sandbox that is still being made must not be left behind.
        let is_pending = |lab: &Self| {
            lab.agent.is_none()
                && matches!(*lab.run.borrow(), RunState::Starting | RunState::Stopping)
        };
        while is_pending(self)
            && let Some(report) = reports.recv().await
        {
            self.reported(report);
        }
        if let Some(agent) = self.agent.take() {
            agent.shutdown().await;
        }
        self.run.send_replace(RunState::Stopped);
    }
}

/// Nanoseconds since the Unix epoch.
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_nanos().try_into().unwrap_or(u64::MAX))
}

/// The next message of the agent; never, if none runs.
async fn next_event(events: &mut Option<mpsc::Receiver<FromAgent>>) -> Option<FromAgent> {
    match events {
        Some(events) => events.recv().await,
        None => std::future::pending().await,
    }
}

async fn sleep_until(when: Option<Instant>) {
    match when {
        Some(when) => tokio::time::sleep_until(when).await,
        None => std::future::pending().await,
    }
}

/// Answers someone who may have stopped waiting.
fn answer<T>(reply: Option<oneshot::Sender<T>>, value: T) {
    if let Some(reply) = reply {
        let _ = reply.send(value);
    }
}
