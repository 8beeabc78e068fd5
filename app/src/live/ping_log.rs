//! What one ping said so far.

use std::collections::VecDeque;

use protocol::ping::{PingEvent, PingFinding, PingInfo};

/// How many requests the line of round trips shows.
pub(crate) const SAMPLES: usize = 60;

/// One request and what came of it.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Sample {
    /// Its number.
    pub(crate) sequence: u64,
    /// What came of it.
    pub(crate) fate: Fate,
}

/// What came of a request.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Fate {
    /// A reply, after so many nanoseconds.
    Reply(u64),
    /// Nothing.
    Lost,
    /// An error: from the network, or the kernel refused to send.
    Error,
}

/// How a ping goes, in one word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum PingState {
    /// Nothing has been heard yet.
    Waiting,
    /// The latest request was answered.
    Ok,
    /// The latest request was not.
    Lost,
    /// The latest request met an error.
    Error,
}

impl PingState {
    /// For `data-state` and style sheets.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Ok => "ok",
            Self::Lost => "lost",
            Self::Error => "error",
        }
    }
}

/// An error that a request met.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct PingError {
    /// Which request.
    sequence: u64,
    /// For a person.
    pub(crate) text: String,
}

/// One ping.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct PingLog {
    /// What it is.
    pub(crate) info: PingInfo,
    /// How it goes.
    pub(crate) state: PingState,
    /// Whether it still sends.
    pub(crate) running: bool,
    /// Why it ended, if nobody stopped it.
    pub(crate) ended: Option<String>,
    /// The latest requests, oldest first.
    pub(crate) samples: VecDeque<Sample>,
    /// The latest reply: sequence, nanoseconds, time to live.
    pub(crate) last: Option<(u64, u64, Option<u8>)>,
    /// The latest error.
    pub(crate) error: Option<PingError>,
    /// What is seen while no reply comes.
    pub(crate) findings: Vec<PingFinding>,
    /// Replies.
    pub(crate) replies: u64,
    /// Requests without an answer, errors included.
    pub(crate) lost: u64,
    /// Replies that came twice.
    pub(crate) duplicates: u64,
    min: u64,
    max: u64,
    sum: u64,
}

impl PingLog {
    /// A ping that has said nothing.
    pub(crate) fn new(info: PingInfo) -> Self {
        Self {
            info,
            state: PingState::Waiting,
            running: true,
            ended: None,
            samples: VecDeque::new(),
            last: None,
            error: None,
            findings: Vec::new(),
            replies: 0,
            lost: 0,
            duplicates: 0,
            min: u64::MAX,
            max: 0,
            sum: 0,
        }
    }

    /// Takes in what it says.
    pub(crate) fn take(&mut self, event: PingEvent) {
        match event {
            PingEvent::Reply {
                sequence,
                rtt_ns,
                ttl,
                ..
            } => {
                if !self.settle(sequence, Fate::Reply(rtt_ns)) {
                    return;
                }
                self.replies += 1;
                self.min = self.min.min(rtt_ns);
                self.max = self.max.max(rtt_ns);
                self.sum = self.sum.saturating_add(rtt_ns);
                self.last = Some((sequence, rtt_ns, ttl));
                self.state = PingState::Ok;
                self.error = None;
            }
            PingEvent::Duplicate { .. } => self.duplicates += 1,
            // The reply itself has been told.
            PingEvent::OutOfOrder { .. } => {}
            PingEvent::Corrupted {
                sequence,
                from,
                byte,
            } => {
                let text = format!("{from} answers with other data: byte {byte} differs");
                self.failed(sequence, text);
            }
            PingEvent::Flood(counts) => {
                self.replies = counts.received;
                self.lost = counts.lost;
                self.duplicates = counts.duplicates;
                self.sum = counts.rtt_sum_ns;
                if counts.received > 0 {
                    (self.min, self.max) = (counts.rtt_min_ns, counts.rtt_max_ns);
                    self.state = PingState::Ok;
                }
            }
            PingEvent::Lost { sequence } => {
                if self.settle(sequence, Fate::Lost) {
                    self.state = PingState::Lost;
                    // What an earlier request met says nothing of this one.
                    self.error.take_if(|error| error.sequence < sequence);
                }
            }
            PingEvent::IcmpError {
                sequence,
                from,
                meaning,
                ..
            } => self.failed(sequence, format!("{from} says: {meaning}")),
            PingEvent::SendFailed { sequence, error } => {
                self.failed(sequence, format!("The kernel refuses to send: {error}"));
            }
            PingEvent::Diagnosis { findings } => self.findings = findings,
            PingEvent::Stopped { error } => {
                self.running = false;
                self.ended = error;
            }
        }
    }

    fn failed(&mut self, sequence: u64, text: String) {
        // One that does not tell which request it is about is about one of the latest; that one is
        // counted when it is lost.
        let (about, is_news) = match sequence {
            0 => (self.samples.back().map_or(0, |last| last.sequence), true),
            known => (known, self.settle(known, Fate::Error)),
        };
        if is_news {
            self.error = Some(PingError {
                sequence: about,
                text,
            });
            self.state = PingState::Error;
        }
    }

    /// Writes down what came of a request and counts it once; whether that is news.
    fn settle(&mut self, sequence: u64, fate: Fate) -> bool {
        let known = self.samples.iter_mut().find(|s| s.sequence == sequence);
        let Some(known) = known else {
            if self.is_forgotten(sequence) {
                // Counted long ago.
                return false;
            }
            self.lost += u64::from(!matches!(fate, Fate::Reply(_)));
            if self.samples.len() == SAMPLES {
                self.samples.pop_front();
            }
            self.samples.push_back(Sample { sequence, fate });
            return true;
        };
        match (&known.fate, &fate) {
            // A reply that came too late makes its loss good.
            (Fate::Lost | Fate::Error, Fate::Reply(_)) => self.lost = self.lost.saturating_sub(1),
            // Why it was lost.
            (Fate::Lost, Fate::Error) => {}
            // An error has told of it already, or a reply has come.
            _ => return false,
        }
        known.fate = fate;
        true
    }

    /// Whether a request is older than all that are kept.
    fn is_forgotten(&self, sequence: u64) -> bool {
        let full = self.samples.len() == SAMPLES;
        full && self.samples.iter().all(|s| s.sequence > sequence)
    }

    /// Least, mean and greatest round trip in nanoseconds; `None` before the first reply.
    pub(crate) fn round_trips(&self) -> Option<(u64, u64, u64)> {
        let mean = self.sum.checked_div(self.replies)?;
        Some((self.min, mean, self.max))
    }

    /// Requests that were answered for, one way or the other.
    pub(crate) fn requests(&self) -> u64 {
        self.replies + self.lost
    }

    /// How many of a hundred requests were not answered.
    pub(crate) fn loss_percent(&self) -> f64 {
        match self.requests() {
            0 => 0.0,
            all => self.lost as f64 * 100.0 / all as f64,
        }
    }
}

/// Nanoseconds as milliseconds with three significant digits or more, as `ping` prints them.
pub(crate) fn milliseconds(ns: u64) -> String {
    let ms = ns as f64 / 1e6;
    match ms {
        ms if ms < 1.0 => format!("{ms:.3}"),
        ms if ms < 10.0 => format!("{ms:.2}"),
        ms if ms < 100.0 => format!("{ms:.1}"),
        ms => format!("{ms:.0}"),
    }
}

/// The line of round trips as SVG path data in a box of that size, and the places of losses along
/// it. A gap is left where no reply came.
pub(crate) fn sparkline(samples: &VecDeque<Sample>, (w, h): (f64, f64)) -> (String, Vec<f64>) {
    let most = samples
        .iter()
        .filter_map(|sample| match sample.fate {
            Fate::Reply(ns) => Some(ns),
            Fate::Lost | Fate::Error => None,
        })
        .max()
        .unwrap_or(1)
        .max(1) as f64;
    let step = w / (SAMPLES.saturating_sub(1)) as f64;
    let mut line = String::new();
    let mut losses = Vec::new();
    let mut pen_down = false;
    for (index, sample) in samples.iter().enumerate() {
        let x = step * index as f64;
        match sample.fate {
            Fate::Reply(ns) => {
                let y = h - 1.5 - (h - 3.0) * (ns as f64 / most);
                let letter = if pen_down { 'L' } else { 'M' };
                line.push_str(&format!("{letter}{x:.1} {y:.1}"));
                if !pen_down {
                    // A lone reply is a dot.
                    line.push_str("h.01");
                }
                pen_down = true;
            }
            Fate::Lost | Fate::Error => {
                losses.push(x);
                pen_down = false;
            }
        }
    }
    (line, losses)
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::ping::PingId;
    use topology::NamespaceId;

    fn log() -> PingLog {
        PingLog::new(PingInfo {
            id: PingId(1),
            source: NamespaceId(1),
            source_name: "red".into(),
            target: "10.0.0.2".parse().unwrap(),
            options: Default::default(),
        })
    }

    fn reply(sequence: u64, rtt_ns: u64) -> PingEvent {
        PingEvent::Reply {
            sequence,
            from: "10.0.0.2".parse().unwrap(),
            rtt_ns,
            ttl: Some(64),
            bytes: 64,
        }
    }

    #[test]
    fn counts_and_round_trips() {
        let mut log = log();
        assert_eq!(log.round_trips(), None);
        for event in [
            reply(1, 40_000),
            reply(2, 60_000),
            PingEvent::Lost { sequence: 3 },
        ] {
            log.take(event);
        }
        assert_eq!(log.round_trips(), Some((40_000, 50_000, 60_000)));
        assert_eq!(
            (log.requests(), log.lost, log.state),
            (3, 1, PingState::Lost)
        );
        assert!((log.loss_percent() - 33.3).abs() < 0.1);
        // A late reply makes the loss good.
        log.take(reply(3, 2_000_000_000));
        assert_eq!((log.requests(), log.lost, log.state), (3, 0, PingState::Ok));
    }

    fn unreachable(sequence: u64) -> PingEvent {
        PingEvent::IcmpError {
            sequence,
            from: "10.0.0.1".parse().unwrap(),
            kind: 3,
            code: 1,
            meaning: "Destination Host Unreachable".into(),
        }
    }

    #[test]
    fn an_error_after_a_loss_is_about_the_same_request() {
        let mut log = log();
        for sequence in 1..=38 {
            log.take(PingEvent::Lost { sequence });
            log.take(unreachable(sequence));
        }
        assert_eq!((log.replies, log.requests(), log.lost), (0, 38, 38));
        assert_eq!(log.state, PingState::Error);
        // One that does not tell which request it is about is not counted beside it.
        log.take(unreachable(0));
        log.take(PingEvent::Lost { sequence: 39 });
        assert_eq!((log.requests(), log.lost), (39, 39));
        // A late reply makes an error good, too.
        log.take(reply(38, 10));
        assert_eq!((log.replies, log.requests(), log.lost), (1, 39, 38));
    }

    #[test]
    fn an_error_goes_when_a_later_request_is_only_lost() {
        let mut log = log();
        log.take(unreachable(1));
        log.take(PingEvent::Lost { sequence: 1 });
        assert!(log.error.is_some());
        log.take(PingEvent::Lost { sequence: 2 });
        assert_eq!((log.error.is_some(), log.state), (false, PingState::Lost));
        // One about the same request comes after it.
        log.take(unreachable(2));
        assert!(log.error.is_some());
    }

    #[test]
    fn an_error_is_counted_once() {
        let mut log = log();
        log.take(unreachable(1));
        log.take(PingEvent::Lost { sequence: 1 });
        assert_eq!((log.lost, log.state), (1, PingState::Error));
        assert_eq!(
            log.error.as_ref().map(|error| error.text.as_str()),
            Some("10.0.0.1 says: Destination Host Unreachable")
        );
        log.take(PingEvent::Stopped { error: None });
        assert!(!log.running);
    }

    #[test]
    fn the_line_has_gaps_where_nothing_came() {
        let mut log = log();
        log.take(reply(1, 10));
        log.take(reply(2, 20));
        log.take(PingEvent::Lost { sequence: 3 });
        log.take(reply(4, 20));
        let (line, losses) = sparkline(&log.samples, (118.0, 20.0));
        assert_eq!(line.matches('M').count(), 2);
        assert_eq!(losses, [4.0]);
        for sequence in 5..500 {
            log.take(reply(sequence, 20));
        }
        assert_eq!(log.samples.len(), SAMPLES);
    }

    #[test]
    fn times_are_written_like_ping_writes_them() {
        assert_eq!(milliseconds(41_000), "0.041");
        assert_eq!(milliseconds(1_234_000), "1.23");
        assert_eq!(milliseconds(123_456_789), "123");
    }
}
