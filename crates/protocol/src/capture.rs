//! Captures.

use packet::Record;
use serde::{Deserialize, Serialize};
use topology::{InterfaceId, NamespaceId};

/// A capture of a lab, numbered by the server.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CaptureId(pub u64);

/// Longest filter in bytes: longer ones are no filters of a person.
pub const MAX_FILTER_BYTES: usize = 4_096;

/// What speaks against a filter before libpcap has to look at it.
pub fn filter_problem(filter: &str) -> Option<String> {
    let long = filter.len() > MAX_FILTER_BYTES;
    long.then(|| format!("the filter is longer than {MAX_FILTER_BYTES} bytes"))
}

/// What a capture is.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CaptureInfo {
    /// Its number.
    pub id: CaptureId,
    /// Where it was started.
    pub namespace: NamespaceId,
    /// On which interface.
    pub interface: InterfaceId,
    /// Both as people say it, when it was started: `blue/veth-blue`.
    pub name: String,
    /// pcap-filter(7); empty takes everything.
    pub filter: String,
    /// LINKTYPE_ value of its packets (tcpdump.org/linktypes.html).
    pub link_type: u16,
}

/// How a capture stands.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct CaptureEvent {
    /// Packets that passed the filter.
    pub received: u64,
    /// Packets that were lost: in the kernel, for lack of room, or on the way to the server.
    pub dropped: u64,
    /// Packets that the server still holds (what a download has).
    pub kept: u64,
    /// Whether it still takes packets.
    pub running: bool,
    /// Why it ended, if not because somebody stopped it.
    pub error: Option<String>,
}

/// A binary frame: packets of one capture, oldest first.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PacketBatch {
    /// Whose.
    pub capture: CaptureId,
    /// The number of the first packet, counting from 0; a gap to the last one was not sent.
    pub first: u64,
    /// The packets.
    pub records: Vec<Record>,
}
