//! Pings.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use topology::{InterfaceId, NamespaceId};

/// A ping of a lab, numbered by the server.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PingId(pub u64);

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
