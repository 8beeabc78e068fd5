//! Devices with a connection through each, and what the kernel changes of them in place.

use std::collections::BTreeSet;

use topology::Edit;
use topology::document::Document;
use topology::kind::wireguard::SecretKey;
use topology::kind::{Change, DeviceKind, Parameter, port};

use super::{Sample, Scene, document, interface};

/// A parameter that is set to another value, on all of these at once.
pub(super) struct Set {
    on: &'static [&'static str],
    name: &'static str,
    to: String,
    cuts: bool,
}

fn set(on: &'static [&'static str], name: &'static str, to: &str) -> Set {
    Set {
        on,
        name,
        to: to.to_owned(),
        cuts: false,
    }
}

/// One that the other side does not know of, so that nothing passes.
fn cut(on: &'static [&'static str], name: &'static str, to: &str) -> Set {
    Set {
        cuts: true,
        ..set(on, name, to)
    }
}

/// What makes the scene of a kind of which something can be changed in place, but for bridges.
pub(super) fn parts(kind: DeviceKind) -> Option<fn() -> Parts> {
    match kind {
        DeviceKind::Vxlan => Some(vxlan),
        DeviceKind::Macvlan => Some(macvlan),
        DeviceKind::Ipvlan => Some(ipvlan),
        DeviceKind::Bond => Some(bond),
        DeviceKind::Gre => Some(gre),
        DeviceKind::Ipip => Some(ipip),
        DeviceKind::Wireguard => Some(wireguard),
        // See `super::edits`.
        DeviceKind::Bridge => None,
        // Nothing of them is changed in place.
        DeviceKind::Vlan | DeviceKind::Dummy | DeviceKind::Vrf => None,
    }
}

/// The scene that these are of.
pub(super) fn scene((document, connections, sets): Parts) -> Scene {
    let samples = sets.into_iter().map(|set| sample(&document, set));
    Scene {
        samples: samples.collect(),
        document,
        connections,
    }
}

fn sample(document: &Document, set: Set) -> Sample {
    let edits = set.on.iter().map(|path| {
        let of = interface(document, path);
        let device = document.interfaces[&of].kind.device().unwrap();
        let table = device.kind.table().parameters;
        let parameter = table.iter().find(|p| p.name == set.name).unwrap();
        let home = path.split_once('/').unwrap().0;
        let link = |name: &str| Ok(interface(document, &format!("{home}/{name}")));
        let value = parameter.read(&set.to, link);
        Edit::SetParameter {
            interface: of,
            name: set.name.to_owned(),
            value: Some(value.unwrap_or_else(|error| panic!("{error}"))),
        }
    });
    let mut edits: Vec<_> = edits.collect();
    let edit = match edits.len() {
        1 => edits.remove(0),
        _ => Edit::Batch { edits },
    };
    Sample {
        edit,
        cuts: set.cuts,
    }
}

/// A document, its connections, and what is set.
pub(super) type Parts = (Document, Vec<[&'static str; 3]>, Vec<Set>);

/// The cable below, each end with two addresses.
const CABLE: &str =
    "  - red/eth: {addresses: [10.0.0.1/24, 10.0.0.3/24, 'fd00::1/64', 'fd00::3/64']}
    blue/eth: {addresses: [10.0.0.2/24, 10.0.0.4/24, 'fd00::2/64', 'fd00::4/64']}
";

/// Red and blue with what is in them, over a cable.
fn pair(red: &str, blue: &str) -> Document {
    let namespaces = format!("  red:\n    interfaces:\n{red}  blue:\n    interfaces:\n{blue}");
    document(&namespaces, CABLE)
}

fn vxlan() -> Parts {
    let one = |end: u8, other: u8| {
        format!(
            "      vx: {{type: vxlan, id: 7, local: 10.0.0.{end}, remote: 10.0.0.{other}, dstport: 4789, addresses: [10.0.1.{end}/24]}}
      vx6: {{type: vxlan, id: 8, local: 'fd00::{end}', remote: 'fd00::{other}', dstport: 4790, addresses: [10.0.2.{end}/24]}}
      vxg: {{type: vxlan, id: 9, group: 239.1.1.1, dev: eth, dstport: 4791, addresses: [10.0.3.{end}/24]}}
      vxo: {{type: vxlan, id: 10, remote: 10.0.0.{other}, dstport: 4792, addresses: [10.0.4.{end}/24]}}
"
        )
    };
    let connections = vec![
        ["red", "blue", "10.0.1.2:5001"],
        ["red", "blue", "10.0.2.2:5002"],
        ["red", "blue", "10.0.3.2:5003"],
        ["red", "blue", "10.0.4.2:5004"],
    ];
    let sets = vec![
        set(&["red/vx"], "remote", "10.0.0.4"),
        set(&["red/vx"], "local", "10.0.0.3"),
        set(&["red/vx6"], "remote", "fd00::4"),
        set(&["red/vx6"], "local", "fd00::3"),
        set(&["red/vxg", "blue/vxg"], "group", "239.1.1.2"),
        set(&["red/vx"], "ttl", "7"),
        set(&["red/vx"], "learning", "false"),
        set(&["red/vx"], "ageing", "100"),
    ];
    (pair(&one(1, 2), &one(2, 1)), connections, sets)
}

/// What stands on a cable of the host, whose other end is blue's.
fn on_host(namespaces: &str) -> Document {
    let links = "  - host/eth: {addresses: [10.0.1.254/24]}
    blue/eth: {addresses: [10.0.1.2/24]}
";
    document(&format!("{namespaces}  blue: {{}}\n"), links)
}

fn macvlan() -> Parts {
    let document = on_host(
        "  red:
    interfaces:
      mv: {type: macvlan, link: host/eth, mode: bridge, addresses: [10.0.1.1/24]}
  violet:
    interfaces:
      mv: {type: macvlan, link: host/eth, mode: bridge, addresses: [10.0.1.3/24]}
",
    );
    let connections = vec![["red", "blue", "10.0.1.2:5001"]];
    let sets = vec![
        set(&["red/mv"], "mode", "vepa"),
        set(&["red/mv"], "mode", "private"),
    ];
    (document, connections, sets)
}

/// The mode is of all that stand on one interface. From l2 to the others it is another kind of
/// network: nobody is asked for addresses any more.
fn ipvlan() -> Parts {
    let document = on_host(
        "  red:
    interfaces:
      iv: {type: ipvlan, link: host/eth, mode: l2, addresses: [10.0.1.1/24]}
",
    );
    let connections = vec![["red", "blue", "10.0.1.2:5001"]];
    let sets = vec![
        cut(&["red/iv"], "mode", "l3"),
        cut(&["red/iv"], "mode", "l3s"),
    ];
    (document, connections, sets)
}

/// Two cables to a bridge.
fn bond() -> Parts {
    let namespaces = "  red:
    interfaces:
      bond0: {type: bond, mode: active-backup, miimon: 100, addresses: [10.0.1.1/24]}
  blue:
    bridges:
      br0: {forward_delay: 200, addresses: [10.0.1.2/24]}
";
    let links = "  - red/a: {bond: bond0}
    blue/a: {bridge: br0}
  - red/b: {bond: bond0}
    blue/b: {bridge: br0}
";
    let connections = vec![["red", "blue", "10.0.1.2:5001"]];
    let sets = vec![
        set(&["red/bond0"], "miimon", "200"),
        set(&["red/bond0"], "updelay", "300"),
        set(&["red/bond0"], "downdelay", "300"),
        set(&["red/bond0"], "xmit_hash_policy", "layer3+4"),
        set(&["red/bond0"], "all_slaves_active", "true"),
        set(&["red/bond0"], "min_links", "1"),
    ];
    (document(namespaces, links), connections, sets)
}

/// What tunnels have in common.
fn of_tunnels(red: &'static [&'static str]) -> Vec<Set> {
    vec![
        cut(red, "remote", "10.0.0.4"),
        cut(red, "local", "10.0.0.3"),
        set(red, "ttl", "9"),
        set(red, "tos", "8"),
        set(red, "pmtudisc", "false"),
        set(red, "dev", "eth"),
    ]
}

fn gre() -> Parts {
    let one = |end: u8, other: u8| {
        format!(
            "      gt: {{type: gre, local: 10.0.0.{end}, remote: 10.0.0.{other}, addresses: [10.0.1.{end}/24]}}\n"
        )
    };
    const RED: &[&str] = &["red/gt"];
    const BOTH: &[&str] = &["red/gt", "blue/gt"];
    let mut sets = of_tunnels(RED);
    sets.extend([
        cut(RED, "ikey", "7"),
        cut(RED, "okey", "7"),
        cut(RED, "icsum", "true"),
        cut(RED, "ocsum", "true"),
        cut(RED, "iseq", "true"),
        set(RED, "oseq", "true"),
        // Both at once: nothing is lost.
        set(BOTH, "tos", "16"),
    ]);
    let connections = vec![["red", "blue", "10.0.1.2:5001"]];
    (pair(&one(1, 2), &one(2, 1)), connections, sets)
}

fn ipip() -> Parts {
    let one = |end: u8, other: u8| {
        format!(
            "      it: {{type: ipip, local: 10.0.0.{end}, remote: 10.0.0.{other}, addresses: [10.0.1.{end}/24]}}\n"
        )
    };
    let connections = vec![["red", "blue", "10.0.1.2:5001"]];
    let document = pair(&one(1, 2), &one(2, 1));
    (document, connections, of_tunnels(&["red/it"]))
}

fn wireguard() -> Parts {
    let keys = [1, 2, 3].map(|byte| SecretKey([byte; 32]).clamped());
    // Blue learns where red is, and learns it again when that has another port.
    let one = |end: usize, other: usize, endpoint: &str| {
        format!(
            "      wg: {{type: wireguard, private-key: {}, listen-port: 51820, addresses: [10.0.1.{end}/24], peers: [{{public-key: {}, {endpoint}allowed-ips: [10.0.1.0/24]}}]}}\n",
            keys[end - 1],
            keys[other - 1].public(),
        )
    };
    let more = format!(
        "{} endpoint 10.0.0.2:51820 allowed-ips 10.0.1.0/24,10.0.9.0/24 persistent-keepalive 5\n{} allowed-ips 10.0.8.0/24",
        keys[1].public(),
        keys[2].public(),
    );
    let sets = vec![
        set(&["red/wg"], "listen-port", "51821"),
        set(&["red/wg"], "fwmark", "7"),
        set(&["red/wg"], "peers", &more),
        cut(&["red/wg"], "private-key", &keys[2].to_string()),
    ];
    let connections = vec![["red", "blue", "10.0.1.2:5001"]];
    let red = one(1, 2, "endpoint: '10.0.0.2:51820', ");
    (pair(&red, &one(2, 1, "")), connections, sets)
}

/// The parameters that the kernel changes in place and that none of these edits sets, each of a
/// document: `vxlan ttl`.
pub(super) fn parameters_beside(edits: &[(Edit, Document)]) -> BTreeSet<String> {
    let in_place = |parameter: &&Parameter| parameter.change != Change::Anew;
    let of_kinds = DeviceKind::ALL.iter().flat_map(|kind| {
        let table = kind.table().parameters.iter();
        table
            .filter(in_place)
            .map(move |parameter| format!("{kind} {}", parameter.name))
    });
    let of_ports = port::TABLE.iter().filter(in_place);
    let of_ports = of_ports.map(|parameter| format!("port {}", parameter.name));
    let all: BTreeSet<_> = of_kinds.chain(of_ports).collect();
    let mut set = BTreeSet::new();
    for (edit, document) in edits {
        match edit {
            Edit::SetParameter {
                interface, name, ..
            } => {
                let kind = document.interfaces[interface].kind.name();
                set.insert(format!("{kind} {name}"))
            }
            Edit::SetPort { name, .. } => set.insert(format!("port {name}")),
            _ => false,
        };
    }
    all.difference(&set).cloned().collect()
}
