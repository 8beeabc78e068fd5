//! The shape of the text, version 1.

use indexmap::IndexMap;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use serde_saphyr::{FlowMap, FlowSeq, Location, Spanned};

use super::rule;
use super::settings::Said;
use super::settings::Settings;
use crate::address::Family;
use crate::route::{RouteKind, Scope};

/// The one key that every version has.
#[derive(Deserialize)]
pub(super) struct Version {
    pub(super) netyard: Spanned<u32>,
}

/// A lab.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lab {
    pub(super) netyard: u32,
    #[serde(default = "untitled", skip_serializing_if = "is_untitled")]
    pub(super) title: Spanned<String>,
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub(super) namespaces: IndexMap<String, Spanned<Option<Namespace>>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) links: Vec<Spanned<Link>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) expect: Vec<Spanned<String>>,
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub(super) layout: IndexMap<String, Spanned<FlowSeq<[Coordinate; 2]>>>,
}

/// What no text says stands nowhere.
pub(super) fn spanned<T>(value: T) -> Spanned<T> {
    Spanned::new(value, Location::UNKNOWN, Location::UNKNOWN)
}

fn untitled() -> Spanned<String> {
    spanned(String::new())
}

fn is_untitled(title: &Spanned<String>) -> bool {
    title.value.is_empty()
}

/// A namespace; `host` may be given too.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Namespace {
    #[serde(skip_serializing_if = "is_empty")]
    pub(super) forwarding: FlowSeq<Vec<Spanned<Family>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) loopback: Option<FlowMap<Settings>>,
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub(super) bridges: IndexMap<String, Spanned<Option<FlowMap<Settings>>>>,
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub(super) interfaces: IndexMap<String, Spanned<FlowMap<Settings>>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) routes: Vec<Spanned<FlowMap<Route>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) firewall: Option<Spanned<String>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) rules: Vec<Spanned<FlowMap<rule::Rule>>>,
    #[serde(skip_serializing_if = "Said::is_empty")]
    pub(super) sysctl: Said,
    /// Of the host only.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) uplink: bool,
    #[serde(skip_serializing_if = "is_empty")]
    pub(super) serve: FlowSeq<Vec<Spanned<String>>>,
}

impl Default for Namespace {
    fn default() -> Self {
        Self {
            forwarding: FlowSeq(Vec::new()),
            loopback: None,
            bridges: IndexMap::new(),
            interfaces: IndexMap::new(),
            routes: Vec::new(),
            firewall: None,
            rules: Vec::new(),
            sysctl: Said::new(),
            uplink: false,
            serve: FlowSeq(Vec::new()),
        }
    }
}

fn is_empty<T>(list: &FlowSeq<Vec<T>>) -> bool {
    list.0.is_empty()
}

/// In canvas units, written without a fraction if it has none.
#[derive(Clone, Copy, Deserialize)]
#[serde(transparent)]
pub(super) struct Coordinate(pub(super) f64);

impl Serialize for Coordinate {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Documents end at ±1,000,000.
        let whole = self.0 as i32;
        match f64::from(whole) == self.0 {
            true => serializer.serialize_i32(whole),
            false => serializer.serialize_f64(self.0),
        }
    }
}

/// A veth pair: its two ends, each as `NAMESPACE/INTERFACE`.
pub(super) type Link = IndexMap<String, Spanned<Option<FlowMap<Settings>>>>;

/// A static route.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Route {
    /// A network, or `default` if `via` tells the family.
    pub(super) to: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) via: Option<std::net::IpAddr>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) dev: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) metric: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) table: Option<u32>,
    #[serde(default, rename = "type", skip_serializing_if = "is_usual")]
    pub(super) kind: RouteKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) scope: Option<Scope>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) src: Option<std::net::IpAddr>,
    #[serde(default, skip_serializing_if = "is_usual")]
    pub(super) onlink: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) nexthops: Vec<Hop>,
}

/// A next hop of a multipath route.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Hop {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) via: Option<std::net::IpAddr>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) dev: Option<String>,
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub(super) weight: u8,
    #[serde(default, skip_serializing_if = "is_usual")]
    pub(super) onlink: bool,
}

fn one() -> u8 {
    1
}

fn is_one(weight: &u8) -> bool {
    *weight == 1
}

fn is_usual<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// The network of a route's `to`.
pub(super) fn destination(route: &Route) -> Result<IpNet, String> {
    if route.to == "default" {
        let gateways = route.nexthops.iter().map(|hop| hop.via);
        let family = std::iter::once(route.via)
            .chain(gateways)
            .flatten()
            .next()
            .map(Family::of)
            .ok_or("`default` without `via`: write 0.0.0.0/0 or ::/0")?;
        return Ok(family.default_destination());
    }
    if let Ok(address) = route.to.parse::<std::net::IpAddr>() {
        return Ok(IpNet::from(address));
    }
    route
        .to
        .parse()
        .map_err(|_| format!("`{}` is no network: write it like 10.1.0.0/16", route.to))
}
