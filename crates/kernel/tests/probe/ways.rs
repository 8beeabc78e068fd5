//! Ways: their routers, what they take, and what the kernel would do.

use std::net::IpAddr;

use kernel::Namespace;
use kernel::probe::probe;
use kernel::sandbox::Inside;
use protocol::probe::{
    LookedUp, Lookup, PathMtu, PathMtuProbed, Probe, Probed, TraceMethod, Traced, Traceroute, Way,
    WayFound,
};
use topology::NamespaceId;

use crate::lab::{Lab, ip, labs};

fn trace(lab: &Lab, from: NamespaceId, target: &str, method: TraceMethod) -> Traced {
    let asked = Traceroute {
        target: target.parse().unwrap(),
        method,
        port: None,
        first_hop: 1,
        most_hops: 4,
        queries: 3,
        timeout_ms: 400,
    };
    match probe(&*lab.engine, from, &Probe::Traceroute(asked)).unwrap() {
        Probed::Traceroute(traced) => traced,
        other => panic!("{other:?}"),
    }
}

/// Who answered at each hop, and what was said.
fn hops(traced: &Traced) -> Vec<Vec<String>> {
    let hops = traced.hops.iter().map(|hop| {
        let answers = hop.answers.iter().map(|answer| match answer {
            None => "*".to_owned(),
            Some(answer) => format!(
                "{}{}",
                answer.from,
                answer
                    .error
                    .as_deref()
                    .map(|e| format!(" {e}"))
                    .unwrap_or_default()
            ),
        });
        let mut answers: Vec<String> = answers.collect();
        answers.dedup();
        answers
    });
    hops.collect()
}

/// Its router sends as many errors as there are reasons: by itself it sends six, and then one a
/// second (`icmp_ratelimit`), whatever tool it is that asks.
fn unlimited(article: &labs::Article) -> Lab {
    let lab = Lab::start(&article.builder.document);
    let blue = lab.namespace(article.blue);
    ip::must(&blue, "sysctl -qw net.ipv4.icmp_ratelimit=0");
    lab
}

pub(crate) fn traced(_: &Inside) {
    let article = labs::article();
    let lab = unlimited(&article);
    // What we ask must leave something for traceroute to be answered.
    for id in article.builder.document.namespaces.keys() {
        let namespace = lab.namespace(*id);
        ip::must(&namespace, "sysctl -qw net.ipv4.icmp_ratelimit=0");
        ip::must(&namespace, "sysctl -qw net.ipv6.icmp.ratelimit=0");
    }
    for method in [TraceMethod::Icmp, TraceMethod::Udp, TraceMethod::Tcp] {
        let found = trace(&lab, article.red, "10.0.1.3", method);
        assert_eq!(
            hops(&found),
            [["10.0.0.2"], ["10.0.1.3"]],
            "{method:?} {found:#?}"
        );
        assert!(found.reached, "{method:?}");
        let near = trace(&lab, article.red, "fd00::2", method);
        assert_eq!(hops(&near), [["fd00::2"]], "{method:?} {near:#?}");
        assert!(near.reached, "{method:?}");
        // And traceroute comes the same way.
        let red = lab.namespace(article.red);
        for (target, ours) in [("10.0.1.3", &found), ("fd00::2", &near)] {
            let theirs = by_traceroute(&red, target, method);
            assert_eq!(theirs, hops(ours), "{method:?} {target}");
        }
    }
}

/// Who answers `traceroute` at each hop. One query each, for a host sends only so many errors.
fn by_traceroute(from: &Namespace, target: &str, method: TraceMethod) -> Vec<Vec<String>> {
    let method = match method {
        TraceMethod::Icmp => "-I",
        TraceMethod::Udp => "-U",
        TraceMethod::Tcp => "-T",
    };
    let text = ip::must(
        from,
        &format!("traceroute -n -q 1 -w 2 -m 4 {method} {target}"),
    );
    let hops = text.lines().skip(1).map(|line| {
        let words = line.split_whitespace().skip(1);
        let words = words.filter(|word| *word == "*" || word.parse::<IpAddr>().is_ok());
        words.map(str::to_owned).collect()
    });
    hops.collect()
}

pub(crate) fn nowhere(_: &Inside) {
    let article = labs::article();
    let lab = unlimited(&article);
    // Nobody there: after three seconds the router would say so; we do not wait as long.
    let found = trace(&lab, article.red, "10.0.1.9", TraceMethod::Udp);
    let told = hops(&found);
    assert_eq!(told[0], ["10.0.0.2"]);
    assert_eq!(told[1..], [["*"], ["*"], ["*"]]);
    assert!(!found.reached);
    // A router that refuses ends it, and says why.
    for words in [
        "nft add table ip f",
        "nft add chain ip f forward { type filter hook forward priority 0 ; }",
        "nft add rule ip f forward ip daddr 10.0.1.3 reject with icmp admin-prohibited",
    ] {
        lab.must(article.blue, words);
    }
    let found = trace(&lab, article.red, "10.0.1.3", TraceMethod::Icmp);
    assert_eq!(hops(&found).last().unwrap()[0], "10.0.0.2 Packet filtered");
    assert!(!found.reached);
}

fn path(lab: &Lab, from: NamespaceId, target: &str) -> PathMtuProbed {
    let asked = PathMtu {
        target: target.parse().unwrap(),
        timeout_ms: 200,
    };
    match probe(&*lab.engine, from, &Probe::PathMtu(asked)).unwrap() {
        Probed::PathMtu(found) => found,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn path_mtu(_: &Inside) {
    let mut article = labs::article();
    let document = &article.builder.document;
    let end = document
        .interface_named(article.blue, "veth-blue-br")
        .unwrap();
    article.builder.interface(end).mtu = Some(1400);
    let lab = Lab::start(&article.builder.document);
    let found = path(&lab, article.red, "10.0.1.3");
    assert_eq!(
        (found.mtu, found.first, found.black_hole),
        (1400, 1500, false)
    );
    let limits: Vec<_> = found
        .limits
        .iter()
        .map(|l| (l.by.to_string(), l.mtu))
        .collect();
    assert_eq!(limits, [("10.0.0.2".to_owned(), 1400)]);
    let near = path(&lab, article.red, "fd00::2");
    assert_eq!(
        (near.mtu, near.limits.len(), near.black_hole),
        (1500, 0, false)
    );
    // What it says gets through ping, and one byte more does not.
    let red = lab.namespace(article.red);
    ip::must(&red, "ping -c1 -W1 -M do -s 1372 10.0.1.3");
    let more = ip::run(&red, "ping -c1 -W1 -M do -s 1373 10.0.1.3");
    assert!(!more.status.success());
}

pub(crate) fn black_hole(_: &Inside) {
    let article = labs::article();
    let lab = Lab::start(&article.builder.document);
    for words in [
        "nft add table ip f",
        "nft add chain ip f forward { type filter hook forward priority 0 ; }",
        "nft add rule ip f forward ip length > 1300 drop",
    ] {
        lab.must(article.blue, words);
    }
    let found = path(&lab, article.red, "10.0.1.3");
    assert_eq!(
        (found.mtu, found.first, found.black_hole),
        (1300, 1500, true)
    );
    assert_eq!(found.limits, []);
}

fn look_up(lab: &Lab, from: NamespaceId, asked: Lookup) -> LookedUp {
    match probe(&*lab.engine, from, &Probe::Lookup(asked)).unwrap() {
        Probed::Lookup(found) => found,
        other => panic!("{other:?}"),
    }
}

fn to(target: &str) -> Lookup {
    Lookup {
        target: target.parse().unwrap(),
        from: None,
        arrived_by: None,
        mark: None,
    }
}

pub(crate) fn looked_up(_: &Inside) {
    let article = labs::article();
    let lab = Lab::start(&article.builder.document);
    let red = lab.namespace(article.red);
    let found = look_up(&lab, article.red, to("10.0.1.3"));
    let route = found.route.unwrap();
    let said = ip::must(&red, "ip route get 10.0.1.3");
    let ours = format!(
        "10.0.1.3 via {} dev {} src {}",
        route.gateway.unwrap(),
        route.interface.as_deref().unwrap(),
        route.source.unwrap()
    );
    assert!(said.starts_with(&ours), "{ours}: {said}");
    assert_eq!((route.kind.as_str(), route.table), ("unicast", Some(254)));
    let destination = route.destination.unwrap().to_string();
    let said = ip::must(&red, "ip route get fibmatch 10.0.1.3");
    assert!(said.starts_with(&destination), "{destination}: {said}");
    assert_eq!(found.rule.as_deref(), Some("32766: from all lookup main"));
    let neighbour = found.neighbour.unwrap();
    assert_eq!(
        (
            neighbour.address.to_string().as_str(),
            neighbour.state.as_str()
        ),
        ("10.0.0.2", "none")
    );

    ip::must(&red, "ping -c1 -W1 10.0.1.3");
    let known = look_up(&lab, article.red, to("10.0.1.3"))
        .neighbour
        .unwrap();
    let said = ip::must(&red, "ip neigh show 10.0.0.2").to_lowercase();
    assert!(said.contains(&known.state), "{} {said}", known.state);
    assert!(said.contains(&known.link_address.unwrap()), "{said}");

    // Its own address, nowhere, and by a rule with a mark.
    let own = look_up(&lab, article.red, to("10.0.0.1"));
    assert_eq!(own.route.unwrap().kind, "local");
    assert_eq!(own.rule.as_deref(), Some("0: from all lookup local"));
    let nowhere = look_up(&lab, article.red, to("192.0.2.1"));
    assert_eq!(
        nowhere.error.as_deref(),
        Some("Network is unreachable (ENETUNREACH)")
    );
    assert_eq!(nowhere.route, None);
    lab.must(article.red, "ip rule add fwmark 7 priority 99 lookup 100");
    lab.must(
        article.red,
        "ip route add 192.0.2.0/24 via 10.0.0.2 table 100",
    );
    let marked = look_up(
        &lab,
        article.red,
        Lookup {
            mark: Some(7),
            ..to("192.0.2.1")
        },
    );
    assert_eq!(marked.route.unwrap().table, Some(100));
    let rule = marked.rule.unwrap();
    let said = ip::must(&red, "ip rule").replace('\t', " ");
    assert!(said.contains(&rule), "{rule}: {said}");

    // One that comes in at blue is forwarded; without forwarding the kernel says so.
    let blue = lab.namespace(article.blue);
    let passing = Lookup {
        from: Some("10.0.0.1".parse().unwrap()),
        arrived_by: Some("veth-blue".to_owned()),
        ..to("10.0.1.3")
    };
    let forwarded = look_up(&lab, article.blue, passing.clone());
    assert_eq!(
        forwarded.route.unwrap().interface.as_deref(),
        Some("veth-blue-br")
    );
    ip::must(&blue, "sysctl -qw net.ipv4.ip_forward=0");
    let refused = look_up(&lab, article.blue, passing);
    assert_eq!(
        refused.error.as_deref(),
        Some("No route to host (EHOSTUNREACH)")
    );
}

fn found(lab: &Lab, from: NamespaceId, target: &str) -> WayFound {
    let target = target.parse().unwrap();
    match probe(&*lab.engine, from, &Probe::Way(Way { target })).unwrap() {
        Probed::Way(found) => found,
        other => panic!("{other:?}"),
    }
}

fn places(found: &WayFound) -> Vec<&str> {
    found
        .places
        .iter()
        .map(|place| place.name.as_str())
        .collect()
}

pub(crate) fn way(_: &Inside) {
    let article = labs::article();
    let lab = Lab::start(&article.builder.document);
    let all = [
        "red/veth-red",
        "blue/veth-blue",
        "blue/veth-blue-br",
        "host/veth-br-blue",
        "host/br0",
        "host/veth-br-green",
        "green/veth-green-br",
    ];
    let whole = found(&lab, article.red, "10.0.1.3");
    assert_eq!(places(&whole), all);
    assert!(whole.arrives && whole.findings.is_empty(), "{whole:?}");
    assert_eq!(whole.places[0].interface, Some(article.veth_red));
    // It ends where it dies, with the reason.
    lab.must(NamespaceId::HOST, "ip link set veth-br-green down");
    let cut = found(&lab, article.red, "10.0.1.3");
    assert_eq!(places(&cut), all[..6]);
    assert!(!cut.arrives);
    assert_eq!(cut.findings[0].interface, Some(article.br_green));
    let nowhere = found(&lab, article.red, "192.0.2.1");
    assert!(places(&nowhere).is_empty() && !nowhere.arrives);
    assert_eq!(nowhere.findings[0].text, "red has no route to 192.0.2.1");
}
