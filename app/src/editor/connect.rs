//! Links made by dragging from one node to another.

use std::collections::BTreeMap;

use topology::document::{Interface, Kind, Link};
use topology::edit::{Fragment, apply};
use topology::{Document, Edit, InterfaceId, InterfaceName, NamespaceId, Node};

use super::guess;
use super::ids::Ids;
use super::names;

/// Where a new link ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum End {
    /// At a card or a bar.
    Node(Node),
    /// In the host namespace itself, on no bridge.
    Host,
}

/// The edit that cables one end to another, or why that cannot be.
pub(crate) fn connect(
    document: &Document,
    from: End,
    to: End,
    ids: &mut Ids<'_>,
) -> Result<(Link, Edit), String> {
    if from == to {
        return Err(match from {
            End::Node(Node::Bridge(_)) => {
                "A link from a bridge to itself is a loop: every broadcast would run for ever"
                    .into()
            }
            End::Node(Node::Namespace(_)) | End::Host => {
                "Both ends would be in the same namespace: choose another".into()
            }
        });
    }
    let near = Socket::of(document, from)?;
    let far = Socket::of(document, to)?;
    if near.bridge.is_none() && far.bridge.is_none() && near.namespace == far.namespace {
        return Err("Both ends would be in the same namespace: choose another".into());
    }
    let near_id = ids.interface(document);
    let far_id = ids.interface(document);
    let no_name = || "No free name is left for its ends".to_owned();
    let near_name = near.name_for(document, &far, &[]).ok_or_else(no_name)?;
    let far_name = far
        .name_for(document, &near, &[&near_name])
        .ok_or_else(no_name)?;
    let interfaces = BTreeMap::from([
        (near_id, near.interface(document, near_name, far_id, &far)),
        (far_id, far.interface(document, far_name, near_id, &near)),
    ]);
    let edit = Edit::Insert(Fragment {
        interfaces,
        ..Fragment::default()
    });
    // What the server will say, now.
    match apply(&mut document.clone(), edit.clone()) {
        Ok(_) => Ok((Link::new(near_id, far_id), edit)),
        Err(error) => Err(error.reason.to_string()),
    }
}

/// What an end is plugged into.
struct Socket {
    namespace: NamespaceId,
    bridge: Option<InterfaceId>,
    /// The namespace's or the bridge's name.
    called: String,
}

impl Socket {
    fn of(document: &Document, end: End) -> Result<Self, String> {
        let gone = || "It is not in the lab any more".to_owned();
        match end {
            End::Host => Ok(Self {
                namespace: NamespaceId::HOST,
                bridge: None,
                called: topology::name::HOST.to_owned(),
            }),
            End::Node(Node::Namespace(id)) => {
                let found = document.namespaces.get(&id).ok_or_else(gone)?;
                Ok(Self {
                    namespace: id,
                    bridge: None,
                    called: found.name.to_string(),
                })
            }
            End::Node(Node::Bridge(id)) => {
                let found = document.interfaces.get(&id).ok_or_else(gone)?;
                Ok(Self {
                    namespace: found.namespace,
                    bridge: Some(id),
                    called: found.name.to_string(),
                })
            }
        }
    }

    /// `veth-red` in red, and `veth-br-red` on the bridge that red is plugged into, as in the
    /// article.
    fn name_for(
        &self,
        document: &Document,
        other: &Self,
        taken: &[&InterfaceName],
    ) -> Option<InterfaceName> {
        let (prefix, words) = match (self.bridge.is_some(), self.namespace) {
            (true, _) => ("veth-br-", other.called.as_str()),
            (false, NamespaceId::HOST) => ("veth-h-", other.called.as_str()),
            (false, _) => ("veth-", self.called.as_str()),
        };
        names::interface(document, prefix, words, taken)
    }

    fn interface(
        &self,
        document: &Document,
        name: InterfaceName,
        peer: InterfaceId,
        other: &Self,
    ) -> Interface {
        let mut interface = Interface::new(self.namespace, name, Kind::Veth { peer });
        interface.up = true;
        interface.master = self.bridge;
        // A port of a bridge needs no address of its own.
        if let (None, Some(bridge)) = (self.bridge, other.bridge) {
            interface.addresses = guess::addresses_for_port(document, bridge);
        }
        interface
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::editor::make;
    use topology::document::Point;

    struct Bench {
        document: Document,
        seed: u64,
    }

    impl Bench {
        fn new() -> Self {
            Self {
                document: Document::new(""),
                seed: 0,
            }
        }

        fn random(seed: &mut u64) -> impl FnMut() -> f64 {
            move || {
                *seed += 1;
                *seed as f64 * 1e-6
            }
        }

        fn namespace(&mut self) -> End {
            let mut random = Self::random(&mut self.seed);
            let made =
                make::namespace(&self.document, Point::default(), &mut Ids::new(&mut random))
                    .unwrap();
            apply(&mut self.document, made.edit).unwrap();
            End::Node(made.node)
        }

        fn bridge(&mut self) -> End {
            let mut random = Self::random(&mut self.seed);
            let made =
                make::bridge(&self.document, Point::default(), &mut Ids::new(&mut random)).unwrap();
            apply(&mut self.document, made.edit).unwrap();
            End::Node(made.node)
        }

        fn connect(&mut self, from: End, to: End) -> Result<[String; 2], String> {
            let mut random = Self::random(&mut self.seed);
            let (link, edit) = connect(&self.document, from, to, &mut Ids::new(&mut random))?;
            apply(&mut self.document, edit).unwrap();
            Ok(link.ends.map(|id| self.document.describe_interface(id)))
        }
    }

    #[test]
    fn a_namespace_on_a_bridge_is_named_as_in_the_article() {
        let mut bench = Bench::new();
        let (red, blue, br0) = (bench.namespace(), bench.namespace(), bench.bridge());
        let names = bench.connect(red, br0).unwrap();
        assert_eq!(names, ["red/veth-red", "host/veth-br-red"]);
        let far = bench
            .document
            .interface_named(NamespaceId::HOST, "veth-br-red");
        let far = &bench.document.interfaces[&far.unwrap()];
        assert!(far.up && far.master.is_some());
        // From the bridge to the namespace is the same.
        let names = bench.connect(br0, blue).unwrap();
        assert_eq!(names, ["host/veth-br-blue", "blue/veth-blue"]);
        // A second link to the same bridge has names of its own.
        let names = bench.connect(red, br0).unwrap();
        assert_eq!(names, ["red/veth-red2", "host/veth-br-red2"]);
    }

    #[test]
    fn the_next_address_of_the_bridge_is_proposed() {
        let mut bench = Bench::new();
        let (red, blue, br0) = (bench.namespace(), bench.namespace(), bench.bridge());
        bench.connect(red, br0).unwrap();
        let id = bench
            .document
            .interfaces
            .iter()
            .find(|(_, i)| i.name.as_str() == "veth-red")
            .map(|(id, _)| *id)
            .unwrap();
        for address in ["10.0.0.1/24", "fd00::1/64"] {
            let address = address.parse().unwrap();
            apply(
                &mut bench.document,
                Edit::AddAddress {
                    interface: id,
                    address,
                    index: None,
                },
            )
            .unwrap();
        }
        bench.connect(blue, br0).unwrap();
        let found = bench.document.interfaces.values();
        let blue = found.clone().find(|i| i.name.as_str() == "veth-blue");
        let texts: Vec<_> = blue
            .unwrap()
            .addresses
            .iter()
            .map(|a| a.to_string())
            .collect();
        assert_eq!(texts, ["10.0.0.2/24", "fd00::2/64"]);
        let port = bench.document.interfaces.values();
        let mut port = port.filter(|i| i.master.is_some());
        assert!(port.all(|i| i.addresses.is_empty()));
    }

    #[test]
    fn what_cannot_be_is_refused_with_the_reason() {
        let mut bench = Bench::new();
        let (red, br0) = (bench.namespace(), bench.bridge());
        assert!(bench.connect(br0, br0).unwrap_err().contains("loop"));
        assert!(bench.connect(red, red).is_err());
        assert!(bench.connect(red, End::Host).is_ok());
        assert!(bench.connect(End::Host, End::Host).is_err());
        let gone = End::Node(Node::Namespace(NamespaceId(77)));
        assert!(bench.connect(red, gone).is_err());
    }
}
