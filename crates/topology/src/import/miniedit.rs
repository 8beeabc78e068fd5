//! Files of Mininet's MiniEdit (`*.mn`).
//!
//! Hosts and legacy routers become namespaces, switches bridges of the host; interfaces are named
//! as Mininet names them (`h1-eth0`, `s1-eth1`). Where nodes are drawn is kept.

use std::collections::BTreeMap;

use super::builder::{Builder, End};
use super::report::File;
use super::tree::{Tree, parse};
use crate::document::Point;
use crate::id::NamespaceId;

/// MiniEdit's nodes are icons of 50 pixels, ours cards.
const SCALE: f64 = 2.5;

/// The prefix length of an address that says none, whatever the network is from which MiniEdit takes
/// its addresses: it hands them on without one (`Node.setIP` of mininet/node.py).
const USUAL_PREFIX: u8 = 8;

/// Whether a text is such a file.
pub(super) fn is_one(text: &str) -> bool {
    let has = |key: &str| text.contains(key);
    text.trim_start().starts_with('{')
        && has("\"hosts\"")
        && has("\"switches\"")
        && has("\"links\"")
}

/// What a node is in a lab.
enum Node {
    Namespace(NamespaceId),
    Bridge(String),
}

/// A node, and how many interfaces it has.
struct Placed {
    node: Node,
    interfaces: u32,
}

/// Reads a file.
pub(super) fn read(builder: &mut Builder, file: &File, text: &str) {
    builder.in_file(&file.path);
    // Tabs are white space in JSON.
    let tree = match parse(&file.path, &text.replace('\t', " ")) {
        Ok(tree) => tree,
        Err(refusal) => {
            builder.at(refusal.line);
            return builder.refuse(refusal.what, refusal.reason);
        }
    };
    let list = |key: &str| tree.get(key).map(Tree::items).unwrap_or_default();
    let mut nodes = BTreeMap::new();
    for controller in list("controllers") {
        builder.at(controller.line);
        let name = hostname(controller).unwrap_or("c0");
        builder.left_out(format!(
            "the controller {name}: bridges learn where to send frames by themselves"
        ));
    }
    for switch in list("switches") {
        builder.at(switch.line);
        add_switch(builder, switch, &mut nodes);
    }
    for host in list("hosts") {
        builder.at(host.line);
        if let Some(name) = hostname(host) {
            let namespace = builder.namespace(name);
            place(builder, host, |builder, at| builder.place(namespace, at));
            let node = Node::Namespace(namespace);
            nodes.insert(
                name.to_owned(),
                Placed {
                    node,
                    interfaces: 0,
                },
            );
        }
    }
    for link in list("links") {
        builder.at(link.line);
        add_link(builder, link, &mut nodes);
    }
    let base = tree.path(&["application", "ipBase"]).and_then(Tree::text);
    for host in list("hosts") {
        builder.at(host.line);
        if let Some(Placed {
            node: Node::Namespace(namespace),
            interfaces,
        }) = hostname(host).and_then(|name| nodes.get(name))
        {
            configure(
                builder,
                host,
                *namespace,
                *interfaces,
                base.unwrap_or("10.0.0.0/8"),
            );
        }
    }
}

fn hostname(tree: &Tree) -> Option<&str> {
    tree.path(&["opts", "hostname"]).and_then(Tree::text)
}

fn place(builder: &mut Builder, tree: &Tree, put: impl FnOnce(&mut Builder, Point)) {
    let number = |key: &str| tree.text_of(key)?.parse::<f64>().ok();
    if let (Some(x), Some(y)) = (number("x"), number("y"))
        && x.is_finite()
        && y.is_finite()
        && x.abs() < 1e5
        && y.abs() < 1e5
    {
        put(
            builder,
            Point {
                x: x * SCALE,
                y: y * SCALE,
            },
        );
    }
}

fn add_switch(builder: &mut Builder, switch: &Tree, nodes: &mut BTreeMap<String, Placed>) {
    let Some(name) = hostname(switch) else {
        return builder.refuse("a switch", "it has no `hostname`");
    };
    let kind = switch.path(&["opts", "switchType"]).and_then(Tree::text);
    let node = match kind {
        Some("legacyRouter") => {
            let namespace = builder.namespace(name);
            builder.run(namespace, &["sysctl", "-w", "net.ipv4.ip_forward=1"]);
            place(builder, switch, |builder, at| builder.place(namespace, at));
            Node::Namespace(namespace)
        }
        _ => {
            if kind != Some("legacySwitch") {
                builder.changed(format!(
                    "the OpenFlow switch {name} is a Linux bridge, which learns by itself"
                ));
            }
            let bridge = builder.bridge(name);
            place(builder, switch, |builder, at| {
                builder.place_bridge(&bridge, at)
            });
            Node::Bridge(bridge)
        }
    };
    for key in ["startCommand", "stopCommand"] {
        let command = switch.path(&["opts", key]).and_then(Tree::text);
        if let Some(command) = command.filter(|command| !command.is_empty()) {
            builder.left_out(format!("{key} of {name}: {command}"));
        }
    }
    // A router's first interface is eth0, a switch's first port eth1.
    let interfaces = u32::from(matches!(node, Node::Bridge(_)));
    nodes.insert(name.to_owned(), Placed { node, interfaces });
}

fn add_link(builder: &mut Builder, link: &Tree, nodes: &mut BTreeMap<String, Placed>) {
    let mut ends = Vec::new();
    for key in ["src", "dest"] {
        let name = link.text_of(key).unwrap_or_default();
        let Some(placed) = nodes.get_mut(name) else {
            // Its links are of OpenFlow, and left out with it.
            return;
        };
        let wanted = format!("{name}-eth{}", placed.interfaces);
        placed.interfaces += 1;
        let (namespace, bridge) = match &placed.node {
            Node::Namespace(namespace) => (*namespace, None),
            Node::Bridge(bridge) => (NamespaceId::HOST, Some(bridge.clone())),
        };
        let name = builder.interface_name(namespace, &wanted);
        ends.push((End { namespace, name }, bridge));
    }
    let [(a, first), (b, second)] = ends.as_slice() else {
        return;
    };
    if a == b {
        return builder.left_out("a link of a node to itself");
    }
    builder.link(a, b);
    for (end, bridge) in [(a, first), (b, second)] {
        if let Some(bridge) = bridge {
            builder.plug(end, bridge.as_str());
        }
        shape(builder, link, end);
    }
}

/// What a link does to frames, on each of its ends as Mininet's `TCLink` has it.
fn shape(builder: &mut Builder, link: &Tree, end: &End) {
    let option = |key: &str| {
        let text = link.path(&["opts", key]).and_then(Tree::text);
        text.filter(|text| !matches!(*text, "" | "0"))
    };
    let with_unit = |text: &str, unit: &str| match text.ends_with(|c: char| c.is_ascii_digit()) {
        true => format!("{text}{unit}"),
        false => text.to_owned(),
    };
    let mut words = Vec::new();
    if let Some(delay) = option("delay") {
        words.extend(["delay".to_owned(), with_unit(delay, "us")]);
        words.extend(option("jitter").map(|jitter| with_unit(jitter, "us")));
    }
    if let Some(loss) = option("loss") {
        words.extend(["loss".to_owned(), with_unit(loss, "%")]);
    }
    if let Some(rate) = option("bw") {
        words.extend(["rate".to_owned(), with_unit(rate, "mbit")]);
    }
    if words.is_empty() {
        return;
    }
    if let Some(limit) = option("max_queue_size") {
        words.extend(["limit".to_owned(), limit.to_owned()]);
    }
    let mut argv = vec!["tc", "qdisc", "add", "dev", &end.name, "root", "netem"];
    argv.extend(words.iter().map(String::as_str));
    if let Err(reason) = builder.try_run(end.namespace, &argv) {
        builder.left_out(format!("{}: {reason}", argv.join(" ")));
    }
}

fn configure(builder: &mut Builder, host: &Tree, here: NamespaceId, interfaces: u32, base: &str) {
    let name = hostname(host).unwrap_or_default().to_owned();
    let option = |key: &str| {
        let text = host.path(&["opts", key]).and_then(Tree::text);
        text.filter(|text| !text.is_empty())
    };
    let first = builder
        .name_of(here)
        .map(|_| format!("{name}-eth0"))
        .filter(|first| interfaces > 0 && builder.has_interface(here, first));
    let address = match option("ip") {
        Some(ip) if ip.contains('/') => Some(ip.to_owned()),
        Some(ip) => Some(format!("{ip}/{USUAL_PREFIX}")),
        None => numbered(option("nodeNum"), base),
    };
    if let (Some(first), Some(address)) = (&first, &address) {
        builder.run(here, &["ip", "address", "add", address, "dev", first]);
    }
    let vlans = host.path(&["opts", "vlanInterfaces"]);
    for vlan in vlans.map(Tree::items).unwrap_or_default() {
        let parts: Vec<_> = vlan.items().iter().filter_map(Tree::text).collect();
        if let ([address, id], Some(first)) = (parts.as_slice(), &first) {
            let device = format!("{first}.{id}");
            let device = builder.interface_name(here, &device);
            builder.run(
                here,
                &[
                    "ip", "link", "add", "link", first, "name", &device, "up", "type", "vlan",
                    "id", id,
                ],
            );
            builder.run(here, &["ip", "address", "add", address, "dev", &device]);
        }
    }
    if let Some(gateway) = option("defaultRoute") {
        let gateway = gateway.trim_start_matches("via ").trim();
        let argv = ["ip", "route", "add", "default", "via", gateway];
        if let Err(reason) = builder.try_run(here, &argv) {
            builder.left_out(format!("the default route of {name}: {reason}"));
        }
    }
    let outside = host.path(&["opts", "externalInterfaces"]);
    for interface in outside.map(Tree::items).unwrap_or_default() {
        let interface = interface.text().unwrap_or_default();
        builder.left_out(format!(
            "the interface {interface} of the machine at {name}: a lab has none of them"
        ));
    }
    if let Some(command) = option("startCommand") {
        builder.text(here, command);
    }
    if let Some(command) = option("stopCommand") {
        builder.left_out(format!("stopCommand of {name}: {command}"));
    }
}

/// The address that Mininet gives a host by its number.
fn numbered(number: Option<&str>, base: &str) -> Option<String> {
    let number: u32 = number?.parse().ok()?;
    let net: ipnet::Ipv4Net = base.parse().ok()?;
    let address = u32::from(net.network()).checked_add(number)?;
    let address = std::net::Ipv4Addr::from(address);
    net.contains(&address)
        .then(|| format!("{address}/{USUAL_PREFIX}"))
}
