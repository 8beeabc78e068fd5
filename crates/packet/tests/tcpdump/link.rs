//! Ethernet, VLAN tags, 802.2, spanning tree, ARP and the other kinds of links.

use packet::LinkType;

use crate::build::{
    ALL_NODES, BLUE, Ipv4, LINK_LOCAL, RED, ethernet, icmp, ieee, ipv4, ipv6_between, join,
};
use crate::compare::assert_equal;

fn arp(hardware: u16, protocol: u16, lengths: [u8; 2], operation: u16, rest: &[u8]) -> Vec<u8> {
    let [hardware, protocol, operation] = [hardware, protocol, operation].map(u16::to_be_bytes);
    ethernet(
        0x0806,
        &join(&[&hardware, &protocol, &lengths, &operation, rest]),
    )
}

#[test]
fn address_resolution() {
    let red = join(&[&[2, 0, 0, 0, 0, 1], &RED]);
    let blue = join(&[&[2, 0, 0, 0, 0, 2], &BLUE]);
    let nobody = join(&[&[0; 6], &BLUE]);
    let mut packets = vec![
        arp(1, 0x0800, [6, 4], 1, &join(&[&red, &nobody])),
        arp(1, 0x0800, [6, 4], 1, &join(&[&red, &blue])),
        arp(1, 0x0800, [6, 4], 2, &join(&[&blue, &red])),
        // Padded to the shortest Ethernet frame.
        arp(1, 0x0800, [6, 4], 2, &join(&[&blue, &red, &[0; 18]])),
        // Another protocol, another address length, no hardware address, unknown operations.
        arp(1, 0x86dd, [6, 4], 1, &join(&[&red, &blue])),
        arp(1, 0x1234, [6, 4], 1, &join(&[&red, &blue])),
        arp(1, 0x0800, [6, 16], 1, &[7; 44]),
        arp(1, 0x0800, [0, 4], 1, &[7; 8]),
        arp(6, 0x0800, [8, 4], 2, &[9; 24]),
        arp(99, 0x0800, [6, 4], 77, &join(&[&red, &blue])),
    ];
    for operation in 3..=12 {
        packets.push(arp(1, 0x0800, [6, 4], operation, &join(&[&red, &blue])));
    }
    let mut reverse = arp(1, 0x0800, [6, 4], 3, &join(&[&red, &blue]));
    reverse[12..14].copy_from_slice(&[0x80, 0x35]);
    packets.push(reverse);
    assert_equal("address_resolution", LinkType::Ethernet, &packets);
}

#[test]
fn vlan_tags() {
    let inner = &icmp(&[8, 0, 0, 0, 0, 1, 0, 1])[12..].to_vec();
    let tagged = |kinds: &[u16], payload: &[u8]| {
        let tags: Vec<u8> = kinds
            .iter()
            .flat_map(|kind| join(&[&kind.to_be_bytes(), &[0x70, 0x0a]]))
            .collect();
        join(&[&[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1], &tags, payload])
    };
    assert_equal(
        "vlan_tags",
        LinkType::Ethernet,
        &[
            tagged(&[0x8100], inner),
            tagged(&[0x88a8, 0x8100], inner),
            tagged(&[0x9100, 0x9200, 0x8100, 0x8100], inner),
            tagged(&[0x8100], &[0x12, 0x34, 1, 2, 3]),
            tagged(&[0x8100], &[0, 3, 0x42, 0x42, 3]),
            tagged(&[0x8100], &[0x88]),
        ],
    );
}

#[test]
fn unknown_types() {
    assert_equal(
        "unknown_types",
        LinkType::Ethernet,
        &[
            ethernet(0x1234, b"some bytes of nobody's"),
            ethernet(0x1234, b""),
            ethernet(0x893a, b"a known name, an unknown form"),
            ethernet(0x88b5, &[0x1b, b'[', b'3', b'1', b'm', 0xff, 7, 8, 9]),
            ethernet(1501, b"in between"),
        ],
    );
}

#[test]
fn logical_link_control() {
    let packets = [
        ieee(&[0xaa, 0xaa, 3, 0, 0, 0, 0x08, 0x06, 1, 2]),
        ieee(&[0xaa, 0xaa, 3, 0, 0, 0, 0x12, 0x34, 1, 2, 3]),
        ieee(&[0xaa, 0xaa, 3, 0, 0, 0x0c, 0x20, 0x99, 1, 2, 3]),
        ieee(&[0xaa, 0xaa, 3, 0x12, 0x34, 0x56, 0x20, 0x00, 1, 2, 3]),
        ieee(&[0xaa, 0xaa, 3, 0, 0, 0xf8, 0x12, 0x34, 1, 2, 3]),
        ieee(&[0xaa, 0xaa, 3, 0, 0x80, 0xc2, 0, 8, 1, 2, 3]),
        ieee(&join(&[
            &[0xaa, 0xaa, 3, 0, 0x80, 0xc2, 0, 7, 0, 0],
            &icmp(&[8, 0, 0, 0, 0, 1, 0, 1]),
        ])),
        ieee(&join(&[
            &[0xaa, 0xaa, 3, 0, 0, 0],
            &icmp(&[0, 0, 0, 0, 0, 1, 0, 1])[12..],
        ])),
        ieee(&join(&[
            &[6, 6, 3],
            &Ipv4::default().packet(1, &[8, 0, 0, 0, 0, 1, 0, 1]),
        ])),
        // Unnumbered: XID with and without its payload, TEST, an unknown command; poll and response.
        ieee(&[0, 1, 0xaf, 0x81, 1, 0]),
        ieee(&[4, 5, 0xbf, 0x81, 1, 0]),
        ieee(&[4, 4, 0xaf]),
        ieee(&[4, 4, 0xaf, 0x81, 1]),
        ieee(&[4, 4, 0xaf, 0x77, 1]),
        ieee(&[0xf4, 0xf5, 0xe3, 1, 2]),
        ieee(&[0xf4, 0xf4, 0x13, 1, 2]),
        ieee(&[0x10, 0x20, 0x17, 1, 2]),
        // Supervisory and information.
        ieee(&[0x10, 0x21, 0x01, 0x04]),
        ieee(&[0x10, 0x20, 0x05, 0x05]),
        ieee(&[0x10, 0x10, 0x0d, 0x05, 9]),
        ieee(&[0x10, 0x10, 0x02, 0x05, 9, 9]),
        ieee(&[0x11, 0x13, 0x02, 0x05, 9, 9]),
        ieee(&[0x10]),
        // A length that is shorter than what follows.
        ethernet(3, &[0x42, 0x42, 3, 0, 0, 0, 0, 0, 0]),
    ];
    assert_equal("logical_link_control", LinkType::Ethernet, &packets);
}

fn bpdu(version: u8, kind: u8, flags: u8, rest: &[u8]) -> Vec<u8> {
    let mut message = vec![0x42, 0x42, 3, 0, 0, version, kind, flags];
    message.extend([
        0x80, 0, 2, 0, 0, 0, 0, 1, 0, 0, 0, 4, 0x80, 0, 2, 0, 0, 0, 0, 2, 0x80, 1,
    ]);
    message.extend([0, 1, 0x14, 0, 0x02, 0x80, 0x0f, 0]);
    message.extend(rest);
    ieee(&message)
}

#[test]
fn spanning_tree() {
    let mut mstp = vec![0, 0, 96, 0];
    mstp.extend(b"region\x1b[1m");
    mstp.resize(4 + 32, 0);
    mstp.extend([0, 7]);
    mstp.extend(0..16);
    mstp.extend([0, 0, 0x4e, 0x20, 0x90, 0, 2, 0, 0, 0, 0, 3, 20]);
    mstp.extend([0x7c, 0x80, 5, 2, 0, 0, 0, 0, 5, 0, 0, 0, 9, 0x80, 0x80, 19]);
    mstp.extend([0x0e, 0x80, 6, 2, 0, 0, 0, 0, 6, 0, 0, 0, 8, 0x70, 0x10, 18]);
    let mut spb = mstp.clone();
    spb.extend([0, 85, 0]);
    spb.extend(b"paths\x1b");
    spb.resize(mstp.len() + 3 + 32, 0);
    spb.extend(0..52);
    let mut short = spb.clone();
    short.truncate(spb.len() - 4);
    let packets = [
        bpdu(0, 0, 0, &[0; 8]),
        bpdu(0, 0, 0x81, &[]),
        bpdu(2, 2, 0x3c, &[0]),
        bpdu(2, 2, 0x7e, &[0]),
        bpdu(2, 0, 0x0c, &[0]),
        bpdu(3, 2, 0x7c, &mstp),
        bpdu(4, 2, 0x7c, &mstp),
        bpdu(4, 2, 0x7c, &spb),
        bpdu(4, 2, 0x7c, &short),
        bpdu(3, 2, 0x7c, &[0, 0, 2]),
        bpdu(0, 0x80, 0, &[]),
        bpdu(0, 0x33, 0, &[]),
        bpdu(9, 0, 0, &[]),
        ieee(&[0x42, 0x42, 3, 0, 0, 0, 0x80]),
        ieee(&[0x42, 0x42, 3, 0, 1, 0, 0x80]),
        ieee(&[0x42, 0x42, 3, 0]),
        // Cisco's, one tree a VLAN.
        ieee(&join(&[
            &[0xaa, 0xaa, 3, 0, 0, 0x0c, 1, 0x0b],
            &bpdu(2, 2, 0x3c, &[0])[17..],
        ])),
    ];
    assert_equal("spanning_tree", LinkType::Ethernet, &packets);
}

#[test]
fn other_links() {
    let echo = icmp(&[8, 0, 0, 0, 0, 1, 0, 1])[14..].to_vec();
    let echo6 = ipv6_between(LINK_LOCAL, ALL_NODES, 58, &[128, 0, 0, 0, 0, 1, 0, 1]);
    assert_equal(
        "other_links_1",
        LinkType::RawIp,
        &[&echo[..], &echo6[..], &[0x30, 1, 2, 3]],
    );
    assert_equal("other_links_2", LinkType::Ipv4, &[&echo[..]]);
    assert_equal("other_links_3", LinkType::Ipv6, &[&echo6[..]]);
    let loops = |family: [u8; 4], payload: &[u8]| join(&[&family, payload]);
    assert_equal(
        "other_links_4",
        LinkType::Null,
        &[
            loops([2, 0, 0, 0], &echo),
            loops([0, 0, 0, 2], &echo),
            loops([24, 0, 0, 0], &echo6),
            loops([28, 0, 0, 0], &echo6),
            loops([30, 0, 0, 0], &echo6),
            loops([77, 0, 0, 0], b"strange"),
        ],
    );
    assert_equal(
        "other_links_5",
        LinkType::Loop,
        &[loops([0, 0, 0, 2], &echo), loops([0, 0, 0, 24], &echo6)],
    );
    assert_equal(
        "other_links_6",
        LinkType::Other(147),
        &[b"not known to anybody"],
    );
}

#[test]
fn cooked() {
    let echo = icmp(&[8, 0, 0, 0, 0, 1, 0, 1])[14..].to_vec();
    let first = |direction: u8, address: u8, protocol: u16, payload: &[u8]| {
        let start = [0, direction, 0, 1, 0, address, 2, 0, 0, 0, 0, 1, 0, 0];
        join(&[&start, &protocol.to_be_bytes(), payload])
    };
    let second = |direction: u8, index: u8, protocol: u16, payload: &[u8]| {
        let start = [
            0, 0, 0, 0, 0, index, 0, 1, direction, 6, 2, 0, 0, 0, 0, 1, 0, 0,
        ];
        join(&[&protocol.to_be_bytes(), &start, payload])
    };
    let mut one = vec![
        first(0, 0, 0x0800, &echo),
        first(4, 6, 0x8100, &join(&[&[0, 10, 8, 0], &echo])),
        first(1, 6, 0x8100, &[0, 10, 0, 3, 0x42, 0x42, 3]),
        first(2, 6, 0x1234, b"unknown"),
        first(2, 6, 4, &[0x42, 0x42, 3, 0, 0, 0, 0x80]),
        first(2, 6, 4, &[0x40, 0x44, 3, 0, 0, 0, 0x80]),
        first(2, 6, 4, &[0x44, 0x44, 3, 0, 0, 0, 0x80]),
        first(2, 6, 77, b"unknown"),
    ];
    // Interface 1 is the loopback everywhere; 255 is nowhere.
    let two = [
        second(0, 1, 0x0800, &echo),
        second(4, 255, 0x0800, &echo),
        second(3, 1, 0x8100, &join(&[&[0, 10, 8, 0], &echo])),
        second(9, 1, 0x1234, b"unknown"),
        second(2, 1, 4, &[0x42, 0x42, 3, 0, 0, 0, 0x80]),
    ];
    for direction in 0..6 {
        one.push(first(direction, 6, 0x0800, &echo));
    }
    assert_equal("cooked_1", LinkType::LinuxSll, &one);
    assert_equal("cooked_2", LinkType::LinuxSll2, &two);
}

#[test]
fn nothing_in_the_packet() {
    assert_equal(
        "nothing_in_the_packet",
        LinkType::Ethernet,
        &[ethernet(0x0800, b""), ethernet(0x86dd, b""), ipv4(0, b"")],
    );
}
