//! Router advertisements (RFC 4861, RFC 8106) that an interface sends while the lab runs.
//!
//! Whoever hears them gives itself addresses and a default route. It is no state of the kernel:
//! whoever runs the lab sends them, so that no plan, status or drift speaks of it. What the
//! hearers make of them is [`crate::observed::Origin::Dynamic`], and no drift either.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

use ipnet::Ipv6Net;
use serde::{Deserialize, Serialize};

/// Most prefixes of one advertisement: with all else it fits the least MTU of IPv6.
pub const MAX_PREFIXES: usize = 16;
/// Most DNS servers of one advertisement.
pub const MAX_DNS: usize = 8;
/// Seconds between two that nobody asked for, at most (`MaxRtrAdvInterval`, RFC 4861, 6.2.1).
pub const INTERVAL: u16 = 600;
/// What [`Advertisement::interval`] may be.
pub const INTERVALS: std::ops::RangeInclusive<u16> = 4..=1800;
/// Longest life of a default router in seconds (`AdvDefaultLifetime`, RFC 4861, 6.2.1).
pub const MAX_LIFETIME: u16 = 9000;
/// Usual life of a default router in seconds: three intervals.
pub const LIFETIME: u16 = 3 * INTERVAL;
/// Usual seconds for which a prefix is valid: 30 days (RFC 4861, 6.2.1).
pub const VALID: u32 = 2_592_000;
/// Usual seconds for which addresses of a prefix are preferred: 7 days (RFC 4861, 6.2.1).
pub const PREFERRED: u32 = 604_800;

/// What an interface advertises.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Advertisement {
    /// The networks of the link, in their order.
    pub prefixes: Vec<Prefix>,
    /// For how many seconds the sender is a default router; 0 if it is none.
    pub lifetime: u16,
    /// Seconds between two that nobody asked for, at most.
    pub interval: u16,
    /// The link's MTU in bytes, if it is told.
    pub mtu: Option<u32>,
    /// DNS servers, for three intervals (RFC 8106, 5.1).
    pub dns: Vec<Ipv6Addr>,
}

/// A network that is advertised, as text: `fd00:1::/64`, `fd00:1::/64 off-link no-autoconf valid
/// 3600 preferred 1800`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Prefix {
    /// Host bits clear.
    pub network: Ipv6Net,
    /// Whether its addresses are on the link (`AdvOnLink`).
    pub on_link: bool,
    /// Whether hosts make addresses of it for themselves (`AdvAutonomous`).
    pub autoconf: bool,
    /// Seconds for which it is valid; `u32::MAX` is for ever.
    pub valid: u32,
    /// Seconds for which addresses made of it are preferred; `u32::MAX` is for ever.
    pub preferred: u32,
}

impl Default for Advertisement {
    /// A default router that tells of no network.
    fn default() -> Self {
        Self {
            prefixes: Vec::new(),
            lifetime: LIFETIME,
            interval: INTERVAL,
            mtu: None,
            dns: Vec::new(),
        }
    }
}

impl Advertisement {
    /// Says what is wrong with it.
    ///
    /// # Errors
    /// With that, for a person.
    pub fn check(&self) -> Result<(), String> {
        let (least, most) = (INTERVALS.start(), INTERVALS.end());
        if !INTERVALS.contains(&self.interval) {
            let interval = self.interval;
            return Err(format!(
                "an interval is {least} to {most} seconds, not {interval}"
            ));
        }
        let lifetime = self.lifetime;
        if lifetime > MAX_LIFETIME || (lifetime > 0 && lifetime < self.interval) {
            return Err(format!(
                "a router's lifetime is 0 (no default router) or from its interval of {} to \
                 {MAX_LIFETIME} seconds, not {lifetime}",
                self.interval
            ));
        }
        let least = crate::edit::MIN_IPV6_MTU;
        if let Some(mtu) = self.mtu.filter(|mtu| *mtu < least) {
            return Err(format!("IPv6 needs an MTU of {least}, more than {mtu}"));
        }
        if self.prefixes.len() > MAX_PREFIXES || self.dns.len() > MAX_DNS {
            return Err(format!(
                "one advertisement has at most {MAX_PREFIXES} prefixes and {MAX_DNS} DNS servers"
            ));
        }
        for (index, prefix) in self.prefixes.iter().enumerate() {
            prefix.check()?;
            let mut others = self.prefixes.iter().take(index);
            if others.any(|other| other.network == prefix.network) {
                return Err(format!("{} is there twice", prefix.network));
            }
        }
        let mut servers = self.dns.iter();
        match servers.find(|server| server.is_unspecified() || server.is_multicast()) {
            Some(server) => Err(format!("{server} is the address of no DNS server")),
            None => Ok(()),
        }
    }
}

impl Prefix {
    /// A network with what is usual.
    pub fn new(network: Ipv6Net) -> Self {
        Self {
            network: network.trunc(),
            on_link: true,
            autoconf: true,
            valid: VALID,
            preferred: PREFERRED,
        }
    }

    fn check(&self) -> Result<(), String> {
        let network = self.network;
        if network != network.trunc() {
            let whole = network.trunc();
            return Err(format!("{network} has host bits: the network is {whole}"));
        }
        let first = network.network();
        if first.is_unicast_link_local() || first.is_multicast() || network.prefix_len() == 0 {
            return Err(format!("{network} is no network that can be advertised"));
        }
        if self.autoconf && network.prefix_len() != 64 {
            return Err(format!(
                "{network}: hosts make addresses of a /64 only (RFC 4862): say `no-autoconf`"
            ));
        }
        match self.preferred > self.valid {
            true => Err(format!(
                "{network}: it cannot be preferred for longer than it is valid"
            )),
            false => Ok(()),
        }
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.network.fmt(f)?;
        if !self.on_link {
            f.write_str(" off-link")?;
        }
        if !self.autoconf {
            f.write_str(" no-autoconf")?;
        }
        for (name, value, usual) in [
            ("valid", self.valid, VALID),
            ("preferred", self.preferred, PREFERRED),
        ] {
            match value {
                value if value == usual => {}
                u32::MAX => write!(f, " {name} forever")?,
                value => write!(f, " {name} {value}")?,
            }
        }
        Ok(())
    }
}

impl FromStr for Prefix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut words = text.split_whitespace();
        let network = words.next().unwrap_or_default();
        let network: Ipv6Net = network
            .parse()
            .map_err(|_| format!("`{network}` is no IPv6 network, as fd00:1::/64"))?;
        let mut prefix = Self {
            network,
            ..Self::new(network)
        };
        while let Some(word) = words.next() {
            match word {
                "off-link" => prefix.on_link = false,
                "no-autoconf" => prefix.autoconf = false,
                "valid" | "preferred" => {
                    let value = words.next().unwrap_or_default();
                    let seconds = match value {
                        "forever" => Ok(u32::MAX),
                        number => number.parse(),
                    };
                    let seconds =
                        seconds.map_err(|_| format!("`{word} {value}`: seconds, or `forever`"))?;
                    match word {
                        "valid" => prefix.valid = seconds,
                        _ => prefix.preferred = seconds,
                    }
                }
                other => {
                    return Err(format!(
                        "`{other}`: after a network stand `off-link`, `no-autoconf`, `valid` and \
                         `preferred`"
                    ));
                }
            }
        }
        prefix.check()?;
        Ok(prefix)
    }
}

impl TryFrom<String> for Prefix {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Prefix> for String {
    fn from(prefix: Prefix) -> Self {
        prefix.to_string()
    }
}
