//! Static neighbours and proxy entries, all the way through documents.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod steps;

use steps::{commands, reached};
use topology::drift::{accept, drifts, revert};
use topology::edit::apply;
use topology::plan::plan;
use topology::{Document, Edit, InterfaceId, NamespaceId, Step, model, yaml};

const LAB: &str = "netyard: 1
namespaces:
  red: {}
  blue: {}
links:
  - red/a: {addresses: [10.0.0.1/24, fd00::1/64], neighbours: [{address: 10.0.0.2, mac: '02:00:00:00:00:02'}, {address: 'fd00::2', mac: '02:00:00:00:00:02'}, {address: 10.0.0.9, proxy: true}]}
    blue/b: {addresses: [10.0.0.2/24]}
";

fn lab() -> Document {
    yaml::read(LAB).unwrap_or_else(|error| panic!("{error}"))
}

fn end(document: &Document) -> (NamespaceId, InterfaceId) {
    let red = document.namespace_named("red").unwrap();
    (red, document.interface_named(red, "a").unwrap())
}

#[test]
fn yaml_says_them_and_reads_them_again() {
    let document = lab();
    let text = yaml::write(&document);
    for part in ["neighbours:", "{address: \"10.0.0.9\", proxy: true}"] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    assert!(yaml::read(&text).unwrap().same_lab(&document));
    for (right, wrong, why) in [
        ("proxy: true", "proxy: false", "it needs a `mac`"),
        (", proxy: true", "", "it needs a `mac`"),
        ("10.0.0.9, proxy", "224.0.0.9, proxy", "not one station's"),
        ("'fd00::2'", "10.0.0.2", "is there twice"),
        (
            "02:00:00:00:00:02'}, {address: 'fd",
            "03:00:00:00:00:02'}, {address: 'fd",
            "group's",
        ),
        ("red/a: {", "red/a: {mtu: 1000, ", "IPv6"),
    ] {
        let error = yaml::read(&LAB.replace(right, wrong))
            .unwrap_err()
            .to_string();
        assert!(error.contains(why), "{wrong}: {error}");
    }
}

#[test]
fn they_are_written_as_ip_neigh_and_read_from_it() {
    let document = lab();
    let steps = plan(&document, &model::fresh());
    let commands = commands(&document, &steps);
    for command in [
        "ip -n red neigh replace 10.0.0.2 lladdr 02:00:00:00:00:02 dev a nud permanent",
        "ip -n red neigh replace fd00::2 lladdr 02:00:00:00:00:02 dev a nud permanent",
        "ip -n red neigh add proxy 10.0.0.9 dev a",
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

fn veth(document: &Document) -> InterfaceId {
    let red = document.namespace_named("red").unwrap();
    document.interface_named(red, "va").unwrap()
}

#[test]
fn ip_neigh_is_read_as_people_write_it() {
    let begin = "ip netns add red\nip -n red link add va type veth peer name vb\n";
    let read = |text: &str| {
        let read = topology::script::read(&format!("{begin}{text}\n"));
        let document = read.map_err(|errors| errors[0].reason.clone())?.document;
        let entries = document.interfaces[&veth(&document)].neighbours.iter();
        Ok::<_, String>(entries.map(ToString::to_string).collect::<Vec<_>>())
    };
    let one = vec!["10.0.0.2 lladdr 02:00:00:00:00:02".to_owned()];
    for text in [
        "ip -n red neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 dev va nud permanent",
        "ip netns exec red ip neighbour add 10.0.0.2 dev va lladdr 02:00:00:00:00:02",
        "ip -n red -4 n r to 10.0.0.2 lladdr 02:00:00:00:00:02 nud perm dev va",
        "ip -n red neigh add proxy 10.0.0.9 dev va\nip -n red neigh add 10.0.0.2 lladdr \
         02:00:00:00:00:02 dev va\nip -n red neigh del proxy 10.0.0.9 dev va",
        "ip -n red neigh add 10.0.0.2 lladdr 02:00:00:00:00:03 dev va\nip -n red neigh change \
         10.0.0.2 lladdr 02:00:00:00:00:02 dev va nud permanent",
    ] {
        assert_eq!(read(text), Ok(one.clone()), "{text}");
    }
    // Going down takes them along, as in the kernel.
    let down = "ip -n red link set va up\nip -n red neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 \
                dev va\nip -n red link set va down";
    assert_eq!(read(down), Ok(Vec::new()));
    for (text, why) in [
        ("ip -n red neigh add 10.0.0.2 dev va", "needs `lladdr`"),
        (
            "ip -n red neigh add 10.0.0.2 lladdr 02:00:00:00:00:02",
            "needs `dev`",
        ),
        (
            "ip -n red neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 dev va nud stale",
            "permanent",
        ),
        (
            "ip -n red -6 neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 dev va",
            "other family",
        ),
        ("ip -n red neigh del 10.0.0.2 dev va", "no such entry"),
        (
            "ip -n red neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 dev c",
            "no interface c",
        ),
        (
            "ip -n red neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 dev lo",
            "MAC address on a loop",
        ),
        (
            "ip -n red neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 dev va router",
            "not supported",
        ),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.contains(why), "{text}: {error}");
    }
}

#[test]
fn what_goes_with_something_else_is_put_back_by_the_same_plan_and_its_undo() {
    let document = lab();
    let (red, id) = end(&document);
    let kernel = reached(&document);
    let at = topology::step::At {
        namespace: red,
        name: "a".parse().unwrap(),
    };
    let all = document.interfaces[&id].neighbours.clone();
    let mac = "02:00:00:00:00:77".parse().unwrap();
    let address = "10.0.0.1/24".parse().unwrap();
    let lost = |step: &Step| {
        let mut state = kernel.clone();
        let undo = model::execute(&mut state, step).unwrap();
        let left = state.interface_of(id).unwrap().2.neighbours.clone();
        for step in &undo {
            model::execute(&mut state, step).unwrap();
        }
        assert_eq!(
            state.interface_of(id).unwrap().2.neighbours,
            all,
            "{step:?}: {undo:#?}"
        );
        all.difference(&left)
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    let at = || at.clone();
    assert_eq!(
        lost(&Step::SetUp {
            at: at(),
            up: false
        })
        .len(),
        3
    );
    let permanent = lost(&Step::SetMac { at: at(), mac });
    assert!(permanent.len() == 2 && permanent.iter().all(|n| n.contains("lladdr")));
    assert_eq!(lost(&Step::RemoveAddress { at: at(), address }).len(), 2);
    assert_eq!(
        lost(&Step::SetMtu {
            at: at(),
            mtu: 1000
        }),
        ["fd00::2 lladdr 02:00:00:00:00:02"]
    );
    assert_eq!(
        lost(&Step::SetMtu {
            at: at(),
            mtu: 1400
        })
        .len(),
        0
    );
    let mut changed = document.clone();
    let edit = Edit::SetMac {
        interface: id,
        mac: Some(mac),
    };
    apply(&mut changed, edit).unwrap();
    let steps = topology::plan::plan_edit(&document, &changed, &kernel);
    let adds = steps
        .iter()
        .filter(|step| matches!(step, Step::AddNeighbour { .. }));
    assert_eq!(adds.count(), 2, "{steps:#?}");
}

#[test]
fn drift_is_accepted_and_reverted() {
    let document = lab();
    let (red, id) = end(&document);
    let at = topology::step::At {
        namespace: red,
        name: "a".parse().unwrap(),
    };
    let entry = |text: &str| text.parse().unwrap();
    for (neighbour, count) in [
        ("10.0.0.2 lladdr 02:00:00:00:00:03", 2),
        ("proxy fd00::9", 1),
    ] {
        let mut kernel = reached(&document);
        let at = at.clone();
        let neighbour = entry(neighbour);
        model::execute(&mut kernel, &Step::AddNeighbour { at, neighbour }).unwrap();
        let all = drifts(&document, &kernel);
        assert_eq!(all.len(), count, "{all:#?}");
        let added = all
            .iter()
            .find(|drift| drift.difference.wanted.is_empty())
            .unwrap();
        let edit = accept(&document, &kernel, added, || InterfaceId(99)).unwrap();
        let mut after = document.clone();
        apply(&mut after, edit).unwrap();
        assert!(after.interfaces[&id].neighbours.contains(&neighbour));
        assert_eq!(drifts(&after, &kernel), []);
        let steps = revert(&document, &kernel, added).steps;
        assert_eq!(steps.len(), 1, "{steps:#?}");
        model::execute(&mut kernel, &steps[0]).unwrap();
        assert_eq!(drifts(&document, &kernel), []);
    }
}

#[test]
fn edits_have_inverses_and_what_cannot_be_is_refused() {
    let mut document = lab();
    let before = document.clone();
    let (red, id) = end(&document);
    let add = |interface, text: &str| Edit::AddNeighbour {
        interface,
        neighbour: text.parse().unwrap(),
    };
    let inverse = apply(&mut document, add(id, "proxy fd00::9")).unwrap();
    assert_ne!(document, before);
    apply(&mut document, inverse).unwrap();
    assert_eq!(document, before);
    let loopback = document.interface_named(red, "lo").unwrap();
    for edit in [
        add(loopback, "10.0.0.3 lladdr 02:00:00:00:00:03"),
        add(id, "10.0.0.2 lladdr 02:00:00:00:00:03"),
        add(id, "proxy 10.0.0.9"),
        Edit::RemoveNeighbour {
            interface: id,
            neighbour: "proxy 10.0.0.10".parse().unwrap(),
        },
        Edit::SetMtu {
            interface: id,
            mtu: Some(1000),
        },
    ] {
        let error = apply(&mut document, edit.clone()).unwrap_err();
        assert!(!error.to_string().is_empty(), "{edit:?}");
        assert_eq!(document, before);
    }
}
