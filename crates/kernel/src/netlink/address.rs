//! Addresses: what `ip address` does.

use std::net::IpAddr;

use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::address::{AddressAttribute, AddressFlags, AddressMessage, AddressScope};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use nix::errno::Errno;
use topology::address::InterfaceAddress;
use topology::route::Scope;

use super::attributes::{Attributes, byte, prefix, word};
use super::{Failure, Socket};

/// `struct ifaddrmsg` (linux/if_addr.h): family, prefix length, flags, scope,
/// index.
const HEADER: usize = 8;
/// Attributes of linux/if_addr.h.
const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
const IFA_BROADCAST: u16 = 4;
const IFA_FLAGS: u16 = 8;
const IFA_PROTO: u16 = 11;

/// An address as the kernel shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AddressRow {
    /// Index of its link.
    pub(crate) index: u32,
    /// With its prefix length, and its other end if it has one.
    pub(crate) address: InterfaceAddress,
    /// `IFA_F_…`.
    pub(crate) flags: AddressFlags,
    /// `IFAPROT_…`: who made it; 0 before Linux 5.18 and for everybody but
    /// the kernel.
    pub(crate) protocol: u8,
}

impl Socket {
    /// Adds an address to the link of that index.
    pub(crate) fn add_address(
        &mut self,
        index: u32,
        address: InterfaceAddress,
    ) -> Result<(), Failure> {
        let message = RouteNetlinkMessage::NewAddress(message(index, address));
        self.change(message, NLM_F_CREATE | NLM_F_EXCL)
    }

    /// Removes an address from the link of that index.
    pub(crate) fn remove_address(
        &mut self,
        index: u32,
        address: InterfaceAddress,
    ) -> Result<(), Failure> {
        self.change(RouteNetlinkMessage::DelAddress(message(index, address)), 0)
    }

    /// All addresses of the namespace, both families.
    pub(crate) fn addresses(&mut self) -> Result<Vec<AddressRow>, Failure> {
        self.dump(
            &RouteNetlinkMessage::GetAddress(AddressMessage::default()),
            row,
        )
    }

    /// The addresses of the link of that index, both families; none if there is no such link.
    pub(crate) fn addresses_of(&mut self, index: u32) -> Result<Vec<AddressRow>, Failure> {
        let mut message = AddressMessage::default();
        message.header.index = index;
        let of = |bytes: &[u8]| Ok(row(bytes)?.filter(|row| row.index == index));
        match self.dump_some(&RouteNetlinkMessage::GetAddress(message), of) {
            Err(failure) if failure.is(Errno::ENODEV) => Ok(Vec::new()),
            other => other,
        }
    }
}

fn message(index: u32, address: InterfaceAddress) -> AddressMessage {
    let mut message = AddressMessage::default();
    message.header.family = family(address.addr());
    message.header.prefix_len = address.prefix_len();
    message.header.index = index;
    // IPv6 finds the scope by itself.
    message.header.scope = match address.scope() {
        Scope::Global => AddressScope::Universe,
        Scope::Link => AddressScope::Link,
        Scope::Host => AddressScope::Host,
    };
    // Where there is no other end both are the same.
    message.attributes = vec![
        AddressAttribute::Local(address.addr()),
        AddressAttribute::Address(address.peer().unwrap_or_else(|| address.addr())),
    ];
    let broadcast = address.broadcast().map(AddressAttribute::Broadcast);
    message.attributes.extend(broadcast);
    message
}

/// `None` of a scope that documents do not know: it is taken for that of everywhere.
fn scope(number: u8) -> Option<Scope> {
    match number {
        0 => Some(Scope::Global),
        253 => Some(Scope::Link),
        254 => Some(Scope::Host),
        _ => None,
    }
}

/// The kernel's number for the family of an address.
pub(super) fn family(address: IpAddr) -> AddressFamily {
    match address {
        IpAddr::V4(_) => AddressFamily::Inet,
        IpAddr::V6(_) => AddressFamily::Inet6,
    }
}

/// `None` for other families.
pub(super) fn row(bytes: &[u8]) -> Result<Option<AddressRow>, Failure> {
    let attributes = Attributes::after(HEADER, bytes)?;
    // IFA_ADDRESS is the other end's of a point-to-point address.
    let other = attributes.address(IFA_ADDRESS);
    let own = attributes.address(IFA_LOCAL).or(other);
    let Some(own) = own.and_then(|address| prefix(address, byte(bytes, 1))) else {
        return Ok(None);
    };
    let mut address = InterfaceAddress::from(own).with_peer(other);
    // The scope of IPv6 is that of the address.
    if own.addr().is_ipv4() {
        address = address.with_scope(scope(byte(bytes, 3)));
        if let Some(IpAddr::V4(broadcast)) = attributes.address(IFA_BROADCAST) {
            address = address.with_broadcast(Some(broadcast));
        }
    }
    let flags = attributes
        .u32(IFA_FLAGS)
        .unwrap_or_else(|| byte(bytes, 2).into());
    Ok(Some(AddressRow {
        index: word(bytes, 4),
        address,
        flags: AddressFlags::from_bits_retain(flags),
        protocol: attributes.get(IFA_PROTO).map_or(0, |value| byte(value, 0)),
    }))
}
