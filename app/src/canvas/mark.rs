//! How the state of an object is told: one word, one shape, one colour each.

use topology::status::{Difference, Status};

/// The state of an object as the canvas shows it. The later ones win when one mark stands for
/// several objects.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) enum Mark {
    /// As the document says, and it carries traffic.
    Up,
    /// The lab does not run.
    #[default]
    Wanted,
    /// There is no connection: nobody knows.
    Unknown,
    /// On its way into the kernel.
    Applying,
    /// Up, but the other end is down.
    NoCarrier,
    /// As the document says, and that is down.
    Down,
    /// The kernel differs from the document.
    Drifted,
    /// The kernel does not have it.
    Missing,
    /// The kernel refused it.
    Failed,
}

impl Mark {
    /// The mark of a status. While an edit is on its way into the kernel a difference is expected.
    pub(crate) fn of(status: &Status, settling: bool) -> Self {
        match status {
            Status::Wanted if settling => Self::Applying,
            Status::Wanted => Self::Wanted,
            Status::Up => Self::Up,
            Status::Down => Self::Down,
            Status::NoCarrier => Self::NoCarrier,
            Status::Drifted(_) | Status::Missing if settling => Self::Applying,
            // Down is what one has to see first; that the document says up is said beside it.
            Status::Drifted(differences) if differences.iter().any(is_down) => Self::Down,
            Status::Drifted(_) => Self::Drifted,
            Status::Missing => Self::Missing,
        }
    }

    /// For `data-status` and style sheets.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Wanted => "wanted",
            Self::Unknown => "unknown",
            Self::Applying => "applying",
            Self::NoCarrier => "no-carrier",
            Self::Down => "down",
            Self::Drifted => "drifted",
            Self::Missing => "missing",
            Self::Failed => "failed",
        }
    }

    /// For people.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Wanted => "not running",
            Self::Unknown => "unknown",
            Self::Applying => "applying",
            Self::NoCarrier => "no carrier",
            Self::Down => "down",
            Self::Drifted => "differs",
            Self::Missing => "missing",
            Self::Failed => "failed",
        }
    }

    /// Whether a row of a card has to say it in words.
    pub(crate) fn is_remarkable(self) -> bool {
        !matches!(self, Self::Up | Self::Wanted | Self::Unknown)
    }
}

fn is_down(difference: &Difference) -> bool {
    difference.what == "state" && difference.observed == "down"
}

/// What differs, short enough for a card: `mtu 1400 ≠ 1500` is what the kernel has and what is
/// wanted.
pub(crate) fn difference(difference: &Difference) -> String {
    let Difference {
        what,
        wanted,
        observed,
    } = difference;
    match (wanted.as_str(), observed.as_str()) {
        (wanted, "") => format!("lacks {wanted}"),
        ("", observed) => format!("+ {observed}"),
        ("up", "down") | ("down", "up") if what == "state" => format!("{observed} ≠ {wanted}"),
        (wanted, observed) => format!("{what} {observed} ≠ {wanted}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_in_few_words() {
        let text = |what: &str, wanted: &str, observed: &str| {
            difference(&Difference {
                what: what.into(),
                wanted: wanted.into(),
                observed: observed.into(),
            })
        };
        assert_eq!(text("state", "up", "down"), "down ≠ up");
        assert_eq!(text("mtu", "1500", "1400"), "mtu 1400 ≠ 1500");
        assert_eq!(text("address", "10.0.0.1/24", ""), "lacks 10.0.0.1/24");
        assert_eq!(text("address", "", "10.7.0.1/24"), "+ 10.7.0.1/24");
    }

    #[test]
    fn a_difference_is_expected_while_an_edit_is_applied() {
        let drift = Status::Drifted(Vec::new());
        assert_eq!(Mark::of(&drift, true), Mark::Applying);
        assert_eq!(Mark::of(&drift, false), Mark::Drifted);
        assert_eq!(Mark::of(&Status::Down, true), Mark::Down);
        let pulled = Status::Drifted(vec![Difference {
            what: "state".into(),
            wanted: "up".into(),
            observed: "down".into(),
        }]);
        assert_eq!(Mark::of(&pulled, false), Mark::Down);
        assert!(Mark::Failed > Mark::Down && Mark::Down > Mark::Up);
    }
}
