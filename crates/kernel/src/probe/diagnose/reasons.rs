//! What there is to say at a place on a packet's way.

use std::net::IpAddr;

use nix::errno::Errno;
use protocol::ping::{PingFinding, Reason};
use topology::NamespaceId;
use topology::address::Family;
use topology::observed::{ObservedAddress, ObservedInterface, ObservedKind};

use super::asks::Neighbour;
use super::segment::{self, Place};
use super::walk::{Walk, has};

impl Walk<'_> {
    pub(super) fn no_route(
        &mut self,
        namespace: NamespaceId,
        to: IpAddr,
        errno: Errno,
        back: bool,
    ) {
        let name = self.name(namespace);
        let back = if back { "back " } else { "" };
        let kind = match errno {
            Errno::EHOSTUNREACH => "unreachable",
            Errno::EACCES => "prohibit",
            Errno::EINVAL => "blackhole",
            Errno::ENETUNREACH => {
                self.without_network(namespace, to);
                let text = format!("{name} has no route {back}to {to}");
                self.find(Reason::NoRoute, namespace, None, text);
                return self.other_down(namespace);
            }
            _ => {
                let text = format!("{name} finds no way {back}to {to}: {}", errno.desc());
                return self.find(Reason::NoRoute, namespace, None, text);
            }
        };
        let text = format!("{name}'s route {back}to {to} is of the type {kind}");
        self.find(Reason::NoRoute, namespace, None, text);
    }

    /// Why there is no route to a network that should be at hand.
    pub(super) fn without_network(&mut self, namespace: NamespaceId, to: IpAddr) {
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
            let text = format!("{name} has no interface but lo");
            self.find(Reason::NoAddress, namespace, None, text);
        } else if no_address {
            let text = format!("{name} has no {} address", family_name(family));
            self.find(Reason::NoAddress, namespace, None, text);
        }
    }

    /// The interfaces that are down: a route may have gone with one of them.
    pub(super) fn other_down(&mut self, namespace: NamespaceId) {
        for (place, _) in self.cables(namespace) {
            self.trouble(place);
        }
    }

    /// Whether a namespace that a packet has come to sends it on.
    pub(super) fn forwards(&mut self, namespace: NamespaceId, to: IpAddr) -> bool {
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
            self.find(Reason::NotForwarded, namespace, None, text);
        }
        forwards
    }

    /// Nobody on the network of `from` has the address.
    pub(super) fn nobody(&mut self, from: Place, next: IpAddr, open: bool) {
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
            let bridge = interface.and_then(|i| i.master).map(|b| (place.0, b));
            let text = match bridge {
                Some(bridge) => format!(
                    "{holder}, which has {next}, is a port of {}: the address belongs on the bridge",
                    self.interface(bridge)
                ),
                None => format!("no cable leads from {here} to {holder}, which has {next}"),
            };
            self.find(Reason::NoNeighbour, place.0, Some(*place), text);
        }
        if elsewhere.is_empty() {
            self.asleep(from, next);
            let text = format!("nothing in this lab has the address {next}");
            self.find(Reason::NoNeighbour, from.0, Some(from), text);
        }
    }

    /// The interfaces on the network of `from` that are down: the kernel takes IPv6 addresses from
    /// those.
    fn asleep(&mut self, from: Place, next: IpAddr) {
        if next.is_ipv6() {
            let found = segment::search(self.observed, from, |_, interface| !interface.up);
            for place in found.paths.iter().filter_map(|path| path.last()) {
                self.down(*place);
            }
        }
    }

    /// Several on one network have the address.
    pub(super) fn several(&mut self, holders: &[Place], next: IpAddr) {
        let mut namespaces: Vec<NamespaceId> = holders.iter().map(|place| place.0).collect();
        namespaces.sort();
        namespaces.dedup();
        if namespaces.len() > 1 {
            let names: Vec<String> = holders.iter().map(|p| self.interface(*p)).collect();
            let text = format!("several have the address {next}: {}", names.join(", "));
            self.findings.push(PingFinding {
                reason: Reason::DuplicateAddress,
                namespace: None,
                interface: None,
                text,
            });
        }
    }

    /// The address is there, but the kernel does not use it yet, or never will.
    pub(super) fn unready(&mut self, holder: Place, next: IpAddr) {
        let addresses = segment::at(self.observed, holder).map(|i| i.addresses.iter());
        let Some(address) = addresses.and_then(|mut a| a.find(|a| a.address.addr() == next)) else {
            return;
        };
        let name = self.interface(holder);
        if address.duplicate {
            let text = format!("{next} of {name} is a duplicate: another interface has it");
            self.find(Reason::DuplicateAddress, holder.0, Some(holder), text);
        } else if address.tentative {
            let text =
                format!("{name} does not use {next} before it has made sure that no other has it");
            self.find(Reason::NotReady, holder.0, Some(holder), text);
        }
    }

    /// Whether none of an interface's addresses may be used yet, as the source of a packet.
    pub(super) fn no_source(&mut self, out: Place, to: IpAddr) -> bool {
        let begin = self.findings.len();
        let addresses = segment::at(self.observed, out).map(|i| i.addresses.as_slice());
        for own in addresses.unwrap_or_default() {
            if has_family(own, Family::of(to)) {
                self.unready(out, own.address.addr());
            }
        }
        self.findings.len() > begin
    }

    /// The neighbour table has another link-layer address than the neighbour.
    pub(super) fn wrong_address(
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
            self.find(Reason::NoNeighbour, from.0, Some(from), text);
        }
    }

    pub(super) fn circle(&mut self, passed: &[NamespaceId], again: NamespaceId, to: IpAddr) {
        let circle = passed.iter().skip_while(|id| **id != again);
        let names: Vec<String> = circle.chain([&again]).map(|id| self.name(*id)).collect();
        let text = format!("packets to {to} go in circles: {}", names.join(" → "));
        self.find(Reason::Loop, again, None, text);
    }

    /// The way is there, so who can have dropped it: the firewalls on it that drop anything.
    pub(super) fn firewalls(&mut self) {
        for namespace in std::mem::take(&mut self.passed) {
            let Some(state) = self.observed.namespaces.get(&namespace) else {
                continue;
            };
            let drops = |ruleset: &str| {
                let words = ruleset.split(|c: char| !c.is_alphanumeric() && c != '_');
                words.into_iter().any(|word| word == "drop")
            };
            if state
                .firewall
                .as_ref()
                .is_some_and(|firewall| drops(&firewall.ruleset))
            {
                let text = format!(
                    "the firewall of {} drops packets, and nothing else is seen on the way",
                    state.name
                );
                self.find(Reason::Filtered, namespace, None, text);
            }
        }
    }

    /// What a namespace sends to itself goes through its loopback.
    pub(super) fn loopback(&mut self, namespace: NamespaceId) {
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
            self.find(Reason::InterfaceDown, namespace, Some(place), text);
        }
    }

    /// Why nothing goes through an interface, if that can be seen of it.
    pub(super) fn trouble(&mut self, place: Place) {
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
            ObservedKind::Device(ref device) if device.kind.table().ports.is_some() => {
                "no port of it is up"
            }
            ObservedKind::Device(_) => "what it stands on is down",
            ObservedKind::Loopback | ObservedKind::Other(_) => "its link is down",
        };
        let text = format!("{name} has no carrier: {why}");
        self.find(Reason::InterfaceDown, place.0, Some(place), text);
    }

    pub(super) fn down(&mut self, place: Place) {
        if segment::at(self.observed, place).is_some_and(|i| !i.up) {
            let text = format!("{} is down", self.interface(place));
            self.find(Reason::InterfaceDown, place.0, Some(place), text);
        }
    }

    pub(super) fn find(
        &mut self,
        reason: Reason,
        namespace: NamespaceId,
        place: Option<Place>,
        text: String,
    ) {
        let finding = self.finding(reason, namespace, place, text);
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    pub(super) fn finding(
        &self,
        reason: Reason,
        namespace: NamespaceId,
        place: Option<Place>,
        text: String,
    ) -> PingFinding {
        let interface = place.and_then(|place| segment::at(self.observed, place)?.id);
        PingFinding {
            reason,
            namespace: Some(namespace),
            interface,
            text,
        }
    }
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
