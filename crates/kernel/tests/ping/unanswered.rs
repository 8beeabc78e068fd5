//! Pings that are not answered, and what is said of it.

use kernel::probe::PingOptions;
use kernel::sandbox::Inside;
use protocol::ping::PingEvent;
use topology::{InterfaceId, NamespaceId};

use crate::lab::{Lab, ip, labs};
use crate::pinging::{Pinging, fast, texts};

/// The article, with IPv6 all the way from red through blue to green.
fn routed() -> (labs::Article, Lab) {
    let mut article = labs::article();
    let builder = &mut article.builder;
    builder.address(article.green_br, "fd00:1::3/64");
    builder.address(InterfaceId(article.green_br.0 + 2), "fd00:1::2/64");
    builder.address(article.bridge, "fd00:1::fe/64");
    let green = builder.document.namespace_named("green").unwrap();
    builder.route(green, "::/0", "fd00:1::2");
    let lab = Lab::start(&article.builder.document);
    (article, lab)
}

fn green(article: &labs::Article) -> NamespaceId {
    article.builder.document.namespace_named("green").unwrap()
}

pub(crate) fn nobody(_: &Inside) {
    let article = labs::article();
    let lab = Lab::start(&article.builder.document);
    for (target, own, answer, expected) in [
        (
            "10.0.0.9",
            "10.0.0.1",
            "no ARP answer from 10.0.0.9 on red/veth-red",
            ((3, 1), "Destination Host Unreachable"),
        ),
        (
            "fd00::9",
            "fd00::1",
            "no neighbour discovery answer from fd00::9 on red/veth-red",
            ((1, 3), "Destination unreachable: Address unreachable"),
        ),
    ] {
        let mut pinging = Pinging::start(&lab, article.red, target, &PingOptions::default());
        let findings = pinging.finds(answer);
        let nobody = format!("nothing in this lab has the address {target}");
        assert!(texts(&findings).contains(&nobody.as_str()), "{findings:?}");
        assert_eq!(findings[0].namespace, Some(article.red));
        assert_eq!(findings[0].interface, Some(article.veth_red));
        // Known before the kernel gives up asking.
        let lost = |event: &PingEvent| *event == PingEvent::Lost { sequence: 1 };
        assert!(pinging.said.iter().any(lost));
        let (sequence, from, number, meaning) = pinging.error();
        assert_eq!((from.as_str(), (number, meaning.as_str())), (own, expected));
        assert_eq!(sequence, 1);
        let took = pinging.begun.elapsed();
        assert!((2_500..6_000).contains(&took.as_millis()), "{took:?}");
    }
}

/// Without a loopback the kernel's ICMP error to itself does not arrive: `ping` would be silent.
pub(crate) fn nobody_without_loopback(_: &Inside) {
    let article = labs::article();
    let lab = Lab::start(&article.builder.document);
    lab.must(article.red, "ip link set lo down");
    let mut pinging = Pinging::start(&lab, article.red, "10.0.0.9", &fast());
    pinging.finds("no ARP answer from 10.0.0.9 on red/veth-red");
}

pub(crate) fn own_end_down(_: &Inside) {
    let article = labs::article();
    let lab = Lab::start(&article.builder.document);
    lab.must(article.red, "ip link set veth-red down");
    let mut pinging = Pinging::start(&lab, article.red, "10.0.0.2", &fast());
    assert_eq!(pinging.refusal(), "Network is unreachable (ENETUNREACH)");
    let findings = pinging.finds("red/veth-red is down");
    assert_eq!(
        texts(&findings),
        ["red/veth-red is down", "red has no route to 10.0.0.2"]
    );
    assert_eq!(findings[0].interface, Some(article.veth_red));
    // It comes up: replies, and nothing that was found holds any more.
    lab.must(article.red, "ip link set veth-red up");
    pinging.reply();
    pinging.taken_back();

    // IPv6 addresses go with the link.
    lab.must(article.red, "ip link set veth-red down");
    let mut pinging = Pinging::start(&lab, article.red, "fd00::2", &fast());
    pinging.refusal();
    let findings = pinging.finds("red/veth-red is down");
    assert!(
        texts(&findings).contains(&"red has no route to fd00::2"),
        "{findings:?}"
    );
}

pub(crate) fn other_end_down(_: &Inside) {
    let article = labs::article();
    let lab = Lab::start(&article.builder.document);
    lab.must(article.blue, "ip link set veth-blue down");
    let mut pinging = Pinging::start(&lab, article.red, "10.0.0.2", &fast());
    let findings = pinging.finds("blue/veth-blue is down");
    assert_eq!(findings[0].text, "blue/veth-blue is down");
    assert_eq!(findings[0].namespace, Some(article.blue));
    assert_eq!(findings[0].interface, Some(article.veth_blue));
    let mut pinging = Pinging::start(&lab, article.red, "fd00::2", &fast());
    pinging.finds("blue/veth-blue is down");
}

pub(crate) fn bridge_and_port_down(_: &Inside) {
    let (article, lab) = routed();
    for target in ["10.0.1.3", "fd00:1::3"] {
        for name in ["br0", "veth-br-green"] {
            lab.must(NamespaceId::HOST, &format!("ip link set {name} down"));
            let mut pinging = Pinging::start(&lab, article.blue, target, &fast());
            let findings = pinging.finds(&format!("host/{name} is down"));
            assert_eq!(findings[0].text, format!("host/{name} is down"));
            let id = if name == "br0" {
                article.bridge
            } else {
                article.br_green
            };
            assert_eq!(findings[0].interface, Some(id));
            lab.must(NamespaceId::HOST, &format!("ip link set {name} up"));
            pinging.reply();
            pinging.taken_back();
        }
        // Two hops away it is seen, too.
        lab.must(NamespaceId::HOST, "ip link set br0 down");
        let mut pinging = Pinging::start(&lab, article.red, target, &fast());
        pinging.finds("host/br0 is down");
        lab.must(NamespaceId::HOST, "ip link set br0 up");
        pinging.reply();
    }
    // Nothing leads there at all.
    lab.must(NamespaceId::HOST, "ip link set veth-br-green nomaster");
    let mut pinging = Pinging::start(&lab, article.blue, "10.0.1.3", &fast());
    pinging
        .finds("no cable leads from blue/veth-blue-br to green/veth-green-br, which has 10.0.1.3");
}

/// Duplicate address detection takes a second or two, in which nothing is answered:
/// the kernel sends from ::1, or refuses to send if the loopback is down, too.
pub(crate) fn tentative(_: &Inside) {
    let article = labs::article();
    let lab = Lab::start(&article.builder.document);
    lab.must(article.red, "ip link set veth-red down");
    let red = lab.namespace(article.red);
    ip::must(&red, "ip link set veth-red up");
    ip::must(&red, "ip address add fd00::1/64 dev veth-red");
    let mut pinging = Pinging::start(&lab, article.red, "fd00::2", &fast());
    pinging.finds("red/veth-red does not use fd00::1 before it has made sure that no other has it");
    pinging.reply();
    pinging.taken_back();
}

pub(crate) fn no_route(_: &Inside) {
    let article = labs::article();
    let lab = Lab::start(&article.builder.document);
    for target in ["10.99.0.1", "fd99::1"] {
        let mut pinging = Pinging::start(&lab, article.red, target, &fast());
        assert_eq!(pinging.refusal(), "Network is unreachable (ENETUNREACH)");
        let findings = pinging.finds(&format!("red has no route to {target}"));
        assert_eq!(findings.len(), 1, "{findings:?}");
    }
    let mut bare = labs::Builder::new("bare");
    let alone = bare.namespace("alone");
    let document = bare.document;
    lab.runtime.block_on(lab.engine.apply(&document)).unwrap();
    let mut pinging = Pinging::start(&lab, alone, "10.0.0.2", &fast());
    let findings = pinging.finds("alone has no route to 10.0.0.2");
    assert_eq!(findings[0].text, "alone has no interface but lo");
}

pub(crate) fn refusing_routes(_: &Inside) {
    let article = labs::article();
    let lab = Lab::start(&article.builder.document);
    for (kind, refusal) in [
        ("unreachable", "No route to host (EHOSTUNREACH)"),
        ("prohibit", "Permission denied (EACCES)"),
        ("blackhole", "Invalid argument (EINVAL)"),
    ] {
        for (network, target) in [("10.99.0.0/24", "10.99.0.1"), ("fd99::/64", "fd99::1")] {
            lab.must(article.red, &format!("ip route add {kind} {network}"));
            let mut pinging = Pinging::start(&lab, article.red, target, &fast());
            assert_eq!(pinging.refusal(), refusal);
            pinging.finds(&format!("red's route to {target} is of the type {kind}"));
            lab.must(article.red, &format!("ip route del {kind} {network}"));
        }
    }
}

pub(crate) fn time_exceeded(_: &Inside) {
    let (article, lab) = routed();
    for (target, router, expected) in [
        ("10.0.1.3", "10.0.0.2", ((11, 0), "Time to live exceeded")),
        ("fd00:1::3", "fd00::2", ((3, 0), "Time exceeded: Hop limit")),
    ] {
        let options = PingOptions {
            ttl: Some(1),
            ..fast()
        };
        let mut pinging = Pinging::start(&lab, article.red, target, &options);
        let (sequence, from, number, meaning) = pinging.error();
        assert_eq!((sequence, from.as_str()), (1, router));
        assert_eq!((number, meaning.as_str()), expected);
        let again = pinging.error();
        assert_eq!(again.0, 2);
        pinging.stop();
        let lost = |event: &PingEvent| matches!(event, PingEvent::Lost { .. });
        assert!(!pinging.said.iter().any(lost), "{:#?}", pinging.said);

        // With a longer life it arrives, and the answer has passed one router.
        let mut pinging = Pinging::start(&lab, article.red, target, &fast());
        let ttl = pinging.wait("reply", |event| match event {
            PingEvent::Reply { ttl, .. } => Some(*ttl),
            _ => None,
        });
        assert_eq!(ttl, Some(63));
    }
}

pub(crate) fn too_big(_: &Inside) {
    let (article, lab) = routed();
    let options = PingOptions {
        size: 1400,
        ..fast()
    };
    lab.must(article.blue, "ip link set veth-blue-br mtu 1300");
    lab.must(green(&article), "ip link set veth-green-br mtu 1300");
    for (target, expected) in [
        ("10.0.1.3", ((3, 4), "Frag needed and DF set (mtu = 1300)")),
        ("fd00:1::3", ((2, 0), "Packet too big: mtu=1300")),
    ] {
        let mut pinging = Pinging::start(&lab, article.red, target, &options);
        let (_, _, number, meaning) = pinging.error();
        assert_eq!((number, meaning.as_str()), expected);
        // The kernel has learned, and sends in fragments from now on.
        pinging.reply();
    }
}

pub(crate) fn not_forwarded(_: &Inside) {
    let (article, lab) = routed();
    for (target, setting, name) in [
        ("10.0.1.3", "net.ipv4.ip_forward", "IPv4"),
        ("fd00:1::3", "net.ipv6.conf.all.forwarding", "IPv6"),
    ] {
        lab.must(article.blue, &format!("sysctl -qw {setting}=0"));
        let mut pinging = Pinging::start(&lab, article.red, target, &fast());
        let text = format!("blue does not forward {name} packets ({setting} is 0)");
        let findings = pinging.finds(&text);
        assert_eq!(findings[0].namespace, Some(article.blue));
        lab.must(article.blue, &format!("sysctl -qw {setting}=1"));
        pinging.reply();
        pinging.taken_back();
    }
}

pub(crate) fn no_way_back(_: &Inside) {
    let (article, lab) = routed();
    let green = green(&article);
    for (target, family, source) in [
        ("10.0.1.3", "-4", "10.0.0.1"),
        ("fd00:1::3", "-6", "fd00::1"),
    ] {
        lab.must(green, &format!("ip {family} route del default"));
        let mut pinging = Pinging::start(&lab, article.red, target, &fast());
        let findings = pinging.finds(&format!("green has no route back to {source}"));
        assert_eq!(findings[0].namespace, Some(green));
    }
}

/// The way back is by another link, which works, but blue checks where packets come from.
pub(crate) fn reverse_path_filter(_: &Inside) {
    let article = labs::article();
    let lab = Lab::start(&article.builder.document);
    let second = "ip link add second netns red type veth peer name second netns blue";
    lab.must(NamespaceId::HOST, second);
    for (id, address) in [(article.red, "10.2.0.1/24"), (article.blue, "10.2.0.2/24")] {
        lab.must(id, &format!("ip address add {address} dev second"));
        lab.must(id, "ip link set second up");
    }
    lab.must(article.blue, "ip route add 10.0.0.1/32 via 10.2.0.1");
    lab.must(article.blue, "sysctl -qw net.ipv4.conf.all.rp_filter=1");
    let mut pinging = Pinging::start(&lab, article.red, "10.0.0.2", &fast());
    let findings = pinging.finds(
        "blue/veth-blue drops what comes from 10.0.0.1: \
         the way back is by another interface (rp_filter)",
    );
    assert_eq!(findings[0].interface, Some(article.veth_blue));
    lab.must(article.blue, "sysctl -qw net.ipv4.conf.all.rp_filter=0");
    pinging.reply();
    pinging.taken_back();
}

pub(crate) fn wrong_neighbour(_: &Inside) {
    let article = labs::article();
    let lab = Lab::start(&article.builder.document);
    let observed = lab.engine.observed();
    let (_, blue) = observed.interface_named(article.blue, "veth-blue").unwrap();
    let right = blue.mac.unwrap();
    for target in ["10.0.0.2", "fd00::2"] {
        let command = format!(
            "ip neighbour replace {target} lladdr 02:00:00:00:00:99 nud permanent dev veth-red"
        );
        lab.must(article.red, &command);
        let mut pinging = Pinging::start(&lab, article.red, target, &fast());
        pinging.finds(&format!(
            "red/veth-red takes 02:00:00:00:00:99 for {target}, but blue/veth-blue is {right}"
        ));
    }
}

/// Blue sends red to a better router on red's own network, and forwards the packet all the same.
pub(crate) fn redirect(_: &Inside) {
    let mut builder = labs::Builder::new("redirect");
    let bridge = builder.bridge(NamespaceId::HOST, "br0");
    let mut ends = Vec::new();
    for (number, name) in [(1, "red"), (2, "router"), (3, "better")] {
        let namespace = builder.namespace(name);
        let [end, port] = builder.link([(namespace, "eth0"), (NamespaceId::HOST, name)]);
        builder.interface(port).master = Some(bridge);
        builder.address(end, &format!("10.0.0.{number}/24"));
        ends.push(namespace);
    }
    let forwarding = |ipv4| topology::document::Forwarding { ipv4, ipv6: false };
    for namespace in &ends[1..] {
        let namespace = builder.document.namespaces.get_mut(namespace).unwrap();
        namespace.forwarding = forwarding(true);
    }
    builder.route(ends[0], "0.0.0.0/0", "10.0.0.2");
    builder.route(ends[1], "10.5.0.0/24", "10.0.0.3");
    let lab = Lab::start(&builder.document);
    lab.must(ends[2], "ip address add 10.5.0.1/24 dev eth0");
    lab.must(ends[0], "sysctl -qw net.ipv4.conf.all.accept_redirects=0");
    let mut pinging = Pinging::start(&lab, ends[0], "10.5.0.1", &fast());
    let (_, from, number, meaning) = pinging.error();
    assert_eq!((from.as_str(), number), ("10.0.0.2", (5, 1)));
    assert_eq!(meaning, "Redirect Host(New nexthop: 10.0.0.3)");
    pinging.reply();
    let lost = |event: &PingEvent| matches!(event, PingEvent::Lost { .. });
    assert!(!pinging.said.iter().any(lost), "{:#?}", pinging.said);
}
