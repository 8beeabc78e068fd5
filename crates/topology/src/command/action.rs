//! What a command that was read does.

use ipnet::IpNet;

use crate::address::Family;
use crate::name::{InterfaceName, NamespaceName};

/// What a command does; namespaces by name, `None` the one in which the command runs.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Action {
    AddNamespace(NamespaceName),
    RemoveNamespace(NamespaceName),
    AddVeth {
        ends: [NewEnd; 2],
    },
    AddBridge {
        name: InterfaceName,
        mtu: Option<u32>,
        up: bool,
    },
    RemoveInterface(InterfaceName),
    SetLink {
        name: InterfaceName,
        changes: Vec<Change>,
    },
    AddAddress {
        interface: InterfaceName,
        address: IpNet,
    },
    RemoveAddress {
        interface: InterfaceName,
        address: IpNet,
    },
    AddRoute(Route),
    RemoveRoute(Route),
    SetForwarding {
        family: Family,
        on: bool,
    },
    /// It only looks; the network stays as it is.
    Look,
    /// It runs a command in another namespace.
    Inside {
        namespace: NamespaceName,
        argv: Vec<String>,
    },
}

/// One end of a new veth pair.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct NewEnd {
    pub(crate) name: InterfaceName,
    pub(crate) namespace: Option<NamespaceName>,
    pub(crate) mtu: Option<u32>,
    pub(crate) up: bool,
}

/// One thing that `ip link set` sets.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Change {
    Up(bool),
    Mtu(u32),
    Master(Option<InterfaceName>),
    Name(InterfaceName),
    Namespace(NamespaceName),
}

/// A route as `ip route` names it.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Route {
    pub(crate) destination: IpNet,
    pub(crate) gateway: Option<std::net::IpAddr>,
    pub(crate) interface: Option<InterfaceName>,
    pub(crate) metric: Option<u32>,
}

/// The options of `ip` that come before the object.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(crate) struct Global {
    /// `-4` or `-6`.
    pub(crate) family: Option<Family>,
}
