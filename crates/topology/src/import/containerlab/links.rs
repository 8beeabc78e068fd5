//! Links of a topology, in the short form and in the long one.

use std::collections::BTreeMap;

use super::{Builder, End, Node, Tree, end};
use crate::id::NamespaceId;

/// The destination port that containerlab gives a VXLAN (links/link_vxlan.go).
const VXLAN_PORT: &str = "14789";

/// Makes links.
pub(super) struct Links<'a> {
    nodes: &'a BTreeMap<String, Node>,
    /// Whether one said its MTU.
    pub(super) said_mtu: bool,
    /// The bridge that stands for the management network, if a link wants it.
    management: Option<String>,
}

/// An endpoint as it is written.
#[derive(Clone, Default, Debug)]
struct Endpoint<'a> {
    node: &'a str,
    interface: &'a str,
    mac: Option<&'a str>,
    addresses: Vec<&'a str>,
}

impl<'a> Links<'a> {
    pub(super) fn new(nodes: &'a BTreeMap<String, Node>) -> Self {
        Self {
            nodes,
            said_mtu: false,
            management: None,
        }
    }

    pub(super) fn link(&mut self, builder: &mut Builder, link: &Tree) {
        let mut ends: Vec<Endpoint<'_>> = Vec::new();
        let listed = link.get("endpoints").map(Tree::items).unwrap_or_default();
        let all = listed.iter().chain(link.get("endpoint"));
        for (index, found) in all.enumerate() {
            let Some(mut end) = endpoint(found) else {
                return builder.refuse("endpoints", "an endpoint is `node:interface`");
            };
            for family in ["ipv4", "ipv6"] {
                let addresses = link.get(family).map(Tree::list).unwrap_or_default();
                let own = addresses.get(index).and_then(|address| address.text());
                end.addresses
                    .extend(own.filter(|address| !address.is_empty()));
            }
            ends.push(end);
        }
        let mtu = link.text_of("mtu");
        self.said_mtu |= mtu.is_some();
        let brief = ends
            .iter()
            .map(|end| end.node)
            .find(|node| ["host", "mgmt-net", "macvlan"].contains(node));
        let kind = link.text_of("type").or(brief).unwrap_or("veth");
        let kind = match kind {
            "brief" => "veth",
            kind => kind,
        };
        // In the short form the other end is the node's.
        let special = ends.iter().position(|end| Some(end.node) == brief);
        let outer = special.map(|at| ends.remove(at).interface);
        let outer = outer.or_else(|| link.text_of("host-interface"));
        match (kind, ends.as_slice()) {
            ("veth" | "veth-stitch", [a, b]) => self.veth(builder, a, b, mtu),
            ("host" | "mgmt-net", [own]) => {
                let Some(a) = self.end(builder, own) else {
                    return;
                };
                let wanted = outer.unwrap_or(own.interface);
                let name = builder.interface_name(NamespaceId::HOST, wanted);
                let port = End {
                    namespace: NamespaceId::HOST,
                    name,
                };
                self.make(builder, own, &a, &Endpoint::default(), &port, mtu);
                if kind == "mgmt-net" {
                    let bridge = self.management.get_or_insert_with(|| {
                        builder.changed(
                            "the management network is a bridge that has those links only that \
                             name it",
                        );
                        builder.bridge("mgmt-net")
                    });
                    builder.plug(&port, bridge.as_str());
                }
            }
            ("dummy", [own]) => {
                if let Some(a) = self.end(builder, own) {
                    self.device(builder, own, &a, mtu, &["type", "dummy"]);
                }
            }
            ("vxlan" | "vxlan-stitch", [own]) => {
                let Some(a) = self.end(builder, own) else {
                    return;
                };
                let (Some(remote), Some(vni)) = (link.text_of("remote"), link.text_of("vni"))
                else {
                    return builder.refuse(kind, "a VXLAN needs `remote` and `vni`");
                };
                let port = link.text_of("dst-port").or(link.text_of("udp-port"));
                let port = port.unwrap_or(VXLAN_PORT);
                builder.changed(format!(
                    "the VXLAN {} ends in its node: its outer packets leave there, not at the machine",
                    own.interface
                ));
                let device = [
                    "type", "vxlan", "id", vni, "remote", remote, "dstport", port,
                ];
                self.device(builder, own, &a, mtu, &device);
            }
            ("macvlan", [own]) => builder.left_out(format!(
                "the macvlan {}:{}: a lab has no interface `{}` of the machine",
                own.node,
                own.interface,
                outer.unwrap_or_default()
            )),
            (kind, ends) => builder.refuse(
                format!("a link of type {kind}"),
                format!("it has {} endpoints that are not understood", ends.len()),
            ),
        }
    }

    fn veth(
        &mut self,
        builder: &mut Builder,
        a: &Endpoint<'_>,
        b: &Endpoint<'_>,
        mtu: Option<&str>,
    ) {
        let first = self.end(builder, a);
        let second = self.end(builder, b);
        let (Some(first), Some(mut second)) = (first, second) else {
            return;
        };
        if first == second {
            let taken = second.name.clone() + "-2";
            second.name = builder.interface_name(second.namespace, &taken);
        }
        self.make(builder, a, &first, b, &second, mtu);
    }

    /// Where an endpoint is.
    fn end(&mut self, builder: &mut Builder, endpoint: &Endpoint<'_>) -> Option<End> {
        match self.nodes.get(endpoint.node) {
            Some(Node::Namespace(namespace)) => Some(end(builder, *namespace, endpoint.interface)),
            Some(Node::Bridge(_)) => Some(end(builder, NamespaceId::HOST, endpoint.interface)),
            None => {
                builder.refuse(
                    format!("{}:{}", endpoint.node, endpoint.interface),
                    format!("there is no node `{}` in this file", endpoint.node),
                );
                None
            }
        }
    }

    fn make(
        &mut self,
        builder: &mut Builder,
        a: &Endpoint<'_>,
        first: &End,
        b: &Endpoint<'_>,
        second: &End,
        mtu: Option<&str>,
    ) {
        builder.link(first, second);
        for (endpoint, end) in [(a, first), (b, second)] {
            self.set(builder, endpoint, end, mtu);
        }
    }

    fn device(
        &mut self,
        builder: &mut Builder,
        own: &Endpoint<'_>,
        at: &End,
        mtu: Option<&str>,
        device: &[&str],
    ) {
        let mut argv = vec!["ip", "link", "add", "name", &at.name, "up"];
        argv.extend(device);
        builder.run(at.namespace, &argv);
        self.set(builder, own, at, mtu);
    }

    fn set(
        &mut self,
        builder: &mut Builder,
        endpoint: &Endpoint<'_>,
        end: &End,
        mtu: Option<&str>,
    ) {
        if let Some(Node::Bridge(bridge)) = self.nodes.get(endpoint.node) {
            builder.plug(end, bridge.as_str());
        }
        if let Some(mac) = endpoint.mac {
            let argv = ["ip", "link", "set", "dev", &end.name, "address", mac];
            builder.run(end.namespace, &argv);
        }
        if let Some(mtu) = mtu {
            builder.run(
                end.namespace,
                &["ip", "link", "set", "dev", &end.name, "mtu", mtu],
            );
        }
        for address in &endpoint.addresses {
            let argv = ["ip", "address", "add", address, "dev", &end.name];
            builder.run(end.namespace, &argv);
        }
    }
}

fn endpoint(tree: &Tree) -> Option<Endpoint<'_>> {
    if let Some(text) = tree.text() {
        let (node, interface) = text.split_once(':')?;
        return Some(Endpoint {
            node: node.trim(),
            interface: interface.trim(),
            ..Endpoint::default()
        });
    }
    let addresses = ["ipv4", "ipv6"];
    let addresses = addresses.iter().filter_map(|family| tree.text_of(family));
    Some(Endpoint {
        node: tree.text_of("node")?,
        interface: tree.text_of("interface")?,
        mac: tree.text_of("mac").filter(|mac| !mac.is_empty()),
        addresses: addresses.filter(|address| !address.is_empty()).collect(),
    })
}
