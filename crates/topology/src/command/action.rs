//! What a command that was read does.

use ipnet::IpNet;

use super::firewall::Change;
use super::tc::QdiscChange;
use crate::address::{Family, InterfaceAddress};
use crate::fdb::FdbEntry;
use crate::kind::parameters::Changes;
use crate::kind::{Device, DeviceKind};
use crate::mac::Mac;
use crate::name::{InterfaceName, NamespaceName};
use crate::neighbour::Neighbour;
use crate::offload::Offload;
use crate::route::RouteOptions;

use super::rule::Said;
use crate::vlans::{VlanChange, VlanRange};

/// What a command does; namespaces by name, `None` the one in which the command runs.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Action {
    AddNamespace(NamespaceName),
    RemoveNamespace(NamespaceName),
    AddVeth {
        ends: [NewEnd; 2],
    },
    AddDevice {
        new: NewEnd,
        device: Device<InterfaceName>,
        /// The namespace of what it stands on, if it is said.
        below: Option<NamespaceName>,
    },
    RemoveInterface(InterfaceName),
    SetLink {
        name: InterfaceName,
        change: LinkChange,
    },
    AddAddress {
        interface: InterfaceName,
        address: InterfaceAddress,
    },
    /// Adds it, unless it is there.
    ReplaceAddress {
        interface: InterfaceName,
        address: InterfaceAddress,
    },
    RemoveAddress {
        interface: InterfaceName,
        address: InterfaceAddress,
    },
    /// Removes all that a person may remove; of one family, if it is said.
    FlushAddresses {
        interface: InterfaceName,
        family: Option<Family>,
    },
    AddRoute(Route),
    RemoveRoute(Route),
    /// Adds it, in place of the one that is there, if there is one.
    ReplaceRoute(Route),
    AddRule(Said),
    RemoveRule(Said),
    SetForwarding {
        family: Family,
        on: bool,
    },
    /// Sets it for one interface, or for those to come: it is to be what the namespace's is.
    KeepForwarding {
        interface: Option<InterfaceName>,
        family: Family,
        on: bool,
    },
    Firewall(Change),
    SetQdisc(QdiscChange),
    AddVlans {
        interface: InterfaceName,
        own: bool,
        change: VlanChange,
    },
    RemoveVlans {
        interface: InterfaceName,
        own: bool,
        range: VlanRange,
    },
    AddFdb {
        interface: InterfaceName,
        entry: FdbEntry,
    },
    RemoveFdb {
        interface: InterfaceName,
        entry: FdbEntry,
    },
    AddNeighbour {
        interface: InterfaceName,
        neighbour: Neighbour,
    },
    /// One of that address: which MAC address it has need not be said.
    RemoveNeighbour {
        interface: InterfaceName,
        address: std::net::IpAddr,
        proxy: bool,
    },
    SetSysctl {
        interface: Option<InterfaceName>,
        name: String,
        value: i32,
    },
    SetOffload {
        interface: InterfaceName,
        offload: Offload,
        on: bool,
    },
    SetWireguard {
        interface: InterfaceName,
        change: super::wireguard::Change,
    },
    /// It only looks; the network stays as it is.
    Look,
    /// It runs a command whose sockets are in a VRF.
    InVrf {
        vrf: InterfaceName,
        argv: Vec<String>,
    },
    /// It runs a command in another namespace.
    Inside {
        namespace: NamespaceName,
        argv: Vec<String>,
    },
}

/// A new device, or one end of a new veth pair.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct NewEnd {
    /// `None`: the kernel gives it one.
    pub(crate) name: Option<InterfaceName>,
    pub(crate) namespace: Option<NamespaceName>,
    pub(crate) mtu: Option<u32>,
    pub(crate) mac: Option<Mac>,
    pub(crate) up: bool,
    pub(crate) master: Option<InterfaceName>,
    /// What it says more, which changes nothing that a lab has.
    pub(crate) left_out: Vec<String>,
}

/// What one `ip link set` sets, in the order in which the kernel does it, whatever the order of the
/// words (`do_setlink` in net/core/rtnetlink.c).
#[derive(Clone, PartialEq, Default, Debug)]
pub(crate) struct LinkChange {
    pub(crate) device: Option<(DeviceKind, Changes<InterfaceName>)>,
    pub(crate) port: Option<Changes<InterfaceName>>,
    pub(crate) namespace: Option<NamespaceName>,
    pub(crate) mac: Option<Mac>,
    pub(crate) mtu: Option<u32>,
    pub(crate) name: Option<InterfaceName>,
    /// `Some(None)` is `nomaster`.
    pub(crate) master: Option<Option<InterfaceName>>,
    /// The master was called a VRF, and must be one.
    pub(crate) is_vrf: bool,
    pub(crate) up: Option<bool>,
    /// What it says more, which changes nothing that a lab has.
    pub(crate) left_out: Vec<String>,
}

impl Action {
    /// What the command says that is left out, for it changes nothing that a lab has.
    pub(crate) fn left_out(&self) -> Vec<String> {
        match self {
            Self::AddVeth { ends } => ends.iter().flat_map(|end| end.left_out.clone()).collect(),
            Self::AddDevice { new, .. } => new.left_out.clone(),
            Self::SetLink { change, .. } => change.left_out.clone(),
            _ => Vec::new(),
        }
    }
}

/// A route as `ip route` names it.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Route {
    pub(crate) destination: IpNet,
    pub(crate) gateway: Option<std::net::IpAddr>,
    pub(crate) interface: Option<InterfaceName>,
    pub(crate) metric: Option<u32>,
    /// The VRF whose table it is in.
    pub(crate) vrf: Option<InterfaceName>,
    pub(crate) options: RouteOptions<InterfaceName>,
}

/// The options of `ip` that come before the object.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(crate) struct Global {
    /// `-4` or `-6`.
    pub(crate) family: Option<Family>,
}
