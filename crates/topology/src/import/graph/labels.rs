//! Addresses that a graph's labels say, and whose they are.
//!
//! An edge's label may say the network of the link (`10.0.0.0/24`), or the addresses of both ends in
//! their order; the labels at its ends (`taillabel`) say theirs. A bridge's label may say the network
//! of what hangs on it. A namespace's label says the address of
//! an interface (`eth0: 10.0.0.1/24`), of the loopback (`lo: 10.9.9.1/32`), or one whose interface
//! follows from the network. Without a length it is no more than text.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use indexmap::IndexMap;
use ipnet::IpNet;

use super::{Graph, Made, is_interface};

/// What is said of the addresses of a graph.
#[derive(Debug, Default)]
pub(super) struct Labels {
    /// By edge: the addresses of its ends.
    pub(super) ends: Vec<[Vec<IpNet>; 2]>,
    /// By edge: the network of the link.
    pub(super) nets: Vec<Option<IpNet>>,
    /// By node: the addresses of its loopback.
    pub(super) loopbacks: BTreeMap<String, Vec<IpNet>>,
    /// What is not used, with its line and why.
    pub(super) unused: Vec<(usize, String)>,
    /// All addresses that are said.
    all: BTreeSet<IpAddr>,
}

/// An address in a text, and the word before it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Said {
    before: Option<String>,
    address: IpNet,
}

/// The addresses in a text that have a length.
pub(super) fn said(text: &str) -> Vec<Said> {
    let mut all = Vec::new();
    let mut before = None;
    for word in text.split(|c: char| c.is_whitespace() || ",;|()[]{}<>=\"'".contains(c)) {
        let joined = word
            .split_once(':')
            .map(|(name, rest)| (name, rest.parse()));
        match (word.parse(), joined) {
            (Ok(address), _) => all.push(Said {
                before: before.take(),
                address,
            }),
            // `eth0:10.0.0.1/24`
            (_, Some((name, Ok(address)))) => all.push(Said {
                before: Some(name.to_owned()),
                address,
            }),
            _ if word.is_empty() => {}
            _ => before = Some(word.trim_end_matches(':').to_owned()),
        }
    }
    all
}

/// The interface that a label at the end of an edge names: alone, or before its address.
pub(super) fn interface_at_end(label: &str) -> Option<String> {
    let mut words = label.split_whitespace();
    let first = words.next()?.split(':').next()?;
    let is_alone = words.next().is_none() && !label.contains('/');
    let is_before = || {
        let said = said(label);
        said.iter()
            .any(|said| said.before.as_deref() == Some(first))
    };
    (is_interface(first) && (is_alone || is_before())).then(|| first.to_owned())
}

fn is_network(net: &IpNet) -> bool {
    *net == net.trunc() && net.prefix_len() + 1 < net.max_prefix_len()
}

impl Labels {
    /// Reads them, with the names that the ends of edges have where they are namespaces.
    pub(super) fn of(
        graph: &Graph,
        made: &IndexMap<&str, Made>,
        names: &[[Option<String>; 2]],
    ) -> Self {
        let mut labels = Self::default();
        let is_namespace = |id: &str| matches!(made.get(id), Some(Made::Namespace(_)));
        for edge in &graph.edges {
            labels.edge(
                edge.line,
                edge.label.as_deref().unwrap_or_default(),
                edge.end_labels
                    .each_ref()
                    .map(|label| label.as_deref().unwrap_or_default()),
                edge.ends.each_ref().map(|id| is_namespace(id)),
            );
        }
        let mut at_nodes: BTreeMap<&str, Vec<Own<'_>>> = BTreeMap::new();
        for (index, (edge, names)) in graph.edges.iter().zip(names).enumerate() {
            for (end, (id, name)) in edge.ends.iter().zip(names).enumerate() {
                at_nodes.entry(id).or_default().push(Own {
                    edge: index,
                    end,
                    name: name.as_deref().unwrap_or_default(),
                });
            }
        }
        for (id, vertex) in &graph.nodes {
            let own = at_nodes.get(id.as_str()).map(Vec::as_slice);
            for said in said(vertex.label.as_deref().unwrap_or_default()) {
                let own = own.unwrap_or_default();
                let taken = match is_namespace(id) {
                    true => labels.of_node(id, own, &said),
                    false => labels.of_bridge(own, said.address),
                };
                if let Err(why) = taken {
                    let text = format!("the address {} of {id}: {why}", said.address);
                    labels.unused.push((vertex.line, text));
                }
            }
        }
        let ends = labels.ends.iter().flatten().flatten();
        let all = ends.chain(labels.loopbacks.values().flatten());
        labels.all = all.map(IpNet::addr).collect();
        labels
    }

    fn edge(&mut self, line: usize, label: &str, at_ends: [&str; 2], namespaces: [bool; 2]) {
        let mut ends = at_ends.map(|label| {
            let all = said(label).into_iter().map(|said| said.address);
            all.filter(|address| !is_network(address))
                .collect::<Vec<_>>()
        });
        for (label, found) in at_ends.iter().zip(&ends) {
            if found.is_empty() && !label.is_empty() && interface_at_end(label).is_none() {
                let text = format!("the label at an end of an edge: {label}");
                self.unused.push((line, text));
            }
        }
        let all = said(label).into_iter().map(|said| said.address);
        let (nets, hosts): (Vec<IpNet>, Vec<IpNet>) = all.partition(is_network);
        let mut net = nets.first().copied();
        for other in nets.iter().skip(1) {
            let text = format!("the network {other} of an edge's label: it has one here");
            self.unused.push((line, text));
        }
        match (hosts.as_slice(), namespaces, &mut ends) {
            ([], ..) if net.is_none() && !label.is_empty() => {
                self.unused
                    .push((line, format!("the label of an edge: {label}")));
            }
            ([], ..) => {}
            ([a, b], [true, true], [of_a, of_b]) if a.trunc() == b.trunc() => {
                of_a.push(*a);
                of_b.push(*b);
            }
            // A bridge has none.
            ([a], [true, false], [of_a, _]) => of_a.push(*a),
            ([b], [false, true], [_, of_b]) => of_b.push(*b),
            ([one], ..) => {
                net = net.or(Some(one.trunc()));
                let text = format!("whose address {one} is, the label of an edge does not say");
                self.unused.push((line, text));
            }
            _ => self
                .unused
                .push((line, format!("the label of an edge: {label}"))),
        }
        self.ends.push(ends);
        self.nets.push(net);
    }

    /// Gives an address of a node's label to one of the node's ends, or to its loopback.
    fn of_node(&mut self, id: &str, own: &[Own<'_>], said: &Said) -> Result<(), &'static str> {
        let address = said.address;
        if is_network(&address) {
            return Err("it is a network's");
        }
        let before = said.before.as_deref().unwrap_or_default();
        let by_name = own.iter().find(|own| own.name == before);
        let is_lone = address.prefix_len() == address.max_prefix_len();
        if matches!(before, "lo" | "loopback") || (by_name.is_none() && is_lone) {
            let of_loopback = self.loopbacks.entry(id.to_owned()).or_default();
            of_loopback.push(address);
            return Ok(());
        }
        let is_in = |own: &&Own<'_>| self.net(own.edge) == Some(address.trunc());
        let by_net = || {
            let mut all = own.iter().filter(is_in);
            all.next().filter(|_| all.next().is_none())
        };
        let found = match (by_name.or_else(by_net), own) {
            (Some(found), _) | (None, [found]) => found,
            (None, []) => return Err("it has no link"),
            _ => return Err("which of its interfaces has it is not said"),
        };
        let (edge, end) = (found.edge, found.end);
        if let Some(of_end) = self.ends.get_mut(edge).and_then(|ends| ends.get_mut(end)) {
            of_end.push(address);
        }
        Ok(())
    }

    /// A bridge has no address here, but its label may say the network of what hangs on it.
    fn of_bridge(&mut self, own: &[Own<'_>], net: IpNet) -> Result<(), &'static str> {
        if !is_network(&net) {
            return Err("a bridge of a drawing has none");
        }
        let own = own.first().ok_or("it has no link")?;
        if let Some(of_edge) = self.nets.get_mut(own.edge) {
            of_edge.get_or_insert(net);
        }
        Ok(())
    }

    /// The network of an edge, as far as something is said of it.
    pub(super) fn net(&self, edge: usize) -> Option<IpNet> {
        let said = self.nets.get(edge).copied().flatten();
        let ends = self.ends.get(edge).into_iter().flatten().flatten();
        let mut of_ends = ends.filter(|address| address.prefix_len() < address.max_prefix_len());
        said.or_else(|| of_ends.next().map(IpNet::trunc))
    }

    /// Whether an address is said anywhere.
    pub(super) fn has(&self, address: IpAddr) -> bool {
        self.all.contains(&address)
    }
}

/// An end of an edge that is at a node.
struct Own<'a> {
    edge: usize,
    end: usize,
    name: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_with_the_word_before_them() {
        let found = |text: &str| -> Vec<(String, String)> {
            let all = said(text).into_iter();
            let shown = |said: Said| (said.before.unwrap_or_default(), said.address.to_string());
            all.map(shown).collect()
        };
        let one = |before: &str, address: &str| vec![(before.to_owned(), address.to_owned())];
        assert_eq!(found("10.0.0.1/24"), one("", "10.0.0.1/24"));
        assert_eq!(found("r1\neth0: 10.0.0.1/24"), one("eth0", "10.0.0.1/24"));
        assert_eq!(found("eth0:10.0.0.1/24"), one("eth0", "10.0.0.1/24"));
        assert_eq!(found("lo = (fd00::1/128)"), one("lo", "fd00::1/128"));
        assert_eq!(found("10.0.0.1, 1/2, ::/, http://a/24"), []);
    }

    #[test]
    fn a_label_at_an_end_may_name_the_interface() {
        let name = |label| interface_at_end(label);
        assert_eq!(name("eth1").as_deref(), Some("eth1"));
        assert_eq!(name("eth1: 10.0.0.1/24").as_deref(), Some("eth1"));
        assert_eq!(name("eth1 10.0.0.1/24").as_deref(), Some("eth1"));
        assert_eq!(name("10.0.0.1/24"), None);
        assert_eq!(name("area 0"), None);
        assert_eq!(name(""), None);
    }
}
