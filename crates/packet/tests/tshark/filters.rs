//! Display filters let through what tshark lets through.

use std::sync::atomic::{AtomicUsize, Ordering};

use packet::conversation::Conversations;
use packet::filter::Filter;
use packet::pcapng::Reader;
use packet::tree::Context;

use crate::compare::capture;
use crate::pdml::passing;

const FILTERS: &[&str] = &[
    "tcp",
    "!tcp and !udp",
    "arp or icmp",
    "ip.addr == 10.0.0.1",
    "ip.src == 10.0.0.2",
    "ip.src != 10.0.0.2",
    "!(ip.addr == 10.0.0.2)",
    "ip.dst == 10.0.0.0/31",
    "ipv6.addr == fd00::/64",
    "ipv6.dst == ff02::1",
    "tcp.port == 80",
    "tcp.port in {80, 443}",
    "udp.port in {50..70}",
    "tcp.srcport > 1024 && tcp.flags.syn == 1",
    "tcp.flags.reset == 1 || tcp.flags.fin == 1",
    "tcp.flags == 0x012",
    "tcp.len > 0",
    "tcp.seq == 1",
    "tcp.stream == 1",
    "tcp.options.mss_val == 1460",
    "tcp.window_size_value <= 512",
    "frame.len > 100",
    "frame.number >= 10 and frame.number < 13",
    "eth.src == 02:00:00:00:00:01",
    "eth.dst[0:2] == 02:00",
    "eth.type == 0x0806",
    "vlan.id == 10",
    "vlan",
    "ip.ttl < 65 and ip.proto == 17",
    "ip.flags.mf == 1 or ip.frag_offset > 0",
    "ip.dsfield.dscp == 46",
    "icmp.type == 8",
    "icmp.type == 3 and icmp.code == 3",
    "icmpv6.type in {133..136}",
    "icmpv6.opt.prefix",
    "dns",
    "dns.flags.response == 1",
    "dns.qry.name == \"red.lab\"",
    "dns.qry.name contains \"red\"",
    "dns.a == 10.0.0.1",
    "dns.qry.type == 1 && dns.flags.response == 0",
    "http.request.method == \"GET\"",
    "http.response.code == 404",
    "http.host matches \"^RED\"",
    "http",
    "tls.handshake.extensions_server_name == \"red.lab\"",
    "dhcp.option.dhcp == 1",
    "dhcp.hw.mac_addr == 02:00:00:00:00:01",
    "dhcpv6",
    "ntp.stratum == 2",
    "stp.root.cost == 4",
    "lldp.tlv.system.name == \"red\"",
    "vxlan.vni == 42",
    "gre",
    "igmp.maddr == 239.1.2.3",
    "arp.opcode == 2",
    "ip contains 64:61:74:61",
    "udp.length == 11",
    "not ip and not ipv6 and not arp",
];

fn ours(file: &[u8], filter: &str) -> Vec<u32> {
    let mut filter = Filter::new(filter).unwrap_or_else(|error| panic!("{filter}: {error}"));
    let mut conversations = Conversations::default();
    let packets = Reader::new(file).unwrap().map(Result::unwrap);
    let mut passing = Vec::new();
    for (number, packet) in (1..).zip(packets) {
        let context = Context {
            number: Some(number),
            stream: conversations.next(packet.link, packet.record),
            ..Context::default()
        };
        if filter.matches(packet.link, packet.record, &context) {
            passing.push(number);
        }
    }
    passing
}

#[test]
fn filters_let_through_what_tshark_lets_through() {
    let file = capture();
    let next = AtomicUsize::new(0);
    let compare = || {
        while let Some(filter) = FILTERS.get(next.fetch_add(1, Ordering::Relaxed)) {
            let theirs = passing(&file, filter);
            assert!(
                !theirs.is_empty(),
                "{filter} finds nothing, which proves nothing"
            );
            assert_eq!(ours(&file, filter), theirs, "{filter}");
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(compare);
        }
    });
}
