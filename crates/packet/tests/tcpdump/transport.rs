//! TCP and UDP, and the protocols over them.

use packet::LinkType;

use crate::build::{
    BLUE6, Ipv4, RED6, Tcp, dns, icmp, ipv4, ipv6_sealed, join, name, question, record, tcp, udp,
    udp_datagram, udp6,
};
use crate::compare::assert_equal;

const FIN: u8 = 1;
const SYN: u8 = 2;
const RST: u8 = 4;
const PSH: u8 = 8;
const ACK: u8 = 16;

#[test]
fn a_conversation() {
    let red =
        |flags, sequence, acknowledged| tcp(40_000, 9000, flags).numbers(sequence, acknowledged);
    let blue =
        |flags, sequence, acknowledged| tcp(9000, 40_000, flags).numbers(sequence, acknowledged);
    let (a, b) = (u32::MAX - 5, 500);
    let segments: [(bool, Tcp); 9] = [
        (
            true,
            red(SYN, a, 0).options(&[2, 4, 5, 0xb4, 4, 2, 1, 3, 3, 7]),
        ),
        (
            false,
            blue(SYN | ACK, b, a.wrapping_add(1)).options(&[2, 4, 5, 0xb4]),
        ),
        (true, red(ACK, a.wrapping_add(1), b + 1)),
        (
            true,
            red(PSH | ACK, a.wrapping_add(1), b + 1).payload(b"hello, blue"),
        ),
        (false, blue(ACK, b + 1, a.wrapping_add(12))),
        (
            false,
            blue(ACK, b + 1, a.wrapping_add(12)).options(&[1, 1, 5, 10, 0, 0, 0, 7, 0, 0, 0, 9]),
        ),
        (false, blue(FIN | ACK, b + 1, a.wrapping_add(12))),
        (true, red(RST, a.wrapping_add(12), 0)),
        (
            true,
            red(RST | ACK, a.wrapping_add(12), b + 2)
                .payload(b"because\x1b[1m of a text that is long enough"),
        ),
    ];
    let mut packets: Vec<Vec<u8>> = segments
        .iter()
        .map(|(there, segment)| {
            if *there {
                segment.there()
            } else {
                segment.back()
            }
        })
        .collect();
    packets.extend(segments.iter().map(|(there, segment)| {
        if *there {
            segment.there6()
        } else {
            segment.back6()
        }
    }));
    // Equal ports: the addresses decide which end comes first. A conversation seen from its middle.
    for flags in [ACK, SYN, SYN | ACK, PSH | ACK] {
        packets.push(
            tcp(7777, 7777, flags)
                .numbers(5000, 6000)
                .payload(b"x")
                .there(),
        );
        packets.push(
            tcp(7777, 7777, flags)
                .numbers(6001, 5001)
                .payload(b"y")
                .back(),
        );
        packets.push(
            tcp(7777, 7777, flags)
                .numbers(5000, 6000)
                .payload(b"x")
                .there6(),
        );
        packets.push(
            tcp(7777, 7777, flags)
                .numbers(6001, 5001)
                .payload(b"y")
                .back6(),
        );
    }
    assert_equal("a_conversation", LinkType::Ethernet, &packets);
}

#[test]
fn headers() {
    let mut packets: Vec<_> = (0..=255).map(|flags| tcp(1, 2, flags).there()).collect();
    let segment = tcp(5000, 6000, ACK).payload(b"payload").segment();
    let spoiled = |at: usize, value: u8| {
        let mut segment = segment.clone();
        segment[at] = value;
        ipv4(6, &segment)
    };
    packets.extend([
        spoiled(12, 0x40),
        spoiled(12, 0xf0),
        spoiled(12, 0x60),
        spoiled(16, 9),
    ]);
    packets.push(
        Ipv4 {
            fragment: 0x2000,
            ..Ipv4::default()
        }
        .frame(6, &segment),
    );
    assert_equal("headers", LinkType::Ethernet, &packets);
}

#[test]
fn options() {
    let lists: &[&[u8]] = &[
        &[2, 4, 5, 0xb4],
        &[2, 3, 5],
        &[2, 6, 5, 0xb4, 1, 1],
        &[3, 3, 14],
        &[4, 2],
        &[5, 2],
        &[5, 18, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4],
        &[5, 9, 0, 0, 0, 1, 0, 0, 0],
        &[6, 6, 0, 0, 0, 1, 7, 6, 0, 0, 0, 2],
        &[8, 10, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 9],
        &[8, 9, 1, 2, 3, 4, 5, 6, 7],
        &[11, 6, 0, 0, 0, 1, 12, 6, 0, 0, 0, 2, 13, 6, 0, 0, 0, 3],
        &[19, 18, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
        &[20, 4, 0x9f, 7],
        &[28, 4, 0x80, 0x05],
        &[28, 4, 0x00, 0x06],
        &[29, 8, 1, 2, 3, 4, 5, 6],
        &[29, 4, 1, 2],
        &[29, 3, 1],
        &[34, 2],
        &[34, 10, 1, 2, 3, 4, 5, 6, 7, 8],
        &[34, 5, 1, 2, 3],
        &[254, 4, 0xf9, 0x89],
        &[254, 8, 0xf9, 0x89, 1, 2, 3, 4],
        &[254, 4, 0x12, 0x34],
        &[254, 3, 0x12],
        &[99, 2],
        &[99, 5, 1, 2, 3],
        &[99, 1],
        &[99, 77],
        &[1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 99, 77],
        &[1, 1, 1, 2],
        &[0, 1, 1, 1],
    ];
    let mut packets = vec![];
    for options in lists {
        packets.push(tcp(40_000, 9000, SYN).options(options).there());
        packets.push(tcp(9000, 40_000, SYN | ACK).options(options).back6());
        packets.push(
            tcp(40_000, 9000, ACK)
                .options(options)
                .payload(b"data")
                .there(),
        );
    }
    assert_equal("options", LinkType::Ethernet, &packets);
}

#[test]
fn multipath() {
    let lists: &[(u8, &[u8])] = &[
        (SYN, &[30, 4, 0x01, 0x01]),
        (SYN, &[30, 12, 0x00, 0x81, 1, 2, 3, 4, 5, 6, 7, 8]),
        (SYN, &[30, 4, 0x07, 0x01]),
        (
            ACK,
            &[30, 20, 1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 0, 2, 3, 4, 5, 6, 7, 8],
        ),
        (
            ACK,
            &[
                30, 22, 1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 0, 2, 3, 4, 5, 6, 7, 8, 0, 9,
            ],
        ),
        (ACK, &[30, 4, 0x01, 0x01]),
        (SYN, &[30, 12, 0x11, 5, 1, 2, 3, 4, 5, 6, 7, 8]),
        (
            SYN | ACK,
            &[30, 16, 0x10, 5, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
        ),
        (
            ACK,
            &[
                30, 24, 0x10, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
                20,
            ],
        ),
        (ACK, &[30, 12, 0x10, 5, 1, 2, 3, 4, 5, 6, 7, 8]),
        (ACK, &[30, 8, 0x20, 0x01, 0, 0, 0, 9]),
        (ACK, &[30, 12, 0x20, 0x03, 0, 0, 0, 9, 0, 0, 0, 8]),
        (
            ACK,
            &[
                30, 20, 0x20, 0x05, 0, 0, 0, 9, 0, 0, 0, 8, 0, 0, 0, 7, 0, 6, 0x12, 0x34,
            ],
        ),
        (
            ACK,
            &[
                30, 26, 0x20, 0x1f, 0, 0, 0, 9, 0, 0, 0, 8, 0, 0, 0, 7, 0, 0, 0, 6, 0, 0, 0, 5, 0,
                6,
            ],
        ),
        (ACK, &[30, 9, 0x20, 0x01, 0, 0, 0, 9, 1]),
        (ACK, &[30, 6, 0x20, 0x01, 0, 0]),
        (SYN, &[30, 4, 0x20, 0x00]),
        (ACK, &[30, 8, 0x30, 1, 10, 0, 0, 9]),
        (ACK, &[30, 10, 0x31, 1, 10, 0, 0, 9, 0, 80]),
        (ACK, &[30, 16, 0x34, 1, 10, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8]),
        (
            ACK,
            &[30, 18, 0x36, 1, 10, 0, 0, 9, 0, 80, 1, 2, 3, 4, 5, 6, 7, 8],
        ),
        (
            ACK,
            &[
                30, 20, 0x30, 1, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9,
            ],
        ),
        (
            ACK,
            &[
                30, 30, 0x39, 1, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 80, 1, 2, 3,
                4, 5, 6, 7, 8,
            ],
        ),
        (ACK, &[30, 9, 0x30, 1, 10, 0, 0, 9, 9]),
        (ACK, &[30, 6, 0x40, 1, 2, 3]),
        (ACK, &[30, 3, 0x40]),
        (ACK, &[30, 3, 0x51]),
        (ACK, &[30, 4, 0x50, 7]),
        (ACK, &[30, 5, 0x50, 7, 7]),
        (ACK, &[30, 12, 0x60, 0, 0, 0, 0, 0, 0, 0, 1, 0]),
        (ACK, &[30, 12, 0x70, 0, 0, 0, 0, 0, 0, 0, 1, 0]),
        (ACK, &[30, 4, 0x70, 0]),
        (ACK, &[30, 4, 0xf0, 0]),
        (ACK, &[30, 2]),
    ];
    let packets: Vec<_> = lists
        .iter()
        .map(|(flags, options)| tcp(40_000, 9000, *flags).options(options).there())
        .collect();
    assert_equal("multipath", LinkType::Ethernet, &packets);
}

#[test]
fn datagrams() {
    let datagram = udp_datagram(4000, 9, b"payload");
    let spoiled = |at: usize, value: u8| {
        let mut datagram = datagram.clone();
        datagram[at] = value;
        ipv4(17, &datagram)
    };
    let packets = [
        udp(4000, 9, b"payload"),
        udp6(4000, 9, b"payload"),
        udp(4000, 9, b""),
        ipv4(17, &datagram),
        ipv6_sealed(RED6, BLUE6, 17, &udp_datagram(1, 2, b"odd"), 6),
        spoiled(5, 200),
        spoiled(5, 9),
        spoiled(5, 7),
        spoiled(5, 0),
        spoiled(7, 9),
        ipv4(17, b"short"),
        Ipv4 {
            fragment: 0x2000,
            ..Ipv4::default()
        }
        .frame(17, &udp_datagram(4000, 9, &[1; 80])[..40]),
    ];
    assert_equal("datagrams", LinkType::Ethernet, &packets);
}

#[test]
fn domain_names() {
    let lab = name("red.lab");
    let pointer = [0xc0, 12];
    let a = |data: [u8; 4]| record(&pointer, 1, 1, &data);
    let asked = |kind: u16| question(&lab, kind, 1);
    let soa = join(&[
        &name("ns.lab"),
        &pointer,
        &[0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5],
    ]);
    let opt = |options: &[u8]| {
        let length = (options.len() as u16).to_be_bytes();
        join(&[&[0, 0, 41, 0x04, 0xd0, 1, 0, 0x80, 0], &length, options])
    };
    let answer = |kind: u16, data: &[u8]| {
        dns(
            0x8580,
            [1, 1, 0, 0],
            &[&asked(kind), &record(&pointer, kind, 1, data)],
        )
    };
    let messages = [
        dns(0x0100, [1, 0, 0, 0], &[&asked(1)]),
        dns(0x0110, [1, 0, 0, 1], &[&asked(28), &opt(&[])]),
        dns(
            0x0120,
            [1, 0, 0, 1],
            &[&asked(28), &opt(&[0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8])],
        ),
        dns(
            0x0000,
            [2, 0, 0, 0],
            &[&asked(65), &question(&pointer, 255, 3)],
        ),
        dns(0x0000, [1, 0, 0, 0], &[&question(&[0], 2, 99)]),
        dns(0x0800, [0, 1, 0, 0], &[&a([10, 0, 0, 1])]),
        dns(
            0x2800,
            [1, 1, 1, 1],
            &[
                &asked(6),
                &a([1, 2, 3, 4]),
                &a([5, 6, 7, 8]),
                &a([9, 9, 9, 9]),
            ],
        ),
        dns(0x2000, [1, 0, 0, 0], &[&asked(6)]),
        dns(
            0x8180,
            [1, 2, 0, 0],
            &[&asked(1), &a([10, 0, 0, 1]), &a([10, 0, 0, 2])],
        ),
        dns(
            0x8783,
            [1, 0, 1, 0],
            &[&asked(1), &record(&name("lab"), 6, 1, &soa)],
        ),
        dns(0x81a5, [1, 0, 0, 1], &[&asked(1), &opt(&[])]),
        dns(0x8fff, [0, 0, 0, 0], &[]),
        answer(28, &BLUE6),
        answer(5, &join(&[b"\x04blue", &[0xc0, 16]])),
        answer(12, &name("a.very.long.name.that.ends.in.lab")),
        answer(6, &soa),
        answer(15, &join(&[&[0, 10], &name("mail.lab")])),
        answer(16, b"\x05hello\x07wor\x1b[mld\0"),
        answer(33, &join(&[&[0, 1, 0, 2, 0, 80], &name("www.lab")])),
        answer(38, &join(&[&[64], &BLUE6[8..], &pointer])),
        answer(38, &join(&[&[0], &BLUE6])),
        answer(38, &[129]),
        answer(256, b"\0\x01\0\x02https://lab/"),
        answer(104, b"one string"),
        answer(
            250,
            &join(&[
                &name("hmac.lab"),
                &[
                    0, 0, 1, 2, 3, 4, 1, 0x2c, 0, 4, 9, 9, 9, 9, 0x1a, 0x2b, 0, 0, 0, 0,
                ],
            ]),
        ),
        answer(64, &[1, 2, 3]),
        answer(99, &[1, 2, 3]),
        // Names that are wrong: forward and circular pointers, unknown labels, a bit string, too long.
        dns(0, [1, 0, 0, 0], &[&question(&[0xc0, 40], 1, 1)]),
        dns(0, [1, 0, 0, 0], &[&question(&[0xc0, 12], 1, 1)]),
        dns(0, [1, 0, 0, 0], &[&question(&[0x80, 1], 1, 1)]),
        dns(0, [1, 0, 0, 0], &[&question(&[0x42, 1], 1, 1)]),
        dns(
            0,
            [1, 0, 0, 0],
            &[&question(&[0x41, 12, 0xab, 0xcd, 0], 1, 1)],
        ),
        dns(0, [1, 0, 0, 0], &[&question(&[0x41, 3, 0xab, 0], 1, 1)]),
        dns(
            0,
            [1, 0, 0, 0],
            &[&question(&name(&"abcdefghi.".repeat(30)), 1, 1)],
        ),
        dns(
            0x8000,
            [0, 1, 0, 0],
            &[&record(&[0], 5, 1, &name(&"abcdefghi.".repeat(30)))],
        ),
        dns(0, [9, 0, 0, 0], &[&asked(1)]),
        dns(0x8000, [9, 9, 0, 0], &[&asked(1)]),
        b"too short".to_vec(),
    ];
    let mut packets: Vec<_> = messages
        .iter()
        .map(|message| udp(4000, 53, message))
        .collect();
    packets.extend(
        messages
            .iter()
            .take(12)
            .map(|message| udp6(53, 4000, message)),
    );
    packets.extend(messages.iter().take(12).map(|message| {
        let length = (message.len() as u16).to_be_bytes();
        tcp(4000, 53, PSH | ACK)
            .payload(&join(&[&length, message]))
            .there()
    }));
    packets.push(tcp(4000, 53, PSH | ACK).payload(b"\0").there());
    packets.push(tcp(4000, 53, PSH | ACK).payload(b"\0\x09part").there());
    assert_equal("domain_names", LinkType::Ethernet, &packets);
}

#[test]
fn options_of_domain_names() {
    let options: &[&[u8]] = &[
        &[0, 3, 0, 4, b'n', b's', b'0', b'1'],
        &[0, 5, 0, 3, 8, 13, 77],
        &[0, 6, 0, 2, 1, 9],
        &[0, 7, 0, 2, 1, 9],
        &[0, 8, 0, 7, 0, 1, 24, 0, 10, 0, 0],
        &[0, 8, 0, 9, 0, 2, 40, 0, 0xfd, 0, 0, 0, 1],
        &[0, 8, 0, 7, 0, 1, 24, 33, 10, 0, 0],
        &[0, 8, 0, 7, 0, 3, 24, 0, 10, 0, 0],
        &[0, 8, 0, 2, 0, 1],
        &[0, 9, 0, 4, 0, 0, 1, 0],
        &[0, 9, 0, 1, 9],
        &[0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8],
        &[
            0, 10, 0, 16, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
        ],
        &[0, 10, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        &[0, 11, 0, 2, 1, 0x2d],
        &[0, 11, 0, 0],
        &[0, 11, 0, 1, 5],
        &[0, 12, 0, 3, 0, 0, 0],
        &[0, 13, 0, 5, 3, b'l', b'a', b'b', 0],
        &[0, 14, 0, 4, 0, 1, 0xff, 0xff],
        &[0, 14, 0, 3, 0, 1, 2],
        &[0, 16, 0, 2, 1, 2],
        &[0xff, 0xff, 0, 2, 1, 2],
        &[0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0, 12, 0, 1, 0],
        &[0, 10, 0, 99, 1],
    ];
    let packets: Vec<_> = options
        .iter()
        .map(|options| {
            let opt = join(&[
                &[0, 0, 41, 4, 0xd0, 0, 0, 0x80, 0],
                &(options.len() as u16).to_be_bytes(),
                options,
            ]);
            udp(
                53,
                4000,
                &dns(0x8180, [1, 1, 0, 0], &[&question(&name("lab"), 1, 1), &opt]),
            )
        })
        .collect();
    assert_equal("options_of_domain_names", LinkType::Ethernet, &packets);
}

#[test]
fn multicast_names() {
    let service = name("_http._tcp.local");
    let messages = [
        dns(0, [1, 0, 0, 0], &[&question(&service, 12, 1)]),
        dns(0, [1, 0, 0, 0], &[&question(&service, 12, 0x8001)]),
        dns(0, [1, 0, 0, 0], &[&question(&service, 12, 0x8003)]),
        dns(
            0x8400,
            [0, 1, 0, 0],
            &[&record(&service, 12, 1, &join(&[b"\x03web", &[0xc0, 12]]))],
        ),
        dns(
            0x8400,
            [0, 1, 0, 0],
            &[&record(&service, 1, 0x8001, &[10, 0, 0, 1])],
        ),
    ];
    let packets: Vec<_> = messages
        .iter()
        .map(|message| udp(5353, 5353, message))
        .collect();
    assert_equal("multicast_names", LinkType::Ethernet, &packets);
}

#[test]
fn text_protocols() {
    let texts: &[&[u8]] = &[
        b"GET /index.html HTTP/1.1\r\nHost: lab\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 204\nServer: x\n",
        b"get / HTTP/1.0\n",
        b"GETTING nowhere\r\n",
        b"GET",
        b"GET ",
        b"GET / with a \t tab and no end",
        b"GET / HTTP/1.1\rx",
        b"GET /\x1b[31m HTTP/1.1\r\n",
        b"\x16\x03\x01\x02\x00",
        b"continued text of a body\r\n",
        b"SUBSCRIBE sip:red@lab SIP/2.0\r\n",
        b"SIP/2.0 100 Trying\r\n",
        b"OPTIONS * RTSP/1.0\r\n",
        b"220 lab ESMTP\r\n250 next\r\n",
        b"USER red\r\n",
        b"SSH-2.0-OpenSSH_9.2p1 Debian\r\n",
        b"SSH-2.0-no end",
        b"\r\n",
        b" leading space\r\n",
    ];
    let mut packets = vec![];
    for port in [21, 22, 25, 43, 80, 554, 8080, 8554] {
        for text in texts {
            packets.push(tcp(40_000, port, PSH | ACK).payload(text).there());
        }
    }
    for text in texts {
        packets.push(udp(5060, 5060, text));
    }
    for text in [
        &b"<34>Oct 11 su: failed"[..],
        b"<0>x",
        b"<191>x",
        b"<999>x",
        b"<1234>",
        b"<>",
        b"text",
        b"<34",
    ] {
        packets.push(udp(4000, 514, text));
    }
    assert_equal("text_protocols", LinkType::Ethernet, &packets);
}

#[test]
fn files() {
    let messages: &[&[u8]] = &[
        b"\0\x01boot.img\0octet\0",
        b"\0\x01boot.img\0octet\0blksize\x001428\0tsize\x000\0",
        b"\0\x02boot\x1b[m.img\0netascii\0",
        b"\0\x03\0\x07data",
        b"\0\x04\0\x07",
        b"\0\x05\0\x01not here\0",
        b"\0\x05\0\x09other\0",
        b"\0\x05\0\x01",
        b"\0\x06blksize\x001428\0",
        b"\0\x07",
        b"\0\x01boot.img",
        b"\0\x01boot.img\0",
        b"\0\x01",
        b"\0\x04",
        b"\0",
    ];
    let packets: Vec<_> = messages
        .iter()
        .map(|message| udp(4000, 69, message))
        .collect();
    assert_equal("files", LinkType::Ethernet, &packets);
}

#[test]
fn networks_in_networks() {
    let echo = icmp(&[8, 0, 0, 0, 0, 1, 0, 1]);
    let overlay = |head: [u8; 8], inner: &[u8]| join(&[&head, inner]);
    let gre = |head: &[u8], inner: &[u8]| ipv4(47, &join(&[head, inner]));
    let packets = [
        udp(40_000, 4789, &overlay([8, 0, 0, 0, 0, 0, 42, 0], &echo)),
        udp(40_000, 4789, &overlay([0, 0, 0, 0, 0, 1, 0, 0], &echo)),
        udp(40_000, 4789, b"short"),
        udp(40_000, 8472, &overlay([8, 0, 0, 0, 0, 0, 42, 0], &echo)),
        udp(40_000, 8472, &overlay([0, 0, 0, 7, 0, 0, 42, 0], &echo)),
        udp(40_000, 8472, b"short"),
        udp(
            40_000,
            6081,
            &overlay([0, 0, 0x65, 0x58, 0, 0, 42, 0], &echo),
        ),
        udp(
            40_000,
            6081,
            &overlay([0, 0xc0, 0x08, 0x00, 0, 0, 42, 7], &echo[14..]),
        ),
        udp(
            40_000,
            6081,
            &join(&[
                &[2, 0, 0x65, 0x58, 0, 0, 42, 0, 1, 4, 0x81, 1, 1, 2, 3, 4],
                &echo,
            ]),
        ),
        udp(
            40_000,
            6081,
            &join(&[
                &[2, 0, 0x65, 0x58, 0, 0, 42, 0, 1, 4, 0x81, 9, 1, 2, 3, 4],
                &echo,
            ]),
        ),
        udp(
            40_000,
            6081,
            &overlay([0, 0, 0x12, 0x34, 0, 0, 42, 0], &echo),
        ),
        udp(
            40_000,
            6081,
            &overlay([0x3f, 0, 0x12, 0x34, 0, 0, 42, 0], &echo),
        ),
        udp(
            40_000,
            6081,
            &overlay([0x40, 0, 0x12, 0x34, 0, 0, 42, 0], &echo),
        ),
        udp(40_000, 6081, b"short"),
        gre(&[0, 0, 8, 0], &echo[14..]),
        gre(&[0, 0, 0x65, 0x58], &echo),
        gre(
            &[0xb0, 0, 8, 0, 0x12, 0x34, 0, 0, 0, 0, 0, 5, 0, 0, 0, 6],
            &echo[14..],
        ),
        gre(
            &[
                0x40, 0, 8, 0, 0, 0, 0, 4, 8, 0, 4, 8, 10, 0, 0, 1, 10, 0, 0, 2, 0, 0, 0, 0,
            ],
            &echo[14..],
        ),
        gre(
            &[
                0x40, 0, 8, 0, 0, 0, 0, 4, 0xff, 0xfe, 2, 4, 0, 1, 0, 2, 9, 9, 1, 1, 7, 0, 0, 0, 0,
            ],
            &echo[14..],
        ),
        gre(
            &[
                0x40, 0, 8, 0, 0, 0, 0, 4, 8, 0, 3, 8, 10, 0, 0, 1, 10, 0, 0, 2, 0, 0, 0, 0,
            ],
            &echo[14..],
        ),
        gre(&[0, 0, 0x12, 0x34], b"unknown"),
        gre(&[0, 7, 0x12, 0x34], b"version 7"),
        gre(&[0x20, 1, 0x88, 0x0b, 0, 4, 0, 9], b""),
        gre(&[0x20, 0x81, 0x88, 0x0b, 0, 4, 0, 9, 0, 0, 0, 1], b""),
    ];
    assert_equal("networks_in_networks", LinkType::Ethernet, &packets);
}
