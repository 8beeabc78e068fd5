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

/// A route of what its fields say.
pub(crate) fn route(
    destination: IpNet,
    gateway: Option<IpAddr>,
    interface: Option<InterfaceId>,
    metric: Option<u32>,
    options: RouteOptions<InterfaceId>,
) -> Result<Route, String> {
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

/// The metric of a route; an empty field is the kernel's own.
pub(crate) fn metric(text: &str) -> Result<Option<u32>, String> {
    match text.trim() {
        "" => Ok(None),
        digits => digits
            .parse()
            .map(Some)
            .map_err(|_| format!("`{digits}` is not a metric: a number from 0")),
    }
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

/// The gateway of a route; an empty field is none.
pub(crate) fn gateway(text: &str) -> Result<Option<IpAddr>, String> {
    match text.trim() {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| {
            format!("`{text}` is not the address of a gateway: write it like 10.0.0.254")
        }),
    }
}

/// `default` is that of the gateway's family; a lone address is a host route. The document refuses
/// host bits, with what may be meant.
pub(crate) fn destination(text: &str, gateway: Option<IpAddr>) -> Result<IpNet, String> {
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
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn none() -> RouteOptions<InterfaceId> {
        RouteOptions::default()
    }

    #[test]
    fn routes_as_people_write_them() {
        let text = |d: &str, g: &str| destination(d, gateway(g).unwrap()).unwrap().to_string();
        assert_eq!(text("default", "10.0.0.254"), "0.0.0.0/0");
        assert_eq!(text("default", "fd00::1"), "::/0");
        assert_eq!(text("10.1.0.7/24", ""), "10.1.0.7/24");
        assert_eq!(text("10.1.0.7", ""), "10.1.0.7/32");
        assert_eq!(metric(" 50 "), Ok(Some(50)));
        assert_eq!(metric(""), Ok(None));
    }

    #[test]
    fn mistakes_are_named() {
        assert!(destination("", None).is_err());
        let to = destination("10.1.0.0/24", None).unwrap();
        let nowhere = |options| route(to, None, None, None, options);
        assert!(nowhere(none()).unwrap_err().contains("via"));
        assert!(gateway("gw").unwrap_err().contains("gw"));
        assert!(metric("-1").is_err());
        let blackhole = RouteOptions {
            kind: RouteKind::Blackhole,
            ..none()
        };
        assert!(nowhere(blackhole).is_ok());
        assert!(table("x").unwrap_err().contains("`x`"));
        assert_eq!(table("main"), Ok(None));
        assert!(mtu("9k").is_err());
        assert_eq!(mtu(" "), Ok(None));
        assert_eq!(mtu("1400"), Ok(Some(1400)));
    }
}
