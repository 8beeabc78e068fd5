//! Settings of the kernel.

use super::error::{EditError, Field, Place, Reason};
use super::validate::{THAT_INTERFACE, THAT_NAMESPACE, refuse};
use super::{Edit, MIN_IPV6_MTU};
use crate::document::{Document, Interface};
use crate::id::InterfaceId;
use crate::sysctl::{Owner, Sysctls, check, is_of_ipv6};

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
    Ok(Edit::SetSysctl {
        owner,
        name,
        value: old,
    })
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
    Ok(())
}
