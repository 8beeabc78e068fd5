//! The link layer discovery protocol.

use packet::LinkType;

use super::build::{ethernet, join};
use super::compare::assert_equal;

/// An LLDP element.
fn element(kind: u8, value: &[u8]) -> Vec<u8> {
    join(&[
        &[kind << 1 | (value.len() >> 8) as u8, value.len() as u8],
        value,
    ])
}

#[test]
fn neighbours() {
    let message = |elements: &[Vec<u8>]| ethernet(0x88cc, &elements.concat());
    let chassis = element(1, &[4, 2, 0, 0, 0, 0, 1]);
    let end = element(0, &[]);
    let mut packets = vec![
        message(&[
            chassis.clone(),
            element(2, b"\x05eth0"),
            element(3, &[0, 120]),
            end.clone(),
        ]),
        message(&[
            element(5, b"switch-1"),
            element(6, b"Debian"),
            element(4, b"uplink"),
            end.clone(),
        ]),
        message(&[element(5, b"evil\x1b[31m\x07"), end.clone()]),
        message(&[
            element(7, &[0, 0x14, 0, 0x04]),
            element(7, &[0, 0, 0xff, 0xff]),
        ]),
        message(&[element(7, &[0, 0x14])]),
        message(&[element(3, &[1])]),
        message(&[element(8, &[5, 1, 10, 0, 0, 1, 2, 0, 0, 0, 7, 0])]),
        message(&[element(8, &[5, 1, 10, 0, 0, 1, 3, 0, 0, 0, 7, 3, 1, 3, 6])]),
        message(&[element(8, &[7, 6, 2, 0, 0, 0, 0, 1, 9, 0, 0, 0, 7])]),
        message(&[element(8, &[3, 16, 1, 2, 1, 0, 0, 0, 7])]),
        message(&[element(8, &[5, 1, 10, 0, 0])]),
        message(&[element(8, &[9, 1, 10, 0, 0, 1, 2, 0, 0, 0, 7, 0])]),
        message(&[element(9, b"reserved"), end.clone()]),
        message(&[chassis.clone(), vec![0x0a]]),
        message(&[vec![0x0a, 200, b'x']]),
    ];
    for kind in 0..=8u8 {
        let ids: [&[u8]; 3] = [&[1, 10, 0, 0, 1], b"eth0\0x", &[2, 0, 0, 0, 0, 9, 9]];
        for id in ids {
            packets.push(message(&[element(1, &join(&[&[kind], id])), end.clone()]));
            packets.push(message(&[element(2, &join(&[&[kind], id])), end.clone()]));
        }
    }
    let organizations: &[&[u8]] = &[
        &[0, 0x80, 0xc2, 1, 0, 10],
        &[0, 0x80, 0xc2, 1, 0],
        &[0, 0x80, 0xc2, 2, 6, 0, 10],
        &[0, 0x80, 0xc2, 3, 0, 10, 3, b'r', b'e', b'd'],
        &[0, 0x80, 0xc2, 3, 0, 10, 9, b'r', b'e', b'd'],
        &[0, 0x80, 0xc2, 4, 2, 0x88, 0x8e],
        &[0, 0x80, 0xc2, 7, 3, 0, 0, 0, 1],
        &[0, 0x80, 0xc2, 99, 3, 0],
        &[0, 0x80, 0xc2],
        &[0, 0x12, 0x0f, 1, 3, 0x6c, 0x01, 0, 30],
        &[0, 0x12, 0x0f, 1, 0, 0, 0, 0, 99],
        &[0, 0x12, 0x0f, 2, 0x0f, 1, 2],
        &[0, 0x12, 0x0f, 2, 0, 9, 9],
        &[0, 0x12, 0x0f, 3, 1, 0, 0, 0, 2],
        &[0, 0x12, 0x0f, 4, 5, 0xdc],
        &[0, 0x12, 0x0f, 9, 5, 0xdc],
        &[0x12, 0x34, 0x56, 9, 5],
        &[0x12, 0x34],
    ];
    for organization in organizations {
        packets.push(message(&[element(127, organization), end.clone()]));
    }
    assert_equal("neighbours", LinkType::Ethernet, &packets);
}

/// Messages of one organization's element each.
fn of_organization(organization: [u8; 3], values: &[&[u8]]) -> Vec<Vec<u8>> {
    let message = |value: &&[u8]| {
        let element = element(127, &join(&[&organization, value]));
        ethernet(0x88cc, &join(&[&element, &[0, 0]]))
    };
    values.iter().map(message).collect()
}

#[test]
fn data_centre_bridges() {
    let mut values: Vec<Vec<u8>> = Vec::new();
    // Each kind with bytes enough, one too few, and more than enough.
    for (kind, size) in [
        (8, 2),
        (9, 21),
        (10, 21),
        (11, 2),
        (12, 1),
        (12, 7),
        (13, 5),
        (14, 4),
        (14, 10),
    ] {
        for size in [size - 1, size, size + 1] {
            let bytes = (0..size as u8).map(|i| i.wrapping_mul(37) ^ 0xa5);
            values.push([kind].into_iter().chain(bytes).collect());
        }
    }
    let values: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
    let packets = of_organization([0, 0x80, 0xc2], &values);
    assert_equal("data_centre_bridges", LinkType::Ethernet, &packets);
}

#[test]
fn media_endpoints() {
    let mut packets = of_organization(
        [0, 0x12, 0xbb],
        &[
            &[1, 0, 0x3f, 1],
            &[1, 0xff, 0, 9],
            &[1, 0],
            &[2, 1, 0x40, 0x14, 0xae],
            &[2, 99, 0xff, 0xff, 0xff],
            &[3],
            &[3, 1, 0x44, 1, 2, 3, 4, 0x47, 5, 6, 7, 8, 0x11, 2, 3, 4, 1],
            &[3, 1, 0x44, 1],
            &[
                3, 2, 12, 1, b'D', b'E', 1, 2, b'B', b'W', 3, 3, b'U', b'l', b'm',
            ],
            &[3, 2, 8, 9, b'D', b'E', 77, 3, b'x', 0, b'y'],
            &[3, 2, 5, 2, b'D', b'E', 1, 9],
            &[3, 2, 4, 2, b'D', b'E', 1],
            &[3, 2, 2, 2, b'D'],
            &[3, 3, b'1', b'1', b'2', 0x1b],
            &[3, 9, 1, 2, 3],
            &[4, 0x51, 0, 65],
            &[4, 0x60, 4, 0],
            &[4, 0],
            &[5, b'r', b'e', b'v', 0x1b],
            &[6, b'f', b'w'],
            &[11, b'7'],
            &[11],
            &[12, 1, 2],
            &[],
        ],
    );
    packets.extend(of_organization(
        [0, 0, 0x5e],
        &[b"\x01http://a/\x1b", b"\x02http://a/", b"\x01abc", b""],
    ));
    assert_equal("media_endpoints", LinkType::Ethernet, &packets);
}
