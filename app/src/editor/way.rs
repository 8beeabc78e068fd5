//! The way of a packet, shown on the canvas.

use std::net::IpAddr;

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::probe::{Probe, Probed, Traced, Way, WayFound};
use topology::document::Link;
use topology::{Document, InterfaceId, NamespaceId, Node};

use super::lab::Lab;
use super::reach::owner;
use crate::http;

/// What is drawn of a way.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct ShownWay {
    /// From where to where, for a person.
    pub(crate) title: String,
    /// The cables that it passes.
    pub(crate) links: Vec<Link>,
    /// The cards and bars that it passes.
    pub(crate) nodes: Vec<Node>,
    /// Where it ends too early.
    pub(crate) end: Option<End>,
    /// Who answered on it, with what is told of that.
    pub(crate) hops: Vec<(Node, String)>,
}

/// Where a way ends too early.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct End {
    /// At this interface, if it is one.
    pub(crate) interface: Option<InterfaceId>,
    /// On this card or bar; `None` is the host's frame.
    pub(crate) node: Option<Node>,
    /// Why, in words.
    pub(crate) text: String,
}

/// What is drawn of a way; `failed` says that no answer came, and why.
pub(crate) fn shown(
    document: &Document,
    source: NamespaceId,
    target: IpAddr,
    found: &WayFound,
    failed: Option<&str>,
) -> ShownWay {
    let finding = found.findings.first();
    let has_failed = failed.is_some() || !found.arrives;
    // What is said of a place on the way there ends it there.
    let at = finding.filter(|_| has_failed).and_then(|finding| {
        found.places.iter().position(|place| {
            let same_interface =
                finding.interface.is_some() && place.interface == finding.interface;
            let same_namespace = Some(place.namespace) == finding.namespace;
            same_interface || (finding.interface.is_none() && same_namespace)
        })
    });
    let places = match at {
        Some(at) => found.places.get(..=at).unwrap_or(&found.places),
        None => &found.places,
    };
    let node_of = |namespace, interface: Option<InterfaceId>| {
        let by_interface = interface.and_then(|id| document.node_of(id));
        let by_namespace = (namespace != NamespaceId::HOST).then_some(Node::Namespace(namespace));
        by_interface.or(by_namespace)
    };
    let start = (source != NamespaceId::HOST).then_some(Node::Namespace(source));
    let mut nodes: Vec<Node> = start.into_iter().collect();
    for place in places {
        nodes.extend(node_of(place.namespace, place.interface));
    }
    nodes.dedup();
    let links = places.windows(2).filter_map(|pair| match pair {
        [a, b] => {
            let (a, b) = (a.interface?, b.interface?);
            let peer = document.interfaces.get(&a)?.peer()?;
            (peer == b).then(|| Link::new(a, b))
        }
        _ => None,
    });
    let end = has_failed.then(|| {
        let text = failed
            .map(ToOwned::to_owned)
            .or_else(|| finding.map(|finding| finding.text.clone()))
            .unwrap_or_else(|| "it cannot be followed from here".to_owned());
        let known = finding.filter(|f| f.interface.is_some() || f.namespace.is_some());
        let last = places.last();
        let (namespace, interface) = match known {
            Some(finding) => (finding.namespace.unwrap_or(source), finding.interface),
            None => last.map_or((source, None), |place| (place.namespace, place.interface)),
        };
        End {
            interface,
            node: node_of(namespace, interface),
            text,
        }
    });
    ShownWay {
        title: format!("{} → {target}", document.describe_namespace(source)),
        links: links.collect(),
        nodes,
        end,
        hops: Vec::new(),
    }
}

/// Who answered a traceroute, by card: `1 · 0.041 ms`.
pub(crate) fn hops(document: &Document, traced: &Traced) -> Vec<(Node, String)> {
    let hops = traced.hops.iter().filter_map(|hop| {
        let answer = hop.answers.iter().flatten().next()?;
        let target = owner(document, answer.from)?;
        let (namespace, interface) = target.interface.split_once('/')?;
        let namespace = document.namespace_named(namespace)?;
        let interface = document.interface_named(namespace, interface)?;
        let node = document.node_of(interface)?;
        let rtt = crate::live::ping_log::milliseconds(answer.rtt_ns);
        Some((node, format!("{} · {rtt} ms", hop.ttl)))
    });
    hops.collect()
}

impl Lab {
    /// Asks a question of the server's probes.
    pub(crate) async fn ask_probe(
        self,
        source: NamespaceId,
        probe: &Probe,
    ) -> Result<Probed, String> {
        let name = self
            .working
            .try_with_untracked(|working| working.document().describe_namespace(source))
            .unwrap_or_default();
        let name = String::from(js_sys::encode_uri_component(&name));
        let path = format!("/api/v1/labs/{}/namespaces/{name}/probes", self.id());
        let answer = http::post(&path, probe).await;
        answer.map_err(|failure| failure.message)
    }

    /// Shows the way of a packet; `failed` says that no answer came, and why, and `hops` who
    /// answered on it.
    pub(crate) fn show_way(
        self,
        source: NamespaceId,
        target: IpAddr,
        failed: Option<String>,
        hops: Vec<(Node, String)>,
    ) {
        let asked = self
            .ways
            .try_update_value(|count| {
                *count += 1;
                *count
            })
            .unwrap_or_default();
        spawn_local(async move {
            let answer = self.ask_probe(source, &Probe::Way(Way { target })).await;
            // Somebody may have asked for another one since.
            if self.ways.try_get_value() != Some(asked) {
                return;
            }
            match answer {
                Ok(Probed::Way(found)) => {
                    let way = self.peek(|document| {
                        shown(document, source, target, &found, failed.as_deref())
                    });
                    self.way.set(Some(ShownWay { hops, ..way }));
                }
                Ok(_) => self.say("The server's answer is none to that question".to_owned()),
                Err(error) => self.say(error),
            }
        });
    }

    /// Shows no way any more.
    pub(crate) fn hide_way(self) {
        self.ways.try_update_value(|count| *count += 1);
        self.way.try_set(None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::contents::tests::two_on_a_bridge;
    use protocol::ping::{PingFinding, Reason};
    use protocol::probe::WayPlace;

    #[test]
    fn a_way_ends_where_it_dies() {
        let document = two_on_a_bridge();
        let id = |name: &str| {
            let mut all = document.interfaces.iter();
            *all.find(|(_, i)| i.name.as_str() == name).unwrap().0
        };
        let peer = |name: &str| document.interfaces[&id(name)].peer().unwrap();
        let (bridge, _) = document.bridges().next().unwrap();
        let way = [
            id("veth-red"),
            peer("veth-red"),
            bridge,
            peer("veth-blue"),
            id("veth-blue"),
        ];
        let place = |interface: &InterfaceId| WayPlace {
            namespace: document.interfaces[interface].namespace,
            interface: Some(*interface),
            name: document.describe_interface(*interface),
        };
        let mut found = WayFound {
            places: way.iter().map(place).collect(),
            arrives: true,
            findings: Vec::new(),
        };
        let red = document.namespace_named("red").unwrap();
        let blue = document.namespace_named("blue").unwrap();
        let target = "10.0.0.2".parse().unwrap();
        let whole = shown(&document, red, target, &found, None);
        assert_eq!(whole.links.len(), 2);
        let nodes = [
            Node::Namespace(red),
            Node::Bridge(bridge),
            Node::Namespace(blue),
        ];
        assert_eq!(whole.nodes, nodes);
        assert_eq!(whole.end, None);
        // A port of the bridge is down.
        found.findings.push(PingFinding {
            reason: Reason::InterfaceDown,
            namespace: Some(NamespaceId::HOST),
            interface: Some(way[3]),
            text: "it is down".into(),
        });
        let cut = shown(&document, red, target, &found, Some("down"));
        assert_eq!((cut.links.len(), cut.nodes.len()), (1, 2));
        let end = cut.end.unwrap();
        assert_eq!((end.interface, end.text.as_str()), (Some(way[3]), "down"));
        assert_eq!(end.node, Some(Node::Bridge(bridge)));
    }
}
