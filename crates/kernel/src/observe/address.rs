//! Addresses, and who made them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use netlink_packet_route::address::AddressFlags;
use topology::observed::{Mac, ObservedAddress, ObservedInterface, ObservedKind, Origin};

use crate::netlink::AddressRow;

/// `IFAPROT_…` (linux/if_addr.h).
const KERNEL_LO: u8 = 1;
const KERNEL_RA: u8 = 2;
const KERNEL_LL: u8 = 3;

/// The address of a row, as one of `interface`.
pub(super) fn observed(row: &AddressRow, interface: &ObservedInterface) -> ObservedAddress {
    ObservedAddress {
        address: row.address,
        origin: origin(row, interface),
        tentative: row.flags.contains(AddressFlags::Tentative),
        duplicate: row.flags.contains(AddressFlags::Dadfailed),
    }
}

/// Kernels before 5.18 do not say who made an address, and a person may add
/// by hand what the kernel would (127.0.0.1/8 before `lo` is up): then
/// the address itself tells.
fn origin(row: &AddressRow, interface: &ObservedInterface) -> Origin {
    match row.protocol {
        KERNEL_LO | KERNEL_LL => return Origin::Kernel,
        KERNEL_RA => return Origin::Dynamic,
        _ => {}
    }
    let address = row.address;
    let loopback = interface.kind == ObservedKind::Loopback
        && matches!(
            (address.addr(), address.prefix_len()),
            (IpAddr::V4(Ipv4Addr::LOCALHOST), 8) | (IpAddr::V6(Ipv6Addr::LOCALHOST), 128)
        );
    let link_local = interface
        .mac
        .is_some_and(|mac| address == made_of(mac).into());
    if loopback || link_local {
        Origin::Kernel
    } else if row.flags.contains(AddressFlags::Permanent) {
        Origin::Static
    } else {
        // It has a lifetime: a router or a DHCP client gave it.
        Origin::Dynamic
    }
}

/// The link-local address that the kernel makes of a link-layer address
/// (modified EUI-64, RFC 4291 appendix A).
fn made_of(Mac([a, b, c, d, e, f]): Mac) -> IpNet {
    let word = |high: u8, low: u8| u16::from_be_bytes([high, low]);
    let address = Ipv6Addr::new(
        0xfe80,
        0,
        0,
        0,
        word(a ^ 2, b),
        word(c, 0xff),
        word(0xfe, d),
        word(e, f),
    );
    IpNet::new_assert(address.into(), 64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interface(kind: ObservedKind) -> ObservedInterface {
        ObservedInterface {
            id: None,
            name: "veth-red".to_owned(),
            kind,
            up: true,
            carrier: true,
            mtu: 1500,
            mac: Some(Mac([0x02, 0, 0, 0xaa, 0xbb, 0xcc])),
            addresses: Vec::new(),
            master: None,
            underlay: None,
            port: Default::default(),
            qdiscs: Default::default(),
            vlans: None,
            fdb: Default::default(),
            neighbours: Default::default(),
            sysctls: Default::default(),
            offloads: Default::default(),
        }
    }

    fn origin_of(address: &str, protocol: u8, flags: AddressFlags, kind: ObservedKind) -> Origin {
        let row = AddressRow {
            index: 2,
            address: address.parse().unwrap(),
            flags,
            protocol,
        };
        observed(&row, &interface(kind)).origin
    }

    #[test]
    fn tells_who_made_an_address() {
        let veth = || ObservedKind::Veth { peer: None };
        let permanent = AddressFlags::Permanent;
        let own = "fe80::aa:bbcc/64";
        assert_eq!(
            origin_of("10.0.0.1/24", 0, permanent, veth()),
            Origin::Static
        );
        assert_eq!(origin_of(own, KERNEL_LL, permanent, veth()), Origin::Kernel);
        assert_eq!(
            origin_of("fe80::ff:feaa:bbcc/64", 0, permanent, veth()),
            Origin::Kernel
        );
        assert_eq!(
            origin_of("fe80::1/64", 0, permanent, veth()),
            Origin::Static
        );
        assert_eq!(
            origin_of("fd00::1/64", KERNEL_RA, AddressFlags::empty(), veth()),
            Origin::Dynamic
        );
        assert_eq!(
            origin_of("10.0.0.9/24", 0, AddressFlags::empty(), veth()),
            Origin::Dynamic
        );
        assert_eq!(
            origin_of("127.0.0.1/8", 0, permanent, ObservedKind::Loopback),
            Origin::Kernel
        );
        assert_eq!(
            origin_of("::1/128", 0, permanent, ObservedKind::Loopback),
            Origin::Kernel
        );
        assert_eq!(
            origin_of("127.0.0.1/8", 0, permanent, veth()),
            Origin::Static
        );
    }
}
