//! Queueing disciplines: what `tc qdisc` does.

use netlink_packet_core::{DefaultNla, NLM_F_CREATE, NLM_F_ECHO, NLM_F_EXCL, NLM_F_REPLACE};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::tc::{TcAttribute, TcMessage};
use nix::errno::Errno;
use topology::quality::CERTAIN;
use topology::quality::qdisc::{Level, Netem, Qdisc, Tbf};

use super::attributes::{Attributes, word};
use super::{Failure, Socket};

/// `struct tcmsg` (linux/rtnetlink.h): family and padding, index, handle, parent, info.
const HEADER: usize = 20;
/// Attributes of linux/rtnetlink.h.
const TCA_KIND: u16 = 1;
const TCA_OPTIONS: u16 = 2;
/// `TC_H_ROOT` (linux/pkt_sched.h).
const ROOT: u32 = 0xffff_ffff;
/// What of a handle is the number of the queueing discipline (`TC_H_MAJ`).
const MAJOR: u32 = 0xffff_0000;
/// The handles of those that are made here, as `topology::command` writes them.
const NETEM: u32 = 0x1_0000;
const TBF: u32 = 0x2_0000;
const CHILD: u32 = 0x10_0000;

/// `struct tc_netem_qopt` (linux/pkt_sched.h): latency, limit, loss, gap, duplicate, jitter.
const NETEM_OPTIONS: usize = 24;
const TCA_NETEM_CORR: u16 = 1;
const TCA_NETEM_REORDER: u16 = 3;
const TCA_NETEM_CORRUPT: u16 = 4;
const TCA_NETEM_LOSS: u16 = 5;
const TCA_NETEM_RATE: u16 = 6;
const TCA_NETEM_ECN: u16 = 7;
const TCA_NETEM_RATE64: u16 = 8;
const TCA_NETEM_LATENCY64: u16 = 10;
const TCA_NETEM_JITTER64: u16 = 11;
const TCA_NETEM_SLOT: u16 = 12;

const TCA_TBF_PARMS: u16 = 1;
const TCA_TBF_RATE64: u16 = 4;
const TCA_TBF_BURST: u16 = 6;
/// `TC_LINKLAYER_ETHERNET`: then the kernel asks for no table of rates (`tbf_change`).
const LINKLAYER_ETHERNET: u8 = 1;

/// A queueing discipline as the kernel shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct QdiscRow {
    /// Of which interface.
    pub(crate) index: u32,
    /// 0 for what the kernel put there by itself.
    pub(crate) handle: u32,
    parent: u32,
    /// What it is.
    pub(crate) qdisc: Qdisc,
}

impl QdiscRow {
    /// Whether it is what all that leaves the interface goes through.
    pub(crate) fn is_root(&self) -> bool {
        self.parent == ROOT
    }

    /// Whether it hangs below another.
    pub(crate) fn is_below(&self, other: &Self) -> bool {
        self.index == other.index && self.parent & MAJOR == other.handle && other.handle != 0
    }
}

impl Socket {
    /// All queueing disciplines of the namespace, but for those that the kernel hides.
    pub(crate) fn qdiscs(&mut self) -> Result<Vec<QdiscRow>, Failure> {
        let all = RouteNetlinkMessage::GetQueueDiscipline(TcMessage::default());
        self.dump(&all, |bytes| row(bytes).map(Some))
    }

    /// Puts a queueing discipline on an interface, or takes it away. One of the same kind is
    /// changed in place; a root of another kind is replaced in one go.
    pub(crate) fn set_qdisc(
        &mut self,
        index: u32,
        level: Level,
        to: Option<&Qdisc>,
    ) -> Result<(), Failure> {
        let root = self.root(index)?;
        let (parent, usual) = match (level, to) {
            (Level::Root, Some(Qdisc::Netem(_))) => (ROOT, NETEM),
            (Level::Root, _) => (ROOT, TBF),
            (Level::Child, _) => {
                let root = root.as_ref().ok_or(Errno::ENOENT)?;
                (root.handle | 1, CHILD)
            }
        };
        let Some(to) = to else {
            let message = message(index, parent, 0);
            return self.change(RouteNetlinkMessage::DelQueueDiscipline(message), 0);
        };
        // The kernel keeps the handle of one that it changes, and gives that of another kind to
        // nobody (`tc_modify_qdisc`): then it is to choose one.
        let handle = match (level, &root) {
            (Level::Root, Some(root)) if root.qdisc.kind() == to.kind() => root.handle,
            (Level::Root, Some(root)) if root.handle == usual => 0,
            (Level::Child, _) => 0,
            _ => usual,
        };
        let set = |socket: &mut Self, handle, flags| {
            let mut message = message(index, parent, handle);
            message.attributes.extend([
                TcAttribute::Kind(to.kind().to_owned()),
                TcAttribute::Other(DefaultNla::new(TCA_OPTIONS, options(to))),
            ]);
            socket.change(RouteNetlinkMessage::NewQueueDiscipline(message), flags)
        };
        if level == Level::Child {
            // With its handle, as a person would write it, if there is none; else as it is.
            match set(self, usual, NLM_F_CREATE | NLM_F_EXCL) {
                Err(failure) if failure.is(Errno::EEXIST) => {}
                other => return other,
            }
        }
        set(self, handle, NLM_F_CREATE | NLM_F_REPLACE)
    }

    /// The root that somebody made. Of `noqueue` and `noop` the kernel says nothing
    /// (`tc_qdisc_dump_ignore`). Linux 6.1 answers only who asks for an echo of what it tells
    /// everybody (`qdisc_notify`).
    fn root(&mut self, index: u32) -> Result<Option<QdiscRow>, Failure> {
        let message = message(index, ROOT, 0);
        let request = RouteNetlinkMessage::GetQueueDiscipline(message);
        let found = self.find(request, NLM_F_ECHO, row)?;
        Ok(found.filter(|row| row.handle != 0))
    }
}

fn message(index: u32, parent: u32, handle: u32) -> TcMessage {
    let mut message = TcMessage::with_index(i32::try_from(index).unwrap_or(i32::MAX));
    message.header.parent = parent.into();
    message.header.handle = handle.into();
    message
}

fn options(qdisc: &Qdisc) -> Vec<u8> {
    match qdisc {
        Qdisc::Netem(netem) => netem_options(netem),
        Qdisc::Tbf(tbf) => tbf_options(tbf),
        Qdisc::Other(_) => Vec::new(),
    }
}

/// All that there is, so that a change leaves nothing as it was.
fn netem_options(netem: &Netem) -> Vec<u8> {
    let numbers = [
        0,
        narrow(netem.limit),
        probability(netem.loss),
        narrow(netem.gap),
        probability(netem.duplicate),
        0,
    ];
    let mut bytes = words(&numbers);
    put(&mut bytes, TCA_NETEM_LATENCY64, &netem.delay.to_ne_bytes());
    put(&mut bytes, TCA_NETEM_JITTER64, &netem.jitter.to_ne_bytes());
    let correlations = netem.correlations().map(probability);
    put(&mut bytes, TCA_NETEM_CORR, &words(&correlations));
    let certain = [netem.reorder, netem.reorder_correlation].map(probability);
    put(&mut bytes, TCA_NETEM_REORDER, &words(&certain));
    let certain = [netem.corrupt, netem.corrupt_correlation].map(probability);
    put(&mut bytes, TCA_NETEM_CORRUPT, &words(&certain));
    // Rate, overhead of a packet, size and overhead of a cell.
    let rate = [narrow(netem.rate), 0, 0, 0];
    put(&mut bytes, TCA_NETEM_RATE, &words(&rate));
    if netem.rate > u64::from(u32::MAX) {
        put(&mut bytes, TCA_NETEM_RATE64, &netem.rate.to_ne_bytes());
    }
    bytes
}

/// `struct tc_tbf_qopt`: two `struct tc_ratespec`, limit, buffer, mtu. The kernel computes the
/// buffer from `TCA_TBF_BURST`.
fn tbf_options(tbf: &Tbf) -> Vec<u8> {
    let mut parameters = vec![0, LINKLAYER_ETHERNET, 0, 0, 0, 0, 0, 0];
    parameters.extend(narrow(tbf.rate).to_ne_bytes());
    parameters.extend([0; 12]);
    parameters.extend(words(&[narrow(tbf.limit), 0, 0]));
    let mut bytes = Vec::new();
    put(&mut bytes, TCA_TBF_PARMS, &parameters);
    if tbf.rate > u64::from(u32::MAX) {
        put(&mut bytes, TCA_TBF_RATE64, &tbf.rate.to_ne_bytes());
    }
    put(&mut bytes, TCA_TBF_BURST, &narrow(tbf.burst).to_ne_bytes());
    bytes
}

fn put(bytes: &mut Vec<u8>, attribute: u16, payload: &[u8]) {
    const ATTRIBUTE_HEADER: usize = 4;
    let length = u16::try_from(ATTRIBUTE_HEADER + payload.len()).unwrap_or(u16::MAX);
    bytes.extend(length.to_ne_bytes());
    bytes.extend(attribute.to_ne_bytes());
    bytes.extend(payload);
    bytes.resize(bytes.len().next_multiple_of(ATTRIBUTE_HEADER), 0);
}

fn words(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|n| n.to_ne_bytes()).collect()
}

fn narrow(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Millionths of a certainty as parts of 2^32 - 1, rounded as `get_percent` of iproute2 does.
fn probability(millionths: u64) -> u32 {
    let parts = (u128::from(millionths) * u128::from(u32::MAX) * 2 + u128::from(CERTAIN))
        / (2 * u128::from(CERTAIN));
    u32::try_from(parts).unwrap_or(u32::MAX)
}

fn millionths(parts: u32) -> u64 {
    let most = u64::from(u32::MAX);
    (u64::from(parts) * CERTAIN * 2 + most) / (2 * most)
}

pub(super) fn row(bytes: &[u8]) -> Result<QdiscRow, Failure> {
    let attributes = Attributes::after(HEADER, bytes)?;
    let kind = attributes.text(TCA_KIND).unwrap_or_default();
    let options = attributes.get(TCA_OPTIONS).unwrap_or_default();
    let known = match kind.as_str() {
        "netem" => netem(options).map(Qdisc::Netem),
        "tbf" => tbf(options).map(Qdisc::Tbf),
        _ => None,
    };
    Ok(QdiscRow {
        index: word(bytes, 4),
        handle: word(bytes, 8),
        parent: word(bytes, 12),
        qdisc: known.unwrap_or(Qdisc::Other(kind)),
    })
}

/// None if it has options that no quality has.
fn netem(options: &[u8]) -> Option<Netem> {
    let attributes = Attributes::after(NETEM_OPTIONS, options).ok()?;
    let number = |place: usize| word(options, place * 4);
    let wide = |kind| {
        let bytes: Option<&[u8; 8]> = attributes.get(kind).and_then(<[u8]>::first_chunk);
        bytes.map(|bytes| u64::from_ne_bytes(*bytes))
    };
    let second = |kind| attributes.get(kind).map_or(0, |bytes| word(bytes, 4));
    let correlation = |place: usize| {
        let bytes = attributes.get(TCA_NETEM_CORR);
        millionths(bytes.map_or(0, |bytes| word(bytes, place * 4)))
    };
    let is_all_zeros = |kind| {
        let bytes = attributes.get(kind).unwrap_or_default();
        bytes.iter().all(|byte| *byte == 0)
    };
    let rate = attributes.get(TCA_NETEM_RATE);
    let rate_cells = rate
        .unwrap_or_default()
        .iter()
        .skip(4)
        .any(|byte| *byte != 0);
    let is_more = !is_all_zeros(TCA_NETEM_ECN)
        || !is_all_zeros(TCA_NETEM_SLOT)
        || attributes.get(TCA_NETEM_LOSS).is_some()
        || rate_cells;
    if is_more {
        return None;
    }
    let first = |kind| attributes.u32(kind).unwrap_or_default();
    let reorder = millionths(first(TCA_NETEM_REORDER));
    // None overtakes without both.
    let (reorder, gap) = match number(3) {
        gap if gap != 0 && reorder != 0 => (reorder, gap),
        _ => (0, 0),
    };
    let ticks = |place| u64::from(number(place)) * TICK;
    Some(Netem {
        delay: wide(TCA_NETEM_LATENCY64).unwrap_or(ticks(0)),
        jitter: wide(TCA_NETEM_JITTER64).unwrap_or(ticks(5)),
        loss: millionths(number(2)),
        duplicate: millionths(number(4)),
        corrupt: millionths(first(TCA_NETEM_CORRUPT)),
        reorder,
        gap: u64::from(gap),
        delay_correlation: correlation(0),
        loss_correlation: correlation(1),
        duplicate_correlation: correlation(2),
        corrupt_correlation: millionths(second(TCA_NETEM_CORRUPT)),
        reorder_correlation: match reorder {
            0 => 0,
            _ => millionths(second(TCA_NETEM_REORDER)),
        },
        limit: u64::from(number(1)),
        rate: wide(TCA_NETEM_RATE64).unwrap_or(u64::from(first(TCA_NETEM_RATE))),
    })
}

/// One tick of the kernel's packet schedulers in nanoseconds (`PSCHED_SHIFT`).
const TICK: u64 = 64;

/// None if it has options that no quality has.
fn tbf(options: &[u8]) -> Option<Tbf> {
    let attributes = Attributes::after(0, options).ok()?;
    let parameters = attributes.get(TCA_TBF_PARMS)?;
    let [rate, peak_rate, limit, buffer] = [8, 20, 24, 28].map(|place| word(parameters, place));
    // Overhead, and least size of a packet.
    let overhead = parameters.get(2..4)? != [0, 0] || parameters.get(6..8)? != [0, 0];
    if peak_rate != 0 || overhead {
        return None;
    }
    let wide = attributes.get(TCA_TBF_RATE64).and_then(<[u8]>::first_chunk);
    let rate = wide.map_or(u64::from(rate), |bytes| u64::from_ne_bytes(*bytes));
    Some(Tbf {
        rate,
        burst: Tbf::burst_of(rate, buffer),
        limit: u64::from(limit),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> Netem {
        Netem {
            delay: 10_000_000,
            jitter: 2_000_001,
            loss: 10_000,
            duplicate: 1,
            corrupt: 999_999,
            reorder: 250_000,
            gap: 5,
            delay_correlation: 250_000,
            loss_correlation: 1,
            duplicate_correlation: 500_000,
            corrupt_correlation: 999_999,
            reorder_correlation: CERTAIN,
            limit: 17,
            rate: 6_000_000_000,
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for all in [full(), Netem::default()] {
            assert_eq!(netem(&netem_options(&all)), Some(all));
        }
        for millionth in [0, 1, 2, 499_999, 500_000, 999_999, CERTAIN] {
            assert_eq!(millionths(probability(millionth)), millionth);
        }
        assert_eq!(probability(CERTAIN), u32::MAX);
    }

    #[test]
    fn what_no_quality_has_is_another() {
        let mut notified = netem_options(&full());
        put(&mut notified, TCA_NETEM_ECN, &words(&[1]));
        assert_eq!(netem(&notified), None);
    }

    #[test]
    fn cut_options_are_no_panic() {
        let bytes = netem_options(&full());
        for end in 0..bytes.len() {
            let _no_panic = netem(bytes.get(..end).unwrap());
        }
        let tbf_bytes = tbf_options(&Tbf {
            rate: 6_000_000_000,
            burst: 1_600,
            limit: 9_000,
        });
        for end in 0..tbf_bytes.len() {
            let _no_panic = tbf(tbf_bytes.get(..end).unwrap());
        }
    }
}
