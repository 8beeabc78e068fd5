//! The rows of a list: columns and colours as in Wireshark 4.0.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(
    dead_code,
    unreachable_pub,
    reason = "the tests of the text use all of it"
)]
#[path = "tcpdump/build.rs"]
mod build;

use build::*;
use packet::conversation::Conversations;
use packet::row::{Colouring, row};
use packet::tree::Context;
use packet::{LinkType, Record, Timestamp};

/// Protocol, info and colour of packets of one capture.
fn rows(packets: &[Vec<u8>]) -> Vec<String> {
    let mut conversations = Conversations::default();
    let mut colours = Colouring::default();
    packets
        .iter()
        .map(|data| {
            let record = Record {
                at: Timestamp(0),
                length: data.len() as u32,
                data: data.clone(),
            };
            let context = Context {
                stream: conversations.next(LinkType::Ethernet, &record),
                ..Context::default()
            };
            let row = row(LinkType::Ethernet, &record, &context);
            let rule = colours.rule(LinkType::Ethernet, &record, &context);
            format!(
                "{} | {} | {}",
                row.protocol,
                row.info,
                rule.map_or("", |rule| rule.name())
            )
        })
        .collect()
}

#[test]
fn a_conversation() {
    let http = b"GET /a HTTP/1.1\r\nHost: lab\r\n\r\n";
    let rows = rows(&[
        tcp(40_000, 80, 0x02)
            .numbers(5000, 0)
            .options(&[2, 4, 5, 0xb4, 4, 2, 1, 3, 3, 7])
            .there(),
        tcp(80, 40_000, 0x12).numbers(9000, 5001).back(),
        tcp(40_000, 80, 0x18)
            .numbers(5001, 9001)
            .payload(http)
            .there(),
        tcp(40_000, 443, 0x14).numbers(1, 1).there(),
        tcp(40_000, 444, 0x11).numbers(7, 9).there(),
    ]);
    assert_eq!(
        rows,
        [
            "TCP | 40000 → 80 [SYN] Seq=0 Win=512 Len=0 MSS=1460 SACK_PERM WS=128 | HTTP",
            "TCP | 80 → 40000 [SYN, ACK] Seq=0 Ack=1 Win=512 Len=0 | HTTP",
            "HTTP | GET /a HTTP/1.1  | HTTP",
            "TCP | 40000 → 443 [RST, ACK] Seq=1 Ack=1 Win=512 Len=0 | TCP RST",
            "TCP | 40000 → 444 [FIN, ACK] Seq=1 Ack=1 Win=512 Len=0 | TCP SYN/FIN",
        ]
    );
}

#[test]
fn what_others_say() {
    let arp = |operation: u8, to: [u8; 4]| {
        ethernet(
            0x0806,
            &join(&[
                &[0, 1, 8, 0, 6, 4, 0, operation, 2, 0, 0, 0, 0, 1],
                &RED,
                &[0; 6],
                &to,
            ]),
        )
    };
    let answer = dns(
        0x8180,
        [1, 1, 0, 0],
        &[
            &question(&name("red.lab"), 1, 1),
            &record(&[0xc0, 12], 1, 1, &RED),
        ],
    );
    let missing = dns(0x8183, [1, 0, 0, 0], &[&question(&name("red.lab"), 28, 1)]);
    let solicitation = join(&[
        &[135, 0, 0, 0, 0, 0, 0, 0],
        &LINK_LOCAL,
        &[1, 1, 2, 0, 0, 0, 0, 1],
    ]);
    let quoted = Ipv4::default().packet(17, &udp_datagram(4000, 53, b"x"));
    let fragment = Ipv4 {
        fragment: 0x2000,
        ..Ipv4::default()
    };
    let late = Ipv4 {
        fragment: 0x0003,
        ..Ipv4::default()
    };
    let rows = rows(&[
        arp(1, BLUE),
        arp(2, BLUE),
        arp(1, RED),
        udp(4000, 9, b"hello"),
        udp(53, 4000, &answer),
        udp(53, 4000, &missing),
        icmp(&[8, 0, 0, 0, 0, 7, 0, 1]),
        icmp(&join(&[&[3, 3, 0, 0, 0, 0, 0, 0], &quoted])),
        icmpv6(&solicitation),
        icmpv6(&[128, 0, 0, 0, 0, 7, 0, 1]),
        fragment.frame(17, &udp_datagram(1, 2, b"x")),
        late.frame(17, b"rest"),
        ethernet(0x9999, b"abc"),
    ]);
    assert_eq!(
        rows,
        [
            "ARP | Who has 10.0.0.2? Tell 10.0.0.1 | ARP",
            "ARP | 10.0.0.1 is at 02:00:00:00:00:01 | ARP",
            "ARP | ARP Announcement for 10.0.0.1 | ARP",
            "UDP | 4000 → 9 Len=5 | UDP",
            "DNS | Standard query response 0x1a2b A red.lab A 10.0.0.1 | UDP",
            "DNS | Standard query response 0x1a2b No such name AAAA red.lab | UDP",
            "ICMP | Echo (ping) request  id=0x0007, seq=1/256, ttl=64 | ICMP",
            "ICMP | Destination unreachable (Port unreachable) | ICMP errors",
            "ICMPv6 | Neighbor Solicitation for fe80::ff:fe00:1 from 02:00:00:00:00:01 | ICMP",
            "ICMPv6 | Echo (ping) request id=0x0007, seq=1, hop limit=255 | ICMP",
            "UDP | 1 → 2 Len=1 | UDP",
            "IPv4 | Fragmented IP protocol (proto=UDP 17, off=24, ID=1234) | ",
            "0x9999 | Ethernet II | ",
        ]
    );
}
