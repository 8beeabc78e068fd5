//! What others change in the lab, accepted or reverted one by one.

use std::time::{Duration, Instant};

use kernel::Namespace;
use kernel::sandbox::Inside;
use topology::drift::{self, Drift};
use topology::edit::{Selection, apply};
use topology::{Document, Edit, InterfaceId, NamespaceId, yaml};

use crate::{Lab, ip, rebuilt};

const LAB: &str = "netyard: 1
namespaces:
  red:
    routes: [{to: 10.9.0.0/16, via: 10.0.0.2, dev: wan}]
    firewall: |
      table inet filter {
      \tchain input {
      \t\ttype filter hook input priority 0; policy accept;
      \t}
      }
    bridges:
      br0: {}
      br1: {}
links:
  - red/wan: {addresses: [10.0.0.1/24], mac: '02:00:00:00:00:01'}
    host/b: {addresses: [10.0.0.2/24]}
  - red/lan: {bridge: br0}
    host/q: {}
";

/// Each with what then differs. `ip` of a slim kernel does all of them.
const CHANGES: &[(&str, &str)] = &[
    ("ip link set wan down", "state"),
    ("ip link set lan mtu 1400", "mtu"),
    ("ip link set wan address 02:00:00:00:00:99", "mac"),
    ("ip addr add 10.0.0.7/24 dev wan", "address"),
    ("ip addr add fd00::7/64 dev br1", "address"),
    ("ip link set lan master br1", "master"),
    (
        "ip link set br1 type bridge ageing_time 5000",
        "ageing_time",
    ),
    ("bridge link set dev lan isolated on", "port isolated"),
    ("ip route add 10.7.0.0/16 dev br0 table 9", "route"),
    ("ip rule add pref 77 from 10.7.0.0/16 lookup 9", "rule"),
    ("sysctl -qw net.ipv4.ip_forward=1", "IPv4 forwarding"),
    (
        "sysctl -qw net.ipv6.conf.all.forwarding=1",
        "IPv6 forwarding",
    ),
    (
        "nft add rule inet filter input tcp dport 80 accept",
        "firewall",
    ),
    ("ip link add br9 type bridge", "interface"),
    ("ip link add v0 type veth peer name v1", "interface"),
    ("ip link set br9 name br8", "name"),
    ("ip link del v0", "interface"),
    ("ip link set wan up", "state"),
    ("ip route del 10.7.0.0/16 dev br0 table 9", "route"),
    ("ip rule del pref 77", "rule"),
    ("ip addr del 10.0.0.7/24 dev wan", "address"),
    ("ip link set lan nomaster", "master"),
    ("nft flush ruleset", "firewall"),
];

/// Runs a command and waits for what differs then and did not before.
pub(crate) fn outside(
    lab: &Lab,
    document: &Document,
    namespace: &Namespace,
    words: &str,
) -> Vec<Drift> {
    let before = drift::drifts(document, &lab.engine.observed());
    ip::must(namespace, words);
    let begin = Instant::now();
    loop {
        let mut now = drift::drifts(document, &lab.engine.observed());
        now.retain(|drift| !before.contains(drift));
        if !now.is_empty() {
            // One command may be several events.
            std::thread::sleep(Duration::from_millis(20));
            let mut now = drift::drifts(document, &lab.engine.observed());
            now.retain(|drift| !before.contains(drift));
            return now;
        }
        assert!(
            begin.elapsed() < Duration::from_millis(200),
            "{words}: not heard"
        );
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// What the kernel has, without how its rules came to be.
fn state(lab: &Lab) -> impl std::fmt::Debug + PartialEq + use<> {
    let mut observed = topology::Observed::clone(&lab.engine.observed());
    for namespace in observed.namespaces.values_mut() {
        if let Some(firewall) = &mut namespace.firewall {
            firewall.changes.clear();
        }
    }
    rebuilt(&observed)
}

pub(crate) fn accept(lab: &Lab, document: &mut Document, drift: &Drift) {
    let mut last = 1000;
    while document.interfaces.contains_key(&InterfaceId(last + 1)) {
        last += 1;
    }
    let ids = || {
        last += 1;
        InterfaceId(last)
    };
    let edit = drift::accept(document, &lab.engine.observed(), drift, ids);
    let edit = edit.unwrap_or_else(|why| panic!("{drift:?}: {why}"));
    apply(document, edit).unwrap();
    let applied = lab.runtime.block_on(lab.engine.apply_edit(&*document));
    assert_eq!(applied.unwrap().steps, [], "{drift:?}: the kernel has it");
}

pub(crate) fn revert(lab: &Lab, document: &Document, drift: &Drift) {
    let applied = lab.runtime.block_on(lab.engine.revert(document, drift));
    let applied = applied.unwrap_or_else(|error| panic!("{drift:?}: {error}"));
    assert_ne!(applied.steps, [], "{drift:?}");
}

/// Every change is reverted, made again, and accepted; another on one of the interfaces stays all
/// the time.
pub(crate) fn one_by_one(_: &Inside) {
    let lab = Lab::start();
    let mut document = yaml::read(LAB).unwrap();
    lab.apply(&document);
    let red = lab.namespace(document.namespace_named("red").unwrap());
    let kept = outside(&lab, &document, &red, "ip link set wan mtu 1300");
    assert_eq!(kept.len(), 1, "{kept:#?}");
    for (words, what) in CHANGES {
        let before = state(&lab);
        let found = outside(&lab, &document, &red, words);
        // A bridge's MTU is listed before what of its port it follows.
        let last = found.last().unwrap();
        assert_eq!(last.difference.what, *what, "{words}: {found:#?}");
        revert(&lab, &document, last);
        assert_eq!(
            drift::drifts(&document, &lab.engine.observed()),
            kept,
            "{words}"
        );
        assert_eq!(state(&lab), before, "{words}");
        let mut found = outside(&lab, &document, &red, words);
        // A route that has waited for its interface is missing once that is up.
        while let Some(last) = found.last() {
            accept(&lab, &mut document, last);
            found = drift::drifts(&document, &lab.engine.observed());
            found.retain(|drift| !kept.contains(drift));
        }
    }
    revert(&lab, &document, &kept[0]);
    lab.stands(&document);
}

/// What others made and the document has accepted is the document's: it is renamed in place, and
/// goes when the document has it no more.
pub(crate) fn accepted_interfaces(_: &Inside) {
    let lab = Lab::start();
    let mut document = Document::new("");
    lab.apply(&document);
    let host = lab.namespace(NamespaceId::HOST);
    let found = outside(&lab, &document, &host, "ip link add br9 type bridge");
    accept(&lab, &mut document, &found[0]);
    let id = document.interface_named(NamespaceId::HOST, "br9").unwrap();
    let index = || lab.engine.interface(id).map(|(_, index)| index);
    crate::support::eventually("it is known", || index().is_some());
    let first = index();
    let edit = |document: &mut Document, edit| {
        apply(document, edit).unwrap();
        let applied = lab.runtime.block_on(lab.engine.apply_edit(&*document));
        applied.unwrap();
        lab.stands(document);
    };
    let name = "office".parse().unwrap();
    edit(
        &mut document,
        Edit::RenameInterface {
            interface: id,
            name,
        },
    );
    assert_eq!(index(), first);
    assert_eq!(ip::interfaces(&host)[0].name, "office");
    edit(&mut document, Edit::Remove(Selection::interface(id)));
    assert_eq!(ip::interfaces(&host), []);
}
