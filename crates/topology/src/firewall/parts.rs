//! Ready-made parts: ordinary rulesets, to put into the text of a firewall and to change there.
//!
//! Each is a table of its own, or adds to the one that another part makes, so that they go together
//! in any order but for [`allow_port`], which stands below the rules that it adds to.

use std::fmt;
use std::net::IpAddr;

use crate::name::InterfaceName;

/// A transport protocol, by the word that nft has for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Transport {
    /// `tcp`.
    Tcp,
    /// `udp`.
    Udp,
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        })
    }
}

/// Gives what leaves by an interface the address of that interface.
pub fn masquerade(out: &InterfaceName) -> String {
    let out = quoted(out);
    format!(
        "\
# What leaves by {out} gets its address.
table inet nat {{
\tchain postrouting {{
\t\ttype nat hook postrouting priority srcnat; policy accept;
\t\toifname {out} counter masquerade
\t}}
}}
"
    )
}

/// Sends what arrives at a port of an interface to a port of another machine.
pub fn port_forward(
    arrives: &InterfaceName,
    transport: Transport,
    port: u16,
    to: IpAddr,
    to_port: u16,
) -> String {
    let arrives = quoted(arrives);
    let (family, to) = match to {
        IpAddr::V4(to) => ("ip", format!("{to}:{to_port}")),
        IpAddr::V6(to) => ("ip6", format!("[{to}]:{to_port}")),
    };
    format!(
        "\
# {transport} port {port} of {arrives} leads to {to}.
table inet nat {{
\tchain prerouting {{
\t\ttype nat hook prerouting priority dstnat; policy accept;
\t\tiifname {arrives} {transport} dport {port} counter dnat {family} to {to}
\t}}
}}
"
    )
}

/// Lets answers in and through, and nothing else: no new connection to this namespace, none through
/// it. What IPv6 cannot do without is let in.
pub fn default_deny() -> String {
    "\
# Nothing comes in or through but answers; allow more below.
table inet filter {
\tchain input {
\t\ttype filter hook input priority filter; policy drop;
\t\tct state established,related counter accept
\t\tct state invalid counter drop
\t\tiifname \"lo\" accept
\t\ticmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert, nd-router-solicit } accept
\t}
\tchain forward {
\t\ttype filter hook forward priority filter; policy drop;
\t\tct state established,related counter accept
\t\tct state invalid counter drop
\t}
}
"
    .to_owned()
}

/// Lets new connections to a port of this namespace in; below [`default_deny`].
pub fn allow_port(transport: Transport, port: u16) -> String {
    format!("add rule inet filter input {transport} dport {port} ct state new counter accept\n")
}

/// An interface's name as nft reads it: a name has no quote in it.
fn quoted(name: &InterfaceName) -> String {
    format!("\"{name}\"")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::firewall::Ruleset;

    #[test]
    fn parts_are_rulesets() {
        let name: InterfaceName = "eth0".parse().unwrap();
        let to = "10.0.0.2".parse().unwrap();
        for part in [
            masquerade(&name),
            port_forward(&name, Transport::Tcp, 8080, to, 80),
            default_deny(),
            allow_port(Transport::Udp, 53),
        ] {
            assert_eq!(Ruleset::new(&part).unwrap().as_str(), part);
        }
    }
}
