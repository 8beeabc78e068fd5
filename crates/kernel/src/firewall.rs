//! Firewalls: nftables rulesets, loaded and listed by the program `nft` inside the namespace.
//!
//! `nft` is the only one that knows the language, so it is asked, as a child with a clean
//! environment, bounded in time, memory and words. It is told whose rules they are by the network
//! namespace that it is started in: root of the lab has power over all of them. It reads no files:
//! [`topology::firewall::guard`] refuses texts that would have it do so.

mod generation;
mod known;
mod nft;

use topology::firewall::{for_nft, guard, said};
use topology::kind::{Device, DeviceKind};

use crate::error::{Context, Error, Result};
use crate::namespace::Namespace;
use crate::netlink::{Failure, Socket};

pub(crate) use known::Known;

/// How often rules are loaded again because somebody else changed them in between.
const TRIES: usize = 3;

/// What came of loading rules.
pub(crate) enum Loaded {
    /// The rules of this generation of the namespace's are those of the text.
    As {
        /// How they are listed, without state, in the form in which listings are compared; if it was
        /// asked for.
        listing: Option<String>,
        /// Which.
        generation: u32,
    },
    /// Somebody else changes the rules at the same time.
    Disturbed,
}

/// Replaces the rules of a namespace by those of a text, in one transaction; `lists` them then.
///
/// # Errors
/// If `nft` or the kernel refuses: nothing is changed then.
pub(crate) fn load(namespace: &Namespace, text: &str, lists: bool) -> Result<Loaded> {
    let object = || format!("the firewall of {}", namespace.name());
    guard(text).map_err(|error| Error::new("load", object(), error.to_string()))?;
    for _ in 0..TRIES {
        let before = generation::of(namespace)?;
        run(namespace, &["-f", "-"], text, "load")?;
        let listing = lists.then(|| list(namespace)).transpose()?;
        let after = generation::of(namespace)?;
        // One transaction is one generation (`nf_tables_commit`); none, if it changed nothing.
        if after == before || after == before.wrapping_add(1) {
            return Ok(Loaded::As {
                listing,
                generation: after,
            });
        }
    }
    Ok(Loaded::Disturbed)
}

/// The rules of a namespace, without state, in the form in which they are compared.
///
/// # Errors
/// If `nft` cannot be run.
pub(crate) fn list(namespace: &Namespace) -> Result<String> {
    let printed = nft::run(namespace, &["-s", "list", "ruleset"], None)?;
    let printed = printed.or_fail("list", namespace, "")?;
    Ok(topology::firewall::listing::canonical(&printed))
}

/// The rules of a namespace with what they have counted, as `nft` prints them.
///
/// Takes some milliseconds, and blocks the calling thread for that long.
///
/// # Errors
/// If `nft` cannot be run.
pub fn listing(namespace: &Namespace) -> Result<String> {
    let printed = nft::run(namespace, &["list", "ruleset"], None)?;
    printed.or_fail("list", namespace, "")
}

/// Whether `nft` and the kernel would take a text in a namespace with these interfaces. It is tried
/// in a namespace that is made for it, and nothing of it stays.
///
/// # Errors
/// If they would not: the error says where and why, and names the namespace `name`.
pub(crate) fn check<'a>(
    name: &str,
    interfaces: impl Iterator<Item = &'a str>,
    text: &str,
) -> Result<()> {
    let scratch = scratch(name, interfaces, text)?;
    run(&scratch, &["-c", "-f", "-"], text, "load")
}

/// How a text that names no interfaces by index is listed: it is loaded in a namespace that is made
/// for it.
///
/// # Errors
/// As [`check`].
fn listed_apart(name: &str, text: &str) -> Result<String> {
    let scratch = scratch(name, std::iter::empty(), text)?;
    run(&scratch, &["-f", "-"], text, "load")?;
    list(&scratch)
}

/// A namespace with the interfaces that a text names.
fn scratch<'a>(
    name: &str,
    interfaces: impl Iterator<Item = &'a str>,
    text: &str,
) -> Result<Namespace> {
    let object = || format!("the firewall of {name}");
    guard(text).map_err(|error| Error::new("load", object(), error.to_string()))?;
    let scratch = Namespace::create(name)?;
    // `iif` and hooks of devices need them; others are named as words.
    let named: Vec<&str> = interfaces
        .filter(|name| *name != "lo" && text.contains(*name))
        .collect();
    if !named.is_empty() {
        let make = || -> Result<(), Failure> {
            let mut socket = Socket::open()?;
            let bridge = Device::new(DeviceKind::Bridge);
            named
                .iter()
                .try_for_each(|name| socket.add_device(name, &bridge, None))
        };
        scratch.run(make)?.context("try", object)?;
    }
    Ok(scratch)
}

fn run(
    namespace: &Namespace,
    arguments: &[&str],
    text: &str,
    operation: &'static str,
) -> Result<()> {
    let printed = nft::run(namespace, arguments, Some(&for_nft(text)))?;
    printed.or_fail(operation, namespace, text).map(drop)
}

impl nft::Printed {
    /// What it printed, or what it said of `text` instead.
    fn or_fail(self, operation: &'static str, namespace: &Namespace, text: &str) -> Result<String> {
        match self.ok {
            true => Ok(self.output),
            false => Err(Error::new(
                operation,
                format!("the firewall of {}", namespace.name()),
                said::in_words(&self.errors, text),
            )),
        }
    }
}
