//! The routes of the main table that the kernel makes by itself.

use ipnet::{IpNet, Ipv6Net};

/// Metric of those of IPv6: `IP6_RT_PRIO_ADDRCONF` (linux/ipv6_route.h).
const IPV6_METRIC: u32 = 256;

/// A route that comes with an address. None of its destination and metric can be added beside it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Connected {
    pub(crate) to: IpNet,
    pub(crate) metric: u32,
}

/// The route to its network that an address brings along while its interface is up.
///
/// IPv4 has those of single addresses and of a loopback in another table (`fib_add_ifaddr`).
pub(crate) fn of_address(address: IpNet, is_loopback: bool) -> Option<Connected> {
    let to = address.trunc();
    match address {
        IpNet::V4(net) => {
            (!is_loopback && net.prefix_len() < 32).then_some(Connected { to, metric: 0 })
        }
        IpNet::V6(_) => Some(Connected {
            to,
            metric: IPV6_METRIC,
        }),
    }
}

/// The route to `fe80::/64` that every interface but a loopback gets with its first carrier.
pub(crate) fn link_local() -> Connected {
    let network = std::net::Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0);
    Connected {
        to: Ipv6Net::new_assert(network, 64).into(),
        metric: IPV6_METRIC,
    }
}
