//! What stands on cards, bars and cable ends: from the document and the kernel's state, without
//! places.

use std::collections::BTreeMap;

use topology::document::{Interface, Link};
use topology::layout::{BAR_LINE, LINE, bar_lines, is_listed, size_of};
use topology::route::RouteKind;
use topology::serve::summary;
use topology::status::{Status, Statuses, strangers};
use topology::uplink;
use topology::{Document, InterfaceId, NamespaceId, Node, Observed};

use super::lines;
use super::mark::{Mark, difference};
use super::marks::Marks;
use super::shared::Shared;
use crate::editor::names::natural;

/// What the contents are made from.
#[derive(Clone, Copy)]
pub(crate) struct Sources<'a> {
    /// What is wanted.
    pub(crate) document: &'a Document,
    /// How that stands.
    pub(crate) statuses: &'a Statuses,
    /// What the kernel says, if the lab runs.
    pub(crate) observed: Option<&'a Observed>,
    /// The same in one word each.
    pub(crate) marks: &'a Marks,
    /// Whether an edit is on its way into the kernel.
    pub(crate) settling: bool,
}

/// A card or a bar.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Card {
    /// Whose.
    pub(crate) node: Node,
    /// Its name.
    pub(crate) name: String,
    /// Beside the name of a namespace: that it forwards. Below that of a bridge, a line each: where
    /// it lives, its addresses.
    pub(crate) facts: Vec<String>,
    /// Its state.
    pub(crate) mark: Mark,
    /// Its state in words, if there is something to say.
    pub(crate) note: String,
    /// Whether the note has a line of its own, the last one, for there is no room beside the name.
    pub(crate) note_below: bool,
    /// The interfaces of a namespace, and its default route.
    pub(crate) rows: Vec<Row>,
    /// For those who cannot see it.
    pub(crate) label: String,
    /// Width and height, canvas units.
    pub(crate) size: (f64, f64),
    /// Height without what only the kernel has to say: that hangs below, so that a card stays where
    /// it is while states come and go.
    pub(crate) base: f64,
}

/// A line of a card.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Row {
    /// The interface; `None` for a line that is about none, or one that the document does not have.
    pub(crate) interface: Option<InterfaceId>,
    /// Its name.
    pub(crate) name: String,
    /// An address, or other text.
    pub(crate) text: String,
    /// Its state.
    pub(crate) mark: Mark,
    /// Its state in words, if there is something to say.
    pub(crate) note: String,
    /// What it is.
    pub(crate) kind: RowKind,
}

/// What a line of a card is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum RowKind {
    /// An interface with its first address.
    Interface,
    /// One more address of the interface above; its name is not written again.
    More,
    /// A default route.
    Route,
    /// An interface that is not in the document.
    Stranger,
    /// The state of the interface above in words, where there was no room beside it.
    Note,
}

/// One end of a cable.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Plug {
    /// The interface.
    pub(crate) interface: InterfaceId,
    /// Its name.
    pub(crate) name: String,
    /// The namespace's name, for test hooks and for those who cannot see it.
    pub(crate) namespace: String,
    /// On which card or bar; `None` is the host's frame.
    pub(crate) node: Option<Node>,
    /// Its state.
    pub(crate) mark: Mark,
    /// What is done to the frames that leave it, in words; empty if nothing is.
    pub(crate) quality: String,
}

/// A cable: both ends of a link.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Wire {
    /// Both ends.
    pub(crate) plugs: [Plug; 2],
    /// The worse of its ends.
    pub(crate) mark: Mark,
    /// For those who cannot see it.
    pub(crate) label: String,
}

/// What the host's frame says.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct HostContents {
    /// Its interfaces that are on no bridge, with addresses.
    pub(crate) rows: Vec<Row>,
    /// Its state.
    pub(crate) mark: Mark,
}

/// Everything that is drawn, without places.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Contents {
    /// Cards and bars.
    pub(crate) cards: BTreeMap<Node, Shared<Card>>,
    /// Cables.
    pub(crate) cables: BTreeMap<Link, Shared<Wire>>,
    /// The frame.
    pub(crate) host: HostContents,
}

/// What is drawn of a document.
pub(crate) fn contents(sources: Sources<'_>) -> Contents {
    let document = sources.document;
    let mut rows = rows_by_namespace(sources);
    let host = HostContents {
        rows: rows.remove(&NamespaceId::HOST).unwrap_or_default(),
        mark: sources.marks.namespace(NamespaceId::HOST),
    };
    let namespaces = document
        .namespaces
        .keys()
        .filter(|id| **id != NamespaceId::HOST)
        .map(|&id| namespace_card(sources, id, rows.remove(&id).unwrap_or_default()));
    let bridges = document
        .bridges()
        .map(|(id, bridge)| bridge_card(sources, id, bridge));
    let cables = document.links().filter_map(|link| {
        let [a, b] = link.ends;
        let wire = wire([plug(sources, a)?, plug(sources, b)?]);
        Some((link, Shared::from(wire)))
    });
    Contents {
        cards: namespaces
            .chain(bridges)
            .map(|card| (card.node, Shared::from(card)))
            .collect(),
        cables: cables.collect(),
        host,
    }
}

fn namespace_card(sources: Sources<'_>, id: NamespaceId, mut rows: Vec<Row>) -> Card {
    let document = sources.document;
    let node = Node::Namespace(id);
    let mark = sources.marks.namespace(id);
    let namespace = document.namespaces.get(&id);
    let forwarding = namespace.map(|ns| ns.forwarding).unwrap_or_default();
    for route in namespace.iter().flat_map(|ns| &ns.routes) {
        if route.is_default() && route.options.table.is_none() {
            let gateways: Vec<_> = route.gateways().map(|(via, _)| via.to_string()).collect();
            let gateway = match (gateways.is_empty(), route.options.kind) {
                (_, kind) if kind != RouteKind::Unicast => Some(kind.name().to_owned()),
                (true, _) => None,
                (false, _) => Some(format!("via {}", gateways.join(", "))),
            };
            let through = route
                .interface
                .and_then(|id| document.interfaces.get(&id))
                .map(|interface| format!("via {}", interface.name));
            rows.push(Row {
                interface: None,
                name: String::new(),
                text: gateway.or(through).unwrap_or_default(),
                mark: Mark::Wanted,
                note: String::new(),
                kind: RowKind::Route,
            });
        }
    }
    let name = document.describe_namespace(id);
    let interfaces = rows
        .iter()
        .filter(|row| row.kind == RowKind::Interface)
        .count();
    let (width, base) = size_of(document, node);
    let rows = lines::with_notes(rows, width);
    let more = rows.iter().filter(|row| row.kind.is_of_the_kernel());
    let note = note(sources.statuses.namespaces.get(&id), mark);
    let note_below = !lines::fits_beside_name(&name, &note, width);
    let below = more.count() + usize::from(note_below);
    Card {
        label: format!(
            "Namespace {name}, {}, {}",
            mark.word(),
            counted(interfaces, "interface")
        ),
        node,
        name,
        facts: (forwarding.ipv4 || forwarding.ipv6)
            .then(|| "forwards".to_owned())
            .into_iter()
            .chain(
                namespace
                    .map(|ns| summary(&ns.serve))
                    .filter(|text| !text.is_empty()),
            )
            .collect(),
        mark,
        note,
        note_below,
        size: (width, base + LINE * below as f64),
        base,
        rows,
    }
}

fn bridge_card(sources: Sources<'_>, id: InterfaceId, bridge: &Interface) -> Card {
    let document = sources.document;
    let node = Node::Bridge(id);
    let mark = sources.marks.interface(id);
    let ports = document.ports_of(id).count();
    let (width, base) = size_of(document, node);
    let note = note(sources.statuses.interfaces.get(&id), mark);
    let note_below = !lines::fits_on_bar(bridge.name.as_str(), &note, width);
    let below = if note_below { BAR_LINE } else { 0.0 };
    Card {
        node,
        name: bridge.name.to_string(),
        facts: bar_lines(document, id),
        mark,
        note,
        note_below,
        rows: Vec::new(),
        label: format!(
            "Bridge {}, {}, {}",
            bridge.name,
            mark.word(),
            counted(ports, "port")
        ),
        size: (width, base + below),
        base,
    }
}

impl RowKind {
    /// Whether the layout, which knows the document alone, has left no room for such a line.
    fn is_of_the_kernel(self) -> bool {
        matches!(self, Self::Stranger | Self::Note)
    }
}

/// `1 port`, `2 ports`.
pub(crate) fn counted(count: usize, what: &str) -> String {
    if count == 1 {
        format!("1 {what}")
    } else {
        format!("{count} {what}s")
    }
}

/// The rows of every namespace: interfaces on its card, then what only the kernel has.
fn rows_by_namespace(sources: Sources<'_>) -> BTreeMap<NamespaceId, Vec<Row>> {
    let document = sources.document;
    let mut rows: BTreeMap<NamespaceId, Vec<Row>> = BTreeMap::new();
    // Ids are drawn at random: people look for names.
    let mut interfaces: Vec<_> = document.interfaces.iter().collect();
    interfaces.sort_by(|(_, a), (_, b)| natural(a.name.as_str(), b.name.as_str()));
    for (&id, interface) in interfaces {
        if is_listed(document, interface) {
            rows.entry(interface.namespace)
                .or_default()
                .extend(interface_rows(sources, id, interface));
        }
    }
    rows.entry(NamespaceId::HOST)
        .or_default()
        .extend(uplink_row(sources));
    for (namespace, _, interface) in sources
        .observed
        .into_iter()
        .flat_map(|observed| strangers(document, observed))
    {
        // A name that is on its way out of the kernel is no news.
        if sources.settling || !document.namespaces.contains_key(&namespace) {
            continue;
        }
        rows.entry(namespace).or_default().push(Row {
            interface: None,
            name: interface.name.clone(),
            text: String::new(),
            mark: Mark::Drifted,
            note: "not in the document".into(),
            kind: RowKind::Stranger,
        });
    }
    rows
}

/// The way out, in the host's caption.
fn uplink_row(sources: Sources<'_>) -> Option<Row> {
    let mark = match sources.observed.map(uplink::is_on) {
        None => Mark::Wanted,
        Some(true) => Mark::Up,
        Some(false) => Mark::Missing,
    };
    sources.document.has_uplink().then(|| Row {
        interface: None,
        name: uplink::INTERFACE.to_owned(),
        text: "to the outside".to_owned(),
        mark,
        note: String::new(),
        kind: RowKind::Route,
    })
}

fn interface_rows(sources: Sources<'_>, id: InterfaceId, interface: &Interface) -> Vec<Row> {
    let mark = sources.marks.interface(id);
    let mut addresses = interface.addresses.iter().map(ToString::to_string);
    let first = Row {
        interface: Some(id),
        name: interface.name.to_string(),
        text: addresses.next().unwrap_or_default(),
        mark,
        note: note(sources.statuses.interfaces.get(&id), mark),
        kind: RowKind::Interface,
    };
    let more = addresses.map(|text| Row {
        interface: Some(id),
        name: interface.name.to_string(),
        text,
        mark,
        note: String::new(),
        kind: RowKind::More,
    });
    std::iter::once(first).chain(more).collect()
}

fn wire(plugs: [Plug; 2]) -> Wire {
    let mark = plugs[0].mark.max(plugs[1].mark);
    let name = |plug: &Plug| format!("{}/{}", plug.namespace, plug.name);
    let qualities = plugs.iter().filter(|plug| !plug.quality.is_empty());
    let qualities: String = qualities
        .map(|plug| format!("; out of {}: {}", name(plug), plug.quality))
        .collect();
    Wire {
        label: format!(
            "Link from {} to {}, {}{qualities}",
            name(&plugs[0]),
            name(&plugs[1]),
            mark.word()
        ),
        plugs,
        mark,
    }
}

fn plug(sources: Sources<'_>, id: InterfaceId) -> Option<Plug> {
    let interface = sources.document.interfaces.get(&id)?;
    Some(Plug {
        interface: id,
        name: interface.name.to_string(),
        namespace: sources.document.describe_namespace(interface.namespace),
        node: sources.document.node_of(id),
        mark: sources.marks.interface(id),
        quality: interface
            .quality
            .map(|quality| quality.text())
            .unwrap_or_default(),
    })
}

fn note(status: Option<&Status>, mark: Mark) -> String {
    match (status, mark) {
        (Some(Status::Drifted(differences)), Mark::Drifted | Mark::Down) => {
            let mut differences = differences.iter().map(difference);
            let first = differences.next().unwrap_or_default();
            match differences.count() {
                0 => first,
                more => format!("{first}, {more} more"),
            }
        }
        _ if mark.is_remarkable() => mark.word().to_owned(),
        _ => String::new(),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::canvas::marks::Standing;
    use crate::editor::connect::{End, connect};
    use crate::editor::ids::Ids;
    use crate::editor::make;
    use topology::document::Point;
    use topology::edit::apply;
    use topology::status::statuses;

    /// red and blue, each cabled to br0.
    pub(crate) fn two_on_a_bridge() -> Document {
        let mut document = Document::new("two");
        let mut n = 0.0;
        let mut random = || {
            n += 1e-6;
            n
        };
        let mut ids = Ids::new(&mut random);
        let at = |x, y| Point { x, y };
        let red = make::namespace(&document, at(0.0, 0.0), &mut ids).unwrap();
        apply(&mut document, red.edit).unwrap();
        let blue = make::namespace(&document, at(300.0, 0.0), &mut ids).unwrap();
        apply(&mut document, blue.edit).unwrap();
        let br0 = make::bridge(&document, at(150.0, 200.0), &mut ids).unwrap();
        apply(&mut document, br0.edit).unwrap();
        for node in [red.node, blue.node] {
            let edit = connect(&document, End::Node(node), End::Node(br0.node), &mut ids);
            apply(&mut document, edit.unwrap().1).unwrap();
        }
        document
    }

    pub(crate) fn contents_of(document: &Document) -> Contents {
        let statuses = statuses(document, None);
        contents(Sources {
            document,
            statuses: &statuses,
            observed: None,
            marks: &Marks::default(),
            settling: false,
        })
    }

    #[test]
    fn cards_and_cables_of_a_stopped_lab() {
        let document = two_on_a_bridge();
        let contents = contents_of(&document);
        assert_eq!((contents.cards.len(), contents.cables.len()), (3, 2));
        let names: Vec<_> = contents.cards.values().map(|c| c.name.as_str()).collect();
        assert_eq!(names, ["red", "blue", "br0"]);
        let red = contents.cards.values().next().unwrap();
        assert_eq!(red.label, "Namespace red, not running, 1 interface");
        assert_eq!(red.rows.len(), 1);
        assert_eq!(red.rows[0].name, "veth-red");
        // Ports of the bridge stand on no card; the host has nothing else.
        assert!(contents.host.rows.is_empty());
    }

    #[test]
    fn what_the_kernel_does_not_have_is_missing_unless_on_its_way() {
        let document = two_on_a_bridge();
        let observed = Observed::default();
        let statuses = statuses(&document, Some(&observed));
        let marks = |settling| {
            let standing = Standing {
                failure: None,
                settling,
                is_known: true,
            };
            let contents = contents(Sources {
                document: &document,
                statuses: &statuses,
                observed: Some(&observed),
                marks: &Marks::of(&statuses, standing),
                settling,
            });
            contents.cards.values().map(|c| c.mark).collect::<Vec<_>>()
        };
        assert!(marks(false).iter().all(|mark| *mark == Mark::Missing));
        assert!(marks(true).iter().all(|mark| *mark == Mark::Applying));
    }
}
