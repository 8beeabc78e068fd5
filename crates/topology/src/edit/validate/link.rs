//! What is set on any interface: its MTU, its MAC address.

use super::super::error::{EditError, Field, Place, Reason};
use super::relations::Relations;
use super::{MIN_IPV6_MTU, refuse};
use crate::address::Family;
use crate::document::{Device, Document, Interface, Route};
use crate::id::InterfaceId;
use crate::kind::{NewMtu, mtu_range};
use crate::mac::Mac;

/// Refuses an MTU that the kernel would refuse.
pub(in crate::edit) fn mtu(
    relations: &Relations<'_>,
    id: InterfaceId,
    found: &Interface,
    mtu: Option<u32>,
) -> Result<(), EditError> {
    let document = relations.document;
    // `vlan_dev_change_mtu`, `macvlan_change_mtu`: none above what they stand on.
    let uppers = relations.uppers(id);
    let set = uppers.filter(|(_, _, device)| takes_mtu_of(device) == Some(id));
    let mut set = set
        .filter_map(|(upper, above, _)| Some((upper, above.mtu?)))
        .peekable();
    let own = set.peek().and_then(|_| {
        let changed = Interface {
            mtu,
            ..found.clone()
        };
        relations.mtu(id, &changed)
    });
    for (upper, has) in set {
        if let Some(own) = own.filter(|own| has > *own) {
            let upper = document.describe_interface(upper);
            let why = format!("{upper} stands on it and has {has}");
            let place = Place::Interface(id, Some(Field::Mtu));
            return Err(refuse(document, place, Reason::Mtu { mtu: own, why }));
        }
    }
    let Some(mtu) = mtu else { return Ok(()) };
    let refuse_mtu = |why: String| {
        Err(refuse(
            document,
            Place::Interface(id, Some(Field::Mtu)),
            Reason::Mtu { mtu, why },
        ))
    };
    let lower = found.kind.device().and_then(takes_mtu_of);
    let lower = lower.and_then(|id| Some((id, document.interfaces.get(&id)?)));
    if let Some((id, lower)) = lower
        && let Some(most) = relations.mtu(id, lower).filter(|most| mtu > *most)
    {
        let lower = document.describe_interface(id);
        return refuse_mtu(format!("{lower}, on which it stands, has {most}"));
    }
    let range = mtu_range(found.kind.name());
    if !range.contains(&mtu) {
        let (least, most) = (range.start(), range.end());
        return refuse_mtu(format!("it takes {least} to {most} bytes here"));
    }
    let has_ipv6 = found
        .addresses
        .iter()
        .any(|a| Family::of(a.addr()) == Family::Ipv6);
    let namespace = document.namespaces.get(&found.namespace);
    let leads_ipv6 = namespace.is_some_and(|namespace| {
        let is_through = |r: &Route| r.interface == Some(id) && r.family() == Family::Ipv6;
        namespace.routes.iter().any(is_through)
    });
    if (has_ipv6 || leads_ipv6) && mtu < MIN_IPV6_MTU {
        let what = if has_ipv6 { "address" } else { "route" };
        return refuse_mtu(format!(
            "with an IPv6 {what} it takes at least {MIN_IPV6_MTU} bytes"
        ));
    }
    Ok(())
}

/// The interface above whose MTU its own cannot be.
fn takes_mtu_of(device: &Device<InterfaceId>) -> Option<InterfaceId> {
    let follows = matches!(device.kind.table().mtu, NewMtu::OfLower);
    device.lower().copied().filter(|_| follows)
}

/// Refuses a MAC address that an interface cannot have.
pub(in crate::edit) fn mac(
    document: &Document,
    id: InterfaceId,
    found: &Interface,
    mac: Option<Mac>,
) -> Result<(), EditError> {
    let Some(mac) = mac else { return Ok(()) };
    let fail = |why| {
        let place = Place::Interface(id, Some(Field::Mac));
        Err(refuse(document, place, Reason::Mac { why }))
    };
    if !found.kind.is_ethernet() {
        return fail(format!(
            "a {} has no MAC address of its own",
            found.kind.name()
        ));
    }
    mac.check().or_else(fail)
}
