//! The real `ip` in a sandbox of its own: what it takes, and what the kernel then has.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;
use topology::address::Family;
use topology::document::{self, Route};
use topology::kind::{DeviceKind, Form, Parameter, Parameters, port};
use topology::plan::{Mtus, kernel_metric, wanted_rules};
use topology::route::Scope;
use topology::sysctl::setting;
use topology::{Document, InterfaceId, NamespaceId};

/// Runs a shell script as root of fresh user, mount, network and pid namespaces, where the names of
/// `ip netns` are private; returns what it printed.
pub(crate) fn sandbox(script: &str) -> String {
    let mut child = Command::new("unshare")
        .args(["--user", "--map-root-user", "--net", "--mount", "--pid"])
        .args(["--fork", "--kill-child", "--mount-proc", "sh"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let script = format!("mount -t tmpfs none /run || exit 9\n{script}");
    let text = script.clone();
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output().unwrap();
    let _the_shell_may_end_before = writer.join().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{}: {errors}\n{script}",
        output.status
    );
    String::from_utf8(output.stdout).unwrap()
}

/// Shell lines that print what [`parse`] reads.
pub(crate) fn dump(document: &Document) -> String {
    let mut text = String::from("echo DUMP\n");
    for (id, namespace) in &document.namespaces {
        let ip = match id.0 {
            0 => "ip".to_owned(),
            _ => format!("ip -n '{}'", namespace.name),
        };
        for what in [
            "-d addr",
            "-d -4 route show table all",
            "-d -6 route show table all",
        ] {
            text.push_str(&format!("{ip} -j {what}; echo\n"));
        }
        let tc = ip.replacen("ip", "tc", 1);
        text.push_str(&format!("{tc} -j qdisc show; echo\n"));
        let inside = match id.0 {
            0 => String::new(),
            _ => format!("ip netns exec '{}' ", namespace.name),
        };
        for family in ["-4", "-6"] {
            text.push_str(&format!(
                "{ip} {family} rule | sed 's/^/{family} /'; echo END\n"
            ));
        }
        text.push_str(&format!(
            "{inside}cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding\n"
        ));
        for (path, _) in settings(document, *id) {
            text.push_str(&format!("{inside}cat /proc/sys/{path}\n"));
        }
    }
    text.push_str("true\n");
    text
}

/// An address in the words that `ip addr add` takes.
fn address(shown: &Value) -> String {
    let word = |key: &str| shown[key].as_str();
    let (local, length) = (word("local").unwrap(), &shown["prefixlen"]);
    let mut text = match word("address") {
        Some(peer) => format!("{local} peer {peer}/{length}"),
        None => format!("{local}/{length}"),
    };
    if let Some(broadcast) = word("broadcast") {
        text += &format!(" broadcast {broadcast}");
    }
    // What is usual is not said.
    let usual = match local.starts_with("127.") {
        true => "host",
        false => "global",
    };
    let scope = word("scope").filter(|scope| *scope != usual && !local.contains(':'));
    text + &scope
        .map(|scope| format!(" scope {scope}"))
        .unwrap_or_default()
}

/// State, MTU, bridge, addresses, and what is set on it.
type Interface = (bool, Mtu, Option<String>, BTreeSet<String>, Details);

/// An MTU; one that is not known before is like any.
#[derive(Debug)]
pub(crate) struct Mtu(Option<u32>);

impl PartialEq for Mtu {
    fn eq(&self, other: &Self) -> bool {
        self.0.is_none() || other.0.is_none() || self.0 == other.0
    }
}

/// Kind, MAC address and parameters by name; what one side does not say is like any: a kernel or an
/// `ip` may lack it.
#[derive(Debug)]
pub(crate) struct Details(BTreeMap<String, String>);

impl PartialEq for Details {
    fn eq(&self, other: &Self) -> bool {
        let mut said = self.0.iter();
        said.all(|(name, value)| other.0.get(name).is_none_or(|other| other == value))
    }
}

/// A namespace as the kernel or a document has it.
#[derive(PartialEq, Debug, Default)]
pub(crate) struct Seen {
    interfaces: BTreeMap<String, Interface>,
    routes: BTreeSet<String>,
    forwarding: (bool, bool),
    rules: BTreeSet<String>,
    settings: BTreeMap<String, String>,
}

/// The settings that a namespace is to have, by what is below `/proc/sys`.
fn settings(document: &Document, id: NamespaceId) -> BTreeMap<String, String> {
    let own = document.namespaces[&id].sysctls.iter();
    let mut all: BTreeMap<_, _> = own
        .map(|(name, value)| (setting(name, false).unwrap().path(None), value.to_string()))
        .collect();
    for (_, interface) in document.interfaces_of(id) {
        for (name, value) in &interface.sysctls {
            let path = setting(name, true).unwrap();
            let path = path.path(Some(interface.name.as_str()));
            all.insert(path, value.to_string());
        }
    }
    all
}

/// What the kernel had, by namespace in the document's order.
pub(crate) fn parse(document: &Document, printed: &str) -> BTreeMap<String, Seen> {
    let (_, printed) = printed.split_once("DUMP\n").unwrap();
    let mut lines = printed.lines().filter(|line| !line.is_empty());
    let json = |line: Option<&str>| -> Vec<Value> { serde_json::from_str(line.unwrap()).unwrap() };
    let mut all = BTreeMap::new();
    for (id, namespace) in &document.namespaces {
        let links = json(lines.next());
        let routes = [json(lines.next()), json(lines.next())].concat();
        let qdiscs = json(lines.next());
        let rules = (0..2).flat_map(|_| {
            lines
                .by_ref()
                .take_while(|line| *line != "END")
                .collect::<Vec<_>>()
        });
        let rules: Vec<&str> = rules.collect();
        let flags = [lines.next(), lines.next()].map(|flag| flag == Some("1"));
        let settings = settings(document, *id).into_iter();
        let settings = settings.map(|(path, _)| (path, lines.next().unwrap().to_owned()));
        let settings = settings.collect();
        let seen = Seen {
            settings,
            interfaces: links
                .iter()
                .filter(|link| !is_kernels_own(link))
                .map(|link| interface(link, &qdiscs))
                .collect(),
            routes: routes
                .iter()
                .filter(|route| {
                    let protocol = route["protocol"].as_str();
                    matches!(protocol, None | Some("boot" | "static")) && route["table"] != "local"
                })
                .map(route)
                .collect(),
            forwarding: (flags[0], flags[1]),
            rules: rules.into_iter().filter_map(rule).collect(),
        };
        all.insert(namespace.name.to_string(), seen);
    }
    all
}

/// Tunnels that kernel modules put into every namespace.
fn is_kernels_own(link: &Value) -> bool {
    let tunnels = [
        "sit0", "tunl0", "gre0", "gretap0", "erspan0", "ip6tnl0", "ip6gre0", "ip_vti0", "ip6_vti0",
    ];
    tunnels.contains(&link["ifname"].as_str().unwrap())
}

fn interface(link: &Value, qdiscs: &[Value]) -> (String, Interface) {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let flags = link["flags"].as_array().unwrap();
    let addresses = link["addr_info"].as_array().unwrap().iter();
    let own = addresses.filter(|a| {
        let local = a["local"].as_str().unwrap();
        !local.starts_with("fe80") && local != "::1" && local != "127.0.0.1"
    });
    let own = own.map(address);
    let mtu = u32::try_from(link["mtu"].as_u64().unwrap()).unwrap();
    (
        text(&link["ifname"]).unwrap(),
        (
            flags.iter().any(|flag| flag == "UP"),
            Mtu(Some(mtu)),
            text(&link["master"]),
            own.collect(),
            details(link, qdiscs),
        ),
    )
}

/// What `ip -d` says under names of its own.
fn name_in_ip(kind: &str, name: &'static str) -> &'static str {
    match (kind, name) {
        ("vxlan" | "gre" | "ipip", "dev") => "link",
        ("vxlan", "dstport") => "port",
        _ => name,
    }
}

/// Rate in bytes a second and how long a frame may wait in ms, of a `tbf` that is the root.
fn rate_of_tc(link: &Value, qdiscs: &[Value]) -> String {
    let mut all = qdiscs.iter();
    let found = all.find(|q| q["dev"] == link["ifname"] && q["root"] == true && q["kind"] == "tbf");
    // Of less than nothing `tc` says nothing.
    let number = |found: &Value, key: &str| found["options"][key].as_f64().unwrap_or_default();
    found.map_or("none".to_owned(), |tbf| {
        let (rate, latency) = (number(tbf, "rate"), number(tbf, "lat"));
        format!("{rate} for {:.0} ms", latency / 1_000.0)
    })
}

fn rate_wanted(interface: &topology::document::Interface) -> String {
    let quality = interface.quality.as_ref();
    let limited = quality.and_then(|quality| Some((quality, quality.rate? / 8)));
    limited.map_or("none".to_owned(), |(quality, rate)| {
        let waiting = (quality.queue() - quality.burst().min(quality.queue())) as f64;
        format!("{rate} for {:.0} ms", waiting * 1_000.0 / rate as f64)
    })
}

fn details(link: &Value, qdiscs: &[Value]) -> Details {
    let info = &link["linkinfo"];
    let kind = info["info_kind"].as_str().unwrap_or("loopback");
    let mut details = BTreeMap::from([
        ("kind".to_owned(), kind.to_owned()),
        (
            "mac".to_owned(),
            link["address"].as_str().unwrap_or_default().to_owned(),
        ),
        ("rate".to_owned(), rate_of_tc(link, qdiscs)),
    ]);
    let mut take = |prefix: &str, table: &[Parameter], data: &Value| {
        for parameter in table {
            let value = &data[name_in_ip(kind, parameter.name)];
            let text = match (value, parameter.form) {
                (Value::Null, _) => continue,
                (Value::String(text), _) => text.clone(),
                (Value::Bool(on), _) => on.to_string(),
                (Value::Number(number), Form::Switch(..)) => {
                    (number.as_u64() == Some(1)).to_string()
                }
                // The kernel's own words for what `ip` shows in hexadecimal.
                (value, _) => value.to_string(),
            };
            let text = match text.strip_prefix("0x") {
                Some(digits) => u64::from_str_radix(digits, 16).unwrap().to_string(),
                None => text,
            };
            details.insert(format!("{prefix}{}", parameter.name), text);
        }
    };
    if let Some(kind) = DeviceKind::named(kind) {
        take("", kind.table().parameters, &info["info_data"]);
    }
    if info["info_slave_kind"] == "bridge" {
        take("port ", port::TABLE, &info["info_slave_data"]);
    }
    Details(details)
}

fn wanted_details(document: &Document, interface: &topology::document::Interface) -> Details {
    let kind = interface.kind.name().to_owned();
    let mut details = BTreeMap::from([("kind".to_owned(), kind)]);
    details.insert("rate".to_owned(), rate_wanted(interface));
    details.extend(interface.mac.map(|mac| ("mac".to_owned(), mac.to_string())));
    let mut take = |prefix: &str, table: &[Parameter], said: Parameters<InterfaceId>| {
        let all = said.with_usual(table);
        for parameter in table {
            if let Some(value) = all.get(parameter.name) {
                let name = |id: &InterfaceId| document.interfaces[id].name.to_string();
                let text = parameter.text(value, name);
                details.insert(format!("{prefix}{}", parameter.name), text);
            }
        }
    };
    if let Some(device) = interface.kind.device() {
        take(
            "",
            device.kind.table().parameters,
            device.parameters.clone(),
        );
    }
    let master = interface.master.map(|id| &document.interfaces[&id]);
    if master.is_some_and(|master| master.kind.is_bridge()) {
        take("port ", port::TABLE, interface.port.clone());
    }
    Details(details)
}

fn route(route: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("none").to_owned();
    let is_onlink = |value: &Value| {
        let mut flags = value["flags"].as_array().into_iter().flatten();
        flags.any(|flag| flag == "onlink")
    };
    let hops = route["nexthops"].as_array().into_iter().flatten();
    let hops: BTreeSet<_> = hops
        .map(|hop| {
            let (gateway, weight) = (text(&hop["gateway"]), &hop["weight"]);
            format!("{gateway} weight {weight} {}", is_onlink(hop))
        })
        .collect();
    format!(
        "{} {} via {} src {} table {} scope {} onlink {} metric {} hops {hops:?}",
        text(&route["type"]),
        text(&route["dst"]),
        text(&route["gateway"]),
        text(&route["prefsrc"]),
        text(&route["table"]),
        text(&route["scope"]),
        is_onlink(route),
        route["metric"].as_u64().unwrap_or_default()
    )
}

/// What the kernel should have of a document.
pub(crate) fn expected(document: &Document) -> BTreeMap<String, Seen> {
    let mut all = BTreeMap::new();
    let mtus = Mtus::new(document);
    for (&id, namespace) in &document.namespaces {
        let interfaces = document.interfaces_of(id).map(|(id, i)| {
            let bridge = i
                .master
                .map(|bridge| document.interfaces[&bridge].name.to_string());
            let addresses = i.addresses.iter().map(ToString::to_string).collect();
            (
                i.name.to_string(),
                (
                    document.is_up(i),
                    Mtu(mtus.of(id, i)),
                    bridge,
                    addresses,
                    wanted_details(document, i),
                ),
            )
        });
        // Without a carrier an IPv6 address stays tentative, and is no source. Random documents have
        // sources on links only.
        let is_source = |i: &document::Interface| match i.kind {
            document::Kind::Veth { peer } => {
                document.is_up(i) && document.is_up(&document.interfaces[&peer])
            }
            _ => true,
        };
        let has_source = |route: &Route| match route.options.source {
            Some(source) if source.is_ipv6() => {
                let mut owners = document.interfaces_of(id).map(|(_, i)| i);
                owners.any(|i| i.addresses.iter().any(|a| a.addr() == source) && is_source(i))
            }
            _ => true,
        };
        let is_taken = |route: &&Route| {
            if !has_source(route) {
                return false;
            }
            let mut interfaces = route.interfaces().map(|id| &document.interfaces[&id]);
            let is_host = route.options.scope == Some(Scope::Host);
            is_host || interfaces.all(|interface| document.is_up(interface))
        };
        let seen = Seen {
            settings: settings(document, id),
            interfaces: interfaces.collect(),
            routes: namespace
                .routes
                .iter()
                .filter(is_taken)
                .map(wanted_route)
                .collect(),
            forwarding: (namespace.forwarding.ipv4, namespace.forwarding.ipv6),
            rules: wanted_rules(document, namespace)
                .iter()
                .map(|rule| {
                    let family = match rule.family {
                        Family::Ipv4 => "-4",
                        Family::Ipv6 => "-6",
                    };
                    // Of one address alone `ip` shows no length.
                    let words = rule.words().join(" ");
                    let words = words.replace("/32 ", " ").replace("/128 ", " ");
                    format!("{family} {words}")
                })
                .collect(),
        };
        all.insert(namespace.name.to_string(), seen);
    }
    all
}

/// As [`topology::rule::Rule::words`] has it; `None` for one that the kernel makes by itself.
fn rule(line: &str) -> Option<String> {
    // Of an interface that is gone: it matches nothing.
    if line.contains("[detached]") {
        return None;
    }
    let (head, said) = line.split_once(":\t").unwrap();
    let (family, priority) = head.split_once(' ').unwrap();
    if topology::rule::PRIORITIES_OF_THE_KERNEL.contains(&priority.parse().unwrap()) {
        return None;
    }
    let said = said.replace("ipproto tcp", "ipproto 6");
    let said = said.replace("ipproto udp", "ipproto 17");
    let said = said.trim_end();
    let actions = ["lookup", "blackhole", "unreachable", "prohibit"];
    let place = actions.iter().find_map(|action| said.find(action)).unwrap();
    let (matches, action) = said.split_at(place);
    Some(format!("{family} {matches}priority {priority} {action}"))
}

fn wanted_route(route: &Route) -> String {
    let destination = match (route.is_default(), route.destination.prefix_len()) {
        (true, _) => "default".to_owned(),
        (_, 32) if route.destination.addr().is_ipv4() => route.destination.addr().to_string(),
        (_, 128) => route.destination.addr().to_string(),
        _ => route.destination.to_string(),
    };
    let text = |address: Option<std::net::IpAddr>| {
        address.map_or("none".to_owned(), |address| address.to_string())
    };
    let options = &route.options;
    let hops = options.hops.iter();
    let hops: BTreeSet<_> = hops
        .map(|hop| {
            let (gateway, weight) = (text(hop.gateway), hop.weight);
            format!("{gateway} weight {weight} {}", hop.onlink)
        })
        .collect();
    let table = options.table.map(|table| table.to_string());
    format!(
        "{} {destination} via {} src {} table {} scope {} onlink {} metric {} hops {hops:?}",
        options.kind,
        text(route.gateway),
        text(options.source),
        table.as_deref().unwrap_or("main"),
        options.scope(route.family(), route.gateway.is_some()),
        options.onlink,
        kernel_metric(route.family(), route.metric)
    )
}
