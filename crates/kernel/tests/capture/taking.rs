//! What is taken.

use std::net::UdpSocket;
use std::time::{Duration, Instant, SystemTime};

use kernel::capture::{CaptureItem, CaptureOptions};
use kernel::sandbox::Inside;
use packet::LinkType;

use crate::capturing::{Capturing, ping, quiet};

pub(crate) fn a_ping(_: &Inside) {
    let (article, lab) = quiet();
    let mut capturing = Capturing::start(&lab, article.blue, "veth-blue", "");
    let link_type = capturing.capture.as_ref().unwrap().link_types()[0];
    assert_eq!(link_type, LinkType::Ethernet);
    ping(&lab.namespace(article.red), "10.0.0.2");
    capturing.packets(4);
    let lines = capturing.lines();
    assert!(
        lines[0].starts_with("ARP, Request who-has 10.0.0.2"),
        "{lines:#?}"
    );
    assert!(
        lines[1].starts_with("ARP, Reply 10.0.0.2 is-at"),
        "{lines:#?}"
    );
    assert!(
        lines[2].starts_with("IP 10.0.0.1 > 10.0.0.2: ICMP echo request"),
        "{lines:#?}"
    );
    assert!(
        lines[3].starts_with("IP 10.0.0.2 > 10.0.0.1: ICMP echo reply"),
        "{lines:#?}"
    );
    // Of now, in nanoseconds, one after the other.
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap();
    let times: Vec<u64> = capturing.records().map(|r| r.at.0).collect();
    assert!(times.is_sorted(), "{times:?}");
    let age = now - Duration::from_nanos(times[0]);
    assert!(age < Duration::from_secs(5), "{age:?}");
    assert!(times.iter().any(|time| time % 1000 != 0), "{times:?}");
    capturing.stop();
    assert_eq!(capturing.counts(), (4, 0));
}

pub(crate) fn filtered(_: &Inside) {
    let (article, lab) = quiet();
    let mut icmp = Capturing::start(&lab, article.blue, "veth-blue", "icmp");
    let mut arp = Capturing::start(&lab, article.blue, "veth-blue", "arp");
    let mut none = Capturing::start(&lab, article.blue, "veth-blue", "tcp port 80");
    ping(&lab.namespace(article.red), "10.0.0.2");
    icmp.packets(2);
    arp.packets(2);
    assert!(icmp.lines().iter().all(|line| line.contains("ICMP echo")));
    assert!(arp.lines().iter().all(|line| line.starts_with("ARP")));
    for (capturing, count) in [(&mut icmp, 2), (&mut arp, 2), (&mut none, 0)] {
        capturing.stop();
        assert_eq!(capturing.packets.len(), count);
        assert_eq!(capturing.counts(), (count as u64, 0));
    }
}

pub(crate) fn loopback_and_any(_: &Inside) {
    let (article, lab) = quiet();
    let red = lab.namespace(article.red);
    let mut loopback = Capturing::start(&lab, article.red, "lo", "icmp");
    ping(&red, "127.0.0.1");
    loopback.packets(2);
    loopback.stop();
    let mut any = Capturing::start(&lab, article.red, "any", "icmp");
    let link_type = any.capture.as_ref().unwrap().link_types()[0];
    assert_eq!(link_type, LinkType::LinuxSll2);
    ping(&red, "127.0.0.1");
    ping(&red, "10.0.0.2");
    any.packets(4);
    let lines = any.lines();
    assert!(
        lines[2].contains("10.0.0.1 > 10.0.0.2: ICMP echo request"),
        "{lines:#?}"
    );
    // Each says where it was taken, by a number whose name was told before.
    let seen = any.sources[0].seen.clone();
    let names: Vec<_> = seen.iter().map(|seen| seen.name.as_str()).collect();
    assert_eq!(names, ["lo", "veth-red"]);
    let places: Vec<_> = any
        .records()
        .map(|record| packet::sll2_interface(&record.data).unwrap())
        .collect();
    let [lo, veth] = [seen[0].index, seen[1].index];
    assert_eq!(places, [lo, lo, veth, veth]);
    any.stop();
}

/// Both ends of both cables, and all of the namespace between: one order in time, in which each
/// packet passes them one after the other; and what comes later is followed where all is captured.
pub(crate) fn many(_: &Inside) {
    const COUNT: usize = 200;
    let (article, lab) = quiet();
    let red = lab.namespace(article.red);
    ping(&red, "10.0.0.2");
    let sources = [
        (article.red, "veth-red"),
        (article.blue, "veth-blue"),
        (article.blue, "any"),
    ];
    let options = CaptureOptions::default();
    let mut capturing = Capturing::of_many(&lab, &sources, "icmp", &options);
    let links = capturing.capture.as_ref().unwrap().link_types().to_vec();
    assert_eq!(
        links,
        [LinkType::Ethernet, LinkType::Ethernet, LinkType::LinuxSll2]
    );
    let command = format!("ping -qn -i 0.002 -c {COUNT} 10.0.0.2");
    crate::lab::ip::must(&red, &command);
    capturing.packets(6 * COUNT);
    let stamps = capturing.records().map(|record| record.at);
    assert!(stamps.is_sorted(), "not in the order of time");
    for packets in capturing.packets.chunks(6) {
        let places: Vec<u16> = packets.iter().map(|packet| packet.source).collect();
        assert_eq!((places[0], places[5]), (0, 0), "{places:?}");
    }
    // An interface that was not there.
    lab.must(article.blue, "ip link add late type bridge");
    lab.must(article.blue, "ip addr add 10.9.9.9/24 dev late");
    lab.must(article.blue, "ip link set late up");
    lab.must(article.blue, "ip link del veth-blue");
    ping(&lab.namespace(article.blue), "10.9.9.9");
    capturing.packets(6 * COUNT + 2);
    // A source ends alone, and the capture goes on.
    let states: Vec<_> = (capturing.sources.iter())
        .map(|source| (source.running, source.error.is_some()))
        .collect();
    assert_eq!(states[1..], [(false, true), (true, false)]);
    capturing.capture.take().unwrap().stop();
    let error = capturing.end();
    assert_eq!(error.as_deref(), Some("The interface disappeared"));
    let (received, dropped) = capturing.counts();
    assert_eq!((received, dropped), (6 * COUNT as u64 + 2, 0));
}

/// From the wire to the reader in less than two frames of a screen, usually; the bound is that of
/// a busy machine.
pub(crate) fn soon(_: &Inside) {
    let (article, lab) = quiet();
    let red = lab.namespace(article.red);
    let mut capturing = Capturing::start(
        &lab,
        article.blue,
        "veth-blue",
        "icmp[icmptype] = icmp-echo",
    );
    let mut times = Vec::new();
    for number in 1..=15 {
        ping(&red, "10.0.0.2");
        capturing.packets(number);
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap();
        times.push(now - Duration::from_nanos(capturing.packets[number - 1].record.at.0));
    }
    times.sort();
    assert!(
        times[times.len() / 2] < Duration::from_millis(100),
        "{times:?}"
    );
}

/// Also those that are cut into segments only later, and so are longer than the MTU.
pub(crate) fn whole(_: &Inside) {
    let (article, lab) = quiet();
    let mut capturing = Capturing::start(&lab, article.blue, "veth-blue", "tcp");
    let blue = lab.namespace(article.blue);
    let red = lab.namespace(article.red);
    let server = blue
        .run(|| std::net::TcpListener::bind("10.0.0.2:7000"))
        .unwrap()
        .unwrap();
    let mut client = red
        .run(|| std::net::TcpStream::connect("10.0.0.2:7000"))
        .unwrap()
        .unwrap();
    let (mut taken, _) = server.accept().unwrap();
    let reading = std::thread::spawn(move || std::io::copy(&mut taken, &mut std::io::sink()));
    let data: Vec<u8> = (0..1_000_000_u32).map(|n| (n % 251) as u8).collect();
    std::io::Write::write_all(&mut client, &data).unwrap();
    drop(client);
    assert_eq!(reading.join().unwrap().unwrap(), 1_000_000);
    capturing.stop();
    let longest = capturing.records().map(|r| r.length).max().unwrap();
    assert!(
        longest > 1514,
        "no packet is longer than the MTU: {longest}"
    );
    for record in capturing.records() {
        assert_eq!(record.data.len(), record.length as usize);
    }
    // Ethernet, IP and TCP with its time stamps are 66 bytes.
    let sent: u32 = capturing.records().map(|r| r.length - 66).sum();
    assert!(sent >= 1_000_000, "{sent}");

    let short = CaptureOptions {
        snaplen: 64,
        ..CaptureOptions::default()
    };
    let mut cut = Capturing::with(&lab, article.blue, "veth-blue", "icmp", &short);
    ping(&red, "10.0.0.2");
    cut.packets(2);
    for record in cut.records() {
        assert_eq!((record.data.len(), record.length), (64, 98));
    }
}

/// Sends so many datagrams from red to blue, where nobody takes them.
fn send(red: &kernel::Namespace, count: u64) {
    let socket = red.run(|| UdpSocket::bind("10.0.0.1:0")).unwrap().unwrap();
    socket.connect("10.0.0.2:9").unwrap();
    let mut sent = 0;
    while sent < count {
        // The answer to one, port unreachable, is the error of another.
        sent += u64::from(socket.send(&[0; 64]).is_ok());
    }
}

/// A reader that keeps up loses little, and all is accounted for.
pub(crate) fn flood(_: &Inside) {
    const COUNT: u64 = 200_000;
    let (article, lab) = quiet();
    let red = lab.namespace(article.red);
    ping(&red, "10.0.0.2");
    let mut capturing = Capturing::start(&lab, article.blue, "veth-blue", "udp");
    let begin = Instant::now();
    let sending = std::thread::spawn(move || send(&red, COUNT));
    let mut told = 0;
    while capturing.counts().0 < COUNT {
        let item = capturing.next().unwrap();
        told += u64::from(matches!(item, CaptureItem::Sources(_)));
    }
    let took = begin.elapsed();
    sending.join().unwrap();
    capturing.stop();
    let (received, dropped) = capturing.counts();
    assert_eq!(received, COUNT);
    assert_eq!(received - dropped, capturing.packets.len() as u64);
    assert!(dropped < COUNT / 10, "{dropped}");
    // At most four times a second.
    assert!(
        told <= took.as_millis() as u64 / 240 + 2,
        "{told} in {took:?}"
    );
}

/// One that does not read at all: memory is bounded, the capture goes on, the kernel keeps what it
/// has room for, and what was lost is counted.
pub(crate) fn slow_reader(_: &Inside) {
    const COUNT: u64 = 200_000;
    let (article, lab) = quiet();
    let red = lab.namespace(article.red);
    ping(&red, "10.0.0.2");
    let mut capturing = Capturing::start(&lab, article.blue, "veth-blue", "udp");
    send(&red, COUNT);
    std::thread::sleep(Duration::from_millis(500));
    capturing.stop();
    let (received, dropped) = capturing.counts();
    assert_eq!(received, COUNT);
    assert_eq!(received - dropped, capturing.packets.len() as u64);
    // Of 106 bytes: the channel has 17 batches of 2,400 with the thread's own, the kernel's 4 MiB
    // some 25,000.
    assert!(capturing.packets.len() < 70_000);
    assert!(dropped > COUNT / 2, "{dropped}");
}
