//! An address as an interface has it: what `ip address` says after `add`.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

use ipnet::IpNet;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{AddressError, Family, check_interface_address};
use crate::route::Scope;

/// An address of an interface; as text, `10.0.0.1/24` or `10.0.0.1 peer 10.0.0.2/32`.
///
/// Written and read in the words of `ip address`, so that it is one text in YAML, JSON, commands
/// and messages.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct InterfaceAddress {
    /// Host bits kept; with a peer, the length is that of the peer's prefix.
    own: IpNet,
    peer: Option<IpAddr>,
    broadcast: Option<Ipv4Addr>,
    scope: Option<Scope>,
}

impl InterfaceAddress {
    /// Its own address (`IFA_LOCAL`).
    pub fn addr(&self) -> IpAddr {
        self.own.addr()
    }

    /// The length of the prefix: of the peer's, if it has one.
    pub fn prefix_len(&self) -> u8 {
        self.own.prefix_len()
    }

    /// 32 or 128.
    pub fn max_prefix_len(&self) -> u8 {
        self.own.max_prefix_len()
    }

    /// The other end of a point-to-point address (`IFA_ADDRESS`).
    pub fn peer(&self) -> Option<IpAddr> {
        self.peer
    }

    /// The broadcast address that is told to the kernel (`IFA_BROADCAST`); IPv4 only.
    pub fn broadcast(&self) -> Option<Ipv4Addr> {
        self.broadcast
    }

    /// Where the address is valid (`ifa_scope`), of IPv4.
    pub fn scope(&self) -> Scope {
        self.scope.unwrap_or_else(|| usual_scope(self.addr()))
    }

    /// The same with another end; the own address as peer is none.
    #[must_use]
    pub fn with_peer(mut self, peer: Option<IpAddr>) -> Self {
        self.peer = peer.filter(|peer| *peer != self.addr());
        self
    }

    /// The same with a broadcast address; 0.0.0.0 is none.
    #[must_use]
    pub fn with_broadcast(mut self, broadcast: Option<Ipv4Addr>) -> Self {
        self.broadcast = broadcast.filter(|address| !address.is_unspecified());
        self
    }

    /// The same with a scope; one that it has anyway is not said.
    #[must_use]
    pub fn with_scope(mut self, scope: Option<Scope>) -> Self {
        let usual = usual_scope(self.addr());
        self.scope = scope.filter(|scope| *scope != usual);
        self
    }

    /// The network to which the kernel makes a route with it: around the peer, if it has one. Of
    /// several IPv4 addresses in one network the first is the primary.
    pub fn network(&self) -> IpNet {
        match (self.own, self.peer) {
            (IpNet::V4(own), Some(IpAddr::V4(peer))) => {
                ipnet::Ipv4Net::new(peer, own.prefix_len()).map_or(self.own, IpNet::V4)
            }
            // IPv6 keeps the prefix around its own address, and reaches the peer beside it.
            (own, _) => own,
        }
        .trunc()
    }

    /// The networks that are on the link with it: [`Self::network`], and of IPv6 the peer.
    pub fn networks(&self) -> impl Iterator<Item = IpNet> + use<> {
        let beside = self.peer.filter(IpAddr::is_ipv6).map(IpNet::from);
        std::iter::once(self.network()).chain(beside)
    }

    /// Whether an address is on the link with it.
    pub fn contains(&self, address: &IpAddr) -> bool {
        self.networks().any(|network| network.contains(address))
    }

    /// Whether the kernel has only one of both on an interface: IPv4 tells addresses apart by their
    /// network too (`__inet_insert_ifa`), IPv6 does not (`ipv6_chk_same_addr`).
    pub fn excludes(&self, other: &Self) -> bool {
        self.addr() == other.addr() && (self.addr().is_ipv6() || self.network() == other.network())
    }

    /// Refuses what no interface can have as its own address.
    pub fn check(self) -> Result<(), AddressError> {
        let Some(peer) = self.peer else {
            return check_interface_address(self.own).and_then(|()| self.check_words());
        };
        check_interface_address(IpNet::from(self.addr()))?;
        let fail = |why: &str| {
            Err(AddressError::Peer {
                peer,
                why: why.to_owned(),
            })
        };
        match peer {
            _ if Family::of(peer) != Family::of(self.addr()) => fail("it is of the other family"),
            _ if peer.is_multicast() => fail("it is a multicast address"),
            _ if peer.is_unspecified() => fail("it is the unspecified address"),
            _ => self.check_words(),
        }
    }

    fn check_words(self) -> Result<(), AddressError> {
        match (self.addr().is_ipv6(), self.broadcast, self.scope) {
            (true, Some(_), _) => Err(AddressError::Ipv4Only {
                what: "broadcast".into(),
            }),
            (true, None, Some(_)) => Err(AddressError::Ipv4Only {
                what: "scope".into(),
            }),
            _ => Ok(()),
        }
    }
}

/// The scope of an address for which none is said: IPv4 by `default_scope` of iproute2
/// (ip/ipaddress.c). IPv6 finds it by itself.
fn usual_scope(address: IpAddr) -> Scope {
    match address.is_ipv4() && address.is_loopback() {
        true => Scope::Host,
        false => Scope::Global,
    }
}

impl From<IpNet> for InterfaceAddress {
    fn from(own: IpNet) -> Self {
        Self {
            own,
            peer: None,
            broadcast: None,
            scope: None,
        }
    }
}

impl fmt::Display for InterfaceAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.peer {
            Some(peer) => write!(f, "{} peer {peer}/{}", self.addr(), self.prefix_len())?,
            None => self.own.fmt(f)?,
        }
        if let Some(broadcast) = self.broadcast {
            write!(f, " broadcast {broadcast}")?;
        }
        if let Some(scope) = self.scope {
            write!(f, " scope {scope}")?;
        }
        Ok(())
    }
}

impl FromStr for InterfaceAddress {
    type Err = AddressError;

    /// Reads what [`fmt::Display`] writes, with any space between the words.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let malformed = || AddressError::Malformed {
            text: text.trim().to_owned(),
        };
        let mut words = text.split_whitespace();
        let first = words.next().ok_or_else(malformed)?;
        let (mut peer, mut broadcast, mut scope) = (None, None, None);
        while let Some(word) = words.next() {
            let value = words.next().ok_or_else(malformed)?;
            let is_new = match word {
                "peer" => peer.replace(value).is_none(),
                "broadcast" => broadcast
                    .replace(value.parse().map_err(|_| malformed())?)
                    .is_none(),
                "scope" => scope
                    .replace(Scope::named(value).ok_or_else(malformed)?)
                    .is_none(),
                _ => false,
            };
            if !is_new {
                return Err(malformed());
            }
        }
        let with_length = |text: &str| match text.parse::<IpAddr>() {
            Ok(address) => Err(AddressError::NoPrefix {
                address,
                usual: match (address.is_ipv4(), peer.is_some()) {
                    (true, true) => 32,
                    (true, false) => 24,
                    (false, true) => 128,
                    (false, false) => 64,
                },
            }),
            Err(_) => text.parse::<IpNet>().map_err(|_| malformed()),
        };
        let own = match peer {
            None => Self::from(with_length(first)?),
            Some(peer) => {
                let own: IpAddr = first.parse().map_err(|_| malformed())?;
                let peer = with_length(peer)?;
                let own = IpNet::new(own, peer.prefix_len()).map_err(|_| malformed())?;
                Self::from(own).with_peer(Some(peer.addr()))
            }
        };
        Ok(own.with_broadcast(broadcast).with_scope(scope))
    }
}

impl Serialize for InterfaceAddress {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for InterfaceAddress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn text_is_read_as_it_is_written() {
        for text in [
            "10.0.0.1/24",
            "10.0.0.1 peer 10.0.0.2/32",
            "10.0.0.1 peer 10.9.0.2/24 broadcast 10.9.0.255 scope link",
            "fd00::1 peer fd00::2/128",
            "127.0.0.2/8 scope global",
        ] {
            let read: InterfaceAddress = text.parse().unwrap();
            assert_eq!(read.to_string(), text);
            assert_eq!(read.check(), Ok(()));
        }
        let usual = "10.0.0.1/24 scope global".parse::<InterfaceAddress>();
        assert_eq!(usual.unwrap().to_string(), "10.0.0.1/24");
        for text in [
            "",
            "10.0.0.1 peer",
            "10.0.0.1/24 peer 10.0.0.2",
            "10.0.0.1 peer 10.0.0.2",
            "10.0.0.1/24 scope site",
            "10.0.0.1/24 scope link scope link",
            "10.0.0.1 peer fd00::1/64",
        ] {
            assert!(text.parse::<InterfaceAddress>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_network_is_that_of_the_peer() {
        let read = |text: &str| text.parse::<InterfaceAddress>().unwrap();
        let four = read("10.0.0.1 peer 10.9.0.2/24");
        assert_eq!(four.network().to_string(), "10.9.0.0/24");
        assert!(!four.contains(&"10.0.0.1".parse().unwrap()));
        let six = read("fd00::1 peer fd01::2/64");
        assert!(six.contains(&"fd00::9".parse().unwrap()));
        assert!(six.contains(&"fd01::2".parse().unwrap()));
        assert!(!six.contains(&"fd01::3".parse().unwrap()));
        assert!(!four.excludes(&read("10.0.0.1 peer 10.8.0.2/24")));
        assert!(four.excludes(&read("10.0.0.1 peer 10.9.0.3/24")));
        assert!(six.excludes(&read("fd00::1/64")));
    }

    #[test]
    fn peers_that_cannot_be_are_refused() {
        for text in [
            "10.0.0.1 peer 224.0.0.1/32",
            "10.0.0.1 peer 0.0.0.0/0",
            "fd00::1/64 broadcast 10.0.0.1",
            "fd00::1/64 scope link",
        ] {
            let read: InterfaceAddress = text.parse().unwrap();
            assert!(read.check().is_err(), "{text}");
        }
    }
}
