//! Random documents and edits for property tests (feature `arbitrary`).
//!
//! Documents are made by edits only, so whatever comes out is one that a person can make.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use proptest::prelude::*;

use crate::address::Family;
use crate::document::{Document, Interface, Kind, Namespace, Point, Route};
use crate::edit::{Edit, Fragment, Selection, apply};
use crate::fdb::FdbEntry;
use crate::feature::Feature;
use crate::firewall::Ruleset;
use crate::id::{InterfaceId, NamespaceId, Node};
use crate::kind::parameter::AddressClass;
use crate::kind::wireguard::{Peer, Peers, PublicKey, SecretKey};
use crate::kind::{Device, DeviceKind, Form, Parameter, Usual, Value, port};
use crate::mac::Mac;
use crate::offload::Offload;
use crate::quality::{Measure, Quality, Unit};
use crate::route::RouteOptions;
use crate::rule::{Rule, RuleAction};
use crate::vlans::Vlans;

mod route;
mod sysctl;

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

/// Rulesets that every kernel with nftables takes, with what text forms might get wrong.
const RULESETS: &[&str] = &[
    "add table inet empty\n",
    "# it's a \"comment\" only, $HOME `id` \\\n",
    "#!/usr/sbin/nft -f\n\nflush ruleset\n\ntable inet filter {\n\tchain input {\n\t\ttype filter hook input priority 0; policy accept;\n\t\tct state established,related counter accept\n\t\ticmp type echo-request accept comment \"it's # ping\"\n\t}\n}\n",
    "  define ports = { 22, 80 }\n  table ip nat {\n    chain post {\n      type nat hook postrouting priority srcnat\n      oifname \"if*\" tcp dport $ports \\\n        counter masquerade\n    }\n  }\n",
    "table ip6 x {\n# EOF\n}\n\n\n# - a: b\nadd chain ip6 x y\nadd rule ip6 x y ip6 saddr fd00::/64 counter drop\n",
    "add table ip \\\nEOF\n",
];

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
    (0_u8..45, numbers, any::<bool>()).prop_map(move |(kind, (a, b, c), on)| Wish {
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
            44 => self.set_offload(document),
            _ => Edit::Move {
                to: self.moves(document),
            },
        }
    }

    fn ruleset(&self) -> Option<Ruleset> {
        let text = pick(RULESETS.iter(), self.b).filter(|_| self.on)?;
        Ruleset::new(text).ok()
    }

    fn namespace(&self, document: &Document) -> NamespaceId {
        pick(document.namespaces.keys().copied(), self.a).unwrap_or(NamespaceId::HOST)
    }

    fn interface(&self, document: &Document) -> InterfaceId {
        pick(document.interfaces.keys().copied(), self.a).unwrap_or(InterfaceId::HOST_LOOPBACK)
    }

    fn address(&self) -> IpNet {
        if self.on {
            v4(self.b, self.c)
        } else {
            v6(self.b, self.c)
        }
    }

    fn new_namespace(&self, document: &Document) -> Edit {
        let id = NamespaceId(next(document.namespaces.keys().map(|id| id.0)));
        let loopback = InterfaceId(next(document.interfaces.keys().map(|id| id.0)));
        let namespace = Namespace::new(name(self.b));
        let interface = Interface {
            up: self.on,
            ..Interface::loopback(id)
        };
        Edit::Insert(Fragment {
            namespaces: BTreeMap::from([(id, namespace)]),
            interfaces: BTreeMap::from([(loopback, interface)]),
            positions: BTreeMap::from([(Node::Namespace(id), point(self.c))]),
            ..Fragment::default()
        })
    }

    fn new_bridge(&self, document: &Document) -> Edit {
        let id = InterfaceId(next(document.interfaces.keys().map(|id| id.0)));
        let made = Interface::new(
            self.namespace(document),
            interface_name(self.b),
            Kind::bridge(),
        );
        Edit::Insert(Fragment {
            interfaces: BTreeMap::from([(
                id,
                Interface {
                    up: self.on,
                    ..made
                },
            )]),
            ..Fragment::default()
        })
    }

    fn new_link(&self, document: &Document) -> Edit {
        let first = next(document.interfaces.keys().map(|id| id.0));
        let ends = [InterfaceId(first), InterfaceId(first + 1)];
        let other = pick(document.namespaces.keys().copied(), self.b).unwrap_or(NamespaceId::HOST);
        let end = |namespace, peer, name| Interface {
            up: self.on,
            ..Interface::new(namespace, interface_name(name), Kind::Veth { peer })
        };
        Edit::Insert(Fragment {
            interfaces: BTreeMap::from([
                (ends[0], end(self.namespace(document), ends[1], self.c)),
                (ends[1], end(other, ends[0], self.c.wrapping_add(1))),
            ]),
            ..Fragment::default()
        })
    }

    fn mac(&self) -> Mac {
        let [a, b] = self.b.to_be_bytes();
        let [c, d] = self.c.to_be_bytes();
        Mac([0x02, 0, a, b, c, d])
    }

    /// On whichever interface of its namespace it must stand.
    fn new_device(&self, document: &Document) -> Edit {
        let id = InterfaceId(next(document.interfaces.keys().map(|id| id.0)));
        let namespace = self.namespace(document);
        let kind = pick(self.devices.iter().copied(), self.b).unwrap_or(DeviceKind::Bridge);
        let mut device = Device::new(kind);
        for (number, parameter) in (0_u16..).zip(kind.table().parameters) {
            let lacks = |feature| self.lacks.contains(&feature);
            let is_had = !parameter.feature.is_some_and(lacks);
            let is_said = parameter.usual == Usual::Required
                || (self.on && is_had && self.c.wrapping_add(number).is_multiple_of(5));
            if is_said {
                let value = self.value(document, namespace, parameter, number);
                device.parameters.set(parameter.name, value);
            }
        }
        let made = Interface {
            up: self.on,
            ..Interface::new(namespace, interface_name(self.c), Kind::Device(device))
        };
        Edit::Insert(Fragment {
            interfaces: BTreeMap::from([(id, made)]),
            ..Fragment::default()
        })
    }

    /// A value that a parameter takes by itself; others may not go with it.
    fn value(
        &self,
        document: &Document,
        namespace: NamespaceId,
        parameter: &Parameter,
        salt: u16,
    ) -> Option<Value<InterfaceId>> {
        let number = u64::from(self.a.wrapping_add(salt));
        // No key is all zeros.
        let low = |number: u64| u8::try_from(number % 255).unwrap_or_default() + 1;
        Some(match parameter.form {
            Form::Switch(..) => Value::Number(number % 2),
            Form::Number { least, most, .. } => Value::Number(least + number % (most - least + 1)),
            // Whole seconds are the same in all kernels' ticks.
            Form::Time { least, most } => {
                let seconds = (most - least) / 100 + 1;
                Value::Number(least + number % seconds * 100)
            }
            Form::Choice { names, .. } => Value::Number(pick(names.iter(), self.a)?.1),
            Form::Address { class, .. } => {
                let [_, low] = self.a.to_be_bytes();
                let first = if class == AddressClass::Group {
                    239
                } else {
                    192
                };
                Value::Address(IpAddr::V4(Ipv4Addr::new(first, 0, 2, low)))
            }
            Form::Secret => Value::Secret(SecretKey([low(number); 32])),
            Form::Peers => Value::Peers(self.peers()),
            Form::Lower | Form::Link => {
                let inside = document.interfaces_of(namespace);
                let inside = inside.filter(|(_, i)| matches!(i.kind, Kind::Veth { .. }));
                Value::Link(pick(inside.map(|(id, _)| id), self.a)?)
            }
        })
    }

    /// Up to three, the second of them with all that a peer has.
    fn peers(&self) -> Peers {
        let [high, low] = self.b.to_be_bytes();
        let peer = |number: u8| {
            let key = PublicKey([low.wrapping_add(number); 32]);
            let network = Ipv4Addr::new(10, high, number, 0);
            let mut peer = Peer {
                allowed_ips: [IpNet::new_assert(network.into(), 24)].into(),
                ..Peer::default()
            };
            if number == 1 {
                peer.preshared_key = Some(SecretKey([high | 1; 32]));
                peer.endpoint = Some((Ipv4Addr::new(192, 0, 2, low), 51820).into());
                peer.allowed_ips.insert(v6(self.b, self.c).trunc());
                peer.persistent_keepalive = self.c;
            }
            (key, peer)
        };
        let count = u8::try_from(self.c % 3 + 1).unwrap_or(1);
        Peers((0..count).map(peer).collect())
    }

    fn set_parameter(&self, document: &Document) -> Edit {
        let devices = document.interfaces.iter().filter_map(|(id, i)| {
            let table = i.kind.device()?.kind.table();
            Some((*id, i.namespace, table))
        });
        let chosen = pick(devices, self.b).and_then(|(id, namespace, table)| {
            let common = table.parameters.iter().filter(|p| p.feature.is_none());
            Some((id, namespace, pick(common, self.c)?))
        });
        let Some((interface, namespace, parameter)) = chosen else {
            return nothing();
        };
        let value = self.value(document, namespace, parameter, 0);
        Edit::SetParameter {
            interface,
            name: parameter.name.to_owned(),
            value: value.filter(|_| self.on || self.a.is_multiple_of(3)),
        }
    }

    fn set_port(&self, document: &Document) -> Edit {
        let ports = document
            .interfaces
            .iter()
            .filter(|(_, i)| i.master.is_some());
        let port = pick(ports.map(|(id, _)| *id), self.b);
        let parameter = pick(port::TABLE.iter(), self.c);
        let Some((interface, parameter)) = port.zip(parameter) else {
            return nothing();
        };
        // What is left to the kernel is not set back.
        let is_open = parameter.usual == Usual::Open;
        let value = self.value(document, NamespaceId::HOST, parameter, 0);
        Edit::SetPort {
            interface,
            name: parameter.name.to_owned(),
            value: value.filter(|_| self.on || is_open),
        }
    }

    /// Of the ends of links: not every other kind can turn all of them.
    fn set_offload(&self, document: &Document) -> Edit {
        let all = document.interfaces.iter();
        let veths = all.filter(|(_, i)| matches!(i.kind, Kind::Veth { .. }));
        let interface = pick(veths.map(|(id, _)| *id), self.a);
        let offload = pick(Offload::ALL.into_iter(), self.b);
        let Some((interface, offload)) = interface.zip(offload) else {
            return nothing();
        };
        Edit::SetOffload {
            interface,
            offload,
            on: (!self.c.is_multiple_of(3)).then_some(self.on),
        }
    }

    /// Of bridges and of their ports.
    fn set_vlans(&self, document: &Document) -> Edit {
        let all = document.interfaces.iter();
        let with = all.filter(|(_, i)| document.vlans_of(i).is_some());
        let has = !self.lacks.contains(&Feature::BridgeVlans);
        let Some(interface) = pick(with.map(|(id, _)| *id), self.a).filter(|_| has) else {
            return nothing();
        };
        let first = self.b % 20 + 1;
        let mut vlans = Vlans::default();
        for (start, count) in [(first, self.c % 4), (first + 6, self.c % 3)] {
            for vlan in start..start + count {
                let untagged = (self.c / 16 + vlan).is_multiple_of(3);
                vlans.members.insert(vlan, untagged);
            }
        }
        let members = vlans.members.keys().copied();
        vlans.pvid = pick(members, self.c / 7).filter(|_| self.b.is_multiple_of(3));
        Edit::SetVlans {
            interface,
            vlans: self.on.then_some(vlans),
        }
    }

    /// For ports of bridges, and for VXLANs.
    fn add_fdb(&self, document: &Document) -> Edit {
        let is_vxlan = |i: &Interface| i.kind.is(DeviceKind::Vxlan);
        let all = document.interfaces.iter();
        let some = all.filter(|(_, i)| !i.port.is_empty() || i.master.is_some() || is_vxlan(i));
        let Some((interface, found)) = pick(some, self.a) else {
            return nothing();
        };
        let mut entry = FdbEntry {
            mac: self.mac(),
            vlan: None,
            dst: None,
        };
        if is_vxlan(found) && self.on {
            let [_, low] = self.c.to_be_bytes();
            entry.dst = Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, low)));
            if self.b.is_multiple_of(2) {
                entry.mac = Mac([0; 6]);
            }
        } else if let Some(vlans) = found.vlans.as_ref().filter(|_| self.on) {
            entry.vlan = pick(vlans.members.keys().copied(), self.c);
        }
        Edit::AddFdb {
            interface: *interface,
            entry,
        }
    }

    fn remove_fdb(&self, document: &Document) -> Edit {
        let entries = document.interfaces.iter().flat_map(|(id, i)| {
            let id = *id;
            i.fdb.iter().map(move |entry| (id, *entry))
        });
        match pick(entries, self.a) {
            Some((interface, entry)) => Edit::RemoveFdb { interface, entry },
            None => nothing(),
        }
    }

    fn set_master(&self, document: &Document) -> Edit {
        let interface = self.interface(document);
        let namespace = document.interfaces.get(&interface).map(|i| i.namespace);
        let masters = document.interfaces.iter().filter(|(_, i)| {
            let device = i.kind.device();
            let takes = device.is_some_and(|device| device.kind.table().ports.is_some());
            takes && Some(i.namespace) == namespace
        });
        Edit::SetMaster {
            interface,
            master: pick(masters.map(|(id, _)| *id), self.b).filter(|_| self.on),
        }
    }

    /// Without `netem` where only common kinds of device are wanted: slim kernels lack it, too.
    fn set_quality(&self, document: &Document) -> Edit {
        let has_all = self.devices.len() > COMMON.len();
        let number = u64::from(self.b) + 1;
        let mut quality = Quality::default();
        for (place, measure) in (0_u32..).zip(Measure::ALL) {
            let is_said = self.c & (1 << place) != 0;
            if !is_said || (measure.is_netem() && !has_all) {
                continue;
            }
            let number = match measure.unit() {
                Unit::Time => number * 1_000,
                Unit::Probability => number,
                Unit::Frames => number,
                Unit::Rate => number * 8_000,
                // A frame fits in any case.
                Unit::Size => 70_000 + number,
            };
            measure.set(&mut quality, Some(number));
        }
        Edit::SetQuality {
            interface: self.interface(document),
            quality: Some(quality).filter(|_| self.on || self.a.is_multiple_of(3)),
        }
    }

    fn remove_address(&self, document: &Document) -> Edit {
        let interface = self.interface(document);
        let addresses = document
            .interfaces
            .get(&interface)
            .map(|i| i.addresses.clone());
        let address = pick(addresses.unwrap_or_default().into_iter(), self.b);
        Edit::RemoveAddress {
            interface,
            address: address.unwrap_or_else(|| self.address()),
        }
    }

    /// A route that the kernel takes whenever its interface is up: to a network that no address
    /// here is in, for the kernel makes routes to those by itself.
    fn add_route(&self, document: &Document) -> Edit {
        let interface = self.interface(document);
        let namespace = document
            .interfaces
            .get(&interface)
            .map_or(NamespaceId::HOST, |i| i.namespace);
        let route = Route {
            destination: match self.on {
                true => v4_beyond(self.b),
                false => v6_beyond(self.b),
            },
            gateway: None,
            interface: Some(interface),
            metric: self.c.is_multiple_of(3).then_some(u32::from(self.c) + 1),
            options: RouteOptions::default(),
        };
        Edit::AddRoute {
            namespace,
            route,
            index: None,
        }
    }

    /// One of the other kinds.
    fn add_any_route(&self, document: &Document) -> Edit {
        let id = self.interface(document);
        let Some(interface) = document.interfaces.get(&id) else {
            return nothing();
        };
        Edit::AddRoute {
            namespace: interface.namespace,
            route: route::hardy(interface, id, self.b, self.on),
            index: None,
        }
    }

    /// One that no look-up of a gateway comes by, or that leads where it would go anyway.
    fn add_rule(&self, document: &Document) -> Edit {
        let namespace = self.namespace(document);
        let family = match self.on {
            true => Family::Ipv4,
            false => Family::Ipv6,
        };
        let actions = [
            RuleAction::Lookup(100),
            RuleAction::Lookup(crate::route::TABLE_MAIN),
            RuleAction::Blackhole,
            RuleAction::Unreachable,
            RuleAction::Prohibit,
        ];
        let action = pick(actions.into_iter(), self.c).unwrap_or(RuleAction::Blackhole);
        let mut rule = Rule::new(family, u32::from(self.b) % 40_000 + 1, action);
        let inside = document.interfaces_of(namespace);
        let interface = pick(inside.map(|(id, _)| id), self.c / 5);
        match self.b % 6 {
            0 => rule.from = Some(self.address().trunc()),
            1 => {
                rule.to = Some(self.address().trunc());
                rule.protocol = Some(17);
                rule.dport = Some(crate::rule::Ports {
                    first: 53,
                    last: 53,
                });
            }
            2 => {
                rule.iif = interface;
                rule.mark = Some(crate::rule::Mark {
                    value: 3,
                    mask: 0xff,
                });
            }
            3 => {
                rule.oif = interface;
                rule.from = Some(self.address().trunc());
            }
            4 => {
                rule.protocol = Some(6);
                rule.sport = Some(crate::rule::Ports {
                    first: 1000,
                    last: 1000 + self.c % 100,
                });
            }
            _ => {
                rule.not = true;
                rule.from = Some(self.address().trunc());
                rule.action = RuleAction::Lookup(crate::route::TABLE_MAIN);
            }
        }
        Edit::AddRule { namespace, rule }
    }

    fn remove_rule(&self, document: &Document) -> Edit {
        let all = document.namespaces.iter();
        let all = all.flat_map(|(id, ns)| ns.rules.iter().map(|rule| (*id, rule.clone())));
        match pick(all, self.b) {
            Some((namespace, rule)) => Edit::RemoveRule { namespace, rule },
            None => nothing(),
        }
    }

    fn remove_route(&self, document: &Document) -> Edit {
        let all = document.namespaces.iter();
        let all = all.flat_map(|(id, ns)| ns.routes.iter().map(|route| (*id, route.clone())));
        match pick(all, self.b) {
            Some((namespace, route)) => Edit::RemoveRoute { namespace, route },
            None => nothing(),
        }
    }

    fn moves(&self, document: &Document) -> BTreeMap<Node, Option<Point>> {
        let namespaces = document
            .namespaces
            .keys()
            .skip(1)
            .map(|id| Node::Namespace(*id));
        let nodes = namespaces.chain(document.bridges().map(|(id, _)| Node::Bridge(id)));
        let node = pick(nodes, self.a);
        node.map(|node| (node, self.on.then(|| point(self.b))))
            .into_iter()
            .collect()
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

fn point(number: u16) -> Point {
    Point {
        x: f64::from(number % 200) * 8.0,
        y: f64::from(number / 200) * 8.0,
    }
}

#[allow(clippy::expect_used, reason = "the lengths are constants in range")]
fn v4(network: u16, host: u16) -> IpNet {
    let [_, network] = network.to_be_bytes();
    let host = u8::try_from(host % 250).unwrap_or_default() + 1;
    IpNet::new(IpAddr::V4(Ipv4Addr::new(10, 0, network % 8, host)), 24).expect("a length")
}

#[allow(clippy::expect_used, reason = "the lengths are constants in range")]
fn v6(network: u16, host: u16) -> IpNet {
    let address = Ipv6Addr::new(0xfd00, 0, 0, network % 8, 0, 0, 0, host % 250 + 1);
    IpNet::new(IpAddr::V6(address), 64).expect("a length")
}

/// A network of which [`v4`] makes no address.
#[allow(clippy::expect_used, reason = "the lengths are constants in range")]
fn v4_beyond(network: u16) -> IpNet {
    let [_, network] = network.to_be_bytes();
    IpNet::new(IpAddr::V4(Ipv4Addr::new(10, 1, network % 8, 0)), 24).expect("a length")
}

/// A network of which [`v6`] makes no address.
#[allow(clippy::expect_used, reason = "the lengths are constants in range")]
fn v6_beyond(network: u16) -> IpNet {
    let address = Ipv6Addr::new(0xfd01, 0, 0, network % 8, 0, 0, 0, 0);
    IpNet::new(IpAddr::V6(address), 64).expect("a length")
}

/// An edit that changes nothing: there is nothing to choose from.
fn nothing() -> Edit {
    Edit::Move {
        to: BTreeMap::new(),
    }
}
