//! What does not change is not touched: pings between others lose nothing, and connections over
//! what changes survive, whatever property it is.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use kernel::Namespace;
use kernel::sandbox::Inside;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use topology::address::Family;
use topology::document::{Document, Route};
use topology::edit::{Edit, apply};
use topology::fdb::FdbEntry;
use topology::firewall::Ruleset;
use topology::kind::parameter::{Form, Parameter, Usual};
use topology::kind::{Change, DeviceKind, Value, port};
use topology::quality::Quality;
use topology::route::TABLE_MAIN;
use topology::rule::{Rule, RuleAction};
use topology::{InterfaceId, NamespaceId};

use crate::Lab;
use crate::labs::Builder;

/// How long a connection may take to come through again: an address that was learned wrong is
/// asked for again after some seconds.
const PATIENCE: Duration = Duration::from_secs(40);

/// A ping a thousand times a second.
struct Flood(Child);

impl Flood {
    fn start(namespace: &Namespace, address: &str) -> Self {
        let mut ping = Command::new("ping");
        ping.args(["-n", "-q", "-i", "0.001", address]);
        ping.stdout(Stdio::piped()).stderr(Stdio::inherit());
        Self(namespace.run(|| ping.spawn()).unwrap().unwrap())
    }

    /// Ends it and says how many it sent and how many came back.
    fn end(self) -> (u64, u64) {
        let pid = Pid::from_raw(self.0.id().try_into().unwrap());
        kill(pid, Signal::SIGINT).unwrap();
        let output = self.0.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let line = text
            .lines()
            .find(|line| line.contains("transmitted"))
            .unwrap();
        let mut numbers = line
            .split(", ")
            .filter_map(|part| part.split(' ').next()?.parse().ok());
        (numbers.next().unwrap(), numbers.next().unwrap())
    }
}

/// Every change that the kernel tells of in a namespace: one that is touched for less than a
/// millisecond loses no ping.
struct Watch(Child);

impl Watch {
    fn start(namespace: &Namespace) -> Self {
        let mut monitor = Command::new("ip");
        monitor.args(["monitor", "link", "address", "route", "rule"]);
        monitor.stdout(Stdio::piped()).stderr(Stdio::inherit());
        Self(namespace.run(|| monitor.spawn()).unwrap().unwrap())
    }

    /// Ends it and says what it saw.
    fn end(mut self) -> String {
        self.0.kill().unwrap();
        let output = self.0.wait_with_output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }
}

/// A connection through which bytes go and come back.
struct Connection(TcpStream);

impl Connection {
    fn open(from: &Namespace, to: &Namespace, address: &str) -> Self {
        let address: SocketAddr = address.parse().unwrap();
        let listener = to.run(|| TcpListener::bind(address)).unwrap().unwrap();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut buffer = [0; 64];
            while let Ok(count @ 1..) = stream.read(&mut buffer) {
                if stream.write_all(&buffer[..count]).is_err() {
                    break;
                }
            }
        });
        let stream = from.run(|| TcpStream::connect(address)).unwrap().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(stream)
    }

    /// Sends something, and gets it back.
    fn works(&mut self, after: &str) {
        let begin = Instant::now();
        self.0.write_all(b"yard").unwrap();
        let mut answer = [0; 4];
        let result = self.0.read_exact(&mut answer);
        result.unwrap_or_else(|error| panic!("after {after}: {error}"));
        assert_eq!(&answer, b"yard", "after {after}");
        if begin.elapsed() > Duration::from_secs(1) {
            eprintln!("after {after} it took {:?}", begin.elapsed());
        }
    }
}

/// Two pairs that are connected, one by a link and one through a bridge, and one that pings.
struct Scene {
    document: Document,
    red: NamespaceId,
    blue: NamespaceId,
    green: NamespaceId,
    violet: NamespaceId,
    orange: NamespaceId,
    brown: NamespaceId,
    veth_red: InterfaceId,
    bridge: InterfaceId,
    port: InterfaceId,
}

fn scene() -> Scene {
    let mut builder = Builder::new("undisturbed");
    let host = NamespaceId::HOST;
    let [red, blue, green, violet, orange, brown] =
        ["red", "blue", "green", "violet", "orange", "brown"].map(|name| builder.namespace(name));
    let [veth_red, veth_blue] = builder.link([(red, "veth-red"), (blue, "veth-blue")]);
    let bridge = builder.bridge(host, "br0");
    let [veth_green, port] = builder.link([(green, "veth-green"), (host, "port-green")]);
    let [veth_violet, other] = builder.link([(violet, "veth-violet"), (host, "port-violet")]);
    let [veth_orange, veth_brown] = builder.link([(orange, "veth-orange"), (brown, "veth-brown")]);
    for port in [port, other] {
        builder.interface(port).master = Some(bridge);
    }
    for (interface, address) in [
        (veth_red, "10.0.1.1/24"),
        (veth_blue, "10.0.1.2/24"),
        (veth_green, "10.0.2.1/24"),
        (veth_violet, "10.0.2.2/24"),
        (veth_orange, "10.0.3.1/24"),
        (veth_brown, "10.0.3.2/24"),
    ] {
        builder.address(interface, address);
    }
    Scene {
        document: builder.document,
        red,
        blue,
        green,
        violet,
        orange,
        brown,
        veth_red,
        bridge,
        port,
    }
}

/// Another value than the usual one; `None` for what has no number.
fn another(parameter: &Parameter) -> Option<Value<InterfaceId>> {
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
        _ => return None,
    };
    Some(Value::Number(number))
}

/// An edit of every property that the kernel changes in place.
fn edits(scene: &Scene) -> Vec<Edit> {
    let interface = scene.veth_red;
    let mut edits = vec![
        Edit::SetMtu {
            interface,
            mtu: Some(1400),
        },
        Edit::SetMac {
            interface,
            mac: Some("02:00:00:00:00:77".parse().unwrap()),
        },
        Edit::RenameInterface {
            interface,
            name: "renamed".parse().unwrap(),
        },
        Edit::RenameNamespace {
            namespace: scene.red,
            name: "crimson".parse().unwrap(),
        },
        Edit::AddAddress {
            interface,
            address: "10.0.9.1/24".parse().unwrap(),
            index: None,
        },
        Edit::AddAddress {
            interface,
            address: "fd09::1/64".parse().unwrap(),
            index: None,
        },
        Edit::AddRoute {
            namespace: scene.red,
            route: Route {
                destination: "10.9.0.0/16".parse().unwrap(),
                gateway: Some("10.0.1.2".parse().unwrap()),
                interface: None,
                metric: None,
                options: Default::default(),
            },
            index: None,
        },
        Edit::SetUp {
            interface: scene.bridge,
            up: false,
        },
    ];
    let counting = "table ip t { chain c { type filter hook input priority 0\ncounter\n}\n}\n";
    edits.extend([
        Edit::SetFirewall {
            namespace: scene.red,
            ruleset: Some(Ruleset::new(counting).unwrap()),
        },
        Edit::SetQuality {
            interface,
            quality: Some(Quality {
                rate: Some(100_000_000),
                ..Quality::default()
            }),
        },
        Edit::AddRule {
            namespace: scene.red,
            rule: Rule::new(Family::Ipv4, 100, RuleAction::Lookup(TABLE_MAIN)),
        },
        Edit::AddFdb {
            interface: scene.port,
            entry: FdbEntry {
                mac: "02:00:00:00:00:78".parse().unwrap(),
                vlan: None,
                dst: None,
            },
        },
    ]);
    let families = [Family::Ipv4, Family::Ipv6];
    edits.extend(families.map(|family| Edit::SetForwarding {
        namespace: scene.red,
        family,
        on: true,
    }));
    let in_place =
        |p: &&Parameter| p.change == Change::InPlace && p.feature.is_none() && another(p).is_some();
    let of_bridge = DeviceKind::Bridge.table().parameters.iter();
    edits.extend(of_bridge.filter(in_place).map(|p| Edit::SetParameter {
        interface: scene.bridge,
        name: p.name.to_owned(),
        value: another(p),
    }));
    let of_port = port::TABLE.iter().filter(in_place);
    edits.extend(of_port.map(|p| Edit::SetPort {
        interface: scene.port,
        name: p.name.to_owned(),
        value: another(p),
    }));
    edits
}

pub(crate) fn others(_: &Inside) {
    let mut scene = scene();
    // What STP keeps from forwarding it lets through after twice this.
    let quick = Edit::SetParameter {
        interface: scene.bridge,
        name: "forward_delay".to_owned(),
        value: Some(Value::Number(200)),
    };
    apply(&mut scene.document, quick).unwrap();
    let lab = Lab::start();
    lab.apply(&scene.document);
    let [red, blue, green, violet, orange] = [
        scene.red,
        scene.blue,
        scene.green,
        scene.violet,
        scene.orange,
    ]
    .map(|id| lab.namespace(id));
    let mut connections = [
        Connection::open(&red, &blue, "10.0.1.2:5001"),
        Connection::open(&green, &violet, "10.0.2.2:5002"),
    ];
    let untouched = [orange, lab.namespace(scene.brown)];
    let [orange, _] = &untouched;
    // The kernel's own addresses have come by then.
    thread::sleep(Duration::from_secs(3));
    let watches = untouched.each_ref().map(Watch::start);
    let flood = Flood::start(orange, "10.0.3.2");
    let edits = edits(&scene);
    assert!(edits.len() > 25, "{}", edits.len());
    let mut document = scene.document;
    for edit in edits {
        let back = apply(&mut document, edit.clone()).unwrap();
        for (document, step) in [(document.clone(), &edit), {
            apply(&mut document, back.clone()).unwrap();
            (document.clone(), &back)
        }] {
            let what = format!("{step:?}");
            let applied = lab.runtime.block_on(lab.engine.apply_edit(&document));
            applied.unwrap_or_else(|error| panic!("{what}: {error}"));
            // Long enough for a ping to be hurt.
            thread::sleep(Duration::from_millis(30));
            // A bridge that is down passes nothing: there the connection is to live on.
            if !matches!(step, Edit::SetUp { up: false, .. }) {
                for connection in &mut connections {
                    connection.works(&what);
                }
            }
        }
    }
    let (sent, came_back) = flood.end();
    for watch in watches {
        assert_eq!(watch.end(), "", "others were touched");
    }
    assert!(sent > 500, "{sent}");
    assert_eq!(sent, came_back, "pings between others were lost");
}
