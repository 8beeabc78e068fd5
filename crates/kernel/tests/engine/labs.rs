//! Documents to apply.

use std::collections::BTreeMap;

use topology::document::{Document, Forwarding, Interface, Kind, Namespace, Route};
use topology::{InterfaceId, NamespaceId};

/// Builds a document by hand; ids are counted.
pub(crate) struct Builder {
    pub(crate) document: Document,
    next: u64,
}

impl Builder {
    pub(crate) fn new(title: &str) -> Self {
        Self {
            document: Document::new(title),
            next: 1,
        }
    }

    fn id(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }

    /// A namespace with its loopback up.
    pub(crate) fn namespace(&mut self, name: &str) -> NamespaceId {
        let id = NamespaceId(self.id());
        let namespace = Namespace::new(name.parse().unwrap());
        self.document.namespaces.insert(id, namespace);
        let loopback = InterfaceId(self.id());
        let loopback_up = Interface {
            up: true,
            ..Interface::loopback(id)
        };
        self.document.interfaces.insert(loopback, loopback_up);
        id
    }

    pub(crate) fn bridge(&mut self, namespace: NamespaceId, name: &str) -> InterfaceId {
        let id = InterfaceId(self.id());
        let bridge = Interface::new(namespace, name.parse().unwrap(), Kind::bridge());
        self.document
            .interfaces
            .insert(id, Interface { up: true, ..bridge });
        id
    }

    /// A link with both ends up.
    pub(crate) fn link(&mut self, ends: [(NamespaceId, &str); 2]) -> [InterfaceId; 2] {
        let ids = [InterfaceId(self.id()), InterfaceId(self.id())];
        let peers = [ids[1], ids[0]];
        for ((id, peer), (namespace, name)) in ids.into_iter().zip(peers).zip(ends) {
            let end = Interface::new(namespace, name.parse().unwrap(), Kind::Veth { peer });
            self.document
                .interfaces
                .insert(id, Interface { up: true, ..end });
        }
        ids
    }

    pub(crate) fn interface(&mut self, id: InterfaceId) -> &mut Interface {
        self.document.interfaces.get_mut(&id).unwrap()
    }

    pub(crate) fn address(&mut self, id: InterfaceId, address: &str) {
        self.interface(id).addresses.push(address.parse().unwrap());
    }

    pub(crate) fn route(&mut self, namespace: NamespaceId, destination: &str, gateway: &str) {
        self.document
            .namespaces
            .get_mut(&namespace)
            .unwrap()
            .routes
            .push(Route {
                destination: destination.parse().unwrap(),
                gateway: Some(gateway.parse().unwrap()),
                interface: None,
                metric: None,
                options: Default::default(),
            });
    }
}

/// The interfaces and namespaces of [`article`] that tests change.
pub(crate) struct Article {
    pub(crate) builder: Builder,
    pub(crate) red: NamespaceId,
    pub(crate) blue: NamespaceId,
    pub(crate) veth_red: InterfaceId,
    pub(crate) veth_blue: InterfaceId,
    pub(crate) bridge: InterfaceId,
    pub(crate) br_green: InterfaceId,
    pub(crate) green_br: InterfaceId,
}

/// Red and blue on one link, green on a bridge of the host, which routes.
pub(crate) fn article() -> Article {
    let mut builder = Builder::new("article");
    let host = NamespaceId::HOST;
    let red = builder.namespace("red");
    let blue = builder.namespace("blue");
    let green = builder.namespace("green");
    let [veth_red, veth_blue] = builder.link([(red, "veth-red"), (blue, "veth-blue")]);
    let bridge = builder.bridge(host, "br0");
    let [green_br, br_green] = builder.link([(green, "veth-green-br"), (host, "veth-br-green")]);
    let [blue_br, br_blue] = builder.link([(blue, "veth-blue-br"), (host, "veth-br-blue")]);
    builder.interface(br_green).master = Some(bridge);
    builder.interface(br_blue).master = Some(bridge);
    builder.address(veth_red, "10.0.0.1/24");
    builder.address(veth_red, "fd00::1/64");
    builder.address(veth_blue, "10.0.0.2/24");
    builder.address(veth_blue, "fd00::2/64");
    builder.address(green_br, "10.0.1.3/24");
    builder.address(blue_br, "10.0.1.2/24");
    builder.address(bridge, "10.0.1.254/24");
    builder.route(green, "0.0.0.0/0", "10.0.1.2");
    builder.route(red, "10.0.1.0/24", "10.0.0.2");
    builder.route(red, "fd00:1::/64", "fd00::2");
    builder
        .document
        .namespaces
        .get_mut(&blue)
        .unwrap()
        .forwarding = Forwarding {
        ipv4: true,
        ipv6: true,
    };
    Article {
        builder,
        red,
        blue,
        veth_red,
        veth_blue,
        bridge,
        br_green,
        green_br,
    }
}

/// `count` namespaces on one bridge of the host.
pub(crate) fn star(count: u8) -> Document {
    let mut builder = Builder::new("star");
    let bridge = builder.bridge(NamespaceId::HOST, "br0");
    for number in 1..=count {
        let leaf = builder.namespace(&format!("n{number}"));
        let ends = [
            (leaf, "eth0".to_owned()),
            (NamespaceId::HOST, format!("v{number}")),
        ];
        let [end, port] = builder.link([(leaf, &ends[0].1), (NamespaceId::HOST, &ends[1].1)]);
        builder.address(end, &format!("10.0.0.{number}/24"));
        builder.interface(port).master = Some(bridge);
    }
    builder.document
}

/// A document without anything but the host.
pub(crate) fn empty() -> Document {
    Document {
        positions: BTreeMap::new(),
        ..Document::new("empty")
    }
}
