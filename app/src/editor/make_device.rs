//! The edit that puts a device into a namespace.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use topology::document::{Interface, Kind};
use topology::edit::Fragment;
use topology::kind::{Device, DeviceKind, Form, Usual, Value};
use topology::{Document, Edit, InterfaceId, InterfaceName, NamespaceId};

use super::ids::Ids;

/// The first table of a VRF: those below are the kernel's own or people's for other ends.
const FIRST_TABLE: u64 = 100;

/// A device, up, with a fresh name and a fresh value for whatever must be said; otherwise why
/// there can be none.
pub(crate) fn device(
    document: &Document,
    namespace: NamespaceId,
    kind: DeviceKind,
    ids: &mut Ids<'_>,
) -> Result<Edit, String> {
    let name = name(document, namespace, kind).ok_or("no name is left")?;
    let mut device = Device::new(kind);
    for parameter in kind.table().parameters {
        if parameter.usual != Usual::Required {
            continue;
        }
        let value = match parameter.form {
            Form::Lower | Form::Link => Value::Link(below(document, namespace, kind).ok_or_else(|| {
                format!("a {kind} stands on another interface, and none here is free for it: cable it first")
            })?),
            _ => Value::Number(number(document, kind, parameter.name)),
        };
        device.parameters.set(parameter.name, Some(value));
    }
    if matches!(kind, DeviceKind::Gre | DeviceKind::Ipip) {
        let remote = Value::Address(IpAddr::V4(far_end(document)));
        device.parameters.set("remote", Some(remote));
    }
    let made = Interface {
        up: true,
        ..Interface::new(namespace, name, Kind::Device(device))
    };
    Ok(Edit::Insert(Fragment {
        interfaces: BTreeMap::from([(ids.interface(document), made)]),
        ..Fragment::default()
    }))
}

/// `vxlan0`, `vxlan1`, …: the first that the namespace does not have.
fn name(document: &Document, namespace: NamespaceId, kind: DeviceKind) -> Option<InterfaceName> {
    let stem = if kind == DeviceKind::Bridge {
        "br"
    } else {
        kind.name()
    };
    (0..=document.interfaces.len())
        .map(|number| format!("{stem}{number}"))
        .find(|name| document.interface_named(namespace, name).is_none())
        .and_then(|name| name.parse().ok())
}

/// What it stands on: an interface of its own namespace, or where there is none and the kind may,
/// of the first other namespace that has one, as containers' interfaces stand on their host's.
fn below(document: &Document, namespace: NamespaceId, kind: DeviceKind) -> Option<InterfaceId> {
    let others = document.namespaces.keys().copied();
    let others = others.filter(|other| *other != namespace && kind.stands_abroad());
    std::iter::once(namespace)
        .chain(others)
        .find_map(|home| lower(document, home, kind))
}

/// What others stand on most often: the end of a cable that is no port, and whose frames nobody
/// else takes.
fn lower(document: &Document, namespace: NamespaceId, kind: DeviceKind) -> Option<InterfaceId> {
    let takes = |kind: DeviceKind| matches!(kind, DeviceKind::Macvlan | DeviceKind::Ipvlan);
    let is_free = |id: InterfaceId| {
        let devices = document.interfaces_of(namespace);
        let mut devices = devices.filter_map(|(_, i)| i.kind.device());
        !takes(kind)
            || !devices
                .any(|other| takes(other.kind) && other.kind != kind && other.lower() == Some(&id))
    };
    let cables = document.interfaces_of(namespace);
    let cables = cables.filter(|(_, i)| matches!(i.kind, Kind::Veth { .. }));
    let fitting = cables.filter(|(id, i)| {
        let takes_port = takes(kind) && i.master.is_some();
        is_free(*id) && !takes_port
    });
    fitting
        .min_by_key(|(id, i)| (i.master.is_some(), *id))
        .map(|(id, _)| id)
}

/// The first address of those for documentation (RFC 5737) that no tunnel leads to: whoever adds a
/// tunnel knows where it is to lead, and sets it.
fn far_end(document: &Document) -> Ipv4Addr {
    let devices = document.interfaces.values().filter_map(|i| i.kind.device());
    let taken: BTreeSet<_> = devices
        .filter_map(|d| d.parameters.get("remote").cloned())
        .collect();
    let all = (1..=254).map(|last| Ipv4Addr::new(192, 0, 2, last));
    let mut free = all.filter(|address| !taken.contains(&Value::Address((*address).into())));
    free.next().unwrap_or(Ipv4Addr::new(192, 0, 2, 1))
}

/// The first number that no device of that kind has.
fn number(document: &Document, kind: DeviceKind, parameter: &str) -> u64 {
    let devices = document.interfaces.values().filter_map(|i| i.kind.device());
    let same = devices.filter(|device| device.kind == kind);
    let taken: BTreeSet<u64> = same
        .filter_map(|d| d.parameters.number(parameter))
        .collect();
    let first = if parameter == "table" { FIRST_TABLE } else { 1 };
    (first..)
        .find(|number| !taken.contains(number))
        .unwrap_or(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use topology::edit::apply;

    #[test]
    fn every_kind_is_taken_or_refused_with_words() {
        let mut document = Document::new("");
        let host = NamespaceId::HOST;
        let mut n = 0.0;
        let mut random = move || {
            n += 1e-6;
            n
        };
        let mut ids = Ids::new(&mut random);
        let refused = device(&document, host, DeviceKind::Vlan, &mut ids);
        assert!(refused.is_err_and(|why| why.contains("cable it first")));
        let ends = [InterfaceId(1), InterfaceId(2)];
        let end =
            |name: &str, peer| Interface::new(host, name.parse().unwrap(), Kind::Veth { peer });
        let cable = Fragment {
            interfaces: BTreeMap::from([
                (ends[0], end("a", ends[1])),
                (ends[1], end("b", ends[0])),
            ]),
            ..Fragment::default()
        };
        apply(&mut document, Edit::Insert(cable)).unwrap();
        for _ in 0..2 {
            for kind in DeviceKind::ALL {
                let edit = device(&document, host, *kind, &mut ids).unwrap();
                apply(&mut document, edit).unwrap();
            }
        }
        assert!(document.interface_named(host, "vxlan1").is_some());
        // Where there is no cable, on one of another namespace.
        let red = NamespaceId(1);
        let namespace = topology::document::Namespace::new("red".parse().unwrap());
        let lo = Interface::loopback(red);
        let fragment = Fragment {
            namespaces: BTreeMap::from([(red, namespace)]),
            interfaces: BTreeMap::from([(ids.interface(&document), lo)]),
            ..Fragment::default()
        };
        apply(&mut document, Edit::Insert(fragment)).unwrap();
        let edit = device(&document, red, DeviceKind::Vlan, &mut ids).unwrap();
        apply(&mut document, edit).unwrap();
        let vlan = document.interface_named(red, "vlan0").unwrap();
        let below = document.interfaces[&vlan].kind.links().next();
        assert_eq!(below, Some(ends[0]));
    }
}
