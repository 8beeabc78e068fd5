//! Lines from bytes, explained; and what is ours alone: folding lines, naming interfaces.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use packet::text::{Options, Printer, Time};
use packet::{LinkType, Record, Timestamp};

fn options() -> Options {
    Options {
        time: Time::None,
        ..Options::default()
    }
}

fn line(link: LinkType, data: &[u8], options: Options) -> String {
    let record = Record {
        at: Timestamp(0),
        length: data.len() as u32,
        data: data.to_vec(),
    };
    Printer::new(options).line(link, &record).to_owned()
}

/// Ethernet from 02:00:00:00:00:01 to 02:00:00:00:00:02.
const ETHERNET: [u8; 12] = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];

#[test]
fn a_question_for_an_address() {
    let rest = [
        0x08, 0x06, // ARP
        0, 1, 0x08, 0, 6, 4, // Ethernet and IPv4, addresses of 6 and 4 bytes
        0, 1, // request
        2, 0, 0, 0, 0, 1, 10, 0, 0, 1, // sender
        0, 0, 0, 0, 0, 0, 10, 0, 0, 2, // target, of unknown hardware address
    ];
    let text = line(
        LinkType::Ethernet,
        &[&ETHERNET[..], &rest].concat(),
        options(),
    );
    assert_eq!(
        text,
        "ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28"
    );
}

/// An IPv4 packet with an echo request, 10.0.0.1 to 10.0.0.2.
const ECHO: [u8; 28] = [
    0x45, 0, 0, 28, // version and header length, type of service, total length
    0, 1, 0x40, 0, // identification, do not fragment
    64, 1, 0, 0, // time to live, ICMP, checksum
    10, 0, 0, 1, 10, 0, 0, 2, // addresses
    8, 0, 0, 0, // echo request, code, checksum
    0x10, 0x92, 0, 7, // identifier and sequence
];

#[test]
fn an_echo_request() {
    let text = line(LinkType::RawIp, &ECHO, options());
    assert_eq!(
        text,
        "IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 4242, seq 7, length 8"
    );
}

#[test]
fn detail_is_folded_into_one_line() {
    let several = line(
        LinkType::RawIp,
        &ECHO,
        Options {
            verbose: 1,
            ..options()
        },
    );
    assert_eq!(several.lines().count(), 2);
    let one = line(
        LinkType::RawIp,
        &ECHO,
        Options {
            verbose: 1,
            one_line: true,
            ..options()
        },
    );
    assert_eq!(
        one,
        "IP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto ICMP (1), length 28, bad cksum 0 \
         (->26de)!) 10.0.0.1 > 10.0.0.2: ICMP echo request, id 4242, seq 7, length 8 (wrong icmp cksum 0 \
         (->e766)!)"
    );
}

#[test]
fn dumps_are_left_out_of_one_line() {
    let unknown = [&ETHERNET[..], &[0x88, 0xb5], b"\x1b[31mnobody knows this"].concat();
    let several = line(LinkType::Ethernet, &unknown, options());
    assert!(
        several.contains("\n\t0x0000:  1b5b 3331 6d6e 6f62 6f64 7920 6b6e 6f77  .[31mnobody.know")
    );
    let one = line(
        LinkType::Ethernet,
        &unknown,
        Options {
            one_line: true,
            ..options()
        },
    );
    assert_eq!(
        one,
        "02:00:00:00:00:01 > 02:00:00:00:00:02, ethertype Unknown (0x88b5), length 36:"
    );
}

#[test]
fn escapes_of_terminals_are_not_printed() {
    let mut http = vec![
        0x45, 0, 0, 60, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
    ];
    http.extend([0x9c, 0x40, 0, 69, 0, 40, 0, 0, 0, 1]);
    http.extend(b"\x1b]0;title\x07\x9b31m\0octet\0");
    let text = line(LinkType::RawIp, &http, options());
    assert!(text.contains("RRQ \"^[]0;title^GM-^[31m\" octet"), "{text}");
    assert!(text.bytes().all(|byte| (0x20..0x7f).contains(&byte)));
}

#[test]
fn interfaces_have_names() {
    let header = [
        0x08, 0, 0, 0, 0, 0, 0, 7, 0, 1, 4, 6, 2, 0, 0, 0, 0, 1, 0, 0,
    ];
    let data = [&header[..], &ECHO].concat();
    let record = Record {
        at: Timestamp(0),
        length: data.len() as u32,
        data,
    };
    let mut printer = Printer::new(options());
    assert!(
        printer
            .line(LinkType::LinuxSll2, &record)
            .starts_with("?     Out IP 10.0.0.1 > ")
    );
    printer.name_interface(7, "veth-red");
    assert!(
        printer
            .line(LinkType::LinuxSll2, &record)
            .starts_with("veth-red Out IP 10.0.0.1 > ")
    );
    printer.name_interface(7, "e\x1b[1m");
    assert!(
        printer
            .line(LinkType::LinuxSll2, &record)
            .starts_with("e?[1m Out IP ")
    );
}
