//! IP in GRE.

use super::parameter::{Change, Form, Parameter, SwitchWords, Usual, Width};
use super::{NewMtu, Said, Table};

/// Numbers and defaults: linux/if_tunnel.h, net/ipv4/ip_gre.c. A change that leaves something out
/// sets it to nothing (`ipgre_netlink_parms`).
pub(super) const TABLE: Table = Table {
    name: "gre",
    about: "carries IP packets to another host in GRE",
    parameters: &[
        Parameter::host("remote", 7, None, "the other end"),
        Parameter::host("local", 6, None, "this end"),
        Parameter::number(
            "ttl",
            8,
            Width::U8,
            (0, 255),
            Usual::Number(0),
            "hops of the outer packet; 0 takes those of the inner one",
        ),
        Parameter::number(
            "tos",
            9,
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

/// `ipgre_netlink_parms` and `ip_tunnel_check`: a fixed TTL goes with path MTU discovery only.
pub(super) fn tunnel(said: &Said<'_>) -> Result<(), String> {
    // One for everything is the kernel's own `gre0` or `tunl0`.
    if !said.has("remote") && !said.has("local") {
        return Err(
            "a tunnel needs `remote`, or `local` to take what comes from anybody".to_owned(),
        );
    }
    let is_fixed = said.number("ttl").is_some_and(|ttl| ttl > 0);
    match is_fixed && said.number("pmtudisc") == Some(0) {
        true => Err("a fixed `ttl` needs `pmtudisc`".to_owned()),
        false => Ok(()),
    }
}
