//! The column of times.

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::text::put_date_time;

/// What times count from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TimeMode {
    /// The time of day.
    #[default]
    Clock,
    /// Date and time of day.
    Date,
    /// Since the first packet, or since the one that was chosen to count from.
    First,
    /// Since the row before.
    Previous,
}

/// A time as text. `ahead` is what local time is ahead of UTC, in seconds; `from` what it counts from.
pub(super) fn shown(mode: TimeMode, at: Timestamp, from: Option<Timestamp>, ahead: i32) -> String {
    match mode {
        TimeMode::Clock | TimeMode::Date => {
            let mut text = Vec::new();
            let local = at.seconds() as i64 + i64::from(ahead);
            put_date_time(&mut text, local, b' ');
            let text = String::from_utf8_lossy(&text);
            let text = match mode {
                TimeMode::Clock => text.split_once(' ').map_or("", |(_, clock)| clock),
                _ => &text,
            };
            format!("{text}.{:06}", at.nanoseconds() / 1000)
        }
        TimeMode::First | TimeMode::Previous => {
            let from = from.unwrap_or(at);
            seconds(i128::from(at.0) - i128::from(from.0))
        }
    }
}

/// Nanoseconds as seconds with six digits behind the point.
fn seconds(nanoseconds: i128) -> String {
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let all = nanoseconds.unsigned_abs() / 1000;
    format!("{sign}{}.{:06}", all / 1_000_000, all % 1_000_000)
}

/// A short time between two sightings: `+12.3 µs`.
pub(super) fn between(nanoseconds: i128) -> String {
    let sign = if nanoseconds < 0 { '−' } else { '+' };
    let value = nanoseconds.unsigned_abs() as f64;
    let (value, unit) = match nanoseconds.unsigned_abs() {
        0..1_000_000 => (value / 1e3, "µs"),
        1_000_000..1_000_000_000 => (value / 1e6, "ms"),
        _ => (value / 1e9, "s"),
    };
    let digits = if value < 10.0 { 1 } else { 0 };
    format!("{sign}{value:.digits$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        let at = Timestamp::new(86_400 + 3_661, 1_999);
        let from = Some(Timestamp::new(86_400 + 3_662, 0));
        assert_eq!(shown(TimeMode::Clock, at, None, 3600), "02:01:01.000001");
        assert_eq!(
            shown(TimeMode::Date, at, None, 0),
            "1970-01-02 01:01:01.000001"
        );
        assert_eq!(shown(TimeMode::First, at, from, 0), "-0.999998");
        assert_eq!(shown(TimeMode::Previous, at, None, 0), "0.000000");
        assert_eq!(between(12_345), "+12 µs");
        assert_eq!(between(-2_500_000), "−2.5 ms");
    }
}
