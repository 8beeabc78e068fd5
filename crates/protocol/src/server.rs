//! From the server.

use serde::{Deserialize, Serialize};
use topology::edit::EditError;
use topology::feature::Missing;
use topology::observed::{Observed, ObservedChange};
use topology::{Document, Edit};

use crate::capture::{CaptureEvent, CaptureId, CaptureInfo};
use crate::lab::{ApplyFailure, LabId, RunState};
use crate::ping::{PingEvent, PingId, PingInfo};
use crate::reach::Reachability;
use crate::serve::ServiceState;

/// A browser on a lab, numbered by the server while it runs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClientId(pub u64);

/// What the server says on the socket of a lab.
///
/// The first message is a [`ServerMessage::Welcome`]; everything after it is a change to it, in
/// the server's order. A browser that falls behind is cut off and starts over with a new welcome.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerMessage {
    /// Everything as it stands.
    Welcome(Box<Welcome>),
    /// An edit was stored: everybody's, one's own too.
    Edited {
        /// The document's revision after it.
        revision: u64,
        /// Who made it.
        author: ClientId,
        /// The author's count.
        token: u64,
        /// The edit as the server took it.
        edit: Edit,
    },
    /// One's own edit was refused; nothing changed.
    EditRefused {
        /// The author's count.
        token: u64,
        /// Why, and at which field.
        error: EditError,
    },
    /// The lab started, stopped or failed.
    Run {
        /// Its state now.
        run: RunState,
    },
    /// The kernel has taken the document of that revision, or refused and was rolled back.
    Applied {
        /// Which revision.
        revision: u64,
        /// What failed, if anything.
        failure: Option<ApplyFailure>,
    },
    /// The kernel's state changed.
    Observed {
        /// The namespaces that changed.
        change: ObservedChange,
    },
    /// How many browsers are on the lab.
    Present {
        /// This one included.
        clients: usize,
    },
    /// What namespaces serve has changed.
    Services {
        /// All that the document has them serve, while the lab runs.
        states: Vec<ServiceState>,
    },
    /// Who reaches whom was measured.
    Reached {
        /// What came of it.
        found: Box<Reachability>,
    },
    /// A ping was started.
    PingStarted {
        /// Who asked, and that browser's token.
        by: Option<(ClientId, u64)>,
        /// The ping.
        info: PingInfo,
    },
    /// A ping said something.
    Ping {
        /// Which.
        ping: PingId,
        /// What.
        event: PingEvent,
    },
    /// A ping was dismissed.
    PingDismissed {
        /// Which.
        ping: PingId,
    },
    /// Whether a capture filter is one.
    FilterChecked {
        /// The token of the question.
        token: u64,
        /// What libpcap says against it.
        error: Option<String>,
    },
    /// A capture was started.
    CaptureStarted {
        /// Who asked, and that browser's token.
        by: Option<(ClientId, u64)>,
        /// The capture.
        info: CaptureInfo,
    },
    /// A capture's counts or state changed; the packets come as binary frames.
    Capture {
        /// Which.
        capture: CaptureId,
        /// What.
        event: CaptureEvent,
    },
    /// A capture was dismissed.
    CaptureDismissed {
        /// Which.
        capture: CaptureId,
    },
    /// A request of this browser could not be done.
    RequestFailed {
        /// Its token, if it had one.
        token: Option<u64>,
        /// What was attempted, on what, and why it failed.
        error: String,
    },
}

/// Everything as it stands when a browser comes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Welcome {
    /// [`crate::VERSION`].
    pub version: u32,
    /// This browser.
    pub client: ClientId,
    /// The lab.
    pub lab: LabId,
    /// When the server took the lab into its memory, nanoseconds since the Unix epoch. Another one
    /// than in the last welcome means that the server was restarted, and what ran had to stop.
    pub opened_at: u64,
    /// Revision of the document.
    pub revision: u64,
    /// The document.
    pub document: Document,
    /// Whether it runs.
    pub run: RunState,
    /// The kernel's state, if it runs.
    pub observed: Option<Observed>,
    /// The last failure that no later edit has made good.
    pub failure: Option<ApplyFailure>,
    /// How many browsers are on the lab, this one included.
    pub clients: usize,
    /// Pings, running and stopped, each with its latest events, oldest first.
    pub pings: Vec<(PingInfo, Vec<PingEvent>)>,
    /// Captures, running and stopped; the packets kept come as binary frames afterwards.
    pub captures: Vec<(CaptureInfo, CaptureEvent)>,
    /// How what namespaces serve stands, if the lab runs.
    pub services: Vec<ServiceState>,
    /// What this machine's kernel lacks: it is not offered, and a lab that needs it does not start.
    pub missing: Vec<Missing>,
}
