//! Times, rates, sizes and probabilities as tc(8) writes and reads them.
//!
//! All in whole numbers: what a person wrote is what is compared. What is finer than the unit of
//! the kernel is cut off, as `tc` does (tc/tc_util.c, lib/utils.c of iproute2).

/// What a number without a unit is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bare {
    /// What it is for `tc`: a time in µs, a rate in bit/s, a size in bytes, a part of a hundred.
    AsTc,
    /// A mistake: people mean something else by `10`.
    Refused,
}

/// Largest number of digits that are read; more says nothing that a kernel has.
const MOST_DIGITS: usize = 18;

/// Units of time in nanoseconds, from the largest that is written; then what `tc` reads, too.
const TIMES: [(&str, u64); 12] = [
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
    ("sec", 1_000_000_000),
    ("secs", 1_000_000_000),
    ("msec", 1_000_000),
    ("msecs", 1_000_000),
    ("usec", 1_000),
    ("usecs", 1_000),
    ("nsec", 1),
    ("nsecs", 1),
];
/// How many of those are written.
const WRITTEN_TIMES: usize = 4;

/// Units of rate in bit/s; `bps` is bytes a second.
const RATES: [(&str, u64); 14] = [
    ("gbit", 1_000_000_000),
    ("mbit", 1_000_000),
    ("kbit", 1_000),
    ("bit", 1),
    ("tbit", 1_000_000_000_000),
    ("kibit", 1 << 10),
    ("mibit", 1 << 20),
    ("gibit", 1 << 30),
    ("bps", 8),
    ("kbps", 8_000),
    ("mbps", 8_000_000),
    ("gbps", 8_000_000_000),
    ("kibps", 8 << 10),
    ("mibps", 8 << 20),
];
const WRITTEN_RATES: usize = 4;

/// Units of size in bits, so that `kbit` is whole: `k` is 1024 here.
const SIZES: [(&str, u64); 10] = [
    ("mb", 8 << 20),
    ("kb", 8 << 10),
    ("b", 8),
    ("k", 8 << 10),
    ("m", 8 << 20),
    ("g", 8 << 30),
    ("gb", 8 << 30),
    ("kbit", 1 << 10),
    ("mbit", 1 << 20),
    ("gbit", 1 << 30),
];
const WRITTEN_SIZES: usize = 3;

/// A time in nanoseconds.
pub fn time_text(nanoseconds: u64) -> String {
    written(nanoseconds, TIMES.iter().take(WRITTEN_TIMES))
}

/// A time in nanoseconds.
pub fn read_time(text: &str, bare: Bare) -> Result<u64, String> {
    let unit = (bare == Bare::AsTc).then_some(1_000);
    read(text, &TIMES, unit).ok_or_else(|| wrong(text, "a time", "10ms, 1.5ms, 200us, 1s"))
}

/// A rate in bits a second.
pub fn rate_text(bits: u64) -> String {
    written(bits, RATES.iter().take(WRITTEN_RATES))
}

/// A rate in bits a second. The kernel counts whole bytes a second.
pub fn read_rate(text: &str, bare: Bare) -> Result<u64, String> {
    let unit = (bare == Bare::AsTc).then_some(1);
    let bits = read(text, &RATES, unit);
    let bits = bits.ok_or_else(|| wrong(text, "a rate", "10mbit, 256kbit, 1gbit"))?;
    Ok(bits / 8 * 8)
}

/// A size in bytes.
pub fn size_text(bytes: u64) -> String {
    written(bytes.saturating_mul(8), SIZES.iter().take(WRITTEN_SIZES))
}

/// A size in bytes, also without a unit.
pub fn read_size(text: &str) -> Result<u64, String> {
    let bits = read(text, &SIZES, Some(8));
    let bits = bits.ok_or_else(|| wrong(text, "a size", "32kb, 1600b, 32kbit"))?;
    Ok(bits / 8)
}

/// A probability in millionths.
pub fn percent_text(millionths: u64) -> String {
    let (whole, part) = (millionths / 10_000, millionths % 10_000);
    if part == 0 {
        return format!("{whole}%");
    }
    let text = format!("{whole}.{part:04}");
    format!("{}%", text.trim_end_matches('0'))
}

/// A probability in millionths.
pub fn read_percent(text: &str, bare: Bare) -> Result<u64, String> {
    let fail = || wrong(text, "a probability", "1%, 0.5%, 100%");
    let number = match (text.strip_suffix('%'), bare) {
        (Some(number), _) => number,
        (None, Bare::AsTc) => text,
        (None, Bare::Refused) if is_zero(text) => text,
        (None, Bare::Refused) => return Err(fail()),
    };
    let (digits, decimals) = decimal(number).ok_or_else(fail)?;
    let scale = 10_u128.pow(decimals);
    let millionths = digits.saturating_mul(10_000);
    if millionths % scale != 0 {
        return Err(format!("`{text}`: a probability has four decimals at most"));
    }
    u64::try_from(millionths / scale).map_err(|_| fail())
}

fn is_zero(text: &str) -> bool {
    decimal(text).is_some_and(|(digits, _)| digits == 0)
}

/// In the largest unit of which it is a whole number.
fn written<'u>(number: u64, mut units: impl Iterator<Item = &'u (&'static str, u64)>) -> String {
    let whole = units.find(|(_, unit)| number.is_multiple_of(*unit) && (number > 0 || *unit == 1));
    match whole {
        Some((name, unit)) => format!("{}{name}", number / unit),
        None => number.to_string(),
    }
}

/// A decimal number and its unit, in the smallest unit; zero needs none.
fn read(text: &str, units: &[(&str, u64)], bare: Option<u64>) -> Option<u64> {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    let (digits, decimals) = decimal(number)?;
    let unit = match unit {
        "" => bare.or((digits == 0).then_some(1))?,
        unit => {
            units
                .iter()
                .find(|(name, _)| *name == unit.to_ascii_lowercase())?
                .1
        }
    };
    let number = digits.checked_mul(u128::from(unit))? / 10_u128.pow(decimals);
    u64::try_from(number).ok()
}

/// The digits of a decimal number, and how many of them stand behind its point.
fn decimal(text: &str) -> Option<(u128, u32)> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{whole}{part}");
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number || digits.len() > MOST_DIGITS {
        return None;
    }
    Some((digits.parse().ok()?, u32::try_from(part.len()).ok()?))
}

fn wrong(text: &str, what: &str, like: &str) -> String {
    format!("`{text}` is not {what}: write it like {like}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_tc_reads_them() {
        let read = |text| read_time(text, Bare::AsTc);
        assert_eq!(read("10ms"), Ok(10_000_000));
        assert_eq!(read("1.5ms"), Ok(1_500_000));
        assert_eq!(read("0.25s"), Ok(250_000_000));
        assert_eq!(read("200usecs"), Ok(200_000));
        assert_eq!(read("7"), Ok(7_000));
        assert!(read("").is_err());
        assert!(read("ms").is_err());
        assert!(read("-1ms").is_err());
        assert!(read("1h").is_err());
        assert!(read("99999999999999999999s").is_err());
        assert!(read_time("10", Bare::Refused).is_err());
        assert_eq!(read_time("0", Bare::Refused), Ok(0));
    }

    #[test]
    fn rates_are_decimal_and_sizes_binary() {
        assert_eq!(read_rate("10mbit", Bare::Refused), Ok(10_000_000));
        assert_eq!(read_rate("10Mbit", Bare::Refused), Ok(10_000_000));
        assert_eq!(read_rate("1kbps", Bare::Refused), Ok(8_000));
        assert_eq!(read_rate("1kibit", Bare::Refused), Ok(1_024));
        assert_eq!(read_rate("1001", Bare::AsTc), Ok(1_000));
        assert_eq!(read_size("32kbit"), Ok(4_096));
        assert_eq!(read_size("1600"), Ok(1_600));
        assert_eq!(read_size("4kb"), Ok(4_096));
        assert!(read_size("4 kb").is_err());
    }

    #[test]
    fn probabilities_are_exact() {
        assert_eq!(read_percent("1%", Bare::Refused), Ok(10_000));
        assert_eq!(read_percent("0.0001%", Bare::Refused), Ok(1));
        assert_eq!(read_percent("25", Bare::AsTc), Ok(250_000));
        assert!(read_percent("25", Bare::Refused).is_err());
        assert!(read_percent("0.00001%", Bare::AsTc).is_err());
        assert!(read_percent("%", Bare::AsTc).is_err());
        assert_eq!(percent_text(12_500), "1.25%");
        assert_eq!(percent_text(1), "0.0001%");
    }

    #[test]
    fn what_is_written_is_read_again() {
        for number in [
            0,
            1,
            8,
            999,
            1_000,
            1_024,
            1_500,
            4_096,
            1_000_000,
            123_456_789_000,
        ] {
            assert_eq!(read_time(&time_text(number), Bare::Refused), Ok(number));
            assert_eq!(read_size(&size_text(number)), Ok(number));
            assert_eq!(
                read_percent(&percent_text(number), Bare::Refused),
                Ok(number)
            );
            let rate = number * 8;
            assert_eq!(read_rate(&rate_text(rate), Bare::Refused), Ok(rate));
        }
    }
}
