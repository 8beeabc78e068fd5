//! ICMP echo in bytes: requests written, replies and errors read (RFC 792, RFC 4443).

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Bytes of an ICMP header, of both families.
pub(in crate::probe) const HEADER: usize = 8;
/// Bytes of an IPv6 header (RFC 8200, 3).
const IPV6_HEADER: usize = 40;
/// `icmp` and `ipv6-icmp` (IANA protocol numbers).
const PROTOCOL_V4: u8 = 1;
const PROTOCOL_V6: u8 = 58;
/// Longest IPv4 header.
const LONGEST_IPV4_HEADER: usize = 60;
/// Ethernet's header with two VLAN tags, and then some: in copies of what was sent.
const LINK_HEADERS: usize = 32;
/// What an error quotes of the packet it is about fits in this (RFC 1812, 4.3.2.3).
const ROOM_FOR_ERRORS: usize = 1280;

/// The echo requests of one ping.
#[derive(Debug, Clone)]
pub(in crate::probe) struct Echo {
    ipv6: bool,
    /// ICMP identifier.
    pub(in crate::probe) identifier: u16,
    /// First of the data, so that replies to somebody else with the same identifier are told
    /// apart; empty if there is no room for it.
    token: Vec<u8>,
    size: u16,
}

/// What an ICMP packet says, if it is for this ping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::probe) enum Incoming {
    /// An echo reply.
    Reply {
        /// ICMP sequence number.
        sequence: u16,
        /// ICMP bytes.
        bytes: u32,
        /// Time to live, if the bytes tell (IPv4).
        ttl: Option<u8>,
        /// The first byte of data that is not as it was sent, or where it ends before its end.
        corrupted: Option<u32>,
    },
    /// An error about one of the requests.
    Error {
        /// ICMP sequence number of the request.
        sequence: u16,
        /// ICMP type.
        kind: u8,
        /// ICMP code.
        code: u8,
        /// The second word of the ICMP header.
        info: u32,
    },
}

impl Echo {
    pub(in crate::probe) fn new(ipv6: bool, identifier: u16, token: u64, size: u16) -> Self {
        let token = match size {
            8.. => token.to_be_bytes().to_vec(),
            _ => Vec::new(),
        };
        Self {
            ipv6,
            identifier,
            token,
            size,
        }
    }

    /// A request. The checksum is filled in for IPv4; for IPv6, whose checksum covers the
    /// addresses, the kernel does it.
    pub(in crate::probe) fn request(&self, sequence: u16) -> Vec<u8> {
        let kind = if self.ipv6 { 128 } else { 8 };
        let mut packet = vec![kind, 0, 0, 0];
        packet.extend(self.identifier.to_be_bytes());
        packet.extend(sequence.to_be_bytes());
        packet.extend(&self.token);
        let end = HEADER + usize::from(self.size);
        let begin = packet.len() - HEADER;
        packet.extend(filling(begin).take(end.saturating_sub(packet.len())));
        if !self.ipv6 {
            let sum = checksum(&packet).to_be_bytes();
            if let Some(place) = packet.get_mut(2..4) {
                place.copy_from_slice(&sum);
            }
        }
        packet
    }

    /// Reads what a raw socket has received: an IPv4 packet with its header, or an ICMPv6 message
    /// without. `length` is that of the whole, of which `bytes` may be the beginning. `None`: not
    /// for this ping.
    pub(in crate::probe) fn read(&self, bytes: &[u8], length: usize) -> Option<Incoming> {
        if self.ipv6 {
            return self.read_icmp(bytes, length, None);
        }
        let header = ipv4_header(bytes)?;
        let icmp = bytes.get(header..)?;
        let ttl = bytes.get(8).copied();
        self.read_icmp(icmp, length.saturating_sub(header), ttl)
    }

    fn read_icmp(&self, icmp: &[u8], length: usize, ttl: Option<u8>) -> Option<Incoming> {
        let [kind, code, ..] = *icmp.first_chunk::<HEADER>()?;
        match (self.ipv6, kind) {
            (false, 0) | (true, 129) => {
                let sequence = self.sequence(icmp)?;
                let theirs = icmp.get(HEADER..)?;
                theirs.starts_with(&self.token).then(|| Incoming::Reply {
                    sequence,
                    bytes: u32::try_from(length).unwrap_or(u32::MAX),
                    ttl,
                    corrupted: self.difference(theirs),
                })
            }
            (false, 3 | 4 | 5 | 11 | 12) | (true, 1..=4) => Some(Incoming::Error {
                sequence: self.quoted(icmp.get(HEADER..)?)?,
                kind,
                code,
                info: u32::from_be_bytes(*icmp.get(4..)?.first_chunk()?),
            }),
            _ => None,
        }
    }

    /// Where the data of a reply is not that of its request.
    fn difference(&self, theirs: &[u8]) -> Option<u32> {
        let ours = self.token.iter().copied().chain(filling(self.token.len()));
        let ours = ours.take(self.size.into());
        let same = ours
            .zip(theirs)
            .take_while(|(ours, theirs)| ours == *theirs);
        let same = same.count();
        (same < usize::from(self.size)).then(|| u32::try_from(same).unwrap_or(u32::MAX))
    }

    /// The sequence number of a request that the kernel has sent, from its copy of the packet,
    /// whose lower layers' headers come first: of `length` bytes in all.
    pub(in crate::probe) fn read_sent(&self, bytes: &[u8], length: usize) -> Option<u16> {
        let begin = length.checked_sub(HEADER + usize::from(self.size))?;
        let icmp = bytes.get(begin..)?;
        let request = if self.ipv6 { 128 } else { 8 };
        let ours = icmp.get(HEADER..)?.starts_with(&self.token);
        let kind = *icmp.first()?;
        (ours && kind == request)
            .then(|| self.sequence(icmp))
            .flatten()
    }

    /// The sequence number of one of our requests that an error quotes.
    fn quoted(&self, packet: &[u8]) -> Option<u16> {
        let (header, protocol, ours, request) = match self.ipv6 {
            false => (ipv4_header(packet)?, *packet.get(9)?, PROTOCOL_V4, 8),
            true => (IPV6_HEADER, *packet.get(6)?, PROTOCOL_V6, 128),
        };
        let icmp = packet.get(header..)?;
        if protocol == ours && *icmp.first()? == request {
            self.sequence(icmp)
        } else {
            None
        }
    }

    /// The sequence number of an echo message, if it has our identifier.
    fn sequence(&self, icmp: &[u8]) -> Option<u16> {
        let [_, _, _, _, i, d, s, q] = *icmp.first_chunk::<HEADER>()?;
        let ours = u16::from_be_bytes([i, d]) == self.identifier;
        ours.then_some(u16::from_be_bytes([s, q]))
    }
}

/// An error about a packet of TCP or UDP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::probe) struct TransportError {
    /// ICMP type.
    pub(in crate::probe) kind: u8,
    /// ICMP code.
    pub(in crate::probe) code: u8,
    /// The second word of the ICMP header.
    pub(in crate::probe) info: u32,
    /// Protocol of the packet that it quotes (IANA protocol numbers).
    pub(in crate::probe) protocol: u8,
    /// Where that packet came from.
    pub(in crate::probe) source: SocketAddr,
    /// Where it went to.
    pub(in crate::probe) destination: SocketAddr,
}

/// Reads what a raw socket has received, if it is an error about a packet of TCP or UDP that is
/// quoted with its ports.
pub(in crate::probe) fn transport_error(ipv6: bool, bytes: &[u8]) -> Option<TransportError> {
    let icmp = match ipv6 {
        true => bytes,
        false => bytes.get(ipv4_header(bytes)?..)?,
    };
    let [kind, code, ..] = *icmp.first_chunk::<HEADER>()?;
    let info = u32::from_be_bytes(*icmp.get(4..)?.first_chunk()?);
    let quoted = icmp.get(HEADER..)?;
    let (header, protocol, source, destination): (usize, u8, IpAddr, IpAddr) = match ipv6 {
        false => {
            let source: [u8; 4] = *quoted.get(12..)?.first_chunk()?;
            let destination: [u8; 4] = *quoted.get(16..)?.first_chunk()?;
            let header = ipv4_header(quoted)?;
            (header, *quoted.get(9)?, source.into(), destination.into())
        }
        true => {
            let source: [u8; 16] = *quoted.get(8..)?.first_chunk()?;
            let destination: [u8; 16] = *quoted.get(24..)?.first_chunk()?;
            (
                IPV6_HEADER,
                *quoted.get(6)?,
                source.into(),
                destination.into(),
            )
        }
    };
    let [a, b, c, d] = *quoted.get(header..)?.first_chunk::<4>()?;
    Some(TransportError {
        kind,
        code,
        info,
        protocol,
        source: SocketAddr::new(source, u16::from_be_bytes([a, b])),
        destination: SocketAddr::new(destination, u16::from_be_bytes([c, d])),
    })
}

/// Data as iputils fills them, from a place on: each byte is its place.
fn filling(begin: usize) -> impl Iterator<Item = u8> {
    (begin..).map(|place| (place & 0xff) as u8)
}

/// How much room a packet for a ping with that much data needs.
pub(in crate::probe) fn buffer_size(size: u16) -> usize {
    LINK_HEADERS + LONGEST_IPV4_HEADER + HEADER + usize::from(size).max(ROOM_FOR_ERRORS)
}

/// The address in the second word of a redirect.
pub(in crate::probe) fn gateway(info: u32) -> Ipv4Addr {
    Ipv4Addr::from_bits(info)
}

/// Length of the IPv4 header that `packet` begins with.
fn ipv4_header(packet: &[u8]) -> Option<usize> {
    let first = packet.first()?;
    (first >> 4 == 4).then_some(usize::from(first & 15) * 4)
}

/// The internet checksum (RFC 1071).
fn checksum(bytes: &[u8]) -> u16 {
    let words = bytes.chunks(2).map(|pair| match *pair {
        [high, low] => u64::from(u16::from_be_bytes([high, low])),
        [high] => u64::from(high) << 8,
        _ => 0,
    });
    let mut sum: u64 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn echo(ipv6: bool) -> Echo {
        Echo::new(ipv6, 0x1234, 0x0102_0304_0506_0708, 56)
    }

    /// An IPv4 header without options, of a packet with that protocol.
    fn ipv4(protocol: u8, payload: &[u8]) -> Vec<u8> {
        let mut packet = vec![0x45, 0, 0, 0, 0, 0, 0, 0, 63, protocol, 0, 0];
        packet.extend([10, 0, 0, 2, 10, 0, 0, 1]);
        packet.extend(payload);
        packet
    }

    fn ipv6(next: u8, payload: &[u8]) -> Vec<u8> {
        let mut packet = vec![0x60, 0, 0, 0, 0, 0, next, 64];
        packet.extend([0; 32]);
        packet.extend(payload);
        packet
    }

    fn answer(kind: u8, request: &[u8]) -> Vec<u8> {
        let mut reply = request.to_vec();
        reply[0] = kind;
        reply
    }

    fn error(kind: u8, code: u8, info: u32, quoted: &[u8]) -> Vec<u8> {
        let mut packet = vec![kind, code, 0, 0];
        packet.extend(info.to_be_bytes());
        packet.extend(quoted);
        packet
    }

    #[test]
    fn a_request_has_a_right_checksum() {
        let request = echo(false).request(7);
        assert_eq!(request.len(), 64);
        // A packet with its checksum in it sums to all ones (RFC 1071, 1).
        assert_eq!(checksum(&request), 0);
        let odd = Echo::new(false, 1, 2, 3).request(1);
        assert_eq!((odd.len(), checksum(&odd)), (11, 0));
    }

    #[test]
    fn replies_are_recognised() {
        let reply = |sequence, ttl| {
            Some(Incoming::Reply {
                sequence,
                bytes: 64,
                ttl,
                corrupted: None,
            })
        };
        let packet = ipv4(1, &answer(0, &echo(false).request(65_535)));
        let read = echo(false).read(&packet, packet.len());
        assert_eq!(read, reply(65_535, Some(63)));
        let packet = answer(129, &echo(true).request(1));
        assert_eq!(echo(true).read(&packet, packet.len()), reply(1, None));
    }

    #[test]
    fn other_data_is_noticed() {
        let mut packet = ipv4(1, &answer(0, &echo(false).request(1)));
        packet[20 + HEADER + 30] ^= 1;
        let Some(Incoming::Reply { corrupted, .. }) = echo(false).read(&packet, packet.len())
        else {
            panic!("no reply");
        };
        assert_eq!(corrupted, Some(30));
        packet.truncate(20 + HEADER + 20);
        let short = echo(false).read(&packet, packet.len());
        assert!(
            matches!(
                short,
                Some(Incoming::Reply {
                    corrupted: Some(20),
                    ..
                })
            ),
            "{short:?}"
        );
    }

    #[test]
    fn copies_of_requests_are_recognised() {
        for ipv6 in [false, true] {
            let request = echo(ipv6).request(700);
            let mut copy = vec![0; 14 + 40];
            copy.extend(&request);
            assert_eq!(echo(ipv6).read_sent(&copy, copy.len()), Some(700));
            assert_eq!(echo(ipv6).read_sent(&copy, copy.len() - 1), None);
            assert_eq!(echo(!ipv6).read_sent(&copy, copy.len()), None);
            assert_eq!(echo(ipv6).read_sent(&request, 3), None);
        }
    }

    #[test]
    fn replies_to_others_are_not() {
        for other in [
            Echo::new(false, 0x1235, 0x0102_0304_0506_0708, 56),
            Echo::new(false, 0x1234, 0x0102_0304_0506_0709, 56),
        ] {
            let packet = ipv4(1, &answer(0, &other.request(1)));
            assert_eq!(echo(false).read(&packet, packet.len()), None);
        }
        // Our own request, seen on the loopback.
        let packet = ipv4(1, &echo(false).request(1));
        assert_eq!(echo(false).read(&packet, packet.len()), None);
    }

    #[test]
    fn errors_are_matched_by_what_they_quote() {
        let request = echo(false).request(9);
        // Eight bytes of the request are all that RFC 792 promises.
        let quoted = ipv4(1, &request[..8]);
        let packet = ipv4(1, &error(3, 4, 1400, &quoted));
        let expected = Incoming::Error {
            sequence: 9,
            kind: 3,
            code: 4,
            info: 1400,
        };
        assert_eq!(echo(false).read(&packet, packet.len()), Some(expected));
        let udp = ipv4(1, &error(3, 3, 0, &ipv4(17, &request)));
        assert_eq!(echo(false).read(&udp, udp.len()), None);

        let quoted = ipv6(58, &echo(true).request(2));
        let packet = error(1, 3, 0, &quoted);
        let expected = Incoming::Error {
            sequence: 2,
            kind: 1,
            code: 3,
            info: 0,
        };
        assert_eq!(echo(true).read(&packet, packet.len()), Some(expected));
    }

    #[test]
    fn cut_packets_are_no_panic() {
        let v4 = ipv4(1, &error(11, 0, 0, &ipv4(1, &echo(false).request(9))));
        let v6 = error(3, 0, 0, &ipv6(58, &echo(true).request(9)));
        for end in 0..v4.len() {
            let _ = echo(false).read(&v4[..end], end);
        }
        for end in 0..v6.len() {
            let _ = echo(true).read(&v6[..end], end);
        }
        assert!(echo(false).read(&v4, v4.len()).is_some());
        assert!(echo(true).read(&v6, v6.len()).is_some());
    }
}
