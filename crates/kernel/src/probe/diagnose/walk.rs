//! Following a packet through the lab, there and back. Pure: what it asks is answered by [`Asks`].

use std::net::IpAddr;

use nix::errno::Errno;
use protocol::ping::{PingFinding, Reason};
use protocol::probe::{WayFound, WayPlace};
use topology::NamespaceId;
use topology::observed::{Observed, ObservedInterface, ObservedKind};

use super::asks::{Asks, Hop, Neighbour, RouteQuery};
use super::segment::{self, Place};

/// Routers on a way: the default time to live of a packet (`net.ipv4.ip_default_ttl`).
const MOST_HOPS: usize = 64;
/// Findings that are told: who does not see it by then needs other help.
const MOST_FINDINGS: usize = 6;

/// What is seen that explains why `target` does not answer `source`, the likeliest first.
pub fn explain(
    source: NamespaceId,
    target: IpAddr,
    observed: &Observed,
    asks: &mut dyn Asks,
) -> Vec<PingFinding> {
    walked(source, target, observed, asks).0
}

/// The way of a packet, and what [`explain`] says of it.
pub(super) fn way(
    source: NamespaceId,
    target: IpAddr,
    observed: &Observed,
    asks: &mut dyn Asks,
) -> WayFound {
    let (findings, way, arrives) = walked(source, target, observed, asks);
    let places = way.into_iter().map(|place| WayPlace {
        namespace: place.0,
        interface: segment::at(observed, place).and_then(|interface| interface.id),
        name: segment::name(observed, place),
    });
    WayFound {
        places: places.collect(),
        arrives,
        findings,
    }
}

fn walked(
    source: NamespaceId,
    target: IpAddr,
    observed: &Observed,
    asks: &mut dyn Asks,
) -> (Vec<PingFinding>, Vec<Place>, bool) {
    let mut walk = Walk {
        observed,
        asks,
        findings: Vec::new(),
        symptoms: Vec::new(),
        passed: Vec::new(),
        way: Vec::new(),
        arrives: false,
    };
    walk.there_and_back(source, target);
    if walk.findings.is_empty() && walk.symptoms.is_empty() {
        walk.firewalls();
    }
    let mut findings = walk.findings;
    findings.append(&mut walk.symptoms);
    findings.truncate(MOST_FINDINGS);
    (findings, walk.way, walk.arrives)
}

pub(super) struct Walk<'a> {
    pub(super) observed: &'a Observed,
    asks: &'a mut dyn Asks,
    pub(super) findings: Vec<PingFinding>,
    /// What is seen, but has a reason that may be among the findings.
    symptoms: Vec<PingFinding>,
    /// The namespaces that it passes, there and back, each once.
    pub(super) passed: Vec<NamespaceId>,
    /// The interfaces that it passes on its way there, as far as it comes.
    way: Vec<Place>,
    /// Whether it comes to where it should.
    arrives: bool,
}

/// A packet where it should be.
struct Arrival {
    namespace: NamespaceId,
    /// The interface that it has come in by.
    interface: Option<u32>,
    /// Its source address.
    source: Option<IpAddr>,
}

impl<'a> Walk<'a> {
    fn there_and_back(&mut self, source: NamespaceId, target: IpAddr) {
        if self.is_own(source, target) {
            self.arrives = true;
            return self.loopback(source);
        }
        let Some(there) = self.follow(source, None, target) else {
            return;
        };
        self.arrives = true;
        let Some(from) = there.source else {
            return;
        };
        if self.is_own(there.namespace, from) {
            let text = format!(
                "{} has {from} itself, from which it is asked: it answers itself",
                self.name(there.namespace)
            );
            return self.find(Reason::DuplicateAddress, there.namespace, None, text);
        }
        if is_link_local(from) {
            // It came from this network, and the way back is the way there.
            return;
        }
        let begin = self.findings.len();
        let back = self.follow(there.namespace, Some(target), from);
        if self.findings.len() == begin {
            self.reverse_path(&there, target);
            if let Some(back) = back {
                self.reverse_path(&back, from);
            }
        }
    }

    /// Follows a packet until it is where `to` is. `None`: it does not get there, or it cannot be
    /// seen whether it does. With a `source` address it is an answer, on its way back.
    fn follow(
        &mut self,
        start: NamespaceId,
        source: Option<IpAddr>,
        to: IpAddr,
    ) -> Option<Arrival> {
        let back = source.is_some();
        let mut arrival = Arrival {
            namespace: start,
            interface: None,
            source,
        };
        let mut passed = Vec::new();
        for _ in 0..MOST_HOPS {
            let namespace = arrival.namespace;
            if !self.passed.contains(&namespace) {
                self.passed.push(namespace);
            }
            if self.is_own(namespace, to) {
                return Some(arrival);
            }
            if passed.contains(&namespace) {
                self.circle(&passed, namespace, to);
                return None;
            }
            passed.push(namespace);
            if arrival.interface.is_some() && !self.forwards(namespace, to) {
                return None;
            }
            let hop = self.route(&arrival, to, back)?;
            if hop.local {
                return Some(arrival);
            }
            let out = (namespace, hop.interface?);
            // Without an address that may be used, Linux takes ::1 if it is there.
            let usable = |source: &IpAddr| !source.is_loopback();
            let source = arrival.source.or(hop.source.filter(usable));
            if source.is_none() && self.no_source(out, to) {
                return None;
            }
            let (next, index) = self.cross(out, hop.gateway.unwrap_or(to), back)?;
            arrival = Arrival {
                namespace: next,
                interface: Some(index),
                source,
            };
        }
        None
    }

    /// The next hop, or why there is none.
    fn route(&mut self, arrival: &Arrival, to: IpAddr, back: bool) -> Option<Hop> {
        let namespace = arrival.namespace;
        if is_link_local(to) {
            return self.only_link(namespace);
        }
        // What the kernel thinks of the source address is asked last, by `reverse_path`.
        let plain = RouteQuery { to, arrived: None };
        match self.asks.route(namespace, plain)? {
            Ok(hop) => Some(hop),
            Err(errno) => {
                self.no_route(namespace, to, errno, back);
                None
            }
        }
    }

    /// A link-local address is on the link of the only interface that is up: a ping to one refuses
    /// to choose.
    fn only_link(&self, namespace: NamespaceId) -> Option<Hop> {
        let cables = self.cables(namespace);
        let mut links = cables.iter().filter(|(_, i)| i.up && i.master.is_none());
        let (place, _) = links.next()?;
        links.next().is_none().then_some(Hop {
            interface: Some(place.1),
            ..Hop::default()
        })
    }

    /// Crosses one network, to whoever has the address `next` there.
    fn cross(&mut self, from: Place, next: IpAddr, back: bool) -> Option<Place> {
        let observed = self.observed;
        let neighbour = self.asks.neighbour(from.0, from.1, next);
        let found = segment::search(observed, from, |place, interface| {
            self.answers(place.0, interface, next)
        });
        let ends = |path: &Vec<Place>| path.last().copied();
        let holders: Vec<Place> = found.paths.iter().filter_map(ends).collect();
        let mac = |place: &Place| segment::at(observed, *place).and_then(|i| i.mac);
        // If several have the address, the one that has answered counts.
        let path = match neighbour {
            Some(Neighbour::Known(known)) => found
                .paths
                .iter()
                .find(|path| path.last().and_then(mac) == Some(known)),
            _ => None,
        };
        let path = path.or(found.paths.first());
        let begin = self.findings.len();
        match path {
            None => {
                self.go(&[from], back);
                self.nobody(from, next, found.open);
            }
            Some(path) => {
                self.go(path, back);
                for place in path {
                    self.down(*place);
                }
                self.several(&holders, next);
                if let Some(holder) = path.last() {
                    self.unready(*holder, next);
                    self.wrong_address(from, *holder, next, neighbour);
                }
            }
        }
        if neighbour == Some(Neighbour::Silent) {
            let asked = match next {
                IpAddr::V4(_) => "ARP",
                IpAddr::V6(_) => "neighbour discovery",
            };
            let here = self.interface(from);
            let text = format!("no {asked} answer from {next} on {here}");
            let symptom = self.finding(Reason::NoNeighbour, from.0, Some(from), text);
            self.symptoms.push(symptom);
        }
        (self.findings.len() == begin)
            .then(|| path?.last().copied())
            .flatten()
    }

    /// Writes down a stretch of the way there: up to the first interface that is down.
    fn go(&mut self, path: &[Place], back: bool) {
        if back {
            return;
        }
        for place in path {
            self.way.push(*place);
            if segment::at(self.observed, *place).is_some_and(|interface| !interface.up) {
                return;
            }
        }
    }

    /// What has arrived is dropped for the address that it comes from (IPv4).
    fn reverse_path(&mut self, arrival: &Arrival, to: IpAddr) {
        let (Some(source @ IpAddr::V4(_)), Some(index)) = (arrival.source, arrival.interface)
        else {
            return;
        };
        let query = RouteQuery {
            to,
            arrived: Some((source, index)),
        };
        // EINVAL since Linux 6.14, EXDEV before.
        let answer = self.asks.route(arrival.namespace, query);
        if let Some(Err(Errno::EINVAL | Errno::EXDEV)) = answer {
            let place = (arrival.namespace, index);
            let text = format!(
                "{} drops what comes from {source}: the way back is by another interface (rp_filter)",
                self.interface(place)
            );
            self.find(Reason::ReversePath, arrival.namespace, Some(place), text);
        }
    }

    /// The interfaces of a namespace but its loopback.
    pub(super) fn cables(&self, namespace: NamespaceId) -> Vec<(Place, &'a ObservedInterface)> {
        let state = self.observed.namespaces.get(&namespace);
        let all = state.into_iter().flat_map(|state| &state.interfaces);
        all.filter(|(_, interface)| interface.kind != ObservedKind::Loopback)
            .map(|(index, interface)| ((namespace, *index), interface))
            .collect()
    }

    /// Whether `to` is the namespace itself.
    pub(super) fn is_own(&self, namespace: NamespaceId, to: IpAddr) -> bool {
        let state = self.observed.namespaces.get(&namespace);
        to.is_loopback() || state.is_some_and(|state| state.interfaces.values().any(|i| has(i, to)))
    }

    /// Whether an interface answers for an address: for IPv4 one of any interface of its namespace
    /// (`arp_ignore` is 0), for IPv6 one of its own.
    fn answers(&self, namespace: NamespaceId, interface: &ObservedInterface, to: IpAddr) -> bool {
        match to {
            IpAddr::V4(_) => self.is_own(namespace, to),
            IpAddr::V6(_) => has(interface, to),
        }
    }

    pub(super) fn name(&self, namespace: NamespaceId) -> String {
        let state = self.observed.namespaces.get(&namespace);
        state.map_or_else(|| namespace.to_string(), |state| state.name.to_string())
    }

    pub(super) fn interface(&self, place: Place) -> String {
        segment::name(self.observed, place)
    }
}

/// An IPv6 address that exists once on each link.
fn is_link_local(address: IpAddr) -> bool {
    address.is_ipv6() && topology::address::is_link_local(address)
}

pub(super) fn has(interface: &ObservedInterface, address: IpAddr) -> bool {
    interface
        .addresses
        .iter()
        .any(|a| a.address.addr() == address)
}
