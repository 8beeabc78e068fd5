//! Interface addresses and prefixes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

mod interface;

pub use interface::InterfaceAddress;

/// The two families, equal everywhere.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// IPv4.
    Ipv4,
    /// IPv6.
    Ipv6,
}

impl Family {
    /// The family of an address.
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::Ipv4,
            IpAddr::V6(_) => Self::Ipv6,
        }
    }

    /// `IPv4` or `IPv6`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ipv4 => "IPv4",
            Self::Ipv6 => "IPv6",
        }
    }

    /// `0.0.0.0/0` or `::/0`.
    pub fn default_destination(self) -> IpNet {
        match self {
            Self::Ipv4 => IpNet::V4(ipnet::Ipv4Net::default()),
            Self::Ipv6 => IpNet::V6(ipnet::Ipv6Net::default()),
        }
    }
}

/// Why a text or a prefix is no address of an interface.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AddressError {
    /// Not an address at all.
    #[error(
        "`{text}` is not an address: write it like 10.0.0.1/24, fd00::1/64 or 10.0.0.1 peer 10.0.0.2/32"
    )]
    Malformed {
        /// What was given.
        text: String,
    },
    /// An address, but nothing says how long its prefix is.
    #[error("`{address}` has no prefix length: write it like {address}/{usual}")]
    NoPrefix {
        /// The address that was given.
        address: IpAddr,
        /// A usual length for the family.
        usual: u8,
    },
    /// All host bits set: the broadcast address of its own network.
    #[error("{address} is the broadcast address of its network, not one of an interface")]
    Broadcast {
        /// The address that was given.
        address: IpNet,
    },
    /// A group, not a host.
    #[error("{address} is a multicast address, not one of an interface")]
    Multicast {
        /// The address that was given.
        address: IpNet,
    },
    /// `::1` where no loopback is.
    #[error(
        "{address} is the loopback's own address: of other interfaces the kernel gives it to a VRF alone, which is not supported"
    )]
    Loopback {
        /// The address that was given.
        address: IpAddr,
    },
    /// One that the kernel refuses because of another on the same interface.
    #[error(
        "{address} cannot be beside {other}: of one network an interface has an address once, and all with one scope"
    )]
    Beside {
        /// The address that was given.
        address: String,
        /// The other one.
        other: String,
    },
    /// An other end that no address has.
    #[error("`peer {peer}`: {why}")]
    Peer {
        /// The other end.
        peer: IpAddr,
        /// Why not.
        why: String,
    },
    /// Something that IPv6 addresses do not have.
    #[error("`{what}` is for IPv4 addresses only")]
    Ipv4Only {
        /// The word.
        what: String,
    },
    /// `0.0.0.0` or `::`.
    #[error("{address} is the unspecified address, not one of an interface")]
    Unspecified {
        /// The address that was given.
        address: IpNet,
    },
}

/// Reads an interface address with its prefix length, such as `10.0.0.1/24`.
///
/// The host bits are kept. Spaces around the text are not part of it.
pub fn parse_interface_address(text: &str) -> Result<InterfaceAddress, AddressError> {
    let address: InterfaceAddress = text.parse()?;
    address.check()?;
    Ok(address)
}

/// Refuses what no interface can have as its own address.
pub fn check_interface_address(address: IpNet) -> Result<(), AddressError> {
    let ip = address.addr();
    if ip.is_multicast() {
        return Err(AddressError::Multicast { address });
    }
    if ip.is_unspecified() {
        return Err(AddressError::Unspecified { address });
    }
    if ip == IpAddr::V4(Ipv4Addr::BROADCAST) || is_directed_broadcast(address) {
        return Err(AddressError::Broadcast { address });
    }
    Ok(())
}

/// In networks longer than /30 every address is a host's (RFC 3021); IPv6 has no broadcast.
fn is_directed_broadcast(address: IpNet) -> bool {
    match address {
        IpNet::V4(net) => net.prefix_len() < 31 && net.addr() == net.broadcast(),
        IpNet::V6(_) => false,
    }
}

/// Whether the kernel takes an address on a loopback only: `::1`, whatever its prefix (EADDRNOTAVAIL
/// elsewhere). It takes those of 127.0.0.0/8 anywhere.
pub fn is_for_loopback_only(address: IpAddr) -> bool {
    address.is_ipv6() && address.is_loopback()
}

/// Whether the kernel puts this address on a loopback by itself when it comes up.
pub(crate) fn is_kernels_own(address: InterfaceAddress) -> bool {
    // IPv6 has an address once, whatever its prefix.
    is_for_loopback_only(address.addr()) || address.to_string() == "127.0.0.1/8"
}

/// Whether an address means something on its own link only, so that several interfaces of a
/// namespace may have the same: IPv6 link-local ones.
pub fn is_per_link(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(address) if is_ipv6_link_local(address))
}

/// Whether the kernel made this address by itself (IPv6 link-local, `fe80::/10`).
pub fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => is_ipv6_link_local(address),
    }
}

fn is_ipv6_link_local(address: Ipv6Addr) -> bool {
    address.segments()[0] & 0xffc0 == 0xfe80
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_both_families_and_keeps_the_host_bits() {
        for text in [
            "10.0.0.1/24",
            "fd00::1/64",
            "10.0.0.0/31",
            "10.0.0.255/32",
            "127.0.0.1/8",
        ] {
            assert_eq!(parse_interface_address(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn names_what_is_wrong() {
        use AddressError::*;
        assert!(matches!(
            parse_interface_address("10.0.0.1"),
            Err(NoPrefix { usual: 24, .. })
        ));
        assert!(matches!(
            parse_interface_address("fd00::1"),
            Err(NoPrefix { usual: 64, .. })
        ));
        assert!(matches!(
            parse_interface_address("10.0.0.255/24"),
            Err(Broadcast { .. })
        ));
        assert!(matches!(
            parse_interface_address("255.255.255.255/32"),
            Err(Broadcast { .. })
        ));
        assert!(matches!(
            parse_interface_address("224.0.0.1/24"),
            Err(Multicast { .. })
        ));
        assert!(matches!(
            parse_interface_address("ff02::1/64"),
            Err(Multicast { .. })
        ));
        assert!(matches!(
            parse_interface_address("::/64"),
            Err(Unspecified { .. })
        ));
        assert!(matches!(
            parse_interface_address("10.0.0.1/33"),
            Err(Malformed { .. })
        ));
        assert!(matches!(
            parse_interface_address("red"),
            Err(Malformed { .. })
        ));
    }
}
