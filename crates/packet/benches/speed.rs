//! How fast packets become text, pass filters, become rows and are recognised, beside tcpdump on the same file:
//! `cargo bench -p packet --bench speed [-- PACKETS]`. A line a figure: the median of several runs, in time of
//! the processor, so that a busy machine shows as little as it can.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a program that measures"
)]

use std::fs::File;
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use packet::conversation::Conversations;
use packet::filter::Filter;
use packet::pcapng::{Interface, Reader, Writer};
use packet::row::{Colouring, row};
use packet::sightings::Sightings;
use packet::text::{Options, Printer};
use packet::tree::Context;
use packet::view::open;
use packet::{LinkType, Record, Timestamp, View};

/// Runs of which the median counts.
const RUNS: usize = 5;

fn main() {
    let packets = std::env::args().skip(1).find_map(|word| word.parse().ok());
    let packets: usize = packets.unwrap_or(1_000_000);
    let records = records(packets);
    let file = file(&records);
    println!("{packets} packets, {} MB", file.len() / 1_000_000);

    let ours = text(&file);
    report("text, from the file", packets, ours);
    if let Some(theirs) = tcpdump(&file) {
        report("tcpdump -nn -r, TZ set", packets, theirs);
        println!(
            "{:<44} {:.1}",
            "ratio",
            theirs.as_secs_f64() / ours.as_secs_f64()
        );
    }
    for filter in [
        "tcp",
        "ip.addr == 10.77.1.8",
        "ip.addr == 10.77.1.0/24 and tcp.port == 443",
        "tcp.flags.push == 1",
        "udp.port in {53 5353 9000..10000}",
        "!arp && !icmp",
        "eth.src[0:3] == 02:00:00",
        "dns.qry.name contains \"lab\"",
        "http.request",
        "tls.handshake.type == 1",
        "frame contains \"host\"",
        "tcp.options.mss_val > 1000",
    ] {
        report(filter, packets, filtering(&records, filter));
    }
    let some = records.get(..packets.min(100_000)).unwrap();
    report("rows", some.len(), rows(some));
    report("colours", packets, colours(&records));
    report("conversations", packets, conversations(&records));
    report("sightings at two points", packets, sightings(&records));
    viewing(&file, packets);
}

/// The viewer on a whole file: opened, filtered, drawn.
fn viewing(file: &[u8], packets: usize) {
    // The copy that the viewer keeps is taken before, as a browser has it.
    let mut copies: Vec<_> = (0..RUNS).map(|_| file.to_vec()).collect();
    let mut viewer = None;
    let opened = median(|| viewer = copies.pop().map(|file| open(file, 0).viewer));
    report("viewer: open", packets, opened);
    let mut viewer = viewer.unwrap();
    let started = processor();
    while viewer.work(1024) {}
    report("viewer: conversations", packets, processor() - started);
    let started = processor();
    viewer.set_one_row(true);
    while viewer.work(1024) {}
    report("viewer: one row a packet", packets, processor() - started);
    let worked = median(|| {
        viewer.set_one_row(false);
        while viewer.work(1024) {}
    });
    report("viewer: all packets again, no filter", packets, worked);
    for filter in ["udp", "ip.addr == 10.77.1.0/24 and tcp.port == 443"] {
        let filtered = median(|| {
            viewer.set_filter(filter).unwrap();
            while viewer.work(1024) {}
        });
        report(&format!("viewer: {filter}"), packets, filtered);
    }
    let mut colouring = Colouring::default();
    let screens = 100;
    let drawn = median(|| {
        for screen in 0..screens {
            let from = viewer.lines() / screens * screen;
            std::hint::black_box(viewer.shown(from, 50, false, &mut colouring));
        }
    });
    report("viewer: 50 lines, a screen", screens, drawn);
}

fn report(what: &str, packets: usize, took: Duration) {
    println!(
        "{what:<44} {:>8.1} ms {:>8.0} ns/packet {:>8.2} M/s",
        took.as_secs_f64() * 1e3,
        took.as_secs_f64() * 1e9 / packets as f64,
        packets as f64 / took.as_secs_f64() / 1e6,
    );
}

/// The processor's time that this program and its children have used.
fn processor() -> Duration {
    [UsageWho::RUSAGE_SELF, UsageWho::RUSAGE_CHILDREN]
        .into_iter()
        .map(|who| {
            let usage = getrusage(who).unwrap();
            let times = [usage.user_time(), usage.system_time()];
            times
                .map(|time| {
                    Duration::from_micros((time.tv_sec() * 1_000_000 + time.tv_usec()) as u64)
                })
                .iter()
                .sum::<Duration>()
        })
        .sum()
}

/// The median of several runs.
fn median(mut run: impl FnMut()) -> Duration {
    let mut times: Vec<_> = (0..RUNS)
        .map(|_| {
            let started = processor();
            run();
            processor() - started
        })
        .collect();
    times.sort_unstable();
    times[RUNS / 2]
}

fn text(file: &[u8]) -> Duration {
    let mut out = Vec::with_capacity(1 << 20);
    let mut bytes = 0;
    let took = median(|| {
        let mut printer = Printer::new(Options::default());
        for packet in Reader::new(file).unwrap() {
            let packet = packet.unwrap();
            out.extend_from_slice(printer.line(packet.link, packet.record).as_bytes());
            out.push(b'\n');
            if out.len() > 1 << 19 {
                bytes += out.len();
                out.clear();
            }
        }
    });
    std::hint::black_box(bytes);
    took
}

/// What tcpdump takes, if it is there.
fn tcpdump(file: &[u8]) -> Option<Duration> {
    let mut on_disk = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut on_disk, file).unwrap();
    let mut there = true;
    let took = median(|| {
        let status = Command::new("tcpdump")
            .args(["-nn", "-r", "-"])
            .env("TZ", "UTC0")
            .stdin(Stdio::from(File::open(on_disk.path()).unwrap()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        there &= status.is_ok_and(|status| status.success());
    });
    there.then_some(took)
}

fn filtering(records: &[Record], text: &str) -> Duration {
    let mut filter = Filter::new(text).unwrap();
    let context = Context::default();
    median(|| {
        let passed = records
            .iter()
            .filter(|record| filter.matches(LinkType::Ethernet, *record, &context))
            .count();
        std::hint::black_box(passed);
    })
}

fn rows(records: &[Record]) -> Duration {
    median(|| {
        for record in records {
            std::hint::black_box(row(LinkType::Ethernet, record, &Context::default()));
        }
    })
}

fn colours(records: &[Record]) -> Duration {
    let mut colouring = Colouring::default();
    median(|| {
        for record in records {
            let rule = colouring.rule(LinkType::Ethernet, record, &Context::default());
            std::hint::black_box(rule);
        }
    })
}

fn conversations(records: &[Record]) -> Duration {
    median(|| {
        let mut conversations = Conversations::default();
        for record in records {
            std::hint::black_box(conversations.next(LinkType::Ethernet, record));
        }
    })
}

fn sightings(records: &[Record]) -> Duration {
    median(|| {
        let mut sightings = Sightings::new(1_000_000_000);
        for (i, record) in records.iter().enumerate() {
            let number = i as u64 * 2;
            std::hint::black_box(sightings.next(LinkType::Ethernet, record, number, 1));
            std::hint::black_box(sightings.next(LinkType::Ethernet, record, number + 1, 2));
        }
    })
}

fn file(records: &[Record]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut writer = Writer::new("bench", &mut file);
    let interface = writer.interface(&Interface::new("bench0", LinkType::Ethernet), &mut file);
    for record in records {
        writer.packet(interface, View::from(record), None, &mut file);
    }
    file
}

/// TCP, UDP, ICMP, ARP and DNS in the mixture of `bench/05_decode.sh`, 7 microseconds apart.
fn records(count: usize) -> Vec<Record> {
    let kinds: Vec<Vec<u8>> = (0..1000u16).map(frame).collect();
    (0..count)
        .map(|i| {
            let data = kinds[i % kinds.len()].clone();
            Record {
                at: Timestamp(1_700_000_000_000_000_000 + i as u64 * 7000),
                length: data.len() as u32,
                data,
            }
        })
        .collect()
}

fn frame(i: u16) -> Vec<u8> {
    let source = [10, 77, (i % 4) as u8, (i % 250 + 1) as u8];
    let destination = [10, 77, ((i + 1) % 4) as u8, (i * 7 % 250 + 1) as u8];
    let kind = i % 20;
    match kind {
        0..8 => {
            let flags = if kind % 2 == 1 { 0x18 } else { 0x10 };
            let mut segment = Vec::new();
            segment.extend((40_000 + i).to_be_bytes());
            segment.extend(443u16.to_be_bytes());
            segment.extend((1000 + u32::from(i) * 1448).to_be_bytes());
            segment.extend(77u32.to_be_bytes());
            segment.extend([0x50, flags, 2, 0, 0, 0, 0, 0]);
            segment.resize(20 + if kind % 2 == 1 { 400 } else { 0 }, 0);
            ip(6, source, destination, &segment)
        }
        8..14 => ip(17, source, destination, &udp(30_000 + i, 9999, &[0; 64])),
        14..17 => {
            let mut message = vec![if kind % 2 == 1 { 8 } else { 0 }, 0, 0, 0];
            message.extend(4242u16.to_be_bytes());
            message.extend(i.to_be_bytes());
            message.resize(64, 0);
            ip(1, source, destination, &message)
        }
        17..19 => {
            let mut packet = vec![0, 1, 8, 0, 6, 4, 0, (1 + kind % 2) as u8, 2, 0, 0, 0, 0, 1];
            packet.extend(source);
            packet.extend([0; 6]);
            packet.extend(destination);
            packet.extend([0; 18]);
            ethernet(0x0806, &packet)
        }
        _ => {
            let mut query = i.to_be_bytes().to_vec();
            query.extend([1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
            query.extend(b"\x04host\x03lab\x00\x00\x01\x00\x01");
            ip(17, source, destination, &udp(30_000 + i, 53, &query))
        }
    }
}

fn ethernet(kind: u16, payload: &[u8]) -> Vec<u8> {
    let ends = [2, 0, 0, 0, 0, 2, 2, 2, 0, 0, 0, 1];
    [&ends, &kind.to_be_bytes()[..], payload].concat()
}

fn udp(source: u16, destination: u16, payload: &[u8]) -> Vec<u8> {
    let fields = [source, destination, 8 + payload.len() as u16, 0];
    [&fields.map(u16::to_be_bytes).concat(), payload].concat()
}

fn ip(protocol: u8, source: [u8; 4], destination: [u8; 4], payload: &[u8]) -> Vec<u8> {
    let length = (20 + payload.len() as u16).to_be_bytes();
    let start = [
        0x45, 0, length[0], length[1], 0, 1, 0x40, 0, 64, protocol, 0, 0,
    ];
    ethernet(
        0x0800,
        &[&start, &source[..], &destination, payload].concat(),
    )
}
