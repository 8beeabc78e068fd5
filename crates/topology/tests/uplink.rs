//! The uplink of a lab's host, from the text to the kernel's model and back.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeSet;

use topology::command::{Names, of_step, script_text};
use topology::document::{Interface, Kind, Namespace, Route};
use topology::edit::{Fragment, apply};
use topology::feature::{self, Feature, Missing};
use topology::id::InterfaceId;
use topology::kind::{Device, DeviceKind};
use topology::observed::{ObservedKind, ObservedRoute, Origin};
use topology::plan::{plan, plan_edit};
use topology::status::{Status, statuses};
use topology::{Document, Edit, NamespaceId, Observed, Step, adopt, model, uplink, yaml};

const LAB: &str = include_str!("../../../public/labs/internet.yaml");
const ON: Step = Step::SetUplink { on: true };
const OFF: Step = Step::SetUplink { on: false };

fn lab() -> Document {
    yaml::read(LAB).unwrap()
}

fn without() -> Document {
    let mut document = lab();
    apply(&mut document, Edit::SetUplink { on: false }).unwrap();
    document
}

/// The kernel of a lab, with what `pasta` does to it.
fn kernel(document: &Document) -> Observed {
    let mut observed = model::fresh();
    for step in plan(document, &observed) {
        model::execute(&mut observed, &step).unwrap();
    }
    model::settle_carriers(&mut observed);
    let mut host = observed.namespaces[&NamespaceId::HOST].clone();
    if let Some(index) = uplink::index_in(&host) {
        host.routes.insert(ObservedRoute {
            destination: "0.0.0.0/0".parse().unwrap(),
            gateway: Some(uplink::GATEWAY.parse().unwrap()),
            interface: Some(index),
            metric: 0,
            origin: Origin::Static,
            options: Default::default(),
            dead: BTreeSet::new(),
        });
    }
    observed.namespaces.insert(NamespaceId::HOST, host);
    observed
}

#[test]
fn yaml_says_it_of_the_host_only() {
    let document = lab();
    assert!(document.has_uplink());
    let text = yaml::write(&document);
    assert!(
        text.contains("  host:\n") && text.contains("    uplink: true\n"),
        "{text}"
    );
    assert!(yaml::read(&text).unwrap().same_lab(&document));
    assert!(!yaml::write(&without()).contains("uplink: "));
    let wrong = "netyard: 1\nnamespaces:\n  red:\n    uplink: true\n";
    let error = yaml::read(wrong).unwrap_err().to_string();
    assert!(error.contains("only the host"), "{error}");
}

#[test]
fn an_edit_has_its_inverse_and_what_collides_is_refused() {
    let mut document = without();
    let before = document.clone();
    let undo = apply(&mut document, Edit::SetUplink { on: true }).unwrap();
    assert!(document.has_uplink());

    let route = Route {
        destination: "0.0.0.0/0".parse().unwrap(),
        gateway: Some("10.0.0.1".parse().unwrap()),
        interface: None,
        metric: None,
        options: Default::default(),
    };
    let add = |route: Route| Edit::AddRoute {
        namespace: NamespaceId::HOST,
        route,
        index: None,
    };
    let with = document.clone();
    let error = apply(&mut document, add(route.clone()))
        .unwrap_err()
        .to_string();
    assert!(error.contains("default route"), "{error}");
    let id = document.interface_named(NamespaceId::HOST, "br0").unwrap();
    let name = uplink::INTERFACE.parse().unwrap();
    let rename = Edit::RenameInterface {
        interface: id,
        name,
    };
    let error = apply(&mut document, rename).unwrap_err().to_string();
    assert!(error.contains(uplink::INTERFACE), "{error}");
    let new = Interface::new(
        NamespaceId::HOST,
        uplink::INTERFACE.parse().unwrap(),
        Kind::Device(Device::new(DeviceKind::Bridge)),
    );
    let insert = Fragment {
        interfaces: [(InterfaceId(999), new)].into(),
        ..Fragment::default()
    };
    assert!(apply(&mut document, Edit::Insert(insert)).is_err());
    let elsewhere = Namespace {
        uplink: true,
        ..Namespace::new("green".parse().unwrap())
    };
    let insert = Fragment {
        namespaces: [(NamespaceId(999), elsewhere)].into(),
        interfaces: [(InterfaceId(999), Interface::loopback(NamespaceId(999)))].into(),
        ..Fragment::default()
    };
    let error = apply(&mut document, Edit::Insert(insert))
        .unwrap_err()
        .to_string();
    assert!(error.contains("only the host"), "{error}");
    assert_eq!(document, with, "a refused edit leaves it as it was");
    // A worse route beside it is no collision.
    let worse = Route {
        metric: Some(100),
        ..route.clone()
    };
    let back = apply(&mut document, add(worse)).unwrap();
    apply(&mut document, back).unwrap();
    apply(&mut document, undo).unwrap();
    assert_eq!(document, before);
    // The other way round.
    apply(&mut document, add(route)).unwrap();
    assert!(apply(&mut document, Edit::SetUplink { on: true }).is_err());
}

#[test]
fn it_comes_last_goes_first_and_its_route_is_nobody_elses() {
    let document = lab();
    let steps = plan(&document, &model::fresh());
    assert_eq!(steps.last(), Some(&ON));
    let observed = kernel(&document);
    assert_eq!(plan(&document, &observed), []);
    let host = &statuses(&document, Some(&observed)).namespaces[&NamespaceId::HOST];
    assert_eq!(*host, Status::Up);
    assert!(adopt::adopt("", &observed).has_uplink());
    assert_eq!(
        adopt::adopt("", &observed).namespaces[&NamespaceId::HOST].routes,
        []
    );

    let after = without();
    assert_eq!(plan_edit(&document, &after, &observed), [OFF]);
    let mut state = observed.clone();
    let undo = model::execute(&mut state, &OFF).unwrap();
    assert_eq!(undo, [ON]);
    assert!(!uplink::is_on(&state));
    assert_eq!(state.namespaces[&NamespaceId::HOST].routes.len(), 0);
    assert_eq!(plan_edit(&after, &document, &state), [ON]);

    // It has ended by itself: that is seen, left alone by other edits, and put right.
    let host = &statuses(&document, Some(&state)).namespaces[&NamespaceId::HOST];
    let Status::Drifted(differences) = host else {
        panic!("{host:?}")
    };
    assert_eq!(
        (differences.len(), differences[0].what.as_str()),
        (1, "uplink")
    );
    let mut titled = document.clone();
    apply(&mut titled, Edit::SetTitle { title: "x".into() }).unwrap();
    assert_eq!(plan_edit(&document, &titled, &state), []);
    assert_eq!(plan(&document, &state), [ON]);
}

#[test]
fn somebody_elses_interface_of_another_kind_is_none() {
    let mut observed = kernel(&without());
    let mut host = observed.namespaces[&NamespaceId::HOST].clone();
    let mut other = host.interfaces[&1].clone();
    other.name = uplink::INTERFACE.to_owned();
    other.kind = ObservedKind::Other("ifb".to_owned());
    host.interfaces.insert(77, other);
    observed.namespaces.insert(NamespaceId::HOST, host);
    assert!(!uplink::is_on(&observed));
    assert_eq!(plan(&without(), &observed), []);
    assert!(model::execute(&mut observed, &ON).is_err());
}

#[test]
fn no_command_does_it_and_a_script_says_so() {
    let document = lab();
    let script = script_text(&document);
    let line = script.lines().find(|line| line.contains("pasta"));
    assert!(line.unwrap().starts_with("# uplink: uplink0 "), "{script}");
    let text = of_step(&OFF, &Names::of(&document)).to_string();
    assert!(text.starts_with("# no uplink"), "{text}");
}

#[test]
fn where_it_is_missing_the_document_is_refused_with_the_way_to_it() {
    let told = |missing: &[Missing]| {
        assert!(feature::problems(&without(), missing).is_empty());
        let problems = feature::problems(&lab(), missing);
        assert_eq!(problems.len(), 1);
        problems[0].to_string()
    };
    let says = |text: &str, wanted: &[&str], unwanted: &[&str]| {
        assert!(wanted.iter().all(|words| text.contains(words)), "{text}");
        assert!(!unwanted.iter().any(|words| text.contains(words)), "{text}");
    };
    // Only what is still to be done is told.
    let (install, allow) = ("install pasta", "--allow-uplink");
    let mut missing = Vec::new();
    feature::forbid_uplink(&mut missing);
    says(&told(&missing), &["host", "not allowed", allow], &[install]);
    let not_there = Missing::new(Feature::Uplink, "pasta is not installed".to_owned());
    let mut missing = vec![not_there];
    let text = told(&missing);
    says(&text, &["host", "is not installed", install], &[allow]);
    feature::forbid_uplink(&mut missing);
    says(&told(&missing), &["not allowed", install, allow], &[]);
    assert!(Feature::all().any(|feature| feature == Feature::Uplink));
    let told = topology::problem::check(&lab());
    assert!(
        told.iter()
            .any(|problem| problem.hint.contains("--allow-uplink"))
    );
}
