//! The pace of a flood, and what it counts.

use std::time::{Duration, Instant};

use protocol::ping::{FloodCounts, MOST_FLOOD};

/// Without answers it sends a hundred a second, as `ping -f` does.
pub(super) const WITHOUT_ANSWERS: Duration = Duration::from_millis(10);
/// From one report to the next.
pub(super) const BETWEEN_REPORTS: Duration = Duration::from_millis(200);
/// Requests that may be sent at once after a pause.
const BURST: f64 = 20.0;

/// A flood.
#[derive(Debug)]
pub(super) struct Flood {
    pub(super) counts: FloodCounts,
    pub(super) reported: Instant,
    /// Requests that may be sent now.
    allowed: f64,
    filled: Instant,
}

impl Flood {
    pub(super) fn new() -> Self {
        let now = Instant::now();
        Self {
            counts: FloodCounts::default(),
            reported: now,
            allowed: BURST,
            filled: now,
        }
    }

    /// Whether one more may be sent now; it is then taken for sent.
    pub(super) fn may_send(&mut self, now: Instant) -> bool {
        let elapsed = now.saturating_duration_since(self.filled);
        self.filled = now;
        let more = elapsed.as_secs_f64() * f64::from(MOST_FLOOD);
        self.allowed = (self.allowed + more).min(BURST);
        let may = self.allowed >= 1.0;
        if may {
            self.allowed -= 1.0;
        }
        may
    }

    /// Counts a reply.
    pub(super) fn replied(&mut self, rtt: Duration, out_of_order: bool) {
        let rtt = u64::try_from(rtt.as_nanos()).unwrap_or(u64::MAX);
        let counts = &mut self.counts;
        counts.rtt_min_ns = match counts.received {
            0 => rtt,
            _ => counts.rtt_min_ns.min(rtt),
        };
        counts.rtt_max_ns = counts.rtt_max_ns.max(rtt);
        counts.rtt_sum_ns = counts.rtt_sum_ns.saturating_add(rtt);
        counts.received += 1;
        counts.out_of_order += u64::from(out_of_order);
    }

    /// What there is to tell now, if it is time.
    pub(super) fn report(&mut self, now: Instant) -> Option<FloodCounts> {
        let due = now.saturating_duration_since(self.reported) >= BETWEEN_REPORTS;
        due.then(|| {
            self.reported = now;
            self.counts
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_sent_than_may_be() {
        let mut flood = Flood::new();
        let begin = flood.filled;
        let mut sent = 0;
        for micro in 0..1_000_000 {
            sent += u32::from(flood.may_send(begin + Duration::from_micros(micro)));
        }
        let most = MOST_FLOOD + BURST as u32;
        assert!((MOST_FLOOD..=most).contains(&sent), "{sent}");
    }

    #[test]
    fn round_trips_are_summed_up() {
        let mut flood = Flood::new();
        for micro in [7, 3, 5] {
            flood.replied(Duration::from_micros(micro), micro == 3);
        }
        let counts = flood.counts;
        assert_eq!((counts.rtt_min_ns, counts.rtt_max_ns), (3_000, 7_000));
        assert_eq!((counts.rtt_sum_ns, counts.received), (15_000, 3));
        assert_eq!(counts.out_of_order, 1);
        assert_eq!(flood.report(flood.reported), None);
        let later = flood.reported + BETWEEN_REPORTS;
        assert_eq!(flood.report(later), Some(counts));
        assert_eq!(flood.report(later), None);
    }
}
