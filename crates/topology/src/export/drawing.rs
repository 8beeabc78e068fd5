//! Graphs for Mermaid and Graphviz: a node for each namespace and bridge, an edge for each cable,
//! with interfaces and addresses.

use std::collections::BTreeSet;

use super::names::fitting;
use crate::document::{Document, Interface};
use crate::id::{InterfaceId, NamespaceId, Node};

/// A node.
struct Drawn {
    /// How the graph knows it.
    key: String,
    /// Its name.
    name: String,
    /// What else stands on it.
    lines: Vec<String>,
    is_bridge: bool,
}

/// An edge: the keys of its nodes, and what stands at each end.
struct Edge {
    keys: [String; 2],
    ends: [String; 2],
}

struct Graph {
    title: String,
    nodes: Vec<Drawn>,
    edges: Vec<Edge>,
}

/// Words that mean something to one of the two languages.
const RESERVED: [&str; 17] = [
    "end",
    "graph",
    "subgraph",
    "flowchart",
    "style",
    "class",
    "classdef",
    "click",
    "default",
    "direction",
    "linkstyle",
    "digraph",
    "node",
    "edge",
    "strict",
    "o",
    "x",
];

impl Graph {
    fn of(document: &Document) -> Self {
        let mut taken: BTreeSet<String> = RESERVED.map(str::to_owned).into();
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let mut key = |name: &str| {
            let begins = name.chars().next().is_some_and(|c| c.is_ascii_alphabetic());
            let name = if begins {
                name.to_owned()
            } else {
                format!("n_{name}")
            };
            fitting(&name, is_allowed, '_', 60, &mut taken)
        };
        let links: Vec<_> = document.links().collect();
        let is_bare = |id: InterfaceId| node_of(document, id) == Node::Namespace(NamespaceId::HOST);
        let has_host = links.iter().any(|link| link.ends.into_iter().any(is_bare));
        let mut keys = Vec::new();
        let mut nodes = Vec::new();
        for (id, namespace) in &document.namespaces {
            if *id == NamespaceId::HOST && !has_host {
                continue;
            }
            let name = namespace.name.to_string();
            keys.push((Node::Namespace(*id), key(&name)));
            let bare = document
                .interfaces_of(*id)
                .filter(|(_, interface)| interface.peer().is_none() && !interface.kind.is_bridge());
            let lines = bare.flat_map(|(_, i)| with_addresses(i)).collect();
            nodes.push((name, lines, false));
        }
        for (id, bridge) in document.bridges() {
            let name = bridge.name.to_string();
            keys.push((Node::Bridge(id), key(&name)));
            let mut lines: Vec<String> = bridge.addresses.iter().map(ToString::to_string).collect();
            if bridge.namespace != NamespaceId::HOST {
                lines.push(format!(
                    "in {}",
                    document.describe_namespace(bridge.namespace)
                ));
            }
            nodes.push((name, lines, true));
        }
        let key_of = |id: InterfaceId| {
            let node = node_of(document, id);
            let found = keys.iter().find(|(known, _)| *known == node);
            found.map(|(_, key)| key.clone()).unwrap_or_default()
        };
        let end = |id: InterfaceId| {
            let found = document.interfaces.get(&id);
            found.map(end_text).unwrap_or_default()
        };
        let edges = links.iter().map(|link| Edge {
            keys: link.ends.map(key_of),
            ends: link.ends.map(end),
        });
        let edges = edges.collect();
        let nodes = keys
            .iter()
            .zip(nodes)
            .map(|((_, key), (name, lines, is_bridge))| Drawn {
                key: key.clone(),
                name,
                lines,
                is_bridge,
            });
        Self {
            title: document.title.trim().to_owned(),
            nodes: nodes.collect(),
            edges,
        }
    }
}

/// Where an interface is drawn; of the host what is on no bridge.
fn node_of(document: &Document, id: InterfaceId) -> Node {
    document
        .node_of(id)
        .unwrap_or(Node::Namespace(NamespaceId::HOST))
}

/// `dummy0 10.0.0.1/24`; nothing of one without addresses.
fn with_addresses(interface: &Interface) -> Option<String> {
    (!interface.addresses.is_empty()).then(|| end_text(interface))
}

fn end_text(interface: &Interface) -> String {
    let name = std::iter::once(interface.name.to_string());
    let addresses = interface.addresses.iter().map(ToString::to_string);
    name.chain(addresses).collect::<Vec<_>>().join(" ")
}

pub(super) fn mermaid(document: &Document) -> String {
    let graph = Graph::of(document);
    let mut text = String::new();
    if !graph.title.is_empty() {
        // YAML, in which JSON's quotes count.
        let title = graph.title.replace('\\', "\\\\").replace('"', "\\\"");
        text.push_str(&format!("---\ntitle: \"{title}\"\n---\n"));
    }
    text.push_str("flowchart LR\n");
    for node in &graph.nodes {
        let lines = std::iter::once(&node.name).chain(&node.lines);
        let label = lines.map(|line| in_mermaid(line)).collect::<Vec<_>>();
        let label = label.join("<br/>");
        let (open, close) = match node.is_bridge {
            true => ("([", "])"),
            false => ("[", "]"),
        };
        text.push_str(&format!("    {}{open}\"{label}\"{close}\n", node.key));
    }
    for edge in &graph.edges {
        let [a, b] = &edge.keys;
        let label = edge
            .ends
            .each_ref()
            .map(|end| in_mermaid(end))
            .join("<br/>");
        text.push_str(&format!("    {a} ---|\"{label}\"| {b}\n"));
    }
    text
}

/// Inside quotes; entities begin with `#` there.
fn in_mermaid(text: &str) -> String {
    let mut said = String::new();
    for c in text.chars() {
        match c {
            '"' => said.push_str("#quot;"),
            '#' => said.push_str("#35;"),
            '<' => said.push_str("#lt;"),
            '>' => said.push_str("#gt;"),
            '&' => said.push_str("#amp;"),
            '`' => said.push_str("#96;"),
            c if c.is_control() => said.push(' '),
            c => said.push(c),
        }
    }
    said
}

pub(super) fn dot(document: &Document) -> String {
    let graph = Graph::of(document);
    let mut text = format!("graph {} {{\n", in_dot(&graph.title));
    text.push_str("    node [shape=box, style=rounded, fontname=\"sans-serif\"];\n");
    text.push_str("    edge [fontname=\"monospace\", fontsize=9];\n");
    for node in &graph.nodes {
        let lines = std::iter::once(&node.name).chain(&node.lines);
        let label = lines.cloned().collect::<Vec<_>>().join("\n");
        let shape = match node.is_bridge {
            true => ", shape=oval",
            false => "",
        };
        text.push_str(&format!(
            "    {} [label={}{shape}];\n",
            node.key,
            in_dot(&label)
        ));
    }
    for edge in &graph.edges {
        let [a, b] = &edge.keys;
        let [tail, head] = edge
            .ends
            .each_ref()
            .map(|end| in_dot(&end.replace(' ', "\n")));
        text.push_str(&format!(
            "    {a} -- {b} [taillabel={tail}, headlabel={head}];\n"
        ));
    }
    text.push_str("}\n");
    text
}

/// A quoted string; `\n` is a new line in a label.
fn in_dot(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", text.replace('\n', "\\n"))
}
