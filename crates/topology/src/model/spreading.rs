//! The settings of IPv6 that are set on every interface when they are set for all.

use std::collections::BTreeMap;

use super::route::{self, lose};
use super::{Refused, interface_mut, namespace_mut, re_add};
use crate::id::NamespaceId;
use crate::name::InterfaceName;
use crate::observed::{Observed, ObservedInterface, ObservedKind, ObservedNamespace};
use crate::step::{At, Step};
use crate::sysctl::{MIN_IPV6_MTU, begins_with, has_ipv6};

/// Sets one, or gives back what it would be if nobody had set it.
pub(super) fn set(
    state: &mut Observed,
    namespace: NamespaceId,
    interface: Option<&InterfaceName>,
    name: &str,
    value: Option<i32>,
) -> Result<Vec<Step>, Refused> {
    let before = namespace_mut(state, namespace)?.clone();
    let routes = route::Before::of(state, namespace);
    match interface {
        Some(interface) => {
            let at = At {
                namespace,
                name: interface.clone(),
            };
            let found = interface_mut(state, &at)?;
            if found.mtu < MIN_IPV6_MTU && value.is_some() {
                return Err(Refused(format!("{interface} has no IPv6")));
            }
            match value {
                Some(value) => drop(found.sysctls.insert(name.to_owned(), value)),
                None => drop(found.sysctls.remove(name)),
            }
        }
        None => set_for_many(namespace_mut(state, namespace)?, name, value),
    }
    let around = namespace_mut(state, namespace)?;
    let mut undo = settings_again(namespace, interface, name, (&before, around));
    let lost: Vec<u32> = around
        .interfaces
        .iter()
        .filter(|(index, now)| {
            let was = before.interfaces.get(index);
            was.is_some_and(|was| has_ipv6(&before, was)) && !has_ipv6(around, now)
        })
        .map(|(index, _)| *index)
        .collect();
    // `addrconf_ifdown`.
    for index in lost {
        let Some(found) = around.interfaces.get_mut(&index) else {
            continue;
        };
        let all = std::mem::take(&mut found.addresses).into_iter();
        let (gone, kept): (Vec<_>, Vec<_>) = all.partition(|a| a.address.addr().is_ipv6());
        found.addresses = kept;
        let found_name = found.name.parse();
        for address in &gone {
            lose::with_source(around, address.address.addr());
        }
        lose::with_interface(around, index, lose::Event::WithoutIpv6);
        if let Ok(name) = found_name {
            undo.extend(re_add(&At { namespace, name }, gone));
        }
    }
    undo.extend(routes.again(state));
    Ok(undo)
}

/// For all interfaces, or for those to come.
fn set_for_many(around: &mut ObservedNamespace, name: &str, value: Option<i32>) {
    let own = own_name(name);
    let had: BTreeMap<u32, i32> = around
        .interfaces
        .iter()
        .filter_map(|(index, i)| {
            let is_loopback = i.kind == ObservedKind::Loopback;
            let begun = begins_with(&around.sysctls, &own, is_loopback);
            Some((*index, i.sysctls.get(&own).copied().or(begun)?))
        })
        .collect();
    let begun = begins_with(&around.sysctls, name, false).unwrap_or_default();
    match value {
        Some(value) => drop(around.sysctls.insert(name.to_owned(), value)),
        None => drop(around.sysctls.remove(name)),
    }
    let is_for_all = name.contains(".conf.all.");
    let value = value.unwrap_or(begun);
    if is_for_all {
        let default = name.replace(".conf.all.", ".conf.default.");
        around.sysctls.entry(default).and_modify(|old| *old = value);
    }
    let settings = around.sysctls.clone();
    let is_large = |_: &u32, interface: &ObservedInterface| interface.mtu >= MIN_IPV6_MTU;
    for (index, interface) in around.interfaces.iter_mut_of(is_large) {
        let is_loopback = interface.kind == ObservedKind::Loopback;
        let begun = begins_with(&settings, &own, is_loopback);
        let is = match is_for_all {
            true => Some(value),
            false => had.get(index).copied(),
        };
        // What it would begin with it need not say.
        match is {
            Some(is) if interface.sysctls.contains_key(&own) || Some(is) != begun => {
                interface.sysctls.insert(own.clone(), is);
            }
            _ => {}
        }
    }
}

fn own_name(name: &str) -> String {
    let key = name.rsplit('.').next().unwrap_or_default();
    format!("ipv6.{key}")
}

/// The steps that set all of this that a step has changed as it was.
fn settings_again(
    namespace: NamespaceId,
    interface: Option<&InterfaceName>,
    name: &str,
    (before, now): (&ObservedNamespace, &ObservedNamespace),
) -> Vec<Step> {
    let step =
        |interface: Option<InterfaceName>, name: &str, value: Option<&i32>| Step::SetSysctl {
            namespace,
            interface,
            name: name.to_owned(),
            value: value.copied(),
        };
    let mut undo = Vec::new();
    // What is set back for all spreads again: also to those on which nothing has changed.
    let mut back = now.clone();
    let mut set_back = |back: &mut ObservedNamespace, name: &str| {
        let was = before.sysctls.get(name);
        set_for_many(back, name, was.copied());
        undo.push(step(None, name, was));
    };
    if interface.is_none() {
        set_back(&mut back, name);
        let default = name.replace(".conf.all.", ".conf.default.");
        if before.sysctls.get(&default) != back.sysctls.get(&default) {
            set_back(&mut back, &default);
        }
    }
    let own = own_name(name);
    for (index, was) in &before.interfaces {
        let is = back.interfaces.get(index);
        let is = is.and_then(|i| i.sysctls.get(&own));
        if let (true, Ok(name)) = (is != was.sysctls.get(&own), was.name.parse()) {
            undo.push(step(Some(name), &own, was.sysctls.get(&own)));
        }
    }
    undo
}
