//! What becomes of an edit in a running lab: one table of all of them, so that none is forgotten.

use topology::Edit;

/// What an edit of one variant does to what is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fate {
    /// The kernel changes it in place: no interface is made or removed. It is tried.
    InPlace,
    /// It makes or removes something, and all else stays. It is tried.
    Makes,
    /// The kernel has nothing to do with it: there are no steps. It is tried.
    NoStep,
    /// It is not tried here, for this reason.
    Excepted(&'static str),
}

/// Makes the table and the way to look an edit up in it: a variant that is not in it does not
/// compile.
macro_rules! fates {
    ($($variant:ident => $fate:expr,)*) => {
        /// Every variant, by name.
        pub(super) const ALL: &[(&str, Fate)] = &[$((stringify!($variant), $fate),)*];

        /// The name and the fate of an edit.
        pub(super) fn of(edit: &Edit) -> (&'static str, Fate) {
            match edit {
                $(Edit::$variant { .. } => (stringify!($variant), $fate),)*
            }
        }
    };
}

fates! {
    Insert => Fate::Makes,
    Remove => Fate::Makes,
    RenameNamespace => Fate::InPlace,
    SetForwarding => Fate::InPlace,
    RenameInterface => Fate::InPlace,
    SetUp => Fate::InPlace,
    SetMtu => Fate::InPlace,
    SetMac => Fate::InPlace,
    SetUnderlay => Fate::Excepted(
        "the kernel keeps the namespace in which a tunnel was made: it is made anew (away::through)"
    ),
    SetMaster => Fate::InPlace,
    SetParameter => Fate::InPlace,
    SetPort => Fate::InPlace,
    AddAddress => Fate::InPlace,
    RemoveAddress => Fate::InPlace,
    AddRoute => Fate::InPlace,
    RemoveRoute => Fate::InPlace,
    AddRule => Fate::InPlace,
    RemoveRule => Fate::InPlace,
    Move => Fate::NoStep,
    SetTitle => Fate::NoStep,
    SetVlans => Fate::InPlace,
    AddFdb => Fate::InPlace,
    RemoveFdb => Fate::InPlace,
    AddNeighbour => Fate::InPlace,
    RemoveNeighbour => Fate::InPlace,
    Batch => Fate::InPlace,
    SetFirewall => Fate::InPlace,
    SetQuality => Fate::InPlace,
    SetSysctl => Fate::InPlace,
    SetOffload => Fate::InPlace,
    SetAdvertisement => Fate::NoStep,
    SetUplink => Fate::Excepted(
        "a program outside of the lab makes it, which an engine alone does not have (tests/kernel/uplink.rs)"
    ),
    SetExpectations => Fate::NoStep,
    SetService => Fate::NoStep,
}
