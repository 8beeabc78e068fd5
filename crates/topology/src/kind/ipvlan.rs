//! Further interfaces with the MAC address of another.

use super::parameter::{Parameter, Width};
use super::{Channel, NewMtu, Table, nothing};

/// Numbers: linux/if_link.h (`enum ipvlan_mode`). The mode is of all that stand on one interface.
pub(super) const TABLE: Table = Table {
    name: "ipvlan",
    about: "a further interface on another one's cable, with the same MAC address",
    parameters: &[
        Parameter::lower("the interface on whose cable it is"),
        Parameter::choice(
            "mode",
            1,
            Width::U16,
            &[("l2", 0), ("l3", 1), ("l3s", 2)],
            1,
            "whether frames are switched (l2) or packets routed between those on one cable",
        ),
    ],
    check: nothing,
    channel: Channel::Link,
    said_whole: false,
    mtu: NewMtu::OfLower,
    falls: true,
    ports: None,
    ethernet: false,
};
