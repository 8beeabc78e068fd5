//! IPv4 in IPv4.

use super::gre::tunnel;
use super::parameter::{Change, Form, Parameter, SwitchWords, Usual, Width};
use super::{NewMtu, Table};

/// Numbers and defaults: linux/if_tunnel.h, net/ipv4/ipip.c. A change that leaves something out
/// sets it to nothing (`ipip_netlink_parms`).
pub(super) const TABLE: Table = Table {
    name: "ipip",
    about: "carries IPv4 packets to another host in IPv4",
    parameters: &[
        Parameter::host("remote", 3, None, "the other end"),
        Parameter::host("local", 2, None, "this end"),
        Parameter::number(
            "ttl",
            4,
            Width::U8,
            (0, 255),
            Usual::Number(0),
            "hops of the outer packet; 0 takes those of the inner one",
        ),
        Parameter::number(
            "tos",
            5,
            Width::U8,
            (0, 255),
            Usual::Number(0),
            "type of service of the outer packet; 1 takes that of the inner one",
        ),
        Parameter::switch(
            "pmtudisc",
            10,
            (Width::U8, SwitchWords::Prefix),
            true,
            "whether the outer packet must not be fragmented",
        ),
        Parameter {
            name: "dev",
            about: "the interface through which it sends",
            attribute: 1,
            form: Form::Link,
            usual: Usual::Nothing,
            change: Change::InPlace,
            feature: None,
        },
    ],
    check: tunnel,
    said_whole: true,
    mtu: NewMtu::Unknown,
    falls: false,
    ports: None,
    ethernet: false,
};
