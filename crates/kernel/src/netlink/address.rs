//! Addresses: what `ip address` does.

use ipnet::IpNet;
use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::address::{AddressAttribute, AddressFlags, AddressMessage, AddressScope};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use nix::errno::Errno;

use super::attributes::{Attributes, byte, prefix, word};
use super::{Failure, Socket};

/// `struct ifaddrmsg` (linux/if_addr.h): family, prefix length, flags, scope,
/// index.
const HEADER: usize = 8;
/// Attributes of linux/if_addr.h.
const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
const IFA_FLAGS: u16 = 8;
const IFA_PROTO: u16 = 11;

/// An address as the kernel shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AddressRow {
    /// Index of its link.
    pub(crate) index: u32,
    /// With its prefix length, host bits kept.
    pub(crate) address: IpNet,
    /// `IFA_F_…`.
    pub(crate) flags: AddressFlags,
    /// `IFAPROT_…`: who made it; 0 before Linux 5.18 and for everybody but
    /// the kernel.
    pub(crate) protocol: u8,
}

impl Socket {
    /// Adds an address to the link of that index.
    pub(crate) fn add_address(&mut self, index: u32, address: IpNet) -> Result<(), Failure> {
        let message = RouteNetlinkMessage::NewAddress(message(index, address));
        self.change(message, NLM_F_CREATE | NLM_F_EXCL)
    }

    /// Removes an address from the link of that index.
    pub(crate) fn remove_address(&mut self, index: u32, address: IpNet) -> Result<(), Failure> {
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

fn message(index: u32, address: IpNet) -> AddressMessage {
    let mut message = AddressMessage::default();
    message.header.family = family(address);
    message.header.prefix_len = address.prefix_len();
    message.header.index = index;
    message.header.scope = scope(address);
    // Both the same: not a point-to-point address.
    message.attributes = vec![
        AddressAttribute::Local(address.addr()),
        AddressAttribute::Address(address.addr()),
    ];
    message
}

/// As iproute2 has it (`default_scope` in ip/ipaddress.c): those of 127.0.0.0/8
/// are for this host only. IPv6 finds the scope by itself.
fn scope(address: IpNet) -> AddressScope {
    match address {
        IpNet::V4(net) if net.addr().is_loopback() => AddressScope::Host,
        IpNet::V4(_) | IpNet::V6(_) => AddressScope::Universe,
    }
}

/// The kernel's number for the family of an address.
pub(super) fn family(address: IpNet) -> AddressFamily {
    match address {
        IpNet::V4(_) => AddressFamily::Inet,
        IpNet::V6(_) => AddressFamily::Inet6,
    }
}

/// `None` for other families.
pub(super) fn row(bytes: &[u8]) -> Result<Option<AddressRow>, Failure> {
    let attributes = Attributes::after(HEADER, bytes)?;
    // IFA_ADDRESS is the other end's of a point-to-point address.
    let own = attributes
        .address(IFA_LOCAL)
        .or_else(|| attributes.address(IFA_ADDRESS));
    let Some(address) = own.and_then(|address| prefix(address, byte(bytes, 1))) else {
        return Ok(None);
    };
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
