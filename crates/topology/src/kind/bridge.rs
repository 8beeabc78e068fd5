//! Bridges.

use super::parameter::{Parameter, SwitchWords, Usual, Width};
use super::{Channel, NewMtu, Said, Table};
use crate::feature::Feature;

/// Times are in 1/100 s, the kernel's `USER_HZ`, as `ip link` takes them.
/// Numbers and defaults: net/bridge/br_netlink.c, br_device.c (`br_dev_setup`).
pub(super) const TABLE: Table = Table {
    name: "bridge",
    about: "joins its ports as an Ethernet switch does",
    parameters: &[
        Parameter::switch(
            "stp_state",
            5,
            (Width::U32, SwitchWords::Number),
            false,
            "the spanning tree protocol: loops are found and cut",
        ),
        Parameter::number(
            "priority",
            6,
            Width::U16,
            (0, 65_535),
            Usual::Number(32_768),
            "of this bridge in the spanning tree: the lowest becomes the root",
        ),
        Parameter::time(
            "forward_delay",
            1,
            (0, 3000),
            1500,
            "how long a port listens, and then learns, before it forwards, in 1/100 s; with STP 200 at least",
        ),
        Parameter::time(
            "hello_time",
            2,
            (100, 1000),
            200,
            "time between the root's STP messages, in 1/100 s",
        ),
        Parameter::time(
            "max_age",
            3,
            (600, 4000),
            2000,
            "after how long without STP messages the root is given up, in 1/100 s",
        ),
        Parameter::time(
            "ageing_time",
            4,
            (0, 100_000_000),
            30_000,
            "how long a MAC address is remembered, in 1/100 s; 0 makes it a hub",
        ),
        Parameter::number(
            "fdb_max_learned",
            49,
            Width::U32,
            (0, u32::MAX as u64),
            Usual::Number(0),
            "most MAC addresses that it learns; 0 is no limit (Linux 6.7)",
        )
        .needs(Feature::BridgeLearningLimit),
        Parameter::switch(
            "vlan_filtering",
            7,
            (Width::U8, SwitchWords::Number),
            false,
            "whether the VLANs of its ports count",
        )
        .needs(Feature::BridgeVlans),
        Parameter::choice(
            "vlan_protocol",
            8,
            Width::Be16,
            &[("802.1Q", 0x8100), ("802.1ad", 0x88a8)],
            0x8100,
            "the tag that it filters by",
        )
        .needs(Feature::BridgeVlans),
        Parameter::number(
            "vlan_default_pvid",
            39,
            Width::U16,
            (0, 4094),
            Usual::Number(1),
            "the VLAN of new ports for frames without a tag; 0 is none",
        )
        .needs(Feature::BridgeVlans),
        Parameter::switch(
            "mcast_snooping",
            23,
            (Width::U8, SwitchWords::Number),
            true,
            "whether groups go only where somebody listens",
        ),
        Parameter::switch(
            "mcast_querier",
            25,
            (Width::U8, SwitchWords::Number),
            false,
            "whether it asks who listens to which group",
        ),
        Parameter::number(
            "mcast_router",
            22,
            Width::U8,
            (0, 2),
            Usual::Number(1),
            "whether the bridge itself is a multicast router: 0 never, 1 when it finds out, 2 always",
        ),
        Parameter::number(
            "group_fwd_mask",
            9,
            Width::U16,
            (0, 65_535),
            Usual::Number(0),
            "which link-local groups (01:80:c2:00:00:0X) it passes on: bit X",
        ),
    ],
    check,
    channel: Channel::Link,
    said_whole: false,
    mtu: NewMtu::OfPorts,
    falls: false,
    ports: Some("bridge"),
    ethernet: true,
};

/// `br_set_forward_delay` (net/bridge/br_stp.c), and the bits that are never passed on
/// (`BR_GROUPFWD_RESTRICTED`).
fn check(said: &Said<'_>) -> Result<(), String> {
    if said.number("stp_state") == Some(1) && said.number("forward_delay").is_some_and(|d| d < 200)
    {
        return Err("`forward_delay` is 200 at least with STP".to_owned());
    }
    match said.number("group_fwd_mask") {
        Some(mask) if mask & 0x7 != 0 => {
            Err("`group_fwd_mask`: the groups of its first three bits are never passed on".into())
        }
        _ => Ok(()),
    }
}
