//! The web process's end of an agent.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kernel::descriptors::inherit;
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{mpsc, oneshot, watch};

use super::codec::{Reader, Writer};
use super::protocol::{Answer, FromAgent, Request, ToAgent, VERSION};

/// How long an agent may take to make its sandbox. It takes some milliseconds; a machine that
/// swaps may take a hundred times that.
const START_TIMEOUT: Duration = Duration::from_secs(20);

/// How long an agent may take to end by itself before it is killed.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// Messages to the agent that wait to be written.
const OUTBOUND: usize = 256;

/// Messages from the agent that wait to be taken.
const INBOUND: usize = 4096;

/// Behind so many no packets are put: with batches at their largest, 16 MiB. Then the agent waits,
/// and at last its captures do, and the kernel drops and counts.
const INBOUND_BEFORE_PACKETS: usize = 64;

/// What went wrong with an agent, for a person.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct AgentError(String);

impl AgentError {
    fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

/// A running agent. Clones are handles of the same one; when the last is dropped, the agent ends
/// and with it the whole sandbox.
#[derive(Clone)]
pub struct Agent(Arc<Inner>);

struct Inner {
    outbound: mpsc::Sender<ToAgent>,
    waiting: Waiting,
    /// How the process ended, once it has.
    ended: watch::Receiver<Option<String>>,
    /// Dropped first thing when the agent is to end.
    lifeline: Mutex<Option<kernel::sandbox::Lifeline>>,
}

/// Who waits for the answer of that number.
#[derive(Clone, Default)]
struct Waiting(Arc<Mutex<Numbered>>);

#[derive(Default)]
struct Numbered {
    next: u64,
    askers: BTreeMap<u64, oneshot::Sender<Answer>>,
    closed: bool,
}

/// Where an agent's standard streams go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Streams {
    /// Nothing to read, nothing to write but errors: an agent of the yard.
    Detached,
    /// Those of this process: `netyard run`.
    Inherited,
}

impl Agent {
    /// Starts an agent and waits until its sandbox is there.
    ///
    /// `program` is this program; `title` becomes the sandbox's host name; `uplink` says whether
    /// the lab may have one. The receiver gives what the agent says unasked, and ends when the
    /// agent has ended.
    ///
    /// # Errors
    /// If the sandbox cannot be made: the error says why and what to do about it.
    pub async fn spawn(
        program: &Path,
        title: &str,
        streams: Streams,
        uplink: bool,
    ) -> Result<(Self, mpsc::Receiver<FromAgent>), AgentError> {
        let fail = |what: &str, error: &dyn std::fmt::Display| {
            AgentError::new(format!("could not start the lab's agent: {what}: {error}"))
        };
        let (ours, theirs) = StdUnixStream::pair().map_err(|e| fail("no socket pair", &e))?;
        ours.set_nonblocking(true)
            .map_err(|e| fail("no socket pair", &e))?;
        let stream = UnixStream::from_std(ours).map_err(|e| fail("no socket pair", &e))?;
        let (lifeline, far_end) =
            kernel::sandbox::lifeline().map_err(|e| fail("no lifeline", &e))?;
        let mut command = command(program, title, streams, OwnedFd::from(theirs), far_end);
        if uplink {
            command.arg(super::UPLINK);
        }
        let child = tokio::process::Command::from(command)
            .spawn()
            .map_err(|e| fail(&program.display().to_string(), &e))?;
        let (read, write) = stream.into_split();
        let mut reader = Reader::new(read);
        let mut writer = Writer::new(write);
        let ended = watch_end(child);
        let hello = tokio::time::timeout(START_TIMEOUT, greet(&mut reader, &mut writer)).await;
        match hello {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(error),
            Err(_) => {
                let text =
                    format!("could not start the lab's agent: no answer for {START_TIMEOUT:?}");
                return Err(AgentError::new(text));
            }
        }
        let waiting = Waiting::default();
        let (outbound, to_write) = mpsc::channel(OUTBOUND);
        let (inbound, events) = mpsc::channel(INBOUND);
        tokio::spawn(write_all(writer, to_write));
        tokio::spawn(read_all(reader, waiting.clone(), inbound));
        let lifeline = Mutex::new(Some(lifeline));
        Ok((
            Self(Arc::new(Inner {
                outbound,
                waiting,
                ended,
                lifeline,
            })),
            events,
        ))
    }

    /// Asks the agent for something and waits for its answer.
    ///
    /// # Errors
    /// If the agent has ended.
    pub async fn request(&self, request: Request) -> Result<Answer, AgentError> {
        let (number, answer) = self.0.waiting.ask().ok_or_else(|| self.gone())?;
        self.send(ToAgent::Request { number, request }).await?;
        answer.await.map_err(|_| self.gone())
    }

    /// Tells the agent something that has no answer.
    ///
    /// # Errors
    /// If the agent has ended.
    pub async fn send(&self, message: ToAgent) -> Result<(), AgentError> {
        self.0.outbound.send(message).await.map_err(|_| self.gone())
    }

    /// How the agent ended, if it has.
    pub fn ended(&self) -> Option<String> {
        self.0.ended.borrow().clone()
    }

    /// How the agent ended; for one whose stream has ended, and whose process is about to.
    pub async fn end(&self) -> String {
        let mut ended = self.0.ended.clone();
        let how = tokio::time::timeout(STOP_TIMEOUT, ended.wait_for(Option::is_some)).await;
        let how = how.ok().and_then(Result::ok).and_then(|how| how.clone());
        how.unwrap_or_else(|| "its stream ended".to_owned())
    }

    /// Ends the sandbox and returns when no process of it is left.
    pub async fn shutdown(&self) {
        drop(
            self.0
                .lifeline
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(),
        );
        let mut ended = self.0.ended.clone();
        let gone = ended.wait_for(Option::is_some);
        if tokio::time::timeout(STOP_TIMEOUT, gone).await.is_err() {
            tracing::warn!("an agent has not ended within {STOP_TIMEOUT:?} of its lifeline's end");
        }
    }

    fn gone(&self) -> AgentError {
        let how = self
            .ended()
            .unwrap_or_else(|| "its stream ended".to_owned());
        AgentError::new(format!("the lab's agent has ended: {how}"))
    }
}

impl Waiting {
    /// A number for a question, and where its answer comes; `None` if none will come any more.
    fn ask(&self) -> Option<(u64, oneshot::Receiver<Answer>)> {
        let mut numbered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if numbered.closed {
            return None;
        }
        numbered.next += 1;
        let number = numbered.next;
        let (sender, receiver) = oneshot::channel();
        numbered.askers.insert(number, sender);
        Some((number, receiver))
    }

    fn answer(&self, number: u64, answer: Answer) {
        let asker = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .askers
            .remove(&number);
        if let Some(asker) = asker {
            // Whoever asked may have gone.
            let _ = asker.send(answer);
        }
    }

    fn close(&self) {
        let mut numbered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        numbered.closed = true;
        numbered.askers.clear();
    }
}

fn command(
    program: &Path,
    title: &str,
    streams: Streams,
    stream: OwnedFd,
    lifeline: OwnedFd,
) -> Command {
    let mut command = Command::new(program);
    command.arg0("netyard-agent").arg(super::SUBCOMMAND);
    let stream = inherit(&mut command, stream);
    let lifeline = inherit(&mut command, lifeline);
    command
        .arg(stream.to_string())
        .arg(lifeline.to_string())
        .arg(title)
        .arg(root(streams));
    if streams == Streams::Detached {
        command.stdin(Stdio::null()).stdout(Stdio::null());
    }
    command
}

/// Who a lab's root is on the machine. Labs of a yard that root runs must not have root's files;
/// a command that root runs in a lab of their own is to have them.
fn root(streams: Streams) -> &'static str {
    match streams {
        Streams::Detached if nix::unistd::geteuid().is_root() => super::NOBODY,
        Streams::Detached | Streams::Inherited => super::STARTER,
    }
}

/// Waits for the process, whoever else goes: nobody else reaps it.
fn watch_end(mut child: tokio::process::Child) -> watch::Receiver<Option<String>> {
    let (sender, receiver) = watch::channel(None);
    tokio::spawn(async move {
        let how = match child.wait().await {
            Ok(status) => describe(status),
            Err(error) => format!("its end could not be seen: {error}"),
        };
        let _ = sender.send(Some(how));
    });
    receiver
}

fn describe(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(137), _) | (_, Some(9)) => "it was killed (SIGKILL)".to_owned(),
        (Some(code), _) => format!("it ended with code {code}"),
        (None, Some(signal)) => format!("signal {signal} ended it"),
        (None, None) => "it ended".to_owned(),
    }
}

async fn greet(
    reader: &mut Reader<OwnedReadHalf>,
    writer: &mut Writer<OwnedWriteHalf>,
) -> Result<(), AgentError> {
    let fail = |error: String| AgentError::new(format!("could not start the lab's agent: {error}"));
    let hello = ToAgent::Hello { version: VERSION };
    // An agent that fails has closed its end: what it said before counts, not that.
    let sent = writer.send(&hello).await;
    match reader.next().await {
        Ok(Some(FromAgent::Hello { version: VERSION })) => sent.map_err(|e| fail(e.to_string())),
        Ok(Some(FromAgent::Hello { version })) => Err(fail(format!(
            "it speaks version {version} of the protocol, and not {VERSION}"
        ))),
        Ok(Some(FromAgent::Failed { error })) => Err(AgentError::new(error)),
        Ok(Some(_)) => Err(fail("it said something else before its version".to_owned())),
        Ok(None) => Err(fail("it ended at once".to_owned())),
        Err(error) => Err(fail(error.to_string())),
    }
}

async fn write_all(mut writer: Writer<OwnedWriteHalf>, mut messages: mpsc::Receiver<ToAgent>) {
    while let Some(message) = messages.recv().await {
        if let Err(error) = writer.send(&message).await {
            tracing::debug!("writing to an agent: {error}");
            return;
        }
    }
}

async fn read_all(
    mut reader: Reader<OwnedReadHalf>,
    waiting: Waiting,
    inbound: mpsc::Sender<FromAgent>,
) {
    loop {
        let message = match reader.next().await {
            Ok(Some(FromAgent::Answer { number, answer })) => {
                waiting.answer(number, answer);
                continue;
            }
            Ok(Some(message)) => message,
            Ok(None) => break,
            Err(error) => {
                tracing::error!("reading from an agent: {error}");
                break;
            }
        };
        let sent = match message {
            FromAgent::Packets { .. } => {
                let room = inbound.reserve_many(INBOUND - INBOUND_BEFORE_PACKETS).await;
                room.map(|mut room| room.next().map(|place| place.send(message)))
                    .map(drop)
                    .is_ok()
            }
            message => inbound.send(message).await.is_ok(),
        };
        if !sent {
            break;
        }
    }
    waiting.close();
}
