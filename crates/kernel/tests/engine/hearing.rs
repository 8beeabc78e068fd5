//! What others change in the lab is observed.

use std::time::{Duration, Instant};

use kernel::Namespace;
use kernel::sandbox::Inside;
use topology::NamespaceId;
use topology::observed::{Observed, ObservedInterface, ObservedKind};

use crate::labs::article;
use crate::{Lab, ip};

/// Within how long a change is seen. Measured: 3 to 4 ms; the rest is for a
/// machine that is busy with other things.
pub(crate) const SOON: Duration = Duration::from_millis(200);

/// Follows the changes until one makes `ask` say yes.
pub(crate) fn heard(
    lab: &Lab,
    what: &str,
    words: &str,
    namespace: &Namespace,
    ask: impl Fn(&Observed) -> bool,
) {
    let mut changes = lab.engine.changes();
    lab.runtime.block_on(async {
        let mut observed = Observed::default();
        observed.apply(changes.next().await.unwrap());
        assert!(!ask(&observed), "before: {what}");
        ip::must(namespace, words);
        let begin = Instant::now();
        while !ask(&observed) {
            let change = tokio::time::timeout(Duration::from_secs(5), changes.next()).await;
            observed.apply(change.expect(what).unwrap());
        }
        let took = begin.elapsed();
        eprintln!("{what}: heard after {took:?}");
        assert!(took < SOON, "{what}: heard after {took:?}");
    });
}

pub(crate) fn outside_changes(_: &Inside) {
    let lab = Lab::start();
    let article = article();
    lab.apply(&article.builder.document);
    let red = lab.namespace(article.red);
    let id = article.red;
    let veth = |observed: &Observed| -> ObservedInterface {
        observed.interface_of(article.veth_red).unwrap().2.clone()
    };
    let listed = |observed: &Observed, address: &str| {
        veth(observed)
            .addresses
            .iter()
            .any(|a| a.address == address.parse().unwrap())
    };
    let carrier = |o: &Observed| o.interface_of(article.veth_blue).unwrap().2.carrier;
    heard(&lab, "down", "ip link set veth-red down", &red, |o| {
        !veth(o).up
    });
    heard(&lab, "up", "ip link set veth-red up", &red, |o| {
        veth(o).up && carrier(o)
    });
    heard(
        &lab,
        "the other end",
        "ip link set veth-red down",
        &red,
        |o| !carrier(o),
    );
    heard(&lab, "up again", "ip link set veth-red up", &red, |o| {
        veth(o).up && carrier(o)
    });
    heard(&lab, "mtu", "ip link set veth-red mtu 1300", &red, |o| {
        veth(o).mtu == 1300
    });
    heard(
        &lab,
        "address",
        "ip addr add 10.5.0.1/24 dev veth-red",
        &red,
        |o| listed(o, "10.5.0.1/24"),
    );
    heard(
        &lab,
        "IPv6 address",
        "ip addr add fd05::1/64 dev veth-red",
        &red,
        |o| listed(o, "fd05::1/64"),
    );
    let routed = |o: &Observed, network: &str| {
        o.namespaces[&id]
            .routes
            .iter()
            .any(|r| r.destination == network.parse().unwrap())
    };
    heard(
        &lab,
        "route",
        "ip route add 10.6.0.0/16 via 10.5.0.2",
        &red,
        |o| routed(o, "10.6.0.0/16"),
    );
    heard(
        &lab,
        "IPv6 route",
        "ip route add fd06::/64 via fd05::2",
        &red,
        |o| routed(o, "fd06::/64"),
    );
    heard(&lab, "gone", "ip route del 10.6.0.0/16", &red, |o| {
        !routed(o, "10.6.0.0/16")
    });
    let forwarding = |o: &Observed| o.namespaces[&id].forwarding;
    heard(
        &lab,
        "forwarding",
        "sysctl -w net.ipv4.ip_forward=1",
        &red,
        |o| forwarding(o).ipv4,
    );
    heard(
        &lab,
        "IPv6 forwarding",
        "sysctl -w net.ipv6.conf.all.forwarding=1",
        &red,
        |o| forwarding(o).ipv6,
    );
    heard(
        &lab,
        "rename",
        "ip link set veth-red name eth7",
        &red,
        |o| veth(o).name == "eth7",
    );
    let host = lab.namespace(NamespaceId::HOST);
    heard(
        &lab,
        "port",
        "ip link set veth-br-green nomaster",
        &host,
        |o| o.interface_of(article.br_green).unwrap().2.master.is_none(),
    );
    heard(&lab, "removed", "ip link del eth7", &red, |o| {
        o.interface_of(article.veth_red).is_none() && o.interface_of(article.veth_blue).is_none()
    });
    lab.apply(&article.builder.document);
}

pub(crate) fn storm(_: &Inside) {
    let lab = Lab::start();
    let article = article();
    lab.apply(&article.builder.document);
    let red = lab.namespace(article.red);
    // Far more than a socket's buffer holds, faster than anybody reads.
    let mut batch = String::new();
    for number in 0..20_000_u32 {
        let [_, _, c, d] = number.to_be_bytes();
        batch += &format!("route add 10.77.{c}.{d}/32 via 10.0.0.2\n");
    }
    std::fs::write("/run/batch", batch).unwrap();
    ip::must(&red, "ip -batch /run/batch");
    let begin = Instant::now();
    let count = |lab: &Lab| {
        let observed = lab.engine.observed();
        let routes = &observed.namespaces[&article.red].routes;
        routes
            .iter()
            .filter(|r| r.destination.prefix_len() == 32)
            .count()
    };
    crate::support::eventually("20,000 routes are seen", || count(&lab) == 20_000);
    eprintln!("seen after {:?}", begin.elapsed());
    ip::must(&red, "ip route flush root 10.77.0.0/16");
    crate::support::eventually("they have gone", || count(&lab) == 0);
    lab.stands(&article.builder.document);
}

pub(crate) fn strangers(_: &Inside) {
    let lab = Lab::start();
    let article = article();
    lab.apply(&article.builder.document);
    let red = lab.namespace(article.red);
    let host = lab.namespace(NamespaceId::HOST);
    let kinds = |lab: &Lab| {
        let observed = lab.engine.observed();
        let interfaces = observed.namespaces[&article.red].interfaces.values();
        interfaces
            .map(|i| (i.name.clone(), i.kind.clone(), i.id))
            .collect::<Vec<_>>()
    };
    ip::must(
        &red,
        "ip link add vx0 type vxlan id 7 dstport 4789 dev veth-red",
    );
    ip::must(
        &red,
        "ip link add mv0 link veth-red type macvlan mode bridge",
    );
    // Its other end is in no namespace of the lab.
    ip::must(&host, "ip netns add elsewhere");
    ip::must(
        &host,
        "ip link add far netns red type veth peer name near netns elsewhere",
    );
    // A name that is no UTF-8: \377 in octal.
    let batch = b"link add name \xff\xfe type bridge\n";
    std::fs::write("/run/batch", batch).unwrap();
    ip::must(&red, "ip -batch /run/batch");
    crate::support::eventually("four strangers", || kinds(&lab).len() == 6);
    let seen = kinds(&lab);
    let kind = |name: &str| seen.iter().find(|(n, ..)| n == name).unwrap().1.clone();
    assert_eq!(kind("vx0").name(), "vxlan");
    let macvlan = kind("mv0");
    let mode = macvlan
        .device()
        .and_then(|device| device.parameters.number("mode"));
    assert_eq!((macvlan.name(), mode), ("macvlan", Some(4)));
    assert_eq!(kind("far"), ObservedKind::Veth { peer: None });
    lab.stands(&article.builder.document);
    ip::must(&host, "ip netns delete elsewhere");
    crate::support::eventually("three strangers", || kinds(&lab).len() == 5);
}

/// A person in a shell of the host takes away and gives names.
pub(crate) fn names(_: &Inside) {
    let lab = Lab::start();
    let mut article = article();
    lab.apply(&article.builder.document);
    let host = lab.namespace(NamespaceId::HOST);
    ip::must(&host, "ip netns delete red");
    ip::must(&host, "ip netns delete blue");
    article
        .builder
        .document
        .namespaces
        .get_mut(&article.red)
        .unwrap()
        .name = "crimson".parse().unwrap();
    lab.apply(&article.builder.document);
    ip::must(&host, "ip netns exec crimson ip link show veth-red");
    lab.apply(&crate::labs::empty());
    assert_eq!(lab.engine.observed().namespaces.len(), 1);
}
