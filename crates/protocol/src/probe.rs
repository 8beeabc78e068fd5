//! Probes that end by themselves: one question, one answer.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use topology::{InterfaceId, NamespaceId};

use crate::ping::{PingFinding, Reason};

/// What is to be found out, from a namespace.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Probe {
    /// Whether a TCP port can be connected to.
    Tcp(PortProbe),
    /// Whether anybody is at a UDP port: a datagram of eight bytes is sent, or a question for the
    /// root's name servers to port 53.
    Udp(PortProbe),
    /// Which routers a packet passes.
    Traceroute(Traceroute),
    /// The largest packet that a path takes whole.
    PathMtu(PathMtu),
    /// What the kernel would do with a packet; nothing is sent.
    Lookup(Lookup),
    /// How much gets through to an address of another namespace of the lab.
    Throughput(Throughput),
    /// Which interfaces a packet passes, as far as it comes; nothing is sent.
    Way(Way),
}

/// A way to follow.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Way {
    /// To where.
    pub target: IpAddr,
}

/// A port to try.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortProbe {
    /// Whose.
    pub target: IpAddr,
    /// Which.
    pub port: u16,
    /// How many milliseconds to wait for an answer; from 10 to 30,000.
    #[serde(default = "two_seconds")]
    pub timeout_ms: u32,
}

/// A way to look at.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Traceroute {
    /// To where.
    pub target: IpAddr,
    /// With what.
    #[serde(default)]
    pub method: TraceMethod,
    /// The port of UDP (the first one: it is counted up) and TCP; `None` is 33434 and 80, as
    /// traceroute(8) has it.
    #[serde(default)]
    pub port: Option<u16>,
    /// The first packet's time to live.
    #[serde(default = "one")]
    pub first_hop: u8,
    /// The last packet's; at most 64.
    #[serde(default = "thirty")]
    pub most_hops: u8,
    /// Packets of each time to live; at most 10.
    #[serde(default = "three")]
    pub queries: u8,
    /// How many milliseconds an answer is waited for; from 10 to 10,000.
    #[serde(default = "one_second")]
    pub timeout_ms: u32,
}

/// What a traceroute sends.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TraceMethod {
    /// Echo requests (`traceroute -I`).
    Icmp,
    /// Datagrams to ports that nobody has (traceroute's own way).
    #[default]
    Udp,
    /// Connections (`traceroute -T`).
    Tcp,
}

/// A path to measure.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PathMtu {
    /// To where.
    pub target: IpAddr,
    /// How many milliseconds an answer is waited for; from 10 to 10,000.
    #[serde(default = "one_second")]
    pub timeout_ms: u32,
}

/// A packet that is only thought of.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lookup {
    /// To where.
    pub target: IpAddr,
    /// Its source address; `None` lets the kernel choose.
    #[serde(default)]
    pub from: Option<IpAddr>,
    /// The name of the interface that it has come in by; `None` for one that starts here.
    #[serde(default)]
    pub arrived_by: Option<String>,
    /// Its mark (`fwmark`).
    #[serde(default)]
    pub mark: Option<u32>,
}

/// A measurement of what gets through.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Throughput {
    /// To where: an address of a namespace of the lab.
    pub target: IpAddr,
    /// With what.
    #[serde(default)]
    pub transport: Transport,
    /// How many milliseconds it is sent; from 100 to 30,000.
    #[serde(default = "one_second")]
    pub duration_ms: u32,
    /// Bits of payload a second that UDP sends; `None` is as much as goes. TCP finds its own rate.
    #[serde(default)]
    pub rate: Option<u64>,
    /// Bytes of payload of a datagram, from 16 to 65,507; TCP writes 128 KiB at a time.
    #[serde(default = "a_datagram")]
    pub size: u16,
}

/// TCP or UDP.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// TCP.
    #[default]
    Tcp,
    /// UDP.
    Udp,
}

fn one() -> u8 {
    1
}

fn three() -> u8 {
    3
}

fn thirty() -> u8 {
    30
}

fn one_second() -> u32 {
    1000
}

fn two_seconds() -> u32 {
    2000
}

/// What fits in an Ethernet frame of both families.
fn a_datagram() -> u16 {
    1448
}

/// What was found out.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Probed {
    /// Of a TCP port.
    Tcp(TcpProbed),
    /// Of a UDP port.
    Udp(UdpProbed),
    /// The routers.
    Traceroute(Traced),
    /// The path's MTU.
    PathMtu(PathMtuProbed),
    /// What the kernel would do.
    Lookup(LookedUp),
    /// What got through.
    Throughput(ThroughputProbed),
    /// The way.
    Way(WayFound),
}

/// A TCP port.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TcpProbed {
    /// Somebody listens.
    Open {
        /// From the first packet to the connection, nanoseconds.
        took_ns: u64,
    },
    /// Nobody does, or a firewall says so: a reset.
    Refused {
        /// Who sent it: the target, or whoever speaks for it.
        by: IpAddr,
        /// From the first packet to that, nanoseconds.
        took_ns: u64,
    },
    /// An ICMP error came.
    Rejected(IcmpRefusal),
    /// The kernel refuses to send.
    NotSent(NotSent),
    /// Nothing is heard.
    Silent(Silence),
}

/// A UDP port.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UdpProbed {
    /// Somebody answers.
    Answered {
        /// Bytes of the answer.
        bytes: u32,
        /// From the datagram to its answer, nanoseconds.
        took_ns: u64,
    },
    /// An ICMP error came: `Destination Port Unreachable`, if nobody is there.
    Rejected(IcmpRefusal),
    /// The kernel refuses to send.
    NotSent(NotSent),
    /// Nothing is heard: somebody is there and does not answer, or a firewall drops it.
    Silent(Silence),
}

/// An ICMP error that ended a probe.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct IcmpRefusal {
    /// Who sent it.
    pub by: IpAddr,
    /// In a word.
    pub reason: Reason,
    /// ICMP type.
    pub kind: u8,
    /// ICMP code.
    pub code: u8,
    /// What it means, as ping says it.
    pub meaning: String,
    /// From the first packet to that, nanoseconds.
    pub took_ns: u64,
}

/// What the kernel did not send.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct NotSent {
    /// In a word.
    pub reason: Reason,
    /// What the kernel said, such as `Network is unreachable (ENETUNREACH)`.
    pub error: String,
    /// What is seen that explains it, the likeliest first.
    pub findings: Vec<PingFinding>,
}

/// No answer at all.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Silence {
    /// [`Reason::Filtered`] if nothing else explains it and a firewall on the way drops anything.
    pub reason: Reason,
    /// What is seen that explains it, the likeliest first.
    pub findings: Vec<PingFinding>,
}

/// A traceroute.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Traced {
    /// By time to live, from the first one.
    pub hops: Vec<TraceHop>,
    /// Whether the target itself has answered.
    pub reached: bool,
}

/// What came of the packets of one time to live.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct TraceHop {
    /// The time to live.
    pub ttl: u8,
    /// One for each packet, in the order in which they were sent; `None` is silence.
    pub answers: Vec<Option<TraceAnswer>>,
}

/// An answer to a packet of a traceroute.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct TraceAnswer {
    /// Who sent it.
    pub from: IpAddr,
    /// Round trip in nanoseconds.
    pub rtt_ns: u64,
    /// What it says if it is neither the end of the way nor of the time to live, as ping says it.
    pub error: Option<String>,
}

/// A path's MTU.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PathMtuProbed {
    /// Bytes of the largest IP packet that was answered.
    pub mtu: u32,
    /// The MTU of the interface that it leaves by: the path has no more.
    pub first: u32,
    /// Who said that larger ones are too big, with the MTU that they said, in the order in which
    /// they did. Nobody, if larger packets are lost without a word: a black hole.
    pub limits: Vec<MtuLimit>,
    /// Whether a packet of more than `mtu` bytes was lost without a word.
    pub black_hole: bool,
}

/// Who says that a packet is too big.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct MtuLimit {
    /// A router.
    pub by: IpAddr,
    /// What its next link takes, bytes.
    pub mtu: u32,
}

/// What the kernel would do with a packet.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct LookedUp {
    /// The route that it takes; `None` if there is none.
    pub route: Option<RouteFound>,
    /// Why there is none, as the kernel says it: `Network is unreachable (ENETUNREACH)`.
    pub error: Option<String>,
    /// The policy rule by which the table was looked in, as `ip rule` prints it, if it can be told.
    pub rule: Option<String>,
    /// What is known of the next hop on its link.
    pub neighbour: Option<NeighbourFound>,
}

/// The way of a packet, from what the kernel has: its routes, cables and bridges.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct WayFound {
    /// The interfaces that it passes, in their order, as far as it can be followed.
    pub places: Vec<WayPlace>,
    /// Whether it comes to the target.
    pub arrives: bool,
    /// What is seen that keeps it, or its answer, from arriving, the likeliest first.
    pub findings: Vec<PingFinding>,
}

/// An interface on a way.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct WayPlace {
    /// Where it is.
    pub namespace: NamespaceId,
    /// Of the document; `None` if the document has none of that name.
    pub interface: Option<InterfaceId>,
    /// As people say it: `red/veth-red`.
    pub name: String,
}

/// A route, as `ip route get` with `fibmatch` tells it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RouteFound {
    /// `unicast`, `local`, `broadcast`, `multicast`, …
    pub kind: String,
    /// The route's own destination, `0.0.0.0/0` for a default route; `None` if the kernel does not
    /// say.
    pub destination: Option<IpNet>,
    /// The table that it stands in.
    pub table: Option<u32>,
    /// The router that the packet is handed to; `None`: to the target itself.
    pub gateway: Option<IpAddr>,
    /// The name of the interface that it leaves by.
    pub interface: Option<String>,
    /// The source address that it gets.
    pub source: Option<IpAddr>,
}

/// What is known of a neighbour.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct NeighbourFound {
    /// Whose address on the link is needed: the router's, or the target's own.
    pub address: IpAddr,
    /// `reachable`, `stale`, `failed`, … as `ip neigh` says it; `none` if it is not in the table.
    pub state: String,
    /// Its link-layer address, if it is known.
    pub link_address: Option<String>,
}

/// What got through.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ThroughputProbed {
    /// Bytes of payload that were sent.
    pub sent_bytes: u64,
    /// Bytes of payload that arrived.
    pub received_bytes: u64,
    /// From the first byte that arrived to the last, nanoseconds.
    pub took_ns: u64,
    /// Bits of payload that arrived, a second.
    pub bits_per_second: u64,
    /// Datagrams that were sent and those that arrived (UDP).
    pub datagrams: Option<Datagrams>,
    /// Segments that TCP sent again.
    pub retransmits: Option<u32>,
}

/// Datagrams of a measurement.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Datagrams {
    /// Sent.
    pub sent: u64,
    /// Arrived.
    pub received: u64,
    /// Arrived after one that was sent later.
    pub out_of_order: u64,
}
