//! What can be set on a port of a bridge.

use std::sync::LazyLock;

use super::Parameters;
use super::parameter::{Parameter, SwitchWords, Usual, Width};

/// The word after `type` of `ip link set`.
pub const NAME: &str = "bridge_slave";

/// What a new port has: a bridge's ports share it until one is set.
pub(crate) fn usual() -> Parameters<u32> {
    static USUAL: LazyLock<Parameters<u32>> =
        LazyLock::new(|| Parameters::default().with_usual(TABLE));
    USUAL.clone()
}

/// Numbers: linux/if_link.h; defaults: `new_nbp` (net/bridge/br_if.c). They hold while the
/// interface is a port of that bridge.
pub const TABLE: &[Parameter] = &[
    Parameter::number(
        "cost",
        3,
        Width::U32,
        (1, 65_535),
        Usual::Open,
        "of the way through this port in the spanning tree; the kernel takes it from the speed",
    ),
    Parameter::number(
        "priority",
        2,
        Width::U16,
        (0, 63),
        Usual::Number(32),
        "of this port in the spanning tree, among those of equal cost",
    ),
    Parameter::switch(
        "isolated",
        33,
        (Width::U8, SwitchWords::OnOff),
        false,
        "whether it reaches only ports that are not isolated",
    ),
    Parameter::switch(
        "learning",
        8,
        (Width::U8, SwitchWords::OnOff),
        true,
        "whether MAC addresses are learned from what comes in",
    ),
    Parameter::switch(
        "flood",
        9,
        (Width::U8, SwitchWords::OnOff),
        true,
        "whether frames to unknown MAC addresses go out here",
    ),
    Parameter::switch(
        "mcast_flood",
        27,
        (Width::U8, SwitchWords::OnOff),
        true,
        "whether frames to unknown groups go out here",
    ),
    Parameter::switch(
        "bcast_flood",
        30,
        (Width::U8, SwitchWords::OnOff),
        true,
        "whether broadcasts go out here",
    ),
    Parameter::switch(
        "hairpin",
        4,
        (Width::U8, SwitchWords::OnOff),
        false,
        "whether frames may go out where they came in",
    ),
    Parameter::switch(
        "guard",
        5,
        (Width::U8, SwitchWords::OnOff),
        false,
        "whether it is blocked when an STP message comes in",
    ),
    Parameter::switch(
        "root_block",
        6,
        (Width::U8, SwitchWords::OnOff),
        false,
        "whether it may never lead to the root of the spanning tree",
    ),
    Parameter::switch(
        "fastleave",
        7,
        (Width::U8, SwitchWords::OnOff),
        false,
        "whether a group ends here at once when one leaves it",
    ),
    Parameter::switch(
        "neigh_suppress",
        32,
        (Width::U8, SwitchWords::OnOff),
        false,
        "whether the bridge answers ARP and ND for what is behind it",
    ),
];
