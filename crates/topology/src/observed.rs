//! What the kernel reports, as plain data.
//!
//! The agent keeps an [`Observed`] current from netlink dumps and events. It holds everything the
//! kernel said of the lab's namespaces, also what no document asks for.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::address::InterfaceAddress;
use crate::document::Forwarding;
use crate::fdb::FdbEntry;
use crate::id::{InterfaceId, NamespaceId};
pub use crate::interfaces::Interfaces;
use crate::kind::{Device, DeviceKind, Parameters};
pub use crate::mac::Mac;
use crate::name::{InterfaceName, NamespaceName};
use crate::neighbour::Neighbour;
use crate::offload::Offloads;
use crate::quality::qdisc::Qdiscs;
use crate::route::RouteOptions;
use crate::rule::Rule;
use crate::shared_map::SharedMap;
use crate::sysctl::Sysctls;
use crate::vlans::Vlans;
use whereabouts::Whereabouts;

mod whereabouts;

/// The kernel's state of one lab.
#[derive(Clone, Default, Debug, Serialize, Deserialize)]
pub struct Observed {
    /// Every namespace of the sandbox, [`NamespaceId::HOST`] included.
    pub namespaces: SharedMap<NamespaceId, ObservedNamespace>,
    #[serde(default)]
    whereabouts: Whereabouts,
}

/// Where to look is no part of what there is.
impl PartialEq for Observed {
    fn eq(&self, other: &Self) -> bool {
        self.namespaces == other.namespaces
    }
}

impl Eq for Observed {}

/// The kernel's state of one namespace.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ObservedNamespace {
    /// The name under which it was made (and stands in the sandbox's /run/netns).
    pub name: NamespaceName,
    /// By interface index.
    pub interfaces: Interfaces,
    /// Routes of every table but the kernel's own, of the kinds that documents have.
    pub routes: BTreeSet<ObservedRoute>,
    /// The forwarding switches.
    pub forwarding: Forwarding,
    /// Its nftables ruleset; `None` is an empty one.
    #[serde(default)]
    pub firewall: Option<ObservedFirewall>,
    /// Policy rules of the kinds that documents have, but for the kernel's own.
    pub rules: BTreeSet<Rule<InterfaceName>>,
    /// Settings of the kernel: only those that were set for a document.
    #[serde(default)]
    pub sysctls: Sysctls,
}

/// The nftables ruleset of a namespace.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ObservedFirewall {
    /// A text that gives these rules: the one that was loaded, as long as nobody has changed them
    /// since, else what `nft -s list ruleset` prints.
    pub ruleset: String,
    /// How the rules differ from those that were loaded, as lines; empty while they do not.
    pub changes: Vec<String>,
}

impl ObservedFirewall {
    /// A ruleset that was just loaded.
    pub fn loaded(ruleset: &str) -> Self {
        Self {
            ruleset: ruleset.to_owned(),
            changes: Vec::new(),
        }
    }
}

/// One interface, as `ip -d addr` shows it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ObservedInterface {
    /// The document's interface for which the agent made it; `None` if somebody else did.
    pub id: Option<InterfaceId>,
    /// `IFLA_IFNAME`.
    pub name: String,
    /// What it is.
    pub kind: ObservedKind,
    /// `IFF_UP`: administratively up.
    pub up: bool,
    /// `IFF_LOWER_UP`: there is a carrier.
    pub carrier: bool,
    /// `IFLA_MTU`, bytes.
    pub mtu: u32,
    /// `IFLA_ADDRESS`.
    pub mac: Option<Mac>,
    /// In the kernel's order.
    pub addresses: Vec<ObservedAddress>,
    /// `IFLA_MASTER`: index of the bridge, bond or VRF in the same namespace.
    pub master: Option<u32>,
    /// The namespace of the lab through which it sends, if that is another than its own, as far as
    /// the kernel tells: of a wireguard only that of one that the agent made.
    #[serde(default)]
    pub underlay: Option<NamespaceId>,
    /// What the kernel says of it as a port of a bridge; empty if it is none.
    pub port: Parameters<u32>,
    /// The queueing disciplines that somebody put there.
    #[serde(default)]
    pub qdiscs: Qdiscs,
    /// The VLANs of a bridge or a port of one; `None` if it is neither, or the kernel has none.
    #[serde(default)]
    pub vlans: Option<Vlans>,
    /// Static entries of the forwarding table that somebody set.
    #[serde(default)]
    pub fdb: BTreeSet<FdbEntry>,
    /// Permanent neighbours and proxy entries.
    #[serde(default)]
    pub neighbours: BTreeSet<Neighbour>,
    /// Settings of the kernel: only those that were set for a document.
    #[serde(default)]
    pub sysctls: Sysctls,
    /// What is left to it, or is not: only what was set for a document.
    #[serde(default)]
    pub offloads: Offloads,
}

/// What an observed interface is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObservedKind {
    /// `lo`.
    Loopback,
    /// One end of a veth pair.
    Veth {
        /// The other end, if it is in a namespace of the lab.
        peer: Option<ObservedPeer>,
    },
    /// A device of a kind that documents have, with its parameters.
    Device(Device<ObservedPeer>),
    /// Any other, by its `IFLA_INFO_KIND` (empty if it has none).
    Other(String),
}

impl ObservedKind {
    /// The device, if it is one that documents have.
    pub fn device(&self) -> Option<&Device<ObservedPeer>> {
        match self {
            Self::Device(device) => Some(device),
            Self::Loopback | Self::Veth { .. } | Self::Other(_) => None,
        }
    }

    /// Whether it is a bridge.
    pub fn is_bridge(&self) -> bool {
        self.device()
            .is_some_and(|device| device.kind == DeviceKind::Bridge)
    }

    /// What `ip` calls it after `type`; `loopback` for one that is not made.
    pub fn name(&self) -> &str {
        match self {
            Self::Loopback => "loopback",
            Self::Veth { .. } => "veth",
            Self::Device(device) => device.kind.name(),
            Self::Other(kind) => kind,
        }
    }
}

/// Where another interface is: the other end of a veth pair, or what a device stands on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct ObservedPeer {
    /// Its namespace.
    pub namespace: NamespaceId,
    /// Its index there.
    pub index: u32,
}

/// One address of an interface.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ObservedAddress {
    /// With its prefix length, and its other end if it has one.
    pub address: InterfaceAddress,
    /// Who made it.
    pub origin: Origin,
    /// `IFA_F_TENTATIVE`: duplicate address detection has not ended.
    pub tentative: bool,
    /// `IFA_F_DADFAILED`: somebody else on the network has it.
    pub duplicate: bool,
}

/// Who made an address or a route.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A person or a program: what documents speak of.
    Static,
    /// The kernel by itself: link-local and loopback addresses, connected routes.
    Kernel,
    /// Router advertisements and other protocols.
    Dynamic,
}

/// One route.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct ObservedRoute {
    /// Where it leads, host bits clear.
    pub destination: IpNet,
    /// The next hop.
    pub gateway: Option<IpAddr>,
    /// Index of the interface.
    pub interface: Option<u32>,
    /// `RTA_PRIORITY`; 0 if the kernel gives none.
    pub metric: u32,
    /// Who made it.
    pub origin: Origin,
    /// What the kernel says more of it; a scope that is usual is not said.
    pub options: RouteOptions<u32>,
    /// Indexes of the interfaces of next hops that get nothing (`RTNH_F_DEAD`): they are or were
    /// down.
    pub dead: BTreeSet<u32>,
}

impl ObservedRoute {
    /// The indexes of its interfaces: its own, and those of its next hops.
    pub fn interfaces(&self) -> impl Iterator<Item = u32> {
        let own = self.interface.into_iter();
        own.chain(self.options.interfaces().copied())
    }
}

impl Observed {
    /// A lab with nothing but these namespaces, in which nothing stands on those of another.
    pub(crate) fn new(namespaces: SharedMap<NamespaceId, ObservedNamespace>) -> Self {
        Self {
            namespaces,
            whereabouts: Whereabouts::default(),
        }
    }

    /// Takes over what a namespace is now.
    pub fn put(&mut self, id: NamespaceId, namespace: ObservedNamespace) {
        self.whereabouts.take_up_all(id, &namespace);
        self.namespaces.insert(id, namespace);
    }

    /// Remembers what an interface stands on and which neighbours it has. Whoever gives one a kind
    /// or a neighbour in place does it then.
    pub(crate) fn take_up(&mut self, place: ObservedPeer) {
        let inside = self.namespaces.get(&place.namespace);
        if let Some(found) = inside.and_then(|ns| ns.interfaces.get(&place.index)) {
            self.whereabouts.take_up(place.namespace, found);
        }
    }

    /// Whether an interface of this namespace may have static neighbours; if not, none has.
    pub(crate) fn may_have_neighbours(&self, namespace: NamespaceId) -> bool {
        let may = self.whereabouts.may_have_neighbours(namespace);
        debug_assert!(
            may || self.namespaces.get(&namespace).is_none_or(|ns| {
                let mut all = ns.interfaces.values();
                all.all(|interface| interface.neighbours.is_empty())
            }),
            "neighbours of {namespace} were not taken up"
        );
        may
    }

    /// The namespaces in which something may change with an interface of one: itself, and if others
    /// stand on its interfaces, all.
    pub(crate) fn reached_from(&self, namespace: NamespaceId) -> Vec<NamespaceId> {
        match self.whereabouts.may_bear_abroad(namespace) {
            true => self.namespaces.keys().copied().collect(),
            false => vec![namespace],
        }
    }

    /// What is at a place.
    pub fn at(&self, place: ObservedPeer) -> Option<&ObservedInterface> {
        let inside = self.namespaces.get(&place.namespace)?;
        inside.interfaces.get(&place.index)
    }

    /// What is at a place, to change it.
    pub(crate) fn at_mut(&mut self, place: ObservedPeer) -> Option<&mut ObservedInterface> {
        let inside = self.namespaces.get_mut(&place.namespace)?;
        inside.interfaces.get_mut(&place.index)
    }

    /// What stands on an interface, in any namespace.
    pub fn standing_on(
        &self,
        lower: ObservedPeer,
    ) -> impl Iterator<Item = (ObservedPeer, &ObservedInterface)> {
        let own = self.namespaces.get_key_value(&lower.namespace);
        debug_assert!(
            self.whereabouts.may_bear(lower) || !self.bears(lower),
            "what stands on {lower:?} was not taken up"
        );
        let own = own.filter(|_| self.whereabouts.may_bear(lower));
        let is_bearer = own.is_some() && self.whereabouts.may_bear_abroad(lower.namespace);
        let others = self.namespaces.iter();
        let others = others.filter(move |(id, _)| is_bearer && **id != lower.namespace);
        let others = is_bearer.then_some(others).into_iter().flatten();
        let all = own.into_iter().chain(others);
        all.flat_map(move |(&namespace, found)| {
            let all = found.interfaces.iter();
            let above = all.filter(move |(_, interface)| {
                let mut links = interface.kind.device().into_iter().flat_map(Device::links);
                links.any(|link| *link == lower)
            });
            above.map(move |(&index, interface)| (ObservedPeer { namespace, index }, interface))
        })
    }

    /// Whether anything stands on an interface, by a look at the whole lab.
    fn bears(&self, lower: ObservedPeer) -> bool {
        let mut all = self
            .namespaces
            .values()
            .flat_map(|ns| ns.interfaces.values());
        all.any(|interface| {
            let mut links = interface.kind.device().into_iter().flat_map(Device::links);
            links.any(|link| *link == lower)
        })
    }

    /// The interface of that name: its index and itself.
    pub fn interface_named(
        &self,
        namespace: NamespaceId,
        name: &str,
    ) -> Option<(u32, &ObservedInterface)> {
        self.namespaces.get(&namespace)?.interfaces.named(name)
    }

    /// The interface that the agent made for one of the document.
    pub fn interface_of(&self, id: InterfaceId) -> Option<(NamespaceId, u32, &ObservedInterface)> {
        self.namespaces.iter().find_map(|(namespace, observed)| {
            let found = observed.interfaces.iter().find(|(_, i)| i.id == Some(id));
            found.map(|(index, interface)| (*namespace, *index, interface))
        })
    }

    /// Takes over a change; a namespace that is `None` there has gone.
    pub fn apply(&mut self, change: ObservedChange) {
        for (id, namespace) in change.namespaces {
            match namespace {
                Some(namespace) => self.put(id, namespace),
                None => drop(self.namespaces.remove(&id)),
            }
        }
        for (id, part) in change.parts {
            for interface in part.interfaces.values().flatten() {
                self.whereabouts.take_up(id, interface);
            }
            if let Some(namespace) = self.namespaces.get_mut(&id) {
                part.apply(namespace);
            }
        }
    }

    /// What must be applied to `self` to reach `next`.
    pub fn change_to(&self, next: &Self) -> ObservedChange {
        let gone = self
            .namespaces
            .keys()
            .filter(|id| !next.namespaces.contains_key(id));
        let mut change = ObservedChange {
            namespaces: gone.map(|id| (*id, None)).collect(),
            parts: BTreeMap::new(),
        };
        for (id, now) in next.namespaces.iter() {
            match self.namespaces.get(id) {
                None => drop(change.namespaces.insert(*id, Some(now.clone()))),
                Some(_) if self.namespaces.agrees(&next.namespaces, id) => {}
                Some(before) => drop(change.parts.insert(*id, NamespacePart::of(before, now))),
            }
        }
        change
    }
}

/// A change of the kernel's state.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct ObservedChange {
    /// Each namespace that came, whole; `None` if it has gone.
    pub namespaces: BTreeMap<NamespaceId, Option<ObservedNamespace>>,
    /// What changed of each of the others: a bridge with a thousand ports is half a megabyte, and
    /// one of its ports changed.
    #[serde(default)]
    pub parts: BTreeMap<NamespaceId, NamespacePart>,
}

/// What changed of a namespace.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NamespacePart {
    /// Each interface that differs, by index; `None` if it has gone.
    pub interfaces: BTreeMap<u32, Option<ObservedInterface>>,
    /// Routes that there are no more.
    pub routes_gone: BTreeSet<ObservedRoute>,
    /// Everything else, and of routes those that came; without interfaces.
    pub rest: ObservedNamespace,
}

impl NamespacePart {
    fn of(before: &ObservedNamespace, now: &ObservedNamespace) -> Self {
        let gone = before.interfaces.keys();
        let gone = gone.filter(|index| !now.interfaces.contains_key(index));
        let fresh = now.interfaces.iter();
        let fresh = fresh.filter(|(index, i)| before.interfaces.get(index) != Some(i));
        let fresh = fresh.map(|(index, i)| (*index, Some(i.clone())));
        let ObservedNamespace {
            name,
            interfaces: _,
            routes,
            forwarding,
            firewall,
            rules,
            sysctls,
        } = now;
        Self {
            interfaces: gone.map(|index| (*index, None)).chain(fresh).collect(),
            routes_gone: before.routes.difference(routes).cloned().collect(),
            rest: ObservedNamespace {
                name: name.clone(),
                interfaces: Interfaces::new(),
                routes: routes.difference(&before.routes).cloned().collect(),
                forwarding: *forwarding,
                firewall: firewall.clone(),
                rules: rules.clone(),
                sysctls: sysctls.clone(),
            },
        }
    }

    fn apply(self, namespace: &mut ObservedNamespace) {
        let mut interfaces = std::mem::take(&mut namespace.interfaces);
        let mut routes = std::mem::take(&mut namespace.routes);
        for (index, interface) in self.interfaces {
            match interface {
                Some(interface) => drop(interfaces.insert(index, interface)),
                None => drop(interfaces.remove(&index)),
            }
        }
        for gone in &self.routes_gone {
            routes.remove(gone);
        }
        *namespace = self.rest;
        routes.append(&mut namespace.routes);
        namespace.interfaces = interfaces;
        namespace.routes = routes;
    }
}

impl ObservedChange {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.namespaces.is_empty() && self.parts.is_empty()
    }
}
