//! VLANs, and static entries of forwarding tables, compared with what `bridge` says.

use std::collections::BTreeSet;
use std::time::Duration;

use kernel::Namespace;
use kernel::sandbox::Inside;
use topology::document::{Device, DeviceKind, Interface, Kind};
use topology::edit::apply;
use topology::feature::Feature;
use topology::kind::Value;
use topology::observed::{Observed, ObservedInterface};
use topology::{Edit, InterfaceId, NamespaceId, Step, model, yaml};

use crate::hearing::heard;
use crate::labs::{Builder, article};
use crate::{Lab, ip};

/// Two ports of a bridge, and a VXLAN of the host.
struct Tables {
    builder: Builder,
    bridge: InterfaceId,
    port: InterfaceId,
    vxlan: InterfaceId,
}

fn tables() -> Tables {
    let article = article();
    let mut builder = article.builder;
    let mut device = Device::new(DeviceKind::Vxlan);
    let set = [
        ("id", Value::Number(7)),
        ("local", Value::Address([10, 0, 1, 254].into())),
        ("remote", Value::Address([10, 0, 1, 2].into())),
        ("dstport", Value::Number(4789)),
    ];
    for (name, value) in set {
        device.parameters.set(name, Some(value));
    }
    let name = "vx7".parse().unwrap();
    let made = Interface::new(NamespaceId::HOST, name, Kind::Device(device));
    let vxlan = InterfaceId(1000);
    builder
        .document
        .interfaces
        .insert(vxlan, Interface { up: true, ..made });
    Tables {
        bridge: article.bridge,
        port: article.br_green,
        vxlan,
        builder,
    }
}

/// The entries that lead to an interface and that nobody but a person makes, as `bridge` shows them.
fn shown(host: &Namespace, device: &str) -> BTreeSet<String> {
    let rows = ip::json(host, &format!("bridge -j fdb show dev {device}"));
    let set = rows
        .iter()
        .filter(|row| row["state"] == "static" || row.get("dst").is_some());
    let text = |row: &serde_json::Value| {
        let mut text = row["mac"].as_str().unwrap().to_owned();
        if let Some(vlan) = row["vlan"].as_u64() {
            text += &format!(" vlan {vlan}");
        }
        if let Some(dst) = row["dst"].as_str() {
            text += &format!(" dst {dst}");
        }
        text
    };
    set.map(text).collect()
}

fn set_of(texts: &[&str]) -> BTreeSet<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

pub(crate) fn fdb(_: &Inside) {
    let mut tables = tables();
    let lab = Lab::start();
    let (port, vxlan) = (tables.port, tables.vxlan);
    lab.apply(&tables.builder.document);
    let host = lab.namespace(NamespaceId::HOST);
    let entries = |text: &[&str]| text.iter().map(|text| text.parse().unwrap()).collect();
    // The VXLAN's own is not the document's.
    let own = "00:00:00:00:00:00 dst 10.0.1.2";
    assert_eq!(shown(&host, "vx7"), set_of(&[own]));

    let interface = tables.builder.interface(port);
    interface.fdb = entries(&["02:00:00:00:00:01", "02:00:00:00:00:02"]);
    let more = "00:00:00:00:00:00 dst 10.0.1.3";
    let one = "02:00:00:00:00:07 dst 10.0.1.3";
    tables.builder.interface(vxlan).fdb = entries(&[more, one]);
    let applied = lab.apply(&tables.builder.document);
    assert_eq!(applied.steps.len(), 4, "{applied:#?}");
    let first = |text: &String| text.split(' ').next().unwrap().to_owned();
    // A kernel with VLANs shows an entry for each of them too.
    let on_port = |host| shown(host, "veth-br-green").iter().map(first).collect();
    let both = set_of(&["02:00:00:00:00:01", "02:00:00:00:00:02"]);
    assert_eq!(both, on_port(&host));
    assert_eq!(shown(&host, "vx7"), set_of(&[own, more, one]));

    let interface = tables.builder.interface(port);
    interface.fdb = entries(&["02:00:00:00:00:02"]);
    tables.builder.interface(vxlan).fdb = entries(&[one]);
    let applied = lab.apply(&tables.builder.document);
    let removes = |step: &Step| matches!(step, Step::RemoveFdb { .. });
    assert!(applied.steps.iter().all(removes), "{applied:#?}");
    assert_eq!(set_of(&["02:00:00:00:00:02"]), on_port(&host));
    assert_eq!(shown(&host, "vx7"), set_of(&[own, one]));

    // What others set and remove is heard, and taken back.
    let has = |o: &Observed, text: &str| found(o, port).fdb.contains(&text.parse().unwrap());
    let other = "02:00:00:00:00:09";
    let words = |verb| format!("bridge fdb {verb} {other} dev veth-br-green master static");
    heard(&lab, "an entry", &words("add"), &host, |o| has(o, other));
    heard(&lab, "it goes", &words("del"), &host, |o| !has(o, other));
    let words = "bridge fdb del 02:00:00:00:00:02 dev veth-br-green master";
    heard(&lab, "ours goes", words, &host, |o| {
        !has(o, "02:00:00:00:00:02")
    });
    lab.apply(&tables.builder.document);
    assert_eq!(set_of(&["02:00:00:00:00:02"]), on_port(&host));

    // What a bridge learns is nobody's.
    let red = tables.builder.document.namespace_named("green").unwrap();
    let green = lab.namespace(red);
    ip::run(&green, "ping -c 1 -W 1 10.0.1.254");
    lab.stands(&tables.builder.document);

    // Out of the bridge, its entries are gone; back again, they come.
    let back = tables.builder.document.clone();
    let interface = tables.builder.interface(port);
    interface.master = None;
    interface.fdb.clear();
    lab.apply(&tables.builder.document);
    lab.apply(&back);
    assert_eq!(set_of(&["02:00:00:00:00:02"]), on_port(&host));
}

pub(crate) fn vlans(_: &Inside) {
    let mut tables = tables();
    let (bridge, port) = (tables.bridge, tables.port);
    let on = Some(Value::Number(1));
    let interface = tables.builder.interface(bridge);
    if let Kind::Device(device) = &mut interface.kind {
        device.parameters.set("vlan_filtering", on);
    }
    let lab = Lab::start();
    lab.apply(&tables.builder.document);
    let host = lab.namespace(NamespaceId::HOST);
    assert_eq!(of_bridge(&host, "veth-br-green"), ["1 pvid untagged"]);
    assert_eq!(of_bridge(&host, "br0"), ["1 pvid untagged"]);

    let said = "10 pvid untagged, 20, 30-33, 40-41 untagged";
    tables.builder.interface(port).vlans = Some(said.parse().unwrap());
    tables.builder.interface(bridge).vlans = Some("1 pvid untagged, 10".parse().unwrap());
    let applied = lab.apply(&tables.builder.document);
    let is_about = |step: &Step| matches!(step, Step::AddVlans { .. } | Step::RemoveVlans { .. });
    assert!(applied.steps.iter().all(is_about), "{applied:#?}");
    let each = of_bridge(&host, "veth-br-green").join(", ");
    let expected = "10 pvid untagged, 20, 30, 31, 32, 33, 40 untagged, 41 untagged";
    assert_eq!(each, expected);
    assert_eq!(of_bridge(&host, "br0"), ["1 pvid untagged", "10"]);

    // An entry in a VLAN, and one in all: also in those to come.
    let interface = tables.builder.interface(port);
    interface.fdb.insert("02:00:00:00:00:01".parse().unwrap());
    let in_one = "02:00:00:00:00:02 vlan 20".parse().unwrap();
    interface.fdb.insert(in_one);
    lab.apply(&tables.builder.document);
    let interface = tables.builder.interface(port);
    interface.vlans = Some("20 pvid, 50".parse().unwrap());
    lab.apply(&tables.builder.document);
    assert_eq!(of_bridge(&host, "veth-br-green"), ["20 pvid", "50"]);
    let entries = shown(&host, "veth-br-green");
    for text in [
        "02:00:00:00:00:01",
        "02:00:00:00:00:01 vlan 20",
        "02:00:00:00:00:01 vlan 50",
        "02:00:00:00:00:02 vlan 20",
    ] {
        assert!(entries.contains(text), "{text} in {entries:?}");
    }

    // What others change is seen (an emulated machine takes its time), and taken back.
    ip::must(&host, "bridge vlan add dev veth-br-green vid 60 untagged");
    let seen = "20 pvid, 50, 60 untagged".parse().unwrap();
    eventually(&lab, |o| found(o, port).vlans.as_ref() == Some(&seen));
    lab.apply(&tables.builder.document);
    assert_eq!(of_bridge(&host, "veth-br-green"), ["20 pvid", "50"]);

    // Back to what is usual.
    let interface = tables.builder.interface(port);
    interface.vlans = None;
    interface.fdb.clear();
    tables.builder.interface(bridge).vlans = None;
    lab.apply(&tables.builder.document);
    assert_eq!(of_bridge(&host, "veth-br-green"), ["1 pvid untagged"]);
    assert_eq!(of_bridge(&host, "br0"), ["1 pvid untagged"]);
}

/// What a bridge with VLANs needs to be a port.
pub(crate) const AS_PORT: &[Feature] = &[
    Feature::BridgeVlans,
    Feature::Device(DeviceKind::Vrf),
    Feature::Device(DeviceKind::Bond),
];

const SWITCH: &str = "netyard: 1
namespaces:
  red: {}
  host:
    interfaces:
      vrf7: {type: vrf, table: 7}
      bond0: {type: bond, mode: active-backup}
    bridges:
      sw: {vlan_filtering: true, vlans: {pvid: 5, untagged: [5], tagged: [10]}}
links:
  - red/a: {}
    host/a: {bridge: sw, vlans: {pvid: 5, untagged: [5]}}
";

/// A bridge that filters goes into a VRF and into a bond, and out again: its own VLANs are the same
/// and nobody sets them again.
pub(crate) fn bridge_as_port(_: &Inside) {
    let mut document = yaml::read(SWITCH).unwrap();
    let lab = Lab::start();
    lab.apply(&document);
    let host = lab.namespace(NamespaceId::HOST);
    let named = |name| document.interface_named(NamespaceId::HOST, name).unwrap();
    let [bridge, vrf, bond] = ["sw", "vrf7", "bond0"].map(named);
    let own = ["5 pvid untagged", "10"];
    assert_eq!(of_bridge(&host, "sw"), own);
    for master in [Some(vrf), None, Some(bond), Some(vrf), Some(bond), None] {
        let edit = Edit::SetMaster {
            interface: bridge,
            master,
        };
        apply(&mut document, edit).unwrap();
        let mut model = Observed::clone(&lab.engine.observed());
        let applied = lab.runtime.block_on(lab.engine.apply_edit(&document));
        let steps = applied.unwrap_or_else(|error| panic!("{error}")).steps;
        let is_about =
            |step: &Step| matches!(step, Step::AddVlans { .. } | Step::RemoveVlans { .. });
        assert!(!steps.iter().any(is_about), "{steps:#?}");
        lab.stands(&document);
        for step in &steps {
            model::execute(&mut model, step).unwrap();
        }
        let wanted = &document.interfaces[&bridge].vlans;
        assert_eq!(&found(&model, bridge).vlans, wanted, "{master:?}");
        assert_eq!(&found(&lab.engine.observed(), bridge).vlans, wanted);
        assert_eq!(of_bridge(&host, "sw"), own);
        assert_eq!(of_bridge(&host, "a"), ["5 pvid untagged"]);
    }
    // From nothing, as a port from the beginning.
    for master in [vrf, bond] {
        let edit = Edit::SetMaster {
            interface: bridge,
            master: Some(master),
        };
        apply(&mut document, edit).unwrap();
        lab.apply(&crate::labs::empty());
        lab.apply(&document);
        assert_eq!(of_bridge(&host, "sw"), own);
    }
}

fn found(observed: &Observed, id: InterfaceId) -> &ObservedInterface {
    observed.interface_of(id).unwrap().2
}

/// The VLANs of an interface as `bridge` shows them, each by itself.
fn of_bridge(host: &Namespace, device: &str) -> Vec<String> {
    let rows = ip::json(host, &format!("bridge -j vlan show dev {device}"));
    let vlans = rows
        .first()
        .and_then(|row| row["vlans"].as_array().cloned());
    let text = |vlan: serde_json::Value| {
        let mut text = vlan["vlan"].to_string();
        for (flag, word) in [("PVID", " pvid"), ("Egress Untagged", " untagged")] {
            let flags = vlan["flags"].as_array();
            if flags.is_some_and(|flags| flags.iter().any(|one| one == flag)) {
                text += word;
            }
        }
        text
    };
    vlans.unwrap_or_default().into_iter().map(text).collect()
}

fn eventually(lab: &Lab, ask: impl Fn(&Observed) -> bool) {
    for _ in 0..500 {
        if ask(&lab.engine.observed()) {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("not seen: {:#?}", lab.engine.observed());
}
