//! Runs the real tcpdump on packets and compares its text with ours, character by character.

use std::fs::File;
use std::process::{Command, Stdio};

use packet::pcapng::{Interface, Reader, Writer};
use packet::text::{Dump, Options, Printer, Time};
use packet::{LinkType, Record, Timestamp};

/// Ways to call tcpdump, with our options for the same.
pub(crate) fn variants() -> Vec<(&'static [&'static str], Options)> {
    let default = Options::default;
    vec![
        (&[], default()),
        (
            &["-e"],
            Options {
                link: true,
                ..default()
            },
        ),
        (
            &["-v"],
            Options {
                verbose: 1,
                ..default()
            },
        ),
        (
            &["-vv"],
            Options {
                verbose: 2,
                ..default()
            },
        ),
        (
            &["-e", "-vv"],
            Options {
                link: true,
                verbose: 2,
                ..default()
            },
        ),
        (
            &["-x"],
            Options {
                dump: Dump::Hex,
                ..default()
            },
        ),
        (
            &["-xx"],
            Options {
                dump: Dump::HexAll,
                ..default()
            },
        ),
        (
            &["-X"],
            Options {
                dump: Dump::Ascii,
                ..default()
            },
        ),
        (
            &["-XX"],
            Options {
                dump: Dump::AsciiAll,
                ..default()
            },
        ),
        (
            &["-t"],
            Options {
                time: Time::None,
                ..default()
            },
        ),
        (
            &["-tt"],
            Options {
                time: Time::Epoch,
                ..default()
            },
        ),
        (
            &["-tttt"],
            Options {
                time: Time::Date(0),
                ..default()
            },
        ),
    ]
}

/// What `tcpdump -nn` prints for a capture file.
pub(crate) fn tcpdump(file: &[u8], arguments: &[&str]) -> String {
    let mut on_disk = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut on_disk, file).unwrap();
    // Read from standard input, as tcpdump gives up root before it opens files.
    let output = Command::new("tcpdump")
        .args(["-nn", "-r", "-"])
        .args(arguments)
        .env("TZ", "UTC0")
        .stdin(Stdio::from(File::open(on_disk.path()).unwrap()))
        .output()
        .expect("tcpdump is needed for this test: `cargo xtask test` installs it");
    // Text is compared lossily, as tcpdump may print what is not UTF-8.
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A pcapng file with packets of one link type, a second apart.
pub(crate) fn file(link: LinkType, packets: &[Record]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut writer = Writer::new("packet's tests", &mut file);
    let interface = writer.interface(&Interface::new("test0", link), &mut file);
    for packet in packets {
        writer.packet(interface, packet, None, &mut file);
    }
    file
}

/// Packets that were captured whole, in time order.
pub(crate) fn records<P: AsRef<[u8]>>(packets: &[P]) -> Vec<Record> {
    let record = |(i, packet): (usize, &P)| Record {
        at: Timestamp::new(1_700_000_000 + i as u64, 123_456_789),
        length: packet.as_ref().len() as u32,
        data: packet.as_ref().to_vec(),
    };
    packets.iter().enumerate().map(record).collect()
}

/// Packets of which only the first bytes were captured: each cut to every length.
pub(crate) fn cut<P: AsRef<[u8]>>(packets: &[P]) -> Vec<Record> {
    let whole = records(packets);
    let lengths = |record: Record| {
        (1..record.data.len()).map(move |length| Record {
            data: record.data.get(..length).unwrap_or_default().to_vec(),
            ..record.clone()
        })
    };
    whole.into_iter().flat_map(lengths).collect()
}

/// The first packet whose text is not tcpdump's, as a message; `None` if all are equal.
pub(crate) fn difference(file: &[u8], arguments: &[&str], options: &Options) -> Option<String> {
    let theirs = tcpdump(file, arguments);
    let mut rest = theirs.as_str();
    let mut printer = Printer::new(options.clone());
    printer.name_interface(1, "lo");
    for (i, packet) in Reader::new(file).unwrap().enumerate() {
        let Ok(packet) = packet else { break };
        let line = printer.line(packet.link, packet.record);
        rest = match rest
            .strip_prefix(line)
            .and_then(|rest| rest.strip_prefix('\n'))
        {
            Some(rest) => rest,
            None => {
                let lines: Vec<_> = rest.lines().take(line.lines().count().max(1)).collect();
                return Some(format!(
                    "packet {} with {arguments:?}\ntcpdump {:?}\nours    {line:?}\nbytes   {:02x?}",
                    i + 1,
                    lines.join("\n"),
                    packet.record.data,
                ));
            }
        };
    }
    (!rest.is_empty()).then(|| format!("with {arguments:?} tcpdump prints more: {rest:?}"))
}

/// Fails unless the text of all packets is tcpdump's, in all ways of calling it, also when they are cut.
pub(crate) fn assert_equal<P: AsRef<[u8]>>(link: LinkType, packets: &[P]) {
    let whole = file(link, &records(packets));
    let cut = file(link, &cut(packets));
    for (arguments, options) in variants() {
        for (name, file) in [("whole", &whole), ("cut", &cut)] {
            if let Some(difference) = difference(file, arguments, &options) {
                panic!("{name}: {difference}");
            }
        }
    }
}
