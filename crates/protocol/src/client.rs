//! From the browser.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use topology::drift::Drift;
use topology::{Edit, NamespaceId};

use crate::capture::{CaptureId, CaptureOptions, CaptureTarget};
use crate::ping::{PingId, PingOptions};

/// What a browser says on the socket of a lab.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientMessage {
    /// Change the document.
    Edit {
        /// Counts this browser's edits; the answer carries it.
        token: u64,
        /// The edit.
        edit: Edit,
    },
    /// Start the lab.
    Start,
    /// Stop the lab.
    Stop,
    /// Bring the running kernel back to the document, whatever somebody else has changed in it.
    PutRight,
    /// Ping an address from a namespace until stopped.
    StartPing {
        /// The answer carries it, so that this browser knows which ping is the one it asked for.
        token: u64,
        /// From where.
        source: NamespaceId,
        /// To where.
        target: IpAddr,
        /// How.
        #[serde(default)]
        options: PingOptions,
    },
    /// Stop a ping; its history stays until it is dismissed.
    StopPing {
        /// Which.
        ping: PingId,
    },
    /// Forget a ping.
    DismissPing {
        /// Which.
        ping: PingId,
    },
    /// Begin to send what interfaces count, or end it.
    WatchCounters {
        /// Which.
        on: bool,
    },
    /// Say whether a capture filter is one, for a source.
    CheckFilter {
        /// The answer carries it.
        token: u64,
        /// Where it would run.
        source: CaptureTarget,
        /// pcap-filter(7); empty takes everything.
        filter: String,
    },
    /// Capture until stopped.
    StartCapture {
        /// The answer carries it.
        token: u64,
        /// Where: one to [`MAX_SOURCES`](crate::capture::MAX_SOURCES).
        sources: Vec<CaptureTarget>,
        /// How.
        #[serde(default)]
        options: CaptureOptions,
    },
    /// Stop a capture; its packets stay until it is dismissed.
    StopCapture {
        /// Which.
        capture: CaptureId,
    },
    /// Forget a capture and its packets.
    DismissCapture {
        /// Which.
        capture: CaptureId,
    },
    /// Measure once who reaches whom.
    MeasureReach {
        /// The refusal carries it, if there is one.
        token: u64,
    },
    /// Measure who reaches whom as long as this browser looks: at once, and again after a pause.
    WatchReach {
        /// Seconds from one matrix to the next, at least [`crate::reach::SHORTEST_PAUSE_S`];
        /// `None` ends it.
        pause: Option<u16>,
    },
    /// Bring the running kernel back to the document in one thing that somebody else has changed.
    Revert {
        /// What.
        drift: Drift,
    },
}
