//! Graphs: nodes and edges of Graphviz or Mermaid, as namespaces and links.
//!
//! A node is a bridge of the host if its name or label says that it is a switch, a bridge or a hub;
//! any other is a namespace. Addresses are proposed: each link, and each set of bridges that hang
//! together, has a network `10.X.Y.0/24` by order, in which its ends are numbered by order. What
//! labels say of networks and addresses ([`labels`]) is taken instead, and nothing is proposed that
//! overlaps it. Routes are not proposed. A port of an edge (`leaf1:swp1 -- spine1:swp7`) is the name
//! of the interface there, and so is what the label at an end names.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::builder::{Builder, End};
use crate::id::NamespaceId;
use crate::name::InterfaceName;
use labels::Labels;
use segments::Segments;

pub(super) mod graphviz;
mod labels;
pub(super) mod mermaid;
mod segments;

/// Most nodes of a graph.
const MOST_NODES: usize = 4000;
/// Most edges of a graph.
const MOST_EDGES: usize = 12_000;

/// A graph.
#[derive(Clone, Debug, Default)]
pub(super) struct Graph {
    title: String,
    /// By id.
    nodes: IndexMap<String, Vertex>,
    edges: Vec<Edge>,
}

/// A node.
#[derive(Clone, Debug, Default)]
struct Vertex {
    line: usize,
    label: Option<String>,
}

/// An edge.
#[derive(Clone, Debug)]
struct Edge {
    line: usize,
    ends: [String; 2],
    /// What an end is called at its node, where that is said.
    ports: [Option<String>; 2],
    label: Option<String>,
    /// What is written at an end.
    end_labels: [Option<String>; 2],
}

/// What is wrong with a graph, and where.
#[derive(Clone, Debug)]
pub(super) struct Wrong {
    line: usize,
    reason: String,
}

impl Graph {
    fn node(&mut self, line: usize, id: &str) -> Result<&mut Vertex, Wrong> {
        if !self.nodes.contains_key(id) && self.nodes.len() >= MOST_NODES {
            let reason = format!("a graph has at most {MOST_NODES} nodes here");
            return Err(Wrong { line, reason });
        }
        let new = || Vertex { line, label: None };
        Ok(self.nodes.entry(id.to_owned()).or_insert_with(new))
    }

    fn edge(&mut self, line: usize, a: &str, b: &str, label: Option<&str>) -> Result<(), Wrong> {
        if self.edges.len() >= MOST_EDGES {
            let reason = format!("a graph has at most {MOST_EDGES} edges here");
            return Err(Wrong { line, reason });
        }
        self.edges.push(Edge {
            line,
            ends: [a.to_owned(), b.to_owned()],
            ports: [None, None],
            label: label.map(str::to_owned),
            end_labels: [None, None],
        });
        Ok(())
    }
}

/// Whether a name says that it is a bridge.
fn says_bridge(name: &str) -> bool {
    let name = name.to_lowercase();
    let words = name.split(|c: char| !c.is_alphanumeric());
    let mut words = words.map(|word| word.trim_end_matches(|c: char| c.is_ascii_digit()));
    words.any(|word| {
        matches!(
            word,
            "switch" | "bridge" | "hub" | "sw" | "br" | "lan" | "vswitch"
        )
    })
}

/// Builds the lab of a graph.
pub(super) fn build(builder: &mut Builder, read: Result<Graph, Wrong>) {
    let graph = match read {
        Ok(graph) => graph,
        Err(wrong) => {
            builder.at(wrong.line);
            return builder.refuse("", wrong.reason);
        }
    };
    builder.title(&graph.title);
    let mut made = IndexMap::new();
    for (id, vertex) in &graph.nodes {
        builder.at(vertex.line);
        let label = vertex.label.as_deref().unwrap_or_default();
        // What a name takes: the first line of what is drawn there.
        let first = label.split(['\n', '<']).next().unwrap_or_default().trim();
        let is_bridge = says_bridge(id) || says_bridge(label);
        let wanted = match first.len() {
            1..=15 if labels::said(first).is_empty() => first,
            _ => id,
        };
        let node = match is_bridge {
            true => Made::Bridge(builder.bridge(wanted)),
            false => Made::Namespace(builder.namespace_new(wanted)),
        };
        made.insert(id.as_str(), node);
    }
    let names = names(&graph, &made);
    let labels = Labels::of(&graph, &made, &names);
    let mut segments = Segments::of(&graph, &made, &labels);
    let mut said = 0;
    for (index, (edge, names)) in graph.edges.iter().zip(&names).enumerate() {
        builder.at(edge.line);
        said += connect(builder, edge, (index, names), &made, &labels, &mut segments);
    }
    for (id, addresses) in &labels.loopbacks {
        builder.at(graph.nodes.get(id).map_or(0, |vertex| vertex.line));
        if let Some(Made::Namespace(namespace)) = made.get(id.as_str()) {
            let end = End {
                namespace: *namespace,
                name: "lo".to_owned(),
            };
            said += take_addresses(builder, &end, addresses);
        }
    }
    for (line, text) in &labels.unused {
        builder.at(*line);
        builder.left_out(text);
    }
    if let Some(edge) = graph.edges.first() {
        builder.at(edge.line);
        let proposed = "proposed, a network for each link or bridge";
        match (said, segments.has_proposed) {
            (0, _) => builder.changed(format!("the addresses are {proposed}")),
            (_, false) => builder.changed("the addresses are those of the labels"),
            _ => builder.changed(format!(
                "{said} addresses are those of the labels; the others are {proposed}"
            )),
        }
    }
}

/// What a node became.
#[derive(Clone, Debug)]
enum Made {
    Namespace(NamespaceId),
    Bridge(String),
}

/// Whether a port of a node is called as interfaces are: with a number. Others are fields of a
/// drawing, or sides of it.
fn is_interface(port: &str) -> bool {
    port.parse::<InterfaceName>().is_ok()
        && port.starts_with(|c: char| c.is_ascii_alphabetic())
        && port.ends_with(|c: char| c.is_ascii_digit())
}

/// The interfaces at the ends of edges, where these are namespaces: by their ports, or by order.
fn names(graph: &Graph, made: &IndexMap<&str, Made>) -> Vec<[Option<String>; 2]> {
    let mut used: BTreeSet<(&str, String)> = BTreeSet::new();
    let mut counts: IndexMap<&str, u32> = IndexMap::new();
    let all = graph.edges.iter().map(|edge| {
        let mut names = [None, None];
        if edge.ends[0] == edge.ends[1] {
            return names;
        }
        let ends = edge.ends.iter().zip(&edge.ports).zip(&edge.end_labels);
        for (name, ((id, port), label)) in names.iter_mut().zip(ends) {
            if !matches!(made.get(id.as_str()), Some(Made::Namespace(_))) {
                continue;
            }
            let port = port.clone().filter(|port| is_interface(port));
            let port = port.or_else(|| labels::interface_at_end(label.as_deref()?));
            let count = counts.entry(id).or_default();
            let found = port.unwrap_or_else(|| {
                loop {
                    let name = format!("eth{count}");
                    *count += 1;
                    if !used.contains(&(id.as_str(), name.clone())) {
                        break name;
                    }
                }
            });
            used.insert((id, found.clone()));
            *name = Some(found);
        }
        names
    });
    all.collect()
}

/// Makes a link; how many addresses of labels its ends have.
fn connect(
    builder: &mut Builder,
    edge: &Edge,
    (index, names): (usize, &[Option<String>; 2]),
    made: &IndexMap<&str, Made>,
    labels: &Labels,
    segments: &mut Segments,
) -> usize {
    if edge.ends[0] == edge.ends[1] {
        builder.left_out(format!("the edge of {} to itself", edge.ends[0]));
        return 0;
    }
    let mut ends = Vec::new();
    for (at, (id, name)) in edge.ends.iter().zip(names).enumerate() {
        let other = edge.ends.get(1 - at).map_or("", String::as_str);
        let (namespace, name, bridge) = match (made.get(id.as_str()), name) {
            (Some(Made::Namespace(namespace)), Some(name)) => {
                // Two ports of a drawing may have one name.
                let name = builder.interface_name(*namespace, name);
                (*namespace, name, None)
            }
            (Some(Made::Bridge(bridge)), _) => {
                let name = builder.port_name(bridge, other);
                (NamespaceId::HOST, name, Some(bridge))
            }
            _ => return 0,
        };
        ends.push((End { namespace, name }, bridge));
    }
    let [(a, first), (b, second)] = ends.as_mut_slice() else {
        return 0;
    };
    if a == b {
        b.name = builder.port_name(&b.name, "2");
    }
    builder.link(a, b);
    let mut count = 0;
    for (at, (end, bridge)) in [(a, first), (b, second)].into_iter().enumerate() {
        let said = labels.ends.get(index).and_then(|ends| ends.get(at));
        let said = said.map(Vec::as_slice).unwrap_or_default();
        match bridge {
            Some(bridge) => builder.plug(end, bridge.as_str()),
            None if !said.is_empty() => count += take_addresses(builder, end, said),
            None => match segments.next(index, labels) {
                Some(address) => {
                    let argv = ["ip", "address", "add", &address, "dev", &end.name];
                    builder.run(end.namespace, &argv);
                }
                None => {
                    builder.left_out(format!("an address of {}: the network is full", end.name))
                }
            },
        }
    }
    count
}

/// Gives addresses that labels say to an interface; returns how many it took.
fn take_addresses(builder: &mut Builder, end: &End, addresses: &[ipnet::IpNet]) -> usize {
    let mut count = 0;
    for address in addresses {
        let address = address.to_string();
        let argv = ["ip", "address", "add", &address, "dev", &end.name];
        match builder.try_run(end.namespace, &argv) {
            Ok(()) => count += 1,
            Err(why) => builder.left_out(format!("the address {address} of {}: {why}", end.name)),
        }
    }
    count
}
