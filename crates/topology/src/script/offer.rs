//! What a script tries, as what could be expected of its lab.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::document::Document;
use crate::expectation::{Expectation, MAX_EXPECTATIONS, Target};
use crate::id::NamespaceId;

/// Something that a script tries.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Tried {
    /// Counting from 1.
    pub(crate) line: usize,
    /// From which namespace.
    pub(crate) from: NamespaceId,
    /// What is pinged: an address or a name.
    pub(crate) target: String,
    /// Whether it is to succeed.
    pub(crate) can: bool,
}

/// Options of `ping` (iputils, BusyBox, fping) that take a value.
const PING_VALUES: &str = "cisWwItTMpQlmSFHBO";

/// What a command pings; `None` if it is no ping.
pub(super) fn pinged(argv: &[String]) -> Option<&str> {
    let (program, words) = argv.split_first()?;
    let name = program.rsplit('/').next().unwrap_or(program);
    if !matches!(name, "ping" | "ping6" | "ping4") {
        return None;
    }
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let Some(letters) = word.strip_prefix('-') else {
            return Some(word);
        };
        // In `-c3` the value is there already. `-b` pings everyone at once.
        let value = letters.find(|c| PING_VALUES.contains(c));
        let flags = letters.get(..value.unwrap_or(letters.len()));
        if flags.unwrap_or_default().contains('b') {
            return None;
        }
        if value.is_some_and(|at| at + 1 == letters.len()) {
            words.next();
        }
    }
    None
}

/// What can be expected of a document, once each, with the line: targets that are its own.
pub(crate) fn offers(document: &Document, tried: &[Tried]) -> Vec<(usize, Expectation)> {
    let own: BTreeSet<IpAddr> = document
        .interfaces
        .values()
        .flat_map(|i| {
            i.addresses
                .iter()
                .map(crate::address::InterfaceAddress::addr)
        })
        .collect();
    let mut offers: Vec<(usize, Expectation)> = Vec::new();
    let mut known = BTreeSet::new();
    // The last says how the lab is: a script may try the same before and after a change.
    for tried in tried.iter().rev() {
        if !document.namespaces.contains_key(&tried.from) {
            continue;
        }
        let to = match tried.target.parse::<IpAddr>() {
            Ok(address) if own.contains(&address) => Target::Address(address),
            Ok(_) => continue,
            Err(_) => match document.namespace_named(&tried.target) {
                Some(namespace) if namespace != tried.from => Target::Namespace(namespace),
                _ => continue,
            },
        };
        let key = (tried.from, tried.target.as_str());
        if !known.insert(key) || offers.len() >= MAX_EXPECTATIONS {
            continue;
        }
        let expectation = Expectation::Ping {
            from: tried.from,
            to,
            can: tried.can,
            bounds: Vec::new(),
        };
        offers.push((tried.line, expectation));
    }
    offers.reverse();
    offers
}
