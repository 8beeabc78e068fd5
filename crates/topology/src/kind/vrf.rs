//! Routing tables of their own.

use super::parameter::{Parameter, Usual, Width};
use super::{Channel, NewMtu, Table, nothing};

/// The MTU of a VRF, and the largest that it takes: an IPv6 packet with its header.
pub(super) const MTU: u32 = 65_575;

/// drivers/net/vrf.c.
pub(super) const TABLE: Table = Table {
    name: "vrf",
    about: "a routing table of its own for the interfaces in it",
    parameters: &[Parameter::number(
        "table",
        1,
        Width::U32,
        (1, u32::MAX as u64),
        Usual::Required,
        "the number of the routing table",
    )
    .anew()],
    check: nothing,
    channel: Channel::Link,
    said_whole: false,
    mtu: NewMtu::Fixed(MTU),
    falls: false,
    ports: Some("vrf"),
    ethernet: false,
};
