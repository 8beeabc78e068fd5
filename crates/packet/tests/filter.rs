//! Display filters: what they let through, and what they say of what is wrong with them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(
    dead_code,
    unreachable_pub,
    reason = "the tests of the text use all of it"
)]
#[path = "tcpdump/build.rs"]
mod build;

use build::*;
use packet::filter::{Filter, complete, fields};
use packet::tree::Context;
use packet::{LinkType, Record, Timestamp};

/// A small capture.
fn packets() -> Vec<(&'static str, Vec<u8>)> {
    let arp = join(&[
        &[0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1],
        &RED,
        &[0; 6],
        &BLUE,
    ]);
    let inner = ipv4(1, &sealed(vec![8, 0, 0, 0, 0, 1, 0, 1], 2));
    let http = b"GET /Index.html HTTP/1.1\r\nHost: lab\r\n\r\n";
    let other = Ipv4 {
        source: [192, 168, 7, 1],
        ttl: 3,
        ..Ipv4::default()
    };
    vec![
        (
            "syn",
            tcp(40_000, 443, 0x02).options(&[2, 4, 5, 0xb4]).there(),
        ),
        ("synack", tcp(443, 40_000, 0x12).back()),
        ("http", tcp(40_001, 80, 0x18).payload(http).there()),
        (
            "dns",
            udp(
                4000,
                53,
                &dns(0x0100, [1, 0, 0, 0], &[&question(&name("red.lab"), 1, 1)]),
            ),
        ),
        ("arp", ethernet(0x0806, &arp)),
        ("ping", icmp(&[8, 0, 0, 0, 0, 7, 0, 1])),
        (
            "error",
            icmp(&join(&[
                &[3, 3, 0, 0, 0, 0, 0, 0],
                &other.packet(17, &udp_datagram(1, 2, b"")),
            ])),
        ),
        ("ping6", icmpv6(&[128, 0, 0, 0, 0, 7, 0, 1])),
        (
            "vlan",
            join(&[
                &ethernet(0x8100, &[0x60, 0x0a, 0x08, 0x00]),
                &Ipv4::default().packet(17, &udp_datagram(7, 9, b"abc")),
            ]),
        ),
        (
            "vxlan",
            udp(5000, 4789, &join(&[&[8, 0, 0, 0, 0, 0, 42, 0], &inner])),
        ),
        (
            "far",
            other.sealed(17, &udp_datagram(9, 7, b"hello world"), 6),
        ),
    ]
}

/// The names of the packets that pass.
fn passed(text: &str) -> String {
    let mut filter = Filter::new(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let mut names = Vec::new();
    for (i, (name, data)) in packets().into_iter().enumerate() {
        let record = Record {
            at: Timestamp::new(1_700_000_000, 0),
            length: data.len() as u32,
            data,
        };
        let context = Context {
            number: Some(i as u32 + 1),
            interface: Some("veth-red"),
            ..Context::default()
        };
        if filter.matches(LinkType::Ethernet, &record, &context) {
            names.push(name);
        }
    }
    names.join(" ")
}

#[test]
fn presence() {
    assert_eq!(passed("tcp"), "syn synack http");
    assert_eq!(passed("udp"), "dns error vlan vxlan far");
    assert_eq!(passed("icmp"), "ping error vxlan");
    assert_eq!(passed("dns"), "dns");
    assert_eq!(passed("http"), "http");
    assert_eq!(passed("vlan"), "vlan");
    assert_eq!(passed("arp or icmpv6"), "arp ping6");
    assert_eq!(passed("tcp.options.mss"), "syn");
    assert_eq!(passed("!ip && !ipv6"), "arp");
    assert_eq!(passed("not tcp and not udp and not icmp"), "arp ping6");
    assert_eq!(passed("ipv6 ^^ icmpv6"), "");
    assert_eq!(passed(""), passed("frame"));
}

#[test]
fn addresses_and_ports() {
    assert_eq!(passed("ip.addr == 192.168.0.0/16"), "error far");
    assert_eq!(passed("ip.src == 192.168.7.1"), "error far");
    assert_eq!(passed("ip.addr eq 10.0.0.1 and ip.ttl < 10"), "error");
    assert_eq!(passed("ip.addr != 10.0.0.1"), "far");
    assert_eq!(passed("!(ip.addr == 10.0.0.1)"), "arp ping6 far");
    assert_eq!(passed("ip.src !== 10.0.0.1"), "synack error far");
    assert_eq!(passed("ipv6.src == fe80::/10"), "ping6");
    assert_eq!(passed("tcp.port == 443"), "syn synack");
    assert_eq!(passed("443 == tcp.port"), "syn synack");
    assert_eq!(passed("tcp.port in {80, 1000..2000}"), "http");
    assert_eq!(passed("tcp.port in {80 443}"), "syn synack http");
    assert_eq!(passed("udp.port in {4789}"), "vxlan");
    assert_eq!(passed("eth.addr == 02:00:00:00:00:01"), passed("eth"));
    assert_eq!(passed("eth.src[0:3] == 02:00:00 && arp"), "arp");
    assert_eq!(passed("eth.dst[5] == 02 and arp"), "arp");
    assert_eq!(passed("ip.src[-1:] == 01 and tcp"), "syn http");
    assert_eq!(passed("arp.proto_ipv4 == 10.0.0.2"), "arp");
}

#[test]
fn numbers_and_flags() {
    assert_eq!(passed("tcp.flags.syn == 1"), "syn synack");
    assert_eq!(
        passed("tcp.flags.syn == true and tcp.flags.ack == false"),
        "syn"
    );
    assert_eq!(passed("tcp.flags & 0x02"), "syn synack");
    assert_eq!(passed("tcp.flags & 0x12 == 0x12"), "synack");
    assert_eq!(passed("tcp.flags == 0x002"), "syn");
    assert_eq!(passed("vlan.id == 10"), "vlan");
    assert_eq!(passed("vxlan.vni == 42"), "vxlan");
    assert_eq!(passed("0 < ip.ttl < 10"), "error far");
    assert_eq!(passed("frame.len > 100"), "");
    assert_eq!(passed("frame.number <= 2"), "syn synack");
    assert_eq!(passed("tcp.srcport > tcp.dstport"), "syn http");
    assert_eq!(passed("all udp.port < 10"), "error vlan far");
    assert_eq!(
        passed("icmp.type == 3 || icmp.type == 8"),
        "ping error vxlan"
    );
    assert_eq!(passed("icmp.type in {3..5 11}"), "error");
    assert_eq!(passed("count(ip.src) == 2"), "error vxlan");
    assert_eq!(passed("arp.opcode == request"), "arp");
    assert_eq!(passed("dns.qry.type == AAAA"), "");
    assert_eq!(passed("frame.time > \"2023-11-14\" && arp"), "arp");
    assert_eq!(passed("frame.time > \"2023-11-15 00:00:00.5\""), "");
    assert_eq!(
        passed("frame.interface_name == \"veth-red\" and arp"),
        "arp"
    );
}

#[test]
fn text_and_bytes() {
    assert_eq!(passed("dns.qry.name == \"red.lab\""), "dns");
    assert_eq!(passed("dns.qry.name == red.lab"), "dns");
    assert_eq!(passed("dns.qry.name contains \"lab\""), "dns");
    assert_eq!(passed("len(dns.qry.name) == 7"), "dns");
    assert_eq!(passed("upper(dns.qry.name) == \"RED.LAB\""), "dns");
    assert_eq!(
        passed("http.request.uri matches \"^/index\\.html$\""),
        "http"
    );
    assert_eq!(passed("http.request.uri contains \"index\""), "");
    assert_eq!(passed("frame contains \"hello\""), "far");
    assert_eq!(passed("udp contains 77:6f:72"), "far");
    assert_eq!(passed("tcp ~ \"get /\""), "http");
    assert_eq!(passed("udp.payload[0:5] == \"hello\""), "far");
    assert_eq!(passed("udp[8:5] == \"hello\""), "far");
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let error = |text: &str| {
        let error = Filter::new(text).unwrap_err();
        format!(
            "{} | {}",
            text.get(error.at.clone()).unwrap(),
            error.message
        )
    };
    assert_eq!(
        error("ip.adr == 1.2.3.4"),
        "ip.adr | there is no field ip.adr: did you mean ip.addr?"
    );
    assert_eq!(
        error("tcp and dsn"),
        "dsn | there is no field dsn: did you mean dns?"
    );
    assert_eq!(
        error("ip.src == 10.0.0"),
        "10.0.0 | 10.0.0 is no IPv4 address or network, which ip.src is"
    );
    assert_eq!(
        error("tcp.port == http"),
        "http | http is no number, which tcp.srcport is"
    );
    assert_eq!(error("tcp &&"), " | something is missing at the end");
    assert_eq!(
        error("(tcp or udp"),
        "( | the closing parenthesis is missing"
    );
    assert_eq!(error("tcp or udp)"), ") | this parenthesis closes none");
    assert_eq!(
        error("tcp udp"),
        "udp | udp stands alone: an operator such as == or and is missing before it"
    );
    assert_eq!(
        error("tcp.port in 80"),
        "80 | a set in braces is missing here, as in {80, 443}"
    );
    assert_eq!(error("tcp.port in {80"), " | the closing brace is missing");
    assert_eq!(
        error("ip.src contains 10"),
        "contains | contains looks for text or bytes, and ip.src is no text"
    );
    assert_eq!(
        error("dns.qry.name matches \"(\"")
            .split(" | this is no pattern")
            .next()
            .unwrap(),
        "\"(\""
    );
    assert_eq!(
        error("dns.qry.name == \"a"),
        "\"a | the closing quotation mark is missing"
    );
    assert_eq!(
        error("eth.src[x] == 1"),
        "x | x is no range of bytes, as [0:3], [2] and [0-2] are"
    );
    assert_eq!(error("== 5"), "== | a field is missing before this");
    assert_eq!(
        error("frame.time > now"),
        "now | now is no time (\"2026-11-26 21:00:00\", in UTC), which frame.time is"
    );
    assert!(Filter::new(&"(".repeat(1000)).is_err());
    assert!(Filter::new(&"!".repeat(1000)).is_err());
    assert!(Filter::new(&"tcp ".repeat(2000)).is_err());
}

#[test]
fn names_are_completed() {
    let names = |text: &str| {
        complete(text, text.len())
            .iter()
            .map(|found| found.name)
            .collect::<Vec<_>>()
    };
    assert_eq!(names("tcp.flags.s"), ["tcp.flags.syn"]);
    assert_eq!(
        names("ip.addr == 1.2.3.4 and udp.p"),
        ["udp.payload", "udp.port"]
    );
    assert_eq!(names("ic").first(), Some(&"icmp"));
    assert!(names("").is_empty());
    let address = fields()
        .into_iter()
        .find(|field| field.name == "ip.addr")
        .unwrap();
    assert_eq!(
        (address.title, address.kind),
        ("Source or Destination Address", "IPv4 address")
    );
}
