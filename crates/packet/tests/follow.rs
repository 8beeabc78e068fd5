//! Following streams: order, retransmissions, what is missing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(
    dead_code,
    unreachable_pub,
    reason = "the tests of the text use all of it"
)]
#[path = "tcpdump/build.rs"]
mod build;

use build::*;
use packet::conversation::Key;
use packet::follow::{Follow, Form, Piece, Said, show};
use packet::{LinkType, Record, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;

fn record(data: &[u8]) -> Record {
    Record {
        at: Timestamp(0),
        length: data.len() as u32,
        data: data.to_vec(),
    }
}

/// Follows the conversation of the first packet.
fn follow(packets: &[Record]) -> Vec<Piece> {
    let (key, _) = Key::of(LinkType::Ethernet, &packets[0]).unwrap();
    let mut follow = Follow::new(key, 1 << 20);
    for (i, packet) in packets.iter().enumerate() {
        follow.push(LinkType::Ethernet, packet, i as u64);
    }
    follow.finish()
}

/// `>` what the first end said, `<` the other, `?` what is missing.
fn said(pieces: &[Piece]) -> String {
    let each = pieces.iter().map(|piece| {
        let way = if piece.from_first { '>' } else { '<' };
        match &piece.said {
            Said::Data(data) => format!("{way}{}", String::from_utf8_lossy(data)),
            Said::Gap(missing) => format!("{way}?{missing}"),
        }
    });
    each.collect::<Vec<_>>().join(" ")
}

fn there(sequence: u32, payload: &[u8]) -> Record {
    record(
        &tcp(40_000, 80, 0x18)
            .numbers(sequence, 1)
            .payload(payload)
            .there(),
    )
}

fn back(sequence: u32, acknowledged: u32, payload: &[u8]) -> Record {
    record(
        &tcp(80, 40_000, 0x18)
            .numbers(sequence, acknowledged)
            .payload(payload)
            .back(),
    )
}

fn open() -> [Record; 2] {
    [
        record(&tcp(40_000, 80, 2).numbers(999, 0).there()),
        record(&tcp(80, 40_000, 0x12).numbers(u32::MAX, 1000).back()),
    ]
}

fn with_open(packets: &[Record]) -> Vec<Record> {
    [&open()[..], packets].concat()
}

#[test]
fn a_conversation_over_the_end_of_the_numbers() {
    let packets = with_open(&[
        there(1000, b"GET"),
        back(0, 1003, b"200"),
        there(1003, b"more"),
        back(3, 1007, b"bye"),
    ]);
    assert_eq!(said(&follow(&packets)), ">GET <200 >more <bye");
}

#[test]
fn out_of_order_and_again() {
    let packets = with_open(&[
        there(1003, b"def"),
        there(1000, b"abc"),
        there(1000, b"abcdefgh"),
        there(1002, b"c"),
        there(1008, b"i"),
    ]);
    assert_eq!(said(&follow(&packets)), ">abc >def >gh >i");
}

#[test]
fn what_was_acknowledged_but_not_captured_is_a_gap() {
    let packets = with_open(&[
        there(1000, b"abc"),
        back(0, 1010, b"ok"),
        there(1010, b"xyz"),
    ]);
    assert_eq!(said(&follow(&packets)), ">abc >?7 <ok >xyz");
    // Without the acknowledgment it is one at the end.
    let packets = with_open(&[there(1000, b"abc"), there(1010, b"xyz")]);
    assert_eq!(said(&follow(&packets)), ">abc >?7 >xyz");
}

#[test]
fn what_a_snap_length_cut_is_a_gap() {
    let mut cut = there(1000, b"abcdefgh");
    cut.data.truncate(cut.data.len() - 5);
    let packets = with_open(&[cut, there(1008, b"x")]);
    assert_eq!(said(&follow(&packets)), ">abc >?5 >x");
}

#[test]
fn others_are_passed_over_and_udp_is_as_it_comes() {
    let packets = [
        record(&udp(4000, 9, b"one")),
        record(&udp(4001, 9, b"other")),
        record(&udp(4000, 9, b"two")),
    ];
    assert_eq!(said(&follow(&packets)), ">one >two");
}

#[test]
fn it_is_bounded() {
    let packets = with_open(&[there(1000, &[b'a'; 900]), there(1900, &[b'b'; 900])]);
    let (key, _) = Key::of(LinkType::Ethernet, &packets[0]).unwrap();
    let mut follow = Follow::new(key, 1000);
    for packet in &packets {
        follow.push(LinkType::Ethernet, packet, 0);
    }
    assert!(follow.is_full());
    let length: usize = follow
        .finish()
        .iter()
        .map(|piece| match &piece.said {
            Said::Data(data) => data.len(),
            Said::Gap(_) => 0,
        })
        .sum();
    assert_eq!(length, 1000);
}

#[test]
fn text_and_hexadecimal() {
    let packets = with_open(&[
        there(1000, b"GET / HTTP/1.1\r\n\x1b[31m\xff"),
        back(0, 1022, b"ok"),
    ]);
    let pieces = follow(&packets);
    assert_eq!(show(&pieces, Form::Text), ["GET / HTTP/1.1\n.[31m.", "ok"]);
    assert_eq!(
        show(&pieces, Form::Hex)[0],
        "00000000  47 45 54 20 2f 20 48 54  54 50 2f 31 2e 31 0d 0a   GET / HTTP/1.1..\n\
         00000010  1b 5b 33 31 6d ff                                  .[31m.\n"
    );
}

proptest! {
    /// However a text is cut, put in order and repeated: if all of it is there, it is put together again.
    #[test]
    fn any_order_gives_the_text(
        cuts in vec((0usize..200, 1usize..60), 0..40),
        order in any::<u64>(),
        start: u32,
    ) {
        let text: Vec<u8> = (0..200u8).collect();
        let mut parts: Vec<(usize, usize)> = (0..200).step_by(20).map(|at| (at, 20)).collect();
        parts.extend(cuts.into_iter().map(|(at, length)| (at, length.min(200 - at))));
        // A shuffle that the test's input decides.
        let mut state = order | 1;
        for i in (1..parts.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            parts.swap(i, (state >> 33) as usize % (i + 1));
        }
        let mut packets = vec![record(&tcp(40_000, 80, 2).numbers(start.wrapping_sub(1), 0).there())];
        for (at, length) in parts {
            packets.push(there(start.wrapping_add(at as u32), &text[at..at + length]));
        }
        let mut together = Vec::new();
        for piece in follow(&packets) {
            match piece.said {
                Said::Data(data) => together.extend(data),
                Said::Gap(missing) => prop_assert!(false, "{missing} missing"),
            }
        }
        prop_assert_eq!(together, text);
    }
}
