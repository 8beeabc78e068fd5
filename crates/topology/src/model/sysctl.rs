//! Settings of the kernel, those that were set.

use super::{Refused, interface_mut, namespace_mut, spreading};
use crate::address::Family;
use crate::id::NamespaceId;
use crate::name::InterfaceName;
use crate::observed::{Observed, ObservedInterface, ObservedNamespace};
use crate::step::{At, Step};
use crate::sysctl::{MIN_IPV6_MTU, Sysctls, has_ipv6, is_of_ipv6, spreads};

/// What every change of `net.ipv4.ip_forward` sets, too (`inet_forward_change`).
const FOLLOWS_FORWARDING: &str = "net.ipv4.conf.all.accept_redirects";

/// Sets one, or gives back the value that it had before, after which it is nobody's.
pub(super) fn set(
    state: &mut Observed,
    namespace: NamespaceId,
    interface: Option<&InterfaceName>,
    name: &str,
    value: Option<i32>,
) -> Result<Vec<Step>, Refused> {
    if spreads(name) {
        return spreading::set(state, namespace, interface, name, value);
    }
    let settings = match interface {
        None => &mut namespace_mut(state, namespace)?.sysctls,
        Some(interface) => {
            let at = At {
                namespace,
                name: interface.clone(),
            };
            let found = interface_mut(state, &at)?;
            if is_of_ipv6(name) && found.mtu < MIN_IPV6_MTU && value.is_some() {
                return Err(Refused(format!("{interface} has no IPv6")));
            }
            &mut found.sysctls
        }
    };
    let old = match value {
        Some(value) => settings.insert(name.to_owned(), value),
        None => settings.remove(name),
    };
    Ok(vec![Step::SetSysctl {
        namespace,
        interface: interface.cloned(),
        name: name.to_owned(),
        value: old,
    }])
}

/// The steps that set settings again.
pub(super) fn again(
    namespace: NamespaceId,
    interface: Option<&InterfaceName>,
    settings: &Sysctls,
) -> Vec<Step> {
    let set = |(name, value): (&String, &i32)| Step::SetSysctl {
        namespace,
        interface: interface.cloned(),
        name: name.clone(),
        value: Some(*value),
    };
    settings.iter().map(set).collect()
}

/// What goes with a change of forwarding; returns what undoes that.
pub(super) fn forwarding_changed(
    namespace: NamespaceId,
    found: &mut ObservedNamespace,
    family: Family,
    on: bool,
) -> Option<Step> {
    if family == Family::Ipv6 {
        return None;
    }
    let value = found.sysctls.get_mut(FOLLOWS_FORWARDING)?;
    let old = std::mem::replace(value, i32::from(!on));
    Some(Step::SetSysctl {
        namespace,
        interface: None,
        name: FOLLOWS_FORWARDING.to_owned(),
        value: Some(old),
    })
}

/// Takes the settings of IPv6 from interfaces whose MTU is too small for it by now
/// (`addrconf_notify`); returns what sets them again.
pub(super) fn lose_ipv6(state: &mut Observed, step: &Step) -> Vec<Step> {
    let (Step::SetMtu { at, .. } | Step::SetMaster { at, .. } | Step::RemoveInterface { at }) =
        step
    else {
        return Vec::new();
    };
    let reached = state.reached_from(at.namespace).into_iter();
    reached.flat_map(|id| lose_ipv6_in(state, at, id)).collect()
}

fn lose_ipv6_in(state: &mut Observed, at: &At, namespace: NamespaceId) -> Vec<Step> {
    let is_losing = |i: &ObservedInterface| {
        i.mtu < MIN_IPV6_MTU && i.sysctls.keys().any(|name| is_of_ipv6(name))
    };
    let Some(found) = state.namespaces.get(&namespace) else {
        return Vec::new();
    };
    // Others follow an interface, or its master, that has a small MTU now: where neither has, nobody
    // need look at a thousand ports.
    if namespace == at.namespace
        && let Some((_, changed)) = found.interfaces.named(at.name.as_str())
    {
        let master = changed
            .master
            .and_then(|index| found.interfaces.get(&index));
        let mut both = std::iter::once(changed).chain(master);
        if both.all(|i| i.mtu >= MIN_IPV6_MTU) {
            return Vec::new();
        }
    }
    if !found.interfaces.values().any(is_losing) {
        return Vec::new();
    }
    let mut undo = Vec::new();
    let found = state.namespaces.get_mut(&namespace).into_iter();
    let losing = |_: &u32, interface: &ObservedInterface| is_losing(interface);
    for (_, interface) in found.flat_map(|ns| ns.interfaces.iter_mut_of(losing)) {
        let all = std::mem::take(&mut interface.sysctls);
        let (lost, kept) = all.into_iter().partition(|(name, _)| is_of_ipv6(name));
        interface.sysctls = kept;
        if let Ok(name) = interface.name.parse() {
            undo.extend(again(namespace, Some(&name), &lost));
        }
    }
    undo
}

/// Whether an interface may be given IPv6 addresses: a small MTU is told by the kernel in words of
/// its own.
pub(super) fn may_have_ipv6(around: &ObservedNamespace, found: &ObservedInterface) -> bool {
    found.mtu < MIN_IPV6_MTU || has_ipv6(around, found)
}

/// Whether IPv6 addresses stay when an interface goes down (`addrconf_ifdown`).
pub(super) fn keeps_addresses(namespace: &Sysctls, own: &Sysctls) -> bool {
    let get = |settings: &Sysctls, name| settings.get(name).copied().unwrap_or_default();
    match get(namespace, "net.ipv6.conf.all.keep_addr_on_down") {
        0 => get(own, "ipv6.keep_addr_on_down") > 0,
        all => all > 0,
    }
}

/// Whether the next address takes the place of the first of a network (`IN_DEV_ORCONF`).
pub(crate) fn promotes(namespace: &Sysctls, own: &Sysctls) -> bool {
    let is_on = |settings: &Sysctls, name| settings.get(name).is_some_and(|value| *value != 0);
    is_on(namespace, "net.ipv4.conf.all.promote_secondaries")
        || is_on(own, "ipv4.promote_secondaries")
}
