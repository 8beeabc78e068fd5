//! Several of what has parts, in the shape of the text: the peers of a WireGuard interface.

use std::fmt;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::kind::Value;
use crate::kind::wireguard::PUBLIC_KEY;

/// The parts of one.
pub(super) type Entry = IndexMap<String, Part>;

/// A part.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Part {
    /// A number.
    Number(u64),
    /// A word.
    Text(String),
    /// Several words.
    List(Vec<String>),
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => text.fmt(f),
            Self::List(list) => list.join(",").fmt(f),
        }
    }
}

/// One as a line: its public key, which may stand anywhere in it, and the rest as it is.
pub(super) fn line(entry: &Entry) -> String {
    let key = entry.get(PUBLIC_KEY).map(ToString::to_string);
    let rest = entry.iter().filter(|(name, _)| *name != PUBLIC_KEY);
    let rest = rest.map(|(name, part)| format!("{name} {part}"));
    let words: Vec<_> = key.into_iter().chain(rest).collect();
    words.join(" ")
}

/// Each peer with its parts; nothing for what has none.
pub(super) fn of<R>(value: &Value<R>) -> Vec<Entry> {
    let Value::Peers(peers) = value else {
        return Vec::new();
    };
    let peers = peers.0.iter().map(|(key, peer)| {
        let name = (PUBLIC_KEY.to_owned(), Part::Text(key.to_string()));
        let parts = peer.words().into_iter().map(|(word, value)| {
            let part = match word {
                "allowed-ips" => Part::List(value.split(',').map(str::to_owned).collect()),
                _ => value.parse().map_or(Part::Text(value), Part::Number),
            };
            (word.to_owned(), part)
        });
        std::iter::once(name).chain(parts).collect()
    });
    peers.collect()
}
