//! Plans: executed on the model kernel they reach the document, and then nothing is left to do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use proptest::prelude::*;
use topology::arbitrary::{document, wish, with_routes};
use topology::edit::apply;
use topology::plan::{plan, plan_edit};
use topology::status::{Status, statuses};
use topology::{Document, Observed, Step, model};

fn execute(state: &mut Observed, steps: &[Step]) -> Vec<Step> {
    let mut undo = Vec::new();
    for step in steps {
        let inverse = model::execute(state, step);
        undo.push(inverse.unwrap_or_else(|refused| panic!("{step:?}: {refused}")));
    }
    undo.into_iter().rev().flatten().collect()
}

fn reached(document: &Document) -> Observed {
    let mut state = model::fresh();
    execute(&mut state, &plan(document, &model::fresh()));
    state
}

fn read(text: &str) -> Document {
    topology::yaml::read(text).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn an_ipv6_metric_of_nothing_is_what_the_kernel_makes_of_it() {
    let lab = |metric: &str| {
        let text = "netyard: 1\nnamespaces:\n  red:\n    routes: [{to: 'fd09::/64', dev: a METRIC}]\n\
                    links:\n  - red/a: {}\n    host/b: {}\n";
        read(&text.replace(" METRIC", metric))
    };
    let zero = lab(", metric: 0");
    let state = reached(&zero);
    assert_eq!(plan(&zero, &state), vec![], "no drift");
    assert_eq!(plan(&lab(""), &state), vec![]);
    assert_eq!(plan(&lab(", metric: 1024"), &state), vec![]);
    let statuses = statuses(&zero, Some(&state));
    assert!(
        statuses
            .namespaces
            .values()
            .all(|status| *status == Status::Up)
    );
    let adopted = topology::adopt::adopt("", &state);
    assert!(adopted.same_lab(&lab("")));
}

#[test]
fn routes_are_added_in_the_documents_order_where_the_kernel_takes_it() {
    let order = |routes: &str| {
        let text = "netyard: 1\nnamespaces:\n  red:\n    routes: [ROUTES]\n\
                    links:\n  - red/a: {addresses: [10.0.0.1/24]}\n    host/b: {}\n";
        let steps = plan(&read(&text.replace("ROUTES", routes)), &model::fresh());
        let routes = steps.iter().filter_map(|step| match step {
            Step::AddRoute { route, .. } => Some(route.destination.to_string()),
            _ => None,
        });
        routes.collect::<Vec<_>>()
    };
    assert_eq!(
        order("{to: default, via: 10.0.0.2}, {to: 10.9.0.0/16, dev: a}"),
        ["0.0.0.0/0", "10.9.0.0/16"]
    );
    assert_eq!(
        order(
            "{to: default, via: 10.9.0.2}, {to: 10.8.0.0/16, via: 10.0.0.2}, {to: 10.9.0.0/16, dev: a}"
        ),
        ["10.8.0.0/16", "10.9.0.0/16", "0.0.0.0/0"],
        "the gateway is reached through a later one"
    );
}

/// The kernel refuses an MTU above that of what an interface stands on.
#[test]
fn what_stands_on_others_gets_its_mtu_after_them() {
    let on_bridge = "netyard: 1\nnamespaces:\n  red:\n    bridges: {br0: {mtu: 9000}}\n    interfaces:\n      m0: {type: macvlan, link: br0}\n";
    let on_ports = "netyard: 1\nnamespaces:\n  red:\n    bridges: {br0: {}}\n    interfaces:\n      m0: {type: macvlan, link: br0, mtu: 8000}\n\
        links:\n  - red/a: {bridge: br0, mtu: 9000}\n    host/b: {}\n";
    let on_vxlan = "netyard: 1\nnamespaces:\n  red:\n    interfaces:\n      x0: {type: vxlan, id: 5, dev: a, mtu: 1600}\n      m0: {type: macvlan, link: x0}\n\
        links:\n  - red/a: {mtu: 9000}\n    host/b: {}\n";
    for (text, m0) in [(on_bridge, 9000), (on_ports, 8000), (on_vxlan, 1600)] {
        let document = read(text);
        let state = reached(&document);
        assert_eq!(plan(&document, &state), vec![], "{text}");
        let red = document.namespace_named("red").unwrap();
        let (_, found) = state.interface_named(red, "m0").unwrap();
        assert_eq!(found.mtu, m0, "{text}");
        // What the kernel gives by itself is in no script.
        let again = topology::script::read(&topology::command::script_text(&document)).unwrap();
        let of = |document: &Document| {
            let red = document.namespace_named("red").unwrap();
            document.interfaces[&document.interface_named(red, "m0").unwrap()].mtu
        };
        assert_eq!(of(&again.document), of(&document), "{text}");
    }
}

fn routes() -> impl Strategy<Value = [Vec<u16>; 2]> {
    let some = || prop::collection::vec(any::<u16>(), 0..12);
    (some(), some()).prop_map(|(before, after)| [before, after])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_plan_from_nothing_reaches_the_document(document in document(60)) {
        let state = reached(&document);
        prop_assert_eq!(plan(&document, &state), vec![]);
        let statuses = statuses(&document, Some(&state));
        let all = statuses.namespaces.values().chain(statuses.interfaces.values());
        for status in all {
            prop_assert!(!matches!(status, Status::Missing | Status::Drifted(_)), "{:?}", status);
        }
    }

    #[test]
    fn a_change_is_all_that_differs(
        before in document(40),
        wishes in prop::collection::vec(wish(), 0..20),
        routes in routes(),
    ) {
        let mut after = before.clone();
        for wish in wishes {
            let edit = wish.edit(&after);
            let _refused = apply(&mut after, edit);
        }
        let (before, after) = (with_routes(before, &routes[0]), with_routes(after, &routes[1]));
        let (before, mut after) = (reached(&before), reached(&after));
        model::settle_carriers(&mut after);
        for (from, to) in [(&before, &after), (&after, &before), (&before, &before)] {
            let change = from.change_to(to);
            prop_assert_eq!(change.is_empty(), from == to);
            for (id, part) in &change.parts {
                let (from, to) = (&from.namespaces[id].interfaces, &to.namespaces[id].interfaces);
                for (index, interface) in &part.interfaces {
                    prop_assert_ne!(from.get(index), to.get(index));
                    prop_assert_eq!(to.get(index), interface.as_ref());
                }
            }
            let mut there = from.clone();
            there.apply(change);
            prop_assert_eq!(&there, to);
        }
    }

    #[test]
    fn a_plan_from_any_document_reaches_any_other(
        before in document(40),
        wishes in prop::collection::vec(wish(), 0..20),
        routes in routes(),
    ) {
        let mut after = before.clone();
        for wish in wishes {
            let edit = wish.edit(&after);
            let _refused = apply(&mut after, edit);
        }
        let (before, after) = (with_routes(before, &routes[0]), with_routes(after, &routes[1]));
        let mut state = reached(&before);
        let steps = plan(&after, &state);
        execute(&mut state, &steps);
        prop_assert_eq!(plan(&after, &state), vec![]);
        let mut state = reached(&before);
        let steps = plan_edit(&before, &after, &state);
        execute(&mut state, &steps);
        prop_assert_eq!(plan(&after, &state), vec![], "the plan of the edit is as good");
    }

    #[test]
    fn a_plan_that_is_taken_back_leaves_what_was_there(
        before in document(40),
        wishes in prop::collection::vec(wish(), 0..20),
        routes in routes(),
        cut in 0_usize..60,
    ) {
        let mut after = before.clone();
        for wish in wishes {
            let edit = wish.edit(&after);
            let _refused = apply(&mut after, edit);
        }
        let (before, after) = (with_routes(before, &routes[0]), with_routes(after, &routes[1]));
        let first = reached(&before);
        let mut state = first.clone();
        let steps = plan(&after, &state);
        let undo = execute(&mut state, &steps[..cut.min(steps.len())]);
        execute(&mut state, &undo);
        let left = plan(&before, &state);
        prop_assert!(left.is_empty(), "{left:#?} after\n{steps:#?}\nand back\n{undo:#?}");
    }
}

#[test]
fn an_edit_leaves_drift_alone() {
    let mut before = Document::new("");
    let text = include_str!("data/two.json");
    for edit in serde_json::from_str::<Vec<topology::Edit>>(text).unwrap() {
        apply(&mut before, edit).unwrap();
    }
    let mut state = reached(&before);
    let lo = topology::step::At {
        namespace: topology::NamespaceId(1),
        name: "lo".parse().unwrap(),
    };
    execute(&mut state, &[Step::SetUp { at: lo, up: true }]);
    let mut after = before.clone();
    let forward = topology::Edit::SetForwarding {
        namespace: topology::NamespaceId(2),
        family: topology::address::Family::Ipv4,
        on: true,
    };
    apply(&mut after, forward).unwrap();
    assert_eq!(
        plan_edit(&before, &after, &state).len(),
        1,
        "only the switch"
    );
    assert_eq!(plan(&after, &state).len(), 2, "the switch and the loopback");
}

/// A route whose gateway two interfaces lead to goes with the one that the kernel chose; what is
/// left of the lab still has it.
#[test]
fn an_edit_puts_back_a_route_that_goes_with_an_interface_that_it_removes() {
    let before = read(
        "netyard: 1\nnamespaces:\n  red:\n    routes: [{to: 10.9.0.0/24, via: 10.0.0.9}]\n\
         links:\n  - red/a: {addresses: [10.0.0.1/24]}\n    host/a: {}\n  \
         - red/b: {addresses: [10.0.0.2/24]}\n    host/b: {}\n",
    );
    let red = before.namespace_named("red").unwrap();
    for name in ["a", "b"] {
        let mut state = reached(&before);
        let mut after = before.clone();
        let gone = before.interface_named(red, name).unwrap();
        let remove = topology::Edit::Remove(topology::edit::Selection::interface(gone));
        apply(&mut after, remove).unwrap();
        assert_eq!(after.namespaces[&red].routes.len(), 1);
        let steps = plan_edit(&before, &after, &state);
        execute(&mut state, &steps);
        assert_eq!(plan(&after, &state), vec![], "{name} is gone");
    }
}

#[test]
fn an_edit_leaves_out_a_route_whose_gateway_nothing_leads_to_any_more() {
    let before = read(
        "netyard: 1\nnamespaces:\n  red:\n    routes: [{to: 10.9.0.0/24, via: 10.0.0.9}]\n\
         links:\n  - red/a: {addresses: [10.0.0.1/24]}\n    host/a: {}\n",
    );
    let red = before.namespace_named("red").unwrap();
    let mut state = reached(&before);
    let mut after = before.clone();
    let remove = topology::Edit::RemoveAddress {
        interface: before.interface_named(red, "a").unwrap(),
        address: "10.0.0.1/24".parse().unwrap(),
    };
    apply(&mut after, remove).unwrap();
    let steps = plan_edit(&before, &after, &state);
    execute(&mut state, &steps);
    assert_eq!(steps.len(), 1, "{steps:?}");
}
