//! Static neighbours and proxy entries: what `ip neigh` sets.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::address::Family;
use crate::mac::Mac;

/// An entry of an interface's neighbour table that a person sets.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Neighbour {
    /// Whose: one station's.
    pub address: IpAddr,
    /// Its MAC address, for good (`nud permanent`): nobody is asked for it. `None` is a proxy
    /// entry: the interface answers for the address (where `proxy_arp` or `proxy_ndp` lets it).
    pub mac: Option<Mac>,
}

impl Neighbour {
    /// The family to which it belongs.
    pub fn family(&self) -> Family {
        Family::of(self.address)
    }

    /// Whether the interface answers for the address.
    pub fn is_proxy(&self) -> bool {
        self.mac.is_none()
    }

    /// Whether the kernel has only one of both: of an address there is one permanent entry on an
    /// interface, and one proxy entry.
    pub fn is_instead_of(&self, other: &Self) -> bool {
        self.address == other.address && self.is_proxy() == other.is_proxy()
    }

    /// Refuses what the kernel refuses, or takes and never uses.
    ///
    /// # Errors
    /// Says what is wrong.
    pub fn check(&self) -> Result<(), String> {
        let address = self.address;
        let is_broadcast = address == IpAddr::V4(std::net::Ipv4Addr::BROADCAST);
        if address.is_unspecified() || address.is_multicast() || is_broadcast {
            return Err(format!("{address} is not one station's"));
        }
        if address.is_loopback() {
            return Err(format!("{address} is everybody's own"));
        }
        self.mac.map_or(Ok(()), Mac::check)
    }
}

impl fmt::Display for Neighbour {
    /// As `ip neigh add` takes it: `10.0.0.2 lladdr 02:00:00:00:00:02`, `proxy 10.0.0.9`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mac {
            Some(mac) => write!(f, "{} lladdr {mac}", self.address),
            None => write!(f, "proxy {}", self.address),
        }
    }
}

impl FromStr for Neighbour {
    type Err = String;

    /// What [`Display`](fmt::Display) writes; `lladdr` may be left out.
    fn from_str(text: &str) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let (address, mac) = match words.as_slice() {
            ["proxy", address] => (address, None),
            [address, "lladdr", mac] | [address, mac] => (address, Some(mac)),
            _ => {
                return Err(format!(
                    "`{text}`: write it like 10.0.0.2 02:00:00:00:00:02, or proxy 10.0.0.9"
                ));
            }
        };
        let read = Self {
            address: address
                .parse()
                .map_err(|_| format!("`{address}` is no address"))?,
            mac: mac.map(|mac| mac.parse()).transpose()?,
        };
        read.check().map(|()| read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for text in [
            "10.0.0.2 lladdr 02:00:00:00:00:02",
            "fd00::2 lladdr 02:00:00:00:00:02",
            "proxy 10.0.0.9",
            "proxy fd00::9",
        ] {
            let read: Neighbour = text.parse().unwrap();
            assert_eq!(read.to_string(), text);
        }
        for wrong in [
            "",
            "10.0.0.2",
            "proxy",
            "10.0.0.2 lladdr",
            "10.0.0.2/24 02:00:00:00:00:02",
            "224.0.0.1 02:00:00:00:00:02",
            "ff02::1 02:00:00:00:00:02",
            "0.0.0.0 02:00:00:00:00:02",
            "proxy 255.255.255.255",
            "127.0.0.1 02:00:00:00:00:02",
            "10.0.0.2 01:00:00:00:00:02",
            "10.0.0.2 00:00:00:00:00:00",
        ] {
            assert!(wrong.parse::<Neighbour>().is_err(), "{wrong}");
        }
    }
}
