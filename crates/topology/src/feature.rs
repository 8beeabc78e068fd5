//! What kernels differ in: found out once, by trying, and told before anything is applied.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::document::Document;
use crate::edit::{Field, Place};
use crate::id::{InterfaceId, NamespaceId};
use crate::kind::{DeviceKind, Parameter, Parameters, port};
use crate::problem::{Problem, Severity};
use crate::uplink;

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
    /// The program `nft`, and a kernel that takes its rules.
    Nftables,
    /// Routing tables beside the main one, and rules that look in them.
    PolicyRouting,
    /// Routes with several next hops.
    Multipath,
    /// The queueing discipline that delays, loses, doubles, corrupts and reorders frames.
    Netem,
    /// The queueing discipline that limits the rate.
    Tbf,
    /// The program `pasta`, and leave to use it: an uplink of a lab's host.
    Uplink,
}

impl Feature {
    /// Every feature, in the order in which they are told.
    pub fn all() -> impl Iterator<Item = Self> {
        let devices = DeviceKind::ALL.iter().copied().map(Self::Device);
        devices.chain([
            Self::BridgeVlans,
            Self::BridgeLearningLimit,
            Self::Nftables,
            Self::PolicyRouting,
            Self::Multipath,
            Self::Netem,
            Self::Tbf,
            Self::Uplink,
        ])
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
                of_module(module)
            }
            Self::BridgeVlans => {
                "use a kernel with CONFIG_BRIDGE_VLAN_FILTERING, as distributions' are".to_owned()
            }
            Self::BridgeLearningLimit => "use Linux 6.7 or later".to_owned(),
            Self::Nftables => "install nftables (Debian, Ubuntu, Fedora: the package nftables); \
                               if it is there, use a kernel with CONFIG_NF_TABLES, as \
                               distributions' are"
                .to_owned(),
            Self::PolicyRouting => {
                "use a kernel with CONFIG_IP_MULTIPLE_TABLES, as distributions' are".to_owned()
            }
            Self::Multipath => {
                "use a kernel with CONFIG_IP_ROUTE_MULTIPATH, as distributions' are".to_owned()
            }
            Self::Netem => of_module("sch_netem"),
            Self::Tbf => of_module("sch_tbf"),
            Self::Uplink => "install pasta (Debian, Ubuntu, Fedora: the package passt)".to_owned(),
        }
    }
}

fn of_module(module: &str) -> String {
    format!(
        "load the module as root: modprobe {module}; where it is missing, it is in the \
         distribution's full kernel (Debian: linux-image-amd64, not -cloud)"
    )
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device(kind) => write!(f, "interfaces of type {kind}"),
            Self::BridgeVlans => f.write_str("VLAN filtering of bridges"),
            Self::BridgeLearningLimit => f.write_str("the learning limit of bridges"),
            Self::Nftables => f.write_str("nftables"),
            Self::PolicyRouting => f.write_str("routing tables and policy rules"),
            Self::Multipath => f.write_str("routes with several next hops"),
            Self::Netem => f.write_str("delay and loss on links (netem)"),
            Self::Tbf => f.write_str("rate limit on links (tbf)"),
            Self::Uplink => f.write_str("an uplink to the outside"),
        }
    }
}

/// A feature that cannot be had here: the kernel lacks it, or it is not allowed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Missing {
    /// Which.
    pub feature: Feature,
    /// What the kernel said when it was tried.
    pub detail: String,
    /// What is to be done to have it: only what has not been done yet.
    pub remedy: String,
}

impl Missing {
    /// One that was tried in vain; `detail` is what the kernel said.
    pub fn new(feature: Feature, detail: String) -> Self {
        let remedy = feature.remedy();
        Self {
            feature,
            detail,
            remedy,
        }
    }
}

impl fmt::Display for Missing {
    /// What cannot be had, why, and what to do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            feature,
            detail,
            remedy,
        } = self;
        match feature {
            // No matter of the kernel.
            Feature::Uplink => write!(f, "No uplink: {detail}. To have it, {remedy}."),
            _ => write!(
                f,
                "This kernel has no {feature}: {detail}. To have it, {remedy}."
            ),
        }
    }
}

/// Adds to what is missing that whoever started this program has not allowed uplinks.
pub fn forbid_uplink(missing: &mut Vec<Missing>) {
    const NOT_ALLOWED: &str = "that is not allowed here";
    match missing.iter_mut().find(|m| m.feature == Feature::Uplink) {
        Some(known) => {
            known.detail = format!("{NOT_ALLOWED}, and {}", known.detail);
            known.remedy = format!("{}, and {}", known.remedy, uplink::ALLOW);
        }
        None => missing.push(Missing {
            feature: Feature::Uplink,
            detail: NOT_ALLOWED.to_owned(),
            remedy: uplink::ALLOW.to_owned(),
        }),
    }
}

/// Whether a document needs anything that some kernels lack: if not, nothing need be tried.
pub fn needs_any(document: &Document) -> bool {
    // No lab runs without bridges: the doctor tells.
    let basic = Feature::Device(DeviceKind::Bridge);
    needed(document)
        .iter()
        .any(|(_, feature)| *feature != basic)
}

/// What a document needs and this kernel lacks: each is an error, for the kernel would refuse the
/// document.
pub fn problems(document: &Document, missing: &[Missing]) -> Vec<Problem> {
    let lacks = |feature: Feature| missing.iter().find(|missing| missing.feature == feature);
    let needed = needed(document).into_iter();
    let lacking = needed.filter_map(|(place, feature)| Some((place, lacks(feature)?)));
    lacking
        .map(|(place, missing)| Problem {
            severity: Severity::Error,
            place,
            subject: match place {
                Place::Interface(id, _) => document.describe_interface(id),
                Place::Namespace(id, _) => document.describe_namespace(id),
                Place::Document(_) => document.title.clone(),
            },
            text: match missing.feature {
                Feature::Nftables => format!("nftables does not work here: {}", missing.detail),
                Feature::Uplink => {
                    format!("the lab has an uplink to the outside: {}", missing.detail)
                }
                feature => format!("this kernel has no {feature}: {}", missing.detail),
            },
            hint: missing.remedy.clone(),
        })
        .collect()
}

/// What a document needs of a kernel, and where.
pub fn needed(document: &Document) -> Vec<(Place, Feature)> {
    let mut needed = Vec::new();
    for (&id, namespace) in &document.namespaces {
        let place = Place::Namespace(id, Some(Field::Routes));
        let mut options = namespace.routes.iter().map(|route| &route.options);
        if options.clone().any(|options| options.table.is_some()) {
            needed.push((place, Feature::PolicyRouting));
        } else if !namespace.rules.is_empty() {
            let place = Place::Namespace(id, Some(Field::Rules));
            needed.push((place, Feature::PolicyRouting));
        }
        if options.any(|options| !options.hops.is_empty()) {
            needed.push((place, Feature::Multipath));
        }
    }
    for (&id, interface) in &document.interfaces {
        if let Some(device) = interface.kind.device() {
            let place = Place::Interface(id, None);
            needed.push((place, Feature::Device(device.kind)));
            let table = device.kind.table().parameters;
            let place = Place::Interface(id, Some(Field::Parameters));
            needed.extend(of(table, &device.parameters).map(|feature| (place, feature)));
        }
        let in_vlan = interface.fdb.iter().any(|entry| entry.vlan.is_some());
        if interface.vlans.is_some() || in_vlan {
            let place = Place::Interface(id, Some(Field::Vlans));
            needed.push((place, Feature::BridgeVlans));
        }
        let place = Place::Interface(id, Some(Field::Port));
        needed.extend(of(port::TABLE, &interface.port).map(|feature| (place, feature)));
        if let Some(quality) = &interface.quality {
            let place = Place::Interface(id, Some(Field::Quality));
            let features = [
                (quality.needs_netem(), Feature::Netem),
                (quality.needs_tbf(), Feature::Tbf),
            ];
            let features = features.into_iter().filter(|(needs, _)| *needs);
            needed.extend(features.map(|(_, feature)| (place, feature)));
        }
    }
    let walled = document
        .namespaces
        .iter()
        .filter(|(_, ns)| ns.firewall.is_some());
    needed.extend(walled.map(|(&id, _)| {
        let place = Place::Namespace(id, Some(Field::Firewall));
        (place, Feature::Nftables)
    }));
    if document.has_uplink() {
        let place = Place::Namespace(NamespaceId::HOST, Some(Field::Uplink));
        needed.push((place, Feature::Uplink));
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
