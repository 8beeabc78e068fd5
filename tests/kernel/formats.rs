//! Labs of other tools: what is built of a file is what its commands build.
//!
//! The tools themselves are not here. What they do to the kernel with these files is short and
//! said by their sources, and is done here with `ip`: their commands run as they stand in the files.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde::Deserialize;
use serde_json::Value;
use support::text_file;

use crate::compare::{assert_same, by_ip, by_netyard};

const CONTAINERLAB: &str = r#"
name: campus
topology:
  kinds:
    linux:
      image: alpine:3
      exec:
        - ip link set lo up
  nodes:
    sw: {kind: bridge}
    edge:
      kind: linux
      exec:
        - ip address add 192.168.1.1/24 dev eth2
        - ip address add 10.0.0.1/30 dev eth1
        - sh -c "ip route add 192.168.2.0/24 via 10.0.0.2 && ip -6 address add fd00::1/64 dev eth1"
    core:
      kind: linux
      exec:
        - ip link set eth1 mtu 1300
        - ip address add 10.0.0.2/30 dev eth1
        - ip link add br0 type bridge
        - ip link set eth2 master br0
        - ip link set dev br0 up
        - ip address add 192.168.2.1/24 dev br0
        - ip route add 192.168.1.0/24 via 10.0.0.1 metric 50
        - sysctl -w net.ipv4.ip_forward=0
    pc:
      kind: linux
      exec:
        - ip address add 192.168.1.10/24 dev eth1
        - ip route add default via 192.168.1.1
        - ip link add link eth1 name mv0 up type macvlan mode bridge
    far:
      kind: linux
      exec:
        - sh -c 'for n in 1 2 3; do ip address add 192.168.2.1$n/24 dev eth1; done'
        - ip route add default via 192.168.2.1
        - ip rule add from 192.168.2.12 lookup 100
        - ip route add blackhole 10.9.0.0/16
  links:
    - endpoints: ["edge:eth1", "core:eth1"]
      mtu: 1400
    - endpoints: ["edge:eth2", "sw:to-edge"]
    - endpoints: ["pc:eth1", "sw:to-pc"]
    - endpoints: ["core:eth2", "far:eth1"]
"#;

#[derive(Deserialize)]
struct Containerlab {
    topology: Topology,
}

#[derive(Deserialize)]
struct Topology {
    kinds: BTreeMap<String, Node>,
    nodes: BTreeMap<String, Node>,
    links: Vec<Cable>,
}

#[derive(Deserialize)]
struct Node {
    kind: Option<String>,
    #[serde(default)]
    exec: Vec<String>,
}

#[derive(Deserialize)]
struct Cable {
    endpoints: [String; 2],
    mtu: Option<u32>,
}

/// What containerlab does: a namespace for each container, a veth pair for each link, then what
/// nodes of the kind and the node say, in the container. Its containers forward, as Docker's do.
fn as_containerlab_does(file: &str) -> String {
    let lab: Containerlab = serde_saphyr::from_str(file).unwrap();
    let topology = &lab.topology;
    let is_bridge = |node: &str| topology.nodes[node].kind.as_deref() == Some("bridge");
    let mut script = String::new();
    for node in topology.nodes.keys() {
        if is_bridge(node) {
            writeln!(
                script,
                "ip link add {node} type bridge; ip link set {node} up"
            )
            .unwrap();
        } else {
            writeln!(script, "ip netns add {node}; ip -n {node} link set lo up").unwrap();
            writeln!(
                script,
                "ip netns exec {node} sysctl -qw net.ipv4.ip_forward=1"
            )
            .unwrap();
        }
    }
    for (number, link) in topology.links.iter().enumerate() {
        // containerlab's own default is 9500; netyard says that it takes the usual one.
        let mtu = link.mtu.unwrap_or(1500);
        writeln!(
            script,
            "ip link add t{number}a mtu {mtu} type veth peer name t{number}b mtu {mtu}"
        )
        .unwrap();
        for (end, side) in link.endpoints.iter().zip(["a", "b"]) {
            let (node, interface) = end.split_once(':').unwrap();
            let (into, at) = match is_bridge(node) {
                true => (format!("master {node}"), String::new()),
                false => (format!("netns {node}"), format!("-n {node}")),
            };
            writeln!(script, "ip link set t{number}{side} name {interface}").unwrap();
            writeln!(script, "ip link set {interface} {into}").unwrap();
            writeln!(script, "ip {at} link set {interface} up").unwrap();
        }
    }
    for (name, node) in topology.nodes.iter().filter(|(name, _)| !is_bridge(name)) {
        let kind = node.kind.as_ref().and_then(|kind| topology.kinds.get(kind));
        let commands = kind.into_iter().flat_map(|kind| &kind.exec);
        for command in commands.chain(&node.exec) {
            writeln!(script, "ip netns exec {name} {command}").unwrap();
        }
    }
    script
}

#[test]
fn a_containerlab_topology_is_what_its_commands_make() {
    let file = text_file(CONTAINERLAB);
    let made = by_netyard(file.path().to_str().unwrap());
    let wanted = by_ip(&as_containerlab_does(CONTAINERLAB));
    assert_same(&made, &wanted, "containerlab");
}

const LAB_CONF: &str = r#"
LAB_NAME="Two networks"
pc1[0]="A"
pc2[0]="A"
r1[0]="A"
r1[1]="B"
r2[0]="B"
r2[1]="C"
r2[ipv6]="true"
pc3[0]="C"
"#;

/// Each device's script.
const STARTUP: [(&str, &str); 5] = [
    (
        "pc1",
        "ifconfig eth0 195.11.14.5 netmask 255.255.255.0 broadcast 195.11.14.255 up\n\
         route add default gw 195.11.14.1 dev eth0\n",
    ),
    (
        "pc2",
        "NET=195.11.14\n/sbin/ip address add $NET.6/24 dev eth0\n\
         ip route add default via $NET.1\nip neigh add $NET.77 lladdr 02:00:00:00:00:77 dev eth0\n",
    ),
    (
        "r1",
        "ip address add 195.11.14.1/24 dev eth0\nip address add 100.0.0.9/30 dev eth1\n\
         ip route add 200.1.1.0/24 via 100.0.0.10 dev eth1\n\
         ip link add name gw type bridge\nip link set dev gw up mtu 1400\n\
         for i in 1 2; do\n  ip address add 10.$i.0.1/24 dev gw\ndone\n",
    ),
    (
        "r2",
        "ip address add 100.0.0.10/30 dev eth0\nip address add 200.1.1.1/24 dev eth1\n\
         ip route add default via 100.0.0.9\nip -6 address add fd00:c::1/64 dev eth1\n\
         echo 0 > /proc/sys/net/ipv4/ip_forward\n",
    ),
    (
        "pc3",
        "ip link set eth0 down\nip link set eth0 mtu 1280\nip link set eth0 up\n\
         ip address add 200.1.1.7/24 dev eth0\nip route add default via 200.1.1.1 metric 10\n",
    ),
];

/// What Kathará does: a device for each name, a bridge for each collision domain, then its script
/// in the device. Its devices forward IPv4.
fn as_kathara_does() -> String {
    let mut script = String::new();
    let (mut devices, mut domains) = (BTreeSet::new(), BTreeSet::new());
    for line in LAB_CONF.lines() {
        let Some((device, rest)) = line.split_once('[') else {
            continue;
        };
        let (index, value) = rest.split_once("]=").unwrap();
        let domain = value.trim_matches('"');
        if devices.insert(device) {
            writeln!(
                script,
                "ip netns add {device}; ip -n {device} link set lo up"
            )
            .unwrap();
            writeln!(
                script,
                "ip netns exec {device} sysctl -qw net.ipv4.ip_forward=1"
            )
            .unwrap();
        }
        if index == "ipv6" {
            writeln!(
                script,
                "ip netns exec {device} sysctl -qw net.ipv6.conf.all.forwarding=1"
            )
            .unwrap();
            continue;
        }
        if domains.insert(domain) {
            writeln!(
                script,
                "ip link add {domain} type bridge; ip link set {domain} up"
            )
            .unwrap();
        }
        let port = format!("{device}-{index}");
        writeln!(
            script,
            "ip link add {port} master {domain} up type veth peer name eth{index} netns {device}\n\
             ip -n {device} link set eth{index} up"
        )
        .unwrap();
    }
    for (device, text) in STARTUP {
        writeln!(script, "ip netns exec {device} sh <<'END'\n{text}END").unwrap();
    }
    script
}

#[test]
fn a_kathara_lab_is_what_its_scripts_make() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("lab.conf"), LAB_CONF).unwrap();
    for (device, text) in STARTUP {
        std::fs::write(folder.path().join(format!("{device}.startup")), text).unwrap();
    }
    let made = by_netyard(folder.path().to_str().unwrap());
    let wanted = by_ip(&as_kathara_does());
    // A domain of two is a link here and no bridge: what the devices have is the same, but for the
    // broadcast address that `ifconfig` says and a document has not.
    let devices = |mut dump: Vec<Value>| {
        let first = dump.iter().position(|line| line == "pc1").unwrap();
        let mut devices = dump.split_off(first);
        for link in devices.iter_mut().filter_map(Value::as_array_mut).flatten() {
            let addresses = link.get_mut("addr_info").and_then(Value::as_array_mut);
            for address in addresses.into_iter().flatten() {
                address.as_object_mut().unwrap().remove("broadcast");
            }
        }
        devices
    };
    assert_same(&devices(made), &devices(wanted), "Kathará");
}
