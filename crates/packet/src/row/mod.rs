//! The row of a packet in a list: Wireshark's columns, and the rule that colours it.

mod applications;
mod colour;
mod info;

use std::net::{Ipv4Addr, Ipv6Addr};

pub use self::colour::{Colouring, Rule};

use crate::tree::{Context, Tree, Value, dissect};
use crate::{LinkType, View};

/// What Wireshark's columns say of a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Who sent it: the network's address, or the hardware's where there is none.
    pub source: String,
    /// Who it is for.
    pub destination: String,
    /// The highest protocol in it: `TCP`, `DNS`.
    pub protocol: String,
    /// Its length on the wire in bytes.
    pub length: u32,
    /// What it says, in one line.
    pub info: String,
}

/// The row of a record. With [`Context::stream`] the numbers of TCP are relative.
#[must_use]
pub fn row<'a>(link: LinkType, record: impl Into<View<'a>>, context: &Context<'_>) -> Row {
    let record = record.into();
    let tree = dissect(link, record, context);
    of_tree(&tree, record)
}

/// The row of a record that is dissected already.
#[must_use]
pub fn of_tree(tree: &Tree, record: View<'_>) -> Row {
    let look = Look {
        tree,
        data: record.data,
    };
    let (source, destination) = look.ends();
    let (protocol, info) = look.protocol_and_info();
    let info = if look.has("_ws.malformed") {
        info + "[Malformed Packet]"
    } else if look.has("_ws.short") {
        info + "[Packet size limited during capture]"
    } else {
        info
    };
    Row {
        source,
        destination,
        protocol,
        length: record.length,
        info,
    }
}

/// Looks values up in a tree. The last of a protocol's headers counts: what is in a tunnel, not the tunnel.
struct Look<'a> {
    tree: &'a Tree,
    data: &'a [u8],
}

impl Look<'_> {
    /// The last protocol header of a name that is not quoted inside another.
    fn last(&self, protocol: &str) -> Option<usize> {
        let nodes = &self.tree.nodes;
        nodes
            .iter()
            .rposition(|node| node.level == 0 && node.field.name == protocol)
    }

    fn has(&self, protocol: &str) -> bool {
        self.last(protocol).is_some()
    }

    /// The nodes of the last header of a protocol.
    fn inside(&self, protocol: &str) -> impl Iterator<Item = &crate::tree::Node> {
        let start = self
            .last(protocol)
            .map_or(self.tree.nodes.len(), |at| at + 1);
        let nodes = self.tree.nodes.iter().skip(start);
        nodes.take_while(|node| node.level > 0)
    }

    fn value(&self, name: &str) -> Option<&Value> {
        let protocol = name.split('.').next().unwrap_or_default();
        self.inside(protocol)
            .find(|node| node.field.name == name)
            .map(|node| &node.value)
    }

    fn number(&self, name: &str) -> Option<u64> {
        match self.value(name)? {
            Value::Unsigned(value) => Some(*value),
            Value::Bool(value) => Some(u64::from(*value)),
            _ => None,
        }
    }

    /// The text of the first value of a field, as the tree shows it.
    fn text(&self, name: &str) -> Option<String> {
        let protocol = name.split('.').next().unwrap_or_default();
        let found = self.inside(protocol).find(|node| node.field.name == name);
        found.map(|node| node.text(self.data))
    }

    fn ipv4(&self, name: &str) -> Option<Ipv4Addr> {
        match self.value(name)? {
            Value::Ipv4(address) => Some(*address),
            _ => None,
        }
    }

    fn ipv6(&self, name: &str) -> Option<Ipv6Addr> {
        match self.value(name)? {
            Value::Ipv6(address) => Some(*address),
            _ => None,
        }
    }

    /// The ends of the innermost network layer.
    fn ends(&self) -> (String, String) {
        let layers = self.tree.nodes.iter().rev().filter(|node| node.level == 0);
        for node in layers {
            let names = match node.field.name {
                "ip" => ["ip.src", "ip.dst"],
                "ipv6" => ["ipv6.src", "ipv6.dst"],
                "arp" | "eth" => ["eth.src", "eth.dst"],
                "sll" => ["sll.src.eth", ""],
                _ => continue,
            };
            let [source, destination] = names.map(|name| self.text(name).unwrap_or_default());
            let destination = match (node.field.name, destination.as_str()) {
                ("arp" | "eth", "ff:ff:ff:ff:ff:ff") => "Broadcast".to_owned(),
                _ => destination,
            };
            return (source, destination);
        }
        (String::new(), String::new())
    }
}
