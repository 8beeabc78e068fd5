//! Static neighbours and proxy entries.

use super::super::error::{EditError, Field, Place, Reason};
use super::{MIN_IPV6_MTU, WITHOUT_IPV6, refuse};
use crate::address::Family;
use crate::document::{Document, Interface};
use crate::id::InterfaceId;
use crate::neighbour::Neighbour;
use crate::sysctl::has_no_ipv6;

/// Refuses entries that the kernel would refuse, or that say two things of one address.
pub(in crate::edit) fn neighbours(
    document: &Document,
    id: InterfaceId,
    found: &Interface,
) -> Result<(), EditError> {
    let wrong = found.neighbours.iter().find_map(|neighbour| {
        let why = wrong_with(document, found, neighbour).err()?;
        Some((*neighbour, why))
    });
    match wrong {
        Some((neighbour, why)) => {
            let place = Place::Interface(id, Some(Field::Neighbours));
            Err(refuse(
                document,
                place,
                Reason::Neighbour { neighbour, why },
            ))
        }
        None => Ok(()),
    }
}

fn wrong_with(document: &Document, found: &Interface, neighbour: &Neighbour) -> Result<(), String> {
    if !found.kind.is_ethernet() {
        let kind = found.kind.name();
        return Err(format!("there is nobody with a MAC address on a {kind}"));
    }
    neighbour.check()?;
    let small = found.mtu.filter(|mtu| *mtu < MIN_IPV6_MTU);
    if let Some(mtu) = small.filter(|_| neighbour.family() == Family::Ipv6) {
        return Err(format!(
            "IPv6 needs an MTU of at least {MIN_IPV6_MTU} bytes, not {mtu}"
        ));
    }
    if neighbour.family() == Family::Ipv6 && has_no_ipv6(document, found) {
        return Err(WITHOUT_IPV6.to_owned());
    }
    let mut others = found.neighbours.iter();
    match others.find(|other| *other != neighbour && other.is_instead_of(neighbour)) {
        Some(other) => Err(format!("{other} is there already")),
        None => Ok(()),
    }
}
