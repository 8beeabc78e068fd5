//! Text forms: out and in again is the same lab; the article reads as it is.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::BTreeMap;
use std::net::IpAddr;

use proptest::prelude::*;
use topology::advertise::Advertisement;
use topology::arbitrary::{document, with_routes};
use topology::command::{of_document, script_text};
use topology::document::{Interface, Kind, Namespace, Route};
use topology::id::{InterfaceId, NamespaceId, Node};
use topology::plan::{Mtus, plan};
use topology::read::read;
use topology::route::Scope;
use topology::serve::Served;
use topology::{Document, model, script, yaml};

/// Kind, state, MTU as it is said, addresses, bridge.
type Settings = (String, bool, Option<u32>, Vec<String>, Option<String>);

/// Forwarding of both families, routes and rules, firewall, what is served.
type NamespaceParts = (bool, bool, Vec<String>, Option<String>, Served);

/// A document without its ids: what text forms carry.
#[derive(Debug, PartialEq)]
struct Lab {
    title: String,
    namespaces: BTreeMap<String, NamespaceParts>,
    interfaces: BTreeMap<String, Settings>,
    positions: BTreeMap<String, (f64, f64)>,
    advertised: BTreeMap<String, Advertisement>,
}

fn lab(document: &Document) -> Lab {
    let interface = |id: InterfaceId| document.describe_interface(id);
    let route = |route: &Route| {
        format!(
            "{} {:?} {:?} {:?} {:?}",
            route.destination,
            route.gateway,
            route.interface.map(interface),
            route.metric,
            route.options.map(|id| Some(interface(*id)))
        )
    };
    let namespace = |(_, ns): (&NamespaceId, &Namespace)| {
        let mut routes: Vec<_> = ns.routes.iter().map(route).collect();
        let rules = ns.rules.iter();
        routes.extend(rules.map(|rule| format!("{:?}", rule.map(|id| Some(interface(*id))))));
        (
            ns.name.to_string(),
            (
                ns.forwarding.ipv4,
                ns.forwarding.ipv6,
                routes,
                ns.firewall.as_ref().map(ToString::to_string),
                ns.serve.clone(),
            ),
        )
    };
    let one = |(id, i): (&InterfaceId, &Interface)| {
        let kind = match i.kind {
            Kind::Veth { peer } => format!("veth to {}", interface(peer)),
            Kind::Loopback => "loopback".to_owned(),
            Kind::Device(ref device) => {
                let named = device.map(|id| Some(interface(*id)));
                // What is usual need not be said.
                let table = device.kind.table().parameters;
                let named = named.map(|named| named.parameters.without_usual(table));
                format!("{} {named:?}", device.kind)
            }
        };
        let port = i.port.map(|id| Some(interface(*id)));
        let port = port.map(|port| port.without_usual(topology::kind::port::TABLE));
        let kind = format!("{kind} {:?} {port:?}", i.mac);
        let addresses = i.addresses.iter().map(ToString::to_string).collect();
        (
            interface(*id),
            (
                kind,
                document.is_up(i),
                i.mtu,
                addresses,
                i.master.map(interface),
            ),
        )
    };
    let position = |(node, at): (&Node, &topology::document::Point)| {
        let name = match node {
            Node::Namespace(id) => document.describe_namespace(*id),
            Node::Bridge(id) => interface(*id),
        };
        (name, (at.x, at.y))
    };
    Lab {
        title: document.title.clone(),
        namespaces: document.namespaces.iter().map(namespace).collect(),
        interfaces: document.interfaces.iter().map(one).collect(),
        positions: document.positions.iter().map(position).collect(),
        advertised: document
            .interfaces
            .iter()
            .filter_map(|(id, i)| Some((interface(*id), i.advertise.clone()?)))
            .collect(),
    }
}

fn choices() -> impl Strategy<Value = Vec<u16>> {
    prop::collection::vec(any::<u16>(), 24)
}

/// Numbers that choose, one after the other.
struct Choices<'a>(std::iter::Cycle<std::slice::Iter<'a, u16>>);

impl Choices<'_> {
    fn below(&mut self, most: usize) -> usize {
        usize::from(*self.0.next().unwrap()) % most
    }
}

/// Adds what random edits seldom come to: routes through gateways among those without, in any order
/// that the kernel takes, and MTUs that the interface would have anyway.
fn with_what_people_say(document: Document, choices: &[u16]) -> Document {
    let mut document = with_routes(document, choices);
    let mut choices = Choices(choices.iter().cycle());
    let mut routes: Vec<(NamespaceId, Route)> = Vec::new();
    for (&id, interface) in &document.interfaces {
        for &address in interface
            .addresses
            .iter()
            .filter(|address| document.is_up(interface) && address.peer().is_none())
        {
            // No address of a random document ends so.
            let (gateway, beyond) = match address.addr() {
                IpAddr::V4(own) => {
                    let [a, b, c, _] = own.octets();
                    (IpAddr::from([a, b, c, 253]), "10.2.0.0/16")
                }
                IpAddr::V6(own) => {
                    let mut parts = own.segments();
                    parts[7] = 0xffff;
                    (IpAddr::from(parts), "fd02::/32")
                }
            };
            if interface.kind != Kind::Loopback && choices.below(2) == 0 {
                let route = Route {
                    destination: beyond.parse().unwrap(),
                    gateway: Some(gateway),
                    interface: (choices.below(3) == 0).then_some(id),
                    // One of each destination and metric.
                    metric: Some(2000 + routes.len() as u32),
                    options: Default::default(),
                };
                routes.push((interface.namespace, route));
            }
        }
    }
    for (namespace, route) in routes {
        let known = &mut document.namespaces.get_mut(&namespace).unwrap().routes;
        let place = choices.below(known.len() + 1);
        known.insert(place, route);
    }
    let mtus = Mtus::new(&document);
    let usual = document.interfaces.iter();
    let usual: Vec<_> = usual.map(|(id, i)| (*id, mtus.of(*id, i))).collect();
    for (id, mtu) in usual {
        let interface = document.interfaces.get_mut(&id).unwrap();
        if choices.below(3) == 0 {
            interface.mtu = mtu;
        }
    }
    document
}

/// Routes that wait for an interface that is down are in no script.
fn without_waiting_routes(mut document: Document) -> Document {
    let whole = document.clone();
    for namespace in document.namespaces.values_mut() {
        namespace.routes.retain(|r| {
            let mut interfaces = r.interfaces().filter_map(|id| whole.interfaces.get(&id));
            let is_host = r.options.scope == Some(Scope::Host);
            (is_host || interfaces.all(|i| whole.is_up(i))) && !waits_for_its_source(&whole, r)
        });
    }
    document
}

/// Nobody can be asked whether an IPv6 address is free while its link has no carrier.
fn waits_for_its_source(document: &Document, route: &Route) -> bool {
    let source = route.options.source.filter(IpAddr::is_ipv6);
    let mut owners = document.interfaces.values().filter(|i| {
        let mut addresses = i.addresses.iter();
        addresses.any(|a| Some(a.addr()) == source)
            && route
                .interfaces()
                .any(|id| document.interfaces[&id].namespace == i.namespace)
    });
    owners.any(|i| i.peer().is_some_and(|peer| !document.interfaces[&peer].up))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn yaml_out_and_in_is_the_same_lab(document in document(50), choices in choices()) {
        let document = with_what_people_say(document, &choices);
        let text = yaml::write(&document);
        let again = yaml::read(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        prop_assert_eq!(lab(&again), lab(&document), "\n{}", text);
        prop_assert_eq!(yaml::write(&again).lines().count(), text.lines().count());
    }

    #[test]
    fn a_script_out_and_in_is_the_same_lab_but_for_the_drawing(document in document(50), choices in choices()) {
        let document = with_what_people_say(document, &choices);
        prop_assert_eq!(document.validate(), Ok(()));
        let text = script_text(&document);
        let again = script::read(&text).unwrap_or_else(|errors| panic!("{errors:#?}\n{text}"));
        let mut wanted = lab(&without_waiting_routes(document));
        wanted.positions.clear();
        // No command serves.
        for namespace in wanted.namespaces.values_mut() {
            namespace.4.clear();
        }
        // No command advertises.
        wanted.advertised.clear();
        prop_assert_eq!(lab(&again.document), wanted, "\n{}", text);
    }

    #[test]
    fn no_text_makes_a_reader_panic(text in "(?s).{0,300}") {
        let _any = read(&text);
        let _any = read(&format!("netyard: 1\n{text}"));
        let _any = read(&format!("ip {text}"));
    }

    #[test]
    fn no_words_make_a_reader_panic(words in prop::collection::vec(
        prop::sample::select(vec!["ip", "netns", "exec", "link", "add", "set", "addr", "route", "red", "lo", "dev",
            "10.0.0.1/24", "type", "veth", "peer", "name", "up", "master", "-n", "-6", "default", "via", "\n", ";"]), 0..60)) {
        let _any = read(&words.join(" "));
    }
}

const ARTICLE: &str = include_str!("../../../public/labs/article.sh");

#[test]
fn the_article_reads_as_it_is() {
    let article = read(ARTICLE).unwrap();
    let same = read(include_str!("../../../public/labs/article.yaml")).unwrap();
    let mut drawn = lab(&same.document);
    drawn.positions.clear();
    drawn.title.clear();
    let mut read = lab(&article.document);
    read.title.clear();
    assert_eq!(read, drawn);
    let notes = article.report.left_out.iter();
    let notes: Vec<_> = notes.map(ToString::to_string).collect();
    assert_eq!(notes.len(), 4, "{notes:#?}");
    assert!(
        notes[0].contains("ip netns list") && notes[1].contains("ping"),
        "{notes:#?}"
    );
}

#[test]
fn every_example_is_sound_and_planned() {
    for text in [
        include_str!("../../../public/labs/article.yaml"),
        include_str!("../../../public/labs/bridged.yaml"),
        include_str!("../../../public/labs/router.yaml"),
    ] {
        let document = read(text).unwrap().document;
        let problems = topology::problem::check(&document);
        let errors = problems
            .iter()
            .filter(|p| p.severity == topology::problem::Severity::Error);
        assert_eq!(errors.count(), 0, "{problems:#?}");
        let mut state = model::fresh();
        for step in plan(&document, &state) {
            model::execute(&mut state, &step).unwrap();
        }
        assert_eq!(plan(&document, &state), vec![]);
    }
}

#[test]
fn the_article_is_told_that_green_is_apart() {
    let document = read(ARTICLE).unwrap().document;
    let problems = topology::problem::check(&document);
    let apart = problems
        .iter()
        .find(|p| p.text.contains("no cable or bridge joins them"));
    assert!(
        apart.is_some_and(|p| p.text.contains("green") && p.text.contains("red")),
        "{problems:#?}"
    );
}

#[test]
fn commands_are_those_of_the_field() {
    let document = read(include_str!("../../../public/labs/router.yaml"))
        .unwrap()
        .document;
    let commands: Vec<String> = of_document(&document)
        .into_iter()
        .flat_map(|s| s.commands)
        .map(|c| c.to_string())
        .collect();
    for wanted in [
        "ip netns add left",
        "ip link add eth0 netns left type veth peer name left netns router",
        "ip netns exec router sysctl -w net.ipv4.ip_forward=1",
        "ip netns exec router sysctl -w net.ipv6.conf.all.forwarding=1",
        "ip -n left addr add 10.1.0.1/24 dev eth0",
        "ip -n left link set eth0 up",
        "ip -n left route add default via 10.1.0.254",
        "ip -n left -6 route add default via fd01::fe",
    ] {
        assert!(
            commands.iter().any(|c| c == wanted),
            "{wanted}: {commands:#?}"
        );
    }
}

#[test]
fn yaml_is_refused_with_its_place() {
    let place = |text: &str| {
        let error = yaml::read(text).unwrap_err();
        (error.line, error.to_string())
    };
    let (line, text) = place("netyard: 1\nnamespaces:\n  red:\n    colour: blue\n");
    assert_eq!(line, 4, "{text}");
    assert!(text.contains("colour"), "{text}");
    let (line, text) = place("netyard: 1\nnamespaces:\n  red: {}\n  a-name-of-16-byt: {}\n");
    assert_eq!(line, 4, "{text}");
    let (_, text) = place("netyard: 2\n");
    assert!(text.contains("version 2"), "{text}");
    let (line, text) =
        place("netyard: 1\nlinks:\n  - host/a: {}\n    host/b: { addresses: [10.0.0.1] }\n");
    assert!(line >= 3 && text.contains("10.0.0.1/24"), "{line} {text}");
    let bomb = "netyard: 1\ntitle: &a x\nlinks: [*a, *a]\n";
    assert!(yaml::read(bomb).is_err());
    let deep = format!(
        "netyard: 1\ntitle: {}x{}\n",
        "[".repeat(500),
        "]".repeat(500)
    );
    assert!(yaml::read(&deep).is_err());
    assert!(
        yaml::read(&"x".repeat(yaml::MAX_TEXT_BYTES + 1))
            .unwrap_err()
            .message
            .contains("larger")
    );
}
