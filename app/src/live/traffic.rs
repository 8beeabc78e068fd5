//! What passes each link now: rates made of the counters that the server sends.

use std::collections::{BTreeMap, BTreeSet};

use leptos::prelude::*;
use protocol::counters::{CounterBatch, Counters, Flow};
use topology::InterfaceId;
use topology::document::Link;

/// The traffic of a lab, while somebody wants to see it.
#[derive(Clone, Copy)]
pub(crate) struct Traffic {
    /// Whether it is shown.
    pub(crate) on: RwSignal<bool>,
    plain: StoredValue<Plain>,
}

#[derive(Default)]
struct Plain {
    /// The newest, and when they were read.
    counters: BTreeMap<InterfaceId, Counters>,
    at: Option<u64>,
    cells: BTreeMap<Link, ArcRwSignal<Shown>>,
}

/// What is shown of a link.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Shown {
    /// How much in all, from 0 (nothing) to 6: a step for each power of ten from 1 kB/s on.
    pub(crate) load: u8,
    /// What the first end sends, and the second; empty while it sends nothing.
    pub(crate) sent: [String; 2],
    /// What is lost both ways; empty if nothing is.
    pub(crate) lost: String,
}

impl Traffic {
    pub(crate) fn new() -> Self {
        Self {
            on: RwSignal::new(false),
            plain: StoredValue::new(Plain::default()),
        }
    }

    /// What is shown of a link.
    pub(crate) fn of(self, link: Link) -> ArcRwSignal<Shown> {
        let cell = self
            .plain
            .try_update_value(|plain| plain.cells.entry(link).or_default().clone());
        cell.unwrap_or_default()
    }

    /// Forgets what was counted: the next batch has everything.
    pub(crate) fn forget(self) {
        self.plain.update_value(|plain| {
            plain.counters.clear();
            plain.at = None;
            for cell in plain.cells.values() {
                set(cell, Shown::default());
            }
        });
    }

    /// Takes in what was counted. `links` are those there are.
    pub(crate) fn take(self, batch: CounterBatch, links: &BTreeSet<Link>) {
        self.plain.update_value(|plain| {
            let CounterBatch { at, rows } = batch;
            let seconds = plain
                .at
                .replace(at)
                .map(|before| at.saturating_sub(before) as f64 / 1e6);
            let mut moved = BTreeMap::new();
            for (id, now) in rows {
                let before = plain.counters.insert(id, now);
                // One that is new has begun by itself: nothing is known of how fast.
                if let (Some(before), Some(seconds)) = (before, seconds.filter(|s| *s > 0.0)) {
                    moved.insert(id, rates(before, now, seconds));
                }
            }
            plain.cells.retain(|link, _| links.contains(link));
            for (link, cell) in &plain.cells {
                set(cell, shown(link.ends.map(|end| moved.get(&end))));
            }
        });
    }
}

/// Whoever draws it is not bothered by what is the same.
fn set(cell: &ArcRwSignal<Shown>, now: Shown) {
    if cell.with_untracked(|before| *before != now) {
        cell.set(now);
    }
}

/// What passes in a second.
#[derive(Clone, Copy, Default, PartialEq, Debug)]
struct Rate {
    packets: f64,
    bytes: f64,
    lost: f64,
}

/// Both directions of an interface.
#[derive(Clone, Copy, Default, PartialEq, Debug)]
struct Rates {
    received: Rate,
    sent: Rate,
}

fn rates(before: Counters, now: Counters, seconds: f64) -> Rates {
    // They never go back; an interface that was made anew begins at 0.
    let rise = |before: u64, now: u64| now.saturating_sub(before) as f64 / seconds;
    let flow = |before: Flow, now: Flow| Rate {
        packets: rise(before.packets, now.packets),
        bytes: rise(before.bytes, now.bytes),
        lost: rise(before.dropped, now.dropped) + rise(before.errors, now.errors),
    };
    Rates {
        received: flow(before.received, now.received),
        sent: flow(before.sent, now.sent),
    }
}

/// Both ends count what passes between them: the larger is the newer.
fn shown(ends: [Option<&Rates>; 2]) -> Shown {
    let [a, b] = ends.map(|end| end.copied().unwrap_or_default());
    let larger = |a: Rate, b: Rate| Rate {
        packets: a.packets.max(b.packets),
        bytes: a.bytes.max(b.bytes),
        lost: a.lost.max(b.lost),
    };
    let ways = [larger(a.sent, b.received), larger(b.sent, a.received)];
    let load = load(ways.iter().map(|way| way.bytes).sum());
    let lost: f64 = ways.iter().map(|way| way.lost).sum();
    Shown {
        load,
        sent: ways.map(words),
        lost: match lost > 0.0 {
            true => format!("{} lost/s", number(lost)),
            false => String::new(),
        },
    }
}

fn load(bytes: f64) -> u8 {
    let steps = [0.0, 1e3, 1e4, 1e5, 1e6, 1e7];
    steps.iter().filter(|step| bytes > **step).count() as u8
}

fn words(rate: Rate) -> String {
    if rate.packets <= 0.0 {
        return String::new();
    }
    let (scale, unit) = match rate.bytes {
        bytes if bytes >= 1e9 => (1e9, "GB/s"),
        bytes if bytes >= 1e6 => (1e6, "MB/s"),
        bytes if bytes >= 1e3 => (1e3, "kB/s"),
        _ => (1.0, "B/s"),
    };
    let bytes = number(rate.bytes / scale);
    format!("{bytes} {unit} · {} p/s", number(rate.packets))
}

/// Two or three digits that count.
fn number(value: f64) -> String {
    match value {
        value if value >= 1e6 => format!("{:.1}M", value / 1e6),
        value if value >= 1e4 => format!("{:.0}k", value / 1e3),
        value if value >= 10.0 => format!("{value:.0}"),
        _ => format!("{value:.1}"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn flow(packets: u64, bytes: u64) -> Flow {
        Flow {
            packets,
            bytes,
            ..Flow::default()
        }
    }

    #[test]
    fn rates_are_by_the_second_and_each_way_by_itself() {
        let before = Counters::default();
        let now = Counters {
            received: flow(10, 840),
            sent: flow(1000, 1_500_000),
        };
        let rates = rates(before, now, 0.5);
        let shown = shown([Some(&rates), None]);
        assert_eq!(shown.sent, ["3.0 MB/s · 2000 p/s", "1.7 kB/s · 20 p/s"]);
        assert_eq!((shown.load, shown.lost.as_str()), (5, ""));
    }

    #[test]
    fn a_loss_that_both_ends_count_is_one() {
        let lossy = |way: fn(Flow) -> Counters| {
            let flow = Flow {
                dropped: 6,
                ..Flow::default()
            };
            rates(Counters::default(), way(flow), 0.5)
        };
        let a = lossy(|sent| Counters {
            sent,
            ..Counters::default()
        });
        let b = lossy(|received| Counters {
            received,
            ..Counters::default()
        });
        assert_eq!(shown([Some(&a), Some(&b)]).lost, "12 lost/s");
        assert_eq!(shown([None, None]), Shown::default());
    }

    #[test]
    fn an_interface_that_was_made_anew_is_not_faster_than_light() {
        let before = Counters {
            received: flow(10, 840),
            sent: Flow::default(),
        };
        let rates = rates(before, Counters::default(), 0.5);
        assert_eq!(rates, Rates::default());
    }
}
