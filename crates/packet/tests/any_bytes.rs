//! Arbitrary and slightly damaged bytes: nothing panics or hangs, and only printable text comes out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use packet::conversation::Conversations;
use packet::filter::{Filter, complete};
use packet::pcapng::{Interface, Reader, Writer};
use packet::row::{Colouring, row};
use packet::sightings::fingerprint;
use packet::text::{Dump, LONGEST_LINE, Options, Printer, Time};
use packet::tree::{Context, dissect};
use packet::{LinkType, Record, Timestamp, kind};
use proptest::collection::vec;
use proptest::prelude::*;

fn link() -> impl Strategy<Value = LinkType> {
    (0usize..9).prop_map(|i| LinkType::from([1u16, 1, 0, 101, 108, 113, 228, 276, 147][i]))
}

fn options() -> impl Strategy<Value = Options> {
    let time = prop_oneof![
        Just(Time::None),
        Just(Time::Epoch),
        any::<i32>().prop_map(Time::Date)
    ];
    let dump = prop_oneof![Just(Dump::None), Just(Dump::Hex), Just(Dump::AsciiAll)];
    (time, 0u8..4, any::<bool>(), dump, any::<bool>()).prop_map(
        |(time, verbose, link, dump, one_line)| Options {
            time,
            verbose,
            link,
            dump,
            one_line,
        },
    )
}

/// Bytes that get past the first checks: an Ethernet header and the start of a packet, then anything.
fn likely() -> impl Strategy<Value = Vec<u8>> {
    let starts: Vec<Vec<u8>> = vec![
        vec![],
        frame(&[0x08, 0x00, 0x45, 0, 0, 200, 0, 1, 0, 0, 64, 6, 0, 0]),
        frame(&[0x08, 0x00, 0x4f, 0, 0, 200, 0, 1, 0, 0, 64, 17, 0, 0]),
        frame(&[0x08, 0x00, 0x45, 0, 0, 200, 0, 1, 0, 0, 64, 1, 0, 0]),
        frame(&[0x08, 0x00, 0x45, 0, 0, 200, 0, 1, 0, 0, 64, 2, 0, 0]),
        frame(&[0x08, 0x00, 0x45, 0, 0, 200, 0, 1, 0, 0, 64, 47, 0, 0]),
        frame(&[0x08, 0x06, 0, 1, 8, 0, 6, 4]),
        frame(&[0x86, 0xdd, 0x60, 0, 0, 0, 0, 160, 0, 64]),
        frame(&[0x86, 0xdd, 0x60, 0, 0, 0, 0, 160, 58, 64]),
        frame(&[0x86, 0xdd, 0x60, 0, 0, 0, 0, 160, 43, 64]),
        frame(&[0x88, 0xcc]),
        frame(&[0x00, 0x60, 0x42, 0x42, 0x03, 0, 0]),
        frame(&[0x00, 0x60, 0xaa, 0xaa, 0x03, 0, 0]),
        udp(53),
        udp(5353),
        udp(67),
        udp(69),
        udp(123),
        udp(514),
        udp(547),
        udp(4789),
        udp(6081),
        udp(8472),
    ];
    (prop::sample::select(starts), vec(any::<u8>(), 0..300))
        .prop_map(|(start, rest)| [start, rest].concat())
}

/// Words of filters in any order, and anything else.
fn filter_text() -> impl Strategy<Value = String> {
    let words = vec![
        "tcp",
        "ip.addr",
        "dns.qry.name",
        "eth.src",
        "frame",
        "10.0.0.0/8",
        "80",
        "0x10",
        "\"a\"",
        "02:00",
        "==",
        "!=",
        "<",
        ">=",
        "===",
        "contains",
        "matches",
        "in",
        "{80 443..8000}",
        "and",
        "||",
        "not",
        "!",
        "(",
        ")",
        "[0:3]",
        "[-1]",
        "[1-2,3]",
        "& 1",
        "len(",
        "count(",
        "all",
        "any",
        "é",
        "\"",
        "\\",
        "..",
        "{",
        "}",
        "xor",
        "~=",
        "r\"[a-z]*\"",
    ];
    let known = vec(prop::sample::select(words), 0..9).prop_map(|words| words.join(" "));
    prop_oneof![3 => known, 1 => any::<String>()]
}

fn frame(rest: &[u8]) -> Vec<u8> {
    [&[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1], rest].concat()
}

fn udp(port: u16) -> Vec<u8> {
    let ip = [
        0x08, 0, 0x45, 0, 1, 0, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0x9c, 0x40,
    ];
    [frame(&ip), port.to_be_bytes().to_vec(), vec![0, 230, 0, 0]].concat()
}

fn check(link: LinkType, record: &Record, options: &Options) {
    let mut printer = Printer::new(options.clone());
    let line = printer.line(link, record).to_owned();
    for byte in line.bytes() {
        let several = !options.one_line && matches!(byte, b'\n' | b'\t');
        assert!(
            (0x20..0x7f).contains(&byte) || several,
            "byte {byte:#x} in {line:?}"
        );
    }
    assert!(!options.one_line || line.len() <= LONGEST_LINE);
    // The same again: nothing but the TCP conversation may be remembered.
    let again = printer.line(link, record).to_owned();
    assert!(
        line == again || line.contains("Flags ["),
        "{line:?} is not {again:?}"
    );
    let _ = kind::summary(link, record);
    let mut conversations = Conversations::default();
    let context = Context {
        stream: conversations.next(link, record),
        ..Context::default()
    };
    let tree = dissect(link, record, &context);
    let row = row(link, record, &context);
    let said = [row.source, row.destination, row.protocol, row.info].concat();
    assert!(!said.chars().any(char::is_control), "{said:?}");
    let _ = Colouring::default().rule(link, record, &context);
    assert_eq!(fingerprint(link, record), fingerprint(link, record));
    assert!(tree.nodes.len() <= 4001);
    for (index, node) in tree.nodes.iter().enumerate() {
        assert!(node.offset as usize + node.length as usize <= record.data.len());
        let label = tree.label(index, &record.data);
        assert!(!label.chars().any(char::is_control), "{label:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_print(data in vec(any::<u8>(), 0..400), link in link(), options in options(), more in 0u32..70_000, at: u64) {
        let record = Record { at: Timestamp(at), length: data.len() as u32 + more, data };
        check(link, &record, &options);
    }

    #[test]
    fn likely_bytes_print(data in likely(), options in options(), more in 0u32..2000, at: u64) {
        let record = Record { at: Timestamp(at), length: data.len() as u32 + more, data };
        check(LinkType::Ethernet, &record, &options);
    }

    #[test]
    fn a_length_below_the_bytes_prints(data in likely(), options in options(), length: u32) {
        check(LinkType::Ethernet, &Record { at: Timestamp(0), length, data }, &options);
    }

    #[test]
    fn any_text_is_a_filter_or_an_error(text in filter_text(), data in likely()) {
        match Filter::new(&text) {
            Ok(mut filter) => {
                let record = Record { at: Timestamp(0), length: data.len() as u32, data };
                filter.matches(LinkType::Ethernet, &record, &Context::default());
            }
            // Its place is a part of the text.
            Err(error) => prop_assert!(text.get(error.at.clone()).is_some(), "{text:?}: {error:?}"),
        }
        let _ = complete(&text, text.len() / 2);
    }

    #[test]
    fn any_bytes_are_read_as_a_file(start in 0usize..6, rest in vec(any::<u8>(), 0..300)) {
        let starts: [&[u8]; 6] = [
            &[],
            &[0xd4, 0xc3, 0xb2, 0xa1],
            &[0xa1, 0xb2, 0x3c, 0x4d],
            &[0x0a, 0x0d, 0x0d, 0x0a],
            &[0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a],
            &[0x0a, 0x0d, 0x0d, 0x0a, 0, 0, 0, 28, 0x1a, 0x2b, 0x3c, 0x4d],
        ];
        read_all(&[starts[start], &rest].concat());
    }

    #[test]
    fn a_damaged_file_is_read(position in 0usize..400, value: u8, length in 0usize..400) {
        let mut file = Vec::new();
        let mut writer = Writer::new("test", &mut file);
        let interface = writer.interface(&Interface::new("red0", LinkType::Ethernet), &mut file);
        for i in 0..4u8 {
            let record = Record { at: Timestamp(i.into()), length: 60, data: vec![i; 13 * usize::from(i)] };
            writer.packet(interface, &record, Some("remark"), &mut file);
        }
        if let Some(byte) = file.get_mut(position) {
            *byte = value;
        }
        file.truncate(length);
        read_all(&file);
    }

    #[test]
    fn written_is_read(records in vec((any::<u64>(), vec(any::<u8>(), 0..100), 0u32..9, "[ -~]{0,20}"), 0..20)) {
        let mut file = Vec::new();
        let mut writer = Writer::new("test", &mut file);
        let interface = writer.interface(&Interface::new("red0", LinkType::RawIp), &mut file);
        for (at, data, more, comment) in &records {
            let record = Record { at: Timestamp(*at), length: data.len() as u32 + more, data: data.clone() };
            writer.packet(interface, &record, Some(comment), &mut file);
        }
        let read: Vec<_> = Reader::new(&file).unwrap().map(Result::unwrap).collect();
        prop_assert_eq!(read.len(), records.len());
        for (packet, (at, data, more, comment)) in read.iter().zip(&records) {
            prop_assert_eq!(packet.record.at, Timestamp(*at));
            prop_assert_eq!(packet.record.data, data.as_slice());
            prop_assert_eq!(packet.record.length, data.len() as u32 + more);
            prop_assert_eq!(packet.comment, Some(comment.as_str()));
            prop_assert_eq!(packet.link, LinkType::RawIp);
        }
    }
}

/// Reads to the end or the first error; there is never anything after an error.
fn read_all(file: &[u8]) {
    let Ok(mut reader) = Reader::new(file) else {
        return;
    };
    let mut count = 0;
    while let Some(packet) = reader.next() {
        count += 1;
        assert!(count <= file.len(), "more packets than bytes");
        if packet.is_err() {
            assert!(reader.next().is_none());
            break;
        }
    }
}

#[test]
fn deep_nesting_ends() {
    // IPv4 in IPv4 in IPv4 ..., 3,000 times.
    let mut data = frame(&[0x08, 0x00]);
    for i in 0..3000u16 {
        let length = (65_000 - 20 * i).to_be_bytes();
        data.extend([
            0x45, 0, length[0], length[1], 0, 1, 0, 0, 64, 4, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
        ]);
    }
    let record = Record {
        at: Timestamp(0),
        length: 65_014,
        data,
    };
    let mut printer = Printer::new(Options::default());
    assert!(
        printer
            .line(LinkType::Ethernet, &record)
            .ends_with("[nested too deeply]")
    );
}

#[test]
fn names_that_point_at_one_long_chain_are_fast() {
    // 20,000 labels of one character, then records whose names all point at the first.
    let mut message = vec![0x1a, 0x2b, 0x80, 0, 0, 0, 0x0f, 0xff, 0, 0, 0, 0];
    message.extend([0, 0, 5, 0, 1, 0, 0, 0, 0]);
    let chain = 8000usize;
    message.extend(((2 * chain + 1) as u16).to_be_bytes());
    let start = message.len();
    for _ in 0..chain {
        message.extend([1, b'x']);
    }
    message.push(0);
    let pointer = (0xc000 | start as u16).to_be_bytes();
    while message.len() < 60_000 {
        message.extend([0, 0, 5, 0, 1, 0, 0, 0, 0, 0, 2, pointer[0], pointer[1]]);
    }
    let mut data = frame(&[0x08, 0x00, 0x45, 0, 0xff, 0xff, 0, 1, 0, 0, 64, 17, 0, 0]);
    data.extend([
        10, 0, 0, 1, 10, 0, 0, 2, 0, 53, 0x9c, 0x40, 0xff, 0xeb, 0, 0,
    ]);
    data.extend(message);
    let record = Record {
        at: Timestamp(0),
        length: 65_549,
        data,
    };
    let started = std::time::Instant::now();
    let mut printer = Printer::new(Options {
        one_line: true,
        ..Options::default()
    });
    assert!(printer.line(LinkType::Ethernet, &record).len() <= LONGEST_LINE);
    // Without a bound on the labels it takes ten times as long.
    assert!(
        started.elapsed().as_secs() < 5,
        "took {:?}",
        started.elapsed()
    );
}
