//! What is left to interfaces: said, refused, planned, told as commands and read from them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use topology::command::script_text;
use topology::edit::apply;
use topology::model;
use topology::offload::Offload;
use topology::plan::plan;
use topology::{Document, Edit, read, script, yaml};

const LAB: &str = "netyard: 1
namespaces:
  red: {}
links:
  - red/a: {offload: {tx: false, tso: false, gro: true}}
    host/b: {}
";

fn lab() -> Document {
    yaml::read(LAB).unwrap()
}

#[test]
fn it_is_written_as_it_is_read() {
    let document = lab();
    let text = yaml::write(&document);
    assert!(
        text.contains("offload: {tx: false, tso: false, gro: true}"),
        "{text}"
    );
    assert_eq!(yaml::read(&text).unwrap(), document);
    let script = script_text(&document);
    for command in [
        "ip netns exec red ethtool -K a tx off",
        "ip netns exec red ethtool -K a tso off",
        "ip netns exec red ethtool -K a gro on",
    ] {
        assert!(script.contains(command), "{script}");
    }
    assert!(read::read(&script).unwrap().document.same_lab(&document));
    let long = "ip link add v0 type veth peer name v1\n\
                ethtool --features v0 tx-checksumming off generic-receive-offload on\nethtool -k v0\n";
    let read = script::read(long).unwrap().document;
    let a = read
        .interface_named(topology::NamespaceId::HOST, "v0")
        .unwrap();
    let said = &read.interfaces[&a].offloads;
    assert_eq!(said.len(), 2);
    assert!(!said[&Offload::Tx]);
    for wrong in [
        "ethtool -K v0 lro on",
        "ethtool -K v0 tx maybe",
        "ethtool -s v0 speed 10",
        "ethtool -K v0",
    ] {
        let text = format!("ip link add v0 type veth peer name v1\n{wrong}\n");
        assert!(script::read(&text).is_err(), "{wrong}");
    }
}

#[test]
fn an_edit_has_its_inverse_and_what_the_kernel_does_not_do_is_refused() {
    let mut document = lab();
    let red = document.namespace_named("red").unwrap();
    let interface = document.interface_named(red, "a").unwrap();
    let edit = |offload, on| Edit::SetOffload {
        interface,
        offload,
        on,
    };
    let before = document.clone();
    let inverse = apply(&mut document, edit(Offload::Gro, None)).unwrap();
    assert_ne!(document, before);
    apply(&mut document, inverse).unwrap();
    assert_eq!(document, before);
    let error = apply(&mut document, edit(Offload::Tso, Some(true))).unwrap_err();
    assert!(error.to_string().contains("checksums"), "{error}");
    assert_eq!(document, before);
    assert!(yaml::read(&LAB.replace("tso: false", "tso: true")).is_err());
    assert!(yaml::read(&LAB.replace("gro: true", "lro: true")).is_err());
    assert!(yaml::read(&LAB.replace("gro: true", "gro: 2")).is_err());
}

#[test]
fn a_plan_reaches_it_and_is_undone() {
    let texts = [
        "tx: false, tso: false",
        "tx: true, tso: true",
        "tso: true",
        "gso: false",
    ];
    let all = texts
        .map(|text| yaml::read(&LAB.replace("tx: false, tso: false, gro: true", text)).unwrap());
    for from in &all {
        for to in &all {
            let mut state = model::fresh();
            for step in plan(from, &state) {
                model::execute(&mut state, &step).unwrap();
            }
            let before = state.clone();
            let mut undo = Vec::new();
            for step in plan(to, &state) {
                undo.push(model::execute(&mut state, &step).unwrap());
            }
            assert_eq!(plan(to, &state), []);
            for step in undo.into_iter().rev().flatten() {
                model::execute(&mut state, &step).unwrap();
            }
            assert_eq!(state, before);
        }
    }
}
