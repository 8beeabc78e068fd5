//! Who reaches whom: every namespace to every address.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use topology::address::Family;
use topology::{InterfaceId, NamespaceId};

use crate::ping::{PingFinding, Reason};

/// How a matrix is measured.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReachOptions {
    /// After how many milliseconds without an answer a request counts as lost; from 10 to 10,000.
    pub timeout_ms: u32,
}

impl Default for ReachOptions {
    fn default() -> Self {
        Self { timeout_ms: 1000 }
    }
}

/// The shortest pause between two matrices that are measured by themselves, seconds: one takes a
/// second at worst, and the machine is there for more.
pub const SHORTEST_PAUSE_S: u16 = 2;

/// Every namespace to every address, as it was measured.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Reachability {
    /// From where. Every namespace, but for a host without addresses: its bridges take no part.
    pub sources: Vec<ReachSource>,
    /// To where: every address that was there, but for those of loopbacks and link-local ones.
    pub targets: Vec<ReachTarget>,
    /// Every source to every target that is not its own.
    pub pairs: Vec<ReachPair>,
    /// How long it took, nanoseconds.
    pub took_ns: u64,
    /// Where the kernel's neighbour table had no room for all pairs at a time: they were sent in
    /// several waves, and what the kernel had learned was forgotten between them.
    pub limits: Vec<NeighbourLimit>,
}

/// From where.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ReachSource {
    /// Its id in the document.
    pub namespace: NamespaceId,
    /// Its name.
    pub name: String,
}

/// To where.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ReachTarget {
    /// Who has it.
    pub namespace: NamespaceId,
    /// What that is called.
    pub name: String,
    /// Of which interface of the document; `None` if the document has none of that name.
    pub interface: Option<InterfaceId>,
    /// What that is called.
    pub interface_name: String,
    /// The address.
    pub address: IpAddr,
}

/// One cell of the matrix.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ReachPair {
    /// Place in [`Reachability::sources`].
    pub source: u32,
    /// Place in [`Reachability::targets`].
    pub target: u32,
    /// What came of it.
    pub result: ReachResult,
}

/// What came of a pair.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReachResult {
    /// It answers.
    Reachable {
        /// Round trip in nanoseconds, to the kernel's stamp of the reply.
        rtt_ns: u64,
        /// Time to live (hop limit) of the reply; `None` if the kernel did not say.
        ttl: Option<u8>,
    },
    /// It does not.
    Unreachable(Box<Unreachable>),
}

/// Why there is no answer.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Unreachable {
    /// In a word.
    pub reason: Reason,
    /// For a person: `red/veth-red is down`.
    pub text: String,
    /// Who said so with an ICMP error, if somebody did.
    pub by: Option<IpAddr>,
    /// What else is seen, the likeliest first.
    pub findings: Vec<PingFinding>,
}

/// A neighbour table that is too small for all pairs.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct NeighbourLimit {
    /// Of which family.
    pub family: Family,
    /// `net.ipv4.neigh.default.gc_thresh3`, or `ipv6`: entries that the kernel keeps at most, of
    /// all namespaces of the machine together.
    pub gc_thresh3: u32,
    /// Entries that were there before.
    pub in_use: u32,
    /// Entries that all pairs at a time may need.
    pub wanted: u32,
    /// In how many waves the pairs were sent.
    pub waves: u32,
}

impl Reachability {
    /// How many pairs do not reach each other.
    pub fn unreachable(&self) -> usize {
        let failed = |pair: &&ReachPair| matches!(pair.result, ReachResult::Unreachable(_));
        self.pairs.iter().filter(failed).count()
    }
}

impl std::fmt::Display for NeighbourLimit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let family = match self.family {
            Family::Ipv4 => "ipv4",
            Family::Ipv6 => "ipv6",
        };
        write!(
            f,
            "the machine's neighbour table holds {} entries of all namespaces together \
             (net.{family}.neigh.default.gc_thresh3), of which {} were in use; all pairs at a time \
             may need {}: they were sent in {} waves. Whoever owns the machine can raise the setting",
            self.gc_thresh3, self.in_use, self.wanted, self.waves
        )
    }
}
