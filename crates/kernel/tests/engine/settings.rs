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
fn other(setting: &Setting, than: i32) -> i32 {
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
    let plain = article.builder.document.clone();
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
