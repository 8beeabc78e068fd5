//! DHCP of both versions, NTP and what else hosts ask at start.

use packet::LinkType;

use crate::build::{BLUE6, LINK_LOCAL, RED6, join, name, udp, udp6};
use crate::compare::{assert_equal, assert_files_equal, file, records};

/// A DHCP option.
fn option(kind: u8, data: &[u8]) -> Vec<u8> {
    join(&[&[kind, data.len() as u8], data])
}

/// A BOOTP message with this vendor part.
fn bootp(operation: u8, hardware: u8, vendor: &[u8]) -> Vec<u8> {
    let mut message = vec![operation, hardware, 6, 0, 1, 2, 3, 4, 0, 0, 0x80, 0];
    message.extend([0; 16]);
    message.extend([2, 0, 0, 0, 0, 1]);
    message.resize(236, 0);
    message.extend(vendor);
    message
}

fn dhcp(options: &[Vec<u8>]) -> Vec<u8> {
    bootp(
        1,
        1,
        &join(&[&[0x63, 0x82, 0x53, 0x63], &options.concat(), &[255, 0, 0]]),
    )
}

#[test]
fn fixed_fields() {
    let mut full = bootp(2, 1, &[0; 8]);
    full[3] = 1;
    full[8..12].copy_from_slice(&[0, 9, 0, 0]);
    for (i, byte) in full[12..28].iter_mut().enumerate() {
        *byte = i as u8 + 1;
    }
    full[44..51].copy_from_slice(b"server\0");
    full[108..117].copy_from_slice(b"boot\x1b.bin");
    let mut endless = full.clone();
    endless[44..108].fill(b'x');
    let messages = [
        bootp(1, 1, &[0x63, 0x82, 0x53, 0x63, 53, 1, 1, 255]),
        bootp(1, 6, &[0x63, 0x82, 0x53, 0x63, 255]),
        bootp(2, 1, &[0x63, 0x82, 0x53, 0x63]),
        bootp(9, 1, &[1, 2, 3, 4]),
        bootp(1, 1, &[]),
        full,
        endless,
    ];
    let packets: Vec<_> = messages
        .iter()
        .map(|message| udp(68, 67, message))
        .collect();
    assert_equal("fixed_fields", LinkType::Ethernet, &packets);
}

#[test]
fn dhcp_options() {
    let mut lists: Vec<Vec<Vec<u8>>> = vec![
        (0..=14).map(|kind| option(53, &[kind])).collect(),
        vec![option(53, &[1, 2]), option(53, &[])],
        vec![
            option(55, &[1, 3, 6, 15, 28, 42, 121, 200]),
            option(55, &[]),
        ],
        vec![
            option(61, &[1, 2, 0, 0, 0, 0, 1]),
            option(61, b"\0red"),
            option(61, &[]),
            option(61, &[99, 1]),
        ],
        vec![
            option(12, b"red"),
            option(12, b"evil\x1b[31m"),
            option(12, &[]),
        ],
        vec![
            option(46, &[4]),
            option(46, &[3]),
            option(46, &[]),
            option(46, &[1, 2]),
        ],
        vec![option(52, &[3]), option(52, &[9]), option(52, &[])],
        vec![
            option(77, b"\x03abc\x02de"),
            option(77, b"\x09abc"),
            option(77, b"\0a"),
            option(77, b"x"),
        ],
        vec![
            option(81, b"\x05\0\0red.lab"),
            option(81, b"\xf1\x01\x02red"),
            option(81, b"xx"),
        ],
        vec![
            option(82, b"\x01\x03one\x02\x02id\x09\x02zz"),
            option(82, b"\x01\x09one"),
            option(82, b"\x01"),
        ],
        vec![
            option(121, &[24, 10, 1, 2, 10, 0, 0, 254, 0, 10, 0, 0, 1]),
            option(249, &[32, 10, 1, 2, 3, 9, 9, 9, 9]),
        ],
        vec![
            option(121, &[33, 1, 2, 3, 4, 5]),
            option(121, &[24, 10, 1, 2, 3]),
            option(121, &[24, 10]),
        ],
        vec![
            vec![0, 0, 0],
            option(1, &[255, 255, 255, 0]),
            vec![0],
            option(51, &[0, 0, 0x0e, 0x10]),
        ],
        vec![
            option(19, &[0, 1, 2]),
            option(2, &[0xff, 0xff, 0xf1, 0xf0]),
            option(57, &[5, 0xdc, 1]),
        ],
        vec![
            option(33, &[10, 0, 0, 1, 10, 0, 0, 2, 1]),
            option(43, &[1, 2, 3]),
            option(3, &[10, 0, 0, 1, 10, 0, 0, 2]),
        ],
        vec![
            option(200, &[1]),
            option(200, &[1, 2]),
            option(200, &[0, 0, 0, 4]),
            option(200, &[]),
        ],
        vec![vec![12, 200, b'x']],
    ];
    for kind in 1..=254 {
        lists.push(vec![option(kind, &[10, 0, 0, 1, 10, 0, 0, 2])]);
    }
    let packets: Vec<_> = lists
        .iter()
        .map(|options| udp(68, 67, &dhcp(options)))
        .collect();
    let whole = file(LinkType::Ethernet, &records(&packets));
    assert_files_equal("dhcp_options_whole", &[("whole", whole)]);
    // Cut to every length these would be a hundred thousand packets; the first ones show it.
    assert_equal("dhcp_options", LinkType::Ethernet, &packets[..12]);
}

/// A DHCPv6 option.
fn option6(kind: u16, data: &[u8]) -> Vec<u8> {
    join(&[
        &kind.to_be_bytes(),
        &(data.len() as u16).to_be_bytes(),
        data,
    ])
}

#[test]
fn version_6() {
    let message =
        |kind: u8, options: &[Vec<u8>]| join(&[&[kind, 0x0a, 0xbc, 0xde], &options.concat()]);
    let address = option6(5, &join(&[&RED6, &[0, 0, 0, 9, 0, 0, 1, 0]]));
    let denied = option6(5, &join(&[&RED6, &[0; 8], &option6(13, b"\0\x02no")]));
    let prefix = option6(26, &join(&[&[0, 0, 0, 9, 0, 0, 1, 0, 64], &RED6]));
    let authentication = |protocol: u8, rest: &[u8]| {
        option6(
            11,
            &join(&[&[protocol, 1, 0, 1, 2, 3, 4, 5, 6, 7, 8], rest]),
        )
    };
    let mut messages: Vec<Vec<u8>> = (0..=16).map(|kind| message(kind, &[])).collect();
    let lists = [
        vec![
            option6(1, &[0, 1, 0, 1, 1, 2, 3, 4, 2, 0, 0, 0, 0, 1]),
            option6(2, &[0, 3, 0, 1, 2, 0, 0, 0, 0, 1]),
        ],
        vec![
            option6(1, &[0, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
            option6(1, &[0, 9, 1]),
            option6(1, &[0]),
        ],
        vec![
            option6(1, &[0, 1, 0, 1]),
            option6(1, &[0, 2, 0, 1]),
            option6(1, &[0, 3]),
        ],
        vec![
            option6(3, &join(&[&[0, 0, 0, 7, 0, 0, 0, 8, 0, 0, 0, 9], &address])),
            option6(3, &[0; 12]),
            option6(3, &[1]),
        ],
        vec![
            option6(4, &join(&[&[0, 0, 0, 7], &denied])),
            option6(4, &[0; 4]),
            option6(4, &[0; 3]),
        ],
        vec![
            option6(25, &join(&[&[0; 12], &prefix])),
            option6(26, &[0; 24]),
            address.clone(),
            option6(5, &[0; 23]),
        ],
        vec![
            option6(6, &[0, 23, 0, 24, 0, 200]),
            option6(6, &[0]),
            option6(43, &[0, 1]),
        ],
        vec![
            option6(7, &[9]),
            option6(7, &[]),
            option6(8, &[0, 100]),
            option6(8, &[1]),
            option6(14, &[]),
        ],
        vec![
            authentication(2, &[]),
            authentication(2, &[7; 24]),
            authentication(2, &[7; 9]),
            authentication(2, &[7; 20]),
        ],
        vec![
            authentication(3, &[1; 17]),
            authentication(3, &[2; 17]),
            authentication(3, &[3; 17]),
            authentication(3, &[1; 9]),
        ],
        vec![
            authentication(9, &[]),
            option6(11, &[9; 11]),
            option6(11, &[1]),
        ],
        vec![
            option6(13, &[0, 0]),
            option6(13, &[0, 77]),
            option6(13, &[1, 0]),
            option6(13, &[0]),
        ],
        vec![
            option6(18, b"eth0"),
            option6(38, b"a long name of someone"),
            option6(37, b"\0\0\0\x09remote-id-of-it"),
            option6(37, b"x"),
        ],
        vec![
            option6(19, &[5]),
            option6(19, &[11]),
            option6(19, &[3]),
            option6(19, &[]),
            option6(20, &[]),
        ],
        vec![
            option6(23, &join(&[&RED6, &BLUE6])),
            option6(31, &RED6),
            option6(22, &[1]),
            option6(48, &RED6),
        ],
        vec![
            option6(24, &join(&[&name("lab"), &name("red.lab")])),
            option6(21, &name("sip.lab")),
        ],
        vec![
            option6(24, &[3, b'l', b'a', b'b', 0xc0, 0]),
            option6(32, &[0, 0, 0, 9]),
        ],
        vec![
            option6(32, &[0, 0, 0, 9]),
            option6(46, &[1]),
            option6(15, b"x"),
            option6(999, b"x"),
        ],
        vec![
            option6(41, b"EST5EDT4,M3.2.0"),
            option6(42, b"Europe/Berlin"),
            option6(41, b"x"),
            option6(112, b"https://lab/"),
        ],
        vec![
            option6(44, &join(&[&[1], &RED6, &address])),
            option6(44, &join(&[&[2], &RED6])),
            option6(44, &join(&[&[9], &RED6])),
            option6(44, &[1]),
        ],
        vec![
            option6(45, &address),
            option6(45, &[]),
            option6(47, &join(&[&RED6, b"relayed message"])),
            option6(47, &[1]),
        ],
        vec![option6(
            56,
            &join(&[
                &option6(1, &RED6),
                &option6(2, &RED6),
                &option6(3, &name("ntp.lab")),
                &option6(9, &[1]),
            ]),
        )],
        vec![
            option6(56, &option6(1, &[1, 2])),
            option6(56, &[0, 1, 0, 99, 1]),
            option6(56, &[0]),
        ],
        vec![
            option6(64, &name("aftr.lab")),
            option6(64, &[3, b'a', b'b']),
            option6(64, &[9, b'a', b'b', b'c']),
        ],
        vec![vec![0, 1, 0, 200, 1]],
        vec![vec![0, 1]],
    ];
    messages.extend(lists.iter().map(|options| message(1, options)));
    let inner = message(1, &[option6(8, &[0, 0])]);
    let relayed = |inner: &[u8]| {
        join(&[
            &[12, 1],
            &RED6,
            &LINK_LOCAL,
            &option6(9, inner),
            &option6(18, b"br0"),
        ])
    };
    messages.push(relayed(&inner));
    messages.push(relayed(&relayed(&inner)));
    messages.push(relayed(&inner[..2]));
    let packets: Vec<_> = messages
        .iter()
        .map(|message| udp6(546, 547, message))
        .collect();
    assert_equal("version_6", LinkType::Ethernet, &packets);
}

#[test]
fn time() {
    let message = |first: u8, stratum: u8, rest: &[u8]| {
        let head = [
            first, stratum, 6, 0xec, 0, 1, 0x80, 0, 0, 0, 0x12, 0x34, b'G', b'P', b'S', 0,
        ];
        let reference = [0xe8, 0xfa, 0x1b, 0x80, 0x80, 0, 0, 0];
        let originator = [0xe8, 0xfa, 0x1b, 0x81, 0x12, 0x34, 0x56, 0x78];
        let receive = [0xe8, 0xfa, 0x1b, 0x82, 0x02, 0x34, 0x56, 0x78];
        let transmit = [0xe8, 0xfa, 0x1b, 0x80, 0xff, 0xff, 0xff, 0xff];
        join(&[&head, &reference, &originator, &receive, &transmit, rest])
    };
    let mut zero = message(0x23, 0, &[]);
    zero[24..32].fill(0);
    let mut old = message(0x23, 1, &[]);
    old[16..24].copy_from_slice(&[0, 0, 0, 1, 0, 0, 0, 1]);
    old[2..4].copy_from_slice(&[0xfd, 0x80]);
    let mut messages = vec![
        zero,
        old,
        message(0xe3, 2, &[0, 0, 0, 7]),
        message(0x63, 15, &[7; 20]),
        message(0xa4, 16, &[7; 24]),
        message(0x24, 62, &[]),
        message(0x24, 63, &[7; 9]),
        vec![0x23; 20],
        vec![
            0x26, 0x82, 0, 1, 0x06, 0x18, 0, 0, 0, 0, 0, 4, b'a', b'=', b'1', 0,
        ],
        vec![0x26, 0x62, 0, 1, 0, 0, 0, 5, 0, 6, 0, 0],
        vec![0x26, 0x02, 0, 1, 0, 0, 0, 5, 0, 6, 0, 9, 1],
        vec![0x26, 0x02, 0, 1],
    ];
    messages.extend((0..8).map(|mode| message(0x18 | mode, mode, &[])));
    let packets: Vec<_> = messages
        .iter()
        .map(|message| udp(123, 123, message))
        .collect();
    assert_equal("time", LinkType::Ethernet, &packets);
}

#[test]
fn services_of_cars() {
    let message = |head: [u8; 4], end: [u8; 4]| join(&[&head, &[0, 0, 0, 8, 0, 1, 0, 2], &end]);
    let packets = [
        udp(30_490, 9, &message([0, 1, 0x80, 2], [1, 1, 2, 0])),
        udp(30_490, 9, &message([0, 1, 0, 2], [1, 1, 0xa1, 15])),
        udp(30_490, 9, &message([0, 1, 0, 2], [1, 1, 9, 99])),
        udp(30_490, 9, b"short"),
    ];
    assert_equal("services_of_cars", LinkType::Ethernet, &packets);
}
