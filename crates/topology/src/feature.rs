//! What kernels differ in: found out once, by trying, and told before anything is applied.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::document::Document;
use crate::edit::{Field, Place};
use crate::id::InterfaceId;
use crate::kind::{DeviceKind, Parameter, Parameters, port};

/// Something that a kernel may lack.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feature {
    /// Devices of a kind.
    Device(DeviceKind),
    /// Bridges that filter by VLAN.
    BridgeVlans,
    /// A limit to the MAC addresses that a bridge learns.
    BridgeLearningLimit,
}

impl Feature {
    /// Every feature, in the order in which they are told.
    pub fn all() -> impl Iterator<Item = Self> {
        let devices = DeviceKind::ALL.iter().copied().map(Self::Device);
        devices.chain([Self::BridgeVlans, Self::BridgeLearningLimit])
    }

    /// How to get it.
    pub fn remedy(self) -> String {
        match self {
            Self::Device(kind) => {
                let module = match kind {
                    DeviceKind::Vlan => "8021q",
                    DeviceKind::Bond => "bonding",
                    DeviceKind::Gre => "ip_gre",
                    other => other.name(),
                };
                format!(
                    "load the module as root: modprobe {module}; where it is missing, it is in the \
                     distribution's full kernel (Debian: linux-image-amd64, not -cloud)"
                )
            }
            Self::BridgeVlans => {
                "use a kernel with CONFIG_BRIDGE_VLAN_FILTERING, as distributions' are".to_owned()
            }
            Self::BridgeLearningLimit => "use Linux 6.7 or later".to_owned(),
        }
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device(kind) => write!(f, "interfaces of type {kind}"),
            Self::BridgeVlans => f.write_str("VLAN filtering of bridges"),
            Self::BridgeLearningLimit => f.write_str("the learning limit of bridges"),
        }
    }
}

/// What a document needs of a kernel, and where.
pub fn needed(document: &Document) -> Vec<(Place, Feature)> {
    let mut needed = Vec::new();
    for (&id, interface) in &document.interfaces {
        if let Some(device) = interface.kind.device() {
            let place = Place::Interface(id, None);
            needed.push((place, Feature::Device(device.kind)));
            let table = device.kind.table().parameters;
            let place = Place::Interface(id, Some(Field::Parameters));
            needed.extend(of(table, &device.parameters).map(|feature| (place, feature)));
        }
        let place = Place::Interface(id, Some(Field::Port));
        needed.extend(of(port::TABLE, &interface.port).map(|feature| (place, feature)));
    }
    needed
}

/// The features that parameters need which are set.
fn of<'t>(
    table: &'t [Parameter],
    said: &Parameters<InterfaceId>,
) -> impl Iterator<Item = Feature> + use<'t> {
    let said: Vec<_> = said.iter().map(|(name, _)| name.to_owned()).collect();
    let is_said = move |parameter: &&Parameter| said.iter().any(|name| name == parameter.name);
    table.iter().filter(is_said).filter_map(|p| p.feature)
}
