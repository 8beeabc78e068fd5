//! Pings.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use topology::{InterfaceId, NamespaceId};

/// A ping of a lab, numbered by the server.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PingId(pub u64);

/// How a ping is done.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PingOptions {
    /// From one request to the next, milliseconds; at least [`SHORTEST_INTERVAL_MS`].
    pub interval_ms: u32,
    /// After how many milliseconds without an answer a request counts as lost. An answer that comes
    /// later is still told.
    pub timeout_ms: u32,
    /// Bytes of data in a request, beyond the 8 of the ICMP header; at most [`MOST_DATA`].
    pub size: u16,
    /// Time to live (hop limit) of the requests; `None` leaves the namespace's default.
    pub ttl: Option<u8>,
    /// Never fragment: larger than the path takes is an error (`ping -M do`).
    pub dont_fragment: bool,
    /// The address to send from; `None` lets the kernel choose.
    pub source: Option<IpAddr>,
    /// After how many requests it ends, when the last has had its time; `None` is endless.
    pub count: Option<u64>,
    /// As fast as answers come, and at least a hundred a second (`ping -f`), but never more than
    /// [`MOST_FLOOD`] a second. Replies are then told as a [`PingEvent::Flood`] now and then.
    pub flood: bool,
}

/// The shortest interval, that of `ping` without privilege (iputils, `-i`).
pub const SHORTEST_INTERVAL_MS: u32 = 2;
/// The most data: what is left of the largest IPv4 packet.
pub const MOST_DATA: u16 = 65_507;
/// Requests a second of a flood at most: a lab's share of a machine.
pub const MOST_FLOOD: u32 = 5_000;

impl Default for PingOptions {
    /// As `ping` does: each second, 56 bytes; lost after a second.
    fn default() -> Self {
        Self {
            interval_ms: 1000,
            timeout_ms: 1000,
            size: 56,
            ttl: None,
            dont_fragment: false,
            source: None,
            count: None,
            flood: false,
        }
    }
}

/// What a ping is.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PingInfo {
    /// Its number.
    pub id: PingId,
    /// From where.
    pub source: NamespaceId,
    /// What that was called when the ping was started: it may be removed before the ping is
    /// dismissed.
    pub source_name: String,
    /// To where.
    pub target: IpAddr,
    /// How.
    #[serde(default)]
    pub options: PingOptions,
}

/// What a ping says.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PingEvent {
    /// An echo reply.
    Reply {
        /// Of which request, counting from 1.
        sequence: u64,
        /// Who answered.
        from: IpAddr,
        /// Round trip in nanoseconds.
        rtt_ns: u64,
        /// Time to live (hop limit) of the reply; `None` if the kernel did not say.
        ttl: Option<u8>,
        /// ICMP bytes of the reply, header included.
        bytes: u32,
    },
    /// The same reply again.
    Duplicate {
        /// Of which request.
        sequence: u64,
    },
    /// The reply to a request came after that to a later one; follows the reply itself.
    OutOfOrder {
        /// Of which request.
        sequence: u64,
    },
    /// A reply has other data than its request; instead of a reply.
    Corrupted {
        /// Of which request.
        sequence: u64,
        /// Who answered.
        from: IpAddr,
        /// The first byte of data that differs, from 0; as many as the reply has, if it is shorter.
        byte: u32,
    },
    /// How a flood stands.
    Flood(FloodCounts),
    /// No answer within the time a request is given.
    Lost {
        /// Which request.
        sequence: u64,
    },
    /// Somebody answered with an ICMP error.
    IcmpError {
        /// To which request; 0 if the error does not tell.
        sequence: u64,
        /// Who sent it.
        from: IpAddr,
        /// ICMP type.
        kind: u8,
        /// ICMP code.
        code: u8,
        /// What it means, as ping says it: `Destination Host Unreachable`.
        meaning: String,
    },
    /// The kernel refused to send.
    SendFailed {
        /// Which request.
        sequence: u64,
        /// What the kernel said, such as `Network is unreachable (ENETUNREACH)`.
        error: String,
    },
    /// What is seen while no reply comes; an empty list takes an earlier one back.
    Diagnosis {
        /// The likeliest first.
        findings: Vec<PingFinding>,
    },
    /// The ping has ended.
    Stopped {
        /// Why, if not because somebody stopped it.
        error: Option<String>,
    },
}

/// What a flood has counted from its beginning.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct FloodCounts {
    /// Requests.
    pub sent: u64,
    /// Requests that were answered.
    pub received: u64,
    /// Requests whose time is over without an answer.
    pub lost: u64,
    /// Further replies to the same request.
    pub duplicates: u64,
    /// Replies that came after that to a later request.
    pub out_of_order: u64,
    /// Least round trip in nanoseconds; 0 before the first reply.
    pub rtt_min_ns: u64,
    /// The sum of all round trips in nanoseconds.
    pub rtt_sum_ns: u64,
    /// Greatest round trip in nanoseconds.
    pub rtt_max_ns: u64,
}

/// Why no reply comes, in a word.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// An interface on the way is down or has no carrier.
    InterfaceDown,
    /// A namespace has no address of the family.
    NoAddress,
    /// The kernel does not use the address yet: it makes sure that nobody else has it.
    NotReady,
    /// Several have the address.
    DuplicateAddress,
    /// There is no route, or one of a type that refuses.
    NoRoute,
    /// A namespace on the way does not forward.
    NotForwarded,
    /// Nobody on the link answers for the address, or another than is taken for it.
    NoNeighbour,
    /// The reverse path filter (`rp_filter`) drops it.
    ReversePath,
    /// It goes in circles.
    Loop,
    /// Somebody refuses it, with an ICMP error.
    Rejected,
    /// It is larger than a link on the way takes.
    TooBig,
    /// A firewall drops it: the kernel says so, or one on the way is all that is seen.
    Filtered,
    /// Nothing is heard, and nothing is seen.
    Timeout,
    /// The kernel refuses to send, for another reason.
    Other,
}

impl Reason {
    /// For a cell of a table, as short as can be.
    pub fn short(self) -> &'static str {
        match self {
            Self::InterfaceDown => "down",
            Self::NoAddress => "no addr",
            Self::NotReady => "not yet",
            Self::DuplicateAddress => "dup addr",
            Self::NoRoute => "no route",
            Self::NotForwarded => "no fwd",
            Self::NoNeighbour => "no neigh",
            Self::ReversePath => "rp_filter",
            Self::Loop => "loop",
            Self::Rejected => "rejected",
            Self::TooBig => "too big",
            Self::Filtered => "filtered",
            Self::Timeout => "timeout",
            Self::Other => "error",
        }
    }
}

/// A signal from the kernel that explains why no reply comes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PingFinding {
    /// In a word.
    pub reason: Reason,
    /// Where it was seen.
    pub namespace: Option<NamespaceId>,
    /// On which interface.
    pub interface: Option<InterfaceId>,
    /// What is seen, for a person: `red/veth-red is down`.
    pub text: String,
}
