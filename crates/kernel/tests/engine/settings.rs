//! Settings of the kernel: set, seen, and given back.

use kernel::Namespace;
use kernel::sandbox::Inside;
use topology::edit::apply;
use topology::observed::Observed;
use topology::status::{Status, statuses};
use topology::sysctl::{Owner, Setting, TABLE};
use topology::{Document, Edit};

use crate::hearing::heard;
use crate::labs::{Article, article};
use crate::{Lab, ip};

/// The interface on which they are set.
const VETH: &str = "veth-red";

/// One that is neither what the kernel has nor what is usual.
pub(crate) fn other(setting: &Setting, than: i32) -> i32 {
    let (least, most) = setting.range;
    let values = (least..=most).take(3);
    let mut others = values.filter(|value| *value != than && *value != setting.usual);
    others
        .next()
        .unwrap_or(if than == least { most } else { least })
}

fn edited(document: &Document, owner: Owner, name: &str, value: Option<i32>) -> Document {
    let mut edited = document.clone();
    let edit = Edit::SetSysctl {
        owner,
        name: name.to_owned(),
        value,
    };
    apply(&mut edited, edit).unwrap();
    edited
}

fn now(namespace: &Namespace, setting: &Setting, interface: Option<&str>) -> i32 {
    let path = setting.path(interface);
    let value = namespace.sysctl_read(&path);
    value
        .unwrap_or_else(|error| panic!("{error}"))
        .parse()
        .unwrap()
}

fn owners(article: &Article) -> [(Owner, Option<&'static str>); 2] {
    [
        (Owner::Namespace(article.red), None),
        (Owner::Interface(article.veth_red), Some(VETH)),
    ]
}

/// Every one of the table is in the kernel, is set there, and gets back what it had.
pub(crate) fn all(_: &Inside) {
    let lab = Lab::start();
    let article = article();
    let mut plain = article.builder.document.clone();
    // Some settings take IPv6 away.
    for interface in plain.interfaces.values_mut() {
        interface.addresses.retain(|a| a.addr().is_ipv4());
    }
    for namespace in plain.namespaces.values_mut() {
        namespace.routes.retain(|r| r.destination.addr().is_ipv4());
    }
    lab.apply(&plain);
    let red = lab.namespace(article.red);
    for (owner, interface) in owners(&article) {
        let named = |setting: &'static Setting| Some((setting, setting.name(interface.is_some())?));
        let settings: Vec<_> = TABLE.iter().filter_map(named).collect();
        let before: Vec<_> = settings
            .iter()
            .map(|(s, _)| now(&red, s, interface))
            .collect();
        let mut wanted = plain.clone();
        for ((setting, name), before) in settings.iter().zip(&before) {
            wanted = edited(&wanted, owner, name, Some(other(setting, *before)));
        }
        lab.apply(&wanted);
        for ((setting, name), before) in settings.iter().zip(&before) {
            let value = now(&red, setting, interface);
            assert_eq!(value, other(setting, *before), "{name}");
        }
        // One at a time, so that what one takes along would be seen.
        for (_, name) in &settings {
            wanted = edited(&wanted, owner, name, None);
            lab.runtime
                .block_on(lab.engine.apply_edit(&wanted))
                .unwrap();
            lab.stands(&wanted);
        }
        for ((setting, name), before) in settings.iter().zip(before) {
            assert_eq!(now(&red, setting, interface), before, "{name}");
        }
    }
}

/// What others change is seen, also what makes no event, and can be put right.
pub(crate) fn drift(_: &Inside) {
    let lab = Lab::start();
    let article = article();
    let [of_red, of_veth] = owners(&article).map(|(owner, _)| owner);
    let mut document = article.builder.document.clone();
    for (owner, name) in [
        (of_red, "net.ipv4.tcp_mtu_probing"),
        (of_red, "net.ipv4.conf.all.rp_filter"),
        (of_veth, "ipv4.rp_filter"),
        (of_veth, "ipv4.arp_ignore"),
        (of_veth, "ipv6.accept_ra"),
    ] {
        document = edited(&document, owner, name, Some(1));
    }
    lab.apply(&document);
    let red = lab.namespace(article.red);
    let drifts = |observed: &Observed, what: &str| {
        let found = statuses(&document, Some(observed));
        let all = found.namespaces.values().chain(found.interfaces.values());
        let mut differences = all.filter_map(|status| match status {
            Status::Drifted(differences) => Some(differences),
            _ => None,
        });
        differences.any(|all| {
            all.iter()
                .any(|one| one.what == what && one.observed == "0")
        })
    };
    for (name, key) in [
        ("ipv4.rp_filter", "net.ipv4.conf.veth-red.rp_filter"),
        ("ipv4.arp_ignore", "net.ipv4.conf.veth-red.arp_ignore"),
        ("ipv6.accept_ra", "net.ipv6.conf.veth-red.accept_ra"),
        ("net.ipv4.tcp_mtu_probing", "net.ipv4.tcp_mtu_probing"),
        ("net.ipv4.conf.all.rp_filter", "net.ipv4.conf.all.rp_filter"),
    ] {
        let words = format!("sysctl -w {key}=0");
        heard(&lab, key, &words, &red, |observed| drifts(observed, name));
    }
    let begun = lab.apply(&document);
    assert_eq!(begun.steps.len(), 5, "{:#?}", begun.steps);
    // A change of which nothing was seen yet is put right all the same.
    ip::must(&red, "sysctl -w net.ipv4.tcp_mtu_probing=2");
    let applied = lab.apply(&document);
    assert_eq!(applied.steps.len(), 1, "{:#?}", applied.steps);
}

/// They stay with an interface that gets another name; those of IPv6 go with a small MTU.
pub(crate) fn follow(_: &Inside) {
    let lab = Lab::start();
    let article = article();
    let [(of_red, _), (of_veth, _)] = owners(&article);
    let mut document = article.builder.document.clone();
    document = edited(&document, of_veth, "ipv4.rp_filter", Some(2));
    document = edited(&document, of_veth, "ipv6.hop_limit", Some(7));
    document = edited(
        &document,
        of_red,
        "net.ipv4.conf.all.accept_redirects",
        Some(1),
    );
    lab.apply(&document);
    let red = lab.namespace(article.red);
    ip::must(&red, "ip link set veth-red down");
    ip::must(&red, "ip link set veth-red name other");
    let value = |key: &str| {
        ip::must(&red, &format!("sysctl -n {key}"))
            .trim()
            .to_owned()
    };
    let applied = lab.apply(&document);
    let is_setting = |step: &topology::Step| matches!(step, topology::Step::SetSysctl { .. });
    assert!(
        !applied.steps.iter().any(is_setting),
        "{:#?}",
        applied.steps
    );
    assert_eq!(value("net.ipv4.conf.veth-red.rp_filter"), "2");
    // The kernel removes IPv6, and makes it anew.
    ip::must(&red, "ip link set veth-red mtu 1000");
    ip::must(&red, "ip link set veth-red mtu 1500");
    assert_eq!(value("net.ipv6.conf.veth-red.hop_limit"), "64");
    lab.apply(&document);
    assert_eq!(value("net.ipv6.conf.veth-red.hop_limit"), "7");
    // Forwarding changes another one.
    ip::must(&red, "sysctl -w net.ipv4.ip_forward=1");
    assert_eq!(value("net.ipv4.conf.all.accept_redirects"), "0");
    lab.apply(&document);
    assert_eq!(value("net.ipv4.conf.all.accept_redirects"), "1");
    // What is made again has them again.
    ip::must(&red, "ip link del veth-red");
    lab.apply(&document);
    assert_eq!(value("net.ipv4.conf.veth-red.rp_filter"), "2");
    assert_eq!(value("net.ipv6.conf.veth-red.hop_limit"), "7");
}

/// IPv6 goes from all interfaces of a namespace, comes back, and stays on the one that says so; what
/// others do about it is seen.
pub(crate) fn without_ipv6(_: &Inside) {
    let lab = Lab::start();
    let article = article();
    let (id, owner) = (article.veth_red, Owner::Namespace(article.red));
    let own = Owner::Interface(id);
    let plain = article.builder.document.clone();
    lab.apply(&plain);
    let red = lab.namespace(article.red);
    let shown = |device: &str| ip::must(&red, &format!("ip -6 -o addr show dev {device}"));
    let (all, here) = ("net.ipv6.conf.all.disable_ipv6", "ipv6.disable_ipv6");
    let route = "fd00:1::/64";
    let has_route = || ip::must(&red, "ip -6 route").contains(route);
    assert!(has_route());

    // All but one, which has its address and its route again at once.
    let kept = edited(&edited(&plain, own, here, Some(0)), owner, all, Some(1));
    let apply = |document: &Document| {
        let applied = lab.runtime.block_on(lab.engine.apply_edit(document));
        let applied = applied.unwrap_or_else(|error| panic!("{error}"));
        lab.stands(document);
        applied
    };
    apply(&kept);
    assert_eq!(shown("lo"), "");
    assert!(shown(VETH).contains("fd00::1/64"), "{}", shown(VETH));
    assert!(has_route());

    // A step that fails leaves all as it was.
    let refuse = |step: &topology::Step| match step {
        topology::Step::AddRoute { .. } => {
            Err(kernel::Error::new("test", "a step", "it is the test"))
        }
        _ => Ok(()),
    };
    lab.apply(&plain);
    let applied = lab.engine.apply_through(&kept, refuse);
    let error = lab.runtime.block_on(applied).unwrap_err();
    assert!(error.not_undone.is_empty(), "{error:#?}");
    lab.stands(&plain);
    assert!(has_route() && shown("lo").contains("::1/128"));

    // Somebody takes it: that is drift, and is taken back.
    let is_off = |o: &Observed| {
        let found = o.interface_of(id).unwrap().2;
        found.sysctls.get(here) == Some(&1)
    };
    let words = "sysctl -w net.ipv6.conf.veth-red.disable_ipv6=1";
    heard(&lab, "IPv6 goes", words, &red, is_off);
    lab.apply(&plain);
    assert!(has_route() && shown(VETH).contains("fd00::1/64"));

    // Interfaces that come later have none either, and no address of their own.
    let mut bare = plain.clone();
    for interface in bare.interfaces.values_mut() {
        interface.addresses.retain(|a| a.addr().is_ipv4());
    }
    for namespace in bare.namespaces.values_mut() {
        namespace.routes.clear();
    }
    let off = edited(&bare, owner, all, Some(1));
    lab.apply(&off);
    assert_eq!(shown(VETH), "");
    let mut gone = off.clone();
    let both = topology::edit::Selection::interface(id);
    let back = topology::edit::apply(&mut gone, Edit::Remove(both)).unwrap();
    lab.apply(&gone);
    topology::edit::apply(&mut gone, back).unwrap();
    lab.apply(&gone);
    assert_eq!(shown(VETH), "");
    lab.apply(&bare);
    // The kernel makes its link-local address again.
    assert!(shown(VETH).contains("fe80::"), "{}", shown(VETH));

    // With addr_gen_mode there is IPv6, and nothing that nobody asked for.
    let mode = "net.ipv6.conf.all.addr_gen_mode";
    let quiet = edited(&bare, owner, mode, Some(1));
    lab.apply(&gone);
    let mut none = quiet.clone();
    topology::edit::apply(
        &mut none,
        Edit::Remove(topology::edit::Selection::interface(id)),
    )
    .unwrap();
    lab.apply(&none);
    lab.apply(&quiet);
    assert_eq!(shown(VETH), "");
    let mut with = quiet.clone();
    let address = "fd00::1/64".parse().unwrap();
    let index = None;
    let interface = id;
    topology::edit::apply(
        &mut with,
        Edit::AddAddress {
            interface,
            address,
            index,
        },
    )
    .unwrap();
    lab.apply(&with);
    assert!(shown(VETH).contains("fd00::1/64") && !shown(VETH).contains("fe80::"));
}

/// Addresses stay, or take the place of others, where settings say so.
pub(crate) fn of_addresses(_: &Inside) {
    let lab = Lab::start();
    let article = article();
    let id = article.veth_red;
    let own = Owner::Interface(id);
    let mut document = edited(
        &article.builder.document,
        own,
        "ipv4.promote_secondaries",
        Some(1),
    );
    document = edited(&document, own, "ipv6.keep_addr_on_down", Some(1));
    document = edited(&document, own, "ipv4.ignore_routes_with_linkdown", Some(1));
    let interface = document.interfaces.get_mut(&id).unwrap();
    for address in ["10.0.0.11/24", "10.0.0.12/24"] {
        interface.addresses.push(address.parse().unwrap());
    }
    lab.apply(&document);
    let red = lab.namespace(article.red);
    let shown = || ip::must(&red, &format!("ip -o addr show dev {VETH}"));
    // The others stay: one step.
    let mut without = document.clone();
    let interface = without.interfaces.get_mut(&id).unwrap();
    interface
        .addresses
        .retain(|a| a.to_string() != "10.0.0.1/24");
    let applied = lab.apply(&without);
    assert_eq!(applied.steps.len(), 1, "{applied:#?}");
    assert!(shown().contains("10.0.0.11/24") && !shown().contains("10.0.0.1/24"));
    // Back again, at its place, and also if a later step fails.
    lab.apply(&document);
    let name = "other".parse().unwrap();
    let mut renamed = without.clone();
    renamed
        .namespaces
        .get_mut(&article.red)
        .unwrap()
        .rules
        .insert(topology::rule::Rule::new(
            topology::address::Family::Ipv4,
            77,
            topology::rule::RuleAction::Blackhole,
        ));
    renamed.interfaces.get_mut(&article.veth_blue).unwrap().name = name;
    let refuse = |step: &topology::Step| match step {
        topology::Step::AddRule { .. } => {
            Err(kernel::Error::new("test", "a step", "it is the test"))
        }
        _ => Ok(()),
    };
    let applied = lab.engine.apply_through(&renamed, refuse);
    let error = lab.runtime.block_on(applied).unwrap_err();
    assert!(error.not_undone.is_empty(), "{error:#?}");
    lab.stands(&document);
    // Down, it keeps its IPv6 address.
    let mut down = document.clone();
    let edit = Edit::SetUp {
        interface: id,
        up: false,
    };
    apply(&mut down, edit).unwrap();
    let applied = lab.runtime.block_on(lab.engine.apply_edit(&down)).unwrap();
    let adds = |step: &topology::Step| matches!(step, topology::Step::AddAddress { .. });
    assert!(!applied.steps.iter().any(adds), "{applied:#?}");
    assert!(shown().contains("fd00::1/64"));
}
