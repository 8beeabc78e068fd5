//! Random documents and edits for property tests (feature `arbitrary`).
//!
//! Documents are made by edits only, so whatever comes out is one that a person can make.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::address::Family;
use crate::document::Document;
use crate::edit::{Edit, Selection, apply};
use crate::feature::Feature;
use crate::id::{InterfaceId, NamespaceId};
use crate::kind::DeviceKind;

mod address;
mod advertise;
mod device;
mod firewall;
mod neighbour;
mod objects;
mod quality;
mod route;
mod rule;
mod serve;
mod sysctl;
mod tables;

pub use route::with_routes;

/// A wish that becomes an edit of whatever document it meets: numbers choose among what is there.
#[derive(Clone, Debug)]
pub struct Wish {
    /// The kinds of device that it may make.
    devices: &'static [DeviceKind],
    /// What the kernel lacks that is to have the document.
    lacks: &'static [Feature],
    kind: u8,
    a: u16,
    b: u16,
    c: u16,
    on: bool,
}

/// The kinds of device that slim kernels have, too.
pub const COMMON: &[DeviceKind] = &[DeviceKind::Bridge, DeviceKind::Vxlan, DeviceKind::Macvlan];

/// Random wishes, for any kind of device.
pub fn wish() -> impl Strategy<Value = Wish> {
    wish_for(DeviceKind::ALL)
}

/// Random wishes for some kinds of device.
pub fn wish_for(devices: &'static [DeviceKind]) -> impl Strategy<Value = Wish> {
    let slim = &[Feature::BridgeVlans, Feature::BridgeLearningLimit];
    let lacks: &[Feature] = match devices.len() > COMMON.len() {
        true => &[Feature::BridgeLearningLimit],
        false => slim,
    };
    wish_on(devices, lacks)
}

/// Random wishes for some kinds of device, on a kernel that lacks something.
fn wish_on(
    devices: &'static [DeviceKind],
    lacks: &'static [Feature],
) -> impl Strategy<Value = Wish> {
    let numbers = (any::<u16>(), any::<u16>(), any::<u16>());
    (0_u8..51, numbers, any::<bool>()).prop_map(move |(kind, (a, b, c), on)| Wish {
        devices,
        lacks,
        kind,
        a,
        b,
        c,
        on,
    })
}

/// Random documents, made by up to `most` edits.
pub fn document(most: usize) -> impl Strategy<Value = Document> {
    document_with(most, DeviceKind::ALL)
}

/// Random documents with some kinds of device.
pub fn document_with(
    most: usize,
    devices: &'static [DeviceKind],
) -> impl Strategy<Value = Document> {
    made_by(prop::collection::vec(wish_for(devices), 0..=most))
}

/// Random documents that a kernel without some features can have.
pub fn document_without(most: usize, lacks: &'static [Feature]) -> impl Strategy<Value = Document> {
    let has = |kind: &DeviceKind| !lacks.contains(&Feature::Device(*kind));
    let devices: Vec<_> = DeviceKind::ALL.iter().copied().filter(has).collect();
    made_by(prop::collection::vec(
        wish_on(devices.leak(), lacks),
        0..=most,
    ))
}

/// The documents that wishes come to, one after the other.
fn made_by(wishes: impl Strategy<Value = Vec<Wish>>) -> impl Strategy<Value = Document> {
    wishes.prop_map(|wishes| {
        let mut document = Document::new("Random");
        for wish in wishes {
            // One that is refused leaves the document as it was.
            let edit = wish.edit(&document);
            let _refused = apply(&mut document, edit);
        }
        document
    })
}

impl Wish {
    /// The edit that this wish is in a document; it may be refused there.
    pub fn edit(&self, document: &Document) -> Edit {
        match self.kind {
            0..=2 => self.new_namespace(document),
            3 => self.new_bridge(document),
            4..=6 => self.new_link(document),
            7 => Edit::Remove(Selection::namespace(self.namespace(document))),
            8 => Edit::Remove(Selection::interface(self.interface(document))),
            9 => Edit::RenameNamespace {
                namespace: self.namespace(document),
                name: name(self.b),
            },
            10 => Edit::RenameInterface {
                interface: self.interface(document),
                name: interface_name(self.b),
            },
            11 => Edit::SetUp {
                interface: self.interface(document),
                up: self.on,
            },
            12 => Edit::SetMtu {
                interface: self.interface(document),
                mtu: self.on.then_some(1280 + u32::from(self.b % 300)),
            },
            13 => Edit::SetMaster {
                interface: self.interface(document),
                master: self
                    .on
                    .then(|| pick(document.bridges().map(|(id, _)| id), self.b))
                    .flatten(),
            },
            14 | 15 => Edit::AddAddress {
                interface: self.interface(document),
                address: self.address(),
                index: None,
            },
            16 => self.remove_address(document),
            17 => Edit::SetForwarding {
                namespace: self.namespace(document),
                family: if self.b.is_multiple_of(2) {
                    Family::Ipv4
                } else {
                    Family::Ipv6
                },
                on: self.on,
            },
            18 => self.add_route(document),
            19..=21 => self.new_device(document),
            22 => Edit::SetMac {
                interface: self.interface(document),
                mac: self.on.then_some(self.mac()),
            },
            23 | 24 => self.set_parameter(document),
            25 => self.set_port(document),
            26 => self.set_master(document),
            27 => self.add_any_route(document),
            28 => self.remove_route(document),
            29 | 30 => self.add_rule(document),
            31 => self.remove_rule(document),
            32 => Edit::SetFirewall {
                namespace: self.namespace(document),
                ruleset: self.ruleset(),
            },
            33..=35 => self.set_quality(document),
            36 | 37 => self.set_vlans(document),
            38 => self.add_fdb(document),
            39 => self.remove_fdb(document),
            41..=43 => self.set_sysctl(document),
            44 | 45 => self.add_neighbour(document),
            46 => self.remove_neighbour(document),
            47 => self.set_offload(document),
            48 => self.set_service(document),
            49 => self.set_advertisement(document),
            _ => Edit::Move {
                to: self.moves(document),
            },
        }
    }

    fn namespace(&self, document: &Document) -> NamespaceId {
        pick(document.namespaces.keys().copied(), self.a).unwrap_or(NamespaceId::HOST)
    }

    fn interface(&self, document: &Document) -> InterfaceId {
        pick(document.interfaces.keys().copied(), self.a).unwrap_or(InterfaceId::HOST_LOOPBACK)
    }
}

/// The first id that is free, above all that are taken.
fn next(ids: impl Iterator<Item = u64>) -> u64 {
    ids.max().unwrap_or_default() + 1
}

fn pick<T>(items: impl Iterator<Item = T>, number: u16) -> Option<T> {
    let mut items: Vec<T> = items.collect();
    let index = usize::from(number).checked_rem(items.len())?;
    Some(items.swap_remove(index))
}

#[allow(
    clippy::expect_used,
    reason = "the texts are made here, of characters that names have"
)]
fn name(number: u16) -> crate::NamespaceName {
    format!("ns{}", number % 40).parse().expect("a name")
}

#[allow(
    clippy::expect_used,
    reason = "the texts are made here, of characters that names have"
)]
fn interface_name(number: u16) -> crate::InterfaceName {
    format!("if{}", number % 60).parse().expect("a name")
}

/// An edit that changes nothing: there is nothing to choose from.
fn nothing() -> Edit {
    Edit::Move {
        to: BTreeMap::new(),
    }
}
