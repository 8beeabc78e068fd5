//! IPv4 in IPv4.

use super::{Channel, NewMtu, Parameter, Table, tunnel};

const PARAMETERS: [Parameter; 6] = tunnel::parameters(2);

/// net/ipv4/ipip.c. A change that leaves something out sets it to nothing (`ipip_netlink_parms`).
pub(super) const TABLE: Table = Table {
    name: "ipip",
    about: "carries IPv4 packets to another host in IPv4",
    parameters: &PARAMETERS,
    check: tunnel::check,
    channel: Channel::Link,
    said_whole: true,
    mtu: NewMtu::Unknown,
    falls: false,
    ports: None,
    ethernet: false,
};
