//! The state of a viewer: the ring, rows by filter and by sightings, texts in their places, files both ways.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(
    dead_code,
    unreachable_pub,
    reason = "the tests of the text use all of it"
)]
#[path = "tcpdump/build.rs"]
mod build;

use build::*;
use packet::row::Colouring;
use packet::text::{Options, Printer, Time};
use packet::view::{Finder, Found, Opening, Source, Store, TimeMode, Viewer, Where, open};
use packet::{LinkType, Timestamp, View};

fn source(name: &str) -> Source {
    Source {
        name: name.to_owned(),
        short: name.split('/').next().unwrap().to_owned(),
        link: LinkType::Ethernet,
        names: Vec::new(),
    }
}

fn viewer(sources: &[&str], most: usize) -> Viewer {
    let mut store = Store::new(most, usize::MAX);
    for name in sources {
        store.add_source(source(name));
    }
    Viewer::new(store, 0)
}

fn ip(ttl: u8) -> Ipv4 {
    Ipv4 {
        source: RED,
        ttl,
        ..Ipv4::default()
    }
}

/// A TCP packet on its way.
fn segment(ttl: u8, port: u16, flags: u8, sequence: u32) -> Vec<u8> {
    let tcp = Tcp {
        sequence,
        ..tcp(port, 80, flags)
    };
    let tcp = tcp.payload(if flags == 0x18 {
        b"GET / HTTP/1.1\r\n\r\n"
    } else {
        b""
    });
    ip(ttl).sealed(6, &tcp.segment(), 16)
}

fn push(viewer: &mut Viewer, source: u32, at: u64, data: &[u8]) {
    let view = View {
        at: Timestamp(at),
        length: data.len() as u32,
        data,
    };
    viewer.push(source, view);
}

fn all_work(viewer: &mut Viewer) {
    while viewer.work(3) {}
}

fn rows(viewer: &Viewer) -> Vec<u64> {
    (0..viewer.row_count())
        .map(|at| viewer.row(at).unwrap())
        .collect()
}

#[test]
fn a_packet_at_three_points_is_one_row_that_unfolds() {
    let mut viewer = viewer(&["web/eth0", "br0/br0", "fw/eth0"], 100);
    for (number, at) in [(1, 1_000), (2, 50_000)] {
        for (source, ttl) in [(0, 64), (1, 64), (2, 63)] {
            let at = at + u64::from(source) * 12_000;
            push(&mut viewer, source, at, &segment(ttl, 4000, 0x18, number));
        }
    }
    all_work(&mut viewer);
    assert_eq!(rows(&viewer), [0, 3]);
    let mut colours = Colouring::default();
    let shown = viewer.shown(0, 9, false, &mut colours);
    assert_eq!(shown.len(), 2);
    assert_eq!(
        (shown[0].seen.as_str(), shown[0].later),
        ("web → br0 → fw", 2)
    );
    viewer.unfold(0, true);
    assert_eq!(viewer.lines(), 4);
    let shown = viewer.shown(0, 9, false, &mut colours);
    let lines: Vec<_> = shown
        .iter()
        .map(|s| (s.number, s.nested, s.seen.as_str()))
        .collect();
    let expected = [
        (0, false, "web/eth0"),
        (1, true, "br0/br0"),
        (2, true, "fw/eth0"),
        (3, false, "web → br0 → fw"),
    ];
    assert_eq!(lines, expected);
    assert_eq!(
        (shown[1].time.as_str(), shown[2].time.as_str()),
        ("+12 µs", "+24 µs")
    );
    assert_eq!(
        [0, 1, 2, 3, 5].map(|n| viewer.line_of(n)),
        [0, 1, 2, 3, 3].map(Some)
    );
    // What passes by a later sighting is the row of the first.
    viewer.set_filter("ip.ttl == 63").unwrap();
    all_work(&mut viewer);
    assert_eq!(rows(&viewer), [0, 3]);
    viewer.set_one_row(false);
    all_work(&mut viewer);
    assert_eq!(rows(&viewer), [2, 5]);
}

#[test]
fn a_file_is_all_there_before_its_sightings_are_found() {
    let mut before = viewer(&["web/eth0", "fw/eth0"], 100);
    for number in 0..8 {
        for source in [0, 1] {
            let data = segment(64, 4000, 0x18, number);
            push(&mut before, source, u64::from(number) * 1_000, &data);
        }
    }
    let file = before.save(0..16);
    let mut viewer = open(file, 0).viewer;
    assert_eq!(rows(&viewer), (0..16).collect::<Vec<_>>());
    assert!(viewer.work(6));
    // Three packets are one row each, the rest is still to be read.
    let halfway: Vec<u64> = [0, 2, 4].into_iter().chain(6..16).collect();
    assert_eq!(rows(&viewer), halfway);
    assert_eq!(
        [1, 6, 15].map(|n| viewer.row_of(n)),
        [None, Some(3), Some(12)]
    );
    assert_eq!(viewer.line_of(5), Some(2));
    all_work(&mut viewer);
    assert_eq!(rows(&viewer), (0..16).step_by(2).collect::<Vec<_>>());
    // What comes later is no row before it is read.
    push(&mut viewer, 0, 9_000, &segment(64, 4000, 0x18, 9));
    assert_eq!(viewer.row_count(), 8);
}

#[test]
fn a_file_in_pieces_is_the_file_wherever_it_is_cut() {
    let mut before = viewer(&["web/eth0", "fw/eth0"], 100);
    for number in 0..6 {
        push(
            &mut before,
            number % 2,
            number.into(),
            &segment(64, 4000, 0x18, number),
        );
    }
    before.set_comment(3, "look");
    let file = before.save(0..6);
    let whole = open(file.clone(), 0).viewer;
    let shown = |viewer: &mut Viewer| {
        all_work(viewer);
        viewer.shown(0, 99, false, &mut Colouring::default())
    };
    let expected = shown(&mut { whole });
    for cut in 0..file.len() {
        let (mut opening, mut viewer) = Opening::new(file.len(), 0);
        for piece in [&file[..cut], &file[cut..]] {
            opening.more(&mut viewer, |all| all.extend_from_slice(piece));
            viewer.work(1);
        }
        assert!(
            opening.error().is_none(),
            "cut at {cut}: {:?}",
            opening.error()
        );
        assert_eq!(viewer.save(0..6), file, "cut at {cut}");
        assert_eq!(shown(&mut viewer), expected, "cut at {cut}");
    }
    // Shorter than it was said to be.
    let (mut opening, mut viewer) = Opening::new(file.len() - 1, 0);
    opening.more(&mut viewer, |all| {
        all.extend_from_slice(&file[..file.len() - 1])
    });
    assert!(opening.error().is_some());
    assert_eq!(viewer.store().numbers(), 0..5);
}

#[test]
fn the_ring_forgets_the_oldest_and_numbers_stay() {
    let mut viewer = viewer(&["a/a"], 5_000);
    viewer.set_filter("tcp.flags.push == 1").unwrap();
    for number in 0..20_000u32 {
        let flags = if number % 2 == 0 { 0x18 } else { 0x10 };
        push(
            &mut viewer,
            0,
            u64::from(number),
            &segment(64, 4000, flags, number),
        );
        if number % 100 == 0 {
            viewer.turn_mark(u64::from(number));
            viewer.set_comment(u64::from(number), "seen");
            while viewer.work(1000) {}
        }
    }
    all_work(&mut viewer);
    let numbers = viewer.store().numbers();
    assert_eq!(numbers.end, 20_000);
    let held = numbers.end - numbers.start;
    assert!((5_000..5_000 + 2 * 4096).contains(&held), "{held}");
    assert!(viewer.store().get(numbers.start - 1).is_none());
    assert_eq!(viewer.row_count() as u64, held / 2);
    assert_eq!(viewer.row(0).unwrap(), numbers.start);
    assert!(viewer.marks().iter().all(|mark| numbers.contains(mark)));
    assert!(viewer.comment(0).is_none() && viewer.comment(19_900).is_some());
    // A view that stands still takes nothing in until it goes on.
    viewer.pause(true);
    push(&mut viewer, 0, 1, &segment(64, 4000, 0x18, 1));
    all_work(&mut viewer);
    assert_eq!((viewer.row_count() as u64, viewer.waiting()), (held / 2, 1));
    viewer.pause(false);
    all_work(&mut viewer);
    assert_eq!(
        (viewer.row_count() as u64, viewer.waiting()),
        (held / 2 + 1, 0)
    );
    // A filter that is set anew looks at what is still there, and a wrong one changes nothing.
    let error = viewer.set_filter("tcp.flags.psh == 1").unwrap_err();
    assert!(
        !error.message.is_empty() && error.at == (0..13),
        "{error:?}"
    );
    assert_eq!(viewer.filter(), "tcp.flags.push == 1");
    viewer.set_filter("tcp.flags.push == 0").unwrap();
    assert!(viewer.work(1) && viewer.progress() < 0.01);
    all_work(&mut viewer);
    assert_eq!(viewer.row_count() as u64, held / 2);
    // One that stood still before its packets came again does so where it stood.
    let end = viewer.store().numbers().end;
    viewer.pause_at(Some(end + 1));
    for at in [2, 3] {
        push(&mut viewer, 0, at, &segment(64, 4000, 0x10, at as u32));
    }
    all_work(&mut viewer);
    assert_eq!((viewer.paused_at(), viewer.waiting()), (Some(end + 1), 1));
    viewer.pause_at(None);
    all_work(&mut viewer);
    assert_eq!((viewer.is_paused(), viewer.waiting()), (false, 0));
}

#[test]
fn a_newcomer_sees_the_newest_and_then_what_was_before() {
    let packets: Vec<_> = (0..20_000u32)
        .map(|number| segment(64, 4000, if number % 2 == 0 { 0x18 } else { 0x10 }, number))
        .collect();
    let record = |number: u64| View {
        at: Timestamp(number * 1_000),
        length: packets[number as usize].len() as u32,
        data: &packets[number as usize],
    };
    let fill = |viewer: &mut Viewer, range: std::ops::Range<usize>| {
        let records = range.clone().map(|number| (0, record(number as u64)));
        viewer.fill(range.start as u64, records);
    };
    let mut viewer = viewer(&["a/a"], 100_000);
    viewer.expect_from(3_000);
    assert_eq!(viewer.row_count(), 0);
    viewer.begin_at(17_000);
    (17_000..19_000).for_each(|number| viewer.push(0, record(number)));
    // All are rows, and those that have not come say so.
    assert!(!viewer.work(1_000) && viewer.is_there() && viewer.progress() < 1.0);
    assert_eq!((viewer.row_count(), viewer.row(0)), (16_000, Some(3_000)));
    assert_eq!(viewer.since(), None);
    let mut colouring = Colouring::default();
    let lines = viewer.shown(13_999, 2, false, &mut colouring);
    assert!(lines[0].awaited && lines[0].info.is_empty(), "{lines:?}");
    assert!(!lines[1].awaited && lines[1].number == 17_000, "{lines:?}");
    // What came before, in frames of any size, with new packets between; what does not fit is no use.
    fill(&mut viewer, 9_001..17_000);
    fill(&mut viewer, 9_001..17_000);
    fill(&mut viewer, 5_000..9_000);
    (19_000..20_000).for_each(|number| viewer.push(0, record(number)));
    fill(&mut viewer, 4_500..9_001);
    assert_eq!(viewer.store().awaited(), 3_000..4_500);
    // The rest has left the ring meanwhile.
    viewer.give_up_before(4_000);
    fill(&mut viewer, 4_000..4_500);
    assert_eq!(viewer.store().awaited(), 4_000..4_000);
    all_work(&mut viewer);
    assert_eq!(viewer.since().as_deref(), Some("00:00:00"));
    for number in 4_000..20_000 {
        let entry = viewer.store().get(number).unwrap();
        assert_eq!(entry.view, record(number), "{number}");
        assert!(entry.place.is_some(), "{number}");
    }
    viewer.set_filter("tcp.flags.push == 1").unwrap();
    all_work(&mut viewer);
    assert_eq!((viewer.row_count(), viewer.row(0)), (8_000, Some(4_000)));
}

#[test]
fn what_is_here_is_filtered_sighted_and_followed_while_the_rest_comes() {
    // Each packet is seen at two points, one after the other; every third is TCP with data.
    const ALL: u64 = 2_000;
    let packets: Vec<_> = (0..ALL)
        .map(|number| {
            let packet = number / 2;
            let flags = if packet % 3 == 0 { 0x18 } else { 0x10 };
            let port = 4000 + (packet % 5) as u16;
            segment(64 - (number % 2) as u8, port, flags, packet as u32)
        })
        .collect();
    let record = |number: u64| View {
        at: Timestamp(number * 1_000_000),
        length: packets[number as usize].len() as u32,
        data: &packets[number as usize],
    };
    let source = |number: u64| (number % 2) as u32;
    let filters = [
        "",
        "tcp.len > 0",
        "ip.ttl == 63",
        "tcp.stream == 2",
        "tcp.port == 4002 and tcp.seq_raw > 100",
    ];
    for (one_row, text) in filters
        .iter()
        .flat_map(|text| [(false, text), (true, text)])
    {
        let fresh = || {
            let mut viewer = viewer(&["a/a", "b/b"], 100_000);
            viewer.set_filter(text).unwrap();
            viewer.set_one_row(one_row);
            viewer
        };
        let mut whole = fresh();
        (0..ALL).for_each(|number| whole.push(source(number), record(number)));
        all_work(&mut whole);
        let expected = rows(&whole);
        let waits = text.contains("stream");

        let mut viewer = fresh();
        viewer.expect_from(0);
        viewer.begin_at(1_500);
        let (mut here, mut end, mut step) = (1_500, 1_500, 0);
        let mut cuts = vec![here];
        while here > 0 || end < ALL {
            // Older packets in frames of many sizes, new ones between them, and work that is not done with either.
            let before = here - (301 + step * 37 % 200).min(here);
            let records = (before..here).map(|number| (source(number), record(number)));
            if step > 0 {
                viewer.fill(before, records.collect::<Vec<_>>().into_iter());
                here = before;
                cuts.push(here);
            }
            let until = (end + 90).min(ALL);
            (end..until).for_each(|number| viewer.push(source(number), record(number)));
            end = until;
            step += 1;
            let done = step % 3 == 0 || here == 0;
            let more = if done {
                while viewer.work(50) {}
                false
            } else {
                viewer.work(120)
            };
            if here == 0 {
                continue;
            }
            assert_eq!(viewer.waits_for_all(), waits);
            if more || !done {
                continue;
            }
            // Of a pair that is cut in two by a frame, one half is not found to be the other's.
            let is_cut = |row: &u64| one_row && cuts.iter().any(|cut| row / 2 == cut / 2);
            let told: Vec<u64> = match (*text, one_row) {
                ("", false) => (0..end).collect(),
                ("", true) => (0..here)
                    .chain((here..end).filter(|row| row % 2 == 0))
                    .collect(),
                _ if waits => vec![],
                _ => {
                    let rows = expected.iter().copied();
                    rows.filter(|row| (here..end).contains(row)).collect()
                }
            };
            let whole = |rows: Vec<u64>| rows.into_iter().filter(|row| !is_cut(row)).collect();
            let [now, told]: [Vec<u64>; 2] = [rows(&viewer), told].map(whole);
            let differs = now.iter().zip(&told).find(|(now, told)| now != told);
            assert!(viewer.is_there() && !viewer.is_settled());
            assert!(
                now.len() == told.len() && differs.is_none(),
                "{text:?}, {one_row}, from {here}: {differs:?}"
            );
            if one_row && !waits {
                let seen = viewer.sightings_of(1_550).collect::<Vec<_>>();
                assert!(end <= 1_551 || seen == [1_550, 1_551], "{seen:?}");
            }
            let followed = viewer.follow(1_500).unwrap();
            let port = 4000;
            let filter = format!(
                "ip.addr eq 10.0.0.1 and ip.addr eq 10.0.0.2 and tcp.port eq {port} and tcp.port eq 80"
            );
            assert_eq!((followed.stream, followed.filter()), (None, filter));
            assert!(!followed.pieces.is_empty());
        }
        all_work(&mut viewer);
        assert!(viewer.is_settled() && viewer.progress() >= 1.0);
        assert_eq!(rows(&viewer), expected, "{text:?}, {one_row}");
        let shown = |viewer: &Viewer| viewer.shown(0, 2_000, false, &mut Colouring::default());
        assert_eq!(shown(&viewer), shown(&whole), "{text:?}, {one_row}");
        let stream = whole.follow(1_500).unwrap();
        assert_eq!(viewer.follow(1_500).unwrap().filter(), stream.filter());
    }
}

#[test]
fn what_was_taken_for_a_sighting_is_a_row_once_an_older_packet_says_otherwise() {
    let data = segment(64, 4000, 0x18, 1);
    let record = |number: u64| View {
        at: Timestamp(number * 1_000),
        length: data.len() as u32,
        data: &data,
    };
    let mut viewer = viewer(&["a/a", "b/b"], 100);
    viewer.expect_from(0);
    viewer.begin_at(1);
    viewer.push(0, record(1));
    viewer.push(1, record(2));
    all_work(&mut viewer);
    // The packet that has not come is a row, as is the one that seems to have been seen twice.
    assert_eq!(rows(&viewer), [0, 1]);
    assert_eq!(viewer.sightings_of(1).collect::<Vec<_>>(), [1, 2]);
    // It was sent twice: which of both the other sighting is of cannot be told.
    viewer.fill(0, [(0, record(0))].into_iter());
    all_work(&mut viewer);
    assert_eq!(rows(&viewer), [0, 1, 2]);
    assert_eq!(viewer.sightings_of(1).collect::<Vec<_>>(), [1]);
}

#[test]
fn notes_come_with_their_packets_while_older_ones_are_still_to_come() {
    let data = segment(64, 4000, 0x18, 1);
    let mut first = viewer(&["a/a"], 100_000);
    (0..3_000).for_each(|number| push(&mut first, 0, number * 1_000, &data));
    all_work(&mut first);
    first.turn_mark(2_500);
    first.turn_mark(1_500);
    let mut again = viewer(&["a/a"], 100_000);
    again.recall(first.notes());
    again.expect_from(0);
    again.begin_at(2_000);
    (2_000..3_000).for_each(|number| push(&mut again, 0, number * 1_000, &data));
    let marks = |viewer: &Viewer| viewer.marks().iter().copied().collect::<Vec<_>>();
    all_work(&mut again);
    assert_eq!(marks(&again), [2_500]);
    let record = |number: u64| View {
        at: Timestamp(number * 1_000),
        length: data.len() as u32,
        data: &data,
    };
    let records = (1_000..2_000).map(|number| (0, record(number)));
    again.fill(1_000, records.collect::<Vec<_>>().into_iter());
    all_work(&mut again);
    assert_eq!(marks(&again), [1_500, 2_500]);
}

#[test]
fn a_packet_of_any_is_seen_at_its_interface_once_that_is_named() {
    let mut store = Store::new(100, usize::MAX);
    store.add_source(Source {
        link: LinkType::LinuxSll2,
        ..source("red/any")
    });
    let mut viewer = Viewer::new(store, 0);
    for index in [7, 9] {
        let mut data = vec![8, 0, 0, 0, 0, 0, 0, index];
        data.resize(60, 0);
        push(&mut viewer, 0, 1, &data);
    }
    all_work(&mut viewer);
    let seen = |viewer: &Viewer| -> Vec<String> {
        let lines = viewer.shown(0, 2, false, &mut Colouring::default());
        lines.into_iter().map(|line| line.seen).collect()
    };
    assert_eq!(seen(&viewer), ["red/any", "red/any"]);
    viewer.name_interface(0, 7, "veth-red");
    viewer.name_interface(0, 7, "later");
    assert_eq!(seen(&viewer), ["red/veth-red", "red/any"]);
}

#[test]
fn text_out_of_order_is_what_tcpdump_prints_in_order() {
    let mut viewer = viewer(&["a/a"], 1000);
    let mut printer = Printer::new(Options {
        time: Time::None,
        ..Options::default()
    });
    let mut expected = Vec::new();
    // Conversations that open, that were open before, and a port that is used again.
    let packets = [
        (4000, 0x02, 100),
        (4001, 0x10, 7_000),
        (4000, 0x10, 101),
        (4000, 0x18, 101),
        (4001, 0x18, 7_001),
        (4000, 0x11, 119),
        (4000, 0x02, 90_000),
        (4000, 0x18, 90_001),
    ];
    for (number, (port, flags, sequence)) in packets.into_iter().enumerate() {
        let data = segment(64, port, flags, sequence);
        push(&mut viewer, 0, number as u64, &data);
        let entry = viewer.store().get(number as u64).unwrap();
        expected.push(printer.line(entry.link, entry.view).to_owned());
    }
    all_work(&mut viewer);
    for number in (0..packets.len()).rev() {
        let text = viewer.tcpdump(number as u64, &Options::default()).unwrap();
        assert_eq!(text, expected[number]);
    }
    let followed = viewer.follow(3).unwrap();
    assert_eq!(followed.filter(), "tcp.stream eq 0");
    assert!(!followed.pieces.is_empty());
}

#[test]
fn notes_are_kept_until_their_packets_come_again_under_other_numbers() {
    let packets = |viewer: &mut Viewer, from: u64| {
        viewer.begin_at(from);
        for number in from..40 {
            let data = segment(64, 4000, 0x18, number as u32);
            push(viewer, 0, number * 1_000, &data);
        }
    };
    let mut first = viewer(&["web/eth0"], 100);
    packets(&mut first, 0);
    all_work(&mut first);
    first.set_filter("tcp.port == 4000").unwrap();
    first.time = TimeMode::First;
    first.turn_mark(4);
    first.turn_mark(20);
    first.set_comment(21, "look");
    first.set_reference(Some(22));
    let notes = first.notes();
    // The ring has lost what was there before; and the numbers count from what is left.
    let mut again = viewer(&["web/eth0"], 100);
    again.recall(notes.clone());
    assert_eq!(
        again.notes(),
        notes,
        "nothing is lost while nothing has come"
    );
    packets(&mut again, 10);
    all_work(&mut again);
    assert_eq!(again.filter(), "tcp.port == 4000");
    assert_eq!(again.time, TimeMode::First);
    assert_eq!(again.marks().iter().copied().collect::<Vec<_>>(), [20]);
    assert_eq!(again.comment(21), Some("look"));
    assert_eq!(again.reference(), Some(22));
    assert_eq!(again.row(0), Some(10));
    let mut moved = viewer(&["web/eth0"], 100);
    moved.recall(notes);
    for number in 15..40 {
        let data = segment(64, 4000, 0x18, number);
        push(&mut moved, 0, u64::from(number) * 1_000, &data);
    }
    all_work(&mut moved);
    assert_eq!(moved.marks().iter().copied().collect::<Vec<_>>(), [5]);
}

#[test]
fn a_field_is_a_column() {
    let mut viewer = viewer(&["web/eth0"], 100);
    push(&mut viewer, 0, 0, &segment(63, 4000, 0x18, 1));
    viewer.columns = ["ip.ttl", "tcp.srcport", "http", "dns.id"]
        .map(str::to_owned)
        .to_vec();
    let shown = viewer.shown(0, 1, false, &mut Colouring::default());
    let http = "Hypertext Transfer Protocol";
    assert_eq!(shown[0].columns, ["63", "4000", http, ""]);
}

#[test]
fn finds_and_counts_times() {
    let mut viewer = viewer(&["a/a"], 1000);
    for number in 0..10u16 {
        let flags = if number == 7 { 0x18 } else { 0x10 };
        push(
            &mut viewer,
            0,
            u64::from(number) * 1_000_000,
            &segment(64, 4000, flags, 1),
        );
    }
    all_work(&mut viewer);
    let find = |text: &str, place, from, forward| {
        let mut finder = Finder::new(&viewer, text, place, from, forward).unwrap();
        loop {
            match finder.step(&viewer, 2) {
                Found::More => {}
                found => return found,
            }
        }
    };
    assert_eq!(find("GET", Where::Bytes, None, true), Found::Packet(7));
    assert_eq!(
        find("47:45:54", Where::Bytes, Some(8), true),
        Found::Packet(7)
    );
    assert_eq!(
        find("get / http", Where::Text, Some(7), false),
        Found::Packet(7)
    );
    assert_eq!(
        find("tcp.len > 0", Where::Filter, Some(2), true),
        Found::Packet(7)
    );
    assert_eq!(find("nowhere", Where::Text, None, true), Found::Nothing);
    let mut colours = Colouring::default();
    let mut time = |viewer: &Viewer| viewer.shown(3, 1, false, &mut colours)[0].time.clone();
    assert_eq!(time(&viewer), "00:00:00.003000");
    viewer.time = TimeMode::Previous;
    assert_eq!(time(&viewer), "0.001000");
    viewer.time = TimeMode::First;
    assert_eq!(time(&viewer), "0.003000");
    viewer.set_reference(Some(5));
    assert_eq!(time(&viewer), "-0.002000");
    viewer.turn_mark(2);
    viewer.turn_mark(8);
    assert_eq!(viewer.next_mark(Some(2), true), Some(8));
    assert_eq!(viewer.next_mark(Some(8), true), Some(2));
    assert_eq!(viewer.next_mark(Some(2), false), Some(8));
}

#[test]
fn a_file_is_saved_and_opened_with_names_and_remarks_and_broken_up_to_where_it_breaks() {
    let mut viewer = viewer(&["web/eth0", "fw/eth1"], 1000);
    for number in 0..4u32 {
        push(&mut viewer, number % 2, 5, &segment(64, 4000, 0x18, number));
    }
    viewer.set_comment(2, "look here");
    all_work(&mut viewer);
    let file = viewer.save([1, 2, 3]);
    let opened = open(file.clone(), 0);
    assert_eq!(opened.error, None);
    let again = opened.viewer;
    assert_eq!(again.store().numbers(), 0..3);
    assert_eq!(again.comment(1), Some("look here"));
    for (before, after) in [(1, 0), (2, 1), (3, 2)] {
        let [before, after] =
            [viewer.store().get(before), again.store().get(after)].map(Option::unwrap);
        assert_eq!((before.view, before.source), (after.view, after.source));
    }
    assert_eq!(again.store().sources()[1].name, "fw/eth1");
    let broken = open(file[..file.len() - 3].to_vec(), 0);
    assert_eq!(broken.viewer.store().numbers(), 0..2);
    assert!(broken.error.unwrap().to_string().contains("ends at byte"));
    let other = open(b"hello, world, hello".to_vec(), 0);
    assert!(other.error.is_some() && other.viewer.store().numbers().is_empty());
}
