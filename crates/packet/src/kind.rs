//! What sort of packet a record is: for the colour of a row and its short columns.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::bytes::{array, u16_at};
use crate::numbers::ethertype::{ARP, IPV4, IPV6, QINQ, RARP, VLAN, VLAN_9100, VLAN_9200};
use crate::{LinkType, View};

/// The sort of a packet, from the outermost layer that says something about the network's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// ARP or RARP.
    Arp,
    /// ICMP for IPv4: echo and other messages that report no error.
    Icmp,
    /// ICMP for IPv6, including neighbour discovery, that reports no error.
    Icmpv6,
    /// An error reported by ICMP of either version: unreachable, time exceeded, packet too big, ...
    IcmpError,
    /// IGMP or multicast listener discovery.
    Multicast,
    /// TCP.
    Tcp,
    /// TCP that opens or closes a conversation (SYN, FIN).
    TcpControl,
    /// TCP that refuses or aborts a conversation (RST).
    TcpReset,
    /// UDP of no known use.
    Udp,
    /// DNS or multicast DNS.
    Dns,
    /// DHCP of either version.
    Dhcp,
    /// Spanning tree.
    Stp,
    /// Something else.
    Other,
    /// A packet that contradicts itself, or that is cut short before its headers end.
    Malformed,
}

/// A record in short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Its sort.
    pub kind: Kind,
    /// The IP address, or the one that ARP says, of the sender.
    pub source: Option<IpAddr>,
    /// The IP address, or the one that ARP says, of the receiver.
    pub destination: Option<IpAddr>,
}

/// The sort of a record.
#[must_use]
pub fn kind<'a>(link: LinkType, record: impl Into<View<'a>>) -> Kind {
    summary(link, record).kind
}

/// A record in short. It looks no deeper than the first transport header.
#[must_use]
pub fn summary<'a>(link: LinkType, record: impl Into<View<'a>>) -> Summary {
    let mut summary = Summary {
        kind: Kind::Malformed,
        source: None,
        destination: None,
    };
    if let Some(kind) = look(link, record.into().data, &mut summary) {
        summary.kind = kind;
    }
    summary
}

/// `None` if the bytes end too early or contradict themselves.
fn look(link: LinkType, data: &[u8], summary: &mut Summary) -> Option<Kind> {
    let (ethertype, payload) = match link {
        LinkType::Ethernet => {
            let mut rest = data.get(12..)?;
            let mut ethertype = u16_at(rest, 0)?;
            while matches!(ethertype, VLAN | QINQ | VLAN_9100 | VLAN_9200) {
                rest = rest.get(4..)?;
                ethertype = u16_at(rest, 0)?;
            }
            (ethertype, rest.get(2..)?)
        }
        LinkType::LinuxSll => (u16_at(data, 14)?, data.get(16..)?),
        LinkType::LinuxSll2 => (u16_at(data, 0)?, data.get(20..)?),
        LinkType::Null | LinkType::Loop => return ip(data.get(4..)?, summary),
        LinkType::RawIp | LinkType::Ipv4 | LinkType::Ipv6 => return ip(data, summary),
        LinkType::Other(_) => return Some(Kind::Other),
    };
    match ethertype {
        IPV4 | IPV6 => ip(payload, summary),
        ARP | RARP => {
            if let (0x0800, Some(4)) = (u16_at(payload, 2)?, payload.get(5)) {
                let hardware = usize::from(*payload.get(4)?);
                summary.source = Some(ipv4_at(payload, 8 + hardware)?);
                summary.destination = Some(ipv4_at(payload, 12 + 2 * hardware)?);
            }
            Some(Kind::Arp)
        }
        // A length: 802.2 with the access points of the spanning tree.
        0..=1500 if payload.starts_with(&[0x42, 0x42, 0x03]) => Some(Kind::Stp),
        _ => Some(Kind::Other),
    }
}

fn ip(data: &[u8], summary: &mut Summary) -> Option<Kind> {
    let first = *data.first()?;
    match first >> 4 {
        4 => {
            let header = usize::from(first & 0xf) * 4;
            let total = usize::from(u16_at(data, 2)?);
            summary.source = Some(ipv4_at(data, 12)?);
            summary.destination = Some(ipv4_at(data, 16)?);
            if header < 20 || total < header {
                return None;
            }
            let protocol = *data.get(9)?;
            // A later fragment has no transport header.
            if u16_at(data, 6)? & 0x1fff != 0 {
                return Some(of_protocol(protocol));
            }
            transport(protocol, data.get(header..)?)
        }
        6 => {
            summary.source = Some(ipv6_at(data, 8)?);
            summary.destination = Some(ipv6_at(data, 24)?);
            let mut protocol = *data.get(6)?;
            let mut rest = data.get(40..)?;
            loop {
                let size = match protocol {
                    0 | 43 | 60 => (usize::from(*rest.get(1)?) + 1) * 8,
                    44 if u16_at(rest, 2)? & 0xfff8 != 0 => {
                        return Some(of_protocol(*rest.first()?));
                    }
                    44 => 8,
                    _ => return transport(protocol, rest),
                };
                protocol = *rest.first()?;
                rest = rest.get(size..)?;
            }
        }
        _ => None,
    }
}

/// The sort of a packet of which only the protocol number is known.
fn of_protocol(protocol: u8) -> Kind {
    match protocol {
        1 => Kind::Icmp,
        2 => Kind::Multicast,
        6 => Kind::Tcp,
        17 => Kind::Udp,
        58 => Kind::Icmpv6,
        _ => Kind::Other,
    }
}

fn transport(protocol: u8, data: &[u8]) -> Option<Kind> {
    Some(match protocol {
        1 => match data.first()? {
            3 | 4 | 5 | 11 | 12 => Kind::IcmpError,
            _ => Kind::Icmp,
        },
        58 => match data.first()? {
            1..=4 => Kind::IcmpError,
            130..=132 | 143 => Kind::Multicast,
            _ => Kind::Icmpv6,
        },
        6 => {
            let flags = *data.get(13)?;
            let header = data.get(12)? >> 4;
            match flags {
                _ if header < 5 => return None,
                _ if flags & 0x04 != 0 => Kind::TcpReset,
                _ if flags & 0x03 != 0 => Kind::TcpControl,
                _ => Kind::Tcp,
            }
        }
        17 => {
            let ports = [u16_at(data, 0)?, u16_at(data, 2)?];
            let length = u16_at(data, 4)?;
            match ports {
                _ if length != 0 && length < 8 => return None,
                _ if ports.iter().any(|port| matches!(port, 53 | 5353)) => Kind::Dns,
                _ if ports.iter().any(|port| matches!(port, 67 | 68 | 546 | 547)) => Kind::Dhcp,
                _ => Kind::Udp,
            }
        }
        _ => of_protocol(protocol),
    })
}

fn ipv4_at(data: &[u8], at: usize) -> Option<IpAddr> {
    array::<4>(data, at).map(IpAddr::from)
}

fn ipv6_at(data: &[u8], at: usize) -> Option<IpAddr> {
    array::<16>(data, at).map(IpAddr::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;

    fn ethernet(bytes: &[u8]) -> Summary {
        let view = View {
            at: Timestamp(0),
            length: bytes.len() as u32,
            data: bytes,
        };
        summary(LinkType::Ethernet, view)
    }

    /// An Ethernet frame with an IPv4 packet of `protocol`, 10.0.0.1 to 10.0.0.2.
    fn ipv4(protocol: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x08, 0x00];
        bytes.extend([
            0x45,
            0,
            0,
            20 + payload.len() as u8,
            0,
            1,
            0,
            0,
            64,
            protocol,
            0,
            0,
        ]);
        bytes.extend([10, 0, 0, 1, 10, 0, 0, 2]);
        bytes.extend(payload);
        bytes
    }

    fn tcp(flags: u8) -> Kind {
        let segment = [
            0, 80, 4, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, flags, 0, 0, 0, 0, 0, 0,
        ];
        ethernet(&ipv4(6, &segment)).kind
    }

    #[test]
    fn kinds_of_tcp() {
        assert_eq!(tcp(0x10), Kind::Tcp);
        assert_eq!(tcp(0x12), Kind::TcpControl);
        assert_eq!(tcp(0x11), Kind::TcpControl);
        assert_eq!(tcp(0x14), Kind::TcpReset);
    }

    #[test]
    fn kinds_of_ipv4_with_addresses() {
        let summary = ethernet(&ipv4(1, &[8, 0, 0, 0, 0, 1, 0, 1]));
        assert_eq!(summary.kind, Kind::Icmp);
        assert_eq!(summary.source, Some(IpAddr::from([10, 0, 0, 1])));
        assert_eq!(summary.destination, Some(IpAddr::from([10, 0, 0, 2])));
        assert_eq!(
            ethernet(&ipv4(1, &[3, 1, 0, 0, 0, 0, 0, 0])).kind,
            Kind::IcmpError
        );
        assert_eq!(
            ethernet(&ipv4(17, &[0, 53, 0x9c, 0x40, 0, 8, 0, 0])).kind,
            Kind::Dns
        );
        assert_eq!(
            ethernet(&ipv4(17, &[0, 68, 0, 67, 0, 8, 0, 0])).kind,
            Kind::Dhcp
        );
        assert_eq!(
            ethernet(&ipv4(17, &[0x9c, 0x40, 0x9c, 0x41, 0, 8, 0, 0])).kind,
            Kind::Udp
        );
        assert_eq!(ethernet(&ipv4(2, &[0x16, 0, 0, 0])).kind, Kind::Multicast);
        assert_eq!(ethernet(&ipv4(89, &[])).kind, Kind::Other);
    }

    #[test]
    fn arp_behind_a_vlan_tag() {
        let mut bytes = vec![0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1];
        bytes.extend([0x81, 0x00, 0x00, 0x0a, 0x08, 0x06]);
        bytes.extend([0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1]);
        bytes.extend([0, 0, 0, 0, 0, 0, 10, 0, 0, 2]);
        let summary = ethernet(&bytes);
        assert_eq!(summary.kind, Kind::Arp);
        assert_eq!(summary.destination, Some(IpAddr::from([10, 0, 0, 2])));
    }

    #[test]
    fn cut_short_is_malformed() {
        let whole = ipv4(6, &[0; 20]);
        for length in 0..whole.len() {
            assert_eq!(
                ethernet(whole.get(..length).unwrap_or_default()).kind,
                Kind::Malformed
            );
        }
    }
}
