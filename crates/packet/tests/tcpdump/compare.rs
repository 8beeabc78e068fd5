//! Runs the real tcpdump on packets and compares its text with ours, character by character.
//!
//! Our text is that of tcpdump 4.99.3 (Debian 12). Later versions word what is wrong with a packet
//! differently, so with those the comparison is with digests that were recorded from 4.99.3, which are in
//! `recorded/`. To record anew: `NETYARD_RECORD=1 cargo test -p packet --test tcpdump` with 4.99.3.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use packet::pcapng::{Interface, Reader, Writer};
use packet::text::{Dump, Options, Printer, Time};
use packet::{LinkType, Record, Timestamp};

/// Why a test cannot run.
pub(crate) const MISSING: &str = "tcpdump is needed for this test: `cargo xtask test` installs it";

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
        .expect(MISSING);
    // Text is compared lossily, as tcpdump may print what is not UTF-8.
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The version whose text is ours.
const FOLLOWED: &str = "4.99.3";

/// Is the installed tcpdump the one whose text is ours?
fn is_followed() -> bool {
    static VERSION: OnceLock<String> = OnceLock::new();
    let version = VERSION.get_or_init(|| {
        let output = Command::new("tcpdump")
            .arg("--version")
            .output()
            .expect(MISSING);
        // Some versions print it on standard error.
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        let version = text
            .lines()
            .find_map(|line| line.strip_prefix("tcpdump version "));
        let version = version.expect("tcpdump tells its version").to_owned();
        if version != FOLLOWED {
            eprintln!("tcpdump is {version}: comparing with what was recorded from {FOLLOWED}");
        }
        version
    });
    version == FOLLOWED
}

/// Our text for a file.
fn text(file: &[u8], options: &Options) -> String {
    let mut printer = Printer::new(options.clone());
    printer.name_interface(1, "lo");
    let packets = Reader::new(file).unwrap().map(Result::unwrap);
    packets
        .map(|packet| printer.line(packet.link, packet.record).to_owned() + "\n")
        .collect()
}

/// The FNV-1a hash of a text, which is the same on every machine.
fn digest(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// Compares digests with those recorded under `name`, or records them.
fn assert_recorded(name: &str, digests: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tcpdump/recorded");
    let path = folder.join(format!("{name}.txt"));
    if std::env::var_os("NETYARD_RECORD").is_some() {
        assert!(
            is_followed(),
            "digests are recorded from tcpdump {FOLLOWED} only"
        );
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(&path, digests).unwrap();
    }
    let recorded = std::fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!(
            "cannot read {}: {error}; record it as compare.rs says",
            path.display()
        )
    });
    let changed = recorded
        .lines()
        .zip(digests.lines())
        .find(|(recorded, ours)| recorded != ours);
    let same_length = recorded.lines().count() == digests.lines().count();
    assert!(
        changed.is_none() && same_length,
        "{name}: our text is not the recorded one: {changed:?}; if the packets of the test have changed, \
         record anew as compare.rs says"
    );
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
/// `name` is of this comparison, for what is recorded of it.
pub(crate) fn assert_equal<P: AsRef<[u8]>>(name: &str, link: LinkType, packets: &[P]) {
    assert_files_equal(
        name,
        &[
            ("whole", file(link, &records(packets))),
            ("cut", file(link, &cut(packets))),
        ],
    );
}

/// The same for files that are made already.
pub(crate) fn assert_files_equal(name: &str, files: &[(&str, Vec<u8>)]) {
    let mut digests = String::new();
    for (arguments, options) in variants() {
        for (part, file) in files {
            if is_followed()
                && let Some(difference) = difference(file, arguments, &options)
            {
                panic!("{name}, {part}: {difference}");
            }
            let digest = digest(&text(file, &options));
            digests += &format!("{part} {} {digest:016x}\n", arguments.join(" "));
        }
    }
    assert_recorded(name, &digests);
    // The second form of the "any" link names interfaces of this machine.
    if is_followed() && name != "cooked_2" {
        assert_mutants_equal(name, files);
    }
}

/// How many damaged packets are compared for each test, if `NETYARD_MUTANTS` does not say.
const MUTANTS: usize = 200;

/// Fails unless packets with a few bytes changed are printed as tcpdump prints them. Which bytes is decided by
/// the test's name, or by `NETYARD_SEED` to hunt for more.
fn assert_mutants_equal(name: &str, files: &[(&str, Vec<u8>)]) {
    let number = |name: &str| Some(std::env::var(name).ok()?.parse::<u64>().unwrap());
    let count = number("NETYARD_MUTANTS").map_or(MUTANTS, |count| count as usize);
    let mut random = Random(digest(name) ^ number("NETYARD_SEED").unwrap_or(0));
    let (_, whole) = files.first().unwrap();
    let packets: Vec<_> = Reader::new(whole).unwrap().map(Result::unwrap).collect();
    let link = packets[0].link;
    let mutants: Vec<Record> = (0..count)
        .map(|i| {
            let packet = packets[random.below(packets.len())].record;
            let mut data = packet.data.to_vec();
            for _ in 0..=random.below(4) {
                let at = random.below(data.len());
                data[at] = match random.below(4) {
                    0 => 0,
                    1 => 0xff,
                    2 => data[at] ^ (1 << random.below(8)),
                    _ => random.below(256) as u8,
                };
            }
            let length = data.len() as u32;
            if random.below(4) == 0 {
                data.truncate(1 + random.below(data.len()));
            }
            Record {
                at: Timestamp::new(1_700_000_000 + i as u64, 0),
                length,
                data,
            }
        })
        .collect();
    let file = file(link, &understood(link, mutants));
    for (arguments, options) in variants() {
        if let Some(difference) = difference(&file, arguments, &options) {
            panic!("{name}, mutants: {difference}");
        }
    }
}

/// Those that are not of protocols that tcpdump knows and we do not.
fn understood(link: LinkType, packets: Vec<Record>) -> Vec<Record> {
    let mut printer = Printer::new(Options {
        time: Time::None,
        ..Options::default()
    });
    let ours = move |packet: &Record| {
        let line = printer.line(link, packet);
        let other = [
            "ip-proto-",
            "ethertype ",
            "UDP, length",
            "nested too",
            "SSAP",
        ];
        let other_port = [
            ".179",
            ".646",
            ".1723",
            ".161",
            ".1985",
            ".521",
            "VQP",
            "igmp-19",
            "igmp-20",
            "renumbering",
        ];
        !line.starts_with(['\n', '\t'])
            && !other
                .iter()
                .chain(&other_port)
                .any(|word| line.contains(word))
    };
    packets.into_iter().filter(ours).collect()
}

/// A linear congruential generator, with the constants of Knuth's MMIX.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}
