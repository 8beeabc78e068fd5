//! Further MAC addresses on another interface.

use super::parameter::{Parameter, Width};
use super::{Channel, NewMtu, Table, nothing};

/// A macvlan that passes all frames through is made so (`macvlan_changelink`).
pub(crate) const PASSTHRU: u64 = 8;

/// Numbers: linux/if_link.h (`enum macvlan_mode`); `ip` takes vepa if nothing is said.
pub(super) const TABLE: Table = Table {
    name: "macvlan",
    about: "a further interface on another one's cable, with a MAC address of its own",
    parameters: &[
        Parameter::lower("the interface on whose cable it is"),
        Parameter::choice(
            "mode",
            1,
            Width::U32,
            &[("private", 1), ("vepa", 2), ("bridge", 4), ("passthru", PASSTHRU)],
            2,
            "whether those on one cable reach each other: in `bridge` they do at once, in `vepa` by way of the switch, in `private` not at all",
        )
        .anew_at(PASSTHRU),
    ],
    check: nothing,
    channel: Channel::Link,
    said_whole: false,
    mtu: NewMtu::OfLower,
    falls: true,
    ports: None,
    ethernet: true,
};
