//! Graphs: nodes and edges of Graphviz or Mermaid, as namespaces and links.
//!
//! A node is a bridge of the host if its name or label says that it is a switch, a bridge or a hub;
//! any other is a namespace. Addresses are proposed: each link, and each set of bridges that hang
//! together, has a network `10.X.Y.0/24` by order, in which its ends are numbered by order. An edge
//! whose label is a network has that one, and no other edge is given what overlaps it. Routes are not
//! proposed. A port of an edge (`leaf1:swp1 -- spine1:swp7`) is the name of the interface there.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use indexmap::IndexMap;
use ipnet::Ipv4Net;

use super::builder::{Builder, End};
use crate::id::NamespaceId;
use crate::name::InterfaceName;

pub(super) mod graphviz;
pub(super) mod mermaid;

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
            1..=15 => first,
            _ => id,
        };
        let node = match is_bridge {
            true => Made::Bridge(builder.bridge(wanted)),
            false => Made::Namespace(builder.namespace_new(wanted)),
        };
        made.insert(id.as_str(), (node, 0_u32));
    }
    let mut segments = Segments::of(&graph, &made);
    if !graph.edges.is_empty() {
        builder.at(graph.edges.first().map_or(0, |edge| edge.line));
        builder.changed("the addresses are proposed, a network for each link or bridge");
    }
    for (index, edge) in graph.edges.iter().enumerate() {
        builder.at(edge.line);
        connect(builder, edge, index, &mut made, &mut segments);
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

fn connect(
    builder: &mut Builder,
    edge: &Edge,
    index: usize,
    made: &mut IndexMap<&str, (Made, u32)>,
    segments: &mut Segments,
) {
    if edge.ends[0] == edge.ends[1] {
        return builder.left_out(format!("the edge of {} to itself", edge.ends[0]));
    }
    if let Some(label) = &edge.label
        && label.parse::<Ipv4Net>().is_err()
    {
        builder.left_out(format!("the label of an edge: {label}"));
    }
    let mut ends = Vec::new();
    for (at, id) in edge.ends.iter().enumerate() {
        let other = edge.ends.get(1 - at).map_or("", String::as_str);
        let Some((node, count)) = made.get_mut(id.as_str()) else {
            return;
        };
        let (namespace, name, bridge) = match node {
            Made::Namespace(namespace) => {
                let port = edge.ports.get(at).and_then(Option::as_deref);
                let name = match port.filter(|port| is_interface(port)) {
                    Some(port) => builder.interface_name(*namespace, port),
                    None => loop {
                        let name = format!("eth{count}");
                        *count += 1;
                        if !builder.has_interface(*namespace, &name) {
                            break name;
                        }
                    },
                };
                (*namespace, name, None)
            }
            Made::Bridge(bridge) => {
                let bridge = bridge.clone();
                let name = builder.port_name(&bridge, other);
                (NamespaceId::HOST, name, Some(bridge))
            }
        };
        ends.push((End { namespace, name }, bridge));
    }
    let [(a, first), (b, second)] = ends.as_mut_slice() else {
        return;
    };
    if a == b {
        b.name = builder.port_name(&b.name, "2");
    }
    builder.link(a, b);
    for (end, bridge) in [(a, first), (b, second)] {
        match bridge {
            Some(bridge) => {
                builder.plug(end, bridge.as_str());
            }
            None => match segments.next(index) {
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
}

/// Which network each edge is in.
struct Segments {
    /// By edge.
    of: Vec<usize>,
    nets: Vec<(Ipv4Net, u32)>,
}

impl Segments {
    fn of(graph: &Graph, made: &IndexMap<&str, (Made, u32)>) -> Self {
        let is_bridge = |id: &str| matches!(made.get(id), Some((Made::Bridge(_), _)));
        // Bridges that hang together have the first one's number.
        let mut groups: BTreeMap<&str, &str> = BTreeMap::new();
        fn root<'a>(groups: &BTreeMap<&'a str, &'a str>, mut id: &'a str) -> &'a str {
            while let Some(next) = groups.get(id).filter(|next| **next != id) {
                id = next;
            }
            id
        }
        for edge in &graph.edges {
            let [a, b] = edge.ends.each_ref().map(String::as_str);
            if is_bridge(a) && is_bridge(b) {
                let (a, b) = (root(&groups, a), root(&groups, b));
                if a != b {
                    groups.insert(b, a);
                }
            }
        }
        let said = |edge: &Edge| edge.label.as_deref()?.parse::<Ipv4Net>().ok();
        let taken: Vec<Ipv4Net> = graph.edges.iter().filter_map(said).collect();
        let is_free = |net: &Ipv4Net| {
            let overlaps = |other: &Ipv4Net| net.contains(other) || other.contains(net);
            !taken.iter().any(overlaps)
        };
        let mut free = (0..65_536).map(proposed).filter(is_free);
        let mut of = Vec::new();
        let mut nets: Vec<(Ipv4Net, u32)> = Vec::new();
        let mut known: BTreeMap<&str, usize> = BTreeMap::new();
        for edge in &graph.edges {
            let bridge = edge
                .ends
                .iter()
                .map(String::as_str)
                .find(|end| is_bridge(end));
            let group = bridge.map(|bridge| root(&groups, bridge));
            let segment = match group.and_then(|group| known.get(group)) {
                Some(known) => *known,
                None => {
                    let net = said(edge).or_else(|| free.next());
                    nets.push((net.unwrap_or_else(|| proposed(nets.len())), 0));
                    nets.len() - 1
                }
            };
            if let Some(group) = group {
                known.insert(group, segment);
            }
            if let (Some(net), Some(there)) = (said(edge), nets.get_mut(segment))
                && there.1 == 0
            {
                there.0 = net;
            }
            of.push(segment);
        }
        Self { of, nets }
    }

    /// The next address of an edge's network, with its length.
    fn next(&mut self, edge: usize) -> Option<String> {
        let (net, last) = self.nets.get_mut(*self.of.get(edge)?)?;
        *last += 1;
        let address = Ipv4Addr::from(u32::from(net.network()).checked_add(*last)?);
        let is_one =
            net.contains(&address) && (address != net.broadcast() || net.prefix_len() > 30);
        is_one.then(|| format!("{address}/{}", net.prefix_len()))
    }
}

/// The network of a segment by its number, from 10.0.0.0/24.
fn proposed(number: usize) -> Ipv4Net {
    let number = u32::try_from(number % 65_536).unwrap_or_default();
    let base = u32::from(Ipv4Addr::new(10, 0, 0, 0)) + (number << 8);
    Ipv4Net::new_assert(Ipv4Addr::from(base), 24)
}
