//! Edits: the only way to change a document.
//!
//! [`apply`] checks an edit against the document, changes it, and returns the inverse: applied
//! next, that gives back the document as it was. An edit that is refused changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::address::{Family, InterfaceAddress};
use crate::advertise::Advertisement;
use crate::document::{Interface, Namespace, Point, Route};
use crate::expectation::Expectation;
use crate::fdb::FdbEntry;
use crate::firewall::Ruleset;
use crate::id::{InterfaceId, NamespaceId, Node};
use crate::kind::{Parameters, Value};
use crate::mac::Mac;
use crate::name::{InterfaceName, NamespaceName};
use crate::neighbour::Neighbour;
use crate::offload::Offload;
use crate::quality::Quality;
use crate::rule::Rule;
use crate::serve::{Answer, Port};
use crate::sysctl::Owner;
use crate::vlans::Vlans;

mod advertise;
mod apply;
mod error;
mod fragment;
mod neighbour;
mod offload;
mod serve;
mod sysctl;
mod tables;
mod validate;

pub use apply::apply;
pub use error::{EditError, Field, Place, Reason};

/// Longest title of a lab, in bytes.
pub const MAX_TITLE_BYTES: usize = 200;
/// Most namespaces in a document: what one agent's quota of network namespaces allows.
pub const MAX_NAMESPACES: usize = 4096;
/// Most interfaces in a document.
pub const MAX_INTERFACES: usize = 32_768;
/// Most addresses of one interface, and most routes of one namespace.
pub const MAX_LIST: usize = 1024;
/// Smallest MTU that any interface takes: `ETH_MIN_MTU` (linux/if_ether.h).
pub const MIN_MTU: u32 = 68;
/// Smallest MTU of an interface with IPv6 (RFC 8200, 5; the kernel removes IPv6 from an interface
/// below it).
pub(crate) const MIN_IPV6_MTU: u32 = 1280;
/// Largest MTU of a veth or bridge: `ETH_MAX_MTU` (linux/if_ether.h).
pub const MAX_MTU: u32 = 65_535;

/// One change of a document by a person.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edit {
    /// Puts objects in: a new namespace, bridge or link, a paste, an import.
    Insert(Fragment),
    /// Takes objects out, with all that cannot stand without them: a namespace's interfaces, the
    /// other ends of their links, routes through them, expectations of them. A removed bridge
    /// releases its ports.
    Remove(Selection),
    /// Renames a namespace.
    RenameNamespace {
        /// Which; not the host.
        namespace: NamespaceId,
        /// The new name.
        name: NamespaceName,
    },
    /// Switches forwarding in a namespace.
    SetForwarding {
        /// Where.
        namespace: NamespaceId,
        /// Of which family.
        family: Family,
        /// On or off.
        on: bool,
    },
    /// Renames an interface.
    RenameInterface {
        /// Which; not a loopback.
        interface: InterfaceId,
        /// The new name.
        name: InterfaceName,
    },
    /// Sets an interface up or down.
    SetUp {
        /// Which.
        interface: InterfaceId,
        /// Up or down.
        up: bool,
    },
    /// Sets the MTU of an interface.
    SetMtu {
        /// Which.
        interface: InterfaceId,
        /// In bytes; `None` goes back to what the kernel gives.
        mtu: Option<u32>,
    },
    /// Sets the MAC address of an interface.
    SetMac {
        /// Which; one with Ethernet frames.
        interface: InterfaceId,
        /// `None` leaves what the kernel gives.
        mac: Option<Mac>,
    },
    /// Sets the namespace through which an interface sends.
    SetUnderlay {
        /// Which; of a kind that has an underlay, and without `dev`.
        interface: InterfaceId,
        /// `None` is its own.
        underlay: Option<NamespaceId>,
    },
    /// Makes an interface a port of a bridge, bond or VRF in its namespace, or releases it.
    SetMaster {
        /// Which; not a loopback.
        interface: InterfaceId,
        /// The bridge, bond or VRF.
        master: Option<InterfaceId>,
    },
    /// Sets a parameter of a device.
    SetParameter {
        /// Which.
        interface: InterfaceId,
        /// Its parameter's name.
        name: String,
        /// `None` goes back to what is usual.
        value: Option<Value<InterfaceId>>,
    },
    /// Sets a parameter of a port of a bridge.
    SetPort {
        /// Which port.
        interface: InterfaceId,
        /// The parameter's name, in [`crate::kind::port::TABLE`].
        name: String,
        /// `None` goes back to what is usual.
        value: Option<Value<InterfaceId>>,
    },
    /// Adds an address.
    AddAddress {
        /// To which interface.
        interface: InterfaceId,
        /// With its prefix length.
        address: InterfaceAddress,
        /// At which place of the list; the end if it is beyond it or absent.
        index: Option<usize>,
    },
    /// Removes an address.
    RemoveAddress {
        /// From which interface.
        interface: InterfaceId,
        /// With its prefix length.
        address: InterfaceAddress,
    },
    /// Adds a static route.
    AddRoute {
        /// Where.
        namespace: NamespaceId,
        /// The route.
        route: Route,
        /// At which place of the list; the end if it is beyond it or absent.
        index: Option<usize>,
    },
    /// Removes a static route.
    RemoveRoute {
        /// Where.
        namespace: NamespaceId,
        /// The route.
        route: Route,
    },
    /// Adds a policy rule.
    AddRule {
        /// Where.
        namespace: NamespaceId,
        /// The rule; its priority must be free.
        rule: Rule<InterfaceId>,
    },
    /// Removes a policy rule.
    RemoveRule {
        /// Where.
        namespace: NamespaceId,
        /// The rule.
        rule: Rule<InterfaceId>,
    },
    /// Moves nodes on the canvas; `None` gives one back to the automatic layout.
    Move {
        /// New places of card centres.
        #[serde(with = "pairs")]
        to: BTreeMap<Node, Option<Point>>,
    },
    /// Renames the lab.
    SetTitle {
        /// At most [`MAX_TITLE_BYTES`].
        title: String,
    },
    /// Sets the VLANs of a bridge or of a port of one.
    SetVlans {
        /// Of which.
        interface: InterfaceId,
        /// `None` goes back to what is usual.
        vlans: Option<Vlans>,
    },
    /// Adds a static entry of a forwarding table.
    AddFdb {
        /// Where it leads.
        interface: InterfaceId,
        /// The entry.
        entry: FdbEntry,
    },
    /// Removes a static entry of a forwarding table.
    RemoveFdb {
        /// Where it leads.
        interface: InterfaceId,
        /// The entry.
        entry: FdbEntry,
    },
    /// Adds a static neighbour or a proxy entry.
    AddNeighbour {
        /// Of which interface.
        interface: InterfaceId,
        /// The entry.
        neighbour: Neighbour,
    },
    /// Removes a static neighbour or a proxy entry.
    RemoveNeighbour {
        /// Of which interface.
        interface: InterfaceId,
        /// The entry.
        neighbour: Neighbour,
    },
    /// Several edits that succeed or are refused as one, in order.
    Batch {
        /// The edits.
        edits: Vec<Edit>,
    },
    /// Sets the firewall of a namespace.
    SetFirewall {
        /// Where.
        namespace: NamespaceId,
        /// `None` takes it away.
        ruleset: Option<Ruleset>,
    },
    /// Sets what is done to the frames that leave an interface.
    SetQuality {
        /// Which.
        interface: InterfaceId,
        /// `None` is nothing.
        quality: Option<Quality>,
    },
    /// Sets a setting of the kernel.
    SetSysctl {
        /// Of what.
        owner: Owner,
        /// Its name, in [`crate::sysctl::TABLE`].
        name: String,
        /// `None` leaves what the kernel has by itself.
        value: Option<i32>,
    },
    /// Leaves something to an interface, or does not.
    SetOffload {
        /// Which.
        interface: InterfaceId,
        /// What.
        offload: Offload,
        /// `None` leaves it to the kernel.
        on: Option<bool>,
    },
    /// Sets the router advertisements that an interface sends.
    SetAdvertisement {
        /// Which.
        interface: InterfaceId,
        /// `None` sends none.
        advertise: Option<Advertisement>,
    },
    /// Gives the host an uplink to the outside world ([`crate::uplink`]), or takes it away.
    SetUplink {
        /// On or off.
        on: bool,
    },
    /// Sets what should be true of the lab when it runs.
    SetExpectations {
        /// All of them, in their order.
        expectations: Vec<Expectation>,
    },
    /// Sets what a port of a namespace answers while the lab runs.
    SetService {
        /// Where.
        namespace: NamespaceId,
        /// At which port.
        port: Port,
        /// With what; `None` does not serve it.
        answer: Option<Answer>,
    },
}

/// Objects to put into a document, ids included, with what ties them to what is there.
///
/// It must be whole: both ends of each link, a loopback for each namespace.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Fragment {
    /// New namespaces; their routes may name interfaces of this fragment.
    pub namespaces: BTreeMap<NamespaceId, Namespace>,
    /// New interfaces, in new or present namespaces.
    pub interfaces: BTreeMap<InterfaceId, Interface>,
    /// Where the new nodes are drawn.
    #[serde(with = "pairs")]
    pub positions: BTreeMap<Node, Point>,
    /// Interfaces that are there already and become ports of a new bridge, bond or VRF.
    pub ports: BTreeMap<InterfaceId, Plug>,
    /// Routes to add to namespaces that are there already, with their place in the list, lowest
    /// place first.
    pub routes: Vec<PlacedRoute>,
    /// Policy rules to add to namespaces that are there already.
    #[serde(default)]
    pub rules: BTreeSet<(NamespaceId, Rule<InterfaceId>)>,
}

/// A port, plugged in.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Plug {
    /// The bridge, bond or VRF.
    pub master: InterfaceId,
    /// What is set on it as a port of a bridge.
    #[serde(default)]
    pub port: Parameters<InterfaceId>,
    /// Its VLANs.
    #[serde(default)]
    pub vlans: Option<Vlans>,
    /// What the bridge's forwarding table has for it.
    #[serde(default)]
    pub fdb: BTreeSet<FdbEntry>,
}

/// A route at its place in a namespace's list.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PlacedRoute {
    /// Whose list.
    pub namespace: NamespaceId,
    /// Its index once it is in.
    pub index: usize,
    /// The route.
    pub route: Route,
}

/// Objects of a document, by id.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Selection {
    /// Namespaces; never the host.
    pub namespaces: BTreeSet<NamespaceId>,
    /// Interfaces: bridges, and links by either end; never a loopback alone.
    pub interfaces: BTreeSet<InterfaceId>,
}

impl Selection {
    /// One namespace.
    pub fn namespace(id: NamespaceId) -> Self {
        Self {
            namespaces: BTreeSet::from([id]),
            ..Self::default()
        }
    }

    /// One interface.
    pub fn interface(id: InterfaceId) -> Self {
        Self {
            interfaces: BTreeSet::from([id]),
            ..Self::default()
        }
    }

    /// Nothing selected.
    pub fn is_empty(&self) -> bool {
        self.namespaces.is_empty() && self.interfaces.is_empty()
    }
}

/// Maps whose keys are no strings, as JSON lists of pairs.
pub(crate) mod pairs {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<K: Serialize, V: Serialize, S: Serializer>(
        map: &BTreeMap<K, V>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(map)
    }

    pub(crate) fn deserialize<'de, K, V, D>(deserializer: D) -> Result<BTreeMap<K, V>, D::Error>
    where
        K: Deserialize<'de> + Ord,
        V: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        Ok(Vec::<(K, V)>::deserialize(deserializer)?
            .into_iter()
            .collect())
    }
}
