//! A small capture with all protocols that are dissected.

use crate::build::*;

/// A TLS record with a client's greeting that names a server.
fn client_hello() -> Vec<u8> {
    let host = b"red.lab";
    let list = join(&[&[0, 0, host.len() as u8], host]);
    let extension = join(&[&[0, 0, 0, list.len() as u8 + 2, 0, list.len() as u8], &list]);
    let body = join(&[
        &[3, 3],
        &[7; 32],
        &[0, 0, 2, 0x13, 1, 1, 0],
        &[0, extension.len() as u8],
        &extension,
    ]);
    let handshake = join(&[&[1, 0, 0, body.len() as u8], &body]);
    join(&[&[22, 3, 1, 0, handshake.len() as u8], &handshake])
}

fn dhcp(kind: u8) -> Vec<u8> {
    let mut message = vec![kind, 1, 6, 0, 0x12, 0x34, 0x56, 0x78, 0, 3, 0x80, 0];
    message.extend([0, 0, 0, 0, 10, 0, 0, 9, 10, 0, 0, 2, 0, 0, 0, 0]);
    message.extend([2, 0, 0, 0, 0, 1]);
    message.resize(236, 0);
    message.extend([99, 130, 83, 99, 53, 1, kind]);
    message.extend([
        50, 4, 10, 0, 0, 9, 1, 4, 255, 255, 255, 0, 3, 4, 10, 0, 0, 2,
    ]);
    message.extend([51, 4, 0, 0, 0x0e, 0x10, 12, 3, b'r', b'e', b'd', 255]);
    message
}

fn spanning_tree() -> Vec<u8> {
    let mut bpdu = vec![0x42, 0x42, 3, 0, 0, 2, 2, 0x3c];
    bpdu.extend([
        0x80, 1, 2, 0, 0, 0, 0, 1, 0, 0, 0, 4, 0x80, 1, 2, 0, 0, 0, 0, 2,
    ]);
    bpdu.extend([0x80, 3, 1, 0, 20, 0, 2, 0, 15, 0, 0]);
    ieee(&bpdu)
}

fn router_advertisement() -> Vec<u8> {
    let mut message = vec![
        134, 0, 0, 0, 64, 0x48, 7, 8, 0, 0, 0x75, 0x30, 0, 0, 3, 0xe8,
    ];
    message.extend([1, 1, 2, 0, 0, 0, 0, 1, 5, 1, 0, 0, 0, 0, 5, 0xdc]);
    message.extend([3, 4, 64, 0xc0, 0, 0, 0x0e, 0x10, 0, 0, 7, 8, 0, 0, 0, 0]);
    message.extend(RED6);
    icmpv6(&message)
}

fn time() -> Vec<u8> {
    let mut message = vec![0x24, 2, 6, 0xe9, 0, 0, 1, 0, 0, 0, 2, 0, 10, 0, 0, 7];
    for second in 0..4u8 {
        message.extend([0xe8, 0xfa, 0x10, second, 0x80, 0, 0, 0]);
    }
    message
}

/// The packets, in the order of the capture.
pub(crate) fn packets() -> Vec<Vec<u8>> {
    let arp = |operation: u8, target: [u8; 4]| {
        let head = [0, 1, 8, 0, 6, 4, 0, operation, 2, 0, 0, 0, 0, 1];
        ethernet(0x0806, &join(&[&head, &RED, &[0; 6], &target, &[0; 18]]))
    };
    let echo = icmp(&[8, 0, 0, 0, 0, 7, 0, 1, b'd', b'a', b't', b'a']);
    let inner = &echo[14..];
    let options = Ipv4 {
        options: vec![7, 7, 4, 0, 0, 0, 0, 0],
        tos: 0xb9,
        ..Ipv4::default()
    };
    let fragment = |field: u16| Ipv4 {
        fragment: field,
        ..Ipv4::default()
    };
    let query = dns(0x0100, [1, 0, 0, 0], &[&question(&name("red.lab"), 1, 1)]);
    let answer = dns(
        0x8180,
        [1, 4, 0, 0],
        &[
            &question(&name("red.lab"), 1, 1),
            &record(&[0xc0, 12], 1, 1, &RED),
            &record(&[0xc0, 12], 28, 1, &RED6),
            &record(&name("www.lab"), 5, 1, &[0xc0, 12]),
            &record(&name("lab"), 15, 1, &join(&[&[0, 10], &name("mail.lab")])),
        ],
    );
    let request = b"GET /Index.html HTTP/1.1\r\nHost: red.lab\r\nUser-Agent: test\r\n\r\n";
    let response = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
    let syn = [
        2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7,
    ];
    let sack = [1, 1, 5, 10, 0, 0, 4, 0, 0, 0, 5, 0];
    let hop_by_hop = [58, 0, 5, 2, 0, 0, 1, 0];
    let report = [143, 0, 0, 0, 0, 0, 0, 1, 4, 0, 0, 0];
    let mld = ipv6_sealed(
        LINK_LOCAL,
        ALL_NODES,
        0,
        &join(&[&hop_by_hop, &report, &ALL_NODES]),
        10,
    );
    let dhcpv6 = [
        &[1, 1, 2, 3, 0, 1, 0, 10, 0, 3, 0, 1, 2, 0, 0, 0, 0, 1][..],
        &[0, 8, 0, 2, 0, 100, 0, 6, 0, 4, 0, 23, 0, 24],
    ]
    .concat();
    let lldp = [
        &[2, 7, 4, 2, 0, 0, 0, 0, 1, 4, 5, 5, b'e', b't', b'h', b'0'][..],
        &[6, 2, 0, 120, 10, 3, b'r', b'e', b'd', 0, 0],
    ]
    .concat();
    let vxlan = join(&[&[8, 0, 0, 0, 0, 0, 42, 0], &echo]);
    let port = |source, destination, flags| tcp(source, destination, flags);
    vec![
        arp(1, BLUE),
        arp(2, RED),
        ethernet(0x8100, &join(&[&[0x60, 10, 8, 0], inner])),
        ethernet(0x88a8, &join(&[&[0x30, 20, 0x81, 0, 0, 10, 8, 0], inner])),
        echo.clone(),
        icmp(&[0, 0, 0, 0, 0, 7, 0, 1, b'd', b'a', b't', b'a']),
        icmp(&join(&[&[3, 3, 0, 0, 0, 0, 0, 0], inner])),
        icmp(&join(&[&[11, 0, 0, 0, 0, 0, 0, 0], inner])),
        options.frame(17, &udp_datagram(5, 6, b"abc")),
        fragment(0x2000).frame(17, &udp_datagram(7, 8, &[1; 16])),
        fragment(0x0003).frame(17, &[2; 8]),
        icmpv6(&[128, 0, 0, 0, 0, 7, 0, 1]),
        icmpv6(&join(&[
            &[135, 0, 0, 0, 0, 0, 0, 0],
            &BLUE6,
            &[1, 1, 2, 0, 0, 0, 0, 1],
        ])),
        icmpv6(&join(&[
            &[136, 0, 0, 0, 0xe0, 0, 0, 0],
            &BLUE6,
            &[2, 1, 2, 0, 0, 0, 0, 2],
        ])),
        router_advertisement(),
        mld,
        ipv4(2, &sealed(vec![0x16, 0, 0, 0, 239, 1, 2, 3], 2)),
        ipv4(
            2,
            &sealed(vec![0x22, 0, 0, 0, 0, 0, 0, 1, 4, 0, 0, 0, 239, 1, 2, 3], 2),
        ),
        port(40_000, 80, 0x02)
            .numbers(1000, 0)
            .options(&syn)
            .there(),
        port(80, 40_000, 0x12)
            .numbers(5000, 1001)
            .options(&syn)
            .back(),
        port(40_000, 80, 0x10).numbers(1001, 5001).there(),
        port(40_000, 80, 0x18)
            .numbers(1001, 5001)
            .payload(request)
            .there(),
        port(80, 40_000, 0x18)
            .numbers(5001, 1062)
            .payload(response)
            .back(),
        port(40_000, 80, 0x10)
            .numbers(1062, 5001)
            .options(&sack)
            .there(),
        port(40_000, 80, 0x11).numbers(1062, 5046).there(),
        port(80, 40_000, 0x14).numbers(5046, 1063).back(),
        port(40_001, 443, 0x18).payload(&client_hello()).there6(),
        udp(4000, 53, &query),
        udp(53, 4000, &answer),
        udp6(5353, 5353, &query),
        udp(68, 67, &dhcp(1)),
        udp(67, 68, &dhcp(2)),
        udp6(546, 547, &dhcpv6),
        udp(123, 123, &time()),
        spanning_tree(),
        ethernet(0x88cc, &lldp),
        udp(50_000, 4789, &vxlan),
        ipv4(47, &join(&[&[0x20, 0, 8, 0, 0, 0, 0, 9], inner])),
        ipv4(4, inner),
        // A time above 127, which is a mantissa and an exponent.
        ipv4(
            2,
            &sealed(vec![0x11, 0xfe, 0, 0, 0, 0, 0, 0, 2, 20, 0, 0], 2),
        ),
        udp(
            4001,
            53,
            &dns(0x0120, [1, 0, 0, 0], &[&question(&name("red.lab"), 1, 1)]),
        ),
        // What is behind a short frame's packet, and is no padding.
        join(&[&ipv4(17, &udp_datagram(9, 10, b"")), b"not zeros"]),
    ]
}
