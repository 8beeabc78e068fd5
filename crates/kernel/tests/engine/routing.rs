//! Routes of every kind, made by the engine and by others.

use kernel::sandbox::Inside;
use topology::status::{Difference, Status, statuses};
use topology::{NamespaceId, yaml};

use crate::{Lab, ip};

const LAB: &str = "netyard: 1
namespaces:
  red:
    routes:
      - {to: default, nexthops: [{via: 10.0.0.2, weight: 3}, {via: 10.0.1.2, dev: b}]}
      - {to: 10.9.0.0/16, type: prohibit, table: 300}
      - {to: 10.8.0.0/16, dev: a, src: 10.0.1.1}
      - {to: 'fd08::/64', dev: a, src: 'fd01::1'}
      - {to: 10.5.0.0/16, via: 10.0.1.2, table: 300}
      - {to: 'fd09::/64', nexthops: [{via: 'fd00::2'}, {via: 'fd99::2', dev: b, onlink: true}]}
    rules:
      - {priority: 50, from: 10.0.1.0/24, fwmark: 0x1/0xf, iif: a, table: 300}
      - {priority: 60, not: true, to: 'fd05::/64', ipproto: 6, sport: 8000-8100, type: prohibit}
links:
  - red/a: {addresses: [10.0.0.1/24, 'fd00::1/64']}
    host/a: {addresses: [10.0.0.2/24, 'fd00::2/64']}
  - red/b: {addresses: [10.0.1.1/24, 'fd01::1/64']}
    host/b: {addresses: [10.0.1.2/24, 'fd01::2/64']}
";

fn differences(lab: &Lab, document: &topology::Document) -> Vec<Difference> {
    let observed = lab.engine.observed();
    match &statuses(document, Some(&observed)).namespaces[&NamespaceId(1)] {
        Status::Drifted(differences) => differences.clone(),
        _ => Vec::new(),
    }
}

/// What others make of routes is drift; a start brings them back as they were.
pub(crate) fn kinds(_: &Inside) {
    let lab = Lab::start();
    let document = yaml::read(LAB).unwrap();
    lab.apply(&document);
    let red = lab.namespace(NamespaceId(1));
    let shown = ip::must(&red, "ip -4 route show table all");
    for line in [
        "nexthop via 10.0.0.2 dev a weight 3",
        "prohibit 10.9.0.0/16 table 300",
        "10.8.0.0/16 dev a scope link src 10.0.1.1",
    ] {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
    // The engine has waited until the address could be used.
    let shown = ip::must(&red, "ip -6 route show");
    assert!(shown.contains("fd08::/64 dev a src fd01::1"), "{shown}");
    assert!(
        shown.contains("via fd99::2 dev b weight 1 onlink"),
        "{shown}"
    );
    let shown = ip::must(&red, "ip rule") + &ip::must(&red, "ip -6 rule");
    for line in [
        "50:\tfrom 10.0.1.0/24 fwmark 0x1/0xf iif a lookup 300",
        "60:\tnot from all to fd05::/64 ipproto tcp sport 8000-8100 prohibit",
    ] {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
    assert_eq!(differences(&lab, &document), []);

    for (words, wanted, observed) in [
        (
            "ip rule del priority 50",
            "from 10.0.1.0/24 fwmark 0x1/0xf iif a priority 50 lookup 300",
            "",
        ),
        (
            "ip -6 rule add from all lookup 7 priority 70",
            "",
            "from all priority 70 lookup 7",
        ),
        (
            "ip route del prohibit 10.9.0.0/16 table 300",
            "prohibit 10.9.0.0/16 table 300",
            "",
        ),
        (
            "ip route add blackhole 10.7.0.0/16 table 5",
            "",
            "blackhole 10.7.0.0/16 table 5",
        ),
        // Without its source address a route of the main table goes.
        (
            "ip addr del 10.0.1.1/24 dev b",
            "10.8.0.0/16 dev a src 10.0.1.1",
            "",
        ),
    ] {
        ip::must(&red, words);
        let expected = |d: &Difference| d.wanted == wanted && d.observed == observed;
        let begin = std::time::Instant::now();
        while !differences(&lab, &document).iter().any(expected) {
            let took = begin.elapsed();
            let now = differences(&lab, &document);
            assert!(took.as_millis() < 1000, "{words}: {now:#?}");
            std::thread::yield_now();
        }
        eprintln!("{words}: seen after {:?}", begin.elapsed());
        lab.apply(&document);
        assert_eq!(differences(&lab, &document), []);
    }

    // A next hop that dies is no drift of the route: it is there, and the other one is used.
    ip::must(&red, "ip link set dev a down");
    let is_dead = || {
        let observed = lab.engine.observed();
        let routes = &observed.namespaces[&NamespaceId(1)].routes;
        routes.iter().any(|route| route.dead.len() == 1)
    };
    let begin = std::time::Instant::now();
    while !is_dead() {
        assert!(begin.elapsed().as_millis() < 1000);
        std::thread::yield_now();
    }
    let is_default =
        |d: &Difference| d.wanted.contains("default") || d.observed.contains("default");
    assert!(!differences(&lab, &document).iter().any(is_default));
    lab.apply(&document);
    let shown = ip::must(&red, "ip route show default");
    assert!(!shown.contains("dead"), "{shown}");
}
