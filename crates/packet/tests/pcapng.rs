//! Capture files byte by byte: both byte orders, units of time, old and simple packets, damage.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use packet::pcapng::{Error, Reader};
use packet::{LinkType, Timestamp};

/// A block of pcapng in either byte order.
fn block(big_endian: bool, kind: u32, body: &[u8]) -> Vec<u8> {
    let number = |value: u32| {
        if big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    };
    let padded = body.len().next_multiple_of(4);
    let length = number(padded as u32 + 12);
    let mut block = [&number(kind), &length, body].concat();
    block.resize(8 + padded, 0);
    block.extend(length);
    block
}

/// A section in little-endian order, version 1.0, of unknown length.
fn section() -> Vec<u8> {
    let magic = [0x4d, 0x3c, 0x2b, 0x1a];
    block(
        false,
        0x0a0d_0d0a,
        &[&magic[..], &[1, 0, 0, 0], &[0xff; 8]].concat(),
    )
}

/// An interface of link type 1 (Ethernet), not cut, with these options.
fn interface(options: &[u8]) -> Vec<u8> {
    block(false, 1, &[&[1, 0, 0, 0, 0, 0, 0, 0], options].concat())
}

/// A packet "abc" of interface 0 that was 60 bytes long, at this time.
fn packet(ticks: u64) -> Vec<u8> {
    let (high, low) = ((ticks >> 32) as u32, ticks as u32);
    let fields = [0, high, low, 3, 60].map(u32::to_le_bytes).concat();
    block(false, 6, &[&fields[..], b"abc"].concat())
}

fn only_packet_time(options: &[u8], ticks: u64) -> Result<Timestamp, Error> {
    let file = [section(), interface(options), packet(ticks)].concat();
    let packet = Reader::new(&file).unwrap().next().unwrap()?;
    assert_eq!(
        (packet.record.length, packet.record.data),
        (60, &b"abc"[..])
    );
    Ok(packet.record.at)
}

#[test]
fn units_of_time() {
    let microseconds = only_packet_time(&[], 1_700_000_000_123_456);
    assert_eq!(microseconds, Ok(Timestamp::new(1_700_000_000, 123_456_000)));
    // Option 9, one byte: a power of ten, or of two with the high bit.
    assert_eq!(
        only_packet_time(&[9, 0, 1, 0, 9, 0, 0, 0], 5_000_000_007),
        Ok(Timestamp(5_000_000_007))
    );
    assert_eq!(
        only_packet_time(&[9, 0, 1, 0, 3, 0, 0, 0], 7),
        Ok(Timestamp(7_000_000))
    );
    assert_eq!(
        only_packet_time(&[9, 0, 1, 0, 0, 0, 0, 0], 7),
        Ok(Timestamp::new(7, 0))
    );
    assert_eq!(
        only_packet_time(&[9, 0, 1, 0, 0x81, 0, 0, 0], 3),
        Ok(Timestamp::new(1, 500_000_000))
    );
    assert_eq!(
        only_packet_time(&[9, 0, 1, 0, 0xa0, 0, 0, 0], 1 << 32),
        Ok(Timestamp::new(1, 0))
    );
    // Option 14, eight bytes: seconds to add.
    let offset = [14, 0, 8, 0, 100, 0, 0, 0, 0, 0, 0, 0];
    assert_eq!(
        only_packet_time(&offset, 5_000_000),
        Ok(Timestamp::new(105, 0))
    );
    // Finer than a number of 64 bits can count in a second.
    let damaged = only_packet_time(&[9, 0, 1, 0, 20, 0, 0, 0], 1);
    assert_eq!(
        damaged,
        Err(Error::Damaged {
            what: "a time resolution that is too fine",
            at: 28
        })
    );
    // Later than we can say: the latest moment.
    assert_eq!(
        only_packet_time(&[9, 0, 1, 0, 0, 0, 0, 0], u64::MAX),
        Ok(Timestamp(u64::MAX))
    );
}

#[test]
fn big_endian() {
    let magic = [0x1a, 0x2b, 0x3c, 0x4d, 0, 1, 0, 0];
    let mut file = block(true, 0x0a0d_0d0a, &[&magic[..], &[0xff; 8]].concat());
    // Link type 113, cut to 96 bytes, named "any".
    file.extend(block(
        true,
        1,
        &[0, 113, 0, 0, 0, 0, 0, 96, 0, 2, 0, 3, b'a', b'n', b'y', 0],
    ));
    let fields = [0, 0, 1_000_001, 3, 60u32].map(u32::to_be_bytes).concat();
    // A comment follows the packet.
    let comment = [0, 1, 0, 2, b'h', b'i', 0, 0, 0, 0, 0, 0];
    file.extend(block(true, 6, &[&fields[..], b"abc\0", &comment].concat()));
    let mut reader = Reader::new(&file).unwrap();
    let packet = reader.next().unwrap().unwrap();
    assert_eq!(packet.record.at, Timestamp::new(1, 1000));
    assert_eq!(
        (packet.record.data, packet.comment),
        (&b"abc"[..], Some("hi"))
    );
    assert_eq!(packet.link, LinkType::LinuxSll);
    assert!(reader.next().is_none());
    assert_eq!(
        (
            reader.interfaces()[0].name.as_str(),
            reader.interfaces()[0].snap_length
        ),
        ("any", 96)
    );
}

#[test]
fn sections_have_their_own_interfaces() {
    let file = [
        section(),
        interface(&[]),
        packet(1),
        section(),
        interface(&[]),
        packet(2),
    ]
    .concat();
    let mut reader = Reader::new(&file).unwrap();
    let interfaces: Vec<_> = reader
        .by_ref()
        .map(|packet| packet.unwrap().interface)
        .collect();
    assert_eq!(interfaces, [0, 1]);
    assert_eq!(reader.interfaces().len(), 2);
}

#[test]
fn old_and_simple_packets() {
    // The old form: interface 0, 7 packets dropped before, time 1 s, 3 of 60 bytes captured.
    let old = [
        &[0, 0, 7, 0][..],
        &[0, 1_000_000, 3, 60u32].map(u32::to_le_bytes).concat(),
        b"abc\0",
    ]
    .concat();
    // The simple form: 3 bytes long, nothing else known; and one cut to the interface's two bytes.
    let simple = [&3u32.to_le_bytes()[..], b"xyz\0"].concat();
    let file = [
        section(),
        interface(&[]),
        block(false, 2, &old),
        block(false, 3, &simple),
    ]
    .concat();
    let read: Vec<_> = Reader::new(&file)
        .unwrap()
        .map(|packet| packet.unwrap().record)
        .collect();
    assert_eq!(
        (read[0].at, read[0].data, read[0].length),
        (Timestamp::new(1, 0), &b"abc"[..], 60)
    );
    assert_eq!(
        (read[1].at, read[1].data, read[1].length),
        (Timestamp(0), &b"xyz"[..], 3)
    );
    let cut = block(false, 1, &[1, 0, 0, 0, 2, 0, 0, 0]);
    let file = [section(), cut, block(false, 3, &simple)].concat();
    let record = Reader::new(&file).unwrap().next().unwrap().unwrap().record;
    assert_eq!((record.data, record.length), (&b"xy"[..], 3));
}

#[test]
fn unknown_blocks_are_skipped() {
    let file = [
        section(),
        block(false, 4, b"names"),
        block(false, 0x8000_0bad, b"x"),
        interface(&[]),
        packet(1),
    ];
    assert_eq!(Reader::new(&file.concat()).unwrap().count(), 1);
}

#[test]
fn what_is_wrong_is_said() {
    let error = |file: &[u8]| Reader::new(file).unwrap().find_map(Result::err).unwrap();
    assert_eq!(
        Reader::new(b"PK\x03\x04...").unwrap_err().to_string(),
        "this is no capture file: it starts with [50, 4b, 03, 04], not as pcap or pcapng"
    );
    assert_eq!(
        Reader::new(b"").unwrap_err(),
        Error::NotACapture { start: vec![] }
    );
    let whole = [section(), interface(&[]), packet(1)].concat();
    assert_eq!(
        error(&whole[..whole.len() - 1]).to_string(),
        "the capture file ends at byte 83 in the middle of a block that starts at byte 48"
    );
    let unknown = [section(), packet(1)].concat();
    assert_eq!(
        error(&unknown).to_string(),
        "the capture file is damaged at byte 28: a packet of an interface that was not described"
    );
    let mut tiny = whole.clone();
    tiny[32] = 8;
    assert_eq!(
        error(&tiny),
        Error::Damaged {
            what: "a block shorter than its own frame",
            at: 28
        }
    );
    let mut order = whole;
    order[8] = 0;
    assert_eq!(
        error(&order),
        Error::Damaged {
            what: "a section of unknown byte order",
            at: 0
        }
    );
}

/// How to write a number.
type Order = fn(u32) -> [u8; 4];

/// A pcap file with one packet in either byte order; the magic number tells the unit of the fraction.
fn pcap(order: Order, magic: u32, snap_length: u32) -> Vec<u8> {
    let version = if order(1) == 1u32.to_le_bytes() {
        0x0004_0002
    } else {
        0x0002_0004
    };
    let header = [magic, version, 0, 0, snap_length, 101].map(order).concat();
    let record = [1_700_000_000, 123_456, 4, 60].map(order).concat();
    [&header[..], &record, b"abcd"].concat()
}

#[test]
fn the_older_format() {
    let cases: [(Order, u32, u32); 4] = [
        (u32::to_le_bytes, 0xa1b2_c3d4, 123_456_000),
        (u32::to_be_bytes, 0xa1b2_c3d4, 123_456_000),
        (u32::to_le_bytes, 0xa1b2_3c4d, 123_456),
        (u32::to_be_bytes, 0xa1b2_3c4d, 123_456),
    ];
    for (order, magic, nanoseconds) in cases {
        let file = pcap(order, magic, 65_535);
        let mut reader = Reader::new(&file).unwrap();
        let packet = reader.next().unwrap().unwrap();
        assert_eq!(packet.record.at, Timestamp::new(1_700_000_000, nanoseconds));
        assert_eq!(
            (packet.record.length, packet.record.data),
            (60, &b"abcd"[..])
        );
        assert_eq!(packet.link, LinkType::RawIp);
        assert!(reader.next().is_none());
        let truncated = Reader::new(&file[..file.len() - 1])
            .unwrap()
            .next()
            .unwrap();
        assert_eq!(
            truncated,
            Err(Error::Truncated {
                what: "a packet",
                at: 24,
                length: 43
            })
        );
        assert!(Reader::new(&file[..20]).is_err());
    }
    // A packet longer than the file says its packets are is cut, as libpcap does.
    let file = pcap(u32::to_le_bytes, 0xa1b2_c3d4, 2);
    assert_eq!(
        Reader::new(&file)
            .unwrap()
            .next()
            .unwrap()
            .unwrap()
            .record
            .data,
        b"ab"
    );
}

#[test]
fn names_in_a_file_bring_no_escapes() {
    use packet::pcapng::{Interface, Writer};
    let mut file = Vec::new();
    let mut writer = Writer::new("test", &mut file);
    let mut named = Interface::new("eth\u{1b}[2J0", LinkType::Ethernet);
    named.description = Some("red\u{7}/eth0".to_owned());
    writer.interface(&named, &mut file);
    let mut reader = Reader::new(&file).unwrap();
    assert!(reader.next().is_none());
    assert_eq!(reader.interfaces()[0].name, "eth\u{fffd}[2J0");
    let description = reader.interfaces()[0].description.as_deref();
    assert_eq!(description, Some("red\u{fffd}/eth0"));
}
