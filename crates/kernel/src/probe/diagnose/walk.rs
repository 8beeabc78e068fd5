//! Following a packet through the lab, there and back. Pure: what it asks is answered by [`Asks`].

use std::net::IpAddr;

use nix::errno::Errno;
use protocol::ping::PingFinding;
use topology::NamespaceId;
use topology::address::Family;
use topology::observed::{Observed, ObservedAddress, ObservedInterface, ObservedKind};

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
    let mut walk = Walk {
        observed,
        asks,
        findings: Vec::new(),
        symptoms: Vec::new(),
    };
    walk.there_and_back(source, target);
    let mut findings = walk.findings;
    findings.append(&mut walk.symptoms);
    findings.truncate(MOST_FINDINGS);
    findings
}

struct Walk<'a> {
    observed: &'a Observed,
    asks: &'a mut dyn Asks,
    findings: Vec<PingFinding>,
    /// What is seen, but has a reason that may be among the findings.
    symptoms: Vec<PingFinding>,
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
            return self.loopback(source);
        }
        let Some(there) = self.follow(source, None, target) else {
            return;
        };
        let Some(from) = there.source else {
            return;
        };
        if self.is_own(there.namespace, from) {
            let text = format!(
                "{} has {from} itself, from which it is asked: it answers itself",
                self.name(there.namespace)
            );
            return self.find(there.namespace, None, text);
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
            let (next, index) =
                self.cross((namespace, hop.interface?), hop.gateway.unwrap_or(to))?;
            arrival = Arrival {
                namespace: next,
                interface: Some(index),
                source: arrival.source.or(hop.source),
            };
        }
        None
    }

    /// The next hop, or why there is none.
    fn route(&mut self, arrival: &Arrival, to: IpAddr, back: bool) -> Option<Hop> {
        let namespace = arrival.namespace;
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

    fn no_route(&mut self, namespace: NamespaceId, to: IpAddr, errno: Errno, back: bool) {
        let name = self.name(namespace);
        let back = if back { "back " } else { "" };
        let kind = match errno {
            Errno::EHOSTUNREACH => "unreachable",
            Errno::EACCES => "prohibit",
            Errno::EINVAL => "blackhole",
            Errno::ENETUNREACH => {
                self.without_network(namespace, to);
                self.find(
                    namespace,
                    None,
                    format!("{name} has no route {back}to {to}"),
                );
                return self.other_down(namespace);
            }
            _ => {
                let text = format!("{name} finds no way {back}to {to}: {}", errno.desc());
                return self.find(namespace, None, text);
            }
        };
        let text = format!("{name}'s route {back}to {to} is of the type {kind}");
        self.find(namespace, None, text);
    }

    /// Why there is no route to a network that should be at hand.
    fn without_network(&mut self, namespace: NamespaceId, to: IpAddr) {
        let family = Family::of(to);
        let mut none = true;
        let mut no_address = true;
        for (place, interface) in self.cables(namespace) {
            none = false;
            let own = interface.addresses.iter();
            no_address &= !own.clone().any(|a| has_family(a, family));
            if own.clone().any(|a| a.address.contains(&to)) {
                self.trouble(place);
            }
        }
        let name = self.name(namespace);
        if none {
            self.find(namespace, None, format!("{name} has no interface but lo"));
        } else if no_address {
            let text = format!("{name} has no {} address", family_name(family));
            self.find(namespace, None, text);
        }
    }

    /// The interfaces that are down: a route may have gone with one of them.
    fn other_down(&mut self, namespace: NamespaceId) {
        for (place, _) in self.cables(namespace) {
            self.trouble(place);
        }
    }

    /// Whether a namespace that a packet has come to sends it on.
    fn forwards(&mut self, namespace: NamespaceId, to: IpAddr) -> bool {
        let family = Family::of(to);
        let Some(state) = self.observed.namespaces.get(&namespace) else {
            return false;
        };
        let forwards = state.forwarding.get(family);
        if !forwards {
            let switch = match family {
                Family::Ipv4 => "net.ipv4.ip_forward",
                Family::Ipv6 => "net.ipv6.conf.all.forwarding",
            };
            let text = format!(
                "{} does not forward {} packets ({switch} is 0)",
                state.name,
                family_name(family)
            );
            self.find(namespace, None, text);
        }
        forwards
    }

    /// Crosses one network, to whoever has the address `next` there.
    fn cross(&mut self, from: Place, next: IpAddr) -> Option<Place> {
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
            None => self.nobody(from, next, found.open),
            Some(path) => {
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
            let symptom = self.finding(from.0, Some(from), text);
            self.symptoms.push(symptom);
        }
        (self.findings.len() == begin)
            .then(|| path?.last().copied())
            .flatten()
    }

    /// Nobody on the network of `from` has the address.
    fn nobody(&mut self, from: Place, next: IpAddr, open: bool) {
        let begin = self.findings.len();
        self.trouble(from);
        if open || self.findings.len() > begin {
            return;
        }
        let mut elsewhere = Vec::new();
        for (id, namespace) in &self.observed.namespaces {
            for (index, interface) in &namespace.interfaces {
                if has(interface, next) {
                    elsewhere.push((*id, *index));
                }
            }
        }
        let here = self.interface(from);
        for place in &elsewhere {
            let holder = self.interface(*place);
            let interface = segment::at(self.observed, *place);
            let bridge = interface.and_then(|i| i.bridge).map(|b| (place.0, b));
            let text = match bridge {
                Some(bridge) => format!(
                    "{holder}, which has {next}, is a port of {}: the address belongs on the bridge",
                    self.interface(bridge)
                ),
                None => format!("no cable leads from {here} to {holder}, which has {next}"),
            };
            self.find(place.0, Some(*place), text);
        }
        if elsewhere.is_empty() {
            self.find(
                from.0,
                Some(from),
                format!("nothing in this lab has the address {next}"),
            );
        }
    }

    /// Several on one network have the address.
    fn several(&mut self, holders: &[Place], next: IpAddr) {
        let mut namespaces: Vec<NamespaceId> = holders.iter().map(|place| place.0).collect();
        namespaces.sort();
        namespaces.dedup();
        if namespaces.len() > 1 {
            let names: Vec<String> = holders.iter().map(|p| self.interface(*p)).collect();
            let text = format!("several have the address {next}: {}", names.join(", "));
            self.findings.push(PingFinding {
                namespace: None,
                interface: None,
                text,
            });
        }
    }

    /// The address is there, but the kernel does not use it yet, or never will.
    fn unready(&mut self, holder: Place, next: IpAddr) {
        let addresses = segment::at(self.observed, holder).map(|i| i.addresses.iter());
        let Some(address) = addresses.and_then(|mut a| a.find(|a| a.address.addr() == next)) else {
            return;
        };
        let name = self.interface(holder);
        if address.duplicate {
            let text = format!("{next} of {name} is a duplicate: another interface has it");
            self.find(holder.0, Some(holder), text);
        } else if address.tentative {
            let text =
                format!("{name} does not use {next} before it has made sure that no other has it");
            self.find(holder.0, Some(holder), text);
        }
    }

    /// The neighbour table has another link-layer address than the neighbour.
    fn wrong_address(
        &mut self,
        from: Place,
        holder: Place,
        next: IpAddr,
        known: Option<Neighbour>,
    ) {
        let real = segment::at(self.observed, holder).and_then(|i| i.mac);
        if let (Some(Neighbour::Known(known)), Some(real)) = (known, real)
            && known != real
        {
            let text = format!(
                "{} takes {known} for {next}, but {} is {real}",
                self.interface(from),
                self.interface(holder)
            );
            self.find(from.0, Some(from), text);
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
            self.find(arrival.namespace, Some(place), text);
        }
    }

    fn circle(&mut self, passed: &[NamespaceId], again: NamespaceId, to: IpAddr) {
        let circle = passed.iter().skip_while(|id| **id != again);
        let names: Vec<String> = circle.chain([&again]).map(|id| self.name(*id)).collect();
        let text = format!("packets to {to} go in circles: {}", names.join(" → "));
        self.find(again, None, text);
    }

    /// What a namespace sends to itself goes through its loopback.
    fn loopback(&mut self, namespace: NamespaceId) {
        let Some(state) = self.observed.namespaces.get(&namespace) else {
            return;
        };
        let is_loopback = |i: &ObservedInterface| i.kind == ObservedKind::Loopback;
        let mut all = state.interfaces.iter();
        if let Some((index, lo)) = all.find(|(_, i)| is_loopback(i))
            && !lo.up
        {
            let place = (namespace, *index);
            let text = format!(
                "{} is down: {} reaches its own addresses through it",
                self.interface(place),
                state.name
            );
            self.find(namespace, Some(place), text);
        }
    }

    /// Why nothing goes through an interface, if that can be seen of it.
    fn trouble(&mut self, place: Place) {
        let Some(interface) = segment::at(self.observed, place) else {
            return;
        };
        if !interface.up || interface.carrier {
            return self.down(place);
        }
        let name = self.interface(place);
        let why = match interface.kind {
            ObservedKind::Veth { peer: Some(peer) } => {
                let peer = (peer.namespace, peer.index);
                if segment::at(self.observed, peer).is_some_and(|i| !i.up) {
                    return self.down(peer);
                }
                "its other end is down"
            }
            ObservedKind::Veth { peer: None } => "its other end is not in this lab",
            ObservedKind::Bridge => "no port of it is up",
            ObservedKind::Loopback | ObservedKind::Other(_) => "its link is down",
        };
        self.find(
            place.0,
            Some(place),
            format!("{name} has no carrier: {why}"),
        );
    }

    fn down(&mut self, place: Place) {
        if segment::at(self.observed, place).is_some_and(|i| !i.up) {
            let text = format!("{} is down", self.interface(place));
            self.find(place.0, Some(place), text);
        }
    }

    fn find(&mut self, namespace: NamespaceId, place: Option<Place>, text: String) {
        let finding = self.finding(namespace, place, text);
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    fn finding(&self, namespace: NamespaceId, place: Option<Place>, text: String) -> PingFinding {
        let interface = place.and_then(|place| segment::at(self.observed, place)?.id);
        PingFinding {
            namespace: Some(namespace),
            interface,
            text,
        }
    }

    /// The interfaces of a namespace but its loopback.
    fn cables(&self, namespace: NamespaceId) -> Vec<(Place, &'a ObservedInterface)> {
        let state = self.observed.namespaces.get(&namespace);
        let all = state.into_iter().flat_map(|state| &state.interfaces);
        all.filter(|(_, interface)| interface.kind != ObservedKind::Loopback)
            .map(|(index, interface)| ((namespace, *index), interface))
            .collect()
    }

    /// Whether `to` is the namespace itself.
    fn is_own(&self, namespace: NamespaceId, to: IpAddr) -> bool {
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

    fn name(&self, namespace: NamespaceId) -> String {
        let state = self.observed.namespaces.get(&namespace);
        state.map_or_else(|| namespace.to_string(), |state| state.name.to_string())
    }

    fn interface(&self, place: Place) -> String {
        segment::name(self.observed, place)
    }
}

fn has(interface: &ObservedInterface, address: IpAddr) -> bool {
    interface
        .addresses
        .iter()
        .any(|a| a.address.addr() == address)
}

fn has_family(address: &ObservedAddress, family: Family) -> bool {
    Family::of(address.address.addr()) == family
        && !topology::address::is_link_local(address.address.addr())
}

fn family_name(family: Family) -> &'static str {
    match family {
        Family::Ipv4 => "IPv4",
        Family::Ipv6 => "IPv6",
    }
}
