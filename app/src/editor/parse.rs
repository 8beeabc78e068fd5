//! What people type into fields, read.

use std::net::IpAddr;

use ipnet::IpNet;
use topology::InterfaceId;
use topology::address::Family;
use topology::document::Route;
use topology::route::{RouteKind, RouteOptions, read_table};

/// An MTU; an empty field is the kernel's own. The document checks the limits.
pub(crate) fn mtu(text: &str) -> Result<Option<u32>, String> {
    match text.trim() {
        "" => Ok(None),
        digits => digits
            .parse()
            .map(Some)
            .map_err(|_| format!("`{digits}` is not a number of bytes")),
    }
}

/// A route from the fields of its row.
pub(crate) fn route(
    destination: &str,
    gateway: &str,
    interface: Option<InterfaceId>,
    metric: &str,
    options: RouteOptions<InterfaceId>,
) -> Result<Route, String> {
    let gateway = self::gateway(gateway)?;
    let mut hops = options.hops.iter().filter_map(|hop| hop.gateway);
    let destination = self::destination(destination, gateway.or_else(|| hops.next()))?;
    let metric = match metric.trim() {
        "" => None,
        digits => Some(
            digits
                .parse()
                .map_err(|_| format!("`{digits}` is not a metric: a number from 0"))?,
        ),
    };
    let needs_next_hop = options.kind == RouteKind::Unicast && options.hops.is_empty();
    if needs_next_hop && gateway.is_none() && interface.is_none() {
        return Err("A route needs a gateway (via) or an interface (dev)".into());
    }
    Ok(Route {
        destination,
        gateway,
        interface,
        metric,
        options,
    })
}

/// A routing table; an empty field is the main one.
pub(crate) fn table(text: &str) -> Result<Option<u32>, String> {
    match text.trim() {
        "" => Ok(None),
        text => read_table(text),
    }
}

/// The source address of a route; an empty field leaves it to the kernel.
pub(crate) fn source(text: &str) -> Result<Option<IpAddr>, String> {
    match text.trim() {
        "" => Ok(None),
        text => text
            .parse()
            .map(Some)
            .map_err(|_| format!("`{text}` is not an address of this namespace")),
    }
}

fn gateway(text: &str) -> Result<Option<IpAddr>, String> {
    match text.trim() {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| {
            format!("`{text}` is not the address of a gateway: write it like 10.0.0.254")
        }),
    }
}

/// `default` is that of the gateway's family; a lone address is a host route. The document refuses
/// host bits, with what may be meant.
fn destination(text: &str, gateway: Option<IpAddr>) -> Result<IpNet, String> {
    match text.trim() {
        "" => Err("Where to? Write a network like 10.1.0.0/24, or default".into()),
        "default" => Ok(gateway
            .map_or(Family::Ipv4, Family::of)
            .default_destination()),
        text => text
            .parse::<IpNet>()
            .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
            .map_err(|_| {
                format!("`{text}` is not a network: write it like 10.1.0.0/24, or default")
            }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn none() -> RouteOptions<InterfaceId> {
        RouteOptions::default()
    }

    #[test]
    fn routes_as_people_write_them() {
        let text = |d: &str, g: &str| route(d, g, Some(InterfaceId(1)), "", none());
        let read = text("default", "10.0.0.254").unwrap();
        assert_eq!(read.destination.to_string(), "0.0.0.0/0");
        assert_eq!(
            text("default", "fd00::1").unwrap().destination.to_string(),
            "::/0"
        );
        assert_eq!(
            text("10.1.0.7/24", "").unwrap().destination.to_string(),
            "10.1.0.7/24"
        );
        assert_eq!(
            text("10.1.0.7", "").unwrap().destination.to_string(),
            "10.1.0.7/32"
        );
        assert_eq!(
            route("default", "10.0.0.1", None, " 50 ", none())
                .unwrap()
                .metric,
            Some(50)
        );
    }

    #[test]
    fn mistakes_are_named() {
        assert!(route("", "10.0.0.1", None, "", none()).is_err());
        assert!(
            route("10.1.0.0/24", "", None, "", none())
                .unwrap_err()
                .contains("via")
        );
        let why = route("default", "gw", None, "", none()).unwrap_err();
        assert!(why.contains("gw"));
        assert!(route("default", "10.0.0.1", None, "-1", none()).is_err());
        let blackhole = RouteOptions {
            kind: RouteKind::Blackhole,
            ..none()
        };
        assert!(route("10.1.0.0/24", "", None, "", blackhole).is_ok());
        assert!(table("x").unwrap_err().contains("`x`"));
        assert_eq!(table("main"), Ok(None));
        assert!(mtu("9k").is_err());
        assert_eq!(mtu(" "), Ok(None));
        assert_eq!(mtu("1400"), Ok(Some(1400)));
    }
}
