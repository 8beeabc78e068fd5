//! Steps: one kernel change each.
//!
//! A step is executed by `kernel`, by the [`crate::model`] kernel, and written as a command by
//! [`crate::command`]. Interfaces are addressed by namespace and name: a plan is made before
//! there are indexes.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::address::{Family, InterfaceAddress};
use crate::document::{Document, Route};
use crate::fdb::FdbEntry;
use crate::id::{InterfaceId, NamespaceId};
use crate::kind::parameters::Changes;
use crate::kind::{Device, DeviceKind};
use crate::mac::Mac;
use crate::name::{InterfaceName, NamespaceName};
use crate::neighbour::Neighbour;
use crate::offload::Offload;
use crate::quality::qdisc::{Level, Qdisc};
use crate::route::RouteOptions;
use crate::rule::Rule;
use crate::vlans::{VlanChange, VlanRange};

/// One change of the kernel's state.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Makes a namespace.
    AddNamespace {
        /// Its id from here on.
        namespace: NamespaceId,
        /// Its name.
        name: NamespaceName,
    },
    /// Removes a namespace that has no interface but its loopback any more.
    RemoveNamespace {
        /// Which; never the host.
        namespace: NamespaceId,
    },
    /// Gives a namespace another name.
    RenameNamespace {
        /// Which.
        namespace: NamespaceId,
        /// The new name.
        name: NamespaceName,
    },
    /// Makes a veth pair, each end born in its namespace, down.
    AddVeth {
        /// Both ends.
        ends: [NewInterface; 2],
    },
    /// Makes any other interface, down.
    AddDevice {
        /// Where and under which name.
        new: NewInterface,
        /// What it is; what it stands on may be in another namespace.
        device: Device<At>,
        /// The namespace through which it sends, if that is another.
        underlay: Option<NamespaceId>,
    },
    /// Changes parameters of a device in place.
    SetParameters {
        /// Of which.
        at: At,
        /// What it is.
        kind: DeviceKind,
        /// What they are set to.
        changes: Changes<At>,
    },
    /// Removes an interface; of a veth pair both ends go.
    RemoveInterface {
        /// Which.
        at: At,
    },
    /// Gives an interface another name; the kernel may ask for it to be down.
    RenameInterface {
        /// Which.
        at: At,
        /// The new name.
        name: InterfaceName,
    },
    /// Sets an interface up or down.
    SetUp {
        /// Which.
        at: At,
        /// Up or down.
        up: bool,
    },
    /// Sets the MTU.
    SetMtu {
        /// Of which.
        at: At,
        /// In bytes.
        mtu: u32,
    },
    /// Sets the MAC address.
    SetMac {
        /// Of which.
        at: At,
        /// To what.
        mac: Mac,
    },
    /// Makes an interface a port of a bridge, bond or VRF, or releases it.
    SetMaster {
        /// Which.
        at: At,
        /// Its name, in the same namespace.
        master: Option<InterfaceName>,
    },
    /// Changes what is set on a port of a bridge.
    SetPort {
        /// Which port.
        at: At,
        /// What is set.
        changes: Changes<InterfaceName>,
    },
    /// Adds an address.
    AddAddress {
        /// To which interface.
        at: At,
        /// With its prefix length.
        address: InterfaceAddress,
    },
    /// Removes an address.
    RemoveAddress {
        /// From which interface.
        at: At,
        /// With its prefix length.
        address: InterfaceAddress,
    },
    /// Adds a route.
    AddRoute {
        /// Where.
        namespace: NamespaceId,
        /// The route.
        route: StepRoute,
    },
    /// Removes a route.
    RemoveRoute {
        /// Where.
        namespace: NamespaceId,
        /// The route.
        route: StepRoute,
    },
    /// Switches forwarding.
    SetForwarding {
        /// Where.
        namespace: NamespaceId,
        /// Of which family.
        family: Family,
        /// On or off.
        on: bool,
    },
    /// Replaces the nftables ruleset of a namespace, in one transaction.
    SetFirewall {
        /// Where.
        namespace: NamespaceId,
        /// What `nft -f` reads; `None` leaves no rules.
        ruleset: Option<String>,
    },
    /// Adds a policy rule.
    AddRule {
        /// Where.
        namespace: NamespaceId,
        /// The rule.
        rule: Rule<InterfaceName>,
    },
    /// Removes a policy rule.
    RemoveRule {
        /// Where.
        namespace: NamespaceId,
        /// The rule.
        rule: Rule<InterfaceName>,
    },
    /// Sets, changes or removes a queueing discipline of an interface.
    SetQdisc {
        /// Of which.
        at: At,
        /// Which one; what is below the root goes with it.
        level: Level,
        /// What is there.
        from: Option<Qdisc>,
        /// What is to be there: the kernel changes one of the same kind in place.
        to: Option<Qdisc>,
    },
    /// Puts a bridge, or a port of one, into VLANs.
    AddVlans {
        /// Which.
        at: At,
        /// Whether it is the bridge itself: `self`.
        own: bool,
        /// Which VLANs, and how.
        change: VlanChange,
    },
    /// Takes a bridge, or a port of one, out of VLANs.
    RemoveVlans {
        /// Which.
        at: At,
        /// Whether it is the bridge itself: `self`.
        own: bool,
        /// Which VLANs.
        range: VlanRange,
    },
    /// Adds a static entry to a forwarding table.
    AddFdb {
        /// Where it leads.
        at: At,
        /// The entry.
        entry: FdbEntry,
    },
    /// Removes a static entry from a forwarding table.
    RemoveFdb {
        /// Where it leads.
        at: At,
        /// The entry.
        entry: FdbEntry,
    },
    /// Adds a static neighbour or a proxy entry, in place of another of that address.
    AddNeighbour {
        /// Of which interface.
        at: At,
        /// The entry.
        neighbour: Neighbour,
    },
    /// Removes a static neighbour or a proxy entry.
    RemoveNeighbour {
        /// Of which interface.
        at: At,
        /// The entry.
        neighbour: Neighbour,
    },
    /// Sets a setting of the kernel.
    SetSysctl {
        /// Where.
        namespace: NamespaceId,
        /// Of which interface there; `None` is the namespace's own.
        interface: Option<InterfaceName>,
        /// Its name, in [`crate::sysctl::TABLE`].
        name: String,
        /// `None` gives back the value that it had before it was set first, and leaves it alone
        /// from then on.
        value: Option<i32>,
    },
    /// Leaves something to an interface, or does not.
    SetOffload {
        /// Which.
        at: At,
        /// What.
        offload: Offload,
        /// `None` gives back what was before it was set first, and leaves it alone from then on.
        on: Option<bool>,
    },
    /// Gives the host its uplink, or takes it away ([`crate::uplink`]).
    SetUplink {
        /// On or off.
        on: bool,
    },
}

/// Which interface a step is about, by what the kernel calls it at that moment.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct At {
    /// Its namespace.
    pub namespace: NamespaceId,
    /// Its name.
    pub name: InterfaceName,
}

/// An interface to be made.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NewInterface {
    /// The document's interface for which it is made, which the agent remembers by index; `None`
    /// for one that no document has, made again because a plan is taken back.
    pub id: Option<InterfaceId>,
    /// Where and under which name.
    pub at: At,
}

/// A route, its interfaces by name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct StepRoute {
    /// Where it leads, host bits clear.
    pub destination: IpNet,
    /// The next hop.
    pub gateway: Option<IpAddr>,
    /// The interface; `None` lets the kernel find it by the gateway.
    pub interface: Option<InterfaceName>,
    /// Lower is preferred; `None` is the family's default.
    pub metric: Option<u32>,
    /// What it says more.
    pub options: RouteOptions<InterfaceName>,
}

impl StepRoute {
    /// A route of a document, its interfaces by the names that they have there.
    pub fn of(document: &Document, route: &Route) -> Self {
        let name = |id: &InterfaceId| Some(document.interfaces.get(id)?.name.clone());
        Self {
            destination: route.destination,
            gateway: route.gateway,
            interface: route.interface.as_ref().and_then(name),
            metric: route.metric,
            options: route.options.map(name).unwrap_or_default(),
        }
    }
}

impl Step {
    /// The namespace in which the step happens, for messages; of a veth pair the first end's.
    pub fn namespace(&self) -> NamespaceId {
        match self {
            Self::AddNamespace { namespace, .. }
            | Self::RemoveNamespace { namespace }
            | Self::RenameNamespace { namespace, .. }
            | Self::AddRoute { namespace, .. }
            | Self::RemoveRoute { namespace, .. }
            | Self::AddRule { namespace, .. }
            | Self::RemoveRule { namespace, .. }
            | Self::SetForwarding { namespace, .. }
            | Self::SetFirewall { namespace, .. }
            | Self::SetSysctl { namespace, .. } => *namespace,
            Self::SetUplink { .. } => NamespaceId::HOST,
            Self::AddVeth { ends: [first, _] } => first.at.namespace,
            Self::AddDevice { new, .. } => new.at.namespace,
            Self::RemoveInterface { at }
            | Self::RenameInterface { at, .. }
            | Self::SetUp { at, .. }
            | Self::SetMtu { at, .. }
            | Self::SetMac { at, .. }
            | Self::SetMaster { at, .. }
            | Self::SetParameters { at, .. }
            | Self::SetPort { at, .. }
            | Self::AddVlans { at, .. }
            | Self::RemoveVlans { at, .. }
            | Self::AddFdb { at, .. }
            | Self::RemoveFdb { at, .. }
            | Self::AddNeighbour { at, .. }
            | Self::RemoveNeighbour { at, .. }
            | Self::AddAddress { at, .. }
            | Self::RemoveAddress { at, .. }
            | Self::SetOffload { at, .. }
            | Self::SetQdisc { at, .. } => at.namespace,
        }
    }
}
