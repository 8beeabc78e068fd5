//! containerlab topologies (`*.clab.yml`).
//!
//! Nodes become namespaces; those of the kinds `bridge` and `ovs-bridge` bridges of the host, and
//! of the kind `host` the host itself. `exec` lines run in the node's namespace, as containerlab
//! runs them: without a shell around them. Of what runs in a node nothing is taken.
//!
//! The management network is left out: containerlab plugs every node into it as `eth0`, so that
//! everything reaches everything by a way that no drawing of the lab has. A link that says
//! `mgmt-net` gets a bridge of its own.

use std::collections::BTreeMap;

use super::builder::{Builder, End};
use super::report::File;
use super::tree::{Tree, Value, parse};
use super::variables;
use crate::id::NamespaceId;

mod links;

/// What a node is in a lab.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Node {
    Namespace(NamespaceId),
    Bridge(String),
}

/// Of a node, by which of its keys it is set.
struct Settings<'a> {
    /// Defaults, kind, group and the node itself: the last that says something counts.
    layers: Vec<&'a Tree>,
}

impl<'a> Settings<'a> {
    fn get(&self, key: &str) -> Option<&'a Tree> {
        self.layers.iter().rev().find_map(|layer| layer.get(key))
    }

    fn text(&self, key: &str) -> Option<&'a str> {
        self.get(key)?.text()
    }
}

/// Keys of a node that say nothing of the network.
const NO_NETWORK: [&str; 35] = [
    "image",
    "image-pull-policy",
    "type",
    "startup-config",
    "enforce-startup-config",
    "suppress-startup-config",
    "startup-delay",
    "auto-remove",
    "restart-policy",
    "license",
    "binds",
    "volumes",
    "env",
    "env-files",
    "user",
    "entrypoint",
    "cmd",
    "labels",
    "ports",
    "runtime",
    "cpu",
    "cpu-set",
    "memory",
    "config",
    "components",
    "extras",
    "certificate",
    "healthcheck",
    "stages",
    "dns",
    "cap-add",
    "devices",
    "privileged",
    "shm-size",
    "aliases",
];

/// Replaces variables as containerlab does before it reads YAML: nothing is known of the
/// environment, so that only defaults count.
pub(super) fn prepared(text: &str) -> String {
    variables::replace(text, false, |found| match found.operator {
        ":-" | "-" | ":=" | "=" => Some(found.word.to_owned()),
        _ => None,
    })
}

/// Reads a topology.
pub(super) fn read(builder: &mut Builder, file: &File, text: &str) {
    builder.in_file(&file.path);
    let text = prepared(text);
    let tree = match parse(&file.path, &text) {
        Ok(tree) => tree,
        Err(refusal) => {
            builder.at(refusal.line);
            return builder.refuse(refusal.what, refusal.reason);
        }
    };
    if let Some(name) = tree.text_of("name") {
        builder.title(name);
    }
    let Some(topology) = tree.get("topology") else {
        return builder.refuse("", "it has no `topology`");
    };
    let mut nodes = BTreeMap::new();
    let all = topology.get("nodes").map(Tree::entries).unwrap_or_default();
    // Those that share a namespace come after whose it is.
    let shared = |node: &Tree| {
        settings(topology, node)
            .text("network-mode")
            .map(str::to_owned)
    };
    let (later, first): (Vec<_>, Vec<_>) = all
        .iter()
        .partition(|node| shared(&node.value).is_some_and(|mode| mode.starts_with("container:")));
    for entry in first.into_iter().chain(later) {
        builder.at(entry.line);
        let settings = settings(topology, &entry.value);
        if let Some(made) = node(builder, &entry.key, &settings, &nodes) {
            nodes.insert(entry.key.clone(), made);
        }
    }
    let found = topology.get("links").map(Tree::items).unwrap_or_default();
    let mut links = links::Links::new(&nodes);
    for link in found {
        builder.at(link.line);
        links.link(builder, link);
    }
    if !found.is_empty() && !links.said_mtu {
        builder.at(topology.get("links").map_or(0, |links| links.line));
        builder.changed("links have the usual MTU of 1500: containerlab's own default is 9500");
    }
    for entry in all {
        if let Some(Node::Namespace(namespace)) = nodes.get(&entry.key) {
            executed(
                builder,
                &entry.key,
                *namespace,
                &settings(topology, &entry.value),
            );
        }
    }
}

fn settings<'a>(topology: &'a Tree, node: &'a Tree) -> Settings<'a> {
    let defaults = topology.get("defaults");
    let group = node.text_of("group");
    let groups = topology.get("groups");
    let group = group.and_then(|group| groups?.get(group));
    let kind = node
        .text_of("kind")
        .or_else(|| group?.text_of("kind"))
        .or_else(|| defaults?.text_of("kind"));
    let kinds = topology.get("kinds");
    let kind = kind.and_then(|kind| kinds?.get(kind));
    let layers = [defaults, kind, group, Some(node)];
    Settings {
        layers: layers.into_iter().flatten().collect(),
    }
}

/// Makes what a node is in a lab.
fn node(
    builder: &mut Builder,
    name: &str,
    settings: &Settings<'_>,
    nodes: &BTreeMap<String, Node>,
) -> Option<Node> {
    let kind = settings.text("kind").unwrap_or_default();
    match kind {
        "bridge" | "ovs-bridge" => {
            if kind == "ovs-bridge" {
                builder.changed(format!(
                    "the Open vSwitch `{name}` is a Linux bridge, without flows"
                ));
            }
            let wanted = name.split('|').next().unwrap_or(name);
            return Some(Node::Bridge(builder.bridge(wanted)));
        }
        "host" => return Some(Node::Namespace(NamespaceId::HOST)),
        _ => {}
    }
    let made = match settings.text("network-mode") {
        Some("host") => NamespaceId::HOST,
        Some(mode) if mode.starts_with("container:") => {
            let other = mode.trim_start_matches("container:");
            match nodes.get(other) {
                Some(Node::Namespace(shared)) => *shared,
                _ => {
                    builder.changed(format!(
                        "`{name}` shares the network of the container `{other}`, which is not in \
                         this file: it has a namespace of its own"
                    ));
                    builder.namespace(name)
                }
            }
        }
        _ => builder.namespace(name),
    };
    if !matches!(kind, "linux" | "") {
        builder.changed(format!(
            "`{name}` of the kind {kind} is a plain Linux namespace: its operating system is not run"
        ));
    }
    let said: Vec<_> = NO_NETWORK
        .iter()
        .filter(|key| settings.get(key).is_some())
        .copied()
        .collect();
    if !said.is_empty() {
        builder.left_out(format!(
            "{} of `{name}`: what runs in a node is no part of a lab",
            said.join(", ")
        ));
    }
    for key in ["mgmt-ipv4", "mgmt-ipv6"] {
        if let Some(address) = settings.text(key) {
            builder.left_out(format!(
                "{key} {address} of `{name}`: there is no management network"
            ));
        }
    }
    Some(Node::Namespace(made))
}

/// What is done in a node when it runs: settings of the kernel and commands.
fn executed(builder: &mut Builder, name: &str, here: NamespaceId, settings: &Settings<'_>) {
    let mut sysctls: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for layer in &settings.layers {
        let pairs = layer.get("sysctls").map(Tree::pairs).unwrap_or_default();
        for (line, key, value) in pairs {
            sysctls.insert(key, (line, value));
        }
    }
    for (key, (line, value)) in sysctls {
        builder.at(line);
        let setting = format!("{key}={value}");
        if let Err(reason) = builder.try_run(here, &["sysctl", "-w", &setting]) {
            builder.left_out(format!("the setting {setting} of `{name}`: {reason}"));
        }
    }
    for layer in &settings.layers {
        let lines = layer.get("exec").map(Tree::list).unwrap_or_default();
        for line in lines {
            builder.at(line.line);
            let Some(text) = line.text() else {
                if line.value != Value::Nothing {
                    builder.refuse("exec", "a command is a line of text");
                }
                continue;
            };
            let text = text.replace("__clabNodeName__", name).replace("\\\n", " ");
            match shlex::split(&text) {
                Some(argv) if argv.is_empty() => {}
                Some(argv) => builder.program(here, &argv),
                None => builder.refuse(text, "a quote is not closed"),
            }
        }
    }
}

/// The end of a link at a node of a namespace.
fn end(builder: &mut Builder, namespace: NamespaceId, interface: &str) -> End {
    let name = builder.interface_name(namespace, interface);
    End { namespace, name }
}
