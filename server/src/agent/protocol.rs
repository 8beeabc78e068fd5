//! The agent's protocol: typed, versioned messages over a byte stream.
//!
//! A frame is a 32-bit little-endian length and that many bytes of postcard. The protocol knows no
//! local files or descriptors, so that the stream may one day come from another machine.

use std::ffi::OsString;
use std::net::IpAddr;

use protocol::capture::{CaptureId, CaptureOptions, CaptureTarget, SourceEvent};
use protocol::counters::CounterBatch;
use protocol::lab::ApplyFailure;
use protocol::packets::Packets;
use protocol::ping::{PingEvent, PingId, PingOptions};
use protocol::probe::{Probe, Probed};
use protocol::reach::{ReachOptions, Reachability};
use protocol::serve::ServiceState;
use serde::{Deserialize, Serialize};
use topology::drift::Drift;
use topology::firewall::counters::Counted;
use topology::observed::ObservedChange;
use topology::{Document, NamespaceId};

/// Both ends say theirs first and part ways if they differ.
pub const VERSION: u32 = 5;

/// Largest frame in bytes: a document at its limits, or a batch of captured packets.
pub const MAX_FRAME: usize = 64 << 20;

/// Bytes of standard input that may be on their way to a command and not yet taken by it: whoever
/// sends more fills the agent's memory.
pub const INPUT_WINDOW: u64 = 1 << 20;

/// A command that runs in a namespace, numbered by the asker.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExecId(pub u64);

/// To the agent.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum ToAgent {
    /// First of all.
    Hello {
        /// [`VERSION`].
        version: u32,
    },
    /// A request; the agent answers it with [`FromAgent::Answer`].
    Request {
        /// Counted by the asker.
        number: u64,
        /// What to do.
        request: Request,
    },
    /// Bytes for a command's standard input.
    Input {
        /// Which command.
        exec: ExecId,
        /// The bytes; empty closes it.
        bytes: Vec<u8>,
    },
    /// The terminal of a command has another size.
    Resize {
        /// Which command.
        exec: ExecId,
        /// Its terminal now.
        terminal: Terminal,
    },
    /// Send a command a signal, and nobody else.
    Signal {
        /// Which command.
        exec: ExecId,
        /// SIGHUP, SIGINT, SIGQUIT or SIGTERM, by its number (signal(7)).
        signal: i32,
    },
    /// End a command: SIGKILL to all of it.
    Kill {
        /// Which command.
        exec: ExecId,
    },
}

/// What the agent can be asked to do.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Request {
    /// Bring the kernel to this document, or leave it as it was. After the first one only what
    /// differs from the one before is touched: what else differs is drift, and left alone.
    Apply {
        /// The document.
        document: Box<Document>,
    },
    /// Bring the kernel to this document, drift too, or leave it as it was.
    PutRight {
        /// The document.
        document: Box<Document>,
    },
    /// Bring the kernel to this document as [`Request::Apply`] does, and back to it in one thing
    /// that somebody else has changed.
    Revert {
        /// The document.
        document: Box<Document>,
        /// What is reverted.
        drift: Box<Drift>,
    },
    /// Ping until stopped.
    StartPing {
        /// Its number from here on.
        ping: PingId,
        /// From where.
        source: NamespaceId,
        /// To where.
        target: IpAddr,
        /// How.
        options: PingOptions,
    },
    /// Stop a ping.
    StopPing {
        /// Which.
        ping: PingId,
    },
    /// Measure who reaches whom.
    Reach {
        /// How.
        options: ReachOptions,
    },
    /// Find something out, once.
    Probe {
        /// From where.
        source: NamespaceId,
        /// What.
        probe: Probe,
    },
    /// Say whether a filter is one.
    CheckFilter {
        /// Where it would run.
        source: Source,
        /// pcap-filter(7).
        filter: String,
    },
    /// Capture until stopped.
    StartCapture {
        /// Its number from here on.
        capture: CaptureId,
        /// Where; all of them, or it fails.
        sources: Vec<Source>,
        /// How; `limit` is the server's to mind.
        options: CaptureOptions,
    },
    /// Stop a capture.
    StopCapture {
        /// Which.
        capture: CaptureId,
    },
    /// Run a command in a namespace.
    Exec {
        /// Its number from here on.
        exec: ExecId,
        /// What to run.
        command: ExecCommand,
    },
    /// Tell what interfaces count, until it is turned off.
    WatchCounters {
        /// Begin or end; begun again, the first batch has everything again.
        on: bool,
    },
    /// Say what the rules of a namespace have counted.
    Counted {
        /// Which.
        namespace: NamespaceId,
    },
}

/// Where packets are to be taken.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Source {
    /// By ids.
    pub target: CaptureTarget,
    /// What the document calls the interface, if it is one: one that nobody has made, such as
    /// loopback, has no id in the kernel.
    pub name: Option<String>,
}

/// A command and its surroundings.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ExecCommand {
    /// Where.
    pub namespace: NamespaceId,
    /// Program and arguments; never empty, never given to a shell.
    pub argv: Vec<OsString>,
    /// The environment, whole.
    pub environment: Vec<(OsString, OsString)>,
    /// Working directory; `/` if it does not exist.
    pub directory: OsString,
    /// Where its standard streams go.
    pub stdio: Stdio,
}

/// Where the standard streams of a command go.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Stdio {
    /// To those of the agent itself: `netyard run`, whose agent is a child with its terminal.
    Inherit,
    /// Through this protocol, output and errors apart.
    Piped,
    /// Through this protocol, with a terminal.
    Terminal(Terminal),
}

/// The size of a terminal in characters.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Terminal {
    /// Lines.
    pub rows: u16,
    /// Columns.
    pub columns: u16,
}

/// From the agent.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum FromAgent {
    /// First of all: the sandbox is there.
    Hello {
        /// [`VERSION`].
        version: u32,
    },
    /// The sandbox could not be made; the agent ends.
    Failed {
        /// Why, and what to do about it.
        error: String,
    },
    /// The answer to a request.
    Answer {
        /// The request's number.
        number: u64,
        /// What came of it.
        answer: Answer,
    },
    /// The kernel's state changed; the first one holds everything.
    Observed {
        /// The namespaces that changed.
        change: ObservedChange,
    },
    /// A ping said something.
    Ping {
        /// Which.
        ping: PingId,
        /// What.
        event: PingEvent,
    },
    /// Captured packets, oldest first.
    Packets {
        /// Whose.
        capture: CaptureId,
        /// The packets.
        records: Packets,
    },
    /// What interfaces have counted, while it is watched.
    Counters {
        /// The counters.
        batch: CounterBatch,
    },
    /// How a capture stands.
    Capture {
        /// Which.
        capture: CaptureId,
        /// Each of its sources. When none runs any more, the capture has ended and all its packets
        /// were sent.
        sources: Vec<SourceEvent>,
    },
    /// What namespaces serve has changed.
    Services {
        /// All that the document has them serve.
        states: Vec<ServiceState>,
    },
    /// A command wrote.
    Output {
        /// Which command.
        exec: ExecId,
        /// To standard error and not to standard output.
        is_error: bool,
        /// What.
        bytes: Vec<u8>,
    },
    /// A command took bytes of its standard input: so many more may be sent.
    InputTaken {
        /// Which command.
        exec: ExecId,
        /// How many.
        bytes: u64,
    },
    /// A command ended; nothing follows of it.
    Exited {
        /// Which command.
        exec: ExecId,
        /// Its exit code; 128 + N if signal N ended it.
        code: i32,
    },
}

/// What came of a request.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Answer {
    /// Done.
    Done,
    /// The document could not be applied; the kernel is as it was before.
    NotApplied(ApplyFailure),
    /// A filter is none: what libpcap says.
    BadFilter(String),
    /// A capture runs.
    CaptureStarted {
        /// LINKTYPE_ value of the packets of each source.
        link_types: Vec<u16>,
    },
    /// It could not be done: what was attempted, on what, and what the kernel said.
    Failed(String),
    /// What rules have counted, in their order.
    Counted(Vec<Counted>),
    /// Who reaches whom.
    Reached(Box<Reachability>),
    /// What was found out.
    Probed(Box<Probed>),
}

impl Answer {
    /// Whether what was asked for was done, for who does not want to know more.
    pub fn done(self) -> Result<(), NotDone> {
        match self {
            Self::Done
            | Self::CaptureStarted { .. }
            | Self::Counted(_)
            | Self::Reached(_)
            | Self::Probed(_) => Ok(()),
            Self::Failed(error) | Self::BadFilter(error) => Err(NotDone::Failed(error)),
            Self::NotApplied(failure) => Err(NotDone::NotApplied(failure)),
        }
    }
}

/// Why something was not done.
#[derive(Clone, PartialEq, Debug)]
pub enum NotDone {
    /// What was attempted, on what, and what the kernel said.
    Failed(String),
    /// The document could not be applied.
    NotApplied(ApplyFailure),
}
