//! VLANs of ports and static entries of forwarding tables, all the way through documents.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod steps;

use steps::{commands, reached};
use topology::edit::{Selection, apply};
use topology::feature::{Feature, needed};
use topology::plan::{plan, plan_edit};
use topology::status::{Status, statuses};
use topology::{Document, Edit, InterfaceId, Step, model, yaml};

const LAB: &str = "netyard: 1
namespaces:
  host:
    bridges:
      sw: {vlan_filtering: true, vlans: {pvid: 1, untagged: [1], tagged: [10]}}
    interfaces:
      vx: {type: vxlan, id: 7, fdb: [{mac: '00:00:00:00:00:00', dst: 192.0.2.1}]}
  red: {}
links:
  - host/a: {bridge: sw, vlans: {pvid: 10, untagged: [10], tagged: [20, 30-40]}, fdb: [{mac: '02:00:00:00:00:01', vlan: 20}]}
    red/b: {}
";

fn lab() -> Document {
    yaml::read(LAB).unwrap_or_else(|error| panic!("{error}"))
}

fn named(document: &Document, name: &str) -> InterfaceId {
    let host = topology::NamespaceId::HOST;
    document.interface_named(host, name).unwrap()
}

#[test]
fn yaml_says_them_and_reads_them_again() {
    let document = lab();
    let text = yaml::write(&document);
    for part in [
        "vlans: {pvid: 10, untagged: [10], tagged: [20, 30-40]}",
        "fdb: [{mac: ",
        "vlan: 20",
        "dst: \"192.0.2.1\"",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    assert!(yaml::read(&text).unwrap().same_lab(&document));
    for (wrong, why) in [
        ("tagged: [20, 30-40]", "tagged: [20, 20]"),
        ("tagged: [20, 30-40]", "tagged: [20, 5000]"),
        ("pvid: 10, untagged: [10]", "pvid: 11, untagged: [10]"),
        ("vlan: 20", "vlan: 21"),
    ] {
        assert!(yaml::read(&LAB.replace(wrong, why)).is_err(), "{why}");
    }
}

#[test]
fn they_are_written_as_bridge_commands_and_read_from_them() {
    let document = lab();
    let steps = plan(&document, &model::fresh());
    let commands = commands(&document, &steps);
    for command in [
        "bridge vlan add dev a vid 10 pvid untagged",
        "bridge vlan add dev a vid 30-40",
        "bridge vlan del dev a vid 1",
        "bridge vlan add dev sw vid 10 self",
        "bridge fdb replace 02:00:00:00:00:01 dev a vlan 20 master static",
        "bridge fdb append 00:00:00:00:00:00 dev vx dst 192.0.2.1 self permanent",
    ] {
        assert!(
            commands.iter().any(|one| one == command),
            "{command} in {commands:#?}"
        );
    }
    let script = topology::command::script_text(&document);
    let read = topology::script::read(&script).unwrap_or_else(|error| panic!("{error:?}"));
    assert!(read.document.same_lab(&document), "{script}");
}

#[test]
fn a_port_that_is_unplugged_loses_them_and_undo_brings_them_back() {
    let before = lab();
    let mut document = before.clone();
    let (port, bridge) = (named(&document, "a"), named(&document, "sw"));
    for edit in [
        Edit::SetMaster {
            interface: port,
            master: None,
        },
        Edit::Remove(Selection::interface(bridge)),
    ] {
        let inverse = apply(&mut document, edit).unwrap();
        let interface = &document.interfaces[&port];
        assert!(interface.vlans.is_none() && interface.fdb.is_empty());
        document.validate().unwrap();
        apply(&mut document, inverse).unwrap();
        assert_eq!(document, before);
    }
}

/// A VRF's or a bond's port is no bridge's: what a bridge has itself is not its master's matter.
#[test]
fn a_bridge_keeps_its_own_when_it_becomes_a_port() {
    let vrf = LAB
        .replace("tagged: [10]}}", "tagged: [10]}, vrf: vrf7}")
        .replace(
            "    interfaces:\n",
            "    interfaces:\n      vrf7: {type: vrf, table: 7}\n",
        );
    let document = yaml::read(&vrf).unwrap_or_else(|error| panic!("{error}\n{vrf}"));
    let state = reached(&document);
    assert!(plan(&document, &state).is_empty());
    let bridge = named(&document, "sw");
    let vlans = &document.interfaces[&bridge].vlans;
    let (_, found) = state
        .interface_named(topology::NamespaceId::HOST, "sw")
        .unwrap();
    assert_eq!(&found.vlans, vlans);

    let mut again = state.clone();
    let step = Step::SetMaster {
        at: topology::step::At {
            namespace: topology::NamespaceId::HOST,
            name: "sw".parse().unwrap(),
        },
        master: None,
    };
    for undo in model::execute(&mut again, &step).unwrap() {
        model::execute(&mut again, &undo).unwrap();
    }
    assert_eq!(again, state);
}

#[test]
fn an_entry_for_all_vlans_comes_back_with_the_vlan_that_its_port_left() {
    let before = yaml::read(
        "netyard: 1\nnamespaces:\n  host: {bridges: {sw: {vlan_filtering: true}}}\n  red: {}\nlinks:\n  \
         - host/a: {bridge: sw, fdb: [{mac: '02:00:00:00:00:01'}]}\n    red/b: {}\n",
    )
    .unwrap();
    let mut document = before.clone();
    let interface = named(&document, "a");
    let vlans = Some(topology::vlans::Vlans::default());
    apply(&mut document, Edit::SetVlans { interface, vlans }).unwrap();
    let mut state = reached(&before);
    let steps = plan_edit(&before, &document, &state);
    let leaves = |step: &Step| matches!(step, Step::RemoveVlans { .. });
    assert!(steps.iter().all(leaves), "{steps:?}");
    let mut undo = Vec::new();
    for step in &steps {
        undo.push(model::execute(&mut state, step).unwrap());
    }
    for step in undo.into_iter().rev().flatten() {
        model::execute(&mut state, &step).unwrap();
    }
    assert_eq!(plan(&before, &state), []);
}

#[test]
fn what_the_kernel_would_refuse_is_refused() {
    let document = lab();
    let (port, bridge, vxlan) = (
        named(&document, "a"),
        named(&document, "sw"),
        named(&document, "vx"),
    );
    let entry = |interface, text: &str| Edit::AddFdb {
        interface,
        entry: text.parse().unwrap(),
    };
    let vlans = |interface, text: &str| Edit::SetVlans {
        interface,
        vlans: Some(text.parse().unwrap()),
    };
    for edit in [
        vlans(vxlan, "1 pvid"),
        vlans(port, "10 pvid untagged"),
        entry(port, "02:00:00:00:00:02 vlan 99"),
        entry(port, "01:00:00:00:00:02"),
        entry(port, "02:00:00:00:00:01"),
        entry(port, "02:00:00:00:00:02 dst 192.0.2.1"),
        entry(bridge, "02:00:00:00:00:02"),
        entry(vxlan, "02:00:00:00:00:02"),
        entry(vxlan, "02:00:00:00:00:02 dst fd00::1"),
    ] {
        let mut changed = document.clone();
        assert!(apply(&mut changed, edit.clone()).is_err(), "{edit:?}");
        assert_eq!(changed, document);
    }
    let features: Vec<_> = needed(&document).into_iter().map(|(_, f)| f).collect();
    assert!(features.contains(&Feature::BridgeVlans));
}

#[test]
fn what_others_change_is_drift_and_an_edit_touches_nothing_else() {
    let document = lab();
    let port = named(&document, "a");
    let mut state = reached(&document);
    assert_eq!(plan(&document, &state), vec![]);
    let namespace = topology::NamespaceId::HOST;
    let at = topology::step::At {
        namespace,
        name: "a".parse().unwrap(),
    };
    let range = "30-32".parse().unwrap();
    let own = false;
    model::execute(&mut state, &Step::RemoveVlans { at, own, range }).unwrap();
    let Status::Drifted(differences) = &statuses(&document, Some(&state)).interfaces[&port] else {
        panic!("no drift");
    };
    assert_eq!(differences[0].what, "vlans");
    assert_eq!(differences[0].observed, "10 pvid untagged, 20, 33-40");
    let mut after = document.clone();
    let interface = named(&document, "vx");
    let entry = "00:00:00:00:00:00 dst 192.0.2.2".parse().unwrap();
    apply(&mut after, Edit::AddFdb { interface, entry }).unwrap();
    let steps = plan_edit(&document, &after, &state);
    assert_eq!(
        commands(&after, &steps),
        ["bridge fdb append 00:00:00:00:00:00 dev vx dst 192.0.2.2 self permanent"]
    );
    assert_eq!(
        commands(&document, &plan(&document, &state)),
        ["bridge vlan add dev a vid 30-32"]
    );
}

#[test]
fn a_lab_of_before_has_none() {
    let mut value = serde_json::to_value(lab()).unwrap();
    let interfaces = value["interfaces"].as_object_mut().unwrap();
    for interface in interfaces.values_mut() {
        let fields = interface.as_object_mut().unwrap();
        fields.remove("vlans");
        fields.remove("fdb");
    }
    let old: Document = serde_json::from_value(value).unwrap();
    old.validate().unwrap();
    assert!(old.interfaces.values().all(|i| i.fdb.is_empty()));
}
