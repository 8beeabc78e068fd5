//! Drift: accepted into the document without a step, reverted by a plan for it alone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod steps;

use proptest::prelude::*;
use steps::reached;
use topology::arbitrary::{Wish, document, wish};
use topology::drift::{Drift, Place, accept, drifts, revert};
use topology::edit::apply;
use topology::kind::{Device, DeviceKind, Parameters};
use topology::plan::{plan, plan_edit};
use topology::step::NewInterface;
use topology::{Document, InterfaceId, Observed, Step, model};

fn execute(state: &mut Observed, steps: &[Step]) {
    for step in steps {
        model::execute(state, step).unwrap_or_else(|refused| panic!("{step:?}: {refused}"));
    }
}

fn read(text: &str) -> Document {
    topology::yaml::read(text).unwrap_or_else(|error| panic!("{error}"))
}

/// What somebody does with `ip` and `nft`: part of what it takes to come to another document, by
/// one who does not know for what interfaces were made.
fn outside(document: &Document, state: &mut Observed, wishes: &[Wish], part: u64) {
    let mut other = document.clone();
    for wish in wishes {
        let edit = wish.edit(&other);
        let _refused = apply(&mut other, edit);
    }
    for (number, mut step) in plan(&other, state).into_iter().enumerate() {
        match &mut step {
            Step::AddVeth { ends } => ends.iter_mut().for_each(|end| end.id = None),
            Step::AddDevice { new, .. } => new.id = None,
            // Namespaces are made by the agent only.
            Step::AddNamespace { .. }
            | Step::RemoveNamespace { .. }
            | Step::RenameNamespace { .. } => continue,
            _ => {}
        }
        if part >> (number % 64) & 1 == 1 {
            let _refused = model::execute(state, &step);
        }
    }
}

fn ids(document: &Document) -> impl FnMut() -> InterfaceId + use<> {
    let mut last = document.interfaces.keys().map(|id| id.0).max().unwrap();
    move || {
        last += 1;
        InterfaceId(last + 1000)
    }
}

/// Accepts a drift and says what went wrong with it.
fn accepted(document: &mut Document, state: &Observed, drift: &Drift) -> Result<(), String> {
    let edit = accept(document, state, drift, ids(document)).map_err(|why| why.to_string())?;
    let before = document.clone();
    apply(document, edit).unwrap();
    let steps = plan_edit(&before, document, state);
    assert!(steps.is_empty(), "{drift:?}\n{steps:#?}");
    Ok(())
}

/// Accepts all that can be, whatever is left first once more.
fn accept_all(document: &mut Document, state: &Observed) -> Vec<(Drift, String)> {
    loop {
        let mut refused = Vec::new();
        let mut any = false;
        for drift in drifts(document, state) {
            if !drifts(document, state).contains(&drift) {
                continue;
            }
            match accepted(document, state, &drift) {
                Ok(()) => any = true,
                Err(why) => refused.push((drift, why)),
            }
        }
        if !any {
            return refused;
        }
    }
}

/// Reverts a drift and checks that it is gone, and with it only what was said.
fn reverted(document: &Document, state: &mut Observed, drift: &Drift) {
    let before = drifts(document, state);
    let plan = revert(document, state, drift);
    assert!(!plan.steps.is_empty(), "{drift:?}");
    for step in &plan.steps {
        let _refused = model::execute(state, step);
    }
    let left = drifts(document, state);
    let has = |all: &[Drift], drift: &Drift| all.iter().any(|d| d.is_same(drift));
    let about = || {
        format!(
            "{drift:#?}\nby {:#?}\nfrom {before:#?}\nto {left:#?}",
            plan.steps
        )
    };
    assert!(!has(&left, drift), "it is still there: {}", about());
    for other in &before {
        let is_left = has(&left, other) || has(&left, &other.after(drift));
        let is_gone = !is_left && !other.is_same(drift);
        assert_eq!(is_gone, has(&plan.with, other), "{other:#?}: {}", about());
    }
    for other in &left {
        let is_old = |old: &Drift| old.is_same(other) || old.after(drift).is_same(other);
        assert!(before.iter().any(is_old), "new: {other:#?}: {}", about());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn all_that_is_accepted_is_no_drift_any_more(
        document in document(40),
        wishes in prop::collection::vec(wish(), 1..15),
        part in any::<u64>(),
    ) {
        let mut state = reached(&document);
        outside(&document, &mut state, &wishes, part);
        let mut after = document.clone();
        let refused = accept_all(&mut after, &state);
        let left: Vec<_> = drifts(&after, &state);
        prop_assert_eq!(left.len(), refused.len());
        // Nothing is refused without a reason that holds.
        for (drift, why) in &refused {
            let is_known = ["kind `", "names an interface", "another change of the kernel", "no name", "elsewhere", "cannot say this", "no namespace of the lab"];
            // What no document may say, of an object: `red/eth0: …`.
            let subject = why.split_once(": ").map(|(subject, _)| subject);
            let by_document = subject.is_some_and(|s| s.contains('/') && !s.contains(' '));
            // What hangs on something else that differs, and that is refused itself.
            let follows = why.contains("accept that first")
                && refused.iter().any(|(other, _)| other != drift);
            let is_known = by_document
                || follows
                || is_known.iter().any(|known| why.contains(known));
            prop_assert!(is_known, "{:?}: {}", drift, why);
        }
        if refused.is_empty() {
            prop_assert_eq!(plan(&after, &state), vec![]);
        }
    }

    #[test]
    fn all_that_is_reverted_leaves_nothing_to_do(
        document in document(40),
        wishes in prop::collection::vec(wish(), 1..15),
        part in any::<u64>(),
        order in any::<u16>(),
    ) {
        let mut state = reached(&document);
        outside(&document, &mut state, &wishes, part);
        loop {
            let all = drifts(&document, &state);
            let Some(drift) = all.get(usize::from(order) % all.len().max(1)) else {
                break;
            };
            reverted(&document, &mut state, drift);
        }
        prop_assert_eq!(plan(&document, &state), vec![]);
    }
}

/// What somebody changes, what that is called, and that it is one drift: accepted it is the other
/// document, reverted the first one, each by itself.
#[test]
fn each_kind_is_accepted_and_reverted() {
    const LAB: &str = "netyard: 1
namespaces:
  red:
    forwarding: FORWARD
    routes: [{to: 10.9.0.0/16, dev: a}ROUTES]
    rules: [{priority: 10, to: 10.8.0.0/16, table: 7}RULES]
    bridges:
      br0: {BRIDGE}
      br1: {}
    interfaces:
      v0: {type: vxlan, id: 7, dstport: 4789VXLAN}
links:
  - red/a: {addresses: [10.0.0.1/24ADDRESSES], up: UPA}
    host/b: {}
  - red/p: {bridge: MASTERPORT}
    host/q: {QQ}
LINKS";
    let lab = |changes: &[(&str, &str)]| {
        let usual = [
            ("FORWARD", "[]"),
            ("ROUTES", ""),
            ("RULES", ""),
            ("BRIDGE", ""),
            ("VXLAN", ""),
            ("ADDRESSES", ""),
            ("UPA", "true"),
            ("MASTER", "br0"),
            ("PORT", ""),
            ("QQ", ""),
            ("LINKS", ""),
        ];
        let mut text = LAB.to_owned();
        for (key, value) in changes.iter().chain(&usual) {
            text = text.replace(key, value);
        }
        read(&text)
    };
    let before = lab(&[]);
    for (what, change) in [
        ("IPv4 forwarding", ("FORWARD", "[ipv4]")),
        (
            "route",
            ("ROUTES", ", {to: 10.7.0.0/16, via: 10.0.0.9, dev: a}"),
        ),
        (
            "rule",
            ("RULES", ", {priority: 11, from: 10.7.0.0/16, table: 7}"),
        ),
        ("stp_state", ("BRIDGE", "stp_state: true")),
        ("state", ("BRIDGE", "up: false")),
        ("learning", ("VXLAN", ", learning: false")),
        ("address", ("ADDRESSES", ", 10.0.0.2/24")),
        ("address", ("ADDRESSES", ", 'fd00::1/64'")),
        ("state", ("UPA", "false")),
        ("master", ("MASTER", "br1")),
        ("port isolated", ("PORT", ", port: {isolated: true}")),
        ("mtu", ("QQ", "mtu: 1400")),
        ("interface", ("LINKS", "  - red/x: {}\n    host/y: {}")),
    ] {
        let after = lab(&[change]);
        for (from, to) in [(&before, &after), (&after, &before)] {
            let mut state = reached(from);
            let mut ids = Vec::new();
            for mut step in plan(to, &state) {
                if let Step::AddVeth { ends } = &mut step {
                    ids.extend(ends.iter_mut().map(|end| end.id.take()));
                }
                model::execute(&mut state, &step).unwrap();
            }
            let found = drifts(from, &state);
            assert!(!found.is_empty(), "{change:?}");
            assert!(
                found.iter().all(|drift| drift.difference.what == what),
                "{found:#?}"
            );
            let drift = found.first().unwrap();
            let mut document = from.clone();
            accepted(&mut document, &state, drift).unwrap();
            assert!(document.same_lab(to), "{change:?}: {document:#?}");
            assert_eq!(drifts(&document, &state), vec![]);
            reverted(from, &mut state, drift);
            assert_eq!(plan(from, &state), vec![], "{change:?}");
        }
    }
}

const TWO: &str = "netyard: 1
namespaces:
  red:
    forwarding: []
    rules: [{priority: 10, iif: a, table: 7}]
links:
  - red/a: {addresses: [10.0.0.1/24], mtu: 1400, mac: '02:00:00:00:00:01'}
    host/b: {}
";

fn at(document: &Document, namespace: &str, name: &str) -> topology::step::At {
    topology::step::At {
        namespace: document.namespace_named(namespace).unwrap(),
        name: name.parse().unwrap(),
    }
}

#[test]
fn of_two_things_on_one_interface_one_is_taken() {
    let document = read(&TWO.replace("    rules: [{priority: 10, iif: a, table: 7}]\n", ""));
    let mut state = reached(&document);
    let a = at(&document, "red", "a");
    let mac = "02:00:00:00:00:09".parse().unwrap();
    let steps = [
        Step::SetMtu {
            at: a.clone(),
            mtu: 1300,
        },
        Step::SetMac { at: a.clone(), mac },
        Step::SetUp {
            at: a.clone(),
            up: false,
        },
        Step::RenameInterface {
            at: a,
            name: "eth9".parse().unwrap(),
        },
    ];
    execute(&mut state, &steps);
    let all = drifts(&document, &state);
    let whats: Vec<_> = all.iter().map(|d| d.difference.what.as_str()).collect();
    assert_eq!(
        whats,
        ["rule", "rule", "name", "state", "mtu", "mac"]
            .split_at(2)
            .1
    );
    for drift in &all {
        let mut accepting = document.clone();
        let mut reverting = state.clone();
        accepted(&mut accepting, &state, drift).unwrap();
        assert_eq!(drifts(&accepting, &state).len(), all.len() - 1, "{drift:?}");
        reverted(&document, &mut reverting, drift);
        assert_eq!(
            drifts(&document, &reverting).len(),
            all.len() - 1,
            "{drift:?}"
        );
    }
}

#[test]
fn what_no_document_can_say_is_refused_with_the_reason() {
    let document = read(TWO);
    let mut state = reached(&document);
    let gone = Step::RemoveInterface {
        at: at(&document, "red", "a"),
    };
    execute(&mut state, &[gone]);
    let all = drifts(&document, &state);
    let missing = all.iter().find(|d| d.difference.wanted == "a").unwrap();
    let why = accept(&document, &state, missing, ids(&document)).unwrap_err();
    assert_eq!(
        why.to_string(),
        "the document could have it only with another change of the kernel: ip -n red rule del from all iif a priority 10 lookup 7"
    );
    // Both ends are there again after one is reverted.
    let plan = revert(&document, &state, missing);
    let with: Vec<_> = plan
        .with
        .iter()
        .map(|d| d.difference.wanted.as_str())
        .collect();
    assert_eq!(with, ["b"]);
}

#[test]
fn what_was_different_and_is_so_no_more_is_neither() {
    let document = read(TWO);
    let mut state = reached(&document);
    let set = |mtu| Step::SetMtu {
        at: at(&document, "red", "a"),
        mtu,
    };
    execute(&mut state, &[set(1300)]);
    let drift = drifts(&document, &state).remove(0);
    execute(&mut state, &[set(1200)]);
    assert_eq!(
        revert(&document, &state, &drift).steps,
        [set(1400)],
        "another value"
    );
    execute(&mut state, &[set(1400)]);
    assert_eq!(revert(&document, &state, &drift).steps, vec![]);
    let why = accept(&document, &state, &drift, ids(&document)).unwrap_err();
    assert_eq!(why.to_string(), "it is not so any more");
}

const PILE: &str = "netyard: 1
namespaces:
  red:
    bridges: {br0: {}, br1: {}}
    interfaces: {v7: {type: vlan, link: host/b, id: 7}}
  blue: {}
  green: {}
links:
  - red/a: {}
    host/b: {}
  - red/c: {}
    blue/d: {}
";

/// What stands in the way of a revert, or comes and goes with it, is put right with it.
#[test]
fn what_is_reverted_is_whole() {
    let document = read(PILE);
    let place = |namespace, name| at(&document, namespace, name);
    let remove = |namespace, name| Step::RemoveInterface {
        at: place(namespace, name),
    };
    let rename = |namespace, name, other: &str| Step::RenameInterface {
        at: place(namespace, name),
        name: other.parse().unwrap(),
    };
    let by_somebody = |namespace, name| NewInterface {
        id: None,
        at: place(namespace, name),
    };
    let other_end = Step::AddVeth {
        ends: [by_somebody("red", "c"), by_somebody("green", "x")],
    };
    let namesake = Step::AddDevice {
        new: by_somebody("red", "br0"),
        device: Device {
            kind: DeviceKind::Bridge,
            parameters: Parameters::default(),
        },
        underlay: None,
    };
    let smaller = Step::SetMtu {
        at: place("host", "b"),
        mtu: 1280,
    };
    let scenes = [
        // The other end of one that is made anew.
        (vec![remove("red", "c"), other_end], "red", "c", "state"),
        // What it stands on is elsewhere, and gone.
        (vec![remove("red", "a")], "red", "v7", "interface"),
        // Somebody else's has its name.
        (
            vec![rename("red", "br0", "old"), namesake.clone()],
            "red",
            "br0",
            "name",
        ),
        // Another one of the document has it.
        (
            vec![remove("red", "br0"), rename("red", "br1", "br0")],
            "red",
            "br0",
            "interface",
        ),
        // What it stands on makes it smaller.
        (vec![smaller], "red", "v7", "mtu"),
    ];
    for (steps, namespace, name, what) in scenes {
        let mut state = reached(&document);
        execute(&mut state, &steps);
        let namespace = document.namespace_named(namespace).unwrap();
        let id = document.interface_named(namespace, name).unwrap();
        let all = drifts(&document, &state);
        let is_it =
            |drift: &&Drift| drift.place == Place::Interface(id) && drift.difference.what == what;
        let drift = all.iter().find(is_it);
        let drift = drift.unwrap_or_else(|| panic!("{name} {what}: {all:#?}"));
        reverted(&document, &mut state, drift);
    }
    // Nobody else's interface goes where it is in nobody's way.
    let mut state = reached(&document);
    let small = Step::SetMtu {
        at: place("red", "old"),
        mtu: 1280,
    };
    execute(&mut state, &[rename("red", "br0", "old"), namesake, small]);
    let all = drifts(&document, &state);
    let mtu = all.iter().find(|drift| drift.difference.what == "mtu");
    reverted(&document, &mut state, mtu.unwrap());
    let is_stranger = |drift: &Drift| matches!(drift.place, Place::Stranger { .. });
    assert!(drifts(&document, &state).iter().any(is_stranger));
    // Somebody else's under the name of a renamed one is told; a renamed lower interface is no other.
    let mut state = reached(&document);
    execute(&mut state, &[rename("host", "b", "old")]);
    assert_eq!(drifts(&document, &state).len(), 1);
}
