//! What should be true of a lab that runs: `red can ping 10.0.0.2`.
//!
//! An expectation is one sentence of a few forms ([`GRAMMAR`]). It is checked by trying
//! (`netyard test`), never by reading the document.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::document::Document;
use crate::id::NamespaceId;
use crate::name::NamespaceName;

/// Most expectations of a lab.
pub const MAX_EXPECTATIONS: usize = 1024;

/// The forms, for a person who wrote something else.
pub const GRAMMAR: &str = "an expectation is one of: `A can ping TARGET`, `A cannot ping TARGET`, \
    `A can ping TARGET with loss below 1 % and rtt above 20 ms`, `A can reach TARGET tcp/80`, \
    `A cannot reach TARGET udp/53`, `path from A to TARGET goes by B`, `path from A to TARGET avoids B`; \
    A and B are namespaces, TARGET is an address or a namespace";

/// What should be true, `N` being how namespaces are told: by id in a document, by name in a text.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expectation<N = NamespaceId> {
    /// Echo requests are answered, or none is.
    Ping {
        /// From where.
        from: N,
        /// To where.
        to: Target<N>,
        /// Whether they should be answered.
        can: bool,
        /// What else should be true of the answers; none where there should be none.
        bounds: Vec<Bound>,
    },
    /// A port can be connected to (TCP) or answers (UDP), or does not.
    Reach {
        /// From where.
        from: N,
        /// To where.
        to: Target<N>,
        /// TCP or UDP.
        transport: Transport,
        /// Which.
        port: u16,
        /// Whether it should.
        can: bool,
    },
    /// Packets pass a namespace on their way, or do not.
    Path {
        /// From where.
        from: N,
        /// To where.
        to: Target<N>,
        /// Which.
        by: N,
        /// Whether they should.
        passes: bool,
    },
}

/// To where.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target<N = NamespaceId> {
    /// An address, of the lab or outside of it.
    Address(IpAddr),
    /// Every address of a namespace, but for link-local ones and those of its loopback: all of them
    /// should answer, or none.
    Namespace(N),
}

/// TCP or UDP.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

/// A bound of a measured figure.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Bound {
    /// Of what.
    pub figure: Figure,
    /// Below it, else above.
    pub below: bool,
    /// Per cent, or milliseconds.
    pub limit: f64,
}

/// What is measured of a ping.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// Requests without an answer, per cent.
    Loss,
    /// The median of the round trips, milliseconds.
    Rtt,
}

impl Bound {
    /// Whether a measured value keeps it.
    pub fn holds(&self, value: f64) -> bool {
        match self.below {
            true => value < self.limit,
            false => value > self.limit,
        }
    }
}

impl<N> Expectation<N> {
    /// The same with namespaces told otherwise; `None` if one cannot be.
    pub fn map<M>(&self, mut map: impl FnMut(&N) -> Option<M>) -> Option<Expectation<M>> {
        let target = |to: &Target<N>, map: &mut dyn FnMut(&N) -> Option<M>| {
            Some(match to {
                Target::Address(address) => Target::Address(*address),
                Target::Namespace(namespace) => Target::Namespace(map(namespace)?),
            })
        };
        Some(match self {
            Self::Ping {
                from,
                to,
                can,
                bounds,
            } => Expectation::Ping {
                from: map(from)?,
                to: target(to, &mut map)?,
                can: *can,
                bounds: bounds.clone(),
            },
            Self::Reach {
                from,
                to,
                transport,
                port,
                can,
            } => Expectation::Reach {
                from: map(from)?,
                to: target(to, &mut map)?,
                transport: *transport,
                port: *port,
                can: *can,
            },
            Self::Path {
                from,
                to,
                by,
                passes,
            } => Expectation::Path {
                from: map(from)?,
                to: target(to, &mut map)?,
                by: map(by)?,
                passes: *passes,
            },
        })
    }

    /// From where it is tried.
    pub fn from(&self) -> &N {
        match self {
            Self::Ping { from, .. } | Self::Reach { from, .. } | Self::Path { from, .. } => from,
        }
    }

    /// To where.
    pub fn to(&self) -> &Target<N> {
        match self {
            Self::Ping { to, .. } | Self::Reach { to, .. } | Self::Path { to, .. } => to,
        }
    }
}

impl Expectation {
    /// In words, with the names of a document; `None` if it speaks of a namespace that is not there.
    pub fn named(&self, document: &Document) -> Option<Expectation<NamespaceName>> {
        self.map(|id| document.namespaces.get(id).map(|ns| ns.name.clone()))
    }
}

impl Expectation<NamespaceName> {
    /// For a document.
    ///
    /// # Errors
    /// With the name of a namespace that the document has not.
    pub fn in_document(&self, document: &Document) -> Result<Expectation, String> {
        let mut missing = None;
        let found = self.map(|name| {
            let found = document.namespace_named(name.as_str());
            if found.is_none() {
                missing = Some(name.clone());
            }
            found
        });
        found.ok_or_else(|| {
            let name = missing.map(|name| name.to_string()).unwrap_or_default();
            format!("there is no namespace `{name}`")
        })
    }
}

impl<N: fmt::Display> fmt::Display for Target<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Namespace(namespace) => namespace.fmt(f),
        }
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        })
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (figure, unit) = match self.figure {
            Figure::Loss => ("loss", "%"),
            Figure::Rtt => ("rtt", "ms"),
        };
        let side = if self.below { "below" } else { "above" };
        write!(f, "{figure} {side} {} {unit}", self.limit)
    }
}

impl<N: fmt::Display> fmt::Display for Expectation<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let can = |can: bool| if can { "can" } else { "cannot" };
        match self {
            Self::Ping {
                from,
                to,
                can: does,
                bounds,
            } => {
                write!(f, "{from} {} ping {to}", can(*does))?;
                for (index, bound) in bounds.iter().enumerate() {
                    let before = if index == 0 { "with" } else { "and" };
                    write!(f, " {before} {bound}")?;
                }
                Ok(())
            }
            Self::Reach {
                from,
                to,
                transport,
                port,
                can: does,
            } => write!(f, "{from} {} reach {to} {transport}/{port}", can(*does)),
            Self::Path {
                from,
                to,
                by,
                passes,
            } => {
                let verb = if *passes { "goes by" } else { "avoids" };
                write!(f, "path from {from} to {to} {verb} {by}")
            }
        }
    }
}

impl FromStr for Expectation<NamespaceName> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        match words.as_slice() {
            ["path", "from", from, "to", to, rest @ ..] => {
                let (by, passes) = match rest {
                    ["goes", "by", by] => (by, true),
                    ["avoids", by] => (by, false),
                    _ => return Err(GRAMMAR.to_owned()),
                };
                Ok(Self::Path {
                    from: name(from)?,
                    to: target(to)?,
                    by: name(by)?,
                    passes,
                })
            }
            [from, verb @ ("can" | "cannot"), "ping", to, rest @ ..] => {
                let can = *verb == "can";
                let bounds = bounds(rest)?;
                if !can && !bounds.is_empty() {
                    return Err("what should not be answered has no loss and no rtt".to_owned());
                }
                Ok(Self::Ping {
                    from: name(from)?,
                    to: target(to)?,
                    can,
                    bounds,
                })
            }
            [from, verb @ ("can" | "cannot"), "reach", to, port] => {
                let (transport, number) = port.split_once('/').ok_or(GRAMMAR)?;
                let transport = match transport {
                    "tcp" => Transport::Tcp,
                    "udp" => Transport::Udp,
                    other => {
                        return Err(format!("`{other}`: a port is of tcp or udp, as `tcp/80`"));
                    }
                };
                let port = number.parse().ok().filter(|port| *port != 0);
                Ok(Self::Reach {
                    from: name(from)?,
                    to: target(to)?,
                    transport,
                    port: port.ok_or_else(|| format!("`{number}` is no port: 1 to 65535"))?,
                    can: *verb == "can",
                })
            }
            _ => Err(GRAMMAR.to_owned()),
        }
    }
}

fn name(text: &str) -> Result<NamespaceName, String> {
    text.parse().map_err(|error| format!("{error}"))
}

fn target(text: &str) -> Result<Target<NamespaceName>, String> {
    match text.parse() {
        Ok(address) => Ok(Target::Address(address)),
        Err(_) => name(text).map(Target::Namespace),
    }
}

/// `with loss below 1 % and rtt above 20 ms`
fn bounds(words: &[&str]) -> Result<Vec<Bound>, String> {
    let mut bounds = Vec::new();
    let mut rest = words;
    let mut before = "with";
    while let Some((first, after)) = rest.split_first() {
        let [figure, side, after @ ..] = after else {
            return Err(GRAMMAR.to_owned());
        };
        let (figure, unit) = match *figure {
            "loss" => (Figure::Loss, "%"),
            "rtt" => (Figure::Rtt, "ms"),
            _ => return Err(GRAMMAR.to_owned()),
        };
        let below = match *side {
            "below" => true,
            "above" => false,
            _ => return Err(GRAMMAR.to_owned()),
        };
        // With a space before the unit, or without.
        let (number, after) = match after {
            [number, said, after @ ..] if *said == unit => (*number, after),
            [number, after @ ..] => (number.strip_suffix(unit).unwrap_or(number), after),
            [] => return Err(GRAMMAR.to_owned()),
        };
        let limit: f64 = number
            .parse()
            .ok()
            .filter(|limit: &f64| limit.is_finite() && *limit >= 0.0)
            .ok_or_else(|| format!("`{number}` is no number of {unit}"))?;
        if *first != before {
            return Err(GRAMMAR.to_owned());
        }
        bounds.push(Bound {
            figure,
            below,
            limit,
        });
        before = "and";
        rest = after;
    }
    Ok(bounds)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn sentences_are_read_as_they_are_written() {
        for text in [
            "red can ping 10.0.0.2",
            "red cannot ping fd00::2",
            "red can ping blue",
            "red can ping blue with loss below 1 %",
            "red can ping blue with loss above 0.5 % and rtt above 20 ms",
            "red can reach blue tcp/80",
            "red cannot reach 10.0.0.2 udp/53",
            "path from a to c goes by b",
            "path from a to 10.0.0.2 avoids host",
        ] {
            let read: Expectation<NamespaceName> = text.parse().unwrap();
            assert_eq!(read.to_string(), text);
        }
        let read: Expectation<NamespaceName> =
            "red can ping blue with rtt below 20ms".parse().unwrap();
        assert!(read.to_string().ends_with("rtt below 20 ms"));
    }

    #[test]
    fn other_sentences_are_refused() {
        for text in [
            "",
            "red can",
            "red can fly",
            "red can ping",
            "red cannot ping blue with loss below 1 %",
            "red can ping blue with loss",
            "red can ping blue with loss below x %",
            "red can ping blue with loss below 1 % or rtt below 1 ms",
            "red can reach blue",
            "red can reach blue tcp/0",
            "red can reach blue sctp/9",
            "path from a to c",
            "a/b can ping c",
        ] {
            assert!(
                text.parse::<Expectation<NamespaceName>>().is_err(),
                "{text}"
            );
        }
    }
}
