//! Devices in other namespaces than what they stand on.
#![allow(clippy::panic, missing_docs)]

use topology::command::script_text;
use topology::edit::{Selection, apply};
use topology::{Document, Edit, script, yaml};

const LAB: &str = "netyard: 1
namespaces:
  red:
    interfaces:
      mv0: {type: macvlan, link: host/eth0, mode: bridge, addresses: [10.0.0.1/24]}
      tag: {type: vlan, link: eth1, id: 5}
  blue:
    interfaces:
      vx0: {type: vxlan, id: 7, remote: 10.9.0.2, dev: host/eth0}
      lo7: {type: vxlan, id: 8, dev: lo}
  host:
    interfaces:
      top: {type: vlan, link: red/eth1, id: 6}
links:
  - host/eth0: {addresses: [10.9.0.1/24]}
    red/eth1: {}
";

fn read(text: &str) -> Document {
    let read = script::read(text).unwrap_or_else(|errors| panic!("{errors:#?}\n{text}"));
    read.document
}

#[test]
fn they_go_out_and_in() {
    let document = yaml::read(LAB).unwrap();
    let text = yaml::write(&document);
    assert!(
        text.contains("link: host/eth0") && text.contains("link: eth1"),
        "{text}"
    );
    assert!(
        text.contains("dev: host/eth0") && text.contains("link: red/eth1"),
        "{text}"
    );
    assert!(yaml::read(&text).unwrap().same_lab(&document), "{text}");
    let text = script_text(&document);
    for command in [
        "ip link add link eth0 name mv0 netns red type macvlan mode bridge",
        "ip link add vx0 netns blue type vxlan id 7 remote 10.9.0.2 dev eth0",
        // The root namespace has no name for `ip`: process 1 is in it.
        "ip -n red link add link eth1 name top netns 1 type vlan id 6",
    ] {
        assert!(text.contains(&format!("{command}\n")), "{command}: {text}");
    }
    assert!(read(&text).same_lab(&document), "{text}");
}

#[test]
fn scripts_make_them_as_containers_do() {
    let begin = "ip netns add red\nip link add eth0 type veth peer name x\n";
    for commands in [
        "ip link add link eth0 name mv type macvlan mode bridge\nip link set mv netns red",
        "ip link add link eth0 name mv0 type macvlan mode bridge\nip link set mv0 netns red name mv",
        "ip link add link eth0 name mv netns red type macvlan mode bridge",
        "ip -n red link add mv link-netns 1 link eth0 type macvlan mode bridge",
    ] {
        let document = read(&format!("{begin}{commands}\n"));
        let document_red = document.namespace_named("red").unwrap();
        let mv = document.interface_named(document_red, "mv").unwrap();
        let lower = document.interfaces[&mv].kind.links().next().unwrap();
        assert_eq!(
            document.describe_interface(lower),
            "host/eth0",
            "{commands}"
        );
    }
    // What stands on something stays where it is when that is moved.
    let text = format!(
        "{begin}ip link add link eth0 name tag type vlan id 5\nip link set eth0 netns red\nip link set tag mtu 1400\n"
    );
    let text = yaml::write(&read(&text));
    assert!(text.contains("link: red/eth0"), "{text}");
    for (commands, why) in [
        (
            "ip link add br0 type bridge\nip link set br0 netns red",
            "stays where it was made",
        ),
        (
            "ip link add gt type gre remote 192.0.2.1 dev eth0\nip link set gt netns red",
            "send through an interface of the namespace",
        ),
        (
            "ip link add it netns red type ipip remote 192.0.2.1",
            "say it with `link-netns`",
        ),
        (
            "ip link add mv link nowhere netns red type macvlan",
            "nowhere",
        ),
    ] {
        let errors = script::read(&format!("{begin}{commands}\n")).unwrap_err();
        let last = errors.last().unwrap();
        assert!(last.reason.contains(why), "{commands}: {last}");
    }
}

#[test]
fn they_are_told_apart_where_their_packets_go() {
    let refused = |text: &str| yaml::read(text).unwrap_err().message;
    let lab = |red: &str, blue: &str| {
        format!(
            "netyard: 1\nnamespaces:\n  red:\n    interfaces:\n      a: {{{red}}}\n  blue:\n    interfaces:\n      b: {{{blue}}}\nlinks:\n  - host/eth: {{}}\n    red/x: {{}}\n"
        )
    };
    let vlan = "type: vlan, link: host/eth, id: 5";
    let error = refused(&lab(vlan, vlan));
    assert!(error.contains("same ends"), "{error}");
    let vxlan = "type: vxlan, dev: host/eth, id: 5";
    let error = refused(&lab(vxlan, vxlan));
    assert!(error.contains("same ends"), "{error}");
    let macvlan = "type: macvlan, link: host/eth";
    yaml::read(&lab(macvlan, macvlan)).unwrap();
    let ipvlan = "type: ipvlan, link: host/eth, addresses: [10.0.0.1/24]";
    let error = refused(&lab(ipvlan, ipvlan));
    assert!(error.contains("told apart by addresses"), "{error}");
    let gre = "type: gre, remote: 192.0.2.1, dev: host/eth";
    let error = refused(&lab(gre, macvlan));
    assert!(error.contains("its own namespace only"), "{error}");
    // They go with what they stand on, and come again with it.
    let mut document = yaml::read(LAB).unwrap();
    let before = document.clone();
    let red = document.namespace_named("red").unwrap();
    let back = apply(&mut document, Edit::Remove(Selection::namespace(red))).unwrap();
    assert_eq!(
        document.interface_named(topology::NamespaceId::HOST, "top"),
        None
    );
    apply(&mut document, back).unwrap();
    assert_eq!(document, before);
}

#[test]
fn what_stands_elsewhere_connects() {
    let document = yaml::read(LAB).unwrap();
    let alone = |document: &Document| {
        let problems = topology::problem::check(document);
        let alone = problems
            .iter()
            .filter(|one| one.text.contains("nothing connects it"));
        alone.count()
    };
    // `blue` has a VXLAN on the host's interface, and no cable.
    assert_eq!(alone(&document), 0);
    let without = LAB.replace("dev: host/eth0", "learning: true");
    assert_eq!(alone(&yaml::read(&without).unwrap()), 1);
}

const THROUGH: &str = "netyard: 1
namespaces:
  red:
    interfaces:
      wg0: {type: wireguard, underlay: host, addresses: [10.7.0.1/24]}
      vx0: {type: vxlan, id: 7, remote: 10.9.0.2, underlay: blue}
      gre1: {type: gre, remote: 10.9.0.2, underlay: blue}
      tun1: {type: ipip, remote: 10.9.0.2, underlay: host}
  blue: {}
links:
  - host/eth0: {addresses: [10.9.0.1/24]}
    blue/eth0: {addresses: [10.9.0.2/24]}
";

#[test]
fn tunnels_send_through_the_namespace_where_they_were_made() {
    let document = yaml::read(THROUGH).unwrap();
    let text = yaml::write(&document);
    assert!(text.contains("underlay: host"), "{text}");
    assert!(yaml::read(&text).unwrap().same_lab(&document), "{text}");
    let text = script_text(&document);
    for command in [
        "ip link add wg0 netns red type wireguard",
        "ip -n blue link add vx0 netns red type vxlan id 7 remote 10.9.0.2",
        "ip -n red link add gre1 link-netns blue type gre remote 10.9.0.2",
        "ip -n red link add tun1 link-netns /proc/1/ns/net type ipip remote 10.9.0.2",
    ] {
        assert!(text.contains(&format!("{command}\n")), "{command}: {text}");
    }
    assert!(read(&text).same_lab(&document), "{text}");
    // As https://www.wireguard.com/netns/ has it, and further on, and back home.
    let begin = "ip netns add red\nip netns add blue\nip link add wg0 type wireguard\n";
    let of = |more: &str| {
        let found = read(&format!("{begin}{more}"));
        let mut all = found
            .interfaces
            .values()
            .filter(|i| ["wg0", "gt"].contains(&i.name.as_str()));
        let wg = all.next_back().unwrap();
        let name = |id| found.describe_namespace(id);
        (name(wg.namespace), wg.underlay.map(name))
    };
    let gre = "ip link add gt type gre remote 192.0.2.1\nip link set gt netns red\n";
    assert_eq!(of(gre), ("red".into(), Some("host".to_owned())));
    let host = || Some("host".to_owned());
    assert_eq!(of("ip link set wg0 netns red\n"), ("red".into(), host()));
    let twice = "ip link set wg0 netns red\nip -n red link set wg0 netns blue\n";
    assert_eq!(of(twice), ("blue".into(), host()));
    let back = "ip link set wg0 netns red\nip -n red link set wg0 netns 1\n";
    assert_eq!(of(back), ("host".into(), None));
}

#[test]
fn an_underlay_that_leads_nowhere_is_told() {
    let told = |remote: &str| {
        let text = THROUGH.replace("remote: 10.9.0.2", &format!("remote: {remote}"));
        let problems = topology::problem::check(&yaml::read(&text).unwrap());
        let mut texts = problems.iter().map(ToString::to_string);
        texts.find(|text| text.contains("nothing leads"))
    };
    assert_eq!(told("10.9.0.1"), None);
    let text = told("10.8.0.1").unwrap();
    assert!(
        text.starts_with("warning: red/vx0: it sends through blue"),
        "{text}"
    );
}

#[test]
fn an_underlay_is_an_edit_and_takes_its_tunnels_along() {
    let mut document = yaml::read(THROUGH).unwrap();
    let whole = document.clone();
    let blue = document.namespace_named("blue").unwrap();
    let red = document.namespace_named("red").unwrap();
    let wg0 = document.interface_named(red, "wg0").unwrap();
    let set = |underlay| Edit::SetUnderlay {
        interface: wg0,
        underlay,
    };
    let back = apply(&mut document, set(Some(red))).unwrap();
    assert_eq!(document.interfaces[&wg0].underlay, None);
    apply(&mut document, back).unwrap();
    assert_eq!(document, whole);
    let back = apply(&mut document, Edit::Remove(Selection::namespace(blue))).unwrap();
    assert!(document.interface_named(red, "vx0").is_none());
    assert!(document.interface_named(red, "gre1").is_none());
    assert!(document.interface_named(red, "wg0").is_some());
    apply(&mut document, back).unwrap();
    assert_eq!(document, whole);
    for (wrong, why) in [
        ("{type: dummy, underlay: host}", "sends through its own"),
        ("{type: vxlan, id: 1, dev: lo, underlay: host}", "its `dev`"),
        ("{type: vxlan, id: 1, underlay: far}", "no namespace far"),
        (
            "{type: gre, remote: 10.0.0.1, dev: lo, underlay: host}",
            "its `dev`",
        ),
    ] {
        let text = format!("netyard: 1\nnamespaces: {{red: {{interfaces: {{a: {wrong}}}}}}}\n");
        let error = yaml::read(&text).unwrap_err().to_string();
        assert!(error.contains(why), "{wrong}: {error}");
    }
}

#[test]
fn tunnels_go_with_their_underlay_in_the_model_too() {
    let document = yaml::read(THROUGH).unwrap();
    let mut state = topology::model::fresh();
    for step in topology::plan::plan(&document, &state) {
        topology::model::execute(&mut state, &step).unwrap();
    }
    let [red, blue] = ["red", "blue"].map(|name| document.namespace_named(name).unwrap());
    let there = |state: &topology::Observed| {
        let all = ["wg0", "vx0", "gre1", "tun1"].into_iter();
        let found =
            all.filter_map(|name| Some((name, state.interface_named(red, name)?.1.underlay)));
        found.collect::<Vec<_>>()
    };
    let before = there(&state);
    assert_eq!(before.len(), 4);
    let remove = topology::Step::RemoveNamespace { namespace: blue };
    let undo = topology::model::execute(&mut state, &remove).unwrap();
    assert_eq!(there(&state), [before[0], before[3]]);
    for step in undo {
        topology::model::execute(&mut state, &step).unwrap();
    }
    assert_eq!(there(&state), before);
}
