//! From the grammar's tree to tests that can be evaluated: names become fields, words become values.

use regex_lite::{Regex, RegexBuilder};

use super::complete::near;
use super::error::FilterError;
use super::literal::{Literal, bytes_of, literal, number};
use super::parse::{Operand, Operator, Part, Slice, Word};
use super::quick::Quick;
use crate::tree::{Field, FieldType, field_named as field};

/// Names that stand for several fields, as in Wireshark.
pub(super) const ALIASES: &[(&str, &str, &[&str])] = &[
    (
        "eth.addr",
        "Source or Destination Address",
        &["eth.src", "eth.dst"],
    ),
    (
        "ip.addr",
        "Source or Destination Address",
        &["ip.src", "ip.dst"],
    ),
    (
        "ipv6.addr",
        "Source or Destination Address",
        &["ipv6.src", "ipv6.dst"],
    ),
    (
        "tcp.port",
        "Source or Destination Port",
        &["tcp.srcport", "tcp.dstport"],
    ),
    (
        "udp.port",
        "Source or Destination Port",
        &["udp.srcport", "udp.dstport"],
    ),
    (
        "arp.proto_ipv4",
        "Sender or Target IP address",
        &["arp.src.proto_ipv4", "arp.dst.proto_ipv4"],
    ),
    ("bootp", "Dynamic Host Configuration Protocol", &["dhcp"]),
    ("ssl", "Transport Layer Security", &["tls"]),
];

/// A test that can be evaluated.
#[derive(Clone, Debug)]
pub(super) enum Test {
    Or(Vec<Test>),
    Xor(Box<Test>, Box<Test>),
    And(Vec<Test>),
    Not(Box<Test>),
    /// Is there any value?
    Exists(Source),
    Compare {
        source: Source,
        how: How,
        literal: Literal,
    },
    Contains {
        source: Source,
        all: bool,
        bytes: Vec<u8>,
    },
    Matches {
        source: Source,
        all: bool,
        pattern: Box<Regex>,
    },
    In {
        source: Source,
        ranges: Vec<(Literal, Literal)>,
    },
    /// Two fields with each other.
    Fields {
        left: Source,
        how: How,
        right: Source,
    },
}

/// A comparison, and of how many values it must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct How {
    pub(super) order: Order,
    /// Of all values, of which there must be one; not of one only.
    pub(super) all: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Where values come from.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) fields: Vec<&'static Field>,
    /// How to get at the values without dissecting, if that is possible of all fields.
    pub(super) quick: Option<Vec<Quick>>,
    pub(super) slices: Vec<Slice>,
    pub(super) mask: Option<u64>,
    pub(super) function: Option<Function>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Length,
    Count,
    Lower,
    Upper,
}

/// The most tests in one filter.
const MOST_TESTS: usize = 500;

pub(super) fn compile(part: &Part) -> Result<Test, FilterError> {
    let mut count = 0;
    compile_part(part, &mut count)
}

fn compile_part(part: &Part, count: &mut usize) -> Result<Test, FilterError> {
    *count += 1;
    if *count > MOST_TESTS {
        return Err(FilterError::new(
            0..0,
            format!("a filter has at most {MOST_TESTS} tests"),
        ));
    }
    Ok(match part {
        Part::Or(parts) => Test::Or(compile_all(parts, count)?),
        Part::And(parts) => Test::And(compile_all(parts, count)?),
        Part::Xor(left, right) => Test::Xor(
            Box::new(compile_part(left, count)?),
            Box::new(compile_part(right, count)?),
        ),
        Part::Not(part) => Test::Not(Box::new(compile_part(part, count)?)),
        Part::Alone(operand) => Test::Exists(source(operand)?),
        Part::Compare {
            all,
            left,
            operator,
            at,
            right,
        } => comparison(*all, left, *operator, at.clone(), right)?,
        Part::In { left, set, .. } => {
            let source = source(left)?;
            let ranges = set
                .iter()
                .map(|(low, high)| {
                    let from = value(&source, low)?;
                    let to = high.as_ref().map(|high| value(&source, high)).transpose()?;
                    Ok((from.clone(), to.unwrap_or(from)))
                })
                .collect::<Result<_, FilterError>>()?;
            Test::In { source, ranges }
        }
    })
}

fn compile_all(parts: &[Part], count: &mut usize) -> Result<Vec<Test>, FilterError> {
    parts.iter().map(|part| compile_part(part, count)).collect()
}

fn comparison(
    all: bool,
    left: &Operand,
    operator: Operator,
    at: std::ops::Range<usize>,
    right: &Operand,
) -> Result<Test, FilterError> {
    // A value may stand on the left: `80 == tcp.port`.
    if !is_field(left)
        && is_field(right)
        && !matches!(operator, Operator::Contains | Operator::Matches)
    {
        return comparison(all, right, mirrored(operator), at, left);
    }
    let source = source(left)?;
    match operator {
        Operator::Contains => {
            let bytes = match source.kind() {
                _ if source.function.is_some_and(|function| function.counts()) => None,
                FieldType::Text => Some(right.word.text.clone().into_bytes()),
                FieldType::Bytes | FieldType::Protocol | FieldType::Ether => bytes_of(&right.word),
                _ => None,
            };
            let bytes = bytes.ok_or_else(|| {
                FilterError::new(
                    at,
                    format!(
                        "contains looks for text or bytes, and {} is no text",
                        left.word.text
                    ),
                )
            })?;
            Ok(Test::Contains { source, all, bytes })
        }
        Operator::Matches => {
            if !matches!(
                source.kind(),
                FieldType::Text | FieldType::Bytes | FieldType::Protocol
            ) {
                return Err(FilterError::new(
                    at,
                    format!(
                        "matches looks at text or bytes, and {} is no text",
                        left.word.text
                    ),
                ));
            }
            let pattern = RegexBuilder::new(&right.word.text)
                .case_insensitive(true)
                .size_limit(1 << 20)
                .build()
                .map_err(|error| {
                    FilterError::new(
                        right.word.at.clone(),
                        format!("this is no pattern: {error}"),
                    )
                })?;
            Ok(Test::Matches {
                source,
                all,
                pattern: Box::new(pattern),
            })
        }
        _ => {
            let how = how(operator, all);
            if is_field(right) {
                let other = self::source(right)?;
                // A field's name may also be a value: text, or the name of one.
                if comparable(source.kind(), other.kind()) {
                    return Ok(Test::Fields {
                        left: source,
                        how,
                        right: other,
                    });
                }
            }
            if !right.slices.is_empty() || right.mask.is_some() || right.function.is_some() {
                return Err(unknown(&right.word));
            }
            let literal = value(&source, &right.word)?;
            Ok(Test::Compare {
                source,
                how,
                literal,
            })
        }
    }
}

/// Can values of these types be compared with each other?
fn comparable(left: FieldType, right: FieldType) -> bool {
    let class = |kind| match kind {
        FieldType::Bool | FieldType::Decimal | FieldType::Hex(_) => 0,
        FieldType::Signed => 1,
        FieldType::Float => 2,
        FieldType::Ipv4 => 3,
        FieldType::Ipv6 => 4,
        FieldType::Text => 5,
        FieldType::Time => 6,
        FieldType::Ether | FieldType::Bytes | FieldType::Protocol => 7,
    };
    class(left) == class(right)
}

/// The same comparison with the sides exchanged.
fn mirrored(operator: Operator) -> Operator {
    match operator {
        Operator::Less => Operator::Greater,
        Operator::LessOrEqual => Operator::GreaterOrEqual,
        Operator::Greater => Operator::Less,
        Operator::GreaterOrEqual => Operator::LessOrEqual,
        other => other,
    }
}

fn how(operator: Operator, all: bool) -> How {
    let (order, demanded) = match operator {
        Operator::AllEqual => (Order::Equal, true),
        Operator::NotEqual => (Order::NotEqual, true),
        Operator::AnyNotEqual => (Order::NotEqual, false),
        Operator::Less => (Order::Less, false),
        Operator::LessOrEqual => (Order::LessOrEqual, false),
        Operator::Greater => (Order::Greater, false),
        Operator::GreaterOrEqual => (Order::GreaterOrEqual, false),
        // The last two never come here.
        Operator::Equal | Operator::Contains | Operator::Matches => (Order::Equal, false),
    };
    How {
        order,
        all: all || demanded,
    }
}

fn is_field(operand: &Operand) -> bool {
    !operand.word.quoted && known(&operand.word.text)
}

fn known(name: &str) -> bool {
    field(name).is_some() || alias(name).is_some()
}

fn alias(name: &str) -> Option<Vec<&'static Field>> {
    let (_, _, names) = ALIASES.iter().find(|(alias, ..)| *alias == name)?;
    names.iter().map(|name| field(name)).collect()
}

fn unknown(word: &Word) -> FilterError {
    let text = &word.text;
    let message = match near(text) {
        Some(name) => format!("there is no field {text}: did you mean {name}?"),
        None => format!("there is no field {text}"),
    };
    FilterError::new(word.at.clone(), message)
}

fn source(operand: &Operand) -> Result<Source, FilterError> {
    let word = &operand.word;
    if word.quoted {
        return Err(FilterError::new(
            word.at.clone(),
            "a field is wanted here, not text in quotes",
        ));
    }
    let fields = field(&word.text)
        .map(|field| vec![field])
        .or_else(|| alias(&word.text))
        .ok_or_else(|| unknown(word))?;
    let function = operand.function.as_ref().map(function).transpose()?;
    let mask = match &operand.mask {
        None => None,
        Some(mask) => {
            let numeric = fields.iter().all(|field| {
                matches!(
                    field.kind,
                    FieldType::Decimal | FieldType::Hex(_) | FieldType::Bool
                )
            });
            if !numeric && operand.slices.is_empty() {
                return Err(FilterError::new(
                    mask.at.clone(),
                    format!("& wants a number on its left, and {} is none", word.text),
                ));
            }
            let value = number(&mask.text).and_then(|value| u64::try_from(value).ok());
            Some(value.ok_or_else(|| {
                FilterError::new(mask.at.clone(), format!("{} is no number", mask.text))
            })?)
        }
    };
    let quick = fields.iter().map(|field| Quick::of(field.name)).collect();
    Ok(Source {
        fields,
        quick,
        slices: operand.slices.clone(),
        mask,
        function,
    })
}

fn function(word: &Word) -> Result<Function, FilterError> {
    Ok(match word.text.to_ascii_lowercase().as_str() {
        "len" => Function::Length,
        "count" => Function::Count,
        "lower" => Function::Lower,
        "upper" => Function::Upper,
        other => {
            return Err(FilterError::new(
                word.at.clone(),
                format!("there is no function {other}: there are len, count, lower and upper"),
            ));
        }
    })
}

/// A word as a value of the source.
fn value(source: &Source, word: &Word) -> Result<Literal, FilterError> {
    let numeric = source.mask.is_some() || source.function.is_some_and(Function::counts);
    if numeric {
        return number(&word.text).map(Literal::Number).ok_or_else(|| {
            FilterError::new(word.at.clone(), format!("{} is no number", word.text))
        });
    }
    let Some(field) = source.fields.first() else {
        return Err(unknown(word));
    };
    literal(field, word, !source.slices.is_empty())
}

impl Function {
    /// Is its result a number?
    fn counts(self) -> bool {
        matches!(self, Self::Length | Self::Count)
    }
}

impl Source {
    fn kind(&self) -> FieldType {
        if !self.slices.is_empty() {
            return FieldType::Bytes;
        }
        self.fields
            .first()
            .map_or(FieldType::Protocol, |field| field.kind)
    }
}
