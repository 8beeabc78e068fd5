//! Values in a filter, read as the type of the field that they are compared with.

use std::cmp::Ordering;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::error::FilterError;
use super::parse::Word;
use crate::tree::{Field, FieldType, Value};

/// A value that values of packets are compared with.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Literal {
    Number(i128),
    Float(f64),
    /// An address and the bits that count.
    Ipv4(u32, u32),
    Ipv6(u128, u128),
    Bytes(Vec<u8>),
    Text(String),
}

/// Reads a word as a value of a field. `as_bytes`: a part of its bytes is meant.
pub(super) fn literal(field: &Field, word: &Word, as_bytes: bool) -> Result<Literal, FilterError> {
    let text = word.text.as_str();
    let wrong = |what: &str| {
        FilterError::new(
            word.at.clone(),
            format!("{text} is no {what}, which {} is", field.name),
        )
    };
    if as_bytes {
        return bytes_of(word).map(Literal::Bytes).ok_or_else(|| {
            FilterError::new(
                word.at.clone(),
                format!("{text} are no bytes, as 02:00:ff are"),
            )
        });
    }
    let kind = field.kind;
    match kind {
        FieldType::Bool => match text {
            _ if text.eq_ignore_ascii_case("true") => Ok(Literal::Number(1)),
            _ if text.eq_ignore_ascii_case("false") => Ok(Literal::Number(0)),
            _ => match number(text) {
                Some(value) => Ok(Literal::Number(i128::from(value != 0))),
                None => Err(wrong("boolean (1, 0, true, false)")),
            },
        },
        FieldType::Decimal | FieldType::Hex(_) | FieldType::Signed => number(text)
            .or_else(|| named(field, text))
            .map(Literal::Number)
            .ok_or_else(|| match field.names {
                Some(_) => wrong("number and none of the names of values"),
                None => wrong("number"),
            }),
        FieldType::Float => text
            .parse()
            .ok()
            .filter(|value: &f64| value.is_finite())
            .map(Literal::Float)
            .ok_or_else(|| wrong("number")),
        FieldType::Ipv4 => ipv4(text).ok_or_else(|| wrong("IPv4 address or network")),
        FieldType::Ipv6 => ipv6(text).ok_or_else(|| wrong("IPv6 address or network")),
        FieldType::Ether | FieldType::Bytes | FieldType::Protocol => bytes_of(word)
            .map(Literal::Bytes)
            .ok_or_else(|| match kind {
                FieldType::Ether => wrong("Ethernet address"),
                _ => wrong("sequence of bytes (02:00:ff or \"text\")"),
            }),
        FieldType::Text => Ok(Literal::Text(text.to_owned())),
        FieldType::Time => time(text)
            .map(Literal::Number)
            .ok_or_else(|| wrong("time (\"2026-11-26 21:00:00\", in UTC)")),
    }
}

/// A whole number: decimal, `0x` hexadecimal, `0b` binary, a character in single quotes.
pub(super) fn number(text: &str) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let value = if let Some(hex) = digits
        .strip_prefix("0x")
        .or_else(|| digits.strip_prefix("0X"))
    {
        i128::from(u64::from_str_radix(hex, 16).ok()?)
    } else if let Some(binary) = digits.strip_prefix("0b") {
        i128::from(u64::from_str_radix(binary, 2).ok()?)
    } else if let [b'\'', c, b'\''] = digits.as_bytes() {
        i128::from(*c)
    } else if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        i128::from(digits.parse::<u64>().ok()?)
    } else {
        return None;
    };
    Some(if negative { -value } else { value })
}

/// The number that a name of values stands for.
fn named(field: &Field, text: &str) -> Option<i128> {
    let found = field
        .names?
        .iter()
        .find(|(_, name)| name.eq_ignore_ascii_case(text));
    found.map(|(number, _)| i128::from(*number))
}

fn ipv4(text: &str) -> Option<Literal> {
    let (address, mask) = match text.split_once('/') {
        Some((address, bits)) => {
            let bits: u32 = bits.parse().ok().filter(|bits| *bits <= 32)?;
            (address, u32::MAX.checked_shl(32 - bits).unwrap_or(0))
        }
        None => (text, u32::MAX),
    };
    let address: Ipv4Addr = address.parse().ok()?;
    Some(Literal::Ipv4(u32::from(address) & mask, mask))
}

fn ipv6(text: &str) -> Option<Literal> {
    let (address, mask) = match text.split_once('/') {
        Some((address, bits)) => {
            let bits: u32 = bits.parse().ok().filter(|bits| *bits <= 128)?;
            (address, u128::MAX.checked_shl(128 - bits).unwrap_or(0))
        }
        None => (text, u128::MAX),
    };
    let address: Ipv6Addr = address.parse().ok()?;
    Some(Literal::Ipv6(u128::from(address) & mask, mask))
}

/// Bytes: text in quotes, or hexadecimal pairs with or without `:`, `-` or `.` between.
pub(super) fn bytes_of(word: &Word) -> Option<Vec<u8>> {
    if word.quoted {
        return Some(word.text.bytes().collect());
    }
    let text = word.text.strip_prefix("0x").unwrap_or(&word.text);
    if let [b'\'', c, b'\''] = text.as_bytes() {
        return Some(vec![*c]);
    }
    let separated = text.contains([':', '-', '.']);
    if separated {
        let parts = text.split([':', '-', '.']);
        return parts
            .map(|part| {
                (1..=2)
                    .contains(&part.len())
                    .then(|| u8::from_str_radix(part, 16).ok())?
            })
            .collect();
    }
    if text.len() == 1 {
        return u8::from_str_radix(text, 16).ok().map(|byte| vec![byte]);
    }
    if text.is_empty() || !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(text.get(i..i + 2)?, 16).ok())
        .collect()
}

/// `YYYY-MM-DD[ HH:MM:SS[.fraction]]` in UTC, as nanoseconds since 1970.
fn time(text: &str) -> Option<i128> {
    let (date, clock) = text.split_once([' ', 'T']).unwrap_or((text, "00:00:00"));
    let mut parts = date.split('-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if parts.next().is_some() || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    if !(0..10_000).contains(&year) {
        return None;
    }
    let clock = clock.strip_suffix('Z').unwrap_or(clock);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let mut parts = clock.split(':').map(|part| part.parse::<i64>().ok());
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().unwrap_or(Some(0))?;
    if !(0..24).contains(&hour) || !(0..60).contains(&minute) || !(0..=60).contains(&second) {
        return None;
    }
    if fraction.len() > 9 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let nanoseconds: i128 = format!("{fraction:0<9}").parse().ok()?;
    let seconds = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    Some(i128::from(seconds) * 1_000_000_000 + nanoseconds)
}

/// Days from 1970-01-01, by Howard Hinnant's `days_from_civil`
/// (<https://howardhinnant.github.io/date_algorithms.html>), in which years start in March.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

impl Literal {
    /// How a value of a packet compares with it. `None` if it cannot.
    #[inline]
    pub(super) fn compare(&self, value: &Value, bytes: &[u8]) -> Option<Ordering> {
        match (self, value) {
            (Self::Number(right), Value::Unsigned(left)) => Some(i128::from(*left).cmp(right)),
            (Self::Number(right), Value::Bool(left)) => Some(i128::from(*left).cmp(right)),
            (Self::Number(right), Value::Signed(left)) => Some(i128::from(*left).cmp(right)),
            (Self::Number(right), Value::Time(left)) => Some(left.cmp(right)),
            (Self::Float(right), Value::Float(left)) => left.partial_cmp(right),
            (Self::Ipv4(right, mask), Value::Ipv4(left)) => {
                Some((u32::from(*left) & mask).cmp(right))
            }
            (Self::Ipv6(right, mask), Value::Ipv6(left)) => {
                Some((u128::from(*left) & mask).cmp(right))
            }
            (Self::Text(right), Value::Text(left)) => Some((**left).cmp(right.as_str())),
            (Self::Bytes(right), _) => Some(bytes.cmp(right.as_slice())),
            _ => None,
        }
    }
}
