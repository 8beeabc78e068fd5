//! VLANs on another interface.

use super::parameter::{Parameter, Usual, Width};
use super::{Channel, NewMtu, Table, nothing};

/// Numbers: linux/if_link.h; the range of ids: `vlan_validate` (net/8021q/vlan_netlink.c).
pub(super) const TABLE: Table = Table {
    name: "vlan",
    about: "sends and receives the frames of one VLAN of another interface",
    parameters: &[
        Parameter::lower("the interface whose frames carry the tags"),
        Parameter::number(
            "id",
            1,
            Width::U16,
            (0, 4094),
            Usual::Required,
            "the number of the VLAN",
        )
        .anew(),
        Parameter::choice(
            "protocol",
            5,
            Width::Be16,
            &[("802.1Q", 0x8100), ("802.1ad", 0x88a8)],
            0x8100,
            "the tag: 802.1ad is the outer one of two",
        )
        .anew(),
    ],
    check: nothing,
    channel: Channel::Link,
    said_whole: false,
    mtu: NewMtu::OfLower,
    falls: true,
    ports: None,
    ethernet: true,
};
