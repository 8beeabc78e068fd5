//! What the user wants: namespaces, interfaces, routes, and where they are drawn.
//!
//! A [`Document`] is plain data. It is changed by [`crate::edit`] only, which keeps what
//! [`Document::validate`] demands true.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::address::{Family, InterfaceAddress};
use crate::advertise::Advertisement;
use crate::expectation::Expectation;
use crate::fdb::FdbEntry;
use crate::firewall::Ruleset;
use crate::id::{InterfaceId, NamespaceId, Node};
use crate::kind::Parameters;
pub use crate::kind::{Device, DeviceKind, Kind};
use crate::mac::Mac;
use crate::name::{InterfaceName, NamespaceName};
use crate::neighbour::Neighbour;
use crate::offload::Offloads;
use crate::quality::Quality;
use crate::route::RouteOptions;
use crate::rule::Rule;
use crate::serve::Served;
use crate::sysctl::Sysctls;
use crate::vlans::Vlans;

/// One lab as the user wants it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Document {
    /// What the lab is called; free text, at most [`crate::edit::MAX_TITLE_BYTES`].
    pub title: String,
    /// Every namespace; [`NamespaceId::HOST`] is always there.
    pub namespaces: BTreeMap<NamespaceId, Namespace>,
    /// Every interface, of every namespace, loopbacks included.
    pub interfaces: BTreeMap<InterfaceId, Interface>,
    /// Where namespaces and bridges are drawn; what is not here is laid out by [`crate::layout`].
    #[serde(with = "crate::edit::pairs")]
    pub positions: BTreeMap<Node, Point>,
    /// What should be true of it when it runs.
    #[serde(default)]
    pub expectations: Vec<Expectation>,
}

/// A network namespace.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Namespace {
    /// Unique within the document.
    pub name: NamespaceName,
    /// Whether packets are forwarded between interfaces.
    pub forwarding: Forwarding,
    /// Static routes, in the order in which they are added.
    pub routes: Vec<Route>,
    /// Its nftables ruleset; `None` is none.
    #[serde(default)]
    pub firewall: Option<Ruleset>,
    /// Policy rules, by family and priority.
    #[serde(default)]
    pub rules: BTreeSet<Rule<InterfaceId>>,
    /// Settings of the kernel, as `net.ipv4.tcp_mtu_probing`: [`crate::sysctl::TABLE`].
    #[serde(default)]
    pub sysctls: Sysctls,
    /// Whether it has an uplink to the outside world ([`crate::uplink`]); the host only.
    #[serde(default)]
    pub uplink: bool,
    /// What it serves while the lab runs.
    #[serde(default)]
    pub serve: Served,
}

/// `net.ipv4.ip_forward` and `net.ipv6.conf.all.forwarding`.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Forwarding {
    /// `net.ipv4.ip_forward`.
    pub ipv4: bool,
    /// `net.ipv6.conf.all.forwarding`.
    pub ipv6: bool,
}

impl Namespace {
    /// A namespace as the kernel makes it.
    pub fn new(name: NamespaceName) -> Self {
        Self {
            name,
            forwarding: Forwarding::default(),
            routes: Vec::new(),
            firewall: None,
            rules: BTreeSet::new(),
            sysctls: Sysctls::new(),
            uplink: false,
            serve: Served::new(),
        }
    }
}

impl Forwarding {
    /// The switch of one family.
    pub fn get(self, family: Family) -> bool {
        match family {
            Family::Ipv4 => self.ipv4,
            Family::Ipv6 => self.ipv6,
        }
    }

    /// Sets the switch of one family and returns what it was.
    pub fn set(&mut self, family: Family, on: bool) -> bool {
        let switch = match family {
            Family::Ipv4 => &mut self.ipv4,
            Family::Ipv6 => &mut self.ipv6,
        };
        std::mem::replace(switch, on)
    }
}

/// Anything that `ip link` shows and the document speaks of.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Interface {
    /// Where it lives.
    pub namespace: NamespaceId,
    /// Unique within its namespace.
    pub name: InterfaceName,
    /// What it is.
    pub kind: Kind,
    /// Administrative state (`ip link set … up`).
    pub up: bool,
    /// In bytes; `None` leaves what the kernel gives.
    pub mtu: Option<u32>,
    /// In the order in which they are added: of several in one network the first is the primary.
    pub addresses: Vec<InterfaceAddress>,
    /// `IFLA_ADDRESS`; `None` leaves what the kernel gives.
    pub mac: Option<Mac>,
    /// The bridge, bond or VRF, in the same namespace, of which it is a port.
    pub master: Option<InterfaceId>,
    /// The namespace through which it sends, if that is another than its own: where it was made
    /// ([`DeviceKind::has_underlay`]).
    #[serde(default)]
    pub underlay: Option<NamespaceId>,
    /// What is set on it as a port of a bridge: [`crate::kind::port::TABLE`].
    #[serde(default)]
    pub port: Parameters<InterfaceId>,
    /// What is done to the frames that leave it; `None` is nothing.
    #[serde(default)]
    pub quality: Option<Quality>,
    /// Of a bridge, or a port of one; `None` is what is usual there.
    #[serde(default)]
    pub vlans: Option<Vlans>,
    /// Static entries of the forwarding table that lead to it.
    #[serde(default)]
    pub fdb: BTreeSet<FdbEntry>,
    /// Neighbours that are known for good, and addresses that it answers for.
    #[serde(default)]
    pub neighbours: BTreeSet<Neighbour>,
    /// Settings of the kernel, as `ipv4.rp_filter`: [`crate::sysctl::TABLE`].
    #[serde(default)]
    pub sysctls: Sysctls,
    /// What is left to it, or is not; what is not among them the kernel decides.
    #[serde(default)]
    pub offloads: Offloads,
    /// The router advertisements that it sends while the lab runs; `None` is none.
    #[serde(default)]
    pub advertise: Option<Advertisement>,
}

/// A static route.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Route {
    /// The network it leads to, host bits clear; `0.0.0.0/0` or `::/0` is the default route.
    pub destination: IpNet,
    /// The next hop; `None` means directly on the interface.
    pub gateway: Option<IpAddr>,
    /// The interface, in the same namespace; `None` lets the kernel find it by the gateway.
    pub interface: Option<InterfaceId>,
    /// Lower is preferred; `None` is the family's default (0 for IPv4, 1024 for IPv6).
    pub metric: Option<u32>,
    /// What it says more: its table, its kind, its next hops.
    #[serde(default)]
    pub options: RouteOptions<InterfaceId>,
}

/// A place on the canvas, in canvas units (CSS pixels at 100 %), y downwards: a card's centre.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Downwards.
    pub y: f64,
}

/// A veth pair: two interfaces, the one with the lower id first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Link {
    /// Both ends.
    pub ends: [InterfaceId; 2],
}

impl Link {
    /// The link of two ends, in whichever order they are given.
    pub fn new(a: InterfaceId, b: InterfaceId) -> Self {
        Self {
            ends: if a <= b { [a, b] } else { [b, a] },
        }
    }
}

/// A copy of one's own, for whoever keeps it.
impl From<&Document> for Arc<Document> {
    fn from(document: &Document) -> Self {
        Self::new(document.clone())
    }
}

impl Default for Document {
    fn default() -> Self {
        Self::new("")
    }
}

impl Document {
    /// A document with nothing in it but the host namespace, whose loopback is down, as the
    /// kernel makes it.
    pub fn new(title: &str) -> Self {
        let host = Namespace::new(NamespaceName::host());
        Self {
            title: title.to_owned(),
            namespaces: BTreeMap::from([(NamespaceId::HOST, host)]),
            interfaces: BTreeMap::from([(
                InterfaceId::HOST_LOOPBACK,
                Interface::loopback(NamespaceId::HOST),
            )]),
            positions: BTreeMap::new(),
            expectations: Vec::new(),
        }
    }

    /// Whether the host has an uplink to the outside world.
    pub fn has_uplink(&self) -> bool {
        let host = self.namespaces.get(&NamespaceId::HOST);
        host.is_some_and(|host| host.uplink)
    }

    /// The namespace of that name.
    pub fn namespace_named(&self, name: &str) -> Option<NamespaceId> {
        self.namespaces
            .iter()
            .find(|(_, ns)| ns.name.as_str() == name)
            .map(|(id, _)| *id)
    }

    /// The interface of that name in a namespace.
    pub fn interface_named(&self, namespace: NamespaceId, name: &str) -> Option<InterfaceId> {
        self.interfaces_of(namespace)
            .find(|(_, i)| i.name.as_str() == name)
            .map(|(id, _)| id)
    }

    /// The interfaces of a namespace, by id.
    pub fn interfaces_of(
        &self,
        namespace: NamespaceId,
    ) -> impl Iterator<Item = (InterfaceId, &Interface)> {
        self.interfaces
            .iter()
            .filter(move |(_, i)| i.namespace == namespace)
            .map(|(id, i)| (*id, i))
    }

    /// Every veth pair, once.
    pub fn links(&self) -> impl Iterator<Item = Link> {
        self.interfaces
            .iter()
            .filter_map(|(&id, interface)| match interface.kind {
                Kind::Veth { peer } if id < peer => Some(Link::new(id, peer)),
                _ => None,
            })
    }

    /// Every bridge.
    pub fn bridges(&self) -> impl Iterator<Item = (InterfaceId, &Interface)> {
        self.interfaces
            .iter()
            .filter(|(_, i)| i.kind.is_bridge())
            .map(|(id, i)| (*id, i))
    }

    /// The ports of a bridge, bond or VRF, by id.
    pub fn ports_of(&self, master: InterfaceId) -> impl Iterator<Item = (InterfaceId, &Interface)> {
        self.interfaces
            .iter()
            .filter(move |(_, i)| i.master == Some(master))
            .map(|(id, i)| (*id, i))
    }

    /// Whose card or bar an interface is drawn on: the bridge of a port, a bridge itself, else its
    /// namespace; `None` for an interface of the host that is on no bridge.
    pub fn node_of(&self, interface: InterfaceId) -> Option<Node> {
        let found = self.interfaces.get(&interface)?;
        let is_bridge =
            |id: &InterfaceId| self.interfaces.get(id).is_some_and(|i| i.kind.is_bridge());
        match found.master.filter(is_bridge) {
            Some(bridge) => Some(Node::Bridge(bridge)),
            None if found.kind.is_bridge() => Some(Node::Bridge(interface)),
            None if found.namespace == NamespaceId::HOST => None,
            None => Some(Node::Namespace(found.namespace)),
        }
    }

    /// Whether an interface is up in the kernel when all is done: a VLAN follows what it stands on
    /// (`vlan_dev_open`, ENETDOWN).
    pub fn is_up(&self, interface: &Interface) -> bool {
        let mut interface = interface;
        // Nothing stands on itself: it ends.
        while interface.up && interface.kind.is(DeviceKind::Vlan) {
            let lower = interface.kind.device().and_then(Device::lower);
            match lower.and_then(|lower| self.interfaces.get(lower)) {
                Some(lower) => interface = lower,
                None => return false,
            }
        }
        interface.up
    }

    /// An interface as people say it: `red/veth-red`.
    pub fn describe_interface(&self, id: InterfaceId) -> String {
        match self.interfaces.get(&id) {
            Some(interface) => {
                format!(
                    "{}/{}",
                    self.describe_namespace(interface.namespace),
                    interface.name
                )
            }
            None => id.to_string(),
        }
    }

    /// A namespace as people say it: its name.
    pub fn describe_namespace(&self, id: NamespaceId) -> String {
        self.namespaces
            .get(&id)
            .map_or_else(|| id.to_string(), |ns| ns.name.to_string())
    }
}

impl Interface {
    /// A loopback as the kernel makes it: down, without addresses of its own.
    pub fn loopback(namespace: NamespaceId) -> Self {
        Self::new(namespace, InterfaceName::loopback(), Kind::Loopback)
    }

    /// An interface as the kernel makes it: down, nothing set.
    pub fn new(namespace: NamespaceId, name: InterfaceName, kind: Kind) -> Self {
        Self {
            namespace,
            name,
            kind,
            up: false,
            mtu: None,
            addresses: Vec::new(),
            mac: None,
            master: None,
            underlay: None,
            port: Parameters::default(),
            quality: None,
            vlans: None,
            fdb: BTreeSet::new(),
            neighbours: BTreeSet::new(),
            sysctls: Sysctls::new(),
            offloads: Offloads::new(),
            advertise: None,
        }
    }

    /// The other end of a link.
    pub fn peer(&self) -> Option<InterfaceId> {
        match self.kind {
            Kind::Veth { peer } => Some(peer),
            Kind::Loopback | Kind::Device(_) => None,
        }
    }
}

impl Route {
    /// The family that the route belongs to.
    pub fn family(&self) -> Family {
        Family::of(self.destination.addr())
    }

    /// Whether it is the default route of its family.
    pub fn is_default(&self) -> bool {
        self.destination.prefix_len() == 0
    }

    /// The interfaces that it names: its own, and those of its next hops.
    pub fn interfaces(&self) -> impl Iterator<Item = InterfaceId> {
        let own = self.interface.into_iter();
        own.chain(self.options.interfaces().copied())
    }

    /// The routers that it names, each with the interface that is named with it.
    pub fn gateways(&self) -> impl Iterator<Item = (IpAddr, Option<InterfaceId>)> {
        let own = self.gateway.map(|gateway| (gateway, self.interface));
        let hops = self.options.hops.iter();
        let hops = hops.filter_map(|hop| Some((hop.gateway?, hop.interface)));
        own.into_iter().chain(hops)
    }
}
