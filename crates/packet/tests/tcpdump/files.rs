//! Files that we write, read by tcpdump, and files that tcpdump writes, read by us.

use std::process::Command;

use packet::pcapng::{Interface, Reader, Writer};
use packet::text::{Options, Printer, Time};
use packet::{LinkType, Record, Timestamp, View};

use crate::build::{icmp, udp};
use crate::compare::{MISSING, file, records, tcpdump};

const ECHO: [u8; 8] = [8, 0, 0, 0, 0, 1, 0, 1];

#[test]
fn nanoseconds_arrive() {
    let record = |seconds, nanoseconds| {
        let data = icmp(&ECHO);
        Record {
            at: Timestamp::new(seconds, nanoseconds),
            length: data.len() as u32,
            data,
        }
    };
    let file = file(
        LinkType::Ethernet,
        &[
            record(0, 0),
            record(1_700_000_000, 123_456_789),
            record(2_147_483_647, 999_999_999),
        ],
    );
    let text = tcpdump(&file, &["-tttt", "--nano"]);
    let stamps: Vec<&str> = text
        .lines()
        .map(|line| line.split(" IP").next().unwrap())
        .collect();
    assert_eq!(
        stamps,
        [
            "1970-01-01 00:00:00.000000000",
            "2023-11-14 22:13:20.123456789",
            "2038-01-19 03:14:07.999999999"
        ]
    );
    // To microseconds tcpdump cuts, it does not round; and so do we.
    let mut printer = Printer::new(Options {
        time: Time::Date(0),
        ..Options::default()
    });
    let ours: String = Reader::new(&file)
        .unwrap()
        .map(|packet| {
            printer
                .line(LinkType::Ethernet, packet.unwrap().record)
                .to_owned()
                + "\n"
        })
        .collect();
    assert_eq!(ours, tcpdump(&file, &["-tttt"]));
}

#[test]
fn a_file_with_everything_is_read_by_tcpdump() {
    let mut bytes = Vec::new();
    let mut writer = Writer::new("Netyard", &mut bytes);
    let mut described = Interface::new("veth-red", LinkType::Ethernet);
    described.description = Some("in namespace red — größer".to_owned());
    described.filter = Some("icmp or arp".to_owned());
    described.snap_length = 96;
    let red = writer.interface(&described, &mut bytes);
    let packets = records(&[icmp(&ECHO), udp(1, 2, b"odd"), udp(1, 2, b"even")]);
    writer.packet(red, &packets[0], Some("the first"), &mut bytes);
    // An interface that comes later, and a packet of which the start was captured.
    let blue = writer.interface(
        &Interface {
            snap_length: 96,
            ..Interface::new("veth-blue", LinkType::Ethernet)
        },
        &mut bytes,
    );
    writer.packet(blue, &packets[1], None, &mut bytes);
    let cut = View {
        data: &packets[2].data[..30],
        ..packets[2].view()
    };
    writer.packet(blue, cut, Some(""), &mut bytes);
    assert_eq!(bytes.len() % 4, 0);

    let text = tcpdump(&bytes, &["-t"]);
    assert_eq!(text.lines().count(), 3, "{text}");
    assert!(text.starts_with("IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 1, seq 1, length 8\n"));

    let mut reader = Reader::new(&bytes).unwrap();
    let read: Vec<_> = reader.by_ref().map(Result::unwrap).collect();
    assert_eq!(reader.interfaces()[0], described);
    assert_eq!(reader.interfaces()[1].name, "veth-blue");
    assert_eq!(
        read.iter()
            .map(|packet| packet.interface)
            .collect::<Vec<_>>(),
        [0, 1, 1]
    );
    assert_eq!(read[0].comment, Some("the first"));
    assert_eq!(read[0].record, packets[0].view());
    assert_eq!(read[1].record, packets[1].view());
    assert_eq!(read[2].record, cut);
    assert_eq!(read[1].comment, None);
}

#[test]
fn what_tcpdump_writes_is_read() {
    let packets = records(&[icmp(&ECHO), udp(1, 2, b"odd")]);
    let directory = tempfile::tempdir().unwrap();
    let from = directory.path().join("from.pcapng");
    std::fs::write(&from, file(LinkType::Ethernet, &packets)).unwrap();
    for (arguments, exact) in [(&["--nano"][..], true), (&[], false)] {
        let to = directory.path().join("to.pcap");
        let status = Command::new("tcpdump")
            .args(["-r", "-", "-w", "-"])
            .args(arguments)
            .stdin(std::fs::File::open(&from).unwrap())
            .stdout(std::fs::File::create(&to).unwrap())
            .status()
            .expect(MISSING);
        assert!(status.success());
        let bytes = std::fs::read(&to).unwrap();
        let mut reader = Reader::new(&bytes).unwrap();
        assert_eq!(reader.interfaces()[0].link, LinkType::Ethernet);
        let read: Vec<_> = reader.by_ref().map(Result::unwrap).collect();
        assert_eq!(read.len(), packets.len());
        for (packet, original) in read.iter().zip(&packets) {
            let unit = if exact { 1 } else { 1000 };
            assert_eq!(packet.record.at.0 / unit, original.at.0 / unit);
            assert_eq!(packet.record.data, original.data);
            assert_eq!(packet.link, LinkType::Ethernet);
        }
    }
}
