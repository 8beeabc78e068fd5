//! IPv4 and IPv6 headers, and what is carried in them besides TCP and UDP.

use packet::LinkType;

use crate::build::{
    ALL_NODES, BLUE, BLUE6, Ipv4, LINK_LOCAL, RED, RED6, ethernet, icmp, icmpv6, ipv4, ipv6,
    ipv6_between, join, sealed, tcp, udp_datagram,
};
use crate::compare::assert_equal;

const ECHO: [u8; 16] = [8, 0, 0xf7, 0xfd, 0, 1, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8];

#[test]
fn headers_v4() {
    let base = Ipv4::default();
    let spoiled = |at: usize, value: u8| {
        let mut bytes = icmp(&ECHO);
        bytes[14 + at] = value;
        bytes
    };
    let mut packets = vec![
        base.frame(1, &ECHO),
        // Longer and shorter than the packet says; impossible header lengths; other versions.
        join(&[&icmp(&ECHO), &[0; 10]]),
        spoiled(3, 200),
        spoiled(3, 10),
        spoiled(3, 0),
        spoiled(0, 0x44),
        spoiled(0, 0x4f),
        spoiled(0, 0x55),
        spoiled(0, 0x65),
        spoiled(0, 0x05),
        spoiled(10, 0x77),
        ipv4(255, b"unknown"),
        ipv4(253, b""),
        ipv4(59, b""),
        ipv4(77, b"abc"),
        ipv4(58, &ECHO),
        ipv4(143, &ECHO),
        ipv4(4, &base.packet(1, &ECHO)),
        ipv4(
            41,
            &ipv6_between(RED6, BLUE6, 58, &[128, 0, 0, 0, 0, 1, 0, 1]),
        ),
        ipv4(108, &[1, 0, 0, 5]),
        ipv4(50, &[0, 0, 0x12, 0x34, 0, 0, 0, 9, 1, 2, 3, 4]),
        ipv4(
            51,
            &join(&[&[1, 4, 0, 0, 0, 0, 1, 0, 0, 0, 0, 7], &[0xab; 12], &ECHO]),
        ),
        ipv4(51, &join(&[&[1, 1, 0, 1, 0, 0, 1, 0, 0, 0, 0, 7], &ECHO])),
    ];
    for tos in 0..4 {
        packets.push(
            Ipv4 {
                tos: 0xb8 | tos,
                ttl: tos,
                ..base.clone()
            }
            .frame(1, &ECHO),
        );
    }
    for fragment in [0x2000, 0x0003, 0x2005, 0x8000, 0xe000, 0x1fff] {
        for (protocol, payload) in [(1, ECHO.to_vec()), (17, udp_datagram(1, 2, b"abcdef"))] {
            packets.push(
                Ipv4 {
                    fragment,
                    ..base.clone()
                }
                .frame(protocol, &payload),
            );
        }
    }
    assert_equal("headers_v4", LinkType::Ethernet, &packets);
}

#[test]
fn options_v4() {
    let lists: &[&[u8]] = &[
        &[1, 1, 1, 0],
        &[7, 7, 4, 10, 0, 0, 9, 0],
        &[7, 11, 8, 10, 0, 0, 9, 10, 0, 0, 8, 0],
        &[131, 7, 4, 10, 0, 0, 9, 0],
        &[137, 11, 4, 10, 0, 0, 9, 10, 0, 0, 8, 1],
        &[7, 8, 3, 1, 2, 3, 4, 5],
        &[7, 2, 1, 1],
        &[68, 12, 5, 0, 0, 0, 0, 1, 0, 0, 0, 2],
        &[68, 12, 13, 1, 10, 0, 0, 9, 0, 0, 0, 7],
        &[68, 12, 5, 0x33, 10, 0, 0, 9, 0, 0, 0, 7],
        &[68, 12, 5, 2, 10, 0, 0, 9, 0, 0, 0, 7],
        &[68, 7, 2, 0, 1, 2, 3, 0],
        &[68, 3, 2, 0],
        &[148, 4, 0, 0],
        &[148, 4, 0, 5],
        &[148, 3, 0, 0],
        &[130, 4, 0, 0],
        &[82, 4, 0, 0],
        &[99, 4, 0, 0],
        &[99, 1, 0, 0],
        &[99, 44, 0, 0],
    ];
    let packets: Vec<_> = lists
        .iter()
        .flat_map(|options| {
            let ip = Ipv4 {
                options: options.to_vec(),
                ..Ipv4::default()
            };
            [
                ip.frame(1, &ECHO),
                ip.sealed(17, &udp_datagram(7, 9, b"x"), 6),
            ]
        })
        .collect();
    assert_equal("options_v4", LinkType::Ethernet, &packets);
}

/// An error message with the packet that it is about.
fn error(kind: u8, code: u8, field: [u8; 4], inner: &[u8]) -> Vec<u8> {
    icmp(&join(&[&[kind, code, 0, 0], &field, inner]))
}

#[test]
fn errors_v4() {
    let base = Ipv4::default();
    let inners = [
        base.packet(17, &udp_datagram(4000, 53, b"abcd")),
        base.packet(6, &tcp(4000, 80, 2).segment()),
        base.packet(1, &ECHO),
        Ipv4 {
            options: vec![1, 1, 1, 0],
            ..base.clone()
        }
        .packet(17, &udp_datagram(1, 2, b"")),
    ];
    let mut packets = vec![];
    for inner in &inners {
        for code in 0..=16 {
            packets.push(error(3, code, [0; 4], inner));
        }
        packets.push(error(3, 4, [0, 0, 5, 0xdc], inner));
        for code in 0..=4 {
            packets.push(error(5, code, [10, 0, 0, 254], inner));
        }
        for (kind, code) in [(11, 0), (11, 1), (11, 9), (12, 0), (12, 3), (4, 0)] {
            packets.push(error(kind, code, [20, 0, 0, 0], inner));
        }
    }
    assert_equal("errors_v4", LinkType::Ethernet, &packets);
}

#[test]
fn messages_v4() {
    let mut packets = vec![
        icmp(&[0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]),
        icmp(&[
            9, 0, 0, 0, 2, 2, 0x07, 0x08, 10, 0, 0, 1, 0, 0, 0, 5, 10, 0, 0, 2, 0, 0, 0, 6,
        ]),
        icmp(&[9, 0, 0, 0, 1, 3, 0, 30, 10, 0, 0, 1, 0, 0, 0, 5]),
        icmp(&[9, 0, 0, 0, 1, 2, 0xff, 0xff, 10, 0, 0, 1, 0x80, 0, 0, 5]),
        icmp(&[13, 0, 0, 0, 0, 1, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]),
        icmp(&[
            14, 0, 0, 0, 0, 1, 0, 2, 1, 2, 3, 4, 0, 0, 0, 1, 5, 0x26, 0x5c, 0,
        ]),
        icmp(&[18, 0, 0, 0, 0, 1, 0, 2, 255, 255, 255, 0]),
        // A wrong checksum.
        ipv4(1, &ECHO.map(|byte| byte ^ 1)),
    ];
    for kind in 0..=44 {
        packets.push(icmp(&[kind, 0, 0, 0, 0, 1, 0, 2, 0, 0, 0, 0]));
    }
    assert_equal("messages_v4", LinkType::Ethernet, &packets);
}

#[test]
fn extensions_v4() {
    // RFC 4884: the packet padded to 128 bytes, then objects; here an MPLS label and another class.
    let mut inner = Ipv4::default().packet(17, &udp_datagram(4000, 53, &[0; 100]));
    inner.resize(128, 0);
    let objects = [
        &[0x20, 0, 0, 0, 0, 8, 1, 1, 0, 0x12, 0x31, 0x40][..],
        &[0, 12, 2, 3, 1, 2, 3, 4, 5, 6, 7, 8],
    ]
    .concat();
    let wrong = join(&[&[0x20, 0, 0x11, 0x22], &objects[4..]]);
    let objects = sealed(objects, 2);
    let version1 = sealed(join(&[&[0x10, 0, 0, 0], &objects[4..]]), 2);
    let packets: Vec<_> = [&objects, &wrong, &version1]
        .iter()
        .flat_map(|objects| {
            let with = |length: u8| error(11, 0, [0, length, 0, 0], &join(&[&inner, objects]));
            [with(0), with(32)]
        })
        .collect();
    assert_equal("extensions_v4", LinkType::Ethernet, &packets);
}

#[test]
fn groups_v4() {
    let igmp = |bytes: &[u8]| {
        let ip = Ipv4 {
            destination: [224, 0, 0, 22],
            options: vec![148, 4, 0, 0],
            ttl: 1,
            ..Ipv4::default()
        };
        ip.frame(2, &sealed(bytes.to_vec(), 2))
    };
    let group = [239, 1, 2, 3];
    let with = |start: &[u8], rest: &[u8]| igmp(&join(&[start, &group, rest]));
    let packets = [
        igmp(&[0x11, 100, 0, 0, 0, 0, 0, 0]),
        with(&[0x11, 0, 0, 0], &[]),
        with(&[0x11, 10, 0, 0], &[]),
        with(&[0x11, 10, 0, 0], &[1]),
        with(&[0x12, 0, 0, 0], &[]),
        with(&[0x12, 0, 0, 0], &[0, 0]),
        with(&[0x16, 0, 0, 0], &[]),
        with(&[0x17, 0, 0, 0], &[]),
        with(&[0x44, 0, 0, 0], &[]),
        igmp(&[0x11, 100, 0, 0, 0, 0, 0, 0, 2, 125, 0, 0]),
        with(&[0x11, 50, 0, 0], &[2, 125, 0, 2, 10, 0, 0, 1, 10, 0, 0, 2]),
        with(&[0x11, 0xff, 0, 0], &[2, 125, 0, 9, 10, 0, 0, 1]),
        with(&[0x11, 0x8f, 0, 0], &[2, 125, 0, 0, 1]),
        igmp(&join(&[
            &[0x22, 0, 0, 0, 0, 0, 0, 2, 4, 0, 0, 0],
            &group,
            &[6, 0, 0, 1],
            &group,
            &RED,
        ])),
        igmp(&join(&[
            &[0x22, 0, 0, 0, 0, 0, 0, 3, 9, 0, 0, 0],
            &group,
            &[6, 0, 0, 9],
            &group,
            &RED,
        ])),
        igmp(&[0x22, 0, 0, 0, 0, 0, 0, 2]),
        igmp(&join(&[
            &[0x1f, 0, 0, 0],
            &group,
            &RED,
            &BLUE,
            &[224, 0, 0, 1, 9, 0, 0, 5],
        ])),
        igmp(&join(&[
            &[0x1e, 0, 0, 0],
            &group,
            &RED,
            &BLUE,
            &[10, 0, 0, 9, 9, 0, 1, 5],
        ])),
        igmp(&[0x1e, 0, 0, 0]),
    ];
    assert_equal("groups_v4", LinkType::Ethernet, &packets);
}

#[test]
fn headers_v6() {
    let echo = [128, 0, 0, 0, 0, 1, 0, 1, 9, 9];
    let spoiled = |at: usize, value: u8| {
        let mut bytes = ipv6(58, &echo);
        bytes[14 + at] = value;
        bytes
    };
    let addresses: [[u8; 16]; 8] = [
        [0; 16],
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 1, 2, 3],
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 1, 2, 3],
        [0x20, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1],
        [0x20, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0],
        [0x20, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0],
        [0x20, 1, 0x0d, 0xb8, 0, 1, 0, 2, 0, 3, 0, 4, 0, 0, 0, 0],
    ];
    let mut packets = vec![
        ipv6(58, &echo),
        spoiled(0, 0x50),
        spoiled(1, 0x1f),
        spoiled(3, 7),
        spoiled(5, 200),
        spoiled(5, 4),
        spoiled(5, 0),
        join(&[&ipv6(58, &echo), &[0; 9]]),
        ipv6(59, b""),
        ipv6(58, b""),
        ipv6(253, b"abc"),
        ipv6(1, &ECHO),
        ipv6(2, &ECHO),
        ipv6(6, &tcp(1, 2, 2).segment()),
        ipv6(41, &ipv6_between(RED6, BLUE6, 59, b"")),
        ipv6(4, &Ipv4::default().packet(1, &ECHO)),
        ipv6(143, &icmp(&ECHO)),
    ];
    packets
        .extend(addresses.map(|address| ethernet(0x86dd, &ipv6_between(address, RED6, 59, b""))));
    assert_equal("headers_v6", LinkType::Ethernet, &packets);
}

#[test]
fn extension_headers() {
    let echo = [128, 0, 0, 0, 0, 1, 0, 1, 9, 9];
    let datagram = udp_datagram(4000, 9, b"abcdef");
    let with = |next: u8, header: &[u8], payload: &[u8]| ipv6(next, &join(&[header, payload]));
    let packets = [
        with(0, &[58, 0, 5, 2, 0, 0, 1, 0], &echo),
        with(0, &[58, 0, 1, 4, 0, 0, 0, 0], &echo),
        with(0, &[17, 0, 0, 0, 0, 0, 0, 0], &datagram),
        with(0, &[17, 0, 5, 3, 0, 0, 0, 0], &datagram),
        with(0, &[17, 0, 0x3e, 2, 1, 2, 1, 0], &datagram),
        with(0, &[17, 0, 0xc2, 4, 0, 1, 0, 0], &datagram),
        with(0, &[17, 0, 1, 9, 0, 1, 0, 0], &datagram),
        with(0, &[0, 0, 1, 4, 0, 0, 0, 0, 58, 0, 1, 4, 0, 0, 0, 0], &echo),
        with(
            60,
            &[0, 0, 1, 4, 0, 0, 0, 0, 58, 0, 1, 4, 0, 0, 0, 0],
            &echo,
        ),
        with(60, &[58, 0, 1, 4, 0, 0, 0, 0], &echo),
        with(
            60,
            &join(&[&[58, 2, 0xc9, 16], &RED6, &[1, 2, 0, 0]]),
            &echo,
        ),
        with(
            60,
            &[6, 0, 0x1e, 4, 0, 0, 0, 0],
            &tcp(7, 9, 0x18).payload(b"hello").segment(),
        ),
        with(44, &[58, 0, 0, 1, 0, 0, 0x12, 0x34], &echo),
        with(44, &[17, 0, 0, 0, 0, 0, 0x12, 0x34], &datagram),
        with(44, &[17, 0, 0, 0x41, 0, 0, 0x12, 0x34], &datagram),
        with(44, &[17, 0, 0, 0, 0, 0, 0x12, 0x34], b""),
        with(43, &join(&[&[58, 2, 0, 1, 0, 0, 0, 0], &BLUE6]), &echo),
        with(43, &join(&[&[17, 2, 2, 1, 0, 0, 0, 9], &BLUE6]), &datagram),
        with(
            43,
            &join(&[&[17, 4, 4, 1, 1, 0, 0, 7], &BLUE6, &RED6]),
            &datagram,
        ),
        with(
            43,
            &join(&[&[17, 4, 4, 1, 1, 8, 0, 7], &BLUE6, &RED6]),
            &datagram,
        ),
        with(43, &join(&[&[17, 1, 4, 1, 1, 8, 0, 7], &BLUE6]), &datagram),
        with(43, &[17, 0, 99, 1, 1, 8, 0, 7], &datagram),
        with(
            51,
            &[
                58, 4, 0, 0, 0, 0, 1, 0, 0, 0, 0, 7, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
            ],
            &echo,
        ),
    ];
    assert_equal("extension_headers", LinkType::Ethernet, &packets);
}

#[test]
fn messages_v6() {
    let udp6 = ipv6_between(RED6, BLUE6, 17, &udp_datagram(4000, 53, b"abcd"));
    let tcp6 = ipv6_between(RED6, BLUE6, 6, &tcp(4000, 80, 2).segment());
    let fragment = ipv6_between(
        RED6,
        BLUE6,
        44,
        &join(&[&[17, 0, 0, 1, 0, 0, 0, 1], &udp_datagram(1, 53, b"")]),
    );
    let later = ipv6_between(
        RED6,
        BLUE6,
        44,
        &join(&[&[17, 0, 0, 9, 0, 0, 0, 1], &udp_datagram(1, 53, b"")]),
    );
    let options = ipv6_between(
        RED6,
        BLUE6,
        0,
        &join(&[&[17, 0, 1, 4, 0, 0, 0, 0], &udp_datagram(1, 53, b"")]),
    );
    let mut packets = vec![
        icmpv6(&[128, 0, 0, 0, 0, 1, 0, 2, 3, 4]),
        icmpv6(&[129, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]),
        icmpv6(&[144, 0, 0, 0, 0, 7, 0, 0]),
        icmpv6(&join(&[&[145, 0, 0, 0, 0, 7, 0, 0], &RED6, &BLUE6])),
        icmpv6(&[147, 0, 0, 0, 0, 7, 0xc0, 0, 5, 1, 0, 0, 0, 0, 5, 0xdc]),
        icmpv6(&[250, 0, 0, 0, 0, 7, 0, 0, 1, 2, 3]),
        ipv6(58, &[128, 0, 0, 0, 0, 1, 0, 1]),
    ];
    for inner in [&udp6, &tcp6, &fragment, &later, &options] {
        for code in 0..=6 {
            packets.push(icmpv6(&join(&[&[1, code, 0, 0, 0, 0, 0, 0], inner])));
            packets.push(icmpv6(&join(&[&[4, code, 0, 0, 0, 0, 0, 40], inner])));
        }
        for code in 0..=2 {
            packets.push(icmpv6(&join(&[&[3, code, 0, 0, 0, 0, 0, 0], inner])));
        }
        packets.push(icmpv6(&join(&[&[2, 0, 0, 0, 0, 0, 5, 0], inner])));
    }
    assert_equal("messages_v6", LinkType::Ethernet, &packets);
}

#[test]
fn neighbour_discovery() {
    let source = [1, 1, 2, 0, 0, 0, 0, 1];
    let target = [2, 1, 2, 0, 0, 0, 0, 2];
    let prefix = join(&[
        &[
            3, 4, 64, 0xc0, 0, 1, 0x51, 0x80, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0,
        ],
        &RED6,
    ]);
    let mtu = [5, 1, 0, 0, 0, 0, 5, 0xdc];
    let servers = join(&[&[25, 3, 0, 0, 0, 0, 4, 0xb0], &BLUE6]);
    let search = join(&[
        &[31, 3, 0, 0, 0, 0, 4, 0xb0],
        b"\x03lab\x04test\0\0\0\0\0\0\0",
    ]);
    let routes = join(&[
        &[24, 1, 0, 0x08, 0, 0, 4, 0xb0],
        &[24, 2, 64, 0x18, 0, 0, 4, 0xb0],
        &RED6[..8],
        &[24, 3, 64, 0x10, 0xff, 0xff, 0xff, 0xff],
        &RED6,
    ]);
    let other = join(&[
        &[7, 1, 0, 0, 0, 0, 3, 0xe8],
        &[8, 1, 0, 0, 0, 1, 0, 9],
        &[200, 1, 1, 2, 3, 4, 5, 6],
    ]);
    let advert = [134, 0, 0, 0, 64, 0xc8, 7, 8, 0, 0, 0, 0, 0, 0, 3, 0xe8];
    let redirected = join(&[
        &[4, 7, 0, 0, 0, 0, 0, 0],
        &ipv6_between(RED6, BLUE6, 58, &[128, 0, 0, 0, 0, 1, 0, 1]),
    ]);
    let packets = [
        icmpv6(&[133, 0, 0, 0, 0, 0, 0, 0]),
        icmpv6(&join(&[&[133, 0, 0, 0, 0, 0, 0, 0], &source])),
        icmpv6(&join(&[&advert, &source, &mtu, &prefix])),
        icmpv6(&join(&[&advert, &servers, &search, &routes])),
        icmpv6(&join(&[&advert, &other])),
        icmpv6(&join(&[&advert, &[1, 0, 0, 0, 0, 0, 0, 0]])),
        icmpv6(&join(&[&[135, 0, 0, 0, 0, 0, 0, 0], &BLUE6, &source])),
        icmpv6(&join(&[&[135, 0, 0, 0, 0, 0, 0, 0], &BLUE6])),
        icmpv6(&join(&[&[136, 0, 0, 0, 0x60, 0, 0, 0], &BLUE6, &target])),
        icmpv6(&join(&[&[136, 0, 0, 0, 0xe0, 0, 0, 0], &BLUE6, &target])),
        icmpv6(&join(&[&[136, 0, 0, 0, 0, 0, 0, 0], &BLUE6, &target])),
        icmpv6(&join(&[
            &[137, 0, 0, 0, 0, 0, 0, 0],
            &LINK_LOCAL,
            &BLUE6,
            &target,
            &redirected,
        ])),
    ];
    assert_equal("neighbour_discovery", LinkType::Ethernet, &packets);
}

#[test]
fn listener_discovery() {
    let report = |records: u8, rest: &[&[u8]]| {
        icmpv6(&join(&[&[143, 0, 0, 0, 0, 0, 0, records], &rest.concat()]))
    };
    let query = |code: u8, rest: &[u8]| {
        icmpv6(&join(&[
            &[130, 0, 0, 0, code, 0x10, 0, 0],
            &ALL_NODES,
            rest,
        ]))
    };
    let packets = [
        icmpv6(&join(&[&[131, 0, 0, 0, 0, 0, 0, 0], &ALL_NODES])),
        icmpv6(&join(&[&[132, 0, 0, 0, 0, 0, 0, 0], &ALL_NODES])),
        query(0x27, &[]),
        query(0x27, &[2, 125, 0, 0]),
        query(0x80, &join(&[&[0x0a, 0xff, 0, 1], &RED6])),
        query(0x80, &join(&[&[0x0a, 0xff, 0, 9], &RED6])),
        query(0x80, &[0]),
        report(1, &[&[4, 0, 0, 0], &ALL_NODES]),
        report(
            2,
            &[
                &[3, 0, 0, 2],
                &ALL_NODES,
                &RED6,
                &BLUE6,
                &[6, 0, 0, 0],
                &ALL_NODES,
            ],
        ),
        report(3, &[&[9, 0, 0, 0], &ALL_NODES, &[1, 0, 0, 9], &ALL_NODES]),
        report(2, &[&[2, 0, 0, 0], &ALL_NODES]),
        icmpv6(&[143, 0, 0, 0]),
    ];
    assert_equal("listener_discovery", LinkType::Ethernet, &packets);
}

/// Node information and router renumbering.
#[test]
fn nodes() {
    let node = |kind: u8, code: u8, asked: u16, flags: u16, data: &[u8]| {
        let [asked_high, asked_low] = asked.to_be_bytes();
        let [flags_high, flags_low] = flags.to_be_bytes();
        icmpv6(&join(&[
            &[
                kind, code, 0, 0, asked_high, asked_low, flags_high, flags_low,
            ],
            b"nonce123",
            data,
        ]))
    };
    let mut packets = vec![icmpv6(&[139, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4])];
    let name = b"\x04red7\x03lab\0\0";
    for asked in 0..=5 {
        for flags in [0, 1, 0x7f] {
            packets.push(node(139, 0, asked, flags, &RED6));
            packets.push(node(140, 0, asked, flags, &join(&[&[0, 0, 1, 0], name])));
        }
    }
    for code in 0..=3 {
        for data in [
            &[] as &[u8],
            &RED6,
            &[10, 0, 0, 1],
            name,
            b"\x05red.7",
            b"\x09red",
            b"\x03red\0",
        ] {
            packets.push(node(139, code, 2, 0, data));
            packets.push(node(140, code, 2, 1, &join(&[&[0, 0, 1, 0], data])));
        }
        packets.push(node(
            140,
            code,
            3,
            2,
            &join(&[&[0, 0, 0, 9], &RED6, &[0, 0, 0, 7], &BLUE6, b"x"]),
        ));
    }
    let matching = |code: u8, length: u8| join(&[&[code, length, 1, 48, 16, 64, 0, 0], &RED6]);
    let using = |flags: u8, time: [u8; 4]| {
        join(&[
            &[64, 16, 0xc0, 0x40],
            &time,
            &[0xff; 4],
            &[flags, 0, 0, 0],
            &BLUE6,
        ])
    };
    let renumbering = |code: u8, flags: u8, reserved: u8, parts: &[Vec<u8>]| {
        let head = [
            138, code, 0, 0, 0, 0, 0, 7, 3, flags, 1, 0, 0, 0, 0, reserved,
        ];
        icmpv6(&join(&[&head, &parts.concat()]))
    };
    packets.extend([
        renumbering(0, 0xf8, 1, &[matching(1, 7), using(0xc0, [0, 0, 1, 0])]),
        renumbering(
            0,
            0,
            0,
            &[matching(2, 11), using(0x40, [0xff; 4]), using(0, [0; 4])],
        ),
        renumbering(0, 0x40, 0, &[matching(3, 8), using(0, [0; 4])]),
        renumbering(0, 0, 0, &[matching(9, 3)]),
        renumbering(0, 0, 0, &[matching(1, 0)]),
        renumbering(1, 0, 0, &[]),
        renumbering(255, 0, 0, &[]),
        renumbering(9, 0, 0, &[]),
    ]);
    assert_equal("nodes", LinkType::Ethernet, &packets);
}
