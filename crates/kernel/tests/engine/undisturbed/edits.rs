//! Two pairs that are connected, one by a link and one through a bridge, and edits of everything
//! that can be said of them.

use std::collections::BTreeMap;

use topology::address::Family;
use topology::advertise::Advertisement;
use topology::document::{Document, Interface, Kind, Namespace, Point};
use topology::edit::Fragment;
use topology::expectation::{Expectation, Target};
use topology::fdb::FdbEntry;
use topology::firewall::Ruleset;
use topology::id::Node;
use topology::kind::parameter::{Form, Parameter, Usual};
use topology::kind::{Change, DeviceKind, Value, port};
use topology::offload::Offload;
use topology::quality::{Measure, Unit};
use topology::serve::Answer;
use topology::sysctl::{Owner, TABLE};
use topology::{Edit, InterfaceId, NamespaceId};

use super::{Sample, Scene, document, interface, namespace};
use crate::settings::other;

/// The scene, with what is set on the bridge, in red, and on its end.
fn laid_out(bridge: &str, in_red: &str) -> Document {
    let namespaces = format!(
        "  red: {{{in_red}}}
  blue: {{}}
  green: {{}}
  violet: {{}}
  host:
    bridges:
      br0: {{{bridge}}}
"
    );
    let links = "  - red/veth-red: {addresses: [10.0.1.1/24, 'fd01::1/64']}
    blue/veth-blue: {addresses: [10.0.1.2/24, 'fd01::2/64'], quality: {rate: 100mbit}}
  - green/veth-green: {addresses: [10.0.2.1/24]}
    host/port-green: {bridge: br0}
  - violet/veth-violet: {addresses: [10.0.2.2/24]}
    host/port-violet: {bridge: br0}
";
    document(&namespaces, links)
}

/// What STP keeps from forwarding it lets through after twice this.
const QUICK: &str = "forward_delay: 200";

fn scene(document: Document, samples: Vec<Sample>) -> Scene {
    Scene {
        document,
        connections: vec![
            ["red", "blue", "10.0.1.2:5001"],
            ["green", "violet", "10.0.2.2:5002"],
        ],
        samples,
    }
}

/// What every kernel has that Netyard is tested on first.
pub(super) fn common() -> Scene {
    let document = laid_out(QUICK, "");
    let mut samples = of_red(&document);
    samples.extend(of_bridge(&document));
    samples.extend(made(&document).map(Sample::from));
    samples.extend(said(&document).map(Sample::from));
    samples.extend(routes(&document).map(Sample::from));
    let rates = Measure::ALL.into_iter().filter(|m| !m.is_netem());
    samples.extend(qualities(&document, rates).map(Sample::from));
    scene(document, samples)
}

/// Every setting of the kernel.
pub(super) fn settings() -> Scene {
    let document = laid_out(QUICK, "");
    let red = Owner::Namespace(namespace(&document, "red"));
    let end = Owner::Interface(interface(&document, "red/veth-red"));
    let settings = [(red, false), (end, true)].into_iter();
    let all = settings.flat_map(|(owner, of_interface)| {
        let named = TABLE
            .iter()
            .filter_map(move |setting| Some((setting, setting.name(of_interface)?)));
        named.map(move |(setting, name)| {
            let value = Some(other(setting, setting.usual));
            Edit::SetSysctl { owner, name, value }
        })
    });
    // No settings of IPv6 are on an interface that has none.
    let is_sound = |edit: &Edit| topology::edit::apply(&mut document.clone(), edit.clone()).is_ok();
    let samples: Vec<_> = all.filter(is_sound).map(Sample::from).collect();
    scene(document, samples)
}

/// What bridges do with VLANs.
pub(super) fn vlans() -> Scene {
    let document = laid_out(&format!("{QUICK}, vlan_filtering: true"), "");
    let bridge = interface(&document, "host/br0");
    let tagged = "1 pvid untagged, 10-20";
    let vlans = ["host/port-green", "host/br0"].map(|path| Edit::SetVlans {
        interface: interface(&document, path),
        vlans: Some(tagged.parse().unwrap()),
    });
    let table = DeviceKind::Bridge.table().parameters.iter();
    let needs = table.filter(|p| p.feature == Some(super::VLANS[0]));
    let parameters = needs.map(|parameter| Edit::SetParameter {
        interface: bridge,
        name: parameter.name.to_owned(),
        value: match parameter.name {
            "vlan_filtering" => None,
            _ => Some(another(parameter)),
        },
    });
    let samples = vlans.into_iter().chain(parameters).map(Sample::from);
    let samples = samples.collect();
    scene(document, samples)
}

/// How much bridges learn.
pub(super) fn learning() -> Scene {
    let document = laid_out(QUICK, "");
    let edit = Edit::SetParameter {
        interface: interface(&document, "host/br0"),
        name: "fdb_max_learned".to_owned(),
        value: Some(Value::Number(100)),
    };
    scene(document, vec![edit.into()])
}

/// Delays, losses and the like.
pub(super) fn delays() -> Scene {
    let document = laid_out(QUICK, "");
    let of_netem = Measure::ALL.into_iter().filter(|m| m.is_netem());
    let samples = qualities(&document, of_netem).map(Sample::from).collect();
    scene(document, samples)
}

/// Each measure by itself where there is no quality, and beside another one.
fn qualities(
    document: &Document,
    measures: impl Iterator<Item = Measure>,
) -> impl Iterator<Item = Edit> {
    let ends = ["red/veth-red", "blue/veth-blue"].map(|path| interface(document, path));
    let has = ends.map(|end| document.interfaces[&end].quality);
    measures.flat_map(move |measure| {
        [0, 1].map(|end| {
            let mut quality = has[end].unwrap_or_default();
            let mut needed = Some(measure);
            while let Some(measure) = needed {
                measure.set(&mut quality, Some(some(measure)));
                needed = measure.needs();
            }
            Edit::SetQuality {
                interface: ends[end],
                quality: Some(quality),
            }
        })
    })
}

/// A number that hurts nobody.
fn some(measure: Measure) -> u64 {
    match (measure, measure.unit()) {
        (Measure::Jitter, _) => 100_000,
        (Measure::Gap, _) => 5,
        (Measure::Burst, _) => 100_000,
        (_, Unit::Time) => 1_000_000,
        (_, Unit::Probability) => 1,
        (_, Unit::Frames) => 500,
        (_, Unit::Rate) => 200_000_000,
        (_, Unit::Size) => 400_000,
    }
}

/// What can be said of an end and its namespace.
fn of_red(document: &Document) -> Vec<Sample> {
    let red = namespace(document, "red");
    let end = interface(document, "red/veth-red");
    let firewall = "table ip t { chain c { type filter hook input priority 0\ncounter\n}\n}\n";
    let mut edits = vec![
        Edit::SetMtu {
            interface: end,
            mtu: Some(1400),
        },
        Edit::SetMac {
            interface: end,
            mac: Some("02:00:00:00:00:77".parse().unwrap()),
        },
        Edit::RenameInterface {
            interface: end,
            name: "renamed".parse().unwrap(),
        },
        Edit::RenameNamespace {
            namespace: red,
            name: "crimson".parse().unwrap(),
        },
        Edit::SetFirewall {
            namespace: red,
            ruleset: Some(Ruleset::new(firewall).unwrap()),
        },
    ];
    let addresses = [
        "10.0.9.1/24",
        // A further one of the network of the connection.
        "10.0.1.9/24",
        "10.0.8.1/24 broadcast 10.0.8.255 scope link",
        "10.0.7.1 peer 10.0.7.2/32",
        "fd09::1/64",
        "fd08::1 peer fd08::2/128",
    ];
    edits.extend(addresses.map(|address| Edit::AddAddress {
        interface: end,
        address: address.parse().unwrap_or_else(|e| panic!("{address}: {e}")),
        index: None,
    }));
    let neighbours = [
        "10.0.1.200 lladdr 02:00:00:00:00:02",
        "fd01::200 lladdr 02:00:00:00:00:02",
        "proxy 10.0.1.201",
        "proxy fd01::201",
    ];
    edits.extend(neighbours.map(|neighbour| Edit::AddNeighbour {
        interface: end,
        neighbour: neighbour.parse().unwrap(),
    }));
    edits.extend(
        [Family::Ipv4, Family::Ipv6].map(|family| Edit::SetForwarding {
            namespace: red,
            family,
            on: true,
        }),
    );
    edits.extend(Offload::ALL.map(|offload| Edit::SetOffload {
        interface: end,
        offload,
        on: Some(false),
    }));
    edits.push(Edit::Batch {
        edits: edits[..2].to_vec(),
    });
    let mut samples: Vec<_> = edits.into_iter().map(Sample::from).collect();
    samples.push(Sample {
        edit: Edit::SetUp {
            interface: end,
            up: false,
        },
        cuts: true,
    });
    samples
}

/// What can be said of a bridge and its ports.
fn of_bridge(document: &Document) -> Vec<Sample> {
    let bridge = interface(document, "host/br0");
    let port = interface(document, "host/port-green");
    let mut edits = vec![
        Edit::SetMac {
            interface: bridge,
            mac: Some("02:00:00:00:00:79".parse().unwrap()),
        },
        Edit::AddFdb {
            interface: port,
            entry: FdbEntry {
                mac: "02:00:00:00:00:78".parse().unwrap(),
                vlan: None,
                dst: None,
            },
        },
    ];
    edits.extend([bridge, port].map(|interface| Edit::RenameInterface {
        interface,
        name: "renamed".parse().unwrap(),
    }));
    edits.extend([bridge, port].map(|interface| Edit::SetMtu {
        interface,
        mtu: Some(1400),
    }));
    let in_place = |p: &&Parameter| p.change != Change::Anew && p.feature.is_none();
    let table = DeviceKind::Bridge.table().parameters.iter();
    edits.extend(table.filter(in_place).map(|p| Edit::SetParameter {
        interface: bridge,
        name: p.name.to_owned(),
        value: Some(another(p)),
    }));
    edits.extend(port::TABLE.iter().filter(in_place).map(|p| Edit::SetPort {
        interface: port,
        name: p.name.to_owned(),
        value: Some(another(p)),
    }));
    let mut samples: Vec<_> = edits.into_iter().map(Sample::from).collect();
    let cutting = [
        Edit::SetUp {
            interface: bridge,
            up: false,
        },
        Edit::SetMaster {
            interface: port,
            master: None,
        },
    ];
    samples.extend(cutting.map(|edit| Sample { edit, cuts: true }));
    samples
}

/// Another value than the usual one.
fn another(parameter: &Parameter) -> Value<InterfaceId> {
    let usual = match parameter.usual {
        Usual::Number(number) => number,
        _ => 0,
    };
    let number = match parameter.form {
        Form::Switch(..) => 1 - usual,
        // One of its bits that may be set.
        Form::Number { .. } if parameter.name == "group_fwd_mask" => 8,
        Form::Number { most, .. } if usual < most => usual + 1,
        Form::Number { .. } => usual - 1,
        Form::Time { most, .. } if usual + 100 <= most => usual + 100,
        Form::Time { .. } => usual - 100,
        Form::Choice { names, .. } => {
            let mut numbers = names.iter().map(|(_, number)| *number);
            numbers.find(|number| *number != usual).unwrap()
        }
        _ => panic!("{} has no number", parameter.name),
    };
    Value::Number(number)
}

/// A new namespace with its link to the bridge, and a new bridge that takes over nothing.
fn made(document: &Document) -> impl Iterator<Item = Edit> + use<> {
    let host = NamespaceId::HOST;
    let bridge = interface(document, "host/br0");
    let teal = NamespaceId(9000);
    let [lo, end, port, second] = [9000, 9001, 9002, 9003].map(InterfaceId);
    let up = |interface| Interface {
        up: true,
        ..interface
    };
    let veth = |home, name: &str, peer| {
        let kind = Kind::Veth { peer };
        up(Interface::new(home, name.parse().unwrap(), kind))
    };
    let spoke = Fragment {
        namespaces: BTreeMap::from([(teal, Namespace::new("teal".parse().unwrap()))]),
        interfaces: BTreeMap::from([
            (lo, up(Interface::loopback(teal))),
            (end, veth(teal, "veth-teal", port)),
            (
                port,
                Interface {
                    master: Some(bridge),
                    ..veth(host, "port-teal", end)
                },
            ),
        ]),
        ..Fragment::default()
    };
    let name = "br1".parse().unwrap();
    let alone = Fragment {
        interfaces: BTreeMap::from([(second, up(Interface::new(host, name, Kind::bridge())))]),
        ..Fragment::default()
    };
    [spoke, alone].map(Edit::Insert).into_iter()
}

/// What the kernel has nothing to do with.
fn said(document: &Document) -> impl Iterator<Item = Edit> + use<> {
    let red = namespace(document, "red");
    let expectation = Expectation::Ping {
        from: red,
        to: Target::Address([10, 0, 1, 2].into()),
        can: true,
        bounds: Vec::new(),
    };
    [
        Edit::SetTitle {
            title: "another".to_owned(),
        },
        Edit::Move {
            to: BTreeMap::from([(Node::Namespace(red), Some(Point { x: 100.0, y: 50.0 }))]),
        },
        Edit::SetExpectations {
            expectations: vec![expectation],
        },
        Edit::SetService {
            namespace: red,
            port: "tcp/80".parse().unwrap(),
            answer: Some(Answer::Http),
        },
        Edit::SetAdvertisement {
            interface: interface(document, "red/veth-red"),
            advertise: Some(Advertisement::default()),
        },
    ]
    .into_iter()
}

/// Routes and rules of every kind: those that the same scene has that has them.
fn routes(document: &Document) -> impl Iterator<Item = Edit> + use<> {
    let routes = "routes: [
      {to: 10.9.0.0/16, via: 10.0.1.2},
      {to: 10.9.1.0/24, dev: veth-red},
      {to: 10.9.2.0/24, via: 10.0.1.2, metric: 50},
      {to: 10.9.3.0/24, via: 10.0.1.2, src: 10.0.1.1},
      {to: 10.9.4.0/24, via: 10.99.0.1, dev: veth-red, onlink: true},
      {to: 10.9.5.0/24, type: blackhole},
      {to: 10.9.6.0/24, type: unreachable},
      {to: 10.9.7.0/24, type: prohibit},
      {to: default, via: 10.0.1.2, table: 300},
      {to: 10.9.8.0/24, nexthops: [{via: 10.0.1.2, weight: 3}, {via: 10.0.1.3}]},
      {to: 'fd90::/64', via: 'fd01::2'},
      {to: 'fd91::/64', dev: veth-red, src: 'fd01::1'},
      {to: 'fd92::/64', type: prohibit},
      {to: 'fd93::/64', nexthops: [{via: 'fd01::2'}, {via: 'fd01::3', weight: 2}]}]";
    let rules = "rules: [
      {priority: 40, table: 300},
      {priority: 50, from: 10.0.7.0/24, fwmark: 0x1/0xf, iif: veth-red, table: 300},
      {priority: 51, to: 10.0.7.0/24, oif: veth-red, table: 300},
      {priority: 52, not: true, to: 'fd05::/64', ipproto: 6, sport: 8000-8100, dport: 1-2, type: prohibit},
      {priority: 53, to: 10.0.7.0/24, type: blackhole},
      {priority: 54, to: 10.0.7.0/24, type: unreachable}]";
    let rich = laid_out(QUICK, &format!("{routes}, {rules}"));
    let red = namespace(document, "red");
    assert_eq!(namespace(&rich, "red"), red);
    let found = rich.namespaces[&red].clone();
    assert!(found.routes.len() == 14 && found.rules.len() >= 6);
    let routes = found.routes.into_iter().map(move |route| Edit::AddRoute {
        namespace: red,
        route,
        index: None,
    });
    let rules = found.rules.into_iter().map(move |rule| Edit::AddRule {
        namespace: red,
        rule,
    });
    routes.chain(rules)
}
