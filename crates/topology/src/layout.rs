//! Where nodes are drawn that nobody has placed.
//!
//! Deterministic: the same document is laid out in the same way on every screen. Bridges form a
//! row (or several), their members stand above and below them, the rest in rows of its own.

mod size;

use std::collections::{BTreeMap, BTreeSet};

pub use self::size::{BAR_LINE, BAR_TEXT, GAP, LINE, MONO, NAME, SIDE, bar_lines, size_of};
use crate::document::{Document, Interface, Kind, Point};
use crate::id::{InterfaceId, NamespaceId, Node};

/// Space between cards of a row: the labels on cables need it.
const GAP_X: f64 = 56.0;
/// Space between rows.
const GAP_Y: f64 = 100.0;
/// Most cards in a row.
const MOST_IN_ROW: usize = 6;

/// Lines of a namespace's card below its heading: each interface but the loopback (unless that has
/// addresses of its own) with its addresses, and each default route.
fn lines_of(document: &Document, id: NamespaceId) -> f64 {
    let interfaces = document
        .interfaces_of(id)
        .filter(|(_, i)| is_listed(document, i));
    let lines: usize = interfaces.map(|(_, i)| i.addresses.len().max(1)).sum();
    let namespace = document.namespaces.get(&id);
    let gateways = namespace.map_or(0, |ns| ns.routes.iter().filter(|r| r.is_default()).count());
    (lines + gateways).max(1) as f64
}

/// Whether an interface has lines of its own on its namespace's card.
pub fn is_listed(document: &Document, interface: &Interface) -> bool {
    let master = interface.master.and_then(|id| document.interfaces.get(&id));
    let on_bridge = master.is_some_and(|master| master.kind.is_bridge());
    match &interface.kind {
        Kind::Loopback => !interface.addresses.is_empty(),
        kind => !kind.is_bridge() && !on_bridge,
    }
}

/// Where every node is drawn: as placed, or else laid out around what is placed.
pub fn place(document: &Document) -> BTreeMap<Node, Point> {
    let mut places = BTreeMap::new();
    let missing: BTreeSet<Node> = nodes(document)
        .filter(|node| !document.positions.contains_key(node))
        .collect();
    for (node, point) in &document.positions {
        places.insert(*node, *point);
    }
    let mut top = match bounds(document, &places) {
        Some(bottom) => bottom + GAP_Y,
        None => 0.0,
    };
    for row in rows(document, &missing) {
        top = place_row(document, &row, top, &mut places);
    }
    places
}

fn nodes(document: &Document) -> impl Iterator<Item = Node> {
    let namespaces = document
        .namespaces
        .keys()
        .filter(|id| **id != NamespaceId::HOST);
    namespaces
        .map(|id| Node::Namespace(*id))
        .chain(document.bridges().map(|(id, _)| Node::Bridge(id)))
}

/// The lower edge of what is placed.
fn bounds(document: &Document, places: &BTreeMap<Node, Point>) -> Option<f64> {
    let bottoms = places
        .iter()
        .map(|(node, at)| at.y + size_of(document, *node).1 / 2.0);
    bottoms.fold(None, |lowest: Option<f64>, bottom| {
        Some(lowest.map_or(bottom, |lowest| lowest.max(bottom)))
    })
}

/// Rows from top to bottom: for each bridge half of its members, the bridge, the other half; then
/// what is on no bridge.
fn rows(document: &Document, missing: &BTreeSet<Node>) -> Vec<Vec<Node>> {
    let mut left = missing.clone();
    let mut rows = Vec::new();
    for (bridge, _) in document.bridges() {
        let node = Node::Bridge(bridge);
        if !left.remove(&node) {
            continue;
        }
        let members: Vec<Node> = members(document, bridge)
            .into_iter()
            .filter(|n| left.remove(n))
            .collect();
        let above = if members.len() > 3 {
            members.len().div_ceil(2)
        } else {
            members.len()
        };
        let (upper, lower) = members.split_at(above);
        rows.extend(upper.chunks(MOST_IN_ROW).map(<[Node]>::to_vec));
        rows.push(vec![node]);
        rows.extend(lower.chunks(MOST_IN_ROW).map(<[Node]>::to_vec));
    }
    let rest: Vec<Node> = chain(document, left);
    rows.extend(rest.chunks(MOST_IN_ROW).map(<[Node]>::to_vec));
    rows
}

/// The namespaces whose cables end in a bridge, in the order of its ports.
fn members(document: &Document, bridge: InterfaceId) -> Vec<Node> {
    let mut members = Vec::new();
    for (_, port) in document.ports_of(bridge) {
        let node = port.peer().and_then(|peer| document.node_of(peer));
        if let Some(node @ Node::Namespace(_)) = node
            && !members.contains(&node)
        {
            members.push(node);
        }
    }
    members
}

/// Nodes so that those with a cable between them stand side by side.
fn chain(document: &Document, mut left: BTreeSet<Node>) -> Vec<Node> {
    let mut neighbours: BTreeMap<Node, Vec<Node>> = BTreeMap::new();
    for link in document.links() {
        let [a, b] = link.ends.map(|end| document.node_of(end));
        if let (Some(a), Some(b)) = (a, b) {
            neighbours.entry(a).or_default().push(b);
            neighbours.entry(b).or_default().push(a);
        }
    }
    let mut ordered = Vec::new();
    while let Some(first) = left.pop_first() {
        let mut next = Some(first);
        while let Some(node) = next {
            ordered.push(node);
            let around = neighbours.get(&node).into_iter().flatten();
            next = around.copied().find(|neighbour| left.remove(neighbour));
        }
    }
    ordered
}

/// Places a row centred around x = 0; returns the top of the next one.
fn place_row(
    document: &Document,
    row: &[Node],
    top: f64,
    places: &mut BTreeMap<Node, Point>,
) -> f64 {
    let sizes: Vec<_> = row.iter().map(|node| size_of(document, *node)).collect();
    let width: f64 = sizes.iter().map(|(width, _)| width).sum();
    let height = sizes.iter().map(|(_, height)| *height).fold(0.0, f64::max);
    let mut left = -(width + GAP_X * (row.len().saturating_sub(1)) as f64) / 2.0;
    for (node, (width, _)) in row.iter().zip(sizes) {
        places.insert(
            *node,
            Point {
                x: left + width / 2.0,
                y: top + height / 2.0,
            },
        );
        left += width + GAP_X;
    }
    top + height + GAP_Y
}
