//! Which address stands for a node when it is pinged.

use std::net::IpAddr;

use topology::address::is_link_local;
use topology::document::Interface;
use topology::{Document, NamespaceId, Node};

/// An address that can be pinged.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Target {
    /// The address.
    pub(crate) address: IpAddr,
    /// Whose it is: `blue/veth-blue`.
    pub(crate) interface: String,
    /// In which namespace it is.
    pub(crate) namespace: NamespaceId,
}

/// Every address of a document that can be pinged, in the order of its interfaces.
pub(crate) fn targets(document: &Document) -> Vec<Target> {
    let of = |(id, interface): (&topology::InterfaceId, &Interface)| {
        let name = document.describe_interface(*id);
        let namespace = interface.namespace;
        interface
            .addresses
            .iter()
            .map(|address| address.addr())
            .filter(|address| !is_link_local(*address) && !address.is_loopback())
            .map(move |address| Target {
                address,
                interface: name.clone(),
                namespace,
            })
            .collect::<Vec<_>>()
    };
    document.interfaces.iter().flat_map(of).collect()
}

/// Whose address it is, if the document says so.
pub(crate) fn owner(document: &Document, address: IpAddr) -> Option<Target> {
    targets(document)
        .into_iter()
        .find(|target| target.address == address)
}

/// The address that somebody typed, or that of the namespace whose name it is.
pub(crate) fn address_of(
    document: &Document,
    source: NamespaceId,
    typed: &str,
) -> Result<IpAddr, String> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Err("To which address?".to_owned());
    }
    if let Ok(address) = typed.parse() {
        return Ok(address);
    }
    match document.namespace_named(typed) {
        Some(id) => nearest(document, source, id).ok_or_else(|| format!("{typed} has no address")),
        None => Err(format!("`{typed}` is not an address")),
    }
}

/// The namespace of a node: a bridge pings from where it lives.
pub(crate) fn namespace_of(document: &Document, node: Node) -> Option<NamespaceId> {
    match node {
        Node::Namespace(id) => Some(id),
        Node::Bridge(id) => document.interfaces.get(&id).map(|bridge| bridge.namespace),
    }
}

/// From where to where a ping from one node to another goes, or why it cannot.
pub(crate) fn ping_between(
    document: &Document,
    from: Node,
    to: Node,
) -> Result<(NamespaceId, IpAddr), String> {
    let gone = || "It is not in the lab any more".to_owned();
    let source = namespace_of(document, from).ok_or_else(gone)?;
    let address = match to {
        Node::Namespace(id) => nearest(document, source, id),
        Node::Bridge(id) => document
            .interfaces
            .get(&id)
            .and_then(|bridge| bridge.addresses.first())
            .map(|address| address.addr()),
    };
    match address {
        Some(address) => Ok((source, address)),
        None => Err("It has no address to ping".into()),
    }
}

/// The address of a namespace that is in a network of the source, else its first one.
fn nearest(document: &Document, source: NamespaceId, to: NamespaceId) -> Option<IpAddr> {
    let all: Vec<IpAddr> = targets(document)
        .into_iter()
        .filter(|target| target.namespace == to)
        .map(|target| target.address)
        .collect();
    let networks = || {
        document
            .interfaces_of(source)
            .flat_map(|(_, interface)| &interface.addresses)
    };
    all.iter()
        .find(|address| networks().any(|network| network.contains(address)))
        .or_else(|| all.first())
        .copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::contents::tests::two_on_a_bridge;
    use topology::Edit;
    use topology::edit::apply;

    fn with_addresses() -> (Document, Node, Node) {
        let mut document = two_on_a_bridge();
        for (name, addresses) in [
            ("veth-red", vec!["10.0.0.1/24"]),
            ("veth-blue", vec!["fd00::2/64", "10.0.0.2/24"]),
        ] {
            let found = document.interfaces.iter();
            let id = found
                .filter(|(_, i)| i.name.as_str() == name)
                .map(|(id, _)| *id)
                .next()
                .unwrap();
            for address in addresses {
                let address = address.parse().unwrap();
                let edit = Edit::AddAddress {
                    interface: id,
                    address,
                    index: None,
                };
                apply(&mut document, edit).unwrap();
            }
        }
        let node = |name| Node::Namespace(document.namespace_named(name).unwrap());
        let (red, blue) = (node("red"), node("blue"));
        (document, red, blue)
    }

    #[test]
    fn the_address_in_a_common_network_is_pinged() {
        let (document, red, blue) = with_addresses();
        let (_, address) = ping_between(&document, red, blue).unwrap();
        assert_eq!(address.to_string(), "10.0.0.2");
        assert_eq!(
            owner(&document, address).unwrap().interface,
            "blue/veth-blue"
        );
    }

    #[test]
    fn what_has_no_address_cannot_be_pinged() {
        let (document, red, _) = with_addresses();
        let (bridge, _) = document.bridges().next().unwrap();
        assert!(ping_between(&document, red, Node::Bridge(bridge)).is_err());
    }
}
