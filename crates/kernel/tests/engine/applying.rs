//! Documents that the kernel takes.

use std::fs;

use kernel::sandbox::Inside;
use topology::step::Step;
use topology::{Document, NamespaceId};

use crate::labs::{Builder, article, empty, star as star_of};
use crate::{Lab, ip, timed};

pub(crate) fn article_stands(_: &Inside) {
    let lab = Lab::start();
    let article = article();
    let (applied, took) = timed(|| lab.apply(&article.builder.document));
    eprintln!("article: {} steps in {took:?}", applied.steps.len());

    let red = lab.namespace(article.red);
    let shown = ip::interfaces(&red);
    assert_eq!(shown.len(), 1, "{shown:?}");
    assert_eq!(shown[0].name, "veth-red");
    assert!(shown[0].up);
    assert_eq!(shown[0].addresses, ["10.0.0.1/24", "fd00::1/64"]);
    assert_eq!(
        ip::routes(&red, "-4"),
        ["10.0.1.0/24 via 10.0.0.2 dev veth-red"]
    );
    assert_eq!(
        ip::routes(&red, "-6"),
        ["fd00:1::/64 via fd00::2 dev veth-red"]
    );
    assert_eq!(red.sysctl_read("net/ipv4/ip_forward").unwrap(), "0");

    let blue = lab.namespace(article.blue);
    assert_eq!(blue.sysctl_read("net/ipv4/ip_forward").unwrap(), "1");
    assert_eq!(
        blue.sysctl_read("net/ipv6/conf/all/forwarding").unwrap(),
        "1"
    );

    let host = lab.namespace(NamespaceId::HOST);
    let shown = ip::interfaces(&host);
    let ports: Vec<_> = shown
        .iter()
        .filter(|i| i.master.as_deref() == Some("br0"))
        .collect();
    assert_eq!(ports.len(), 2, "{shown:?}");
    let bridge = shown.iter().find(|i| i.name == "br0").unwrap();
    assert!(bridge.up);
    assert_eq!(bridge.addresses, ["10.0.1.254/24"]);

    // `ip netns` knows them, and packets go where they should.
    ip::must(&host, "ip netns exec red ping -c 1 -W 2 10.0.0.2");
    ip::must(&host, "ip netns exec red ping -c 1 -W 2 10.0.1.2");
    ip::must(&host, "ip netns exec green ping -c 1 -W 2 10.0.0.2");

    let again = lab.apply(&article.builder.document);
    assert!(again.steps.is_empty());
    let observed = lab.engine.observed();
    let (namespace, index, _) = observed.interface_of(article.veth_red).unwrap();
    assert_eq!(
        lab.engine.interface(article.veth_red),
        Some((namespace, index))
    );
}

/// Scopes, the same link-local address on two links, and a metric of nothing.
pub(crate) fn as_ip_adds_them(_: &Inside) {
    let lab = Lab::start();
    let mut builder = Builder::new("as ip");
    let red = builder.namespace("red");
    let ends = builder.link([(red, "a"), (red, "b")]);
    for id in ends {
        builder.address(id, "fe80::1/64");
    }
    for address in ["127.0.0.9/8", "10.0.0.1/24", "fd00::1/64"] {
        builder.address(ends[0], address);
    }
    builder.route(red, "fd09::/64", "fd00::9");
    let namespace = builder.document.namespaces.get_mut(&red).unwrap();
    namespace.routes[0].metric = Some(0);
    lab.apply(&builder.document);
    assert!(lab.apply(&builder.document).steps.is_empty(), "no drift");

    let kernel = lab.namespace(red);
    let scopes = |namespace: &kernel::Namespace| {
        let links = ip::json(namespace, "ip -j addr show dev a");
        let addresses = links[0]["addr_info"].as_array().unwrap();
        let mut scopes: Vec<_> = addresses
            .iter()
            .map(|a| format!("{} {}", a["local"], a["scope"]))
            .filter(|text| text.contains("fe80::1\"") || !text.contains("fe80"))
            .collect();
        scopes.sort();
        scopes
    };
    let by_us = scopes(&kernel);
    for (address, length) in [
        ("127.0.0.9", 8),
        ("10.0.0.1", 24),
        ("fd00::1", 64),
        ("fe80::1", 64),
    ] {
        ip::must(&kernel, &format!("ip addr del {address}/{length} dev a"));
        ip::must(&kernel, &format!("ip addr add {address}/{length} dev a"));
    }
    assert_eq!(by_us, scopes(&kernel));
    assert!(
        by_us.contains(&"\"127.0.0.9\" \"host\"".to_owned()),
        "{by_us:?}"
    );
}

pub(crate) fn edits_in_place(_: &Inside) {
    let lab = Lab::start();
    let mut article = article();
    lab.apply(&article.builder.document);
    let index = lab.engine.interface(article.veth_red);
    let red = lab.namespace(article.red);
    let only = |lab: &Lab| {
        let mut shown = ip::interfaces(&red);
        assert_eq!(shown.len(), 1, "{shown:?}");
        assert_eq!(lab.engine.interface(article.veth_red), index, "made again");
        shown.remove(0)
    };

    article.builder.interface(article.veth_red).addresses[0] = "10.0.0.11/24".parse().unwrap();
    lab.apply(&article.builder.document);
    assert_eq!(only(&lab).addresses, ["10.0.0.11/24", "fd00::1/64"]);

    article.builder.interface(article.veth_red).mtu = Some(9000);
    lab.apply(&article.builder.document);
    assert_eq!(only(&lab).mtu, 9000);

    article.builder.interface(article.veth_red).mtu = None;
    lab.apply(&article.builder.document);
    assert_eq!(only(&lab).mtu, 1500);

    article.builder.interface(article.veth_red).name = "eth0".parse().unwrap();
    lab.apply(&article.builder.document);
    assert_eq!(only(&lab).name, "eth0");

    // Routes through an interface that is down cannot be.
    let routes = &mut article
        .builder
        .document
        .namespaces
        .get_mut(&article.red)
        .unwrap()
        .routes;
    let kept = std::mem::take(routes);
    article.builder.interface(article.veth_red).up = false;
    lab.apply(&article.builder.document);
    let down = only(&lab);
    assert!(!down.up);
    article.builder.interface(article.veth_red).up = true;
    article
        .builder
        .document
        .namespaces
        .get_mut(&article.red)
        .unwrap()
        .routes = kept;
    lab.apply(&article.builder.document);
    assert_eq!(only(&lab).addresses, ["10.0.0.11/24", "fd00::1/64"]);
    assert_eq!(ip::routes(&red, "-6"), ["fd00:1::/64 via fd00::2 dev eth0"]);

    let host = lab.namespace(NamespaceId::HOST);
    let master = || {
        let shown = ip::interfaces(&host);
        shown
            .into_iter()
            .find(|i| i.name == "veth-br-green")
            .unwrap()
            .master
    };
    article.builder.interface(article.br_green).bridge = None;
    lab.apply(&article.builder.document);
    assert_eq!(master(), None);
    article.builder.interface(article.br_green).bridge = Some(article.bridge);
    lab.apply(&article.builder.document);
    assert_eq!(master().as_deref(), Some("br0"));

    let name = "crimson".parse().unwrap();
    article
        .builder
        .document
        .namespaces
        .get_mut(&article.red)
        .unwrap()
        .name = name;
    lab.apply(&article.builder.document);
    assert_eq!(lab.namespace(article.red), red);
    ip::must(&host, "ip netns exec crimson ip link show eth0");
    assert!(!ip::run(&host, "ip netns exec red true").status.success());
}

pub(crate) fn back_at_once(_: &Inside) {
    let lab = Lab::start();
    let full = article().builder.document;
    for _ in 0..10 {
        lab.apply(&full);
        lab.apply(&empty());
        let observed = lab.engine.observed();
        assert_eq!(observed.namespaces.len(), 1);
        assert_eq!(observed.namespaces[&NamespaceId::HOST].interfaces.len(), 1);
    }
    lab.apply(&full);
}

pub(crate) fn within_and_crossed(_: &Inside) {
    let lab = Lab::start();
    let mut builder = Builder::new("loops");
    let host = NamespaceId::HOST;
    let red = builder.namespace("red");
    let blue = builder.namespace("blue");
    builder.link([(host, "a"), (host, "b")]);
    builder.link([(red, "c"), (red, "d")]);
    // Four links between the same two, so that indexes cross.
    let [first, _] = builder.link([(red, "x0"), (blue, "x0")]);
    builder.link([(blue, "x1"), (red, "x1")]);
    builder.link([(blue, "y"), (blue, "z")]);
    let [last, _] = builder.link([(red, "x2"), (blue, "x2")]);
    lab.apply(&builder.document);

    // Two names change places.
    builder.interface(first).name = "x2".parse().unwrap();
    builder.interface(last).name = "x0".parse().unwrap();
    let before = [lab.engine.interface(first), lab.engine.interface(last)];
    lab.apply(&builder.document);
    assert_eq!(
        [lab.engine.interface(first), lab.engine.interface(last)],
        before
    );
    let namespaces = &mut builder.document.namespaces;
    namespaces.get_mut(&red).unwrap().name = "blue".parse().unwrap();
    namespaces.get_mut(&blue).unwrap().name = "red".parse().unwrap();
    lab.apply(&builder.document);
    assert_eq!(
        [lab.engine.interface(first), lab.engine.interface(last)],
        before
    );
}

pub(crate) fn star(_: &Inside) {
    let lab = Lab::start();
    let (applied, took) = timed(|| lab.apply(&star_of(100)));
    eprintln!("star of 100: {} steps in {took:?}", applied.steps.len());
    let host = lab.namespace(NamespaceId::HOST);
    let shown = ip::interfaces(&host);
    let ports = shown
        .iter()
        .filter(|i| i.up && i.master.as_deref() == Some("br0"));
    assert_eq!(ports.count(), 100);
    ip::must(&host, "ip netns exec n1 ping -c 1 -W 2 10.0.0.100");
    let (applied, took) = timed(|| lab.apply(&empty()));
    eprintln!(
        "star of 100: taken down, {} steps in {took:?}",
        applied.steps.len()
    );
    assert!(
        applied
            .steps
            .iter()
            .any(|step| matches!(step, Step::RemoveInterface { .. }))
    );
}

pub(crate) fn drift(_: &Inside) {
    let lab = Lab::start();
    let mut article = article();
    lab.apply(&article.builder.document);
    let red = lab.namespace(article.red);
    ip::must(&red, "ip link set veth-red mtu 1400");

    article.builder.address(article.veth_blue, "10.0.9.2/24");
    let edit = lab.engine.apply_edit(&article.builder.document);
    let applied = lab.runtime.block_on(edit).unwrap();
    assert_eq!(applied.steps.len(), 1, "{applied:?}");
    assert_eq!(ip::interfaces(&red)[0].mtu, 1400);

    let applied = lab.apply(&article.builder.document);
    assert_eq!(applied.steps.len(), 1, "{applied:?}");
    assert_eq!(ip::interfaces(&red)[0].mtu, 1500);
}

pub(crate) fn refused_and_others(_: &Inside) {
    let lab = Lab::start();
    let mut article = article();
    lab.apply(&article.builder.document);
    let before = article.builder.document.clone();
    let edit = |document: &Document| {
        let applied = lab.runtime.block_on(lab.engine.apply_edit(document));
        applied.map(drop).map_err(|error| error.to_string())
    };
    // Nothing reaches that gateway: refused, and still in the document after that.
    article
        .builder
        .route(article.red, "10.9.0.0/16", "192.168.99.1");
    let refusal = edit(&article.builder.document).unwrap_err();
    assert!(refusal.contains("192.168.99.1"), "{refusal}");
    article.builder.address(article.veth_blue, "10.0.9.2/24");
    assert_eq!(
        edit(&article.builder.document),
        Err(refusal),
        "it is still there"
    );
    let addresses = || {
        let observed = lab.engine.observed();
        let (_, _, blue) = observed.interface_of(article.veth_blue).unwrap();
        blue.addresses
            .iter()
            .map(|a| a.address.to_string())
            .collect::<Vec<_>>()
    };
    assert!(
        addresses().contains(&"10.0.9.2/24".to_owned()),
        "what is new is in the kernel"
    );
    // Both taken back at once: the kernel is as at first.
    assert_eq!(edit(&before), Ok(()));
    assert!(
        !addresses().contains(&"10.0.9.2/24".to_owned()),
        "and out of it again"
    );
}

pub(crate) fn nothing_left_open(_: &Inside) {
    let open = || fs::read_dir("/proc/self/fd").unwrap().count();
    let threads = || fs::read_dir("/proc/self/task").unwrap().count();
    let full = article().builder.document;
    // tokio keeps a pair of sockets for signals from its first runtime on.
    drop(Lab::start());
    let begin = (open(), threads());
    {
        let lab = Lab::start();
        lab.apply(&full);
        lab.apply(&empty());
        let before = (open(), threads());
        for _ in 0..50 {
            lab.apply(&full);
            lab.apply(&empty());
        }
        assert_eq!((open(), threads()), before);
        assert_eq!(fs::read_dir("/run/netns").unwrap().count(), 0);
        lab.apply(&full);
    }
    assert_eq!((open(), threads()), begin);
    assert_eq!(fs::read_dir("/run/netns").unwrap().count(), 0);
}
