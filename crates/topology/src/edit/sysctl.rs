//! Settings of the kernel.

use super::error::{EditError, Field, Place, Reason};
use super::validate::{THAT_INTERFACE, THAT_NAMESPACE, refuse};
use super::{Edit, MIN_IPV6_MTU};
use crate::address::Family;
use crate::document::{Document, Interface};
use crate::id::InterfaceId;
use crate::sysctl::{Owner, Sysctls, check, has_no_ipv6, is_of_ipv6, takes_ipv6};

pub(super) fn set(
    document: &mut Document,
    owner: Owner,
    name: String,
    value: Option<i32>,
) -> Result<Edit, EditError> {
    let place = place(owner);
    let gone = |subject: &str| EditError {
        place,
        subject: subject.to_owned(),
        reason: Reason::Gone,
    };
    let known = match owner {
        Owner::Namespace(id) => document.namespaces.get(&id).map(|ns| &ns.sysctls),
        Owner::Interface(id) => document.interfaces.get(&id).map(|i| &i.sysctls),
    };
    let mut changed = known
        .ok_or_else(|| match owner {
            Owner::Namespace(_) => gone(THAT_NAMESPACE),
            Owner::Interface(_) => gone(THAT_INTERFACE),
        })?
        .clone();
    let old = match value {
        Some(value) => changed.insert(name.clone(), value),
        None => changed.remove(&name),
    };
    let why = match owner {
        Owner::Namespace(_) => wrong_with(None, &changed),
        Owner::Interface(id) => wrong_with(document.interfaces.get(&id), &changed),
    };
    if let Some(why) = why {
        return Err(refuse(document, place, Reason::Sysctl { why }));
    }
    let before = takes_ipv6(&name).then(|| document.clone());
    match owner {
        Owner::Namespace(id) => {
            let found = document.namespaces.get_mut(&id);
            found
                .into_iter()
                .for_each(|ns| ns.sysctls = changed.clone());
        }
        Owner::Interface(id) => {
            let found = document.interfaces.get_mut(&id);
            found.into_iter().for_each(|i| i.sysctls = changed.clone());
        }
    }
    if let Some(before) = before
        && let Some(why) = has_ipv6_without(document)
    {
        *document = before;
        return Err(refuse(document, place, Reason::Sysctl { why }));
    }
    Ok(Edit::SetSysctl {
        owner,
        name,
        value: old,
    })
}

/// What there is of IPv6 on an interface that is to have none.
fn has_ipv6_without(document: &Document) -> Option<String> {
    let off = document
        .interfaces
        .iter()
        .filter(|(_, i)| has_no_ipv6(document, i));
    let found = off.into_iter().find_map(|(id, interface)| {
        let mut addresses = interface.addresses.iter();
        let address = addresses.find(|a| a.addr().is_ipv6());
        let mut neighbours = interface.neighbours.iter();
        let neighbour = neighbours.find(|n| n.address.is_ipv6());
        let routes = document.namespaces.get(&interface.namespace);
        let mut routes = routes.into_iter().flat_map(|ns| &ns.routes);
        let route = routes.find(|route| {
            route.family() == Family::Ipv6 && route.interfaces().any(|through| through == *id)
        });
        let what = address
            .map(ToString::to_string)
            .or_else(|| neighbour.map(ToString::to_string))
            .or_else(|| Some(format!("the route to {}", route?.destination)))?;
        Some((*id, what))
    });
    let (id, what) = found?;
    let name = document.describe_interface(id);
    Some(format!("{name} is without IPv6, and has {what}"))
}

fn place(owner: Owner) -> Place {
    match owner {
        Owner::Namespace(id) => Place::Namespace(id, Some(Field::Sysctl)),
        Owner::Interface(id) => Place::Interface(id, Some(Field::Sysctl)),
    }
}

/// What is wrong with the settings of a namespace or an interface.
fn wrong_with(interface: Option<&Interface>, settings: &Sysctls) -> Option<String> {
    if let Err(why) = check(settings, interface.is_some()) {
        return Some(why);
    }
    let is_small = |mtu: &u32| *mtu < MIN_IPV6_MTU;
    let has_ipv6 = settings.keys().any(|name| is_of_ipv6(name));
    let small = interface.and_then(|i| i.mtu).filter(is_small)?;
    has_ipv6.then(|| {
        format!("a setting of IPv6 needs an MTU of at least {MIN_IPV6_MTU} bytes, not {small}")
    })
}

/// Refuses settings of an interface that cannot be.
pub(super) fn of_interface(
    document: &Document,
    id: InterfaceId,
    found: &Interface,
) -> Result<(), EditError> {
    match wrong_with(Some(found), &found.sysctls) {
        Some(why) => {
            let place = place(Owner::Interface(id));
            Err(refuse(document, place, Reason::Sysctl { why }))
        }
        None => Ok(()),
    }
}

/// Refuses settings of namespaces that cannot be.
pub(super) fn of_namespaces(document: &Document) -> Result<(), EditError> {
    for (&id, namespace) in &document.namespaces {
        if let Some(why) = wrong_with(None, &namespace.sysctls) {
            let place = place(Owner::Namespace(id));
            return Err(refuse(document, place, Reason::Sysctl { why }));
        }
    }
    match has_ipv6_without(document) {
        Some(why) => {
            let place = Place::Document(Some(Field::Sysctl));
            Err(refuse(document, place, Reason::Sysctl { why }))
        }
        None => Ok(()),
    }
}
