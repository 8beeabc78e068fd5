//! Diagnoses of states that a test describes, without a kernel.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use nix::errno::Errno;
use topology::document::Forwarding;
use topology::observed::{
    Interfaces, Mac, Observed, ObservedAddress, ObservedInterface, ObservedKind, ObservedNamespace,
    ObservedPeer, Origin,
};
use topology::{InterfaceId, NamespaceId};

use super::{Asks, Hop, Neighbour, RouteQuery, explain};

const RED: NamespaceId = NamespaceId(1);
const BLUE: NamespaceId = NamespaceId(2);
const GREEN: NamespaceId = NamespaceId(3);
const HOST: NamespaceId = NamespaceId::HOST;

/// What the kernel is to answer. What is not told is: the target is on the first interface.
#[derive(Default)]
struct Answers {
    routes: BTreeMap<(NamespaceId, IpAddr), Result<Hop, Errno>>,
    neighbours: BTreeMap<(NamespaceId, IpAddr), Neighbour>,
    reverse: BTreeMap<NamespaceId, Errno>,
    /// Nothing can be asked.
    mute: bool,
}

impl Asks for Answers {
    fn route(&mut self, namespace: NamespaceId, query: RouteQuery) -> Option<Result<Hop, Errno>> {
        if self.mute {
            return None;
        }
        if query.arrived.is_some() {
            let errno = self.reverse.get(&namespace);
            return Some(errno.map_or(Ok(Hop::default()), |errno| Err(*errno)));
        }
        let connected = Hop {
            interface: Some(1),
            source: Some(address(namespace)),
            ..Hop::default()
        };
        let told = self.routes.get(&(namespace, query.to));
        Some(told.copied().unwrap_or(Ok(connected)))
    }

    fn neighbour(&mut self, namespace: NamespaceId, _: u32, to: IpAddr) -> Option<Neighbour> {
        let told = self.neighbours.get(&(namespace, to));
        (!self.mute).then(|| told.copied().unwrap_or(Neighbour::Unknown))
    }
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// 10.0.0.1 for red, and so on.
fn address(namespace: NamespaceId) -> IpAddr {
    ip(&format!("10.0.0.{}", namespace.0))
}

fn interface(name: &str, kind: ObservedKind) -> ObservedInterface {
    ObservedInterface {
        id: Some(InterfaceId(100 + u64::from(name.as_bytes()[0]))),
        name: name.to_owned(),
        kind,
        up: true,
        carrier: true,
        mtu: 1500,
        mac: Some(Mac([2, 0, 0, 0, 0, name.as_bytes()[0]])),
        addresses: Vec::new(),
        master: None,
        underlay: None,
        port: Default::default(),
        qdiscs: Default::default(),
        vlans: None,
        fdb: Default::default(),
        neighbours: Default::default(),
        sysctls: Default::default(),
        offloads: Default::default(),
    }
}

fn veth(name: &str, namespace: NamespaceId, index: u32) -> ObservedInterface {
    let peer = Some(ObservedPeer { namespace, index });
    interface(name, ObservedKind::Veth { peer })
}

fn add(observed: &mut Observed, id: NamespaceId, name: &str, index: u32, new: ObservedInterface) {
    if !observed.namespaces.contains_key(&id) {
        let namespace = ObservedNamespace {
            name: name.parse().unwrap(),
            interfaces: Interfaces::new(),
            routes: BTreeSet::new(),
            rules: BTreeSet::new(),
            forwarding: Forwarding::default(),
            firewall: None,
            sysctls: Default::default(),
        };
        observed.namespaces.insert(id, namespace);
    }
    let namespace = observed.namespaces.get_mut(&id).unwrap();
    namespace.interfaces.insert(index, new);
}

fn at(observed: &mut Observed, id: NamespaceId, index: u32) -> &mut ObservedInterface {
    let namespace = observed.namespaces.get_mut(&id).unwrap();
    namespace.interfaces.get_mut(&index).unwrap()
}

fn give(observed: &mut Observed, id: NamespaceId, index: u32, text: &str) {
    at(observed, id, index).addresses.push(ObservedAddress {
        address: text.parse().unwrap(),
        origin: Origin::Static,
        tentative: false,
        duplicate: false,
    });
}

/// Red (10.0.0.1), blue (.2) and green (.3) on a bridge of the host, each by its interface 1.
fn bridged() -> Observed {
    let mut observed = Observed::default();
    let bridge = interface(
        "br0",
        ObservedKind::Device(topology::kind::Device::new(
            topology::kind::DeviceKind::Bridge,
        )),
    );
    add(&mut observed, HOST, "host", 9, bridge);
    for (id, name) in [(RED, "red"), (BLUE, "blue"), (GREEN, "green")] {
        let index = u32::try_from(id.0).unwrap();
        let mut port = veth(&format!("p-{name}"), id, 1);
        port.master = Some(9);
        add(&mut observed, HOST, "host", index, port);
        add(&mut observed, id, name, 1, veth(name, HOST, index));
        give(&mut observed, id, 1, &format!("10.0.0.{index}/24"));
    }
    observed
}

fn texts(observed: &Observed, mut answers: Answers, target: &str) -> Vec<String> {
    let findings = explain(RED, ip(target), observed, &mut answers);
    findings.into_iter().map(|finding| finding.text).collect()
}

#[test]
fn nothing_is_found_where_all_is_well() {
    assert_eq!(texts(&bridged(), Answers::default(), "10.0.0.2"), [""; 0]);
    // Nor is anything made up where nothing can be asked.
    let mute = Answers {
        mute: true,
        ..Answers::default()
    };
    assert_eq!(texts(&bridged(), mute, "10.0.0.2"), [""; 0]);
}

#[test]
fn whatever_is_down_on_the_way_is_named() {
    for (id, index, name) in [
        (RED, 1, "red/red"),
        (HOST, 1, "host/p-red"),
        (HOST, 9, "host/br0"),
        (HOST, 2, "host/p-blue"),
        (BLUE, 1, "blue/blue"),
    ] {
        let mut observed = bridged();
        at(&mut observed, id, index).up = false;
        let silent = Answers {
            neighbours: BTreeMap::from([((RED, ip("10.0.0.2")), Neighbour::Silent)]),
            ..Answers::default()
        };
        assert_eq!(
            texts(&observed, silent, "10.0.0.2"),
            [
                format!("{name} is down"),
                "no ARP answer from 10.0.0.2 on red/red".to_owned()
            ]
        );
    }
    // What is not on the way does not matter.
    let mut observed = bridged();
    at(&mut observed, GREEN, 1).up = false;
    assert_eq!(texts(&observed, Answers::default(), "10.0.0.2"), [""; 0]);
}

#[test]
fn a_port_with_an_address_is_explained() {
    let mut observed = bridged();
    give(&mut observed, HOST, 1, "10.0.0.254/24");
    let found = texts(&observed, Answers::default(), "10.0.0.254");
    // The bridge answers for every address of its namespace, also one of a port.
    assert_eq!(found, [""; 0]);
    give(&mut observed, HOST, 1, "fd00::fe/64");
    let found = texts(&observed, Answers::default(), "fd00::fe");
    assert_eq!(
        found,
        [
            "host/p-red, which has fd00::fe, is a port of host/br0: the address belongs on the bridge"
        ]
    );
}

#[test]
fn one_address_of_several_is_told() {
    let mut observed = bridged();
    give(&mut observed, GREEN, 1, "10.0.0.2/24");
    let found = texts(&observed, Answers::default(), "10.0.0.2");
    assert_eq!(
        found,
        ["several have the address 10.0.0.2: blue/blue, green/green"]
    );
}

#[test]
fn one_who_has_the_senders_address_answers_itself() {
    let mut observed = bridged();
    give(&mut observed, BLUE, 1, "10.0.0.1/24");
    let found = texts(&observed, Answers::default(), "10.0.0.2");
    let own = "blue has 10.0.0.1 itself, from which it is asked: it answers itself";
    assert_eq!(found, [own]);
}

#[test]
fn unready_addresses_are_told() {
    for (tentative, duplicate, text) in [
        (
            true,
            false,
            "blue/blue does not use fd00::2 before it has made sure that no other has it",
        ),
        (
            true,
            true,
            "fd00::2 of blue/blue is a duplicate: another interface has it",
        ),
    ] {
        let mut observed = bridged();
        give(&mut observed, BLUE, 1, "fd00::2/64");
        let address = at(&mut observed, BLUE, 1).addresses.last_mut().unwrap();
        (address.tentative, address.duplicate) = (tentative, duplicate);
        assert_eq!(texts(&observed, Answers::default(), "fd00::2"), [text]);
    }
}

#[test]
fn an_interface_that_is_down_has_no_ipv6_addresses() {
    let mut observed = bridged();
    give(&mut observed, RED, 1, "fd00::1/64");
    at(&mut observed, GREEN, 1).up = false;
    let found = texts(&observed, Answers::default(), "fd00::3");
    assert_eq!(
        found,
        [
            "green/green is down",
            "nothing in this lab has the address fd00::3"
        ]
    );
}

#[test]
fn a_link_local_address_is_on_the_only_link() {
    let mut observed = bridged();
    give(&mut observed, BLUE, 1, "fe80::2/64");
    at(&mut observed, HOST, 2).up = false;
    let found = texts(&observed, Answers::default(), "fe80::2");
    assert_eq!(found, ["host/p-blue is down"]);
    // Which of two is not known.
    add(&mut observed, RED, "red", 2, veth("second", BLUE, 2));
    assert_eq!(texts(&observed, Answers::default(), "fe80::2"), [""; 0]);
}

#[test]
fn packets_that_go_in_circles_are_told() {
    let mut observed = bridged();
    for id in [RED, BLUE] {
        let forwarding = Forwarding {
            ipv4: true,
            ipv6: false,
        };
        observed.namespaces.get_mut(&id).unwrap().forwarding = forwarding;
    }
    let target = ip("10.9.0.1");
    let via = |gateway: &str, source| Hop {
        interface: Some(1),
        gateway: Some(ip(gateway)),
        source: Some(address(source)),
        ..Hop::default()
    };
    let answers = Answers {
        routes: BTreeMap::from([
            ((RED, target), Ok(via("10.0.0.2", RED))),
            ((BLUE, target), Ok(via("10.0.0.1", BLUE))),
        ]),
        ..Answers::default()
    };
    let found = texts(&observed, answers, "10.9.0.1");
    assert_eq!(
        found,
        ["packets to 10.9.0.1 go in circles: red → blue → red"]
    );
}

#[test]
fn refusals_of_each_kind_are_told_once() {
    for (errno, text) in [
        (Errno::ENETUNREACH, "blue has no route back to 10.0.0.1"),
        (
            Errno::EACCES,
            "blue's route back to 10.0.0.1 is of the type prohibit",
        ),
        (
            Errno::ENOMEM,
            "blue finds no way back to 10.0.0.1: Out of memory",
        ),
    ] {
        let answers = Answers {
            routes: BTreeMap::from([((BLUE, address(RED)), Err(errno))]),
            // Also what the reverse path filter makes of it.
            reverse: BTreeMap::from([(BLUE, Errno::EINVAL)]),
            ..Answers::default()
        };
        assert_eq!(texts(&bridged(), answers, "10.0.0.2"), [text]);
    }
    for errno in [Errno::EINVAL, Errno::EXDEV] {
        let answers = Answers {
            reverse: BTreeMap::from([(BLUE, errno)]),
            ..Answers::default()
        };
        let found = texts(&bridged(), answers, "10.0.0.2");
        assert!(
            found[0].starts_with("blue/blue drops what comes from 10.0.0.1"),
            "{found:?}"
        );
    }
}

#[test]
fn where_the_lab_ends_nothing_is_claimed() {
    let mut observed = bridged();
    at(&mut observed, RED, 1).kind = ObservedKind::Other("vxlan".to_owned());
    assert_eq!(texts(&observed, Answers::default(), "10.0.0.77"), [""; 0]);
    // But that a cable ends nowhere can be seen.
    at(&mut observed, RED, 1).kind = ObservedKind::Veth { peer: None };
    at(&mut observed, RED, 1).carrier = false;
    let found = texts(&observed, Answers::default(), "10.0.0.77");
    assert_eq!(
        found,
        ["red/red has no carrier: its other end is not in this lab"]
    );
}

#[test]
fn wrong_states_are_no_panic() {
    let mut observed = bridged();
    // An interface that was not dumped yet, and a bridge that has gone.
    at(&mut observed, RED, 1).kind = ObservedKind::Veth {
        peer: Some(ObservedPeer {
            namespace: NamespaceId(77),
            index: 7,
        }),
    };
    assert_eq!(texts(&observed, Answers::default(), "10.0.0.2"), [""; 0]);
    assert_eq!(
        texts(&Observed::default(), Answers::default(), "10.0.0.2"),
        [""; 0]
    );
    let mut observed = bridged();
    let host = observed.namespaces.get_mut(&HOST).unwrap();
    host.interfaces.remove(&9);
    assert_eq!(texts(&observed, Answers::default(), "10.0.0.2"), [""; 0]);
}
