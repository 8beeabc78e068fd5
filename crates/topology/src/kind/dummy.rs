//! Interfaces that drop what they are given.

use super::{Channel, NewMtu, Table, nothing};

/// drivers/net/dummy.c.
pub(super) const TABLE: Table = Table {
    name: "dummy",
    about: "drops what it is given: a place for an address that is always up",
    parameters: &[],
    check: nothing,
    channel: Channel::Link,
    said_whole: false,
    mtu: NewMtu::Fixed(1500),
    falls: false,
    ports: None,
    ethernet: true,
};
