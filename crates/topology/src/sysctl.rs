//! Settings of the kernel (`net.*`) of a namespace or of one interface, from one table.
//!
//! A namespace's are named as sysctl(8) names them: `net.ipv4.tcp_mtu_probing`,
//! `net.ipv4.conf.all.rp_filter`. An interface's are named without it: `ipv4.rp_filter` is
//! `net.ipv4.conf.eth0.rp_filter` of `eth0`. Forwarding is a property of its own
//! ([`crate::document::Forwarding`]).
//!
//! `conf.default` is what interfaces begin with. A document has no order of time: what it says
//! there is set before any interface is made.
//!
//! Two settings of IPv6, `disable_ipv6` and `addr_gen_mode`, reach further than others
//! ([`spreads`]): set for all, they are set on each interface and for those to come. What an
//! interface has of them is always observed; one that says nothing of its own is to have what it
//! would begin with ([`begins_with`]).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::document::{Document, Interface, Kind};
use crate::id::{InterfaceId, NamespaceId};
use crate::name::InterfaceName;
use crate::observed::{ObservedInterface, ObservedKind, ObservedNamespace};

mod table;

pub(crate) use crate::edit::MIN_IPV6_MTU;
pub use table::TABLE;

/// Settings by name, with their values.
pub type Sysctls = BTreeMap<String, i32>;

/// Whose a setting is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// A namespace's.
    Namespace(NamespaceId),
    /// An interface's.
    Interface(InterfaceId),
}

/// What has a setting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum On {
    /// Each namespace.
    Namespace,
    /// Each interface.
    Interface,
    /// Each interface, and `all` of them together.
    InterfaceAndAll,
    /// Interfaces that are made: `default`.
    NewInterfaces,
}

/// A setting that documents may have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Setting {
    /// `ipv4` or `ipv6`.
    pub family: &'static str,
    /// The last part of its name, with dots.
    pub key: &'static str,
    /// What has it.
    pub on: On,
    /// Least and greatest value.
    pub range: (i32, i32),
    /// What the kernel gives it where nobody chose another default for the machine.
    pub usual: i32,
    /// What it does, in one line.
    pub about: &'static str,
}

impl Setting {
    /// Its name on a namespace, if namespaces have it.
    pub fn on_namespace(&self) -> Option<String> {
        match self.on {
            On::Namespace => Some(format!("net.{}.{}", self.family, self.key)),
            On::InterfaceAndAll => Some(format!("net.{}.conf.all.{}", self.family, self.key)),
            On::NewInterfaces => Some(format!("net.{}.conf.default.{}", self.family, self.key)),
            On::Interface => None,
        }
    }

    /// Its name on an interface, if interfaces have it.
    pub fn on_interface(&self) -> Option<String> {
        match self.on {
            On::Namespace | On::NewInterfaces => None,
            On::Interface | On::InterfaceAndAll => Some(format!("{}.{}", self.family, self.key)),
        }
    }

    /// Its name on a namespace or on an interface.
    pub fn name(&self, of_interface: bool) -> Option<String> {
        match of_interface {
            true => self.on_interface(),
            false => self.on_namespace(),
        }
    }

    /// Reads a value.
    ///
    /// # Errors
    /// Says what it takes, if that is something else.
    pub fn read(&self, text: &str) -> Result<i32, String> {
        let (least, most) = self.range;
        let read = text.trim().parse().ok();
        let within = read.filter(|value| (least..=most).contains(value));
        within.ok_or_else(|| format!("{} takes {least} to {most}, not `{text}`", self.key))
    }

    /// Where it is below `/proc/sys`, of a namespace or of one of its interfaces.
    pub fn path(&self, interface: Option<&str>) -> String {
        let key = self.key.replace('.', "/");
        match (self.on, interface) {
            (On::Namespace, _) => format!("net/{}/{key}", self.family),
            (On::NewInterfaces, _) => format!("net/{}/conf/default/{key}", self.family),
            (_, interface) => {
                let whose = interface.unwrap_or("all");
                format!("net/{}/conf/{whose}/{key}", self.family)
            }
        }
    }
}

/// The setting of that name.
///
/// # Errors
/// Says that there is none.
pub fn setting(name: &str, of_interface: bool) -> Result<&'static Setting, String> {
    let mut all = TABLE.iter();
    let found = all.find(|setting| setting.name(of_interface).as_deref() == Some(name));
    found.ok_or_else(|| match of_interface {
        true => format!("interfaces have no setting `{name}` that a lab can have"),
        false => format!("namespaces have no setting `{name}` that a lab can have"),
    })
}

/// The setting that takes IPv6 from an interface.
const DISABLE: &str = "ipv6.disable_ipv6";

/// The last parts of the names of those that spread.
const SPREADING: [&str; 2] = ["disable_ipv6", "addr_gen_mode"];

/// The names that settings have which spread, on an interface.
pub const SPREADING_ON_INTERFACES: [&str; 2] = [DISABLE, "ipv6.addr_gen_mode"];

/// Whether a setting, set for all interfaces, is set on each and for those to come
/// (`addrconf_disable_ipv6`, `addrconf_sysctl_addr_gen_mode`).
pub fn spreads(name: &str) -> bool {
    let key = name.rsplit('.').next().unwrap_or_default();
    name.contains("ipv6.") && SPREADING.contains(&key)
}

/// Whether it is a setting that takes IPv6 from interfaces.
pub(crate) fn takes_ipv6(name: &str) -> bool {
    name.ends_with(".disable_ipv6")
}

/// Whether it is a setting of a namespace that interfaces begin with: it must be there before they
/// are.
pub(crate) fn is_for_new(name: &str) -> bool {
    name.contains(".conf.default.") || (name.starts_with("net.") && spreads(name))
}

/// What a setting that spreads is while nobody sets it itself: of an interface what it begins
/// with by the settings of its namespace, and of the namespace what is usual; `None` of others.
pub fn begins_with(namespace: &Sysctls, name: &str, is_loopback: bool) -> Option<i32> {
    if !spreads(name) {
        return None;
    }
    if namespace.is_empty() {
        // Asked of each interface of a lab, and hardly any namespace sets one.
        return Some(0);
    }
    let key = name.rsplit('.').next()?;
    let get = |which: &str| {
        let name = format!("net.ipv6.conf.{which}.{key}");
        namespace.get(&name).copied()
    };
    let by = match name {
        _ if name.contains(".conf.all.") => None,
        _ if name.contains(".conf.default.") => get("all"),
        // The loopback is there before anything can be set.
        _ if is_loopback => get("all"),
        _ => get("default").or_else(|| get("all")),
    };
    // Both are usually 0.
    Some(by.unwrap_or_default())
}

/// Whether an interface has IPv6: not with a small MTU, nor where it is taken away.
pub(crate) fn has_ipv6(around: &ObservedNamespace, found: &ObservedInterface) -> bool {
    let is_loopback = found.kind == ObservedKind::Loopback;
    found.mtu >= MIN_IPV6_MTU && !is_off(&around.sysctls, &found.sysctls, is_loopback)
}

/// Whether settings take IPv6 from an interface.
pub(crate) fn is_off(namespace: &Sysctls, own: &Sysctls, is_loopback: bool) -> bool {
    let own = own.get(DISABLE).copied();
    let value = own.or_else(|| begins_with(namespace, DISABLE, is_loopback));
    value.is_some_and(|value| value != 0)
}

/// Whether a document takes IPv6 from an interface, whatever its MTU.
pub fn has_no_ipv6(document: &Document, interface: &Interface) -> bool {
    let namespace = document.namespaces.get(&interface.namespace);
    let is_loopback = interface.kind == Kind::Loopback;
    namespace.is_some_and(|ns| is_off(&ns.sysctls, &interface.sysctls, is_loopback))
}

/// Whether it is a setting of IPv6, which an interface with a small MTU has not.
pub(crate) fn is_of_ipv6(name: &str) -> bool {
    name.starts_with("ipv6.")
}

/// Checks names and values.
///
/// # Errors
/// Says what is wrong with which.
pub(crate) fn check(settings: &Sysctls, of_interface: bool) -> Result<(), String> {
    for (name, value) in settings {
        setting(name, of_interface)?.read(&value.to_string())?;
    }
    Ok(())
}

/// The parts of a key as sysctl(8) takes it: the separator that comes first, a dot or a slash, is
/// the separator, and the other one stands for what it separates in no name.
fn parts(key: &str) -> Vec<String> {
    let first = key.chars().find(|c| matches!(c, '.' | '/'));
    match first {
        Some('/') => key.split('/').map(str::to_owned).collect(),
        _ => key.split('.').map(|part| part.replace('/', ".")).collect(),
    }
}

/// The interface, if it is one's, and the name of the setting that a key of sysctl(8) means.
///
/// # Errors
/// Says that it is none that a lab can have.
pub(crate) fn of_key(key: &str) -> Result<(Option<InterfaceName>, String), String> {
    let parts = parts(key);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let unknown = || format!("the setting `{key}` is not supported");
    let (interface, name) = match parts.as_slice() {
        ["net", family, "conf", which @ ("all" | "default"), key] => {
            (None, format!("net.{family}.conf.{which}.{key}"))
        }
        ["net", family, "conf", interface, key] => {
            let interface: InterfaceName = interface.parse().map_err(|_| unknown())?;
            (Some(interface), format!("{family}.{key}"))
        }
        all => (None, all.join(".")),
    };
    setting(&name, interface.is_some()).map_err(|_| unknown())?;
    Ok((interface, name))
}

/// The key of a setting as sysctl(8) takes it, with dots where that is clear.
pub(crate) fn key_of(name: &str, interface: Option<&InterfaceName>) -> String {
    let path = match setting(name, interface.is_some()) {
        Ok(setting) => setting.path(interface.map(InterfaceName::as_str)),
        Err(_) => return name.to_owned(),
    };
    match interface.is_some_and(|name| name.as_str().contains('.')) {
        true => path,
        false => path.replace('/', "."),
    }
}

/// Whether an interface sends nothing of IPv6 by itself when it comes up.
pub(crate) fn is_quiet(document: &Document, interface: &Interface) -> bool {
    let name = "ipv6.addr_gen_mode";
    let own = interface.sysctls.get(name).copied();
    let is_loopback = interface.kind == Kind::Loopback;
    let begun = || {
        let namespace = document.namespaces.get(&interface.namespace)?;
        begins_with(&namespace.sysctls, name, is_loopback)
    };
    let makes_none = own.or_else(begun).is_some_and(|mode| mode != 0);
    let is_small = interface.mtu.is_some_and(|mtu| mtu < MIN_IPV6_MTU);
    makes_none || is_small || has_no_ipv6(document, interface)
}

/// Settings that differ: name, wanted, observed. One that nobody wants any more is shown, too.
pub(crate) fn differences<'a>(
    wanted: &'a Sysctls,
    observed: &'a Sysctls,
) -> impl Iterator<Item = (&'a str, String, String)> {
    let names: BTreeSet<&String> = wanted.keys().chain(observed.keys()).collect();
    let text = |value: Option<&i32>| value.map(i32::to_string).unwrap_or_default();
    let all = names.into_iter();
    all.filter(|name| wanted.get(*name) != observed.get(*name))
        .map(move |name| {
            let (wanted, observed) = (wanted.get(name), observed.get(name));
            (name.as_str(), text(wanted), text(observed))
        })
}

/// Observed settings as a document may have them.
pub(crate) fn adopted(observed: &Sysctls, of_interface: bool) -> Sysctls {
    let may_be = |(name, value): &(&String, &i32)| {
        let setting = setting(name, of_interface);
        setting.is_ok_and(|setting| setting.read(&value.to_string()).is_ok())
    };
    let kept = observed.iter().filter(may_be);
    kept.map(|(name, value)| (name.clone(), *value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_they_are_written() {
        for setting in TABLE {
            if let Some(name) = setting.on_namespace() {
                assert_eq!(of_key(&key_of(&name, None)), Ok((None, name.clone())));
                let slashes = setting.path(None);
                assert_eq!(of_key(&slashes), Ok((None, name)));
            }
            for interface in ["eth0", "eth0.10"] {
                let interface: InterfaceName = interface.parse().unwrap();
                if let Some(name) = setting.on_interface() {
                    let key = key_of(&name, Some(&interface));
                    assert_eq!(of_key(&key), Ok((Some(interface), name)));
                }
            }
            let (least, most) = setting.range;
            assert!((least..=most).contains(&setting.usual), "{}", setting.key);
        }
    }

    #[test]
    fn a_slash_stands_for_a_dot_between_dots() {
        let (interface, name) = of_key("net.ipv4.conf.eth0/10.rp_filter").unwrap();
        assert_eq!(interface.unwrap().as_str(), "eth0.10");
        assert_eq!(name, "ipv4.rp_filter");
    }

    #[test]
    fn other_keys_are_refused() {
        let refused = [
            "net.ipv4.conf.default.proxy_ndp",
            "net.ipv4.conf.eth0.forwarding",
            "kernel.panic",
            "net.ipv4.conf.eth0.rp_filter.more",
            "",
            "/",
            "net.ipv4.conf..rp_filter",
        ];
        for key in refused {
            assert!(of_key(key).is_err(), "{key}");
        }
    }
}
