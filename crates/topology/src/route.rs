//! What a route says beside destination, gateway, interface and metric.
//!
//! Interfaces are of type `I`: ids in documents, names in steps, indexes in what is observed.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::address::Family;

/// `RT_TABLE_DEFAULT`, `RT_TABLE_MAIN`, `RT_TABLE_LOCAL` (linux/rtnetlink.h).
const TABLE_DEFAULT: u32 = 253;
/// The table of routes that name none.
pub const TABLE_MAIN: u32 = 254;
/// The kernel's own: addresses of this host.
pub const TABLE_LOCAL: u32 = 255;
/// Largest weight of a next hop: the kernel has one more, which not all of its versions take.
pub const MAX_WEIGHT: u8 = 255;
/// Most next hops of a route.
pub const MAX_HOPS: usize = 32;

/// What a route says more; the default is a unicast route of the main table.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(bound(serialize = "I: Serialize", deserialize = "I: Deserialize<'de>"))]
pub struct RouteOptions<I> {
    /// The routing table; `None` is the main one.
    pub table: Option<u32>,
    /// What becomes of packets.
    pub kind: RouteKind,
    /// How far away the destination is, of IPv4; `None` is [`usual_scope`].
    pub scope: Option<Scope>,
    /// `RTA_PREFSRC`: the source address of packets that start here.
    pub source: Option<IpAddr>,
    /// The gateway is on the interface's link, whatever the addresses say.
    pub onlink: bool,
    /// The next hops of a multipath route, which has no gateway and interface of its own.
    pub hops: Vec<Hop<I>>,
}

/// What becomes of packets to a destination: `rtm_type`.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum RouteKind {
    /// They go on.
    #[default]
    Unicast,
    /// They are dropped without a word.
    Blackhole,
    /// They are dropped; the sender hears that the host is unreachable.
    Unreachable,
    /// They are dropped; the sender hears that it is prohibited.
    Prohibit,
}

/// How far away a destination is: `rtm_scope`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Anywhere, beyond routers.
    Global,
    /// On a network of this host.
    Link,
    /// On this host.
    Host,
}

/// A next hop of a multipath route.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Hop<I> {
    /// The router; `None` (IPv4 only) means directly on the interface.
    pub gateway: Option<IpAddr>,
    /// The interface; `None` lets the kernel find it by the gateway.
    pub interface: Option<I>,
    /// Its share of the flows, among the other hops' weights: 1 to [`MAX_WEIGHT`].
    pub weight: u8,
    /// The gateway is on the interface's link, whatever the addresses say.
    pub onlink: bool,
}

impl<I> Default for RouteOptions<I> {
    fn default() -> Self {
        Self {
            table: None,
            kind: RouteKind::default(),
            scope: None,
            source: None,
            onlink: false,
            hops: Vec::new(),
        }
    }
}

impl<I> RouteOptions<I> {
    /// The number of its table.
    pub fn table(&self) -> u32 {
        self.table.unwrap_or(TABLE_MAIN)
    }

    /// The same with other names for interfaces; `None` if one has none.
    pub fn map<J>(&self, mut name: impl FnMut(&I) -> Option<J>) -> Option<RouteOptions<J>> {
        let hops = self.hops.iter().map(|hop| {
            let interface = match &hop.interface {
                None => None,
                Some(interface) => Some(name(interface)?),
            };
            Some(Hop {
                gateway: hop.gateway,
                interface,
                weight: hop.weight,
                onlink: hop.onlink,
            })
        });
        Some(RouteOptions {
            table: self.table,
            kind: self.kind,
            scope: self.scope,
            source: self.source,
            onlink: self.onlink,
            hops: hops.collect::<Option<_>>()?,
        })
    }

    /// The interfaces of its next hops.
    pub fn interfaces(&self) -> impl Iterator<Item = &I> {
        self.hops.iter().filter_map(|hop| hop.interface.as_ref())
    }

    /// Its scope, said or usual.
    pub fn scope(&self, family: Family, has_gateway: bool) -> Scope {
        let usual = usual_scope(family, self.kind, has_gateway || !self.hops.is_empty());
        self.scope.unwrap_or(usual)
    }

    /// The same; a scope that it has anyway is not said.
    #[must_use]
    pub fn without_usual_scope(mut self, family: Family, has_gateway: bool) -> Self {
        let usual = usual_scope(family, self.kind, has_gateway || !self.hops.is_empty());
        self.scope = self.scope.filter(|scope| *scope != usual);
        self
    }

    /// Whether the kernel's route is this one, in all but where it leads. `is_interface` says
    /// whether one of this route is an interface of the kernel.
    pub fn is(
        &self,
        known: &RouteOptions<u32>,
        family: Family,
        has_gateway: bool,
        is_interface: impl Fn(&I, u32) -> bool,
    ) -> bool {
        self.table() == known.table()
            && self.kind == known.kind
            && self.scope(family, has_gateway) == known.scope(family, has_gateway)
            && self.source == known.source
            && self.onlink == known.onlink
            && same_hops(&self.hops, &known.hops, is_interface)
    }
}

/// In any order: the kernel may tell them in another than was said.
fn same_hops<I>(
    wanted: &[Hop<I>],
    known: &[Hop<u32>],
    is_interface: impl Fn(&I, u32) -> bool,
) -> bool {
    let mut left: Vec<_> = known.iter().collect();
    let mut each = wanted.iter().map(|hop| {
        let through = |index: Option<u32>| match (&hop.interface, index) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(interface), Some(index)) => is_interface(interface, index),
        };
        let is = |known: &&Hop<u32>| {
            let said = (hop.gateway, hop.weight, hop.onlink);
            said == (known.gateway, known.weight, known.onlink) && through(known.interface)
        };
        let place = left.iter().position(is);
        place.map(|place| left.swap_remove(place)).is_some()
    });
    wanted.len() == known.len() && each.all(|found| found)
}

/// The scope of a route that names none, as iproute2 has it (`iproute_modify`): IPv4 routes without
/// a gateway are of their link. IPv6 has no scopes.
pub fn usual_scope(family: Family, kind: RouteKind, has_gateway: bool) -> Scope {
    match (family, kind, has_gateway) {
        (Family::Ipv4, RouteKind::Unicast, false) => Scope::Link,
        _ => Scope::Global,
    }
}

/// A table by its number or by the name that every machine has for it (/etc/iproute2/rt_tables).
pub fn read_table(text: &str) -> Result<Option<u32>, String> {
    let number = match text {
        "main" => TABLE_MAIN,
        "default" => TABLE_DEFAULT,
        "local" => TABLE_LOCAL,
        digits => digits
            .parse()
            .map_err(|_| format!("`{digits}` is no routing table: a number, main or default"))?,
    };
    Ok(Some(number).filter(|number| *number != TABLE_MAIN))
}

impl RouteKind {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Unicast,
        Self::Blackhole,
        Self::Unreachable,
        Self::Prohibit,
    ];

    /// What `ip route` calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unicast => "unicast",
            Self::Blackhole => "blackhole",
            Self::Unreachable => "unreachable",
            Self::Prohibit => "prohibit",
        }
    }

    /// That of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Global, Self::Link, Self::Host];

    /// What `ip route` calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Link => "link",
            Self::Host => "host",
        }
    }

    /// That of a name, or of the kernel's number for it.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "0" => Some(Self::Global),
            "253" => Some(Self::Link),
            "254" => Some(Self::Host),
            name => Self::ALL.into_iter().find(|scope| scope.name() == name),
        }
    }
}

impl fmt::Display for RouteKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
