//! The queueing disciplines that make a quality.
//!
//! `netem` is the root with `tbf` below it, so that frames are delayed first and then take their
//! turn (the way of the netem page of the Linux Foundation's wiki); without one of the two the
//! other is the root. The kernel changes each in place, and adds and takes the `tbf` below a
//! `netem`, with no frame lost. Only where the root becomes another kind are the frames lost that
//! wait in it.

use serde::{Deserialize, Serialize};

use super::{Measure, Quality, TICK, USUAL_GAP, USUAL_LIMIT, units};

/// What is queued where.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Qdiscs {
    /// The root; `None` is what the kernel puts there by itself.
    pub root: Option<Qdisc>,
    /// What somebody put below a `netem` that is the root.
    pub child: Option<Qdisc>,
}

/// A queueing discipline that somebody made.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Qdisc {
    /// `netem`.
    Netem(Netem),
    /// `tbf`.
    Tbf(Tbf),
    /// Another, or one with options that no quality has: by its kind.
    Other(String),
}

/// What `netem` is set to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Netem {
    /// Nanoseconds.
    pub delay: u64,
    /// Nanoseconds.
    pub jitter: u64,
    /// Millionths.
    pub loss: u64,
    /// Millionths.
    pub duplicate: u64,
    /// Millionths.
    pub corrupt: u64,
    /// Millionths.
    pub reorder: u64,
    /// Millionths.
    pub delay_correlation: u64,
    /// Millionths.
    pub loss_correlation: u64,
    /// Millionths.
    pub duplicate_correlation: u64,
    /// Millionths.
    pub corrupt_correlation: u64,
    /// Millionths.
    pub reorder_correlation: u64,
    /// Frames; 0 where none overtakes.
    pub gap: u64,
    /// Frames.
    pub limit: u64,
    /// Bytes a second; 0 is none. A quality has a `tbf` for it: this is somebody else's.
    pub rate: u64,
}

/// What `tbf` is set to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Tbf {
    /// Bytes a second.
    pub rate: u64,
    /// Bytes.
    pub burst: u64,
    /// Bytes that may wait, the burst included.
    pub limit: u64,
}

/// Which of an interface's queueing disciplines.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The root.
    Root,
    /// The one below a `netem` that is the root.
    Child,
}

impl Default for Netem {
    /// One that does nothing.
    fn default() -> Self {
        Self {
            delay: 0,
            jitter: 0,
            loss: 0,
            duplicate: 0,
            corrupt: 0,
            reorder: 0,
            delay_correlation: 0,
            loss_correlation: 0,
            duplicate_correlation: 0,
            corrupt_correlation: 0,
            reorder_correlation: 0,
            gap: 0,
            limit: USUAL_LIMIT,
            rate: 0,
        }
    }
}

impl Qdisc {
    /// What `tc` calls it.
    pub fn kind(&self) -> &str {
        match self {
            Self::Netem(_) => "netem",
            Self::Tbf(_) => "tbf",
            Self::Other(kind) => kind,
        }
    }

    /// Whether the kernel has what was asked for.
    pub fn is_same(&self, is: &Self) -> bool {
        match (self, is) {
            (Self::Tbf(wanted), Self::Tbf(is)) => wanted.is_same(is),
            (Self::Netem(wanted), Self::Netem(is)) => wanted.is_same(is),
            (wanted, is) => wanted == is,
        }
    }
}

impl Netem {
    /// `tc` says times in ticks.
    fn is_same(&self, is: &Self) -> bool {
        let [delay, jitter] = [
            self.delay.abs_diff(is.delay),
            self.jitter.abs_diff(is.jitter),
        ];
        let otherwise = Self {
            delay: self.delay,
            jitter: self.jitter,
            ..*is
        };
        delay < TICK && jitter < TICK && *self == otherwise
    }

    /// What the kernel takes together: of delays, losses and duplicates.
    pub fn correlations(&self) -> [u64; 3] {
        [
            self.delay_correlation,
            self.loss_correlation,
            self.duplicate_correlation,
        ]
    }
}

impl Tbf {
    /// The kernel keeps a burst as the time that it takes, in ticks.
    fn is_same(&self, is: &Self) -> bool {
        let apart = self.burst.abs_diff(is.burst);
        self.rate == is.rate && self.limit == is.limit && apart <= in_a_tick(self.rate)
    }

    /// The burst of so many ticks at a rate: the smallest that gives as many again.
    pub fn burst_of(rate: u64, ticks: u32) -> u64 {
        let bytes = u128::from(rate) * u128::from(ticks) * u128::from(TICK);
        u64::try_from(bytes.div_ceil(1_000_000_000)).unwrap_or(u64::MAX)
    }
}

/// The bytes that pass in a tick and were begun before it, at a rate in bytes a second.
fn in_a_tick(rate: u64) -> u64 {
    rate.saturating_mul(TICK).div_ceil(1_000_000_000) + 1
}

impl Qdiscs {
    /// Those that make a quality.
    pub(super) fn of(quality: &Quality) -> Self {
        let number = Option::unwrap_or_default;
        let netem = quality.needs_netem().then(|| {
            Qdisc::Netem(Netem {
                delay: number(quality.delay),
                jitter: number(quality.jitter),
                loss: number(quality.loss),
                duplicate: number(quality.duplicate),
                corrupt: number(quality.corrupt),
                reorder: number(quality.reorder),
                delay_correlation: number(quality.delay_correlation),
                loss_correlation: number(quality.loss_correlation),
                duplicate_correlation: number(quality.duplicate_correlation),
                corrupt_correlation: number(quality.corrupt_correlation),
                reorder_correlation: number(quality.reorder_correlation),
                gap: match quality.reorder {
                    Some(_) => quality.gap.unwrap_or(USUAL_GAP),
                    None => 0,
                },
                limit: quality.limit.unwrap_or(USUAL_LIMIT),
                rate: 0,
            })
        });
        let tbf = quality.rate.map(|rate| {
            Qdisc::Tbf(Tbf {
                rate: rate / 8,
                burst: quality.burst(),
                limit: quality.queue(),
            })
        });
        match netem {
            Some(netem) => Self {
                root: Some(netem),
                child: tbf,
            },
            None => Self {
                root: tbf,
                child: None,
            },
        }
    }

    /// The quality that they make, without what is usual; `None` if they make none.
    ///
    /// What no quality has is left out.
    pub fn quality(&self) -> Option<Quality> {
        let mut quality = Quality::default();
        for found in [&self.root, &self.child].into_iter().flatten() {
            match found {
                Qdisc::Netem(netem) => {
                    let some = |number: u64| Some(number).filter(|number| *number != 0);
                    quality.delay = some(netem.delay);
                    quality.jitter = some(netem.jitter);
                    quality.loss = some(netem.loss);
                    quality.duplicate = some(netem.duplicate);
                    quality.corrupt = some(netem.corrupt);
                    quality.reorder = some(netem.reorder);
                    quality.delay_correlation = some(netem.delay_correlation);
                    quality.loss_correlation = some(netem.loss_correlation);
                    quality.duplicate_correlation = some(netem.duplicate_correlation);
                    quality.corrupt_correlation = some(netem.corrupt_correlation);
                    quality.reorder_correlation = some(netem.reorder_correlation);
                    quality.gap = some(netem.gap);
                    quality.limit = some(netem.limit);
                    quality.rate = some(netem.rate.saturating_mul(8));
                }
                Qdisc::Tbf(tbf) => {
                    quality.rate = Some(tbf.rate.saturating_mul(8));
                    // The kernel cuts the usual one to whole ticks.
                    let usual = Tbf {
                        burst: quality.burst(),
                        ..*tbf
                    };
                    quality.burst = Some(tbf.burst).filter(|_| !usual.is_same(tbf));
                    quality.queue = Some(tbf.limit);
                }
                Qdisc::Other(_) => {}
            }
        }
        let quality = quality.without_idle().without_usual();
        (!quality.is_empty()).then_some(quality)
    }

    /// Whether the kernel has what was asked for.
    pub fn is_same(&self, is: &Self) -> bool {
        let same = |wanted: &Option<Qdisc>, is: &Option<Qdisc>| match (wanted, is) {
            (Some(wanted), Some(is)) => wanted.is_same(is),
            (wanted, is) => wanted.is_none() && is.is_none(),
        };
        same(&self.root, &is.root) && same(&self.child, &is.child)
    }

    /// As people say it: `delay 10ms, loss 1%`, and by its kind what no quality is.
    pub fn text(&self) -> String {
        let all = || [&self.root, &self.child].into_iter().flatten();
        let mut words = Vec::new();
        words.extend(self.quality().map(|quality| quality.text()));
        for found in all() {
            match found {
                Qdisc::Other(kind) => words.push(kind.clone()),
                Qdisc::Netem(netem) if netem.rate != 0 => {
                    let rate = units::rate_text(netem.rate.saturating_mul(8));
                    words.push(format!("netem rate {rate}"));
                }
                Qdisc::Netem(_) if self.quality().is_none() => words.push("netem".to_owned()),
                Qdisc::Netem(_) | Qdisc::Tbf(_) => {}
            }
        }
        words.join(", ")
    }
}

/// How the kernel differs from what is wanted: what, wanted, observed.
pub fn differences(
    wanted: Option<&Quality>,
    observed: &Qdiscs,
) -> Vec<(&'static str, String, String)> {
    let qdiscs = wanted.map(Quality::qdiscs).unwrap_or_default();
    if qdiscs.is_same(observed) {
        return Vec::new();
    }
    let is_strange = |qdisc: &Option<Qdisc>| matches!(qdisc, Some(Qdisc::Other(_)));
    let is = observed.quality().unwrap_or_default();
    let wanted = wanted.copied().unwrap_or_default().without_usual();
    let text = |measure: Measure, quality: &Quality| {
        let number = measure.get(quality);
        number
            .map(|number| measure.text(number))
            .unwrap_or_default()
    };
    let rate = wanted.rate.unwrap_or_default() / 8;
    let is_near = |measure: Measure| {
        let numbers = measure.get(&wanted).zip(measure.get(&is));
        numbers.is_some_and(|(wanted, is)| match measure {
            Measure::Delay | Measure::Jitter => wanted.abs_diff(is) < TICK,
            Measure::Burst => wanted.abs_diff(is) <= in_a_tick(rate),
            _ => wanted == is,
        })
    };
    let differing = Measure::ALL.into_iter().filter(|m| !is_near(*m));
    let differing = differing.filter_map(|measure| {
        let (wanted, is) = (text(measure, &wanted), text(measure, &is));
        (wanted != is).then_some((measure.name(), wanted, is))
    });
    let differing: Vec<_> = differing.collect();
    // Somebody else's way to the same quality, or one that is none.
    if differing.is_empty() || is_strange(&observed.root) || is_strange(&observed.child) {
        return vec![("quality", wanted.text(), observed.text())];
    }
    differing
}
