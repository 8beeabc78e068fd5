//! To look at what events speak of gives what a dump of everything gives.

use std::time::{Duration, Instant};

use kernel::sandbox::Inside;
use proptest::prelude::any;
use proptest::strategy::{Strategy, ValueTree};
use topology::NamespaceId;
use topology::arbitrary::{COMMON, document_without, wish_for};
use topology::edit::apply;
use topology::observed::Observed;

use crate::random::runner;
use crate::{Lab, ip, support};

/// How many documents, and how many edits and outside changes follow each.
const DOCUMENTS: usize = 6;
const CHANGES: usize = 60;
/// What the kernel does by itself has time until then, such as to look for a duplicate address;
/// what is not heard of is still missing after it.
const PATIENCE: Duration = Duration::from_millis(500);

/// What a person may do to an interface, or without one, in a namespace with another interface and
/// a number. Nothing is said of what the kernel refuses.
const OUTSIDE: &[&str] = &[
    "ip link set IF down",
    "ip link set IF down",
    "ip link set IF up",
    "ip link set IF up",
    "ip link set IF mtu 13N",
    "ip link set IF address 02:00:00:00:00:N",
    "ip link set IF name oN",
    "ip link set IF nomaster",
    "ip link set IF master OTHER",
    "ip link set IF type bridge ageing_time 5N00",
    "bridge link set dev IF isolated on",
    "bridge fdb add 02:00:00:00:01:N dev IF master static",
    "ip neigh replace 10.1.N.7 lladdr 02:00:00:00:02:N dev IF nud permanent",
    "ip neigh del 10.1.N.7 dev IF",
    "ip neigh replace fd00:N::7 lladdr 02:00:00:00:02:N dev IF nud permanent",
    "bridge vlan add vid N dev IF",
    "ip addr add 10.1.N.1/24 dev IF",
    "ip addr add 10.1.N.2/24 dev IF",
    "ip addr del 10.1.N.1/24 dev IF",
    "ip addr add fd00:N::1/64 dev IF nodad",
    "ip addr flush dev IF",
    "ip route add 10.2.N.0/24 dev IF src 10.1.N.2",
    "ip route add 10.3.N.0/24 via 10.1.N.9",
    "ip route add 10.4.N.0/24 nexthop dev IF nexthop dev OTHER",
    "ip -6 route add fd01:N::/64 dev IF",
    "ip -6 route add fd02:N::/64 via fd00:N::9 src fd00:N::1",
    "ip -6 route add fd04:N::/64 nexthop dev IF nexthop dev OTHER",
    "ip -6 route append fd01:N::/64 via fe80::9 dev OTHER",
    "ip -6 route del fd01:N::/64",
    "ip route add blackhole 10.5.N.0/24",
    "ip -6 route add blackhole fd03:N::/64",
    "ip -6 route del fd03:N::/64",
    "ip route flush root 10.0.0.0/8",
    "ip rule add pref 7N from 10.1.N.0/24 lookup 9",
    "ip rule del pref 7N",
    "tc qdisc replace dev IF root tbf rate 9Nmbit burst 10k latency 50ms",
    "tc qdisc del dev IF root",
    "sysctl -qw net.ipv4.ip_forward=1",
    "sysctl -qw net.ipv4.ip_forward=0",
    "sysctl -qw net.ipv6.conf.all.forwarding=1",
    "sysctl -qw net.ipv6.conf.IF.disable_ipv6=1",
    "sysctl -qw net.ipv6.conf.IF.disable_ipv6=0",
    "ip link add oN type bridge",
    "ip link add oN type veth peer name pN",
    "ip link add oN link IF type macvlan mode bridge",
    "ip link del IF",
    "nft add table ip tN",
];

pub(crate) fn as_whole(_: &Inside) {
    let mut runner = runner();
    let lacks = support::missing().leak();
    let lab = Lab::start();
    let mut done = 0;
    for number in 0..DOCUMENTS {
        let wanted = document_without(60, lacks).new_tree(&mut runner);
        let mut document = wanted.unwrap().current();
        if let Err(error) = lab.runtime.block_on(lab.engine.apply(&document)) {
            eprintln!("document {number} is refused: {error}");
        }
        agrees(&lab, &format!("document {number}"));
        for change in 0..CHANGES {
            let chance = any::<[u16; 6]>().new_tree(&mut runner).unwrap().current();
            let what = if chance[0].is_multiple_of(3) {
                let wish = wish_for(COMMON).new_tree(&mut runner).unwrap().current();
                let wished = wish.edit(&document);
                if apply(&mut document, wished.clone()).is_err() {
                    continue;
                }
                // Also what is refused, and taken back, is heard of.
                let _ = lab.runtime.block_on(lab.engine.apply_edit(&document));
                format!("{wished:?}")
            } else {
                let Some((namespace, words)) = outside(chance, &lab.engine.observed()) else {
                    continue;
                };
                let Some(namespace) = lab.engine.namespace(namespace) else {
                    continue;
                };
                let is_done = ip::run(&namespace, &words).status.success();
                done += usize::from(is_done);
                if words.contains("type bridge ") {
                    // Of what is down the kernel tells no change of parameters
                    // (`netdev_state_change`): it is seen with the next event there.
                    let place = format!("10.9.{number}.{change}");
                    ip::must(&namespace, &format!("ip route add blackhole {place}"));
                }
                format!("{words} in {namespace}")
            };
            agrees(&lab, &format!("document {number}, change {change}: {what}"));
        }
    }
    // Else it would show little.
    assert!(done > DOCUMENTS * CHANGES / 6, "{done} commands were done");
}

/// A command, and where.
fn outside(chance: [u16; 6], observed: &Observed) -> Option<(NamespaceId, String)> {
    let [_, namespace, one, other, number, words] = chance.map(usize::from);
    let ids: Vec<_> = observed.namespaces.keys().copied().collect();
    let id = ids[namespace % ids.len()];
    let interfaces = &observed.namespaces.get(&id)?.interfaces;
    let names: Vec<_> = interfaces.values().map(|i| i.name.as_str()).collect();
    let (one, other) = (names[one % names.len()], names[other % names.len()]);
    let number = (10 + number % 4).to_string();
    let words = OUTSIDE[words % OUTSIDE.len()];
    let words: Vec<_> = words
        .split(' ')
        .map(|word| {
            let word = word.replace("OTHER", other).replace("IF", one);
            match word == one || word == other {
                true => word,
                false => word.replace('N', &number),
            }
        })
        .collect();
    Some((id, words.join(" ")))
}

/// What is kept is what there is.
fn agrees(lab: &Lab, after: &str) {
    let begin = Instant::now();
    loop {
        let (kept, seen) = lab.runtime.block_on(lab.engine.look()).unwrap();
        if kept == seen {
            return;
        }
        if begin.elapsed() > PATIENCE {
            for (id, seen) in seen.namespaces.iter() {
                let kept = &kept.namespaces[id];
                if kept != seen {
                    eprintln!("kept: {kept:#?}\nseen: {seen:#?}");
                }
            }
            panic!("what is kept is not what there is, after {after}");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
