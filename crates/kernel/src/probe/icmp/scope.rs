//! Where an address is, as a socket must be told.

use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6};

use nix::ifaddrs::getifaddrs;
use nix::net::if_::{InterfaceFlags, if_nametoindex};

use crate::error::Cause;

/// The target as a socket's address, for the namespace of the calling thread. An IPv6 link-local
/// address exists once on each link: it is that of an interface of our own if one has it, or else
/// on the link of the only interface that is up.
pub(in crate::probe) fn destination(target: IpAddr) -> Result<SocketAddr, Cause> {
    match target {
        IpAddr::V6(address) if address.is_unicast_link_local() => {
            let scope = if_nametoindex(only_link(address)?.as_str())?;
            Ok(SocketAddrV6::new(address, 0, 0, scope).into())
        }
        _ => Ok(SocketAddr::new(target, 0)),
    }
}

/// The interface on whose link `target` must be.
fn only_link(target: Ipv6Addr) -> Result<String, Cause> {
    let mut links = Vec::new();
    for address in getifaddrs()? {
        let own = address.address.as_ref().and_then(|a| a.as_sockaddr_in6());
        let Some(own) = own.map(|own| own.ip()) else {
            continue;
        };
        if own == target {
            return Ok(address.interface_name);
        }
        let up = address.flags.contains(InterfaceFlags::IFF_UP)
            && !address.flags.contains(InterfaceFlags::IFF_LOOPBACK);
        if up && own.is_unicast_link_local() && !links.contains(&address.interface_name) {
            links.push(address.interface_name);
        }
    }
    match links.as_slice() {
        [link] => Ok(link.clone()),
        [] => Err("it is a link-local address, and no interface with one is up here".into()),
        several => Err(format!(
            "it is a link-local address, and may be on the link of {}: \
             only with one interface up is it clear which",
            several.join(" or ")
        )
        .into()),
    }
}
