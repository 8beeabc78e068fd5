//! The real `ip` in a sandbox of its own: what it takes, and what the kernel then has.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;
use topology::Document;
use topology::document::Route;
use topology::plan::{kernel_metric, wanted_mtu};

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
    let writer = std::thread::spawn(move || input.write_all(script.as_bytes()));
    let output = child.wait_with_output().unwrap();
    let _the_shell_may_end_before = writer.join().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {errors}", output.status);
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
        for what in ["addr", "-4 route", "-6 route"] {
            text.push_str(&format!("{ip} -j {what}; echo\n"));
        }
        let inside = match id.0 {
            0 => String::new(),
            _ => format!("ip netns exec '{}' ", namespace.name),
        };
        text.push_str(&format!(
            "{inside}cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding\n"
        ));
    }
    text.push_str("true\n");
    text
}

/// State, MTU, bridge, addresses.
type Interface = (bool, u32, Option<String>, BTreeSet<String>);

/// A namespace as the kernel or a document has it.
#[derive(PartialEq, Debug, Default)]
pub(crate) struct Seen {
    interfaces: BTreeMap<String, Interface>,
    routes: BTreeSet<String>,
    forwarding: (bool, bool),
}

/// What the kernel had, by namespace in the document's order.
pub(crate) fn parse(document: &Document, printed: &str) -> BTreeMap<String, Seen> {
    let (_, printed) = printed.split_once("DUMP\n").unwrap();
    let mut lines = printed.lines().filter(|line| !line.is_empty());
    let json = |line: Option<&str>| -> Vec<Value> { serde_json::from_str(line.unwrap()).unwrap() };
    let mut all = BTreeMap::new();
    for namespace in document.namespaces.values() {
        let links = json(lines.next());
        let routes = [json(lines.next()), json(lines.next())].concat();
        let flags = [lines.next(), lines.next()].map(|flag| flag == Some("1"));
        let seen = Seen {
            interfaces: links
                .iter()
                .filter(|link| !is_kernels_own(link))
                .map(interface)
                .collect(),
            routes: routes
                .iter()
                .filter(|route| {
                    matches!(route["protocol"].as_str(), None | Some("boot" | "static"))
                })
                .map(route)
                .collect(),
            forwarding: (flags[0], flags[1]),
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

fn interface(link: &Value) -> (String, Interface) {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let flags = link["flags"].as_array().unwrap();
    let addresses = link["addr_info"].as_array().unwrap().iter();
    let own = addresses.filter(|a| {
        let local = a["local"].as_str().unwrap();
        !local.starts_with("fe80") && local != "::1" && local != "127.0.0.1"
    });
    let own = own.map(|a| format!("{}/{}", a["local"].as_str().unwrap(), a["prefixlen"]));
    let mtu = u32::try_from(link["mtu"].as_u64().unwrap()).unwrap();
    (
        text(&link["ifname"]).unwrap(),
        (
            flags.iter().any(|flag| flag == "UP"),
            mtu,
            text(&link["master"]),
            own.collect(),
        ),
    )
}

fn route(route: &Value) -> String {
    let destination = route["dst"].as_str().unwrap();
    format!(
        "{destination} via {} metric {}",
        route["gateway"].as_str().unwrap_or("none"),
        route["metric"].as_u64().unwrap_or_default()
    )
}

/// What the kernel should have of a document.
pub(crate) fn expected(document: &Document) -> BTreeMap<String, Seen> {
    let mut all = BTreeMap::new();
    for (&id, namespace) in &document.namespaces {
        let interfaces = document.interfaces_of(id).map(|(id, i)| {
            let bridge = i
                .bridge
                .map(|bridge| document.interfaces[&bridge].name.to_string());
            let addresses = i.addresses.iter().map(ToString::to_string).collect();
            (
                i.name.to_string(),
                (i.up, wanted_mtu(document, id, i), bridge, addresses),
            )
        });
        let is_taken = |route: &&Route| {
            let interface = route.interface.map(|id| &document.interfaces[&id]);
            interface.is_none_or(|interface| interface.up)
        };
        let seen = Seen {
            interfaces: interfaces.collect(),
            routes: namespace
                .routes
                .iter()
                .filter(is_taken)
                .map(wanted_route)
                .collect(),
            forwarding: (namespace.forwarding.ipv4, namespace.forwarding.ipv6),
        };
        all.insert(namespace.name.to_string(), seen);
    }
    all
}

fn wanted_route(route: &Route) -> String {
    let destination = match (route.is_default(), route.destination.prefix_len()) {
        (true, _) => "default".to_owned(),
        (_, 32) if route.destination.addr().is_ipv4() => route.destination.addr().to_string(),
        (_, 128) => route.destination.addr().to_string(),
        _ => route.destination.to_string(),
    };
    let gateway = route.gateway.map(|gateway| gateway.to_string());
    format!(
        "{destination} via {} metric {}",
        gateway.as_deref().unwrap_or("none"),
        kernel_metric(route.family(), route.metric)
    )
}
