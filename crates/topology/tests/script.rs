//! Scripts as a reader and as the real `ip` take them: what is refused, and what is there afterwards.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod real;

use std::collections::BTreeSet;

use proptest::prelude::*;
use topology::Document;
use topology::script::{self, ScriptError};

/// Refused by Netyard alone: no document can have it, or the kernel takes it and it does nothing good.
const STRICTER: [&str; 11] = [
    "no lab is without it",
    "keeps its name",
    "of the same namespace already",
    "it would be a loop",
    "is the broadcast address",
    "at least 1280",
    "by itself when the interface comes up",
    "there is a route to it with the same metric already",
    "no document has two rules of one priority",
    "names an interface that is not there",
    "would let none of that size pass",
];

fn errors(text: &str) -> Vec<ScriptError> {
    script::read(text).err().unwrap_or_default()
}

/// What is said of an interface that no document has, and that changes nothing, is told.
#[test]
fn what_changes_nothing_of_a_lab_is_left_out() {
    let text = "ip link add d0 txqueuelen 100 type dummy\n\
        ip link set d0 group 7 alias outside promisc on up\n\
        ip link add v0 group 3 type veth peer name v1 numtxqueues 2\n\
        ip link add v9 type vxlan id 9 group 239.1.1.1 dev d0 dstport 4789\n";
    let script = script::read(text).unwrap_or_else(|errors| panic!("{errors:#?}"));
    let told: Vec<_> = script
        .notes
        .iter()
        .map(|note| (note.line, note.text.as_str()))
        .collect();
    let wanted = [
        (1, "`txqueuelen 100`"),
        (2, "`group 7`"),
        (2, "`alias outside`"),
        (2, "`promisc on`"),
        (3, "`group 3`"),
        (3, "`numtxqueues 2`"),
    ];
    assert_eq!(told.len(), wanted.len(), "{told:#?}");
    for ((line, text), (at, what)) in told.iter().zip(wanted) {
        assert!(*line == at && text.starts_with(what), "{line}: {text}");
    }
    let plain = "ip link add d0 type dummy\nip link set d0 up\nip link add v0 type veth peer name v1\n\
        ip link add v9 type vxlan id 9 group 239.1.1.1 dev d0 dstport 4789\n";
    assert_eq!(script.document, script::read(plain).unwrap().document);
}

#[test]
fn forwarding_of_one_interface_may_be_what_that_of_all_is() {
    let taken = "ip link add d0 type dummy\nsysctl -w net.ipv6.conf.all.forwarding=1\n\
        sysctl -w net.ipv6.conf.default.forwarding=1 net/ipv6/conf/d0/forwarding=1\n\
        sysctl -w net.ipv4.conf.d0.forwarding=0\n";
    let document = script::read(taken).unwrap().document;
    let host = &document.namespaces[&topology::NamespaceId::HOST];
    assert!(host.forwarding.ipv6 && !host.forwarding.ipv4);
    for (line, word) in [
        ("sysctl -w net.ipv4.conf.d0.forwarding=1", "whole namespace"),
        (
            "sysctl -w net.ipv6.conf.default.forwarding=0",
            "whole namespace",
        ),
        ("sysctl -w net.ipv6.conf.d1.forwarding=1", "no interface d1"),
    ] {
        let errors = errors(&format!("{taken}{line}\n"));
        assert!(
            errors[0].line == 5 && errors[0].reason.contains(word),
            "{errors:?}"
        );
    }
}

#[test]
fn a_master_that_is_called_a_vrf_is_one() {
    let made = "ip link add red type vrf table 10\nip link add br0 type bridge\n\
        ip link add d0 type dummy\n";
    let by_vrf = script::read(&format!("{made}ip link set d0 vrf red\n")).unwrap();
    let by_master = script::read(&format!("{made}ip link set d0 master red\n")).unwrap();
    assert_eq!(by_vrf.document, by_master.document);
    let errors = errors(&format!("{made}ip link set d0 vrf br0\n"));
    assert!(
        errors[0].reason.contains("Not a valid VRF name"),
        "{errors:?}"
    );
}

/// The kernel removes a namespace after `ip netns delete` has ended: the next command waits for it.
fn pause_after(command: &str) -> &'static str {
    match command.contains("netns del") {
        true => "sleep 0.5\n",
        false => "",
    }
}

/// Which commands `ip` refuses, as a shell runs them one after the other, and what the kernel has
/// in the end, as [`real::parse`] reads it.
fn by_ip(commands: &[String], document: &Document) -> (BTreeSet<usize>, String) {
    let mut text = String::new();
    for (index, command) in commands.iter().enumerate() {
        text.push_str(&format!("{command} >/dev/null 2>&1 || echo {index}\n"));
        text.push_str(pause_after(command));
    }
    let printed = real::sandbox(&format!("{text}{}", real::dump(document)));
    let refused = printed.lines().take_while(|line| *line != "DUMP");
    (refused.map(|line| line.parse().unwrap()).collect(), printed)
}

fn is_stricter(error: &ScriptError) -> bool {
    STRICTER.iter().any(|text| error.reason.contains(text))
}

/// The reader refuses what `ip` refuses, and the kernel ends with the reader's document.
fn compare(commands: &[String]) {
    let errors = errors(&commands.join("\n"));
    let ours: BTreeSet<usize> = errors.iter().map(|error| error.line - 1).collect();
    // The kernel sets one thing after the other, and keeps what it set before it refused the next.
    // `do_set_master` frees a port before it asks whether the new master takes it.
    let half_done = ["mtu 1400 ", " master "];
    let is_half_done = |index: &&usize| {
        half_done
            .iter()
            .any(|part| commands[**index].contains(part))
    };
    if let Some(&index) = ours.iter().find(is_half_done) {
        return compare(&commands[..index]);
    }
    let taken = commands
        .iter()
        .enumerate()
        .filter(|(index, _)| !ours.contains(index));
    let taken: Vec<&str> = taken.map(|(_, command)| command.as_str()).collect();
    let taken = taken.join("\n");
    let document = match script::read(&taken) {
        Ok(script) => script.document,
        // What only the whole shows.
        Err(errors) => {
            assert!(errors.iter().all(is_stricter), "{errors:#?}\n{taken}");
            return;
        }
    };
    let (theirs, printed) = by_ip(commands, &document);
    if let Some(&index) = ours.symmetric_difference(&theirs).next() {
        let before = commands[..=index].join("\n");
        let reason = errors.iter().find(|error| error.line == index + 1);
        assert!(
            reason.is_some_and(is_stricter),
            "{index}: {reason:?}\n{before}"
        );
        // From here on the two networks differ.
        return compare(&commands[..index]);
    }
    assert_eq!(
        real::parse(&document, &printed),
        real::expected(&document),
        "\n{taken}"
    );
}

fn pick(words: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::sample::select(words).prop_map(str::to_owned)
}

const NAMESPACES: &[&str] = &["red", "blue", "red"];
const DEVICES: &[&str] = &["a", "b", "v0", "v1", "br0", "v0", "v1", "br0", "lo", "nope"];
const ADDRESSES: &[&str] = &[
    "10.0.0.1/24",
    "10.0.0.2/24",
    "10.0.1.1/24",
    "10.1/16",
    "fd00::1/64",
    "fd00::2/64",
    "fd01::1/64",
    "10.0.0.3",
    "::1/128",
    "::1/64",
    "127.0.0.9/8 scope host",
];
const ROUTES: &[&str] = &[
    "default via 10.0.0.2",
    "default via 10.0.0.1",
    "10.9.0.0/24 via 10.0.1.7",
    "10.9.0.0/24 dev v0",
    "10.9/16 dev br0 metric 5",
    "10.0.0.0/24 dev v0",
    "fd09::/64 dev v0",
    "fd09::/64 via fd00::9",
    "10.9.0.0/24 via 10.0.0.9 dev v0 metric 7",
    "default via fd00::2",
    "fd09::/64 via fd00::1 dev v1",
    "10.9.0.0/24",
    "fd00::/64 dev v0 metric 256",
    "fd00::/64 dev v1 metric 256",
    "fd09::/64 dev v0 metric 0",
    "blackhole 10.9.0.0/24",
    "unreachable fd09::/64",
    "prohibit 10.9.0.0/24 metric 7",
    "blackhole 10.9.0.0/24 dev v0",
    "default via 10.0.0.2 table 100",
    "10.9.0.0/24 dev v0 table 100",
    "10.0.0.0/24 dev v0 table 100",
    "10.9.0.0/24 via 10.9.7.7 table 100",
    "10.9.7.0/24 dev v0 table 100",
    "10.9.0.0/24 dev v0 src 10.0.0.1",
    "10.9.0.0/24 dev v0 src 10.0.0.1 table 100",
    "10.9.0.0/24 dev v0 src 10.0.0.77",
    "10.9.0.0/24 dev v0 scope host",
    "10.9.0.0/24 dev v0 scope global",
    "10.9.0.0/24 dev v0 scope link",
    "10.9.0.0/24 via 192.0.2.1 dev v0 onlink",
    "10.9.0.0/24 via 192.0.2.1 onlink",
    "fd09::/64 via fd99::1 dev v0 onlink",
    "fd09::/64 via fd00::9 dev v1 onlink",
    "10.9.0.0/24 nexthop via 10.0.0.9 weight 3 nexthop via 10.0.1.7",
    "10.9.0.0/24 nexthop via 10.0.0.9 dev v0 nexthop dev v1 weight 2",
    "10.9.0.0/24 nexthop via 10.0.0.9 dev v0 nexthop via 192.0.2.1 dev br0 onlink",
    "fd09::/64 nexthop via fd00::9 dev v0 nexthop via fd01::9 weight 5",
    "fd09::/64 nexthop via fd00::9 dev v0 nexthop dev v1",
    "fd09::/64 nexthop via fd00::9 dev v0 nexthop via fd99::1 dev v1 onlink",
    "fd09::/64 via fd00::9 dev lo",
];

const RULES: &[&str] = &[
    "from 10.0.0.0/8 lookup 100",
    "from all lookup 100 priority 5",
    "from all lookup 100 iif lo priority 6",
    "not from 10.0.0.0/8 table 100 pref 50",
    "from 10.0.0.0/8 table 100 pref 50",
    "to 10.9.0.0/24 blackhole",
    "fwmark 0x1/0xff prohibit",
    "iif v0 ipproto tcp dport 80-90 unreachable",
    "oif v0 from fd00::/8 lookup main",
    "from all lookup main priority 70",
    "priority 70",
    "to 10.0.0.0/24 prohibit pref 80",
];

const QDISCS: &[&str] = &[
    "qdisc add dev DEV root tbf rate 1mbit burst 10kb latency 50ms",
    "qdisc add dev DEV root handle 1: tbf rate 2mbit burst 80kbit limit 30000",
    "qdisc replace dev DEV root tbf rate 5000kbit buffer 10k lat 20ms",
    "qdisc replace dev DEV root handle 1: tbf rate 100kbps burst 9100b latency 50000",
    "q cha dev DEV root tbf rate 3mbit burst 10kb latency 100msecs",
    "qdisc change dev DEV handle 1: root tbf rate 3.5Mbit burst 10kb latency 0.1s",
    "qdisc del dev DEV root",
    "qdisc d dev DEV root handle 1:",
];

/// One command, more often one that can succeed.
fn command() -> impl Strategy<Value = String> {
    let inside = prop_oneof![
        3 => Just("ip".to_owned()),
        3 => pick(NAMESPACES).prop_map(|ns| format!("ip -n {ns}")),
        1 => pick(NAMESPACES).prop_map(|ns| format!("ip netns exec {ns} ip")),
    ];
    let device = || pick(DEVICES);
    let object = prop_oneof![
        2 => (device(), device()).prop_map(|(a, b)| format!("link add name {a} type veth peer name {b}")),
        1 => (device(), device(), pick(NAMESPACES))
            .prop_map(|(a, b, ns)| format!("link add dev {a} type veth peer {b} netns {ns}")),
        2 => device().prop_map(|a| format!("link add dev {a} type bridge")),
        1 => (device(), pick(NAMESPACES)).prop_map(|(a, ns)| format!("link add name {a} up netns {ns} type bridge")),
        1 => device().prop_map(|a| format!("link del dev {a}")),
        4 => device().prop_map(|a| format!("link set dev {a} up")),
        2 => device().prop_map(|a| format!("l s up dev {a}")),
        2 => device().prop_map(|a| format!("link set dev {a} down")),
        3 => (device(), device()).prop_map(|(a, b)| format!("link set dev {a} master {b}")),
        1 => device().prop_map(|a| format!("link set nomaster dev {a}")),
        2 => (device(), pick(NAMESPACES)).prop_map(|(a, ns)| format!("link set dev {a} netns {ns}")),
        1 => (device(), device(), pick(NAMESPACES)).prop_map(|(a, b, ns)| format!("link set dev {a} up mtu 1400 netns {ns} name {b}")),
        1 => (device(), device()).prop_map(|(a, b)| format!("link set dev {a} name {b}")),
        1 => (device(), pick(&["1400", "9000", "67", "65536", "1279"])).prop_map(|(a, mtu)| format!("link set mtu {mtu} dev {a}")),
        6 => (device(), pick(ADDRESSES)).prop_map(|(a, address)| format!("addr add {address} dev {a}")),
        2 => (device(), pick(ADDRESSES)).prop_map(|(a, address)| format!("a d {address} dev {a}")),
        6 => pick(ROUTES).prop_map(|route| format!("route add {route}")),
        2 => pick(ROUTES).prop_map(|route| format!("route replace {route}")),
        2 => pick(RULES).prop_map(|rule| format!("rule add {rule}")),
        1 => pick(RULES).prop_map(|rule| format!("rule del {rule}")),
        2 => pick(ROUTES).prop_map(|route| format!("r del {route}")),
        1 => Just("link".to_owned()),
    ];
    let network = (inside, object).prop_map(|(inside, object)| format!("{inside} {object}"));
    let inside = prop_oneof![
        Just("tc".to_owned()),
        pick(NAMESPACES).prop_map(|ns| format!("tc -n {ns}")),
        pick(NAMESPACES).prop_map(|ns| format!("ip netns exec {ns} tc")),
    ];
    let queue = (inside, pick(DEVICES), pick(QDISCS))
        .prop_map(|(inside, device, qdisc)| format!("{inside} {}", qdisc.replace("DEV", &device)));
    prop_oneof![
        12 => network,
        2 => queue,
        1 => pick(NAMESPACES).prop_map(|ns| format!("ip netns add {ns}")),
        1 => pick(&["ip addr add 10.5.0.1 peer 10.5.0.2 dev v0", "ip addr add 10.5.0.1/24 remote 10.6.0.2 brd + dev v0 scope link", "ip addr del 10.5.0.1/24 peer 10.6.0.7/24 dev v0", "ip addr add fd05::1 peer fd06::1 dev v1", "ip addr add 10.5.0.1/24 brd - dev v0", "ip addr replace 10.5.0.1/24 brd + dev v0"]),
        1 => pick(&["ip netns del blue", "ip -6 addr add 10.0.0.1/24 dev lo", "sysctl -w net.ipv4.ip_forward=1", "sysctl -w net/ipv4/conf/v0/rp_filter=2 net.ipv4.tcp_ecn=1", "ip netns exec red sysctl -q -w net.ipv6.conf.v1.hop_limit=9", "sysctl -w net.ipv4.conf.all.accept_redirects=1", "sysctl -w net.ipv6.conf.v0.accept_ra=2"]),

    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20, failure_persistence: None, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_script_is_read_as_ip_and_the_kernel_take_it(more in prop::collection::vec(command(), 0..45)) {
        let mut commands: Vec<String> = [
            "ip netns add red", "ip netns add blue", "ip link add v0 type veth peer name v1 netns red",
            "ip link add br0 type bridge", "ip link set br0 up",
        ].map(str::to_owned).into();
        commands.extend(more);
        compare(&commands);
    }
}

/// Line and reason of the only refusal.
fn refusal(text: &str) -> (usize, String) {
    let errors = errors(text);
    assert_eq!(errors.len(), 1, "{errors:#?}\n{text}");
    (errors[0].line, errors[0].reason.clone())
}

#[test]
fn what_is_not_understood_is_refused_by_name() {
    let cases = [
        ("ip netns add $(hostname)", "what `hostname` prints"),
        ("ip netns add `hostname`", "what `hostname` prints"),
        ("for ns in red blue; do", "syntax"),
        ("ip netns add 'red", "syntax"),
        ("nft delete rule ip x y handle 4", "handle"),
        ("iptables -t security -A INPUT -j ACCEPT", "security"),
        ("iptables -A INPUT -m recent --set", "recent"),
        ("cat <<EOF", "here"),
        ("tc qdisc add dev lo root htb", "netem and tbf"),
        ("ip netns exec red bash", "red"),
        ("nft -f /etc/nftables.conf", "files are not read"),
        ("ip netns add $NS", "`$NS` has no value"),
        ("set -u; ip netns add $NS", "`set -u`"),
        ("docker run alpine", "`docker`"),
        ("while true; do :; done", "does it end"),
        ("f() { f; }; f", "deep"),
        ("x=a; while true; do x=$x$x; done", "bytes"),
        ("ip netns add n{1..99999}", "words"),
        ("exit 3", "status 3"),
        ("ip link set eth0 up | tee log", "no interface eth0"),
        (
            "if ping -c1 10.0.0.1; then ip netns add red; fi",
            "depends on it",
        ),
        ("ip netns add $(cat /etc/name)", "`cat /etc/name`"),
        ("cat /etc/rules | nft -f -", "`cat /etc/rules`"),
        (
            "for f in /etc/*.conf; do ip netns add a; done",
            "/etc/*.conf",
        ),
        ("diff <(ip a) <(ip l)", "process substitution"),
        ("[[ a =~ ^\\w ]]", "`\\w` in a regular expression"),
        ("echo $((1/0))", "division"),
        ("ip -batch file", "`file`"),
        ("ip rule add from 10.0.0.1 goto 5", "goto"),
        ("ip link add v0 type veth peer name v1 up", "not connected"),
        ("ip link set lo arp off", "arp"),
        ("ip link set lo promisc maybe", "on or off"),
        ("ip link set lo txqueuelen long", "txqueuelen"),
        ("ip link set group 5 up", "name of an interface"),
        ("ip route add 10.1.0.1/24 dev lo", "10.1.0.0/24"),
        ("sysctl -w net.ipv4.conf.default.rp_filter=3", "0 to 2"),
        ("sysctl -w net.ipv4.conf.all.rp_filter=3", "0 to 2"),
        ("sysctl -w kernel.panic=1", "kernel.panic"),
        ("sysctl -w net.ipv4.ip_forward = 1", "no spaces"),
        ("sysctl net.ipv4.ip_forward = 1", "no spaces"),
        ("sysctl -w net.ipv4.ip_forward =1", "no spaces"),
        ("sysctl -w net.ipv4.ip_forward= 1", "no spaces"),
        ("ip rule flush", "rule"),
        (
            "ip neigh repl 10.0.0.1 lladdr 02:00:00:00:00:01 nud stale dev lo",
            "nud stale",
        ),
        ("ip xfrm s add", "xfrm"),
        ("bridge link s dev lo cost 5", "bridge"),
        ("ip addr add 10.0.0.1/24 dev lo scope site", "scope site"),
        ("ip addr add 10.0.0.1 peer fd00::1 dev lo", "another family"),
        ("ip addr add 10.0.0.1 peer 224.0.0.1 dev lo", "multicast"),
        ("ip addr add fd00::1/64 brd + dev lo", "no broadcast"),
        ("ip addr add fd00::1/64 dev lo scope link", "scope link"),
    ];
    for (command, word) in cases {
        let text = format!("#!/bin/sh\n\n{command}\n");
        let errors = errors(&text);
        let first = errors
            .first()
            .unwrap_or_else(|| panic!("{command} was taken"));
        assert_eq!(first.line, 3, "{first}");
        assert!(first.reason.contains(word), "{first}");
    }
}

#[test]
fn every_refused_command_is_named_with_its_line() {
    let text = "ip netns add red\nfrobnicate\nip -n red link set up dev lo; nonsense \\\n  --more\n\nip -n blue link\n";
    let lines: Vec<_> = errors(text).iter().map(|error| error.line).collect();
    assert_eq!(lines, [2, 3, 6]);
}

#[test]
fn what_only_the_whole_shows_is_told_at_the_command_that_caused_it() {
    let text = "ip link add br0 type bridge\nip link set br0 mtu 1279\nip addr add fd00::1/64 dev br0\nip netns add red\n";
    let (line, reason) = refusal(text);
    assert_eq!(line, 3, "{reason}");
    assert!(reason.contains("1280"), "{reason}");
    let text = "ip addr add 127.0.0.1/8 dev lo\nip netns add red\n";
    assert_eq!(refusal(text).0, 1);
}

#[test]
fn what_people_write_is_read() {
    let text = "#!/usr/bin/env bash\nset -euo pipefail\nset -o errexit\n\
        sudo ip netns add red && sudo ip netns add blue # two\n\
        sudo sudo ip --netns red l set up lo\n\
        /sbin/ip l add eth0 mtu 1400 netns red type veth peer eth0 netns blue mtu 1400\n\
        ip -n red -4 -br a add 10.0.0.1/24 brd + dev eth0; ip -n red l s dev eth0 up\n\
        ip netns exec blue sudo ip netns exec blue ip a a 10.0.0.2/24 \\\n    broadcast 10.0.0.255 dev eth0\n\
        ip netns e blue ip link set dev 'eth0' up\n\
        ip netns exec red sysctl -q -w net/ipv4/ip_forward=1 net.ipv6.conf.all.forwarding=1\n\
        ip -6 -n red r add default dev eth0 metric 5\n\
        ip -n red -s -d link; ip neigh; ip rule list; bridge fdb show; ip -V; sleep 1\n";
    let script = script::read(text).unwrap_or_else(|errors| panic!("{errors:#?}"));
    let document = script.document;
    let red = document.namespace_named("red").unwrap();
    let eth0 = document.interface_named(red, "eth0").unwrap();
    let found = &document.interfaces[&eth0];
    assert!(found.up && found.mtu == Some(1400), "{found:#?}");
    let address = "10.0.0.1/24 broadcast 10.0.0.255";
    assert_eq!(found.addresses, [address.parse().unwrap()]);
    let namespace = &document.namespaces[&red];
    assert!(namespace.forwarding.ipv4 && namespace.forwarding.ipv6);
    assert_eq!(namespace.routes[0].destination.to_string(), "::/0");
    let lines: Vec<_> = script.notes.iter().map(|note| note.line).collect();
    assert_eq!(lines, [13; 6], "{:#?}", script.notes);
}

/// The lines of the refusals.
fn lines(text: &str) -> Vec<usize> {
    errors(text).iter().map(|error| error.line).collect()
}

const LINK: &str = "ip link add v0 type veth peer name v1\nip link set v0 up\nip link set v1 up\n";

#[test]
fn the_loopbacks_own_address_is_for_no_other_interface() {
    let text = |address: &str| format!("{LINK}ip addr add {address} dev v0\n");
    assert_eq!(lines(&text("::1/128")), [4]);
    assert_eq!(lines(&text("::1/64")), [4]);
    assert_eq!(lines(&text("127.0.0.9/8")), [0; 0]);
}

#[test]
fn link_local_addresses_are_of_each_link() {
    let text = |address: &str| {
        format!("{LINK}ip addr add {address} dev v0\nip addr add {address} dev v1\n")
    };
    assert_eq!(lines(&text("fe80::1/64")), [0; 0]);
    assert_eq!(lines(&text("fe80::1/64 scope link")), [0; 0]);
    assert_eq!(lines(&text("fd00::1/64")), [5]);
}

#[test]
fn routes_of_the_kernels_own_are_refused_in_both_families() {
    let text = |route: &str| {
        format!(
            "{LINK}ip addr add 10.0.0.1/24 dev v0\nip addr add fd00::1/64 dev v0\nip route add {route}\n"
        )
    };
    for route in [
        "10.0.0.0/24 dev v0",
        "fd00::/64 dev v0 metric 256",
        "fd00::/64 dev v1 metric 256",
        "fe80::/64 dev v0 metric 256",
    ] {
        assert_eq!(lines(&text(route)), [6], "{route}");
    }
    assert_eq!(lines(&text("fd00::/64 dev v0")), [0; 0]);
}

#[test]
fn an_ipv6_metric_of_nothing_is_the_usual_one() {
    let text = |metric: &str| {
        format!("{LINK}ip route add fd09::/64 dev v0\nip route add fd09::/64 dev v1{metric}\n")
    };
    assert_eq!(lines(&text(" metric 0")), [5]);
    assert_eq!(lines(&text("")), [5]);
    assert_eq!(lines(&text(" metric 5")), [0; 0]);
}

#[test]
fn lines_are_joined_as_the_shell_joins_them() {
    for end in ["\n", "\r\n"] {
        let text = format!("ip netns add re\\{end}d{end}ip -n red \\{end}  link set lo up{end}");
        let script = script::read(&text).unwrap_or_else(|errors| panic!("{errors:#?}"));
        let red = script.document.namespace_named("red").unwrap();
        let lo = script.document.interface_named(red, "lo").unwrap();
        assert!(script.document.interfaces[&lo].up);
        let (line, _) = refusal(&format!("{text}nonsense \"a\\{end}b\"{end}"));
        assert_eq!(line, 5);
    }
}

#[test]
fn what_only_looks_is_noted_however_short() {
    let text =
        "ip rule li\nip neigh sh\nip n s\nip ru\nip maddr ls\nbridge fdb sh\nbridge -d link\n";
    let script = script::read(text).unwrap_or_else(|errors| panic!("{errors:#?}"));
    let lines: Vec<_> = script.notes.iter().map(|note| note.line).collect();
    assert_eq!(lines, [1, 2, 3, 4, 5, 6, 7]);
}

#[test]
fn a_script_without_end_ends() {
    let many: String = (0..5000).map(|n| format!("ip netns add n{n}\n")).collect();
    let errors = errors(&many);
    assert_eq!(errors.len(), 100);
    assert!(errors[0].reason.contains("at most 4096"), "{}", errors[0]);
    let nested = "ip netns add red\n".to_owned() + &"ip netns exec red ".repeat(100_000) + "true\n";
    assert_eq!(refusal(&nested).0, 2);
}

#[test]
fn routes_are_removed_and_replaced_as_the_kernel_does_it() {
    let begin = "ip link add br0 type bridge\nip addr add 10.0.0.1/24 dev br0\n\
                 ip addr add fd00::1/64 dev br0\nip link set br0 up\n";
    let hops = "nexthop via 10.0.0.8 nexthop via 10.0.0.9";
    let refused = [
        // Its next hops are not those.
        (
            format!("ip route add blackhole 10.9.0.0/24\nip route del 10.9.0.0/24 {hops}"),
            "no such route",
        ),
        (
            format!(
                "ip route add 10.9.0.0/24 {hops}\nip route del 10.9.0.0/24 nexthop via 10.0.0.9 nexthop via 10.0.0.8"
            ),
            "no such route",
        ),
        (
            "true\nip route replace fd00::/64 dev br0 metric 256".to_owned(),
            "no lab is without it",
        ),
    ];
    for (text, reason) in refused {
        let (line, said) = refusal(&format!("{begin}{text}"));
        assert!(line == 6 && said.contains(reason), "{line}: {said}\n{text}");
    }
    let taken = format!("{begin}ip route add 10.9.0.0/24 {hops}\nip route del 10.9.0.0/24 {hops}");
    assert_eq!(errors(&taken), []);
}
