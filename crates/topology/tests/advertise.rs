//! Router advertisements: as text, as edits, and that no plan has to do with them.
#![allow(clippy::unwrap_used, missing_docs)]

use topology::advertise::{Advertisement, LIFETIME};
use topology::edit::{Edit, Field, Place, apply};
use topology::{Document, InterfaceId, NamespaceId, model, plan, problem, script, yaml};

const LAB: &str = "netyard: 1
namespaces:
  router: {forwarding: [ipv6]}
  blue: {}
links:
  - router/lan: {addresses: [fd00:1::1/64], advertise: SAID}
    blue/eth0: {}
";
const SAID: &str = "{prefixes: [fd00:1::/64, fd00:2::/48 off-link no-autoconf valid forever preferred 60], \
                    lifetime: 0, interval: 10, mtu: 1400, dns: [fd00:1::53]}";

fn lab(said: &str) -> Result<Document, String> {
    let text = LAB.replace("SAID", said);
    yaml::read(&text).map_err(|error| error.to_string())
}

fn lan(document: &Document) -> InterfaceId {
    let router = document.namespace_named("router").unwrap();
    document.interface_named(router, "lan").unwrap()
}

#[test]
fn it_is_read_as_it_is_written() {
    for said in [
        SAID,
        "{prefixes: [fd00:1::/64]}",
        "{}",
        "{dns: [fd00:1::53]}",
    ] {
        let document = lab(said).unwrap();
        let text = yaml::write(&document);
        assert_eq!(yaml::read(&text).unwrap(), document, "{text}");
        let json = serde_json::to_string(&document).unwrap();
        assert_eq!(serde_json::from_str::<Document>(&json).unwrap(), document);
    }
    let text = yaml::write(&lab(SAID).unwrap());
    let prefix = "fd00:2::/48 off-link no-autoconf valid forever preferred 60";
    assert!(text.contains(prefix), "{text}");
    // What is usual is not said.
    let usual = lab("{prefixes: [fd00:1::/64 valid 2592000], lifetime: 1800}").unwrap();
    let text = yaml::write(&usual);
    assert!(
        text.contains("advertise: {prefixes: [\"fd00:1::/64\"]}")
            || text.contains("advertise: {prefixes: [fd00:1::/64]}"),
        "{text}"
    );
}

#[test]
fn what_nobody_could_send_is_refused_at_its_place() {
    for (said, why) in [
        ("{prefixes: [fd00:1::/48]}", "/64 only"),
        ("{prefixes: [fd00:1::1/64]}", "has host bits"),
        (
            "{prefixes: [fe80::/64]}",
            "no network that can be advertised",
        ),
        ("{prefixes: [fd00:1::/64, fd00:1::/64]}", "is there twice"),
        ("{prefixes: [fd00:1::/64 valid 1]}", "preferred for longer"),
        ("{prefixes: [10.0.0.0/24]}", "is no IPv6 network"),
        ("{prefixes: [fd00:1::/64 loud]}", "`loud`"),
        ("{lifetime: 9001}", "not 9001"),
        ("{lifetime: 5}", "not 5"),
        ("{interval: 3}", "not 3"),
        ("{mtu: 1279}", "IPv6 needs an MTU"),
        ("{dns: ['::']}", "no DNS server"),
        ("{router: true}", "router"),
    ] {
        let error = lab(said).unwrap_err();
        assert!(error.contains(why), "{said}: {error}");
        assert!(error.contains("line 6"), "{said}: {error}");
    }
}

#[test]
fn edits_have_inverses() {
    let mut document = lab("{}").unwrap();
    let before = document.clone();
    let interface = lan(&document);
    let set = |advertise| Edit::SetAdvertisement {
        interface,
        advertise,
    };
    let undo = apply(&mut document, set(None)).unwrap();
    assert_eq!(document.interfaces[&interface].advertise, None);
    let redo = apply(&mut document, undo).unwrap();
    assert_eq!(document, before);
    assert_eq!(redo, set(None));
    let wrong = Advertisement {
        interval: 1,
        ..Advertisement::default()
    };
    let error = apply(&mut document, set(Some(wrong.clone()))).unwrap_err();
    let place = Place::Interface(interface, Some(Field::Advertise));
    assert_eq!(error.place, place);
    let lo = InterfaceId::HOST_LOOPBACK;
    let on_loopback = Edit::SetAdvertisement {
        interface: lo,
        advertise: Some(Advertisement::default()),
    };
    assert!(apply(&mut document, on_loopback).is_err());
    assert_eq!(document, before);
    // Nor is it taken in by a whole document.
    document.interfaces.get_mut(&interface).unwrap().advertise = Some(wrong);
    assert!(document.validate().is_err());
}

#[test]
fn the_kernel_has_nothing_to_do_with_it() {
    let document = lab("{}").unwrap();
    let mut observed = model::fresh();
    for step in plan::plan(&document, &observed) {
        model::execute(&mut observed, &step).unwrap();
    }
    let mut changed = document.clone();
    let interface = lan(&document);
    changed.interfaces.get_mut(&interface).unwrap().advertise = None;
    // Somebody has changed it meanwhile: that is no business of this edit.
    let router = document.namespace_named("router").unwrap();
    let found = observed.namespaces.get_mut(&router).unwrap();
    found.interfaces.named_mut("lan").unwrap().mtu = 1400;
    assert!(plan::plan_edit(&document, &changed, &observed).is_empty());
    assert!(!plan::plan(&changed, &observed).is_empty());
    // Nor has any command.
    let text = topology::command::script_text(&document);
    assert!(script::read(&text).unwrap().document.same_lab(&changed));
}

#[test]
fn a_router_that_does_not_forward_is_a_problem() {
    let mut document = lab("{}").unwrap();
    let interface = lan(&document);
    let told = |document: &Document| {
        let found = problem::check(document);
        let place = Place::Interface(interface, Some(Field::Advertise));
        let mut found = found.into_iter().filter(|problem| problem.place == place);
        found.next().map(|problem| problem.text)
    };
    assert_eq!(told(&document), None);
    let said = document.interfaces[&interface].advertise.clone().unwrap();
    assert_eq!(said.lifetime, LIFETIME);
    let router = document.namespace_named("router").unwrap();
    assert_ne!(router, NamespaceId::HOST);
    document
        .namespaces
        .get_mut(&router)
        .unwrap()
        .forwarding
        .ipv6 = false;
    assert!(told(&document).unwrap().contains("forwards no IPv6"));
    let silent = Advertisement {
        lifetime: 0,
        ..said
    };
    document.interfaces.get_mut(&interface).unwrap().advertise = Some(silent);
    assert_eq!(told(&document), None);
}
