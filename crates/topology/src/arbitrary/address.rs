//! Addresses of interfaces.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::{Wish, pick};
use crate::address::InterfaceAddress;
use crate::document::Document;
use crate::edit::Edit;
use crate::route::Scope;

impl Wish {
    pub(super) fn address(&self) -> InterfaceAddress {
        let own: InterfaceAddress = match self.on {
            true => v4(self.b, self.c),
            false => v6(self.b, self.c),
        }
        .into();
        let [more, _] = self.b.to_be_bytes();
        match (more % 8, own.addr()) {
            (0, IpAddr::V4(_)) => {
                let peer = Ipv4Addr::new(10, 9, more % 5, more);
                let length = if more.is_multiple_of(16) { 32 } else { 24 };
                IpNet::new(own.addr(), length)
                    .map_or(own, Into::into)
                    .with_peer(Some(peer.into()))
            }
            (0, IpAddr::V6(_)) => {
                let peer = Ipv6Addr::new(0xfd09, 0, 0, 0, 0, 0, 0, more.into());
                own.with_peer(Some(peer.into()))
            }
            (1, IpAddr::V4(address)) => {
                let [a, b, c, _] = address.octets();
                own.with_broadcast(Some(Ipv4Addr::new(a, b, c, 255)))
            }
            (2, IpAddr::V4(_)) => own.with_scope(Some(Scope::Link)),
            _ => own,
        }
    }

    pub(super) fn remove_address(&self, document: &Document) -> Edit {
        let interface = self.interface(document);
        let addresses = document
            .interfaces
            .get(&interface)
            .map(|i| i.addresses.clone());
        let address = pick(addresses.unwrap_or_default().into_iter(), self.b);
        Edit::RemoveAddress {
            interface,
            address: address.unwrap_or_else(|| self.address()),
        }
    }
}

#[allow(clippy::expect_used, reason = "the lengths are constants in range")]
fn v4(network: u16, host: u16) -> IpNet {
    let [_, network] = network.to_be_bytes();
    let host = u8::try_from(host % 250).unwrap_or_default() + 1;
    IpNet::new(IpAddr::V4(Ipv4Addr::new(10, 0, network % 8, host)), 24).expect("a length")
}

#[allow(clippy::expect_used, reason = "the lengths are constants in range")]
pub(super) fn v6(network: u16, host: u16) -> IpNet {
    let address = Ipv6Addr::new(0xfd00, 0, 0, network % 8, 0, 0, 0, host % 250 + 1);
    IpNet::new(IpAddr::V6(address), 64).expect("a length")
}
