//! Settings of the kernel.

use std::collections::BTreeSet;

use super::Planner;
use crate::id::NamespaceId;
use crate::name::InterfaceName;
use crate::step::Step;
use crate::sysctl::{MIN_IPV6_MTU, Sysctls, is_for_new, is_of_ipv6};

impl Planner<'_> {
    /// What interfaces begin with, before they are made; what is for all among it goes first, as it
    /// is set for those, too.
    pub(super) fn set_sysctls_of_new(&mut self) {
        for _ in 0..2 {
            let mut steps = Vec::new();
            for (namespace, wanted) in self.namespaces() {
                let Some(found) = self.state.namespaces.get(&namespace) else {
                    continue;
                };
                let names = wanted.sysctls.keys().chain(found.sysctls.keys());
                let names: BTreeSet<&String> = names.filter(|name| is_for_new(name)).collect();
                let differing = names
                    .into_iter()
                    .filter(|name| wanted.sysctls.get(*name) != found.sysctls.get(*name));
                steps.extend(differing.map(|name| Step::SetSysctl {
                    namespace,
                    interface: None,
                    name: name.clone(),
                    value: wanted.sysctls.get(name).copied(),
                }));
            }
            self.push_all(steps);
        }
    }

    /// Gives back what no document speaks of any more.
    pub(super) fn unset_sysctls(&mut self) {
        let unwanted = |wanted: &Sysctls, found: &Sysctls, _: Option<u32>| {
            let unwanted = found.keys().filter(|name| !wanted.contains_key(*name));
            unwanted.map(|name| (name.clone(), None)).collect()
        };
        self.push_sysctls(unwanted);
    }

    /// Sets what differs; settings of IPv6 wait for an MTU that is large enough.
    pub(super) fn set_sysctls(&mut self) {
        let differing = |wanted: &Sysctls, found: &Sysctls, mtu: Option<u32>| {
            let has_ipv6 = mtu.is_none_or(|mtu| mtu >= MIN_IPV6_MTU);
            let differing = wanted.iter().filter(|(name, value)| {
                found.get(*name) != Some(*value) && (has_ipv6 || !is_of_ipv6(name))
            });
            let set = differing.map(|(name, value)| (name.clone(), Some(*value)));
            set.collect()
        };
        self.push_sysctls(differing);
    }

    fn push_sysctls(
        &mut self,
        which: impl Fn(&Sysctls, &Sysctls, Option<u32>) -> Vec<(String, Option<i32>)>,
    ) {
        let mut steps = Vec::new();
        let step = |namespace: NamespaceId, interface: Option<&InterfaceName>| {
            let interface = interface.cloned();
            move |(name, value)| Step::SetSysctl {
                namespace,
                interface: interface.clone(),
                name,
                value,
            }
        };
        for (id, wanted) in self.namespaces() {
            if let Some(found) = self.state.namespaces.get(&id) {
                let changes = which(&wanted.sysctls, &found.sysctls, None);
                steps.extend(changes.into_iter().map(step(id, None)));
            }
        }
        for (id, wanted) in self.interfaces() {
            if let Some((_, found)) = self.find(id, wanted) {
                let changes = which(&wanted.sysctls, &found.sysctls, Some(found.mtu));
                let set = step(wanted.namespace, Some(&wanted.name));
                steps.extend(changes.into_iter().map(set));
            }
        }
        self.push_all(steps);
    }
}
