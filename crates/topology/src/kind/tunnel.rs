//! What tunnels through IPv4 have in common.

use super::Said;
use super::parameter::{Change, Form, Parameter, SwitchWords, Usual, Width};

/// The parameters of a tunnel whose local address is that netlink attribute; the attributes after it
/// follow in the same order in all of them (linux/if_tunnel.h).
pub(super) const fn parameters(local: u16) -> [Parameter; 6] {
    [
        Parameter::host("remote", local + 1, None, "the other end"),
        Parameter::host("local", local, None, "this end"),
        Parameter::number(
            "ttl",
            local + 2,
            Width::U8,
            (0, 255),
            Usual::Number(0),
            "hops of the outer packet; 0 takes those of the inner one",
        ),
        Parameter::number(
            "tos",
            local + 3,
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
    ]
}

/// `ipgre_netlink_parms`, `ipip_netlink_parms` and `ip_tunnel_check`: a fixed TTL goes with path MTU
/// discovery only.
pub(super) fn check(said: &Said<'_>) -> Result<(), String> {
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
