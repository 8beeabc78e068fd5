//! Tunnels whose ends go over to another family, which the kernel does not do in place.

use kernel::sandbox::Inside;
use topology::edit::apply;
use topology::kind::Value;
use topology::{Document, Edit, InterfaceId, yaml};

use crate::{Lab, ip};

const LAB: &str = "netyard: 1
namespaces:
  red:
    interfaces:
      vx: {type: vxlan, id: 7, remote: 10.0.0.2, dstport: 4789, addresses: [10.0.1.1/24]}
links:
  - red/eth: {addresses: [10.0.0.1/24, 'fd00::1/64']}
    host/eth: {addresses: [10.0.0.2/24, 'fd00::2/64']}
";

fn set(interface: InterfaceId, name: &str, to: Option<&str>) -> Edit {
    Edit::SetParameter {
        interface,
        name: name.to_owned(),
        value: to.map(|to| Value::Address(to.parse().unwrap())),
    }
}

/// There and back again, one end and both.
pub(crate) fn change(_: &Inside) {
    let mut document = yaml::read(LAB).unwrap();
    let red = document.namespace_named("red").unwrap();
    let vx = document.interface_named(red, "vx").unwrap();
    let lab = Lab::start();
    lab.apply(&document);
    let mut done = Vec::new();
    for edit in [
        set(vx, "remote", Some("fd00::2")),
        set(vx, "local", Some("fd00::1")),
        set(vx, "local", None),
        set(vx, "remote", None),
        set(vx, "remote", Some("10.0.0.2")),
    ] {
        done.push(apply(&mut document, edit).unwrap());
        brought(&lab, &document);
    }
    let shown = ip::must(&lab.namespace(red), "ip -d link show dev vx");
    assert!(shown.contains("remote 10.0.0.2 "), "{shown}");
    for back in done.into_iter().rev() {
        apply(&mut document, back).unwrap();
        brought(&lab, &document);
    }
}

fn brought(lab: &Lab, document: &Document) {
    let applied = lab.runtime.block_on(lab.engine.apply_edit(document));
    applied.unwrap_or_else(|error| panic!("{error}"));
    lab.stands(document);
}
