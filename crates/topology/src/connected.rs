//! The routes of the main table that the kernel makes by itself.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv6Net};

use crate::address::InterfaceAddress;

/// Metric of those of IPv6: `IP6_RT_PRIO_ADDRCONF` (linux/ipv6_route.h).
const IPV6_METRIC: u32 = 256;

/// A route that comes with an address. None of its destination and metric can be added beside it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Connected {
    pub(crate) to: IpNet,
    pub(crate) metric: u32,
}

/// The routes to its networks that an address brings along while its interface is up.
///
/// IPv4 has those of its own single address and of a loopback in another table (`fib_add_ifaddr`).
pub(crate) fn of_address(
    address: InterfaceAddress,
    is_loopback: bool,
) -> impl Iterator<Item = Connected> {
    let is_made = move |to: &IpNet| match to {
        IpNet::V4(net) => {
            !is_loopback && (net.prefix_len() < 32 || IpAddr::V4(net.addr()) != address.addr())
        }
        IpNet::V6(_) => true,
    };
    let metric = match address.addr() {
        IpAddr::V4(_) => 0,
        IpAddr::V6(_) => IPV6_METRIC,
    };
    let networks = address.networks().filter(is_made);
    networks.map(move |to| Connected { to, metric })
}

/// The route to `fe80::/64` that every interface but a loopback gets with its first carrier.
pub(crate) fn link_local() -> Connected {
    let network = std::net::Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0);
    Connected {
        to: Ipv6Net::new_assert(network, 64).into(),
        metric: IPV6_METRIC,
    }
}
