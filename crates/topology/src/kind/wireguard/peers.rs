//! The peers of a WireGuard interface.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::{PublicKey, SecretKey};
use crate::edit::MAX_LIST;

/// Peers by their public keys.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Default, Debug, Serialize, Deserialize)]
pub struct Peers(pub BTreeMap<PublicKey, Peer>);

/// Another WireGuard interface with which one speaks.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Default, Debug, Serialize, Deserialize)]
pub struct Peer {
    /// A key that both have beside their own.
    pub preshared_key: Option<SecretKey>,
    /// Where it is reached; `None` learns it from what comes from there.
    pub endpoint: Option<SocketAddr>,
    /// Which packets go to it, by destination, and are taken from it, by source.
    pub allowed_ips: BTreeSet<IpNet>,
    /// Seconds between packets that keep the way to it open; 0 sends none.
    pub persistent_keepalive: u16,
}

/// The words of `wg set` after a peer's key, which are the keys of YAML, too.
pub const WORDS: [&str; 4] = [
    "preshared-key",
    "endpoint",
    "allowed-ips",
    "persistent-keepalive",
];

impl Peer {
    /// Sets what a word of `wg set` says.
    pub fn set(&mut self, word: &str, value: &str) -> Result<(), String> {
        match word {
            "preshared-key" => self.preshared_key = Some(value.parse()?),
            "endpoint" => self.endpoint = Some(endpoint(value)?),
            "allowed-ips" => self.allowed_ips = allowed_ips(value)?,
            "persistent-keepalive" => {
                self.persistent_keepalive = match value {
                    "off" => 0,
                    value => value.parse().map_err(|_| {
                        format!("`{word} {value}`: it takes 0 to 65535 seconds, or off")
                    })?,
                }
            }
            other => {
                let known = WORDS.join(", ");
                return Err(format!("a peer has no `{other}`; it has {known}"));
            }
        }
        Ok(())
    }

    /// What [`Self::set`] takes to make it.
    pub fn words(&self) -> Vec<(&'static str, String)> {
        let mut words = Vec::new();
        words.extend(self.preshared_key.map(|key| (WORDS[0], key.to_string())));
        words.extend(
            self.endpoint
                .map(|endpoint| (WORDS[1], endpoint.to_string())),
        );
        if !self.allowed_ips.is_empty() {
            let all: Vec<_> = self.allowed_ips.iter().map(IpNet::to_string).collect();
            words.push((WORDS[2], all.join(",")));
        }
        if self.persistent_keepalive > 0 {
            words.push((WORDS[3], self.persistent_keepalive.to_string()));
        }
        words
    }
}

fn endpoint(text: &str) -> Result<SocketAddr, String> {
    let wrong = || {
        format!(
            "`endpoint {text}`: it takes an address and a port, as 192.0.2.1:51820 or [fd00::1]:51820"
        )
    };
    let endpoint: SocketAddr = text.parse().map_err(|_| wrong())?;
    let is_scoped = matches!(endpoint, SocketAddr::V6(v6) if v6.scope_id() != 0);
    if endpoint.port() == 0 || endpoint.ip().is_unspecified() || is_scoped {
        return Err(wrong());
    }
    Ok(endpoint)
}

/// Networks after commas; the kernel takes the bits after the prefix away, and so does this.
fn allowed_ips(text: &str) -> Result<BTreeSet<IpNet>, String> {
    let parts = text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty());
    let network = |part: &str| {
        let single = part.parse::<IpAddr>().map(IpNet::from);
        let network = single.or_else(|_| part.parse::<IpNet>());
        let network =
            network.map_err(|_| format!("`{part}` is no network: write it like 10.1.0.0/16"))?;
        Ok(network.trunc())
    };
    parts.map(network).collect()
}

impl Peers {
    /// Refuses what the kernel would not keep: one network of two peers is the last one's.
    pub fn check(&self) -> Result<(), String> {
        if self.0.is_empty() {
            return Err("there is nobody among them: leave them out".to_owned());
        }
        let mut owners = BTreeMap::new();
        for (key, peer) in &self.0 {
            if peer.allowed_ips.len() > MAX_LIST {
                return Err(format!("a peer has at most {MAX_LIST} `allowed-ips`"));
            }
            for network in &peer.allowed_ips {
                if let Some(other) = owners.insert(network, key) {
                    return Err(format!(
                        "{network} is allowed to the peers {other} and {key}: packets would go to one only"
                    ));
                }
            }
        }
        match self.0.len() > MAX_LIST {
            true => Err(format!("an interface has at most {MAX_LIST} peers")),
            false => Ok(()),
        }
    }

    /// Whether the kernel has these, `is`: one whose endpoint is left to be learned has any.
    pub fn is_same(&self, is: &Self) -> bool {
        self.clone().with_learned(is) == *is
    }

    /// These with the endpoints that the kernel has learned where none is said.
    #[must_use]
    pub fn with_learned(mut self, is: &Self) -> Self {
        for (key, peer) in &mut self.0 {
            let learned = is.0.get(key).and_then(|peer| peer.endpoint);
            peer.endpoint = peer.endpoint.or(learned);
        }
        self
    }

    /// What a person sees of them: no secrets.
    pub fn shown(&self) -> String {
        let peers = self.0.iter().map(|(key, peer)| {
            let words = peer.words();
            let words = words.iter().map(|(word, value)| match *word {
                "preshared-key" => (*word).to_owned(),
                word => format!("{word} {value}"),
            });
            let words: Vec<_> = std::iter::once(key.to_string()).chain(words).collect();
            words.join(" ")
        });
        let peers: Vec<_> = peers.collect();
        peers.join("; ")
    }
}

impl fmt::Display for Peers {
    /// A line for each: its public key, and then as `wg set` takes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (key, peer)) in self.0.iter().enumerate() {
            let line = if number > 0 { "\n" } else { "" };
            write!(f, "{line}{key}")?;
            for (word, value) in peer.words() {
                write!(f, " {word} {value}")?;
            }
        }
        Ok(())
    }
}

impl FromStr for Peers {
    type Err = String;

    /// What [`Display`](fmt::Display) writes.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut peers = Self::default();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let mut words = line.split_whitespace();
            let key: PublicKey = words.next().unwrap_or_default().parse()?;
            let mut peer = Peer::default();
            while let Some(word) = words.next() {
                let value = words
                    .next()
                    .ok_or_else(|| format!("`{word}` needs a value"))?;
                peer.set(word, value)?;
            }
            if peers.0.insert(key, peer).is_some() {
                return Err(format!("the peer {key} is there twice"));
            }
        }
        Ok(peers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=";
    const OTHER: &str = "3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08=";

    fn peers(text: &str) -> Result<Peers, String> {
        let peers: Peers = text.parse()?;
        peers.check().map(|()| peers)
    }

    #[test]
    fn what_is_written_is_read_again() {
        let text = format!(
            "{KEY} endpoint 192.0.2.1:51820 persistent-keepalive 25\n\
             {OTHER} preshared-key {OTHER} endpoint [fd00::1]:7 allowed-ips 10.0.0.2/32,fd01::/64"
        );
        assert_eq!(peers(&text).unwrap().to_string(), text);
        let shown = peers(&text).unwrap().shown();
        assert_eq!(shown.matches(OTHER).count(), 1, "{shown}");
        let short = format!("{KEY} allowed-ips 10.0.0.2,10.1.2.3/16");
        let long = format!("{KEY} allowed-ips 10.0.0.2/32,10.1.0.0/16");
        assert_eq!(peers(&short).unwrap().to_string(), long);
    }

    #[test]
    fn what_the_kernel_would_not_keep_is_refused() {
        for wrong in [
            "x".to_owned(),
            format!("{KEY} endpoint 192.0.2.1"),
            format!("{KEY} endpoint example.org:51820"),
            format!("{KEY} endpoint 0.0.0.0:51820"),
            format!("{KEY} allowed-ips ten"),
            format!("{KEY} persistent-keepalive 65536"),
            format!("{KEY} mtu 1400"),
            String::new(),
            format!("{KEY} endpoint"),
            format!("{KEY}\n{KEY}"),
            format!("{KEY} allowed-ips 10.0.0.0/8\n{OTHER} allowed-ips 10.0.0.0/8"),
        ] {
            assert!(peers(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_learned_endpoint_is_no_difference() {
        let said = peers(&format!("{KEY} allowed-ips 10.0.0.2/32")).unwrap();
        let learned = format!("{KEY} endpoint 192.0.2.1:7 allowed-ips 10.0.0.2/32");
        let learned = peers(&learned).unwrap();
        assert!(said.is_same(&learned));
        assert!(!learned.is_same(&said));
    }
}
