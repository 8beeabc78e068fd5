//! Why an edit is refused, and where.

use std::fmt;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::address::AddressError;
use crate::address::InterfaceAddress;
use crate::fdb::FdbEntry;
use crate::id::{InterfaceId, NamespaceId};
use crate::name::NameError;
use crate::neighbour::Neighbour;

/// An edit that was refused: nothing was changed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error, Serialize, Deserialize)]
#[error("{subject}: {reason}")]
pub struct EditError {
    /// The object and its field, for the inspector.
    pub place: Place,
    /// The object as people say it, such as `red/veth-red`.
    pub subject: String,
    /// What is wrong.
    pub reason: Reason,
}

/// An object, and a field of it if the trouble is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The document as a whole.
    Document(Option<Field>),
    /// A namespace.
    Namespace(NamespaceId, Option<Field>),
    /// An interface.
    Interface(InterfaceId, Option<Field>),
}

/// What the inspector has a field for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The name of a namespace or interface, the title of a lab.
    Name,
    /// The addresses of an interface.
    Addresses,
    /// The MTU of an interface.
    Mtu,
    /// Up or down.
    Up,
    /// The bridge, bond or VRF of which an interface is a port.
    Master,
    /// The MAC address.
    Mac,
    /// The namespace through which a tunnel sends.
    Underlay,
    /// The parameters of a device.
    Parameters,
    /// What is set on a port of a bridge.
    Port,
    /// The routes of a namespace.
    Routes,
    /// The policy rules of a namespace.
    Rules,
    /// Where a node is drawn.
    Position,
    /// The firewall of a namespace.
    Firewall,
    /// What is done to the frames that leave an interface.
    Quality,
    /// The VLANs of a bridge or of a port of one.
    Vlans,
    /// Entries of a forwarding table.
    Fdb,
    /// Static neighbours and proxy entries.
    Neighbours,
    /// Settings of the kernel.
    Sysctl,
    /// What is left to an interface.
    Offloads,
    /// The router advertisements that an interface sends.
    Advertise,
    /// The uplink of the host.
    Uplink,
    /// What should be true of the lab.
    Expectations,
    /// What a namespace serves.
    Serve,
}

/// What is wrong with an edit.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The object is not in the document: somebody removed it, perhaps.
    #[error("there is no such object any more")]
    Gone,
    /// The id is in use, out of range, or one of the host's.
    #[error("its id is taken or out of range")]
    BadId,
    /// A malformed name.
    #[error("{0}")]
    Name(NameError),
    /// Two namespaces of one name, or two interfaces of one name in one namespace.
    #[error("the name `{name}` is taken by {by}")]
    NameTaken {
        /// The name.
        name: String,
        /// Who has it.
        by: String,
    },
    /// The host namespace and loopbacks are always there, under their own names.
    #[error(
        "the host namespace and loopback interfaces cannot be added, removed or renamed by themselves"
    )]
    Permanent,
    /// The kernel's own name for the loopback.
    #[error("`lo` is reserved for the loopback that every namespace has: choose another name")]
    Reserved,
    /// A malformed address.
    #[error("{0}")]
    Address(AddressError),
    /// The address is on the interface already.
    #[error("{address} is on it already")]
    DuplicateAddress {
        /// The address.
        address: InterfaceAddress,
    },
    /// The same address with the same prefix length on another interface of the same namespace.
    #[error("{address} is on {other} of the same namespace already")]
    AddressTaken {
        /// The address.
        address: InterfaceAddress,
        /// The other interface.
        other: String,
    },
    /// The kernel adds it by itself when the loopback comes up.
    #[error("the kernel adds {address} by itself when the interface comes up")]
    KernelAddress {
        /// The address.
        address: InterfaceAddress,
    },
    /// No such address to remove.
    #[error("it has no address {address}")]
    NoSuchAddress {
        /// The address.
        address: InterfaceAddress,
    },
    /// The kernel would refuse the MTU.
    #[error("the kernel refuses an MTU of {mtu}: {why}")]
    Mtu {
        /// In bytes.
        mtu: u32,
        /// Its limits here.
        why: String,
    },
    /// What is named as bridge, bond or VRF is none, or in another namespace, or the interface is
    /// no port.
    #[error("{why}")]
    Master {
        /// What is wrong.
        why: String,
    },
    /// A MAC address that the interface cannot have.
    #[error("{why}")]
    Mac {
        /// What is wrong.
        why: String,
    },
    /// A parameter that the kernel would refuse.
    #[error("{why}")]
    Parameter {
        /// Which; empty if it is about several.
        name: String,
        /// What is wrong.
        why: String,
    },
    /// A link whose ends do not belong together.
    #[error("{why}")]
    Link {
        /// What is wrong.
        why: String,
    },
    /// VLANs that cannot be.
    #[error("VLANs: {why}")]
    Vlans {
        /// What is wrong.
        why: String,
    },
    /// An entry of a forwarding table that cannot be.
    #[error("{entry}: {why}")]
    Fdb {
        /// Which.
        entry: FdbEntry,
        /// What is wrong.
        why: String,
    },
    /// A static neighbour or proxy entry that cannot be.
    #[error("{neighbour}: {why}")]
    Neighbour {
        /// Which.
        neighbour: Neighbour,
        /// What is wrong.
        why: String,
    },
    /// A route that cannot be.
    #[error("route to {destination}: {why}")]
    Route {
        /// Where it leads.
        destination: IpNet,
        /// What is wrong.
        why: String,
    },
    /// A policy rule that cannot be.
    #[error("rule {priority}: {why}")]
    Rule {
        /// Its priority.
        priority: u32,
        /// What is wrong.
        why: String,
    },
    /// A title that is no title.
    #[error("{why}")]
    Title {
        /// What is wrong.
        why: String,
    },
    /// Too many objects, or too long a text.
    #[error("{what}: at most {most}")]
    TooMany {
        /// Of what.
        what: String,
        /// The limit.
        most: usize,
    },
    /// A place that is not a number, or too far out.
    #[error("a position must be a finite number within ±1,000,000")]
    Position,
    /// A quality that the kernel would refuse, or take and not do.
    #[error("{why}")]
    Quality {
        /// Which measure, by its name; empty if it is about the whole.
        measure: String,
        /// What is wrong.
        why: String,
    },
    /// A setting of the kernel that cannot be.
    #[error("{why}")]
    Sysctl {
        /// What is wrong.
        why: String,
    },
    /// What cannot be left to an interface.
    #[error("{why}")]
    Offload {
        /// What is wrong.
        why: String,
    },
    /// An advertisement that nobody could send.
    #[error("{why}")]
    Advertise {
        /// What is wrong.
        why: String,
    },
    /// Edits nested too deeply.
    #[error("a batch cannot hold another batch")]
    NestedBatch,
    /// What cannot be served.
    #[error("{why}")]
    Serve {
        /// Why.
        why: String,
    },
    /// What stands in the way of an uplink.
    #[error("{why}")]
    Uplink {
        /// What, and what to do.
        why: String,
    },
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "name",
            Self::Addresses => "addresses",
            Self::Mtu => "MTU",
            Self::Up => "state",
            Self::Master => "bridge",
            Self::Underlay => "the underlay",
            Self::Mac => "MAC address",
            Self::Parameters => "parameters",
            Self::Port => "port",
            Self::Routes => "routes",
            Self::Rules => "rules",
            Self::Position => "position",
            Self::Firewall => "firewall",
            Self::Quality => "quality",
            Self::Vlans => "VLANs",
            Self::Fdb => "forwarding table",
            Self::Neighbours => "neighbours",
            Self::Sysctl => "settings",
            Self::Offloads => "offloads",
            Self::Advertise => "router advertisements",
            Self::Uplink => "uplink",
            Self::Expectations => "expectations",
            Self::Serve => "services",
        })
    }
}
