//! One captured packet: when, how long, which bytes.

use serde::{Deserialize, Serialize};

/// A moment, in nanoseconds since the Unix epoch (1970-01-01 00:00:00 UTC). Good until the year 2554.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// From seconds and nanoseconds since the epoch; saturates.
    #[must_use]
    pub fn new(seconds: u64, nanoseconds: u32) -> Self {
        Self(
            seconds
                .saturating_mul(1_000_000_000)
                .saturating_add(u64::from(nanoseconds)),
        )
    }

    /// Whole seconds since the epoch.
    #[must_use]
    pub fn seconds(self) -> u64 {
        self.0 / 1_000_000_000
    }

    /// Nanoseconds within the second, 0 to 999,999,999.
    #[must_use]
    pub fn nanoseconds(self) -> u32 {
        (self.0 % 1_000_000_000) as u32
    }
}

/// One captured packet that owns its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// When the packet was seen.
    pub at: Timestamp,
    /// Its length on the wire in bytes; at least `data.len()`.
    pub length: u32,
    /// The bytes that were captured, from the link-layer header on.
    #[serde(with = "serde_bytes")]
    pub data: Vec<u8>,
}

impl Record {
    /// The same packet, borrowed.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        View {
            at: self.at,
            length: self.length,
            data: &self.data,
        }
    }
}

/// One captured packet that borrows its bytes, for example from a capture file in memory.
///
/// It is written and read as a [`Record`] is; reading copies nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct View<'a> {
    /// When the packet was seen.
    pub at: Timestamp,
    /// Its length on the wire in bytes.
    pub length: u32,
    /// The bytes that were captured, from the link-layer header on.
    #[serde(with = "serde_bytes")]
    pub data: &'a [u8],
}

impl View<'_> {
    /// The same packet with bytes of its own.
    #[must_use]
    pub fn to_record(self) -> Record {
        Record {
            at: self.at,
            length: self.length,
            data: self.data.to_vec(),
        }
    }
}

impl<'a> From<&'a Record> for View<'a> {
    fn from(record: &'a Record) -> Self {
        record.view()
    }
}

/// The number of the interface that a packet of [`LinkType::LinuxSll2`] was taken on.
#[must_use]
pub fn sll2_interface(data: &[u8]) -> Option<u32> {
    let number = data.get(4..8)?.try_into().ok()?;
    Some(u32::from_be_bytes(number))
}

/// How the bytes of a record begin. The numbers are those of capture files:
/// <https://www.tcpdump.org/linktypes.html>.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "u16", into = "u16")]
pub enum LinkType {
    /// BSD loopback: a 4-byte address family (0).
    Null,
    /// Ethernet (1).
    Ethernet,
    /// A bare IPv4 or IPv6 packet, told apart by its version (101).
    RawIp,
    /// OpenBSD loopback: a 4-byte address family in network byte order (108).
    Loop,
    /// Linux "any" interface, first form (113).
    LinuxSll,
    /// A bare IPv4 packet (228).
    Ipv4,
    /// A bare IPv6 packet (229).
    Ipv6,
    /// Linux "any" interface, second form, with the interface's index (276).
    LinuxSll2,
    /// Something that is not dissected here.
    Other(u16),
}

impl From<u16> for LinkType {
    fn from(number: u16) -> Self {
        match number {
            0 => Self::Null,
            1 => Self::Ethernet,
            // 12 and 14 are DLT_RAW as some systems write it into files.
            12 | 14 | 101 => Self::RawIp,
            108 => Self::Loop,
            113 => Self::LinuxSll,
            228 => Self::Ipv4,
            229 => Self::Ipv6,
            276 => Self::LinuxSll2,
            other => Self::Other(other),
        }
    }
}

impl From<LinkType> for u16 {
    fn from(link: LinkType) -> Self {
        match link {
            LinkType::Null => 0,
            LinkType::Ethernet => 1,
            LinkType::RawIp => 101,
            LinkType::Loop => 108,
            LinkType::LinuxSll => 113,
            LinkType::Ipv4 => 228,
            LinkType::Ipv6 => 229,
            LinkType::LinuxSll2 => 276,
            LinkType::Other(other) => other,
        }
    }
}
