//! Time stamps at the start of a line.

use crate::Timestamp;

/// The time stamp in front of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// None (`tcpdump -t`).
    None,
    /// `HH:MM:SS.micros` (tcpdump's default). The field is what local time is ahead of UTC, in seconds.
    Clock(i32),
    /// `seconds.micros` since 1970 (`tcpdump -tt`).
    Epoch,
    /// `YYYY-MM-DD HH:MM:SS.micros` (`tcpdump -tttt`). The field is as in [`Time::Clock`].
    Date(i32),
}

/// Writes time stamps. Remembers the second that it wrote last, as most packets share it with the one
/// before.
#[derive(Default)]
pub(super) struct Stamper {
    second: Option<(u64, Time)>,
    text: Vec<u8>,
}

impl Stamper {
    /// Writes the time stamp and a space.
    pub(super) fn write(&mut self, out: &mut Vec<u8>, time: Time, at: Timestamp) {
        if time == Time::None {
            return;
        }
        let seconds = at.seconds();
        // tcpdump gives up on seconds that a signed 32-bit number cannot hold.
        if seconds & 0x8000_0000 != 0 {
            out.extend_from_slice(b"[Error converting time] ");
            return;
        }
        if self.second != Some((seconds, time)) {
            self.text.clear();
            match time {
                Time::None => {}
                Time::Epoch => self.text.extend(seconds.to_string().bytes()),
                Time::Clock(ahead) => clock(&mut self.text, local(seconds, ahead)),
                Time::Date(ahead) => put_date_time(&mut self.text, local(seconds, ahead), b' '),
            }
            self.text.push(b'.');
            self.second = Some((seconds, time));
        }
        out.extend_from_slice(&self.text);
        digits(out, u64::from(at.nanoseconds() / 1000), 6);
        out.push(b' ');
    }
}

fn local(seconds: u64, ahead: i32) -> i64 {
    seconds as i64 + i64::from(ahead)
}

/// A date and a time of day with `between` between them, from the seconds since 1970.
pub(crate) fn put_date_time(out: &mut Vec<u8>, seconds: i64, between: u8) {
    date(out, seconds.div_euclid(86_400));
    out.push(between);
    clock(out, seconds);
}

fn clock(out: &mut Vec<u8>, local: i64) {
    let of_day = local.rem_euclid(86_400) as u64;
    digits(out, of_day / 3600, 2);
    out.push(b':');
    digits(out, of_day / 60 % 60, 2);
    out.push(b':');
    digits(out, of_day % 60, 2);
}

/// The date of a day since 1970-01-01 in the Gregorian calendar, by Howard Hinnant's `civil_from_days`
/// (<https://howardhinnant.github.io/date_algorithms.html>), in which years start in March.
fn date(out: &mut Vec<u8>, day: i64) {
    let day = day + 719_468;
    let era = day.div_euclid(146_097);
    let of_era = day.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day_of_month = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    digits(out, year as u64, 4);
    out.push(b'-');
    digits(out, month as u64, 2);
    out.push(b'-');
    digits(out, day_of_month as u64, 2);
}

/// The last `width` decimal digits of a number.
fn digits(out: &mut Vec<u8>, mut value: u64, width: usize) {
    out.resize(out.len() + width, b'0');
    for place in out.iter_mut().rev().take(width) {
        *place = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(time: Time, seconds: u64, nanoseconds: u32) -> String {
        let mut out = Vec::new();
        Stamper::default().write(&mut out, time, Timestamp::new(seconds, nanoseconds));
        String::from_utf8(out).unwrap_or_default()
    }

    #[test]
    fn stamps() {
        assert_eq!(stamp(Time::None, 5, 0), "");
        assert_eq!(
            stamp(Time::Clock(0), 1_700_000_000, 123_456_789),
            "22:13:20.123456 "
        );
        assert_eq!(
            stamp(Time::Clock(7200), 1_700_000_000, 999),
            "00:13:20.000000 "
        );
        assert_eq!(stamp(Time::Clock(-3600), 0, 0), "23:00:00.000000 ");
        assert_eq!(
            stamp(Time::Epoch, 1_700_000_000, 1_000),
            "1700000000.000001 "
        );
        assert_eq!(
            stamp(Time::Date(0), 951_782_400, 0),
            "2000-02-29 00:00:00.000000 "
        );
        assert_eq!(stamp(Time::Date(-1), 0, 0), "1969-12-31 23:59:59.000000 ");
        assert_eq!(
            stamp(Time::Date(0), 0x8000_0000, 0),
            "[Error converting time] "
        );
    }
}
