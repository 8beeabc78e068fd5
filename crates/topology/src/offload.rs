//! What an interface leaves to whoever is behind it: checksums, and cutting data into packets.
//!
//! On a veth nobody does it at all: a capture shows wrong checksums and packets that no wire could
//! carry. Whoever wants to see what a wire would carry turns it off.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Something that can be left to an interface; in the order in which they depend on each other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Offload {
    /// Checksums of what goes out.
    Tx,
    /// Cutting TCP's data into segments.
    Tso,
    /// The same, as late as possible, for other protocols too.
    Gso,
    /// Joining what comes in to larger packets.
    Gro,
}

/// Those that a document speaks of, and whether they are on.
pub type Offloads = BTreeMap<Offload, bool>;

impl Offload {
    /// Each of them.
    pub const ALL: [Self; 4] = [Self::Tx, Self::Tso, Self::Gso, Self::Gro];

    /// What `ethtool -K` calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tx => "tx",
            Self::Tso => "tso",
            Self::Gso => "gso",
            Self::Gro => "gro",
        }
    }

    /// What it does, in one line.
    pub fn about(self) -> &'static str {
        match self {
            Self::Tx => "checksums of what goes out are left to the interface: a veth makes none",
            Self::Tso => "TCP hands over large packets, which the interface is to cut",
            Self::Gso => "large packets of any protocol are cut as late as possible",
            Self::Gro => "packets that come in are joined to larger ones",
        }
    }
}

impl fmt::Display for Offload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Offload {
    type Err = String;

    /// The names of `ethtool -K`, short and long.
    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "tx" | "tx-checksumming" => Self::Tx,
            "tso" | "tcp-segmentation-offload" => Self::Tso,
            "gso" | "generic-segmentation-offload" => Self::Gso,
            "gro" | "generic-receive-offload" => Self::Gro,
            other => {
                let known = Self::ALL.map(Self::name).join(", ");
                return Err(format!(
                    "the offload `{other}` is not supported; supported are {known}"
                ));
            }
        })
    }
}

/// Refuses what the kernel does not do (`netdev_fix_features`).
pub(crate) fn check(offloads: &Offloads) -> Result<(), String> {
    let is = |offload, on| offloads.get(&offload) == Some(&on);
    match is(Offload::Tx, false) && is(Offload::Tso, true) {
        true => Err("`tso` is off where `tx` is: nobody else makes the checksums".to_owned()),
        false => Ok(()),
    }
}

/// What stands before one's name in a difference.
pub(crate) const OFFLOAD: &str = "offload ";

/// What differs: what, wanted, observed. One that nobody wants any more is shown, too.
pub(crate) fn differences(
    wanted: &Offloads,
    observed: &Offloads,
) -> impl Iterator<Item = (String, String, String)> {
    let all: BTreeSet<Offload> = wanted.keys().chain(observed.keys()).copied().collect();
    let text = |on: Option<&bool>| on.map(|on| word(*on).to_owned()).unwrap_or_default();
    let all = all.into_iter();
    let differing = all.filter(|offload| wanted.get(offload) != observed.get(offload));
    differing
        .map(|offload| {
            let (wanted, observed) = (wanted.get(&offload), observed.get(&offload));
            (format!("{OFFLOAD}{offload}"), text(wanted), text(observed))
        })
        .collect::<Vec<_>>()
        .into_iter()
}

/// `on` or `off`.
pub(crate) fn word(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}
