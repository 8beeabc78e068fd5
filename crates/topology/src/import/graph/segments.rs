//! Which network each edge is in, and the addresses there that no label says.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use indexmap::IndexMap;
use ipnet::{IpNet, Ipv4Net};

use super::labels::Labels;
use super::{Graph, Made};

/// The networks of the edges of a graph.
pub(super) struct Segments {
    /// By edge.
    of: Vec<usize>,
    nets: Vec<Segment>,
    /// Whether an address was proposed that nobody said.
    pub(super) has_proposed: bool,
}

struct Segment {
    net: IpNet,
    /// Whether a label says it.
    is_said: bool,
    /// How many of its addresses were looked at.
    count: u32,
}

impl Segments {
    pub(super) fn of(graph: &Graph, made: &IndexMap<&str, Made>, labels: &Labels) -> Self {
        let is_bridge = |id: &str| matches!(made.get(id), Some(Made::Bridge(_)));
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
        let all = (0..graph.edges.len()).map(|edge| labels.net(edge));
        let said: Vec<Option<IpNet>> = all.collect();
        let is_free = |net: &IpNet| {
            let overlaps = |other: &IpNet| net.contains(other) || other.contains(net);
            !said.iter().flatten().any(overlaps)
        };
        let mut free = (0..65_536).map(proposed).filter(is_free);
        let mut of = Vec::new();
        let mut nets: Vec<Segment> = Vec::new();
        let mut known: BTreeMap<&str, usize> = BTreeMap::new();
        for (edge, said) in graph.edges.iter().zip(&said) {
            let mut ends = edge.ends.iter().map(String::as_str);
            let bridge = ends.find(|end| is_bridge(end));
            let group = bridge.map(|bridge| root(&groups, bridge));
            let segment = match group.and_then(|group| known.get(group)) {
                Some(known) => *known,
                None => {
                    let net = said.or_else(|| free.next());
                    nets.push(Segment {
                        net: net.unwrap_or_else(|| proposed(nets.len())),
                        is_said: said.is_some(),
                        count: 0,
                    });
                    nets.len() - 1
                }
            };
            if let Some(group) = group {
                known.insert(group, segment);
            }
            if let (Some(net), Some(there)) = (said, nets.get_mut(segment))
                && !there.is_said
            {
                there.net = *net;
                there.is_said = true;
            }
            of.push(segment);
        }
        Self {
            of,
            nets,
            has_proposed: false,
        }
    }

    /// The next address of an edge's network that no label says, with its length.
    pub(super) fn next(&mut self, edge: usize, labels: &Labels) -> Option<String> {
        let segment = self.nets.get_mut(*self.of.get(edge)?)?;
        let address = loop {
            let number = segment.count;
            segment.count += 1;
            let address = numbered(&segment.net, number)?;
            if !labels.has(address) {
                break address;
            }
        };
        self.has_proposed = true;
        Some(format!("{address}/{}", segment.net.prefix_len()))
    }
}

/// An address that an interface may have in a network, by its number from 0.
fn numbered(net: &IpNet, number: u32) -> Option<IpAddr> {
    // Of two addresses both are for interfaces (RFC 3021, RFC 6164).
    let is_pair = net.prefix_len() + 1 >= net.max_prefix_len();
    let number = number.checked_add(u32::from(!is_pair))?;
    let address = match net.network() {
        IpAddr::V4(base) => IpAddr::V4(Ipv4Addr::from(u32::from(base).checked_add(number)?)),
        IpAddr::V6(base) => {
            IpAddr::V6(Ipv6Addr::from(u128::from(base).checked_add(number.into())?))
        }
    };
    let is_broadcast = address.is_ipv4() && !is_pair && address == net.broadcast();
    (net.contains(&address) && !is_broadcast).then_some(address)
}

/// The network of a segment by its number, from 10.0.0.0/24.
fn proposed(number: usize) -> IpNet {
    let number = u32::try_from(number % 65_536).unwrap_or_default();
    let base = u32::from(Ipv4Addr::new(10, 0, 0, 0)) + (number << 8);
    IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::from(base), 24))
}
