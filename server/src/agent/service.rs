//! The agent's own end: takes requests, and tells what happens in the kernel.

mod apply;
mod captures;
mod counters;
mod execs;
mod firewalls;
mod pings;
mod probes;

use std::ffi::OsString;
use std::os::fd::RawFd;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use kernel::engine::Engine;
use kernel::sandbox;
use protocol::serve::ServiceState;
use tokio::net::UnixStream;
use tokio::sync::{mpsc, watch};

use super::codec::{Reader, Writer};
use super::protocol::{Answer, FromAgent, Request, ToAgent, VERSION};

/// Messages that wait to be written, of captures apart.
const OUTBOUND: usize = 1024;
/// Messages of captures that wait to be written: with batches at their largest, 8 MiB.
const OUTBOUND_CAPTURES: usize = 32;

/// Where everything that the agent says goes.
type Outbound = mpsc::Sender<FromAgent>;

/// The whole of the program's run as an agent: `agent STREAM LIFELINE TITLE ROOT [uplink]`, both
/// descriptors inherited.
pub fn main(mut arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let mut number = || arguments.next()?.to_str()?.parse::<RawFd>().ok();
    let (Some(stream), Some(lifeline)) = (number(), number()) else {
        return wrong_use();
    };
    let title = arguments
        .next()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    // SAFETY: this is the beginning of main; the starter has left both open for us alone.
    let descriptors = unsafe {
        (
            kernel::descriptors::adopt(stream),
            kernel::descriptors::adopt(lifeline),
        )
    };
    let (Ok(stream), Ok(lifeline)) = descriptors else {
        return wrong_use();
    };
    // `netyard run` takes signals by a descriptor, and blocks them for that; all commands would
    // inherit it. It fails for no set of signals.
    let _ = nix::sys::signal::SigSet::empty().thread_set_mask();
    // One thread until here and beyond: the kernel lets no other process make a sandbox.
    let options = sandbox::Options {
        hostname: title,
        root: match arguments.next() {
            Some(root) if root == super::NOBODY => sandbox::Root::Nobody,
            _ => sandbox::Root::Starter,
        },
        uplink: arguments.next().is_some_and(|word| word == super::UPLINK),
    };
    let inside = sandbox::enter(lifeline, &options);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => {
            let code = runtime.block_on(serve(StdUnixStream::from(stream), inside));
            runtime.shutdown_background();
            code
        }
        Err(error) => {
            tracing::error!("could not start the agent's runtime: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Nobody but this program calls it: a person has typed it.
fn wrong_use() -> ExitCode {
    use std::io::Write;
    let text = "netyard: an agent is started by netyard itself; see `netyard --help`";
    let _ = writeln!(std::io::stderr(), "{text}");
    ExitCode::from(2)
}

async fn serve(stream: StdUnixStream, inside: Result<sandbox::Inside, kernel::Error>) -> ExitCode {
    let connected = stream
        .set_nonblocking(true)
        .and_then(|()| UnixStream::from_std(stream));
    let (read, write) = match connected {
        Ok(stream) => stream.into_split(),
        Err(error) => {
            tracing::error!("could not talk to the web process: {error}");
            return ExitCode::FAILURE;
        }
    };
    let mut writer = Writer::new(write);
    let engine = match inside.and_then(|_| Engine::start()) {
        Ok(engine) => engine,
        Err(error) => {
            // With nobody left to tell, the end of the process still says it.
            let _ = writer
                .send(&FromAgent::Failed {
                    error: error.to_string(),
                })
                .await;
            return ExitCode::FAILURE;
        }
    };
    if writer
        .send(&FromAgent::Hello { version: VERSION })
        .await
        .is_err()
    {
        return ExitCode::FAILURE;
    }
    let mut reader = Reader::new(read);
    match reader.next().await {
        Ok(Some(ToAgent::Hello { version: VERSION })) => {}
        _ => return ExitCode::FAILURE,
    }
    let (outbound, to_write) = mpsc::channel(OUTBOUND);
    let (captured, captures_to_write) = mpsc::channel(OUTBOUND_CAPTURES);
    tokio::spawn(write_all(writer, to_write, captures_to_write));
    let engine = Arc::new(engine);
    let server = match kernel::serve::Server::start(Arc::clone(&engine)) {
        Ok(server) => server,
        Err(error) => {
            tracing::error!("{error}");
            return ExitCode::FAILURE;
        }
    };
    tokio::spawn(tell_services(server.states(), outbound.clone()));
    tokio::spawn(keep_ready(Arc::clone(&engine)));
    tokio::spawn(tell_changes(Arc::clone(&engine), outbound.clone()));
    let service = Service {
        pings: pings::Pings::new(Arc::clone(&engine), outbound.clone()),
        captures: captures::Captures::new(Arc::clone(&engine), captured),
        execs: execs::Execs::new(Arc::clone(&engine), outbound.clone()),
        firewalls: firewalls::Firewalls::new(Arc::clone(&engine), outbound.clone()),
        probes: probes::Probes::new(Arc::clone(&engine), outbound.clone()),
        counters: counters::Watch::new(Arc::clone(&engine), outbound.clone()),
        applier: apply::Applier::start(Arc::clone(&engine), server, outbound.clone()),
        outbound,
    };
    service.run(reader).await
}

/// How many namespaces are ready for what a person draws next: a paste has a few.
const READY: usize = 4;
/// After how long they are made: a command in a lab of its own has often ended by then, and a lab
/// that is being brought up has better use for the kernel.
const SETTLED: Duration = Duration::from_secs(2);

async fn keep_ready(engine: Arc<Engine>) {
    tokio::time::sleep(SETTLED).await;
    if let Err(error) = engine.keep_ready(READY).await {
        tracing::warn!("no namespaces are kept ready: {error}");
    }
}

struct Service {
    applier: apply::Applier,
    pings: pings::Pings,
    captures: captures::Captures,
    execs: execs::Execs,
    firewalls: firewalls::Firewalls,
    probes: probes::Probes,
    counters: counters::Watch,
    outbound: Outbound,
}

impl Service {
    /// Until the web process hangs up; then the sandbox ends with us.
    async fn run(mut self, mut reader: Reader<tokio::net::unix::OwnedReadHalf>) -> ExitCode {
        loop {
            match reader.next().await {
                Ok(Some(ToAgent::Request { number, request })) => {
                    self.handle(number, request).await
                }
                Ok(Some(ToAgent::Input { exec, bytes })) => self.execs.input(exec, bytes),
                Ok(Some(ToAgent::Resize { exec, terminal })) => self.execs.resize(exec, terminal),
                Ok(Some(ToAgent::Signal { exec, signal })) => self.execs.signal(exec, signal),
                Ok(Some(ToAgent::Kill { exec })) => self.execs.kill(exec),
                Ok(Some(ToAgent::Hello { .. })) => {}
                Ok(None) => return ExitCode::SUCCESS,
                Err(error) => {
                    tracing::error!("reading from the web process: {error}");
                    return ExitCode::FAILURE;
                }
            }
        }
    }

    async fn handle(&mut self, number: u64, request: Request) {
        let answer = match request {
            // May take a while: it answers by itself, in order.
            Request::Apply { document } => {
                return self.applier.apply(number, document, apply::How::Edit).await;
            }
            Request::PutRight { document } => {
                return self
                    .applier
                    .apply(number, document, apply::How::Whole)
                    .await;
            }
            Request::Revert { document, drift } => {
                return self
                    .applier
                    .apply(number, document, apply::How::Revert(drift))
                    .await;
            }
            Request::StartPing {
                ping,
                source,
                target,
                options,
            } => self.pings.start(ping, source, target, &options),
            Request::StopPing { ping } => self.pings.stop(ping),
            Request::CheckFilter { source, filter } => self.captures.check(&source, filter).await,
            Request::StartCapture {
                capture,
                sources,
                options,
            } => self.captures.start(capture, &sources, options).await,
            Request::StopCapture { capture } => self.captures.stop(capture),
            Request::Exec { exec, command } => self.execs.start(exec, command).await,
            Request::WatchCounters { on } => {
                self.counters.turn(on);
                Answer::Done
            }
            // Take a while: they answer by themselves.
            Request::Reach { options } => return self.probes.reach(number, options),
            Request::Probe { source, probe } => return self.probes.probe(number, source, probe),
            // Waits for a program.
            Request::Counted { namespace } => return self.firewalls.look(number, namespace),
        };
        // The web process has gone if nobody takes it, and so have we in a moment.
        let _ = self
            .outbound
            .send(FromAgent::Answer { number, answer })
            .await;
    }
}

async fn write_all(
    mut writer: Writer<tokio::net::unix::OwnedWriteHalf>,
    mut messages: mpsc::Receiver<FromAgent>,
    mut captured: mpsc::Receiver<FromAgent>,
) {
    loop {
        // What somebody waits for comes before packets.
        let message = tokio::select! {
            biased;
            Some(message) = messages.recv() => message,
            Some(message) = captured.recv() => message,
            else => return,
        };
        if let Err(error) = writer.send(&message).await {
            tracing::debug!("writing to the web process: {error}");
            return;
        }
    }
}

async fn tell_changes(engine: Arc<Engine>, outbound: Outbound) {
    let mut changes = engine.changes();
    while let Some(change) = changes.next().await {
        if outbound.send(FromAgent::Observed { change }).await.is_err() {
            return;
        }
    }
}

async fn tell_services(mut states: watch::Receiver<Vec<ServiceState>>, outbound: Outbound) {
    while states.changed().await.is_ok() {
        let states = states.borrow_and_update().clone();
        if outbound.send(FromAgent::Services { states }).await.is_err() {
            return;
        }
    }
}

/// An answer that says what could not be done.
fn failed(error: impl std::fmt::Display) -> Answer {
    Answer::Failed(error.to_string())
}
