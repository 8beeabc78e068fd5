//! Documents as scripts, run by the real `ip` in a sandbox: the kernel then has the document.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod real;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use topology::arbitrary::{COMMON, document, document_with, with_routes};
use topology::command::{
    Command, Names, Subject, commands_about, of_document, of_step, script_text,
};
use topology::document::{Interface, Kind, Namespace};
use topology::edit::{Edit, Fragment, apply};
use topology::id::{InterfaceId, NamespaceId};
use topology::step::{At, Step};
use topology::{Document, script};

/// Runs a document's script with `sh -e`, as a person would, and compares.
fn run(document: &Document) {
    let script = script_text(document);
    let printed = real::sandbox(&format!("{script}\n{}", real::dump(document)));
    assert_eq!(
        real::parse(document, &printed),
        real::expected(document),
        "\n{script}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_script_run_by_sh_makes_the_document(
        document in document_with(60, COMMON),
        routes in prop::collection::vec(any::<u16>(), 0..12),
    ) {
        run(&with_routes(document, &routes));
    }
}

/// A link between two new namespaces and a bridge, all of difficult names.
fn named(names: [&str; 5]) -> Document {
    let mut document = Document::new("Difficult 'names' $HOME `id`");
    let [red, blue, a, b, bridge] = names;
    let namespace = |name: &str| Namespace::new(name.parse().unwrap());
    let (red_id, blue_id) = (NamespaceId(1), NamespaceId(2));
    let end = |namespace, name: &str, peer| Interface {
        up: true,
        mtu: Some(1400),
        addresses: vec![format!("10.0.0.{peer}/24").parse().unwrap()],
        ..Interface::new(
            namespace,
            name.parse().unwrap(),
            Kind::Veth {
                peer: InterfaceId(peer),
            },
        )
    };
    let bridge = Interface {
        up: true,
        ..Interface::new(blue_id, bridge.parse().unwrap(), Kind::bridge())
    };
    let fragment = Fragment {
        namespaces: BTreeMap::from([(red_id, namespace(red)), (blue_id, namespace(blue))]),
        interfaces: BTreeMap::from([
            (InterfaceId(1), Interface::loopback(red_id)),
            (InterfaceId(2), Interface::loopback(blue_id)),
            (InterfaceId(3), end(red_id, a, 4)),
            (
                InterfaceId(4),
                Interface {
                    master: Some(InterfaceId(5)),
                    ..end(blue_id, b, 3)
                },
            ),
            (InterfaceId(5), bridge),
        ]),
        ..Fragment::default()
    };
    apply(&mut document, Edit::Insert(fragment)).unwrap();
    document
}

/// Words of `ip`, their beginnings, and what a shell reads otherwise.
const DIFFICULT: [[&str; 5]; 6] = [
    ["add", "exec", "up", "dev", "type"],
    ["show", "list", "a", "m", "l"],
    ["$HOME", "~", "*", "a=b", "netns"],
    ["#", "a;b", "a&b", "master", "name"],
    ["é", "a(b", "!x", "a|b", "a>b"],
    ["{a,b}", "[ab]", "mtu", "peer", "veth"],
];

#[test]
fn difficult_names_are_quoted_and_announced() {
    for names in DIFFICULT {
        let document = named(names);
        run(&document);
        let again =
            script::read(&script_text(&document)).unwrap_or_else(|errors| panic!("{errors:#?}"));
        assert_eq!(real::expected(&again.document), real::expected(&document));
        assert_eq!(again.document.title, document.title);
    }
}

#[test]
fn every_step_is_a_command() {
    let mut document = named(["red", "blue", "a0", "b0", "br0"]);
    document.namespaces.remove(&NamespaceId(2));
    let at = At {
        namespace: NamespaceId(1),
        name: "a0".parse().unwrap(),
    };
    let text = |step: Step| of_step(&step, &Names::of(&document)).to_string();
    let bridge = || Some("br0".parse().unwrap());
    assert_eq!(
        text(Step::SetMaster {
            at: at.clone(),
            master: None
        }),
        "ip -n red link set a0 nomaster"
    );
    assert_eq!(
        text(Step::SetMaster {
            at: at.clone(),
            master: bridge()
        }),
        "ip -n red link set a0 master br0"
    );
    let name = "eth0".parse().unwrap();
    assert_eq!(
        text(Step::RenameInterface {
            at: at.clone(),
            name
        }),
        "ip -n red link set a0 name eth0"
    );
    assert_eq!(
        text(Step::RemoveInterface { at: at.clone() }),
        "ip -n red link delete a0"
    );
    assert_eq!(
        text(Step::SetUp {
            at: at.clone(),
            up: false
        }),
        "ip -n red link set a0 down"
    );
    let address = "fd00::1/64".parse().unwrap();
    assert_eq!(
        text(Step::RemoveAddress { at, address }),
        "ip -n red addr del fd00::1/64 dev a0"
    );
    assert_eq!(
        text(Step::RemoveNamespace {
            namespace: NamespaceId(1)
        }),
        "ip netns delete red"
    );
    let name = "green".parse().unwrap();
    let rename = Step::RenameNamespace {
        namespace: NamespaceId(1),
        name,
    };
    assert_eq!(text(rename), "# rename namespace red to green");
}

#[test]
fn the_commands_about_an_object_are_those_of_the_whole_that_touch_it() {
    let document = named(["red", "blue", "a0", "b0", "br0"]);
    let about = |subject| -> Vec<String> {
        commands_about(&document, subject)
            .iter()
            .map(Command::to_string)
            .collect()
    };
    assert_eq!(
        about(Subject::Interface(InterfaceId(5))),
        [
            "ip -n blue link add br0 type bridge",
            "ip -n blue link set br0 up"
        ]
    );
    let link = about(Subject::Interface(InterfaceId(3)));
    assert_eq!(link, about(Subject::Interface(InterfaceId(4))));
    assert_eq!(
        link.first().unwrap(),
        "ip link add a0 netns red type veth peer name b0 netns blue"
    );
    assert!(
        link.contains(&"ip -n blue link set b0 master br0".to_owned()),
        "{link:#?}"
    );
    assert!(
        !link.iter().any(|command| command.contains("netns add")),
        "{link:#?}"
    );
    let red = about(Subject::Namespace(NamespaceId(1)));
    assert_eq!(red.first().unwrap(), "ip netns add red");
    assert!(
        !red.iter().any(|command| command.contains("-n blue")),
        "{red:#?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// What is planned for a part of the lab is what is planned for all of it.
    #[test]
    fn commands_about_objects_are_among_those_of_the_document(document in document(60)) {
        let all: Vec<String> = of_document(&document)
            .into_iter()
            .flat_map(|section| section.commands)
            .map(|command| command.to_string())
            .collect();
        let mut told = BTreeSet::new();
        for &id in document.namespaces.keys() {
            told.extend(commands_about(&document, Subject::Namespace(id)).iter().map(Command::to_string));
        }
        let commands: BTreeSet<String> = all.into_iter().filter(|text| !text.starts_with('#')).collect();
        prop_assert_eq!(&told, &commands);
        for &id in document.interfaces.keys() {
            for command in commands_about(&document, Subject::Interface(id)) {
                prop_assert!(commands.contains(&command.to_string()), "{}", command);
            }
        }
    }
}
