//! What the ready-made parts of a firewall are about, guessed from the lab.

use std::net::IpAddr;

use topology::document::{Document, Interface};
use topology::firewall::parts::{Transport, allow_port, default_deny, masquerade, port_forward};
use topology::{InterfaceId, InterfaceName, NamespaceId};

/// A ready-made part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Part {
    Masquerade,
    PortForward,
    DefaultDeny,
    AllowPort,
}

impl Part {
    /// All of them, in the order of their buttons.
    pub(crate) const ALL: [Self; 4] = [
        Self::DefaultDeny,
        Self::AllowPort,
        Self::Masquerade,
        Self::PortForward,
    ];

    /// What its button says.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Masquerade => "Masquerade",
            Self::PortForward => "Port forward",
            Self::DefaultDeny => "Deny by default",
            Self::AllowPort => "Allow a port",
        }
    }

    /// What it does, in a sentence.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Masquerade => "What leaves by an interface gets that interface's address",
            Self::PortForward => "A port of an interface leads to another machine",
            Self::DefaultDeny => "Nothing comes in or through but answers",
            Self::AllowPort => "New connections to a port; below `Deny by default`",
        }
    }

    /// Its text for a namespace: what is guessed can be changed in it.
    pub(crate) fn text(self, document: &Document, namespace: NamespaceId) -> String {
        let outward = || name_of(document, outward(document, namespace));
        match self {
            Self::Masquerade => masquerade(&outward()),
            Self::PortForward => {
                let target = inside(document, namespace);
                // TEST-NET-1 (RFC 5737): nobody has it.
                let target = target.unwrap_or(IpAddr::from([192, 0, 2, 10]));
                port_forward(&outward(), Transport::Tcp, 8080, target, 80)
            }
            Self::DefaultDeny => default_deny(),
            Self::AllowPort => allow_port(Transport::Tcp, 80),
        }
    }
}

fn name_of(document: &Document, interface: Option<InterfaceId>) -> InterfaceName {
    let found = interface.and_then(|id| document.interfaces.get(&id));
    found.map_or_else(InterfaceName::loopback, |i| i.name.clone())
}

/// The interface that leads out: where the default route goes, else the first.
fn outward(document: &Document, namespace: NamespaceId) -> Option<InterfaceId> {
    let mut routes = document
        .namespaces
        .get(&namespace)
        .into_iter()
        .flat_map(|ns| &ns.routes);
    let default = routes.find(|route| route.is_default());
    let by_gateway = |gateway: IpAddr| {
        let reaches = |i: &Interface| i.addresses.iter().any(|a| a.contains(&gateway));
        document
            .interfaces_of(namespace)
            .find(|(_, i)| reaches(i))
            .map(|(id, _)| id)
    };
    let of_route = default.and_then(|route| {
        route
            .interface
            .or_else(|| route.gateway.and_then(by_gateway))
    });
    of_route.or_else(|| others(document, namespace).next().map(|(id, _)| id))
}

fn others(
    document: &Document,
    namespace: NamespaceId,
) -> impl Iterator<Item = (InterfaceId, &Interface)> {
    let all = document.interfaces_of(namespace);
    all.filter(|(_, i)| i.kind != topology::document::Kind::Loopback)
}

/// The IPv4 address of somebody who is not on the outward side.
fn inside(document: &Document, namespace: NamespaceId) -> Option<IpAddr> {
    let outward = outward(document, namespace);
    let mut inward = others(document, namespace).filter(|(id, _)| Some(*id) != outward);
    inward.find_map(|(_, interface)| {
        let networks = &interface.addresses;
        let is_near = |address: &IpAddr| {
            address.is_ipv4() && networks.iter().any(|network| network.contains(address))
        };
        let far = document.interfaces.values();
        let far = far.filter(|i| i.namespace != namespace);
        let mut addresses = far.flat_map(|i| &i.addresses).map(|a| a.addr());
        addresses.find(is_near)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_the_lab_says_is_in_the_text() {
        let text = include_str!("../../../public/labs/nat.yaml");
        let document = topology::read::read(text).unwrap().document;
        let router = document.namespace_named("router").unwrap();
        let text = |part: Part| part.text(&document, router);
        assert!(text(Part::Masquerade).contains("oifname \"wan\""));
        let forward = text(Part::PortForward);
        assert!(forward.contains("iifname \"wan\"") && forward.contains("192.168.1."));
        for part in Part::ALL {
            topology::firewall::Ruleset::new(&text(part)).unwrap();
        }
    }
}
