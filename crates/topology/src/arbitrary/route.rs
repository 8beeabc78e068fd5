//! Routes of every kind, added to a document that is there.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::{Wish, nothing, pick};
use crate::document::{Document, Interface, Kind, Route};
use crate::edit::{Edit, apply};
use crate::id::{InterfaceId, NamespaceId};
use crate::route::{Hop, RouteKind, RouteOptions, Scope};

/// Adds routes that the kernel takes as long as nothing else is changed: through gateways, with
/// source addresses, with several next hops. `numbers` choose.
#[must_use]
pub fn with_routes(mut document: Document, numbers: &[u16]) -> Document {
    for (place, number) in (0_u32..).zip(numbers) {
        let Some(namespace) = pick(document.namespaces.keys().copied(), *number) else {
            continue;
        };
        let route = route(&document, namespace, number / 8, place);
        let edit = route.map(|route| Edit::AddRoute {
            namespace,
            route,
            index: None,
        });
        // One that is refused leaves the document as it was.
        let _refused = edit.map(|edit| apply(&mut document, edit));
    }
    document
}

/// A way out: an interface that is up, with a router on one of its networks.
struct Way {
    interface: InterfaceId,
    gateway: IpAddr,
    own: IpAddr,
}

fn ways(document: &Document, namespace: NamespaceId) -> Vec<Way> {
    let inside = document.interfaces_of(namespace);
    let usable = inside.filter(|(_, i)| document.is_up(i) && matches!(i.kind, Kind::Veth { .. }));
    let usable = usable.filter(|(_, i)| i.master.is_none());
    let ways = usable.flat_map(|(interface, i)| {
        // Around the other end nobody knows of a router.
        let usual = i
            .addresses
            .iter()
            .filter(|address| address.peer().is_none());
        usual.map(move |address| Way {
            interface,
            gateway: router(address.addr()),
            own: address.addr(),
        })
    });
    ways.collect()
}

/// No address of a random document ends so.
fn router(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            IpAddr::from([a, b, c, 253])
        }
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0xffff])
        }
    }
}

fn route(document: &Document, namespace: NamespaceId, number: u16, place: u32) -> Option<Route> {
    let is_ipv4 = number.is_multiple_of(2);
    let ways = ways(document, namespace);
    let of_family = ways.iter().filter(|way| way.own.is_ipv4() == is_ipv4);
    let of_family: Vec<_> = of_family.collect();
    let way = pick(of_family.iter(), number / 4);
    let table = number
        .is_multiple_of(3)
        .then_some(100 + u32::from(number) % 3);
    let mut route = Route {
        destination: beyond(is_ipv4, number),
        gateway: None,
        interface: None,
        // One of each destination and metric.
        metric: Some(3000 + place),
        options: RouteOptions {
            table,
            ..RouteOptions::default()
        },
    };
    match number % 7 {
        0 => route.options.kind = pick(RouteKind::ALL.into_iter().skip(1), number)?,
        // An interface that may be down, or have nothing.
        1 => {
            let inside = document.interfaces_of(namespace);
            route.interface = pick(inside.map(|(id, _)| id), number / 4);
            let scope = pick(Scope::ALL.into_iter(), number / 8);
            route.options.scope = scope.filter(|scope| is_ipv4 && *scope != Scope::Link);
        }
        2 => {
            route.gateway = Some(way?.gateway);
            route.interface = way.map(|way| way.interface).filter(|_| number % 5 > 2);
        }
        3 => {
            route.gateway = Some(stranger(is_ipv4, number));
            route.interface = Some(way?.interface);
            route.options.onlink = true;
        }
        4 => {
            route.interface = Some(way?.interface);
            let own = of_family.iter().map(|way| way.own);
            route.options.source = pick(own, number / 8);
        }
        _ => route.options.hops = hops(&of_family, number),
    }
    Some(route)
}

fn hops(ways: &[&Way], number: u16) -> Vec<Hop<InterfaceId>> {
    let [low, _] = number.to_le_bytes();
    let hop = |(place, way): (u8, &&Way)| Hop {
        gateway: Some(way.gateway),
        interface: Some(way.interface).filter(|_| !number.is_multiple_of(5)),
        weight: low.wrapping_mul(place) % 4 + 1,
        onlink: false,
    };
    let mut hops: Vec<_> = (0_u8..).zip(ways).map(hop).take(3).collect();
    if let Some(last) = hops.last_mut().filter(|_| number % 5 > 3) {
        last.onlink = true;
    }
    hops
}

/// A router that no network has.
fn stranger(is_ipv4: bool, number: u16) -> IpAddr {
    let [low, _] = number.to_le_bytes();
    match is_ipv4 {
        true => Ipv4Addr::new(198, 51, 100, low.max(1)).into(),
        false => Ipv6Addr::new(0xfd99, 0, 0, 0, 0, 0, 0, u16::from(low) + 1).into(),
    }
}

/// A network that no address and no other route of a random document is in.
#[allow(clippy::expect_used, reason = "the lengths are constants in range")]
fn beyond(is_ipv4: bool, number: u16) -> IpNet {
    let [low, _] = number.to_le_bytes();
    let (address, length): (IpAddr, u8) = match is_ipv4 {
        true => (Ipv4Addr::new(10, 3, low % 4, 0).into(), 24),
        false => (
            Ipv6Addr::new(0xfd03, 0, 0, u16::from(low % 4), 0, 0, 0, 0).into(),
            64,
        ),
    };
    IpNet::new(address, length).expect("a length")
}

/// Options of a route that the kernel takes whenever its interface is up, whatever else is changed.
pub(super) fn hardy(interface: &Interface, id: InterfaceId, number: u16, is_ipv4: bool) -> Route {
    let mut route = Route {
        destination: beyond(is_ipv4, number),
        gateway: None,
        interface: Some(id),
        metric: None,
        options: RouteOptions::default(),
    };
    let options = &mut route.options;
    options.table = number.is_multiple_of(4).then_some(100);
    match number % 5 {
        0 => {
            options.kind = RouteKind::Blackhole;
            route.interface = None;
        }
        1 if is_ipv4 => options.scope = Some(Scope::Host),
        // IPv4 refuses them in a namespace that has no address yet.
        2 if interface.kind != Kind::Loopback && !is_ipv4 => {
            route.gateway = Some(stranger(is_ipv4, number));
            options.onlink = true;
        }
        3 if interface.kind != Kind::Loopback && !is_ipv4 => {
            options.hops = (0..2)
                .map(|hop| Hop {
                    gateway: Some(stranger(is_ipv4, number.wrapping_add(hop))),
                    interface: Some(id),
                    weight: 1,
                    onlink: true,
                })
                .collect();
            route.interface = None;
        }
        _ => {}
    }
    route
}

impl Wish {
    /// A route that the kernel takes whenever its interface is up: to a network that no address
    /// here is in, for the kernel makes routes to those by itself.
    pub(super) fn add_route(&self, document: &Document) -> Edit {
        let interface = self.interface(document);
        let namespace = document
            .interfaces
            .get(&interface)
            .map_or(NamespaceId::HOST, |i| i.namespace);
        let route = Route {
            destination: match self.on {
                true => v4_beyond(self.b),
                false => v6_beyond(self.b),
            },
            gateway: None,
            interface: Some(interface),
            metric: self.c.is_multiple_of(3).then_some(u32::from(self.c) + 1),
            options: RouteOptions::default(),
        };
        Edit::AddRoute {
            namespace,
            route,
            index: None,
        }
    }

    /// One of the other kinds.
    pub(super) fn add_any_route(&self, document: &Document) -> Edit {
        let id = self.interface(document);
        let Some(interface) = document.interfaces.get(&id) else {
            return nothing();
        };
        Edit::AddRoute {
            namespace: interface.namespace,
            route: hardy(interface, id, self.b, self.on),
            index: None,
        }
    }

    pub(super) fn remove_route(&self, document: &Document) -> Edit {
        let all = document.namespaces.iter();
        let all = all.flat_map(|(id, ns)| ns.routes.iter().map(|route| (*id, route.clone())));
        match pick(all, self.b) {
            Some((namespace, route)) => Edit::RemoveRoute { namespace, route },
            None => nothing(),
        }
    }
}

/// A network of which [`v4`] makes no address.
#[allow(clippy::expect_used, reason = "the lengths are constants in range")]
fn v4_beyond(network: u16) -> IpNet {
    let [_, network] = network.to_be_bytes();
    IpNet::new(IpAddr::V4(Ipv4Addr::new(10, 1, network % 8, 0)), 24).expect("a length")
}

/// A network of which [`v6`] makes no address.
#[allow(clippy::expect_used, reason = "the lengths are constants in range")]
fn v6_beyond(network: u16) -> IpNet {
    let address = Ipv6Addr::new(0xfd01, 0, 0, network % 8, 0, 0, 0, 0);
    IpNet::new(IpAddr::V6(address), 64).expect("a length")
}
