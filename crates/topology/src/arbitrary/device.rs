//! Devices of every kind, their parameters, and what they are ports of.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

use super::address::v6;
use super::{Wish, interface_name, next, nothing, pick};
use crate::document::{Document, Interface, Kind};
use crate::edit::{Edit, Fragment};
use crate::id::{InterfaceId, NamespaceId};
use crate::kind::parameter::AddressClass;
use crate::kind::wireguard::{Peer, Peers, PublicKey, SecretKey};
use crate::kind::{Device, DeviceKind, Form, Parameter, Usual, Value, port};
use crate::mac::Mac;
use crate::offload::Offload;

impl Wish {
    pub(super) fn mac(&self) -> Mac {
        let [a, b] = self.b.to_be_bytes();
        let [c, d] = self.c.to_be_bytes();
        Mac([0x02, 0, a, b, c, d])
    }

    /// On whichever interface of its namespace it must stand.
    pub(super) fn new_device(&self, document: &Document) -> Edit {
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
        let is_through =
            kind.has_underlay() && device.lower().is_none() && self.a.is_multiple_of(3);
        let others = document.namespaces.keys().copied();
        let underlay = pick(others.filter(|other| *other != namespace), self.c);
        let made = Interface {
            up: self.on,
            underlay: underlay.filter(|_| is_through),
            ..Interface::new(namespace, interface_name(self.c), Kind::Device(device))
        };
        Edit::Insert(Fragment {
            interfaces: BTreeMap::from([(id, made)]),
            ..Fragment::default()
        })
    }

    /// A value that a parameter takes by itself; others may not go with it.
    pub(super) fn value(
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
                // Every third time in any namespace.
                let is_abroad = self.b.is_multiple_of(3);
                let all = document.interfaces.iter();
                let veths = all.filter(|(_, i)| {
                    let is_near = is_abroad || i.namespace == namespace;
                    // What is sent through one may be sent through a loopback.
                    let fits = match i.kind {
                        Kind::Veth { .. } => true,
                        Kind::Loopback => parameter.form == Form::Link,
                        Kind::Device(_) => false,
                    };
                    is_near && fits
                });
                Value::Link(pick(veths.map(|(id, _)| *id), self.a)?)
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

    pub(super) fn set_parameter(&self, document: &Document) -> Edit {
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

    /// Of the ends of links: not every other kind can turn all of them.
    pub(super) fn set_offload(&self, document: &Document) -> Edit {
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

    pub(super) fn set_port(&self, document: &Document) -> Edit {
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

    pub(super) fn set_master(&self, document: &Document) -> Edit {
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
}
