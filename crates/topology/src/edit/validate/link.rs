//! What is set on any interface: its MTU, its MAC address.

use super::super::error::{EditError, Field, Place, Reason};
use super::{MIN_IPV6_MTU, refuse};
use crate::address::Family;
use crate::document::{Device, Document, Interface, Route};
use crate::id::InterfaceId;
use crate::kind::mtu_range;
use crate::mac::Mac;
use crate::plan::Mtus;
use crate::sysctl::is_of_ipv6;

/// Refuses MTUs above those of what the interfaces stand on (`vlan_dev_change_mtu`,
/// `macvlan_change_mtu`, `vxlan_change_mtu`); `edited` is what was just changed, if it was one interface.
///
/// Whoever changes one MTU changes those of others: of what stands on it, of the ports of a bond,
/// of the bridge of a port.
pub(in crate::edit) fn mtus(
    document: &Document,
    edited: Option<InterfaceId>,
) -> Result<(), EditError> {
    let mtus = Mtus::new(document);
    super::quality::mtus(document, &mtus, edited)?;
    for (&id, upper) in &document.interfaces {
        let Some((&lower_id, headers)) = upper.kind.device().and_then(Device::mtu_limit) else {
            continue;
        };
        let lower = document.interfaces.get(&lower_id);
        let most = lower.and_then(|lower| mtus.of(lower_id, lower));
        let (Some(has), Some(most)) = (mtus.of(id, upper), most) else {
            continue;
        };
        if has <= most.saturating_sub(headers) {
            continue;
        }
        let most = match headers {
            0 => most.to_string(),
            headers => format!("{most}, of which its headers take {headers}"),
        };
        let name = |id| document.describe_interface(id);
        let why = match edited {
            Some(edited) if edited != id && edited == lower_id => {
                format!("{} stands on it and has {has}", name(id))
            }
            Some(edited) if edited != id => format!(
                "{} would have {has}, and {}, on which it stands, {most}",
                name(id),
                name(lower_id)
            ),
            _ => format!("{}, on which it stands, has {most}", name(lower_id)),
        };
        let place = edited.unwrap_or(id);
        let found = document.interfaces.get(&place);
        let mtu = found.and_then(|found| mtus.of(place, found));
        let mtu = mtu.unwrap_or(has);
        let place = Place::Interface(place, Some(Field::Mtu));
        return Err(refuse(document, place, Reason::Mtu { mtu, why }));
    }
    Ok(())
}

/// Refuses an MTU that the kernel takes for no such interface.
pub(in crate::edit) fn mtu(
    document: &Document,
    id: InterfaceId,
    found: &Interface,
    mtu: Option<u32>,
) -> Result<(), EditError> {
    let Some(mtu) = mtu else { return Ok(()) };
    let refuse_mtu = |why: String| {
        Err(refuse(
            document,
            Place::Interface(id, Some(Field::Mtu)),
            Reason::Mtu { mtu, why },
        ))
    };
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
        let is_through = |r: &Route| r.family() == Family::Ipv6 && r.interfaces().any(|i| i == id);
        namespace.routes.iter().any(is_through)
    });
    let sets_ipv6 = found.sysctls.keys().any(|name| is_of_ipv6(name));
    let mut neighbours = found.neighbours.iter();
    let knows_ipv6 = neighbours.any(|neighbour| neighbour.family() == Family::Ipv6);
    if (has_ipv6 || leads_ipv6 || sets_ipv6 || knows_ipv6) && mtu < MIN_IPV6_MTU {
        let what = match (has_ipv6, leads_ipv6, sets_ipv6) {
            (true, ..) => "address",
            (_, true, _) => "route",
            (_, _, true) => "setting",
            _ => "neighbour",
        };
        return refuse_mtu(format!(
            "with an IPv6 {what} it takes at least {MIN_IPV6_MTU} bytes"
        ));
    }
    Ok(())
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
