//! Link quality: what is done to the frames that leave an interface.
//!
//! A link has one for each direction, because it has two ends. In the kernel it is a queueing
//! discipline ([`qdisc`]): `netem` delays, loses, doubles, corrupts and reorders, `tbf` limits the
//! rate. Times are in nanoseconds, probabilities in millionths, rates in bits a second, sizes in
//! bytes: what the kernel keeps is compared exactly.

use serde::{Deserialize, Serialize};

pub mod qdisc;
pub mod units;

use qdisc::Qdiscs;
use units::Bare;

/// Longest delay: what `struct tc_netem_qopt` holds in ticks of 64 ns (`PSCHED_SHIFT`), and what
/// `tc` prints.
pub const MAX_DELAY: u64 = u32::MAX as u64 * TICK;
/// Largest jitter: above it the kernel cuts (`netem_change`: INT_MAX).
pub const MAX_JITTER: u64 = i32::MAX as u64;
/// Largest rate, in bits a second: beyond what a kernel moves.
pub const MAX_RATE: u64 = 1_000_000_000_000;
/// Certainty, in millionths.
pub const CERTAIN: u64 = 1_000_000;
/// Frames that `netem` holds if nothing is said (`limit`, tc-netem(8)).
pub const USUAL_LIMIT: u64 = 1_000;
/// Of so many frames one may overtake the others if nothing is said (tc/q_netem.c).
pub const USUAL_GAP: u64 = 1;
/// How long a frame may wait for its turn if nothing is said: the `latency` of the examples of the
/// Linux Advanced Routing & Traffic Control HOWTO, 9.2.2.2.
pub const USUAL_LATENCY: u64 = 50_000_000;
/// Smallest usual burst, in bytes: one frame of an MTU of 1500 (the netem page of the Linux
/// Foundation's wiki has `buffer 1600`).
pub const LEAST_USUAL_BURST: u64 = 1_600;
/// A burst is usually what passes in one of so many parts of a second: tc-tbf(8) asks for at least
/// `rate/HZ`, and 250 is the usual HZ.
const BURSTS_A_SECOND: u64 = 250;
/// One tick of the kernel's packet schedulers, in nanoseconds (`PSCHED_TICKS2NS`).
pub(crate) const TICK: u64 = 64;
/// Length of an Ethernet header: a frame is that much longer than its MTU.
const ETHERNET_HEADER: u64 = 14;

/// What is done to the frames that leave an interface; what is `None` is not done.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Quality {
    /// Each waits so long, in nanoseconds.
    pub delay: Option<u64>,
    /// Give or take so much, in nanoseconds, evenly distributed.
    pub jitter: Option<u64>,
    /// So many are lost, in millionths.
    pub loss: Option<u64>,
    /// So many come twice, in millionths.
    pub duplicate: Option<u64>,
    /// In so many a bit is turned over, in millionths.
    pub corrupt: Option<u64>,
    /// So many do not wait and overtake the others, in millionths.
    pub reorder: Option<u64>,
    /// Most frames that wait for their delay at a time; [`USUAL_LIMIT`] if nothing is said.
    pub limit: Option<u64>,
    /// Of two delays that follow each other, so much is the same, in millionths.
    pub delay_correlation: Option<u64>,
    /// So much of whether a frame is lost is that of the frame before, in millionths.
    pub loss_correlation: Option<u64>,
    /// So much of whether a frame comes twice is that of the frame before, in millionths.
    pub duplicate_correlation: Option<u64>,
    /// So much of whether a frame is corrupted is that of the frame before, in millionths.
    pub corrupt_correlation: Option<u64>,
    /// So much of whether a frame overtakes is that of the frame before, in millionths.
    pub reorder_correlation: Option<u64>,
    /// Of so many frames one may overtake the others; 1 if nothing is said.
    pub gap: Option<u64>,
    /// Bits a second, whole bytes of them.
    pub rate: Option<u64>,
    /// Bytes that may pass at once after a pause; see [`Quality::burst`].
    pub burst: Option<u64>,
    /// Bytes that may wait for their turn; see [`Quality::queue`].
    pub queue: Option<u64>,
}

/// One of the numbers of a [`Quality`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Measure {
    /// [`Quality::delay`].
    Delay,
    /// [`Quality::jitter`].
    Jitter,
    /// [`Quality::loss`].
    Loss,
    /// [`Quality::duplicate`].
    Duplicate,
    /// [`Quality::corrupt`].
    Corrupt,
    /// [`Quality::reorder`].
    Reorder,
    /// [`Quality::limit`].
    Limit,
    /// [`Quality::delay_correlation`].
    DelayCorrelation,
    /// [`Quality::loss_correlation`].
    LossCorrelation,
    /// [`Quality::duplicate_correlation`].
    DuplicateCorrelation,
    /// [`Quality::corrupt_correlation`].
    CorruptCorrelation,
    /// [`Quality::reorder_correlation`].
    ReorderCorrelation,
    /// [`Quality::gap`].
    Gap,
    /// [`Quality::rate`].
    Rate,
    /// [`Quality::burst`].
    Burst,
    /// [`Quality::queue`].
    Queue,
}

/// What a measure is counted in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// Nanoseconds.
    Time,
    /// Millionths.
    Probability,
    /// Frames.
    Frames,
    /// Bits a second.
    Rate,
    /// Bytes.
    Size,
}

impl Measure {
    /// All, in the order in which they are told.
    pub const ALL: [Self; 16] = [
        Self::Delay,
        Self::Jitter,
        Self::DelayCorrelation,
        Self::Loss,
        Self::LossCorrelation,
        Self::Duplicate,
        Self::DuplicateCorrelation,
        Self::Corrupt,
        Self::CorruptCorrelation,
        Self::Reorder,
        Self::ReorderCorrelation,
        Self::Gap,
        Self::Limit,
        Self::Rate,
        Self::Burst,
        Self::Queue,
    ];

    /// The key in a document.
    pub fn name(self) -> &'static str {
        match self {
            Self::Delay => "delay",
            Self::Jitter => "jitter",
            Self::Loss => "loss",
            Self::Duplicate => "duplicate",
            Self::Corrupt => "corrupt",
            Self::Reorder => "reorder",
            Self::Limit => "limit",
            Self::DelayCorrelation => "delay_correlation",
            Self::LossCorrelation => "loss_correlation",
            Self::DuplicateCorrelation => "duplicate_correlation",
            Self::CorruptCorrelation => "corrupt_correlation",
            Self::ReorderCorrelation => "reorder_correlation",
            Self::Gap => "gap",
            Self::Rate => "rate",
            Self::Burst => "burst",
            Self::Queue => "queue",
        }
    }

    /// The measure of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|measure| measure.name() == name)
    }

    /// What it does, in a sentence.
    pub fn about(self) -> &'static str {
        match self {
            Self::Delay => "how long each frame waits",
            Self::Jitter => {
                "by how much the delay differs, to both sides; frames overtake each other then"
            }
            Self::Loss => "how many frames are lost",
            Self::Duplicate => "how many frames come twice",
            Self::Corrupt => "in how many frames a bit is turned over",
            Self::Reorder => "how many frames do not wait, and overtake those that do",
            Self::Limit => "most frames that wait for their delay; more are lost",
            Self::DelayCorrelation => {
                "how much the delay of a frame is like that of the one before"
            }
            Self::LossCorrelation => {
                "how much the loss of a frame depends on that of the one before"
            }
            Self::DuplicateCorrelation => {
                "how much it depends on the frame before whether one comes twice"
            }
            Self::CorruptCorrelation => {
                "how much it depends on the frame before whether one is corrupted"
            }
            Self::ReorderCorrelation => {
                "how much it depends on the frame before whether one overtakes"
            }
            Self::Gap => "of how many frames one may overtake the others",
            Self::Rate => "how much passes in a second",
            Self::Burst => "how much may pass at once after a pause",
            Self::Queue => "how much may wait for its turn; more is lost",
        }
    }

    /// What it is counted in.
    pub fn unit(self) -> Unit {
        match self {
            Self::Delay | Self::Jitter => Unit::Time,
            Self::Loss | Self::Duplicate | Self::Corrupt | Self::Reorder => Unit::Probability,
            Self::DelayCorrelation
            | Self::LossCorrelation
            | Self::DuplicateCorrelation
            | Self::CorruptCorrelation
            | Self::ReorderCorrelation => Unit::Probability,
            Self::Limit | Self::Gap => Unit::Frames,
            Self::Rate => Unit::Rate,
            Self::Burst | Self::Queue => Unit::Size,
        }
    }

    /// Whether it is `netem` that does it, and not `tbf`.
    pub fn is_netem(self) -> bool {
        !matches!(self, Self::Rate | Self::Burst | Self::Queue)
    }

    /// Its number in a quality.
    pub fn get(self, quality: &Quality) -> Option<u64> {
        match self {
            Self::Delay => quality.delay,
            Self::Jitter => quality.jitter,
            Self::Loss => quality.loss,
            Self::Duplicate => quality.duplicate,
            Self::Corrupt => quality.corrupt,
            Self::Reorder => quality.reorder,
            Self::Limit => quality.limit,
            Self::DelayCorrelation => quality.delay_correlation,
            Self::LossCorrelation => quality.loss_correlation,
            Self::DuplicateCorrelation => quality.duplicate_correlation,
            Self::CorruptCorrelation => quality.corrupt_correlation,
            Self::ReorderCorrelation => quality.reorder_correlation,
            Self::Gap => quality.gap,
            Self::Rate => quality.rate,
            Self::Burst => quality.burst,
            Self::Queue => quality.queue,
        }
    }

    /// Sets its number; 0 is nothing.
    pub fn set(self, quality: &mut Quality, number: Option<u64>) {
        let field = match self {
            Self::Delay => &mut quality.delay,
            Self::Jitter => &mut quality.jitter,
            Self::Loss => &mut quality.loss,
            Self::Duplicate => &mut quality.duplicate,
            Self::Corrupt => &mut quality.corrupt,
            Self::Reorder => &mut quality.reorder,
            Self::Limit => &mut quality.limit,
            Self::DelayCorrelation => &mut quality.delay_correlation,
            Self::LossCorrelation => &mut quality.loss_correlation,
            Self::DuplicateCorrelation => &mut quality.duplicate_correlation,
            Self::CorruptCorrelation => &mut quality.corrupt_correlation,
            Self::ReorderCorrelation => &mut quality.reorder_correlation,
            Self::Gap => &mut quality.gap,
            Self::Rate => &mut quality.rate,
            Self::Burst => &mut quality.burst,
            Self::Queue => &mut quality.queue,
        };
        *field = number.filter(|number| *number != 0);
    }

    /// A number as a person writes it.
    pub fn text(self, number: u64) -> String {
        match self.unit() {
            Unit::Time => units::time_text(number),
            Unit::Probability => units::percent_text(number),
            Unit::Frames => number.to_string(),
            Unit::Rate => units::rate_text(number),
            Unit::Size => units::size_text(number),
        }
    }

    /// Reads what a person wrote, which has a unit where people differ.
    pub fn read(self, text: &str) -> Result<u64, String> {
        let text = text.trim();
        let read = match self.unit() {
            Unit::Time => units::read_time(text, Bare::Refused),
            Unit::Probability => units::read_percent(text, Bare::Refused),
            Unit::Frames => {
                let read = text.parse();
                read.map_err(|_| format!("`{text}` is not a number of frames"))
            }
            Unit::Rate => units::read_rate(text, Bare::Refused),
            Unit::Size => units::read_size(text),
        };
        read.map_err(|error| format!("`{}`: {error}", self.name()))
    }

    /// The least and the most that it takes.
    pub fn range(self) -> (u64, u64) {
        match self {
            Self::Delay => (1, MAX_DELAY),
            Self::Jitter => (1, MAX_JITTER),
            Self::Loss | Self::Duplicate | Self::Corrupt | Self::Reorder => (1, CERTAIN),
            Self::DelayCorrelation
            | Self::LossCorrelation
            | Self::DuplicateCorrelation
            | Self::CorruptCorrelation
            | Self::ReorderCorrelation => (1, CERTAIN),
            Self::Rate => (8, MAX_RATE),
            Self::Gap | Self::Limit | Self::Burst | Self::Queue => (1, u64::from(u32::MAX)),
        }
    }

    /// The measure without which the kernel does nothing with it.
    pub fn needs(self) -> Option<Self> {
        match self {
            Self::Jitter | Self::Reorder | Self::Limit => Some(Self::Delay),
            Self::DelayCorrelation => Some(Self::Jitter),
            Self::LossCorrelation => Some(Self::Loss),
            Self::DuplicateCorrelation => Some(Self::Duplicate),
            Self::CorruptCorrelation => Some(Self::Corrupt),
            Self::ReorderCorrelation | Self::Gap => Some(Self::Reorder),
            Self::Burst | Self::Queue => Some(Self::Rate),
            _ => None,
        }
    }
}

impl Quality {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it needs `netem`.
    pub fn needs_netem(&self) -> bool {
        self.said().any(|(measure, _)| measure.is_netem())
    }

    /// Whether it needs `tbf`.
    pub fn needs_tbf(&self) -> bool {
        self.rate.is_some()
    }

    /// With another number of a measure, or without it and what nothing comes of then; `None` if
    /// nothing is left.
    pub fn with(self, measure: Measure, number: Option<u64>) -> Option<Self> {
        let mut changed = self;
        measure.set(&mut changed, number);
        let changed = changed.without_idle();
        (!changed.is_empty()).then_some(changed)
    }

    /// Without what nothing comes of.
    #[must_use]
    pub fn without_idle(mut self) -> Self {
        // A measure comes after the one that it needs.
        for measure in Measure::ALL {
            if measure
                .needs()
                .is_some_and(|other| other.get(&self).is_none())
            {
                measure.set(&mut self, None);
            }
        }
        self
    }

    /// What it says, in order.
    pub fn said(&self) -> impl Iterator<Item = (Measure, u64)> + use<> {
        let quality = *self;
        Measure::ALL
            .into_iter()
            .filter_map(move |measure| Some((measure, measure.get(&quality)?)))
    }

    /// As people write it: `delay 10ms, loss 1%`.
    pub fn text(&self) -> String {
        let said = self.said();
        let words =
            said.map(|(measure, number)| format!("{} {}", measure.name(), measure.text(number)));
        words.collect::<Vec<_>>().join(", ")
    }

    /// Bytes that pass at once: what is said, or what passes in 1/250 s, and at least a frame of
    /// [`LEAST_USUAL_BURST`].
    pub fn burst(&self) -> u64 {
        let usual = (self.rate.unwrap_or_default() / 8 / BURSTS_A_SECOND).max(LEAST_USUAL_BURST);
        self.burst.unwrap_or(usual)
    }

    /// Bytes that may wait: what is said, or the burst and what passes in [`USUAL_LATENCY`], which
    /// is what `tc … latency 50ms` sets.
    pub fn queue(&self) -> u64 {
        let usual = usual_queue(self.rate.unwrap_or_default(), self.burst());
        self.queue.unwrap_or(usual)
    }

    /// Refuses what the kernel or `tc` would refuse, and what they would take and not do.
    pub fn check(&self) -> Result<(), (Option<Measure>, String)> {
        if self.is_empty() {
            return Err((
                None,
                "a quality says something: a delay, a rate, …".to_owned(),
            ));
        }
        for (measure, number) in self.said() {
            let name = measure.name();
            let fail = |why: String| Err((Some(measure), format!("`{name}`: {why}")));
            let (least, most) = measure.range();
            if !(least..=most).contains(&number) {
                let (least, most) = (measure.text(least), measure.text(most));
                let is = measure.text(number);
                return fail(format!("it takes {least} to {most}, not {is}"));
            }
            if let Some(other) = measure.needs().filter(|other| other.get(self).is_none()) {
                return fail(format!("nothing comes of it without a {}", other.name()));
            }
        }
        match self.rate {
            Some(rate) => self.check_rate(rate),
            None => Ok(()),
        }
    }

    fn check_rate(&self, rate: u64) -> Result<(), (Option<Measure>, String)> {
        if !rate.is_multiple_of(8) {
            let why = format!("`rate`: the kernel counts whole bytes a second, not {rate} bits");
            return Err((Some(Measure::Rate), why));
        }
        // `struct tc_tbf_qopt` holds the time of a burst in 32 bits of ticks.
        let time = u128::from(self.burst()) * 1_000_000_000 * 8 / u128::from(rate);
        if time > u128::from(MAX_DELAY) {
            let (burst, most) = (units::size_text(self.burst()), units::time_text(MAX_DELAY));
            let why = format!("`burst`: {burst} at this rate last longer than {most}");
            return Err((Some(Measure::Burst), why));
        }
        Ok(())
    }

    /// Refuses a burst or a queue into which no frame of this MTU fits: `tbf` would lose all of
    /// them (`tbf_enqueue`, `bfifo_enqueue`).
    pub fn check_mtu(&self, mtu: u32) -> Result<(), (Measure, String)> {
        if self.rate.is_none() {
            return Ok(());
        }
        let frame = u64::from(mtu) + ETHERNET_HEADER;
        for (measure, has) in [
            (Measure::Burst, self.burst()),
            (Measure::Queue, self.queue()),
        ] {
            if has < frame {
                let name = measure.name();
                let why = format!(
                    "`{name}`: a frame has up to {frame} bytes here, and {has} would let none of \
                     that size pass"
                );
                return Err((measure, why));
            }
        }
        Ok(())
    }

    /// Without what holds anyway.
    #[must_use]
    pub fn without_usual(self) -> Self {
        let mut short = self;
        short.limit = self.limit.filter(|limit| *limit != USUAL_LIMIT);
        short.gap = self.gap.filter(|gap| *gap != USUAL_GAP);
        // The usual queue depends on the burst: it is judged by the burst that there is.
        short.queue = self
            .queue
            .filter(|queue| *queue != usual_queue(self.rate.unwrap_or_default(), self.burst()));
        let usual = Self {
            burst: None,
            ..self
        }
        .burst();
        short.burst = self.burst.filter(|burst| *burst != usual);
        short
    }

    /// The queueing disciplines that do it.
    pub fn qdiscs(&self) -> Qdiscs {
        Qdiscs::of(self)
    }
}

/// `tc` computes a `limit` from a `latency` so (`tbf_parse_opt`).
fn usual_queue(rate: u64, burst: u64) -> u64 {
    queue_of(rate / 8, burst, USUAL_LATENCY)
}

/// The bytes that may wait so that none waits longer, at a rate in bytes a second.
pub(crate) fn queue_of(rate: u64, burst: u64, nanoseconds: u64) -> u64 {
    let waiting = u128::from(rate) * u128::from(nanoseconds / 1_000) / 1_000_000;
    let queue = waiting.saturating_add(u128::from(burst));
    u64::try_from(queue)
        .unwrap_or(u64::MAX)
        .min(u64::from(u32::MAX))
}

#[cfg(test)]
mod tests;
