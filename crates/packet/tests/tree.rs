//! The dissection tree: names, values, places and lines, as Wireshark 4.0 has them.
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
use packet::tree::{Context, Tree, all_fields, dissect};
use packet::{LinkType, Record, Timestamp};

fn record(data: &[u8]) -> Record {
    Record {
        at: Timestamp::new(1_700_000_000, 123_456_789),
        length: data.len() as u32,
        data: data.to_vec(),
    }
}

fn tree(data: &[u8]) -> Tree {
    dissect(LinkType::Ethernet, &record(data), &Context::default())
}

/// The only node of a field: where it is, and its line.
fn node(data: &[u8], name: &str) -> (u32, u32, String) {
    let tree = tree(data);
    let found: Vec<_> = tree.find(name).collect();
    let [node] = found.as_slice() else {
        panic!("{} nodes of {name}", found.len());
    };
    (node.offset, node.length, node.label(data))
}

fn line(data: &[u8], name: &str) -> String {
    node(data, name).2
}

#[test]
fn names_are_unique_and_sorted() {
    let all = all_fields();
    assert!(all.len() > 400, "{}", all.len());
    for pair in all.windows(2) {
        assert!(pair[0].name < pair[1].name, "{}", pair[1].name);
    }
}

#[test]
fn a_syn() {
    let data = tcp(40_000, 443, 2)
        .options(&[2, 4, 5, 0xb4, 3, 3, 7])
        .there();
    assert_eq!(
        node(&data, "ip.src"),
        (26, 4, "Source Address: 10.0.0.1".into())
    );
    assert_eq!(
        line(&data, "ip"),
        "Internet Protocol Version 4, Src: 10.0.0.1, Dst: 10.0.0.2"
    );
    assert_eq!(line(&data, "ip.version"), "0100 .... = Version: 4");
    assert_eq!(
        line(&data, "ip.hdr_len"),
        ".... 0101 = Header Length: 20 bytes (5)"
    );
    assert_eq!(line(&data, "ip.proto"), "Protocol: TCP (6)");
    assert_eq!(
        node(&data, "tcp.flags.syn"),
        (47, 1, ".... .... ..1. = Syn: Set".into())
    );
    assert_eq!(line(&data, "tcp.flags"), "Flags: 0x002 (SYN)");
    assert_eq!(
        line(&data, "tcp.options.mss"),
        "TCP Option - Maximum segment size: 1460 bytes"
    );
    assert_eq!(
        line(&data, "tcp.options"),
        "Options: (8 bytes), Maximum segment size, Window scale, End of Option List (EOL)"
    );
    assert_eq!(line(&data, "eth.type"), "Type: IPv4 (0x0800)");
    assert_eq!(
        line(&data, "frame.protocols"),
        "Protocols in frame: eth:ethertype:ip:tcp"
    );
}

#[test]
fn relative_numbers_and_streams() {
    let packets = [
        tcp(40_000, 80, 2).numbers(5000, 0).there(),
        tcp(80, 40_000, 0x12).numbers(9000, 5001).back(),
        tcp(40_000, 80, 0x18)
            .numbers(5001, 9001)
            .payload(b"GET /a HTTP/1.1\r\nHost: lab\r\n\r\n")
            .there(),
        tcp(40_001, 80, 2).numbers(1, 0).there(),
    ];
    let mut conversations = Conversations::default();
    let numbers: Vec<_> = packets
        .iter()
        .map(|data| {
            let record = record(data);
            let stream = conversations.next(LinkType::Ethernet, &record);
            let context = Context {
                stream,
                ..Context::default()
            };
            let tree = dissect(LinkType::Ethernet, &record, &context);
            let value = |name| tree.find(name).next().unwrap().text(data);
            [value("tcp.stream"), value("tcp.seq"), value("tcp.ack")].join(" ")
        })
        .collect();
    assert_eq!(numbers, ["0 0 0", "0 0 1", "0 1 1", "1 0 0"]);
    assert_eq!(
        line(&packets[2], "http.request"),
        "GET /a HTTP/1.1\\r\\n".trim_end_matches("\\r\\n")
    );
    assert_eq!(
        node(&packets[2], "http.request.uri"),
        (58, 2, "Request URI: /a".into())
    );
    assert_eq!(line(&packets[2], "http.host"), "Host: lab");
}

#[test]
fn arp_dns_and_ping() {
    let arp = ethernet(
        0x0806,
        &join(&[
            &[0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1],
            &RED,
            &[0; 6],
            &BLUE,
        ]),
    );
    assert_eq!(line(&arp, "arp"), "Address Resolution Protocol (request)");
    assert_eq!(line(&arp, "arp.opcode"), "Opcode: request (1)");
    assert_eq!(
        node(&arp, "arp.dst.proto_ipv4"),
        (38, 4, "Target IP address: 10.0.0.2".into())
    );

    let query = dns(0x0100, [1, 0, 0, 0], &[&question(&name("red.lab"), 1, 1)]);
    let data = udp(4000, 53, &query);
    assert_eq!(line(&data, "dns"), "Domain Name System (query)");
    assert_eq!(line(&data, "dns.qry"), "red.lab: type A, class IN");
    assert_eq!(node(&data, "dns.qry.name"), (54, 9, "Name: red.lab".into()));
    assert_eq!(line(&data, "dns.flags"), "Flags: 0x0100 Standard query");

    let ping = icmp(&[8, 0, 0, 0, 0, 7, 0, 1, 1, 2, 3]);
    assert_eq!(line(&ping, "icmp.type"), "Type: Echo (ping) request (8)");
    assert_eq!(line(&ping, "icmp.ident"), "Identifier (BE): 7 (0x0007)");
    assert_eq!(
        line(&ping, "icmp.checksum")
            .split_once(' ')
            .unwrap()
            .1
            .split_once(' ')
            .unwrap()
            .1,
        "[correct]"
    );
}

#[test]
fn an_error_quotes_a_packet_inside_itself() {
    let quoted = Ipv4::default().packet(17, &udp_datagram(4000, 53, b"x"));
    let quoted = &quoted[..28];
    let data = icmp(&join(&[&[3, 3, 0, 0, 0, 0, 0, 0], quoted]));
    let tree = tree(&data);
    let ips: Vec<_> = tree
        .find("ip")
        .map(|node| (node.offset, node.level))
        .collect();
    assert_eq!(ips, [(14, 0), (42, 1)]);
    assert_eq!(tree.find("udp.dstport").count(), 1);
    assert_eq!(tree.find("_ws.malformed").count(), 0);
    let code = tree.find("icmp.code").next().unwrap();
    assert_eq!(code.label(&data), "Code: 3 (Port unreachable)");
}

#[test]
fn what_is_cut_short_or_wrong_says_so() {
    let whole = tcp(40_000, 443, 2).there();
    let mut cut = record(&whole);
    cut.data.truncate(40);
    let tree = dissect(LinkType::Ethernet, &cut, &Context::default());
    let last = tree.nodes.last().unwrap();
    assert_eq!(
        last.label(&cut.data),
        "[Packet size limited during capture: Transmission Control Protocol truncated]"
    );
    assert_eq!(tree.find("tcp.srcport").count(), 1);

    let mut wrong = whole;
    wrong[14] = 0x43;
    assert_eq!(
        line(&wrong, "_ws.malformed"),
        "[Malformed Packet: Internet Protocol Version 4]"
    );
}

#[test]
fn a_byte_leads_to_its_field_and_back() {
    let data = tcp(40_000, 443, 2).there();
    let tree = tree(&data);
    let at = |byte| tree.nodes[tree.at(byte).unwrap()].field.name;
    assert_eq!(at(0), "eth.dst");
    assert_eq!(at(28), "ip.src");
    assert_eq!(at(35), "tcp.srcport");
    let found = tree.at(35).unwrap();
    let parent = tree.parent(found).unwrap();
    assert_eq!(tree.nodes[parent].field.name, "tcp");
    assert!(tree.children(Some(parent)).any(|child| child == found));
    let protocols: Vec<_> = tree
        .children(None)
        .map(|i| tree.nodes[i].field.name)
        .collect();
    assert_eq!(protocols, ["frame", "eth", "ip", "tcp"]);
}

#[test]
fn a_field_becomes_a_filter() {
    let data = udp(
        4000,
        53,
        &dns(0x0100, [1, 0, 0, 0], &[&question(&name("red.lab"), 1, 1)]),
    );
    let tree = tree(&data);
    let filter = |name| tree.find(name).next().unwrap().filter(&data);
    assert_eq!(filter("ip.src"), "ip.src == 10.0.0.1");
    assert_eq!(filter("eth.src"), "eth.src == 02:00:00:00:00:01");
    assert_eq!(filter("dns.qry.name"), "dns.qry.name == \"red.lab\"");
    assert_eq!(filter("dns.flags.response"), "dns.flags.response == 0");
    assert_eq!(filter("dns"), "dns");
    assert_eq!(filter("ip.id"), "ip.id == 0x1234");
    // Each of them finds the packet that it was made of.
    for node in &tree.nodes {
        if node.field.name.starts_with("frame.time") || node.field.name == "frame.protocols" {
            continue;
        }
        let text = node.filter(&data);
        let mut filter =
            packet::filter::Filter::new(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert!(
            filter.matches(LinkType::Ethernet, &record(&data), &Context::default()),
            "{text}"
        );
    }
}

#[test]
fn trees_are_bounded() {
    // Records of one byte each: far more than a tree holds.
    let mut message = dns(0x8000, [0, 5000, 0, 0], &[]);
    for _ in 0..5000 {
        message.extend([0, 0, 16, 0, 1, 0, 0, 0, 0, 0, 0]);
    }
    let data = udp(53, 4000, &message);
    let tree = tree(&data);
    assert!(tree.nodes.len() <= 4001);
    assert_eq!(tree.nodes.last().unwrap().field.name, "_ws.too_long");
}

/// Found by the fuzz target `packet`.
#[test]
fn no_field_lies_beyond_what_was_captured() {
    let header = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0];
    let ip = [
        0x45, 0, 1, 0, 0, 1, 0, 0, 0x40, 0x11, 0, 10, 10, 0, 0, 1, 10, 0, 0, 2,
    ];
    let udp = [0x9c, 0x40, 0, 0x35, 0, 0xe6, 0, 0];
    let dns = [0, 1, 1, 5, 0, 0, 0, 0, 0, 0, 0, 1];
    // The root's option record of EDNS, and the rest of what the fuzzer made.
    let mut rest = vec![0, 0, 1, 0, 0];
    rest.extend([0xff; 9]);
    rest.push(0xfd);
    rest.extend([0xff; 6]);
    rest.extend([0, 0, 0, 0, 3, b'w', b'w', b'w', 0, 0, 1, 0, 1]);
    let whole = [&header[..], &ip, &udp, &dns, &rest].concat();
    for length in 0..=whole.len() {
        let data = &whole[..length];
        let tree = tree(data);
        for (index, node) in tree.nodes.iter().enumerate() {
            let end = node.offset as usize + node.length as usize;
            assert!(
                end <= length,
                "{length}: {} to {end}",
                tree.label(index, data)
            );
        }
    }
}
