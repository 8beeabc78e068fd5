//! Addresses of interfaces, and what goes with them.

use super::{Refused, index_of, interface_mut, namespace_mut, route, sysctl};
use crate::address::{AddressError, InterfaceAddress, is_for_loopback_only};
use crate::observed::{Observed, ObservedAddress, ObservedKind, Origin};
use crate::step::{At, Step};

/// Taken back, the first IPv4 address takes the IPv4 routes along as the last one.
pub(super) fn add_address(
    state: &mut Observed,
    at: &At,
    address: InterfaceAddress,
) -> Result<Vec<Step>, Refused> {
    let index = index_of(state, at)?;
    let around = state.namespaces.get(&at.namespace);
    let is_off = around.is_some_and(|around| {
        let found = around.interfaces.get(&index);
        found.is_some_and(|found| !sysctl::may_have_ipv6(around, found))
    });
    if is_off && address.addr().is_ipv6() {
        return Err(Refused("IPv6 is disabled on this device".to_owned()));
    }
    let found = interface_mut(state, at)?;
    if found.kind != ObservedKind::Loopback && is_for_loopback_only(address.addr()) {
        return Err(Refused(
            AddressError::Loopback {
                address: address.addr(),
            }
            .to_string(),
        ));
    }
    if found.addresses.iter().any(|a| a.address.excludes(&address)) {
        return Err(Refused(format!("{} has {address} already", at.name)));
    }
    let mut others = found.addresses.iter().map(|a| a.address);
    if others.any(|other| is_same_network(other, address) && other.scope() != address.scope()) {
        return Err(Refused("ipv4: Invalid scope value".to_owned()));
    }
    let is_first = !found.addresses.iter().any(|a| a.address.addr().is_ipv4());
    found.addresses.push(static_address(address));
    let mut undo = vec![Step::RemoveAddress {
        at: at.clone(),
        address,
    }];
    if address.addr().is_ipv4() && is_first {
        let before = route::Before::of(state, at.namespace);
        let around = namespace_mut(state, at.namespace)?;
        // To copy a namespace for nothing would be most of the work.
        let later = (!before.is_empty()).then(|| around.clone());
        route::lose::revive(around, index, false);
        if let Some(mut later) = later {
            route::lose::with_interface(&mut later, index, route::lose::Event::Unaddressed);
            undo.extend(before.alive_again(&later));
        }
    }
    Ok(undo)
}

/// Without `promote_secondaries` (off by default) the secondary IPv4 addresses of a network go
/// with its primary (`__inet_del_ifa`), with it the next one takes its place; with the last one go the IPv4 routes (`fib_disable_ip`).
pub(super) fn remove_address(
    state: &mut Observed,
    at: &At,
    address: InterfaceAddress,
) -> Result<Vec<Step>, Refused> {
    let index = index_of(state, at)?;
    let before = route::Before::of(state, at.namespace);
    let settings = namespace_mut(state, at.namespace)?.sysctls.clone();
    let found = interface_mut(state, at)?;
    let promotes = sysctl::promotes(&settings, &found.sysctls);
    let Some(place) = found.addresses.iter().position(|a| a.address == address) else {
        return Err(Refused(format!("{} has no address {address}", at.name)));
    };
    let is_primary = !found
        .addresses
        .iter()
        .take(place)
        .any(|a| is_same_network(a.address, address));
    let is_secondary = |a: &ObservedAddress| {
        is_primary && address.addr().is_ipv4() && is_same_network(a.address, address)
    };
    let is_lost = |a: &ObservedAddress| a.address == address || (is_secondary(a) && !promotes);
    let (lost, kept): (Vec<_>, Vec<_>) = found.addresses.drain(..).partition(is_lost);
    found.addresses = kept;
    let none_left = !found.addresses.iter().any(|a| a.address.addr().is_ipv4());
    let around = namespace_mut(state, at.namespace)?;
    for address in &lost {
        route::lose::with_source(around, address.address.addr());
    }
    if address.addr().is_ipv4() && none_left {
        route::lose::with_interface(around, index, route::lose::Event::Unaddressed);
    }
    let mut undo = re_add(at, lost);
    // Those that took its place stand behind it again.
    let mut later = (!before.is_empty()).then(|| state.clone());
    let promoted = interface_mut(state, at)?.addresses.iter();
    let promoted: Vec<_> = promoted
        .filter(|a| is_secondary(a) && a.origin == Origin::Static)
        .cloned()
        .collect();
    for secondary in promoted {
        if let Some(later) = &mut later {
            let found = interface_mut(later, at)?;
            found.addresses.retain(|a| *a != secondary);
            let around = namespace_mut(later, at.namespace)?;
            route::lose::with_source(around, secondary.address.addr());
        }
        undo.push(Step::RemoveAddress {
            at: at.clone(),
            address: secondary.address,
        });
        undo.extend(re_add(at, vec![secondary]));
    }
    if let Some(later) = later {
        undo.extend(before.again(&later));
    }
    Ok(undo)
}

/// Whether two addresses share a network of one length: the later one is a secondary.
pub(crate) fn is_same_network(a: InterfaceAddress, b: InterfaceAddress) -> bool {
    a.network() == b.network()
}

pub(super) fn re_add(at: &At, addresses: Vec<ObservedAddress>) -> Vec<Step> {
    let lost = addresses.into_iter().filter(|a| a.origin == Origin::Static);
    lost.map(|a| Step::AddAddress {
        at: at.clone(),
        address: a.address,
    })
    .collect()
}

fn static_address(address: InterfaceAddress) -> ObservedAddress {
    ObservedAddress {
        address,
        origin: Origin::Static,
        tentative: false,
        duplicate: false,
    }
}
