//! Makes packets, layer by layer, with right lengths and checksums unless a test spoils them.

pub(crate) const RED: [u8; 4] = [10, 0, 0, 1];
pub(crate) const BLUE: [u8; 4] = [10, 0, 0, 2];
pub(crate) const RED6: [u8; 16] = [0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
pub(crate) const BLUE6: [u8; 16] = [0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];
pub(crate) const LINK_LOCAL: [u8; 16] =
    [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe, 0, 0, 1];
pub(crate) const ALL_NODES: [u8; 16] = [0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];

/// Puts parts one after the other.
pub(crate) fn join(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

pub(crate) fn ethernet(ethertype: u16, payload: &[u8]) -> Vec<u8> {
    let ends = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
    join(&[&ends, &ethertype.to_be_bytes(), payload])
}

/// An 802.3 frame with an 802.2 payload.
pub(crate) fn ieee(payload: &[u8]) -> Vec<u8> {
    ethernet(payload.len() as u16, payload)
}

pub(crate) fn checksum(bytes: &[u8]) -> [u8; 2] {
    let mut sum = 0u32;
    for pair in bytes.chunks(2) {
        sum += u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0));
    }
    while sum > 0xffff {
        sum = (sum >> 16) + (sum & 0xffff);
    }
    (!(sum as u16)).to_be_bytes()
}

/// Sets the checksum at `at` of a message that starts the bytes.
pub(crate) fn sealed(mut bytes: Vec<u8>, at: usize) -> Vec<u8> {
    let sum = checksum(&bytes);
    bytes[at..at + 2].copy_from_slice(&sum);
    bytes
}

/// The fields of an IPv4 header that tests vary.
#[derive(Clone)]
pub(crate) struct Ipv4 {
    pub(crate) tos: u8,
    pub(crate) fragment: u16,
    pub(crate) ttl: u8,
    pub(crate) options: Vec<u8>,
    pub(crate) source: [u8; 4],
    pub(crate) destination: [u8; 4],
}

impl Default for Ipv4 {
    fn default() -> Self {
        Self {
            tos: 0,
            fragment: 0x4000,
            ttl: 64,
            options: vec![],
            source: RED,
            destination: BLUE,
        }
    }
}

impl Ipv4 {
    pub(crate) fn packet(&self, protocol: u8, payload: &[u8]) -> Vec<u8> {
        let header = 20 + self.options.len();
        let length = ((header + payload.len()) as u16).to_be_bytes();
        let fragment = self.fragment.to_be_bytes();
        let start = [
            0x40 | (header / 4) as u8,
            self.tos,
            length[0],
            length[1],
            0x12,
            0x34,
            fragment[0],
            fragment[1],
            self.ttl,
            protocol,
            0,
            0,
        ];
        let header = join(&[&start, &self.source, &self.destination, &self.options]);
        join(&[&sealed(header, 10), payload])
    }

    pub(crate) fn frame(&self, protocol: u8, payload: &[u8]) -> Vec<u8> {
        ethernet(0x0800, &self.packet(protocol, payload))
    }

    fn pseudo(&self, protocol: u8, length: usize) -> Vec<u8> {
        join(&[
            &self.source,
            &self.destination,
            &[0, protocol],
            &(length as u16).to_be_bytes(),
        ])
    }

    /// A frame whose payload's checksum at `at` covers the addresses.
    pub(crate) fn sealed(&self, protocol: u8, payload: &[u8], at: usize) -> Vec<u8> {
        let sum = checksum(&join(&[&self.pseudo(protocol, payload.len()), payload]));
        let mut payload = payload.to_vec();
        payload[at..at + 2].copy_from_slice(&sum);
        self.frame(protocol, &payload)
    }
}

pub(crate) fn ipv4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    Ipv4::default().frame(protocol, payload)
}

/// An IPv6 packet with any addresses.
pub(crate) fn ipv6_between(
    source: [u8; 16],
    destination: [u8; 16],
    next: u8,
    payload: &[u8],
) -> Vec<u8> {
    let length = (payload.len() as u16).to_be_bytes();
    let start = [0x60, 0, 0, 0, length[0], length[1], next, 255];
    join(&[&start, &source, &destination, payload])
}

pub(crate) fn ipv6(next: u8, payload: &[u8]) -> Vec<u8> {
    ethernet(0x86dd, &ipv6_between(RED6, BLUE6, next, payload))
}

/// A frame with an IPv6 packet whose payload's checksum at `at` covers the addresses.
pub(crate) fn ipv6_sealed(
    source: [u8; 16],
    destination: [u8; 16],
    next: u8,
    payload: &[u8],
    at: usize,
) -> Vec<u8> {
    let length = (payload.len() as u32).to_be_bytes();
    let sum = checksum(&join(&[
        &source,
        &destination,
        &length,
        &[0, 0, 0, next],
        payload,
    ]));
    let mut payload = payload.to_vec();
    payload[at..at + 2].copy_from_slice(&sum);
    ethernet(0x86dd, &ipv6_between(source, destination, next, &payload))
}

/// An ICMPv6 frame from a link-local address to all nodes.
pub(crate) fn icmpv6(message: &[u8]) -> Vec<u8> {
    ipv6_sealed(LINK_LOCAL, ALL_NODES, 58, message, 2)
}

pub(crate) fn icmp(message: &[u8]) -> Vec<u8> {
    ipv4(1, &sealed(message.to_vec(), 2))
}

pub(crate) fn udp_datagram(source: u16, destination: u16, payload: &[u8]) -> Vec<u8> {
    let length = 8 + payload.len() as u16;
    let fields = [source, destination, length, 0]
        .map(u16::to_be_bytes)
        .concat();
    join(&[&fields, payload])
}

pub(crate) fn udp(source: u16, destination: u16, payload: &[u8]) -> Vec<u8> {
    Ipv4::default().sealed(17, &udp_datagram(source, destination, payload), 6)
}

pub(crate) fn udp6(source: u16, destination: u16, payload: &[u8]) -> Vec<u8> {
    ipv6_sealed(
        RED6,
        BLUE6,
        17,
        &udp_datagram(source, destination, payload),
        6,
    )
}

/// A TCP segment's fields that tests vary.
#[derive(Clone)]
pub(crate) struct Tcp {
    pub(crate) source: u16,
    pub(crate) destination: u16,
    pub(crate) sequence: u32,
    pub(crate) acknowledged: u32,
    pub(crate) flags: u8,
    pub(crate) options: Vec<u8>,
    pub(crate) payload: Vec<u8>,
}

pub(crate) fn tcp(source: u16, destination: u16, flags: u8) -> Tcp {
    let (options, payload) = (vec![], vec![]);
    Tcp {
        source,
        destination,
        sequence: 1000,
        acknowledged: 77,
        flags,
        options,
        payload,
    }
}

impl Tcp {
    pub(crate) fn numbers(mut self, sequence: u32, acknowledged: u32) -> Self {
        (self.sequence, self.acknowledged) = (sequence, acknowledged);
        self
    }

    pub(crate) fn options(mut self, options: &[u8]) -> Self {
        self.options = options.to_vec();
        self.options.resize(options.len().next_multiple_of(4), 0);
        self
    }

    pub(crate) fn payload(mut self, payload: &[u8]) -> Self {
        self.payload = payload.to_vec();
        self
    }

    pub(crate) fn segment(&self) -> Vec<u8> {
        let header = 20 + self.options.len();
        join(&[
            &self.source.to_be_bytes(),
            &self.destination.to_be_bytes(),
            &self.sequence.to_be_bytes(),
            &self.acknowledged.to_be_bytes(),
            &[(header / 4 * 16) as u8, self.flags, 0x02, 0, 0, 0, 0, 5],
            &self.options,
            &self.payload,
        ])
    }

    /// From red to blue.
    pub(crate) fn there(&self) -> Vec<u8> {
        Ipv4::default().sealed(6, &self.segment(), 16)
    }

    /// From blue to red.
    pub(crate) fn back(&self) -> Vec<u8> {
        let ip = Ipv4 {
            source: BLUE,
            destination: RED,
            ..Ipv4::default()
        };
        ip.sealed(6, &self.segment(), 16)
    }

    pub(crate) fn there6(&self) -> Vec<u8> {
        ipv6_sealed(RED6, BLUE6, 6, &self.segment(), 16)
    }

    pub(crate) fn back6(&self) -> Vec<u8> {
        ipv6_sealed(BLUE6, RED6, 6, &self.segment(), 16)
    }
}

/// A domain name without compression.
pub(crate) fn name(text: &str) -> Vec<u8> {
    let mut bytes = vec![];
    for label in text.split('.').filter(|label| !label.is_empty()) {
        bytes.push(label.len() as u8);
        bytes.extend(label.bytes());
    }
    bytes.push(0);
    bytes
}

/// A DNS message's head.
pub(crate) fn dns(flags: u16, counts: [u16; 4], body: &[&[u8]]) -> Vec<u8> {
    let head = [0x1a2b, flags, counts[0], counts[1], counts[2], counts[3]];
    join(&[&head.map(u16::to_be_bytes).concat(), &body.concat()])
}

pub(crate) fn question(name: &[u8], kind: u16, class: u16) -> Vec<u8> {
    join(&[name, &kind.to_be_bytes(), &class.to_be_bytes()])
}

pub(crate) fn record(name: &[u8], kind: u16, class: u16, data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u16).to_be_bytes();
    join(&[
        name,
        &kind.to_be_bytes(),
        &class.to_be_bytes(),
        &[0, 0, 0x0e, 0x10],
        &length,
        data,
    ])
}
