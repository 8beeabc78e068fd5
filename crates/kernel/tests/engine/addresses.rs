//! Addresses with another end, a broadcast address or a scope.

use std::thread;
use std::time::{Duration, Instant};

use kernel::Namespace;
use kernel::sandbox::Inside;
use serde_json::Value;
use topology::edit::apply;
use topology::{Edit, drift, yaml};

use crate::drifting::{accept, outside, revert};
use crate::{Lab, ip};

const LAB: &str = "netyard: 1
namespaces:
  red: {}
  blue: {}
links:
  - red/a: {addresses: [10.0.0.1 peer 10.9.0.2/32, 'fd00::1 peer fd09::2/128', 10.1.0.1/24 broadcast 10.1.0.255, 10.2.0.1/24 scope link, 10.0.0.1 peer 10.8.0.2/24]}
    blue/b: {addresses: [10.9.0.2 peer 10.0.0.1/32, 'fd09::2 peer fd00::1/128', 127.9.0.1/8 scope global]}
";

/// The addresses of an interface in the words of `ip`.
fn shown(namespace: &Namespace, name: &str) -> Vec<String> {
    let links = ip::json(namespace, &format!("ip -j addr show dev {name}"));
    let addresses = links[0]["addr_info"].as_array().unwrap().iter();
    let addresses = addresses.filter(|address| address["local"].as_str().unwrap() < "fe80");
    let text = |address: &Value| {
        let word = |key: &str| address[key].as_str();
        let (local, length) = (word("local").unwrap(), &address["prefixlen"]);
        let mut text = match word("address") {
            Some(peer) => format!("{local} peer {peer}/{length}"),
            None => format!("{local}/{length}"),
        };
        if let Some(broadcast) = word("broadcast") {
            text += &format!(" broadcast {broadcast}");
        }
        let usual = if local.starts_with("127.") {
            "host"
        } else {
            "global"
        };
        if let Some(scope) = word("scope").filter(|scope| *scope != usual) {
            text += &format!(" scope {scope}");
        }
        text
    };
    let mut all: Vec<_> = addresses.map(text).collect();
    all.sort();
    all
}

pub(crate) fn as_ip(_: &Inside) {
    let mut document = yaml::read(LAB).unwrap();
    let lab = Lab::start();
    lab.apply(&document);
    let id = |name: &str| document.namespace_named(name).unwrap();
    let (red, blue) = (id("red"), id("blue"));
    let a = document.interface_named(red, "a").unwrap();
    let namespaces = [red, blue].map(|id| lab.namespace(id));
    let wanted = |document: &topology::Document, id| {
        let mut all: Vec<_> = document.interfaces[&id]
            .addresses
            .iter()
            .map(ToString::to_string)
            .collect();
        all.sort();
        all
    };
    let b = document.interface_named(blue, "b").unwrap();
    assert_eq!(shown(&namespaces[0], "a"), wanted(&document, a));
    assert_eq!(shown(&namespaces[1], "b"), wanted(&document, b));
    // The two ends reach each other, though no network of one length holds both.
    ip::must(&namespaces[0], "ping -c1 -W2 10.9.0.2");
    // Once it is known that nobody else has the address.
    let begin = Instant::now();
    while !ip::run(&namespaces[0], "ping -c1 -W1 fd09::2")
        .status
        .success()
    {
        assert!(begin.elapsed() < Duration::from_secs(10));
        thread::sleep(Duration::from_millis(100));
    }
    // What `ip` makes of our own words is the same.
    ip::must(&namespaces[0], "ip link add twin type bridge");
    for address in &document.interfaces[&a].addresses {
        ip::must(&namespaces[0], &format!("ip addr add {address} dev twin"));
    }
    assert_eq!(shown(&namespaces[0], "twin"), wanted(&document, a));
    ip::must(&namespaces[0], "ip link del twin");
    lab.stands(&document);
    // Another peer, then another broadcast address, by somebody else.
    ip::must(
        &namespaces[0],
        "ip addr del 10.0.0.1 peer 10.9.0.2/32 dev a",
    );
    let words = "ip addr add 10.0.0.1 peer 10.9.0.9/32 dev a";
    let found = outside(&lab, &document, &namespaces[0], words);
    let more = found
        .iter()
        .find(|d| d.difference.wanted.is_empty())
        .unwrap();
    accept(&lab, &mut document, more);
    assert!(wanted(&document, a).contains(&"10.0.0.1 peer 10.9.0.9/32".to_owned()));
    ip::must(&namespaces[0], "ip addr del 10.1.0.1/24 dev a");
    let words = "ip addr add 10.1.0.1/24 brd 10.1.0.9 dev a";
    let found = outside(&lab, &document, &namespaces[0], words);
    let broadcast = found
        .iter()
        .find(|d| d.difference.observed.ends_with("10.1.0.9"));
    let broadcast = broadcast.unwrap();
    assert_eq!(
        broadcast.difference.wanted,
        "10.1.0.1/24 broadcast 10.1.0.255"
    );
    revert(&lab, &document, broadcast);
    let lost = drift::drifts(&document, &lab.engine.observed());
    assert_eq!(lost.len(), 1, "{lost:?}");
    revert(&lab, &document, &lost[0]);
    assert_eq!(shown(&namespaces[0], "a"), wanted(&document, a));
    // Taken back in the running kernel.
    let address = "10.2.0.1/24 scope link".parse().unwrap();
    let inverse = apply(
        &mut document,
        Edit::RemoveAddress {
            interface: a,
            address,
        },
    )
    .unwrap();
    lab.apply(&document);
    assert!(!shown(&namespaces[0], "a").contains(&"10.2.0.1/24 scope link".to_owned()));
    apply(&mut document, inverse).unwrap();
    lab.apply(&document);
    assert_eq!(shown(&namespaces[0], "a"), wanted(&document, a));
}
