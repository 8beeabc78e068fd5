//! Addresses of interfaces.

use super::super::error::{EditError, Field, Place, Reason};
use super::device::shared_address;
use super::relations::Relations;
use super::{MIN_IPV6_MTU, WITHOUT_IPV6, refuse};
use crate::address::{
    AddressError, Family, InterfaceAddress, is_for_loopback_only, is_kernels_own, is_per_link,
};
use crate::document::{Document, Interface, Kind};
use crate::id::InterfaceId;
use crate::sysctl::has_no_ipv6;

/// Refuses an address that an interface cannot have or has already.
pub(in crate::edit) fn address_free(
    document: &Document,
    id: InterfaceId,
    address: InterfaceAddress,
) -> Result<(), EditError> {
    let place = Place::Interface(id, Some(Field::Addresses));
    let Some(found) = document.interfaces.get(&id) else {
        return Err(refuse(document, place, Reason::Gone));
    };
    if found.addresses.contains(&address) {
        return Err(refuse(
            document,
            place,
            Reason::DuplicateAddress { address },
        ));
    }
    address_itself(document, id, found, address)?;
    let with = Interface {
        addresses: vec![address],
        ..found.clone()
    };
    if let Some((_, other)) = shared_address(&Relations::of(document), id, &with) {
        let other = document.describe_interface(other);
        return Err(refuse(
            document,
            place,
            Reason::AddressTaken { address, other },
        ));
    }
    address_elsewhere(document, id, found, address)
}

pub(super) fn address_itself(
    document: &Document,
    id: InterfaceId,
    found: &Interface,
    address: InterfaceAddress,
) -> Result<(), EditError> {
    let fail = |reason| {
        Err(refuse(
            document,
            Place::Interface(id, Some(Field::Addresses)),
            reason,
        ))
    };
    if let Err(error) = address.check() {
        return fail(Reason::Address(error));
    }
    if found.kind != Kind::Loopback && is_for_loopback_only(address.addr()) {
        return fail(Reason::Address(AddressError::Loopback {
            address: address.addr(),
        }));
    }
    if Family::of(address.addr()) == Family::Ipv6 {
        if let Some(mtu) = found.mtu.filter(|mtu| *mtu < MIN_IPV6_MTU) {
            let why = format!("an IPv6 address needs at least {MIN_IPV6_MTU} bytes");
            return fail(Reason::Mtu { mtu, why });
        }
        if has_no_ipv6(document, found) {
            let why = WITHOUT_IPV6.to_owned();
            return fail(Reason::Sysctl { why });
        }
        // The kernel refuses a second one of the same address, whatever its prefix (EEXIST).
        let twin = found
            .addresses
            .iter()
            .find(|a| a.addr() == address.addr() && **a != address);
        if let Some(&twin) = twin {
            return fail(Reason::DuplicateAddress { address: twin });
        }
    }
    if let Some(why) = beside(found, address) {
        return fail(Reason::Address(why));
    }
    // The kernel puts these on the loopback by itself when it comes up.
    if found.kind == Kind::Loopback && is_kernels_own(address) {
        return fail(Reason::KernelAddress { address });
    }
    Ok(())
}

/// Refuses an address that another interface of the namespace has.
pub(super) fn address_elsewhere(
    document: &Document,
    id: InterfaceId,
    found: &Interface,
    address: InterfaceAddress,
) -> Result<(), EditError> {
    if is_per_link(address.addr()) {
        return Ok(());
    }
    let fail = |reason| {
        Err(refuse(
            document,
            Place::Interface(id, Some(Field::Addresses)),
            reason,
        ))
    };
    let mut others = document.interfaces_of(found.namespace);
    match others
        .find(|(other, i)| *other != id && i.addresses.iter().any(|a| a.addr() == address.addr()))
    {
        Some((other, _)) => {
            let other = document.describe_interface(other);
            fail(Reason::AddressTaken { address, other })
        }
        None => Ok(()),
    }
}

/// Why the kernel does not take an IPv4 address beside another of its network
/// (`__inet_insert_ifa`).
fn beside(found: &Interface, address: InterfaceAddress) -> Option<AddressError> {
    let others = found.addresses.iter().filter(|other| **other != address);
    let mut others = others.filter(|other| other.network() == address.network());
    let other = others.find(|other| {
        other.addr().is_ipv4() && (other.excludes(&address) || other.scope() != address.scope())
    })?;
    Some(AddressError::Beside {
        address: address.to_string(),
        other: other.to_string(),
    })
}
