//! Captures.

use packet::Record;
use serde::{Deserialize, Serialize};
use topology::{InterfaceId, NamespaceId};

use crate::lab::LabId;

/// A capture of a lab, numbered by the server.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CaptureId(pub u64);

/// Longest filter in bytes: longer ones are no filters of a person.
pub const MAX_FILTER_BYTES: usize = 4_096;

/// Most sources of one capture: each has a packet socket and a buffer in the kernel.
pub const MAX_SOURCES: usize = 64;

/// The longest snap length in bytes, and the usual one: whole packets, as `tcpdump` takes them.
pub const MAX_SNAP_LENGTH: u32 = 262_144;

/// What speaks against a filter before libpcap has to look at it.
pub fn filter_problem(filter: &str) -> Option<String> {
    let long = filter.len() > MAX_FILTER_BYTES;
    long.then(|| format!("the filter is longer than {MAX_FILTER_BYTES} bytes"))
}

/// Where packets are to be taken.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaptureTarget {
    /// In this namespace.
    pub namespace: NamespaceId,
    /// On this interface of it; `None`: on all, also those that come later (`any`).
    pub interface: Option<InterfaceId>,
}

/// How a capture is made.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CaptureOptions {
    /// pcap-filter(7); empty takes everything.
    pub filter: String,
    /// Most bytes of a packet that are taken, 1 to [`MAX_SNAP_LENGTH`].
    pub snap_length: u32,
    /// How much is kept.
    pub limit: RingLimit,
}

impl Default for CaptureOptions {
    /// Everything, whole, and [`RingLimit::default`] of it.
    fn default() -> Self {
        Self {
            filter: String::new(),
            snap_length: MAX_SNAP_LENGTH,
            limit: RingLimit::default(),
        }
    }
}

/// How much of a capture the server keeps: the newest packets, as many as both bounds allow. All
/// captures of a lab together keep no more than [`RingLimit::MOST`] allows in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RingLimit {
    /// Packets, 1 to 1,000,000.
    pub packets: u32,
    /// Bytes of memory, 64 KiB to 256 MiB; a packet counts its bytes and some 60 more.
    pub bytes: u64,
}

impl RingLimit {
    /// The least that makes sense.
    pub const LEAST: Self = Self {
        packets: 1,
        bytes: 64 << 10,
    };
    /// The most that may be asked for.
    pub const MOST: Self = Self {
        packets: 1_000_000,
        bytes: 256 << 20,
    };
}

impl Default for RingLimit {
    /// 100,000 packets, 64 MiB.
    fn default() -> Self {
        Self {
            packets: 100_000,
            bytes: 64 << 20,
        }
    }
}

/// What speaks against a capture before anybody tries it.
pub fn problem(sources: &[CaptureTarget], options: &CaptureOptions) -> Option<String> {
    let CaptureOptions {
        filter,
        snap_length,
        limit,
    } = options;
    if sources.is_empty() {
        return Some("no interface is chosen".to_owned());
    }
    if sources.len() > MAX_SOURCES {
        let count = sources.len();
        return Some(format!(
            "{count} interfaces are too many: at most {MAX_SOURCES} in one capture"
        ));
    }
    if let Some(twice) = (1..sources.len()).find(|&n| {
        let (before, rest) = sources.split_at(n);
        rest.first().is_some_and(|source| before.contains(source))
    }) {
        return Some(format!("interface {} is chosen twice", twice + 1));
    }
    if !(1..=MAX_SNAP_LENGTH).contains(snap_length) {
        return Some(format!(
            "the snap length is {snap_length} bytes: 1 to {MAX_SNAP_LENGTH} are taken"
        ));
    }
    let (least, most) = (RingLimit::LEAST, RingLimit::MOST);
    if !(least.packets..=most.packets).contains(&limit.packets) {
        let (packets, most) = (limit.packets, most.packets);
        return Some(format!(
            "{packets} packets cannot be kept: 1 to {most} are taken"
        ));
    }
    if !(least.bytes..=most.bytes).contains(&limit.bytes) {
        let bytes = limit.bytes;
        let (least, most) = (least.bytes >> 10, most.bytes >> 20);
        return Some(format!(
            "{bytes} bytes cannot be kept: {least} KiB to {most} MiB are taken"
        ));
    }
    filter_problem(filter)
}

/// What a capture is.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CaptureInfo {
    /// Its number.
    pub id: CaptureId,
    /// Where its packets are taken, at most [`MAX_SOURCES`]; a packet names its own by the place
    /// in this list.
    pub sources: Vec<CaptureSource>,
    /// What people call it: the names of the first sources, and how many more there are.
    pub name: String,
    /// pcap-filter(7); empty takes everything.
    pub filter: String,
    /// Most bytes of a packet that are taken.
    pub snap_length: u32,
    /// How much is kept.
    pub limit: RingLimit,
}

/// Where packets of a capture are taken.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CaptureSource {
    /// In this namespace.
    pub namespace: NamespaceId,
    /// On this interface of it; `None`: on all.
    pub interface: Option<InterfaceId>,
    /// Both as people say it, when it was started: `blue/veth-blue`, `blue/any`.
    pub name: String,
    /// LINKTYPE_ value of its packets (tcpdump.org/linktypes.html): `any` has LINKTYPE_LINUX_SLL2.
    pub link_type: u16,
}

/// How a capture stands, as one browser is told.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct CaptureEvent {
    /// Packets that passed the filter, lost ones included.
    pub received: u64,
    /// What became of those that are not kept, and of those that this browser was not sent.
    pub dropped: Dropped,
    /// Packets that the server still holds (what a download has).
    pub kept: u64,
    /// Each source, in the order of [`CaptureInfo::sources`]; those that have not spoken yet may
    /// be missing at the end.
    pub sources: Vec<SourceEvent>,
    /// Whether a source still takes packets.
    pub running: bool,
    /// Why it ended, if not because somebody stopped it.
    pub error: Option<String>,
}

/// Packets that are gone, by where they were lost. Never hidden: the four are disjoint, but for
/// `browser`, which tells of one browser only.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Dropped {
    /// In the kernel, for lack of room in a socket's buffer: they were never seen.
    pub kernel: u64,
    /// Overwritten in the ring by newer ones.
    pub ring: u64,
    /// Not sent to this browser, which read so slowly that the ring had overwritten them.
    pub browser: u64,
}

/// How a source of a capture stands.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct SourceEvent {
    /// Packets that passed the filter, lost ones included.
    pub received: u64,
    /// Of these, lost in the kernel.
    pub dropped: u64,
    /// Whether it still takes packets.
    pub running: bool,
    /// Why it ended, if not because somebody stopped it.
    pub error: Option<String>,
    /// Of `any`: the interfaces that packets were taken on, in the order of their first. They are
    /// told before their packets; at most [`MAX_SEEN`].
    pub seen: Vec<SeenInterface>,
}

/// Most interfaces of [`SourceEvent::seen`]: what comes from others is not named.
pub const MAX_SEEN: usize = 1_024;

/// An interface that a source of all interfaces took packets on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SeenInterface {
    /// Its number in its namespace, which the packets carry in their LINKTYPE_LINUX_SLL2 header.
    pub index: u32,
    /// What it was called when its first packet was taken; `if7` if it had gone already.
    pub name: String,
}

/// One captured packet and where it was taken.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CapturedPacket {
    /// Where: an index into [`CaptureInfo::sources`].
    pub source: u16,
    /// When, how long, which bytes.
    pub record: Record,
}

/// A binary frame: packets of one capture in the order of their time stamps; `R` is a list of
/// [`CapturedPacket`], or something that is written as one.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PacketBatch<R = Vec<CapturedPacket>> {
    /// Whose.
    pub capture: CaptureId,
    /// The number of the first packet, counting from 0; a gap to the last one was not sent. A
    /// newcomer gets the newest first, then what is kept before them, the newest of it first,
    /// between what is new.
    pub first: u64,
    /// The packets.
    pub records: R,
}

/// Most ranges and comments of an [`CaptureExport`]: a list that a person has marked.
pub const MAX_EXPORT_ITEMS: usize = 10_000;

/// Longest comment on a packet, bytes: what pcapng takes is 65,535.
pub const MAX_COMMENT_BYTES: usize = 4_096;

/// Which packets of a capture go into a file, and what is said of them; empty is all of them.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CaptureExport {
    /// Numbers of packets, counting from 0 as [`PacketBatch::first`] does: ranges with both ends
    /// in, in rising order; empty: all. At most [`MAX_EXPORT_ITEMS`].
    pub packets: Vec<(u64, u64)>,
    /// Not before, nanoseconds since the Unix epoch.
    pub since: Option<u64>,
    /// Not after, nanoseconds since the Unix epoch.
    pub until: Option<u64>,
    /// A note for a packet, by its number. At most [`MAX_EXPORT_ITEMS`].
    pub comments: std::collections::BTreeMap<u64, String>,
}

impl CaptureExport {
    /// What speaks against it.
    pub fn problem(&self) -> Option<String> {
        let items = self.packets.len().max(self.comments.len());
        if items > MAX_EXPORT_ITEMS {
            return Some(format!(
                "{items} ranges or comments are too many: at most {MAX_EXPORT_ITEMS} are taken"
            ));
        }
        let comment = self
            .comments
            .iter()
            .find(|(_, text)| text.len() > MAX_COMMENT_BYTES);
        if let Some((number, _)) = comment {
            return Some(format!(
                "the comment on packet {number} is longer than {MAX_COMMENT_BYTES} bytes"
            ));
        }
        let mut last = None;
        for (from, to) in &self.packets {
            if from > to || last.is_some_and(|last| last >= from) {
                return Some(format!(
                    "the packets {from} to {to} are no range that follows the one before"
                ));
            }
            last = Some(to);
        }
        None
    }
}

/// The path of a capture as a file, of the HTTP API.
pub fn path(lab: &LabId, capture: CaptureId) -> String {
    format!("/api/v1/labs/{lab}/captures/{}.pcapng", capture.0)
}

/// A key to one capture as a file, and nothing else: what a person may copy into a shell, where
/// the secret of the yard would be too much.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaptureKey {
    /// To be sent as `Authorization: Bearer KEY`.
    pub key: String,
}

/// The command that gives a capture as a live stream of pcapng, to be followed by
/// `| wireshark -k -i -` or `| tcpdump -nn -r -`. `origin` is the server's, `http://HOST:PORT`.
pub fn follow_command(origin: &str, lab: &LabId, capture: CaptureId, key: &CaptureKey) -> String {
    let (path, key) = (path(lab, capture), &key.key);
    format!("curl -sN -H 'Authorization: Bearer {key}' '{origin}{path}?follow=1'")
}
