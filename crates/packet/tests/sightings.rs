//! The same packet at several points: across routing, NAT and tunnels, and when it cannot be known.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(
    dead_code,
    unreachable_pub,
    reason = "the tests of the text use all of it"
)]
#[path = "tcpdump/build.rs"]
mod build;

use build::*;
use packet::sightings::{Outcome, Sightings};
use packet::{LinkType, Record, Timestamp};

const SECOND: u64 = 1_000_000_000;

/// Sees packets at (interface, nanoseconds); says which began the row of each.
fn rows(seen: &[(&[u8], u32, u64)]) -> Vec<(u64, i64)> {
    let mut sightings = Sightings::new(SECOND);
    seen.iter()
        .enumerate()
        .map(|(i, (data, interface, at))| {
            let record = Record {
                at: Timestamp(*at),
                length: data.len() as u32,
                data: data.to_vec(),
            };
            match sightings.next(LinkType::Ethernet, &record, i as u64, *interface) {
                Outcome::New => (i as u64, 0),
                Outcome::Same { first, after } => (first, after),
            }
        })
        .collect()
}

fn from(source: [u8; 4], ttl: u8) -> Ipv4 {
    Ipv4 {
        source,
        ttl,
        ..Ipv4::default()
    }
}

#[test]
fn routed_and_translated() {
    let segment = tcp(40_000, 80, 0x18).payload(b"hello");
    let translated = Tcp {
        source: 61_000,
        ..segment.clone()
    };
    let before = from(RED, 64).sealed(6, &segment.segment(), 16);
    let after = from([192, 0, 2, 1], 63).sealed(6, &translated.segment(), 16);
    // An Ethernet header of another hop.
    let mut bridged = after.clone();
    bridged[0..12].copy_from_slice(&[9; 12]);
    let tagged = join(&[&bridged[..12], &[0x81, 0, 0, 10], &bridged[12..]]);
    assert_eq!(
        rows(&[
            (&before, 1, 1000),
            (&before, 2, 1400),
            (&after, 3, 5000),
            (&bridged, 4, 6000),
            (&tagged, 5, 7000),
        ]),
        [(0, 0), (0, 400), (0, 4000), (0, 5000), (0, 6000)]
    );
}

#[test]
fn pings_and_datagrams_through_nat() {
    let ping = |id: u8, sequence: u8| sealed(vec![8, 0, 0, 0, 0, id, 0, sequence, 1, 2, 3], 2);
    let first = from(RED, 64).frame(1, &ping(7, 1));
    let translated = from(BLUE, 63).frame(1, &ping(99, 1));
    let second = from(RED, 64).frame(1, &ping(7, 2));
    let datagram = from(RED, 64).sealed(17, &udp_datagram(4000, 53, b"query"), 6);
    let forwarded = from([192, 0, 2, 1], 63).sealed(17, &udp_datagram(5000, 53, b"query"), 6);
    let other = from(RED, 64).sealed(17, &udp_datagram(4000, 53, b"other"), 6);
    assert_eq!(
        rows(&[
            (&first, 1, 0),
            (&second, 1, 10),
            (&translated, 2, 20),
            (&datagram, 1, 30),
            (&other, 2, 35),
            (&forwarded, 2, 40),
        ]),
        [(0, 0), (1, 0), (0, 20), (3, 0), (4, 0), (3, 10)]
    );
}

#[test]
fn inside_a_tunnel() {
    let plain = from(RED, 64).sealed(17, &udp_datagram(4000, 9, b"x"), 6);
    let vxlan = udp(50_000, 4789, &join(&[&[8, 0, 0, 0, 0, 0, 42, 0], &plain]));
    let gre = ipv4(47, &join(&[&[0x20, 0, 8, 0, 0, 0, 0, 5], &plain[14..]]));
    let ipip = ipv4(4, &plain[14..]);
    assert_eq!(
        rows(&[(&plain, 1, 0), (&vxlan, 2, 1), (&gre, 3, 2), (&ipip, 4, 3)]),
        [(0, 0), (0, 1), (0, 2), (0, 3)]
    );
}

#[test]
fn what_is_ambiguous_is_not_merged() {
    // The same datagram twice, with nothing that tells them apart.
    let twice = udp6(4000, 9, b"same");
    assert_eq!(
        rows(&[
            (&twice, 1, 0),
            (&twice, 2, 10),
            (&twice, 1, 20),
            (&twice, 2, 30),
            // Long after it is another packet, of which there is one.
            (&twice, 1, 3 * SECOND),
            (&twice, 2, 3 * SECOND + 10),
        ]),
        [(0, 0), (0, 10), (2, 0), (3, 0), (4, 0), (4, 10)]
    );
}

#[test]
fn out_where_it_came_in() {
    // A router with one interface sends it out there, one TTL less.
    let segment = tcp(1, 2, 0x10).segment();
    let before = from(RED, 64).sealed(6, &segment, 16);
    let after = from(RED, 63).sealed(6, &segment, 16);
    assert_eq!(
        rows(&[(&before, 1, 0), (&after, 1, 10), (&after, 2, 20)]),
        [(0, 0), (0, 10), (0, 20)]
    );
}

#[test]
fn different_packets_of_a_stream_stay_apart() {
    let of = |sequence, payload: &[u8]| {
        tcp(1, 2, 0x10)
            .numbers(sequence, 1)
            .payload(payload)
            .there()
    };
    let packets = [
        of(1, b"a"),
        of(1, b"b"),
        of(2, b"a"),
        tcp(1, 2, 0x11).numbers(1, 1).payload(b"a").there(),
    ];
    let seen: Vec<_> = packets
        .iter()
        .enumerate()
        .map(|(i, data)| (data.as_slice(), i as u32, 0))
        .collect();
    assert_eq!(rows(&seen), [(0, 0), (1, 0), (2, 0), (3, 0)]);
}

#[test]
fn order_of_reading_does_not_matter() {
    let packet = tcp(1, 2, 0x10).there();
    assert_eq!(
        rows(&[(&packet, 2, 500), (&packet, 1, 100)]),
        [(0, 0), (0, -400)]
    );
}
