//! The kinds of interface: what the kernel makes, and what can be set on each.
//!
//! A veth pair has two ends and is told apart from the rest, which [`Device`] holds: a kind and its
//! parameters. Each kind has a file of its own with one [`Table`], from which everything else
//! follows: how it is written in YAML and as an `ip` command, how both are read, what the netlink
//! attributes are, what is planned, compared, and shown in a form. To add a kind is to add its file
//! and its line in [`DeviceKind`].

use std::fmt;
use std::net::IpAddr;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::edit::{MAX_MTU, MIN_MTU};
use crate::id::InterfaceId;

mod bond;
mod bridge;
mod dummy;
mod gre;
mod ipip;
mod ipvlan;
mod macvlan;
pub mod parameter;
pub mod parameters;
pub mod port;
mod tunnel;
mod vlan;
mod vrf;
mod vxlan;
pub mod wireguard;

pub(crate) use macvlan::PASSTHRU;
pub use parameter::{Change, Form, Parameter, Usual, Value};
pub use parameters::{Changes, Parameters};

/// The kinds of interface.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// `lo`: made with its namespace and never removed alone.
    Loopback,
    /// One end of a veth pair.
    Veth {
        /// The other end, whose `peer` is this one.
        peer: InterfaceId,
    },
    /// Any other, made by itself.
    Device(Device<InterfaceId>),
}

/// An interface that is made by itself: `ip link add … type KIND PARAMETERS`.
///
/// `R` is how it names other interfaces of its namespace: by id in a document, by name in a step,
/// by index in what the kernel reports.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Device<R> {
    /// Its kind.
    pub kind: DeviceKind,
    /// What is set on it: in a document what a person said, in an observation what the kernel did.
    pub parameters: Parameters<R>,
}

/// What the kernel knows a kind by, and what can be set on it.
#[derive(Debug)]
pub struct Table {
    /// `IFLA_INFO_KIND`, and the word after `type`.
    pub name: &'static str,
    /// What it is, for a person who chooses.
    pub about: &'static str,
    /// What can be set on it.
    pub parameters: &'static [Parameter],
    /// What must hold between parameters, beyond what each of them takes.
    pub check: fn(&Said<'_>) -> Result<(), String>,
    /// How the kernel is told of its parameters.
    pub channel: Channel,
    /// Whether a change in place must say all parameters: what is left out is set to nothing.
    pub said_whole: bool,
    /// The MTU that it is made with.
    pub mtu: NewMtu,
    /// Whether the kernel removes it together with what it stands on.
    pub falls: bool,
    /// What its ports are called, if it takes any.
    pub ports: Option<&'static str>,
    /// Whether it has Ethernet frames and a MAC address: only then it can be a port of a bridge.
    pub ethernet: bool,
}

/// How the kernel is told of the parameters of a kind, and tells them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Channel {
    /// With the interface, in `IFLA_INFO_DATA`; people use `ip link`.
    Link,
    /// Once it is made, through generic netlink; people use `wg`.
    Wireguard,
}

/// The MTU that an interface is made with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NewMtu {
    /// Always this one, in bytes.
    Fixed(u32),
    /// That of the interface that it stands on.
    OfLower,
    /// The smallest of its ports'.
    OfPorts,
    /// It depends on routes: what the kernel gives is taken.
    Unknown,
    /// What the kernel gives is taken, and none is taken above that of the interface which a
    /// parameter names, less the headers that it puts in front.
    Below {
        /// The parameter.
        link: &'static str,
        /// Bytes of headers over IPv4 and over IPv6.
        headers: [u32; 2],
    },
}

/// What is said of a device, without the interfaces that are named.
#[derive(Debug)]
pub struct Said<'a> {
    values: Vec<(&'a str, Option<&'a Value<()>>)>,
}

impl Said<'_> {
    /// Whether a parameter is given.
    pub fn has(&self, name: &str) -> bool {
        self.values.iter().any(|(known, _)| *known == name)
    }

    /// What a parameter is given, but for interfaces.
    pub fn value(&self, name: &str) -> Option<&Value<()>> {
        let found = self.values.iter().find(|(known, _)| *known == name)?;
        found.1
    }

    /// The number that a parameter is given.
    pub fn number(&self, name: &str) -> Option<u64> {
        match self.value(name) {
            Some(Value::Number(number)) => Some(*number),
            _ => None,
        }
    }

    /// The address that a parameter is given.
    pub fn address(&self, name: &str) -> Option<IpAddr> {
        match self.value(name) {
            Some(Value::Address(address)) => Some(*address),
            _ => None,
        }
    }
}

/// The MTUs that the kernel takes for an interface of that kind, by [`Kind::name`].
pub fn mtu_range(kind: &str) -> RangeInclusive<u32> {
    match kind {
        // loopback has no maximum of its own (drivers/net/loopback.c: max_mtu 0); the kernel keeps
        // an MTU in a signed 32-bit number.
        "loopback" => 0..=i32::MAX as u32,
        // `vrf_setup` (drivers/net/vrf.c).
        "vrf" => 1280..=vrf::MTU,
        _ => MIN_MTU..=MAX_MTU,
    }
}

/// Nothing to hold between parameters.
fn nothing(_: &Said<'_>) -> Result<(), String> {
    Ok(())
}

/// Makes the enumeration of the kinds from the list of their files.
macro_rules! kinds {
    ($($(#[doc = $doc:literal])* $variant:ident => $file:ident,)*) => {
        /// The kinds of interface that are made by themselves.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum DeviceKind {
            $($(#[doc = $doc])* $variant,)*
        }

        impl DeviceKind {
            /// Every kind, in the order in which they are offered.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// What the kernel knows it by, and what can be set on it.
            pub fn table(self) -> &'static Table {
                match self {
                    $(Self::$variant => &$file::TABLE,)*
                }
            }
        }
    };
}

kinds! {
    /// A Linux bridge.
    Bridge => bridge,
    /// An 802.1Q or 802.1ad VLAN on another interface.
    Vlan => vlan,
    /// Ethernet over UDP.
    Vxlan => vxlan,
    /// A further MAC address on another interface.
    Macvlan => macvlan,
    /// A further interface with the MAC address of another.
    Ipvlan => ipvlan,
    /// An interface that drops what it is given.
    Dummy => dummy,
    /// Several interfaces as one.
    Bond => bond,
    /// A routing table of its own for its interfaces.
    Vrf => vrf,
    /// IP in GRE in IPv4.
    Gre => gre,
    /// IPv4 in IPv4.
    Ipip => ipip,
    /// An encrypted tunnel in UDP.
    Wireguard => wireguard,
}

impl DeviceKind {
    /// `IFLA_INFO_KIND`, and the word after `type`.
    pub fn name(self) -> &'static str {
        self.table().name
    }

    /// The kind of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// Whether it may stand on an interface of another namespace.
    pub fn stands_abroad(self) -> bool {
        let mut parameters = self.table().parameters.iter();
        self == Self::Vxlan || parameters.any(|p| p.form == Form::Lower)
    }

    /// Whether its packets go through the namespace in which it was made, wherever it is moved: it
    /// may have an underlay.
    pub fn has_underlay(self) -> bool {
        matches!(self, Self::Vxlan | Self::Gre | Self::Ipip | Self::Wireguard)
    }

    /// Whether `ip` must name its underlay (`link-netns`): by the namespace in which it runs it says
    /// nothing to kernels before Linux 6.14 (`ipgre_newlink`, `ipip_newlink`).
    pub(crate) fn names_underlay(self) -> bool {
        matches!(self, Self::Gre | Self::Ipip)
    }

    /// Whether the kernel removes it together with the namespace through which it sends
    /// (`vxlan_exit_batch`, `ip_tunnel_delete_nets`).
    pub fn falls_with_underlay(self) -> bool {
        matches!(self, Self::Vxlan | Self::Gre | Self::Ipip)
    }

    /// Every kind's name, for a message.
    pub fn names() -> String {
        let names: Vec<_> = Self::ALL.iter().map(|kind| kind.name()).collect();
        names.join(", ")
    }
}

impl fmt::Display for DeviceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Kind {
    /// A bridge on which nothing is set.
    pub fn bridge() -> Self {
        Self::Device(Device::new(DeviceKind::Bridge))
    }

    /// The device, if it is one.
    pub fn device(&self) -> Option<&Device<InterfaceId>> {
        match self {
            Self::Device(device) => Some(device),
            Self::Loopback | Self::Veth { .. } => None,
        }
    }

    /// Whether it is a device of that kind.
    pub fn is(&self, kind: DeviceKind) -> bool {
        self.device().is_some_and(|device| device.kind == kind)
    }

    /// Whether it is a bridge.
    pub fn is_bridge(&self) -> bool {
        self.is(DeviceKind::Bridge)
    }

    /// What `ip` calls it after `type`; `loopback` for one that is not made.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Loopback => "loopback",
            Self::Veth { .. } => "veth",
            Self::Device(device) => device.kind.name(),
        }
    }

    /// Whether it has Ethernet frames and a MAC address.
    pub fn is_ethernet(&self) -> bool {
        match self {
            Self::Loopback => false,
            Self::Veth { .. } => true,
            Self::Device(device) => device.kind.table().ethernet,
        }
    }

    /// The interfaces that it names.
    pub fn links(&self) -> impl Iterator<Item = InterfaceId> {
        let device = self.device().into_iter();
        device.flat_map(Device::links).copied()
    }
}

impl<R> Device<R> {
    /// One on which nothing is set.
    pub fn new(kind: DeviceKind) -> Self {
        Self {
            kind,
            parameters: Parameters::default(),
        }
    }

    /// The interfaces that it names.
    pub fn links(&self) -> impl Iterator<Item = &R> {
        self.parameters.links().map(|(_, link)| link)
    }

    /// The interface that it stands on, if it stands on one.
    pub fn lower(&self) -> Option<&R> {
        self.links().next()
    }

    /// The interface above whose MTU its own cannot be, and how many bytes below it must stay.
    pub fn mtu_limit(&self) -> Option<(&R, u32)> {
        match self.kind.table().mtu {
            NewMtu::OfLower => Some((self.lower()?, 0)),
            NewMtu::Below {
                link,
                headers: [ipv4, ipv6],
            } => {
                let Some(Value::Link(link)) = self.parameters.get(link) else {
                    return None;
                };
                let headers = match self.is_over_ipv6() {
                    true => ipv6,
                    false => ipv4,
                };
                Some((link, headers))
            }
            NewMtu::Fixed(_) | NewMtu::OfPorts | NewMtu::Unknown => None,
        }
    }

    /// Whether its packets are of IPv6, by the addresses of its ends.
    fn is_over_ipv6(&self) -> bool {
        let mut values = self.parameters.iter().map(|(_, value)| value);
        values.any(|value| matches!(value, Value::Address(address) if address.is_ipv6()))
    }

    /// What it is made with, and what is set on it once it is there.
    pub fn at_birth(self) -> (Self, Parameters<R>) {
        match self.kind.table().channel {
            Channel::Link => (self, Parameters::default()),
            Channel::Wireguard => (Self::new(self.kind), self.parameters),
        }
    }

    /// The same with other names for other interfaces; `None` if one has no name there.
    pub fn map<S>(&self, name: impl FnMut(&R) -> Option<S>) -> Option<Device<S>> {
        Some(Device {
            kind: self.kind,
            parameters: self.parameters.map(name)?,
        })
    }

    /// Refuses what the kernel would not take.
    pub fn check(&self) -> Result<(), String> {
        let table = self.kind.table();
        self.parameters.check(table.name, table.parameters)?;
        let said = self.parameters.without_links();
        let values = said.iter().map(|(name, value)| (*name, value.as_ref()));
        (table.check)(&Said {
            values: values.collect(),
        })
    }
}

impl<R: Clone + PartialEq> Device<R> {
    /// What must be set on `observed` to make it this one; `None` if it must be made anew.
    pub fn changes_from(&self, observed: &Self) -> Option<Changes<R>> {
        // No end goes over to another family (`vxlan_nl2conf`).
        if self.kind != observed.kind || self.is_over_ipv6() != observed.is_over_ipv6() {
            return None;
        }
        let table = self.kind.table();
        let changes = self
            .parameters
            .changes_from(&observed.parameters, table.parameters);
        let is_anew = |(name, value): (&String, &Option<Value<R>>)| {
            let parameter = table.parameters.iter().find(|p| p.name == name);
            // Where a change leaves alone what it does not say, nothing can take an address away;
            // so nothing gives one of IPv6 that could not be taken back.
            let is_taken = value.is_none() && !table.said_whole;
            let is = observed.parameters.get(name);
            let is_given = matches!(value, Some(Value::Address(IpAddr::V6(_)))) && is.is_none();
            is_taken
                || is_given
                || parameter.is_none_or(|p| !p.changes_in_place(is, value.as_ref()))
        };
        if changes.iter().any(is_anew) {
            return None;
        }
        if changes.is_empty() || !table.said_whole {
            return Some(changes);
        }
        let mut whole = self.parameters.clone().with_usual(table.parameters);
        // What is left to the kernel stays as it is.
        for parameter in table.parameters.iter().filter(|p| p.usual == Usual::Open) {
            if whole.get(parameter.name).is_none() {
                let is = observed.parameters.get(parameter.name).cloned();
                whole.set(parameter.name, is);
            }
        }
        Some(whole.as_changes().into_iter().chain(changes).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_consistent() {
        for kind in DeviceKind::ALL {
            let table = kind.table();
            assert_eq!(DeviceKind::named(table.name), Some(*kind));
            let mut names = std::collections::BTreeSet::new();
            for parameter in table.parameters {
                assert!(names.insert(parameter.name), "{kind}: {}", parameter.name);
                assert!(!parameter.about.is_empty(), "{kind}: {}", parameter.name);
                if let Usual::Number(number) = parameter.usual {
                    let usual = Value::<()>::Number(number);
                    assert_eq!(
                        parameter.check(&usual),
                        Ok(()),
                        "{kind}: {}",
                        parameter.name
                    );
                }
            }
            let said_nothing = Device::<()>::new(*kind).check();
            let is_tunnel = matches!(kind, DeviceKind::Gre | DeviceKind::Ipip);
            let is_required = |p: &Parameter| p.usual == Usual::Required;
            let needs = is_tunnel || table.parameters.iter().any(is_required);
            assert_eq!(said_nothing.is_err(), needs, "{kind}: {said_nothing:?}");
        }
    }

    #[test]
    fn what_the_kernel_cannot_change_is_made_anew() {
        let device = |kind: DeviceKind, said: &[(&str, &str)]| {
            let mut device = Device::<u32>::new(kind);
            for (name, text) in said {
                let parameter = parameters::parameter("it", kind.table().parameters, name);
                let value = parameter.unwrap().read(text, |_| Ok(7));
                device.parameters.set(name, Some(value.unwrap()));
            }
            device
        };
        let in_place = |kind, from: &[(&str, &str)], to: &[(&str, &str)]| {
            let changes = device(kind, to).changes_from(&device(kind, from));
            changes.is_some_and(|changes| !changes.is_empty())
        };
        let mode = |from, to| in_place(DeviceKind::Macvlan, &[("mode", from)], &[("mode", to)]);
        assert!(mode("vepa", "bridge") && mode("bridge", "private"));
        assert!(!mode("vepa", "passthru") && !mode("passthru", "bridge"));
        let vxlan = |from: &[_], to: &[_]| in_place(DeviceKind::Vxlan, from, to);
        let (one, two) = ("192.0.2.1", "192.0.2.2");
        assert!(vxlan(&[("local", one)], &[("local", two)]));
        assert!(vxlan(&[], &[("local", one)]));
        assert!(!vxlan(&[("local", one)], &[]));
        assert!(vxlan(&[("remote", "fd00::1")], &[("remote", "fd00::2")]));
        assert!(!vxlan(&[("remote", one)], &[("remote", "fd00::2")]));
        assert!(!vxlan(&[], &[("remote", "fd00::2")]));
        let (remote, local) = (("remote", "fd00::1"), ("local", "fd00::2"));
        assert!(!vxlan(&[remote], &[remote, local]));
        assert!(!vxlan(&[("id", "1")], &[("id", "2")]));
    }
}
